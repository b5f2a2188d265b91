"""Jobs and the ledger of what they leave on a backend. All SQL on those two tables stands here."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import aiosqlite

from bot import db
from workflows.errors import UserError

_ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_ID_LENGTH = 10


class State(StrEnum):
    """The coarse state of a job; it names the step that comes next."""

    #: Its attachments are being uploaded, one a step.
    NEW = "new"
    #: It waits for its turn, to be enqueued.
    READY = "ready"
    #: The backend has it.
    QUEUED = "queued"
    #: It has ended, one way or another; the card does not say so yet.
    FINISHED = "finished"
    #: The card says so; what it left is being deleted.
    SETTLED = "settled"
    #: Nothing is left to do.
    CLOSED = "closed"


class Outcome(StrEnum):
    COMPLETED = "completed"
    FAILED = "failed"
    #: By the member or a moderator.
    CANCELLED = "cancelled"
    #: The backend no longer knows it.
    LOST = "lost"


class AssetKind(StrEnum):
    """What an asset is, which tells how it is deleted: a backend keeps images, videos and items apart."""

    UPLOAD = "upload"
    OUTPUT = "output"
    INTERMEDIATE = "intermediate"
    VIDEO_UPLOAD = "video upload"
    VIDEO_OUTPUT = "video output"
    VIDEO_INTERMEDIATE = "video intermediate"
    ITEM = "item"

    @property
    def is_upload(self) -> bool:
        return self in {AssetKind.UPLOAD, AssetKind.VIDEO_UPLOAD}

    @property
    def is_video(self) -> bool:
        return self in {AssetKind.VIDEO_UPLOAD, AssetKind.VIDEO_OUTPUT, AssetKind.VIDEO_INTERMEDIATE}


@dataclass(frozen=True)
class Attachment:
    """A file that a member gave for an input. The URL is signed and short-lived; it goes once it was uploaded."""

    name: str
    filename: str
    url: str
    size: int = 0


@dataclass(frozen=True)
class Asset:
    """Anything a job left on a backend. `slot` tells which attachment an upload was made of."""

    job_id: str
    backend: str
    kind: AssetKind
    ref: str
    slot: int | None = None
    session_id: str | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of one version by one user."""

    id: str
    user_id: int
    title: str
    created_at: datetime
    state: State = State.NEW
    outcome: Outcome | None = None
    #: What the user is told if it did not complete.
    problem: str | None = None
    workflow_id: int | None = None
    version: int | None = None
    #: The values by input name, files apart; seeds that were drawn are in it.
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    attachments: tuple[Attachment, ...] = ()
    backend: str | None = None
    item_ids: tuple[int, ...] = ()
    #: The names of the images and videos that it made, in the order in which they are posted.
    results: tuple[str, ...] = ()
    #: Counts the times it was enqueued: more than once only after the backend restarted under it.
    attempt: int = 1
    guild_id: int | None = None
    channel_id: int | None = None
    message_id: int | None = None
    application_id: int | None = None
    interaction_id: int | None = None
    interaction_token: str | None = None
    cancel_requested: bool = False
    enqueued_at: datetime | None = None
    finished_at: datetime | None = None
    delivered_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def batch_id(self) -> str:
        """The idempotency key on the backend: batch id and destination of its items."""
        return self.id if self.attempt == 1 else f"{self.id}-{self.attempt}"

    @property
    def duration(self) -> timedelta | None:
        """From the member's command to the end of the run."""
        return self.finished_at - self.created_at if self.finished_at else None

    def evolve(self, **changes: Any) -> Job:
        return replace(self, **changes)

    def ended(self, outcome: Outcome, problem: str | None = None, results: Sequence[str] = ()) -> Job:
        """Return the job as it stands when its run is over, however it went."""
        return self.evolve(
            state=State.FINISHED, outcome=outcome, problem=problem, results=tuple(results), finished_at=now()
        )


class DuplicateInteraction(Exception):
    """Discord delivered the same interaction twice; the first one has its job."""


class TooManyJobs(UserError):
    """A user has as many jobs under way as one may have."""


def new_id() -> str:
    """Return a job id: short enough to be read out, too many to be guessed, no letters that look alike."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def now() -> datetime:
    return datetime.now(UTC)


_TIMES = ("created_at", "enqueued_at", "finished_at", "delivered_at", "closed_at")
_COLUMNS = (
    *("id", "state", "outcome", "problem", "workflow_id", "version", "title", "given", "attachments", "backend"),
    *("item_ids", "results", "attempt", "guild_id", "channel_id", "message_id", "user_id", "application_id"),
    *("interaction_id", "interaction_token", *_TIMES),
)
_INSERT = f"""
    INSERT INTO jobs ({", ".join(_COLUMNS)}) SELECT {", ".join(":" + column for column in _COLUMNS)}
    WHERE :most IS NULL OR :most > (SELECT count(*) FROM jobs WHERE user_id = :user_id AND outcome IS NULL)
"""  # noqa: S608
_UPDATE = f"UPDATE jobs SET {', '.join(f'{c} = :{c}' for c in _COLUMNS if c != 'id')} WHERE id = :id"  # noqa: S608


class JobStore:
    """The jobs and their ledger in the database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def instance(self) -> str:
        """Return what this database calls itself; everything that it puts on a backend carries it."""
        rows = await self._rows("SELECT id FROM instance")
        return str(rows[0]["id"])

    async def create(self, job: Job, most: int | None = None) -> None:
        """Insert a new job. Raises DuplicateInteraction if its interaction has one already.

        Raises TooManyJobs if its user has `most` under way: counted and inserted in one statement, or a quick thumb
        slips in between.
        """
        try:
            created = await db.write(self._db, _INSERT, {**_to_row(job), "most": most})
        except sqlite3.IntegrityError as error:
            if "interaction_id" in str(error):
                raise DuplicateInteraction from error
            raise
        if not created:
            raise TooManyJobs(f"You have {most} jobs under way already. Please wait for one of them, or cancel it.")

    async def save(self, job: Job) -> Job:
        """Write the job's row, all but the wish to cancel it, which others write."""
        await db.write(self._db, _UPDATE, _to_row(job))
        return job

    async def get(self, job_id: str) -> Job | None:
        rows = await self._rows("SELECT * FROM jobs WHERE id = ?", job_id)
        return _from_row(rows[0]) if rows else None

    async def open_jobs(self) -> list[Job]:
        """Return every job that is not closed, oldest first."""
        rows = await self._rows("SELECT * FROM jobs WHERE state <> 'closed' ORDER BY created_at, rowid")
        return [_from_row(row) for row in rows]

    async def of_user(self, user_id: int, guild_id: int | None, finished: int) -> tuple[list[Job], list[Job]]:
        """Return a member's jobs on one server: those that still run, and the last that are over, newest first."""
        running = """
            SELECT * FROM jobs WHERE user_id = ? AND guild_id IS ? AND outcome IS NULL
            ORDER BY created_at DESC, rowid DESC
        """
        over = """
            SELECT * FROM jobs WHERE user_id = ? AND guild_id IS ? AND outcome IS NOT NULL
            ORDER BY created_at DESC, rowid DESC LIMIT ?
        """
        return (
            [_from_row(row) for row in await self._rows(running, user_id, guild_id)],
            [_from_row(row) for row in await self._rows(over, user_id, guild_id, finished)],
        )

    async def request_cancel(self, job_id: str) -> bool:
        """Record the wish to cancel; return False where the job is over already."""
        query = (
            "UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, ?) WHERE id = ? AND outcome IS NULL"
        )
        return await db.write(self._db, query, (now().isoformat(), job_id)) > 0

    # The ledger

    async def note(self, assets: Iterable[Asset]) -> None:
        """Write down what stands on a backend, all of it or nothing; what is known already stays as it was."""
        query = """
            INSERT INTO assets (job_id, backend, kind, ref, slot, session_id, noted_at)
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), ?
            FROM json_each(?) WHERE true
            ON CONFLICT (job_id, kind, ref) DO UPDATE SET session_id = coalesce(excluded.session_id, session_id)
        """
        rows = [(a.job_id, a.backend, a.kind.value, a.ref, a.slot, a.session_id) for a in assets]
        await db.write(self._db, query, (now().isoformat(), json.dumps(rows)))

    async def mark_deleted(self, asset: Asset) -> None:
        """Record that the backend confirmed: it is gone."""
        query = "UPDATE assets SET deleted_at = ? WHERE job_id = ? AND kind = ? AND ref = ? AND deleted_at IS NULL"
        await db.write(self._db, query, (now().isoformat(), asset.job_id, asset.kind.value, asset.ref))

    async def assets(self, job_id: str | None = None) -> list[Asset]:
        """Return the ledger of a job, or of all jobs, in the order in which it was noted."""
        rows = await self._rows("SELECT * FROM assets WHERE job_id = coalesce(?, job_id) ORDER BY rowid", job_id)
        return [_asset(row) for row in rows]

    async def count_left(self) -> int:
        """Return how many assets of all jobs are not confirmed as deleted."""
        rows = await self._rows("SELECT count(*) FROM assets WHERE deleted_at IS NULL")
        return int(rows[0][0])

    async def known_refs(self, backend: str) -> set[str]:
        """Return the names of everything that the ledger knows on a backend and that may still be there."""
        rows = await self._rows("SELECT ref FROM assets WHERE backend = ? AND deleted_at IS NULL", backend)
        return {str(row["ref"]) for row in rows}

    async def closed_sessions(self, backend: str, since: datetime) -> set[str]:
        """Return the session ids of the jobs that closed since then and of which a run did not complete."""
        query = """
            SELECT assets.session_id FROM assets JOIN jobs ON jobs.id = assets.job_id
            WHERE assets.backend = ? AND assets.session_id IS NOT NULL AND jobs.closed_at > ?
              AND (jobs.outcome <> 'completed' OR jobs.attempt > 1)
        """
        rows = await self._rows(query, backend, since.isoformat())
        return {str(row[0]) for row in rows}

    async def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return await db.read(self._db, query, *values)


def _to_row(job: Job) -> dict[str, Any]:
    row = {column: getattr(job, column) for column in _COLUMNS}
    row |= {column: value.isoformat() for column in _TIMES if (value := row[column])}
    row["given"] = json.dumps(job.given)
    row["attachments"] = json.dumps([asdict(attachment) for attachment in job.attachments])
    row["item_ids"] = json.dumps(job.item_ids)
    row["results"] = json.dumps(job.results)
    return row


def _from_row(row: sqlite3.Row) -> Job:
    held: dict[str, Any] = {column: row[column] for column in _COLUMNS}
    held |= {column: datetime.fromisoformat(held[column]) for column in _TIMES if held[column]}
    held["state"] = State(held["state"])
    held["outcome"] = Outcome(held["outcome"]) if held["outcome"] else None
    held["given"] = json.loads(held["given"])
    held["attachments"] = tuple(Attachment(**attachment) for attachment in json.loads(held["attachments"]))
    held["item_ids"] = tuple(json.loads(held["item_ids"]))
    held["results"] = tuple(json.loads(held["results"]))
    return Job(**held, cancel_requested=row["cancel_requested_at"] is not None)


def _asset(row: sqlite3.Row) -> Asset:
    return Asset(
        job_id=row["job_id"],
        backend=row["backend"],
        kind=AssetKind(row["kind"]),
        ref=row["ref"],
        slot=row["slot"],
        session_id=row["session_id"],
        deleted_at=datetime.fromisoformat(row["deleted_at"]) if row["deleted_at"] else None,
    )
