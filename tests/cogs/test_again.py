"""The Again button: the same once more for what was lost, by the same door as a command, and for nobody else."""

import asyncio
import json
import sqlite3
from collections.abc import Callable

import pytest

from bot import problems
from bot.cards import Told
from bot.jobs import Job, Outcome, State, now
from bot.playground.discord import Message, Permissions
from cogs._offers import end_view, may_run_again
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    buttons,
    fixture,
    in_module_loop,
    job_id,
    text,
    texts,
    workflow,
)


async def lost(atelier: Atelier, command: str, options: dict | None = None) -> Message:
    """A job whose InvokeAI lost its database in the middle of it."""
    await atelier.invoke.pause()
    card = await atelier.shows(await atelier.run(command, options), "🎨")
    await atelier.invoke.restart(forget=True)
    await atelier.over(card)
    await atelier.invoke.resume()
    await atelier.tidy()
    assert "InvokeAI no longer knows this job" in text(card)
    return card


def rows(atelier: Atelier, query: str, *values: object) -> list[tuple]:
    """Look into the database, or change it, from beside the bot."""
    connection = sqlite3.connect(atelier.database)
    with connection:
        found = connection.execute(query, values).fetchall()
    connection.close()
    return found


async def again(atelier: Atelier, card: Message) -> Message:
    return await atelier.answer(await atelier.place.member.press(card, "Again"))


@in_module_loop
async def test_what_was_lost_runs_again_with_the_same_values(room: Atelier) -> None:
    await room.publish(texts(Field("value", label="Prompt"), name="Words"))
    card = await lost(room, "words", {"prompt": "a fox"})
    assert buttons(card) == ["Again"]
    new = await room.over(await again(room, card))
    assert new is not card
    assert len(new.attachments) == 1
    assert "a fox" in text(new)
    assert job_id(new) != job_id(card)
    await room.discord.until(lambda: not card.components)
    await room.tidy()


@in_module_loop
async def test_many_presses_run_it_once(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await lost(room, "blank")
    shown = await room.answer(await room.place.member.slash(room.channel, "job", {"id": job_id(card)}))
    await room.invoke.pause()
    presses = await asyncio.gather(*(room.place.member.press(shown, "Again") for _ in range(3)))
    answers = [await room.answer(press) for press in presses]
    (new,) = [answer for answer in answers if not answer.ephemeral]
    refused = [text(answer) for answer in answers if answer.ephemeral]
    assert refused == ["It runs again already. `/jobs` shows where it stands."] * 2
    await room.invoke.resume()
    await room.over(new)


@in_module_loop
async def test_its_pictures_are_fetched_once_more(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await lost(room, "fog-glass", {"photo": PHOTO})
    new = await room.over(await again(room, card))
    assert len(new.attachments) == 1
    await room.tidy()


@in_module_loop
async def test_it_runs_the_version_that_it_began_with(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await lost(room, "blank")
    data = json.dumps(workflow(blank(width=48), name="Blank")).encode()
    report = await room.answer(
        await room.place.admin.slash(room.channel, "workflow update", {"name": "blank", "file": ("w.json", data)})
    )
    await room.place.admin.press(report, "Publish version 2")
    await room.shows(report, "✅")
    new = await room.over(await again(room, card))
    assert new.attachments[0].width == 16


def age(atelier: Atelier, card: Message) -> None:
    rows(atelier, "UPDATE jobs SET created_at = '2020-01-01T00:00:00+00:00' WHERE id = ?", job_id(card))


def forget_urls(atelier: Atelier, card: Message) -> None:
    files = json.dumps([{"name": "photo", "filename": "photo.png", "url": "", "size": 1}])
    rows(atelier, "UPDATE jobs SET attachments = ? WHERE id = ?", files, job_id(card))


@in_module_loop
@pytest.mark.parametrize("happens", [age, forget_urls], ids=["a day went by", "the addresses went"])
async def test_pictures_that_are_gone_are_asked_for_kindly(
    room: Atelier, happens: Callable[[Atelier, Message], None]
) -> None:
    await room.publish(fixture("blur"))
    card = await lost(room, "fog-glass", {"photo": PHOTO})
    happens(room, card)
    refused = await again(room, card)
    assert refused.ephemeral
    assert text(refused) == (
        "Discord keeps what you attached for a day only. Please use `/fog-glass` anew, and attach it again."
    )
    assert buttons(card) == ["Again"]


async def admin(room: Atelier, command: str) -> None:
    await room.ask(room.place.admin, command, {"name": "blank"})


async def remove(room: Atelier) -> None:
    report = await room.answer(await room.place.admin.slash(room.channel, "workflow remove", {"name": "blank"}))
    if "Remove" in " ".join(buttons(report)):
        await room.place.admin.press(report, next(label for label in buttons(report) if "Remove" in label))
    await room.discord.until(lambda: "blank" not in room.place.guild.commands)


async def disable(room: Atelier) -> None:
    await admin(room, "workflow disable")


async def deny_attach(room: Atelier) -> None:
    room.channel.overwrite(room.place.guild.bot, deny=Permissions.ATTACH_FILES)


async def forbid_command(room: Atelier) -> None:
    room.place.guild.override_command("blank", room.place.guild.everyone, False)


async def is_no_such_job(room: Atelier) -> None:
    rows(room, "UPDATE jobs SET guild_id = 1 WHERE guild_id = ?", room.place.guild.id)


async def went_well(room: Atelier) -> None:
    rows(room, "UPDATE jobs SET outcome = 'completed' WHERE guild_id = ?", room.place.guild.id)


REFUSED = {
    "removed": (remove, "That workflow was removed from this server in the meantime."),
    "disabled": (disable, "`/blank` is switched off at the moment."),
    "permissions": (deny_attach, "I may not post results here."),
    "the Integrations page": (forbid_command, "This server keeps `/blank` for some of its members."),
    "another server": (is_no_such_job, "That job is no longer known here."),
    "it went well": (went_well, "That job can only be run by its command."),
}


@in_module_loop
@pytest.mark.parametrize(("happens", "words"), REFUSED.values(), ids=REFUSED.keys())
async def test_it_goes_by_the_same_door_as_a_command(room: Atelier, happens: Callable, words: str) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await lost(room, "blank")
    before = room.invoke.batches
    await happens(room)
    await asyncio.sleep(0.05)
    refused = await again(room, card)
    assert refused.ephemeral
    assert text(refused).startswith(words)
    assert room.invoke.batches == before


@in_module_loop
async def test_it_is_for_whoever_asked_for_it(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await lost(room, "blank")
    for other in (room.place.other, room.place.admin, room.place.guild.add_member("Mod", manage_messages=True)):
        refused = await room.answer(await other.press(card, "Again"))
        assert refused.ephemeral
        assert text(refused).startswith("Only the one who asked for it can run it again.")


@in_module_loop
async def test_a_press_that_is_delivered_twice_runs_it_once(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await lost(room, "blank")
    before = len(rows(room, "SELECT id FROM jobs"))
    room.discord.faults.duplicate_next_interaction = True
    await room.over(await again(room, card))
    await room.tidy()
    assert len(rows(room, "SELECT id FROM jobs")) == before + 1
    assert len(room.channel.messages) == 2


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 1}], indirect=True, ids=["one each"])
async def test_caps_hold_for_it_and_it_outlives_a_restart(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.publish(workflow(blank(), name="Other"))
    card = await lost(atelier, "blank")
    await atelier.restart()
    await atelier.invoke.pause()
    first = await atelier.run("other")
    refused = await again(atelier, card)
    assert text(refused).startswith("You have one job under way")
    await atelier.invoke.resume()
    await atelier.over(first)
    assert len((await atelier.over(await again(atelier, card))).attachments) == 1
    await atelier.tidy()


@in_module_loop
async def test_job_offers_it_too(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await lost(room, "blank")
    shown = await room.answer(await room.place.member.slash(room.channel, "job", {"id": job_id(card)}))
    assert buttons(shown) == ["Again"]
    assert len((await room.over(await again(room, shown))).attachments) == 1


OFFERED = {
    "lost": (Outcome.LOST, problems.FORGOTTEN, True),
    "our side": (Outcome.FAILED, problems.OUR_SIDE, True),
    "unreachable": (Outcome.FAILED, problems.UNREACHABLE, True),
    "vanished": (Outcome.FAILED, problems.VANISHED, True),
    "too large": (Outcome.FAILED, problems.TOO_LARGE, False),
    "its values": (Outcome.FAILED, "**width**: is too large.", False),
    "cancelled": (Outcome.CANCELLED, None, False),
    "completed": (Outcome.COMPLETED, None, False),
    "no files": (Outcome.FAILED, problems.NO_FILES, True),
    "under way": (None, None, False),
}


@pytest.mark.parametrize(("outcome", "problem", "offered"), OFFERED.values(), ids=OFFERED.keys())
async def test_what_is_offered_again(outcome: Outcome | None, problem: str | None, offered: bool) -> None:
    job = Job(id="x", user_id=1, title="t", created_at=now(), message_id=1, outcome=outcome, problem=problem)
    job = job.evolve(state=State.CLOSED if outcome else State.QUEUED, delivered_at=now() if outcome else None)
    assert may_run_again(job) is offered
    view = end_view(job)
    assert (view is not None) is offered


UNTOLD = {
    "forbidden": (Told.FORBIDDEN, True),
    "channel deleted": (Told.CHANNEL_DELETED, True),
    "somebody deleted its card": (Told.CARD_DELETED, False),
}


@pytest.mark.parametrize(("delivery", "offered"), UNTOLD.values(), ids=UNTOLD.keys())
def test_what_went_well_and_reached_nobody_is_offered_again(delivery: Told, offered: bool) -> None:
    job = Job(id="x", user_id=1, title="t", created_at=now(), outcome=Outcome.COMPLETED, delivery=delivery)
    assert may_run_again(job.evolve(state=State.CLOSED)) is offered
    assert not may_run_again(job.evolve(state=State.FINISHED))
