"""Estimates come from what was measured, and say nothing where nothing was."""

import pytest

from bot.estimates import durations, positions, remaining, starts
from bot.turns import Kind, Load, Place, Rules, Ticket

DURATIONS = {
    "no history at all": ([1, None], {}, {}),
    "each its own": ([1, 2], {1: 3.0, 2: 5.0}, {1: 3.0, 2: 5.0}),
    "one that never ran takes what is usual": ([1, 2, 3, 9], {1: 3.0, 2: 5.0, 3: 100.0}, {1: 3, 2: 5, 3: 100, 9: 5}),
    "so does what has no workflow": ([1, None], {1: 3.0}, {1: 3.0, None: 3.0}),
    "others are not asked for": ([1], {1: 3.0, 2: 500.0}, {1: 3.0}),
    "nothing": ([], {1: 3.0}, {}),
}


@pytest.mark.parametrize(("workflows", "known", "wanted"), DURATIONS.values(), ids=DURATIONS.keys())
def test_how_long_each_takes(
    workflows: list[int | None], known: dict[int | None, float], wanted: dict[int | None, float]
) -> None:
    assert durations(workflows, known.get) == wanted


REMAINING = {
    "idle": ([], 0.0),
    "half through": ([(10.0, 4.0)], 6.0),
    "what takes too long is about to end": ([(10.0, 400.0)], 1.0),
    "one after the other": ([(10.0, 4.0), (10.0, 0.0)], 16.0),
}


@pytest.mark.parametrize(("running", "wanted"), REMAINING.values(), ids=REMAINING.keys())
def test_when_a_backend_is_idle(running: list[tuple[float, float]], wanted: float) -> None:
    assert remaining(running) == wanted


STARTS = {
    "no backend": ({}, [("a", 5.0)], [None]),
    "one after the other": ({"a": 2.0}, [("a", 5.0), ("a", 1.0), ("a", 1.0)], [2.0, 7.0, 8.0]),
    "where it starts first": ({"a": 2.0, "b": 3.0}, [("ab", 5.0), ("ab", 5.0), ("ab", 5.0)], [2.0, 3.0, 7.0]),
    "the preferred of two equals": ({"a": 2.0, "b": 2.0}, [("ba", 5.0), ("b", 5.0)], [2.0, 7.0]),
    "only where it may go": ({"a": 90.0, "b": 0.0}, [("a", 5.0), ("b", 5.0)], [90.0, 0.0]),
    "one that may go nowhere keeps nobody back": ({"a": 0.0}, [("z", 5.0), ("", 5.0), ("a", 5.0)], [None, None, 0.0]),
}


@pytest.mark.parametrize(("busy", "waiting", "wanted"), STARTS.values(), ids=STARTS.keys())
def test_when_each_starts(busy: dict[str, float], waiting: list[tuple[str, float]], wanted: list[float | None]) -> None:
    before = dict(busy)
    assert starts(busy, waiting) == wanted
    assert busy == before


def nothing() -> None:
    pass


POSITIONS = {
    "nobody": ("", {"a": 1}, Rules(), []),
    "nothing is free": ("1a 2a 3a", {}, Rules(), [1, 2, 3]),
    "some turns are free": ("1a 2a 3a", {"a": 2}, Rules(), [0, 0, 1]),
    "what is full counts for nothing": ("1a 2a", {"a": 0, "b": -3}, Rules(), [1, 2]),
    "free elsewhere": ("1a 2b 3ab 4ab", {"b": 2}, Rules(), [1, 0, 0, 2]),
    "a guild at its cap": ("1a 2a 3a", {"a": 3}, Rules(running_per_guild=1), [0, 1, 2]),
    "a workflow at its cap": ("1a 2a 3a", {"a": 3}, Rules(running_per_workflow=2), [0, 0, 1]),
}


@pytest.mark.parametrize(("waiting", "free", "rules", "wanted"), POSITIONS.values(), ids=POSITIONS.keys())
def test_where_each_stands(waiting: str, free: dict[str, int], rules: Rules, wanted: list[int]) -> None:
    """Each is a user and the backends that it may go to."""
    before, load = dict(free), Load(rules)
    kind = Kind(7, 7, None, None, None)
    places = [
        Place(Ticket(word, int(word[0]), guild_id=7, workflow_id=7), kind, nothing, number=number)
        for number, word in enumerate(waiting.split())
    ]
    assert positions(places, [word[1:] for word in waiting.split()], free, load) == wanted
    assert (free, load) == (before, Load(rules))


def test_a_user_at_its_cap_stands_behind() -> None:
    kind = Kind(None, None, None, None, running_cap=1)
    places = [Place(Ticket(job_id, ord(job_id[0])), kind, nothing, number=0) for job_id in ("a1", "a2", "b1")]
    assert positions(places, ["x"] * 3, {"x": 3}, Load(Rules())) == [0, 1, 0]
