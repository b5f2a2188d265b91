"""Cancel, pressed in each state, before and after each effect of it: honoured, and nobody else's job is touched."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.live.atelier import BUNDLED, FIXTURES, is_under_way, job_id, results, text
from tests.live.conftest import Leftovers
from tests.live.moments import DELETE_IMAGES, DELIVER, ENQUEUE, FETCH, UPLOAD, House, Moment, housed, neighbour
from tests.live.pictures import board, encoded

PNG = ("board.png", encoded(board()))
MOMENTS = {
    "before the upload": UPLOAD,
    "after the upload": UPLOAD.after,
    "before it is enqueued": ENQUEUE,
    "after it was enqueued": ENQUEUE.after,
    "before its results are fetched": FETCH,
    "after its results were fetched": FETCH.after,
}
TOO_LATE = {"before it is posted": DELIVER, "after it was posted": DELIVER.after, "at the cleanup": DELETE_IMAGES}


@pytest.fixture
async def house(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[House]:
    async with housed(tmp_path, leftovers.server) as house, house.atelier.bot():
        await house.atelier.publish(BUNDLED / "blur.json")
        yield house


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
async def test_cancelling(moment: Moment, house: House, leftovers: Leftovers) -> None:
    atelier, held = house.atelier, house.hold(moment)
    card = await atelier.start("blur", {"picture": PNG})
    await house.comes(held, moment)
    async with neighbour(leftovers.server):
        await atelier.member.press(card, "Cancel")
        await atelier.until(lambda: atelier.ask("SELECT count(cancel_requested_at) FROM jobs") == [(1,)])
        held.release()
        await atelier.ended(card)
        assert "🛑 Cancelled." in text(card)
        assert card.attachments == []
        await atelier.cleaned()
    assert atelier.ask("SELECT attempt, outcome, delivery FROM jobs") == [(1, "cancelled", "card")]
    assert len(house.enqueued) == (0 if moment.state == "new" else 1)


@pytest.mark.parametrize("moment", TOO_LATE.values(), ids=TOO_LATE)
async def test_cancelling_what_is_over(moment: Moment, house: House, leftovers: Leftovers) -> None:
    """The card has no button any more, but an answer to /job may: it is too late, which is said; the results stay."""
    atelier, running, held = house.atelier, house.hold(FETCH), house.hold(moment)
    card = await atelier.start("blur", {"picture": PNG})
    await house.comes(running, FETCH)
    shown = await atelier.start("job", {"id": job_id(card)})
    running.release()
    await house.comes(held, moment)
    async with neighbour(leftovers.server):
        pressed = await atelier.member.press(shown, "Cancel")
        await atelier.until(lambda: pressed.followups)
        assert text(pressed.followups[0]) == "That job is over already."
        held.release()
        await atelier.ended(card)
        await atelier.cleaned()
    assert len(results(card)) == 1
    assert atelier.ask("SELECT attempt, outcome, delivery FROM jobs") == [(1, "completed", "card")]


@pytest.mark.usefixtures("tiny_sd15")
async def test_cancelling_what_is_pending(house: House, leftovers: Leftovers) -> None:
    """InvokeAI has it, behind another member's and before a stranger's: both go on."""
    atelier = house.atelier
    await atelier.publish(FIXTURES / "slow.json")
    running = await atelier.start("long-exposure", {"steps": 50}, atelier.admin)
    await atelier.denoises(running)
    card = await atelier.start("blur", {"picture": PNG})
    await atelier.until(lambda: atelier.states() == ["queued", "queued"])
    async with neighbour(leftovers.server):
        await atelier.member.press(card, "Cancel")
        await atelier.ended(card)
        assert "🛑 Cancelled." in text(card)
        assert is_under_way(running), "the one that runs was stopped too"
        await atelier.ended(running)
    assert len(results(running)) == 1
    assert card.attachments == []
