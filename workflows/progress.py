"""How far a run is, from its events. Events may come twice, late or never: what was counted once stays counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workflows.events import Event, EventKind, Preview
from workflows.models import ItemStatus
from workflows.results import Made

#: Before that much of a node is done, and in so few seconds, nobody can tell how long the rest takes.
_TELLING_FRACTION = 0.15
_TELLING_SECONDS = 3.0


@dataclass
class Progress:
    """How far a job's run is. Never stored: a restart begins to count anew.

    `titles` names the nodes as the author did, and has an empty one for nodes that say nothing to people; `items` is
    how many queue items the batch has.
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
    #: How many seconds such runs take, if that is known.
    usual: float | None = None
    #: Whether nodes run once for each thing of a list: then nobody knows how many there will be.
    iterates: bool = False
    #: What the running node shows of its work.
    preview: Preview | None = None
    clock: Callable[[], float] = time.monotonic
    _running: tuple[int, str] | None = None
    _began: float | None = None
    _node_began: float = 0.0
    #: How long each item that is done took.
    _item_seconds: float | None = None

    @property
    def total(self) -> int:
        """How many nodes there are to run, as far as is known: iterations reveal their copies as they come."""
        return len(self.started) + max(len(self.titles) * self.items - len(self.begun), 0)

    @property
    def has_begun(self) -> bool:
        """Whether the backend works on it, as far as was heard; until then it may be busy with another run."""
        return self._began is not None

    @property
    def known_total(self) -> int:
        """How many nodes there are to run; 0 where that only shows as they come."""
        has_grown = self.total > len(self.titles) * self.items
        return 0 if self.iterates or has_grown else self.total

    @property
    def position(self) -> int:
        """Which node runs, counted from 1."""
        return min(max(len(self.started), 1), max(self.total, 1))

    def seconds_left(self) -> float | None:
        """Return how long the run will go on, or None where that cannot be told.

        A run that turns out to be slower than usual is told by how fast it gets on itself.
        """
        if self._began is None:
            return None
        elapsed = self.clock() - self._began
        told = [] if self.usual is None else [self.usual - elapsed]
        if self._item_seconds is not None:
            told.append(self._item_seconds * self.items - elapsed)
        # The running node alone tells of a run's end only where there is nothing else; it is never over before that.
        left = self._node_seconds_left(_TELLING_SECONDS if not told else 0.0)
        if left is not None and (told or self.items == 1):
            told.append(left)
        longest = max(told, default=0.0)
        return longest if longest > 0 else None

    def _node_seconds_left(self, least: float) -> float | None:
        elapsed = self.clock() - self._node_began
        if self.fraction is None or self.fraction < _TELLING_FRACTION or elapsed < least:
            return None
        return elapsed / self.fraction - elapsed

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
        if event.kind is EventKind.STATUS and event.status:
            return self._take_status(event.item_id, event.status)
        if copy in self.done or not event.copy_id:
            return False
        if event.kind is EventKind.NODE_STARTED and copy in self.started:
            return False
        self.begin()
        self.started.add(copy)
        self.begun.add((event.item_id, event.node_id))
        self._follow(copy, event)
        if event.kind is EventKind.NODE_COMPLETE:
            self.done.add(copy)
        return True

    def _take_status(self, item_id: int, status: ItemStatus) -> bool:
        if status is ItemStatus.IN_PROGRESS:
            self.begin()
        if not status.is_final:
            return False
        self.items_done.add(item_id)
        if self._began is not None:
            self._item_seconds = (self.clock() - self._began) / len(self.items_done)
        if self._running and self._running[0] == item_id:
            self.preview = None
        return True

    def _follow(self, copy: tuple[int, str], event: Event) -> None:
        """Look at the node that an event is about, as the one that runs."""
        if copy != self._running:
            self._running, self._node_began, self.preview = copy, self.clock(), None
        # What says nothing to people leaves the last title that does.
        self.node_title = self.titles.get(event.node_id, "") or self.node_title
        self.step, self.fraction = event.message, event.fraction
        if event.kind in {EventKind.NODE_COMPLETE, EventKind.NODE_ERROR}:
            self.preview = None
        else:
            self.preview = event.preview or self.preview

    def begin(self) -> None:
        """Note that the backend works on it; only the first time counts."""
        if self._began is None:
            self._began = self.clock()
