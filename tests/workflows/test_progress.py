from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.events import Event, EventKind
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
    assert (progress.total, progress.position) == (5, 5)


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
        last = progress.overall
