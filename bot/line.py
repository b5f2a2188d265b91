"""The one line before all backends: who waits, who has a turn, and where.

A bot is one account to InvokeAI, so the server's own fairness between users cannot help: the line is ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from bot.estimates import Standing, durations, positions, remaining, starts
from bot.turns import ROUND, Heads, Key, Kind, Load, Member, Offers, Place, Rules, Ticket, Turn, order

__all__ = ["Line", "Rules", "Standing", "Ticket"]

#: Estimates run down as the clock runs on.
_FRESH_SECONDS = 1.0
#: The standings of a longer line are worked out anew no sooner than after so many times as long as that takes.
_SHORT, _CALM = 100, 50


def _no_history(workflow_id: int | None) -> float | None:
    return None


def _nobody(guild_id: int | None) -> bool:
    return False


class Line:
    """Hand out each backend's turns, so that it never idles and never holds more than it must."""

    def __init__(
        self,
        offers: Callable[[Ticket], Sequence[str]],
        slots: Callable[[], Mapping[str, int]],
        rules: Rules = Rules(),  # noqa: B008 - it is frozen
        expected: Callable[[int | None], float | None] = _no_history,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`offers` names the backends that may take a job, best first; `slots` tells how many turns each gives out."""
        self._offers = offers
        self._slots = slots
        self._expected = expected
        self._clock = clock
        #: Tells of which servers no job gets a turn at present.
        self.is_paused: Callable[[int | None], bool] = _nobody
        self._load = Load(rules)
        self._waiting: dict[str, Place] = {}
        self._turns: dict[str, Turn] = {}
        #: The same turns by backend; the first is the one that it works on.
        self._held: dict[str, dict[str, Turn]] = {}
        self._members: dict[int, Member] = {}
        self._heads: dict[Kind, Heads] = {}
        self._joined = 0
        #: The places of those that gave their turns back, by job id.
        self._kept: dict[str, int] = {}
        #: How many users wait, and how far their turns have brought them.
        self._contenders = 0
        self._passed = 0
        self._standings: Mapping[str, Standing] = {}
        #: Whether something changed since they were worked out, when that was, and how long it took.
        self._is_changed = True
        self._worked_out_at = self._took = 0.0

    @property
    def length(self) -> int:
        return len(self._waiting)

    def join(self, ticket: Ticket, moved: Callable[[], None]) -> None:
        """Take a place at the end, or the one that was given back. `moved` is called when it has become a turn."""
        if ticket.job_id in self._waiting or ticket.job_id in self._turns:
            return
        self._is_changed = True
        self._joined += 1
        number = self._kept.pop(ticket.job_id, self._joined)
        self._waiting[ticket.job_id] = Place(ticket, self._kind(ticket), moved, number)
        member = self._members.setdefault(ticket.user_id, Member())
        if member.weigh(ticket.weight):
            self._refresh(ticket.user_id)
        if not member.waiting:
            # Who comes stands where the others are: neither before who waits for the same round, nor behind the next.
            member.passed = max(member.passed, self._passed)
            self._contenders += 1
        member.waiting += 1

    def resume(self, ticket: Ticket, backend: str) -> None:
        """Give a job the turn that it had before a restart, whatever the slots say: the backend has it."""
        turn = self._turns.get(ticket.job_id)
        if turn and turn.backend == backend:
            return
        if turn:
            self._end(turn)
        elif place := self._waiting.get(ticket.job_id):
            self._take(place)
        self._begin(ticket, backend)
        if turn:
            self.hand_out()

    def ready(self, job_id: str) -> None:
        """Tell that a job could start."""
        place = self._waiting.get(job_id)
        if place and not place.is_ready:
            place.is_ready = True
            self._members[place.ticket.user_id].queue(place)
            self._put(place.ticket.user_id, place.kind)
            self.hand_out()

    def leave(self, job_id: str) -> None:
        """Give the place or the turn up; unknown jobs are fine."""
        self._kept.pop(job_id, None)
        if place := self._waiting.get(job_id):
            self._take(place)
            self._forget(place.ticket.user_id)
        elif turn := self._turns.get(job_id):
            self._end(turn)
            self._forget(turn.ticket.user_id)
            self.hand_out()

    def give_back(self, job_id: str) -> None:
        """Give a turn back that came to nothing; the job's next `join` has the place that it had."""
        if turn := self._turns.get(job_id):
            self._end(turn)
            member = self._members[turn.ticket.user_id]
            member.passed, member.was_served = member.passed - member.stride, False
            if turn.number is not None:
                self._kept[job_id] = turn.number
            self.hand_out()

    def turn(self, job_id: str) -> str | None:
        """Return the backend that has a turn for this job; None while it waits."""
        turn = self._turns.get(job_id)
        return turn.backend if turn else None

    def running(self, backend: str | None = None) -> int:
        return len(self._turns if backend is None else self._held.get(backend, ()))

    def standing(self, job_id: str) -> Standing:
        """Return where a job stands; one that has not joined, behind all that wait."""
        if job_id in self._turns:
            return Standing(0, 0.0)
        if place := self._waiting.get(job_id):
            return self._recent().get(job_id) or self._guess(place)
        return Standing(max(self.length + 1 - sum(self._free().values()), 0), None)

    def standings(self) -> Mapping[str, Standing]:
        """Return where each of the waiting jobs stands."""
        now = self._clock()
        if self._is_changed or now - self._worked_out_at >= _FRESH_SECONDS:
            self._standings, self._is_changed, self._worked_out_at = self._work_out(), False, now
            self._took = self._clock() - now
        return self._standings

    def _recent(self) -> Mapping[str, Standing]:
        """Return the standings, or those of a moment ago: everybody who joins a long line asks for their own."""
        rested = self._clock() - self._worked_out_at
        return self.standings() if self.length <= _SHORT or rested >= _CALM * self._took else self._standings

    def _guess(self, place: Place) -> Standing:
        """Return about where a place stands that came a moment ago: as the last of its user, round by round."""
        rounds = self._members[place.ticket.user_id].waiting
        return Standing(max(sum(min(member.waiting, rounds) for member in self._members.values()), 1), None)

    def hand_out(self) -> None:
        """Give the free turns to who is ready; to be called whenever something changed that the line does not see."""
        self._is_changed = True
        free = self._free()
        offers = Offers(self._offers, among=list(free))
        kinds, given = list(self._heads), list[Place]()
        while free:
            heads = {kind: head for kind in kinds if (head := self._head(kind, free, offers))}
            if not heads:
                break
            place = min(heads.values(), key=itemgetter(0))[1]
            # Asked again: where the last turn went is the busier now.
            names = [*self._offers(place.ticket), *offers(place.ticket)]
            backend = next(name for name in names if name in free)
            self._serve(place, backend)
            given.append(place)
            free[backend] -= 1
            if not free[backend]:
                del free[backend]
            # Turns only get fewer: a kind that had no chance gets none.
            kinds = list(heads)
        for place in given:
            place.moved()

    def _kind(self, ticket: Ticket) -> Kind:
        cap = self._load.rules.running_per_user if ticket.running_cap is None else ticket.running_cap
        own_cap = ticket.own_running_cap
        return Kind(ticket.guild_id, ticket.workflow_id, ticket.version, ticket.backend, cap, ticket.lacking, own_cap)

    def _free(self) -> dict[str, int]:
        """Return the turns that each backend has to give; those without any are left out."""
        free = {name: slots - self.running(name) for name, slots in self._slots().items()}
        return {name: count for name, count in free.items() if count > 0}

    def _head(self, kind: Kind, free: Mapping[str, int], offers: Offers) -> tuple[Key, Place] | None:
        """Return the place of this kind whose turn is next; None where none may have one."""
        heads = self._heads[kind]
        if self.is_paused(kind.guild_id) or not self._load.has_room_for_kind(kind):
            return None
        while first := heads.first():
            key, user_id = first
            place = self._members[user_id].first(kind)
            if place is None or not self._load.has_room_for_user(user_id, kind):
                # Once one of its turns ends, the user is put in anew.
                heads.drop(user_id)
                continue
            return (key, place) if any(name in free for name in offers(place.ticket)) else None
        del self._heads[kind]
        return None

    def _refresh(self, user_id: int) -> None:
        """Put a user's first places where its turns put them now."""
        for kind in self._members[user_id].kinds():
            self._put(user_id, kind)

    def _put(self, user_id: int, kind: Kind) -> None:
        member = self._members[user_id]
        if place := member.first(kind):
            self._heads.setdefault(kind, Heads()).put(user_id, member.key(place.number, self._load.users[user_id]))
        elif heads := self._heads.get(kind):
            heads.drop(user_id)

    def _serve(self, place: Place, backend: str) -> None:
        """Give a place its turn, and have its user wait for the next round."""
        member = self._members[place.ticket.user_id]
        # Who was kept back by a cap may catch up by one turn, not by all that it missed.
        start = max(member.passed, self._passed - ROUND)
        # Each turn brings the line forward, or those who come would pass those who wait for their second for ever.
        passed = min(self._passed + ROUND // self._contenders, start + member.stride)
        self._pass_by(max(self._passed, start, passed))
        member.passed = start + member.stride
        member.was_served = True
        self._take(place)
        self._begin(place.ticket, backend, place.number)

    def _take(self, place: Place) -> None:
        """Take a place out of the line."""
        self._is_changed = True
        place.is_ready = False
        del self._waiting[place.ticket.job_id]
        member = self._members[place.ticket.user_id]
        member.waiting -= 1
        self._contenders -= not member.waiting
        self._put(place.ticket.user_id, place.kind)

    def _begin(self, ticket: Ticket, backend: str, number: int | None = None) -> None:
        self._is_changed = True
        held = self._held.setdefault(backend, {})
        turn = self._turns[ticket.job_id] = held[ticket.job_id] = Turn(
            ticket, backend, None if held else self._clock(), number
        )
        self._count(turn, 1)

    def _end(self, turn: Turn) -> None:
        self._is_changed = True
        del self._turns[turn.ticket.job_id]
        held = self._held[turn.backend]
        del held[turn.ticket.job_id]
        if following := next(iter(held.values()), None):
            following.began = self._clock() if following.began is None else following.began
        self._count(turn, -1)

    def _count(self, turn: Turn, turns: int) -> None:
        self._load.count(turn.ticket, turns)
        self._members.setdefault(turn.ticket.user_id, Member())
        self._refresh(turn.ticket.user_id)

    def _pass_by(self, passed: int) -> None:
        """Bring the line forward; once for each round, forget who is gone and would be a newcomer anyway."""
        before, self._passed = self._passed, passed
        if passed // ROUND > before // ROUND:
            for user_id in [user_id for user_id, member in self._members.items() if member.passed <= passed]:
                self._forget(user_id)

    def _forget(self, user_id: int) -> None:
        member = self._members[user_id]
        if not member.waiting and not self._load.users[user_id] and member.passed <= self._passed:
            del self._members[user_id]

    def _work_out(self) -> Mapping[str, Standing]:
        """Return where each of the waiting jobs stands: the work of all of them, so not for each one that asks."""
        names = [name for name, slots in self._slots().items() if slots > 0]
        offers = Offers(self._offers, among=names)
        able, stuck = list[Place](), list[Place]()
        for place in sorted(self._waiting.values(), key=lambda place: place.number):
            can_go = not self.is_paused(place.ticket.guild_id) and offers(place.ticket)
            (able if can_go else stuck).append(place)
        able = order(able, self._members, self._load.users)
        offered = [offers(place.ticket) for place in able]
        numbers = positions(able, offered, self._free(), self._load)
        found = {
            place.ticket.job_id: Standing(number, starts_in)
            for place, number, starts_in in zip(able, numbers, self._starts(able, offered, names), strict=True)
        }
        # Who can go nowhere at present keeps nobody back.
        last = max(numbers, default=0)
        for number, place in enumerate(order(stuck, self._members, self._load.users), last + 1):
            found[place.ticket.job_id] = Standing(number, None)
        return found

    def _starts(
        self, turns: Sequence[Place], offered: Sequence[Sequence[str]], names: Sequence[str]
    ) -> Sequence[float | None]:
        """Return in how many seconds each of these places starts, where that is known."""
        now = self._clock()
        workflows = {turn.ticket.workflow_id for turn in self._turns.values()}
        seconds = durations(workflows | {place.ticket.workflow_id for place in turns}, self._expected)
        if not seconds:
            return [None] * len(turns)
        busy = {
            name: remaining(
                (seconds[turn.ticket.workflow_id], 0.0 if turn.began is None else now - turn.began)
                for turn in self._held.get(name, {}).values()
            )
            for name in names
        }
        return starts(busy, zip(offered, [seconds[place.ticket.workflow_id] for place in turns], strict=True))
