"""The Again button: the same once more, by the same door as a command, and for nobody else; and what is offered."""

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.jobs import Job, Outcome, now
from bot.playground.discord import Message, Permissions
from cogs._offers import end_view
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    buttons,
    fixture,
    in_module_loop,
    job_id,
    node,
    text,
    texts,
    workflow,
)
from tests.cogs.test_form import current, replace_inputs
from workflows.values import InputSpec, Kind


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
    assert buttons(card) == ["Again", "Edit", "Details"]
    new = await room.over(await again(room, card))
    assert new is not card
    assert len(new.attachments) == 1
    assert room.given(new) == {"prompt": "a fox"}
    assert job_id(new) != job_id(card)
    assert buttons(card) == ["Again", "Edit", "Details"]
    await room.tidy()


@in_module_loop
async def test_what_went_well_runs_again_and_again_with_other_seeds(room: Atelier) -> None:
    seed = Field("seed", 3, label="Grain")
    await room.publish(workflow(node("n", "noise", seed), node("t", "string", Field("value", label="Prompt")), blank()))
    card = await room.over(await room.run("test-piece", {"grain": 7, "prompt": "a fox"}))
    for labels in (["Again", "Edit", "Variations", "Use as input", "Details", "Delete"],):
        assert buttons(card) == labels
    cards = [card]
    for pressed in (card, card, None):
        cards.append(await room.over(await again(room, pressed or cards[-1])))
    given = [room.given(one) for one in cards]
    assert given[0]["grain"] == 7
    assert len({one["grain"] for one in given}) == 4
    assert {one["prompt"] for one in given} == {"a fox"}
    await room.tidy()


@in_module_loop
async def test_a_hidden_seed_is_drawn_anew_too(room: Atelier) -> None:
    document = workflow(node("n", "noise", Field("seed", label="Grain")), blank(), name="Drawn")
    await room.publish(document)
    published = await current(room, "drawn")
    hidden = [replace(spec, hidden=True, default=None, required=False) for spec in published.inputs]
    await replace_inputs(room, "drawn", *hidden)
    card = await room.over(await room.run("drawn"))
    new = await room.over(await again(room, card))
    assert room.given(new).keys() == room.given(card).keys() == {"grain"}
    assert room.given(new) != room.given(card)


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


def address_ended(atelier: Atelier, card: Message) -> None:
    # It was an address of an earlier job's already, which this one was given.
    found = rows(atelier, "SELECT attachments FROM jobs WHERE id = ?", job_id(card))
    files = [{**file, "url": file["url"].partition("?")[0] + "?ex=65000000"} for file in json.loads(found[0][0])]
    rows(atelier, "UPDATE jobs SET attachments = ? WHERE id = ?", json.dumps(files), job_id(card))


def source_is_gone(atelier: Atelier, card: Message) -> None:
    age(atelier, card)
    point_to(atelier, card, "1/2/3")


def point_to(atelier: Atelier, card: Message, source: str) -> None:
    found = rows(atelier, "SELECT attachments FROM jobs WHERE id = ?", job_id(card))
    files = [{**file, "source": source} for file in json.loads(found[0][0])]
    rows(atelier, "UPDATE jobs SET attachments = ? WHERE id = ?", json.dumps(files), job_id(card))


LOST = {
    "a day went by": age,
    "the addresses went": forget_urls,
    "its message is gone": source_is_gone,
    "the address is no good any more": address_ended,
}


@in_module_loop
@pytest.mark.parametrize("happens", LOST.values(), ids=LOST.keys())
async def test_pictures_that_are_gone_are_asked_for_in_a_form(
    room: Atelier, happens: Callable[[Atelier, Message], None]
) -> None:
    await room.publish(fixture("blur"))
    card = await lost(room, "fog-glass", {"photo": PHOTO, "radius": 3.5})
    happens(room, card)
    form = await again(room, card)
    assert form.ephemeral
    assert "Discord keeps what you attached for a day only." in text(form)
    assert "please attach **photo** again." in text(form)
    assert "**radius** 3.5" in text(form)
    assert "❗ **photo** (required) none attached" in text(form)
    who = room.place.member
    opened = await who.press(form, "Fill in")
    await opened.answered()
    await room.changed(form, await who.submit(opened, {"photo": [PHOTO]}))
    new = await room.over(await room.answer(await who.press(form, "Run")))
    assert len(new.attachments) == 1
    assert room.given(new)["radius"] == 3.5
    room.refusals()


@in_module_loop
async def test_a_picture_of_a_message_that_stays_is_had_after_a_year(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    first = await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    card = await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    age(room, card)
    point_to(room, card, f"{room.channel.id}/{first.id}/{first.attachments[0].id}")
    new = await room.over(await again(room, card))
    assert not new.ephemeral
    assert len(new.attachments) == 1


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


async def is_under_way(room: Atelier) -> None:
    rows(room, "UPDATE jobs SET outcome = NULL WHERE guild_id = ?", room.place.guild.id)


async def version_went(room: Atelier) -> None:
    rows(room, "UPDATE jobs SET version = 7 WHERE guild_id = ?", room.place.guild.id)


REFUSED = {
    "removed": (remove, "That workflow was removed from this server in the meantime."),
    "disabled": (disable, "`/blank` is switched off at the moment."),
    "permissions": (deny_attach, "I may not post results here."),
    "the Integrations page": (forbid_command, "This server keeps `/blank` for some of its members."),
    "another server": (is_no_such_job, "That job is no longer known here."),
    "it is not over": (is_under_way, "That job is still under way."),
    "its version": (version_went, "That version of the workflow is gone. Please use `/blank` anew."),
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
    if happens is is_under_way:
        rows(room, "UPDATE jobs SET outcome = 'lost' WHERE guild_id = ?", room.place.guild.id)


@in_module_loop
async def test_in_direct_messages_it_says_where_it_can_be_done(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await lost(room, "blank")
    who = room.place.member
    rows(room, "UPDATE jobs SET user_id = ? WHERE id = ?", who.user.id, job_id(card))
    listed = await room.answer(await who.slash(who.dm, "jobs"))
    for act in ("again", "edit", "variations"):
        told = await room.told(await room.press_raw(who, listed, f"familiar:{act}:{job_id(card)}"))
        assert told.startswith("A job can be run again on its own server only.")


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
    assert "Again" in buttons(shown)
    assert len((await room.over(await again(room, shown))).attachments) == 1


ASKED = InputSpec("a", "A", "", Kind.STRING, "n", "a")
SEED = replace(ASKED, name="seed", kind=Kind.INTEGER, is_seed=True)
HIDDEN_SEED = replace(SEED, hidden=True)
FAILED = ["Again", "Edit", "Details"]
DONE = ["Again", "Edit", "Details", "Delete"]

OFFERED: dict[str, tuple[dict, tuple, dict, list[str]]] = {
    "lost": ({"outcome": Outcome.LOST}, (ASKED, SEED), {}, FAILED),
    "failed": ({"outcome": Outcome.FAILED}, (ASKED,), {}, FAILED),
    "cancelled": ({"outcome": Outcome.CANCELLED}, (ASKED,), {}, FAILED),
    "failed, asks for nothing": ({"outcome": Outcome.FAILED}, (), {}, ["Again", "Details"]),
    "completed": ({}, (ASKED,), {}, DONE),
    "completed, with a seed": ({}, (SEED,), {}, ["Again", "Edit", "Variations", "Details", "Delete"]),
    "completed, with a hidden seed": ({}, (HIDDEN_SEED,), {}, ["Again", "Variations", "Details", "Delete"]),
    "completed, with a fixed seed": ({}, (replace(HIDDEN_SEED, default=3),), {}, ["Again", "Details", "Delete"]),
    "with results": ({"results": ("a.png",)}, (ASKED,), {}, ["Again", "Edit", "Use as input", "Details", "Delete"]),
    "with a video": ({"results": ("a.mp4",)}, (ASKED,), {"has_pictures": False}, DONE),
    "with pictures": ({}, (), {"has_pictures": True}, ["Again", "Use as input", "Details", "Delete"]),
    "private": ({"is_private": True}, (ASKED,), {}, [*DONE, "Post", "Keep private"]),
    "private, and nothing to post": ({"is_private": True}, (ASKED,), {"may_post": False}, DONE),
    "with originals": ({}, (ASKED,), {"has_originals": True}, [*DONE, "Originals"]),
    "failed, private, with originals": (
        {"outcome": Outcome.FAILED, "is_private": True},
        (ASKED,),
        {"has_originals": True},
        FAILED,
    ),
    "all of it": (
        {"results": ("a.png",), "is_private": True},
        (SEED,),
        {"has_originals": True},
        ["Again", "Edit", "Variations", "Use as input", "Details", "Delete", "Post", "Keep private", "Originals"],
    ),
    "in German": ({"language": "de"}, (ASKED,), {}, ["Nochmal", "Bearbeiten", "Details", "Löschen"]),
    "of no workflow": ({"workflow_id": None}, (ASKED,), {}, ["Details", "Delete"]),
    "under way": ({"outcome": None}, (ASKED,), {}, []),
    "without a card": ({"message_id": None}, (ASKED,), {}, []),
}


@pytest.mark.parametrize(("changes", "inputs", "how", "labels"), OFFERED.values(), ids=OFFERED.keys())
async def test_what_is_offered_under_a_card(changes: dict, inputs: tuple, how: dict, labels: list[str]) -> None:
    job = Job(id="x", user_id=1, title="t", created_at=now(), workflow_id=1, message_id=1, outcome=Outcome.COMPLETED)
    view = end_view(job.evolve(**changes), inputs, **how)
    assert [item.label for item in view.children] == labels if view else labels == []  # type: ignore[attr-defined]
    if view:
        # Keys and nothing else; and what Discord takes in one row.
        assert all(re.fullmatch(r"familiar:[a-z]+:x", item.custom_id) for item in view.children)  # type: ignore[attr-defined]
        assert all(len(row["components"]) <= 5 for row in view.to_components())
        assert view.is_finished()
