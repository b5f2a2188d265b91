"""What tests of the demo share: its people at work, and a demo in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TypeVar

from bot.playground.discord import Message
from bot.playground.page.demo import Demo
from bot.playground.page.glance import Glance, glance

T = TypeVar("T")
PROJECT = Path(__file__).parents[2]
BUNDLED = resources.files("workflows") / "bundled"
SECONDS = 20


def bundled(name: str) -> bytes:
    return BUNDLED.joinpath(*name.split("/")).read_bytes()


async def until(condition: Callable[[], T]) -> T:
    """Wait until something holds that has no event of its own; return what it gave."""
    async with asyncio.timeout(SECONDS):
        while not (found := condition()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


async def publish(demo: Demo, workflow: str = "blur") -> None:
    """Have Ada publish one of the bundled workflows."""
    ada, channel = demo.members["Ada"], demo.channels["pictures"]
    file = (f"{workflow}.json", bundled(f"{workflow}.json"))
    use = await ada.slash(channel, "workflow add", {"file": file})
    report = await demo.discord.until(lambda: use.response, SECONDS)
    assert report
    await ada.press(report, "Publish")
    await demo.discord.until(lambda: workflow.replace("_", "-") in demo.guild.commands, SECONDS)


async def run(demo: Demo, command: str = "blur") -> Message:
    """Have Bo run it on a picture; return the card."""
    picture = ("harbour.webp", bundled("samples/harbour.webp"))
    use = await demo.members["Bo"].slash(demo.channels["pictures"], command, {"picture": picture})
    card = await demo.discord.until(lambda: use.response, SECONDS)
    assert card
    return card


async def cleared(demo: Demo, jobs: int) -> Glance:
    """Wait until so many jobs are closed, with nothing left behind; return how that looks in the database."""

    def clear() -> Glance | None:
        seen = glance(demo.database)
        closed = [job for job in seen.jobs if job["state"] == "closed"] if seen else []
        return seen if seen and len(closed) == len(seen.jobs) == jobs and not seen.left else None

    seen = await until(clear)
    assert seen
    return seen


@dataclass
class Terminal:
    """`familiar demo` in a terminal of its own, as somebody sits in front of it."""

    process: asyncio.subprocess.Process
    screen: int
    folder: Path
    text: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def shows(self, words: str) -> str:
        """Wait until it shows these words; return all that it showed."""
        await until(lambda: words in self.text or self.ended.is_set())
        assert words in self.text
        return self.text

    def press_ctrl_c(self) -> None:
        """Do what a terminal does then: everybody in its foreground gets the signal."""
        os.killpg(self.process.pid, signal.SIGINT)

    async def end(self) -> int:
        """Wait until it ends; return its exit code."""
        async with asyncio.timeout(SECONDS):
            code = await self.process.wait()
            await self.ended.wait()
        return code

    def read(self) -> None:
        try:
            data = os.read(self.screen, 65536)
        except OSError:
            data = b""
        self.text += data.decode(errors="replace")
        if not data:
            asyncio.get_running_loop().remove_reader(self.screen)
            self.ended.set()

    @property
    def left(self) -> list[str]:
        """The files that it left where temporary ones go, and the processes that know that place."""
        return [path.name for path in self.temporary.iterdir()] + survivors(self.temporary)

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def opened(self) -> str:
        """What its browser was to open."""
        path = self.folder / "opened"
        return path.read_text("utf-8").strip() if path.exists() else ""

    @property
    def bot(self) -> int:
        """The bot's process."""
        return next(pid for pid, command in _commands() if str(self.temporary) in command)


async def open_terminal(folder: Path, *arguments: str, **environment: str) -> Terminal:
    """Start `familiar demo` in a pseudo terminal, with a browser that writes down what it was to open."""
    terminal, inside = os.openpty()
    (folder / "tmp").mkdir()
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {folder}/opened\n', "utf-8")
    browser.chmod(0o755)
    known = {**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(folder / "tmp"), "BROWSER": f"{browser} %s"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", *arguments),
        env={**known, "XDG_STATE_HOME": str(folder / "state"), "COLUMNS": "200", "TERM": "dumb", **environment},
        cwd=folder,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        # As a terminal starts it, even where these tests run under nohup.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    os.close(inside)
    opened = Terminal(process, terminal, folder)
    asyncio.get_running_loop().add_reader(terminal, opened.read)
    return opened


def close_terminal(opened: Terminal) -> None:
    """End whatever is left of it."""
    asyncio.get_running_loop().remove_reader(opened.screen)
    os.close(opened.screen)
    if opened.process.returncode is None:
        opened.process.kill()
    for pid, command in list(_commands()):
        if str(opened.temporary) in command:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def survivors(folder: Path) -> list[str]:
    """Return the processes whose command names this folder."""
    return [command for _, command in _commands() if str(folder) in command]


def _commands() -> Iterator[tuple[int, str]]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield int(path.parent.name), path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
