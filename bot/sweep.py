"""Delete what is ours on a backend and no open job names: what a crash left between an effect and its row.

Everything that we put there carries our mark; what does not is never touched. The backend is read first and the
database after it: whatever was there at the first look has its job's row by the second. A job that was open before
both, and ends between them, has deleted for itself what the first look saw.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Set
from datetime import timedelta

from bot.jobs import JobStore, now
from bot.pool import Backend
from bot.steps.tools import delete, made_in_sessions, origin, uploads_marked
from workflows.errors import Broken, NotFound
from workflows.models import QueueItem

log = logging.getLogger(__name__)

#: For how long after its end a stopped run may still surprise us with an image or a video.
_LATE = timedelta(days=7)


async def sweep(backend: Backend, store: JobStore, resting: Set[str] = frozenset()) -> int:
    """Delete orphans and return how many there were. Raises BackendError.

    An open job's upload that the ledger does not know may have landed a moment ago, and is spared, unless the job is
    one of those `resting`: that nobody drives at the moment, as at the start.
    """
    ours, were_open = origin(await store.instance()), await store.open_ids()
    deleted = await _uploads(backend, store, ours, were_open, resting)
    deleted += await _items(backend, store, ours, were_open)
    deleted += await _late_results(backend, store)
    if deleted:
        log.info("swept %s: deleted %s things that no job names", backend.name, deleted)
    return deleted


async def _uploads(backend: Backend, store: JobStore, ours: str, were_open: Set[str], resting: Set[str]) -> int:
    found = await uploads_marked(backend, f"{ours}-")
    known, spared = await store.known_refs(backend.name), (were_open | await store.open_ids()) - resting
    orphans = [
        upload
        for upload, mark in found.items()
        if upload.name not in known and mark.removeprefix(f"{ours}-") not in spared
    ]
    for orphan in orphans:
        await delete(backend, orphan)
    return len(orphans)


async def _items(backend: Backend, store: JobStore, ours: str, were_open: Set[str]) -> int:
    """Delete queue items of jobs that are closed, after what they made: without the item, nobody knows its session.

    One that still waits or runs is cancelled now, and goes with what it made at the next sweep.
    """
    found = await backend.client.summaries()
    spared = were_open | await store.open_ids()
    orphans = [
        item for item in found if item.origin == ours and (item.destination or "").partition("-")[0] not in spared
    ]
    for orphan in orphans:
        with contextlib.suppress(NotFound):
            await _delete_item(backend, orphan)
    return len(orphans)


async def _delete_item(backend: Backend, orphan: QueueItem) -> None:
    if not orphan.status.is_final:
        await backend.client.cancel(orphan.destination or "")
        return
    try:
        item = await backend.client.item(orphan.item_id)
    except Broken:
        # It cannot read it any more, and stops there.
        await backend.client.delete_batch(orphan.destination or "")
        return
    for made in await made_in_sessions(backend, {item.session_id}):
        await delete(backend, made)
    await backend.client.delete_item(item.item_id)


async def _late_results(backend: Backend, store: JobStore) -> int:
    found = await made_in_sessions(backend, await store.closed_sessions(backend.name, now() - _LATE))
    known = await store.known_refs(backend.name)
    late = [made for made in found if made.name not in known]
    for made in late:
        await delete(backend, made)
    return len(late)
