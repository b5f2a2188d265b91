"""Whatever a backend does, at whatever moment: the job ends truthfully, once, and nothing is left."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.jobs import Job, Outcome
from bot.problems import FORGOTTEN
from tests.bot.conftest import Serve
from tests.bot.recording import RecordingCard
from tests.bot.world import World, until

Act = Callable[[World], Awaitable[None]]
WORKFLOW = "edges"
USERS = {"bot@example.org": "secret"}


@dataclass(frozen=True)
class Fault:
    strike: Act
    mend: Act
    #: How the job may end, by the moment of the strike; completed, where nothing is said.
    otherwise: tuple[Outcome, ...] = ()
    enqueued: int = 1


async def nothing(world: World) -> None:
    pass


async def crash(world: World) -> None:
    await world.server.crash()


async def start_again(world: World) -> None:
    await world.server.start()


async def forget(world: World) -> None:
    await world.server.restart(forget=True)


async def freeze(world: World) -> None:
    world.server.freeze()


async def thaw(world: World) -> None:
    world.server.thaw()


async def break_all(world: World) -> None:
    world.server.faults.fail_next("/api", 500, times=10_000)


async def stop_failing(world: World) -> None:
    world.server.faults.stop_failing()


async def fill_up(world: World) -> None:
    world.server.faults.full_queue = True


async def make_room(world: World) -> None:
    world.server.faults.full_queue = False


async def pause(world: World) -> None:
    await world.server.pause()


async def resume(world: World) -> None:
    await world.server.resume()


async def drop_sockets(world: World) -> None:
    await world.server.drop_sockets(seconds=60)


async def let_sockets_in(world: World) -> None:
    world.server.let_sockets_in()


async def garble(world: World) -> None:
    world.server.faults.scramble(random.Random(7))
    world.server.faults.duplicate_events = True


async def upgrade(world: World) -> None:
    await world.server.upgrade("6.15.0", without={"img_blur"})


async def expire(world: World) -> None:
    world.server.expire_tokens()
    await world.server.drop_sockets()


FAULTS = {
    "refuses": Fault(crash, start_again, enqueued=2),
    "loses its database": Fault(forget, nothing, (Outcome.LOST, Outcome.FAILED), enqueued=2),
    "hangs": Fault(freeze, thaw),
    "answers 500": Fault(break_all, stop_failing),
    "is full": Fault(fill_up, make_room),
    "is paused": Fault(pause, resume),
    "drops its sockets": Fault(drop_sockets, let_sockets_in),
    "garbles its events": Fault(garble, nothing),
    "is upgraded": Fault(upgrade, nothing, enqueued=2),
    "lets its tokens expire": Fault(expire, nothing),
}


async def before_it_begins(world: World, card: RecordingCard) -> None:
    pass


async def in_mid_run(world: World, card: RecordingCard) -> None:
    await card.runs_a_node()


async def at_its_end(world: World, card: RecordingCard) -> None:
    await until(lambda: any(item.status == "completed" for item in world.server.items.values()) or bool(card.attempts))


MOMENTS = {"before it begins": before_it_begins, "in mid-run": in_mid_run, "at its end": at_its_end}


@pytest.fixture
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.steps.follow.POLL_SECONDS", 0.1)


@pytest.mark.usefixtures("_no_patience")
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_the_job_ends_truthfully_once_and_leaves_nothing(
    fault: Fault,
    moment: Callable[[World, RecordingCard], Awaitable[None]],
    serve: Serve,
    tmp_path: Path,
) -> None:
    how = {"users": USERS} if fault.strike is expire else {}
    world = World(await serve(node_seconds=0.02, **how), tmp_path)
    if how:
        ((username, password),) = USERS.items()
        world.login = {"username": username, "password": SecretStr(password)}
    async with world.connected() as engine:
        await world.published(engine, WORKFLOW)
        if moment is before_it_begins:
            await fault.strike(world)
        _job, card, task = await world.start(engine, WORKFLOW)
        await moment(world, card)
        if moment is not before_it_begins:
            await fault.strike(world)
        await asyncio.sleep(0.1)
        await fault.mend(world)
        async with asyncio.timeout(15):
            closed = await task
        assert closed.outcome in {Outcome.COMPLETED, *fault.otherwise}, closed.problem
        check_told(world, closed)
        assert world.server.batches <= fault.enqueued
        await world.assert_clean(engine)


def check_told(world: World, closed: Job) -> None:
    told = world.message(closed)
    assert (told.job.outcome, told.job.problem) == (closed.outcome, closed.problem)
    assert len(told.files) == (closed.outcome is Outcome.COMPLETED)
    assert len(world.wall.cards[-1].attempts) >= 1
    if closed.outcome is Outcome.LOST:
        assert closed.problem == FORGOTTEN
