"""What jobs took of the backends' time: how long a workflow usually takes, and what each member has used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median

import aiosqlite

from bot import db
from bot.jobs import Cap, Job, JobStore, Outcome

#: How many of a workflow's last runs tell how long it takes, and how many of all workflows' tell what is usual.
_RUNS = 20
_RUNS_OF_ALL = 100


@dataclass(frozen=True)
class Spent:
    """What one job has taken of the backends' time so far."""

    created_at: datetime
    seconds: float
    workflow_id: int | None
    is_over: bool


@dataclass(frozen=True)
class Run:
    """One of a member's runs of one workflow. What failed or was lost does not count as one that they had."""

    job_id: str
    created_at: datetime
    is_over: bool
    counts: bool


@dataclass(frozen=True)
class Busy:
    """How many unfinished jobs are meant for a backend: those that it has, and those that it has not yet."""

    running: int = 0
    waiting: int = 0


class By(StrEnum):
    """What a server's usage is summed up by."""

    MEMBER = "member"
    WORKFLOW = "workflow"
    DAY = "day"


#: What rows are grouped by, and what names a group. Days are those of UTC, as the times in the table.
_GROUPS = {
    By.MEMBER: ("jobs.user_id", "CAST(jobs.user_id AS TEXT)"),
    By.WORKFLOW: ("coalesce(jobs.workflow_id, jobs.title)", "coalesce('/' || workflows.slug, jobs.title)"),
    By.DAY: ("substr(jobs.created_at, 1, 10)", "substr(jobs.created_at, 1, 10)"),
}


@dataclass(frozen=True)
class Tally:
    """What the jobs of one member, of one workflow or of one day come to."""

    #: A user's id, a workflow's command, or a day as in 2026-03-04.
    key: str
    jobs: int = 0
    seconds: float = 0.0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    lost: int = 0

    @property
    def under_way(self) -> int:
        return self.jobs - self.completed - self.failed - self.cancelled - self.lost


class Usage:
    """What the jobs' table tells of the backends' time."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection
        self._jobs = JobStore(connection)
        #: The seconds of the last completed runs by job, oldest first: a job that is noted twice counts once.
        self._runs: defaultdict[int, dict[str, float]] = defaultdict(dict)
        self._runs_of_all: dict[str, float] = {}
        #: Worked out at each change: all who wait are told theirs.
        self._expected: dict[int, float] = {}
        self._typical: float | None = None

    async def load(self) -> None:
        """Read how long each workflow's last completed runs took; once, at the start."""
        # Of each workflow only its last rows are read. Runs of before this was measured have 0 seconds.
        query = """
            SELECT jobs.id, jobs.workflow_id, jobs.backend_seconds FROM workflows JOIN jobs ON jobs.rowid IN (
                SELECT runs.rowid FROM jobs AS runs
                WHERE runs.workflow_id = workflows.id AND runs.outcome = 'completed' AND runs.backend_seconds > 0
                ORDER BY runs.finished_at DESC LIMIT ?
            )
            ORDER BY jobs.finished_at
        """
        for row in await db.read(self._db, query, _RUNS):
            self._add(row["id"], row["workflow_id"], row["backend_seconds"])

    def note(self, job: Job) -> None:
        """Take in a job that ended; what did not complete tells nothing of how long its workflow takes."""
        if job.outcome is Outcome.COMPLETED and job.workflow_id is not None and job.backend_seconds > 0:
            self._add(job.id, job.workflow_id, job.backend_seconds)

    def expected(self, workflow_id: int | None) -> float | None:
        """Return how many seconds a workflow usually takes a backend; None where it never completed."""
        return None if workflow_id is None else self._expected.get(workflow_id)

    def typical(self) -> float | None:
        """Return how many seconds a job of any workflow usually takes a backend; None where none ever completed."""
        return self._typical

    def guess(self, workflow_id: int | None) -> float | None:
        """Return how many seconds a workflow takes, going by all of them where it never completed itself."""
        expected = self.expected(workflow_id)
        return self.typical() if expected is None else expected

    async def of_user(self, user_id: int, since: datetime) -> list[Spent]:
        """Return what a member's jobs since then have taken, on all servers, oldest first."""
        query = """
            SELECT created_at, backend_seconds, workflow_id, outcome IS NOT NULL AS is_over FROM jobs
            WHERE user_id = ? AND created_at > ? AND (backend_seconds > 0 OR outcome IS NULL) ORDER BY created_at
        """
        return [
            Spent(
                datetime.fromisoformat(row["created_at"]),
                row["backend_seconds"],
                row["workflow_id"],
                bool(row["is_over"]),
            )
            for row in await db.read(self._db, query, user_id, since.isoformat())
        ]

    async def runs_of(self, user_id: int, workflow_id: int, since: datetime) -> list[Run]:
        """Return a member's runs of a workflow since then, and all that are not over, oldest first."""
        query = """
            SELECT id, created_at, outcome FROM jobs
            WHERE user_id = ? AND workflow_id = ? AND (created_at > ? OR outcome IS NULL) ORDER BY created_at, rowid
        """
        return [
            Run(
                row["id"],
                datetime.fromisoformat(row["created_at"]),
                is_over=row["outcome"] is not None,
                counts=row["outcome"] not in {Outcome.FAILED, Outcome.LOST},
            )
            for row in await db.read(self._db, query, user_id, workflow_id, since.isoformat())
        ]

    async def job(self, job_id: str) -> Job | None:
        return await self._jobs.get(job_id)

    async def under_way(self, cap: Cap, owner_id: int, most: int) -> list[Job]:
        """Return unfinished jobs of a user, guild or workflow: first those that run, then the oldest."""
        query = f"""
            SELECT id FROM jobs WHERE {cap.value} = ? AND outcome IS NULL
            ORDER BY state <> 'queued', created_at, rowid LIMIT ?
        """  # noqa: S608
        found = [await self._jobs.get(row["id"]) for row in await db.read(self._db, query, owner_id, most)]
        return [job for job in found if job]

    async def busy(self, guild_id: int | None = None) -> dict[str, Busy]:
        """Return how many unfinished jobs there are by backend, of one server or of all."""
        query = """
            SELECT backend, sum(state = 'queued') AS running, sum(state <> 'queued') AS waiting FROM jobs
            WHERE outcome IS NULL AND guild_id IS coalesce(?, guild_id) GROUP BY backend
        """
        rows = await db.read(self._db, query, guild_id)
        return {row["backend"] or "": Busy(row["running"], row["waiting"]) for row in rows}

    async def unfinished(self, guild_id: int, user_id: int | None = None) -> list[str]:
        """Return the ids of the unfinished jobs of a server, or of one member there, oldest first."""
        query = """
            SELECT id FROM jobs WHERE guild_id = ? AND user_id = coalesce(?, user_id) AND outcome IS NULL
            ORDER BY created_at, rowid
        """
        return [str(row["id"]) for row in await db.read(self._db, query, guild_id, user_id)]

    async def troubles(self, guild_id: int, most: int) -> list[Job]:
        """Return a server's last jobs that failed or were lost, newest first."""
        query = """
            SELECT id FROM jobs WHERE guild_id = ? AND outcome IN ('failed', 'lost')
            ORDER BY finished_at DESC, rowid DESC LIMIT ?
        """
        found = [await self._jobs.get(row["id"]) for row in await db.read(self._db, query, guild_id, most)]
        return [job for job in found if job]

    async def tallies(self, guild_id: int, since: datetime, by: By) -> list[Tally]:
        """Return what a server's jobs since then come to: days in their order, all else by time, the most first."""
        group, key = _GROUPS[by]
        order = "key" if by is By.DAY else "seconds DESC, jobs DESC, key"
        outcomes = ", ".join(f"sum(outcome IS '{outcome}') AS {outcome}" for outcome in Outcome)
        query = f"""
            SELECT max({key}) AS key, count(*) AS jobs, total(backend_seconds) AS seconds, {outcomes}
            FROM jobs LEFT JOIN workflows ON workflows.id = jobs.workflow_id
            WHERE jobs.guild_id = ? AND jobs.created_at >= ? GROUP BY {group} ORDER BY {order}
        """  # noqa: S608
        return [Tally(**dict(row)) for row in await db.read(self._db, query, guild_id, since.isoformat())]

    async def knows(self, interaction_id: int | None) -> bool:
        """Tell whether an interaction has its job already."""
        return bool(await db.read(self._db, "SELECT 1 FROM jobs WHERE interaction_id = ?", interaction_id))

    def _add(self, job_id: str, workflow_id: int, seconds: float) -> None:
        runs, every = self._runs[workflow_id], self._runs_of_all
        for kept, most in ((runs, _RUNS), (every, _RUNS_OF_ALL)):
            kept[job_id] = seconds
            if len(kept) > most:
                del kept[next(iter(kept))]
        self._expected[workflow_id] = median(runs.values())
        self._typical = median(every.values())


def every_day(tallies: Sequence[Tally], first: date, last: date) -> list[Tally]:
    """Return a tally for each day from the first to the last, also where nothing was asked for. Pure."""
    known = {tally.key: tally for tally in tallies}
    days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    return [known.get(day, Tally(day)) for day in days]


def total(tallies: Sequence[Tally]) -> Tally:
    """Return what several tallies come to together. Pure."""
    counted = ("jobs", "seconds", "completed", "failed", "cancelled", "lost")
    return Tally("", **{name: sum(getattr(tally, name) for tally in tallies) for name in counted})
