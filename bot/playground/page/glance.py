"""A glance at the bot's database from outside: jobs and ledger, read without a lock and without a trace."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from bot.playground.page.ports import Json

_MOST_JOBS = 50
_MOST_ASSETS = 200
#: Source: https://www.sqlite.org/fileformat.html: the format's versions in the header, 2 for a write-ahead log.
_VERSIONS, _WAL = slice(18, 20), b"\x02\x02"

_JOBS = """
    SELECT id, user_id, title, state, outcome, created_at FROM jobs ORDER BY created_at DESC, rowid DESC LIMIT ?
"""
_ASSETS = """
    SELECT job_id, kind, ref, backend, noted_at, deleted_at FROM assets ORDER BY noted_at DESC, rowid DESC LIMIT ?
"""
_COUNTS = "SELECT count(*), count(*) - count(deleted_at) FROM assets"


@dataclass(frozen=True)
class Glance:
    """What stood there; newest first."""

    #: What this database calls itself.
    instance: str = ""
    jobs: list[Json] = field(default_factory=list[Json])
    assets: list[Json] = field(default_factory=list[Json])
    #: How many things were ever noted in the ledger, and how many of them are not confirmed as deleted.
    noted: int = 0
    left: int = 0


def glance(path: Path) -> Glance | None:
    """Look; None where there is nothing to see at this moment: not made yet, being made, or in the middle of it.

    Whoever opens a database before it has its write-ahead log would keep the bot from making one.
    """
    try:
        with path.open("rb") as file:
            if file.read(_VERSIONS.stop)[_VERSIONS] != _WAL:
                return None
        # Without "immutable" even a reader makes SQLite's helper files; where there are any, somebody writes.
        still = "" if Path(f"{path}-wal").exists() else "&immutable=1"
        uri = f"{path.resolve().as_uri()}?mode=ro{still}"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as connection:
            return _read(connection)
    except (OSError, sqlite3.Error):
        return None


def _read(connection: sqlite3.Connection) -> Glance:
    connection.row_factory = sqlite3.Row
    # One transaction: what is told is of one moment.
    connection.execute("BEGIN")
    (instance,) = connection.execute("SELECT id FROM instance").fetchone()
    jobs = [dict(row) for row in connection.execute(_JOBS, (_MOST_JOBS,))]
    assets = [dict(row) for row in connection.execute(_ASSETS, (_MOST_ASSETS,))]
    noted, left = connection.execute(_COUNTS).fetchone()
    return Glance(instance, jobs, assets, noted, left)
