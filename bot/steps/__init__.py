"""The life of a job: one function per state, one effect each, and the next Job as its result.

    NEW       upload one attachment                         NEW until all are up, then READY
    READY     wait for the turn, enqueue                    QUEUED
    QUEUED    follow the run                                FINISHED, or READY once more after a backend's restart
                                                            (NEW on another backend, where its own stays away)
    FINISHED  deliver the results, or what went wrong       SETTLED
    SETTLED   delete one thing that it left, and confirm    SETTLED until the ledger is clean, then CLOSED

The row is saved after each step and before the next. A step may run twice: what it does then does nothing new.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bot.cards import Card
from bot.jobs import Job, Outcome, State
from bot.line import Ticket
from bot.signals import Signal
from bot.steps.begin import new, ready
from bot.steps.finish import finished, settled
from bot.steps.follow import queued
from bot.steps.tools import Tools, is_up

log = logging.getLogger(__name__)

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
        """Tell that surely no batch of a job is on a backend yet."""
        self._tools.fresh.add(job.id)

    def ticket(self, job: Job) -> Ticket:
        """Return what the line needs to know of a job."""
        return self._tools.ticket(job)

    async def given_up(self, job: Job, problem: str | None = None) -> Job:
        """Return a job as it ends while its backend does not answer; without a problem, because nobody wants it.

        What it may have there is looked for, and stopped, once the backend is back.
        """
        if job.state in {State.READY, State.QUEUED} and job.id not in self._tools.fresh:
            await self._tools.unanswered(job)
        return job.ended(Outcome.CANCELLED) if problem is None else self.forward(job, problem)

    async def elsewhere(self, job: Job) -> Job | None:
        """Return a job as it goes on where its backend stays away, or None: it waits.

        What only waits gives its turn back at once, for the next one on any backend. What may run there is patient.
        """
        tools = self._tools
        if job.state not in {State.NEW, State.READY, State.QUEUED} or is_up(tools.pool, job.backend):
            return None
        if job.state is State.NEW or (job.state is State.READY and job.id in tools.fresh):
            if tools.line.turn(job.id) == job.backend:
                tools.line.give_back(job.id)
            return None
        away = max((backend.away_seconds for backend in tools.pool if backend.name == job.backend), default=math.inf)
        offers = [name for name in tools.offers(job) if name != job.backend]
        if away < tools.limits.move_minutes * 60 or not offers:
            return None
        # What is not known to be there may be: a process that ended between the enqueueing and its row told nobody.
        await tools.unanswered(job)
        log.warning("job %s moves from %s to %s", job.id, job.backend, offers[0])
        tools.line.leave(job.id)
        tools.fresh.add(job.id)
        return job.moved(offers[0], anew=True)

    def forward(self, job: Job, problem: str) -> Job:
        """Return where a job goes that cannot stay in its state: on to delivery, then to cleanup.

        Results that cannot be delivered are told of, in words, before the job is given up.
        """
        if job.state is State.FINISHED and not job.results:
            return job.evolve(state=State.SETTLED)
        return job.ended(Outcome.FAILED, problem)
