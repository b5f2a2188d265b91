"""What admins did: written down once, never changed. All SQL on its table."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import aiosqlite

from bot import db
from bot.ledger import now

log = logging.getLogger(__name__)


class Action(StrEnum):
    """What an admin can do that others should be able to look up."""

    PUBLISHED = "published"
    UPDATED = "updated"
    ROLLED_BACK = "rolled back"
    ENABLED = "enabled"
    DISABLED = "disabled"
    REMOVED = "removed"
    COPIED = "copied"
    POLICY = "policy"
    WORD_RULE = "word rule"
    LIMITS = "limits"
    CHOICES = "choices"
    BACKEND = "backend"
    PAUSED = "paused"
    RESUMED = "resumed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    CANCELLED = "cancelled"
    #: Somebody else's results.
    DELETED = "deleted"


@dataclass(frozen=True)
class Entry:
    """One action. `subject` is what it was done to, by its name or id; `detail` is what else there is to know."""

    guild_id: int
    user_id: int
    action: Action
    subject: str = ""
    detail: str = ""
    id: int = 0
    done_at: datetime | None = None


class Audit:
    """The audit in the database, and whoever is told of each new entry."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection
        self._tell: Callable[[Entry], Awaitable[None]] | None = None

    def tell_by(self, tell: Callable[[Entry], Awaitable[None]]) -> None:
        """Have `tell` called with each new entry; what it raises is logged."""
        self._tell = tell

    async def note(self, entry: Entry) -> None:
        """Write an action down, after it was done: what cannot be written is logged, and nothing is undone for it."""
        query = "INSERT INTO audit (guild_id, user_id, action, subject, detail, done_at) VALUES (?, ?, ?, ?, ?, ?)"
        log.info(
            "server %s: user %s %s %s %s", entry.guild_id, entry.user_id, entry.action, entry.subject, entry.detail
        )
        values = (entry.guild_id, entry.user_id, entry.action.value, entry.subject, entry.detail, now().isoformat())
        try:
            await db.write(self._db, query, values)
        except sqlite3.Error:
            log.exception("the audit of server %s lacks that", entry.guild_id)
        if self._tell:
            try:
                await self._tell(entry)
            except Exception:
                log.exception("the audit channel of server %s was not told", entry.guild_id)

    async def of_guild(self, guild_id: int, most: int, before: int | None = None) -> list[Entry]:
        """Return a server's entries, newest first; `before` is the id of the last one that was shown."""
        query = "SELECT * FROM audit WHERE guild_id = ? AND id < coalesce(?, id + 1) ORDER BY id DESC LIMIT ?"
        return [
            Entry(
                guild_id=row["guild_id"],
                user_id=row["user_id"],
                action=Action(row["action"]),
                subject=row["subject"],
                detail=row["detail"],
                id=row["id"],
                done_at=datetime.fromisoformat(row["done_at"]),
            )
            for row in await db.read(self._db, query, guild_id, before, most)
        ]
