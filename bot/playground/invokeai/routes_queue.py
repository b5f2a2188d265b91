"""`/api/v1/queue/{queue_id}/...`"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from bot.playground.invokeai.faults import Faults
from bot.playground.invokeai.graph import Graph
from bot.playground.invokeai.items import BrokenRowError, QueueItem
from bot.playground.invokeai.kinds import SQLiteDirection
from bot.playground.invokeai.queue import Queue
from bot.playground.invokeai.session import Session
from bot.playground.invokeai.web import (
    Refusal,
    answer,
    body,
    item_id,
    only_admins,
    own,
    plain_body,
    query,
    user_of,
    without_nulls,
)
from bot.playground.invokeai.worker import Worker

BASE = "/api/v1/queue/{queue_id}"


class ItemIds(BaseModel):
    item_ids: Annotated[list[int], Field(max_length=1000)]


class BatchIds(BaseModel):
    batch_ids: list[str]


class Destination(BaseModel):
    destination: str


class Order(BaseModel):
    order_dir: SQLiteDirection = SQLiteDirection("DESC")


class Filter(BaseModel):
    destination: str | None = None


@dataclass
class QueueRoutes:
    """The queue over HTTP."""

    queue: Queue
    worker: Worker
    faults: Faults

    def table(self) -> list[web.RouteDef]:
        return [
            web.post(f"{BASE}/enqueue_batch", self.enqueue),
            web.get(f"{BASE}/list_all", self.list_all),
            web.get(f"{BASE}/item_ids", self.item_ids),
            web.post(f"{BASE}/items_by_ids", self.items_by_ids),
            web.post(f"{BASE}/item_summaries_by_ids", self.summaries_by_ids),
            web.put(f"{BASE}/processor/pause", self.pause),
            web.put(f"{BASE}/processor/resume", self.resume),
            web.put(f"{BASE}/cancel_by_batch_ids", self.cancel_by_batch_ids),
            web.put(f"{BASE}/cancel_by_destination", self.cancel_by_destination),
            web.put(f"{BASE}/retry_items_by_id", self.retry),
            web.put(f"{BASE}/prune", self.prune),
            web.get(f"{BASE}/current", self.current),
            web.get(f"{BASE}/next", self.next),
            web.get(f"{BASE}/status", self.status),
            web.get(f"{BASE}/b/{{batch_id}}/status", self.batch_status),
            web.get(f"{BASE}/counts_by_destination", self.counts_by_destination),
            web.get(f"{BASE}/i/{{item_id}}", self.item),
            web.delete(f"{BASE}/i/{{item_id}}", self.delete),
            web.put(f"{BASE}/i/{{item_id}}/cancel", self.cancel),
            web.delete(f"{BASE}/d/{{destination}}", self.delete_by_destination),
        ]

    async def enqueue(self, request: web.Request) -> web.Response:
        wanted = await body(request, self.queue.release.enqueue)
        result = self.queue.enqueue(
            _queue_id(request), wanted.batch, user_of(request), prepend=wanted.prepend, full=self.faults.full_queue
        )
        if result["enqueued"]:
            counts = self.queue.heard if request.transport else self.queue.unheard
            counts[wanted.batch.batch_id] += 1
        return answer(result)

    async def list_all(self, request: web.Request) -> web.Response:
        wanted = query(request, Filter).destination
        items = [one for one in self.queue.in_turn(_queue_id(request)) if wanted in (None, one.destination)]
        try:
            return answer([_seen(request, item) for item in items])
        except BrokenRowError as error:
            raise Refusal(500, f"Unexpected error while listing all queue items: {error}") from error

    async def item_ids(self, request: web.Request) -> web.Response:
        ids = sorted(item.item_id for item in self.queue.of(_queue_id(request)))
        if query(request, Order).order_dir == "DESC":
            ids.reverse()
        return answer({"item_ids": ids, "total_count": len(ids)})

    async def items_by_ids(self, request: web.Request) -> web.Response:
        return answer([_seen(request, item) for item in await self._by_ids(request) if not _is_broken(item)])

    async def summaries_by_ids(self, request: web.Request) -> web.Response:
        return answer([_redacted(request, item, item.summary()) for item in await self._by_ids(request)])

    async def _by_ids(self, request: web.Request) -> list[QueueItem]:
        wanted = (await body(request, ItemIds)).item_ids
        found = [self.queue.items[one] for one in wanted if one in self.queue.items]
        return [item for item in found if item.queue_id == _queue_id(request)]

    async def pause(self, request: web.Request) -> web.Response:
        only_admins(request)
        self.worker.paused = True
        return answer(self._processor())

    async def resume(self, request: web.Request) -> web.Response:
        only_admins(request)
        self.worker.paused = False
        self.worker.wake.set()
        return answer(self._processor())

    async def cancel_by_batch_ids(self, request: web.Request) -> web.Response:
        wanted = (await body(request, BatchIds)).batch_ids
        return answer({"canceled": self.queue.cancel_all(self._own(request, lambda item: item.batch_id in wanted))})

    async def cancel_by_destination(self, request: web.Request) -> web.Response:
        wanted = query(request, Destination).destination
        return answer({"canceled": self.queue.cancel_all(self._own(request, lambda item: item.destination == wanted))})

    async def delete_by_destination(self, request: web.Request) -> web.Response:
        wanted = request.match_info["destination"]
        return answer({"deleted": self.queue.delete_all(self._own(request, lambda item: item.destination == wanted))})

    async def prune(self, request: web.Request) -> web.Response:
        finished = self._own(request, lambda item: item.status in ("completed", "failed", "canceled"))
        for item in finished:
            del self.queue.items[item.item_id]
        self.worker.wake.set()
        return answer({"deleted": len(finished)})

    async def retry(self, request: web.Request) -> web.Response:
        wanted = await plain_body(request, list[int])
        retried = self.queue.retry(self._own(request, lambda item: item.item_id in wanted))
        return answer({"queue_id": _queue_id(request), "retried_item_ids": retried})

    def _own(self, request: web.Request, chosen: Callable[[QueueItem], bool]) -> list[QueueItem]:
        items = self.queue.of(_queue_id(request))
        return [item for item in items if own(request) in (None, item.user) and chosen(item)]

    async def current(self, request: web.Request) -> web.Response:
        items = self.queue.of(_queue_id(request))
        return _one(request, next((item for item in items if item.status == "in_progress"), None))

    async def next(self, request: web.Request) -> web.Response:
        try:
            return _one(request, self.queue.next(_queue_id(request)))
        except BrokenRowError as error:
            raise Refusal(500, f"Unexpected error while getting next queue item: {error}") from error

    async def status(self, request: web.Request) -> web.Response:
        user = user_of(request)
        queue = self.queue.status(_queue_id(request), user, sees_all=user.is_admin)
        return answer({"queue": queue, "processor": self._processor()})

    async def batch_status(self, request: web.Request) -> web.Response:
        batch_id = request.match_info["batch_id"]
        return answer(self.queue.batch_status(_queue_id(request), batch_id, own(request)))

    async def counts_by_destination(self, request: web.Request) -> web.Response:
        wanted = query(request, Destination).destination
        return answer(self.queue.destination_status(_queue_id(request), wanted, own(request)))

    async def item(self, request: web.Request) -> web.Response:
        async def show(item: QueueItem) -> web.Response:
            return answer(without_nulls(_seen(request, item)))

        return await self._with_item(request, "fetching", show)

    async def cancel(self, request: web.Request) -> web.Response:
        async def cancel(item: QueueItem) -> web.Response:
            if own(request) not in (None, item.user):
                raise Refusal(403, "You do not have permission to cancel this queue item")
            self.queue.set_status(item, "canceled")
            return answer(item.wire())

        return await self._with_item(request, "canceling", cancel)

    async def delete(self, request: web.Request) -> web.Response:
        async def delete(item: QueueItem) -> web.Response:
            if own(request) not in (None, item.user):
                raise Refusal(403, "You do not have permission to delete this queue item")
            self.queue.delete(item)
            return answer(None)

        return await self._with_item(request, "deleting", delete)

    async def _with_item(
        self, request: web.Request, doing: str, act: Callable[[QueueItem], Awaitable[web.Response]]
    ) -> web.Response:
        number = item_id(request)
        item = self.queue.items.get(number)
        absent = f"Queue item with id {number} not found in queue {_queue_id(request)}"
        if item is None:
            raise Refusal(404, absent)
        try:
            item.session()
            if item.queue_id != _queue_id(request):
                raise _elsewhere(doing, absent)
            return await act(item)
        except BrokenRowError as error:
            raise Refusal(500, f"Unexpected error while {doing} queue item: {error}") from error

    def _processor(self) -> dict[str, bool]:
        return {"is_started": not self.worker.paused, "is_processing": self.worker.busy}


def _elsewhere(doing: str, absent: str) -> Refusal:
    """An item of another queue id. The real server wraps its own 404 on the reading route."""
    if doing == "fetching":
        return Refusal(500, f"Unexpected error while fetching queue item: 404: {absent}")
    return Refusal(404, absent)


def _queue_id(request: web.Request) -> str:
    return request.match_info["queue_id"]


def _one(request: web.Request, item: QueueItem | None) -> web.Response:
    return answer(None if item is None else _seen(request, item))


def _is_broken(item: QueueItem) -> bool:
    try:
        item.session()
    except BrokenRowError:
        return True
    return False


def _seen(request: web.Request, item: QueueItem) -> dict[str, Any]:
    return _redacted(request, item, item.wire())


def _redacted(request: web.Request, item: QueueItem, wire: dict[str, Any]) -> dict[str, Any]:
    """What a user who is no administrator may see of another user's item."""
    if own(request) in (None, item.user):
        return wire
    kept = ("item_id", "queue_id", "status", "status_sequence", "device")
    times = ("created_at", "updated_at", "started_at", "completed_at")
    shown = {name: wire[name] if name in (*kept, *times) else None for name in wire}
    shown.update({name: "redacted" for name in ("user_id", "batch_id", "session_id") if name in wire})
    if "session" in wire:
        shown["session"] = Session("redacted", Graph()).wire()
        shown["priority"] = 0
    return shown
