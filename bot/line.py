"""The line before one backend: who waits, and whose turn is next.

A bot is one account to InvokeAI, so the server's own fairness between users cannot help: the line is ours. Turns go
round the users that wait; within a user, by age.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass
class Place:
    """One job's place in the line. It gets no turn before it is `ready`: its pictures are still on their way up."""

    job_id: str
    user_id: int
    moved: Callable[[], None]
    is_ready: bool = False


def order(waiting: Sequence[Place], running: Mapping[int, int], served: Mapping[int, int]) -> list[Place]:
    """Return the waiting places in the order of their turns.

    `running` counts each user's turns at present; `served` tells when each user last got one, the smaller the longer
    ago. Pure: the same line always gives the same order.
    """
    places: defaultdict[int, deque[int]] = defaultdict(deque)
    for index, place in enumerate(waiting):
        places[place.user_id].append(index)
    clock = max(served.values(), default=0)
    # Of each user only the oldest place stands in the heap; between equal users, who came first.
    heap = [(running.get(user, 0), served.get(user, -1), held[0], user) for user, held in places.items()]
    heapq.heapify(heap)
    turns: list[Place] = []
    while heap:
        count, _, index, user = heap[0]
        turns.append(waiting[index])
        clock += 1
        places[user].popleft()
        if places[user]:
            heapq.heapreplace(heap, (count + 1, clock, places[user][0], user))
        else:
            heapq.heappop(heap)
    return turns


class Line:
    """Hand out `slots` turns at a time, so that the backend never idles and never holds more than it must."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._waiting: dict[str, Place] = {}
        self._running: dict[str, int] = {}
        self._served: dict[int, int] = {}
        #: Every waiting job's place, worked out once for each change: all who wait ask for theirs.
        self._positions: dict[str, int] = {}

    @property
    def length(self) -> int:
        return len(self._waiting)

    def join(self, job_id: str, user_id: int, moved: Callable[[], None]) -> None:
        """Take a place at the end. `moved` is called whenever the place may have changed, or became a turn."""
        if job_id not in self._waiting and job_id not in self._running:
            self._waiting[job_id] = Place(job_id, user_id, moved)
            self._place_anew()

    def resume(self, job_id: str, user_id: int) -> None:
        """Give a job the turn that it had before a restart, whatever the slots say: the backend has it."""
        self._waiting.pop(job_id, None)
        self._running[job_id] = user_id
        self._place_anew()

    def ready(self, job_id: str) -> None:
        """Tell that a job could start."""
        if place := self._waiting.get(job_id):
            place.is_ready = True
            if self._hand_out():
                self._place_anew()

    def leave(self, job_id: str) -> None:
        """Give the place or the turn up; unknown jobs are fine."""
        if self._waiting.pop(job_id, None) or self._running.pop(job_id, None) is not None:
            self._hand_out()
            self._place_anew()

    def has_turn(self, job_id: str) -> bool:
        return job_id in self._running

    def position(self, job_id: str) -> int:
        """Return the place in the line, 1 for the next; 0 where there is a free turn, or the job has its own."""
        if self.has_turn(job_id):
            return 0
        return self._positions.get(job_id, max(self.length + 1 - self._free, 0))

    @property
    def _free(self) -> int:
        return max(self._slots - len(self._running), 0)

    def _hand_out(self) -> bool:
        """Give the free turns to who is ready; return whether there was one to give."""
        given = False
        while len(self._running) < self._slots:
            ready = [place for place in self._waiting.values() if place.is_ready]
            if not ready:
                break
            following = order(ready, Counter(self._running.values()), self._served)[0]
            del self._waiting[following.job_id]
            self._running[following.job_id] = following.user_id
            self._served[following.user_id] = max(self._served.values(), default=0) + 1
            following.moved()
            given = True
        return given

    def _place_anew(self) -> None:
        """Work all places out, and wake those whose own is another one now."""
        turns = order(list(self._waiting.values()), Counter(self._running.values()), self._served)
        before, free = self._positions, self._free
        self._positions = {place.job_id: max(number - free, 0) for number, place in enumerate(turns, 1)}
        for place in turns:
            if before.get(place.job_id) not in (None, self._positions[place.job_id]):
                place.moved()
