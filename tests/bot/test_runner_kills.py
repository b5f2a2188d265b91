"""Kill the bot before and after every effect that a job makes; the next life ends the job as if nothing had been.

There is no list of effects here: each story is told again and again, with the kill one effect later each time, until
a life lives through it.
"""

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import db
from bot.cards import Away, Running
from bot.engine import Engine
from bot.jobs import Job, JobStore, Outcome, State
from tests.bot.conftest import Serve
from tests.bot.reaper import Counter, Killed, Reaper, Saboteur
from tests.bot.recording import RecordingCard
from tests.bot.test_steps_videos import cut_twice
from tests.bot.world import World, until

ALWAYS = {"save", "upload", "note", "enqueue", "deliver", "delete_images", "delete_batch", "mark_deleted"}


@dataclass(frozen=True)
class Story:
    """A job, what happens to it while it runs, and how it must end."""

    workflow: str
    #: The first where nobody is killed; another only where a life came too late to change it.
    outcomes: tuple[Outcome, ...]
    effects: set[str]
    #: What the world does in the first life, and, as far as it still matters, in the second.
    meanwhile: Callable[[World, Engine, Job, RecordingCard], Awaitable[None]] | None = None
    #: Whether the backend takes up no work of its own.
    paused: bool = False
    node_seconds: float = 0.0
    #: How often at most.
    enqueued: int = 1
    backends: int = 1


async def cancel_once_it_is_queued(world: World, engine: Engine, job: Job, card: RecordingCard) -> None:
    await card.sees(Running | Away)
    await engine.runner.cancel(job.id)


async def cancel_in_mid_node(world: World, engine: Engine, job: Job, card: RecordingCard) -> None:
    await card.runs_a_node()
    await engine.runner.cancel(job.id)


async def restart_the_backend(world: World, engine: Engine, job: Job, card: RecordingCard) -> None:
    await card.runs_a_node()
    # Once, in whichever life it comes to that.
    if all(item.status != "canceled" for item in world.server.items.values()):
        await world.server.restart()


async def go_away_and_come_back(world: World, engine: Engine, job: Job, card: RecordingCard) -> None:
    await card.runs_a_node()
    if all(server.is_running for server in world.servers):
        for server in world.servers:
            if any(item.status == "in_progress" for item in server.items.values()):
                await server.crash()
    await until(lambda: job.id in world.wall.messages)
    await world.revive()


CANCELS = {*ALWAYS, "request_cancel", "cancel"}
COMPLETES = Story("collage", (Outcome.COMPLETED,), {*ALWAYS, "download"})
CANCELLED_IN_MID_NODE = Story(
    "edges", (Outcome.CANCELLED, Outcome.COMPLETED), CANCELS, cancel_in_mid_node, node_seconds=0.03
)
RESTARTED = Story("edges", (Outcome.COMPLETED,), ALWAYS, restart_the_backend, node_seconds=0.03, enqueued=2)
MOVES = Story("edges", (Outcome.COMPLETED,), ALWAYS, go_away_and_come_back, node_seconds=0.03, enqueued=3, backends=2)
WITH_VIDEOS = Story(
    "cut",
    (Outcome.COMPLETED,),
    {*ALWAYS, "upload_video", "download_video", "delete_video"} - {"upload", "delete_images"},
)
STORIES = {
    "completes": COMPLETES,
    "makes a video of a video": WITH_VIDEOS,
    "fails": Story("failing", (Outcome.FAILED,), ALWAYS),
    "is cancelled in the queue": Story("blur", (Outcome.CANCELLED,), CANCELS, cancel_once_it_is_queued, paused=True),
    "is cancelled in mid-node": CANCELLED_IN_MID_NODE,
    "runs on a backend that restarts": RESTARTED,
    "moves to another backend": MOVES,
}

LANES = 4
#: They go the ways of the others for the most part.
_REPEATS = frozenset(
    {"moves to another backend", "runs on a backend that restarts", "is cancelled in the queue", "fails"}
)

moments = pytest.mark.parametrize("before", [True, False], ids=["before", "after"])


@pytest.mark.parametrize(
    ("name", "before"),
    [
        *(pytest.param(name, False, marks=[pytest.mark.slow] if name in _REPEATS else []) for name in STORIES),
        # After one effect is before the next.
        *(pytest.param(name, True, marks=pytest.mark.slow) for name in STORIES),
    ],
)
async def test_every_kill_is_survived(name: str, before: bool, serve: Serve, tmp_path: Path) -> None:
    story = STORIES[name]

    async def tell_it(world: World, number: int) -> bool:
        reaper = Reaper(number, before)
        with book.noted(reaper):
            job = await first_life(world, story, reaper)
            if reaper.dead.is_set():
                await second_life(world, story, job)
            await book.read(world, job)
        return reaper.dead.is_set()

    book = Book(story)
    await side_by_side(story, serve, tmp_path, tell_it)
    book.close()


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(COMPLETES, id="completes"),
        pytest.param(CANCELLED_IN_MID_NODE, id="is cancelled in mid-node", marks=pytest.mark.slow),
    ],
)
@moments
async def test_every_cut_is_survived(story: Story, before: bool, serve: Serve, tmp_path: Path) -> None:
    """One connection lost, or one write refused, at every effect; with `after`, the server did what was asked."""

    async def tell_it(world: World, number: int) -> bool:
        saboteur = Saboteur(number, before)
        with book.noted(saboteur):
            job = await one_life(world, story, saboteur)
            await book.read(world, job)
        return saboteur.has_struck

    book = Book(story)
    await side_by_side(story, serve, tmp_path, tell_it)
    book.close()


async def side_by_side(
    story: Story, serve: Serve, folder: Path, tell_it: Callable[[World, int], Awaitable[bool]]
) -> None:
    """Tell a story with the strike at effect 1, 2, 3, ... until it was over before the strike; on several servers."""

    async def lane(first: int) -> None:
        servers = [await serve(node_seconds=story.node_seconds, paused=story.paused) for _ in range(story.backends)]
        for number in itertools.count(first, LANES):
            (folder / str(number)).mkdir()
            world = World(servers[0], folder / str(number), move_minutes=0.05 / 60)
            world.others = {f"other {at}": server for at, server in enumerate(servers[1:])}
            for server in servers:
                server.count_anew()
            world.documents["cut"] = cut_twice()
            if not await tell_it(world, number):
                return

    async with asyncio.TaskGroup() as lanes:
        for first in range(1, LANES + 1):
            lanes.create_task(lane(first))


@pytest.mark.parametrize("effects", [5, 6, 7])
async def test_a_bot_that_dies_again_and_again_gets_there(effects: int, world: World) -> None:
    """Each life has so few effects. With less, one would upload what the next deletes as an orphan."""
    book = Book(COMPLETES)
    async with world.connected() as engine:
        job = await engine.runner.submit(await world.job(engine, COMPLETES.workflow))
    for _ in range(20):
        reaper = Reaper(effects, before=False)
        async with world.connected() as engine:
            reaper.watch(engine)
            driving = asyncio.create_task(resumed(world, engine))
            dying = asyncio.create_task(reaper.dead.wait())
            await asyncio.wait({driving, dying}, return_when=asyncio.FIRST_COMPLETED)
            for task in (driving, dying):
                task.cancel()
            await asyncio.gather(driving, dying, return_exceptions=True)
        if not reaper.dead.is_set():
            break
    await book.read(world, job)


async def resumed(world: World, engine: Engine) -> None:
    with contextlib.suppress(Killed):
        await engine.resumer.resume(world.wall.open)
        await engine.runner.drained()


@dataclass
class Book:
    """What came out of one story, each time that it was told."""

    story: Story
    effects: set[str] = field(default_factory=set[str])
    outcomes: set[Outcome | None] = field(default_factory=set[Outcome | None])

    @contextlib.contextmanager
    def noted(self, counter: Counter) -> Iterator[None]:
        try:
            yield
        except (AssertionError, TimeoutError) as error:
            when = "before" if counter.before else "after"
            error.add_note(f"struck {when} effect {counter.at} of {counter.names}")
            raise
        self.effects.update(counter.names)

    async def read(self, world: World, job: Job) -> None:
        """The job is over, its card says truthfully how it went, and nothing is left anywhere."""
        async with db.connect(world.database) as connection:
            store = JobStore(connection)
            closed = await store.get(job.id)
            assert closed
            assert closed.state is State.CLOSED
            assert closed.outcome in self.story.outcomes, closed.problem
            assert await store.count_left() == 0
            assert await store.open_jobs() == []
        for server in world.servers:
            assert (list(server.images), list(server.videos), list(server.items)) == ([], [], [])
        assert 1 <= sum(server.batches for server in world.servers) <= self.story.enqueued
        message = world.message(job)
        assert (message.job.outcome, message.job.problem) == (closed.outcome, closed.problem)
        assert len(message.files) == len(closed.results)
        # A run that was cancelled in its last node may have made its picture nevertheless; then it is shown.
        assert closed.outcome is Outcome.CANCELLED or len(message.files) == (closed.outcome is Outcome.COMPLETED)
        self.outcomes |= {closed.outcome}

    def close(self) -> None:
        """The effects that there must be were all seen, and the story went as it was meant to."""
        assert self.story.effects <= self.effects
        assert self.story.outcomes[0] in self.outcomes


async def one_life(world: World, story: Story, saboteur: Saboteur) -> Job:
    async with world.connected() as engine:
        job = await engine.runner.submit(await world.job(engine, story.workflow))
        card = await world.wall.open(job)
        saboteur.watch(engine, card)
        telling = asyncio.create_task(tell(world, story, engine, job, card))
        async with asyncio.timeout(10):
            await engine.runner.start(job, card)
        telling.cancel()
        await asyncio.wait({telling})
    return job


async def first_life(world: World, story: Story, reaper: Reaper) -> Job:
    async with world.connected() as engine:
        job = await engine.runner.submit(await world.job(engine, story.workflow))
        card = await world.wall.open(job)
        reaper.watch(engine, card)
        driving = engine.runner.start(job, card)
        dying = asyncio.create_task(reaper.dead.wait())
        telling = asyncio.create_task(tell(world, story, engine, job, card))
        await asyncio.wait({driving, dying}, return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        telling.cancel()
        await asyncio.wait({dying, telling})
        if driving.done() and not reaper.dead.is_set():
            await driving
    if driving.done() and not driving.cancelled():
        driving.exception()
    return job


async def tell(world: World, story: Story, engine: Engine, job: Job, card: RecordingCard) -> None:
    while story.meanwhile:
        with contextlib.suppress(Killed):
            try:
                await story.meanwhile(world, engine, job, card)
            except sqlite3.OperationalError:
                # The member sees an error, and presses the button again.
                continue
        return


async def second_life(world: World, story: Story, job: Job) -> None:
    await world.revive()
    async with world.connected() as engine:
        left = await engine.store.get(job.id)
        assert left
        assert await engine.resumer.resume(world.wall.open) == (left.state is not State.CLOSED)
        telling: asyncio.Task[None] | None = None
        if left.outcome is None and not left.cancel_requested:
            telling = asyncio.create_task(tell(world, story, engine, job, world.wall.cards[-1]))
        async with asyncio.timeout(10):
            await engine.runner.drained()
        if telling:
            telling.cancel()
            await asyncio.wait({telling})
