"""The bot is killed in each state, before and after each effect of it. Its job ends once, and leaves nothing."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.live.atelier import BUNDLED, FIXTURES, results, text
from tests.live.conftest import Leftovers
from tests.live.moments import (
    DELETE_IMAGES,
    DELETE_ITEM,
    DELIVER,
    ENQUEUE,
    FETCH,
    FETCH_LATE,
    UPLOAD,
    House,
    Moment,
    housed,
)
from tests.live.pictures import board, encoded, roughness

PNG = ("board.png", encoded(board()))


@pytest.fixture
async def house(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[House]:
    async with housed(tmp_path, leftovers.server) as house:
        yield house


@pytest.mark.parametrize(
    "lives",
    [
        pytest.param([[UPLOAD], [UPLOAD.after]], id="new"),
        pytest.param([[ENQUEUE], [ENQUEUE.after]], id="ready"),
        pytest.param([[FETCH], [FETCH_LATE.after]], id="queued"),
        pytest.param([[DELIVER], [DELIVER.after]], id="finished"),
        pytest.param([[DELETE_IMAGES, DELETE_ITEM.after], [DELETE_IMAGES.after, DELETE_ITEM]], id="settled"),
    ],
)
async def test_the_bot_is_killed(lives: Sequence[Sequence[Moment]], house: House) -> None:
    """Before the effect, and, in its next life, after it: while the answer is on its way."""
    atelier, card = house.atelier, None
    for moments in lives:
        held = [house.hold(moment) for moment in moments]
        async with atelier.bot_process() as process:
            if card is None:
                await atelier.publish(BUNDLED / "blur.json")
                card = await atelier.start("blur", {"picture": PNG, "radius": 12.5})
            for one, moment in zip(held, moments, strict=True):
                await house.comes(one, moment)
            process.kill()
            await process.wait()
        for one in held:
            one.release()
    assert card
    async with atelier.bot_process():
        await atelier.ended(card)
        await atelier.cleaned()
    (made,) = results(card)
    assert roughness(made) < roughness(board()) / 3
    assert (atelier.value(card, "radius"), "❌" in text(card)) == ("12.5", False)
    assert atelier.channel.messages == [card]
    assert atelier.ask("SELECT attempt, outcome, delivery FROM jobs") == [(1, "completed", "card")]
    assert len(house.enqueued) == 1, "enqueued twice"


@pytest.mark.usefixtures("tiny_sd15")
async def test_the_bot_is_killed_while_jobs_wait(house: House) -> None:
    """One runs, one is pending in InvokeAI, one waits in the bot's own line."""
    atelier = house.atelier
    async with atelier.bot_process() as process:
        await atelier.publish(FIXTURES / "slow.json")
        await atelier.publish(BUNDLED / "blur.json")
        cards = [await atelier.start("long-exposure", {"steps": 60})]
        await atelier.denoises(cards[0])
        cards += [await atelier.start("blur", {"picture": PNG}) for _ in range(2)]
        # Whichever picture was uploaded first has the second turn.
        await atelier.until(lambda: sorted(atelier.states()) == ["queued", "queued", "ready"])
        await atelier.until(lambda: any("1st in line" in text(card) for card in cards[1:]))
        process.kill()
        await process.wait()
    async with atelier.bot_process():
        for card in cards:
            await atelier.ended(card)
            assert len(results(card)) == 1
        await atelier.cleaned()
    assert atelier.channel.messages == cards
    assert atelier.ask("SELECT attempt, outcome FROM jobs") == [(1, "completed")] * 3
    assert len(house.enqueued) == len(set(house.enqueued)) == 3
