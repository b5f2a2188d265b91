"""The world of one test: one InvokeAI, one database file and one wall of cards. Engines come and go in it."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

import workflows
from bot.catalog import Published
from bot.config import BackendSettings, DatabaseSettings, Limits, Settings
from bot.drafts import Draft
from bot.engine import Engine, open_engine
from bot.jobs import Attachment, Job, new_id, now
from bot.playground.invokeai import LocalInvokeAI
from tests.bot.recording import Message, RecordingCard, Wall
from workflows.check import check
from workflows.document import read
from workflows.values import InputSpec, Kind, parse_all

FIXTURES = Path(__file__).parents[1] / "fixtures" / "workflows"
#: Eight frames of 64 x 64 pixels, as an MP4 with H.264.
CLIP = Path(__file__).parents[1] / "fixtures" / "clip.mp4"
BUNDLED = Path(workflows.__file__).parent / "bundled"

ENQUEUE = ("POST", "/api/v1/queue/{queue_id}/enqueue_batch")
UPLOAD = ("POST", "/api/v1/images/upload")


def picture(size: tuple[int, int] = (24, 16), mode: str = "RGB", kind: str = "PNG", **how: Any) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, kind, **how)
    return stream.getvalue()


def document(name: str) -> bytes:
    """A workflow of this project, bundled or made for the tests."""
    folder = BUNDLED if (BUNDLED / f"{name}.json").exists() else FIXTURES
    return (folder / f"{name}.json").read_bytes()


class World:
    def __init__(self, server: LocalInvokeAI, folder: Path, **limits: Any) -> None:
        self.server = server
        self.wall = Wall()
        self.database = folder / "familiar.sqlite"
        self.picture = folder / "picture.png"
        self.picture.write_bytes(picture())
        self.clip = folder / "clip.mp4"
        self.clip.write_bytes(CLIP.read_bytes())
        self.in_flight = 2
        #: What the backends' settings say beside their addresses.
        self.login: dict[str, Any] = {}
        #: Further backends by name; the first one is "main".
        self.others: dict[str, LocalInvokeAI] = {}
        self.limits = Limits(**limits)
        #: Documents by name that exist only in this test.
        self.documents: dict[str, bytes] = {}
        self._published: dict[str, Published] = {}

    @property
    def settings(self) -> Settings:
        servers = {"main": self.server, **self.others}
        backends = tuple(
            BackendSettings(name=name, url=server.url, max_in_flight=self.in_flight, **self.login)
            for name, server in servers.items()
        )
        return Settings(backend=backends, database=DatabaseSettings(path=self.database), limits=self.limits)

    @property
    def servers(self) -> list[LocalInvokeAI]:
        return [self.server, *self.others.values()]

    async def revive(self) -> None:
        """Start the servers again that were made to crash."""
        for server in self.servers:
            if not server.is_running:
                await server.restart()

    @contextlib.asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        """One life of the bot, from its start to its end."""
        async with open_engine(self.settings) as engine, engine.runner.running():
            yield engine

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Engine]:
        async with self.engine() as engine:
            for backend in engine.pool:
                assert await backend.events.wait_connected(10)
                await backend.schemas()
            yield engine

    async def job(self, engine: Engine, workflow: str, *, user_id: int = 1, pictures: int = 1, **raw: object) -> Job:
        """A job as a member's command would make it; all its pictures, and videos, are the same small one."""
        published = await self.published(engine, workflow)
        given = parse_all(published.inputs, raw, engine.pool.first.models, lambda low, _: low)
        return Job(
            id=new_id(),
            user_id=user_id,
            title=workflow,
            created_at=now(),
            workflow_id=published.workflow_id,
            version=published.version,
            given=given,
            attachments=tuple(self._attachments(published.inputs, pictures)),
        )

    async def published(self, engine: Engine, workflow: str) -> Published:
        if workflow not in self._published:
            raw = self.documents.get(workflow) or document(workflow)
            backend = engine.pool.first
            report = check(read(raw), await backend.schemas(), backend.models)
            draft = Draft(new_id(), 1, 1, workflow.replace("_", "-"), workflow, "", raw, report.inputs)
            self._published[workflow] = await engine.catalog.publish(draft)
        return self._published[workflow]

    def _attachments(self, inputs: tuple[InputSpec, ...], pictures: int) -> list[Attachment]:
        return [
            Attachment(name, path.name, path.as_uri(), path.stat().st_size)
            for spec in inputs
            if spec.is_file
            for path in [self.clip if spec.kind in {Kind.VIDEO, Kind.VIDEOS} else self.picture]
            for name in spec.names[: pictures if spec.is_collection_of_files else 1]
        ]

    async def start(
        self, engine: Engine, workflow: str, changes: Mapping[str, Any] | None = None, **how: Any
    ) -> tuple[Job, RecordingCard, "asyncio.Task[Job]"]:
        """Submit a job, with `changes` that no command would make, and set it going."""
        job = await self.job(engine, workflow, **how)
        job = await engine.runner.submit(job.evolve(**changes or {}))
        card = await self.wall.open(job)
        return job, card, engine.runner.start(job, card)

    async def run(self, engine: Engine, workflow: str, **how: Any) -> tuple[Job, RecordingCard]:
        """Run a job to its end."""
        _, card, task = await self.start(engine, workflow, **how)
        async with asyncio.timeout(20):
            return await task, card

    def message(self, job: Job) -> Message:
        return self.wall.messages[job.id]

    async def assert_clean(self, engine: Engine) -> None:
        """Nothing is left on the backend, and the ledger knows it."""
        for server in self.servers:
            assert (list(server.images), list(server.videos), list(server.items)) == ([], [], [])
        assert await engine.store.count_left() == 0
        assert await engine.store.open_jobs() == []

    def asked(self, method: str, since: Mapping[tuple[str, str], int]) -> dict[str, int]:
        """How often each path was asked by this method since then."""
        return {
            path: count - since.get((verb, path), 0)
            for (verb, path), count in self.server.requests.items()
            if verb == method and count > since.get((verb, path), 0)
        }


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has no event of its own."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.002)


def text_chunks(data: bytes) -> dict[str, Any]:
    """Everything that a picture file says beside its pixels."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return {
            str(key): image.info[key] for key in image.info.keys() - {"background", "loop", "duration", "timestamp"}
        }
