"""The buttons Post and Keep private of a private run's results."""

import asyncio
import json
from collections.abc import Callable

import pytest

from bot.playground.discord import Message, Permissions
from bot.playground.discord.actors import LocalMember
from tests.cogs.atelier import (
    Atelier,
    blank,
    buttons,
    custom_id,
    fixture,
    in_module_loop,
    job_id,
    menus,
    numbers,
    picture,
    text,
    workflow,
)
from tests.cogs.test_again import rows


async def done(atelier: Atelier, count: int = 1) -> Message:
    """The card of a private run that made so many pictures."""
    await atelier.publish(numbers(count) if count > 1 else workflow(blank(), name="Blank"))
    card = await atelier.over(await atelier.run("many" if count > 1 else "blank", {"private": True}))
    await atelier.tidy()
    assert card.ephemeral
    return card


async def post(atelier: Atelier, card: Message) -> list[Message]:
    """Press Post, and return what everybody sees by then."""
    before = list(atelier.channel.messages)
    await atelier.changed(card, await atelier.place.member.press(card, "Post"))
    return [message for message in atelier.channel.messages if message not in before]


async def refused(atelier: Atelier, card: Message, who: LocalMember | None = None) -> str:
    """Press Post, and return why nothing is posted."""
    before = list(atelier.channel.messages)
    told = await atelier.told(await (who or atelier.place.member).press(card, "Post"))
    assert atelier.channel.messages == before
    return told


# What they do not do


def deny_member(room: Atelier) -> None:
    room.channel.overwrite(room.place.member, deny=Permissions.ATTACH_FILES)


def deny_bot(room: Atelier) -> None:
    room.channel.overwrite(room.place.guild.bot, deny=Permissions.EMBED_LINKS)


def make_private_only(room: Atelier) -> None:
    query = "INSERT INTO policies SELECT id, ? FROM workflows WHERE guild_id = ?"
    rows(room, query, json.dumps({"private_only": True}), room.place.guild.id)


def keep_out(room: Atelier) -> None:
    query = "INSERT INTO policies SELECT id, ? FROM workflows WHERE guild_id = ?"
    rows(room, query, json.dumps({"channels": {"denied": [room.channel.id]}}), room.place.guild.id)


def make_age_restricted(room: Atelier) -> None:
    query = "INSERT INTO policies SELECT id, ? FROM workflows WHERE guild_id = ?"
    rows(room, query, json.dumps({"age_restricted_only": True}), room.place.guild.id)


def forget(room: Atelier) -> None:
    rows(room, "UPDATE jobs SET guild_id = 1 WHERE guild_id = ?", room.place.guild.id)


REFUSED: dict[str, tuple[Callable[[Atelier], None], str]] = {
    "the member may not": (deny_member, "You may not post files in <#"),
    "the bot may not": (deny_bot, "I may not post files in <#"),
    "private only": (make_private_only, "On this server, results of that workflow are private."),
    "not in this channel": (keep_out, "That workflow is not meant for this channel"),
    "age-restricted channels only": (make_age_restricted, "That workflow"),
    "another server": (forget, "That job is no longer known here."),
}


@in_module_loop
@pytest.mark.parametrize(("happens", "words"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_may_not_be_posted_stays_private(room: Atelier, happens: Callable, words: str) -> None:
    card = await done(room)
    happens(room)
    await asyncio.sleep(0.05)
    assert (await refused(room, card)).startswith(words)
    assert rows(room, "SELECT is_private FROM jobs WHERE id = ?", job_id(card)) == [(1,)]


@in_module_loop
async def test_what_is_private_only_does_not_offer_them(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    make_private_only(room)
    await asyncio.sleep(0.05)
    card = await room.over(await room.run("blank"))
    await room.tidy()
    assert card.ephemeral
    assert "Delete" in buttons(card)
    assert {"Post", "Keep private"}.isdisjoint(buttons(card))


@in_module_loop
@pytest.mark.parametrize("act", ["post", "keep"])
async def test_they_are_for_the_requester_and_for_what_is_known(room: Atelier, act: str) -> None:
    card = await done(room)
    copy = await room.place.other.say(room.channel, "a copy of it")
    press = await room.press_raw(room.place.other, copy, f"familiar:{act}:{job_id(card)}")
    assert text(await room.answer(press)) == "Only the one who asked for it can do that."
    press = await room.press_raw(room.place.other, copy, f"familiar:{act}:2222222222")
    assert text(await room.answer(press)) == "That job is no longer known here."


@in_module_loop
async def test_files_that_are_gone_are_told(room: Atelier) -> None:
    card = await done(room)
    for file in card.files:
        file.removed = True
    assert (await refused(room, card)).startswith("The files are gone from Discord.")


@in_module_loop
async def test_further_messages_that_cannot_be_read_are_told(room: Atelier) -> None:
    card = await done(room, 12)
    room.discord.advance(16 * 60)
    shown = await post(room, card)
    assert sum(len(message.attachments) for message in shown) == len(card.attachments)
    assert "further files are not among them" in text(card)
    assert {refusal.code for refusal in room.refusals()} == {50027}


# What they do


@in_module_loop
async def test_results_are_posted_as_a_card_of_their_own(room: Atelier) -> None:
    card = await done(room)
    card.files[0].description = "a grey square"
    (shown,) = await post(room, card)
    assert [file.data for file in shown.attachments] == [file.data for file in card.attachments]
    assert shown.attachments[0].description == "a grey square"
    assert f"· <@{room.place.member.id}>" in text(shown)
    assert not shown.pings
    assert {"Post", "Keep private"}.isdisjoint(buttons(shown))
    assert {"Again", "Details", "Delete"} <= set(buttons(shown))
    assert text(card).startswith("📣 Posted: https://discord.com/channels/")
    assert f"/{shown.id}" in text(card)
    assert {"Post", "Keep private"}.isdisjoint(buttons(card))
    query = "SELECT is_private, message_id, posted FROM jobs WHERE id = ?"
    assert rows(room, query, job_id(card)) == [(0, shown.id, json.dumps([[shown.channel.id, shown.id]]))]
    # Its buttons are those of any card.
    await room.place.member.press(shown, "Delete")


@in_module_loop
async def test_posted_once_however_often_it_is_pressed(room: Atelier) -> None:
    card = await done(room)
    pressed = [await room.place.member.press(card, "Post") for _ in range(2)]
    await room.discord.until(lambda: any(press.followups or press.response not in (None, card) for press in pressed))
    await room.shows(card, "📣 Posted")
    assert len(room.channel.messages) == 1
    press = await room.press_raw(room.place.member, card, f"familiar:post:{job_id(card)}")
    assert (await room.told(press)).startswith("It is posted already: https://discord.com/channels/")


@in_module_loop
async def test_further_messages_are_taken_along_while_their_token_lives(room: Atelier) -> None:
    card = await done(room, 12)
    shown = await post(room, card)
    assert len(shown) == 2
    names = [file.filename for message in shown for file in message.attachments if "sheet" not in file.filename]
    assert names == [f"{job_id(card)}-{number}.png" for number in range(1, 13)]
    assert "further" not in text(card)


COVERED = {"by the job": "UPDATE jobs SET is_spoiler = 1 WHERE guild_id = ?", "not": "SELECT ?"}


@in_module_loop
@pytest.mark.parametrize("by", COVERED)
async def test_what_was_covered_stays_covered(room: Atelier, by: str) -> None:
    card = await done(room)
    rows(room, COVERED[by], room.place.guild.id)
    (shown,) = await post(room, card)
    assert shown.attachments[0].filename.startswith("SPOILER_") is (by != "not")


@in_module_loop
async def test_channels_that_cover_results_cover_these(room: Atelier) -> None:
    card = await done(room)
    choices = json.dumps({"spoiler_channels": [room.channel.id]})
    rows(room, "INSERT INTO guild_choices VALUES (?, ?)", room.place.guild.id, choices)
    (shown,) = await post(room, card)
    assert shown.attachments[0].filename.startswith("SPOILER_")


@in_module_loop
async def test_a_file_over_the_servers_limit_is_made_to_fit(room: Atelier) -> None:
    card = await done(room)
    card.files[0].data = picture((700, 700), noisy=True)
    room.discord.world.max_upload, before = 2**20, room.discord.world.max_upload
    try:
        (shown,) = await post(room, card)
    finally:
        room.discord.world.max_upload = before
    assert shown.attachments[0].size <= 2**20
    assert shown.attachments[0].filename.endswith(".webp")
    room.refusals()


@in_module_loop
async def test_what_is_kept_private_says_what_becomes_of_it(room: Atelier) -> None:
    card = await done(room)
    before = buttons(card)
    press = await room.place.member.press(card, "Keep private")
    told = await room.told(press)
    assert told.startswith("🔒 It stays between us.")
    assert told.endswith("so save what you want to keep.")
    assert buttons(card) == [label for label in before if label not in {"Post", "Keep private"}]
    assert not room.channel.messages


@in_module_loop
async def test_a_private_result_becomes_an_input(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await done(room, 3)
    picker = await room.answer(await room.place.member.press(card, "Use as input"))
    names = menus(picker)["Picture"]
    assert len(names) == 3
    form = await room.answer(await room.place.member.select(picker, custom_id(picker, "Workflow"), ["fog-glass"]))
    after = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert after.attachments[0].width == 16


async def by_direct_message(atelier: Atelier) -> Message:
    """The results of a private run whose card was out of reach by its end."""
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    use = await atelier.place.member.slash(atelier.channel, "blank", {"private": True})
    await atelier.answer(use)
    use.expired = True
    await atelier.invoke.resume()
    dm = atelier.place.member.dm
    await atelier.discord.until(lambda: any(message.files for message in dm.messages), 8)
    await atelier.tidy()
    atelier.refusals()
    return next(message for message in dm.messages if message.files)


@in_module_loop
async def test_what_went_by_direct_message_is_posted_where_it_was_asked_for(room: Atelier) -> None:
    told = await by_direct_message(room)
    before = len(room.discord.requests)
    (shown,) = await post(room, told)
    # Discord waits for three seconds only, and who is a member has to be asked for.
    assert "/callback" in room.discord.requests[before].route
    assert [file.data for file in shown.attachments] == [file.data for file in told.attachments]
    assert f"/{room.place.guild.id}/{room.channel.id}/{shown.id}" in text(told)
    assert "Post" not in buttons(told)


def leave(room: Atelier) -> None:
    room.place.guild.remove_member(room.place.member)


def delete_channel(room: Atelier) -> None:
    room.channel.delete()


_NOT_THERE = "On that server, the workflow is not meant for <#"
DIRECT_REFUSED = REFUSED | {
    "the member left": (leave, "You are not on that server any more."),
    "the channel is gone": (delete_channel, "I cannot tell in which channel to post it."),
}


@in_module_loop
@pytest.mark.parametrize(("happens", "words"), DIRECT_REFUSED.values(), ids=DIRECT_REFUSED.keys())
async def test_what_may_not_be_posted_stays_in_direct_messages(room: Atelier, happens: Callable, words: str) -> None:
    told = await by_direct_message(room)
    happens(room)
    await asyncio.sleep(0.05)
    # There nothing is said of "this" channel.
    elsewhere = {forget: "I cannot tell in which channel", keep_out: _NOT_THERE, make_age_restricted: _NOT_THERE}
    words = elsewhere.get(happens, words)
    assert (await refused(room, told)).startswith(words)
    room.refusals()


@in_module_loop
async def test_results_in_direct_messages_are_kept_there(room: Atelier) -> None:
    told = await by_direct_message(room)
    assert (await room.told(await room.place.member.press(told, "Keep private"))).startswith("🔒 It stays between us")
    assert {"Post", "Keep private"}.isdisjoint(buttons(told))
    answer = await room.answer(await room.place.member.press(told, "Use as input"))
    assert text(answer).startswith("Workflows belong to servers")


@in_module_loop
async def test_results_in_direct_messages_are_deleted(room: Atelier) -> None:
    told = await by_direct_message(room)
    question = await room.answer(await room.place.member.press(told, "Delete"))
    await room.changed(question, await room.place.member.press(question, "Yes, delete them"))
    assert told.deleted
    assert text(question).startswith("🗑️ Deleted, with all files.")
    room.refusals()


async def test_they_outlive_a_restart(atelier: Atelier) -> None:
    card = await done(atelier)
    await atelier.restart()
    (shown,) = await post(atelier, card)
    assert len(shown.attachments) == 1
