"""An orderly stop: nothing new begins, what is in flight ends, and the rows are left to the next process."""

import asyncio

import pytest

from bot.cards import Away, Running, Waiting
from bot.jobs import Outcome, State
from bot.problems import RESTARTING
from tests.bot.world import ENQUEUE, UPLOAD, World, until
from workflows.errors import UserError

PATIENCE = 5.0


async def test_nothing_new_is_taken_in(world: World) -> None:
    async with world.connected() as engine:
        job = await world.job(engine, "blur")
        await engine.runner.hand_over(PATIENCE)
        with pytest.raises(UserError, match="restarted") as refused:
            await engine.runner.submit(job)
        assert str(refused.value) == RESTARTING
        assert await engine.store.open_jobs() == []


async def test_an_upload_in_flight_ends_and_nothing_follows(world: World) -> None:
    async with world.connected() as engine:
        await world.published(engine, "collage")
        world.server.faults.delay("POST /api/v1/images/upload", 0.1)
        job, _, task = await world.start(engine, "collage")
        await until(lambda: world.server.requests[UPLOAD] == 1)
        await engine.runner.hand_over(PATIENCE)
        assert task.cancelled()
        assert [asset.kind.is_upload for asset in await engine.store.assets(job.id)] == [True]
        assert (world.server.requests[UPLOAD], world.server.requests[ENQUEUE]) == (1, 0)
    world.server.faults.delay("POST /api/v1/images/upload", 0)
    async with world.connected() as engine:
        await engine.resumer.resume(world.wall.open)
        await engine.runner.drained()
        # Two pictures, each uploaded once.
        assert world.server.requests[UPLOAD] == 2
        assert world.message(job).job.outcome is Outcome.COMPLETED
        await world.assert_clean(engine)


async def test_what_only_waits_is_stopped_at_once(resting_world: World) -> None:
    """One in the line, one that a backend has, and one that waits for its next try."""
    world = resting_world
    world.in_flight = 1
    async with world.connected() as engine:
        _, card, queued = await world.start(engine, "blur")
        await card.sees(Running | Away)
        _, card, waiting = await world.start(engine, "blur", user_id=2)
        await card.sees(Waiting)
        world.server.faults.fail_next("POST /api/v1/images/upload", 503, times=1000)
        _, card, trying = await world.start(engine, "blur", user_id=3)
        await card.sees(Away)
        async with asyncio.timeout(PATIENCE):
            await engine.runner.hand_over(1000)
        assert all(task.cancelled() for task in (queued, waiting, trying))
        states = {job.user_id: job.state for job in await engine.store.open_jobs()}
        assert states == {1: State.QUEUED, 2: State.READY, 3: State.NEW}
    world.server.faults._failures.clear()
    await world.server.resume()
    async with world.connected() as engine:
        assert await engine.resumer.resume(world.wall.open) == 3
        await engine.runner.drained()
        assert {message.job.outcome for message in world.wall.messages.values()} == {Outcome.COMPLETED}
        assert world.server.batches == 3
        await world.assert_clean(engine)


async def test_what_hangs_is_cut_off_in_the_end(world: World) -> None:
    async with world.connected() as engine:
        await world.published(engine, "blur")
        world.server.faults.delay("POST /api/v1/images/upload", 60)
        _, _, task = await world.start(engine, "blur")
        await until(lambda: world.server.requests[UPLOAD] == 1)
        async with asyncio.timeout(PATIENCE):
            await engine.runner.hand_over(0.1)
        assert not task.done()
        world.server.faults.delay("POST /api/v1/images/upload", 0)
    assert task.cancelled()
    async with world.connected() as engine:
        await engine.resumer.resume(world.wall.open)
        await engine.runner.drained()
        await world.assert_clean(engine)


async def test_a_wish_to_cancel_is_still_taken_down(resting_world: World) -> None:
    async with resting_world.connected() as engine:
        job, card, _ = await resting_world.start(engine, "blur")
        await card.sees(Running | Away)
        await engine.runner.hand_over(PATIENCE)
        assert await engine.runner.cancel(job.id)
    async with resting_world.connected() as engine:
        await engine.resumer.resume(resting_world.wall.open)
        await engine.runner.drained()
        assert resting_world.message(job).job.outcome is Outcome.CANCELLED
        await resting_world.assert_clean(engine)
