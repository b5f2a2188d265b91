"""Files on their way: all are looked at before one goes up, and results arrive as good, and as many, as they can."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.cards import FILES_PER_MESSAGE, TooLarge, Uploading
from bot.config import CardSettings
from bot.jobs import Job, Outcome
from tests.bot.conftest import Serve
from tests.bot.test_steps import divisions
from tests.bot.world import UPLOAD, World, picture, until
from workflows.errors import Unavailable, Unfetched


def noise(path: Path, size: int = 300) -> None:
    Image.effect_noise((size, size), 90).save(path)


def gif() -> bytes:
    stream = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


# What goes up


async def given(world: World, folder: Path, *contents: bytes) -> list[Path]:
    paths = [folder / f"{number}.bin" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


async def start(world: World, engine, folder: Path, *contents: bytes):
    """Begin a job that takes several pictures, with these."""
    job = await world.job(engine, "collage", pictures=len(contents))
    paths = await given(world, folder, *contents)
    files = tuple(
        type(one)(one.name, path.name, path.as_uri(), path.stat().st_size)
        for one, path in zip(job.attachments, paths, strict=True)
    )
    return await world.start(engine, "collage", {"attachments": files}, pictures=len(contents))


@pytest.mark.parametrize("bad", [b"no picture", picture()[:-30], b"%PDF-1.4", picture((7000, 7000))])
async def test_nothing_goes_up_when_the_last_one_is_bad(bad: bytes, world: World, tmp_path: Path) -> None:
    async with world.connected() as engine:
        _, _, task = await start(world, engine, tmp_path, picture(), bad)
        job = await task
        assert job.outcome is Outcome.FAILED
        assert job.problem and job.problem.startswith("**")
        assert world.server.requests[UPLOAD] == 0
        await world.assert_clean(engine)


async def test_each_is_fetched_once(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with world.connected() as engine:
        fetched: list[str] = []
        fetch = engine.fetcher.fetch

        async def counted(attachment):
            fetched.append(attachment.filename)
            return await fetch(attachment)

        monkeypatch.setattr(engine.fetcher, "fetch", counted)
        _, card, task = await start(world, engine, tmp_path, picture(), picture((9, 9)))
        assert (await task).outcome is Outcome.COMPLETED
        assert fetched == ["0.bin", "1.bin"]
        assert world.server.requests[UPLOAD] == 2
        assert {Uploading(1, 2), Uploading(2, 2)} <= set(card.moments)


async def test_what_came_is_not_fetched_again_for_what_did_not(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.connected() as engine:
        fetched: list[str] = []
        fetch = engine.fetcher.fetch

        async def sometimes(attachment):
            fetched.append(attachment.filename)
            if attachment.filename == "1.bin" and len(fetched) < 4:
                raise Unfetched("attachment: 503")
            return await fetch(attachment)

        monkeypatch.setattr(engine.fetcher, "fetch", sometimes)
        _, _, task = await start(world, engine, tmp_path, picture(), picture((9, 9)))
        assert (await task).outcome is Outcome.COMPLETED
        assert fetched == ["0.bin", "1.bin", "1.bin", "1.bin"]


async def test_an_address_that_is_not_allowed_ends_the_job_with_words(world: World) -> None:
    async with world.connected() as engine:
        one = (await world.job(engine, "blur")).attachments[0]
        web = replace(one, url="http://localhost/a.png", source="web")
        _, _, task = await world.start(engine, "blur", {"attachments": (web,)})
        job = await task
        assert job.outcome is Outcome.FAILED
        assert job.problem and job.problem.startswith(f"**{one.name}**: I may not fetch that address")
        await world.assert_clean(engine)


async def test_what_has_no_room_in_memory_is_fetched_once_more(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.steps.tools._MOST_HELD", 0)
    async with world.connected() as engine:
        _, _, task = await start(world, engine, tmp_path, picture(), picture())
        assert (await task).outcome is Outcome.COMPLETED
        await world.assert_clean(engine)


@pytest.mark.parametrize("fails", [False, True], ids=["at once", "at the second try"])
async def test_who_gives_an_animation_is_told_so_on_the_card(fails: bool, world: World, tmp_path: Path) -> None:
    if fails:
        world.server.faults.fail_next("POST /api/v1/images/upload", 503, times=2)
    async with world.connected() as engine:
        _, _, task = await start(world, engine, tmp_path, gif(), picture())
        job = await task
        assert job.outcome is Outcome.COMPLETED, job.problem
        name = job.attachments[0].name
        assert job.notes == (f"**{name}** is animated; its first frame was used.",)
        assert (await engine.store.get(job.id) or job).notes == job.notes
        assert world.message(job).job.notes == job.notes


async def test_a_restart_between_two_uploads_looks_only_at_what_is_left(world: World, tmp_path: Path) -> None:
    world.server.faults.hang("POST /api/v1/images/upload")
    async with world.connected() as engine:
        job, _, _ = await start(world, engine, tmp_path, picture(), picture())
        await until(lambda: world.server.requests[UPLOAD] == 1)
        world.server.faults.let_go()
        await until(lambda: world.server.requests[UPLOAD] == 2)
    async with world.connected() as engine:
        await engine.resumer.resume(world.wall.open)
        await engine.runner.drained()
        closed = await engine.store.get(job.id)
        assert closed and closed.outcome is Outcome.COMPLETED, closed
        await world.assert_clean(engine)


async def test_the_job_knows_what_it_ran_with(world: World) -> None:
    async with world.connected() as engine:
        job, _ = await world.run(engine, "blur")
        assert (job.models, job.backend_version) == ((), engine.pool.first.version)
        assert job.backend_version


# What comes back


async def test_what_those_hear_who_cannot_see_it(world: World) -> None:
    async with world.connected() as engine:
        job, _, task = await world.start(engine, "blur", {"is_spoiler": True})
        await task
        (file,) = world.message(job).files
        assert (file.description, file.is_spoiler) == ("blur", True)
        job, _, task = await world.start(engine, "hue_sheet", {"language": "de"})
        await task
        files = world.message(job).files
        assert [file.description for file in files] == [
            f"hue_sheet, {n} von {len(files)}" for n in range(1, len(files) + 1)
        ]
        assert not any(file.is_spoiler for file in files)


async def run_many(serve: Serve, folder: Path, count: int, **limits: int) -> tuple[World, Job]:
    world = World(await serve(), folder, images_per_run=40, **limits)
    world.documents["many"] = divisions(*range(1, count + 1))
    async with world.connected() as engine:
        job, _ = await world.run(engine, "many")
        assert job.outcome is Outcome.COMPLETED, job.problem
        await world.assert_clean(engine)
    return world, job


@pytest.mark.parametrize(("count", "has_sheet"), [(10, False), (11, True), (25, True)])
async def test_many_results_begin_with_a_sheet_of_them_all(
    count: int, has_sheet: bool, serve: Serve, tmp_path: Path
) -> None:
    world, job = await run_many(serve, tmp_path, count)
    names = [file.filename for file in world.message(job).files]
    assert names == [*[f"{job.id}-sheet.png"] * has_sheet, *(f"{job.id}-{n}.png" for n in range(1, count + 1))]
    if has_sheet:
        sheet = world.message(job).files[0]
        assert sheet.description.startswith(f"All {count} pictures at a glance: ")
        assert sheet.note == ""


async def test_results_arrive_without_a_sheet_that_cannot_be_drawn(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sheets._WIDTH", 0)
    world, job = await run_many(serve, tmp_path, 11)
    assert [file.filename for file in world.message(job).files] == [f"{job.id}-{n}.png" for n in range(1, 12)]


async def test_the_sheet_shows_what_was_posted(serve: Serve, tmp_path: Path) -> None:
    world, job = await run_many(serve, tmp_path, 14, results_per_job=12)
    files = world.message(job).files
    assert len(job.results) == 14
    assert len(files) == 13
    assert files[0].description.startswith("All 12 pictures")
    assert files[-1].note == "the last of 12; the workflow made 14"


async def test_each_message_keeps_to_its_limits_and_wastes_little(serve: Serve, tmp_path: Path) -> None:
    """What small ones do not need is for the large ones."""
    world = World(await serve(), tmp_path)
    noise(world.picture, 400)
    world.wall.file_limit, world.wall.request_limit = 150_000, 200_000
    async with world.connected() as engine:
        job, _ = await world.run(engine, "hue_sheet")
        files = world.message(job).files
        for start in range(0, len(files), FILES_PER_MESSAGE):
            sizes = [len(file.data) for file in files[start : start + FILES_PER_MESSAGE]]
            assert max(sizes) <= 150_000
            assert 100_000 < sum(sizes) <= 200_000
        await world.assert_clean(engine)


async def test_what_is_too_much_to_hold_is_fetched_in_its_turn(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten pictures of 40 megapixels may be a gigabyte: what waits is not held, and arrives in its place."""
    monkeypatch.setattr("bot.steps.deliver._MOST_HELD", 0)
    monkeypatch.setattr("bot.steps.early._MOST_HELD", 0)
    world, job = await run_many(serve, tmp_path, 3)
    assert [file.filename for file in world.message(job).files] == [f"{job.id}-{n}.png" for n in (1, 2, 3)]
    assert world.server.requests["GET", "/api/v1/images/i/{name}/full"] == 6


# Originals


async def test_what_is_posted_lossy_is_kept_before_the_card_says_so(world: World) -> None:
    noise(world.picture)
    world.wall.file_limit = 20_000
    async with world.connected() as engine:
        job, card = await world.run(engine, "hue")
        (original,) = await engine.originals.kept(job.id)
        assert (original.number, original.filename) == (1, f"{job.id}.png")
        whole = Image.open(io.BytesIO(await engine.originals.read(original)))
        posted = Image.open(io.BytesIO(world.message(job).files[0].data))
        assert (whole.size, whole.format, posted.format) == ((300, 300), "PNG", "WEBP")
        (note,) = world.message(job).job.notes
        assert note.startswith("**Originals** sends you in full quality what is not here, until <t:")
        assert job.notes == (note,)
        assert len(card.attempts) == 1


async def test_it_is_told_of_once_however_often_it_is_tried(world: World) -> None:
    noise(world.picture)
    world.wall.file_limit = 20_000
    world.wall.failures = [Unavailable("Discord is away"), TooLarge("413"), Unavailable("again"), TooLarge("413")]
    async with world.connected() as engine:
        job, _ = await world.run(engine, "hue")
        assert len(job.notes) == 1
        assert len(await engine.originals.kept(job.id)) == 1


async def test_what_is_whole_is_not_kept(world: World) -> None:
    async with world.connected() as engine:
        job, _ = await world.run(engine, "blur")
        assert await engine.originals.kept(job.id) == []
        assert job.notes == ()
    assert not (world.database.parent / "originals").exists()


@pytest.mark.parametrize("off", [False, True], ids=["no room on the disk", "switched off"])
async def test_without_originals_results_arrive_all_the_same(
    off: bool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(world.picture)
    world.wall.file_limit = 20_000
    if off:
        settings = world.settings.model_copy(update={"cards": CardSettings(originals_mb=0)})
        monkeypatch.setattr(World, "settings", settings)
    else:
        (world.database.parent / "originals").write_text("in the way")
    async with world.connected() as engine:
        job, _ = await world.run(engine, "hue")
        assert job.outcome is Outcome.COMPLETED
        assert job.notes == ()
        assert len(world.message(job).files) == 1
