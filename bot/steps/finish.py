"""The steps after a run: its results go to the card, and everything that it left goes from the backend."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from bot.cards import Card, TooLarge, Undeliverable
from bot.jobs import Job, Outcome, State, now
from bot.ledger import Asset, AssetKind
from bot.pool import Backend
from bot.signals import Signal
from bot.steps.deliver import deliver
from bot.steps.follow import INTERMEDIATE, note_made
from bot.steps.tools import Tools, delete, made_in_sessions, mark, uploads_marked
from workflows.errors import Unavailable
from workflows.results import Made, MediaKind

log = logging.getLogger(__name__)

#: How long a node that was cancelled may take to end, before the hourly sweep is left to look after it.
QUIET_SECONDS = 60.0

_UPLOAD = {MediaKind.IMAGE: AssetKind.UPLOAD, MediaKind.VIDEO: AssetKind.VIDEO_UPLOAD}


async def finished(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Deliver the results, or what went wrong, to the card."""
    _leave(tools, job)
    try:
        job = await deliver(tools, job, card)
    except (Undeliverable, TooLarge) as error:
        log.warning("job %s: its card is out of reach: %s", job.id, error)
        return job.evolve(state=State.SETTLED)
    log.info("job %s: %s after %.1f s", job.id, job.outcome, (now() - job.created_at).total_seconds())
    return job.evolve(state=State.SETTLED, delivered_at=now())


def _leave(tools: Tools, job: Job) -> None:
    """Give the turn back, and forget what was only needed while it ran. A backend may have left the configuration."""
    with contextlib.suppress(Unavailable):
        backend = tools.backend(job)
        backend.line.leave(job.id)
        for attempt in range(1, job.attempt + 1):
            batch_id = job.evolve(attempt=attempt).batch_id
            backend.events.forget(batch_id)
            tools.progress.pop(batch_id, None)


async def settled(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Delete one thing that the job left on the backend, and write down that it is gone."""
    backend = tools.backend(job)
    ledger = await tools.store.assets(job.id)
    left = [asset for asset in ledger if asset.deleted_at is None]
    file = next((asset for asset in left if asset.kind is not AssetKind.ITEM), None)
    if file:
        await delete(backend, Made(MediaKind.VIDEO if file.kind.is_video else MediaKind.IMAGE, file.ref))
        await tools.store.mark_deleted([file])
        return job
    items = [asset for asset in ledger if asset.kind is AssetKind.ITEM]
    was_stopped = job.outcome is not Outcome.COMPLETED or job.attempt > 1
    if was_stopped and len(left) == len(items) > 0 and await _late(tools, job, backend, ledger):
        return job
    if left:
        await backend.client.delete_item(int(left[0].ref))
        await tools.store.mark_deleted(left[:1])
        return job
    if job.id in tools.unsure:
        await _note_unanswered(tools, job, backend)
        tools.unsure.discard(job.id)
        return job
    return job.evolve(state=State.CLOSED, closed_at=now(), interaction_token=None)


async def _note_unanswered(tools: Tools, job: Job, backend: Backend) -> None:
    """Note what may have arrived on the backend although no answer came back to tell its name."""
    uploads = await uploads_marked(backend, mark(tools.instance, job.id))
    await tools.store.note(Asset(job.id, backend.name, _UPLOAD[upload.kind], upload.name) for upload in uploads)
    items = await backend.client.items(job.batch_id)
    await tools.store.note(Asset(job.id, backend.name, AssetKind.ITEM, str(i.item_id)) for i in items)


async def _late(tools: Tools, job: Job, backend: Backend, ledger: Sequence[Asset]) -> bool:
    """Look for what a stopped run, or an attempt that a restart ended, still made; return whether it is new.

    A node in flight when its item is cancelled ends afterwards, and what it makes comes without a result to name it.
    """
    if any(asset.kind is AssetKind.ITEM and not asset.session_id for asset in ledger):
        # It was given up before its end was seen, so it may run still, and what it made has no name here yet.
        await backend.client.cancel(job.batch_id)
        await note_made(tools, job, backend, await backend.client.items(job.batch_id), (), ())
        ledger = await tools.store.assets(job.id)
    await _quiet(backend)
    sessions = {asset.session_id for asset in ledger if asset.session_id}
    known = {asset.ref for asset in ledger}
    found = [made for made in await made_in_sessions(backend, sessions) if made.name not in known]
    await tools.store.note(Asset(job.id, backend.name, INTERMEDIATE[made.kind], made.name) for made in found)
    return bool(found)


async def _quiet(backend: Backend) -> None:
    """Wait until the backend works on nothing, or for as long as a node may reasonably take."""
    waited, pause = 0.0, 0.1
    while waited < QUIET_SECONDS and (await backend.client.queue_state()).processor.is_processing:
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, 2.0)
