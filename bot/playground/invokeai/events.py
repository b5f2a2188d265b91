"""The Socket.IO side: who is connected, and which events go to whom."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import socketio  # pyright: ignore[reportMissingTypeStubs] - it has no types

from bot.playground.invokeai import clock
from bot.playground.invokeai.auth import SYSTEM, User, Users
from bot.playground.invokeai.faults import Faults

Payload = dict[str, Any]
PATH = "/ws/socket.io"


@dataclass(frozen=True)
class Event:
    """Something that happened, and who may know of it."""

    name: str
    payload: Payload
    owner: str | None = None
    admins: bool = True
    others: Payload | None = None
    queue_id: str = ""


@dataclass
class Events:
    """Sends events in the order in which they happened. The real server replays none, and so does this."""

    faults: Faults
    users: Users | None
    lines: set[asyncio.BaseTransport] = field(default_factory=set[asyncio.BaseTransport])
    #: Until when, by the loop's clock, no connection is taken.
    shut_until: float = 0.0
    _late: "set[asyncio.Task[None]]" = field(default_factory=set["asyncio.Task[None]"])
    _who: dict[str, User] = field(default_factory=dict[str, User])
    _subscribed: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    _waiting: "asyncio.Queue[Event]" = field(default_factory=lambda: asyncio.Queue[Event]())
    _sender: "asyncio.Task[None] | None" = None
    _loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> Any:
        """A fresh Socket.IO server; the caller attaches it."""
        self.sio: Any = socketio.AsyncServer(
            async_mode="aiohttp", cors_allowed_origins="*", ping_interval=25, ping_timeout=20, transports=["websocket"]
        )
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on("subscribe_queue", self._subscribe)
        self.sio.on("unsubscribe_queue", self._unsubscribe)
        self.sio.on("subscribe_bulk_download", self._ignore)
        self.sio.on("unsubscribe_bulk_download", self._ignore)
        self._loop = asyncio.get_running_loop()
        self._waiting = asyncio.Queue()
        self._sender = asyncio.create_task(self._send_all(), name="local InvokeAI events")
        return self.sio

    async def stop(self) -> None:
        if self._sender is not None:
            ending = [self._sender, *self._late]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
        self.drop_sockets()
        await self.sio.shutdown()
        self._who.clear()

    @property
    def is_shut(self) -> bool:
        return asyncio.get_running_loop().time() < self.shut_until

    def drop_sockets(self, seconds: float = 0.0) -> None:
        """Cut every connection as a broken line does, without a goodbye, and take none for so long."""
        self.shut_until = asyncio.get_running_loop().time() + seconds
        for line in list(self.lines):
            cast("asyncio.Transport", line).abort()

    def publish(self, event: Event) -> None:
        """May be called from the thread that runs the nodes."""
        assert self._loop is not None
        event.payload.setdefault("timestamp", clock.seconds())
        self._loop.call_soon_threadsafe(self._waiting.put_nowait, event)

    async def _send_all(self) -> None:
        while True:
            event = await self._waiting.get()
            await self.faults.gate.passed()
            for pause in self.faults.pauses():
                if pause:
                    self._send_later(event, pause)
                else:
                    await self._send(event)

    def _send_later(self, event: Event, pause: float) -> None:
        async def wait_and_send() -> None:
            await asyncio.sleep(pause)
            await self._send(event)

        task = asyncio.create_task(wait_and_send(), name="local InvokeAI late event")
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _send(self, event: Event) -> None:
        for sid, user in list(self._who.items()):
            if event.owner in (None, user.user_id) or (event.admins and user.is_admin):
                await self.sio.emit(event.name, event.payload, to=sid)
            elif event.others is not None and event.queue_id in self._subscribed.get(sid, set()):
                others = {**event.others, "timestamp": event.payload["timestamp"]}
                await self.sio.emit(event.name, others, to=sid)

    async def _connect(self, sid: str, environ: Payload, auth: Payload | None = None) -> bool:
        user = SYSTEM if self.users is None else self._user_of(environ, auth)
        if user is None:
            return False
        self._who[sid] = user
        return True

    def _user_of(self, environ: Payload, auth: Payload | None) -> User | None:
        assert self.users is not None
        token = str((auth or {}).get("token") or environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer "))
        found = self.users.of(token)
        return found[0] if found else None

    async def _disconnect(self, sid: str, *_: Any) -> None:
        self._who.pop(sid, None)
        self._subscribed.pop(sid, None)

    async def _subscribe(self, sid: str, data: Any) -> None:
        if isinstance(data, dict) and "queue_id" in data:
            self._subscribed.setdefault(sid, set()).add(str(data["queue_id"]))  # pyright: ignore[reportUnknownArgumentType]

    async def _unsubscribe(self, sid: str, data: Any) -> None:
        if isinstance(data, dict) and "queue_id" in data:
            self._subscribed.get(sid, set()).discard(str(data["queue_id"]))  # pyright: ignore[reportUnknownArgumentType]

    async def _ignore(self, sid: str, data: Any) -> None:
        """Accepted, and without effect."""
