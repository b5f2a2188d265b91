"""The steps after a run: its results go to the card, and everything that it left goes from the backend."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from bot import media, problems
from bot.cards import Card, TooLarge, Undeliverable
from bot.jobs import Asset, AssetKind, Job, Outcome, State, now
from bot.pool import Backend
from bot.signals import Signal
from bot.steps.follow import note_made
from bot.steps.tools import Tools, mark
from workflows.errors import NotFound

log = logging.getLogger(__name__)

#: How long a node that was cancelled may take to end, before the hourly sweep is left to look after it.
QUIET_SECONDS = 60.0
FILES_PER_MESSAGE = 10


async def finished(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Deliver the results, or what went wrong, to the card."""
    backend = tools.backend(job)
    backend.line.leave(job.id)
    try:
        for smaller in (1, 2, 4, 8):
            files = await _files(job, backend, card, smaller)
            if job.results and not files:
                job = job.evolve(outcome=Outcome.FAILED, problem=problems.VANISHED)
            with contextlib.suppress(TooLarge):
                await card.deliver(job, files)
                break
        else:
            job = job.evolve(outcome=Outcome.FAILED, problem=problems.TOO_LARGE)
            await card.deliver(job, [])
    except (Undeliverable, TooLarge) as error:
        log.warning("job %s: its card is out of reach: %s", job.id, error)
        return job.evolve(state=State.SETTLED)
    return job.evolve(state=State.SETTLED, delivered_at=now())


async def settled(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Delete one thing that the job left on the backend, and write down that it is gone."""
    backend = tools.backend(job)
    ledger = await tools.store.assets(job.id)
    left = [asset for asset in ledger if asset.deleted_at is None]
    images = [asset for asset in left if asset.kind is not AssetKind.ITEM]
    if images:
        await backend.client.delete_image(images[0].ref)
        await tools.store.mark_deleted(images[0])
        return job
    items = [asset for asset in ledger if asset.kind is AssetKind.ITEM]
    was_stopped = job.outcome is not Outcome.COMPLETED or job.attempt > 1
    if was_stopped and len(left) == len(items) > 0 and await _late(tools, job, backend, ledger):
        return job
    if left:
        await backend.client.delete_item(int(left[0].ref))
        await tools.store.mark_deleted(left[0])
        return job
    if job.id in tools.unsure:
        tools.unsure.discard(job.id)
        unknown = await backend.client.uploads_marked(mark(tools.instance, job.id))
        await tools.store.note(Asset(job.id, backend.name, AssetKind.UPLOAD, i.image_name) for i in unknown)
        return job
    return job.evolve(state=State.CLOSED, closed_at=now(), interaction_token=None)


async def _files(job: Job, backend: Backend, card: Card, smaller: int) -> list[media.ResultFile]:
    share = card.request_limit // max(1, min(len(job.results), FILES_PER_MESSAGE))
    limit = min(card.file_limit, share) // smaller
    files: list[media.ResultFile] = []
    for number, name in enumerate(job.results, 1):
        stem = f"{job.id}-{number}" if len(job.results) > 1 else job.id
        try:
            data = await backend.client.download(name)
        except NotFound:
            log.warning("job %s: result %s was deleted by somebody else", job.id, name)
            continue
        files.append(await asyncio.to_thread(media.fit, data, stem, limit))
    return files


async def _late(tools: Tools, job: Job, backend: Backend, ledger: Sequence[Asset]) -> bool:
    """Look for what a stopped run, or an attempt that a restart ended, still made; return whether it is new.

    A node in flight when its item is cancelled ends afterwards, and its image comes without a result to name it.
    """
    if any(asset.kind is AssetKind.ITEM and not asset.session_id for asset in ledger):
        # It was given up before its end was seen, so it may run still, and its images have no name here yet.
        await backend.client.cancel(job.batch_id)
        await note_made(tools, job, backend, await backend.client.items(job.batch_id), (), (), ())
        ledger = await tools.store.assets(job.id)
    await _quiet(backend)
    sessions = {asset.session_id for asset in ledger if asset.session_id}
    known = {asset.ref for asset in ledger}
    images = await backend.client.images_of_sessions(sessions) if sessions else []
    found = [image.image_name for image in images if image.image_name not in known]
    await tools.store.note(Asset(job.id, backend.name, AssetKind.INTERMEDIATE, name) for name in found)
    return bool(found)


async def _quiet(backend: Backend) -> None:
    """Wait until the backend works on nothing, or for as long as a node may reasonably take."""
    waited, pause = 0.0, 0.1
    while waited < QUIET_SECONDS and (await backend.client.queue_state()).processor.is_processing:
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, 2.0)
