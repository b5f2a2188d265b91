"""Who wants to be told that a job is done is told once, in the way that they chose, and nobody else is."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.jobs import JobStore
from bot.playground.discord import Message, Permissions
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    blank,
    fixture,
    in_module_loop,
    job_id,
    text,
    workflow,
)


@pytest.fixture(autouse=True)
def _every_job_took_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cogs._notify.SOON_ENOUGH", timedelta(0))


async def running(atelier: Atelier, **chosen: object) -> Message:
    """A job of a member who chose so, on an InvokeAI which holds still."""
    atelier.prefer(atelier.place.member, **chosen)
    command = await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    return await atelier.shows(await atelier.run(command["name"]), "🎨")


def pings(atelier: Atelier) -> list[Message]:
    """Take the messages that mentioned somebody."""
    found = [message for message in atelier.discord.world.messages.values() if message.pings]
    for message in found:
        assert message.pings == [atelier.place.member.user]
        message.pings = []
    return found


@in_module_loop
async def test_a_mention_answers_the_card(room: Atelier) -> None:
    card = await running(room, ping=True)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    (ping,) = pings(room)
    assert ping.content == f"<@{room.place.member.id}> your job is done."
    assert ping.reply_to is card
    assert not room.place.member.dm.messages


@in_module_loop
async def test_a_direct_message_has_the_way_to_the_card(room: Atelier) -> None:
    card = await running(room, direct=True)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    (message,) = room.place.member.dm.messages
    assert "Your job **Blank** is done" in text(message)
    assert f"https://discord.com/channels/{room.place.guild.id}/{room.channel.id}/{card.id}" in text(message)
    assert [message for message in room.channel.messages if not message.ephemeral] == [card]


@in_module_loop
async def test_of_a_private_job_a_direct_message_tells_the_channel(room: Atelier) -> None:
    card = await running(room, direct=True, ping=True, private=True)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    (message,) = room.place.member.dm.messages
    assert f"Your job **Blank** is done: <#{room.channel.id}>" in text(message)
    assert not pings(room)


@in_module_loop
async def test_a_job_that_did_not_work_out_is_told_so(room: Atelier) -> None:
    room.prefer(room.place.member, ping=True, direct=True)
    await room.publish(fixture("failing"))
    options = room.place.guild.commands["division-of-labour"]["options"]
    given = {o["name"]: PHOTO if o["type"] == 11 else 0 for o in options if o["type"] in (4, 11)}
    await room.over(await room.run("division-of-labour", given))
    await room.tidy()
    (ping,) = pings(room)
    assert "did not work out" in ping.content
    assert "did not work out" in text(room.place.member.dm.messages[0])


SILENT: dict[str, dict[str, object]] = {
    "nothing was chosen": {},
    "a private job in the channel": {"ping": True, "private": True},
}


@in_module_loop
@pytest.mark.parametrize("chosen", SILENT.values(), ids=SILENT.keys())
async def test_nobody_is_told_who_does_not_want_it(room: Atelier, chosen: dict[str, object]) -> None:
    card = await running(room, **chosen)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert not pings(room)
    assert not room.place.member.dm.messages


@in_module_loop
async def test_nobody_is_told_what_they_cancelled_themselves(room: Atelier) -> None:
    card = await running(room, ping=True, direct=True)
    await room.place.member.press(card, "Cancel")
    await room.over(card)
    await room.tidy()
    assert not pings(room)
    assert not room.place.member.dm.messages


@in_module_loop
async def test_nobody_is_told_what_was_there_at_once(room: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cogs._notify.SOON_ENOUGH", timedelta(hours=1))
    card = await running(room, ping=True, direct=True)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert not pings(room)
    assert not room.place.member.dm.messages


def no_replies(atelier: Atelier) -> None:
    atelier.channel.overwrite(atelier.place.guild.bot, deny=Permissions.READ_MESSAGE_HISTORY)


@in_module_loop
async def test_where_the_bot_may_not_reply_it_mentions_them_all_the_same(room: Atelier) -> None:
    card = await running(room, ping=True)
    no_replies(room)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    (ping,) = pings(room)
    assert ping.reply_to is None
    room.refusals()


TROUBLE: dict[str, Callable[[Atelier], None]] = {
    "the bot may not write": lambda a: a.channel.overwrite(a.place.guild.bot, deny=Permissions.SEND_MESSAGES),
    "no direct messages": lambda a: a.place.member.close_direct_messages(),
    "Discord is away": lambda a: a.discord.faults.fail_next("POST /channels/", 503, times=2),
    "the answer is lost": lambda a: a.discord.faults.lose_answer_next("POST /channels/", times=2),
}


@in_module_loop
@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
async def test_a_job_that_nobody_can_be_told_of_is_none_the_worse(
    room: Atelier, trouble: Callable[[Atelier], None]
) -> None:
    card = await running(room, ping=True, direct=True)
    trouble(room)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert len(card.attachments) == 1
    assert len(pings(room)) <= 1
    room.refusals()


@pytest.mark.parametrize("forgets", [False, True], ids=["at once", "after the nonce is forgotten"])
@pytest.mark.parametrize("atelier", [{"stop_seconds": 0}], indirect=True, ids=["stops at once"])
async def test_a_delivery_that_is_repeated_tells_once(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch, forgets: bool
) -> None:
    """The bot dies after it told, and before it noted that the job was delivered."""
    card = await running(atelier, ping=True, direct=True)
    told = atelier.place.member.dm
    saved = JobStore.save

    async def save(store: JobStore, job):
        if told.messages:
            await asyncio.Event().wait()
        return await saved(store, job)

    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "save", save)
        await atelier.invoke.resume()
        await atelier.discord.until(lambda: told.messages)
        await atelier.stop()
    if forgets:
        atelier.discord.advance(600)
    await atelier.start()
    await atelier.over(card)
    await atelier.tidy()
    assert len(pings(atelier)) == 1
    assert len(told.messages) == 1
    assert job_id(card) in text(told.messages[0])
