"""A local InvokeAI: a real server on the loopback interface, without a GPU, a model or an account."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.playground.invokeai.auth import SYSTEM, User, Users
from bot.playground.invokeai.events import PATH, Events
from bot.playground.invokeai.faults import Faults
from bot.playground.invokeai.images import Images, StoredImage
from bot.playground.invokeai.items import QueueItem
from bot.playground.invokeai.models import Models
from bot.playground.invokeai.queue import Queue
from bot.playground.invokeai.routes_app import AppRoutes
from bot.playground.invokeai.routes_images import ImageRoutes
from bot.playground.invokeai.routes_queue import QueueRoutes
from bot.playground.invokeai.routes_videos import VideoRoutes
from bot.playground.invokeai.run import Bench
from bot.playground.invokeai.videos import StoredVideo, Videos
from bot.playground.invokeai.web import PAGE, USER, Refusal, answer
from bot.playground.invokeai.worker import Worker

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
OPEN = ("/openapi.json", "/api/v1/app/version", "/api/v1/auth/status", "/api/v1/auth/login")
MUTATING = ("POST", "PUT", "PATCH", "DELETE")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LocalInvokeAI:
    """Speaks InvokeAI's REST and Socket.IO and runs a few dozen nodes.

    `users` maps addresses to passwords and turns the multi-user mode on; whoever's address begins
    with "admin@" is an administrator. `step_seconds` is the length of a denoising step,
    `node_seconds` a pause before each node.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        step_seconds: float = 0.02,
        node_seconds: float = 0.0,
        users: Mapping[str, str] | None = None,
        data_dir: Path | None = None,
    ) -> None:
        self.port = port
        self.faults = Faults()
        self.users = Users(users) if users is not None else None
        self.requests: Counter[tuple[str, str]] = Counter()
        self.models = Models()
        self._store = Images(data_dir)
        self._films = Videos(data_dir)
        self._events = Events(self.faults, self.users)
        self._queue = Queue(self._events, lambda: self._worker.wake.set())
        self._bench = Bench(self._store, self._films, self._events, self.models, step_seconds, node_seconds)
        self._worker = Worker(self._queue, self._bench)
        self._images = ImageRoutes(self._store, self._bench)
        self._app_routes = AppRoutes(self.models, self.users)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def images(self) -> dict[str, StoredImage]:
        return self._store.records

    @property
    def videos(self) -> dict[str, StoredVideo]:
        return self._films.records

    @property
    def items(self) -> dict[int, QueueItem]:
        return self._queue.items

    @property
    def batches(self) -> int:
        """How many batches were put into the queue."""
        return self._queue.batches

    def count_anew(self) -> None:
        """Begin the counts of requests and batches again."""
        self.requests.clear()
        self._queue.batches = 0

    @property
    def workflows(self) -> dict[str, dict[str, Any]]:
        return self._app_routes.workflows

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        app = web.Application(middlewares=[self._serve], client_max_size=256 * 1024**2)
        self._events.start().attach(app, socketio_path=PATH.strip("/"))
        queue = QueueRoutes(self._queue, self._worker, self.faults)
        videos = VideoRoutes(self._films, self._bench)
        tables = [queue.table(), self._images.table(), videos.table(), self._app_routes.table()]
        app.add_routes([*(route for table in tables for route in table), web.get("/{path:.*}", _page)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._worker.start()

    async def stop(self) -> None:
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        await self._worker.stop()
        await self._events.stop()
        await runner.cleanup()

    async def drop_sockets(self) -> None:
        """Cut all Socket.IO connections; the server stays up."""
        self._events.drop_sockets()

    async def pause(self) -> None:
        self._worker.paused = True

    async def resume(self) -> None:
        self._worker.paused = False
        self._worker.wake.set()

    async def crash(self) -> None:
        """Be gone from one moment to the next. What ran stays "in_progress" in the rows."""
        await self.stop()

    async def restart(self) -> None:
        """Come up again on the same port, as a real server does after a crash."""
        await self.stop()
        for item in self.items.values():
            if item.status in ("in_progress", "waiting"):
                item.move("canceled")
                item.saved = None
        await self.start()

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(PATH):
            return await self._serve_socket(request, handler)
        resource = request.match_info.route.resource
        self.requests[request.method, resource.canonical if resource else request.path] += 1
        await self.faults.wait(request.method, request.path)
        failure = self.faults.failure(request.method, request.path)
        if failure is not None:
            return answer({"detail": "Made to fail"}, failure)
        response = await self._answer(request, handler)
        if self.faults.loses(request.method, request.path) and request.transport is not None:
            request.transport.abort()
        return response

    async def _serve_socket(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        assert request.transport is not None
        lines, line = self._events.lines, request.transport
        lines.add(line)
        try:
            return await handler(request)
        finally:
            lines.discard(line)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            refreshed = self._identify(request)
            response = await handler(request)
            response.headers.update(refreshed)
        except Refusal as refusal:
            return answer({"detail": refusal.detail}, refusal.status)
        except web.HTTPMethodNotAllowed as refused:
            return answer({"detail": "Method Not Allowed"}, 405, {"Allow": ", ".join(refused.allowed_methods)})
        except web.HTTPException:
            raise
        except Exception:
            log.exception("an unhandled error")
            return _broken(request)
        return response

    def _identify(self, request: web.Request) -> dict[str, str]:
        """Who asks; and a fresh token for whoever changes something."""
        if self.users is None or request.path in OPEN or not request.path.startswith("/api/"):
            request[USER] = SYSTEM
            return {}
        found = self.users.of(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if found is None:
            raise Refusal(401, "Missing authentication credentials")
        user: User
        user, remember = found
        request[USER] = user
        return {"X-Refreshed-Token": self.users.issue(user, remember=remember)} if request.method in MUTATING else {}


def _broken(request: web.Request) -> web.Response:
    """A bare 500. The connection is closed soon after, and no header says so, as on a real server."""
    if request.transport is not None:
        asyncio.get_running_loop().call_later(0.01, request.transport.close)
    return web.Response(text="Internal Server Error", status=500)


async def _page(request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")
