"""The demo as a whole: which face it has, what it says when it cannot begin, and that nothing of it stays."""

import asyncio
import logging
import os
import re
import shlex
import signal
import socket
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from rich.console import Console

from bot.playground.discord import Permissions
from bot.playground.page import command
from bot.playground.page.command import Asked, is_loopback, wants_tour
from bot.playground.page.demo import DemoOptions, open_demo
from bot.playground.page.server import PortTakenError
from tests.playground.demo_world import Terminal, close_terminal, open_terminal, survivors, until
from workflows.errors import UserError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that something else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


# The tour or the page


@pytest.mark.parametrize(
    ("asked", "terminal", "browser", "tour"),
    [
        ({}, True, True, False),
        ({}, False, True, True),
        ({}, True, False, True),
        ({}, False, False, True),
        ({"is_tour": True}, True, True, True),
        ({"out": Path("out")}, True, True, True),
        ({"port": 0}, False, False, False),
        ({"host": "127.0.0.1"}, False, False, False),
        ({"url": "http://gpu:9090"}, False, False, False),
        ({"opens_browser": False}, True, False, False),
        ({"opens_browser": True}, False, True, False),
    ],
)
def test_the_tour_runs_where_nobody_could_look_at_a_page(
    asked: dict[str, Any], terminal: bool, browser: bool, tour: bool
) -> None:
    assert wants_tour(Asked(**asked), has_terminal=terminal, has_browser=browser) is tour


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"is_tour": True, "port": 1}, "--port is of the page, and --tour of the tour."),
        ({"is_tour": True, "url": "http://gpu:9090"}, "--url is of the page, and --tour of the tour."),
        ({"out": Path("out"), "host": "::1"}, "--host is of the page, and --out of the tour."),
        ({"out": Path("out"), "opens_browser": False}, "--no-open is of the page, and --out of the tour."),
    ],
)
def test_what_does_not_go_together_is_told(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=re.escape(told)):
        wants_tour(Asked(**asked), has_terminal=True, has_browser=True)


@pytest.mark.parametrize(
    ("browser", "found"),
    [("/usr/bin/lynx %s", False), ("www-browser", False), ("/opt/code/browser.sh %s", True), ("firefox %s", True)],
)
def test_a_browser_in_the_terminal_shows_no_page(browser: str, found: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    known = webbrowser.GenericBrowser(shlex.split(browser) if "%s" in browser else browser)
    monkeypatch.setattr(webbrowser, "get", lambda: known)
    assert command.has_browser() is found


def test_a_machine_may_have_no_browser_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", none)
    assert not command.has_browser()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.0.0.2", True), ("::1", True), ("localhost", True)]
    + [(host, False) for host in ("0.0.0.0", "::", "192.168.0.4", "gpu", "localhost.example.org")],
)
def test_it_is_known_which_addresses_others_reach(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


# What keeps it from beginning


async def test_a_port_that_is_taken_is_told_before_the_bot_starts(tmp_path: Path, taken: int) -> None:
    with pytest.raises(PortTakenError, match=f"Port {taken}.* is taken") as told:
        async with open_demo(DemoOptions(port=taken, folder=tmp_path)):
            pytest.fail("it began")
    assert "\n" not in str(told.value)
    assert not (tmp_path / "bot.log").exists()


async def test_a_folder_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(UserError, match=rf"^{re.escape(str(tmp_path))}: the demo cannot write there: [^\n]+\.$"):
        async with open_demo(DemoOptions(port=0, folder=tmp_path)):
            pytest.fail("it began")


def test_a_machine_without_a_place_for_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(UserError, match="The demo needs a place for its files"):
        command.demo(Asked(port=0, opens_browser=False), Console(quiet=True))


@pytest.mark.slow
async def test_a_bot_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "familiar.sqlite").write_bytes(b"x" * 5000)
    words = r"the bot ended before it was ready\. Its last lines:\n.*familiar\.sqlite"
    with pytest.raises(UserError, match=words) as told:
        async with open_demo(DemoOptions(port=0, folder=tmp_path)):
            pytest.fail("it began")
    assert "Traceback" not in str(told.value)
    assert not survivors(tmp_path)


# While it runs


async def test_it_is_a_furnished_house_that_is_left_empty(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.playground.page.demo.USUAL_PORT", taken)
    async with open_demo(DemoOptions()) as demo:
        assert demo.page.port not in {0, taken}
        assert demo.bot.running
        assert list(demo.channels) == ["pictures", "lounge", "no-pictures"]
        may_attach = {
            name: bool(demo.guild.bot.permissions(channel) & Permissions.ATTACH_FILES)
            for name, channel in demo.channels.items()
        }
        assert may_attach == {"pictures": True, "lounge": True, "no-pictures": False}
        admins = [name for name, member in demo.members.items() if member.permissions() & Permissions.MANAGE_GUILD]
        assert (list(demo.members), admins) == (["Ada", "Bo", "Cy", "Dee"], ["Ada"])
        await demo.bot.kill()
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(demo.page.url)).status_code == 200, "the page went with the bot"
        assert not (await demo.panel.look())["bot"]["running"]
        folder = demo.folder
        assert folder.is_dir()
    assert not folder.exists()
    assert not survivors(folder)


# In a terminal


@pytest.fixture
async def opened(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Terminal]:
    terminal = await open_terminal(tmp_path, *getattr(request, "param", ["--port", "0"]))
    try:
        yield terminal
    finally:
        close_terminal(terminal)


async def test_ctrl_c_ends_everything(opened: Terminal) -> None:
    text = await opened.shows("Ctrl-C ends it")
    (url,) = re.findall(r"http://127\.0\.0\.1:\d+/", text)
    assert await until(lambda: opened.opened) == url
    assert opened.left, "nothing ran"
    opened.press_ctrl_c()
    assert await opened.end() == 0
    assert opened.left == []
    assert "Traceback" not in opened.text
    assert opened.text.rstrip().endswith("Ending …")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_other_signals_end_everything_too(number: signal.Signals, opened: Terminal) -> None:
    await opened.shows("Ctrl-C ends it")
    opened.process.send_signal(number)
    assert await opened.end() == 0
    assert opened.left == []
    assert "Traceback" not in opened.text


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.0, 0.6, 1.2, 2.0])
async def test_ctrl_c_while_it_starts_ends_everything(moment: float, tmp_path: Path) -> None:
    opened = await open_terminal(tmp_path, "--port", "0")
    try:
        await until(lambda: list(opened.temporary.iterdir()))
        await asyncio.sleep(moment)
        opened.press_ctrl_c()
        assert await opened.end() == 0
        assert opened.left == []
        assert "Traceback" not in opened.text
    finally:
        close_terminal(opened)


@pytest.mark.slow
async def test_a_second_ctrl_c_ends_it_at_once(opened: Terminal) -> None:
    await opened.shows("Ctrl-C ends it")
    # It does not hear that it shall end.
    os.kill(opened.bot, signal.SIGSTOP)
    opened.press_ctrl_c()
    await opened.shows("Ending")
    opened.press_ctrl_c()
    assert await opened.end() == 130
    await until(lambda: not opened.left)
    assert "Traceback" not in opened.text


@pytest.mark.slow
@pytest.mark.parametrize("opened", [["--port", "0", "--host", "0.0.0.0", "--no-open"]], indirect=True)
async def test_a_page_that_others_reach_is_warned_of(opened: Terminal) -> None:
    text = await opened.shows("Ctrl-C ends it")
    assert "--host 0.0.0.0: everybody who reaches this address can act as anybody here." in text.splitlines()[0]
    opened.press_ctrl_c()
    assert await opened.end() == 0
    assert not opened.opened


@pytest.mark.slow
async def test_a_bot_that_ends_by_itself_is_told_and_the_page_stays(opened: Terminal) -> None:
    await opened.shows("Ctrl-C ends it")
    os.kill(opened.bot, signal.SIGKILL)
    await opened.shows("The bot ended by itself.")
    opened.press_ctrl_c()
    assert await opened.end() == 0
    assert opened.left == []


class _Left(ConnectionResetError):
    pass


@pytest.mark.parametrize(
    ("error", "sent", "is_told"),
    [
        (_Left("Cannot write to closing transport"), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (None, b"GET / HTTP/9.9.9\r\n\r\n", False),
        (ValueError("odd"), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
    ],
)
async def test_of_clients_that_left_or_speak_no_http_the_terminal_is_not_told(
    error: Exception | None, sent: bytes, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_request: web.Request) -> web.Response:
        assert error
        raise error

    app = web.Application()
    app.router.add_get("/", fail)
    runner = web.AppRunner(app, access_log=None)
    hush = command.NobodyListens()
    logging.getLogger("aiohttp.server").addFilter(hush)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(sent)
        await reader.read(1)
        writer.close()
        await writer.wait_closed()
    finally:
        await runner.cleanup()
        logging.getLogger("aiohttp.server").removeFilter(hush)
    assert bool(caplog.records) is is_told
