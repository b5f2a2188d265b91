"""What the backend, the network, the disk and the card can do to a job, one trouble at a time."""

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bot import problems
from bot.cards import Away, Restarted, Running, TooLarge, Undeliverable
from bot.jobs import Outcome
from tests.bot.conftest import Serve
from tests.bot.world import ENQUEUE, UPLOAD, World, document, picture, until
from tests.workflows.builders import edge, node, raw
from workflows.errors import Unavailable

QUEUE = "/api/v1/queue/familiar"
LOOK = ("GET", "/api/v1/queue/{queue_id}/list_all")

CALLS = {
    "upload": "POST /api/v1/images/upload",
    "enqueue": f"POST {QUEUE}/enqueue_batch",
    "look": f"GET {QUEUE}/list_all",
    "download": "GET /api/v1/images/i/",
    "delete the images": "POST /api/v1/images/delete",
    "delete the items": f"DELETE {QUEUE}/d/",
}


@pytest.mark.parametrize(
    ("call", "status"),
    [*((call, 503) for call in CALLS.values()), *((CALLS["enqueue"], status) for status in (401, 409, 429, 500))],
)
async def test_a_call_that_is_refused_for_now_is_made_again(call: str, status: int, world: World) -> None:
    world.server.faults.fail_next(call, status, times=3)
    async with world.connected() as engine:
        job, card = await world.run(engine, "blur")
        assert job.outcome is Outcome.COMPLETED
        assert world.server.requests[ENQUEUE] == (4 if call == CALLS["enqueue"] else 1)
        assert (Away(is_broken=status == 500) in card.moments) == (
            call not in {CALLS["delete the images"], CALLS["delete the items"]}
        )
        await world.assert_clean(engine)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
async def test_an_answer_that_is_lost_costs_nothing(call: str, world: World) -> None:
    """The server did it; nobody knows. An upload is made twice, and the first one still goes."""
    world.server.faults.lose_answer_next(call)
    async with world.connected() as engine:
        job, _ = await world.run(engine, "blur")
        assert job.outcome is Outcome.COMPLETED
        assert world.server.requests[ENQUEUE] == 1
        assert world.server.requests[UPLOAD] == (2 if call == CALLS["upload"] else 1)
        await world.assert_clean(engine)


@pytest.mark.parametrize("call", [call for call in CALLS.values() if not call.startswith(f"GET {QUEUE}")])
async def test_the_backend_is_away_for_a_while(call: str, world: World) -> None:
    """It goes while a request is under way, and comes back when several more were tried."""
    world.server.faults.delay(call, 0.03)
    async with world.connected() as engine:
        method, _, prefix = call.partition(" ")
        _, _card, task = await world.start(engine, "blur")
        prefix = prefix.replace("familiar", "{queue_id}").removesuffix("/")
        await until(lambda: any(verb == method and path.startswith(prefix) for verb, path in world.server.requests))
        await world.server.crash()
        await asyncio.sleep(0.1)
        world.server.faults.delay(call, 0)
        await world.server.restart()
        job = await task
        assert job.outcome is Outcome.COMPLETED, job.problem
        await world.assert_clean(engine)


async def test_a_login_that_is_needed_and_missing_is_no_loop(world: World) -> None:
    world.limits = world.limits.model_copy(update={"retry_minutes": 0.05 / 60})
    world.server.faults.fail_next(CALLS["upload"], 401, times=1000)
    async with world.connected() as engine:
        job, _ = await world.run(engine, "blur")
        assert (job.outcome, job.problem) == (Outcome.FAILED, problems.OUR_SIDE)


async def test_a_full_queue_is_waited_for(world: World) -> None:
    world.server.faults.full_queue = True
    async with world.connected() as engine:
        _, card, task = await world.start(engine, "blur")
        await card.sees(Away, times=3)
        assert Away(is_full=True) in card.moments
        assert Away() not in card.moments
        world.server.faults.full_queue = False
        assert (await task).outcome is Outcome.COMPLETED
        await world.assert_clean(engine)


async def test_a_value_that_the_backend_refuses_is_named(world: World) -> None:
    async with world.connected() as engine:
        job, _, task = await world.start(engine, "blur", {"given": {"radius": "soup", "kind": "gaussian"}})
        job = await task
        assert job.outcome is Outcome.FAILED
        assert job.problem and job.problem.startswith("**radius**: ")
        await world.assert_clean(engine)


async def test_a_failing_node_is_named_and_nothing_is_left(world: World) -> None:
    async with world.connected() as engine:
        job, _ = await world.run(engine, "failing")
        assert job.outcome is Outcome.FAILED
        assert job.problem and job.problem.startswith("The step **Divide** failed")
        assert "/opt/" not in job.problem
        await world.assert_clean(engine)


def divisions(*divisors: int) -> bytes:
    """A workflow that makes one item for each divisor; zero fails."""
    raw = json.loads(document("failing"))
    divide = next(node for node in raw["nodes"] if node["data"].get("type") == "div")
    values = {
        "batch_group_id": {"name": "batch_group_id", "value": "None"},
        "integers": {"name": "integers", "value": list(divisors)},
    }
    data = {"id": "many", "type": "integer_batch", "label": "", "version": "1.0.0", "isIntermediate": True}
    raw["nodes"].append({"id": "many", "type": "invocation", "data": {**data, "inputs": values}})
    ends = {"source": "many", "sourceHandle": "value", "target": divide["id"], "targetHandle": "b"}
    raw["edges"].append({"id": "many-b", "type": "default", **ends})
    return json.dumps(raw).encode()


async def test_of_a_batch_the_good_ones_are_delivered(world: World) -> None:
    world.documents["divisions"] = divisions(2, 0, 4)
    async with world.connected() as engine:
        job, _ = await world.run(engine, "divisions")
        assert job.outcome is Outcome.FAILED
        assert job.problem and "**Divide**" in job.problem
        assert len(job.item_ids) == 3
        assert len(world.message(job).files) == len(job.results) == 2
        await world.assert_clean(engine)


async def test_a_batch_over_the_limit_is_not_enqueued(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(), tmp_path, images_per_run=2)
    world.documents["divisions"] = divisions(1, 2, 3)
    async with world.connected() as engine:
        job, _ = await world.run(engine, "divisions")
        assert job.problem and "3 runs" in job.problem
        assert world.server.requests[ENQUEUE] == 0
        await world.assert_clean(engine)


# The backend restarts, forgets, or is tidied by somebody else


@pytest.mark.parametrize("silent", [False, True], ids=["events", "no events"])
@pytest.mark.parametrize("nodes", [1, 2])
async def test_a_restart_in_mid_run_costs_one_more_run(nodes: int, silent: bool, slow_world: World) -> None:
    world = slow_world
    async with world.connected() as engine:
        _, card, task = await world.start(engine, "edges")
        world.server.faults.silent_events = silent
        # With two nodes the first has left an image, which no result will ever name.
        await until(lambda: any(item.status == "in_progress" for item in world.server.items.values()))
        await until(lambda: len(world.server.images) == nodes)
        world.server.faults.silent_events = False
        await world.server.restart()
        job = await task
        assert (job.outcome, job.attempt) == (Outcome.COMPLETED, 2)
        assert Restarted() in card.moments
        assert len(world.message(job).files) == len(job.results) > 0
        assert world.server.requests[ENQUEUE] == 2
        await world.assert_clean(engine)


async def test_two_restarts_are_too_many(slow_world: World) -> None:
    async with slow_world.connected() as engine:
        _, _card, task = await slow_world.start(engine, "edges")
        for attempt in (1, 2):
            await until(lambda n=attempt: slow_world.server.requests[ENQUEUE] == n)
            await until(lambda: any(item.status == "in_progress" for item in slow_world.server.items.values()))
            await slow_world.server.restart()
        job = await task
        assert (job.outcome, job.problem) == (Outcome.LOST, problems.RESTARTED)
        assert slow_world.message(job).job.outcome is Outcome.LOST
        await slow_world.assert_clean(engine)


async def test_a_restart_while_it_is_pending_costs_nothing(resting_world: World) -> None:
    async with resting_world.connected() as engine:
        _, _card, task = await resting_world.start(engine, "blur")
        await until(lambda: len(resting_world.server.items) == 1)
        await resting_world.server.restart()
        await resting_world.server.resume()
        job = await task
        assert (job.outcome, job.attempt) == (Outcome.COMPLETED, 1)
        await resting_world.assert_clean(engine)


async def test_a_backend_that_lost_its_database(resting_world: World) -> None:
    async with resting_world.connected() as engine:
        _, _card, task = await resting_world.start(engine, "blur")
        await until(lambda: len(resting_world.server.items) == 1)
        await resting_world.server.crash()
        resting_world.server.items.clear()
        resting_world.server.images.clear()
        await resting_world.server.restart()
        job = await task
        assert (job.outcome, job.problem) == (Outcome.LOST, problems.FORGOTTEN)
        await resting_world.assert_clean(engine)


async def test_an_item_that_somebody_else_deleted(resting_world: World) -> None:
    async with resting_world.connected() as engine:
        _, _, task = await resting_world.start(engine, "blur")
        await until(lambda: len(resting_world.server.items) == 1)
        resting_world.server.items.clear()
        await resting_world.server.drop_sockets()
        assert (await task).outcome is Outcome.LOST
        await resting_world.assert_clean(engine)


@pytest.mark.parametrize("workflow", ["blur", "hue_sheet"])
async def test_results_that_somebody_else_deleted(workflow: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without an event nothing is fetched before the run has ended.
    monkeypatch.setattr("bot.steps.follow.POLL_SECONDS", 0.02)
    world.server.faults.silent_events = True
    world.server.faults.delay("GET /api/v1/images/i/", 0.02)
    async with world.connected() as engine:
        _, _, task = await world.start(engine, workflow)
        await until(lambda: world.server.requests["GET", "/api/v1/images/i/{name}/full"] == 1)
        (running,) = await engine.store.open_jobs()
        world.server.images.pop(running.results[0])
        job = await task
        assert len(world.message(job).files) == len(running.results) - 1
        if len(running.results) == 1:
            assert (job.outcome, job.problem) == (Outcome.FAILED, problems.VANISHED)
        else:
            assert job.outcome is Outcome.COMPLETED
        await world.assert_clean(engine)


# Events


async def test_dropped_sockets_in_mid_run(slow_world: World) -> None:
    async with slow_world.connected() as engine:
        _, card, task = await slow_world.start(engine, "edges")
        await card.runs_a_node()
        await slow_world.server.drop_sockets()
        async with asyncio.timeout(5):
            assert (await task).outcome is Outcome.COMPLETED
        await slow_world.assert_clean(engine)


async def test_without_any_event_polling_finds_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.steps.follow.POLL_SECONDS", 0.02)
    world.server.faults.silent_events = True
    async with world.connected() as engine:
        async with asyncio.timeout(5):
            job, _ = await world.run(engine, "blur")
        assert job.outcome is Outcome.COMPLETED
        await world.assert_clean(engine)


async def test_without_a_socket_polling_finds_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.steps.follow.POLL_SECONDS", 0.02)
    async with world.connected() as engine:
        monkeypatch.setattr("workflows.events._FIRST_DELAY", 60)
        monkeypatch.setattr("workflows.events._LONGEST_DELAY", 60)
        monkeypatch.setattr("workflows.events.PATH", "/nowhere")
        await world.server.drop_sockets()
        await until(lambda: not engine.pool.first.events.connected)
        assert (await world.run(engine, "blur"))[0].outcome is Outcome.COMPLETED
        await world.assert_clean(engine)


async def test_events_that_come_twice_count_once(slow_world: World) -> None:
    slow_world.server.faults.duplicate_events = True
    async with slow_world.connected() as engine:
        job, _card = await slow_world.run(engine, "edges")
        assert job.outcome is Outcome.COMPLETED
        assert slow_world.server.requests["GET", "/api/v1/images/i/{name}/full"] == 1
        # The next job on the same connection is not troubled by what comes late of the first.
        assert (await slow_world.run(engine, "blur"))[0].outcome is Outcome.COMPLETED
        await slow_world.assert_clean(engine)


# The card


async def test_a_delivery_that_fails_for_now_is_made_again(world: World) -> None:
    world.wall.failures = [Unavailable("Discord hiccups")] * 3
    async with world.connected() as engine:
        job, card = await world.run(engine, "blur")
        assert len(card.attempts) == 4
        assert len(world.message(job).files) == 1
        assert job.delivered_at
        await world.assert_clean(engine)


async def test_a_card_that_is_gone_ends_the_delivery_but_not_the_cleanup(world: World) -> None:
    world.wall.failures = [Undeliverable("unknown message")] * 2
    async with world.connected() as engine:
        job, card = await world.run(engine, "blur")
        assert len(card.attempts) == 2
        assert (job.outcome, job.delivered_at) == (Outcome.COMPLETED, None)
        await world.assert_clean(engine)


async def test_a_card_that_takes_no_files_is_told_why_there_are_none(world: World) -> None:
    world.wall.failures = [Undeliverable("missing permissions")]
    async with world.connected() as engine:
        job, _ = await world.run(engine, "blur")
        assert (job.outcome, job.problem) == (Outcome.FAILED, problems.NO_FILES)
        assert job.delivered_at
        await world.assert_clean(engine)


async def test_a_delivery_that_breaks_is_not_made_for_ever(world: World) -> None:
    world.wall.failures = [RuntimeError("a bug of ours")]
    async with world.connected() as engine:
        job, card = await world.run(engine, "blur")
        assert [len(attempt.files) for attempt in card.attempts] == [1, 0]
        assert (job.outcome, job.problem) == (Outcome.FAILED, problems.OUR_SIDE)
        assert job.delivered_at
        await world.assert_clean(engine)


async def test_results_that_cannot_be_fetched_are_told_of(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(), tmp_path, retry_minutes=0.2 / 60)
    async with world.connected() as engine:
        world.server.faults.fail_next("GET /api/v1/images/i/", 503, times=100)
        job, card, task = await world.start(engine, "blur")
        await card.tries(1)
        assert world.message(job).job.problem == problems.UNREACHABLE
        world.server.faults._failures.clear()
        await task
        await world.assert_clean(engine)


async def test_only_so_many_results_are_posted(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(), tmp_path, results_per_job=2)
    async with world.connected() as engine:
        job, card = await world.run(engine, "hue_sheet")
        assert len(job.results) == 6
        assert [file.note for file in card.attempts[0].files] == ["", "the last of 2; the workflow made 6"]
        await world.assert_clean(engine)


# What is somebody else's


async def gallery_picture(world: World) -> str:
    async with httpx.AsyncClient(base_url=world.server.url) as http:
        where = {"image_category": "general", "is_intermediate": "false"}
        files = {"file": ("logo.png", picture(), "image/png")}
        return (await http.post("/api/v1/images/upload", params=where, files=files)).json()["image_name"]


async def test_a_picture_that_the_author_left_in_the_workflow_stays(world: World) -> None:
    logo = await gallery_picture(world)
    image = node("logo", "image", {"image": {"image_name": logo}}, isIntermediate=False)
    blur = node("blur", "img_blur", isIntermediate=False)
    world.documents["logo"] = json.dumps(raw(image, blur, edges=[edge("logo.image", "blur.image")])).encode()
    async with world.connected() as engine:
        for _ in range(2):
            job, _ = await world.run(engine, "logo")
            assert (job.outcome, len(job.results)) == (Outcome.COMPLETED, 1)
        assert set(world.server.images) == {logo}


async def test_a_name_that_a_document_made_up_is_not_followed(world: World) -> None:
    trap = {"image_name": "../../../v2/models/i/KEY"}
    meta = node("meta", "core_metadata", {"positive_prompt": "x", "foo": trap})
    blank = node("blank", "blank_image", isIntermediate=False)
    world.documents["trap"] = json.dumps(raw(meta, blank, edges=[edge("meta.metadata", "blank.metadata")])).encode()
    async with world.connected() as engine:
        job, _ = await world.run(engine, "trap")
        assert job.outcome is Outcome.COMPLETED
        assert not [route for _, route in world.server.requests if "models/i" in route]
        await world.assert_clean(engine)


@pytest.mark.parametrize("times", [1, 3, 7])
async def test_files_that_are_too_large_are_made_smaller(times: int, world: World) -> None:
    noise = Image.effect_noise((300, 300), 90)
    noise.save(world.picture)
    world.wall.failures = [TooLarge("413")] * times
    world.wall.file_limit = 200_000
    async with world.connected() as engine:
        job, card = await world.run(engine, "hue")
        sizes = [len(attempt.files[0].data) for attempt in card.attempts if attempt.files]
        assert sizes == sorted(sizes, reverse=True)
        # A good deal less each time, and never so much less that somebody had to see it.
        assert all(0.4 < after / before <= 0.7 for before, after in itertools.pairwise(sizes))
        assert job.delivered_at
        assert job.problem == (problems.TOO_LARGE if times == 7 else None)
        await world.assert_clean(engine)


# What members attach


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"url": "file:///nowhere/at/all.png"}, "**picture**"),
        ({"size": 2**40}, "**picture**: that file is too large"),
    ],
)
async def test_an_attachment_that_cannot_be_used(change: dict[str, Any], problem: str, world: World) -> None:
    async with world.connected() as engine:
        job = await world.job(engine, "blur")
        values = {"name": "picture", "filename": "a.png", "url": world.picture.as_uri(), "size": 1, **change}
        attachment = type(job.attachments[0])(**values)
        _, _, task = await world.start(engine, "blur", {"attachments": (attachment,)})
        job = await task
        assert job.outcome is Outcome.FAILED
        assert job.problem and job.problem.startswith(problem)
        assert world.server.requests[UPLOAD] == 0
        await world.assert_clean(engine)


async def test_a_picture_that_is_none_is_refused_before_the_upload(world: World) -> None:
    world.picture.write_text("not a picture")
    async with world.connected() as engine:
        job, _ = await world.run(engine, "collage")
        assert job.problem and job.problem.startswith("**") and "not a picture" in job.problem
        assert world.server.requests[UPLOAD] == 0
        await world.assert_clean(engine)


# The disk


async def test_a_full_disk_loses_nothing(resting_world: World) -> None:
    """Really full: the file may not grow by a page."""
    world = resting_world
    async with world.connected() as engine:
        database = engine.store._db
        job, _card, task = await world.start(engine, "blur", {"given": {"radius": 3.0, "x": "x" * 20_000}})
        await until(lambda: len(world.server.items) == 1)
        async with database.execute("PRAGMA page_count") as cursor:
            row = await cursor.fetchone()
            assert row
        await database.execute(f"PRAGMA max_page_count = {row[0]}")
        await database.execute("UPDATE instance SET id = id")
        others = [await world.job(engine, "blur", user_id=2) for _ in range(2)]
        with pytest.raises(Exception, match="full"):
            for other in others:
                await engine.runner.submit(other.evolve(given={"x": "x" * 200_000}))
        await world.server.resume()
        await asyncio.sleep(0.05)
        await database.execute("PRAGMA max_page_count = 1000000")
        assert (await task).outcome is Outcome.COMPLETED
        assert len(world.message(job).files) == 1
        assert world.server.requests[ENQUEUE] == 1
        await world.assert_clean(engine)


async def test_a_disk_that_takes_nothing_stops_every_job_where_it_is(world: World) -> None:
    async with world.connected() as engine:
        await world.published(engine, "blur")
        job = await engine.runner.submit(await world.job(engine, "blur"))
        await engine.store._db.execute("PRAGMA query_only = ON")
        task = engine.runner.start(job, await world.wall.open(job))
        await until(lambda: world.server.requests[UPLOAD] >= 3)
        assert not task.done()
        await engine.store._db.execute("PRAGMA query_only = OFF")
        assert (await task).outcome is Outcome.COMPLETED
        assert world.server.requests[ENQUEUE] == 1
        await world.assert_clean(engine)


async def test_files_that_a_backend_lost_are_uploaded_once_more(resting_world: World) -> None:
    world = resting_world
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "blur")
        await card.sees(Running | Away)
        # A database of an hour ago was put back: the item is there, the picture is not.
        world.server.images.clear()
        await world.server.resume()
        closed = await task
        assert (closed.outcome, closed.attempt) == (Outcome.COMPLETED, 2)
        assert (world.server.requests[UPLOAD], world.server.requests[ENQUEUE]) == (2, 2)
        assert len(world.message(job).files) == 1
        await world.assert_clean(engine)


async def test_files_that_are_lost_again_and_again_are_told_of(resting_world: World) -> None:
    world = resting_world
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "blur")
        await card.sees(Running | Away)
        world.picture.unlink()
        world.server.images.clear()
        await world.server.resume()
        assert (await task).outcome is Outcome.FAILED
        assert world.message(job).job.problem
        await world.assert_clean(engine)


async def test_a_backend_that_was_restarted_is_read_again_before_it_is_given_anything(world: World) -> None:
    """Its watcher looks every half minute; whoever comes before that must not go by what it was."""
    async with world.connected() as engine:
        await world.published(engine, "blur")
        connections = engine.pool.first.events.connections
        await world.server.upgrade("6.15.0", without={"img_blur"})
        await until(lambda: engine.pool.first.events.connections > connections)
        job, _ = await world.run(engine, "blur")
        assert job.outcome is Outcome.FAILED
        assert "cannot run at the moment" in (job.problem or "")
        assert world.server.batches == 0
        await world.assert_clean(engine)


async def test_results_are_found_though_their_nodes_were_away_when_the_backend_was_read(resting_world: World) -> None:
    world = resting_world
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "blur")
        await card.sees(Running | Away)
        nodes, backend = world.server.nodes, engine.pool.first
        connections = backend.events.connections
        await world.server.upgrade("6.15.0", without={"img_blur"})
        await until(lambda: backend.events.connections > connections)
        await backend.refresh()
        tries = world.server.requests[LOOK]
        await until(lambda: world.server.requests[LOOK] > tries + 1)
        await world.server.upgrade("6.14.2", nodes=nodes)
        await world.server.resume()
        closed = await task
        assert closed.outcome is Outcome.COMPLETED, closed.problem
        assert len(world.message(job).files) == 1
        await world.assert_clean(engine)


async def test_a_number_that_a_backend_gives_anew_is_not_ours(resting_world: World) -> None:
    """It lost its database, and begins at 1 again: another member's job has the number of the one that is lost."""
    world = resting_world
    world.in_flight = 1
    async with world.connected() as engine:
        _, card, lost = await world.start(engine, "blur", user_id=1)
        await card.sees(Running | Away)
        world.wall.failures = [Unavailable("Discord is away")] * 3
        await world.server.restart(forget=True)
        await world.server.pause()
        _, card, other = await world.start(engine, "hue", user_id=2)
        await card.sees(Running | Away)
        assert (await lost).outcome is Outcome.LOST
        await world.server.resume()
        assert (await other).outcome is Outcome.COMPLETED
        await world.assert_clean(engine)


async def test_a_login_that_expired_at_the_end_costs_no_result(world: World) -> None:
    async with world.connected() as engine:
        world.server.faults.fail_next("GET /api/v1/images/i/", 401, times=2)
        job, _ = await world.run(engine, "blur")
        assert job.outcome is Outcome.COMPLETED
        assert len(world.message(job).files) == 1
        await world.assert_clean(engine)


async def test_a_result_is_fetched_once_however_often_it_is_posted(world: World) -> None:
    async with world.connected() as engine:
        world.wall.failures = [Unavailable("Discord is away")] * 5
        await world.run(engine, "blur")
        assert world.server.requests["GET", "/api/v1/images/i/{name}/full"] == 1


async def test_a_part_that_was_cleared_there_is_told_of(resting_world: World) -> None:
    world = resting_world
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "batch")
        await card.sees(Running | Away)
        assert len(world.server.items) > 1
        world.server.items.pop(max(world.server.items))
        await world.server.resume()
        closed = await task
        assert (closed.outcome, closed.problem) == (Outcome.LOST, problems.PARTLY_FORGOTTEN)
        assert world.message(job).files
        await world.assert_clean(engine)


async def test_a_row_that_an_upgrade_made_unreadable_does_not_stop_the_queue(resting_world: World) -> None:
    """The backend cannot read it, so its queue stops there, for everybody: only deleting it helps."""
    world = resting_world
    async with world.connected() as engine:
        await world.published(engine, "hue")
        broken, card, task = await world.start(engine, "blur")
        await card.sees(Running | Away)
        await world.server.upgrade("6.15.0", without={"img_blur"})
        await world.server.resume()
        await engine.pool.first.refresh()
        await engine.fitness.recheck()
        assert (await task).outcome is Outcome.FAILED
        assert "cannot run at the moment" in (world.message(broken).job.problem or "")
        job, _ = await world.run(engine, "hue")
        assert job.outcome is Outcome.COMPLETED
        await world.assert_clean(engine)
