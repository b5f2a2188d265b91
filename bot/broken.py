"""The published workflows that no backend can run any more, and what their admins were told. All SQL on that table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aiosqlite

from bot import db
from bot.ledger import now


@dataclass(frozen=True)
class Broken:
    """A published workflow that no backend can run any more, or, without `problems`, one that can run again."""

    workflow_id: int
    version: int
    guild_id: int
    slug: str
    #: Who published this version.
    user_id: int
    problems: str

    @property
    def can_run(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Row:
    version: int
    problems: str


class BrokenWorkflows:
    """What is broken, in the database. A row stays until whoever was told of it is told that it is over."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def of_guild(self, guild_id: int) -> Mapping[str, str]:
        """Return why a server's workflows cannot run, by their names: those that no backend can."""
        query = """
            SELECT slug, problems FROM broken_workflows AS broken JOIN workflows ON id = workflow_id
            WHERE guild_id = ? AND problems <> '' AND removed_at IS NULL AND workflows.version = broken.version
        """
        return {str(row["slug"]): str(row["problems"]) for row in await db.read(self._db, query, guild_id)}

    async def rows(self) -> dict[int, Row]:
        """Return all of them, by their workflows' ids."""
        rows = await db.read(self._db, "SELECT workflow_id, version, problems FROM broken_workflows")
        return {row["workflow_id"]: Row(row["version"], row["problems"]) for row in rows}

    async def published(self) -> list[tuple[int, int]]:
        """Return (workflow, version) of all that members can run; first what could not run at the last time."""
        query = """
            SELECT id, workflows.version AS version FROM workflows LEFT JOIN broken_workflows ON workflow_id = id
            WHERE removed_at IS NULL AND enabled ORDER BY workflow_id IS NULL, id
        """
        return [(row["id"], row["version"]) for row in await db.read(self._db, query)]

    async def add(self, workflow_id: int, version: int, problems: str) -> None:
        """Note why a version cannot run. Who was told that it broke, and not yet that it is over, knows it still."""
        query = """
            INSERT INTO broken_workflows (workflow_id, version, problems) VALUES (?, ?, ?)
            ON CONFLICT (workflow_id) DO UPDATE SET problems = excluded.problems,
                told_at = iif(version = excluded.version, told_at, NULL), version = excluded.version
        """
        await db.write(self._db, query, (workflow_id, version, problems))

    async def mend(self, workflow_id: int) -> None:
        """Note that a workflow can run again: whoever was told that it broke is to be told this too."""
        query = "UPDATE broken_workflows SET problems = '' WHERE workflow_id = ? AND told_at IS NOT NULL"
        if not await db.write(self._db, query, (workflow_id,)):
            await self._drop(workflow_id)

    async def drop_outdated(self) -> None:
        """Forget what is not published any more, or in another version: whoever changed that saw its report."""
        query = """
            DELETE FROM broken_workflows WHERE NOT EXISTS (
                SELECT 1 FROM workflows WHERE id = workflow_id AND removed_at IS NULL AND enabled
                    AND workflows.version = broken_workflows.version
            )
        """
        await db.write(self._db, query, ())

    async def news(self) -> list[Broken]:
        """Return what admins are still to be told."""
        query = """
            SELECT broken.workflow_id, broken.version, guild_id, slug, versions.created_by, problems
            FROM broken_workflows AS broken JOIN workflows ON id = broken.workflow_id
                JOIN versions ON versions.workflow_id = id AND number = broken.version
            WHERE (told_at IS NULL OR problems = '') AND removed_at IS NULL AND enabled
                AND workflows.version = broken.version
            ORDER BY guild_id, slug
        """
        rows = await db.read(self._db, query)
        return [
            Broken(r["workflow_id"], r["version"], r["guild_id"], r["slug"], r["created_by"], r["problems"])
            for r in rows
        ]

    async def told(self, one: Broken) -> None:
        """Note that a piece of news was told; with the good ones a row is done with."""
        if one.can_run:
            await self._drop(one.workflow_id)
            return
        query = "UPDATE broken_workflows SET told_at = ? WHERE workflow_id = ? AND version = ?"
        await db.write(self._db, query, (now().isoformat(), one.workflow_id, one.version))

    async def _drop(self, workflow_id: int) -> None:
        await db.write(self._db, "DELETE FROM broken_workflows WHERE workflow_id = ?", (workflow_id,))
