"""Several backends: a job goes to one that can take it, and on to another one when its own is gone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cards import Away, Restarted, Running, Waiting
from bot.jobs import Attachment, Outcome
from bot.problems import UNREACHABLE
from tests.bot.conftest import Serve
from tests.bot.world import ENQUEUE, UPLOAD, World, until


@pytest.fixture
async def pair(serve: Serve, tmp_path: Path) -> AsyncIterator[World]:
    """A world with two backends, which one job at a time fills."""
    world = World(await serve(), tmp_path, move_minutes=0.05 / 60)
    world.others["second"] = await serve()
    world.in_flight = 1
    yield world


def enqueued(world: World) -> tuple[int, int]:
    return world.server.batches, world.others["second"].batches


async def test_two_backends_share_the_work(pair: World) -> None:
    async with pair.connected() as engine:
        started = [await pair.start(engine, "blur", user_id=user) for user in range(6)]
        closed = await asyncio.gather(*(task for *_, task in started))
        assert {job.outcome for job in closed} == {Outcome.COMPLETED}
        assert sum(enqueued(pair)) == 6
        assert min(enqueued(pair)) > 0
        await pair.assert_clean(engine)


async def test_what_waits_for_one_that_is_away_goes_to_the_other(pair: World) -> None:
    """Its picture is up on the first one already: that one goes too, once the first is back."""
    await pair.server.pause()
    await pair.others["second"].pause()
    async with pair.connected() as engine:
        fill = [await pair.start(engine, "edges", user_id=user) for user in (1, 2)]
        for _, card, _ in fill:
            await card.sees(Running | Away)
        job, card, task = await pair.start(engine, "blur", user_id=3)
        await card.sees(Waiting)
        place = (await engine.store.assets(job.id))[0].backend
        away = pair.server if place == "main" else pair.others[place]
        other = pair.others["second"] if away is pair.server else pair.server
        await away.crash()
        await other.resume()
        await until(lambda: job.id in pair.wall.messages)
        assert pair.message(job).job.outcome is Outcome.COMPLETED
        assert not task.done()
        await away.restart()
        await away.resume()
        await asyncio.gather(task, *(task for *_, task in fill))
        assert {(await engine.store.get(done.id)).outcome for done, *_ in fill} == {Outcome.COMPLETED}  # pyright: ignore[reportOptionalMemberAccess]
        await pair.assert_clean(engine)


async def test_what_runs_on_one_that_stays_away_is_begun_anew_on_the_other(pair: World) -> None:
    await pair.server.pause()
    await pair.others["second"].pause()
    async with pair.connected() as engine:
        job, card, task = await pair.start(engine, "blur")
        await card.sees(Running | Away)
        first = next(server for server in (pair.server, pair.others["second"]) if server.items)
        other = pair.others["second"] if first is pair.server else pair.server
        await first.crash()
        await other.resume()
        await until(lambda: job.id in pair.wall.messages)
        told = pair.message(job)
        assert (told.job.outcome, told.job.attempt, len(told.files)) == (Outcome.COMPLETED, 2, 1)
        assert Restarted(has_moved=True) in card.moments
        # What it left on the first one is not forgotten, although that one is away.
        assert not task.done()
        assert sum((await engine.store.left()).values()) > 0
        await first.restart()
        await task
        assert enqueued(pair) == (1, 1)
        await pair.assert_clean(engine)


async def test_one_backend_alone_keeps_its_jobs(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(paused=True), tmp_path, move_minutes=0.01 / 60)
    async with world.connected() as engine:
        _job, card, task = await world.start(engine, "blur")
        await card.sees(Running | Away)
        await world.server.crash()
        await card.sees(Away)
        await asyncio.sleep(0.1)
        await world.server.restart()
        await world.server.resume()
        assert ((await task).outcome, (await task).attempt) == (Outcome.COMPLETED, 1)
        assert world.server.batches == 1
        await world.assert_clean(engine)


async def test_an_enqueueing_without_an_answer_is_cleared_where_it_was(pair: World) -> None:
    """Nobody knows whether the first one has it; when it is back, what it has goes."""
    pair.server.faults.lose_answer_next("POST /api/v1/queue/familiar/enqueue_batch")
    pair.server.faults.fail_next("GET /api/v1/queue/familiar/list_all", 503, times=3)
    async with pair.connected() as engine:
        await engine.pool.drain("second")
        await pair.server.pause()
        job, _card, task = await pair.start(engine, "blur")
        await until(lambda: pair.server.batches == 1)
        await engine.pool.give_back("second")
        await pair.server.crash()
        await until(lambda: job.id in pair.wall.messages)
        assert pair.message(job).job.outcome is Outcome.COMPLETED
        await pair.server.restart()
        await pair.server.resume()
        await task
        await pair.assert_clean(engine)


async def test_waiting_ends_when_no_backend_comes_back(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(), tmp_path, retry_minutes=0.1 / 60)
    async with world.connected() as engine:
        await world.published(engine, "hue")
        await world.server.crash()
        engine.pool.first.doubt()
        await until(lambda: not engine.pool.first.is_up)
        job = (await world.job(engine, "hue")).evolve(attachments=())
        job = await engine.runner.submit(job)
        card = await world.wall.open(job)
        closed = await engine.runner.start(job, card)
        assert (closed.outcome, closed.problem) == (Outcome.FAILED, UNREACHABLE)
        assert Away() in card.moments


async def test_a_job_whose_picture_cannot_be_had_again_says_so(pair: World, tmp_path: Path) -> None:
    await pair.server.pause()
    await pair.others["second"].pause()
    async with pair.connected() as engine:
        job, card, task = await pair.start(engine, "blur")
        await card.sees(Running | Away)
        first = next(server for server in (pair.server, pair.others["second"]) if server.items)
        pair.picture.unlink()
        await first.crash()
        await until(lambda: job.id in pair.wall.messages)
        assert pair.message(job).job.outcome is Outcome.FAILED
        await first.restart()
        await task
        await pair.assert_clean(engine)


async def test_a_drained_backend_ends_what_it_has_and_gets_nothing_new(pair: World) -> None:
    async with pair.connected() as engine:
        await engine.pool.drain("main")
        closed = [(await pair.run(engine, "blur"))[0] for _ in range(3)]
        assert {job.backend for job in closed} == {"second"}
        assert enqueued(pair) == (0, 3)
        assert pair.server.requests[UPLOAD] == pair.server.requests[ENQUEUE] == 0
        await engine.pool.give_back("main")
        await engine.pool.drain("second")
        assert (await pair.run(engine, "blur"))[0].backend == "main"
        await pair.assert_clean(engine)


async def test_a_model_that_only_one_has_leads_the_job_there(pair: World) -> None:
    attachment = Attachment("picture", "picture.png", pair.picture.as_uri(), 1)
    assert attachment.url
    async with pair.connected() as engine:
        engine.pool.fits = lambda *asked: asked[2] == "second"
        assert {(await pair.run(engine, "blur"))[0].backend for _ in range(3)} == {"second"}
        await pair.assert_clean(engine)


async def test_a_run_in_good_health_does_not_count_as_silence(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(paused=True), tmp_path, move_minutes=0.5 / 60)
    world.others["second"] = await serve()
    async with world.connected() as engine:
        await engine.pool.drain("second")
        _, card, task = await world.start(engine, "blur")
        await card.sees(Running | Away)
        await engine.pool.give_back("second")
        await asyncio.sleep(0.6)
        await world.server.crash()
        await card.sees(Away)
        await world.server.restart()
        await world.server.resume()
        assert ((await task).outcome, (await task).backend, (await task).attempt) == (Outcome.COMPLETED, "main", 1)
        await world.assert_clean(engine)


async def test_a_turn_on_a_backend_that_goes_away_is_given_back(pair: World) -> None:
    """Its picture was on its way to the one whose turn it had."""
    first, second = pair.server, pair.others["second"]
    async with pair.connected() as engine:
        await pair.published(engine, "blur")
        await engine.pool.drain("second")
        await first.pause()
        _, card, _ = await pair.start(engine, "hue", user_id=2)
        await card.sees(Running | Away)
        job, card, _ = await pair.start(engine, "blur")
        await card.sees(Waiting)
        second.faults.fail_next("POST /api/v1/images/upload", 503, times=1000)
        await engine.pool.give_back("second")
        await until(lambda: engine.line.turn(job.id) == "second" and second.requests[UPLOAD] > 0)
        await second.crash()
        await first.resume()
        await until(lambda: job.id in pair.wall.messages)
        assert pair.message(job).job.outcome is Outcome.COMPLETED
        second.faults.stop_failing()
        await second.restart()
        await engine.runner.drained()
        await pair.assert_clean(engine)
