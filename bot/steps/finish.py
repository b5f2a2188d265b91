"""The steps after a run: its results go to the card, and everything that it left goes from the backend."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace

from bot import media, problems
from bot.cards import FILES_PER_MESSAGE, Card, TooLarge, Undeliverable
from bot.jobs import Asset, AssetKind, Job, Outcome, State, now
from bot.pool import Backend
from bot.signals import Signal
from bot.steps.follow import note_made
from bot.steps.tools import Tools, mark
from workflows.errors import NotFound, Unavailable

log = logging.getLogger(__name__)

#: How long a node that was cancelled may take to end, before the hourly sweep is left to look after it.
QUIET_SECONDS = 60.0


async def finished(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Deliver the results, or what went wrong, to the card."""
    _leave(tools, job)
    try:
        job = await _deliver(tools, job, card)
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


async def _deliver(tools: Tools, job: Job, card: Card) -> Job:
    """Deliver, with files that get smaller until they are taken, and in words alone where none are."""
    if not job.results:
        await card.deliver(job, [])
        return job
    problem = problems.TOO_LARGE
    for smaller in (1, 2, 4, 8):
        files = await _files(tools, job, card, smaller)
        if not files:
            problem = problems.VANISHED
            break
        try:
            await card.deliver(job, files)
        except TooLarge:
            continue
        except Undeliverable as error:
            log.warning("job %s: the card takes no files: %s", job.id, error)
            problem = problems.NO_FILES
            break
        return job
    job = job.evolve(outcome=Outcome.FAILED, problem=problem)
    await card.deliver(job, [])
    return job


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
        await _note_unanswered(tools, job, backend)
        tools.unsure.discard(job.id)
        return job
    return job.evolve(state=State.CLOSED, closed_at=now(), interaction_token=None)


async def _note_unanswered(tools: Tools, job: Job, backend: Backend) -> None:
    """Note what may have arrived on the backend although no answer came back to tell its name."""
    uploads = await backend.client.uploads_marked(mark(tools.instance, job.id))
    await tools.store.note(Asset(job.id, backend.name, AssetKind.UPLOAD, i.image_name) for i in uploads)
    items = await backend.client.items(job.batch_id)
    await tools.store.note(Asset(job.id, backend.name, AssetKind.ITEM, str(i.item_id)) for i in items)


async def _files(tools: Tools, job: Job, card: Card, smaller: int) -> list[media.ResultFile]:
    """Fetch the results and make them fit; of more than one job may post, the first ones."""
    backend = tools.backend(job)
    names = job.results[: tools.limits.results_per_job]
    limit = min(card.file_limit, card.request_limit // min(len(names), FILES_PER_MESSAGE)) // smaller
    files: list[media.ResultFile] = []
    for number, name in enumerate(names, 1):
        stem = f"{job.id}-{number}" if len(names) > 1 else job.id
        try:
            data = await backend.client.download(name)
        except NotFound:
            log.warning("job %s: result %s was deleted by somebody else", job.id, name)
            continue
        async with tools.pictures:
            files.append(await asyncio.to_thread(media.fit, data, stem, limit))
    if files and len(names) < len(job.results):
        files[-1] = replace(files[-1], note=f"the last of {len(names)}; the workflow made {len(job.results)}")
    return files


async def _late(tools: Tools, job: Job, backend: Backend, ledger: Sequence[Asset]) -> bool:
    """Look for what a stopped run, or an attempt that a restart ended, still made; return whether it is new.

    A node in flight when its item is cancelled ends afterwards, and its image comes without a result to name it.
    """
    if any(asset.kind is AssetKind.ITEM and not asset.session_id for asset in ledger):
        # It was given up before its end was seen, so it may run still, and its images have no name here yet.
        await backend.client.cancel(job.batch_id)
        await note_made(tools, job, backend, await backend.client.items(job.batch_id), (), ())
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
