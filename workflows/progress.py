"""How far a run is, from its events. Events may come twice, late or never: what was counted once stays counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows.events import Event, EventKind
from workflows.results import Made


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
    made: set[Made] = field(default_factory=set[Made])
    node_title: str = ""
    step: str = ""
    fraction: float | None = None
    overall: float = 0.0
    #: The document's nodes of which a copy was started, by queue item.
    begun: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])

    @property
    def total(self) -> int:
        """How many nodes there are to run, as far as is known: iterations reveal their copies as they come."""
        return len(self.started) + max(len(self.titles) * self.items - len(self.begun), 0)

    @property
    def position(self) -> int:
        """Which node runs, counted from 1."""
        return min(max(len(self.started), 1), max(self.total, 1))

    def _measure(self) -> None:
        """Set how much is done, with the running node's own share. It never goes back, whatever iterations reveal."""
        share = (len(self.done) + (self.fraction or 0.0)) / max(self.total, 1)
        self.overall = max(self.overall, min(share, 1.0))

    def apply(self, event: Event) -> bool:
        """Take an event in; return whether it changed what there is to show."""
        changed = self._take(event)
        if changed:
            self._measure()
        return changed

    def _take(self, event: Event) -> bool:
        copy = (event.item_id, event.copy_id)
        self.made.update(event.made)
        if event.kind is EventKind.STATUS and event.status and event.status.is_final:
            self.items_done.add(event.item_id)
            return True
        if copy in self.done or not event.copy_id:
            return False
        if event.kind is EventKind.NODE_STARTED and copy in self.started:
            return False
        self.started.add(copy)
        self.begun.add((event.item_id, event.node_id))
        self.node_title = self.titles.get(event.node_id, "")
        self.step, self.fraction = event.message, event.fraction
        if event.kind is EventKind.NODE_COMPLETE:
            self.done.add(copy)
        return True
