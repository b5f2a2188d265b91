"""Published workflows: their versions, and their inputs as edited. All SQL on those two tables."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiosqlite

from bot import db
from bot.drafts import Draft, as_edits, as_inputs
from bot.jobs import now
from workflows.document import Document, read
from workflows.edits import Edits
from workflows.errors import UserError
from workflows.values import InputSpec


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
    #: Switched off by an admin: nobody can run it until it is switched on again.
    enabled: bool = True
    #: Whether it is a slash command of its own; if not, it is run by /run.
    has_command: bool = True

    @property
    def is_command(self) -> bool:
        return self.enabled and self.has_command


@dataclass(frozen=True)
class Named:
    """What a list of workflows shows of each."""

    slug: str
    description: str
    enabled: bool = True
    has_command: bool = True


@dataclass(frozen=True)
class Version:
    """What the history of a workflow shows of each version."""

    number: int
    name: str
    created_by: int
    created_at: datetime
    is_current: bool


@dataclass(frozen=True)
class Recipe:
    """What a job runs: one version's document, its inputs as edited, and the edits."""

    document: Document
    inputs: tuple[InputSpec, ...]
    edits: Edits


class NameTaken(UserError):
    """The slug is another workflow's on this server."""


class TooMany(UserError):
    """The server has as many commands as it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"This server has {most} commands, which is all that Discord allows. Remove one first.")


class Overtaken(UserError):
    """Somebody else published a version in the meantime."""


_CURRENT = """
    FROM workflows JOIN versions ON workflow_id = workflows.id AND number = workflows.version
    WHERE removed_at IS NULL
"""
#: Every column but the document, which may be 5 MiB and is read only to be run.
_PUBLISHED = f"""
    SELECT workflow_id, number, guild_id, slug, name, description, inputs, enabled, has_command {_CURRENT}
"""
_NEXT_VERSION = """
    INSERT INTO versions (workflow_id, number, name, description, document, inputs, edits, created_by, created_at)
"""


class Catalog:
    """The published workflows in the database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def publish(self, draft: Draft, most: int | None = None) -> Published:
        """Make a draft the first version of a new workflow; a server may have `most` of them as commands.

        Raises NameTaken and TooMany, also where two admins race for a name, or for the last place.
        The version is written first: a crash in between leaves a version without a workflow, which nobody sees.
        """
        stamp = now().isoformat()
        version = f"""
            {_NEXT_VERSION} SELECT coalesce(max(id), 0) + 1, 1, ?, ?, ?, ?, ?, ?, ?
            FROM (SELECT max(id) AS id FROM workflows UNION ALL SELECT max(workflow_id) FROM versions)
            RETURNING workflow_id
        """  # noqa: S608
        rows = await self._rows(version, *_content(draft), draft.user_id, stamp)
        workflow_id = int(rows[0]["workflow_id"])
        workflow = """
            INSERT INTO workflows (id, guild_id, slug, version, has_command, created_by, created_at)
            SELECT ?, ?, ?, 1, ?, ?, ? WHERE ? IS NULL OR NOT ? OR ? > (
                SELECT count(*) FROM workflows WHERE guild_id = ? AND removed_at IS NULL AND has_command
            )
        """
        values = (workflow_id, draft.guild_id, draft.slug, draft.has_command, draft.user_id, stamp)
        try:
            added = await db.write(self._db, workflow, (*values, most, draft.has_command, most, draft.guild_id))
        except sqlite3.IntegrityError as error:
            await self._drop_version(workflow_id, 1)
            raise NameTaken(
                f"`/{draft.slug}` was just taken. Please upload the file again with another name."
            ) from error
        if not added:
            await self._drop_version(workflow_id, 1)
            raise TooMany(most or 0)
        return await self._done(draft, workflow_id, 1)

    async def add_version(self, draft: Draft, most: int | None = None) -> Published:
        """Make a draft the next version of its workflow, under the draft's slug. Jobs keep the one they began with.

        Raises Overtaken where another version was published since, KeyError for a workflow that is gone, NameTaken,
        TooMany.
        """
        workflow_id = draft.workflow_id or 0
        version = f"""
            {_NEXT_VERSION} SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?
            FROM versions WHERE workflow_id = ? RETURNING number
        """  # noqa: S608
        content = (workflow_id, *_content(draft), draft.user_id, now().isoformat(), workflow_id)
        number = int((await self._rows(version, *content))[0]["number"])
        workflow = """
            UPDATE workflows SET version = ?, slug = ?, has_command = ?
            WHERE id = ? AND version = ? AND removed_at IS NULL AND (
                has_command OR ? IS NULL OR NOT ? OR ? > (
                    SELECT count(*) FROM workflows AS others
                    WHERE others.guild_id = workflows.guild_id AND removed_at IS NULL AND has_command
                )
            )
        """
        values = (number, draft.slug, draft.has_command, workflow_id, draft.base_version)
        try:
            changed = await db.write(self._db, workflow, (*values, most, draft.has_command, most))
        except sqlite3.IntegrityError as error:
            await self._drop_version(workflow_id, number)
            raise NameTaken(f"`/{draft.slug}` is another workflow's here. Please choose another name.") from error
        if not changed:
            await self._drop_version(workflow_id, number)
            await self._say_why(draft, most)
        return await self._done(draft, workflow_id, number)

    async def take_back(self, published: Published, before: Published | None) -> None:
        """Undo a version that Discord did not take: the workflow is what it was `before`, or is not there at all."""
        if before is None:
            query = "UPDATE workflows SET removed_at = ? WHERE id = ? AND removed_at IS NULL"
            await db.write(self._db, query, (now().isoformat(), published.workflow_id))
            return
        # Its old name may be another's by now: then it keeps the new one.
        query = """
            UPDATE workflows SET version = ?, has_command = ?, enabled = ?, slug = CASE WHEN EXISTS (
                SELECT 1 FROM workflows AS others WHERE others.id <> workflows.id AND others.slug = ?
                    AND others.guild_id = workflows.guild_id AND others.removed_at IS NULL
            ) THEN slug ELSE ? END
            WHERE id = ? AND version = ?
        """
        values = (before.version, before.has_command, before.enabled, before.slug, before.slug)
        await db.write(self._db, query, (*values, before.workflow_id, published.version))
        unused = """
            DELETE FROM versions WHERE workflow_id = ? AND number = ?
                AND NOT EXISTS (SELECT 1 FROM workflows WHERE workflows.id = workflow_id AND version = number)
                AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.workflow_id = versions.workflow_id AND version = number)
        """
        await db.write(self._db, unused, (published.workflow_id, published.version))

    async def of_guild(self, guild_id: int) -> list[Published]:
        """Return a server's workflows in their current versions, by name; also those that are switched off."""
        return [_published(row) for row in await self._rows(f"{_PUBLISHED} AND guild_id = ? ORDER BY slug", guild_id)]

    async def find(self, guild_id: int, slug: str) -> Published | None:
        """Return one of a server's workflows in its current version."""
        rows = await self._rows(f"{_PUBLISHED} AND guild_id = ? AND slug = ?", guild_id, slug)
        return _published(rows[0]) if rows else None

    async def current(self, workflow_id: int) -> Published | None:
        """Return a workflow in its current version, by its id; None where it was removed."""
        rows = await self._rows(f"{_PUBLISHED} AND workflows.id = ?", workflow_id)
        return _published(rows[0]) if rows else None

    async def names(self, guild_id: int) -> list[Named]:
        """Return the names of a server's workflows; quick enough to answer while somebody types."""
        query = f"SELECT slug, description, enabled, has_command {_CURRENT} AND guild_id = ? ORDER BY slug"
        return [
            Named(row["slug"], row["description"], bool(row["enabled"]), bool(row["has_command"]))
            for row in await self._rows(query, guild_id)
        ]

    async def guilds(self) -> list[int]:
        """Return every server that has, or had, a workflow."""
        return [int(row[0]) for row in await self._rows("SELECT DISTINCT guild_id FROM workflows")]

    async def remove(self, guild_id: int, slug: str) -> bool:
        """Take a workflow out of the server's list; its versions stay for the jobs that run them."""
        query = "UPDATE workflows SET removed_at = ? WHERE guild_id = ? AND slug = ? AND removed_at IS NULL"
        return await db.write(self._db, query, (now().isoformat(), guild_id, slug)) > 0

    async def set_enabled(self, workflow_id: int, enabled: bool) -> bool:
        """Switch a workflow on or off; return whether that changed anything."""
        query = "UPDATE workflows SET enabled = ? WHERE id = ? AND enabled <> ? AND removed_at IS NULL"
        return await db.write(self._db, query, (enabled, workflow_id, enabled)) > 0

    # Versions

    async def versions(self, workflow_id: int) -> list[Version]:
        """Return a workflow's history, newest first."""
        query = """
            SELECT number, versions.name, versions.created_by, versions.created_at, number = version AS is_current
            FROM versions JOIN workflows ON workflows.id = workflow_id WHERE workflow_id = ? ORDER BY number DESC
        """
        return [
            Version(
                row["number"],
                row["name"],
                row["created_by"],
                datetime.fromisoformat(row["created_at"]),
                bool(row["is_current"]),
            )
            for row in await self._rows(query, workflow_id)
        ]

    async def roll_back(self, workflow_id: int, number: int, since: int | None = None) -> bool:
        """Make another version the current one; return False where there is none of that number.

        With `since`, only if that is the current one still: nobody else's newer version is undone.
        """
        query = """
            UPDATE workflows SET version = ? WHERE id = ? AND removed_at IS NULL AND version = coalesce(?, version)
                AND EXISTS (SELECT 1 FROM versions WHERE workflow_id = workflows.id AND number = ?)
        """
        return await db.write(self._db, query, (number, workflow_id, since, number)) > 0

    async def version(self, workflow_id: int, number: int) -> Recipe:
        """Return one version to be run. Raises DocumentError, KeyError."""
        query = "SELECT document, inputs, edits FROM versions WHERE workflow_id = ? AND number = ?"
        row = await self._version_row(query, workflow_id, number)
        document = await asyncio.to_thread(read, str(row["document"]).encode())
        return Recipe(document, as_inputs.validate_json(row["inputs"]), as_edits.validate_json(row["edits"]))

    async def source(self, workflow_id: int, number: int) -> bytes:
        """Return one version's document as it was uploaded. Raises KeyError."""
        query = "SELECT document FROM versions WHERE workflow_id = ? AND number = ?"
        return str((await self._version_row(query, workflow_id, number))["document"]).encode()

    async def inputs(self, workflow_id: int, number: int) -> tuple[InputSpec, ...]:
        """Return one version's inputs, without its document. Raises KeyError."""
        query = "SELECT inputs FROM versions WHERE workflow_id = ? AND number = ?"
        return as_inputs.validate_json((await self._version_row(query, workflow_id, number))["inputs"])

    async def edits(self, workflow_id: int, number: int) -> Edits:
        """Return what was edited in one version. Raises KeyError."""
        query = "SELECT edits FROM versions WHERE workflow_id = ? AND number = ?"
        return as_edits.validate_json((await self._version_row(query, workflow_id, number))["edits"])

    async def drop_unused(self) -> int:
        """Drop the versions that are neither of a published workflow nor named by a job; return how many there were.

        For the start only: later a member may be about to run a workflow that an admin just removed.
        """
        query = """
            DELETE FROM versions
            WHERE workflow_id NOT IN (SELECT id FROM workflows WHERE removed_at IS NULL) AND (workflow_id, number)
                NOT IN (SELECT workflow_id, version FROM jobs WHERE workflow_id IS NOT NULL AND version IS NOT NULL)
        """
        return await db.write(self._db, query, ())

    async def _done(self, draft: Draft, workflow_id: int, number: int) -> Published:
        await db.write(self._db, "DELETE FROM drafts WHERE id = ?", (draft.id,))
        current = await self.current(workflow_id)
        if current is None:
            raise KeyError(workflow_id)
        return current

    async def _say_why(self, draft: Draft, most: int | None) -> None:
        current = await self.current(draft.workflow_id or 0)
        if current is None:
            raise KeyError(draft.workflow_id)
        if current.version != draft.base_version:
            raise Overtaken(
                f"Somebody else changed `/{current.slug}` in the meantime. `/workflow edit` shows how it is now."
            )
        raise TooMany(most or 0)

    async def _drop_version(self, workflow_id: int, number: int) -> None:
        """Delete a version that was not published after all."""
        await db.write(self._db, "DELETE FROM versions WHERE workflow_id = ? AND number = ?", (workflow_id, number))

    async def _version_row(self, query: str, workflow_id: int, number: int) -> sqlite3.Row:
        rows = await self._rows(query, workflow_id, number)
        if not rows:
            raise KeyError((workflow_id, number))
        return rows[0]

    async def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return await db.read(self._db, query, *values)


def _content(draft: Draft) -> tuple[str, str, str, str, str]:
    inputs, edits = as_inputs.dump_json(draft.inputs).decode(), as_edits.dump_json(draft.edits).decode()
    return draft.name, draft.description, draft.document.decode(), inputs, edits


def _published(row: sqlite3.Row) -> Published:
    return Published(
        workflow_id=row["workflow_id"],
        version=row["number"],
        guild_id=row["guild_id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        inputs=as_inputs.validate_json(row["inputs"]),
        enabled=bool(row["enabled"]),
        has_command=bool(row["has_command"]),
    )
