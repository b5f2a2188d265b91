"""What one run of a job came to, and what many at once did to the backend; how both are shown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.table import Table

ENGINE, FLOOR = "engine", "bare floor"
ONE_BATCH = "one batch, floor"


@dataclass(frozen=True)
class Span:
    """When InvokeAI says that it worked on an item."""

    began: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        return (self.ended - self.began).total_seconds()


@dataclass(frozen=True)
class Run:
    """One run: seconds from the first call to the results, and to the last confirmation that all is deleted."""

    results: float
    clean: float
    span: Span

    @property
    def added(self) -> float:
        """What the client added until the results were there."""
        return self.results - self.span.seconds

    @property
    def added_in_all(self) -> float:
        return self.clean - self.span.seconds


@dataclass(frozen=True)
class Crowd:
    """Many jobs at once: how many were to finish and did, the seconds until they had, and when InvokeAI worked."""

    asked: int
    finished: int
    results: float
    clean: float
    spans: Sequence[Span]

    @property
    def idle(self) -> float:
        """The share of the time, from the first item's start to the last one's end, in which InvokeAI had none."""
        return idle(self.spans)


def span(item: Mapping[str, Any]) -> Span:
    """Read a queue item's times off InvokeAI's answer."""
    return Span(datetime.fromisoformat(item["started_at"]), datetime.fromisoformat(item["completed_at"]))


def idle(spans: Sequence[Span]) -> float:
    """Return the share of the time between the first start and the last end in which none of the spans was."""
    if not spans:
        return 0.0
    first, last = min(one.began for one in spans), max(one.ended for one in spans)
    until, gaps = first, 0.0
    for one in sorted(spans, key=lambda one: one.began):
        gaps += max((one.began - until).total_seconds(), 0.0)
        until = max(until, one.ended)
    whole = (last - first).total_seconds()
    return gaps / whole if whole else 0.0


def runs_table(found: Mapping[str, Sequence[Run]]) -> Table:
    """Compare what each way adds to InvokeAI's own work."""
    figures = {name: summary(runs) for name, runs in found.items()}
    rows = {
        name: (
            *(f"{of['results']:.0f}", f"{of['results_p90']:.0f}", f"{of['results'] / figures[FLOOR]['results']:.2f}"),
            *(f"{of['clean']:.0f}", f"{of['clean_p90']:.0f}", f"{of['clean'] / figures[FLOOR]['clean']:.2f}"),
            f"{of['server']:.0f}",
        )
        for name, of in figures.items()
    }
    until = ("to the results", "p90", "/ floor", "to the last deletion", "p90", "/ floor", "InvokeAI's own")
    return _table("What the client adds to a job, milliseconds (median)", until, rows)


def summary(runs: Sequence[Run]) -> dict[str, float]:
    """Return the figures in milliseconds."""
    results, clean = [run.added for run in runs], [run.added_in_all for run in runs]
    return {
        "results": 1000 * statistics.median(results),
        "results_p90": 1000 * p90(results),
        "clean": 1000 * statistics.median(clean),
        "clean_p90": 1000 * p90(clean),
        "server": 1000 * statistics.median(run.span.seconds for run in runs),
    }


def crowds_table(found: Mapping[str, Sequence[Crowd]]) -> Table:
    """Compare what the ways make of many jobs at once; of several rounds, the median."""
    figures = {name: crowd_summary(crowds) for name, crowds in found.items()}
    rows = {
        name: (
            f"{of['finished']:.0f} of {of['asked']:.0f}",
            *(f"{of['results']:.1f}", f"{of['results'] / figures[FLOOR]['results']:.2f}", f"{of['clean']:.1f}"),
            *(f"{100 * of['idle']:.1f} %", f"{100 * (of['idle'] - figures[ONE_BATCH]['idle']):+.1f} %"),
        )
        for name, of in figures.items()
    }
    headings = ("finished", "seconds", "/ floor", "to the last deletion", "InvokeAI idle", "added by the client")
    return _table("Jobs at once", headings, rows)


def crowd_summary(crowds: Sequence[Crowd]) -> dict[str, float]:
    return {
        name: statistics.median(getattr(crowd, name) for crowd in crowds)
        for name in ("asked", "finished", "results", "clean", "idle")
    }


def p90(figures: Sequence[float]) -> float:
    return statistics.quantiles(figures, n=10, method="inclusive")[-1] if len(figures) > 1 else figures[0]


def _table(title: str, headings: Sequence[str], rows: Mapping[str, Sequence[str]]) -> Table:
    drawn = Table(title=title, title_justify="left")
    drawn.add_column("")
    for heading in headings:
        drawn.add_column(heading, justify="right")
    for name, cells in rows.items():
        drawn.add_row(name, *cells)
    return drawn
