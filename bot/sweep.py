"""Delete what is ours on a backend and no open job names: what a crash left between an effect and its row.

Everything that we put there carries our mark; what does not is never touched.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.jobs import JobStore, now
from bot.pool import Backend
from bot.steps import origin

log = logging.getLogger(__name__)

#: For how long after its end a stopped run may still surprise us with an image.
_LATE = timedelta(days=7)


async def sweep(backend: Backend, store: JobStore, *, at_start: bool) -> int:
    """Delete orphans and return how many there were. Raises BackendError.

    At the start, before any job is taken up, an upload that the ledger does not know is an orphan even if its job is
    open; later it may be one that landed a moment ago.
    """
    ours = origin(await store.instance())
    open_ids = {job.id for job in await store.open_jobs()}
    deleted = await _uploads(backend, store, ours, frozenset() if at_start else frozenset(open_ids))
    deleted += await _items(backend, ours, open_ids)
    deleted += await _late_images(backend, store)
    if deleted:
        log.info("swept %s: deleted %s things that no job names", backend.name, deleted)
    return deleted


async def _uploads(backend: Backend, store: JobStore, ours: str, spared: frozenset[str]) -> int:
    known = await store.known_refs(backend.name)
    deleted = 0
    for image in await backend.client.uploads_marked(f"{ours}-"):
        job_id = (image.session_id or "").removeprefix(f"{ours}-")
        if image.image_name not in known and job_id not in spared:
            await backend.client.delete_image(image.image_name)
            deleted += 1
    return deleted


async def _items(backend: Backend, ours: str, open_ids: set[str]) -> int:
    """Delete queue items of jobs that are closed, with what they made."""
    deleted = 0
    for summary in await backend.client.summaries():
        if summary.origin != ours or (summary.destination or "").partition("-")[0] in open_ids:
            continue
        item = await backend.client.item(summary.item_id)
        await backend.client.delete_item(item.item_id)
        for image in await backend.client.images_of_sessions({item.session_id}):
            await backend.client.delete_image(image.image_name)
        deleted += 1
    return deleted


async def _late_images(backend: Backend, store: JobStore) -> int:
    known = await store.known_refs(backend.name)
    sessions = set(await store.closed_sessions(backend.name, now() - _LATE))
    if not sessions:
        return 0
    late = [image for image in await backend.client.images_of_sessions(sessions) if image.image_name not in known]
    for image in late:
        await backend.client.delete_image(image.image_name)
    return len(late)
