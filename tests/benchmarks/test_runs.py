"""What the overhead's tables are worked out from."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks._runs import Run, Span, idle, p90, span

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def spans(*times: tuple[float, float]) -> list[Span]:
    return [Span(NOON + timedelta(seconds=began), NOON + timedelta(seconds=ended)) for began, ended in times]


@pytest.mark.parametrize(
    ("worked", "share"),
    [
        ((), 0),
        (((0, 0),), 0),
        (((0, 1),), 0),
        (((0, 1), (1, 4)), 0),
        (((2, 4), (0, 1)), 0.25),
        # Two at a time, one of them within the other, as a server with two processors would.
        (((0, 6), (1, 2), (8, 10)), 0.2),
    ],
)
def test_idle_is_what_no_item_fills(worked: Sequence[tuple[float, float]], share: float):
    assert idle(spans(*worked)) == pytest.approx(share)


def test_what_the_client_adds_is_what_the_server_did_not_take():
    (worked,) = spans((0, 0.5))
    run = Run(results=0.75, clean=1.0, span=worked)
    assert (run.added, run.added_in_all) == (0.25, 0.5)
    times = {"started_at": "2026-01-01 12:00:00.000", "completed_at": "2026-01-01 12:00:00.500"}
    assert span(times).seconds == 0.5


def test_one_run_is_its_own_p90():
    assert p90([3.0]) == 3.0
    assert p90([float(number) for number in range(1, 11)]) == pytest.approx(9.1)
