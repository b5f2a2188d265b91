"""Which jobs a list shows: whose, where, and how they stand. The SQL of lists stands here."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.ledger import Ledger


class Show(StrEnum):
    """Which jobs a list shows, by how they stand."""

    ALL = "all"
    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


_STANDS = {
    Show.OPEN: "outcome IS NULL",
    Show.DONE: "outcome = 'completed'",
    Show.FAILED: "outcome IN ('failed', 'lost', 'cancelled')",
}


@dataclass(frozen=True)
class Wanted:
    """What a list shows; what is None does not matter."""

    user_id: int | None = None
    guild_id: int | None = None
    show: Show = Show.ALL
    workflow_id: int | None = None

    def where(self) -> tuple[str, tuple[Any, ...]]:
        """Return the condition that finds these jobs, and its values."""
        named = {"user_id": self.user_id, "guild_id": self.guild_id, "workflow_id": self.workflow_id}
        asked = {column: value for column, value in named.items() if value is not None}
        parts = [f"{column} = ?" for column in asked]
        if self.show is not Show.ALL:
            parts.append(_STANDS[self.show])
        return " AND ".join(parts) or "true", tuple(asked.values())


class Listing(Ledger):
    """Lists of jobs in the database."""

    async def rows(self, wanted: Wanted, most: int, skipped: int = 0) -> list[sqlite3.Row]:
        """Return the rows of the jobs that a list shows: those that are not over first, each newest first."""
        where, values = wanted.where()
        order = "ORDER BY outcome IS NOT NULL, created_at DESC, rowid DESC LIMIT ? OFFSET ?"
        return await self._rows(f"SELECT * FROM jobs WHERE {where} {order}", *values, most, skipped)  # noqa: S608

    async def count(self, wanted: Wanted) -> int:
        where, values = wanted.where()
        return int((await self._rows(f"SELECT count(*) FROM jobs WHERE {where}", *values))[0][0])  # noqa: S608

    async def workflows(self, wanted: Wanted) -> dict[int, str]:
        """Return the workflows that a list's jobs ran, by id, with the name of each one's last; the last run first."""
        where, values = wanted.where()
        query = f"""
            SELECT workflow_id, title, max(created_at) AS last FROM jobs WHERE {where} AND workflow_id IS NOT NULL
            GROUP BY workflow_id ORDER BY last DESC
        """  # noqa: S608
        return {int(row["workflow_id"]): str(row["title"]) for row in await self._rows(query, *values)}
