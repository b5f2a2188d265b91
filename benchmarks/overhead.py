"""What Familiar adds to a run: the engine beside a bare script that makes the same calls, on a real InvokeAI.

    uv run python -m benchmarks.overhead http://127.0.0.1:9090 --runs 20 --crowd 20 --py-client V/bin/python

Each run is one blur of one picture: uploaded, enqueued, awaited by events, downloaded, and everything deleted. What a
client adds to a run is its time from the first call until the results are there, or until all is deleted, less what
InvokeAI itself says that it worked (`completed_at - started_at` of the queue item). All ways take turns, so that noise
hits all.

Familiar checks what people attach, and takes the words out of what it posts; a second floor does that too, so that
what the ledger and the line cost can be told from what clean pictures cost.

With `--crowd`, so many jobs at once. InvokeAI is idle between the first item's start and the last one's end whenever it
has none in work. It is so for a moment between any two: one batch of as many items shows how long at least, and what is
more is what the client adds.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import random
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

import workflows
from benchmarks._pyclient import HOW_TO_GET, open_py_client
from benchmarks._runs import ENGINE, FLOOR, ONE_BATCH, Crowd, Run, crowd_summary, crowds_table, runs_table, summary
from benchmarks._ways import EngineWay, at_once, open_floor
from bot.catalog import Published
from bot.config import BackendSettings, Settings
from bot.drafts import Draft
from bot.engine import Engine, open_engine
from bot.jobs import State, new_id
from workflows import document
from workflows.check import check
from workflows.graph import compile_batch

BLUR = Path(workflows.__file__).parent / "bundled" / "blur.json"
WARM_UP = 2
#: Of what is printed into a file.
WIDTH = 140
IN_FLIGHT = BackendSettings.model_fields["max_in_flight"].default
T = TypeVar("T")


@dataclass
class Found:
    """Everything that was measured."""

    runs: dict[str, list[Run]] = field(default_factory=dict[str, list[Run]])
    crowds: dict[str, list[Crowd]] = field(default_factory=dict[str, list[Crowd]])
    #: By step, its calls a run and the median of one.
    steps: dict[State, tuple[float, float]] = field(default_factory=dict[State, tuple[float, float]])


@dataclass(frozen=True)
class Ways:
    """What can be measured."""

    run: dict[str, Callable[[], Awaitable[Run]]]
    crowd: dict[str, Callable[[int], Awaitable[Crowd]]]
    engine: EngineWay


def main(  # noqa: PLR0913, PLR0917  one for each option
    url: Annotated[str, typer.Argument(help="A running InvokeAI.")],
    runs: Annotated[int, typer.Option(help="How many runs of each way count.")] = 20,
    crowd: Annotated[int, typer.Option(help="How many jobs at once, such as 20, in a second table; 0: none.")] = 0,
    rounds: Annotated[int, typer.Option(help="How often the jobs at once; the median counts.")] = 1,
    in_flight: Annotated[int, typer.Option(help="The engine's max_in_flight.")] = IN_FLIGHT,
    py_client: Annotated[Path | None, typer.Option(help="A Python that has invokeai-py-client.")] = None,
    queue_id: Annotated[str, typer.Option(help="The queue id; nobody else's jobs should be on it.")] = "familiar-bench",
    as_json: Annotated[bool, typer.Option("--json", help="The figures, for programs: milliseconds a job.")] = False,
) -> None:
    """Compare what the engine adds to a job with what other clients do, and the least that any has to."""
    backend = BackendSettings(url=url.rstrip("/"), queue_id=queue_id, max_in_flight=in_flight)
    found = asyncio.run(measure(backend, py_client, runs, crowd, rounds))
    if as_json:
        figures = {name: summary(all_runs) for name, all_runs in found.runs.items()}
        crowds = {name: crowd_summary(all_crowds) for name, all_crowds in found.crowds.items()}
        print(json.dumps({"jobs": figures, "crowds": crowds}))
        return
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    if found.runs:
        console.print(f"{url}, {runs} runs of each", runs_table(found.runs), where(found.steps), sep="\n")
    if found.crowds:
        console.print(f"{crowd} jobs at once, {rounds} rounds", crowds_table(found.crowds), sep="\n")
    if not py_client:
        console.print(HOW_TO_GET, soft_wrap=True)


async def measure(backend: BackendSettings, py_client: Path | None, runs: int, crowd: int, rounds: int) -> Found:
    found = Found()
    async with opened(backend, py_client) as ways:
        if runs:
            found.runs = await interleaved(ways.run, runs, WARM_UP)
            found.steps = ways.engine.steps.medians(runs + WARM_UP)
        if crowd:
            crowds = {name: partial(way, crowd) for name, way in ways.crowd.items()}
            found.crowds = await interleaved(crowds, rounds, 0)
    return found


@contextlib.asynccontextmanager
async def opened(backend: BackendSettings, py_client: Path | None) -> AsyncGenerator[Ways]:
    """Open everything that is compared, on one picture."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        picture = folder / "picture.png"
        picture.write_bytes(noise())
        settings = Settings(backend=(backend,))
        engine = await stack.enter_async_context(open_engine(settings, folder / "bench.sqlite"))
        await stack.enter_async_context(engine.runner.running())
        if not await engine.pool.first.events.wait_connected(10):
            raise SystemExit(f"no connection to {backend.url}")
        published, graph, node_id = await prepare(engine)
        connecting = open_floor(backend.url, backend.queue_id, graph, node_id, picture.read_bytes())
        floor = await stack.enter_async_context(connecting)
        way = EngineWay(engine, published, picture)
        run = {ENGINE: way.run, FLOOR: floor.run, "floor, tidy": floor.run_tidily}
        crowd = {
            ENGINE: partial(at_once, way.run),
            FLOOR: partial(at_once, floor.run),
            ONE_BATCH: floor.one_batch,
        }
        if py_client:
            starting = open_py_client(py_client, backend.url, backend.queue_id, BLUR, picture)
            other = await stack.enter_async_context(starting)
            run |= {"py-client, sync": other.run_sync, "py-client, async": other.run_async}
            crowd |= {"py-client, async": other.crowd_of_one_client, "one of its clients a job": other.crowd_of_clients}
        yield Ways(run, crowd, way)


async def interleaved(ways: dict[str, Callable[[], Awaitable[T]]], runs: int, warm_up: int) -> dict[str, list[T]]:
    """Run all once a round, in changing order, after some rounds that do not count."""
    found: dict[str, list[T]] = {name: [] for name in ways}
    for number in track(range(runs + warm_up), "measuring", console=Console(stderr=True), transient=True):
        # Not in turn: whatever came after the same way each time would have its aftermath in its figures.
        for name in random.Random(number).sample(list(ways), len(ways)):
            found[name].append(await ways[name]())
    return {name: all_runs[warm_up:] for name, all_runs in found.items()}


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


def where(steps: dict[State, tuple[float, float]]) -> Table:
    """Where the engine's time goes, InvokeAI's own work included."""
    drawn = Table(title="The engine's steps, with the waiting in them", title_justify="left")
    for heading in ("step", "calls a job", "median of a call, ms"):
        drawn.add_column(heading, justify="right" if heading != "step" else "left")
    for state, (calls, median) in steps.items():
        drawn.add_row(state.value, f"{calls:.1f}", f"{median:.1f}")
    return drawn


if __name__ == "__main__":
    typer.run(main)
