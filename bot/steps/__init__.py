"""The life of a job: one function per state, one effect each, and the next Job as its result.

    NEW       upload one attachment                         NEW until all are up, then READY
    READY     wait for the turn, enqueue                    QUEUED
    QUEUED    follow the run                                FINISHED, or READY once more after a backend's restart
    FINISHED  deliver the results, or what went wrong       SETTLED
    SETTLED   delete one thing that it left, and confirm    SETTLED until the ledger is clean, then CLOSED

The row is saved after each step and before the next. A step may run twice: what it does then does nothing new.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bot.cards import Card
from bot.jobs import Job, Outcome, State
from bot.signals import Signal
from bot.steps.begin import new, ready
from bot.steps.finish import finished, settled
from bot.steps.follow import queued
from bot.steps.tools import Tools

Step = Callable[[Job, Card, Signal], Awaitable[Job]]


class Steps:
    """The steps by the state that they are for."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self.of: Mapping[State, Step] = {
            State.NEW: partial(new, tools),
            State.READY: partial(ready, tools),
            State.QUEUED: partial(queued, tools),
            State.FINISHED: partial(finished, tools),
            State.SETTLED: partial(settled, tools),
        }

    def expect(self, job: Job) -> None:
        """Tell that a job was made just now, so that nothing of it can be on a backend yet."""
        self._tools.fresh.add(job.id)

    def forward(self, job: Job, problem: str) -> Job:
        """Return where a job goes that cannot stay in its state: on to delivery, then to cleanup.

        Results that cannot be delivered are told of, in words, before the job is given up.
        """
        if job.state is State.FINISHED and not job.results:
            return job.evolve(state=State.SETTLED)
        return job.ended(Outcome.FAILED, problem)
