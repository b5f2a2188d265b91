"""Which backends an admin took out of service. All SQL on that table."""

from __future__ import annotations

import aiosqlite

from bot import db
from bot.ledger import now


class DrainedBackends:
    """The backends that get no new jobs until they are given back, over restarts too."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def names(self) -> frozenset[str]:
        rows = await db.read(self._db, "SELECT name FROM drained_backends")
        return frozenset(str(row["name"]) for row in rows)

    async def add(self, name: str, user_id: int | None = None) -> None:
        """Remember who took a backend out; the first time counts."""
        query = "INSERT INTO drained_backends (name, user_id, drained_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        await db.write(self._db, query, (name, user_id, now().isoformat()))

    async def remove(self, name: str) -> None:
        await db.write(self._db, "DELETE FROM drained_backends WHERE name = ?", (name,))
