"""The ledger: everything that jobs leave on backends, each with its proof of deletion. Its SQL stands here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import aiosqlite

from bot import db


def now() -> datetime:
    return datetime.now(UTC)


class AssetKind(StrEnum):
    """What an asset is, which tells how it is deleted: a backend keeps images, videos and items apart."""

    UPLOAD = "upload"
    OUTPUT = "output"
    INTERMEDIATE = "intermediate"
    VIDEO_UPLOAD = "video upload"
    VIDEO_OUTPUT = "video output"
    VIDEO_INTERMEDIATE = "video intermediate"
    ITEM = "item"
    #: Uploads and a batch that may have arrived although no answer came; `ref` is the batch's id.
    UNANSWERED = "unanswered"

    @property
    def is_upload(self) -> bool:
        return self in {AssetKind.UPLOAD, AssetKind.VIDEO_UPLOAD}

    @property
    def is_video(self) -> bool:
        return self in {AssetKind.VIDEO_UPLOAD, AssetKind.VIDEO_OUTPUT, AssetKind.VIDEO_INTERMEDIATE}


@dataclass(frozen=True)
class Asset:
    """Anything a job left on a backend. `slot` tells which attachment an upload was made of."""

    job_id: str
    backend: str
    kind: AssetKind
    ref: str
    slot: int | None = None
    session_id: str | None = None
    deleted_at: datetime | None = None


class Ledger:
    """The assets in the database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._db = connection

    async def note(self, assets: Iterable[Asset]) -> None:
        """Write down what stands on a backend, all of it or nothing; what is known already stays as it was."""
        query = """
            INSERT INTO assets (job_id, backend, kind, ref, slot, session_id, noted_at)
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), ?
            FROM json_each(?) WHERE true
            ON CONFLICT (job_id, backend, kind, ref)
                DO UPDATE SET session_id = coalesce(excluded.session_id, session_id)
        """
        rows = [(a.job_id, a.backend, a.kind.value, a.ref, a.slot, a.session_id) for a in assets]
        await db.write(self._db, query, (now().isoformat(), json.dumps(rows)))

    async def mark_deleted(self, assets: Iterable[Asset]) -> None:
        """Record that a backend confirmed: they are gone. All of them or none."""
        query = """
            UPDATE assets SET deleted_at = ? WHERE deleted_at IS NULL AND (job_id, backend, kind, ref) IN (
                SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                    json_extract(value, '$[3]') FROM json_each(?)
            )
        """
        rows = [(a.job_id, a.backend, a.kind.value, a.ref) for a in assets]
        await db.write(self._db, query, (now().isoformat(), json.dumps(rows)))

    async def assets(self, job_id: str | None = None) -> list[Asset]:
        """Return the ledger of a job, or of all jobs, in the order in which it was noted."""
        # Not coalesce(?, job_id), which reads the whole table.
        which, values = ("", ()) if job_id is None else ("WHERE job_id = ?", (job_id,))
        rows = await self._rows(f"SELECT * FROM assets {which} ORDER BY rowid", *values)  # noqa: S608
        return [_asset(row) for row in rows]

    async def count_left(self) -> int:
        """Return how many assets of all jobs are not confirmed as deleted."""
        rows = await self._rows("SELECT count(*) FROM assets WHERE deleted_at IS NULL")
        return int(rows[0][0])

    async def left(self) -> dict[str, int]:
        """Return how many assets are not confirmed as deleted, by the backends that they are on."""
        rows = await self._rows("SELECT backend, count(*) FROM assets WHERE deleted_at IS NULL GROUP BY backend")
        return {str(row[0]): int(row[1]) for row in rows}

    async def known_refs(self, backend: str) -> set[str]:
        """Return the names of everything that the ledger knows on a backend and that may still be there."""
        rows = await self._rows("SELECT ref FROM assets WHERE backend = ? AND deleted_at IS NULL", backend)
        return {str(row["ref"]) for row in rows}

    async def closed_sessions(self, backend: str, since: datetime) -> set[str]:
        """Return the session ids of the jobs that closed since then and of which a run did not complete."""
        query = """
            SELECT assets.session_id FROM assets JOIN jobs ON jobs.id = assets.job_id
            WHERE assets.backend = ? AND assets.session_id IS NOT NULL AND jobs.closed_at > ?
              AND (jobs.outcome <> 'completed' OR jobs.attempt > 1)
        """
        rows = await self._rows(query, backend, since.isoformat())
        return {str(row[0]) for row in rows}

    async def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return await db.read(self._db, query, *values)


def _asset(row: sqlite3.Row) -> Asset:
    return Asset(
        job_id=row["job_id"],
        backend=row["backend"],
        kind=AssetKind(row["kind"]),
        ref=row["ref"],
        slot=row["slot"],
        session_id=row["session_id"],
        deleted_at=datetime.fromisoformat(row["deleted_at"]) if row["deleted_at"] else None,
    )
