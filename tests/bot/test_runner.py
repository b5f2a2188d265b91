"""Jobs from the command to the last deletion: alone, in a crowd, and over a restart of the bot."""

import asyncio
from pathlib import Path

import pytest

from bot.cards import Away, Running, Uploading, Waiting
from bot.jobs import DuplicateInteraction, Outcome, State
from bot.media import ResultFile
from bot.problems import OUR_SIDE, UNREACHABLE
from tests.bot.conftest import Serve
from tests.bot.world import ENQUEUE, UPLOAD, World, text_chunks, until

BUNDLED = {"blur": 1, "collage": 1, "edges": 2, "enhance": 1, "hue": 1, "hue_sheet": 6, "resize": 1, "sharpen": 1}


#: What the pool asks of a backend, whenever it is due.
LOOKS = {"/api/v1/app/version", "/openapi.json", "/api/v2/models/", "/api/v1/style_presets/"}


@pytest.mark.parametrize("workflow", BUNDLED)
async def test_a_bundled_workflow_runs_to_its_end(workflow: str, world: World) -> None:
    async with world.connected() as engine:
        job, _ = await world.run(engine, workflow)
        assert (job.state, job.outcome, job.problem) == (State.CLOSED, Outcome.COMPLETED, None)
        assert job.results
        files = world.message(job).files
        assert len(files) == len(job.results)
        assert [text_chunks(file.data) for file in files] == [{}] * len(files)
        await world.assert_clean(engine)


async def test_a_run_asks_for_nothing_but_what_it_needs(world: World) -> None:
    async with world.connected() as engine:
        await world.published(engine, "collage")
        before = dict(world.server.requests)
        job, card = await world.run(engine, "collage")
        assert world.asked("POST", before) == {UPLOAD[1]: 2, ENQUEUE[1]: 1, "/api/v1/images/delete": 1}
        assert set(world.asked("GET", before)) - LOOKS == {
            "/api/v1/queue/{queue_id}/list_all",
            # Whether what came out is of this run's own session, before anything is done with it.
            "/api/v1/images/i/{name}",
            "/api/v1/images/i/{name}/full",
        }
        assert world.server.requests["GET", "/api/v1/queue/{queue_id}/list_all"] == 1
    shown = [type(moment) for moment in card.moments]
    assert shown[:3] == [Uploading, Uploading, Waiting]
    assert set(shown[3:]) == {Running}
    parts = [moment.overall for moment in card.moments if isinstance(moment, Running)]
    assert parts == sorted(parts)
    assert card.is_closed
    assert world.message(job).job.delivered_at is None
    assert job.delivered_at


async def test_nothing_is_asked_between_the_enqueueing_and_the_end(slow_world: World) -> None:
    async with slow_world.connected() as engine:
        await slow_world.published(engine, "edges")
        _, card, task = await slow_world.start(engine, "edges")
        await card.runs_a_node()
        assert slow_world.server.requests["GET", "/api/v1/queue/{queue_id}/list_all"] == 0
        await task
        assert slow_world.server.requests["GET", "/api/v1/queue/{queue_id}/list_all"] == 1


async def test_an_interaction_has_one_job(resting_world: World) -> None:
    async with resting_world.connected() as engine:
        job = (await resting_world.job(engine, "blur")).evolve(interaction_id=7)
        await engine.runner.submit(job)
        length = engine.line.length
        with pytest.raises(DuplicateInteraction):
            await engine.runner.submit(job.evolve(id="other"))
        assert engine.line.length == length
        assert [open_job.id for open_job in await engine.store.open_jobs()] == [job.id]


async def test_twenty_jobs_of_five_users_share_two_turns(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(node_seconds=0.03), tmp_path)
    async with world.connected() as engine:
        await world.published(engine, "blur")
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                unfinished = [item for item in world.server.items.values() if item.completed_at is None]
                most = max(most, len(unfinished))
                await asyncio.sleep(0.001)

        watching = asyncio.create_task(watch())
        started = [await world.start(engine, "blur", user_id=number // 4) for number in range(20)]
        jobs = await asyncio.gather(*(task for _, _, task in started))
        watching.cancel()
        assert {job.outcome for job in jobs} == {Outcome.COMPLETED}
        assert most == world.in_flight
        assert world.server.requests[ENQUEUE] == 20
        assert len(world.server._events._who) == 1
        await world.assert_clean(engine)
    order = [job.user_id for job in sorted(jobs, key=lambda job: job.item_ids)]
    # The first user's first job may start before anybody else is there; then turns go round.
    assert set(order[1:6]) >= {1, 2, 3, 4}
    assert max(order.index(user) for user in range(5)) < 7


async def test_who_waits_is_told_where(resting_world: World) -> None:
    resting_world.in_flight = 1
    async with resting_world.connected() as engine:
        _, first, one = await resting_world.start(engine, "blur")
        await first.sees(Running | Away)
        job, second, other = await resting_world.start(engine, "blur", user_id=2)
        await second.sees(Waiting)
        assert engine.runner.standing(job).position == 1
        assert Waiting(1) in second.moments
        await resting_world.server.resume()
        await asyncio.gather(one, other)
        assert Waiting(0) in second.moments
        await resting_world.assert_clean(engine)


async def test_the_next_process_goes_on_where_this_one_stopped(resting_world: World) -> None:
    """Shutdown is no cancel: three jobs, one in each state that lasts."""
    resting_world.in_flight = 1
    async with resting_world.connected() as engine:
        _, card, queued = await resting_world.start(engine, "blur")
        await card.sees(Running | Away)
        _, card, ready = await resting_world.start(engine, "hue")
        await card.sees(Waiting)
        resting_world.server.faults.delay("POST /api/v1/images/upload", 0.1)
        _, card, new = await resting_world.start(engine, "resize")
        await card.sees(Uploading)
    assert all(task.cancelled() for task in (queued, ready, new))
    resting_world.server.faults.delay("POST /api/v1/images/upload", 0)
    await resting_world.server.resume()
    async with resting_world.connected() as engine:
        assert {job.state for job in await engine.store.open_jobs()} == {State.QUEUED, State.READY, State.NEW}
        assert await engine.resumer.resume(resting_world.wall.open) == 3
        assert await engine.resumer.resume(resting_world.wall.open) == 0
        await engine.runner.drained()
        assert {message.job.outcome for message in resting_world.wall.messages.values()} == {Outcome.COMPLETED}
        assert resting_world.server.requests[ENQUEUE] == 3
        await resting_world.assert_clean(engine)


async def test_a_job_resumed_in_the_queue_keeps_its_turn(resting_world: World) -> None:
    resting_world.in_flight = 1
    async with resting_world.connected() as engine:
        _, card, _ = await resting_world.start(engine, "blur")
        await card.sees(Running | Away)
    async with resting_world.connected() as engine:
        await engine.resumer.resume(resting_world.wall.open)
        _, card, _ = await resting_world.start(engine, "hue", user_id=2)
        await card.sees(Waiting)
        assert len(resting_world.server.items) == 1
        await resting_world.server.resume()
        await engine.runner.drained()
        await resting_world.assert_clean(engine)


async def test_a_backend_that_stays_away_is_given_up(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(), tmp_path, retry_minutes=0.2 / 60)
    async with world.connected() as engine:
        await world.published(engine, "blur")
        await world.server.crash()
        job, card, task = await world.start(engine, "blur")
        await card.tries(1)
        told = world.message(job).job
        assert (told.outcome, told.problem) == (Outcome.FAILED, UNREACHABLE)
        assert Away() in card.moments
        # An answer may have been lost, so it is not closed before the backend says that it holds nothing.
        await world.server.restart()
        await task
        await world.assert_clean(engine)


async def test_a_run_that_was_given_up_leaves_nothing(serve: Serve, tmp_path: Path) -> None:
    """The backend is away longer than a job waits, and comes back with the run still going on."""
    world = World(await serve(node_seconds=0.1), tmp_path, retry_minutes=0.05 / 60)
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "edges")
        await card.runs_a_node()
        world.server.faults.fail_next("/api/v1/queue/familiar/list_all", 503, times=50)
        world.server.faults.silent_events = True
        await world.server.drop_sockets()
        await card.tries(1)
        assert (world.message(job).job.outcome, world.message(job).job.problem) == (Outcome.FAILED, UNREACHABLE)
        world.server.faults._failures.clear()
        await task
        await world.assert_clean(engine)


@pytest.mark.parametrize("state", [State.READY, State.QUEUED])
async def test_an_error_of_ours_moves_the_job_forward(state: State, slow_world: World) -> None:
    async with slow_world.connected() as engine:
        changes = {"version": 9} if state is State.READY else {}
        job, card, task = await slow_world.start(engine, "edges", changes)
        if state is State.QUEUED:
            await until(lambda: slow_world.server.requests[UPLOAD] == 1)
            # What follows the enqueueing finds the version gone.
            slow_world.server.faults.delay("POST /api/v1/queue", 0.05)
            await until(lambda: slow_world.server.requests[ENQUEUE] == 1)
            await engine.store._db.execute("UPDATE versions SET number = 9")
        job = await task
        assert (job.outcome, job.problem) == (Outcome.FAILED, OUR_SIDE)
        assert slow_world.message(job).files == ()
        assert card.is_closed
        await slow_world.assert_clean(engine)


async def test_a_result_file_is_named_after_its_job(world: World) -> None:
    async with world.connected() as engine:
        one, _ = await world.run(engine, "blur")
        several, _ = await world.run(engine, "edges")
    assert [file.filename for file in world.message(one).files] == [f"{one.id}.png"]
    names = [file.filename for file in world.message(several).files]
    assert names == [f"{several.id}-{number}.png" for number in range(1, len(names) + 1)] or names == [
        f"{several.id}.png"
    ]
    assert all(isinstance(file, ResultFile) and not file.note for file in world.message(one).files)
