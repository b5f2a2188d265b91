"""What an admin is looking at before it is published: a new workflow, or the next version of one. All SQL on drafts."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiosqlite
from pydantic import TypeAdapter

from bot import db
from bot.jobs import now
from workflows.edits import Edits
from workflows.values import InputSpec

#: Nobody publishes what they looked at yesterday, and each one may hold 5 MiB.
DRAFT_LIFE = timedelta(days=1)
DRAFTS_PER_GUILD = 20

as_inputs = TypeAdapter(tuple[InputSpec, ...])
as_edits = TypeAdapter(Edits)


@dataclass(frozen=True)
class Draft:
    """A workflow that an admin is looking at. `document` is the file as it was uploaded, `inputs` are as edited."""

    id: str
    guild_id: int
    user_id: int
    slug: str
    name: str
    description: str
    document: bytes
    inputs: tuple[InputSpec, ...]
    edits: Edits = field(default_factory=Edits)
    #: The workflow that it becomes the next version of, and the version that it was made from; None: a new workflow.
    workflow_id: int | None = None
    base_version: int | None = None
    #: Whether it is a slash command of its own; if not, it is run by /run.
    has_command: bool = True
    #: What the panel shows at the moment: small JSON of its own.
    view: dict[str, Any] = field(default_factory=dict[str, Any])

    def evolve(self, **changes: Any) -> Draft:
        return replace(self, **changes)


class DraftStore:
    """The drafts in the database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def save(self, draft: Draft) -> Draft:
        """Keep what an admin is looking at, so that the panel under it works after a restart.

        Older ones give way: those of another day, and all but a server's newest.
        """
        await db.write(self._db, "DELETE FROM drafts WHERE created_at < ?", ((now() - DRAFT_LIFE).isoformat(),))
        query = f"""
            INSERT INTO drafts ({", ".join(_COLUMNS)}) VALUES ({", ".join(":" + column for column in _COLUMNS)})
            ON CONFLICT (id) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in _CHANGING)}
        """  # noqa: S608
        await db.write(self._db, query, _to_row(draft))
        surplus = """
            DELETE FROM drafts WHERE id IN (
                SELECT id FROM drafts WHERE guild_id = ? ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?
            )
        """
        await db.write(self._db, surplus, (draft.guild_id, DRAFTS_PER_GUILD))
        return draft

    async def get(self, draft_id: str) -> Draft | None:
        """Return a draft of the last day; None for one that is older, or that was published or dropped."""
        query = "SELECT * FROM drafts WHERE id = ? AND created_at > ?"
        rows = await db.read(self._db, query, draft_id, (now() - DRAFT_LIFE).isoformat())
        return _from_row(rows[0]) if rows else None

    async def drop(self, draft_id: str) -> None:
        await db.write(self._db, "DELETE FROM drafts WHERE id = ?", (draft_id,))


_CHANGING = (
    *("slug", "name", "description", "document", "inputs", "edits", "workflow_id", "base_version", "has_command"),
    "view",
)
_COLUMNS = ("id", "guild_id", "user_id", *_CHANGING, "created_at")


def _to_row(draft: Draft) -> dict[str, Any]:
    row = {column: getattr(draft, column) for column in _COLUMNS if column != "created_at"}
    row["document"] = draft.document.decode()
    row["inputs"] = as_inputs.dump_json(draft.inputs).decode()
    row["edits"] = as_edits.dump_json(draft.edits).decode()
    row["view"] = json.dumps(draft.view)
    return row | {"created_at": now().isoformat()}


def _from_row(row: sqlite3.Row) -> Draft:
    held: dict[str, Any] = {column: row[column] for column in _COLUMNS if column != "created_at"}
    held["document"] = str(row["document"]).encode()
    held["inputs"] = as_inputs.validate_json(row["inputs"])
    held["edits"] = as_edits.validate_json(row["edits"])
    held["view"] = json.loads(row["view"])
    held["has_command"] = bool(row["has_command"])
    return Draft(**held)
