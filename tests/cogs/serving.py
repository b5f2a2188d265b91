"""The bot as a process of its own, that can be killed at any moment and started again."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO

# Here, so that a server of forks has it at hand.
import bot.service  # noqa: F401
from bot.__main__ import main
from tests.cogs.atelier import Atelier

CONFIG = """
[discord]
api_url = "{api_url}"
gateway_url = "{gateway_url}"
[[backend]]
url = "{invoke}"
max_in_flight = 2
[limits]
progress_seconds = {progress_seconds}
"""
ROOT = Path(__file__).parents[2]


class Serving:
    """`python -m bot serve` between an atelier's two stand-ins."""

    def __init__(self, atelier: Atelier, *, progress_seconds: float = 0.05) -> None:
        self._atelier = atelier
        self._config = atelier.folder / "config.toml"
        self._log = atelier.folder / "bot.log"
        self._read = 0
        discord = atelier.discord
        self._config.write_text(
            CONFIG.format(
                api_url=discord.api_url,
                gateway_url=discord.gateway_url,
                invoke=atelier.invoke.url,
                progress_seconds=progress_seconds,
            )
        )
        self._process: asyncio.subprocess.Process | BaseProcess | None = None

    async def start(self) -> None:
        # A file, for a pipe that nobody empties holds its writer up.
        with self._log.open("ab") as log:
            await self._start(log)
        await self._atelier.discord.online(20)
        await self._atelier.ready()

    async def _start(self, log: IO[bytes]) -> None:
        environment = {**os.environ, "DISCORD_TOKEN": self._atelier.discord.token}
        arguments = (sys.executable, "-m", "bot", *self._arguments)
        self._process = await asyncio.create_subprocess_exec(*arguments, env=environment, cwd=ROOT, stderr=log)

    @property
    def _arguments(self) -> tuple[str, ...]:
        return "serve", "--config", str(self._config)

    def send(self, how: signal.Signals) -> None:
        assert self._process
        assert self._process.pid
        os.kill(self._process.pid, how)

    async def gone(self) -> int:
        """Wait until the process has ended, and return its exit code."""
        assert isinstance(self._process, asyncio.subprocess.Process)
        return await self._process.wait()

    async def ended(self) -> tuple[int, str]:
        """Wait until the process has ended, and return its exit code and what it logged since it was last asked."""
        code = await self.gone()
        self._process = None
        # Until the server notices, it believes the bot to be connected.
        await self._atelier.discord.until(lambda: not self._atelier.discord.gateway.online)
        return code, self.logged()

    async def end(self, how: signal.Signals) -> tuple[int, str]:
        """Send a signal, and return the exit code and what was logged."""
        self.send(how)
        return await self.ended()

    def logged(self) -> str:
        """Return what was logged since this was last asked."""
        logged = self._log.read_bytes()
        news, self._read = logged[self._read :], len(logged)
        return news.decode()

    async def close(self) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self.send(signal.SIGKILL)
            await self.gone()


class Forked(Serving):
    """The same process, forked from one that has read all the code: most of a start is that."""

    async def _start(self, log: IO[bytes]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        given = (self._arguments, self._atelier.discord.token, self._log)
        self._process = context.Process(target=serve, args=given, daemon=True)
        self._process.start()

    async def gone(self) -> int:
        assert isinstance(self._process, BaseProcess)
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        return self._process.exitcode or 0


def serve(arguments: tuple[str, ...], token: str, log: Path) -> None:
    """Be `python -m bot`."""
    os.environ["DISCORD_TOKEN"] = token
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    sys.argv = ["familiar", *arguments]
    main()
