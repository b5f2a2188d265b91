"""When what goes wrong in a soak: drawn from a seed, and noted as it happens."""

from __future__ import annotations

import random
from collections.abc import Callable, Set
from dataclasses import dataclass

from benchmarks._soak_faults import WEIGHTS
from benchmarks._soak_town import Town


@dataclass(frozen=True)
class Planned:
    """One fault to come: when, in seconds since the beginning, and the seed of what it draws."""

    at: float
    name: str
    seed: int


@dataclass
class Happened:
    """One that came."""

    at: float
    name: str
    told: str = ""
    until: float | None = None


def plan(seed: int, seconds: float, every: float, without: Set[str] = frozenset()) -> list[Planned]:
    """Draw what goes wrong and when: the same seed gives the same list."""
    dice, at, found = random.Random(seed), 0.0, list[Planned]()
    weights = {fault: weight for fault, weight in WEIGHTS.items() if fault.__name__ not in without}
    while (at := at + dice.expovariate(1 / every)) < seconds:
        (fault,) = dice.choices(list(weights), list(weights.values()))
        found.append(Planned(at, fault.__name__, dice.getrandbits(32)))
    return found


async def happen(town: Town, planned: Planned, journal: list[Happened], tell: Callable[[str], None]) -> None:
    """Let one fault happen, and note when it was over."""
    fault = {one.__name__: one for one in WEIGHTS}[planned.name]
    entry = Happened(town.now, planned.name)
    journal.append(entry)
    entry.told = await fault(town, random.Random(planned.seed))
    entry.until = town.now
    tell(f"{entry.at:7.1f} - {entry.until:7.1f}  {entry.name}: {entry.told}")
