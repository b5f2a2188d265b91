"""The backends: their connections, and which of them take a job."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from bot import health
from bot.backend import Backend
from bot.config import BackendSettings
from bot.drained import DrainedBackends
from bot.line import Ticket
from workflows.client import InvokeClient
from workflows.errors import UserError
from workflows.events import EventStream
from workflows.models import ModelRecord
from workflows.texts import say

__all__ = ["Backend", "Changes", "Pool", "open_pool"]

log = logging.getLogger(__name__)

#: How often a backend that the settings do not name any more is asked about: whether anything of ours is left there.
_LEAVING_SECONDS = 10.0

OpenHttp = Callable[[str], httpx.AsyncClient]


@dataclass(frozen=True)
class Changes:
    """What new settings changed, by the backends' names."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    #: They get nothing new, and are closed once nothing is left there.
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        told = {"added": self.added, "changed": self.changed, "removed": self.removed}
        return ", ".join(f"{what} {name}" for what, names in told.items() for name in names) or "no other backends"


@dataclass
class _Berth:
    """A backend, and what ends its connection."""

    backend: Backend
    connection: contextlib.AsyncExitStack
    watcher: asyncio.Task[None]

    async def close(self) -> None:
        await _end(self.watcher)
        await self.connection.aclose()


class Pool:
    """All backends, in the order of the configuration; last, those that are not in it any more."""

    def __init__(
        self, open_http: OpenHttp, drained: DrainedBackends | None = None, names: frozenset[str] = frozenset()
    ) -> None:
        #: Whether a backend can run a workflow's version: (workflow, version, backend).
        self.fits: Callable[[int | None, int | None, str], bool] = _always
        #: How many jobs a backend has.
        self.load: Callable[[str], int] = _no_jobs
        #: Whether an open job, or something to delete, is on a backend.
        self.in_use: Callable[[str], Awaitable[bool]] = _unused
        self._open_http = open_http
        self._drained = drained
        self._drained_names = set(names)
        self._berths: dict[str, _Berth] = {}
        self._listeners: list[Callable[[], None]] = []
        #: Hashes of the models that a workflow's version was last run with.
        self._models_of: dict[tuple[int | None, int | None], frozenset[str]] = {}
        self._changing = asyncio.Lock()

    def __iter__(self) -> Iterator[Backend]:
        return iter([berth.backend for berth in self._berths.values()])

    @property
    def first(self) -> Backend:
        """The backend that workflows are checked against when they are registered."""
        return next(iter(self))

    @property
    def models(self) -> list[ModelRecord]:
        """What is installed on any backend that answers; of the same on several, the first one's."""
        found: dict[tuple[str, str, str], ModelRecord] = {}
        for backend in self:
            if backend.is_up and not backend.is_draining:
                for model in backend.models:
                    found.setdefault((model.type, model.base, model.name), model)
        return list(found.values())

    async def known_models(self) -> list[ModelRecord]:
        """Return what is installed; where there was no look yet, wait a moment for the first. Raises Unavailable."""
        await self.choose().known_models()
        return self.models

    def get(self, name: str) -> Backend:
        """Return a backend by name. Raises KeyError where there is none, in the configuration or on its way out."""
        return self._berths[name].backend

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have something called whenever other backends can take jobs than before, or can do other things."""
        self._listeners.append(listener)

    def offers(self, ticket: Ticket) -> list[str]:
        """Return the backends that may take a job now, best first, whether or not they have room.

        Where its files are is best; then where its models are in memory; then where there is the least to do.
        """
        fitting = [one for one in self._taking() if self.fits(ticket.workflow_id, ticket.version, one.name)]
        able = [one for one in fitting if one.name not in ticket.lacking]
        models = self._models_of.get((ticket.workflow_id, ticket.version), frozenset())
        able.sort(key=lambda backend: (backend.name != ticket.backend, *self._effort(backend, models)))
        return [backend.name for backend in able]

    def slots(self) -> dict[str, int]:
        """Return how many jobs each backend may have at a time: none, where it takes none."""
        taking = self._taking()
        return {backend.name: backend.settings.max_in_flight if backend in taking else 0 for backend in self}

    def _taking(self) -> list[Backend]:
        """Return the backends that take jobs: those whose queue is paused only where there is no other."""
        able = [backend for backend in self if backend.is_up and not backend.is_draining]
        return [backend for backend in able if not backend.is_paused] or able

    def choose(self, workflow_id: int | None = None, version: int | None = None) -> Backend:
        """Return the backend that a new job's files go to first: the best of those there are, however bad it is."""
        models = self._models_of.get((workflow_id, version), frozenset())

        def worse(backend: Backend) -> tuple[bool | float, ...]:
            fits = self.fits(workflow_id, version, backend.name)
            hindered = (backend.is_leaving, backend.is_drained, not fits, not backend.is_up, backend.is_paused)
            return (*hindered, *self._effort(backend, models))

        return min(self, key=worse)

    def given(self, name: str, workflow_id: int | None, version: int | None, hashes: Iterable[str]) -> None:
        """Remember which models a backend was given with a workflow, so that it gets the next ones of the kind."""
        held = self._models_of[workflow_id, version] = frozenset(hashes)
        if berth := self._berths.get(name):
            berth.backend.warmed(held)

    def _effort(self, backend: Backend, models: frozenset[str]) -> tuple[bool | float, ...]:
        is_warm = bool(models) and models <= backend.warm
        return (not backend.events.connected, not is_warm, self.load(backend.name) / backend.settings.max_in_flight)

    async def apply(self, settings: Iterable[BackendSettings]) -> Changes:
        """Make the backends those of new settings, without an interruption for those that stay as they are."""
        async with self._changing:
            wanted = {one.name: one for one in settings}
            added = [name for name in wanted if name not in self._berths or self.get(name).is_leaving]
            changed = [name for name in wanted if name not in added and self.get(name).settings != wanted[name]]
            removed = [one.name for one in self if one.name not in wanted and not one.is_leaving]
            for name in removed:
                self.get(name).is_leaving = True
            for one in wanted.values():
                await self._place(one)
            leaving = [name for name in self._berths if name not in wanted]
            self._berths = {name: self._berths[name] for name in (*wanted, *leaving)}
        changes = Changes(tuple(added), tuple(changed), tuple(removed))
        if changes:
            self._tell()
        return changes

    async def _place(self, settings: BackendSettings) -> None:
        """Have a backend as the settings want it."""
        berth = self._berths.get(settings.name)
        if berth is None:
            client, events, connection = await self._connect(settings)
            backend = Backend(settings, client, events)
            backend.is_drained = settings.name in self._drained_names
            backend.changed = self._tell
            self._berths[settings.name] = _Berth(backend, connection, _watched(backend))
            return
        berth.backend.is_leaving = False
        if _address(berth.backend.settings) == _address(settings):
            berth.backend.settings = settings
            return
        client, events, connection = await self._connect(settings)
        before, berth.connection = berth.connection, connection
        async with before:
            await _end(berth.watcher)
            berth.backend.move(settings, client, events)
            berth.watcher = _watched(berth.backend)

    async def _connect(self, settings: BackendSettings) -> tuple[InvokeClient, EventStream, contextlib.AsyncExitStack]:
        async with contextlib.AsyncExitStack() as stack:
            http = await stack.enter_async_context(self._open_http(settings.url))
            client = InvokeClient(http, settings.queue_id, settings.credentials)
            stream = EventStream(settings.url, settings.queue_id, client.token, client.forget_token)
            events = await stack.enter_async_context(stream)
            return client, events, stack.pop_all()

    async def drain(self, name: str, user_id: int | None = None) -> None:
        """Take a backend out of service: it ends what it has, and gets nothing new. Raises UserError."""
        await self._set_drained(name, is_drained=True, user_id=user_id)

    async def give_back(self, name: str) -> None:
        """Put a backend into service again. Raises UserError."""
        await self._set_drained(name, is_drained=False)

    async def _set_drained(self, name: str, *, is_drained: bool, user_id: int | None = None) -> None:
        async with self._changing:
            if name not in self._berths:
                raise UserError(say("problems-no-backend", name=name, names=", ".join(self._berths)))
            if self._drained and is_drained:
                await self._drained.add(name, user_id)
            elif self._drained:
                await self._drained.remove(name)
            (self._drained_names.add if is_drained else self._drained_names.discard)(name)
            self.get(name).is_drained = is_drained
        log.info("backend %s %s", name, "gets no new jobs" if is_drained else "is in service again")
        self._tell()

    async def see_off(self) -> None:
        """Close the backends that the settings do not name any more, each once nothing of ours is left there."""
        while True:
            await asyncio.sleep(_LEAVING_SECONDS)
            for name in [backend.name for backend in self if backend.is_leaving]:
                try:
                    await self._close_if_left(name)
                except Exception:
                    log.exception("backend %s could not be closed", name)

    async def _close_if_left(self, name: str) -> None:
        async with self._changing:
            if not self.get(name).is_leaving or await self.in_use(name):
                return
            await self._berths.pop(name).close()
        log.info("backend %s is closed: nothing is left there", name)
        self._tell()

    async def close(self) -> None:
        """End all connections."""
        berths: Sequence[_Berth] = list(self._berths.values())
        await asyncio.gather(*(berth.close() for berth in berths))

    def _tell(self) -> None:
        for listener in self._listeners:
            try:
                listener()
            except Exception:
                log.exception("a change of the backends could not be told")


@contextlib.asynccontextmanager
async def open_pool(
    settings: Iterable[BackendSettings], open_http: OpenHttp, drained: DrainedBackends | None = None
) -> AsyncGenerator[Pool]:
    """Open the connections to all backends; one that does not answer is tried again for as long as the pool is open."""
    pool = Pool(open_http, drained, await drained.names() if drained else frozenset())
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(pool.close)
        await pool.apply(settings)
        stack.push_async_callback(_end, asyncio.create_task(pool.see_off(), name="see backends off"))
        yield pool


def _address(settings: BackendSettings) -> tuple[object, ...]:
    return (settings.url, settings.queue_id, settings.credentials)


def _watched(backend: Backend) -> asyncio.Task[None]:
    return asyncio.create_task(health.watch(backend), name=f"watch {backend.name}")


async def _end(task: asyncio.Task[None]) -> None:
    # Asked more than once: a library's wait may swallow a cancel that comes just as it ends.
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.1)


async def _unused(_: str) -> bool:
    return False


def _always(*_: object) -> bool:
    return True


def _no_jobs(_: str) -> int:
    return 0
