"""The policies of published workflows, and what members of a server may not write. All SQL on both tables."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import aiosqlite

from bot import db
from bot.ledger import now
from bot.policy import Policy
from bot.word_rules import MOST_RULES, WordRule
from workflows.errors import UserError
from workflows.texts import say


@dataclass(frozen=True)
class Held:
    """What holds for a workflow, and the server that says so; None where the workflow is not known."""

    guild_id: int | None
    policy: Policy


class Policies:
    """The policies and the word rules in the database. Without a row, a workflow is for everybody."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def of(self, workflow_id: int | None) -> Held:
        """Return what holds for a workflow; one that was removed and published again is another one."""
        query = """
            SELECT guild_id, policy FROM workflows LEFT JOIN policies ON workflow_id = workflows.id
            WHERE workflows.id = ?
        """
        rows = await db.read(self._db, query, workflow_id)
        return Held(rows[0]["guild_id"], _policy(rows[0]["policy"])) if rows else Held(None, Policy())

    async def of_guild(self, guild_id: int) -> dict[str, Policy]:
        """Return a server's policies by the workflows' names, all in one read; what has none is left out."""
        query = """
            SELECT slug, policy FROM policies JOIN workflows ON workflows.id = workflow_id
            WHERE guild_id = ? AND removed_at IS NULL
        """
        return {row["slug"]: _policy(row["policy"]) for row in await db.read(self._db, query, guild_id)}

    async def save(self, workflow_id: int, policy: Policy) -> None:
        """Keep a policy; one that says nothing is forgotten."""
        if policy == Policy():
            await db.write(self._db, "DELETE FROM policies WHERE workflow_id = ?", (workflow_id,))
            return
        query = "INSERT OR REPLACE INTO policies (workflow_id, policy) VALUES (?, ?)"
        await db.write(self._db, query, (workflow_id, policy.model_dump_json(exclude_defaults=True)))

    # Words

    async def words(self, guild_id: int | None) -> list[WordRule]:
        """Return a server's word rules, oldest first."""
        rows = await db.read(self._db, "SELECT * FROM word_rules WHERE guild_id = ? ORDER BY id", guild_id)
        return [WordRule(row["id"], row["text"], bool(row["is_pattern"]), row["created_by"]) for row in rows]

    async def add_words(self, guild_id: int, text: str, user_id: int, *, is_pattern: bool) -> None:
        """Add a word rule. Raises UserError where the server has it already, or has as many as it may have."""
        query = """
            INSERT INTO word_rules (guild_id, text, is_pattern, created_by, created_at)
            SELECT ?, ?, ?, ?, ? WHERE ? > (SELECT count(*) FROM word_rules WHERE guild_id = ?)
        """
        values = (guild_id, text, is_pattern, user_id, now().isoformat(), MOST_RULES, guild_id)
        try:
            added = await db.write(self._db, query, values)
        except sqlite3.IntegrityError as error:
            raise UserError(say("policy-words-known")) from error
        if not added:
            raise UserError(say("policy-words-full", most=str(MOST_RULES)))

    async def drop_words(self, guild_id: int, rule_id: int) -> bool:
        query = "DELETE FROM word_rules WHERE guild_id = ? AND id = ?"
        return await db.write(self._db, query, (guild_id, rule_id)) > 0


def _policy(stored: str | None) -> Policy:
    return Policy() if stored is None else Policy.model_validate_json(stored)
