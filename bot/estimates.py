"""Where the waiting jobs stand, and when they will start, worked out from what such jobs took before.

A backend works on one job at a time, however many turns it gives out: the others only keep it from idling.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.turns import Load, Place

#: What runs longer than it should is about to end, but has not.
_LEAST_SECONDS = 1.0


class Standing(NamedTuple):
    """A job's place, 1 for the next and 0 with a turn or a free slot, and in how many seconds it starts, if known."""

    position: int
    starts_in: float | None


def durations(
    workflows: Iterable[int | None], expected: Callable[[int | None], float | None]
) -> Mapping[int | None, float]:
    """Return the seconds that each of these workflows takes; of one without a history, what is usual for the others.

    Empty where there is no history at all.
    """
    told = {workflow_id: expected(workflow_id) for workflow_id in set(workflows)}
    known = [seconds for seconds in told.values() if seconds is not None]
    if not known:
        return {}
    usual = statistics.median(known)
    return {workflow_id: usual if seconds is None else seconds for workflow_id, seconds in told.items()}


def remaining(running: Iterable[tuple[float, float]]) -> float:
    """Return after how many seconds a backend is idle: of each job there, what it takes and for how long it runs."""
    return sum(max(seconds - elapsed, _LEAST_SECONDS) for seconds, elapsed in running)


def starts(busy: Mapping[str, float], waiting: Iterable[tuple[Sequence[str], float]]) -> list[float | None]:
    """Return in how many seconds each of the waiting starts.

    `busy` tells after how many seconds each backend is idle. Of each that waits, in the order of their turns: where it
    may go, and what it takes. It goes where it starts first; who may go nowhere never starts.
    """
    idle_at = dict(busy)
    found: list[float | None] = []
    for names, seconds in waiting:
        backend = min((name for name in names if name in idle_at), key=idle_at.__getitem__, default=None)
        if backend is None:
            found.append(None)
            continue
        found.append(idle_at[backend])
        idle_at[backend] += seconds
    return found


def positions(turns: Iterable[Place], names: Iterable[Sequence[str]], free: Mapping[str, int], load: Load) -> list[int]:
    """Return how many of these places, in the order of their turns, stand before each one and at it.

    It is 0 where a turn is free, at any of the backends that the place may go to, and no cap keeps it back.
    """
    left = {name: count for name, count in free.items() if count > 0}
    load = load.copy()
    found: list[int] = []
    last = 0
    for place, offered in zip(turns, names, strict=True):
        backend = next((name for name in offered if name in left), None) if left else None
        if backend is None or not load.has_room(place):
            last += 1
            found.append(last)
            continue
        found.append(0)
        load.count(place.ticket, 1)
        left[backend] -= 1
        if not left[backend]:
            del left[backend]
    return found
