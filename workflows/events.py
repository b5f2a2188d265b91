"""InvokeAI's events: one Socket.IO connection per backend, many jobs on it.

Events wake; asking the backend tells the truth. Nothing is replayed after a reconnect, so a watch that may have missed
something says so (`stale`), and its reader asks once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import aiohttp
import socketio  # pyright: ignore[reportMissingTypeStubs]

from workflows._json import mapping, sequence, text
from workflows.errors import BackendError
from workflows.models import ItemStatus
from workflows.results import Made, made_in

log = logging.getLogger(__name__)

PATH = "/ws/socket.io"
_FIRST_DELAY = 0.2
_LONGEST_DELAY = 5.0
#: How long a server may take to say goodbye.
_GOODBYE_SECONDS = 0.2
#: The server holds still for half a second at each item's start.
_PATIENCE = 10
#: In characters. The latents of a picture of 4096 pixels are 512 wide; as a JPEG they take a fifth of it.
_LONGEST_PREVIEW = 512 * 1024
_LARGEST_SIDE = 65535


class EventKind(StrEnum):
    #: A queue item has a new status.
    STATUS = "queue_item_status_changed"
    NODE_STARTED = "invocation_started"
    #: A node reports how far it is.
    PROGRESS = "invocation_progress"
    NODE_COMPLETE = "invocation_complete"
    NODE_ERROR = "invocation_error"
    #: Items were cancelled in bulk: no status event comes for them.
    CANCELED = "queue_items_canceled"


@dataclass(frozen=True)
class Preview:
    """A picture as far as it is denoised: small, and as a data URL. `width` and `height` are those of the result.

    Source: invocation_progress events of InvokeAI 6.14.
    """

    data_url: str
    width: int
    height: int


@dataclass(frozen=True)
class Event:
    """One event of one job. `copy_id` is the prepared node: iterations run several copies of a node."""

    kind: EventKind
    item_id: int = 0
    session_id: str = ""
    status: ItemStatus | None = None
    node_id: str = ""
    copy_id: str = ""
    message: str = ""
    fraction: float | None = None
    made: tuple[Made, ...] = ()
    canceled_ids: tuple[int, ...] = ()
    preview: Preview | None = None


class Watch:
    """The events of one batch, in order of arrival.

    `stale` is true while something may have been missed: at first, and after each loss of the connection. Whoever asks
    the backend, or knows that nothing can have happened yet, sets it to False *before* asking.
    """

    def __init__(self) -> None:
        self.stale = True
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()

    def push(self, event: Event) -> None:
        self._events.append(event)
        self._wake.set()

    def poke(self) -> None:
        """Wake the reader without an event, so that it looks at `stale` and at what else it minds."""
        self._wake.set()

    def take(self) -> list[Event]:
        """Return the events that came since the last call, without waiting."""
        events = list(self._events)
        self._events.clear()
        self._wake.clear()
        return events

    async def wait(self, seconds: float) -> None:
        """Wait until there is something to look at, or the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()


class EventStream:
    """Keep one connection to one backend, for as long as it is open, whatever the network does.

    `refused` is called when the backend does not take the connection: its token may have expired.
    """

    def __init__(
        self,
        url: str,
        queue_id: str,
        token: Callable[[], Awaitable[str | None]],
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self.queue_id = queue_id
        #: How often the backend took a connection: after each new one it may be another than it was.
        self.connections = 0
        self._url = url
        self._token = token
        self._refused = refused
        self._watches: dict[str, Watch] = {}
        self._connected = asyncio.Event()
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> EventStream:
        self._keeper = asyncio.create_task(self._keep(), name=f"events {self._url}")
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        # Asked more than once: python-socketio's own wait may swallow a cancel that comes just as it ends (3.11).
        while self._keeper and not self._keeper.done():
            self._keeper.cancel()
            await asyncio.wait({self._keeper}, timeout=0.1)

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    async def wait_connected(self, seconds: float) -> bool:
        """Wait for the connection; return whether it is there."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._connected.wait()
        return self.connected

    def watch(self, batch_id: str) -> Watch:
        """Return the watch of a batch, the same one at each call until it is forgotten. Watch before enqueueing."""
        return self._watches.setdefault(batch_id, Watch())

    def forget(self, batch_id: str) -> None:
        self._watches.pop(batch_id, None)

    async def _keep(self) -> None:
        """Hold a connection, and get a new one whenever it is lost.

        The library's own reconnection is off: it gives up for good when the server says goodbye in an orderly way.
        """
        delay = _FIRST_DELAY
        while True:
            try:
                async with _sockets() as sockets:
                    await self._hold_one(sockets)
                delay = _FIRST_DELAY
            except Exception as error:  # noqa: BLE001  at an odd answer the library raises anything; the next may be sane
                log.debug("no event connection to %s: %s", self._url, error)
                self._refused()
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

    async def _hold_one(self, sockets: _Sockets) -> None:
        """Connect, and return when that connection is lost."""
        # python-socketio has no types; it stays inside this method.
        socket: Any = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=sockets)
        socket.on("disconnect", self._on_disconnect)
        for kind in EventKind:
            socket.on(kind.value, self._handler(kind))
        self._lost.clear()
        try:
            # The library itself waits for ever for the first word of a server that took the connection.
            async with asyncio.timeout(_PATIENCE):
                # Long-polling meets the server's compression trap; the websocket does not.
                await socket.connect(
                    self._url, socketio_path=PATH, transports=["websocket"], auth=self._auth, wait_timeout=_PATIENCE
                )
            await socket.emit("subscribe_queue", {"queue_id": self.queue_id})
            if socket.eio.state != "connected":
                # Of a loss just before `connect` returns, the library tells nobody.
                raise ConnectionResetError("lost as soon as it was there")
            self.connections += 1
            self._connected.set()
            self._all_stale()
            await self._lost.wait()
        finally:
            self._connected.clear()
            await socket.disconnect()

    async def _auth(self) -> dict[str, str]:
        try:
            token = await self._token()
        except BackendError as error:
            # The server refuses the connection then, and the next one logs in again.
            log.debug("no login for the events of %s: %s", self._url, error)
            token = None
        return {"token": token} if token else {}

    async def _on_disconnect(self, *reason: object) -> None:
        self._connected.clear()
        self._lost.set()
        self._all_stale()

    def _all_stale(self) -> None:
        for watch in self._watches.values():
            watch.stale = True
            watch.poke()

    def _handler(self, kind: EventKind) -> Callable[[Any], Awaitable[None]]:
        async def handle(data: Any) -> None:
            self._dispatch(kind, mapping(data))

        return handle

    def _dispatch(self, kind: EventKind, data: dict[str, Any]) -> None:
        if data.get("queue_id") != self.queue_id:
            return
        event = read_event(kind, data)
        if kind is EventKind.CANCELED:
            for watch in self._watches.values():
                watch.push(event)
        elif watch := self._watches.get(text(data.get("batch_id"))):
            watch.push(event)


class _Sockets:
    """An HTTP session as the library uses it, which closes its websockets: one given up half-way is left open."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._opened: list[aiohttp.ClientWebSocketResponse[bool]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def ws_connect(self, *args: Any, **how: Any) -> aiohttp.ClientWebSocketResponse[bool]:
        opened: aiohttp.ClientWebSocketResponse[bool] = await self._session.ws_connect(*args, **how)
        self._opened.append(opened)
        return opened

    async def close_all(self) -> None:
        for opened in self._opened:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await opened.close()


@contextlib.asynccontextmanager
async def _sockets() -> AsyncGenerator[_Sockets]:
    async with aiohttp.ClientSession() as session:
        sockets = _Sockets(session)
        try:
            yield sockets
        finally:
            await sockets.close_all()


def read_event(kind: EventKind, data: dict[str, Any]) -> Event:
    """Read one event off the wire; a member that is missing or odd reads as empty."""
    item_id, fraction = data.get("item_id"), data.get("percentage")
    status = text(data.get("status"))
    canceled = tuple(item for item in sequence(data.get("canceled_item_ids")) if isinstance(item, int))
    return Event(
        kind=kind,
        item_id=item_id if isinstance(item_id, int) else 0,
        session_id=text(data.get("session_id")),
        status=ItemStatus(status) if kind is EventKind.STATUS and status in set(ItemStatus) else None,
        node_id=text(data.get("invocation_source_id")),
        copy_id=text(mapping(data.get("invocation")).get("id")),
        message=text(data.get("message")),
        fraction=float(fraction) if isinstance(fraction, int | float) and 0 <= fraction <= 1 else None,
        made=tuple(made_in(data.get("result"))),
        canceled_ids=canceled,
        preview=_preview(mapping(data.get("image"))) if kind is EventKind.PROGRESS else None,
    )


def _preview(image: dict[str, Any]) -> Preview | None:
    url, sides = text(image.get("dataURL")), (image.get("width"), image.get("height"))
    sizes = [side for side in sides if isinstance(side, int) and 0 < side <= _LARGEST_SIDE]
    is_sane = url.startswith("data:image/") and len(url) <= _LONGEST_PREVIEW and len(sizes) == len(sides)
    return Preview(url, *sizes) if is_sane else None
