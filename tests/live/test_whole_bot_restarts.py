"""Power cuts: of InvokeAI in the middle of a run, and of the bot. The job goes on, once, on the same card."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.live.atelier import (
    BUNDLED,
    FIXTURES,
    PATIENCE,
    Atelier,
    changed,
    furnished,
    is_under_way,
    job_id,
    results,
    text,
)
from tests.live.conftest import Leftovers
from tests.live.pictures import board, encoded
from tests.live.server import InvokeServer

PNG = ("board.png", encoded(board()))

pytestmark = pytest.mark.usefixtures("tiny_sd15")


@pytest.fixture
async def atelier(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[Atelier]:
    """Without a bot: these tests start it themselves."""
    async with furnished(tmp_path, leftovers.server.url, pace=0.5) as atelier:
        yield atelier


async def item_ids(server: InvokeServer) -> set[int]:
    answer = await asyncio.to_thread(server.request, "GET", "/api/v1/queue/familiar/item_ids")
    return set(answer["item_ids"])


async def test_invokeai_is_killed_in_mid_denoise(atelier: Atelier, restartable_invokeai: InvokeServer) -> None:
    """By then it has made an intermediate picture, which no result will ever name."""
    sizes = {(node, side): 512 for node in ("img_resize", "noise") for side in ("width", "height")}
    workflow = changed(FIXTURES / "image_to_image.json", sizes, {("denoise_latents", "steps"): {"max": 900}})
    models = restartable_invokeai.models()
    async with atelier.bot():
        await atelier.publish(workflow)
        card = await atelier.start("repaint", {"start_from": PNG, "keep": 0, "steps": 120})
        await atelier.denoises(card)
        await asyncio.to_thread(restartable_invokeai.restart, kill=True)
        assert restartable_invokeai.models() == models, "it is another server"
        await atelier.ended(card, timeout=60)
        assert [one.size for one in results(card)] == [(512, 512)]
        said = "\n".join(text(edit) for edit in card.edits)
        assert "InvokeAI restarted in the middle of it. The job runs once more." in said
        ((attempt, state),) = atelier.ask("SELECT attempt, outcome FROM jobs WHERE id = ?", job_id(card))
        assert (attempt, state) == (2, "completed")
        assert len(atelier.channel.messages) == 1


async def test_invokeai_is_killed_while_jobs_wait(atelier: Atelier, restartable_invokeai: InvokeServer) -> None:
    """One runs, one waits in InvokeAI, one in the bot: all of them end well."""
    async with atelier.bot():
        await atelier.publish(FIXTURES / "slow.json")
        await atelier.publish(BUNDLED / "blur.json")
        cards = [await atelier.start("long-exposure", {"steps": 120})]
        await atelier.denoises(cards[0])
        cards += [await atelier.start("blur", {"picture": PNG}) for _ in range(2)]
        await atelier.shows(cards[2], lambda: "1st in line" in text(cards[2]))
        await asyncio.to_thread(restartable_invokeai.restart, kill=True)
        for card in cards:
            await atelier.ended(card, timeout=60)
            assert len(results(card)) == 1
        attempts = atelier.ask("SELECT attempt FROM jobs ORDER BY created_at")
        assert attempts == [(2,), (1,), (1,)]


async def test_the_bot_is_killed_in_mid_denoise(atelier: Atelier, leftovers: Leftovers) -> None:
    async with atelier.bot_process() as process:
        await atelier.publish(FIXTURES / "slow.json")
        card = await atelier.start("long-exposure", {"steps": 250, "seed": 3})
        await atelier.denoises(card)
        process.kill()
        await process.wait()
    enqueued = await item_ids(leftovers.server)
    assert len(enqueued) == 1
    seen = set[int]()
    async with atelier.bot_process():
        while is_under_way(card):
            seen |= await item_ids(leftovers.server)
            await asyncio.sleep(0.1)
        await atelier.cleaned()
    assert seen <= enqueued, "enqueued twice"
    assert [one.size for one in results(card)] == [(512, 512)]
    assert atelier.channel.messages == [card]
    assert atelier.ask("SELECT attempt, outcome FROM jobs") == [(1, "completed")]


async def test_the_run_ends_while_the_bot_is_dead(atelier: Atelier, leftovers: Leftovers) -> None:
    async with atelier.bot_process() as process:
        await atelier.publish(FIXTURES / "slow.json")
        card = await atelier.start("long-exposure", {"steps": 60, "seed": 3})
        await atelier.denoises(card)
        process.kill()
        await process.wait()
    (item,) = await item_ids(leftovers.server)
    async with asyncio.timeout(PATIENCE):
        path = f"/api/v1/queue/familiar/i/{item}"
        while (await asyncio.to_thread(leftovers.server.request, "GET", path))["status"] != "completed":  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    async with atelier.bot_process():
        await atelier.ended(card)
        await atelier.cleaned()
    assert len(results(card)) == 1
    assert atelier.channel.messages == [card]


async def test_a_button_that_an_earlier_bot_drew_still_cancels(atelier: Atelier) -> None:
    async with atelier.bot_process() as process:
        await atelier.publish(FIXTURES / "slow.json")
        card = await atelier.start("long-exposure", {"steps": 900})
        await atelier.denoises(card)
        process.kill()
        await process.wait()
    async with atelier.bot_process():
        await atelier.member.press(card, "Cancel")
        await atelier.ended(card)
        await atelier.cleaned()
    assert "🛑 Cancelled." in text(card)


async def test_the_bot_is_told_to_stop_and_started_again(atelier: Atelier) -> None:
    """An orderly end leaves running jobs to the next process too, and says so by its exit code."""
    async with atelier.bot_process() as process:
        await atelier.publish(FIXTURES / "slow.json")
        card = await atelier.start("long-exposure", {"steps": 100})
        await atelier.denoises(card)
        process.terminate()
        assert await process.wait() == 0
    assert is_under_way(card), "a stop is not a cancel"
    async with atelier.bot_process():
        await atelier.ended(card)
        await atelier.cleaned()
    assert len(results(card)) == 1
