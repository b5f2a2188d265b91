"""Results in full quality that Discord did not take so: files beside the database, for some hours. All SQL on them.

Nobody needs them for a job to go well, so nothing here fails one: on a full disk none are kept, and that is said once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiosqlite

from bot import db
from bot.ledger import now

log = logging.getLogger(__name__)

_SWEEP_SECONDS = 3600.0


@dataclass(frozen=True)
class Original:
    """One result in full quality."""

    job_id: str
    number: int
    filename: str
    size: int
    kept_until: datetime


class Originals:
    """Keeps the newest of them, up to so many hours and bytes; 0 of either keeps none."""

    def __init__(self, connection: aiosqlite.Connection, folder: Path, hours: float, most_bytes: int) -> None:
        self._db = connection
        self._folder = folder
        self._life = timedelta(hours=hours)
        self._most = most_bytes if hours else 0
        #: A sweep must not meet a file whose row comes in a moment.
        self._lock = asyncio.Lock()
        self._has_failed = False

    async def keep(self, job_id: str, number: int, filename: str, data: bytes) -> bool:
        """Keep a result, and let the oldest go that it has no room beside; return whether it is kept."""
        if not data or len(data) > self._most:
            return False
        async with self._lock:
            try:
                await self._make_room(job_id, number, len(data))
                await asyncio.to_thread(self._write, self._path(job_id, number), data)
                query = "INSERT OR REPLACE INTO originals VALUES (?, ?, ?, ?, ?)"
                until = (now() + self._life).isoformat()
                await db.write(self._db, query, (job_id, number, filename, len(data), until))
            except (OSError, sqlite3.Error) as error:
                level = logging.DEBUG if self._has_failed else logging.WARNING
                self._has_failed = True
                log.log(level, "originals cannot be kept: %s", error)
                with contextlib.suppress(OSError):
                    self._path(job_id, number).unlink(missing_ok=True)
                return False
        self._has_failed = False
        return True

    async def kept(self, job_id: str) -> list[Original]:
        """Return what is still kept of a job, in the order of its results."""
        query = "SELECT * FROM originals WHERE job_id = ? AND kept_until > ? ORDER BY number"
        found = [_from_row(row) for row in await db.read(self._db, query, job_id, now().isoformat())]
        return [original for original in found if self._is_whole(original)]

    async def read(self, original: Original, start: int = 0, size: int = -1) -> bytes:
        """Return `size` bytes of it, or all that there are. Raises FileNotFoundError where it went meanwhile."""
        return await asyncio.to_thread(self._read, self._path(original.job_id, original.number), start, size)

    async def drop(self, job_id: str) -> None:
        """Keep nothing of a job any more."""
        async with self._lock:
            rows = await db.read(self._db, "SELECT * FROM originals WHERE job_id = ?", job_id)
            await self._drop([_from_row(row) for row in rows])

    async def sweep(self) -> None:
        """Delete what is over its time, or over the limit, and files that no row names."""
        async with self._lock:
            await self._make_room("", 0, 0)
            rows = await db.read(self._db, "SELECT * FROM originals")
            named = {self._path(row["job_id"], row["number"]).name for row in rows}
            await asyncio.to_thread(self._delete_all_but, named)

    @contextlib.asynccontextmanager
    async def sweeping(self) -> AsyncGenerator[None]:
        """Sweep now, and then every hour, for the length of the block."""
        sweeper = asyncio.create_task(self._sweep_hourly(), name="originals")
        try:
            yield
        finally:
            sweeper.cancel()
            await asyncio.wait({sweeper})

    async def _sweep_hourly(self) -> None:
        while True:
            try:
                await self.sweep()
            except (OSError, sqlite3.Error) as error:
                log.warning("originals cannot be swept: %s", error)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _make_room(self, job_id: str, number: int, size: int) -> None:
        """Let go what is over its time, and then the oldest, until so many more bytes have room."""
        rows = await db.read(self._db, "SELECT * FROM originals ORDER BY kept_until DESC, job_id, number DESC")
        gone: list[Original] = []
        for original in map(_from_row, rows):
            if (original.job_id, original.number) == (job_id, number):
                continue
            if original.kept_until <= now() or size + original.size > self._most:
                gone.append(original)
            else:
                size += original.size
        await self._drop(gone)

    async def _drop(self, gone: list[Original]) -> None:
        for original in gone:
            # The file first: one without a row goes at the next sweep, a row without its file says what is not so.
            await asyncio.to_thread(self._path(original.job_id, original.number).unlink, missing_ok=True)
            query = "DELETE FROM originals WHERE job_id = ? AND number = ?"
            await db.write(self._db, query, (original.job_id, original.number))

    def _path(self, job_id: str, number: int) -> Path:
        return self._folder / f"{job_id}-{number}.original"

    def _is_whole(self, original: Original) -> bool:
        """Tell whether its file is there, and all of it: a machine that lost its power may have written half."""
        try:
            return self._path(original.job_id, original.number).stat().st_size == original.size
        except OSError:
            return False

    def _write(self, path: Path, data: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        try:
            unfinished.write_bytes(data)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _read(self, path: Path, start: int, size: int) -> bytes:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size)

    def _delete_all_but(self, named: set[str]) -> None:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            if path.suffix in {".original", ".unfinished"} and path.name not in named:
                path.unlink(missing_ok=True)


def _from_row(row: sqlite3.Row) -> Original:
    return Original(
        row["job_id"], row["number"], row["filename"], row["size"], datetime.fromisoformat(row["kept_until"])
    )
