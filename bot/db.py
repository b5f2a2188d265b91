"""The database: one SQLite file, one process, migrations by number."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sqlite3
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite
from filelock import FileLock, Timeout

from workflows.errors import FamiliarError

_MIGRATION = re.compile(r"(\d{4})_\w+\.sql")
#: The migration that made the table of drained backends: whoever looks from outside may meet an older database.
_DRAINED_SINCE = 3


class DatabaseError(FamiliarError):
    """The database cannot be used; the text says what to do."""


@contextlib.asynccontextmanager
async def connect(path: Path | str) -> AsyncGenerator[aiosqlite.Connection]:
    """Open the database and bring it up to date. Raises DatabaseError.

    Two processes on one database would run every job twice, so a lock beside the file keeps the second one out.
    """
    with _lock(path):
        try:
            # Of one that cannot be opened, aiosqlite would leave a thread behind that calls a loop which may be gone.
            await asyncio.to_thread(lambda: sqlite3.connect(path).close())
            connection = await aiosqlite.connect(path, isolation_level=None)
        except sqlite3.Error as error:
            raise DatabaseError(f"{path}: cannot be opened: {error}") from error
        try:
            await _prepare(connection, path)
            yield connection
        finally:
            await connection.close()


@contextlib.contextmanager
def _lock(path: Path | str) -> Generator[None]:
    if str(path) == ":memory:":
        yield
        return
    lock = FileLock(f"{path}.lock", timeout=0)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise DatabaseError(f"{path}: another Familiar is running on this database. Stop it first.") from None
    except OSError as error:
        raise DatabaseError(f"{path}: cannot be written: {error}") from error
    try:
        yield
    finally:
        lock.release()


async def read(connection: aiosqlite.Connection, query: str, *values: Any) -> list[sqlite3.Row]:
    """Return all rows of a query."""
    async with connection.execute(query, values) as cursor:
        return list(await cursor.fetchall())


async def write(connection: aiosqlite.Connection, query: str, values: Mapping[str, Any] | Sequence[Any]) -> int:
    """Run one changing statement, and return how many rows it changed.

    The cursor is closed where it was made, in aiosqlite's thread: one that is only dropped dies in ours, while the
    other thread may be using the same cached statement ("bad parameter or other API misuse").
    """
    async with connection.execute(query, values) as cursor:
        return cursor.rowcount


async def _prepare(connection: aiosqlite.Connection, path: Path | str) -> None:
    connection.row_factory = sqlite3.Row
    try:
        await connection.execute("PRAGMA journal_mode = WAL")
        # FULL: after a power cut a job that was enqueued must still be known, or its images are never deleted.
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute("PRAGMA foreign_keys = ON")
        await connection.execute("PRAGMA busy_timeout = 5000")
        await migrate(connection)
    except sqlite3.Error as error:
        # SQLite reads the file at the first statement, not when it is opened.
        raise DatabaseError(f"{path}: cannot be used: {error}") from error


def migrations() -> list[tuple[int, str]]:
    """Return (number, SQL) of every migration, in order."""
    folder = resources.files("bot") / "migrations"
    found = [
        (int(name[1]), file.read_text("utf-8"))
        for file in folder.iterdir()
        if (name := _MIGRATION.fullmatch(file.name))
    ]
    return sorted(found)


async def migrate(connection: aiosqlite.Connection) -> None:
    """Apply the migrations that this database does not have yet. Raises DatabaseError for one from a newer Familiar."""
    async with connection.execute("PRAGMA user_version") as cursor:
        row = await cursor.fetchone()
    applied = int(row[0]) if row else 0
    known = migrations()
    if applied > known[-1][0]:
        raise DatabaseError(f"the database is of a newer Familiar (migration {applied}); update this one.")
    for number, sql in known:
        if number > applied:
            # One transaction each: a crash in the middle leaves the database as it was.
            await connection.executescript(f"BEGIN;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")


@dataclass(frozen=True)
class Look:
    """What can be seen of a database from outside, without disturbing whoever uses it."""

    in_use: bool
    open_jobs: int = 0
    #: How many things are still to be deleted, by the backends that they are on.
    left: Mapping[str, int] = field(default_factory=dict[str, int])
    #: The backends that an admin took out of service.
    drained: frozenset[str] = frozenset()


def look_at(path: Path) -> Look:
    """Look at a database; change nothing, and create nothing. Raises DatabaseError."""
    try:
        if path.is_dir():
            raise DatabaseError(f"{path}: is a folder. Name a file in it, with path under [database].")
        in_use = _is_locked(path)
        if not path.exists():
            _require_room(path)
            return Look(in_use)
        if not path.stat().st_size:
            return Look(in_use)
        return _look_into(path, in_use)
    except OSError as error:
        raise DatabaseError(f"{path}: cannot be looked at: {error.strerror}") from error
    except sqlite3.Error as error:
        raise DatabaseError(f"{path}: cannot be read: {error}. Is it Familiar's?") from error


def _is_locked(path: Path) -> bool:
    """Tell whether a process holds the lock; where nobody ever did there is no file, and none is made."""
    lock = Path(f"{path}.lock")
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def _require_room(path: Path) -> None:
    """Raise DatabaseError where the database that is not there yet could not be made."""
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    if not folder.is_dir():
        raise DatabaseError(f"{path}: cannot be written: {folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DatabaseError(f"{path}: cannot be written: {folder} does not let this user in")


def _look_into(path: Path, in_use: bool) -> Look:
    # Without "immutable" even a reader makes SQLite's two helper files beside the database.
    still = not in_use and not Path(f"{path}-wal").exists()
    uri = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
        (applied,) = connection.execute("PRAGMA user_version").fetchone()
        if applied > migrations()[-1][0]:
            raise DatabaseError(f"{path}: is of a newer Familiar (migration {applied}); update this one.")
        (open_jobs,) = connection.execute("SELECT count(*) FROM jobs WHERE state <> 'closed'").fetchone()
        left = connection.execute(
            "SELECT backend, count(*) FROM assets WHERE deleted_at IS NULL GROUP BY backend ORDER BY backend"
        ).fetchall()
        drained = (
            connection.execute("SELECT name FROM drained_backends").fetchall() if applied >= _DRAINED_SINCE else ()
        )
    return Look(in_use, open_jobs, dict(left), frozenset(name for (name,) in drained))
