"""Orphans go; whatever is not surely ours, or may still be wanted, stays."""

import asyncio
from collections import Counter

import pytest

from bot.cards import Away, Running, Uploading
from bot.engine import Engine
from bot.jobs import Job, Outcome, State, now
from bot.ledger import Asset, AssetKind
from bot.steps.tools import mark, origin
from bot.sweep import sweep
from tests.bot.world import CLIP, ENQUEUE, UPLOAD, World, picture, until
from workflows.errors import Unavailable


async def upload(engine: Engine, carried: str) -> str:
    return (await engine.pool.first.client.upload(picture(), carried)).image_name


async def upload_video(engine: Engine, carried: str) -> str:
    return (await engine.pool.first.client.upload_video(CLIP.read_bytes(), "clip.mp4", carried)).video_name


def job(**changes: object) -> Job:
    return Job(id="aaaaaaaaaa", user_id=1, title="a job", created_at=now(), backend="main").evolve(**changes)


async def test_uploads_that_no_job_names_go(world: World) -> None:
    async with world.connected() as engine:
        ours = await engine.store.instance()
        await engine.store.create(job(state=State.CLOSED, outcome=Outcome.COMPLETED))
        for job_id in ("aaaaaaaaaa", "neverheard"):
            await upload(engine, mark(ours, job_id))
        assert await sweep(engine.pool.first, engine.store) == 2
        assert world.server.images == {}


async def test_what_is_not_ours_stays(world: World) -> None:
    async with world.connected() as engine:
        ours = await engine.store.instance()
        other = f"{int(ours, 16) ^ 1:08x}"
        for carried in ("", "somebody", "familiar", "familiar-", mark(other, "aaaaaaaaaa"), f"{ours}-aaaaaaaaaa"):
            await upload(engine, carried)
        await upload(engine, f"{origin(ours)}x-aaaaaaaaaa")
        before = dict(world.server.images)
        assert await sweep(engine.pool.first, engine.store) == 0
        assert world.server.images == before


async def test_videos_go_and_stay_as_images_do(world: World) -> None:
    async with world.connected() as engine:
        ours = await engine.store.instance()
        await engine.store.create(job(state=State.CLOSED, outcome=Outcome.COMPLETED))
        await upload_video(engine, mark(ours, "aaaaaaaaaa"))
        foreign = [await upload_video(engine, carried) for carried in ("", "somebody", f"{ours}-aaaaaaaaaa")]
        assert await sweep(engine.pool.first, engine.store) == 1
        assert sorted(world.server.videos) == sorted(foreign)


async def test_a_backend_that_keeps_no_videos_is_swept_all_the_same(world: World) -> None:
    """Its packs may have nodes that make videos."""
    async with world.connected() as engine:
        await upload(engine, mark(await engine.store.instance(), "aaaaaaaaaa"))
        await engine.pool.first.schemas()
        world.server.faults.fail_next("GET /api/v1/videos/", 404)
        assert await sweep(engine.pool.first, engine.store) == 1
        assert world.server.images == {}


async def test_videos_that_runs_left_go(world: World) -> None:
    """Of an item that is still there, and of one whose end came too late to be seen."""
    async with world.connected() as engine:
        client, ours = engine.pool.first.client, origin(await engine.store.instance())
        clip = await upload_video(engine, "somebody")
        closed = job(state=State.CLOSED, outcome=Outcome.CANCELLED, closed_at=now())
        await engine.store.create(closed)
        cut = {"id": "a", "type": "extract_video_range", "video": {"video_name": clip}, "is_intermediate": True}
        graph = {"nodes": {"a": {**cut, "use_cache": False}}}
        for named in (ours, "elsewhere"):
            batch = {"graph": graph, "batch_id": named, "destination": closed.id, "origin": named}
            (item_id,) = (await client.enqueue({"batch": batch})).item_ids
        await until(lambda: len(world.server.videos) == 3)
        session_id = world.server.items[item_id].session_id
        await engine.store.note([Asset(closed.id, "main", AssetKind.ITEM, str(item_id), session_id=session_id)])
        assert await sweep(engine.pool.first, engine.store) == 2
        assert set(world.server.videos) == {clip}
        assert set(world.server.items) == {item_id}


async def test_items_of_others_stay_with_what_they_made(world: World) -> None:
    client_batch = {
        "graph": {"nodes": {"a": {"id": "a", "type": "blank_image", "use_cache": False}}},
        "destination": "gallery",
    }
    async with world.connected() as engine:
        client = engine.pool.first.client
        for number, named in enumerate(("workflows", "familiar-00000000", "")):
            batch = {**client_batch, "batch_id": f"b{number}", "origin": named}
            await client.enqueue({"batch": batch})
        await until(lambda: len(world.server.images) == 3)
        assert await sweep(engine.pool.first, engine.store) == 0
        assert (len(world.server.images), len(world.server.items)) == (3, 3)


async def test_items_of_closed_jobs_go_with_what_they_made(world: World) -> None:
    async with world.connected() as engine:
        ours = origin(await engine.store.instance())
        graph = {"nodes": {"a": {"id": "a", "type": "blank_image", "is_intermediate": True, "use_cache": False}}}
        for destination in ("aaaaaaaaaa", "aaaaaaaaaa-2"):
            batch = {"graph": graph, "batch_id": destination, "destination": destination, "origin": ours}
            await engine.pool.first.client.enqueue({"batch": batch})
        await until(lambda: len(world.server.images) == 2)
        await engine.store.create(job(state=State.READY))
        assert await sweep(engine.pool.first, engine.store) == 0
        await engine.store.save(job(state=State.CLOSED, outcome=Outcome.FAILED))
        assert await sweep(engine.pool.first, engine.store) == 2
        assert (world.server.images, world.server.items) == ({}, {})


async def test_an_upload_of_an_open_job_is_spared_unless_nobody_drives_it(world: World) -> None:
    async with world.connected() as engine:
        ours = await engine.store.instance()
        await engine.store.create(job())
        known, _ = await upload(engine, mark(ours, "aaaaaaaaaa")), await upload(engine, mark(ours, "aaaaaaaaaa"))
        await engine.store.note([Asset("aaaaaaaaaa", "main", AssetKind.UPLOAD, known, 0)])
        assert await sweep(engine.pool.first, engine.store) == 0
        assert await sweep(engine.pool.first, engine.store, {"aaaaaaaaaa"}) == 1
        assert list(world.server.images) == [known]


async def test_a_sweep_in_the_middle_of_everything_takes_nothing_away(resting_world: World) -> None:
    world = resting_world
    async with world.connected() as engine:
        _, card, queued = await world.start(engine, "collage")
        await card.sees(Running | Away)
        world.server.faults.delay("POST /api/v1/images/upload", 0.02)
        _, card, new = await world.start(engine, "collage", user_id=2)
        await card.sees(Uploading, times=2)
        assert await sweep(engine.pool.first, engine.store) == 0
        await world.server.resume()
        assert {(await queued).outcome, (await new).outcome} == {Outcome.COMPLETED}
        await world.assert_clean(engine)


async def test_what_a_job_deletes_while_the_sweep_looks_is_left_to_it(resting_world: World) -> None:
    world = resting_world
    async with world.connected() as engine:
        _, card, task = await world.start(engine, "blur")
        await card.sees(Running | Away)
        # Its upload was seen when this is asked.
        world.server.faults.hang("GET /api/v1/videos/")
        sweeping = asyncio.create_task(sweep(engine.pool.first, engine.store))
        await until(lambda: world.server.requests["GET", "/api/v1/videos/"] == 1)
        await world.server.resume()
        assert (await task).outcome is Outcome.COMPLETED
        before = Counter(world.server.requests)
        world.server.faults.let_go()
        assert await sweeping == 0
        assert not world.asked("DELETE", before)
        await world.assert_clean(engine)


async def test_a_late_image_of_a_stopped_run_goes(world: World) -> None:
    async with world.connected() as engine:
        closed = job(state=State.CLOSED, outcome=Outcome.CANCELLED, closed_at=now())
        await engine.store.create(closed)
        graph = {"nodes": {"a": {"id": "a", "type": "blank_image", "is_intermediate": True, "use_cache": False}}}
        batch = {"graph": graph, "batch_id": "b", "destination": "b", "origin": "elsewhere"}
        (item_id,) = (await engine.pool.first.client.enqueue({"batch": batch})).item_ids
        await until(lambda: len(world.server.images) == 1)
        session_id = world.server.items[item_id].session_id
        await engine.store.note([Asset(closed.id, "main", AssetKind.ITEM, str(item_id), session_id=session_id)])
        assert await sweep(engine.pool.first, engine.store) == 1
        assert world.server.images == {}


async def test_an_enqueueing_that_was_given_up_is_found(world: World) -> None:
    """The answer was lost, and the backend stayed away until the job was given up: nobody knows of the item."""
    world.limits = world.limits.model_copy(update={"retry_minutes": 0.05 / 60})
    path = "/api/v1/queue/familiar"
    async with world.connected() as engine:
        world.server.faults.lose_answer_next(f"POST {path}/enqueue_batch")
        world.server.faults.delay(f"GET {path}/list_all", 0.01)
        _, card, task = await world.start(engine, "blur")
        await until(lambda: world.server.requests[UPLOAD] == 1)
        world.server.faults.fail_next(f"GET {path}/list_all", 503, times=100)
        await card.tries(1)
        assert world.server.requests[ENQUEUE] == 1
        world.server.faults._failures.clear()
        assert (await task).outcome is Outcome.FAILED
        await world.assert_clean(engine)


async def test_an_orphan_that_still_runs_is_cancelled_and_goes_with_the_next_sweep(resting_world: World) -> None:
    world = resting_world
    async with world.connected() as engine:
        ours = origin(await engine.store.instance())
        graph = {"nodes": {"a": {"id": "a", "type": "blank_image", "is_intermediate": True, "use_cache": False}}}
        batch = {"graph": graph, "batch_id": "aaaaaaaaaa", "destination": "aaaaaaaaaa", "origin": ours}
        await engine.pool.first.client.enqueue({"batch": batch})
        await sweep(engine.pool.first, engine.store)
        assert [item.status for item in world.server.items.values()] == ["canceled"]
        await sweep(engine.pool.first, engine.store)
        assert world.server.items == {}


async def test_images_go_before_the_item_that_knows_of_them(world: World) -> None:
    async with world.connected() as engine:
        ours = origin(await engine.store.instance())
        graph = {"nodes": {"a": {"id": "a", "type": "blank_image", "is_intermediate": True, "use_cache": False}}}
        batch = {"graph": graph, "batch_id": "aaaaaaaaaa", "destination": "aaaaaaaaaa", "origin": ours}
        await engine.pool.first.client.enqueue({"batch": batch})
        await until(lambda: len(world.server.images) == 1)
        world.server.faults.fail_next("DELETE /api/v1/images/i/", 503)
        with pytest.raises(Unavailable):
            await sweep(engine.pool.first, engine.store)
        assert len(world.server.items) == 1
        await sweep(engine.pool.first, engine.store)
        assert (world.server.images, world.server.items) == ({}, {})
