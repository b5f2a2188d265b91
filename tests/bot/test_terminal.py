"""`familiar run` from the inside: one job with a folder for a channel."""

import asyncio
import contextlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from bot.cards import Away, Cancelling, Moment, Restarted, Running, Uploading, Waiting
from bot.config import BackendSettings, Settings
from bot.jobs import Outcome
from bot.playground.invokeai import LocalInvokeAI
from bot.reports import plain
from bot.terminal import Interrupts, Request, Result, TerminalCard, _words, print_result, progress_bar, run
from tests.bot.test_media_documents import written
from tests.bot.test_steps_videos import cut_twice
from tests.bot.world import BUNDLED, CLIP, FIXTURES, picture, text_chunks
from tests.workflows.builders import node, raw
from workflows.errors import UserError

BLUR = BUNDLED / "blur.json"
SECONDS = 20


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "in.png"
    path.write_bytes(picture())
    return path


def settings(server: LocalInvokeAI, **backend: Any) -> Settings:
    return Settings(backend=(BackendSettings(url=server.url, name=server.url, **backend),))


async def ran(server: LocalInvokeAI, request: Request, interrupts: Interrupts | None = None) -> Result:
    async with asyncio.timeout(SECONDS):
        return await run(request, settings(server), None, interrupts or Interrupts())


def left(server: LocalInvokeAI) -> tuple[list[str], list[int]]:
    return list(server.images), list(server.items)


async def runs(server: LocalInvokeAI) -> None:
    """Wait until the server works on something."""
    async with asyncio.timeout(SECONDS):
        while not any(item.status == "in_progress" for item in server.items.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_results_are_saved_and_nothing_is_left(server: LocalInvokeAI, image: Path, tmp_path: Path) -> None:
    out = tmp_path / "some" / "where"
    result = await ran(server, Request(BLUR, {"radius": "3"}, [("picture", image)], out))
    assert (result.ok, result.problem, result.left) == (True, "", 0)
    assert result.job.given == {"radius": 3.0, "kind": "gaussian"}
    (path,) = result.paths
    assert path == out / f"blur-{result.job.id}.png"
    assert text_chunks(path.read_bytes()) == {}
    assert left(server) == ([], [])


async def test_several_results_are_numbered(server: LocalInvokeAI, image: Path, tmp_path: Path) -> None:
    result = await ran(server, Request(BUNDLED / "hue_sheet.json", {"pictures": "3"}, [("picture", image)], tmp_path))
    assert [path.name for path in result.paths] == [f"hue_sheet-{result.job.id}-{n}.png" for n in (1, 2, 3)]
    assert all(path.is_file() for path in result.paths)


@pytest.mark.parametrize(
    ("values", "images", "complaint"),
    [
        ({}, [], "picture**: is needed. Give it as --image picture=FILE."),
        ({"size": "3"}, ["picture"], "There is no input size. There are: kind, radius."),
        ({"picture": "in.png"}, [], "picture is an image: give it as --image picture=FILE."),
        ({}, ["photo"], "There is no image input photo. There are: picture."),
        ({}, ["radius"], "There is no image input radius. There are: picture."),
        ({"radius": "99"}, ["picture"], "radius**: must be from 0 to 64, not 99."),
        ({"radius": "much"}, ["picture"], "radius**: takes a number, not “much”."),
        ({"kind": "motion"}, ["picture"], "kind**: has no choice “motion”. Pick one of: "),
    ],
)
async def test_a_slip_is_told_before_anything_is_uploaded(
    values: dict[str, str], images: list[str], complaint: str, server: LocalInvokeAI, image: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as told:
        await ran(server, Request(BLUR, values, [(name, image) for name in images], tmp_path / "out"))
    assert complaint in str(told.value)
    assert server.requests["POST", "/api/v1/images/upload"] == 0


async def test_what_no_run_can_do_without_is_told_before_it_begins(server: LocalInvokeAI, tmp_path: Path) -> None:
    (path := tmp_path / "w.json").write_text(json.dumps(raw(node("soft", "img_blur", {"radius": 3.0}))), "utf-8")
    with pytest.raises(UserError, match="“Image” of Blur Image has no value, and nobody is asked for it"):
        await ran(server, Request(path, {}, [], tmp_path / "out"))
    assert not server.batches


async def test_a_collection_is_filled_in_order(server: LocalInvokeAI, tmp_path: Path) -> None:
    """One name again and again means the next picture each time; a place that is named is kept free."""
    given: list[tuple[str, Path]] = []
    for number, name in enumerate(["photos", "photos_2", "photos", "photos"]):
        path = tmp_path / f"{number}.png"
        path.write_bytes(picture((20 + number, 16)))
        given.append((name, path))
    result = await ran(server, Request(FIXTURES / "many_images.json", {}, given, tmp_path / "out"))
    assert result.ok
    sizes = []
    for path in result.paths:
        with Image.open(path) as image:
            sizes.append(image.width)
    assert sizes == [20, 21, 22, 23]


@pytest.mark.parametrize(
    ("file", "name", "times", "complaint"),
    [
        (BLUR, "picture", 2, "--image picture is given twice, and takes one file."),
        (FIXTURES / "many_images.json", "photos", 6, "--image photos takes up to 5 files, not 6."),
        (FIXTURES / "many_images.json", "photos_2", 7, "--image photos takes up to 5 files, not 7."),
    ],
)
async def test_a_picture_too_many_is_told(
    file: Path, name: str, times: int, complaint: str, server: LocalInvokeAI, image: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=re.escape(complaint)):
        await ran(server, Request(file, {}, [(name, image)] * times, tmp_path))


async def test_a_model_that_is_not_there_is_answered_with_those_that_are(server: LocalInvokeAI, tmp_path: Path) -> None:
    request = Request(FIXTURES / "text_to_image.json", {"model": "nothing"}, [], tmp_path)
    with pytest.raises(UserError, match=r"“nothing” is no installed model that fits here\. There are: .*tiny-sd15\."):
        await ran(server, request)


async def test_a_file_that_is_no_workflow_is_named_in_one_line(server: LocalInvokeAI, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text('{"nodes": [], "edges": []}')
    with pytest.raises(UserError) as told:
        await ran(server, Request(path, {}, [], tmp_path))
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value)
    assert "upload" not in plain(str(told.value))


async def test_a_picture_that_invokeai_made_is_as_good_as_its_workflow(
    server: LocalInvokeAI, image: Path, tmp_path: Path
) -> None:
    made = tmp_path / "made.png"
    made.write_bytes(written(BLUR.read_text()))
    result = await ran(server, Request(made, {"radius": "3"}, [("picture", image)], tmp_path / "out"))
    assert (result.ok, [path.name for path in result.paths]) == (True, [f"made-{result.job.id}.png"])
    with pytest.raises(UserError, match=r"in\.png: That picture holds no workflow\."):
        await ran(server, Request(image, {}, [], tmp_path))


async def test_a_video_is_given_and_saved(server: LocalInvokeAI, tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    file.write_bytes(cut_twice())
    with pytest.raises(UserError, match="video"):
        await ran(server, Request(file, {}, [], tmp_path))
    result = await ran(server, Request(file, {}, [("video", CLIP)], tmp_path / "out"))
    assert (result.ok, result.left, left(server)) == (True, 0, ([], []))
    assert [path.read_bytes() for path in result.paths] == [CLIP.read_bytes()]
    assert list(server.videos) == []


async def test_results_of_an_earlier_run_are_dropped(
    server: LocalInvokeAI, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was killed when its job was over, but its results were not saved yet."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    request, reached = Request(BLUR, {}, [("picture", image)], tmp_path / "out"), asyncio.Event()

    async def killed(self: TerminalCard, job: object, files: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(TerminalCard, "deliver", killed)
        first = asyncio.create_task(ran(server, request))
        async with asyncio.timeout(SECONDS):
            await reached.wait()
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
    result = await ran(server, request)
    assert (result.ok, result.cleaned, result.left) == (True, 1, 0)
    assert list(here.iterdir()) == []
    assert list((tmp_path / "out").iterdir()) == result.paths
    assert left(server) == ([], [])


async def test_a_server_that_refuses_is_told_of_at_once(image: Path, tmp_path: Path) -> None:
    nowhere = Settings(backend=(BackendSettings(url="http://127.0.0.1:1"),))
    async with asyncio.timeout(2):
        with pytest.raises(UserError, match=r"1:1: does not answer .* Is InvokeAI running, .* with --url\."):
            await run(Request(BLUR, {}, [("picture", image)], tmp_path), nowhere, None, Interrupts())


async def test_a_picture_that_is_not_there(server: LocalInvokeAI, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file .*none\.png"):
        await ran(server, Request(BLUR, {}, [("picture", tmp_path / "none.png")], tmp_path))


async def test_a_workflow_that_is_not_there(server: LocalInvokeAI, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.json: cannot be read: No such file or directory"):
        await ran(server, Request(tmp_path / "none.json", {}, [], tmp_path))


async def test_a_folder_that_cannot_be_is_told_before_the_run(server: LocalInvokeAI, image: Path) -> None:
    with pytest.raises(UserError, match="nothing can be saved there"):
        await ran(server, Request(BLUR, {}, [("picture", image)], image / "out"))
    assert not server.requests


async def test_results_that_cannot_be_saved_are_no_success(
    server: LocalInvokeAI, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: TerminalCard, files: Sequence[object]) -> list[Path]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TerminalCard, "_write", full)
    result = await ran(server, Request(BLUR, {}, [("picture", image)], tmp_path))
    assert (result.ok, result.job.outcome, result.left) == (False, Outcome.COMPLETED, 0)
    assert result.problem.endswith("the results cannot be saved there: No space left on device")
    assert left(server) == ([], [])


async def test_a_failed_run_says_why(server: LocalInvokeAI, image: Path, tmp_path: Path) -> None:
    result = await ran(server, Request(FIXTURES / "failing.json", {"divide_by": "0"}, [("photo", image)], tmp_path))
    assert (result.ok, result.job.outcome, result.paths) == (False, Outcome.FAILED, [])
    assert result.problem.startswith("The step Divide failed: division by zero.")
    assert left(server) == ([], [])


async def test_an_interrupt_cancels_and_cleans_up(image: Path, tmp_path: Path) -> None:
    async with LocalInvokeAI(node_seconds=0.3) as server:
        interrupts = Interrupts()
        running = asyncio.create_task(ran(server, Request(BLUR, {}, [("picture", image)], tmp_path), interrupts))
        await runs(server)
        interrupts.interrupt()
        result = await running
        assert (result.ok, result.job.outcome, result.paths, result.left) == (False, Outcome.CANCELLED, [], 0)
        assert left(server) == ([], [])


async def test_a_second_interrupt_leaves_at_once_and_the_next_run_cleans_up(image: Path, tmp_path: Path) -> None:
    """The way out when InvokeAI is gone, and cleaning up would go on for ever."""
    async with LocalInvokeAI(node_seconds=0.3) as server:
        interrupts, request = Interrupts(), Request(BLUR, {}, [("picture", image)], tmp_path)
        running = asyncio.create_task(ran(server, request, interrupts))
        await runs(server)
        await server.stop()
        interrupts.interrupt()
        await asyncio.sleep(0.05)
        assert not running.done()
        interrupts.interrupt()
        with pytest.raises(UserError, match="is deleted by the next run"):
            await running
        await server.start()
        result = await ran(server, request)
        assert (result.ok, result.left) == (True, 0)
        assert left(server) == ([], [])


async def test_two_at_once_do_not_disturb_each_other(server: LocalInvokeAI, image: Path, tmp_path: Path) -> None:
    request = Request(BLUR, {}, [("picture", image)], tmp_path)
    results = await asyncio.gather(ran(server, request), ran(server, request))
    assert [result.ok for result in results] == [True, True]
    assert len({path for result in results for path in result.paths}) == 2
    assert left(server) == ([], [])


async def test_a_server_that_wants_a_login(image: Path, tmp_path: Path) -> None:
    async with LocalInvokeAI(users={"member@example.com": "Secret-words-1"}) as server:
        with pytest.raises(UserError, match="Set username and password_env for this backend"):
            await ran(server, Request(BLUR, {}, [("picture", image)], tmp_path))


async def test_a_login_from_the_settings(image: Path, tmp_path: Path) -> None:
    async with LocalInvokeAI(users={"member@example.com": "Secret-words-1"}) as server:
        login = {"username": "member@example.com", "password_env": "X", "password": "Secret-words-1"}
        request = Request(BLUR, {}, [("picture", image)], tmp_path)
        async with asyncio.timeout(SECONDS):
            result = await run(request, settings(server, **login), None, Interrupts())
        assert result.ok


async def test_a_bar_tells_how_far_it_is(server: LocalInvokeAI, image: Path, tmp_path: Path) -> None:
    console = Console(record=True, force_terminal=True, width=80, file=(tmp_path / "screen").open("w"))
    with console.file, progress_bar(console) as bar:
        request = Request(BLUR, {}, [("picture", image)], tmp_path)
        assert (await run(request, settings(server), bar, Interrupts())).ok
        assert [(task.description, task.completed) for task in bar.tasks] == [("completed", 1.0)]


async def test_what_is_printed(
    server: LocalInvokeAI, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = Request(FIXTURES / "failing.json", {"divide_by": "0"}, [("photo", image)], tmp_path)
    failed = await ran(server, request)
    print_result(failed, as_json=False)
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("failed in ")
    assert told[0].endswith(f"job {failed.job.id}: divide_by 0")
    assert told[1:] == [failed.problem]
    print_result(failed, as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["problem"] == failed.problem


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (Waiting(0), "starting"),
        (Waiting(3), "waiting, 3 in line"),
        (Waiting(3, is_paused=True), "held back by an admin"),
        (Uploading(1, 2), "uploading 1 of 2"),
        (Running(2, 5, "Blur"), "node 2 of 5 Blur"),
        (Running(2, 0, "Blur"), "node 2 Blur"),
        (Running(0, 5), "about to start"),
        (Running(2, 5, "Denoise", fraction=0.25), "node 2 of 5 Denoise 25%"),
        (Away(), "InvokeAI does not answer, trying again"),
        (Restarted(), "InvokeAI restarted, running once more"),
        (Cancelling(), "cancelling"),
    ],
)
def test_every_moment_has_its_words(moment: Moment, words: str) -> None:
    assert _words(moment) == words
