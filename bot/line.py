"""The line before one backend: who waits, and whose turn is next.

A bot is one account to InvokeAI, so the server's own fairness between users cannot help: the line is ours. Turns go
round the users that wait; within a user, by age.
"""

from __future__ import annotations

from collections import Counter
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
    left, count, last = list(waiting), Counter(running), dict(served)
    clock = max(last.values(), default=0)
    turns: list[Place] = []
    while left:
        following = min(left, key=lambda place: (count[place.user_id], last.get(place.user_id, -1)))
        left.remove(following)
        turns.append(following)
        clock += 1
        count[following.user_id] += 1
        last[following.user_id] = clock
    return turns


class Line:
    """Hand out `slots` turns at a time, so that the backend never idles and never holds more than it must."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._waiting: dict[str, Place] = {}
        self._running: dict[str, int] = {}
        self._served: dict[int, int] = {}

    @property
    def length(self) -> int:
        return len(self._waiting)

    def join(self, job_id: str, user_id: int, moved: Callable[[], None]) -> None:
        """Take a place at the end. `moved` is called whenever the place may have changed, or became a turn."""
        if job_id not in self._waiting and job_id not in self._running:
            self._waiting[job_id] = Place(job_id, user_id, moved)

    def resume(self, job_id: str, user_id: int) -> None:
        """Give a job the turn that it had before a restart, whatever the slots say: the backend has it."""
        self._waiting.pop(job_id, None)
        self._running[job_id] = user_id

    def ready(self, job_id: str) -> None:
        """Tell that a job could start."""
        if place := self._waiting.get(job_id):
            place.is_ready = True
            self._hand_out()

    def leave(self, job_id: str) -> None:
        """Give the place or the turn up; unknown jobs are fine."""
        if self._waiting.pop(job_id, None) or self._running.pop(job_id, None) is not None:
            self._hand_out()
            self._tell()

    def has_turn(self, job_id: str) -> bool:
        return job_id in self._running

    def position(self, job_id: str) -> int:
        """Return the place in the line, 1 for the next; 0 where there is a free turn, or the job has its own."""
        if self.has_turn(job_id):
            return 0
        turns = [
            place.job_id for place in order(list(self._waiting.values()), Counter(self._running.values()), self._served)
        ]
        place = turns.index(job_id) + 1 if job_id in turns else len(turns) + 1
        return max(place - max(self._slots - len(self._running), 0), 0)

    def _hand_out(self) -> None:
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
        if given:
            self._tell()

    def _tell(self) -> None:
        for place in self._waiting.values():
            place.moved()
