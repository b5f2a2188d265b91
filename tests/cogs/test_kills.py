"""Kill the real process at its worst moments; the next one ends every job truthfully, once, and leaves nothing."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.discord import Message
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    buttons,
    chunks,
    fixture,
    furnished,
    numbers,
    text,
)
from tests.cogs.serving import Serving

POSTS = "POST /channels/{channel_id}/messages"


@pytest.fixture(autouse=True)
def _cut_requests(complaints: list[str]) -> None:
    """What both servers say of a request whose sender died."""
    complaints += ["Error handling request", "an unhandled error"]


@pytest.fixture
async def atelier(tmp_path: Path) -> AsyncIterator[Atelier]:
    async with furnished(tmp_path, with_bot=False, step_seconds=0.02) as found:
        yield found


@pytest.fixture
async def serving(atelier: Atelier) -> AsyncIterator[Serving]:
    found = Serving(atelier)
    try:
        await found.start()
        yield found
    finally:
        await found.close()


def assert_delivered(card: Message, files: int = 1) -> None:
    assert "❌" not in text(card)
    assert len(card.attachments) == files
    assert "Cancel" not in buttons(card)
    pictures = [file.data for file in card.attachments if "sheet" not in file.filename]
    assert all(set(chunks(data)) == {"IHDR", "IDAT", "IEND"} for data in pictures)


async def test_a_kill_with_a_job_at_every_stage(atelier: Atelier, serving: Serving) -> None:
    place, discord = atelier.place, atelier.discord
    await atelier.publish(fixture("blur"))
    await atelier.publish(numbers(23))
    slow = await atelier.publish(fixture("slow"))
    people = [place.guild.add_member(f"P{i}") for i in range(8)]

    # The first of its further messages is there, the bot does not know it, and the next one fails again and again.
    discord.faults.lose_answer_next(POSTS)
    posting = await atelier.run("many", who=people[0])
    await discord.until(lambda: len(place.channel.messages) == 2)
    discord.faults.fail_next(POSTS, 503, times=1000)
    # The results of this one hang on their way to the card.
    use = await people[1].slash(place.channel, "fog-glass", {"photo": PHOTO})
    discord.faults.delay(f"PATCH /webhooks/{discord.application_id}/{use.token}", 0.5)
    delivering = await atelier.answer(use)
    await discord.until(lambda: all(item.status == "completed" for item in atelier.invoke.items.values()))
    await asyncio.sleep(0.2)
    running = [await atelier.run(slow["name"], {"steps": 60}, who=who) for who in people[2:4]]
    await atelier.shows(running[0], "Step 5 of 6")
    waiting = await atelier.run("many", who=people[4])
    await atelier.shows(waiting, "1st in line")
    atelier.invoke.faults.delay("POST /api/v1/images/upload", 0.5)
    uploading = await atelier.run("fog-glass", {"photo": PHOTO}, who=people[5])
    await atelier.shows(uploading, "📤 Uploading the picture")
    # The bot does not know that the card of this one exists; the member of the next one was told that it does not.
    discord.faults.delay("GET /webhooks", 9)
    discord.faults.lose_answer_next("POST /interactions")
    unknown = await people[6].slash(place.channel, "many")
    await discord.until(lambda: unknown.original)
    discord.faults.fail_next("POST /interactions", 500, times=1000)
    unposted = await people[7].slash(place.channel, "many")
    await discord.until(lambda: any(refusal.status == 500 for refusal in discord.refused))
    await serving.end(signal.SIGKILL)
    discord.faults._failing.clear()
    discord.faults._slow.clear()
    atelier.invoke.faults.delay("POST /api/v1/images/upload", 0)

    await serving.start()
    assert unknown.original
    cards = [posting, delivering, *running, waiting, uploading, unknown.original]
    for card in cards:
        await discord.until(lambda card=card: "Cancel" not in buttons(card), 20)
    await atelier.tidy()
    for card, files in zip(cards, (10, 1, 1, 1, 10, 1, 10), strict=True):
        assert_delivered(card, files)
    assert atelier.invoke.batches == 7
    for card in (posting, waiting, unknown.original):
        further = [message for message in place.channel.messages if message.reply_to is card]
        assert [len(message.attachments) for message in further] == [10, 4]
    assert len(place.channel.messages) == 7 + 6
    assert unposted.original is None
    assert "🛑" in text(await atelier.answer(await people[7].slash(place.channel, "jobs")))
    # Of a body that its sender's death cut short Discord says so too.
    assert {refusal.status for refusal in atelier.refusals()} <= {500, 503, 404}


async def test_a_stop_is_quick_and_keeps_the_jobs(atelier: Atelier, serving: Serving) -> None:
    slow = await atelier.publish(fixture("slow"))
    card = await atelier.run(slow["name"], {"steps": 60})
    await atelier.shows(card, "Step 5 of 6")
    # An edit that hangs is no reason to stay.
    atelier.discord.faults.delay("PATCH /webhooks", 30)
    await asyncio.sleep(0.1)
    clock = asyncio.get_running_loop().time
    began = clock()
    code, logged = await serving.end(signal.SIGTERM)
    assert code == 0
    assert clock() - began < 2
    assert "Traceback" not in logged
    assert card.components
    atelier.discord.faults.delay("PATCH /webhooks", 0)
    # The next process finds the interaction's token dead, with the results in its hands.
    atelier.discord.advance(16 * 60)
    await serving.start()
    await atelier.over(card)
    assert_delivered(card)
    await atelier.tidy()
    assert atelier.invoke.batches == 1
    assert {refusal.code for refusal in atelier.refusals()} <= {50027, 0}
