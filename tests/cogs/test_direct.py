"""When the card is out of reach: the end of a job goes to whoever asked, by direct message, once."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable

import pytest

from bot.jobs import JobStore
from bot.playground.discord import Message, Permissions
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    blank,
    buttons,
    fixture,
    in_module_loop,
    job_id,
    numbers,
    picture,
    text,
    workflow,
)

VIEW, SEND = int(Permissions.VIEW_CHANNEL), int(Permissions.SEND_MESSAGES)
ATTACH, EMBED = int(Permissions.ATTACH_FILES), int(Permissions.EMBED_LINKS)
#: What the bot may do by the channel alone is left once the token has expired.
EXPIRED = 16 * 60


def deny(what: int) -> Callable[[Atelier], None]:
    return lambda a: a.channel.overwrite(a.place.guild.bot, deny=what)


def delete_channel(atelier: Atelier) -> None:
    atelier.place.guild.add_channel("spare")
    atelier.channel.delete()


async def running(atelier: Atelier, document=None) -> Message:
    """A job that runs on an InvokeAI which holds still."""
    command = await atelier.publish(document or workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    return await atelier.shows(await atelier.run(command["name"]), "🎨")


def delivery(atelier: Atelier, card_text: str) -> str | None:
    with sqlite3.connect(atelier.database) as connection:
        row = connection.execute("SELECT delivery FROM jobs WHERE id = ?", (card_text,)).fetchone()
    connection.close()
    return row[0]


def posted(atelier: Atelier, job: str) -> list[list[int]]:
    """The messages that hold a job's results: their channels and ids."""
    with contextlib.closing(sqlite3.connect(atelier.database)) as connection:
        return json.loads(connection.execute("SELECT posted FROM jobs WHERE id = ?", (job,)).fetchone()[0])


async def job_text(atelier: Atelier, job: str) -> str:
    """What /job says of a job, asked for where the bot can be reached."""
    channel = list(atelier.place.guild.channels.values())[-1]
    return text(await atelier.answer(await atelier.place.member.slash(channel, "job", {"id": job})))


OUT_OF_REACH = {
    "view, token expired": (EXPIRED, deny(VIEW), "I cannot post [where you asked]", {50027, 50001}),
    "everything, token expired": (EXPIRED, deny(VIEW | SEND | ATTACH | EMBED), "I cannot post", {50027, 50001}),
    "channel deleted, token expired": (EXPIRED, delete_channel, "The channel [where you asked]", {50027, 10003}),
    "channel deleted, by token": (0, delete_channel, "The channel [where you asked]", {10008, 10003}),
}


@in_module_loop
@pytest.mark.parametrize(("after", "trouble", "words", "codes"), OUT_OF_REACH.values(), ids=OUT_OF_REACH.keys())
async def test_results_go_by_direct_message(
    room: Atelier, after: int, trouble: Callable[[Atelier], None], words: str, codes: set[int]
) -> None:
    card = await running(room)
    job = job_id(card)
    room.discord.advance(after)
    trouble(room)
    await room.invoke.resume()
    await room.tidy()
    (message,) = room.place.member.dm.messages
    assert [file.filename for file in message.attachments] == [f"{job}.png"]
    assert words in text(message)
    assert f"https://discord.com/channels/{room.place.guild.id}/{card.channel.id}/{card.id}" in text(message)
    assert f"job {job}" in text(message)
    assert {"Again", "Details"} <= set(buttons(message))
    assert posted(room, job) == [[message.channel.id, message.id]]
    assert not card.attachments
    assert {refusal.code for refusal in room.refusals()} <= codes
    assert delivery(room, job) == "direct"
    if room.channel.id in room.place.guild.channels:
        room.channel.overwrites.clear()
    assert "It was told by direct message" in await job_text(room, job)


@in_module_loop
async def test_where_only_files_are_refused_the_card_says_where_they_are(room: Atelier) -> None:
    card = await running(room)
    room.discord.advance(EXPIRED)
    deny(ATTACH)(room)
    await room.invoke.resume()
    await room.tidy()
    (message,) = room.place.member.dm.messages
    assert len(message.attachments) == 1
    assert f"the results went to <@{room.place.member.id}> by direct message" in text(card)
    assert buttons(card) == []
    assert not card.attachments
    assert {refusal.code for refusal in room.refusals()} == {50027, 50013}


@in_module_loop
async def test_where_no_embeds_are_allowed_either_plain_words_are(room: Atelier) -> None:
    card = await running(room)
    room.discord.advance(EXPIRED)
    deny(ATTACH | EMBED)(room)
    await room.invoke.resume()
    await room.tidy()
    assert len(room.place.member.dm.messages) == 1
    assert card.content.startswith("📬 I cannot post files here any more")
    assert buttons(card) == []
    room.refusals()


@in_module_loop
async def test_what_did_not_fit_the_card_goes_alone(room: Atelier) -> None:
    card = await running(room, numbers(23))
    deny(SEND)(room)
    await room.invoke.resume()
    await room.tidy()
    messages = room.place.member.dm.messages
    assert [len(message.attachments) for message in messages] == [10, 4]
    assert len(card.attachments) == 10
    assert posted(room, job_id(card)) == [[message.channel.id, message.id] for message in (card, *messages)]
    sheet, *names = [file.filename for message in (card, *messages) for file in message.attachments]
    assert "sheet" in sheet
    assert names == [f"{job_id(card)}-{number}.png" for number in range(1, 24)]
    assert "by direct message" in text(card)
    assert {refusal.code for refusal in room.refusals()} == {50013}


@in_module_loop
async def test_words_alone_go_by_direct_message_too(room: Atelier) -> None:
    await room.publish(fixture("failing"))
    options = room.place.guild.commands["division-of-labour"]["options"]
    given = {o["name"]: PHOTO if o["type"] == 11 else 0 for o in options if o["type"] in (4, 11)}
    await room.invoke.pause()
    card = await room.shows(await room.run("division-of-labour", given), "🎨")
    room.discord.advance(EXPIRED)
    deny(VIEW)(room)
    await room.invoke.resume()
    await room.tidy()
    (message,) = room.place.member.dm.messages
    assert "I cannot post [where you asked]" in text(message)
    assert "division by zero" in text(message)
    assert delivery(room, job_id(card)) == "direct"
    room.refusals()


@in_module_loop
async def test_what_was_lost_is_told_with_the_way_to_run_it_again(room: Atelier) -> None:
    card = await running(room)
    room.discord.advance(EXPIRED)
    deny(VIEW)(room)
    await room.invoke.restart(forget=True)
    await room.invoke.resume()
    await room.tidy()
    (message,) = room.place.member.dm.messages
    assert f"`/job {job_id(card)}` offers it again" in text(message)
    room.refusals()


def close(atelier: Atelier) -> None:
    atelier.place.member.close_direct_messages()


CLOSED = {
    "view": (deny(VIEW), "forbidden", "I may not write in <#"),
    "channel deleted": (delete_channel, "channel deleted", "its channel was deleted"),
}


@in_module_loop
@pytest.mark.parametrize(("trouble", "why", "words"), CLOSED.values(), ids=CLOSED.keys())
async def test_where_direct_messages_are_closed_the_job_says_why(
    room: Atelier, trouble: Callable[[Atelier], None], why: str, words: str
) -> None:
    card = await running(room)
    job = job_id(card)
    room.discord.advance(EXPIRED)
    trouble(room)
    close(room)
    await room.invoke.resume()
    await room.tidy()
    assert not room.place.member.dm.messages
    assert delivery(room, job) == why
    assert 50007 in {refusal.code for refusal in room.refusals()}
    if room.channel.id in room.place.guild.channels:
        room.channel.overwrites.clear()
    shown = await room.answer(
        await room.place.member.slash(list(room.place.guild.channels.values())[-1], "job", {"id": job})
    )
    assert "Again" in buttons(shown)
    said = text(shown)
    assert words in said
    assert "a direct message did not get through either" in said


@in_module_loop
async def test_who_left_the_server_is_told_nothing(room: Atelier) -> None:
    card = await running(room)
    room.discord.advance(EXPIRED)
    deny(VIEW)(room)
    room.place.guild.remove_member(room.place.member)
    await room.invoke.resume()
    await room.tidy()
    assert not room.place.member.dm.messages
    assert delivery(room, job_id(card)) == "forbidden"
    assert 50278 in {refusal.code for refusal in room.refusals()}


@in_module_loop
async def test_where_files_and_direct_messages_are_refused_words_are_left(room: Atelier) -> None:
    card = await running(room)
    room.discord.advance(EXPIRED)
    deny(ATTACH)(room)
    close(room)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert "I may not attach files here any more" in text(card)
    assert delivery(room, job_id(card)) == "card"
    room.refusals()


@in_module_loop
async def test_whoever_deletes_a_card_wants_no_direct_message(room: Atelier) -> None:
    card = await running(room)
    room.discord.messages.delete(card)
    await room.invoke.resume()
    await room.tidy()
    assert not room.place.member.dm.messages
    assert delivery(room, job_id(card)) == "card deleted"
    assert {refusal.code for refusal in room.refusals()} == {10008}
    assert "Somebody deleted its card" in await job_text(room, job_id(card))


TWICE = {
    "the answer is lost": lambda a: a.discord.faults.lose_answer_next(f"POST /channels/{a.place.member.dm.id}/"),
    "it is cut off before": lambda a: a.discord.faults.cut_next(f"POST /channels/{a.place.member.dm.id}/"),
}


@in_module_loop
@pytest.mark.parametrize("trouble", TWICE.values(), ids=TWICE.keys())
async def test_a_direct_message_is_sent_once(room: Atelier, trouble: Callable[[Atelier], None]) -> None:
    await running(room, numbers(12))
    room.discord.advance(EXPIRED)
    deny(VIEW)(room)
    trouble(room)
    await room.invoke.resume()
    await room.tidy()
    assert [len(message.attachments) for message in room.place.member.dm.messages] == [10, 3]
    room.refusals()


@pytest.mark.parametrize("atelier", [{"stop_seconds": 0}], indirect=True, ids=["stops at once"])
async def test_a_nonce_that_is_forgotten_doubles_nothing(atelier: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot dies after it told, and before it noted that; its next start is long after."""
    card = await running(atelier, numbers(12))
    atelier.discord.advance(EXPIRED)
    deny(VIEW)(atelier)
    told = atelier.place.member.dm
    saved = JobStore.save

    async def save(store: JobStore, job):
        if told.messages:
            await asyncio.Event().wait()
        return await saved(store, job)

    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "save", save)
        await atelier.invoke.resume()
        await atelier.discord.until(lambda: len(told.messages) == 2)
        await atelier.stop()
    atelier.discord.advance(3600)
    await atelier.start()
    await atelier.tidy()
    assert [len(message.attachments) for message in told.messages] == [10, 3]
    assert delivery(atelier, job_id(card)) == "direct"
    atelier.refusals()


@pytest.mark.parametrize("atelier", [{"max_upload": 60_000}], indirect=True, ids=["60 kB"])
async def test_files_are_made_to_fit_a_direct_message(atelier: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cogs._card.DIRECT_LIMIT", 60_000)
    atelier.place.guild.upload_limit = 50_000_000
    atelier.discord.world.max_user_upload = 1_000_000
    await atelier.publish(fixture("blur"))
    await atelier.invoke.pause()
    given = {"photo": ("x.png", picture((256, 256), noisy=True)), "radius": 0.0}
    await atelier.shows(await atelier.run("fog-glass", given), "🎨")
    atelier.discord.advance(EXPIRED)
    deny(VIEW)(atelier)
    await atelier.invoke.resume()
    await atelier.tidy()
    (message,) = atelier.place.member.dm.messages
    (file,) = message.attachments
    assert file.filename.endswith(".webp")
    assert file.size <= 60_000
    assert 40005 not in {refusal.code for refusal in atelier.refusals()}
