"""Whom a server's admins keep from running anything, and whose jobs wait until they say so. All SQL on those tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiosqlite

from bot import db
from bot.jobs import Job
from bot.ledger import now
from workflows.errors import UserError
from workflows.texts import say


@dataclass(frozen=True)
class Block:
    """A member who may run nothing on a server."""

    user_id: int
    reason: str
    blocked_by: int
    blocked_at: datetime


@dataclass(frozen=True)
class Pause:
    """Why a server's jobs wait, and since when."""

    reason: str
    paused_by: int
    paused_at: datetime


class Moderation:
    """The blocks in the database; the pauses are held too, because the line asks for them at each turn."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection
        self._pauses: dict[int, Pause] = {}
        self._changed: list[Callable[[], None]] = []

    async def load(self) -> None:
        """Read which servers are paused; once, at the start."""
        self._pauses = {
            row["guild_id"]: Pause(row["reason"], row["paused_by"], datetime.fromisoformat(row["paused_at"]))
            for row in await db.read(self._db, "SELECT * FROM paused_guilds")
        }

    def on_change(self, call: Callable[[], None]) -> None:
        """Have `call` called whenever a server was paused or may go on."""
        self._changed.append(call)

    # Pauses

    def is_paused(self, guild_id: int | None) -> bool:
        return guild_id in self._pauses

    def pause_of(self, guild_id: int | None) -> Pause | None:
        return None if guild_id is None else self._pauses.get(guild_id)

    async def pause(self, guild_id: int, user_id: int, reason: str = "") -> bool:
        """Give a server's jobs no more turns; return False where it was so already, which takes the new reason."""
        was_paused, pause = self.is_paused(guild_id), Pause(reason, user_id, now())
        query = "INSERT OR REPLACE INTO paused_guilds (guild_id, reason, paused_by, paused_at) VALUES (?, ?, ?, ?)"
        await db.write(self._db, query, (guild_id, reason, user_id, pause.paused_at.isoformat()))
        self._pauses[guild_id] = pause
        self._tell()
        return not was_paused

    async def resume(self, guild_id: int) -> bool:
        """Let a server's jobs have turns again, at once; return False where they had them already."""
        gone = await db.write(self._db, "DELETE FROM paused_guilds WHERE guild_id = ?", (guild_id,))
        self._pauses.pop(guild_id, None)
        self._tell()
        return gone > 0

    def _tell(self) -> None:
        for call in self._changed:
            call()

    # Blocks

    async def require(self, job: Job) -> None:
        """Raise UserError for a job of somebody who may run nothing on its server."""
        if job.guild_id is not None:
            await self.require_unblocked(job.guild_id, job.user_id)

    async def require_unblocked(self, guild_id: int, user_id: int) -> None:
        """Raise UserError, with the reason, for somebody who may run nothing on a server."""
        if block := await self.block_of(guild_id, user_id):
            if block.reason:
                raise UserError(say("admin-you-are-blocked-because", reason=block.reason))
            raise UserError(say("admin-you-are-blocked"))

    async def is_blocked(self, guild_id: int | None, user_id: int) -> bool:
        return guild_id is not None and await self.block_of(guild_id, user_id) is not None

    async def block_of(self, guild_id: int, user_id: int) -> Block | None:
        query = "SELECT * FROM blocked_members WHERE guild_id = ? AND user_id = ?"
        rows = await db.read(self._db, query, guild_id, user_id)
        return _block(rows[0]) if rows else None

    async def blocked(self, guild_id: int) -> list[Block]:
        """Return who may run nothing on a server, the newest first."""
        query = "SELECT * FROM blocked_members WHERE guild_id = ? ORDER BY blocked_at DESC, user_id"
        return [_block(row) for row in await db.read(self._db, query, guild_id)]

    async def block(self, guild_id: int, user_id: int, by: int, reason: str = "") -> bool:
        """Let a member run nothing on a server; return False where it was so already, which takes the new reason."""
        was_blocked = await self.is_blocked(guild_id, user_id)
        query = """
            INSERT OR REPLACE INTO blocked_members (guild_id, user_id, reason, blocked_by, blocked_at)
            VALUES (?, ?, ?, ?, ?)
        """
        await db.write(self._db, query, (guild_id, user_id, reason, by, now().isoformat()))
        return not was_blocked

    async def unblock(self, guild_id: int, user_id: int) -> bool:
        """Let a member run things again; return False where they could."""
        query = "DELETE FROM blocked_members WHERE guild_id = ? AND user_id = ?"
        return await db.write(self._db, query, (guild_id, user_id)) > 0


def _block(row: sqlite3.Row) -> Block:
    return Block(row["user_id"], row["reason"], row["blocked_by"], datetime.fromisoformat(row["blocked_at"]))
