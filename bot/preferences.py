"""What a member chose for themselves, and what a server's admins chose for all of it. All SQL on those tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiosqlite
from pydantic import BaseModel, ConfigDict

from bot import db


class Preferences(BaseModel):
    """What /settings holds of one member."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    private: bool = False
    spoiler: bool = False
    previews: bool = True
    #: A mention in the channel, or a direct message with the way to the card, when a job is done.
    ping: bool = False
    direct: bool = False


class GuildChoices(BaseModel):
    """What a server's admins chose for all of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    previews: bool = True
    #: Whether /queue shows everybody whose jobs wait; moderators see it anyway.
    names_in_queue: bool = False
    #: Where admins' actions are told, and in which channels results are always covered.
    audit_channel: int | None = None
    #: The one before, where it was gone or closed to us; until another choice is made.
    lost_audit_channel: int | None = None
    spoiler_channels: tuple[int, ...] = ()
    #: In which language cards speak here; None: as Discord says of the server.
    language: str | None = None


class PreferenceStore:
    """The choices in the database. Without a row, everybody has the defaults."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def of_user(self, user_id: int) -> Preferences:
        rows = await db.read(self._db, "SELECT choices FROM preferences WHERE user_id = ?", user_id)
        return Preferences.model_validate_json(rows[0][0]) if rows else Preferences()

    async def save_user(self, user_id: int, chosen: Preferences) -> None:
        query = "INSERT OR REPLACE INTO preferences (user_id, choices) VALUES (?, ?)"
        await db.write(self._db, query, (user_id, chosen.model_dump_json()))

    async def of_guild(self, guild_id: int | None) -> GuildChoices:
        rows = await db.read(self._db, "SELECT choices FROM guild_choices WHERE guild_id = ?", guild_id)
        return GuildChoices.model_validate_json(rows[0][0]) if rows else GuildChoices()

    async def change_guild(self, guild_id: int, **chosen: Any) -> GuildChoices:
        """Change some of a server's choices and return all of them; None is a choice's default."""
        kept = await self.of_guild(guild_id)
        query = """
            INSERT INTO guild_choices (guild_id, choices) VALUES (?, ?)
            ON CONFLICT (guild_id) DO UPDATE SET choices = json_patch(choices, ?)
        """
        # In one statement: of two changes at a time, one would undo the other.
        whole = GuildChoices.model_validate(kept.model_dump() | chosen).model_dump_json()
        await db.write(self._db, query, (guild_id, whole, json.dumps(chosen)))
        return await self.of_guild(guild_id)

    async def defaults(self, user_id: int, workflow_id: int) -> dict[str, Any]:
        """Return the raw values by input name that a member wants where they give none."""
        query = "SELECT given FROM member_defaults WHERE user_id = ? AND workflow_id = ?"
        rows = await db.read(self._db, query, user_id, workflow_id)
        return json.loads(rows[0][0]) if rows else {}

    async def save_defaults(self, user_id: int, workflow_id: int, given: Mapping[str, Any]) -> None:
        """Keep a member's defaults for a workflow; empty ones are forgotten."""
        if not given:
            query = "DELETE FROM member_defaults WHERE user_id = ? AND workflow_id = ?"
            await db.write(self._db, query, (user_id, workflow_id))
            return
        query = "INSERT OR REPLACE INTO member_defaults (user_id, workflow_id, given) VALUES (?, ?, ?)"
        await db.write(self._db, query, (user_id, workflow_id, json.dumps(dict(given))))

    async def workflows_with_defaults(self, user_id: int, guild_id: int | None) -> list[int]:
        """Return the workflows of a server, or of all, that a member has defaults for."""
        query = """
            SELECT workflow_id FROM member_defaults JOIN workflows ON workflows.id = workflow_id
            WHERE user_id = ? AND guild_id = coalesce(?, guild_id) AND removed_at IS NULL ORDER BY slug
        """
        return [int(row[0]) for row in await db.read(self._db, query, user_id, guild_id)]
