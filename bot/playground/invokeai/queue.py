"""The queue: items in the order of their numbers, whatever queue id a client chose."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.playground.invokeai.auth import User
from bot.playground.invokeai.batch import Batch
from bot.playground.invokeai.events import Event, Events, Payload
from bot.playground.invokeai.items import FINISHED, STATUS_FIELDS, STATUSES, QueueItem
from bot.playground.invokeai.release import Release


@dataclass
class Queue:
    """All rows, and what may be done to them."""

    events: Events
    changed: Callable[[], None]
    items: dict[int, QueueItem] = field(default_factory=dict[int, QueueItem])
    size_limit: int = 10000
    #: How many batches brought items; one without any enqueues nothing.
    batches: int = 0
    #: How often each batch brought items, by its id; what nobody waited for any more is counted apart.
    heard: Counter[str] = field(default_factory=Counter[str])
    unheard: Counter[str] = field(default_factory=Counter[str])
    release: Release = field(default_factory=Release)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def enqueue(self, queue_id: str, batch: Batch, user: User, *, prepend: bool, full: bool) -> dict[str, Any]:
        pending = [item for item in self.of(queue_id) if item.status == "pending"]
        room = 0 if full else max(0, self.size_limit - len(pending))
        priority = max((item.priority for item in pending), default=0) + 1 if prepend else 0
        document = batch.workflow.wire() if batch.workflow else None
        added = 0
        for values in itertools.islice(batch.values(), room):
            graph = _with_values(batch.graph.wire(), values)
            named = (batch.batch_id, batch.origin, batch.destination)
            item = QueueItem(
                next(self._numbers), queue_id, user, *named, priority, values, graph, document, self.release
            )
            self.items[item.item_id] = item
            added += 1
        self.batches += added > 0
        result = {"queue_id": queue_id, "enqueued": added, "requested": batch.requested(), "priority": priority}
        ids = [item.item_id for item in self.items.values() if item.batch_id == batch.batch_id]
        self._publish_batch(result, batch, user)
        self.changed()
        return {**result, "batch": batch.wire(), "item_ids": ids[::-1]}

    def recover(self) -> None:
        """What a start does with what an end cut off: no event, no error, no results."""
        for item in self.items.values():
            if item.status in ("in_progress", "waiting"):
                item.move("canceled")
                item.saved = None

    def forget(self) -> None:
        """Lose every row; the numbers begin anew."""
        self.items.clear()
        self._numbers = itertools.count(1)
        self.heard.clear()
        self.unheard.clear()

    def upgrade(self, release: Release) -> None:
        self.release = release
        for item in self.items.values():
            item.release = release

    def of(self, queue_id: str) -> list[QueueItem]:
        return [item for item in self.items.values() if item.queue_id == queue_id]

    def in_turn(self, queue_id: str | None = None) -> list[QueueItem]:
        items = self.items.values() if queue_id is None else self.of(queue_id)
        return sorted(items, key=lambda item: (-item.priority, item.item_id))

    def next(self, queue_id: str | None = None) -> QueueItem | None:
        return next((item for item in self.in_turn(queue_id) if item.status == "pending"), None)

    def set_status(self, item: QueueItem, status: str, error: tuple[str, str, str] | None = None) -> bool:
        if item.status in FINISHED:
            return False
        item.move(status, error)
        if status == "canceled":
            item.cancelled.set()
        self._publish_status(item)
        self.changed()
        return True

    def cancel_all(self, items: Iterable[QueueItem]) -> int:
        """Pending items change without an event of their own; only running ones have one."""
        waiting = [item for item in items if item.status not in (*FINISHED, "in_progress")]
        running = [item for item in items if item.status == "in_progress"]
        for item in waiting:
            item.move("canceled")
        count = len(waiting) + sum(self.set_status(item, "canceled") for item in running)
        self._publish_many("queue_items_canceled", "canceled_item_ids", waiting)
        self.changed()
        return count

    def delete_all(self, items: list[QueueItem]) -> int:
        running = [item for item in items if item.status == "in_progress"]
        for item in running:
            self.set_status(item, "canceled")
        for item in items:
            self.items.pop(item.item_id, None)
        self._publish_many("queue_items_canceled", "canceled_item_ids", [one for one in items if one not in running])
        self.changed()
        return len(items)

    def delete(self, item: QueueItem) -> None:
        self.set_status(item, "canceled")
        self.items.pop(item.item_id, None)
        self.changed()

    def retry(self, items: Iterable[QueueItem]) -> list[int]:
        retried = [item for item in items if item.status in ("failed", "canceled")]
        for old in retried:
            named = (old.batch_id, old.origin, old.destination, old.priority, old.field_values)
            copy = QueueItem(next(self._numbers), old.queue_id, old.user, *named, old.graph, old.workflow, self.release)
            copy.retried_from_item_id = old.item_id
            self.items[copy.item_id] = copy
        self._publish_many("queue_items_retried", "retried_item_ids", retried)
        self.changed()
        return [item.item_id for item in retried]

    def status(self, queue_id: str, user: User, *, sees_all: bool) -> dict[str, Any]:
        items = self.of(queue_id)
        current = next((item for item in items if item.status == "in_progress"), None)
        if current is not None and not sees_all and current.user != user:
            current = None
        own = [item for item in items if item.user == user]
        return {
            "queue_id": queue_id,
            "item_id": current and current.item_id,
            "batch_id": current and current.batch_id,
            "session_id": current and current.session_id,
            **_counts(items),
            "user_pending": sum(item.status == "pending" for item in own),
            "user_in_progress": sum(item.status == "in_progress" for item in own),
        }

    def batch_status(self, queue_id: str, batch_id: str, user: User | None = None) -> dict[str, Any]:
        items = [one for one in self.of(queue_id) if one.batch_id == batch_id and user in (None, one.user)]
        origin, destination = (items[0].origin, items[0].destination) if items else (None, None)
        named = {"queue_id": queue_id, "batch_id": batch_id, "origin": origin, "destination": destination}
        return {**named, **_counts(items)}

    def destination_status(self, queue_id: str, destination: str, user: User | None = None) -> dict[str, Any]:
        items = [one for one in self.of(queue_id) if one.destination == destination and user in (None, one.user)]
        return {"queue_id": queue_id, "destination": destination, **_counts(items)}

    def _publish_batch(self, result: dict[str, Any], batch: Batch, user: User) -> None:
        payload = {**result, "batch_id": batch.batch_id, "origin": batch.origin, "user_id": user.user_id}
        others = {**payload, "batch_id": "redacted", "origin": None, "user_id": "redacted"}
        self.events.publish(Event("batch_enqueued", payload, user.user_id, others=others, queue_id=result["queue_id"]))

    def _publish_status(self, item: QueueItem) -> None:
        wire = {name: getattr(item, name) for name in STATUS_FIELDS}
        queue_status = self.status(item.queue_id, item.user, sees_all=False)
        batch_status = self.batch_status(item.queue_id, item.batch_id)
        payload: Payload = {
            **wire,
            "user_id": item.user.user_id,
            "batch_status": batch_status,
            "queue_status": queue_status,
            "session_id": item.session_id,
        }
        hidden: Payload = dict.fromkeys(("user_id", "batch_id", "session_id"), "redacted")
        hidden |= dict.fromkeys(("origin", "destination", "error_type", "error_message", "error_traceback"))
        hidden["batch_status"] = {**batch_status, "batch_id": "redacted", "origin": None, "destination": None}
        gone = ("item_id", "session_id", "batch_id", "user_pending", "user_in_progress")
        hidden["queue_status"] = {**queue_status, **dict.fromkeys(gone)}
        others = {**payload, **hidden}
        self.events.publish(
            Event("queue_item_status_changed", payload, item.user.user_id, others=others, queue_id=item.queue_id)
        )

    def _publish_many(self, name: str, ids_field: str, items: list[QueueItem]) -> None:
        if not items:
            return
        by_user: dict[str, list[int]] = {}
        for item in items:
            by_user.setdefault(item.user.user_id, []).append(item.item_id)
        for user_id in by_user:
            payload = {
                "queue_id": items[0].queue_id,
                ids_field: by_user[user_id],
                "user_ids": [user_id],
                f"{ids_field}_by_user": {user_id: by_user[user_id]},
            }
            others: Payload = {**payload, ids_field: [], "user_ids": [], f"{ids_field}_by_user": {}}
            self.events.publish(Event(name, payload, user_id, others=others, queue_id=items[0].queue_id))


def _counts(items: Iterable[QueueItem]) -> dict[str, int]:
    found = [item.status for item in items]
    return {**{status: found.count(status) for status in STATUSES}, "total": len(found)}


def _with_values(graph: dict[str, Any], values: list[dict[str, Any]]) -> dict[str, Any]:
    for value in values:
        graph["nodes"][value["node_path"]][value["field_name"]] = value["value"]
    return graph
