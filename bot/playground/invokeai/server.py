"""A local InvokeAI: a real server on the loopback interface, without a GPU, a model or an account."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Set
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.playground.invokeai.auth import Users
from bot.playground.invokeai.events import PATH, Events
from bot.playground.invokeai.faults import Faults
from bot.playground.invokeai.front import Front
from bot.playground.invokeai.images import Images, StoredImage
from bot.playground.invokeai.items import QueueItem
from bot.playground.invokeai.models import Models
from bot.playground.invokeai.nodes.base import Node
from bot.playground.invokeai.queue import Queue
from bot.playground.invokeai.routes_app import AppRoutes
from bot.playground.invokeai.routes_images import ImageRoutes
from bot.playground.invokeai.routes_queue import QueueRoutes
from bot.playground.invokeai.routes_videos import VideoRoutes
from bot.playground.invokeai.run import Bench
from bot.playground.invokeai.videos import StoredVideo, Videos
from bot.playground.invokeai.web import PAGE
from bot.playground.invokeai.worker import Worker

log = logging.getLogger(__name__)

HOST = "127.0.0.1"


class LocalInvokeAI:
    """Speaks InvokeAI's REST and Socket.IO and runs a few dozen nodes.

    `users` maps addresses to passwords and turns the multi-user mode on; whoever's address begins
    with "admin@" is an administrator. `step_seconds` is the length of a denoising step,
    `node_seconds` a pause before each node, `stall_seconds` how long REST and events hold still at each item's
    start (0.55 on a real server), `max_queue_size` how many items of one queue id may wait.

    What can be made to go wrong:

    | it | by |
    |---|---|
    | refuses connections | `crash()`, then `start()`: what ran is cancelled without an event, what waited goes on |
    | restarts in mid-run | `restart()`: the two in one |
    | loses its database | `restart(forget=True)`: items, media, logins gone; ids begin at 1, models have other keys |
    | is upgraded | `upgrade("6.15.0", without={"img_blur"}, nodes=[a changed Node class], models=[records])` |
    | is paused by somebody | `pause()`, `resume()` |
    | freezes as a whole | `freeze()`, `thaw()`: REST, events and the run hold still, sockets stay open |
    | drops its sockets | `drop_sockets(seconds=60)`, `let_sockets_in()`: REST stays up |
    | lets tokens expire | `expire_tokens()`: connections that stand remain |
    | hangs | `faults.hang("POST /api/v1/images")`, `faults.let_go()`: what hung is served then |
    | is slow | `faults.delay(prefix, seconds)`, and `stall_seconds` |
    | fails | `faults.fail_next(prefix, status, times)`, `faults.stop_failing()` |
    | loses an answer | `faults.lose_answer_next(prefix)`: done, but nobody hears of it |
    | is full | `faults.full_queue` (200, enqueued 0), or `max_queue_size`; `faults.full_disk` |
    | garbles its events | `faults.silent_events`, `faults.duplicate_events`, `faults.scramble(random.Random(seed))` |
    | is tidied by somebody else | take from `items`, `images`, `videos`, `models.records` what you like |

    `requests`, `batches`, `taken` and `taken_late` tell what was asked of it.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        step_seconds: float = 0.02,
        node_seconds: float = 0.0,
        stall_seconds: float = 0.0,
        max_queue_size: int = 10000,
        users: Mapping[str, str] | None = None,
        data_dir: Path | None = None,
    ) -> None:
        self.port = port
        self.faults = Faults()
        self.users = Users(users) if users is not None else None
        self.models = Models()
        self._store = Images(data_dir)
        self._films = Videos(data_dir)
        self._events = Events(self.faults, self.users)
        self._front = Front(self.faults, self.users, self._events)
        self._queue = Queue(self._events, lambda: self._worker.wake.set(), size_limit=max_queue_size)
        self._bench = Bench(
            self._store, self._films, self._events, self.models, step_seconds, node_seconds, stall_seconds
        )
        self._worker = Worker(self._queue, self._bench)
        self._images = ImageRoutes(self._store, self._bench)
        self._app_routes = AppRoutes(self.models, self.users)
        self._runner: web.AppRunner | None = None
        self._started = False

    @property
    def is_running(self) -> bool:
        return self._runner is not None

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
    def requests(self) -> Counter[tuple[str, str]]:
        """How often each method and route was asked for."""
        return self._front.requests

    @property
    def batches(self) -> int:
        """How many batches were put into the queue."""
        return self._queue.batches

    @property
    def taken(self) -> Counter[str]:
        """How often each batch was put into the queue of this database, by its id."""
        return self._queue.heard + self._queue.unheard

    @property
    def taken_late(self) -> Counter[str]:
        """Of those, what was served when its sender had given up waiting for an answer."""
        return self._queue.unheard

    def count_anew(self) -> None:
        """Begin the counts of requests and batches again."""
        self.requests.clear()
        self._queue.batches = 0

    @property
    def nodes(self) -> tuple[type[Node], ...]:
        """The nodes that this version has."""
        return self._queue.release.nodes

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
        """Listen, on the port that it had before. What an earlier end cut off is cancelled."""
        await _whole(self._start())

    async def _start(self) -> None:
        if self._started:
            self.models.seed_presets()
        self._started = True
        self._queue.recover()
        self.faults.let_go()
        self.faults.gate.open_wide()
        app = web.Application(middlewares=[self._front.serve], client_max_size=256 * 1024**2)
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
        runner, self._runner = self._runner, None
        if runner is not None:
            await _whole(self._stop(runner))

    async def _stop(self, runner: web.AppRunner) -> None:
        await self._worker.stop()
        await self._events.stop()
        await runner.cleanup()

    async def drop_sockets(self, seconds: float = 0.0) -> None:
        """Cut all Socket.IO connections and take no new ones for so long; REST stays up."""
        self._events.drop_sockets(seconds)

    def let_sockets_in(self) -> None:
        self._events.shut_until = 0.0

    def freeze(self) -> None:
        """Hold everything still: REST, events, the run. Connections stay, and new ones are taken but not answered."""
        self.faults.gate.shut()

    def thaw(self) -> None:
        self.faults.gate.open()

    def expire_tokens(self) -> None:
        """Let no token count that was issued so far; whoever wants a new one logs in."""
        if self.users is not None:
            self.users.revoke()

    def take_time(self, seconds: float) -> None:
        """Let each run take about so long from now on, spread over its nodes, which tell how far they are."""
        self._bench.run_seconds = seconds

    async def pause(self) -> None:
        self._worker.paused = True

    async def resume(self) -> None:
        self._worker.paused = False
        self._worker.wake.set()

    async def crash(self) -> None:
        """Be gone from one moment to the next. What ran stays "in_progress" in the rows."""
        await self.stop()

    async def restart(self, *, forget: bool = False) -> None:
        """Come up again on the same port, as a real server does after a crash; with another database if told so."""
        await self.stop()
        if forget:
            self._forget()
        await self.start()

    async def upgrade(
        self,
        version: str,
        *,
        without: Set[str] = frozenset(),
        nodes: Iterable[type[Node]] = (),
        models: list[dict[str, Any]] | None = None,
    ) -> None:
        """Restart as another version: without some node types, with others new or changed, with other models."""
        await self.stop()
        release = self._queue.release.upgraded(version, without, nodes)
        self._queue.upgrade(release)
        self._app_routes.release = release
        if models is not None:
            self.models.records[:] = models
        await self.start()

    def _forget(self) -> None:
        """Lose the database. Somebody has set up the same accounts and installed the same models since."""
        self._queue.forget()
        for name in list(self.images):
            self._store.delete(name)
        for name in list(self.videos):
            self._films.delete(name)
        self._images.boards.clear()
        self.workflows.clear()
        self.models.install_anew()
        self.expire_tokens()


async def _whole(doing: Coroutine[Any, Any, None]) -> None:
    """Do it to its end, even if whoever asked for it is cancelled meanwhile: a server must not be half there."""
    task = asyncio.create_task(doing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _page(request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")
