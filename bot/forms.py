"""Forms that members fill in, and what they gave a workflow last. All SQL on those two tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiosqlite

from bot import db
from bot.jobs import Attachment, now

#: Discord's addresses of attachments live for about a day.
FORM_LIFE = timedelta(days=1)


@dataclass(frozen=True)
class Form:
    """What a member has filled in so far: raw values by input name, as they typed them, and what they attached."""

    id: str
    guild_id: int | None
    user_id: int
    workflow_id: int
    version: int
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    attachments: tuple[Attachment, ...] = ()
    #: Only its member shall see what it runs; None: as they prefer it.
    is_private: bool | None = None

    def evolve(self, **changes: Any) -> Form:
        return replace(self, **changes)


class FormStore:
    """The forms in the database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def save(self, form: Form) -> Form:
        """Keep a form, so that it can be gone on with after a restart; those of another day give way."""
        await db.write(self._db, "DELETE FROM forms WHERE created_at < ?", ((now() - FORM_LIFE).isoformat(),))
        query = """
            INSERT INTO forms (id, guild_id, user_id, workflow_id, version, given, attachments, is_private, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                version = excluded.version, given = excluded.given, attachments = excluded.attachments
        """
        attachments = json.dumps([asdict(attachment) for attachment in form.attachments])
        values = (
            form.workflow_id,
            form.version,
            json.dumps(form.given),
            attachments,
            form.is_private,
            now().isoformat(),
        )
        await db.write(self._db, query, (form.id, form.guild_id, form.user_id, *values))
        return form

    async def get(self, form_id: str) -> Form | None:
        """Return a form of the last day; None for one that is older, or that was sent off."""
        query = "SELECT * FROM forms WHERE id = ? AND created_at > ?"
        rows = await db.read(self._db, query, form_id, (now() - FORM_LIFE).isoformat())
        return _form(rows[0]) if rows else None

    async def drop(self, form_id: str) -> None:
        await db.write(self._db, "DELETE FROM forms WHERE id = ?", (form_id,))

    async def remember(self, user_id: int, workflow_id: int, given: Mapping[str, Any]) -> None:
        """Keep what a member gave a workflow, for the next time; attachments are theirs, and are not kept."""
        query = "INSERT OR REPLACE INTO remembered (user_id, workflow_id, given, saved_at) VALUES (?, ?, ?, ?)"
        await db.write(self._db, query, (user_id, workflow_id, json.dumps(dict(given)), now().isoformat()))

    async def remembered(self, user_id: int, workflow_id: int) -> dict[str, Any]:
        """Return what a member gave a workflow last; empty where they never did."""
        query = "SELECT given FROM remembered WHERE user_id = ? AND workflow_id = ?"
        rows = await db.read(self._db, query, user_id, workflow_id)
        return json.loads(rows[0]["given"]) if rows else {}

    async def forget_removed(self) -> int:
        """Forget what members gave workflows that were removed since; return how many times that was."""
        query = "DELETE FROM remembered WHERE workflow_id NOT IN (SELECT id FROM workflows WHERE removed_at IS NULL)"
        return await db.write(self._db, query, ())


def _form(row: sqlite3.Row) -> Form:
    return Form(
        id=row["id"],
        guild_id=row["guild_id"],
        user_id=row["user_id"],
        workflow_id=row["workflow_id"],
        version=row["version"],
        given=json.loads(row["given"]),
        attachments=tuple(Attachment(**attachment) for attachment in json.loads(row["attachments"])),
        is_private=None if row["is_private"] is None else bool(row["is_private"]),
    )
