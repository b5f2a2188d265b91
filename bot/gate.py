"""The gate before the line: what a member may have under way, and how much of the backends' time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from bot.config import Limits
from bot.jobs import Cap, CapReached, DuplicateInteraction, Job, State, now
from bot.moderation import Moderation
from bot.policies import Policies
from bot.policy import Caps as OwnCaps
from bot.roles import Caps, RoleCaps, combined
from bot.usage import Usage
from workflows.errors import UserError
from workflows.texts import Text, say

if TYPE_CHECKING:
    from bot.line import Standing

_DAY = timedelta(days=1)
#: The first to be done is among those that run, or else is the first of the line.
_LOOKED_AT = 10
#: What is said at each cap: where nobody knows when there is room again, and where that is known.
_KEYS = {
    Cap.USER: ("gate-user", "gate-user-until"),
    Cap.GUILD: ("gate-guild", "gate-guild-until"),
    Cap.WORKFLOW: ("gate-workflow", "gate-workflow-until"),
}
_OWN_KEYS = ("gate-own", "gate-own-until")


class Entrance(Protocol):
    """Where jobs go in, and what is known of their turns: a bot.runner.Runner."""

    async def submit(self, job: Job, most: Mapping[Cap, int]) -> Job: ...

    def standing(self, job: Job) -> Standing: ...

    async def cancel(self, job_id: str) -> bool: ...


class Gate:
    """Lets a new job in, or tells its member when there is room."""

    def __init__(
        self,
        limits: Limits,
        roles: RoleCaps,
        usage: Usage,
        runner: Entrance,
        *,
        policies: Policies,
        moderation: Moderation,
    ) -> None:
        self._limits = limits
        self._roles = roles
        self._usage = usage
        self._runner = runner
        self._policies = policies
        self._moderation = moderation
        #: Held while one member's runs of one workflow are counted, and theirs is inserted.
        self._locks = WeakValueDictionary[tuple[int, int | None], asyncio.Lock]()

    async def enter(self, job: Job, role_ids: Collection[int]) -> Job:
        """Submit a job with what the member's roles, and the policy of its workflow, allow.

        Raises UserError, which says when there is room again, and DuplicateInteraction. Of several jobs of one command
        the first alone has its interaction, and is held to the cooldown for all of them.
        """
        caps = combined(self._limits, await self._roles.of(job.guild_id, role_ids))
        policy = (await self._policies.of(job.workflow_id)).policy
        try:
            await self._moderation.require(job)
            await self._require_allowance(job, caps)
            # What is counted here and what is inserted then are the same: one process has the database.
            async with self._entering(job):
                await self._require_own(job, policy.caps)
                job = job.evolve(weight=caps.weight, running_cap=caps.running, own_running_cap=policy.caps.running)
                job = await self._admit(job, self._most(job, caps))
        except UserError as refused:
            # The second of two deliveries is over a cap because of the first, whose answer must not be overtaken.
            if job.interaction_id is not None and await self._usage.knows(job.interaction_id):
                raise DuplicateInteraction from refused
            raise
        if await self._moderation.is_blocked(job.guild_id, job.user_id):
            # Since it was looked at above, and perhaps too late to be found under way: it ends as those do.
            await self._runner.cancel(job.id)
        return job

    def _entering(self, job: Job) -> asyncio.Lock:
        return self._locks.setdefault((job.user_id, job.workflow_id), asyncio.Lock())

    def _most(self, job: Job, caps: Caps) -> dict[Cap, int]:
        most = {
            Cap.USER: caps.waiting,
            Cap.GUILD: self._limits.waiting_per_guild if job.guild_id is not None else None,
            Cap.WORKFLOW: self._limits.waiting_per_workflow if job.workflow_id is not None else None,
        }
        return {cap: number for cap, number in most.items() if number is not None}

    async def _admit(self, job: Job, most: Mapping[Cap, int]) -> Job:
        try:
            return await self._runner.submit(job, most)
        except CapReached as reached:
            owner_id = getattr(job, reached.cap.value)
            jobs = await self._usage.under_way(reached.cap, owner_id, _LOOKED_AT)
            raise UserError(_refusal(_KEYS[reached.cap], reached.most, self._first_end(jobs))) from reached

    async def _require_own(self, job: Job, caps: OwnCaps) -> None:
        """Raise UserError where the member may not run this workflow again yet, by its policy."""
        if job.workflow_id is None or not (caps.waiting or caps.daily or caps.cooldown):
            return
        longest = max(_DAY, timedelta(seconds=caps.cooldown or 0))
        runs = await self._usage.runs_of(job.user_id, job.workflow_id, job.created_at - longest)
        under_way = [run.job_id for run in runs if not run.is_over]
        if caps.waiting and len(under_way) >= caps.waiting:
            raise UserError(_refusal(_OWN_KEYS, caps.waiting, await self._first_end_of(under_way)))
        had = [run.created_at for run in runs if run.counts]
        today = [created_at for created_at in had if created_at > job.created_at - _DAY]
        if caps.daily and len(today) >= caps.daily:
            room = _told_as(today[-caps.daily] + _DAY)
            raise UserError(say("gate-daily", count=caps.daily, when=room))
        if caps.cooldown and had and job.interaction_id is not None:
            over = had[-1] + timedelta(seconds=caps.cooldown)
            if over > job.created_at:
                raise UserError(say("gate-cooldown", when=_told_as(over)))

    async def _first_end_of(self, job_ids: Sequence[str]) -> datetime | None:
        jobs = [await self._usage.job(job_id) for job_id in job_ids[:_LOOKED_AT]]
        return self._first_end([job for job in jobs if job])

    async def _require_allowance(self, job: Job, caps: Caps) -> None:
        """Raise UserError where the member has used up their time of the last 24 hours."""
        if caps.daily_seconds is None:
            return
        spent = await self._usage.of_user(job.user_id, job.created_at - _DAY)
        costs = [
            (one.created_at, one.seconds + (0 if one.is_over else self._usage.guess(one.workflow_id) or 0))
            for one in spent
        ]
        expected = sum(seconds for _, seconds in costs)
        if expected < caps.daily_seconds:
            return
        used = sum(one.seconds for one in spent)
        more = expected - used
        held = {"used": _minutes(used), "most": _minutes(caps.daily_seconds)}
        when = _told_as(_room_at(costs, caps.daily_seconds))
        if more:
            raise UserError(say("gate-time-more", **held, more=_minutes(more), when=when))
        raise UserError(say("gate-time", **held, when=when))

    def _first_end(self, jobs: Sequence[Job]) -> datetime | None:
        """Return when the first of these jobs is expected to be done, if that can be told."""
        return min((end for job in jobs if (end := self._end(job))), default=None)

    def _end(self, job: Job) -> datetime | None:
        seconds = self._usage.guess(job.workflow_id)
        if seconds is None:
            return None
        if job.state is State.QUEUED and job.enqueued_at:
            end = job.enqueued_at + timedelta(seconds=seconds)
            # What is overdue by as long as it should have taken ends nobody knows when.
            return end if now() - end < timedelta(seconds=max(seconds, 60)) else None
        starts_in = self._runner.standing(job).starts_in
        return None if starts_in is None else now() + timedelta(seconds=starts_in + seconds)


def _room_at(costs: Sequence[tuple[datetime, float]], most: float) -> datetime:
    """Return when enough of what was used is a day ago; `costs` are oldest first, and over the cap together."""
    newest_first = costs[::-1]
    sums = accumulate(seconds for _, seconds in newest_first)
    blocking = (created_at for (created_at, _), total in zip(newest_first, sums, strict=True) if total >= most)
    # Added in another order, fractions may end a little below.
    return next(blocking, costs[0][0]) + _DAY


def _refusal(keys: tuple[str, str], most: int, first_end: datetime | None) -> Text:
    if first_end:
        return say(keys[1], count=most, when=_told_as(first_end))
    return say(keys[0], count=most, jobs=say("gate-jobs", count=most))


def _told_as(when: datetime) -> str:
    """Return a moment so that Discord shows it as the time from now; one that has passed is due."""
    return say("gate-now") if when <= now() else f"<t:{when.timestamp():.0f}:R>"


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60, 1):g}"
