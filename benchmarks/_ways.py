"""The ways to run the same job on a real InvokeAI: Familiar's engine, and the least that any client can do."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import socketio  # pyright: ignore[reportMissingTypeStubs]

from benchmarks._runs import Crowd, Run, Span, span
from bot import media
from bot.cards import Delivery, Moment, Told
from bot.catalog import Published
from bot.engine import Engine
from bot.jobs import Attachment, Job, Outcome, State, new_id, now
from bot.media import ResultFile

SECONDS = 60
FINAL = frozenset({"completed", "failed", "canceled"})


async def at_once(run: Callable[[], Awaitable[Run]], count: int) -> Crowd:
    """Run many at once; one that fails is not counted as finished."""
    ended = await asyncio.gather(*(run() for _ in range(count)), return_exceptions=True)
    runs = [one for one in ended if isinstance(one, Run)]
    results, clean = (max((getattr(run, name) for run in runs), default=0.0) for name in ("results", "clean"))
    return Crowd(count, len(runs), results, clean, [run.span for run in runs])


class NullCard:
    """Implements bot.cards.Card for nobody; notes when the results were there."""

    file_limit = request_limit = 2**31

    def __init__(self) -> None:
        self.files: Sequence[ResultFile] = ()
        self.delivered_at = 0.0

    def show(self, job: Job, moment: Moment) -> None:
        pass

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        self.files, self.delivered_at = files, time.perf_counter()
        return Delivery(Told.CARD)

    def move(self, job: Job) -> None:
        pass

    async def close(self) -> None:
        pass


@dataclass
class Steps:
    """How long the engine's steps take, for whoever wants to know where the time goes."""

    seconds: dict[State, list[float]] = field(default_factory=dict[State, list[float]])

    def timed(self, state: State, step: Callable[..., Awaitable[Job]]) -> Callable[..., Awaitable[Job]]:
        async def run(*args: Any) -> Job:
            began = time.perf_counter()
            try:
                return await step(*args)
            finally:
                self.seconds.setdefault(state, []).append(time.perf_counter() - began)

        return run

    def medians(self, runs: int) -> dict[State, tuple[float, float]]:
        """Return by state how many calls a run takes, and the median of one, in milliseconds."""
        return {
            state: (len(took) / runs, 1000 * statistics.median(took)) for state, took in self.seconds.items() if runs
        }


class EngineWay:
    """Familiar's engine, with its database, its ledger and its fair line."""

    def __init__(self, engine: Engine, published: Published, picture: Path) -> None:
        self._engine = engine
        self._published = published
        self._picture = picture
        self._users = itertools.count(1)
        self._spans: dict[str, Span] = {}
        self.steps = Steps()
        of = engine.runner._steps  # noqa: SLF001  a benchmark may look inside
        of.of = {state: self.steps.timed(state, step) for state, step in of.of.items()}
        self._listen_to_items()

    async def run(self) -> Run:
        job = Job(
            id=new_id(),
            user_id=next(self._users),
            title="overhead",
            created_at=now(),
            workflow_id=self._published.workflow_id,
            version=self._published.version,
            given={"radius": 8.0, "kind": "gaussian"},
            attachments=(Attachment("picture", self._picture.name, self._picture.as_uri()),),
        )
        card = NullCard()
        began = time.perf_counter()
        job = await self._engine.runner.submit(job)
        closed = await self._engine.runner.start(job, card)
        clean = time.perf_counter() - began
        if closed.outcome is not Outcome.COMPLETED or len(card.files) != 1:
            raise RuntimeError(f"the engine's run ended {closed.outcome}: {closed.problem}")
        return Run(card.delivered_at - began, clean, self._spans.pop(job.id))

    def _listen_to_items(self) -> None:
        """Read InvokeAI's own times off the items that the engine asks for anyway: an extra call would count."""
        client = self._engine.pool.first.client
        ask = client._json  # noqa: SLF001

        async def listening(method: str, path: str, **options: Any) -> Any:
            answer = await ask(method, path, **options)
            if path.endswith("/list_all"):
                self._spans |= {item["destination"]: span(item) for item in answer if item.get("completed_at")}
            return answer

        client._json = listening  # noqa: SLF001


class Floor:
    """The least that a client can do: one HTTP client, one socket, the same calls, no memory of anything."""

    def __init__(self, http: httpx.AsyncClient, queue_id: str, graph: dict[str, Any], node_id: str, png: bytes) -> None:
        self._http = http
        self._queue = f"/api/v1/queue/{queue_id}"
        self._graph = graph
        self._node_id = node_id
        self._png = png
        self._done: dict[int, asyncio.Event] = {}

    def on_status(self, event: dict[str, Any]) -> None:
        if event["status"] in FINAL:
            self._ended(event["item_id"]).set()

    async def run_tidily(self) -> Run:
        return await self.run(tidy=True)

    async def run(self, *, tidy: bool = False) -> Run:
        began = time.perf_counter()
        png = (await asyncio.to_thread(media.prepare, "picture", self._png, 40)).data if tidy else self._png
        uploaded = await self._upload(png)
        (item_id,) = await self._enqueue(uploaded, 1)
        async with asyncio.timeout(SECONDS):
            await self._ended(item_id).wait()
        item = (await self._call("GET", f"{self._queue}/i/{item_id}")).json()
        made = _made(item)
        downloaded = await self._call("GET", f"/api/v1/images/i/{made}/full")
        if tidy:
            await asyncio.to_thread(media.fit, downloaded.content, "result", 2**31)
        results = time.perf_counter() - began
        await self._call("DELETE", f"/api/v1/images/i/{uploaded}")
        await self._call("DELETE", f"/api/v1/images/i/{made}")
        await self._call("DELETE", f"{self._queue}/i/{item_id}")
        del self._done[item_id]
        return Run(results, time.perf_counter() - began, span(item))

    async def one_batch(self, count: int) -> Crowd:
        """Enqueue all at once, as one batch: no client can leave InvokeAI less time between two items."""
        began = time.perf_counter()
        uploaded = await self._upload(self._png)
        ids = await self._enqueue(uploaded, count)
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*(self._ended(item_id).wait() for item_id in ids))
        items = [(await self._call("GET", f"{self._queue}/i/{item_id}")).json() for item_id in ids]
        for item in items:
            await self._call("GET", f"/api/v1/images/i/{_made(item)}/full")
        results = time.perf_counter() - began
        names = [uploaded, *map(_made, items)]
        await self._call("POST", "/api/v1/images/delete", json={"image_names": names})
        for item_id in ids:
            await self._call("DELETE", f"{self._queue}/i/{item_id}")
            del self._done[item_id]
        return Crowd(count, len(items), results, time.perf_counter() - began, [span(item) for item in items])

    async def _upload(self, png: bytes) -> str:
        query = {"image_category": "user", "is_intermediate": "false"}
        files = {"file": ("image.png", png, "image/png")}
        answer = await self._call("POST", "/api/v1/images/upload", params=query, files=files)
        return answer.json()["image_name"]

    async def _enqueue(self, uploaded: str, runs: int) -> list[int]:
        graph = {**self._graph, "id": str(uuid.uuid4())}
        node = {**graph["nodes"][self._node_id], "image": {"image_name": uploaded}}
        graph["nodes"] = {**graph["nodes"], self._node_id: node}
        body = {"prepend": False, "batch": {"graph": graph, "runs": runs, "destination": f"overhead-{uuid.uuid4()}"}}
        return (await self._call("POST", f"{self._queue}/enqueue_batch", json=body)).json()["item_ids"]

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return (await self._http.request(method, path, **options)).raise_for_status()

    def _ended(self, item_id: int) -> asyncio.Event:
        return self._done.setdefault(item_id, asyncio.Event())


@contextlib.asynccontextmanager
async def open_floor(url: str, queue_id: str, graph: dict[str, Any], node_id: str, png: bytes) -> AsyncGenerator[Floor]:
    """Connect a floor: an HTTP client and a socket."""
    socket: Any = socketio.AsyncClient()
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS) as http:
        http.headers["accept-encoding"] = "identity"
        floor = Floor(http, queue_id, graph, node_id, png)
        socket.on("queue_item_status_changed", floor.on_status)
        await socket.connect(url, socketio_path="/ws/socket.io", transports=["websocket"])
        await socket.emit("subscribe_queue", {"queue_id": queue_id})
        try:
            yield floor
        finally:
            await socket.disconnect()


def _made(item: dict[str, Any]) -> str:
    (result,) = item["session"]["results"].values()
    return result["image"]["image_name"]
