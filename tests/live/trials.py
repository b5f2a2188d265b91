"""Enqueue on a real server only to see whether it takes it: everything is deleted at once, whatever came of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from workflows.client import InvokeClient, open_http
from workflows.errors import BackendError, Rejected, Unavailable

_QUIET_SECONDS = 20.0


class Trials:
    """Tries bodies on one server, on a queue of their own; what they made is deleted in the end."""

    def __init__(self, client: InvokeClient) -> None:
        self.client = client
        self._sessions: set[str] = set()

    async def enqueue(self, body: Mapping[str, Any]) -> str:
        """Return why the server refuses a body; nothing where it takes it."""
        destination = body["batch"]["destination"]
        try:
            await self.client.enqueue(body)
        except Rejected as error:
            return "; ".join(f"{where}: {what}" for where, what in error.problems) or str(error)
        except Unavailable as error:
            return str(error)
        self._sessions.update(item.session_id for item in await self.client.items(destination))
        await self.client.delete_batch(destination)
        return ""

    async def clean(self) -> None:
        """Delete what began to run before it was deleted, when nothing of it runs any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_QUIET_SECONDS):
                while (await self.client.queue_state()).processor.is_processing:  # noqa: ASYNC110  nothing tells
                    await asyncio.sleep(0.2)
        if self._sessions:
            for image in await self.client.images_of_sessions(self._sessions):
                await self.client.delete_image(image.image_name)
            with contextlib.suppress(BackendError):
                for video in await self.client.videos_of_sessions(self._sessions):
                    await self.client.delete_video(video.video_name)


@contextlib.asynccontextmanager
async def trials(url: str, queue_id: str) -> AsyncIterator[Trials]:
    """Open trials on a server. No body may hold a batch item that nobody checked: one stops the server's queues."""
    async with open_http(url) as http:
        found = Trials(InvokeClient(http, queue_id))
        try:
            yield found
        finally:
            await found.clean()
