"""The step that follows a run on a backend to its end, and decides how it ended."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot import problems
from bot.cards import Away, Cancelling, Card, Restarted, Running
from bot.catalog import Recipe
from bot.jobs import Job, Outcome, State, now
from bot.pool import Backend
from bot.signals import Signal
from bot.steps.early import Early
from bot.steps.tools import Tools, existing, made_of, node_titles, note_made
from workflows.batches import NODE_TYPES
from workflows.document import Document
from workflows.errors import BackendError, Broken
from workflows.events import EventKind, Watch
from workflows.models import ItemStatus, QueueItem
from workflows.progress import Progress
from workflows.results import made_by, made_in, outputs
from workflows.schema import Schemas
from workflows.update import update

log = logging.getLogger(__name__)

#: Events wake us; this is how long we trust their silence.
POLL_SECONDS = 15.0

#: Seconds. An end that is nearer has passed by the time that somebody reads of it.
_SOONEST = 2.0

#: What a node fails with whose file is not there.
_LOST = frozenset({"ImageRecordNotFoundException", "VideoRecordNotFoundException"})

#: Nodes that only hand values on, and are over at once: by their category, or by what InvokeAI calls them, which for
#: some is nothing but their class's name.
_HELPERS = frozenset({"primitives", "math", "strings", "batch"})
_HELPER = re.compile(r"\w+Invocation|(Core )?Metadata( .*)?")


async def queued(tools: Tools, job: Job, card: Card, signal: Signal) -> Job:
    """Follow the run to its end. Events wake us, asking tells the truth."""
    backend = tools.backend(job)
    tools.line.resume(tools.ticket(job), backend.name)
    recipe = await tools.version(job)
    schemas = await backend.schemas()
    titles = node_titles(recipe.document, schemas)
    output_ids = await asyncio.to_thread(_output_ids, recipe, schemas)
    # Kept over tries of this step: a moment without an answer must not throw the bar back to nothing.
    shown = _shown_titles(titles, recipe.document, schemas)
    usual, iterates = tools.usage.expected(job.workflow_id), _iterates(recipe.document)
    begun = Progress(shown, items=len(job.item_ids), usual=usual, iterates=iterates)
    progress = tools.progress.setdefault(job.batch_id, begun)
    watch = backend.events.watch(job.batch_id)
    async with Early(backend.client, output_ids, tools.pictures) as early:
        try:
            with signal.also_wakes(watch.poke):
                items = await _follow(job, backend, card, signal, watch, progress, early)
        except Broken:
            # After an upgrade it may not be able to read its own row any more, and its queue stops there for everybody.
            tools.fitness.require(job.workflow_id, job.version)
            raise
        if items is None:
            return job.ended(Outcome.LOST, problems.FORGOTTEN)
        if _lacks_nodes(recipe, schemas):
            # It was read while it was another version: what ran there, it has again.
            output_ids = await asyncio.to_thread(_output_ids, recipe, await backend.fresh_schemas())
        made = await _note_results(tools, job, items, progress, output_ids, early)
    job = job.evolve(backend_seconds=job.backend_seconds + sum(map(_worked, items)))
    if await _has_lost_uploads(tools, job, backend, items) and not signal.cancelled:
        log.warning("job %s: %s lost its files; they are uploaded once more", job.id, backend.name)
        tools.fresh.add(job.id)
        return job.moved(backend.name, anew=True)
    following = _verdict(job, items, made, titles, signal.cancelled)
    if following.state is State.READY:
        tools.fresh.add(job.id)
        card.show(job, Restarted())
    tools.usage.note(following)
    return following


async def _follow(
    job: Job, backend: Backend, card: Card, signal: Signal, watch: Watch, progress: Progress, early: Early
) -> list[QueueItem] | None:
    """Return the items once all are final, or None where the backend knows none of them."""
    told = False
    while True:
        if signal.cancelled and not told:
            card.show(job, Cancelling())
            await backend.client.cancel(job.batch_id)
            watch.stale = told = True
        is_over = progress.items_done.issuperset(job.item_ids)
        if is_over:
            early.fetch()
        if watch.stale or is_over:
            items = await _ask(job, backend, watch)
            if not items or all(item.status.is_final for item in items):
                return items or None
            progress.items_done = {item.item_id for item in items if item.status.is_final}
            if any(item.status is not ItemStatus.PENDING for item in items):
                progress.begin()
        if not told:
            is_held = backend.is_paused and not progress.started
            card.show(job, Away(is_paused=True) if is_held else _running(progress))
        with signal.at_rest():
            await watch.wait(POLL_SECONDS)
        events = watch.take()
        for event in events:
            progress.apply(event)
            early.take(event)
            if event.kind is EventKind.CANCELED and set(event.canceled_ids) & set(job.item_ids):
                watch.stale = True
        watch.stale = watch.stale or not events


async def _ask(job: Job, backend: Backend, watch: Watch) -> list[QueueItem]:
    watch.stale = False
    try:
        return await backend.client.items(job.batch_id)
    except BackendError:
        watch.stale = True  # The next try of this step asks again, and does not wait for an event first.
        raise


async def _note_results(
    tools: Tools, job: Job, items: Sequence[QueueItem], progress: Progress, output_ids: Sequence[str], early: Early
) -> list[str]:
    """Note everything that the run made, and return the names of its results.

    Nodes also repeat names that they were given: of files that the author left in the workflow, for one. What is
    not of this run's own sessions is somebody else's, and neither noted, nor posted, nor deleted.
    """
    seen = [*(made for item in items for made in made_in(item.session.results)), *sorted(progress.made)]
    own = await early.own(seen, {item.session_id for item in items})
    named = [made for item in items for made in made_by(item.session, output_ids)]
    made = [made for made in named if made in own]
    await note_made(tools, job, tools.backend(job), items, made, own)
    tools.fetched[job.id] = await early.files(made)
    # A workflow that only passes on what the member gave posts just that.
    uploads = {asset.ref for asset in await tools.uploads(job)}
    return [made.name for made in made] or [made.name for made in named if made.name in uploads]


def _output_ids(recipe: Recipe, schemas: Schemas) -> list[str]:
    """Return the nodes whose results are posted. Slow for a large document, of which the edges are looked at."""
    return [output.node_id for output in outputs(update(recipe.document, schemas), schemas, recipe.edits.outputs)]


def _lacks_nodes(recipe: Recipe, schemas: Schemas) -> bool:
    kinds = {node.type for node in recipe.document.nodes.values()}
    return not kinds <= schemas.nodes.keys() | NODE_TYPES


def _verdict(job: Job, items: Sequence[QueueItem], made: Sequence[str], titles: Mapping[str, str], asked: bool) -> Job:
    """Decide how a run ended; `asked` tells whether somebody wanted it cancelled."""
    statuses = {item.status for item in items}
    if asked:
        # Also where the run was over before the backend heard of it: whoever cancels wants nothing posted.
        return job.ended(Outcome.CANCELLED)
    if ItemStatus.FAILED in statuses:
        for item in items:
            log.warning("job %s: item %s: %s %s", job.id, item.item_id, item.error_type, item.error_message)
        return job.ended(Outcome.FAILED, problems.failed_run(items, titles), made)
    if ItemStatus.CANCELED in statuses:
        # Nobody asked for that: a backend that restarts marks what ran as cancelled, without an event.
        log.warning("job %s: cancelled by the backend in attempt %s", job.id, job.attempt)
        if job.restarts:
            return job.ended(Outcome.LOST, problems.RESTARTED, made)
        return job.evolve(state=State.READY, attempt=job.attempt + 1, restarts=1, item_ids=())
    if len(items) < len(job.item_ids):
        return job.ended(Outcome.LOST, problems.PARTLY_FORGOTTEN if made else problems.FORGOTTEN, made)
    if not made:
        return job.ended(Outcome.FAILED, problems.NOTHING_MADE)
    return job.ended(Outcome.COMPLETED, results=made)


async def _has_lost_uploads(tools: Tools, job: Job, backend: Backend, items: Sequence[QueueItem]) -> bool:
    """Tell whether a first run failed for files of ours that the backend lost; the ledger knows of them then."""
    can_be_had = all(attachment.url for attachment in job.attachments)
    if job.attempt > 1 or not can_be_had or not any(item.error_type in _LOST for item in items):
        return False
    uploads = await tools.uploads(job)
    there = await existing(backend, [made_of(asset) for asset in uploads])
    lost = [asset for asset in uploads if made_of(asset) not in there]
    await tools.store.mark_deleted(lost)
    return bool(lost)


def _worked(item: QueueItem) -> float:
    """Return for how many seconds the backend worked on an item, by its own clock."""
    if item.started_at is None or item.completed_at is None:
        return 0.0
    return max((item.completed_at - item.started_at).total_seconds(), 0.0)


def _shown_titles(titles: Mapping[str, str], document: Document, schemas: Schemas) -> dict[str, str]:
    """Return what people are told of the running nodes by their ids: nothing of those that mean nothing to them."""

    def is_helper(node_id: str) -> bool:
        node = document.nodes[node_id]
        kind = schemas.nodes[node.type]
        return not node.label and (kind.category in _HELPERS or bool(_HELPER.fullmatch(kind.title)))

    return {node_id: "" if is_helper(node_id) else title for node_id, title in titles.items()}


def _iterates(document: Document) -> bool:
    return any(node.type == "iterate" for node in document.nodes.values())


def _running(progress: Progress) -> Running:
    return Running(
        # None yet, of so many, where the backend has not come to it.
        node=progress.position if progress.has_begun else 0,
        nodes=progress.known_total if progress.has_begun else progress.total,
        title=progress.node_title,
        step=progress.step,
        fraction=progress.fraction,
        overall=progress.overall,
        item=min(len(progress.items_done) + 1, progress.items),
        items=progress.items,
        ends_at=_ends_at(progress),
        preview=progress.preview,
    )


def _ends_at(progress: Progress) -> datetime | None:
    left = progress.seconds_left()
    return None if left is None or left < _SOONEST else (now() + timedelta(seconds=left)).replace(microsecond=0)
