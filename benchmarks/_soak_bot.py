"""The bot as a process that is killed, stopped and started, and watched from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._stage import ROOT
from bot.config import TOKEN_VARIABLE

#: How long a bot that is told to stop may take, and one that starts.
STOP_SECONDS, START_SECONDS = 20.0, 60.0
PAGE = int(os.sysconf("SC_PAGE_SIZE"))
#: As the image and the service have it: without these, glibc keeps the memory of pictures that are long gone.
MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}


@dataclass(frozen=True)
class Sample:
    """How much memory the bot held at a time; both times in seconds, since the beginning and since its own start."""

    at: float
    age: float
    memory: int


@dataclass
class BotProcess:
    """The bot, the way it is deployed. Its lives follow each other; what they logged is one file."""

    config: Path
    token: str
    began: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    samples: list[Sample] = field(default_factory=list[Sample])
    lives: int = 0
    #: What it did that nobody asked for: it ended by itself, or not when it was told to.
    odd: list[str] = field(default_factory=list[str])
    _process: asyncio.subprocess.Process | None = None
    _born: float = 0.0

    @property
    def log(self) -> Path:
        return self.config.with_name("bot.log")

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        command = [sys.executable, "-m", "bot", "serve", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env={**os.environ, **MALLOC, TOKEN_VARIABLE: self.token}, stdout=log, stderr=log
            )
        self._born = time.monotonic()
        self.lives += 1

    async def end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            code = await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.odd.append(f"{self._now():.0f} s: still there {STOP_SECONDS:.0f} s after {how.name}")
            process.kill()
            await process.wait()
        else:
            if how is signal.SIGTERM and code:
                self.odd.append(f"{self._now():.0f} s: exit code {code} after {how.name}")

    async def watch(self) -> None:
        """Note its memory every second, and start it again if it ends by itself, as systemd would."""
        while True:
            await asyncio.sleep(1)
            if self._process is None:
                continue
            if not self.is_running:
                self.odd.append(f"{self._now():.0f} s: ended by itself with {self._process.returncode}")
                await self.start()
                continue
            with contextlib.suppress(OSError):
                held = _memory(self._process.pid)
                self.samples.append(Sample(self._now(), time.monotonic() - self._born, held))

    def _now(self) -> float:
        return time.monotonic() - self.began


def _memory(process_id: int) -> int:
    return int(Path(f"/proc/{process_id}/statm").read_text().split()[1]) * PAGE
