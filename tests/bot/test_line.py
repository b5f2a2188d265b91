"""Turns go round the users that wait, and nobody waits for ever."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.line import Line, Place, order

CASES = {
    "nobody": ("", {}, {}, ""),
    "one user by age": ("a1 a2 a3", {}, {}, "a1 a2 a3"),
    "round robin": ("a1 a2 a3 b1 b2 c1", {}, {}, "a1 b1 c1 a2 b2 a3"),
    "the order of coming counts between equals": ("b1 a1 b2 a2", {}, {}, "b1 a1 b2 a2"),
    "who runs something comes later": ("a1 b1", {"a": 1}, {}, "b1 a1"),
    "who runs much comes much later": ("a1 b1 b2 b3", {"a": 2}, {}, "b1 b2 a1 b3"),
    "who was served longest ago comes first": ("a1 b1 c1", {}, {"a": 3, "b": 1, "c": 2}, "b1 c1 a1"),
    "who was never served comes first of all": ("a1 b1", {}, {"a": 1}, "b1 a1"),
    "one who asks for much does not keep the next out": ("a1 a2 a3 a4 a5 b1", {}, {}, "a1 b1 a2 a3 a4 a5"),
}


def users(**counts: int) -> dict[int, int]:
    return {ord(name): count for name, count in counts.items()}


@pytest.mark.parametrize(("waiting", "running", "served", "wanted"), CASES.values(), ids=CASES.keys())
def test_the_order_of_turns(waiting: str, running: dict[str, int], served: dict[str, int], wanted: str) -> None:
    places = [Place(name, ord(name[0]), _nothing) for name in waiting.split()]
    before = [place.job_id for place in places]
    turns = order(places, users(**running), users(**served))
    assert [place.job_id for place in turns] == wanted.split()
    assert [place.job_id for place in places] == before


def _nothing() -> None:
    pass


class Moved(Counter[str]):
    """Counts who was told that its place may have changed."""

    def of(self, job_id: str) -> Callable[[], None]:
        return lambda: self.update([job_id])


def line(slots: int, *job_ids: str) -> tuple[Line, Moved]:
    """A line with places that are ready unless they end with a question mark; the first letter is the user."""
    made, moved = Line(slots), Moved()
    for job_id in job_ids:
        made.join(job_id, ord(job_id[0]), moved.of(job_id))
        if not job_id.endswith("?"):
            made.ready(job_id)
    return made, moved


def turns(made: Line, *job_ids: str) -> list[str]:
    return [job_id for job_id in job_ids if made.has_turn(job_id)]


def test_only_so_many_turns_are_out() -> None:
    made, _ = line(2, "a1", "a2", "b1", "c1")
    assert turns(made, "a1", "a2", "b1", "c1") == ["a1", "a2"]
    assert made.length == 2
    made.leave("a1")
    assert turns(made, "a1", "a2", "b1", "c1") == ["a2", "b1"]


def test_a_place_that_is_not_ready_gets_no_turn() -> None:
    made, _ = line(1, "a1?", "b1")
    assert turns(made, "a1?", "b1") == ["b1"]
    made.ready("a1?")
    made.leave("b1")
    assert made.has_turn("a1?")


def test_a_free_turn_waits_for_who_gets_ready() -> None:
    made, moved = line(1, "a1?", "b1?")
    assert not turns(made, "a1?", "b1?")
    made.ready("b1?")
    assert made.has_turn("b1?")
    assert moved["b1?"] >= 1


def test_positions() -> None:
    made, _ = line(2, "a1", "a2", "a3", "a4", "b1", "c1")
    assert [made.position(job_id) for job_id in ("a1", "a2", "b1", "c1", "a3", "a4")] == [0, 0, 1, 2, 3, 4]
    made.leave("a1")
    made.leave("a2")
    assert [made.position(job_id) for job_id in ("b1", "c1", "a3", "a4")] == [0, 0, 1, 2]


def test_who_is_not_ready_has_a_position_too() -> None:
    made, _ = line(1, "a1", "b1?", "c1")
    assert [made.position(job_id) for job_id in ("b1?", "c1")] == [1, 2]
    made.leave("a1")
    assert [made.position(job_id) for job_id in ("b1?", "c1")] == [1, 0]


def test_a_stranger_would_be_last() -> None:
    made, _ = line(1, "a1", "b1")
    assert made.position("z1") == 2
    assert line(1)[0].position("z1") == 0


def test_leaving_tells_the_others_and_is_harmless_twice() -> None:
    made, moved = line(1, "a1", "b1", "c1")
    moved.clear()
    made.leave("b1")
    assert moved == Counter({"c1": 1})
    made.leave("b1")
    made.leave("z1")
    assert moved == Counter({"c1": 1})


def test_only_those_are_woken_whose_place_is_another_one() -> None:
    made, moved = line(1, "a1", "b1", "b2", "c1", "c2")
    assert [made.position(job_id) for job_id in ("b1", "c1", "b2", "c2")] == [1, 2, 3, 4]
    moved.clear()
    made.leave("c2")
    assert not moved
    made.join("d1", ord("d"), moved.of("d1"))
    assert (made.position("d1"), moved) == (3, Counter({"b2": 1}))
    moved.clear()
    made.leave("a1")
    assert (made.has_turn("b1"), moved) == (True, Counter({"b1": 1, "c1": 1, "d1": 1, "b2": 1}))
    moved.clear()
    made.resume("c1", ord("c"))
    assert moved == Counter({"d1": 1, "b2": 1})


def test_the_order_is_worked_out_once_for_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """With four hundred who wait, a line that sorts for each of them stands still for seconds."""
    sorts: list[int] = []
    monkeypatch.setattr("bot.line.order", lambda places, *rest: sorts.append(len(places)) or order(places, *rest))
    names = [f"{chr(97 + user)}{number}" for user in range(20) for number in range(20)]
    made, _ = line(2, *names)
    sorts.clear()
    made.leave("a0")
    # Whose turn it is, and where everybody stands.
    assert len(sorts) <= 2
    sorts.clear()
    assert max(made.position(name) for name in names[1:]) == made.length
    assert not sorts


def test_joining_twice_keeps_the_place() -> None:
    made, _ = line(1, "a1", "b1", "c1")
    made.join("b1", ord("b"), _nothing)
    made.join("a1", ord("a"), _nothing)
    assert (made.length, made.position("b1"), made.has_turn("a1")) == (2, 1, True)


def test_a_resumed_job_has_its_turn_whatever_the_slots_say() -> None:
    made, _ = line(1, "a1", "b1", "c1")
    made.resume("z1", ord("z"))
    made.resume("b1", ord("b"))
    assert turns(made, "a1", "b1", "z1", "c1") == ["a1", "b1", "z1"]
    for job_id in ("a1", "b1"):
        made.leave(job_id)
        assert not made.has_turn("c1")
    made.leave("z1")
    assert made.has_turn("c1")


ACTIONS = st.lists(st.tuples(st.sampled_from(["join", "ready", "leave", "end"]), st.integers(0, 11)), max_size=120)


@given(st.integers(1, 3), ACTIONS)
@settings(max_examples=150, deadline=None)
def test_turns_are_never_too_many_and_never_idle(slots: int, actions: list[tuple[str, int]]) -> None:
    made = Line(slots)
    waiting: dict[str, bool] = {}
    out: set[str] = set()
    for action, number in actions:
        job_id = f"{number}"
        if action == "join" and job_id not in out:
            made.join(job_id, number % 4, _nothing)
            waiting.setdefault(job_id, False)
        elif action == "ready":
            made.ready(job_id)
            waiting = {**waiting, job_id: True} if job_id in waiting else waiting
        elif action in {"leave", "end"}:
            made.leave(job_id)
            waiting.pop(job_id, None)
            out.discard(job_id)
        out |= {job_id for job_id in waiting if made.has_turn(job_id)}
        waiting = {job_id: ready for job_id, ready in waiting.items() if job_id not in out}
        assert len(out) <= slots
        assert len(out) == slots or not any(waiting.values())
        assert made.length == len(waiting)
        places = sorted(made.position(job_id) for job_id in waiting)
        free = slots - len(out)
        assert places == [max(place - free, 0) for place in range(1, len(waiting) + 1)]


@given(st.integers(1, 3), st.lists(st.integers(0, 3), min_size=1, max_size=30), st.data())
@settings(max_examples=100, deadline=None)
def test_nobody_starves(slots: int, crowd: list[int], data: st.DataObject) -> None:
    """Whatever the others go on asking for, a job runs before anyone who came later got two turns ahead of it."""
    made = Line(slots)
    running: list[str] = []
    names = [f"{user}-{number}" for number, user in enumerate(crowd)]

    def come(name: str) -> None:
        made.join(name, int(name.partition("-")[0]), _nothing)
        made.ready(name)

    for name in names:
        come(name)
    come("9-mine")
    later = 0
    for step in range(4 * len(crowd) + 8):
        if made.has_turn("9-mine"):
            break
        running = [name for name in names if made.has_turn(name)]
        ended = data.draw(st.sampled_from(running))
        made.leave(ended)
        names.remove(ended)
        come(f"{data.draw(st.integers(0, 3))}-later{step}")
        names.append(f"{names and ended.partition('-')[0]}-later{step}")
        names = [name for name in names if not name.endswith(f"later{step}")]
        names += [f"{user}-later{step}" for user in range(4) if _is_known(made, f"{user}-later{step}")]
        later += 1
    assert made.has_turn("9-mine")
    # Four other users are served at most once each before somebody who was never served, and each slot may be held.
    assert later <= 4 + slots


def _is_known(made: Line, job_id: str) -> bool:
    return made.has_turn(job_id) or job_id in made._waiting
