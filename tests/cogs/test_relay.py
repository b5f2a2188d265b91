"""Progress on its way to a card: the newest wins, no faster than its pace, slower where Discord asks for it."""

import asyncio
import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.cards import Moment, Running, Told, Undeliverable, Waiting
from bot.jobs import Job, now
from cogs._relay import ChannelPace, Relay, says_the_same, slowness_after
from workflows.errors import Unavailable
from workflows.events import Preview

JOB = Job(id="x", user_id=1, title="t", created_at=now())
PACE = 0.02
AT = datetime(2026, 1, 2, tzinfo=UTC)


class Card:
    """Draws, as slowly and as badly as it is told to."""

    def __init__(self) -> None:
        self.drawn: list[tuple[float, Moment]] = []
        self.errors: list[Exception | None] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._more = asyncio.Event()

    async def draw(self, job: Job, moment: Moment) -> None:
        self.drawn.append((time.monotonic(), moment))
        self._more.set()
        await self.gate.wait()
        if self.errors and (error := self.errors.pop(0)):
            raise error

    async def turn(self, moment: Moment) -> None:
        pass

    @property
    def moments(self) -> list[Moment]:
        return [moment for _, moment in self.drawn]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.drawn) < count:
                self._more.clear()
                await self._more.wait()

    def gaps(self) -> list[float]:
        times = [at for at, _ in self.drawn]
        return [later - earlier for earlier, later in itertools.pairwise(times)]


def relay(card: Card, turn=None, shown: Moment | None = None, pace: float = PACE, frame_pace: float = 0.0) -> Relay:
    return Relay("x", card.draw, turn or card.turn, pace, shown, frame_pace=lambda: frame_pace)


def frame(number: int, node: int = 1) -> Running:
    return Running(node, preview=Preview(f"data:image/jpeg;base64,{number}", 64, 64))


async def test_of_many_moments_the_newest_is_drawn() -> None:
    card = Card()
    one = relay(card)
    for node in range(50):
        one.show(JOB, Running(node))
    await card.until(1)
    assert card.moments == [Running(49)]
    await one.close()


async def test_what_is_shown_already_is_not_drawn_again() -> None:
    card = Card()
    one = relay(card, shown=Running(1))
    one.show(JOB, Running(1))
    await asyncio.sleep(0.01)
    one.show(JOB, Running(2))
    await card.until(1)
    assert card.moments == [Running(2)]
    await one.close()


async def test_the_pace_is_kept_and_places_in_line_are_less_urgent() -> None:
    card = Card()
    one = relay(card)
    for moment in (Running(1), Running(2), Waiting(3), Waiting(2), Running(3)):
        before = len(card.drawn)
        one.show(JOB, moment)
        await card.until(before + 1)
    assert all(gap >= PACE * 0.9 for gap in card.gaps())
    assert card.gaps()[2] >= 3 * PACE * 0.9
    await one.close()


SAME = {
    "nothing yet": (None, Running(1), False),
    "the same": (Running(1), Running(1), True),
    "another step": (Running(1), Running(2), False),
    "the same estimate, a moment later": (Waiting(2, AT), Waiting(2, AT + timedelta(seconds=2)), True),
    "another estimate": (Waiting(2, AT), Waiting(2, AT + timedelta(seconds=30)), False),
    "another place": (Waiting(2, AT), Waiting(1, AT), False),
    "a first estimate": (Waiting(2), Waiting(2, AT), False),
    "about to start": (Waiting(1, AT), Waiting(0), False),
    "held back": (Waiting(2, AT), Waiting(2, AT, is_paused=True), False),
    "the same end, a moment later": (Running(1, ends_at=AT), Running(1, ends_at=AT + timedelta(seconds=4)), True),
    "another end": (Running(1, ends_at=AT), Running(1, ends_at=AT + timedelta(seconds=30)), False),
    "a first end": (Running(1), Running(1, ends_at=AT), False),
    "an end that passed": (Running(1, ends_at=AT), Running(1), False),
    "a step at the same end": (Running(1, ends_at=AT), Running(2, ends_at=AT), False),
    "another frame at the same end": (
        replace(frame(1), ends_at=AT),
        replace(frame(2), ends_at=AT + timedelta(seconds=1)),
        False,
    ),
}


@pytest.mark.parametrize(("shown", "moment", "same"), SAME.values(), ids=SAME.keys())
def test_what_need_not_be_drawn(shown: Moment | None, moment: Moment, same: bool) -> None:
    assert says_the_same(shown, moment) is same


SLOWER = {
    "quick": (1, 0.2, False, 1),
    "lost": (1, 0.2, True, 2),
    "held back": (2, 5.0, False, 4),
    "as slow as can be": (16, 5.0, True, 16),
    "quick again": (16, 0.2, False, 8),
}


@pytest.mark.parametrize(("before", "seconds", "was_lost", "after"), SLOWER.values(), ids=SLOWER.keys())
def test_a_card_that_is_held_back_becomes_slower_for_a_while(
    before: int, seconds: float, was_lost: bool, after: int
) -> None:
    assert slowness_after(before, seconds, was_lost=was_lost) == after


async def test_an_edit_that_was_lost_is_made_up_for_without_any_news() -> None:
    card = Card()
    card.errors = [Unavailable("cut off")]
    one = relay(card)
    one.show(JOB, Running(1))
    await card.until(2)
    assert card.moments == [Running(1), Running(1)]
    await asyncio.sleep(3 * PACE)
    assert len(card.drawn) == 2
    await one.close()


async def test_where_nothing_may_be_shown_nothing_is_tried_again() -> None:
    card = Card()
    card.errors = [Undeliverable("Missing Access", Told.FORBIDDEN)]
    one = relay(card)
    one.show(JOB, Running(1))
    await card.until(1)
    one.show(JOB, Running(2))
    await asyncio.sleep(3 * PACE)
    assert card.moments == [Running(1)]
    await one.end()


async def test_the_end_waits_for_the_edit_in_flight_and_for_nothing_else() -> None:
    card = Card()
    card.gate.clear()
    one = relay(card, pace=60)
    one.show(JOB, Running(1))
    await card.until(1)
    one.show(JOB, Running(2))
    ending = asyncio.create_task(one.end())
    await asyncio.sleep(0.01)
    assert not ending.done()
    card.gate.set()
    async with asyncio.timeout(1):
        await ending
    assert card.moments == [Running(1)]


async def test_the_end_waits_for_no_turn() -> None:
    card = Card()

    async def never(moment: Moment) -> None:
        await asyncio.Event().wait()

    one = relay(card, never)
    one.show(JOB, Running(1))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(1):
        await one.end()
    assert not card.drawn


# Frames


async def test_frames_have_a_pace_of_their_own_and_words_go_on_under_the_one_that_is_there() -> None:
    card = Card()
    one = relay(card, frame_pace=60)
    one.show(JOB, frame(1))
    await card.until(1)
    for node in (2, 3):
        one.show(JOB, frame(node, node))
        await card.until(node)
    assert card.moments == [frame(1), frame(1, 2), frame(1, 3)]
    await one.close()


async def test_the_newest_frame_is_shown_as_soon_as_its_time_comes_without_any_news() -> None:
    card = Card()
    one = relay(card, frame_pace=4 * PACE)
    one.show(JOB, frame(1))
    await card.until(1)
    for number in (2, 3, 4):
        one.show(JOB, frame(number))
    await card.until(2)
    assert card.moments == [frame(1), frame(4)]
    assert card.gaps()[0] >= 4 * PACE * 0.9
    await asyncio.sleep(5 * PACE)
    assert len(card.drawn) == 2
    await one.close()


async def test_a_frame_goes_when_its_node_does_and_the_next_one_keeps_the_pace() -> None:
    card = Card()
    one = relay(card, frame_pace=6 * PACE)
    one.show(JOB, frame(1))
    await card.until(1)
    one.show(JOB, Running(2))
    await card.until(2)
    one.show(JOB, frame(2, 3))
    await card.until(4)
    assert card.moments == [frame(1), Running(2), Running(3), frame(2, 3)]
    assert card.drawn[3][0] - card.drawn[0][0] >= 6 * PACE * 0.9
    await one.close()


async def test_a_frame_that_was_lost_is_drawn_again_at_its_pace() -> None:
    card = Card()
    card.errors = [Unavailable("cut off")]
    one = relay(card, frame_pace=4 * PACE)
    one.show(JOB, frame(1))
    await card.until(3)
    assert card.moments == [frame(1), Running(1), frame(1)]
    await one.close()


async def test_a_card_is_drawn_again_where_there_is_more_to_say() -> None:
    card = Card()
    one = relay(card)
    one.show(JOB, Running(1))
    await card.until(1)
    one.redraw(JOB, Running(1))
    await card.until(2)
    assert card.moments == [Running(1), Running(1)] and not one.is_over
    await one.end()
    assert one.is_over


# A channel's pace


async def test_a_channel_has_one_turn_at_a_time_in_the_order_of_asking() -> None:
    pace, took = ChannelPace(), []

    async def take(name: str, *, can_wait: bool = False) -> None:
        await pace.turn(PACE, can_wait=can_wait)
        took.append((name, time.monotonic()))

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for name in ("w1", "w2", "w3"):
            group.create_task(take(name, can_wait=True))
        await asyncio.sleep(0)
        for name in ("a", "b", "c"):
            group.create_task(take(name))
    # Of those that can wait one stands in the line at a time.
    assert [name for name, _ in took if name[0] != "w"] == ["a", "b", "c"]
    assert [name for name, _ in took].index("c") < [name for name, _ in took].index("w3")
    times = [at for _, at in took]
    assert all(later - earlier >= PACE * 0.9 for earlier, later in itertools.pairwise(times))


async def test_results_take_turns_without_waiting() -> None:
    pace = ChannelPace()
    began = time.monotonic()
    for _ in range(3):
        pace.spend(PACE)
    await pace.turn(PACE, can_wait=False)
    assert time.monotonic() - began >= 3 * PACE * 0.9
