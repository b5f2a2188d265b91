"""The bot as a process of its own: the one that serves real servers, with nothing built in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import bot
from bot.config import TOKEN_VARIABLE

#: As `serve` may take, and a little more.
_STOP_SECONDS = 12.0
_TAIL_BYTES = 32 * 1024
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def _nothing() -> None:
    pass


class BotProcess:
    """`familiar serve` as a child: it can be killed, stopped and started again, as often as somebody likes.

    It is in a process group of its own, so that Ctrl-C in the terminal reaches only us; and on a leash (see leash.py),
    so that it ends with us even where we are killed.
    """

    def __init__(self, config: Path, token: str, log: Path) -> None:
        #: Called whenever it begins to run, or ends.
        self.on_change: Callable[[], None] = _nothing
        #: Whether it ended last without having been told to.
        self.ended_by_itself = False
        self._config = config
        self._token = token
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._told_to_end = False
        self._turn = asyncio.Lock()

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it, unless it runs."""
        async with self._turn:
            if self._process is not None:
                return
            self._log.touch()
            with self._log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "bot.playground.page.leash", "serve", "--config", str(self._config)),
                    env=self._environment(),
                    cwd=self._config.parent,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,
                )
            self._process, self._told_to_end = process, False
            self.ended_by_itself = False
            self._watching = asyncio.create_task(self._watch(process), name="bot process")
        self.on_change()

    async def kill(self) -> None:
        """End it from one moment to the next."""
        await self._end(0.0)

    async def stop(self, patience: float = _STOP_SECONDS) -> None:
        """Ask it to end, as a service manager does; kill it if it takes longer than so many seconds."""
        await self._end(patience)

    def kill_now(self) -> None:
        """Kill it and wait for nothing: for whoever leaves at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def ended(self) -> None:
        """Wait until it does not run."""
        if self._watching is not None:
            await asyncio.wait({self._watching})

    def log_tail(self, lines: int = 40) -> list[str]:
        """Return the last lines that it logged, without its token."""
        try:
            with self._log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(0, size - _TAIL_BYTES))
                tail = log.read().decode(errors="replace")
        except OSError:
            return []
        whole = tail.splitlines()[1:] if size > _TAIL_BYTES else tail.splitlines()
        return [_COLOURS.sub("", line).replace(self._token, "…") for line in whole[-lines:]]

    async def _end(self, patience: float) -> None:
        async with self._turn:
            process, watching = self._process, self._watching
            if process is None or watching is None:
                return
            self._told_to_end = True
            if patience:
                self._ask_to_end(process)
                await asyncio.wait({watching}, timeout=patience)
            self.kill_now()
            await asyncio.wait({watching})

    def _ask_to_end(self, process: asyncio.subprocess.Process) -> None:
        if sys.platform == "win32":
            # Nothing there asks a process to end; the leash does it from inside.
            if process.stdin:
                process.stdin.close()
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        if process.stdin:
            process.stdin.close()
        self._process = None
        self.ended_by_itself = not self._told_to_end
        self.on_change()

    def _environment(self) -> dict[str, str]:
        """Return ours, with the token, and with this very Familiar in front of whatever else is called `bot`."""
        here = str(Path(bot.__file__).resolve().parents[1])
        paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
        return {**os.environ, TOKEN_VARIABLE: self._token, "PYTHONPATH": os.pathsep.join(paths)}
