"""Private runs: only their member sees them, live while Discord lets us, and after that by direct message."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.jobs import Job, JobStore, State
from bot.playground.discord import Message
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    blank,
    buttons,
    fixture,
    history,
    in_module_loop,
    job_id,
    numbers,
    text,
    workflow,
)
from tests.cogs.test_again import rows
from tests.cogs.test_direct import EXPIRED, delete_channel, delivery, posted
from tests.cogs.test_move import SHOW

HOOK = "POST /webhooks/{application_id}/{token}"


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last minutes of a card begin at once."""
    monkeypatch.setattr("cogs._handover.SOON", timedelta(0))
    monkeypatch.setattr("cogs._handover._PAUSE_SECONDS", 0.01)


async def running(atelier: Atelier, document=None) -> Message:
    """A private job that runs on an InvokeAI which holds still."""
    atelier.prefer(atelier.place.member, private=True)
    command = await atelier.publish(document or workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    card = await atelier.run(command["name"])
    assert card.ephemeral
    return await atelier.shows(card, "🎨")


def seen_by_member(atelier: Atelier) -> list[Message]:
    return [m for m in atelier.channel.everything if m.visible_to == atelier.place.member.id and not m.deleted]


# While the token lives


@in_module_loop
async def test_a_private_run_is_live_and_seen_by_its_member_alone(room: Atelier) -> None:
    card = await running(room, numbers(23))
    before = room.calls("PATCH", "/channels"), room.calls("POST", "/channels")
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    messages = seen_by_member(room)
    assert [len(message.attachments) for message in messages] == [10, 10, 4]
    sheet, *names = [file.filename for message in messages for file in message.attachments]
    assert "sheet" in sheet
    assert names == [f"{job_id(card)}-{number}.png" for number in range(1, 24)]
    assert not [message for message in room.channel.messages if not message.ephemeral]
    assert {"Again", "Details", "Post", "Keep private"} <= set(buttons(card))
    assert not room.place.member.dm.messages
    assert (room.calls("PATCH", "/channels"), room.calls("POST", "/channels")) == before
    assert delivery(room, job_id(card)) == "card"
    assert posted(room, job_id(card)) == [[message.channel.id, message.id] for message in messages]


@in_module_loop
async def test_a_private_run_that_fails_says_so_to_its_member(room: Atelier) -> None:
    await room.publish(fixture("failing"))
    room.prefer(room.place.member, private=True)
    options = room.place.guild.commands["division-of-labour"]["options"]
    given = {o["name"]: PHOTO if o["type"] == 11 else 0 for o in options if o["type"] in (4, 11)}
    card = await room.over(await room.run("division-of-labour", given))
    assert card.ephemeral
    assert "division by zero" in text(card)
    await room.tidy()


@in_module_loop
async def test_a_private_run_is_cancelled_by_its_button(room: Atelier) -> None:
    card = await running(room)
    await room.place.member.press(card, "Cancel")
    await room.over(card)
    assert "🛑 Cancelled." in text(card)
    await room.tidy()


@in_module_loop
async def test_further_files_are_sent_once_where_one_of_them_fails_at_first(room: Atelier) -> None:
    card = await running(room, numbers(23))
    room.discord.faults.fail_next(HOOK, 500, times=1)
    room.discord.faults.cut_next(HOOK, times=1)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert [len(message.attachments) for message in seen_by_member(room)] == [10, 10, 4]
    room.refusals()


@pytest.mark.parametrize("atelier", [{"stop_seconds": 0}], indirect=True, ids=["stops at once"])
async def test_a_restart_in_the_middle_of_the_delivery_doubles_nothing(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of three messages is there and noted; the bot dies before the third."""
    card = await running(atelier, numbers(23))
    saved = JobStore.place_results

    async def place_results(store: JobStore, job: str, places):
        await saved(store, job, places)
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "place_results", place_results)
        await atelier.invoke.resume()
        await atelier.discord.until(lambda: len(seen_by_member(atelier)) == 2 and posted(atelier, job_id(card)) != [])
        await atelier.stop()
    await atelier.start()
    await atelier.tidy()
    assert [len(message.attachments) for message in seen_by_member(atelier)] == [10, 10, 4]
    assert posted(atelier, job_id(card)) == [[message.channel.id, message.id] for message in seen_by_member(atelier)]


@pytest.mark.parametrize("atelier", [{"stop_seconds": 0}], indirect=True, ids=["stops at once"])
async def test_a_restart_just_after_the_delivery_doubles_nothing(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All messages are there and noted; the bot dies before it has noted that."""
    card = await running(atelier, numbers(12))
    noted, saved = asyncio.Event(), JobStore.save

    async def save(store: JobStore, job: Job) -> Job:
        if job.state is State.SETTLED:
            noted.set()
            await asyncio.Event().wait()
        return await saved(store, job)

    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "save", save)
        await atelier.invoke.resume()
        await noted.wait()
        await atelier.stop()
    await atelier.start()
    await atelier.tidy()
    assert [len(message.attachments) for message in seen_by_member(atelier)] == [10, 3]
    assert posted(atelier, job_id(card)) == [[message.channel.id, message.id] for message in seen_by_member(atelier)]


async def test_a_private_card_alone_is_known_without_a_note_and_its_token_is_kept_while_it_may_live(
    atelier: Atelier,
) -> None:
    card = await running(atelier)
    await atelier.invoke.resume()
    await atelier.over(card)
    await atelier.tidy()
    assert posted(atelier, job_id(card)) == []
    assert card.use
    assert rows(atelier, "SELECT interaction_token FROM jobs") == [(card.use.token,)]


async def test_a_private_card_that_failed_and_is_shown_anew_is_reached_by_the_newer_token(atelier: Atelier) -> None:
    member = atelier.place.member
    atelier.prefer(member, private=True)
    await atelier.publish(fixture("blur"))
    card = await atelier.over(await atelier.run("fog-glass", {"photo": ("x.png", b"nothing")}))
    await atelier.tidy()
    told = await atelier.answer(await member.slash(atelier.channel, "job", {"id": job_id(card)}))
    shown = await atelier.shows(await atelier.answer(await atelier.press_raw(member, told, SHOW + job_id(card))), "❌")
    assert shown.ephemeral
    assert shown.use
    wanted = [(shown.id, shown.use.token)]
    await atelier.discord.until(lambda: rows(atelier, "SELECT message_id, interaction_token FROM jobs") == wanted)


async def test_after_a_restart_a_private_card_goes_on_by_its_token(atelier: Atelier) -> None:
    card = await running(atelier)
    await atelier.restart()
    await atelier.invoke.resume()
    await atelier.over(card)
    await atelier.tidy()
    assert len(card.attachments) == 1
    assert not atelier.place.member.dm.messages


@in_module_loop
async def test_what_the_token_takes_no_more_in_mid_delivery_goes_alone(room: Atelier) -> None:
    card = await running(room, numbers(23))
    job, saved = job_id(card), JobStore.place_results

    async def place_results(store: JobStore, job: str, places):
        await saved(store, job, places)
        assert card.use
        room.discord.faults.expire_token(card.use)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(JobStore, "place_results", place_results)
        await room.invoke.resume()
        await room.tidy()
    assert [len(message.attachments) for message in seen_by_member(room)] == [10, 10]
    (message,) = room.place.member.dm.messages
    assert len(message.attachments) == 4
    assert posted(room, job) == [[message.channel.id, message.id]]
    assert {refusal.code for refusal in room.refusals()} == {50027}


@in_module_loop
async def test_where_further_files_are_refused_the_first_ones_stay(room: Atelier) -> None:
    card = await running(room, numbers(12))
    room.discord.faults.fail_next(HOOK, 403)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert len(card.attachments) == 10
    assert "The results went to you by direct message" in text(card)
    assert [len(message.attachments) for message in room.place.member.dm.messages] == [3]
    room.refusals()


# When it is about to die


@pytest.mark.usefixtures("soon")
@in_module_loop
async def test_before_its_time_is_over_the_card_says_where_the_rest_comes(room: Atelier) -> None:
    card = await running(room, numbers(12))
    await room.shows(card, "The rest comes to you by direct message")
    (note,) = room.place.member.dm.messages
    assert "Your private job **Many** goes on; what it makes comes here." in text(note)
    assert buttons(note) == ["Cancel"]
    assert buttons(card) == ["Cancel"]
    job = job_id(card)
    await room.invoke.resume()
    await room.tidy()
    messages = room.place.member.dm.messages[1:]
    assert [len(message.attachments) for message in messages] == [10, 3]
    assert f"You asked for this privately in <#{room.channel.id}>; here are the results." in text(messages[0])
    assert {"Again", "Details"} <= set(buttons(messages[0]))
    await room.shows(card, "The results went to you by direct message")
    assert delivery(room, job) == "direct"
    places = [[message.channel.id, message.id] for message in messages]
    assert posted(room, job) == places


@pytest.mark.usefixtures("soon")
@in_module_loop
async def test_a_private_run_is_cancelled_from_its_direct_message(room: Atelier) -> None:
    card = await running(room)
    await room.shows(card, "The rest comes to you by direct message")
    (note,) = room.place.member.dm.messages
    await room.place.member.press(note, "Cancel")
    await room.over(card)
    await room.tidy()
    assert "🛑 Cancelled." in text(room.place.member.dm.messages[-1])
    # What announced it has its button still, and then says no longer that it goes on.
    await room.place.member.press(note, "Cancel")
    await room.over(note)
    assert "🛑 Cancelled." in text(note)
    assert "goes on" not in text(note)


@pytest.mark.usefixtures("soon")
@in_module_loop
async def test_who_takes_no_direct_messages_is_told_in_advance_and_what_to_do(room: Atelier) -> None:
    room.place.member.close_direct_messages()
    card = await running(room)
    await room.shows(card, "you take no direct messages from me", f"`/job {job_id(card)}`")
    assert {refusal.code for refusal in room.refusals()} == {50007}
    # In time, after all.
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert len(card.attachments) == 1
    assert "no direct messages" not in text(card)
    assert delivery(room, job_id(card)) == "card"


@pytest.mark.usefixtures("soon")
@in_module_loop
async def test_who_closes_their_direct_messages_in_between_finds_the_results_on_the_card(room: Atelier) -> None:
    card = await running(room)
    await room.shows(card, "The rest comes to you by direct message")
    room.place.member.close_direct_messages()
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert len(card.attachments) == 1
    assert delivery(room, job_id(card)) == "card"
    assert {refusal.code for refusal in room.refusals()} == {50007}


@pytest.mark.usefixtures("soon")
@in_module_loop
async def test_a_hiccup_keeps_nobody_from_being_told(room: Atelier) -> None:
    to_member = f"POST /channels/{room.place.member.dm.id}/"
    room.discord.faults.cut_next(to_member)
    room.discord.faults.lose_answer_next(to_member)
    card = await running(room)
    await room.shows(card, "The rest comes to you by direct message")
    assert len(room.place.member.dm.messages) == 1
    await room.invoke.resume()
    await room.tidy()


# When it is dead

DEAD: dict[str, Callable[[Atelier], None]] = {
    "its time is over": lambda a: a.discord.advance(EXPIRED),
    "it dies early": lambda a: [a.discord.faults.expire_token(use) for use in a._uses()],  # type: ignore[return-value]
}


@in_module_loop
@pytest.mark.parametrize("die", DEAD.values(), ids=DEAD.keys())
async def test_what_the_token_no_longer_takes_goes_by_direct_message(
    room: Atelier, die: Callable[[Atelier], None]
) -> None:
    card = await running(room, numbers(12))
    job = job_id(card)
    die(room)
    await room.invoke.resume()
    await room.tidy()
    messages = [message for message in room.place.member.dm.messages if message.attachments]
    assert [len(message.attachments) for message in messages] == [10, 3]
    assert not card.attachments
    assert not room.channel.messages
    assert delivery(room, job) == "direct"
    assert {refusal.code for refusal in room.refusals()} == {50027}


@in_module_loop
async def test_progress_that_finds_the_token_dead_announces_the_direct_message(room: Atelier) -> None:
    room.prefer(room.place.member, private=True)
    command = await room.publish(fixture("slow"))
    room.invoke.take_time(0.3)
    card = await room.shows(await room.run(command["name"], {"steps": 60}), "🎨")
    assert card.use
    room.discord.faults.expire_token(card.use)
    await room.discord.until(lambda: room.place.member.dm.messages)
    assert "goes on; what it makes comes here" in text(room.place.member.dm.messages[0])
    await room.tidy()
    assert len(room.place.member.dm.messages[-1].attachments) == 1
    room.invoke.take_time(0)
    room.refusals()


@pytest.mark.parametrize("when", ["before the restart", "while it is away"])
async def test_after_a_restart_that_the_token_did_not_outlive_it_goes_by_direct_message(
    atelier: Atelier, when: str
) -> None:
    card = await running(atelier)
    if when == "before the restart":
        atelier.discord.advance(EXPIRED)
    await atelier.stop()
    if when == "while it is away":
        atelier.discord.advance(EXPIRED)
    await atelier.start()
    await atelier.invoke.resume()
    await atelier.tidy()
    assert [len(m.attachments) for m in atelier.place.member.dm.messages if m.attachments] == [1]
    assert delivery(atelier, job_id(card)) == "direct"
    atelier.refusals()


@in_module_loop
async def test_without_any_way_the_job_is_kept_for_its_member_to_ask_for(room: Atelier) -> None:
    room.place.member.close_direct_messages()
    card = await running(room)
    job = job_id(card)
    room.discord.advance(EXPIRED)
    await room.invoke.resume()
    await room.tidy()
    assert delivery(room, job) == "forbidden"
    assert {refusal.code for refusal in room.refusals()} == {50027, 50007}
    shown = await room.answer(await room.place.member.slash(room.channel, "job", {"id": job}))
    assert "Again" in buttons(shown)


@in_module_loop
async def test_a_channel_that_is_deleted_sends_the_rest_by_direct_message(room: Atelier) -> None:
    card = await running(room)
    delete_channel(room)
    await room.invoke.resume()
    await room.tidy()
    messages = [message for message in room.place.member.dm.messages if message.attachments]
    assert len(messages) == 1
    assert "was deleted, so here are the results" in text(messages[0])
    assert delivery(room, job_id(card)) == "direct"
    assert {refusal.code for refusal in room.refusals()} <= {10008, 10003}


TWICE = {
    "the answer is lost": lambda a: a.discord.faults.lose_answer_next(f"POST /channels/{a.place.member.dm.id}/"),
    "it is cut off before": lambda a: a.discord.faults.cut_next(f"POST /channels/{a.place.member.dm.id}/"),
}


@in_module_loop
@pytest.mark.parametrize("trouble", TWICE.values(), ids=TWICE.keys())
async def test_a_direct_message_with_private_results_is_sent_once(
    room: Atelier, trouble: Callable[[Atelier], None]
) -> None:
    await running(room, numbers(12))
    room.discord.advance(EXPIRED)
    trouble(room)
    await room.invoke.resume()
    await room.tidy()
    sent = [len(message.attachments) for message in room.place.member.dm.messages if message.attachments]
    assert sent == [10, 3]
    room.refusals()


@in_module_loop
async def test_the_end_is_shown_on_a_private_card_that_was_left_behind(room: Atelier) -> None:
    card = await running(room)
    room.discord.advance(EXPIRED)
    await room.invoke.resume()
    await room.tidy()
    assert buttons(card) == ["Cancel"]
    press = await room.place.member.press(card, "Cancel")
    await room.over(card)
    assert "The results went to you by direct message" in text(card)
    assert await room.told(press) == "That job is over already."
    room.refusals()


@in_module_loop
async def test_a_card_says_nothing_of_its_time_before_that_matters(room: Atelier) -> None:
    card = await running(room)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert "direct message" not in "\n".join(history(card))
