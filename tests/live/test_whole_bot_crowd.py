"""Several people at once, those who change their mind, and a workflow that fails."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.live.atelier import BUNDLED, FIXTURES, Atelier, furnished, is_under_way, job_id, results, text
from tests.live.conftest import Leftovers
from tests.live.pictures import board, encoded, roughness

PNG = ("board.png", encoded(board()))


@pytest.fixture
async def atelier(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[Atelier]:
    async with furnished(tmp_path, leftovers.server.url) as atelier, atelier.bot():
        yield atelier


@pytest.fixture
async def one_at_a_time(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[Atelier]:
    async with furnished(tmp_path, leftovers.server.url, max_in_flight=1) as atelier, atelier.bot():
        yield atelier


async def test_twenty_jobs_of_five_people(atelier: Atelier) -> None:
    await atelier.publish(BUNDLED / "blur.json")
    people = [atelier.guild.add_member(f"Guest {number}") for number in range(5)]
    radii = [5 + number for number in range(20)]
    asked = [(radius, people[number % 5]) for number, radius in enumerate(radii)]
    cards = await asyncio.gather(
        *(atelier.start("blur", {"picture": PNG, "radius": radius}, who) for radius, who in asked)
    )
    for card in cards:
        await atelier.ended(card, timeout=55)
    assert [atelier.value(card, "radius") for card in cards] == [str(radius) for radius in radii]
    assert len({job_id(card) for card in cards}) == len(set(map(id, cards))) == 20
    made = [results(card)[0] for card in cards]
    rough = [roughness(one) for one in made]
    assert rough[0] > rough[-1]
    assert max(rough) < roughness(board()) / 2
    assert len(atelier.channel.messages) == 20
    assert any("in line" in text(edit) for card in cards for edit in card.edits)


async def test_turns_go_round_the_people(one_at_a_time: Atelier) -> None:
    """Whoever comes last with one job does not wait for all five of somebody else."""
    atelier = one_at_a_time
    await atelier.publish(BUNDLED / "blur.json")
    late = atelier.guild.add_member("Cy")
    busy = [await atelier.start("blur", {"picture": PNG}) for _ in range(5)]
    single = await atelier.start("blur", {"picture": PNG}, late)
    for card in (*busy, single):
        await atelier.ended(card)
    order = [row[0] for row in atelier.ask("SELECT id FROM jobs ORDER BY enqueued_at")]
    assert order.index(job_id(single)) <= 2
    assert [job for job in order if job != job_id(single)] == [job_id(card) for card in busy]


async def test_a_sixth_job_is_too_many(one_at_a_time: Atelier, tiny_sd15: object) -> None:
    atelier = one_at_a_time
    await atelier.publish(FIXTURES / "slow.json")
    cards = [await atelier.start("long-exposure", {"steps": 900}) for _ in range(5)]
    refused = await atelier.start("long-exposure")
    assert refused.ephemeral
    assert "5 jobs under way" in refused.content
    for card in reversed(cards):
        await atelier.member.press(card, "Cancel")
    for card in cards:
        assert "🛑 Cancelled." in text(await atelier.ended(card))


async def test_cancelling_while_waiting(one_at_a_time: Atelier, tiny_sd15: object, leftovers: Leftovers) -> None:
    atelier = one_at_a_time
    await atelier.publish(FIXTURES / "slow.json")
    await atelier.publish(BUNDLED / "blur.json")
    guest = atelier.guild.add_member("Cy")
    running = await atelier.start("long-exposure", {"steps": 900})
    await atelier.denoises(running)
    waiting = await atelier.start("blur", {"picture": PNG}, guest)
    await atelier.shows(waiting, lambda: "1st in line" in text(waiting))
    pressed = await atelier.member.press(waiting, "Cancel")
    await atelier.until(lambda: pressed.response is not None and pressed.response is not waiting)
    assert pressed.response
    assert "Only the one who asked for it" in pressed.response.content

    await guest.press(waiting, "Cancel")
    await atelier.ended(waiting)
    assert "🛑 Cancelled." in text(waiting)
    assert is_under_way(running), "the one that runs was stopped too"
    items = await asyncio.to_thread(leftovers.server.request, "GET", "/api/v1/queue/familiar/item_ids")
    assert len(items["item_ids"]) == 1, "the one that waited was enqueued all the same"

    await atelier.member.press(running, "Cancel")
    await atelier.ended(running)
    assert "🛑 Cancelled." in text(running)


async def test_a_failing_step_is_named(atelier: Atelier) -> None:
    """The workflow divides by what it is given, after it has made a picture that must not stay."""
    await atelier.publish(FIXTURES / "failing.json")
    card = await atelier.run("division-of-labour", {"photo": PNG, "divide_by": 0})
    assert "❌ The step **Divide** failed: division by zero." in text(card)
    assert "/" not in text(card), "a path of the server"
    assert card.attachments == []
    assert atelier.value(card, "divide_by") == "0"
    card = await atelier.run("division-of-labour", {"photo": PNG, "divide_by": 4})
    assert [one.size for one in results(card)] == [(120, 120)]


async def test_a_picture_that_is_none_is_refused(atelier: Atelier) -> None:
    await atelier.publish(BUNDLED / "blur.json")
    for data in (b"", b"just words", PNG[1][:200], encoded(board(), "JPEG")[:-300]):
        card = await atelier.run("blur", {"picture": ("picture.png", data)})
        assert "❌ **picture**: that" in text(card), data[:20]
        assert card.attachments == []
