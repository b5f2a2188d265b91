"""Jobs: the value, and all SQL on their table."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bot import db
from bot.ledger import now
from bot.listing import Listing, Wanted
from workflows.texts import ENGLISH, pack, unpack

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


@dataclass(frozen=True)
class Attachment:
    """A file that a member gave for an input. The URL is signed, and lives for about a day.

    `source` tells where a fresh URL can be had: "channel/message/attachment" of a message that stays, "web" for an
    address that is none of Discord's, nothing for what was attached to a command.
    """

    name: str
    filename: str
    url: str
    size: int = 0
    source: str = ""


@dataclass(frozen=True)
class Place:
    """A message of ours."""

    channel_id: int
    message_id: int


@dataclass(frozen=True)
class UsedModel:
    """A model that a run worked with; its hash is the same on every backend."""

    name: str
    base: str
    type: str
    hash: str


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
    #: Counts the times it was enqueued: more than once only where a backend restarted under it, or went away.
    attempt: int = 1
    restarts: int = 0
    guild_id: int | None = None
    channel_id: int | None = None
    message_id: int | None = None
    application_id: int | None = None
    interaction_id: int | None = None
    interaction_token: str | None = None
    cancel_requested: bool = False
    #: How many turns its user has where others have one, and how many of their jobs may run at once.
    weight: float = 1.0
    running_cap: int | None = None
    #: How many of its workflow's jobs its user may have running at once.
    own_running_cap: int | None = None
    #: For how long backends worked on it, by their own clocks, over all attempts.
    backend_seconds: float = 0.0
    #: Where its end was told, or why it could not be: a bot.cards.Told.
    delivery: str | None = None
    #: In which language its card speaks: a language of workflows.texts.
    language: str = ENGLISH
    #: On which server its card stands, once it was shown again: 0 is a direct message, None where it was asked.
    shown_guild_id: int | None = None
    #: Only its user sees it. Like where it is shown, this is written by JobStore.place alone.
    is_private: bool = False
    #: Its files are covered until somebody clicks on them. It is written with where it is shown.
    is_spoiler: bool = False
    #: What is told beside its results.
    notes: tuple[str, ...] = ()
    #: What it ran with, and the version of the InvokeAI that it ran on, once it was enqueued.
    models: tuple[UsedModel, ...] = ()
    backend_version: str = ""
    #: The messages that hold its results, in order.
    posted: tuple[Place, ...] = ()
    enqueued_at: datetime | None = None
    finished_at: datetime | None = None
    delivered_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def batch_id(self) -> str:
        """The idempotency key on the backend: batch id and destination of its items."""
        return self.id if self.attempt == 1 else f"{self.id}-{self.attempt}"

    @property
    def batch_ids(self) -> list[str]:
        """The batch ids of all attempts."""
        return [self.evolve(attempt=attempt).batch_id for attempt in range(1, self.attempt + 1)]

    @property
    def duration(self) -> timedelta | None:
        """From the member's command to the end of the run."""
        return self.finished_at - self.created_at if self.finished_at else None

    def evolve(self, **changes: Any) -> Job:
        return replace(self, **changes)

    def ended(self, outcome: Outcome, problem: str | None = None, results: Sequence[str] = ()) -> Job:
        """Return the job as it stands when its run is over, however it went."""
        over = self.evolve(state=State.FINISHED, outcome=outcome, problem=problem)
        return over.evolve(results=tuple(results), finished_at=now())

    def moved(self, backend: str, *, anew: bool) -> Job:
        """Return the job as it begins on another backend: with its files first. `anew` where it may have run before."""
        state = State.NEW if self.attachments else State.READY
        attempt = self.attempt + 1 if anew else self.attempt
        return self.evolve(state=state, backend=backend, attempt=attempt, item_ids=())


class DuplicateInteraction(Exception):
    """Discord delivered the same interaction twice; the first one has its job."""


class Cap(StrEnum):
    """Whose cap on unfinished jobs it is; the values are the columns that they are counted by."""

    USER = "user_id"
    GUILD = "guild_id"
    WORKFLOW = "workflow_id"


class CapReached(Exception):
    """There are as many unfinished jobs as there may be."""

    def __init__(self, cap: Cap, most: int) -> None:
        super().__init__(f"{most} jobs of one {cap.value} are under way")
        self.cap = cap
        self.most = most


def new_id() -> str:
    """Return a job id: short enough to be read out, too many to be guessed, no letters that look alike."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


_TIMES = ("created_at", "enqueued_at", "finished_at", "delivered_at", "closed_at")
_COLUMNS = (
    *("id", "state", "outcome", "problem", "workflow_id", "version", "title", "given", "attachments", "backend"),
    *("item_ids", "results", "attempt", "guild_id", "channel_id", "message_id", "user_id", "application_id"),
    *("interaction_id", "interaction_token", "weight", "running_cap", "restarts", "backend_seconds", "delivery"),
    *("own_running_cap", "language", "is_private", "is_spoiler", "notes", "models", "backend_version", "posted"),
    "shown_guild_id",
    *_TIMES,
)
#: Where a job is shown, to whom and how: changed by people while the runner drives it.
_PLACED = ("channel_id", "message_id", "shown_guild_id", "interaction_token", "is_private", "is_spoiler", "posted")
_ROOM = "(:most_{0} IS NULL OR :most_{0} > (SELECT count(*) FROM jobs WHERE {0} = :{0} AND outcome IS NULL))"
_INSERT = f"""
    INSERT INTO jobs ({", ".join(_COLUMNS)}) SELECT {", ".join(":" + column for column in _COLUMNS)}
    WHERE {" AND ".join(_ROOM.format(cap.value) for cap in Cap)}
"""
_DRIVEN = [column for column in _COLUMNS if column != "id" and column not in _PLACED]
#: What the token was for is over with the job; but what only its member sees is deleted and posted by it.
_TOKEN = "interaction_token = CASE WHEN :state = 'closed' AND NOT is_private THEN NULL ELSE interaction_token END"  # noqa: S105
_UPDATE = f"UPDATE jobs SET {', '.join(f'{c} = :{c}' for c in _DRIVEN)}, {_TOKEN} WHERE id = :id"  # noqa: S608
_UPDATE_PLACE = f"UPDATE jobs SET {', '.join(f'{c} = :{c}' for c in _PLACED)} WHERE id = :id"  # noqa: S608
_UPDATE_MOVED = f"UPDATE jobs SET {', '.join(f'{c} = :{c}' for c in _PLACED[:-1])} WHERE id = :id"  # noqa: S608


class JobStore(Listing):
    """The jobs and their ledger in the database."""

    async def instance(self) -> str:
        """Return what this database calls itself; everything that it puts on a backend carries it."""
        rows = await self._rows("SELECT id FROM instance")
        return str(rows[0]["id"])

    async def create(self, job: Job, most: Mapping[Cap, int] = MappingProxyType({})) -> None:
        """Insert a new job. Raises DuplicateInteraction if its interaction has one already.

        Raises CapReached if its user, guild or workflow has `most` under way: counted and inserted in one statement,
        or a quick thumb slips in between.
        """
        room = {f"most_{cap.value}": most.get(cap) for cap in Cap}
        try:
            created = await db.write(self._db, _INSERT, {**_to_row(job), **room})
        except sqlite3.IntegrityError as error:
            if "interaction_id" in str(error):
                raise DuplicateInteraction from error
            raise
        if not created:
            raise await self._cap_reached(job, most)

    async def _cap_reached(self, job: Job, most: Mapping[Cap, int]) -> CapReached:
        for cap, number in most.items():
            query = f"SELECT count(*) FROM jobs WHERE {cap.value} = ? AND outcome IS NULL"  # noqa: S608
            if (await self._rows(query, getattr(job, cap.value)))[0][0] >= number:
                return CapReached(cap, number)
        # One of them ended in this very moment.
        cap, number = next(iter(most.items()))
        return CapReached(cap, number)

    async def save(self, job: Job) -> Job:
        """Write the job's row, all but the wish to cancel it, and where it is shown, which others write."""
        await db.write(self._db, _UPDATE, _to_row(job))
        return job

    async def place(self, job: Job) -> Job:
        """Write down where a job is shown, to whom and how, and by which interaction's token; nothing else of it."""
        await db.write(self._db, _UPDATE_PLACE, _to_row(job))
        return job

    async def move(self, job: Job) -> None:
        """Write down that a job is shown elsewhere from now on; where its results are, its end may be telling now."""
        await db.write(self._db, _UPDATE_MOVED, _to_row(job))

    async def place_results(self, job_id: str, places: Sequence[Place]) -> None:
        """Write down which messages hold a job's results."""
        await db.write(self._db, "UPDATE jobs SET posted = ? WHERE id = ?", (_places(places), job_id))

    async def get(self, job_id: str) -> Job | None:
        rows = await self._rows("SELECT * FROM jobs WHERE id = ?", job_id)
        return _from_row(rows[0]) if rows else None

    async def open_jobs(self) -> list[Job]:
        """Return every job that is not closed, oldest first."""
        rows = await self._rows("SELECT * FROM jobs WHERE state <> 'closed' ORDER BY created_at, rowid")
        return [_from_row(row) for row in rows]

    async def in_use(self, backend: str) -> bool:
        """Tell whether a backend still has something of ours, or a job that has not ended."""
        query = """
            SELECT EXISTS (SELECT 1 FROM jobs WHERE backend = ? AND state <> 'closed')
                OR EXISTS (SELECT 1 FROM assets WHERE backend = ? AND deleted_at IS NULL)
        """
        return bool((await self._rows(query, backend, backend))[0][0])

    async def open_ids(self) -> set[str]:
        """Return the ids of all jobs that are not closed."""
        return {str(row["id"]) for row in await self._rows("SELECT id FROM jobs WHERE state <> 'closed'")}

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

    async def listed(self, wanted: Wanted, most: int, skipped: int = 0) -> list[Job]:
        """Return the jobs that a list shows: those that are not over first, each newest first."""
        return [_from_row(row) for row in await self.rows(wanted, most, skipped)]

    async def request_cancel(self, job_id: str) -> bool:
        """Record the wish to cancel; return False where the job is over already."""
        query = (
            "UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, ?) WHERE id = ? AND outcome IS NULL"
        )
        return await db.write(self._db, query, (now().isoformat(), job_id)) > 0


def _to_row(job: Job) -> dict[str, Any]:
    row = {column: getattr(job, column) for column in _COLUMNS}
    row |= {column: value.isoformat() for column in _TIMES if (value := row[column])}
    row["given"] = json.dumps(job.given)
    row["attachments"] = json.dumps([asdict(attachment) for attachment in job.attachments])
    row["item_ids"] = json.dumps(job.item_ids)
    row["results"] = json.dumps(job.results)
    row["problem"] = None if job.problem is None else pack(job.problem)
    row["notes"] = json.dumps([pack(note) for note in job.notes])
    row["models"] = json.dumps([asdict(model) for model in job.models])
    row["posted"] = _places(job.posted)
    return row


def _places(places: Sequence[Place]) -> str:
    return json.dumps([[place.channel_id, place.message_id] for place in places])


def _from_row(row: sqlite3.Row) -> Job:
    held: dict[str, Any] = {column: row[column] for column in _COLUMNS}
    held |= {column: datetime.fromisoformat(held[column]) for column in _TIMES if held[column]}
    held["state"] = State(held["state"])
    held["outcome"] = Outcome(held["outcome"]) if held["outcome"] else None
    held["given"] = json.loads(held["given"])
    held["attachments"] = tuple(Attachment(**attachment) for attachment in json.loads(held["attachments"]))
    held["item_ids"] = tuple(json.loads(held["item_ids"]))
    held["results"] = tuple(json.loads(held["results"]))
    held["problem"] = None if held["problem"] is None else unpack(held["problem"])
    held["notes"] = tuple(unpack(note) for note in json.loads(held["notes"]))
    held["models"] = tuple(UsedModel(**model) for model in json.loads(held["models"]))
    held["posted"] = tuple(Place(*place) for place in json.loads(held["posted"]))
    held |= {column: bool(held[column]) for column in ("is_private", "is_spoiler")}
    return Job(**held, cancel_requested=row["cancel_requested_at"] is not None)
