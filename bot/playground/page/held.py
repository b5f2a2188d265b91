"""What an InvokeAI holds: read off the demo's own, or asked of a real one, of which we look only at what is ours."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

from bot.doctor import one_line
from bot.ledger import AssetKind
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.images import thumbnail
from bot.playground.page.glance import Glance
from bot.playground.page.ports import Json
from bot.steps.tools import origin
from workflows.client import InvokeClient
from workflows.errors import BackendError, Forbidden, NotFound
from workflows.models import ImageRecord, QueueItem
from workflows.results import MediaKind, made_in

_IMAGES = frozenset({AssetKind.UPLOAD, AssetKind.OUTPUT, AssetKind.INTERMEDIATE})
#: A real server has other things to do than to be asked by us, and yet a short run is to be seen.
_ASK_SECONDS = 0.4
_PATIENCE_SECONDS = 10.0
_MOST_IMAGES = 60
_MOST_THUMBNAILS = 200
_AT_ONCE = 4


class LocalHeld:
    """Reads the local server's state itself: what a dead server's disk holds is seen too."""

    def __init__(self, invoke: LocalInvokeAI, troubles: Callable[[], list[str]]) -> None:
        self._invoke = invoke
        self._troubles = troubles

    async def look(self, seen: Glance) -> Json:
        invoke, troubles = self._invoke, self._troubles()
        said = "; ".join(troubles) or "running"
        return {
            "backend": {"url": invoke.url, "up": invoke.is_running, "said": said},
            "queue": [
                {"id": item.item_id, "status": item.status, "destination": item.destination, "title": item.queue_id}
                for item in list(invoke.items.values())
            ],
            "images": [
                *(_shown(i.image_name, i.width, i.height, i.is_intermediate) for i in list(invoke.images.values())),
                *(_video(video.video_name) for video in list(invoke.videos.values())),
            ],
        }

    async def thumbnail(self, name: str) -> bytes | None:
        record = self._invoke.images.get(name)
        if record is None:
            return None
        try:
            return await asyncio.to_thread(lambda: thumbnail(record.png))
        except FileNotFoundError:
            # It went while we looked.
            return None


class RealHeld:
    """Asks a real server, now and then, and tells what it said last where it does not answer."""

    def __init__(self, client: InvokeClient, url: str) -> None:
        self._client = client
        self._url = url
        self._told: Json = {"backend": {"url": url, "up": True, "said": "not asked yet"}, "queue": [], "images": []}
        self._asked_at = float("-inf")
        #: By name, for no other picture of that server is shown to anybody.
        self._images: dict[str, ImageRecord] = {}
        self._thumbnails: OrderedDict[str, bytes] = OrderedDict()

    async def look(self, seen: Glance) -> Json:
        if time.monotonic() - self._asked_at >= _ASK_SECONDS:
            self._told = await self._ask(seen)
            self._asked_at = time.monotonic()
        return {**self._told, "queue": [dict(item) for item in self._told["queue"]]}

    async def thumbnail(self, name: str) -> bytes | None:
        if name not in self._images:
            return None
        if name in self._thumbnails:
            return self._thumbnails[name]
        try:
            png = await self._client.download(name)
            small = await asyncio.to_thread(thumbnail, png)
        except (BackendError, OSError):
            # It went while we looked, or cannot be drawn.
            return None
        self._thumbnails[name] = small
        if len(self._thumbnails) > _MOST_THUMBNAILS:
            self._thumbnails.popitem(last=False)
        return small

    async def _ask(self, seen: Glance) -> Json:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                version = await self._client.version()
                items = await self._items(seen)
                self._images = await self._found(seen, items)
        except (BackendError, TimeoutError) as error:
            said = f"does not answer ({one_line(str(error.__cause__ or error)) or 'nothing came in time'})"
            return {**self._told, "backend": {"url": self._url, "up": False, "said": said}}
        return {
            "backend": {"url": self._url, "up": True, "said": f"InvokeAI {version}; only what is ours is shown"},
            "queue": [
                {"id": item.item_id, "status": item.status, "destination": item.destination, "title": item.batch_id}
                for item in items
            ],
            "images": [_shown(i.image_name, i.width, i.height, i.is_intermediate) for i in self._images.values()],
        }

    async def _items(self, seen: Glance) -> list[QueueItem]:
        """Return our items, each with what its run made so far: another demo's stand in the same queue."""
        found: list[QueueItem] = []
        for summary in await self._client.summaries():
            if seen.instance and summary.origin == origin(seen.instance):
                with contextlib.suppress(NotFound):
                    found.append(await self._client.item(summary.item_id))
        return found

    async def _found(self, seen: Glance, items: Iterable[QueueItem]) -> dict[str, ImageRecord]:
        """Return those images that are there: uploads with our mark, what the ledger knows, what our runs made."""
        found: dict[str, ImageRecord] = {}
        if seen.instance:
            marked = await self._client.uploads_marked(f"{origin(seen.instance)}-")
            found |= {image.image_name: image for image in marked}
        known = [a["ref"] for a in seen.assets if a["kind"] in _IMAGES and not a["deleted_at"]]
        names = [name for name in dict.fromkeys([*known, *_made(items)]) if name not in found][:_MOST_IMAGES]
        gate, runs = asyncio.Semaphore(_AT_ONCE), {item.session_id for item in items}

        async def ask(name: str) -> None:
            async with gate:
                try:
                    image = await self._client.image(name)
                except (NotFound, Forbidden):
                    return
            # A run's results also name the pictures that it was only given, whosever they are.
            if name in known or image.session_id in runs:
                found[name] = image

        await asyncio.gather(*(ask(name) for name in names))
        return found


def _made(items: Iterable[QueueItem]) -> Iterator[str]:
    """Yield the names of the images that the results of runs name so far."""
    for item in items:
        yield from (made.name for made in made_in(list(item.session.results.values())) if made.kind is MediaKind.IMAGE)


def _shown(name: str, width: int, height: int, intermediate: bool) -> Json:
    size = {"width": width, "height": height, "intermediate": intermediate}
    return {"name": name, "url": f"/held/{name}", **size}


def _video(name: str) -> Json:
    return {"name": name, "url": "", "width": 0, "height": 0, "intermediate": False}
