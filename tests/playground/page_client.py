"""A window of the page, for tests: it asks and hears over the real WebSocket."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from bot.playground.page.server import Page

Json = dict[str, Any]


@dataclass
class Window:
    """What a browser has open: the answers it got, and the events it heard, in order."""

    http: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse
    url: str
    events: list[tuple[str, Json]] = field(default_factory=list)
    channels: dict[str, str] = field(default_factory=dict)
    #: Takes the answers to what was not asked by `ask`.
    unasked: Callable[[Json], object] = print
    _answers: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _nonces: itertools.count[int] = field(default_factory=itertools.count)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, act: str, **fields: Any) -> Json:
        """Ask for an act and return its answer, refused or not."""
        nonce = str(next(self._nonces))
        answer = self._answers[nonce] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"nonce": nonce, "do": act, **fields})
        async with asyncio.timeout(5):
            return await answer

    async def sit(self, who: str | None = None, channel: str | None = None) -> Json:
        """Take a seat, and open a channel by its name; return READY."""
        start = len(self.events)
        await self.ask("sit", **({} if who is None else {"user": who}))
        ready = await self.heard("READY", start=start)
        self.channels = {c["name"]: c["id"] for c in ready["channels"]}
        if channel is not None:
            await self.ask("look", channel=self.channels[channel])
            await self.heard("MESSAGES", start=start)
        return ready

    async def upload(self, name: str, data: bytes) -> str:
        async with self.http.post(f"{self.url}uploads", data=data, headers={"X-Filename": URL(name).raw_path}) as sent:
            return (await sent.json())["upload"]

    async def heard(self, event: str, check: Callable[[Json], object] = lambda _: True, start: int = 0) -> Json:
        """Wait for an event; those that were heard before count too."""
        async with asyncio.timeout(5):
            while True:
                for name, data in self.events[start:]:
                    if name == event and check(data):
                        return data
                self._heard.clear()
                await self._heard.wait()

    def all(self, event: str) -> list[Json]:
        return [data for name, data in self.events if name == event]

    async def listen(self) -> None:
        async for message in self.socket:
            said = json.loads(message.data)
            if "event" in said:
                self.events.append((said["event"], said["data"]))
            elif isinstance(said["answers"], str) and said["answers"] in self._answers:
                self._answers.pop(said["answers"]).set_result(said)
            else:
                self.unasked(said)
            self._heard.set()


@asynccontextmanager
async def window(page: Page, *, deaf: bool = False) -> AsyncIterator[Window]:
    """Open a window; a deaf one reads nothing until somebody calls `listen`."""
    connector = aiohttp.TCPConnector(socket_factory=_narrow if deaf else None)
    async with aiohttp.ClientSession(connector=connector) as http, http.ws_connect(f"{page.url}socket") as line:
        opened = Window(http, line, page.url)
        listening = None if deaf else asyncio.create_task(opened.listen())
        try:
            yield opened
        finally:
            await line.close()
            if listening is not None:
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening


def _narrow(address: Any) -> socket.socket:
    """A line that holds little of what is not read."""
    family, kind, protocol, _, _ = address
    line = socket.socket(family, kind, protocol)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return line


async def until(predicate: Callable[[], object]) -> None:
    """Wait for what no event tells of."""
    async with asyncio.timeout(5):
        while not predicate():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
