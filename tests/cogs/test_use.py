"""The button Use as input: a job's pictures, also over several messages, for whoever sees them."""

import json

import pytest

from bot.playground.discord import Message
from bot.playground.discord.actors import LocalMember
from bot.playground.discord.rest import Upload
from tests.cogs.atelier import (
    Atelier,
    blank,
    custom_id,
    fixture,
    in_module_loop,
    job_id,
    menus,
    numbers,
    text,
    workflow,
)
from tests.cogs.test_again import rows
from tests.cogs.test_pictures import asked, choose, run

USE = "Use as input"


async def done(atelier: Atelier, count: int = 1) -> Message:
    """The card of a job that made so many pictures, on a server that has a workflow for them."""
    await atelier.publish(fixture("blur"))
    await atelier.publish(numbers(count) if count > 1 else workflow(blank(), name="Blank"))
    card = await atelier.over(await atelier.run("many" if count > 1 else "blank"))
    await atelier.tidy()
    return card


async def use(atelier: Atelier, card: Message, who: LocalMember | None = None) -> Message:
    return await atelier.answer(await (who or atelier.place.member).press(card, USE))


# What it does not do


@in_module_loop
async def test_a_job_that_is_not_known_here_is_refused(room: Atelier) -> None:
    card = await done(room)
    elsewhere = room.open_place("Elsewhere")
    await room.publish(fixture("blur"), place=elsewhere)
    foreign = await elsewhere.other.say(elsewhere.channel, "a card of another server")
    for message, job in ((card, "2222222222"), (foreign, job_id(card))):
        who = room.place.member if message is card else elsewhere.other
        refused = await room.answer(await room.press_raw(who, message, f"familiar:use:{job}"))
        assert refused.ephemeral
        assert text(refused) == "That job is no longer known here."


@in_module_loop
async def test_pictures_that_were_deleted_are_told(room: Atelier) -> None:
    card = await done(room)
    elsewhere = await room.place.member.say(room.channel, "an old copy of its buttons")
    room.discord.messages.delete(card)
    refused = await room.answer(await room.press_raw(room.place.member, elsewhere, f"familiar:use:{job_id(card)}"))
    assert text(refused).startswith("The pictures of that job are gone")
    room.refusals()


@in_module_loop
async def test_what_did_not_end_well_has_no_pictures(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.run("blank")
    refused = await room.answer(await room.press_raw(room.place.member, card, f"familiar:use:{job_id(card)}"))
    assert text(refused).startswith("The pictures of that job are gone")


# What it does


@in_module_loop
@pytest.mark.parametrize("who", ["member", "other"])
async def test_a_result_becomes_an_input(room: Atelier, who: str) -> None:
    card = await done(room)
    presser = getattr(room.place, who)
    picker = await use(room, card, presser)
    assert picker.ephemeral
    assert list(menus(picker)) == ["Workflow"]
    form = await choose(room, picker, "fog-glass", presser)
    after = await run(room, form, presser)
    (given,) = asked(room, after)
    assert given["source"] == f"{card.channel.id}/{card.id}/{card.attachments[0].id}"
    assert after.attachments[0].width == 16


@in_module_loop
async def test_results_of_several_messages_are_all_there(room: Atelier) -> None:
    card = await done(room, 12)
    further = await room.discord.until(lambda: [m for m in room.channel.messages if m.reply_to is card])
    picker = await use(room, card)
    names = menus(picker)["Picture"]
    assert len(names) == 12
    assert len(picker.embeds) == 10
    # The message shows ten; the last is read again.
    last = further[0].attachments[-1]
    await room.place.member.select(picker, "Picture", [names[-1]])
    await room.discord.until(lambda: str(last.id) in custom_id(picker, "Workflow"))
    assert last.filename in text(await choose(room, picker, "fog-glass")).replace("\\", "")


@in_module_loop
async def test_where_a_card_was_shown_once_more_that_servers_workflows_are_offered(room: Atelier) -> None:
    card = await done(room)
    elsewhere = room.open_place("Elsewhere")
    await room.publish(fixture("blur"), place=elsewhere)
    upload = Upload(0, card.attachments[0].filename, card.attachments[0].data)
    shown = room.discord.messages.create(elsewhere.channel, room.discord.bot, {}, [upload])
    places = json.dumps([[shown.channel.id, shown.id], [card.channel.id, card.id]])
    rows(room, "UPDATE jobs SET posted = ? WHERE id = ?", places, job_id(card))
    picker = await room.answer(await room.press_raw(elsewhere.other, shown, f"familiar:use:{job_id(card)}"))
    form = await choose(room, picker, "fog-glass", elsewhere.other)
    assert len((await run(room, form, elsewhere.other)).attachments) == 1


async def test_it_outlives_a_restart(atelier: Atelier) -> None:
    card = await done(atelier, 3)
    await atelier.restart()
    picker = await use(atelier, card)
    assert len(menus(picker)["Picture"]) == 3
    await atelier.restart()
    assert "photo" in text(await choose(atelier, picker, "fog-glass"))
