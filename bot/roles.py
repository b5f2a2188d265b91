"""What a server's admins allow the members of its roles. All SQL on role_caps."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import aiosqlite

from bot import db
from bot.config import Limits

T = TypeVar("T", int, float)
D = TypeVar("D")


@dataclass(frozen=True)
class RoleCap:
    """What one role changes; what is None is as for everyone."""

    role_id: int
    weight: float | None = None
    running: int | None = None
    waiting: int | None = None
    daily_seconds: float | None = None


@dataclass(frozen=True)
class Caps:
    """What one member may have: None is any number."""

    running: int | None
    waiting: int
    weight: float
    daily_seconds: float | None


def combined(limits: Limits, rows: Iterable[RoleCap]) -> Caps:
    """Return what the holder of these roles may have: of each value the most generous, else the settings' own."""
    rows = list(rows)
    daily = limits.daily_minutes_per_user
    return Caps(
        running=_most([row.running for row in rows], limits.running_per_user),
        waiting=_most([row.waiting for row in rows], limits.waiting_per_user),
        weight=_most([row.weight for row in rows], 1.0),
        daily_seconds=_most([row.daily_seconds for row in rows], None if daily is None else daily * 60),
    )


def _most(values: Iterable[T | None], otherwise: D) -> T | D:
    return max((value for value in values if value is not None), default=otherwise)


class RoleCaps:
    """The roles' caps in the database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def of(self, guild_id: int | None, role_ids: Collection[int]) -> list[RoleCap]:
        """Return what these of a server's roles change; those that change nothing are left out."""
        query = """
            SELECT * FROM role_caps
            WHERE guild_id = ? AND role_id IN (SELECT value FROM json_each(?)) ORDER BY role_id
        """
        return _caps(await db.read(self._db, query, guild_id, json.dumps([*role_ids])))

    async def of_guild(self, guild_id: int) -> list[RoleCap]:
        """Return every role of a server that changes something, oldest role first."""
        return _caps(await db.read(self._db, "SELECT * FROM role_caps WHERE guild_id = ? ORDER BY role_id", guild_id))

    async def change(self, guild_id: int, cap: RoleCap) -> RoleCap:
        """Set what is not None of a role's caps, and return all of them as they are now."""
        query = """
            INSERT INTO role_caps (guild_id, role_id, weight, running, waiting, daily_seconds)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (guild_id, role_id) DO UPDATE SET
                weight = coalesce(excluded.weight, weight), running = coalesce(excluded.running, running),
                waiting = coalesce(excluded.waiting, waiting),
                daily_seconds = coalesce(excluded.daily_seconds, daily_seconds)
            RETURNING *
        """
        values = (guild_id, cap.role_id, cap.weight, cap.running, cap.waiting, cap.daily_seconds)
        return _caps(await db.read(self._db, query, *values))[0]

    async def forget(self, guild_id: int, role_ids: Collection[int]) -> int:
        """Forget what these roles change; return how many changed something."""
        query = "DELETE FROM role_caps WHERE guild_id = ? AND role_id IN (SELECT value FROM json_each(?))"
        return await db.write(self._db, query, (guild_id, json.dumps([*role_ids])))


def _caps(rows: Sequence[sqlite3.Row]) -> list[RoleCap]:
    return [
        RoleCap(row["role_id"], row["weight"], row["running"], row["waiting"], row["daily_seconds"]) for row in rows
    ]
