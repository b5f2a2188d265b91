"""Videos go in and come out like pictures, but for two things: nobody here can read one, or make one smaller."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import problems
from bot.cards import TooLarge
from bot.jobs import Job, Outcome
from bot.ledger import AssetKind
from bot.sweep import sweep
from tests.bot.conftest import Serve
from tests.bot.world import CLIP, ENQUEUE, World, until
from tests.workflows.builders import edge, node, raw

UPLOAD = ("POST", "/api/v1/videos/upload")
SIZE = CLIP.stat().st_size

CALLS = {
    "upload": "POST /api/v1/videos/upload",
    "ask or download": "GET /api/v1/videos/i/",
    "delete": "DELETE /api/v1/videos/i/",
}

CUT = node("cut", "extract_video_range", {"start_frame": 0, "end_frame": -1}, isIntermediate=True)
#: A clip is cut, joined with itself, and its first frame kept: an upload, an intermediate, a video and a picture.
EDGES = [
    *(edge("clip.video", target) for target in ("cut.video", "both.item", "frame.video")),
    *(edge("cut.video", "both.item"), edge("both.collection", "join.videos")),
]


def joined(*more: Any, edges: Any = ()) -> bytes:
    own = [node("clip", "video"), CUT, node("both", "collect"), node("join", "video_concat")]
    frame = node("frame", "video_frame_extract", {"frame_index": 0})
    return json.dumps(raw(*own, frame, *more, edges=[*EDGES, *edges], exposed=["clip.video"])).encode()


def cut_twice() -> bytes:
    """One video goes in, one is made on the way, and one comes out."""
    again = node("again", "extract_video_range", {"start_frame": 0, "end_frame": 1})
    edges = [edge("clip.video", "cut.video"), edge("cut.video", "again.video")]
    clip = node("clip", "video", isIntermediate=True)
    return json.dumps(raw(clip, CUT, again, edges=edges, exposed=["clip.video"])).encode()


def padded(size: int) -> bytes:
    """The clip with so many bytes: a box that says nothing makes up the rest."""
    rest = size - SIZE
    return CLIP.read_bytes() + rest.to_bytes(4) + b"free" + bytes(rest - 8)


@pytest.fixture
def world(world: World) -> World:
    world.documents["joined"] = joined()
    return world


def sizes(world: World, job: Job) -> dict[str, int]:
    """The files on the job's card, by the end of their names."""
    return {file.filename.removeprefix(job.id): len(file.data) for file in world.message(job).files}


async def test_a_video_goes_up_and_what_was_made_of_it_comes_back(world: World) -> None:
    async with world.connected() as engine:
        job, _ = await world.run(engine, "joined")
        assert (job.outcome, job.problem) == (Outcome.COMPLETED, None)
        clip, _frame = world.message(job).files
        assert (clip.filename, clip.data) == (f"{job.id}-1.mp4", CLIP.read_bytes())
        assert list(sizes(world, job)) == ["-1.mp4", "-2.png"]
        kinds = [asset.kind for asset in await engine.store.assets(job.id)]
        assert sorted(kinds) == sorted(
            [
                *(AssetKind.VIDEO_UPLOAD, AssetKind.VIDEO_OUTPUT, AssetKind.VIDEO_INTERMEDIATE),
                *(AssetKind.OUTPUT, AssetKind.ITEM),
            ]
        )
        await world.assert_clean(engine)


async def test_several_videos_go_to_one_input(world: World) -> None:
    document = raw(node("join", "video_concat"), exposed=["join.videos"])
    world.documents["several"] = json.dumps(document).encode()
    async with world.connected() as engine:
        job, _ = await world.run(engine, "several", pictures=3)
        assert (job.outcome, [*sizes(world, job)]) == (Outcome.COMPLETED, [".mp4"])
        assert world.server.requests[UPLOAD] == 3
        await world.assert_clean(engine)


async def test_a_backend_that_knows_no_videos_is_not_asked_for_them(
    world: World, node_types: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    schemas = {name: one for name, one in node_types["components"]["schemas"].items() if "Video" not in name}
    older = {**node_types, "components": {"schemas": schemas}}
    monkeypatch.setattr("bot.playground.invokeai.release.openapi", lambda _: older)
    world.server.faults.lose_answer_next("POST /api/v1/images/upload")
    async with world.connected() as engine:
        job, _ = await world.run(engine, "blur")
        assert job.outcome is Outcome.COMPLETED
        assert await sweep(engine.pool.first, engine.store) == 0
        assert not [route for _, route in world.server.requests if "videos" in route]
        await world.assert_clean(engine)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("is_lost", [False, True], ids=["refused for now", "answer lost"])
async def test_trouble_with_a_call_costs_nothing(call: str, is_lost: bool, world: World) -> None:
    if is_lost:
        world.server.faults.lose_answer_next(call)
    else:
        world.server.faults.fail_next(call, 503, times=3)
    async with world.connected() as engine:
        job, _ = await world.run(engine, "joined")
        assert job.outcome is Outcome.COMPLETED
        assert list(sizes(world, job)) == ["-1.mp4", "-2.png"]
        assert world.server.requests[ENQUEUE] == 1
        await world.assert_clean(engine)


@pytest.mark.parametrize("data", [b"", b"not a video at all"])
async def test_a_file_that_is_no_video_is_not_uploaded(data: bytes, world: World) -> None:
    world.clip.write_bytes(data)
    async with world.connected() as engine:
        job, _ = await world.run(engine, "joined")
        assert job.problem and job.problem.startswith("**video**: that file is not a video")
        assert world.server.requests[UPLOAD] == 0
        await world.assert_clean(engine)


async def test_a_video_that_the_backend_refuses_is_named(world: World) -> None:
    world.server.faults.fail_next(CALLS["upload"], 415)
    async with world.connected() as engine:
        job, _ = await world.run(engine, "joined")
        assert (job.outcome, job.problem) == (Outcome.FAILED, f"**video**: {problems.REFUSED_VIDEO}")
        assert world.server.requests[UPLOAD] == 1
        await world.assert_clean(engine)


async def test_a_video_that_is_too_large_to_post_is_told_of_beside_the_rest(world: World) -> None:
    world.clip.write_bytes(padded(200_000))
    world.wall.file_limit = 100_000
    async with world.connected() as engine:
        job, card = await world.run(engine, "joined")
        assert (job.outcome, len(card.attempts)) == (Outcome.COMPLETED, 1)
        (frame,) = world.message(job).files
        assert frame.filename == f"{job.id}-2.png"
        assert frame.note == problems.too_large_video(200_000, 100_000)
        await world.assert_clean(engine)


async def test_a_video_that_is_too_large_and_all_that_there_is(world: World) -> None:
    world.documents["cut"] = cut_twice()
    world.clip.write_bytes(padded(200_000))
    world.wall.file_limit = 100_000
    async with world.connected() as engine:
        job, _ = await world.run(engine, "cut")
        assert (job.outcome, job.problem) == (Outcome.FAILED, problems.too_large_video(200_000, 100_000))
        assert world.message(job).files == ()
        await world.assert_clean(engine)


async def test_videos_have_the_room_that_pictures_leave(world: World) -> None:
    """A fair share for each of three would be too small for either video; for one of them there is room."""
    again = node("again", "video_concat")
    edges = [edge("both.collection", "again.videos")]
    world.documents["two"] = joined(again, edges=edges)
    world.clip.write_bytes(padded(100_000))
    world.wall.request_limit = 150_000
    async with world.connected() as engine:
        job, _ = await world.run(engine, "two")
        assert [*sizes(world, job)] == ["-1.mp4", "-2.png"]
        assert sizes(world, job)["-1.mp4"] == 100_000
        assert "The video has 97.7 KiB; up to 4" in world.message(job).files[-1].note
        await world.assert_clean(engine)


async def test_a_message_is_never_larger_than_it_may_be(world: World) -> None:
    """The video alone would fit, but the picture beside it comes first: that one can be made to fit."""
    world.clip.write_bytes(padded(100_000))
    world.wall.request_limit = 100_020
    async with world.connected() as engine:
        job, _ = await world.run(engine, "joined")
        assert [*sizes(world, job)] == ["-2.png"]
        await world.assert_clean(engine)


@pytest.mark.parametrize("times", [1, 7])
async def test_a_limit_that_nobody_told_of_does_not_keep_a_video_going_round(times: int, world: World) -> None:
    world.clip.write_bytes(padded(80_000))
    world.wall.file_limit = 100_000
    world.wall.failures = [TooLarge("413")] * times
    async with world.connected() as engine:
        job, card = await world.run(engine, "joined")
        assert len(card.attempts) == times + 1
        assert [len(attempt.files) for attempt in card.attempts] == [2, *[1] * 6, 0][: times + 1]
        assert job.problem == (problems.TOO_LARGE if times == 7 else None)
        await world.assert_clean(engine)


async def test_a_video_that_somebody_else_deleted(world: World) -> None:
    world.server.faults.delay("GET /api/v1/videos/i/", 0.02)
    async with world.connected() as engine:
        _, _, task = await world.start(engine, "joined")
        await until(lambda: world.server.requests["GET", "/api/v1/videos/i/{name}/full"] == 1)
        (running,) = await engine.store.open_jobs()
        world.server.videos.pop(running.results[0])
        job = await task
        assert list(sizes(world, job)) == ["-2.png"]
        await world.assert_clean(engine)


async def test_a_video_that_the_author_left_in_the_workflow_stays(world: World) -> None:
    async with httpx.AsyncClient(base_url=world.server.url) as http:
        where = {"video_category": "general", "is_intermediate": "false"}
        files = {"file": ("logo.mp4", CLIP.read_bytes(), "video/mp4")}
        logo = (await http.post("/api/v1/videos/upload", params=where, files=files)).json()["video_name"]
    clip = node("clip", "video", {"video": {"video_name": logo}})
    document = raw(clip, CUT, edges=[edge("clip.video", "cut.video")])
    world.documents["logo"] = json.dumps(document).encode()
    async with world.connected() as engine:
        job, _ = await world.run(engine, "logo")
        # The only node that is marked as an output passes on what it was given: nothing of this run's own.
        assert (job.outcome, job.problem) == (Outcome.FAILED, problems.NOTHING_MADE)
        assert set(world.server.videos) == {logo}
        assert await engine.store.count_left() == 0


async def test_a_video_that_a_cancelled_run_still_makes_goes(serve: Serve, tmp_path: Path) -> None:
    world = World(await serve(node_seconds=0.06), tmp_path)
    world.documents["joined"] = joined()
    async with world.connected() as engine:
        job, card, task = await world.start(engine, "joined")
        await card.runs_a_node()
        await engine.runner.cancel(job.id)
        assert (await task).outcome is Outcome.CANCELLED
        await world.assert_clean(engine)
