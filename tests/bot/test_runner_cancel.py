"""A member cancels: in whatever state the job is, it ends, says so, and leaves nothing."""

import asyncio
from pathlib import Path

import pytest

from bot.cards import Away, Cancelling, Running, Waiting
from bot.jobs import Job, Outcome, State
from tests.bot.conftest import Serve
from tests.bot.world import ENQUEUE, UPLOAD, World, until
from workflows.errors import Unavailable


async def test_while_a_picture_is_on_its_way(world: World) -> None:
    world.server.faults.delay("POST /api/v1/images/upload", 0.05)
    async with world.connected() as engine:
        job, _, task = await world.start(engine, "collage")
        await until(lambda: world.server.requests[UPLOAD] == 1)
        assert await engine.runner.cancel(job.id)
        closed = await task
        assert closed.outcome is Outcome.CANCELLED
        assert world.message(job).job.outcome is Outcome.CANCELLED
        assert (world.server.requests[UPLOAD], world.server.requests[ENQUEUE]) == (1, 0)
        await world.assert_clean(engine)


async def test_before_it_was_set_going(world: World) -> None:
    async with world.connected() as engine:
        job = await engine.runner.submit(await world.job(engine, "blur"))
        assert await engine.runner.cancel(job.id)
        assert (await engine.runner.start(job, await world.wall.open(job))).outcome is Outcome.CANCELLED
        assert world.server.requests[UPLOAD] == 0
        assert engine.line.length == 0
        await world.assert_clean(engine)


async def test_after_a_restart_and_before_it_is_taken_up(world: World) -> None:
    async with world.connected() as engine:
        await engine.runner.submit(await world.job(engine, "blur"))
    async with world.connected() as engine:
        (left,) = await engine.store.open_jobs()
        # While the start looks for the card of the job that it has read.
        assert await engine.runner.cancel(left.id)
        assert (await engine.runner.start(left, await world.wall.open(left))).outcome is Outcome.CANCELLED
        assert world.server.requests[ENQUEUE] == 0
        await world.assert_clean(engine)


async def test_while_it_waits_in_line(resting_world: World) -> None:
    resting_world.in_flight = 1
    async with resting_world.connected() as engine:
        _, first, running = await resting_world.start(engine, "blur")
        await first.sees(Running | Away)
        job, card, task = await resting_world.start(engine, "blur", user_id=2)
        _, after, last = await resting_world.start(engine, "hue", user_id=3)
        await card.sees(Waiting)
        await after.sees(Waiting)
        assert await engine.runner.cancel(job.id)
        assert (await task).outcome is Outcome.CANCELLED
        assert Waiting(0) not in card.moments
        assert engine.line.length == 1
        await resting_world.server.resume()
        assert {(await running).outcome, (await last).outcome} == {Outcome.COMPLETED}
        assert resting_world.server.requests[ENQUEUE] == 2
        await resting_world.assert_clean(engine)


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
async def test_while_it_is_being_enqueued(lost: bool, resting_world: World) -> None:
    world = resting_world
    path = "POST /api/v1/queue/familiar/enqueue_batch"
    world.server.faults.delay(path, 0.05)
    if lost:
        world.server.faults.lose_answer_next(path)
    async with world.connected() as engine:
        job, _, task = await world.start(engine, "blur")
        await until(lambda: world.server.requests[ENQUEUE] == 1)
        assert await engine.runner.cancel(job.id)
        assert (await task).outcome is Outcome.CANCELLED
        assert world.server.requests[ENQUEUE] == 1
        await world.assert_clean(engine)


async def test_while_it_is_pending(resting_world: World) -> None:
    async with resting_world.connected() as engine:
        job, card, task = await resting_world.start(engine, "blur")
        await card.sees(Running | Away)
        assert await engine.runner.cancel(job.id)
        assert await engine.runner.cancel(job.id)
        assert (await task).outcome is Outcome.CANCELLED
        assert card.moments[-1] == Cancelling()
        assert not await engine.runner.cancel(job.id)
        await resting_world.assert_clean(engine)


async def test_while_it_denoises(world: World) -> None:
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "slow", model="tiny-sd15")
        while not any(isinstance(moment, Running) and moment.fraction for moment in card.moments):
            await card.sees(Running, times=len(card.moments) + 1)
        assert await engine.runner.cancel(job.id)
        assert (await task).outcome is Outcome.CANCELLED
        assert world.message(job).files == ()
        await world.assert_clean(engine)


@pytest.mark.parametrize("silent", [False, True], ids=["with events", "without events"])
async def test_in_the_middle_of_a_node_whose_picture_comes_late(
    silent: bool, slow_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.steps.follow.POLL_SECONDS", 0.02)
    async with slow_world.connected() as engine:
        job, card, task = await slow_world.start(engine, "edges")
        await card.runs_a_node()
        slow_world.server.faults.silent_events = silent
        assert await engine.runner.cancel(job.id)
        assert (await task).outcome is Outcome.CANCELLED
        await slow_world.assert_clean(engine)


async def test_when_it_is_over_it_is_too_late(world: World) -> None:
    world.wall.failures = [Unavailable("Discord hiccups")]
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "blur")
        await card.tries(1)
        assert not await engine.runner.cancel(job.id)
        assert (await task).outcome is Outcome.COMPLETED
        assert len(world.message(job).files) == 1


async def test_while_it_is_cleaned_up_it_is_too_late(world: World) -> None:
    world.server.faults.delay("POST /api/v1/images/delete", 0.03)
    async with world.connected() as engine:
        job, _, task = await world.start(engine, "blur")
        await until(lambda: world.server.requests["POST", "/api/v1/images/delete"] == 1)
        assert not await engine.runner.cancel(job.id)
        closed = await task
        assert (closed.outcome, closed.cancel_requested) == (Outcome.COMPLETED, False)
        await world.assert_clean(engine)


async def test_unknown_jobs_cannot_be_cancelled(world: World) -> None:
    async with world.connected() as engine:
        assert not await engine.runner.cancel("nosuchjob")


async def test_the_member_is_told_at_once_though_the_backend_is_away(world: World) -> None:
    async with world.connected() as engine:
        await world.published(engine, "blur")
        await world.server.crash()
        job, card, task = await world.start(engine, "blur")
        await card.sees(Away)
        assert await engine.runner.cancel(job.id)
        await card.tries(1)
        assert world.message(job).job.outcome is Outcome.CANCELLED
        await world.server.restart()
        await task
        await world.assert_clean(engine)


async def test_a_wish_outlives_the_process(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(paused=True), tmp_path)
    async with world.connected() as engine:
        job, card, _ = await world.start(engine, "blur")
        await card.sees(Running | Away)
        # Written, and no more: the process ends before anybody acts on it.
        assert await engine.store.request_cancel(job.id)
    async with world.connected() as engine:
        await engine.resumer.resume(world.wall.open)
        await engine.runner.drained()
        assert world.message(job).job.outcome is Outcome.CANCELLED
        await world.assert_clean(engine)


async def test_what_finished_before_the_cancel_arrived_is_not_posted(world: World) -> None:
    """The wish came while the run ended; whoever took the wrong picture does not want it shown after all."""
    async with world.connected() as engine:
        world.server.faults.delay("PUT /api/v1/queue", 0.05)
        job, card, task = await world.start(engine, "blur")
        await card.sees(Running)
        await engine.runner.cancel(job.id)
        closed = await task
        assert closed.outcome is Outcome.CANCELLED
        assert not world.message(job).files
        await world.assert_clean(engine)


async def test_while_its_end_is_being_saved(world: World) -> None:
    async with world.connected() as engine:
        save, saving, go_on = engine.store.save, asyncio.Event(), asyncio.Event()

        async def slowly(job: Job) -> Job:
            if job.state is State.FINISHED:
                saving.set()
                await go_on.wait()
            return await save(job)

        engine.store.save = slowly
        job, _, task = await world.start(engine, "blur")
        await saving.wait()
        assert await engine.runner.cancel(job.id)
        go_on.set()
        assert (await task).outcome is Outcome.CANCELLED
        assert world.message(job).files == ()
        await world.assert_clean(engine)


async def test_while_its_backend_is_away(resting_world: World) -> None:
    """Nobody has to wait for the backend to be told; what it has goes when it is back."""
    world = resting_world
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "blur")
        await card.sees(Running | Away)
        await world.server.crash()
        engine.pool.first.doubt()
        await until(lambda: not engine.pool.first.is_up)
        assert await engine.runner.cancel(job.id)
        await until(lambda: job.id in world.wall.messages)
        assert world.message(job).job.outcome is Outcome.CANCELLED
        assert not task.done()
        await world.server.restart()
        await world.server.resume()
        await task
        await world.assert_clean(engine)
