"""What Discord was told of our commands. All SQL on those two tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta

import aiosqlite

from bot import db
from bot.jobs import now

#: Discord counts new commands over a day, for each server.
DAY = timedelta(days=1)


class SentCommands:
    """What was last sent to Discord, so that nothing is sent that did not change. A scope is "global" or a server."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def digest(self, scope: str) -> str | None:
        """Return what tells the commands that Discord has from others; None where that is not known."""
        rows = await db.read(self._db, "SELECT digest FROM sent_commands WHERE scope = ? AND digest <> ''", scope)
        return str(rows[0]["digest"]) if rows else None

    async def names(self, scope: str) -> frozenset[str]:
        """Return the names of the commands that Discord has, as far as we told it."""
        rows = await db.read(self._db, "SELECT names FROM sent_commands WHERE scope = ?", scope)
        return frozenset(json.loads(rows[0]["names"])) if rows else frozenset()

    async def save(self, scope: str, digest: str, names: Iterable[str] = ()) -> None:
        query = "INSERT OR REPLACE INTO sent_commands (scope, digest, names, sent_at) VALUES (?, ?, ?, ?)"
        await db.write(self._db, query, (scope, digest, json.dumps(sorted(names)), now().isoformat()))

    async def doubt(self, scope: str) -> None:
        """Remember that what Discord has is not known until it answers: it is told again at the next start."""
        await db.write(self._db, "UPDATE sent_commands SET digest = '' WHERE scope = ?", (scope,))

    async def forget(self, scope: str) -> None:
        """Forget what was sent: Discord drops a server's commands when the bot leaves it."""
        await db.write(self._db, "DELETE FROM sent_commands WHERE scope = ?", (scope,))

    async def creates(self, guild_id: int) -> list[datetime]:
        """Return when a server got each of the last day's new commands, oldest first."""
        query = "SELECT created_at FROM command_creates WHERE guild_id = ? AND created_at > ? ORDER BY created_at"
        rows = await db.read(self._db, query, guild_id, (now() - DAY).isoformat())
        return [datetime.fromisoformat(row["created_at"]) for row in rows]

    async def note_creates(self, guild_id: int, names: Iterable[str]) -> None:
        """Write down which commands a server gets new, and forget what a day has passed over."""
        await db.write(self._db, "DELETE FROM command_creates WHERE created_at < ?", ((now() - DAY).isoformat(),))
        query = "INSERT INTO command_creates (guild_id, name, created_at) SELECT ?, value, ? FROM json_each(?)"
        await db.write(self._db, query, (guild_id, now().isoformat(), json.dumps(sorted(names))))


def digest(payload: bytes) -> str:
    """Return what tells one set of commands from another."""
    return hashlib.sha256(payload).hexdigest()
