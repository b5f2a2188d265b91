"""What every step works with, and how what we put on a backend is known for ours."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.board import Board
from bot.catalog import Catalog, Recipe
from bot.config import Limits
from bot.fetch import Fetcher
from bot.fitness import Fitness
from bot.jobs import Job, JobStore
from bot.ledger import Asset, AssetKind
from bot.line import Line, Ticket
from bot.media import Prepared, ResultFile
from bot.originals import Originals
from bot.pool import Backend, Pool
from bot.usage import Usage
from workflows.batches import NODE_TYPES
from workflows.document import Document
from workflows.errors import Broken, NotFound, Rejected, Unavailable
from workflows.models import QueueItem, VideoRecord
from workflows.progress import Progress
from workflows.results import Made, MediaKind
from workflows.schema import Schemas

log = logging.getLogger(__name__)

_UPLOADS_AT_ONCE = 6
#: Bytes of attachments that wait for their upload, of all jobs together.
_MOST_HELD = 128 * 2**20

_OUTPUT = {MediaKind.IMAGE: AssetKind.OUTPUT, MediaKind.VIDEO: AssetKind.VIDEO_OUTPUT}
#: How a file is noted that a run made on its way.
INTERMEDIATE = {MediaKind.IMAGE: AssetKind.INTERMEDIATE, MediaKind.VIDEO: AssetKind.VIDEO_INTERMEDIATE}


@dataclass(frozen=True)
class Tools:
    """The steps' surroundings. The sets and `progress` are what only this process knows of its jobs."""

    pool: Pool
    line: Line
    board: Board
    store: JobStore
    catalog: Catalog
    fitness: Fitness
    usage: Usage
    fetcher: Fetcher
    limits: Limits
    instance: str
    originals: Originals
    #: Jobs of which surely no batch is on their backend: of all others the backend is asked first.
    fresh: set[str] = field(default_factory=set[str])
    #: What could not be written into the ledger when it happened.
    unwritten: dict[str, list[Asset]] = field(default_factory=dict[str, list[Asset]])
    #: The backends that turned out to lack a model that a job asks for.
    lacking: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    #: How far the runs are, by batch id.
    progress: dict[str, Progress] = field(default_factory=dict[str, Progress])
    #: Results that were fetched while their run still went on, by job id and name.
    fetched: dict[str, dict[str, ResultFile]] = field(default_factory=dict[str, dict[str, ResultFile]])
    #: The attachments of jobs that were all looked at, as they go up: by job id and slot, as many as may be held.
    looked_at: dict[str, dict[int, Prepared]] = field(default_factory=dict[str, dict[int, Prepared]])
    #: What their members are told of them.
    told: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    #: Each attachment in flight is held in memory whole, and after a restart hundreds may have to be uploaded.
    uploads_at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_UPLOADS_AT_ONCE))
    #: A picture of 40 million pixels takes up to 1 GB while it is packed: two at a time, however many jobs there are.
    pictures: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    def hold(self, job_id: str, slot: int, file: Prepared) -> None:
        """Hold an attachment until it goes up, if there is room; if not, it is fetched once more."""
        mine = self.looked_at.get(job_id, {})
        held = sum(len(other.data) for files in self.looked_at.values() for other in files.values())
        held -= len(mine[slot].data) if slot in mine else 0
        if held + len(file.data) <= _MOST_HELD:
            self.looked_at.setdefault(job_id, {})[slot] = file

    def forget_files(self, job_id: str) -> None:
        """Forget what was held of a job's attachments."""
        self.looked_at.pop(job_id, None)
        self.told.pop(job_id, None)

    def backend(self, job: Job) -> Backend:
        """Return the backend that a job is on. Raises Unavailable where the configuration no longer has it."""
        return self.backend_named(job.backend or "")

    def backend_named(self, name: str) -> Backend:
        try:
            return self.pool.get(name)
        except KeyError:
            raise Unavailable(f"backend {name} is not in the configuration any more") from None

    def ticket(self, job: Job) -> Ticket:
        """Return what the line needs to know of a job."""
        # What has no files anywhere yet is as well begun on one backend as on the other.
        place = job.backend if job.attachments else None
        return Ticket(
            job_id=job.id,
            user_id=job.user_id,
            guild_id=job.guild_id,
            workflow_id=job.workflow_id,
            version=job.version,
            weight=job.weight,
            running_cap=job.running_cap,
            own_running_cap=job.own_running_cap,
            backend=place,
            lacking=frozenset(self.lacking.get(job.id, ())),
        )

    def offers(self, job: Job) -> Sequence[str]:
        """Return the backends that may take a job now, best first."""
        return self.pool.offers(self.ticket(job))

    async def unanswered(self, job: Job) -> None:
        """Note that uploads or a batch may have arrived on the job's backend although no answer came back."""
        asset = Asset(job.id, job.backend or "", AssetKind.UNANSWERED, job.batch_id)
        try:
            await self.store.note([asset])
        except sqlite3.Error:
            self.unwritten.setdefault(job.id, []).append(asset)

    async def version(self, job: Job) -> Recipe:
        return await self.catalog.version(job.workflow_id or 0, job.version or 0)

    async def uploads(self, job: Job) -> list[Asset]:
        """Return the job's uploads on the backend that it is on now."""
        there = [asset for asset in await self.store.assets(job.id) if asset.backend == job.backend]
        return [asset for asset in there if asset.kind.is_upload and asset.deleted_at is None]

    async def videos(self, job: Job) -> set[str]:
        """Return the names of the job's videos."""
        return {asset.ref for asset in await self.store.assets(job.id) if asset.kind.is_video}


def is_up(pool: Pool, name: str | None) -> bool:
    """Tell whether a backend is in the configuration and answers."""
    return any(backend.name == name and backend.is_up for backend in pool)


def mark(instance: str, job_id: str) -> str:
    """Return what an upload carries, so that it can be found again by who made it and for which job."""
    return f"{origin(instance)}-{job_id}"


def origin(instance: str) -> str:
    """Return what everything carries that this database ever put on a backend."""
    return f"familiar-{instance}"


def node_titles(document: Document, schemas: Schemas) -> dict[str, str]:
    """Return what the nodes that really run are called, by the author or else by InvokeAI, by their ids."""
    running = (node for node in document.nodes.values() if node.type in schemas.nodes and node.type not in NODE_TYPES)
    return {node.id: node.label or schemas.nodes[node.type].title for node in running}


async def note_made(
    tools: Tools, job: Job, backend: Backend, items: Sequence[QueueItem], results: Sequence[Made], own: Sequence[Made]
) -> None:
    """Write the run's results, whatever else it made, and its queue items into the ledger."""
    others = [made for made in own if made not in set(results)]
    assets = [Asset(job.id, backend.name, _OUTPUT[made.kind], made.name) for made in results]
    assets += [Asset(job.id, backend.name, INTERMEDIATE[made.kind], made.name) for made in others]
    assets += [Asset(job.id, backend.name, AssetKind.ITEM, str(i.item_id), session_id=i.session_id) for i in items]
    await tools.store.note(assets)


def made_of(asset: Asset) -> Made:
    """Return the image or video that an asset of that kind is."""
    return Made(MediaKind.VIDEO if asset.kind.is_video else MediaKind.IMAGE, asset.ref)


async def existing(backend: Backend, files: Sequence[Made]) -> set[Made]:
    """Return those of our images and videos that a backend still has."""
    found: set[Made] = set()
    for made in files:
        ask = backend.client.video if made.kind is MediaKind.VIDEO else backend.client.image
        with contextlib.suppress(NotFound):
            await ask(made.name)
            found.add(made)
    return found


async def delete(backend: Backend, made: Made) -> None:
    """Delete an image or a video; one that is gone already counts as deleted."""
    if made.kind is MediaKind.VIDEO:
        await backend.client.delete_video(made.name)
    else:
        await backend.client.delete_image(made.name)


async def delete_all(backend: Backend, found: Sequence[Made]) -> None:
    """Delete images and videos, the images together; any that is gone already counts as deleted."""
    if images := [made.name for made in found if made.kind is MediaKind.IMAGE]:
        await backend.client.delete_images(images)
    for made in found:
        if made.kind is MediaKind.VIDEO:
            await backend.client.delete_video(made.name)


async def together(*calls: Awaitable[None]) -> None:
    """Await calls at once, each to its end, whichever fails: none goes on beside the next try."""
    for error in filter(None, await asyncio.gather(*calls, return_exceptions=True)):
        raise error


async def readable_items(backend: Backend, destination: str) -> list[QueueItem]:
    """Return a batch's items, of a job that is over; where the backend cannot read them any more, delete them.

    A row that an upgrade made unreadable stops its queue for everybody, and only this removes it.
    """
    try:
        return await backend.client.items(destination)
    except Broken:
        log.warning("backend %s cannot read batch %s, which is deleted", backend.name, destination)
        await backend.client.delete_batch(destination)
        return []


async def uploads_marked(backend: Backend, prefix: str) -> dict[Made, str]:
    """Return the images and videos whose mark begins with `prefix`, and their marks."""
    images = await backend.client.uploads_marked(prefix)
    found = {Made(MediaKind.IMAGE, image.image_name): image.session_id or "" for image in images}
    videos = await _videos(backend, partial(backend.client.videos_marked, prefix))
    return found | {Made(MediaKind.VIDEO, video.video_name): video.session_id or "" for video in videos}


async def made_in_sessions(backend: Backend, session_ids: set[str]) -> list[Made]:
    """Return the images and videos that the runs of these sessions made, whether or not a result names them."""
    if not session_ids:
        return []
    images = await backend.client.images_of_sessions(session_ids)
    videos = await _videos(backend, partial(backend.client.videos_of_sessions, session_ids))
    found = [Made(MediaKind.IMAGE, image.image_name) for image in images]
    return [*found, *(Made(MediaKind.VIDEO, video.video_name) for video in videos)]


async def _videos(backend: Backend, ask: Callable[[], Awaitable[list[VideoRecord]]]) -> list[VideoRecord]:
    """Return the videos asked for; none where the backend keeps none: an older InvokeAI, whatever its packs make."""
    if not any(node.video_output for node in (await backend.schemas()).nodes.values()):
        return []
    try:
        return await ask()
    except (NotFound, Rejected) as error:
        log.warning("backend %s was asked for videos: %s", backend.name, error)
        return []
