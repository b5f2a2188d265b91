"""One browser's WebSocket: what it asks is answered, and what changes it is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.playground.page.acts import Acts
from bot.playground.page.ports import Json
from bot.playground.page.seat import Seat

log = logging.getLogger(__name__)

PACE = 0.05  # seconds from one pass to the next
MOST_ASKED = 32  # acts of one client at a time; it is not heard further until one of them ends


@dataclass(eq=False, repr=False)
class Connection:
    """Serves one socket. One pass at a time: a client that reads slowly finds the newest state, and holds up nobody."""

    socket: web.WebSocketResponse
    seat: Seat
    acts: Acts
    #: Where acts run: one that has begun is done, though its window be closed.
    running: set[asyncio.Task[None]]
    #: Rung when something may be new; and when the client itself did something, which is told at once.
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self) -> None:
        """Serve from the first word to the last."""
        telling = asyncio.create_task(self._tell())
        try:
            await self._hear()
        finally:
            self.seat.leave()
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await telling

    async def _hear(self) -> None:
        free = asyncio.Semaphore(MOST_ASKED)
        async for message in self.socket:
            await free.acquire()
            asked = _read(message.data) if message.type is WSMsgType.TEXT else None
            task = asyncio.create_task(self._do(asked))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
            task.add_done_callback(lambda _: free.release())

    async def _do(self, asked: object) -> None:
        answer = await self.acts.answer(asked)
        self.asked.set()
        self.wake.set()
        with contextlib.suppress(ConnectionError):
            await self._send(answer)

    async def _tell(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            try:
                await self._pass()
            except ConnectionError:
                return
            except Exception:
                # One pass is lost, and the next one may do: the window shall not go deaf for it.
                log.exception("a window of the page could not be told what is new")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PACE):
                    await self.asked.wait()
            self.asked.clear()

    async def _pass(self) -> None:
        sitting = self.seat.sitting
        for name, data in self.seat.events():
            await self._send({"event": name, "data": data})
            # Others have their turn between two messages of many.
            await asyncio.sleep(0)
            if self.seat.sitting != sitting:
                # Somebody else sits here now, and what is left was not meant for them.
                return

    async def _send(self, data: Json) -> None:
        await self.socket.send_str(json.dumps(data))


def _read(text: str) -> object:
    """What a client said; half characters, which nobody can type, are made whole ones."""
    try:
        asked = json.loads(text)
        if "\\ud" in text.lower():
            asked = json.loads(json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return asked
