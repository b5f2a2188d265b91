"""What Familiar adds to a run: the engine beside a bare script that makes the same calls, on a real InvokeAI.

    uv run python benchmarks/overhead.py http://127.0.0.1:9090 --runs 20

Each run is one blur of one picture: uploaded, enqueued, awaited by events, downloaded, and everything deleted. The
overhead of a run is its time from the first call to the last confirmation, less what InvokeAI itself says that it
worked (`completed_at - started_at` of the queue item). All ways take turns in one process, so that noise hits all.

Familiar checks what people attach, and takes the words out of what it posts; a second floor does that too, so that
what the ledger and the line cost can be told from what clean pictures cost.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import socketio  # pyright: ignore[reportMissingTypeStubs]
import typer
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

import workflows
from bot import media
from bot.cards import Moment, Told
from bot.catalog import Published
from bot.config import BackendSettings, Settings
from bot.drafts import Draft
from bot.engine import Engine, open_engine
from bot.jobs import Attachment, Job, Outcome, State, new_id, now
from bot.media import ResultFile
from workflows import document
from workflows.check import check
from workflows.graph import compile_batch

BLUR = Path(workflows.__file__).parent / "bundled" / "blur.json"
ENGINE = "engine"
WARM_UP = 2
SECONDS = 60


@dataclass(frozen=True)
class Run:
    """One run: from the first call to the last confirmation, and what InvokeAI says that it worked; in seconds."""

    whole: float
    server: float

    @property
    def overhead(self) -> float:
        return self.whole - self.server


class NullCard:
    """Implements bot.cards.Card for nobody."""

    file_limit = request_limit = 2**31

    def __init__(self) -> None:
        self.files: Sequence[ResultFile] = ()

    def show(self, job: Job, moment: Moment) -> None:
        pass

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Told:
        self.files = files
        return Told.CARD

    async def close(self) -> None:
        pass


class EngineWay:
    """Familiar's engine, with its database, its ledger and its fair line."""

    def __init__(self, engine: Engine, published: Published, picture: Path) -> None:
        self._engine = engine
        self._published = published
        self._picture = picture
        self._worked: dict[str, float] = {}
        self.steps: dict[State, list[float]] = {}
        self._time_steps()
        self._listen_to_items()

    async def run(self) -> Run:
        job = Job(
            id=new_id(),
            user_id=1,
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
        whole = time.perf_counter() - began
        if closed.outcome is not Outcome.COMPLETED or len(card.files) != 1:
            raise RuntimeError(f"the engine's run ended {closed.outcome}: {closed.problem}")
        return Run(whole, self._worked.pop(job.id))

    def _time_steps(self) -> None:
        """Note how long each step takes, for whoever wants to know where the time goes."""
        steps = self._engine.runner._steps  # noqa: SLF001  a benchmark may look inside

        def timed(state: State, step: Callable[..., Awaitable[Job]]) -> Callable[..., Awaitable[Job]]:
            async def run(*args: Any) -> Job:
                began = time.perf_counter()
                try:
                    return await step(*args)
                finally:
                    self.steps.setdefault(state, []).append(time.perf_counter() - began)

            return run

        steps.of = {state: timed(state, step) for state, step in steps.of.items()}

    def _listen_to_items(self) -> None:
        """Read InvokeAI's own times off the items that the engine asks for anyway: an extra call would count."""
        client = self._engine.pool.first.client
        ask = client._json  # noqa: SLF001

        async def listening(method: str, path: str, **options: Any) -> Any:
            answer = await ask(method, path, **options)
            if path.endswith("/list_all"):
                for item in answer:
                    if item.get("completed_at"):
                        self._worked[item["destination"]] = worked(item)
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
        if event["status"] in {"completed", "failed", "canceled"}:
            self._ended(event["item_id"]).set()

    async def run_tidily(self) -> Run:
        return await self.run(tidy=True)

    async def run(self, *, tidy: bool = False) -> Run:
        began = time.perf_counter()
        query = {"image_category": "user", "is_intermediate": "false"}
        png = await asyncio.to_thread(media.prepare, "picture", self._png, 40) if tidy else self._png
        files = {"file": ("image.png", png, "image/png")}
        uploaded = (await self._call("POST", "/api/v1/images/upload", params=query, files=files)).json()["image_name"]
        graph = {**self._graph, "id": str(uuid.uuid4())}
        node = {**graph["nodes"][self._node_id], "image": {"image_name": uploaded}}
        graph["nodes"] = {**graph["nodes"], self._node_id: node}
        body = {"prepend": False, "batch": {"graph": graph, "runs": 1, "destination": f"overhead-{uuid.uuid4()}"}}
        (item_id,) = (await self._call("POST", f"{self._queue}/enqueue_batch", json=body)).json()["item_ids"]
        async with asyncio.timeout(SECONDS):
            await self._ended(item_id).wait()
        item = (await self._call("GET", f"{self._queue}/i/{item_id}")).json()
        (result,) = item["session"]["results"].values()
        made = result["image"]["image_name"]
        downloaded = await self._call("GET", f"/api/v1/images/i/{made}/full")
        if tidy:
            await asyncio.to_thread(media.fit, downloaded.content, "result", 2**31)
        await self._call("DELETE", f"/api/v1/images/i/{uploaded}")
        await self._call("DELETE", f"/api/v1/images/i/{made}")
        await self._call("DELETE", f"{self._queue}/i/{item_id}")
        del self._done[item_id]
        return Run(time.perf_counter() - began, worked(item))

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return (await self._http.request(method, path, **options)).raise_for_status()

    def _ended(self, item_id: int) -> asyncio.Event:
        return self._done.setdefault(item_id, asyncio.Event())


def worked(item: dict[str, Any]) -> float:
    """Return how long InvokeAI worked on an item."""
    began, ended = (datetime.fromisoformat(item[name]) for name in ("started_at", "completed_at"))
    return (ended - began).total_seconds()


def main(
    url: Annotated[str, typer.Argument(help="A running InvokeAI.")],
    runs: Annotated[int, typer.Option(help="How many runs of each way count.")] = 20,
    queue_id: Annotated[str, typer.Option(help="The queue id; nobody else's jobs should be on it.")] = "familiar-bench",
    as_json: Annotated[bool, typer.Option("--json", help="The figures in milliseconds, for programs.")] = False,
) -> None:
    """Compare the engine's overhead per job with the least that any client has."""
    found, steps = asyncio.run(measure(url.rstrip("/"), queue_id, runs))
    if as_json:
        print(json.dumps({name: summary(all_runs) for name, all_runs in found.items()}))
        return
    console = Console()
    console.print(f"{url}, {runs} runs of each, milliseconds a job")
    console.print(table(found))
    console.print(where(steps, runs))


async def measure(url: str, queue_id: str, runs: int) -> tuple[dict[str, list[Run]], dict[State, list[float]]]:
    backend = BackendSettings(url=url, queue_id=queue_id)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        picture.write_bytes(noise())
        database = Path(folder) / "bench.sqlite"
        async with contextlib.AsyncExitStack() as stack:
            engine = await stack.enter_async_context(open_engine(Settings(backend=(backend,)), database))
            await stack.enter_async_context(engine.runner.running())
            async with httpx.AsyncClient(base_url=url, timeout=SECONDS) as http:
                http.headers["accept-encoding"] = "identity"
                if not await engine.pool.first.events.wait_connected(10):
                    raise SystemExit(f"no connection to {url}")
                published, graph, node_id = await prepare(engine)
                floor = Floor(http, queue_id, graph, node_id, picture.read_bytes())
                socket: Any = socketio.AsyncClient()
                socket.on("queue_item_status_changed", floor.on_status)
                await socket.connect(url, socketio_path="/ws/socket.io", transports=["websocket"])
                await socket.emit("subscribe_queue", {"queue_id": queue_id})
                try:
                    way = EngineWay(engine, published, picture)
                    ways = {ENGINE: way.run, "bare floor": floor.run, "floor, tidy": floor.run_tidily}
                    found = await interleaved(ways, runs)
                finally:
                    await socket.disconnect()
    return found, way.steps


async def interleaved(ways: dict[str, Callable[[], Awaitable[Run]]], runs: int) -> dict[str, list[Run]]:
    """Run all in turn, in changing order, after some runs that do not count."""
    found: dict[str, list[Run]] = {name: [] for name in ways}
    for number in track(range(runs + WARM_UP), "measuring", console=Console(stderr=True), transient=True):
        names = list(ways)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            found[name].append(await ways[name]())
    return {name: all_runs[WARM_UP:] for name, all_runs in found.items()}


async def prepare(engine: Engine) -> tuple[Published, dict[str, Any], str]:
    """Publish the blur for the engine, and give its graph to the floor, so that both run the same thing."""
    backend, data = engine.pool.first, BLUR.read_bytes()
    read, schemas = document.read(data), await backend.schemas()
    inputs = check(read, schemas, backend.models).inputs
    published = await engine.catalog.publish(Draft(new_id(), 0, 0, new_id(), "overhead", "", data, inputs))
    (spec,) = (spec for spec in inputs if spec.is_file)
    place = (spec.node_id, spec.field_name)
    batch = compile_batch(read, schemas, {place: {"image_name": "later"}}, backend.models)
    return published, batch.body("id", "origin")["batch"]["graph"], spec.node_id


def noise() -> bytes:
    """A picture of the size people post, which compresses as badly as a photo."""
    stream = io.BytesIO()
    Image.effect_noise((512, 512), 80).convert("RGB").save(stream, "PNG")
    return stream.getvalue()


def table(found: dict[str, list[Run]]) -> Table:
    drawn = Table(title="Beside InvokeAI's own work", title_justify="left")
    for heading in ("", "median", "p90", "engine / this", "whole job", "InvokeAI's own"):
        drawn.add_column(heading, justify="right" if heading else "left")
    engine = summary(found[ENGINE])["median"]
    for name, all_runs in found.items():
        figures = summary(all_runs)
        times = [f"{figures[key]:.0f}" for key in ("median", "p90", "whole", "server")]
        drawn.add_row(name, *times[:2], f"{engine / figures['median']:.2f}", *times[2:])
    return drawn


def where(steps: dict[State, list[float]], runs: int) -> Table:
    """Where the engine's time goes, InvokeAI's own work included."""
    found = Table(title="The engine's steps, with the waiting in them", title_justify="left")
    for heading in ("step", "calls a job", "median of a call, ms"):
        found.add_column(heading, justify="right" if heading != "step" else "left")
    for state, all_times in steps.items():
        calls = len(all_times) / (runs + WARM_UP)
        found.add_row(state.value, f"{calls:.1f}", f"{1000 * statistics.median(all_times):.1f}")
    return found


def summary(runs: Sequence[Run]) -> dict[str, float]:
    return {
        "median": 1000 * statistics.median(run.overhead for run in runs),
        "p90": 1000 * p90([run.overhead for run in runs]),
        "whole": 1000 * statistics.median(run.whole for run in runs),
        "server": 1000 * statistics.median(run.server for run in runs),
    }


def p90(figures: Sequence[float]) -> float:
    return statistics.quantiles(figures, n=10, method="inclusive")[-1] if len(figures) > 1 else figures[0]


if __name__ == "__main__":
    typer.run(main)
