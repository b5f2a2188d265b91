"""The whole evening of one member: all that can be done with a bot, on a real model, in one go and with a restart."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.discord import Message
from bot.service import open_service
from tests.live.atelier import BUNDLED, FIXTURES, Atelier, changed, furnished, is_under_way, job_id, results, text
from tests.live.conftest import Leftovers
from tests.live.evening import LONG, Evening, fields, labels
from tests.live.pictures import board, encoded

PNG = ("board.png", encoded(board((256, 256))))
PAINTING: dict[str, object] = {"prompt": "a fox at dusk", "width": 768, "height": 512, "steps": 60}
SHOW = "Show its card here"

pytestmark = [pytest.mark.usefixtures("tiny_sd15"), pytest.mark.timeout(600, func_only=True)]


@pytest.fixture
async def evening(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[Evening]:
    """Without a bot: it is started twice."""
    async with furnished(tmp_path, leftovers.server.url, pace=0.3) as atelier:
        config = atelier.config.read_text("utf-8")
        atelier.config.write_text(f"{config}\n[cards]\npreview_seconds = 1\n", "utf-8")
        yield Evening(atelier)


async def publish(atelier: Atelier) -> None:
    sizes = {(node, side): 512 for node in ("img_resize", "noise") for side in ("width", "height")}
    longer = {("denoise_latents", "steps"): {"max": 200}}
    await atelier.publish(changed(FIXTURES / "text_to_image.json", limits=longer))
    await atelier.publish(changed(FIXTURES / "image_to_image.json", sizes))
    await atelier.publish(FIXTURES / "slow.json")
    await atelier.publish(BUNDLED / "blur.json")


# What the member does


async def looks_around(evening: Evening) -> None:
    said = fields(await evening.slash("help"))
    assert all(name in said for name in ("dawn-painter", "repaint", "long-exposure", "blur")), said
    settings = await evening.slash("settings")
    await evening.redraw(settings, "🔔 Ping when done: off")
    assert "🔔 Ping when done: on" in labels(settings)


async def paints(evening: Evening) -> Message:
    """A picture by command, with what it will be seen while it is made."""
    card = await evening.slash("dawn-painter", PAINTING)
    await evening.until(lambda: len(evening.frames()) >= 2 or not is_under_way(card))
    assert is_under_way(card), "no two previews were seen"
    await evening.over(card)
    assert [one.size for one in results(card)] == [(768, 512)]
    assert all(file.removed for file in evening.frames())
    return card


async def goes_on_from(evening: Evening, card: Message) -> None:
    """What the buttons of a result do."""
    await evening.atelier.cleaned()
    details = await evening.press(card, "Details")
    assert details.ephemeral
    told = fields(details)
    assert all(words in told for words in ("a fox at dusk", "tiny-sd15", "InvokeAI confirmed each deletion")), told
    assert [file.filename for file in details.attachments] == [f"job-{job_id(card)}.json"]
    again = await evening.over(await evening.press(card, "Again"))
    varied = await evening.submit(await evening.open(card, "Variations"), {"How many variations?": ["2"]})
    seeds = {str(evening.given(one)["seed"]) for one in (card, again, *await evening.all_over(varied, 2))}
    assert len(seeds) == 4


async def edits(evening: Evening) -> None:
    """Few values in a modal that runs at once; many in the form."""
    card = await evening.run("long-exposure", {"steps": 8, "prompt": "a heron"})
    sent = await evening.submit(await evening.open(card, "Edit"), {"prompt": "a heron in the rain"})
    (edited,) = await evening.all_over(sent, 1)
    assert evening.given(edited) | {"seed": 0} == evening.given(card) | {"prompt": "a heron in the rain", "seed": 0}


async def tries_two_colours(evening: Evening) -> None:
    use = await evening.member.slash(evening.channel, "dawn-painter", {"prompt": "a {red, green} barn"})
    evening.acts.append("a permutation")
    cards = await evening.all_over(use, 2)
    assert {evening.given(card)["prompt"] for card in cards} == {"a red barn", "a green barn"}


async def uses_pictures(evening: Evening, card: Message) -> None:
    """A result, a picture that somebody posted, an avatar, a job by its number, and a message by its link."""
    picker = await evening.press(card, "Use as input")
    form = await evening.choose(picker, "Workflow", ["repaint"])
    repainted = await evening.over(await evening.press(form, "Run"))
    assert [one.size for one in results(repainted)] == [(512, 512)]

    shown = await evening.atelier.admin.say(evening.channel, "look", [PNG])
    form = await evening.choose(await evening.menu("Run on this image", shown), "Workflow", ["blur"])
    assert [one.size for one in results(await evening.over(await evening.press(form, "Run")))] == [(256, 256)]

    form = await evening.choose(await evening.menu("Run on avatar", evening.atelier.admin), "Workflow", ["blur"])
    await evening.over(await evening.press(form, "Run"))

    blurred = await evening.run("blur", {"from_job": job_id(card)})
    assert [one.size for one in results(blurred)] == [(768, 512)]
    link = f"https://discord.com/channels/{evening.atelier.guild.id}/{evening.channel.id}/{repainted.id}"
    assert [one.size for one in results(await evening.run("blur", {"from_url": link}))] == [(512, 512)]


async def keeps_something_private(evening: Evening) -> None:
    before = len(evening.channel.messages)
    first = await evening.private_over(await evening.slash("blur", {"picture": PNG, "private": True}))
    await evening.redraw(first, "Keep private")
    second = await evening.private_over(await evening.slash("blur", {"picture": PNG, "private": True}))
    assert len(evening.channel.messages) == before, "what is private was seen"
    await evening.redraw(second, "Post")
    await evening.until(lambda: len(evening.channel.messages) == before + 1)
    posted = evening.channel.messages[-1]
    assert not posted.ephemeral
    assert [file.data for file in posted.attachments] == [file.data for file in second.attachments]


async def uses_the_form(evening: Evening) -> None:
    """Everything of a workflow, and one's own defaults for the next time."""
    form = await evening.slash("run", {"workflow": "dawn-painter"})
    # The first of those that open its fields.
    await evening.fill(form, labels(form)[0], {"prompt": "a lighthouse of my own"})
    await evening.redraw(form, "My defaults")
    card = await evening.over(await evening.press(form, "Run"))
    assert evening.given(card)["prompt"] == "a lighthouse of my own"
    plain = await evening.run("dawn-painter", {"steps": 3})
    assert evening.given(plain)["prompt"] == "a lighthouse of my own"


async def is_refused_politely(evening: Evening) -> None:
    refused = await evening.slash("dawn-painter", {"model": "sdxl-turbo"})
    assert refused.ephemeral
    assert "**model**" in refused.content
    unsaid = await evening.slash("blur")
    assert unsaid.ephemeral
    assert "**picture** is needed" in text(unsaid)


async def cancels(evening: Evening) -> None:
    card = await evening.slash("long-exposure", {"steps": 900})
    await evening.atelier.denoises(card)
    queue = await evening.slash("queue")
    assert "Long exposure" in text(queue)
    evening.acts.append("Cancel")
    await evening.member.press(card, "Cancel")
    await evening.atelier.ended(card, LONG)
    assert "🛑 Cancelled." in text(card)
    assert not card.files


async def looks_back(evening: Evening, card: Message) -> None:
    """Pages and filters of one's jobs, and one of them shown where it is wanted."""
    listed = await evening.slash("jobs")
    first = text(listed)
    assert "Next" in labels(listed)
    assert text(await evening.redraw(listed, "Next")) != first
    await evening.filter(listed, "Show which?", ["failed"])
    assert "Long exposure" in text(listed)
    assert "Dawn painter" not in text(listed)
    hall = evening.atelier.guild.add_channel("hall")
    one = await evening.slash("job", {"id": job_id(card)}, where=hall)
    shown = await evening.press(one, SHOW)
    assert shown.channel is hall
    assert [file.data for file in shown.attachments] == [file.data for file in card.attachments]


async def covers_and_deletes(evening: Evening) -> None:
    await evening.redraw(await evening.slash("settings"), "🫣 Spoiler: off")
    card = await evening.run("blur", {"picture": PNG})
    assert all(file.filename.startswith("SPOILER_") for file in card.attachments)
    question = await evening.press(card, "Delete")
    await evening.redraw(question, "Yes, delete them")
    assert card.deleted
    assert all(file.removed for file in card.files)
    await evening.redraw(await evening.slash("settings"), "🫣 Spoiler: on")


# What others do


async def admin_shuts_the_door(evening: Evening, card: Message) -> None:
    """A policy counts at every entrance."""
    admin = evening.atelier.admin
    panel = await evening.slash("workflow policy", {"name": "dawn-painter"}, who=admin)
    await evening.redraw(panel, "Choose who may not …", who=admin)
    await evening.filter(panel, "Members who may not run it", [evening.member], who=admin)
    before = len(evening.channel.messages)
    refused = [
        await evening.slash("dawn-painter", {"prompt": "once more"}),
        await evening.press(card, "Again"),
        await evening.slash("run", {"workflow": "dawn-painter"}),
    ]
    for answer in refused:
        assert answer.ephemeral
        assert "keeps that workflow for some of its members" in text(answer)
    assert len(evening.channel.messages) == before
    offered = await evening.member.autocomplete(evening.channel, "run", "workflow", "")
    assert "dawn-painter" not in {choice["value"] for choice in offered}
    usage = await evening.slash("admin usage", who=admin)
    assert {file.filename for file in usage.files} == {"usage.png", "usage.csv"}
    assert "dawn-painter" in text(await evening.slash("admin audit", who=admin))
    assert "🟢 **main**" in fields(await evening.slash("admin status", who=admin))


# The evening


async def test_the_whole_evening_of_one_member(evening: Evening, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    atelier = evening.atelier
    async with open_service(atelier.settings):
        await atelier.online()
        await publish(atelier)
        await looks_around(evening)
        painting = await paints(evening)
        await goes_on_from(evening, painting)
        await edits(evening)
        await tries_two_colours(evening)
        await uses_pictures(evening, painting)
        await keeps_something_private(evening)
        running = await evening.slash("long-exposure", {"steps": 300})
        await atelier.denoises(running)
    assert is_under_way(running)
    async with atelier.bot():
        # Drawn by an earlier bot, both.
        after = await evening.press(painting, "Again")
        await evening.over(running)
        await evening.over(after)
        await uses_the_form(evening)
        await is_refused_politely(evening)
        await cancels(evening)
        await looks_back(evening, after)
        await covers_and_deletes(evening)
        await admin_shuts_the_door(evening, painting)
    assert_nothing_went_wrong(evening, caplog)


def assert_nothing_went_wrong(evening: Evening, caplog: pytest.LogCaptureFixture) -> None:
    assert any("unfinished jobs" in record.getMessage() for record in caplog.records), "the log was not heard"
    wrong = [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]
    assert not wrong, "\n".join(record.getMessage() for record in wrong)
    assert len(evening.acts) >= 20, evening.acts
    assert evening.atelier.refused() == []
    assert set(evening.atelier.states()) == {"closed"}
    ((everything, deleted),) = evening.atelier.ask("SELECT count(*), count(deleted_at) FROM assets")
    assert everything == deleted > 0
    outcomes = evening.atelier.ask("SELECT outcome, count(*) FROM jobs GROUP BY outcome")
    assert dict(outcomes).keys() == {"completed", "cancelled"}
    # Pinged once each for what took long, and never by anything else.
    pinged = [message for message in evening.channel.messages if message.pings]
    assert {who for message in pinged for who in message.pings} <= {evening.member.user}
