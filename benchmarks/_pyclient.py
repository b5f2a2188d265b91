"""invokeai-py-client at the same work: a process of its own, of the Python that has the package installed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks._runs import Crowd, Run, Span

WORKER = Path(__file__).with_name("_pyclient_worker.py")
HOW_TO_GET = (
    "For rows of invokeai-py-client: uv venv V && uv pip install -p V/bin/python invokeai-py-client==1.1.1, "
    "and then --py-client V/bin/python"
)
_LONGEST_LINE = 2**20


class PyClient:
    """Ask the worker for runs, one at a time: a line of JSON each way."""

    def __init__(self, worker: asyncio.subprocess.Process) -> None:
        self._worker = worker

    async def run_sync(self) -> Run:
        return _run(await self._ask(way="sync"))

    async def run_async(self) -> Run:
        return _run(await self._ask(way="async"))

    async def crowd_of_one_client(self, count: int) -> Crowd:
        return _crowd(await self._ask(way="crowd", count=count, own_clients=False))

    async def crowd_of_clients(self, count: int) -> Crowd:
        return _crowd(await self._ask(way="crowd", count=count, own_clients=True))

    async def _ask(self, **wanted: Any) -> dict[str, Any]:
        assert self._worker.stdin
        assert self._worker.stdout
        self._worker.stdin.write(json.dumps(wanted).encode() + b"\n")
        await self._worker.stdin.drain()
        line = await self._worker.stdout.readline()
        if not line:
            raise SystemExit("invokeai-py-client's process ended")
        return json.loads(line)


@contextlib.asynccontextmanager
async def open_py_client(
    python: Path, url: str, queue_id: str, workflow: Path, picture: Path
) -> AsyncGenerator[PyClient]:
    """Start the worker, and end it."""
    arguments = [str(python), str(WORKER), url, queue_id, str(workflow), str(picture)]
    pipe = asyncio.subprocess.PIPE
    worker = await asyncio.create_subprocess_exec(*arguments, stdin=pipe, stdout=pipe, limit=_LONGEST_LINE)
    try:
        yield PyClient(worker)
    finally:
        if worker.stdin:
            worker.stdin.close()
        await worker.wait()


def _run(answer: dict[str, Any]) -> Run:
    return Run(answer["results"], answer["clean"], _span(answer["span"]))


def _crowd(answer: dict[str, Any]) -> Crowd:
    return Crowd(
        answer["asked"],
        answer["finished"],
        answer["results"],
        answer["clean"],
        [_span(times) for times in answer["spans"]],
    )


def _span(times: list[str]) -> Span:
    began, ended = map(datetime.fromisoformat, times)
    return Span(began, ended)
