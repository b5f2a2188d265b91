"""The steps after a run: its results go to the card, and everything that it left goes from the backend."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.cards import Card, Delivery, Told, TooLarge, Undeliverable
from bot.jobs import Job, Outcome, State, now
from bot.ledger import Asset, AssetKind
from bot.pool import Backend
from bot.signals import Signal
from bot.steps.deliver import deliver
from bot.steps.tools import (
    INTERMEDIATE,
    Tools,
    delete_all,
    made_in_sessions,
    made_of,
    mark,
    note_made,
    readable_items,
    together,
    uploads_marked,
)
from workflows.results import MediaKind

log = logging.getLogger(__name__)

#: How long a node that was cancelled may take to end, before the hourly sweep is left to look after it.
QUIET_SECONDS = 60.0

#: How long a backend that is away is waited for, before the ledger is looked at again: another one may be back.
_AWAY_SECONDS = 30.0

_UPLOAD = {MediaKind.IMAGE: AssetKind.UPLOAD, MediaKind.VIDEO: AssetKind.VIDEO_UPLOAD}


async def finished(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Deliver the results, or what went wrong, to the card."""
    _leave(tools, job)
    if signal.cancelled and job.outcome is Outcome.COMPLETED:
        # The wish was taken down before the end was.
        job = job.ended(Outcome.CANCELLED)
    delivered_at = None
    try:
        job, delivery = await deliver(tools, job, card)
    except (Undeliverable, TooLarge) as error:
        log.warning("job %s: its card is out of reach: %s", job.id, error)
        delivery = Delivery(error.why if isinstance(error, Undeliverable) else Told.FORBIDDEN)
    else:
        delivered_at = now()
        await tools.store.place_results(job.id, delivery.places)
        log.info("job %s: %s after %.1f s", job.id, job.outcome, (delivered_at - job.created_at).total_seconds())
    tools.fetched.pop(job.id, None)
    return job.evolve(state=State.SETTLED, delivery=delivery.told, delivered_at=delivered_at)


def _leave(tools: Tools, job: Job) -> None:
    """Give the turn back, and forget what was only needed while it ran."""
    tools.line.leave(job.id)
    tools.fresh.discard(job.id)
    tools.lacking.pop(job.id, None)
    tools.forget_files(job.id)
    for batch_id in job.batch_ids:
        tools.progress.pop(batch_id, None)
        for backend in tools.pool:
            backend.events.forget(batch_id)


async def settled(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Delete one kind of what the job left on one backend, and write down that it is gone."""
    ledger = await tools.store.assets(job.id)
    left = [asset for asset in ledger if asset.deleted_at is None]
    if not left and (unwritten := tools.unwritten.get(job.id)):
        await tools.store.note(unwritten)
        del tools.unwritten[job.id]
        return job
    if not left:
        return job.evolve(state=State.CLOSED, closed_at=now())
    backend = tools.backend_named(_reachable(tools, left))
    with signal.at_rest():
        await backend.wait_up(_AWAY_SECONDS)
    there = [asset for asset in ledger if asset.backend == backend.name]
    left = [asset for asset in there if asset.deleted_at is None]
    if unanswered := [asset for asset in left if asset.kind is AssetKind.UNANSWERED]:
        await _note_unanswered(tools, job, backend, unanswered)
        await tools.store.mark_deleted(unanswered)
        return job
    files = [asset for asset in left if asset.kind is not AssetKind.ITEM]
    if job.outcome is not Outcome.COMPLETED or job.attempt > 1:
        # Its items tell what else it may have made, so they go last.
        items = [asset for asset in there if asset.kind is AssetKind.ITEM]
        if not files and len(left) == len(items) and await _late(tools, job, backend, items, there):
            return job
        left = files or left
    await together(
        delete_all(backend, [made_of(file) for file in files]),
        _delete_items(backend, job, [asset for asset in left if asset.kind is AssetKind.ITEM]),
    )
    await tools.store.mark_deleted(left)
    return job


async def _delete_items(backend: Backend, job: Job, items: Sequence[Asset]) -> None:
    """Delete the job's items, by what they carry: a backend that lost its database gives their numbers to others."""
    for batch_id in job.batch_ids if items else ():
        await backend.client.delete_batch(batch_id)


def _reachable(tools: Tools, left: Sequence[Asset]) -> str:
    """Return the backend to tidy up next: one that is away must not keep the others waiting."""
    names = list(dict.fromkeys(asset.backend for asset in left))
    up = {backend.name for backend in tools.pool if backend.is_up}
    return next((name for name in names if name in up), names[0])


async def _note_unanswered(tools: Tools, job: Job, backend: Backend, batches: Sequence[Asset]) -> None:
    """Note what may have arrived on a backend although no answer came back to tell its name."""
    uploads = await uploads_marked(backend, mark(tools.instance, job.id))
    await tools.store.note(Asset(job.id, backend.name, _UPLOAD[upload.kind], upload.name) for upload in uploads)
    for batch in batches:
        items = await readable_items(backend, batch.ref)
        await tools.store.note(Asset(job.id, backend.name, AssetKind.ITEM, str(i.item_id)) for i in items)


async def _late(tools: Tools, job: Job, backend: Backend, items: Sequence[Asset], there: Sequence[Asset]) -> bool:
    """Look for what a stopped run, or an attempt that a restart ended, still made; return whether it is new.

    A node in flight when its item is cancelled ends afterwards, and what it makes comes without a result to name it.
    """
    sessions = {item.session_id for item in items if item.session_id}
    if len(sessions) < len(items):
        # It was given up before its end was seen, so it may run still, and what it made has no name here yet.
        for batch_id in job.batch_ids:
            await backend.client.cancel(batch_id)
            found = await readable_items(backend, batch_id)
            await note_made(tools, job, backend, found, (), ())
            sessions |= {item.session_id for item in found}
    await _quiet(backend)
    known = {asset.ref for asset in there}
    found = [made for made in await made_in_sessions(backend, sessions) if made.name not in known]
    await tools.store.note(Asset(job.id, backend.name, INTERMEDIATE[made.kind], made.name) for made in found)
    return bool(found)


async def _quiet(backend: Backend) -> None:
    """Wait until the backend works on nothing, or for as long as a node may reasonably take."""
    waited, pause = 0.0, 0.1
    while waited < QUIET_SECONDS and (await backend.client.queue_state()).processor.is_processing:
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, 2.0)
