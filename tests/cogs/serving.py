"""The bot as a process of its own, that can be killed at any moment and started again."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import IO

from tests.cogs.atelier import Atelier

CONFIG = """
[discord]
api_url = "{api_url}"
gateway_url = "{gateway_url}"
cdn_url = "{cdn_url}"
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
                cdn_url=discord.url,
                invoke=atelier.invoke.url,
                progress_seconds=progress_seconds,
            )
        )
        self._pid = 0
        self._end: asyncio.Task[int] | None = None

    async def start(self) -> None:
        # A file, for a pipe that nobody empties holds its writer up.
        with self._log.open("ab") as log:
            self._pid, self._end = await self._start(log)
        await self._atelier.discord.online(20)
        await self._atelier.ready()

    async def _start(self, log: IO[bytes]) -> tuple[int, asyncio.Task[int]]:
        arguments = (sys.executable, "-m", "bot", *self._arguments)
        process = await asyncio.create_subprocess_exec(*arguments, env=self._environment, cwd=ROOT, stderr=log)
        return process.pid, asyncio.create_task(process.wait())

    @property
    def _arguments(self) -> tuple[str, ...]:
        return "serve", "--config", str(self._config)

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DISCORD_TOKEN": self._atelier.discord.token}

    def send(self, how: signal.Signals) -> None:
        assert self._pid
        os.kill(self._pid, how)

    async def gone(self) -> int:
        """Wait until the process has ended, and return its exit code."""
        assert self._end
        return await asyncio.shield(self._end)

    async def ended(self) -> tuple[int, str]:
        """Wait until the process has ended, and return its exit code and what it logged since it was last asked."""
        code = await self.gone()
        self._end = None
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
        if self._end:
            if not self._end.done():
                self.send(signal.SIGKILL)
            await self.gone()


class Forked(Serving):
    """The same process, forked from one that has read all the code: most of a start is that."""

    def __init__(self, atelier: Atelier, *, progress_seconds: float = 0.05) -> None:
        super().__init__(atelier, progress_seconds=progress_seconds)
        self._parent: asyncio.subprocess.Process | None = None

    async def _start(self, log: IO[bytes]) -> tuple[int, asyncio.Task[int]]:
        if not self._parent:
            self._parent = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.cogs.forks"),
                env=self._environment,
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.write(json.dumps(self._arguments).encode() + b"\n")
        return int(await self._parent.stdout.readline()), asyncio.create_task(self._told(self._parent.stdout))

    async def _told(self, parent: asyncio.StreamReader) -> int:
        return int(await parent.readline())

    async def close(self) -> None:
        await super().close()
        if self._parent and self._parent.stdin:
            self._parent.stdin.close()
            await self._parent.wait()
