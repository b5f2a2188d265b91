"""The steps that bring a job to a backend: its files first, all of them looked at, then, at its turn, the batch."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Generator, Sequence
from functools import partial

from bot import media, problems
from bot.cards import Card, Uploading, Waiting
from bot.catalog import Recipe
from bot.jobs import Attachment, Job, Outcome, State, UsedModel, now
from bot.ledger import Asset, AssetKind
from bot.pool import Backend
from bot.signals import Signal
from bot.steps.tools import Tools, mark, node_titles, origin
from workflows import findings
from workflows._json import mapping, text
from workflows.errors import BackendError, InputError, QueueFull, Rejected, Unavailable, UserError
from workflows.expand import expand, rehearse
from workflows.graph import Batch, compile_batch
from workflows.rebase import rebased
from workflows.schema import Schemas
from workflows.texts import say
from workflows.update import update
from workflows.values import InputSpec, by_place

log = logging.getLogger(__name__)


async def new(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Upload one attachment, and note its name before anything else can fail; the first, once all were looked at."""
    if signal.cancelled:
        return job.ended(Outcome.CANCELLED)
    tools.line.join(tools.ticket(job), signal.wake)
    await tools.fitness.learn(job.workflow_id or 0, job.version or 0)
    if (place := _place(tools, job)) != job.backend:
        return job.moved(place, anew=False)
    backend = tools.backend(job)
    done = {asset.slot for asset in await tools.uploads(job)}
    slots = [slot for slot in range(len(job.attachments)) if slot not in done]
    if not slots:
        tools.forget_files(job.id)
        return job.evolve(state=State.READY)
    card.show(job, Uploading(slots[0] + 1, len(job.attachments), tools.line.standing(job.id).position))
    if job.id not in tools.told:
        await _look_at(tools, job, slots, signal)
    if signal.cancelled:
        return job.ended(Outcome.CANCELLED)
    async with tools.uploads_at_once:
        held = tools.looked_at.get(job.id, {})
        file = held.get(slots[0]) or await _prepared(tools, job, slots[0])
        await _upload(tools, job, backend, slots[0], file.data)
        held.pop(slots[0], None)
    return _noted(job, tools.told.get(job.id, ()))


async def _look_at(tools: Tools, job: Job, slots: Sequence[int], signal: Signal) -> None:
    """Fetch and check all files, so that nothing is uploaded for a job of which one is bad. Raises InputError."""
    notes: list[str] = []
    for slot in slots:
        if signal.cancelled:
            return
        async with tools.uploads_at_once:
            # An earlier try may have come as far as this.
            file = tools.looked_at.get(job.id, {}).get(slot) or await _prepared(tools, job, slot)
            tools.hold(job.id, slot, file)
        notes += [file.note] if file.note else []
    tools.told[job.id] = tuple(notes)


async def _prepared(tools: Tools, job: Job, slot: int) -> media.Prepared:
    """Return one attachment as it goes up. A video goes as it is: whether it is sound, the backend decides."""
    attachment = job.attachments[slot]
    data = await tools.fetcher.fetch(attachment)
    if await _is_video(tools, job, attachment):
        media.require_video(attachment.name, data)
        return media.Prepared(data)
    async with tools.pictures:
        return await asyncio.to_thread(media.prepare, attachment.name, data, tools.limits.image_megapixels)


def _noted(job: Job, notes: Sequence[str]) -> Job:
    """Return a job with notes that it does not have yet; one without any news is the same."""
    news = [note for note in notes if note not in job.notes]
    return job.evolve(notes=(*job.notes, *news)) if news else job


def _place(tools: Tools, job: Job) -> str:
    """Return the backend that shall have the job's files: the one of its turn, or else one that could take it."""
    if turn := tools.line.turn(job.id):
        return turn
    place, offers = job.backend or "", tools.offers(job)
    return offers[0] if offers and place not in offers else place


async def _is_video(tools: Tools, job: Job, attachment: Attachment) -> bool:
    inputs = await tools.catalog.inputs(job.workflow_id or 0, job.version or 0)
    return any(attachment.name in spec.names for spec in inputs if spec.is_video)


async def _upload(tools: Tools, job: Job, backend: Backend, slot: int, data: bytes) -> None:
    ours, is_video = mark(tools.instance, job.id), await _is_video(tools, job, job.attachments[slot])
    try:
        if is_video:
            kind, name = AssetKind.VIDEO_UPLOAD, (await backend.client.upload_video(data, "video.mp4", ours)).video_name
        else:
            kind, name = AssetKind.UPLOAD, (await backend.client.upload(data, ours)).image_name
        await tools.store.note([Asset(job.id, backend.name, kind, name, slot)])
    except Exception as error:
        await tools.unanswered(job)
        if is_video and isinstance(error, Rejected):
            log.info("job %s: a video was refused: %s", job.id, error)
            raise InputError(job.attachments[slot].name, problems.REFUSED_VIDEO) from error
        raise


async def ready(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Wait for the turn, then enqueue, unless an earlier try already did."""
    if job.id not in tools.fresh:
        if items := await tools.backend(job).client.items(job.batch_id):
            return await _enqueued(tools, job, tools.backend(job), [item.item_id for item in items])
        tools.fresh.add(job.id)
    await tools.fitness.learn(job.workflow_id or 0, job.version or 0)
    turn = await _turn(tools, job, card, signal)
    if signal.cancelled:
        return job.ended(Outcome.CANCELLED)
    if turn is None:
        return job.ended(Outcome.FAILED, problems.UNREACHABLE)
    if turn != job.backend:
        return job.moved(turn, anew=False)
    return await _enqueue(tools, job, tools.backend(job))


async def _enqueue(tools: Tools, job: Job, backend: Backend) -> Job:
    recipe = await tools.version(job)
    if backend.is_outdated:
        await backend.refresh()
    schemas = await backend.schemas()
    if lacking := findings.missing_nodes(recipe.document, schemas):
        # It was upgraded a moment ago: without these, half a workflow would run.
        why = findings.told_missing(lacking)
        tools.fitness.unfit(job.workflow_id or 0, job.version or 0, backend.name, why)
        tools.fitness.require(job.workflow_id, job.version)
        tools.line.leave(job.id)
        return job.evolve()
    try:
        batch = await _compile(tools, job, backend, schemas, recipe)
    except InputError:
        if backend.name not in tools.lacking.get(job.id, ()) or not tools.offers(job):
            raise
        log.info("job %s: %s lacks a model that it asks for", job.id, backend.name)
        tools.line.leave(job.id)
        return job.evolve()
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
        await tools.unanswered(job)
        raise
    log.info("job %s: enqueued on %s", job.id, backend.name)
    used = _models(batch)
    tools.pool.given(backend.name, job.workflow_id, job.version, {model.hash for model in used})
    job = job.evolve(models=used, backend_version=backend.version)
    return await _enqueued(tools, job, backend, answer.item_ids)


async def _turn(tools: Tools, job: Job, card: Card, signal: Signal) -> str | None:
    """Wait for the turn, and return the backend that it is on; None where none came back for too long."""
    line, board = tools.line, tools.board
    line.join(tools.ticket(job), signal.wake)
    line.ready(job.id)
    try:
        while not (turn := line.turn(job.id)) and not signal.cancelled:
            if board.is_hopeless(job.id):
                return None
            tools.fitness.require(job.workflow_id, job.version)
            signal.clear()
            card.show(job, board.waiting(tools.ticket(job), signal.wake))
            await signal.wait()
    finally:
        board.forget(job.id)
    if not signal.cancelled:
        card.show(job, Waiting(0))
    return turn


def _models(batch: Batch) -> tuple[UsedModel, ...]:
    """Return the models that a batch works with, each once; their hashes are the same on every backend."""
    values = (mapping(value) for node in batch.graph["nodes"].values() for value in mapping(node).values())
    found = (value for value in values if value.get("hash"))
    used = (UsedModel(*(text(value.get(key)) for key in ("name", "base", "type", "hash"))) for value in found)
    return tuple(dict.fromkeys(used))


async def _compile(tools: Tools, job: Job, backend: Backend, schemas: Schemas, recipe: Recipe) -> Batch:
    try:
        own = rebased(recipe.inputs, job.given, backend.models)
    except InputError:
        tools.lacking.setdefault(job.id, set()).add(backend.name)
        raise
    given = {**own, **_files(job, recipe.inputs, await tools.uploads(job))}
    values = by_place(recipe.inputs, given)
    document = await asyncio.to_thread(update, recipe.document, schemas)
    generated = await expand(backend.client, document, values)
    compiling = partial(compile_batch, document, schemas, values, backend.models, generated=generated)
    batch = await asyncio.to_thread(compiling)
    if batch.size > tools.limits.images_per_run:
        raise UserError(say("problems-too-many-runs", count=batch.size, most=tools.limits.images_per_run))
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
