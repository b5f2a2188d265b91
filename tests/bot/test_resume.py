"""What an earlier process left is taken up, all of it, whatever goes wrong meanwhile; and a wish to cancel is heard."""

import asyncio
import sqlite3

from bot.cards import Away, Card, Running
from bot.jobs import Job, Outcome
from tests.bot.world import World, until


async def left_behind(world: World) -> Job:
    """A job that a backend has and nobody drives."""
    async with world.connected() as engine:
        job, card, _ = await world.start(engine, "blur", {"message_id": 5})
        await card.sees(Running | Away)
        return job


async def test_a_cancel_while_its_card_is_looked_for(resting_world: World) -> None:
    world = resting_world
    job = await left_behind(world)
    async with world.connected() as engine:
        looked_for, found = asyncio.Event(), asyncio.Event()

        async def slowly(job: Job) -> Card:
            looked_for.set()
            await found.wait()
            return await world.wall.open(job)

        resuming = asyncio.create_task(engine.resumer.resume(slowly))
        await looked_for.wait()
        assert await engine.runner.cancel(job.id)
        found.set()
        await resuming
        await engine.runner.drained()
        assert world.message(job).job.outcome is Outcome.CANCELLED
        await world.assert_clean(engine)


async def test_a_card_that_cannot_be_opened_at_first(resting_world: World) -> None:
    world = resting_world
    job = await left_behind(world)
    await world.server.resume()
    async with world.connected() as engine:
        failures: list[Exception] = [sqlite3.OperationalError("database or disk is full"), OSError("no route")]

        async def open_card(job: Job) -> Card:
            if failures:
                raise failures.pop()
            return await world.wall.open(job)

        assert await engine.resumer.resume(open_card) == 1
        await engine.runner.drained()
        assert world.message(job).job.outcome is Outcome.COMPLETED
        await world.assert_clean(engine)


async def test_a_database_that_cannot_be_read_at_first(resting_world: World) -> None:
    world = resting_world
    job = await left_behind(world)
    await world.server.resume()
    async with world.connected() as engine:
        read, failures = engine.store.open_jobs, [sqlite3.OperationalError("locked")]

        async def open_jobs() -> list[Job]:
            if failures:
                raise failures.pop()
            return await read()

        engine.store.open_jobs = open_jobs
        await engine.resumer.resume(world.wall.open)
        await engine.runner.drained()
        assert world.message(job).job.outcome is Outcome.COMPLETED


async def test_one_backend_that_hangs_does_not_keep_the_others_waiting(resting_world: World) -> None:
    world = resting_world
    async with world.connected() as engine:
        job = await engine.runner.submit((await world.job(engine, "blur")).evolve(message_id=5))
    # The second one has never heard of anything, and answers nobody.
    world.others["second"] = type(world.server)()
    async with world.others["second"] as second:
        second.faults.hang()
        await world.server.resume()
        async with world.engine() as engine:
            resuming = asyncio.create_task(engine.resumer.resume(world.wall.open))
            async with asyncio.timeout(15):
                await until(lambda: job.id in world.wall.messages)
            assert world.message(job).job.outcome is Outcome.COMPLETED
            resuming.cancel()
            await asyncio.wait({resuming})
        second.faults.let_go()
