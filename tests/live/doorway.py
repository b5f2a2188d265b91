"""A door that all calls to a server pass: what passes is seen, and a call can be held on its way in or out."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from yarl import URL

HOST = "127.0.0.1"
BODY_LIMIT = 64 * 1024 * 1024
#: What belongs to one connection, and is not passed on.
_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"}


@dataclass(frozen=True)
class Answer:
    """One call, and what the server said."""

    call: str
    status: int
    body: bytes


@dataclass(eq=False)
class Held:
    """One call that is stopped: before the server hears of it, or after it did what was asked."""

    route: re.Pattern[str]
    kind: str
    is_done: bool
    is_lost: bool = False
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self, seconds: float) -> None:
        """Wait until the call stands at the door."""
        try:
            async with asyncio.timeout(seconds):
                await self._reached.wait()
        except TimeoutError as error:
            error.add_note(f"nothing called {self.route.pattern}")
            raise

    async def cuts(self, request: web.Request) -> bool:
        """Hold the call; return whether it ends here, as it does where whoever called is dead by then."""
        self._reached.set()
        await self._released.wait()
        return self.is_lost or request.transport is None

    def release(self) -> None:
        """Let the call go on."""
        self._released.set()

    def lose(self) -> None:
        """Cut the call's connection: what was not done stays undone, and what was done is not heard of."""
        self.is_lost = True
        self._released.set()


class Doorway:
    """Stands before one server for as long as it is entered, and passes on everything, also websockets."""

    def __init__(self, beyond: str) -> None:
        self.beyond = beyond
        self.url = ""
        self.answers: list[Answer] = []
        self._held: list[Held] = []
        self._all: list[Held] = []

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self.url = f"http://{HOST}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for held in self._all:
            held.release()
        await self._runner.cleanup()
        await self._session.close()

    def hold(self, route: str, *, done: bool, kind: str = "") -> Held:
        """Stop the next call whose "METHOD /path" matches, and whose body is of this kind."""
        held = Held(re.compile(route), kind, done)
        self._held.append(held)
        self._all.append(held)
        return held

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._pass_socket(request)
        body = await request.read()
        call = f"{request.method} {request.path}"
        held = self._stopped(call, request.content_type)
        if held and not held.is_done and await held.cuts(request):
            return _cut(request)
        try:
            answer, headers = await self._ask(request, call, body)
        except aiohttp.ClientError:
            return _cut(request)
        if held and held.is_done and await held.cuts(request):
            return _cut(request)
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    def _stopped(self, call: str, kind: str) -> Held | None:
        for held in self._held:
            if held.route.fullmatch(call) and kind.startswith(held.kind):
                self._held.remove(held)
                return held
        return None

    async def _ask(self, request: web.Request, call: str, body: bytes) -> tuple[Answer, list[tuple[str, str]]]:
        async with self._session.request(
            request.method, self._beyond(request), headers=_kept(request.headers), data=body, allow_redirects=False
        ) as response:
            answer = Answer(call, response.status, await response.read())
            self.answers.append(answer)
            return answer, _kept(response.headers)

    async def _pass_socket(self, request: web.Request) -> web.StreamResponse:
        try:
            async with self._session.ws_connect(
                self._beyond(request), headers=_authorization(request), max_msg_size=0
            ) as beyond:
                here = web.WebSocketResponse(max_msg_size=0)
                await here.prepare(request)
                async with _ending(asyncio.create_task(_pump(here, beyond))):
                    await _pump(beyond, here)
                await here.close()
                return here
        except aiohttp.ClientError:
            return _cut(request)

    def _beyond(self, request: web.Request) -> URL:
        return URL(self.beyond + request.raw_path, encoded=True)


def _cut(request: web.Request) -> web.Response:
    """Nobody is there: the connection ends without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _kept(headers: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in _HOP]


def _authorization(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name.lower() == "authorization"}


async def _pump(source: Any, target: Any) -> None:
    """Carry messages one way, until that way ends; then the other end hears of it."""
    with contextlib.suppress(ConnectionError):
        async for message in source:
            if message.type is aiohttp.WSMsgType.TEXT:
                await target.send_str(message.data)
            elif message.type is aiohttp.WSMsgType.BINARY:
                await target.send_bytes(message.data)
    await target.close()


@contextlib.asynccontextmanager
async def _ending(task: "asyncio.Task[None]") -> AsyncIterator[None]:
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
