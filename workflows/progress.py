"""How far a run is, from its events. Events may come twice, late or never: what was counted once stays counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows.events import Event, EventKind


@dataclass
class Progress:
    """How far a job's run is. Never stored: a restart begins to count anew.

    `titles` names the nodes as the author did; `items` is how many queue items the batch has.
    """

    titles: Mapping[str, str]
    items: int = 1
    items_done: set[int] = field(default_factory=set[int])
    done: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    started: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    images: set[str] = field(default_factory=set[str])
    node_title: str = ""
    step: str = ""
    fraction: float | None = None

    @property
    def total(self) -> int:
        """How many nodes there are to run, as far as is known: iterations reveal theirs as they come."""
        return max(len(self.titles) * self.items, len(self.started))

    @property
    def position(self) -> int:
        """Which node runs, counted from 1."""
        return min(max(len(self.started), 1), max(self.total, 1))

    @property
    def overall(self) -> float:
        """How much is done, 0 to 1, with the running node's own share."""
        if not self.total:
            return 0.0
        return min((len(self.done) + (self.fraction or 0.0)) / self.total, 1.0)

    def apply(self, event: Event) -> bool:
        """Take an event in; return whether it changed what there is to show."""
        copy = (event.item_id, event.copy_id)
        self.images.update(event.images)
        if event.kind is EventKind.NODE_STARTED and copy not in self.started:
            self.started.add(copy)
            self.node_title = self.titles.get(event.node_id, "")
            self.step, self.fraction = "", None
            return True
        if event.kind is EventKind.PROGRESS and copy not in self.done:
            self.started.add(copy)
            self.node_title = self.titles.get(event.node_id, self.node_title)
            self.step, self.fraction = event.message, event.fraction
            return True
        if event.kind is EventKind.NODE_COMPLETE and copy not in self.done:
            self.started.add(copy)
            self.done.add(copy)
            self.fraction = None
            return True
        if event.kind is EventKind.STATUS and event.status and event.status.is_final:
            self.items_done.add(event.item_id)
            return True
        return False
