"""The page's web server: the files of the page, what people attached, uploads, and the WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
from importlib import resources
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from aiohttp import web

from bot.playground.discord import ClientRefusal, LocalDiscord
from bot.playground.discord.avatars import Avatars
from bot.playground.page.acts import Acts
from bot.playground.page.changes import Changes
from bot.playground.page.connection import PACE, Connection
from bot.playground.page.drawn import Drawer
from bot.playground.page.panel_watch import PanelWatch
from bot.playground.page.people import Hall
from bot.playground.page.ports import MischiefBox, PanelSource, Presence
from bot.playground.page.safety import add_headers, guard, sandboxed
from bot.playground.page.samples import Samples
from bot.playground.page.seat import Seat, Shared
from bot.playground.page.uploads import Uploads
from workflows.errors import UserError

TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
}
HEARTBEAT = 20.0  # seconds
CLOSING = 1.0  # seconds that a client has to say goodbye
MOST_SAID = 16 * 1024 * 1024  # bytes; what is too long is refused in words
LINGER = 60.0  # seconds that attached files wait for a client that may come back


class PortTakenError(UserError):
    """The page cannot listen where it was told to."""


class Page:
    """Serves the local Discord's face, for as long as it is entered."""

    def __init__(
        self,
        discord: LocalDiscord,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        panel: PanelSource | None = None,
        mischief: MischiefBox | None = None,
        presence: Presence | None = None,
        samples: Samples | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._source = panel
        self._mischief = mischief
        self._uploads = Uploads(discord.desk.check_size)
        self._samples = samples or Samples()
        hall = Hall(discord, self._samples, mischief, presence, has_panel=panel is not None)
        watch = PanelWatch(panel, self._ring)
        self._shared = Shared(discord, Drawer(discord), Changes(discord.world), hall, watch)
        self._connections: set[Connection] = set()
        self._acts: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where this machine's browser finds it."""
        host = self.host
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(host)
            if address.is_unspecified:
                address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
            host = str(address) if address.version == 4 else f"[{address}]"
        return f"http://{host}:{self.port}/"

    async def start(self) -> None:
        """Listen. Raises PortTakenError."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port).start()
        except (OSError, OverflowError, UnicodeError) as error:
            await runner.cleanup()
            raise PortTakenError(_why(error, self.host, self.port)) from None
        self._runner = runner
        self.port = int(runner.addresses[0][1])
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._shared.panel.run())]

    async def stop(self) -> None:
        """Let go of every client, then of the port."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        ending = [*self._tasks, *self._acts]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await asyncio.gather(*(c.socket.close(code=1001) for c in self._connections), return_exceptions=True)
        await runner.cleanup()
        self._uploads.clear()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[guard(self.host)])
        app.on_response_prepare.append(add_headers)
        discord = self._shared.discord
        for route in (*discord.cdn.routes(), *Avatars(discord.world).routes()):
            app.router.add_route(route.method, route.path, sandboxed(route.handler))
        app.router.add_routes(
            [
                web.get("/", self._index),
                web.get("/static/{name}", self._static),
                web.get("/samples/{name}", self._sample),
                web.get("/held/{name}", self._held),
                web.post("/uploads", self._upload),
                web.get("/socket", self._socket),
            ]
        )
        return app

    # The files

    async def _index(self, _request: web.Request) -> web.Response:
        return _file("index.html")

    async def _static(self, request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    async def _sample(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        data = self._samples.read(name)
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, content_type=TYPES[name[name.rindex(".") :]])

    async def _held(self, request: web.Request) -> web.Response:
        data = None if self._source is None else await self._source.thumbnail(request.match_info["name"])
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, content_type="image/png" if data[:4] == b"\x89PNG" else "image/webp")

    async def _upload(self, request: web.Request) -> web.Response:
        name = unquote(request.headers.get("X-Filename", ""), errors="replace")[:255] or "unknown"
        try:
            data = await self._body(request, name)
            upload = self._uploads.keep(name, data)
        except ClientRefusal as refusal:
            return web.json_response({"refused": str(refusal)}, status=400)
        except ConnectionError:
            # The window was closed in the middle of it, and nobody hears this.
            raise web.HTTPBadRequest from None
        return web.json_response({"upload": upload, "filename": name, "size": len(data)})

    async def _body(self, request: web.Request, name: str) -> bytes:
        """The bytes, as far as one more than a client may send."""
        most = self._shared.discord.world.max_user_upload
        data = bytearray()
        async for part in request.content.iter_chunked(1 << 16):
            data += part
            if len(data) > most:
                break
        return bytes(data)

    # The socket

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=CLOSING, heartbeat=HEARTBEAT, max_msg_size=MOST_SAID)
        await socket.prepare(request)
        seat = Seat(self._shared)
        connection = Connection(socket, seat, Acts(seat, self._uploads, self._mischief), self._acts)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
            asyncio.get_running_loop().call_later(LINGER, self._tidy)
        return socket

    def _tidy(self) -> None:
        if not self._connections:
            self._uploads.clear()

    def _ring(self) -> None:
        for connection in self._connections:
            connection.wake.set()

    async def _watch(self) -> None:
        """Look at the world for all seats, at each change and now and then: some things end without one."""
        while True:
            await self._shared.changes.rung()
            if self._connections:
                self._shared.changes.scan()
                self._ring()
            await asyncio.sleep(PACE)


def _file(name: str) -> web.Response:
    """A file of the page, read anew each time: it may be edited while it is looked at."""
    suffix = name[name.rindex(".") :] if "." in name else ""
    if suffix not in TYPES or "/" in name or "\\" in name:
        raise web.HTTPNotFound
    try:
        body = (resources.files("bot.playground.page") / "static" / name).read_bytes()
    except (OSError, ValueError):
        # Not there, or no name that a file could have.
        raise web.HTTPNotFound from None
    return web.Response(body=body, content_type=TYPES[suffix], charset="utf-8")


def _why(error: OSError | OverflowError | UnicodeError, host: str, port: int) -> str:
    if isinstance(error, OverflowError):
        return f"{port} is no port: it is a number from 0 to 65535 (0: any that is free)."
    if isinstance(error, UnicodeError):
        return f"--host {host}: no address can be called so. --host 127.0.0.1 always works."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken, maybe by another demo. Choose another one: --port 0 takes any free one."
    if error.errno == errno.EACCES:
        return f"Port {port} is not for everybody. Choose one from 1024 on: --port 0 takes any free one."
    return f"The page cannot be served at {host}, for this machine has no such address. --host 127.0.0.1 always works."
