"""The button Delete: asked twice, for requester and moderators; everything goes, and what cannot is told."""

import asyncio
import json

import pytest

from bot.playground.discord import Message, Permissions
from bot.playground.discord.actors import LocalMember
from tests.cogs.atelier import Atelier, blank, buttons, in_module_loop, job_id, numbers, text, workflow
from tests.cogs.test_again import rows

YES, NO = "Yes, delete them", "No, keep them"


async def done(atelier: Atelier, count: int = 1, **options: object) -> Message:
    await atelier.publish(numbers(count) if count > 1 else workflow(blank(), name="Blank"))
    card = await atelier.over(await atelier.run("many" if count > 1 else "blank", options))
    await atelier.tidy()
    return card


async def ask(atelier: Atelier, card: Message, who: LocalMember | None = None) -> Message:
    return await atelier.answer(await (who or atelier.place.member).press(card, "Delete"))


async def confirm(atelier: Atelier, question: Message, who: LocalMember | None = None) -> Message:
    return await atelier.changed(question, await (who or atelier.place.member).press(question, YES))


def placed(atelier: Atelier, card: Message) -> tuple[int | None, str]:
    """Where a job's card and its results are, as its row has them."""
    return rows(atelier, "SELECT message_id, posted FROM jobs WHERE id = ?", job_id(card))[0]


# What it does not do


@in_module_loop
async def test_it_is_for_the_requester_and_moderators(room: Atelier) -> None:
    card = await done(room)
    assert text(await ask(room, card, room.place.other)).startswith("Only the one who asked for it, or someone with")
    press = await room.press_raw(room.place.other, card, f"familiar:delete-now:{job_id(card)}")
    assert text(await room.answer(press)).startswith("Only the one who asked for it, or someone with")
    rows(room, "UPDATE jobs SET is_private = 1 WHERE id = ?", job_id(card))
    assert text(await ask(room, card, room.place.admin)) == "That job is no longer known here."
    assert not card.deleted


@in_module_loop
async def test_a_job_that_runs_is_cancelled_first(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.run("blank")
    press = await room.press_raw(room.place.member, card, f"familiar:delete:{job_id(card)}")
    assert text(await room.answer(press)).startswith("That job is still under way.")


@in_module_loop
async def test_it_may_be_thought_over(room: Atelier) -> None:
    card = await done(room)
    question = await ask(room, card)
    assert question.ephemeral
    await room.changed(question, await room.place.member.press(question, NO))
    assert text(question) == "Nothing was deleted."
    assert not card.deleted


@in_module_loop
async def test_what_the_bot_cannot_reach_is_told(room: Atelier) -> None:
    card = await done(room)
    question = await ask(room, card)
    room.channel.overwrite(room.place.guild.bot, deny=Permissions.VIEW_CHANNEL)
    await asyncio.sleep(0.05)
    await confirm(room, question)
    assert "I cannot reach this one any more" in text(question)
    assert placed(room, card)[0] == card.id
    # Later it may be possible again.
    room.channel.overwrite(room.place.guild.bot, allow=Permissions.VIEW_CHANNEL)
    await asyncio.sleep(0.05)
    await confirm(room, await ask(room, card))
    assert card.deleted
    room.refusals()


# What it does


@in_module_loop
async def test_all_messages_and_files_go(room: Atelier) -> None:
    card = await done(room, 12)
    further = [m for m in room.channel.messages if m.reply_to is card]
    question = await ask(room, card)
    await confirm(room, question)
    assert text(question).startswith("🗑️ Deleted, with all files.")
    assert not buttons(question)
    assert further
    assert all(message.deleted and all(file.removed for file in message.files) for message in (card, *further))
    assert placed(room, card) == (None, "[]")


@in_module_loop
async def test_pressed_twice_and_deleted_by_somebody_else_are_fine(room: Atelier) -> None:
    card = await done(room, 12)
    (further,) = [m for m in room.channel.messages if m.reply_to is card]
    first, second = await ask(room, card), await ask(room, card)
    room.discord.messages.delete(further)
    await confirm(room, first)
    assert text(first).startswith("🗑️ Deleted")
    press = await room.place.member.press(second, YES)
    assert await room.told(press) == "Its messages are deleted already."
    room.refusals()


@in_module_loop
async def test_a_moderators_deletion_is_in_the_audit(room: Atelier) -> None:
    card = await done(room)
    mod = room.place.guild.add_member("Mod", manage_messages=True)
    await confirm(room, await ask(room, card, mod), mod)
    assert card.deleted
    await confirm_own(room)
    query = "SELECT user_id, action, subject FROM audit WHERE guild_id = ? AND action = 'deleted'"
    assert rows(room, query, room.place.guild.id) == [(mod.id, "deleted", job_id(card))]


async def confirm_own(atelier: Atelier) -> None:
    """What somebody deletes of their own is nobody's business."""
    card = await atelier.over(await atelier.run("blank"))
    await atelier.tidy()
    await confirm(atelier, await ask(atelier, card))


@in_module_loop
async def test_a_private_card_asks_on_itself_and_goes(room: Atelier) -> None:
    card = await done(room, private=True)
    assert card.ephemeral
    before = buttons(card)
    await room.changed(card, await room.place.member.press(card, "Delete"))
    assert buttons(card) == [*before, YES, NO]
    await room.changed(card, await room.place.member.press(card, NO))
    assert buttons(card) == before
    await room.changed(card, await room.place.member.press(card, "Delete"))
    press = await room.place.member.press(card, YES)
    assert (await room.told(press)).startswith("🗑️ Deleted, with all files.")
    assert card.deleted
    assert placed(room, card) == (None, "[]")


@in_module_loop
async def test_further_private_messages_go_while_their_token_lives(room: Atelier) -> None:
    card = await done(room, 12, private=True)
    further = [m for m in room.channel.everything if m.ephemeral and m.files and m is not card]
    assert further
    await room.changed(card, await room.place.member.press(card, "Delete"))
    press = await room.place.member.press(card, YES)
    assert (await room.told(press)).startswith("🗑️ Deleted, with all files.")
    assert all(message.deleted for message in further)


@in_module_loop
async def test_further_private_messages_that_cannot_go_are_told(room: Atelier) -> None:
    card = await done(room, 12, private=True)
    room.discord.advance(16 * 60)
    await room.changed(card, await room.place.member.press(card, "Delete"))
    press = await room.place.member.press(card, YES)
    assert "**Dismiss message** takes them away" in await room.told(press)
    assert card.deleted
    assert {refusal.code for refusal in room.refusals()} == {50027}


async def test_it_outlives_a_restart(atelier: Atelier) -> None:
    card = await done(atelier)
    await atelier.restart()
    question = await ask(atelier, card)
    await atelier.restart()
    await confirm(atelier, question)
    assert card.deleted


@pytest.mark.parametrize("act", ["delete", "delete-now"])
@in_module_loop
async def test_a_job_that_is_gone_says_so(room: Atelier, act: str) -> None:
    message = await room.place.member.say(room.channel, "an old card")
    press = await room.press_raw(room.place.member, message, f"familiar:{act}:2222222222")
    assert text(await room.answer(press)) == "That job is no longer known here."


@in_module_loop
async def test_private_results_in_direct_messages_where_its_card_was_shown_are_deleted(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.shows(await room.run("blank", {"private": True}), "🎨")
    member, dm = room.place.member, room.place.member.dm
    looked = await room.answer(await member.slash(dm, "job", {"id": job_id(card)}))
    shown = await room.answer(await member.press(looked, "Show its card here"))
    room.discord.advance(16 * 60)
    await room.invoke.resume()
    await room.discord.until(lambda: any(message.files for message in dm.messages), 8)
    await room.tidy()
    (told,) = [message for message in dm.messages if message.files]
    assert shown.ephemeral
    question = await ask(room, told)
    await confirm(room, question)
    assert told.deleted
    assert text(question).startswith("🗑️ Deleted, with all files.")
    room.refusals()


@in_module_loop
async def test_however_many_are_left_the_answer_fits(room: Atelier) -> None:
    card = await done(room)
    cellar = room.place.guild.add_channel("cellar")
    shown = [room.discord.messages.create(cellar, room.discord.bot, {"content": "shown"}, []) for _ in range(40)]
    places = [[message.channel.id, message.id] for message in shown]
    rows(room, "UPDATE jobs SET posted = ? WHERE id = ?", json.dumps(places), job_id(card))
    cellar.overwrite(room.place.guild.bot, deny=Permissions.VIEW_CHANNEL)
    await asyncio.sleep(0.05)
    question = await ask(room, card)
    await confirm(room, question)
    assert "40 messages could not be deleted" in text(question)
    assert text(question).count("https://") > 15
    room.refusals()
