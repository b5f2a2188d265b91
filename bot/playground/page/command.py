"""`familiar demo`: what was asked for, which face that means, and the page until somebody ends it."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp.http import HttpProcessingError
from rich.console import Console

from bot.heed import heeding
from bot.playground.page.bot_process import BotProcess
from bot.playground.page.demo import USUAL_PORT, Demo, DemoOptions, open_demo
from bot.playground.tour import tour
from bot.terminal import make_folder
from workflows.errors import UserError

_USUAL_HOST = "127.0.0.1"
_USUAL_OUT = Path("familiar-demo")
#: What webbrowser finds on machines without a screen: none of them can show the page.
_TEXT_BROWSERS = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})


@dataclass(frozen=True)
class Asked:
    """The options of `familiar demo`, None where they were left out."""

    is_tour: bool = False
    host: str | None = None
    port: int | None = None
    url: str | None = None
    opens_browser: bool | None = None
    out: Path | None = None
    render: Path | None = None

    @property
    def page_options(self) -> list[str]:
        """The options given that are of the page alone."""
        opening = None if self.opens_browser is None else "--open" if self.opens_browser else "--no-open"
        given = {"--host": self.host, "--port": self.port, "--url": self.url, opening or "": opening}
        return [name for name, value in given.items() if value is not None]


class NobodyListens(logging.Filter):
    """Leaves out what a web server logs, whole traceback and all, of clients that left or never spoke HTTP."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, ConnectionError | HttpProcessingError)


def demo(asked: Asked, console: Console) -> int:
    """Do what was asked for, and return the exit code. Raises UserError."""
    logging.getLogger("aiohttp.server").addFilter(NobodyListens())
    if asked.render:
        return _render(asked, asked.render, console)
    is_tour = wants_tour(asked, has_terminal=has_terminal(), has_browser=has_browser())
    if not is_tour:
        asyncio.run(_until_stopped(asked, console))
        return 0
    if not (asked.is_tour or asked.out):
        _say(console, f"The tour. For the page in a browser: familiar demo --port {USUAL_PORT}", "dim")
    out = asked.out or _USUAL_OUT
    make_folder(out)
    return 0 if asyncio.run(tour(console, out)) else 1


def _render(asked: Asked, out: Path, console: Console) -> int:
    if asked.is_tour or asked.out or asked.page_options:
        raise UserError("--render goes alone: it opens no page, and runs no tour.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--render {out}: nothing can be saved there: {error.strerror}") from error
    # Chromium is driven by a library that only we who look at the pictures have.
    from bot.playground.page.render import render_demo

    for path in asyncio.run(render_demo(out)):
        _say(console, f"saved {path}", "bold")
    return 0


def wants_tour(asked: Asked, *, has_terminal: bool, has_browser: bool) -> bool:
    """Tell whether the tour is to run, and not the page. Raises UserError for options that do not go together."""
    if asked.is_tour or asked.out:
        if asked.page_options:
            tour = "--tour" if asked.is_tour else "--out"
            raise UserError(f"{asked.page_options[0]} is of the page, and {tour} of the tour. Give one of them.")
        return True
    return not asked.page_options and not (has_terminal and has_browser)


def has_terminal() -> bool:
    """Tell whether somebody reads what we say, and may answer."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def has_browser() -> bool:
    """Tell whether this machine can show a page."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    name = Path(str(getattr(found, "name", ""))).name
    return name not in _TEXT_BROWSERS


class _Ending:
    """What Ctrl-C means: first end cleanly, then at once."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.folder: str | None = None
        self.bot: BotProcess | None = None

    def end(self) -> None:
        if not self.stopped.is_set():
            self.stopped.set()
            return
        # Where there is no bot here yet, it ends by itself when we are gone.
        if self.bot:
            self.bot.kill_now()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        os._exit(128 + signal.SIGINT)


async def _until_stopped(asked: Asked, console: Console) -> None:
    ending = _Ending()
    heeded = {signal.SIGTERM: ending.end, signal.SIGINT: ending.end}
    # Whoever started it with `nohup` wants it to stay.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heeded[signal.SIGHUP] = ending.end
    with heeding(heeded):
        showing = asyncio.create_task(_show(asked, console, ending), name="demo")
        stopping = asyncio.create_task(ending.stopped.wait(), name="stop")
        await asyncio.wait({showing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not showing.done():
            # The terminal may be gone already.
            with contextlib.suppress(OSError):
                console.print("\nEnding …", style="dim")
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing


async def _show(asked: Asked, console: Console, ending: _Ending) -> None:
    host = asked.host or _USUAL_HOST
    if not is_loopback(host):
        _say(console, f"--host {host}: everybody who reaches this address can act as anybody here.", "yellow")

    def tell(line: str) -> None:
        _say(console, line)

    with _temporary_folder() as ending.folder:
        options = DemoOptions(host=host, port=asked.port, url=asked.url, folder=Path(ending.folder), tell=tell)
        await _show_page(options, asked, console, ending)


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="familiar-demo-", ignore_cleanup_errors=True)
    except OSError as error:
        raise UserError("The demo needs a place for its files, and TMPDIR names none where it may write.") from error


async def _show_page(options: DemoOptions, asked: Asked, console: Console, ending: _Ending) -> None:
    async with open_demo(options) as demo:
        ending.bot = demo.bot
        browser = await asyncio.to_thread(has_browser)
        _welcome(console, demo, asked, browser=browser)
        if browser and asked.opens_browser is not False:
            _open(demo.page.url)
        demo.bot.on_change = _telling(demo, console)
        await asyncio.Event().wait()


def _welcome(console: Console, demo: Demo, asked: Asked, *, browser: bool) -> None:
    _say(console, "\nFamiliar is at home:")
    _say(console, f"\n    {demo.page.url}\n", "bold")
    _say(console, "You are Ada, who may publish workflows; Bo, Cy and Dee are one click away.")
    if demo.invoke:
        _say(console, "The InvokeAI is built in: it edits pictures, and only imitates models. Your own: --url", "dim")
    if asked.port is None and demo.page.port != USUAL_PORT:
        _say(console, f"(Port {USUAL_PORT} was taken, so it is another one this time.)", "dim")
    if not browser and is_loopback(demo.page.host):
        port = demo.page.port
        _say(console, "There is no browser here. To use yours, forward the port and open the same address there:")
        _say(console, f"    ssh -L {port}:127.0.0.1:{port} THIS-MACHINE")
    _say(console, "Ctrl-C ends it, and leaves nothing behind.\n", "dim")


def _telling(demo: Demo, console: Console) -> Callable[[], None]:
    """Ring the page's bell when the bot begins or ends, and say so here where it ended by itself."""

    def tell() -> None:
        demo.discord.world.changed()
        if demo.bot.ended_by_itself:
            _say(console, "The bot ended by itself. The panel has its log, and starts it again:", "yellow")
            for line in demo.bot.log_tail(3):
                _say(console, f"  {line}", "dim")

    return tell


def _open(url: str) -> None:
    # A thread that nobody waits for: some browsers' commands last as long as their window.
    threading.Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True).start()


def is_loopback(host: str) -> bool:
    """Tell whether nobody but this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say(console: Console, line: str, style: str = "") -> None:
    with contextlib.suppress(OSError):
        console.print(line, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
