"""Published workflows: their versions, their inputs, and the drafts that become them. All SQL on those tables."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiosqlite
from pydantic import TypeAdapter

from bot import db
from bot.jobs import now
from workflows.document import Document, read
from workflows.errors import UserError
from workflows.values import InputSpec

#: Nobody publishes what they looked at yesterday, and each one may hold 5 MiB.
DRAFT_LIFE = timedelta(days=1)
DRAFTS_PER_GUILD = 20

_inputs = TypeAdapter(tuple[InputSpec, ...])


@dataclass(frozen=True)
class Draft:
    """A workflow that an admin is looking at. `document` is the file as it was uploaded."""

    id: str
    guild_id: int
    user_id: int
    slug: str
    name: str
    description: str
    document: bytes
    inputs: tuple[InputSpec, ...]


@dataclass(frozen=True)
class Published:
    """One version of a published workflow, as a command shows it."""

    workflow_id: int
    version: int
    guild_id: int
    slug: str
    name: str
    description: str
    inputs: tuple[InputSpec, ...]


@dataclass(frozen=True)
class Named:
    """What a list of workflows shows of each."""

    slug: str
    description: str


class NameTaken(UserError):
    """The slug is another workflow's on this server."""


class TooMany(UserError):
    """The server has as many workflows as it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"This server has {most} workflows, which is all that Discord allows. Remove one first.")


_CURRENT = """
    FROM workflows JOIN versions ON workflow_id = workflows.id AND number = workflows.version
    WHERE guild_id = ? AND removed_at IS NULL
"""
#: Every column but the document, which may be 5 MiB and is read only to be run.
_PUBLISHED = f"SELECT workflow_id, number, guild_id, slug, name, description, inputs {_CURRENT}"


class Catalog:
    """The published workflows in the database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def save_draft(self, draft: Draft) -> None:
        """Keep what an admin is looking at, so that the buttons under it work after a restart.

        Older ones give way: those of another day, and all but a server's newest.
        """
        await db.write(self._db, "DELETE FROM drafts WHERE created_at < ?", ((now() - DRAFT_LIFE).isoformat(),))
        query = "INSERT INTO drafts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        inputs = _inputs.dump_json(draft.inputs).decode()
        values = (draft.guild_id, draft.user_id, draft.slug, draft.name, draft.description, draft.document.decode())
        await db.write(self._db, query, (draft.id, *values, inputs, now().isoformat()))
        surplus = """
            DELETE FROM drafts WHERE id IN (
                SELECT id FROM drafts WHERE guild_id = ? ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?
            )
        """
        await db.write(self._db, surplus, (draft.guild_id, DRAFTS_PER_GUILD))

    async def draft(self, draft_id: str) -> Draft | None:
        rows = await self._rows("SELECT * FROM drafts WHERE id = ?", draft_id)
        return _draft(rows[0]) if rows else None

    async def drop_draft(self, draft_id: str) -> None:
        await db.write(self._db, "DELETE FROM drafts WHERE id = ?", (draft_id,))

    async def publish(self, draft: Draft, most: int | None = None) -> Published:
        """Make a draft the first version of a workflow; a server may have `most` of them.

        Raises NameTaken and TooMany, also where two admins race for a name, or for the last place.
        The version is written first: a crash in between leaves a version without a workflow, which nobody sees.
        """
        stamp = now().isoformat()
        inputs = _inputs.dump_json(draft.inputs).decode()
        version = """
            INSERT INTO versions SELECT coalesce(max(id), 0) + 1, 1, ?, ?, ?, ?, ?, ?
            FROM (SELECT max(id) AS id FROM workflows UNION ALL SELECT max(workflow_id) FROM versions)
            RETURNING workflow_id
        """
        document = draft.document.decode()
        rows = await self._rows(version, draft.name, draft.description, document, inputs, draft.user_id, stamp)
        workflow_id = int(rows[0]["workflow_id"])
        workflow = """
            INSERT INTO workflows (id, guild_id, slug, version, created_by, created_at) SELECT ?, ?, ?, 1, ?, ?
            WHERE ? IS NULL OR ? > (SELECT count(*) FROM workflows WHERE guild_id = ? AND removed_at IS NULL)
        """
        values = (workflow_id, draft.guild_id, draft.slug, draft.user_id, stamp, most, most, draft.guild_id)
        try:
            added = await db.write(self._db, workflow, values)
        except sqlite3.IntegrityError as error:
            await self._take_back(workflow_id)
            raise NameTaken(
                f"`/{draft.slug}` was just taken. Please upload the file again with another name."
            ) from error
        if not added:
            await self._take_back(workflow_id)
            raise TooMany(most or 0)
        await self.drop_draft(draft.id)
        return Published(workflow_id, 1, draft.guild_id, draft.slug, draft.name, draft.description, draft.inputs)

    async def of_guild(self, guild_id: int) -> list[Published]:
        """Return a server's workflows in their current versions, by name."""
        return [_published(row) for row in await self._rows(f"{_PUBLISHED} ORDER BY slug", guild_id)]

    async def find(self, guild_id: int, slug: str) -> Published | None:
        """Return one of a server's workflows in its current version."""
        rows = await self._rows(f"{_PUBLISHED} AND slug = ?", guild_id, slug)
        return _published(rows[0]) if rows else None

    async def names(self, guild_id: int) -> list[Named]:
        """Return the names of a server's workflows; quick enough to answer while somebody types."""
        query = f"SELECT slug, description {_CURRENT} ORDER BY slug"
        return [Named(row["slug"], row["description"]) for row in await self._rows(query, guild_id)]

    async def guilds(self) -> list[int]:
        """Return every server that has, or had, a workflow."""
        return [int(row[0]) for row in await self._rows("SELECT DISTINCT guild_id FROM workflows")]

    async def remove(self, guild_id: int, slug: str) -> bool:
        """Take a workflow out of the server's list; its versions stay for the jobs that run them."""
        query = "UPDATE workflows SET removed_at = ? WHERE guild_id = ? AND slug = ? AND removed_at IS NULL"
        return await db.write(self._db, query, (now().isoformat(), guild_id, slug)) > 0

    async def drop_unused(self) -> int:
        """Drop the versions that are neither published nor named by a job; return how many there were.

        For the start only: later a member may be about to run a workflow that an admin just removed.
        """
        query = """
            DELETE FROM versions
            WHERE workflow_id NOT IN (SELECT id FROM workflows WHERE removed_at IS NULL) AND (workflow_id, number)
                NOT IN (SELECT workflow_id, version FROM jobs WHERE workflow_id IS NOT NULL AND version IS NOT NULL)
        """
        return await db.write(self._db, query, ())

    async def version(self, workflow_id: int, number: int) -> tuple[Document, tuple[InputSpec, ...]]:
        """Return one version's document and inputs. Raises DocumentError, KeyError."""
        query = "SELECT document, inputs FROM versions WHERE workflow_id = ? AND number = ?"
        rows = await self._rows(query, workflow_id, number)
        if not rows:
            raise KeyError((workflow_id, number))
        document = await asyncio.to_thread(read, str(rows[0]["document"]).encode())
        return document, _inputs.validate_json(rows[0]["inputs"])

    async def inputs(self, workflow_id: int, number: int) -> tuple[InputSpec, ...]:
        """Return one version's inputs, without its document. Raises KeyError."""
        query = "SELECT inputs FROM versions WHERE workflow_id = ? AND number = ?"
        rows = await self._rows(query, workflow_id, number)
        if not rows:
            raise KeyError((workflow_id, number))
        return _inputs.validate_json(rows[0]["inputs"])

    # What Discord was told

    async def sent_digest(self, scope: str) -> str | None:
        rows = await self._rows("SELECT digest FROM sent_commands WHERE scope = ?", scope)
        return str(rows[0]["digest"]) if rows else None

    async def save_digest(self, scope: str, digest: str) -> None:
        query = "INSERT OR REPLACE INTO sent_commands (scope, digest, sent_at) VALUES (?, ?, ?)"
        await db.write(self._db, query, (scope, digest, now().isoformat()))

    async def forget_digest(self, scope: str) -> None:
        """Forget what was sent: Discord drops a server's commands when the bot leaves it."""
        await db.write(self._db, "DELETE FROM sent_commands WHERE scope = ?", (scope,))

    async def _take_back(self, workflow_id: int) -> None:
        """Delete the version of a workflow that was not published after all."""
        await db.write(self._db, "DELETE FROM versions WHERE workflow_id = ?", (workflow_id,))

    async def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return await db.read(self._db, query, *values)


def digest(payload: bytes) -> str:
    """Return what tells one set of commands from another."""
    return hashlib.sha256(payload).hexdigest()


def _draft(row: sqlite3.Row) -> Draft:
    return Draft(
        id=row["id"],
        guild_id=row["guild_id"],
        user_id=row["user_id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        document=str(row["document"]).encode(),
        inputs=_inputs.validate_json(row["inputs"]),
    )


def _published(row: sqlite3.Row) -> Published:
    return Published(
        workflow_id=row["workflow_id"],
        version=row["number"],
        guild_id=row["guild_id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        inputs=_inputs.validate_json(row["inputs"]),
    )
