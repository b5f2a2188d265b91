"""A line before backends that a test sets as it likes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from bot.line import Line, Rules, Ticket


class World:
    """A line, its backends, and who was woken. Of a job's name the first letter is the user, capitals weigh 2.

    A question mark at the end leaves it unready; `a1@x` may go to x alone.
    """

    def __init__(self, slots: dict[str, int] | int = 1, rules: Rules | None = None, **known: float) -> None:
        self.slots = {"x": slots} if isinstance(slots, int) else slots
        self.up = set(self.slots)
        self.now = 1000.0
        self.seconds: dict[int | None, float] = {int(name[1:]): seconds for name, seconds in known.items()}
        self.moved: Counter[str] = Counter()
        self.asked: list[Ticket] = []
        self.line = Line(
            self.offers,
            lambda: self.slots,
            rules or Rules(),
            lambda workflow_id: self.seconds.get(workflow_id),
            self.clock,
        )

    def clock(self) -> float:
        return self.now

    def offers(self, ticket: Ticket) -> Sequence[str]:
        self.asked.append(ticket)
        able = [name for name in self.slots if name in self.up and ticket.backend in {None, name}]
        return sorted(able, key=self.line.running)

    def join(self, *job_ids: str, **of_all: Any) -> World:
        for job_id in job_ids:
            self.line.join(ticket(job_id, **of_all), self.woken(job_id))
            if not job_id.endswith("?"):
                self.line.ready(job_id)
        return self

    def woken(self, job_id: str) -> Callable[[], None]:
        return lambda: self.moved.update([job_id])

    def opened(self, slots: int) -> World:
        """Give turns out once all have come."""
        self.slots["x"] = slots
        self.line.hand_out()
        return self

    def turns(self, *job_ids: str) -> dict[str, str]:
        return {job_id: backend for job_id in job_ids if (backend := self.line.turn(job_id))}

    def positions(self, *job_ids: str) -> list[int]:
        return [self.line.standing(job_id).position for job_id in job_ids]

    def served(self, count: int) -> str:
        """End one turn after the other; return the users who had them, in their order."""
        users = ""
        for _ in range(count):
            (job_id,) = self.line._turns
            users += job_id[0]
            self.line.leave(job_id)
        return users


def ticket(job_id: str, **more: Any) -> Ticket:
    user_id = ord(job_id[0])
    weight = 2.0 if job_id[0].isupper() else 1.0
    backend = job_id.partition("@")[2] or None
    return Ticket(job_id, user_id, **{"weight": weight, "backend": backend, **more})
