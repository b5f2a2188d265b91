"""The gate before the line: what a member may have under way, and how much of the backends' time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from bot.config import Limits
from bot.jobs import Cap, CapReached, DuplicateInteraction, Job, State, now
from bot.roles import Caps, RoleCaps, combined
from bot.usage import Usage
from workflows.errors import UserError

if TYPE_CHECKING:
    from bot.line import Standing

_DAY = timedelta(days=1)
#: The first to be done is among those that run, or else is the first of the line.
_LOOKED_AT = 10


class Entrance(Protocol):
    """Where jobs go in, and what is known of their turns: a bot.runner.Runner."""

    async def submit(self, job: Job, most: Mapping[Cap, int]) -> Job: ...

    def standing(self, job: Job) -> Standing: ...


class Gate:
    """Lets a new job in, or tells its member when there is room."""

    def __init__(self, limits: Limits, roles: RoleCaps, usage: Usage, runner: Entrance) -> None:
        self._limits = limits
        self._roles = roles
        self._usage = usage
        self._runner = runner

    async def enter(self, job: Job, role_ids: Collection[int]) -> Job:
        """Submit a job with what the member's roles allow.

        Raises UserError, which says when there is room again, and DuplicateInteraction.
        """
        caps = combined(self._limits, await self._roles.of(job.guild_id, role_ids))
        try:
            await self._require_allowance(job, caps)
            job = job.evolve(weight=caps.weight, running_cap=caps.running)
            return await self._admit(job, self._most(job, caps))
        except UserError as refused:
            # The second of two deliveries is over a cap because of the first, whose answer must not be overtaken.
            if job.interaction_id is not None and await self._usage.knows(job.interaction_id):
                raise DuplicateInteraction from refused
            raise

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
            raise UserError(_refusal(reached, self._first_end(jobs))) from reached

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
        counted = f", and your jobs under way will take about {_minutes(more)} more" if more else ""
        room = _in_words(_room_at(costs, caps.daily_seconds))
        raise UserError(
            f"You have used {_minutes(used)} of the {_minutes(caps.daily_seconds)} minutes of InvokeAI's time that you "
            f"have in 24 hours{counted}. There is room again {room}."
        )

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


def _refusal(reached: CapReached, first_end: datetime | None) -> str:
    count, them, one = (
        ("one job", "It", "it") if reached.most == 1 else (f"{reached.most} jobs", "The first of them", "one")
    )
    done = f" {them} should be done {_in_words(first_end)}." if first_end else ""
    again = f"{done} Please try again then." if first_end else " Please try again in a while."
    match reached.cap:
        case Cap.USER:
            return f"You have {count} under way, which is as many as you may have.{done} You can also cancel {one}."
        case Cap.GUILD:
            return f"This server has {count} under way, which is as many as it may have.{again}"
        case Cap.WORKFLOW:
            return f"This workflow has {count} under way, which is as many as it may have.{again}"


def _in_words(when: datetime) -> str:
    """Return a moment so that Discord shows it as the time from now; one that has passed is due."""
    return "any moment now" if when <= now() else f"<t:{when.timestamp():.0f}:R>"


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60, 1):g}"
