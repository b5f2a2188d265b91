"""The life of a job: one function per state, one effect each, and the next Job as its result.

    NEW       upload one attachment                         NEW until all are up, then READY
    READY     wait for the turn, enqueue                    QUEUED
    QUEUED    follow the run                                FINISHED, or READY once more after a backend's restart
    FINISHED  deliver the results, or what went wrong       SETTLED
    SETTLED   delete one thing that it left, and confirm    SETTLED until the ledger is clean, then CLOSED

The row is saved after each step and before the next. A step may run twice: what it does then does nothing new.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bot import media, problems
from bot.cards import Cancelling, Card, Restarted, Running, TooLarge, Undeliverable, Uploading, Waiting
from bot.catalog import Catalog
from bot.config import Limits
from bot.fetch import Fetcher
from bot.jobs import Asset, AssetKind, Job, JobStore, Outcome, State, now
from bot.pool import Backend, Pool
from bot.signals import Signal
from workflows.batches import NODE_TYPES
from workflows.document import Document
from workflows.errors import BackendError, NotFound, QueueFull, Rejected, Unavailable, UserError
from workflows.events import EventKind, Watch
from workflows.graph import Batch, compile_batch
from workflows.models import ItemStatus, QueueItem
from workflows.progress import Progress
from workflows.results import image_names, outputs, result_images
from workflows.values import InputSpec, Kind

log = logging.getLogger(__name__)

Step = Callable[[Job, Card, Signal], Awaitable[Job]]

#: Events wake us; this is how long we trust their silence.
POLL_SECONDS = 15.0
#: How long a node that was cancelled may take to end, before the hourly sweep is left to look after it.
QUIET_SECONDS = 60.0
FILES_PER_MESSAGE = 10


class Steps:
    """The steps, and what they work with."""

    def __init__(
        self, pool: Pool, store: JobStore, catalog: Catalog, fetcher: Fetcher, limits: Limits, instance: str
    ) -> None:
        self._pool = pool
        self._store = store
        self._catalog = catalog
        self._fetcher = fetcher
        self._limits = limits
        self._instance = instance
        #: Jobs that this process made and never tried to enqueue: of all others the backend is asked first.
        self._fresh: set[str] = set()
        #: Jobs of which an upload may have arrived although no answer came back.
        self._unsure: set[str] = set()
        self.of: Mapping[State, Step] = {
            State.NEW: self.new,
            State.READY: self.ready,
            State.QUEUED: self.queued,
            State.FINISHED: self.finished,
            State.SETTLED: self.settled,
        }

    def expect(self, job: Job) -> None:
        """Tell that a job was made just now, so that nothing of it can be on a backend yet."""
        self._fresh.add(job.id)

    async def new(self, job: Job, card: Card, signal: Signal) -> Job:
        """Check and upload one attachment, and note its name before anything else can fail."""
        backend = self._backend(job)
        if signal.cancelled:
            return job.ended(Outcome.CANCELLED)
        backend.line.join(job.id, job.user_id, signal.wake)
        done = {asset.slot for asset in await self._uploads(job)}
        slot = next((slot for slot in range(len(job.attachments)) if slot not in done), None)
        if slot is None:
            without_urls = tuple(replace(attachment, url="") for attachment in job.attachments)
            return job.evolve(state=State.READY, attachments=without_urls)
        card.show(job, Uploading(slot + 1, len(job.attachments), backend.line.position(job.id)))
        attachment = job.attachments[slot]
        data = await self._fetcher.fetch(attachment)
        png = await asyncio.to_thread(media.prepare, attachment.name, data, self._limits.image_megapixels)
        try:
            image = await backend.client.upload(png, mark(self._instance, job.id))
            await self._store.note([Asset(job.id, backend.name, AssetKind.UPLOAD, image.image_name, slot)])
        except Exception:
            self._unsure.add(job.id)
            raise
        return job

    async def ready(self, job: Job, card: Card, signal: Signal) -> Job:
        """Wait for the turn, then enqueue, unless an earlier try already did."""
        backend = self._backend(job)
        await self._turn(job, backend, card, signal)
        if job.id not in self._fresh and (items := await backend.client.items(job.batch_id)):
            return await self._enqueued(job, backend, [item.item_id for item in items])
        if signal.cancelled:
            return job.ended(Outcome.CANCELLED)
        document, inputs = await self._version(job)
        batch = await self._compile(job, backend, document, inputs)
        watch = backend.events.watch(job.batch_id)
        # Connected before the batch exists: then no event of it can be missed, and nothing need be asked meanwhile.
        watch.stale = not backend.events.connected
        self._fresh.discard(job.id)
        try:
            answer = await backend.client.enqueue(batch.body(job.batch_id, origin(self._instance)))
        except QueueFull as error:
            raise Unavailable(str(error)) from error
        except Rejected as error:
            if text := problems.rejected(error, inputs):
                raise UserError(text) from error
            raise
        return await self._enqueued(job, backend, answer.item_ids)

    async def queued(self, job: Job, card: Card, signal: Signal) -> Job:
        """Follow the run to its end. Events wake us, asking tells the truth."""
        backend = self._backend(job)
        backend.line.resume(job.id, job.user_id)
        document, _ = await self._version(job)
        titles = await _titles(document, backend)
        progress = Progress(titles, items=len(job.item_ids))
        watch = backend.events.watch(job.batch_id)
        with signal.also_wakes(watch.poke):
            items = await self._follow(job, backend, card, signal, watch, progress)
        if items is None:
            return job.ended(Outcome.LOST, problems.FORGOTTEN)
        backend.events.forget(job.batch_id)
        return await self._ended(job, backend, card, signal, items, progress, document)

    async def finished(self, job: Job, card: Card, signal: Signal) -> Job:
        """Deliver the results, or what went wrong, to the card."""
        backend = self._backend(job)
        backend.line.leave(job.id)
        try:
            for smaller in (1, 2, 4, 8):
                files = await self._files(job, backend, card, smaller)
                if job.results and not files:
                    job = job.evolve(outcome=Outcome.FAILED, problem=problems.VANISHED)
                with contextlib.suppress(TooLarge):
                    await card.deliver(job, files)
                    break
            else:
                raise Undeliverable("the files are too large, however small they are made")
        except Undeliverable as error:
            log.warning("job %s: its card is out of reach: %s", job.id, error)
            return job.evolve(state=State.SETTLED)
        return job.evolve(state=State.SETTLED, delivered_at=now())

    async def settled(self, job: Job, card: Card, signal: Signal) -> Job:
        """Delete one thing that the job left on the backend, and write down that it is gone."""
        backend = self._backend(job)
        ledger = await self._store.assets(job.id)
        left = [asset for asset in ledger if asset.deleted_at is None]
        images = [asset for asset in left if asset.kind is not AssetKind.ITEM]
        if images:
            await backend.client.delete_image(images[0].ref)
            await self._store.mark_deleted(images[0])
            return job
        items = [asset for asset in ledger if asset.kind is AssetKind.ITEM]
        was_stopped = job.outcome is not Outcome.COMPLETED or job.attempt > 1
        if was_stopped and len(left) == len(items) > 0 and await self._late(job, backend, ledger):
            return job
        if left:
            await backend.client.delete_item(int(left[0].ref))
            await self._store.mark_deleted(left[0])
            return job
        if job.id in self._unsure:
            self._unsure.discard(job.id)
            unknown = await backend.client.uploads_marked(mark(self._instance, job.id))
            await self._store.note(Asset(job.id, backend.name, AssetKind.UPLOAD, i.image_name) for i in unknown)
            return job
        return job.evolve(state=State.CLOSED, closed_at=now(), interaction_token=None)

    def forward(self, job: Job, problem: str) -> Job:
        """Return where a job goes that cannot stay in its state: on to delivery, then to cleanup."""
        if job.state is State.FINISHED:
            return job.evolve(state=State.SETTLED)
        return job.ended(Outcome.FAILED, problem)

    # READY

    async def _turn(self, job: Job, backend: Backend, card: Card, signal: Signal) -> None:
        line = backend.line
        line.join(job.id, job.user_id, signal.wake)
        line.ready(job.id)
        while not line.has_turn(job.id) and not signal.cancelled:
            signal.clear()
            card.show(job, Waiting(line.position(job.id)))
            await signal.wait()
        if not signal.cancelled:
            card.show(job, Waiting(0))

    async def _compile(self, job: Job, backend: Backend, document: Document, inputs: Sequence[InputSpec]) -> Batch:
        schemas = await backend.schemas()
        given = {**job.given, **_pictures(job, inputs, await self._uploads(job))}
        values = {(spec.node_id, spec.field_name): given[spec.name] for spec in inputs if spec.name in given}
        batch = await asyncio.to_thread(compile_batch, document, schemas, values, backend.models)
        if batch.size > self._limits.images_per_run:
            raise UserError(
                f"That would make {batch.size} runs at once; up to {self._limits.images_per_run} are fine here."
            )
        return batch

    async def _enqueued(self, job: Job, backend: Backend, item_ids: Sequence[int]) -> Job:
        ids = tuple(sorted(item_ids))
        await self._store.note(Asset(job.id, backend.name, AssetKind.ITEM, str(item_id)) for item_id in ids)
        return job.evolve(state=State.QUEUED, item_ids=ids, enqueued_at=now())

    # QUEUED

    async def _follow(
        self, job: Job, backend: Backend, card: Card, signal: Signal, watch: Watch, progress: Progress
    ) -> list[QueueItem] | None:
        """Return the items once all are final, or None where the backend knows none of them."""
        told = False
        while True:
            if signal.cancelled and not told:
                card.show(job, Cancelling())
                await backend.client.cancel(job.batch_id)
                watch.stale = told = True
            if watch.stale or progress.items_done.issuperset(job.item_ids):
                items = await self._ask(job, backend, watch)
                if not items or all(item.status.is_final for item in items):
                    return items or None
                progress.items_done = {item.item_id for item in items if item.status.is_final}
            if not told:
                card.show(job, _running(progress))
            await watch.wait(POLL_SECONDS)
            events = watch.take()
            for event in events:
                progress.apply(event)
                if event.kind is EventKind.CANCELED and set(event.canceled_ids) & set(job.item_ids):
                    watch.stale = True
            watch.stale = watch.stale or not events

    async def _ask(self, job: Job, backend: Backend, watch: Watch) -> list[QueueItem]:
        watch.stale = False
        try:
            return await backend.client.items(job.batch_id)
        except BackendError:
            watch.stale = True  # The next try of this step asks again, and does not wait for an event first.
            raise

    async def _ended(
        self,
        job: Job,
        backend: Backend,
        card: Card,
        signal: Signal,
        items: Sequence[QueueItem],
        progress: Progress,
        document: Document,
    ) -> Job:
        """Note everything that the run made, and decide how it ended."""
        given = [asset.ref for asset in await self._uploads(job)]
        output_ids = [output.node_id for output in outputs(document, await backend.schemas())]
        made = [name for item in items for name in result_images(item.session, output_ids, given)]
        seen = [name for item in items for name in image_names(item.session.results)]
        await self._note_made(job, backend, items, made, [*seen, *sorted(progress.images)], given)
        statuses = {item.status for item in items}
        if ItemStatus.CANCELED in statuses and signal.cancelled:
            return job.ended(Outcome.CANCELLED, results=made)
        if ItemStatus.FAILED in statuses:
            for item in items:
                log.warning("job %s: item %s: %s %s", job.id, item.item_id, item.error_type, item.error_message)
            return job.ended(Outcome.FAILED, problems.failed_run(items, progress.titles), made)
        if ItemStatus.CANCELED in statuses:
            # Nobody asked for that: a backend that restarts marks what ran as cancelled, without an event.
            log.warning("job %s: cancelled by the backend in attempt %s", job.id, job.attempt)
            if job.attempt > 1:
                return job.ended(Outcome.LOST, problems.RESTARTED, made)
            card.show(job, Restarted())
            return job.evolve(state=State.READY, attempt=job.attempt + 1, item_ids=())
        if not made:
            return job.ended(Outcome.FAILED, problems.NO_IMAGE)
        return job.ended(Outcome.COMPLETED, results=made)

    async def _note_made(
        self,
        job: Job,
        backend: Backend,
        items: Sequence[QueueItem],
        made: Sequence[str],
        seen: Sequence[str],
        given: Sequence[str],
    ) -> None:
        name = backend.name
        assets = [Asset(job.id, name, AssetKind.OUTPUT, ref) for ref in made]
        others = [ref for ref in dict.fromkeys(seen) if ref not in set(made) | set(given)]
        assets += [Asset(job.id, name, AssetKind.INTERMEDIATE, ref) for ref in others]
        assets += [Asset(job.id, name, AssetKind.ITEM, str(i.item_id), session_id=i.session_id) for i in items]
        await self._store.note(assets)

    # FINISHED

    async def _files(self, job: Job, backend: Backend, card: Card, smaller: int) -> list[media.ResultFile]:
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

    # SETTLED

    async def _late(self, job: Job, backend: Backend, ledger: Sequence[Asset]) -> bool:
        """Look for what a stopped run, or an attempt that a restart ended, still made; return whether it is new.

        A node in flight when its item is cancelled ends afterwards, and its image comes without a result to name it.
        """
        if any(asset.kind is AssetKind.ITEM and not asset.session_id for asset in ledger):
            # It was given up before its end was seen, so it may run still, and its images have no name here yet.
            await backend.client.cancel(job.batch_id)
            await self._note_made(job, backend, await backend.client.items(job.batch_id), (), (), ())
            ledger = await self._store.assets(job.id)
        await self._quiet(backend)
        sessions = {asset.session_id for asset in ledger if asset.session_id}
        known = {asset.ref for asset in ledger}
        images = await backend.client.images_of_sessions(sessions) if sessions else []
        found = [image.image_name for image in images if image.image_name not in known]
        await self._store.note(Asset(job.id, backend.name, AssetKind.INTERMEDIATE, name) for name in found)
        return bool(found)

    async def _quiet(self, backend: Backend) -> None:
        """Wait until the backend works on nothing, or for as long as a node may reasonably take."""
        waited, pause = 0.0, 0.1
        while waited < QUIET_SECONDS and (await backend.client.queue_state()).processor.is_processing:
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 2.0)

    # What all of them use

    def _backend(self, job: Job) -> Backend:
        try:
            return self._pool.get(job.backend or "")
        except KeyError:
            raise Unavailable(f"backend {job.backend} is not in the configuration any more") from None

    async def _version(self, job: Job) -> tuple[Document, tuple[InputSpec, ...]]:
        return await self._catalog.version(job.workflow_id or 0, job.version or 0)

    async def _uploads(self, job: Job) -> list[Asset]:
        return [asset for asset in await self._store.assets(job.id) if asset.kind is AssetKind.UPLOAD]


def mark(instance: str, job_id: str) -> str:
    """Return what an upload carries, so that it can be found again by who made it and for which job."""
    return f"{origin(instance)}-{job_id}"


def origin(instance: str) -> str:
    """Return what everything carries that this database ever put on a backend."""
    return f"familiar-{instance}"


def _pictures(job: Job, inputs: Sequence[InputSpec], uploads: Sequence[Asset]) -> dict[str, object]:
    """Return the values of image inputs: the uploads, in the order in which the attachments were given."""
    refs = {asset.slot: asset.ref for asset in uploads}
    by_name = {attachment.name: refs[slot] for slot, attachment in enumerate(job.attachments) if slot in refs}
    values: dict[str, object] = {}
    for spec in inputs:
        given = [{"image_name": by_name[name]} for name in spec.names if name in by_name]
        if given and spec.is_image:
            values[spec.name] = given if spec.kind is Kind.IMAGES else given[0]
    return values


async def _titles(document: Document, backend: Backend) -> dict[str, str]:
    """Return what the nodes that really run are called, by the author or else by InvokeAI."""
    schemas = await backend.schemas()
    running = (node for node in document.nodes.values() if node.type in schemas.nodes and node.type not in NODE_TYPES)
    return {node.id: node.label or schemas.nodes[node.type].title for node in running}


def _running(progress: Progress) -> Running:
    return Running(
        node=progress.position,
        nodes=progress.total,
        title=progress.node_title,
        step=progress.step,
        fraction=progress.fraction,
        overall=progress.overall,
        item=min(len(progress.items_done) + 1, progress.items),
        items=progress.items,
    )
