"""The bot as a process of its own, with a look at how it fares: the benchmarks start it.

    python -m benchmarks._probe CONFIG --since TIME [--unfinished FILE]

Each SIGUSR1 makes it print the figures of the time since the last one as a line of JSON, and so does its end, which
SIGTERM brings. With `--unfinished`, a file of job ids and how each is to be driven again, it also prints a line as soon
as all of them are.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import discord
import typer

from bot.__main__ import serve_until_stopped
from bot.config import load
from bot.line import Line
from bot.logs import log_to_terminal
from bot.runner import Runner
from workflows.events import EventStream

PULSE = 0.005

#: How a job is driven again: it stands in the line, its run is watched, or it only has its task.
LINED, WATCHED, DRIVEN = "lined", "watched", "driven"


class Pulse:
    """Sleep a moment again and again, and note by how much each sleep was longer than it should be."""

    def __init__(self) -> None:
        self._late: list[float] = []

    async def beat(self) -> None:
        clock = time.perf_counter
        while True:
            began = clock()
            await asyncio.sleep(PULSE)
            self._late.append(max(clock() - began - PULSE, 0.0))

    def take(self) -> dict[str, float]:
        """Return the percentiles of the stalls, in seconds, and begin anew."""
        late, self._late = sorted(self._late) or [0.0], []
        shares = {"median": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
        found = {name: late[int(share * (len(late) - 1))] for name, share in shares.items()}
        return {**found, "worst": late[-1], "beats": len(late)}


class Resumption:
    """Notes when each unfinished job is driven again."""

    def __init__(self, wanted: dict[str, str], since: float) -> None:
        self._wanted = wanted
        self._since = since
        self._left = set(wanted)
        self._seen: set[tuple[str, str]] = set()
        self._times: list[float] = []
        self.login = 0.0

    def listen(self) -> None:
        """Look over the shoulder of what drives jobs."""
        _before(Runner, "start", lambda job, *_: self._note(job.id, DRIVEN))
        _before(Line, "join", lambda job, *_: self._note(getattr(job, "job_id", job), LINED))
        _before(Line, "resume", lambda job, *_: self._note(getattr(job, "job_id", job), LINED))
        _before(EventStream, "watch", lambda batch, *_: self._note(batch, WATCHED))
        _before(discord.Client, "login", self._note_login)

    def _note_login(self, *_: Any) -> None:
        self.login = self.login or time.time() - self._since

    def _note(self, job_id: str, what: str) -> None:
        if job_id not in self._left:
            return
        self._seen.add((job_id, what))
        if {(job_id, DRIVEN), (job_id, self._wanted[job_id])} <= self._seen:
            self._left.discard(job_id)
            self._times.append(time.time() - self._since)
            if not self._left:
                _tell({"followed": self._figures()})

    def _figures(self) -> dict[str, float]:
        first, last = self._times[0], self._times[-1]
        median = self._times[len(self._times) // 2]
        return {"login": self.login, "first": first, "median": median, "all": last, "jobs": len(self._times)}


def _before(owner: type, name: str, note: Callable[..., object]) -> None:
    original = getattr(owner, name)

    def noted(self: Any, *args: Any, **options: Any) -> Any:
        note(*args)
        return original(self, *args, **options)

    setattr(owner, name, noted)


def main(
    config: Annotated[Path, typer.Argument()],
    since: Annotated[float, typer.Option()],
    unfinished: Annotated[Path | None, typer.Option()] = None,
) -> None:
    log_to_terminal(logging.INFO)
    if unfinished:
        Resumption(json.loads(unfinished.read_text()), since).listen()
    asyncio.run(_serve(config))


async def _serve(config: Path) -> None:
    pulse = Pulse()
    beating = asyncio.create_task(pulse.beat(), name="pulse")
    loop = asyncio.get_running_loop()
    # Not by the loop's own handler: while hundreds of threads' answers wait for a busy loop, that one loses signals.
    signal.signal(signal.SIGUSR1, lambda *_: loop.call_soon_threadsafe(lambda: _tell(_figures(pulse))))
    try:
        await serve_until_stopped(load(config, os.environ))
    finally:
        beating.cancel()
        _tell(_figures(pulse))


def _figures(pulse: Pulse) -> dict[str, Any]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "stalls": pulse.take(),
        "memory": _memory("VmRSS"),
        "peak_memory": max(_memory("VmHWM"), used.ru_maxrss * 1024),
        "cpu": used.ru_utime + used.ru_stime,
        "tasks": len(asyncio.all_tasks()),
    }


def _memory(name: str) -> int:
    """Return how many bytes this process holds, or held at most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0


def _tell(figures: dict[str, Any]) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    typer.run(main)
