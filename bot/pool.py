"""The backends: their connections, what they can do, and which one takes a job."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

import httpx

from bot.config import BackendSettings
from bot.line import Line
from workflows.client import InvokeClient
from workflows.errors import BackendError, Unavailable
from workflows.events import EventStream
from workflows.models import STYLE_PRESET, ModelRecord
from workflows.schema import Schemas

log = logging.getLogger(__name__)

_REFRESH_SECONDS = 30.0
_FIRST_LOOK_SECONDS = 2.0
_FRESH_LOOK_SECONDS = 15.0


class Backend:
    """One InvokeAI, as the jobs see it. What it can do is remembered, and read again every half minute."""

    def __init__(self, settings: BackendSettings, client: InvokeClient, events: EventStream) -> None:
        self.name = settings.name
        self.url = settings.url
        self.client = client
        self.events = events
        self.line = Line(settings.max_in_flight)
        #: The version, and the event connection, at which the node types were read.
        self._read_at = ("", 0)
        self._schemas: Schemas | None = None
        self._models: list[ModelRecord] = []

    @property
    def models(self) -> Sequence[ModelRecord]:
        """The installed models and style presets at the last look; quick enough to answer while somebody types."""
        return self._models

    async def known_models(self) -> Sequence[ModelRecord]:
        """Return the installed models; where there was no look yet, wait a moment for the first.

        Raises Unavailable: a member waits, and Discord gives three seconds for an answer.
        """
        if self._schemas is None:
            try:
                async with asyncio.timeout(_FIRST_LOOK_SECONDS):
                    await self.refresh()
            except TimeoutError:
                raise Unavailable(f"{self.name} did not tell its models in time") from None
        return self._models

    async def schemas(self) -> Schemas:
        """Return the node types. Raises BackendError where they were never read and cannot be now."""
        if self._schemas is None:
            await self.refresh()
        if self._schemas is None:
            raise Unavailable(f"{self.name} did not tell its node types")
        return self._schemas

    async def fresh_schemas(self) -> Schemas:
        """Look at everything again and return the node types; those known already, where it does not answer.

        For whoever just installed what was missing. Raises BackendError where nothing is known.
        """
        try:
            async with asyncio.timeout(_FRESH_LOOK_SECONDS):
                await self.refresh(everything=True)
        except (BackendError, TimeoutError) as error:
            log.info("backend %s did not let itself be looked at again: %r", self.name, error)
            if self._schemas is None:
                raise Unavailable(f"{self.name} did not tell its node types") from error
        return await self.schemas()

    async def refresh(self, *, everything: bool = False) -> None:
        """Look at the backend's models, and at its node types where those may be others. Raises BackendError.

        Node types are large, and change only when it is updated or restarted, which breaks the event connection.
        """
        now = (await self.client.version(), self.events.connections)
        if everything or self._schemas is None or now != self._read_at:
            self._schemas = await self.client.schemas()
            self._read_at = now
        self._models = [*await self.client.models(), *await self._style_presets()]

    async def _style_presets(self) -> list[ModelRecord]:
        """Return the style presets as records of a kind of their own; without them a backend still does the rest."""
        try:
            presets = await self.client.style_presets()
        except BackendError as error:
            log.info("backend %s did not tell its style presets: %s", self.name, error)
            return [model for model in self._models if model.type == STYLE_PRESET]
        return [ModelRecord(key=one.id, hash="", name=one.name, base="any", type=STYLE_PRESET) for one in presets]


class Pool:
    """All backends, in the order of the configuration."""

    def __init__(self, backends: Iterable[Backend]) -> None:
        self._backends = {backend.name: backend for backend in backends}

    def __iter__(self):
        return iter(self._backends.values())

    @property
    def first(self) -> Backend:
        """The backend that workflows are checked against when they are registered."""
        return next(iter(self._backends.values()))

    def get(self, name: str) -> Backend:
        """Return a backend by name. Raises KeyError where the configuration no longer has it."""
        return self._backends[name]

    def choose(self) -> Backend:
        """Return the backend that takes the next job: one that answers, with the shortest line."""
        return min(self, key=lambda backend: (not backend.events.connected, backend.line.length))


@contextlib.asynccontextmanager
async def open_pool(
    settings: Iterable[BackendSettings], open_http: Callable[[str], httpx.AsyncClient]
) -> AsyncGenerator[Pool]:
    """Open the connections to all backends; one that does not answer is tried again for as long as the pool is open."""
    async with contextlib.AsyncExitStack() as stack:
        backends: list[Backend] = []
        for backend in settings:
            http = await stack.enter_async_context(open_http(backend.url))
            client = InvokeClient(http, backend.queue_id, backend.credentials)
            stream = EventStream(backend.url, backend.queue_id, client.token, client.forget_token)
            events = await stack.enter_async_context(stream)
            backends.append(Backend(backend, client, events))
        async with contextlib.AsyncExitStack() as watchers:
            for backend in backends:
                task = asyncio.create_task(_keep_fresh(backend), name=f"refresh {backend.name}")
                watchers.push_async_callback(_end, task)
            yield Pool(backends)


async def _keep_fresh(backend: Backend) -> None:
    while True:
        try:
            await backend.refresh()
        except BackendError as error:
            log.warning("backend %s: %s", backend.name, error)
        except Exception:
            log.exception("backend %s could not be read", backend.name)
        await asyncio.sleep(_REFRESH_SECONDS)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
