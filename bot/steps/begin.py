"""The steps that bring a job to a backend: its files first, then, when its turn comes, the batch."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial

from bot import media, problems
from bot.cards import Card, Uploading, Waiting
from bot.catalog import Recipe
from bot.jobs import Attachment, Job, Outcome, State, now
from bot.ledger import Asset, AssetKind
from bot.pool import Backend
from bot.signals import Signal
from bot.steps.tools import Tools, mark, node_titles, origin
from workflows.errors import BackendError, InputError, QueueFull, Rejected, Unavailable, UserError
from workflows.expand import expand, rehearse
from workflows.graph import Batch, compile_batch
from workflows.schema import Schemas
from workflows.update import update
from workflows.values import InputSpec, by_place

log = logging.getLogger(__name__)


async def new(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Check and upload one attachment, and note its name before anything else can fail."""
    backend = tools.backend(job)
    if signal.cancelled:
        return job.ended(Outcome.CANCELLED)
    backend.line.join(job.id, job.user_id, signal.wake)
    done = {asset.slot for asset in await tools.uploads(job)}
    slot = next((slot for slot in range(len(job.attachments)) if slot not in done), None)
    if slot is None:
        without_urls = tuple(replace(attachment, url="") for attachment in job.attachments)
        return job.evolve(state=State.READY, attachments=without_urls)
    card.show(job, Uploading(slot + 1, len(job.attachments), backend.line.position(job.id)))
    attachment = job.attachments[slot]
    data = await tools.fetcher.fetch(attachment)
    upload = _upload_video if await _is_video(tools, job, attachment) else _upload_image
    await upload(tools, job, backend, slot, data)
    return job


async def _is_video(tools: Tools, job: Job, attachment: Attachment) -> bool:
    inputs = await tools.catalog.inputs(job.workflow_id or 0, job.version or 0)
    return any(attachment.name in spec.names for spec in inputs if spec.is_video)


async def _upload_image(tools: Tools, job: Job, backend: Backend, slot: int, data: bytes) -> None:
    async with tools.pictures:
        name = job.attachments[slot].name
        png = await asyncio.to_thread(media.prepare, name, data, tools.limits.image_megapixels)
    try:
        image = await backend.client.upload(png, mark(tools.instance, job.id))
        await tools.store.note([Asset(job.id, backend.name, AssetKind.UPLOAD, image.image_name, slot)])
    except Exception:
        tools.unsure.add(job.id)
        raise


async def _upload_video(tools: Tools, job: Job, backend: Backend, slot: int, data: bytes) -> None:
    """Upload a video as it is: nothing here can decode one, so the backend decides whether it is sound."""
    name = job.attachments[slot].name
    media.require_video(name, data)
    try:
        video = await backend.client.upload_video(data, "video.mp4", mark(tools.instance, job.id))
        await tools.store.note([Asset(job.id, backend.name, AssetKind.VIDEO_UPLOAD, video.video_name, slot)])
    except Exception as error:
        tools.unsure.add(job.id)
        if isinstance(error, Rejected):
            log.info("job %s: a video was refused: %s", job.id, error)
            raise InputError(name, problems.REFUSED_VIDEO) from error
        raise


async def ready(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Wait for the turn, then enqueue, unless an earlier try already did."""
    backend = tools.backend(job)
    await _turn(tools, job, backend, card, signal)
    if job.id not in tools.fresh and (items := await backend.client.items(job.batch_id)):
        return await _enqueued(tools, job, backend, [item.item_id for item in items])
    if signal.cancelled:
        return job.ended(Outcome.CANCELLED)
    recipe = await tools.version(job)
    schemas = await backend.schemas()
    batch = await _compile(tools, job, backend, schemas, recipe)
    watch = backend.events.watch(job.batch_id)
    # Connected before the batch exists: then no event of it can be missed, and nothing need be asked meanwhile.
    watch.stale = not backend.events.connected
    tools.fresh.discard(job.id)
    try:
        with _explained(recipe, schemas):
            answer = await backend.client.enqueue(batch.body(job.batch_id, origin(tools.instance)))
    except QueueFull as error:
        raise Unavailable(str(error)) from error
    except Rejected:
        raise
    except BackendError:
        tools.unsure.add(job.id)
        raise
    return await _enqueued(tools, job, backend, answer.item_ids)


async def _turn(tools: Tools, job: Job, backend: Backend, card: Card, signal: Signal) -> None:
    line = backend.line
    line.join(job.id, job.user_id, signal.wake)
    line.ready(job.id)
    while not line.has_turn(job.id) and not signal.cancelled:
        signal.clear()
        card.show(job, Waiting(line.position(job.id)))
        await signal.wait()
    if not signal.cancelled:
        card.show(job, Waiting(0))


async def _compile(tools: Tools, job: Job, backend: Backend, schemas: Schemas, recipe: Recipe) -> Batch:
    given = {**job.given, **_files(job, recipe.inputs, await tools.uploads(job))}
    values = by_place(recipe.inputs, given)
    document = await asyncio.to_thread(update, recipe.document, schemas)
    generated = await expand(backend.client, document, values)
    compiling = partial(compile_batch, document, schemas, values, backend.models, generated=generated)
    batch = await asyncio.to_thread(compiling)
    if batch.size > tools.limits.images_per_run:
        raise UserError(
            f"That would make {batch.size} runs at once; up to {tools.limits.images_per_run} are fine here."
        )
    with _explained(recipe, schemas):
        await rehearse(backend.client, batch)
    return batch


@contextlib.contextmanager
def _explained(recipe: Recipe, schemas: Schemas) -> Generator[None]:
    """Tell the member which input, or which step, the backend does not take; what is neither stays as it is."""
    try:
        yield
    except Rejected as error:
        if text := problems.rejected(error, recipe.inputs, node_titles(recipe.document, schemas)):
            raise UserError(text) from error
        raise


async def _enqueued(tools: Tools, job: Job, backend: Backend, item_ids: Sequence[int]) -> Job:
    ids = tuple(sorted(item_ids))
    await tools.store.note(Asset(job.id, backend.name, AssetKind.ITEM, str(item_id)) for item_id in ids)
    return job.evolve(state=State.QUEUED, item_ids=ids, enqueued_at=now())


def _files(job: Job, inputs: Sequence[InputSpec], uploads: Sequence[Asset]) -> dict[str, object]:
    """Return the values of image and video inputs: the uploads, in the order in which the attachments were given."""
    refs = {asset.slot: asset.ref for asset in uploads}
    by_name = {attachment.name: refs[slot] for slot, attachment in enumerate(job.attachments) if slot in refs}
    values: dict[str, object] = {}
    for spec in inputs:
        key = "video_name" if spec.is_video else "image_name"
        given = [{key: by_name[name]} for name in spec.names if name in by_name]
        if given and spec.is_file:
            values[spec.name] = given if spec.is_collection_of_files else given[0]
    return values
