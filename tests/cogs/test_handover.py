"""What a private card says of its own time before that is over."""

from datetime import timedelta

import pytest

from bot.cards import Cancelling, Moment, Running, Uploading, Waiting
from bot.jobs import Job, now
from cogs._handover import SOON, Handover
from cogs._spot import Spot

BEGAN = now()
LATE, EARLY = BEGAN + SOON + timedelta(minutes=1), BEGAN + timedelta(minutes=5)


def handover() -> Handover:
    job = Job(id="2222222222", user_id=4, title="t", created_at=BEGAN, is_private=True)
    # Without a token there is nothing to do, and nothing is asked of the bot.
    return Handover(None, Spot(None, job), lambda: None)  # type: ignore[arg-type]


SAID: dict[str, tuple[Moment, bool]] = {
    "starts too late": (Waiting(3, LATE), True),
    "starts in time": (Waiting(3, EARLY), False),
    "starts some time": (Waiting(3), False),
    "ends too late": (Running(ends_at=LATE), True),
    "ends in time": (Running(ends_at=EARLY), False),
    "ends some time": (Running(), False),
    "uploads": (Uploading(1, 1), False),
    "is cancelled": (Cancelling(), False),
}


@pytest.mark.parametrize(("moment", "is_long"), SAID.values(), ids=SAID.keys())
def test_what_may_take_longer_than_the_card_is_told_in_advance(moment: Moment, is_long: bool) -> None:
    assert ("by direct message" in handover().said(moment)) is is_long


@pytest.mark.parametrize("moment", [moment for moment, _ in SAID.values()], ids=SAID.keys())
def test_once_it_is_known_how_the_rest_comes_that_alone_is_said(moment: Moment) -> None:
    found = handover()
    found.note = "So it comes."
    assert found.said(moment) == "So it comes."
