"""One InvokeAI as the jobs see it: its connection, what it can do, and whether it can be given anything."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from bot.config import BackendSettings
from workflows.client import InvokeClient
from workflows.errors import BackendError, Unavailable
from workflows.events import EventStream
from workflows.models import STYLE_PRESET, ModelRecord, QueueState
from workflows.schema import Schemas

log = logging.getLogger(__name__)

_FIRST_LOOK_SECONDS = 2.0
_FRESH_LOOK_SECONDS = 15.0


class Backend:
    """One InvokeAI. What it can do is remembered; `health.watch` reads it again, and finds out whether it answers.

    It stays the same object when the settings give it another address: only `client` and `events` are others then, so
    nobody keeps those over an await that may be long.
    """

    def __init__(self, settings: BackendSettings, client: InvokeClient, events: EventStream) -> None:
        self.settings = settings
        self.client = client
        self.events = events
        #: Called whenever it came up, was set aside or paused, or can do other things than before.
        self.changed: Callable[[], None] = lambda: None
        #: An admin took it out of service.
        self.is_drained = False
        #: The settings do not name it any more.
        self.is_leaving = False
        #: Its queue stood still at the last look.
        self.is_paused = False
        self.version = ""
        #: Grows whenever node types, models or style presets were others than at the look before.
        self.looks = 0
        #: Hashes of the models of what it was last given: those are in its memory.
        self.warm: frozenset[str] = frozenset()
        #: Whether it ever answered as it should.
        self.is_known = False
        #: When everything was last read, by the loop's clock.
        self.read_at = 0.0
        #: The version, and the event connection, at which the node types were read.
        self._schemas_of = ("", 0)
        self._schemas: Schemas | None = None
        self._models: list[ModelRecord] = []
        # Up until shown otherwise: nobody waits for the first look.
        self._up = asyncio.Event()
        self._up.set()
        self._doubted = asyncio.Event()
        #: When it was set aside last, by the monotonic clock.
        self._aside_at = 0.0
        self._reading = asyncio.Lock()

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def url(self) -> str:
        return self.settings.url

    @property
    def is_up(self) -> bool:
        """Whether it answers; one that does not is set aside, and gets nothing new."""
        return self._up.is_set()

    @property
    def away_seconds(self) -> float:
        """For how long it has been set aside."""
        return 0.0 if self.is_up else time.monotonic() - self._aside_at

    @property
    def is_draining(self) -> bool:
        """Whether it gets nothing new because somebody wants it so; what it has, it ends."""
        return self.is_drained or self.is_leaving

    @property
    def is_outdated(self) -> bool:
        """Whether it may be another than it was when it was last read: it was restarted, or cannot be heard."""
        return not self.events.connected or self.events.connections != self._schemas_of[1]

    @property
    def models(self) -> Sequence[ModelRecord]:
        """The installed models and style presets at the last look; quick enough to answer while somebody types."""
        return self._models

    def doubt(self) -> None:
        """Have it looked at now: something that was asked of it did not answer."""
        self._doubted.set()

    async def doubted(self, seconds: float) -> bool:
        """Wait until somebody doubts that it answers, or the time is up; return whether somebody does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._doubted.wait()
        is_doubted = self._doubted.is_set()
        self._doubted.clear()
        return is_doubted

    async def wait_up(self, seconds: float) -> bool:
        """Wait until it answers; return whether it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._up.wait()
        return self.is_up

    def warmed(self, hashes: Iterable[str]) -> None:
        """Remember which models it was given last. A job without any leaves those in memory that are there."""
        self.warm = frozenset(hashes) or self.warm

    def set_up(self) -> None:
        """It answers as it should."""
        self.is_known = True
        if not self.is_up:
            self._up.set()
            log.info("backend %s answers again", self.name)
            self.changed()

    def set_aside(self, why: object) -> None:
        """It does not answer, or not as it should: it gets nothing until it does."""
        if self.is_up:
            self._up.clear()
            self._aside_at = time.monotonic()
            # After a restart nothing is in its memory.
            self.warm = frozenset()
            log.warning("backend %s is set aside: %s", self.name, why)
            self.changed()

    def move(self, settings: BackendSettings, client: InvokeClient, events: EventStream) -> None:
        """Be reached in another way from now on; what was known of it is known no more."""
        self.settings, self.client, self.events = settings, client, events
        self._schemas, self._models = None, []
        self.warm, self.version = frozenset(), ""
        self.is_paused = self.is_known = False
        self.looks += 1
        self._up.set()
        self._doubted.clear()
        self.changed()

    async def probe(self) -> None:
        """Ask what costs little and shows that it works: its version, and its queue. Raises BackendError."""
        self.version = await self.client.version()
        await self.look_at_queue()

    async def look_at_queue(self) -> QueueState:
        """Return how its queue is doing, and remember whether it is paused. Raises BackendError."""
        client = self.client
        state = await client.queue_state()
        is_paused = not state.processor.is_started
        if client is self.client and is_paused is not self.is_paused:
            self.is_paused = is_paused
            log.info("backend %s: its queue %s", self.name, "is paused" if is_paused else "goes on")
            self.changed()
        return state

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
            # Everything that is taken up at a start asks at once, and each answer is 1.8 MB.
            async with self._reading:
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
        client, schemas = self.client, self._schemas
        now = (await client.version(), self.events.connections)
        if everything or schemas is None or now != self._schemas_of:
            schemas = await client.schemas()
        models = [*await client.models(), *await self._style_presets(client)]
        if client is not self.client:
            raise Unavailable(f"{self.name} was given another address while it was looked at")
        differs = (schemas, models) != (self._schemas, self._models)
        self.version, self._schemas_of = now[0], now
        self._schemas, self._models = schemas, models
        self.read_at = asyncio.get_running_loop().time()
        if differs:
            self.looks += 1
            self.changed()

    async def _style_presets(self, client: InvokeClient) -> list[ModelRecord]:
        """Return the style presets as records of a kind of their own; without them a backend still does the rest."""
        try:
            presets = await client.style_presets()
        except BackendError as error:
            log.info("backend %s did not tell its style presets: %s", self.name, error)
            return [model for model in self._models if model.type == STYLE_PRESET]
        return [ModelRecord(key=one.id, hash="", name=one.name, base="any", type=STYLE_PRESET) for one in presets]
