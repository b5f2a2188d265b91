from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.events import Event, EventKind, Preview
from workflows.models import ItemStatus
from workflows.progress import Progress
from workflows.results import Made, MediaKind

TITLES = {"a": "Paper", "b": "Fog"}


def started(node_id: str, copy: str = "", item: int = 1) -> Event:
    return Event(EventKind.NODE_STARTED, item, node_id=node_id, copy_id=copy or f"{node_id}0")


def stepped(node_id: str, fraction: float | None, copy: str = "", item: int = 1) -> Event:
    event = started(node_id, copy, item)
    return replace(event, kind=EventKind.PROGRESS, message="Denoising", fraction=fraction)


def image(name: str) -> Made:
    return Made(MediaKind.IMAGE, name)


def done(node_id: str, copy: str = "", item: int = 1, *images: str) -> Event:
    return replace(started(node_id, copy, item), kind=EventKind.NODE_COMPLETE, made=tuple(map(image, images)))


def ended(item: int = 1, status: ItemStatus = ItemStatus.COMPLETED) -> Event:
    return Event(EventKind.STATUS, item, status=status)


RUN = [started("a"), done("a"), started("b"), stepped("b", 0.5), done("b"), ended()]


@pytest.mark.parametrize(
    "event",
    [
        Event(EventKind.CANCELED, canceled_ids=(1,)),
        Event(EventKind.STATUS, 1, status=ItemStatus.IN_PROGRESS),
        Event(EventKind.STATUS, 1),
        Event(EventKind.PROGRESS, 1, node_id="a"),
        Event(EventKind.NODE_STARTED),
    ],
)
def test_what_says_nothing_of_a_node_changes_nothing(event: Event):
    progress = Progress(TITLES)
    assert not progress.apply(event)
    assert (progress.overall, progress.position, progress.total) == (0.0, 1, 2)


def test_a_run_is_followed_node_by_node():
    progress = Progress(TITLES)
    seen: list[Any] = []
    for event in RUN:
        assert progress.apply(event)
        seen.append((progress.node_title, progress.position, progress.overall))
    assert seen == [
        ("Paper", 1, 0.0),
        ("Paper", 1, 0.5),
        ("Fog", 2, 0.5),
        ("Fog", 2, 0.75),
        ("Fog", 2, 1.0),
        ("Fog", 2, 1.0),
    ]
    assert progress.items_done == {1}


def test_events_that_come_twice_count_once():
    progress = Progress(TITLES)
    for event in RUN:
        progress.apply(event)
        before = progress.overall
        progress.apply(event)
        assert (progress.overall, len(progress.started), len(progress.done)) == (before, *_counts(progress))
    assert progress.overall == 1.0


def _counts(progress: Progress) -> tuple[int, int]:
    return len({*progress.started}), len({*progress.done})


@pytest.mark.parametrize("late", [started("a"), stepped("a", 0.1), done("a")])
def test_events_of_a_finished_node_change_nothing(late: Event):
    progress = Progress(TITLES)
    for event in RUN[:3]:
        progress.apply(event)
    assert not progress.apply(late)
    assert progress.node_title == "Fog"


def test_a_started_node_does_not_start_again():
    progress = Progress(TITLES)
    progress.apply(started("a"))
    progress.apply(stepped("a", 0.5))
    assert not progress.apply(started("a"))
    assert (progress.step, progress.fraction) == ("Denoising", 0.5)


def test_events_that_never_came_do_no_harm():
    progress = Progress(TITLES)
    progress.apply(done("b"))
    assert (progress.overall, progress.position) == (0.5, 1)


def test_iterations_reveal_their_copies_and_it_never_goes_back():
    progress = Progress(TITLES)
    progress.apply(started("a"))
    progress.apply(done("a"))
    assert progress.overall == 0.5
    seen: list[float] = []
    for copy in ("b0", "b1", "b2", "b3"):
        progress.apply(started("b", copy))
        progress.apply(done("b", copy))
        seen.append(progress.overall)
    assert seen == sorted(seen)
    assert (progress.total, progress.position, progress.known_total) == (5, 5, 0)


def test_how_many_there_are_is_told_only_where_it_is_known():
    assert (Progress(TITLES).known_total, Progress(TITLES, iterates=True).known_total) == (2, 0)
    progress = Progress(TITLES)
    assert progress.apply(started("a", "a0")) and progress.known_total == 2
    assert progress.apply(started("a", "a1")) and progress.known_total == 0


@pytest.mark.parametrize("event", [started("a"), Event(EventKind.STATUS, 1, status=ItemStatus.IN_PROGRESS)])
def test_it_has_begun_once_something_of_it_is_heard(event: Event):
    progress = Progress(TITLES)
    progress.apply(Event(EventKind.STATUS, 1, status=ItemStatus.PENDING))
    assert not progress.has_begun
    progress.apply(event)
    assert progress.has_begun


def test_every_item_of_a_batch_counts():
    progress = Progress(TITLES, items=2)
    for event in RUN:
        progress.apply(event)
    assert (progress.overall, progress.total) == (0.5, 4)
    for event in RUN:
        progress.apply(replace(event, item_id=2))
    assert (progress.overall, progress.items_done) == (1.0, {1, 2})


def test_images_are_noted_whatever_else_an_event_says():
    progress = Progress(TITLES)
    progress.apply(done("a", "a0", 1, "x.png", "y.png"))
    progress.apply(done("a", "a0", 1, "z.png"))
    assert progress.made == {image("x.png"), image("y.png"), image("z.png")}


@pytest.mark.parametrize("status", [ItemStatus.COMPLETED, ItemStatus.FAILED, ItemStatus.CANCELED])
def test_an_item_is_done_however_it_ended(status: ItemStatus):
    progress = Progress(TITLES)
    assert progress.apply(ended(5, status))
    assert progress.items_done == {5}


# What is shown


def test_what_says_nothing_to_people_leaves_the_last_title_that_does():
    progress = Progress({"a": "Paper", "each": "", "b": "Fog"})
    seen: list[str] = []
    for node_id in ("each", "a", "each", "b", "unknown"):
        progress.apply(started(node_id, f"{node_id}{len(seen)}"))
        seen.append(progress.node_title)
    assert seen == ["", "Paper", "Paper", "Fog", "Fog"]


def frame(number: int, node_id: str = "a", copy: str = "", item: int = 1) -> Event:
    return replace(stepped(node_id, number / 10, copy, item), preview=seen_as(number))


def seen_as(number: int) -> Preview:
    return Preview(f"data:image/jpeg;base64,{number}", 64, 64)


FAILED_NODE = replace(started("a"), kind=EventKind.NODE_ERROR)
FRAMES: dict[str, tuple[list[Event], int | None]] = {
    "before the first": ([started("a"), stepped("a", 0.0)], None),
    "the newest": ([frame(1), frame(2)], 2),
    "a step without one": ([frame(1), stepped("a", 0.5)], 1),
    "its node is complete": ([frame(1), done("a")], None),
    "its node failed": ([frame(1), FAILED_NODE], None),
    "late, after its node": ([frame(1), done("a"), frame(2)], None),
    "its node's end was lost": ([frame(1), started("b")], None),
    "another copy of its node": ([frame(1), started("a", "a1")], None),
    "another item starts": ([frame(1), started("a", "a1", 2)], None),
    "its item ended": ([frame(1), ended()], None),
    "another item ended": ([frame(1), ended(2)], 1),
    "of the next node": ([frame(1), done("a"), frame(3, "b")], 3),
}


@pytest.mark.parametrize(("events", "number"), FRAMES.values(), ids=FRAMES.keys())
def test_the_running_node_is_seen_at_work(events: list[Event], number: int | None):
    progress = Progress(TITLES, items=2)
    for event in events:
        progress.apply(event)
    assert progress.preview == (None if number is None else seen_as(number))


# How long it takes

BEGIN = Event(EventKind.STATUS, 1, status=ItemStatus.IN_PROGRESS)

#: What such runs take, how many items there are, what happened at which second, and what is left in the end.
LEFT: dict[str, tuple[float | None, int, list[tuple[float, Event]], float | None]] = {
    "not begun": (60, 1, [], None),
    "nothing is known": (None, 1, [(0, BEGIN), (30, started("a"))], None),
    "as usual": (60, 1, [(0, BEGIN), (20, started("a"))], 40),
    "an item's start was not heard": (60, 1, [(10, started("a")), (30, done("a"))], 40),
    "longer than usual, and it does not tell": (60, 1, [(0, BEGIN), (70, started("a"))], None),
    "longer than usual, and it tells": (60, 1, [(0, started("a")), (70, stepped("a", 0.5))], 70),
    "slower than usual": (60, 1, [(0, started("a")), (40, stepped("a", 0.25))], 120),
    "faster than usual, with more to come": (60, 1, [(0, started("a")), (20, stepped("a", 0.9))], 40),
    "by its own steps": (None, 1, [(0, BEGIN), (10, started("a")), (20, stepped("a", 0.25))], 30),
    "too few steps to tell": (None, 1, [(0, started("a")), (20, stepped("a", 0.1))], None),
    "too soon to tell": (None, 1, [(0, started("a")), (1, stepped("a", 0.5))], None),
    "the first of several items": (None, 3, [(0, started("a")), (20, stepped("a", 0.5))], None),
    "by the items that are done": (None, 3, [(0, BEGIN), (20, ended()), (30, started("a", "x", 2))], 30),
    "its node goes on for longer than usual": (10, 1, [(0, BEGIN), (8, started("a")), (9, stepped("a", 0.2))], 4),
    "so does that of the last item": (
        4,
        2,
        [(0, started("a", "x")), (2, ended()), (3, started("a", "y", 2)), (4, stepped("a", 0.2, "y", 2))],
        4,
    ),
    "all are done": (None, 1, [(0, BEGIN), (20, ended())], None),
}


@pytest.mark.parametrize(("usual", "items", "events", "left"), LEFT.values(), ids=LEFT.keys())
def test_how_long_a_run_goes_on(usual: float | None, items: int, events: list[tuple[float, Event]], left: float | None):
    at = [1000.0]
    progress = Progress(TITLES, items, usual=usual, clock=lambda: at[0])
    for second, event in events:
        at[0] = 1000.0 + second
        progress.apply(event)
    assert progress.seconds_left() == (None if left is None else pytest.approx(left))


EVENTS = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    item_id=st.integers(0, 3),
    node_id=st.sampled_from(["", "a", "b", "unknown"]),
    copy_id=st.sampled_from(["", "1", "2", "3"]),
    status=st.none() | st.sampled_from(ItemStatus),
    fraction=st.none() | st.floats(0, 1),
)


@given(st.lists(EVENTS), st.dictionaries(st.sampled_from(["a", "b", "c"]), st.just("T")), st.integers(0, 3))
def test_any_order_of_events_only_goes_on(events: list[Event], titles: dict[str, str], items: int):
    progress, last = Progress(titles, items), 0.0
    for event in events:
        progress.apply(event)
        assert last <= progress.overall <= 1.0
        assert 1 <= progress.position <= max(progress.total, 1)
        assert (progress.seconds_left() or 1) > 0
        last = progress.overall
