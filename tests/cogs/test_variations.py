"""The Variations button: several jobs at once with other seeds, each a card of its own, and the caps hold."""

import asyncio

import pytest

from bot.playground.discord import Message, Use
from tests.cogs.atelier import (
    PATIENCE,
    PHOTO,
    Atelier,
    Field,
    blank,
    buttons,
    custom_id,
    fixture,
    in_module_loop,
    job_id,
    node,
    text,
    workflow,
)
from tests.cogs.test_again import age, is_under_way, rows

SEEDS = workflow(
    node("n", "noise", Field("seed", 3, label="Grain")),
    node("t", "string", Field("value", label="Prompt")),
    blank(),
    name="Seeds",
)


async def done(atelier: Atelier, **options: object) -> Message:
    await atelier.publish(SEEDS)
    return await atelier.over(await atelier.run("seeds", {"prompt": "a fox", **options}))


async def asked(atelier: Atelier, card: Message) -> Use:
    """Press the button, and return the press with its modal."""
    use = await atelier.place.member.press(card, "Variations")
    await use.answered()
    assert use.modal, text(use.response)
    return use


async def cards(atelier: Atelier, use: Use, count: int) -> list[Message]:
    """Wait for the cards that a modal was answered with, until all are over."""
    await atelier.discord.until(lambda: len(use.followups) >= count - 1, PATIENCE)
    first = await atelier.answer(use)
    found = [use.response or first, *use.followups[: count - 1]]
    return [await atelier.over(card) for card in found]


@in_module_loop
async def test_as_many_as_one_picks_with_a_seed_each(room: Atelier) -> None:
    card = await done(room, grain=5)
    opened = await asked(room, card)
    assert opened.modal
    assert opened.modal["title"] == "Seeds"
    (label,) = opened.modal["components"]
    assert label["label"] == "How many variations?"
    assert [one["value"] for one in label["component"]["options"]] == [str(count) for count in range(2, 11)]
    sent = await room.place.member.submit(opened, {"How many variations?": ["3"]})
    found = await cards(room, sent, 3)
    given = [room.given(one) for one in (card, *found)]
    assert len({one["grain"] for one in given}) == 4
    assert {one["prompt"] for one in given} == {"a fox"}
    assert all(not one.ephemeral and len(one.attachments) == 1 for one in found)
    assert all("Variations" in buttons(one) for one in found)
    assert [bool(row[0]) for row in rows(room, "SELECT interaction_id FROM jobs ORDER BY rowid DESC LIMIT 3")] == [
        *[False, False],
        True,
    ]
    # It can be pressed again.
    assert await asked(room, card)


@in_module_loop
async def test_a_workflow_that_draws_nothing_has_none(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    assert "Variations" not in buttons(card)
    use = await room.press_raw(room.place.member, card, f"familiar:variations:{job_id(card)}")
    assert (await room.told(use)).startswith("That workflow draws nothing at random")


@in_module_loop
async def test_who_may_and_when(room: Atelier) -> None:
    card = await done(room)
    told = await room.told(await room.place.other.press(card, "Variations"))
    assert told.startswith("Only the one who asked for it can have variations of it.")
    opened = await asked(room, card)
    await is_under_way(room)
    assert await room.told(await room.place.member.submit(opened, {"How many variations?": ["3"]})) == (
        "That job is still under way. Please wait until it is over."
    )
    rows(room, "UPDATE jobs SET outcome = 'completed' WHERE guild_id = ?", room.place.guild.id)
    opened = await asked(room, card)
    async with room.catalog() as catalog:
        await catalog.remove(room.place.guild.id, "seeds")
    gone = "That workflow was removed from this server in the meantime."
    assert await room.told(await room.place.member.submit(opened, {"How many variations?": ["3"]})) == gone
    assert await room.told(await room.place.member.press(card, "Variations")) == gone
    rows(room, "UPDATE jobs SET guild_id = 1 WHERE guild_id = ?", room.place.guild.id)
    assert await room.told(await room.place.member.press(card, "Variations")) == "That job is no longer known here."


@in_module_loop
async def test_pictures_that_are_gone_are_asked_for(room: Atelier) -> None:
    document = workflow(
        node("n", "noise", Field("seed", 3)), node("b", "img_blur", Field("image", label="Photo")), name="Both"
    )
    await room.publish(document)
    card = await room.over(await room.run("both", {"photo": PHOTO}))
    age(room, card)
    assert "please attach **photo** again" in await room.told(await room.place.member.press(card, "Variations"))


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 3}], indirect=True, ids=["three each"])
async def test_caps_hold_for_each_and_it_is_said_which_are_in(atelier: Atelier) -> None:
    card = await done(atelier)
    opened = await asked(atelier, card)
    # The modal is known by its id alone.
    await atelier.restart()
    await atelier.invoke.pause()
    sent = await atelier.place.member.submit(opened, {"How many variations?": ["5"]})
    await atelier.discord.until(lambda: len(sent.followups) == 3, PATIENCE)
    said = text(sent.followups[-1])
    assert said.startswith("3 of 5 jobs are under way. The others are not: You have 3 jobs under way")
    assert sent.followups[-1].ephemeral
    refused = await atelier.place.member.submit(await asked(atelier, card), {"How many variations?": ["2"]})
    assert (await atelier.told(refused)).startswith("You have 3 jobs under way")
    await atelier.invoke.resume()
    await cards(atelier, sent, 3)
    await atelier.tidy()
    assert len(rows(atelier, "SELECT id FROM jobs")) == 4


@pytest.mark.parametrize("atelier", [{"jobs_per_command": 3}], indirect=True, ids=["three at once"])
async def test_what_a_client_sends_is_not_believed(atelier: Atelier) -> None:
    card = await done(atelier)
    opened = await asked(atelier, card)
    assert opened.modal
    options = opened.modal["components"][0]["component"]["options"]
    assert [one["value"] for one in options] == ["2", "3"]
    options[0]["value"] = "400"
    sent = await atelier.place.member.submit(opened, {"How many variations?": ["400"]})
    await cards(atelier, sent, 3)
    await atelier.tidy()
    assert len(rows(atelier, "SELECT id FROM jobs")) == 4


@in_module_loop
async def test_a_modal_that_is_delivered_twice_makes_them_once(room: Atelier) -> None:
    card = await done(room)
    before = len(rows(room, "SELECT id FROM jobs"))
    opened = await asked(room, card)
    room.discord.faults.duplicate_next_interaction = True
    sent = await room.place.member.submit(opened, {"How many variations?": ["2"]})
    await cards(room, sent, 2)
    await asyncio.sleep(0.05)
    assert len(rows(room, "SELECT id FROM jobs")) == before + 2
    await room.tidy()


@in_module_loop
async def test_a_label_as_long_as_it_may_be_fits_the_modal(room: Atelier) -> None:
    await room.publish({**SEEDS, "name": "A very long name `of` <@1> **things** " * 4})
    (name,) = room.place.guild.commands
    card = await room.over(await room.run(name))
    opened = await asked(room, card)
    assert opened.modal
    assert len(opened.modal["title"]) <= 45
    assert custom_id(card, "Variations") == f"familiar:variations:{job_id(card)}"


@in_module_loop
async def test_it_speaks_the_language_of_whoever_presses(room: Atelier) -> None:
    card = await done(room)
    room.place.member.user.locale = "de"
    opened = await asked(room, card)
    assert opened.modal
    assert opened.modal["components"][0]["label"] == "Wie viele Variationen?"
    await room.publish(fixture("blur"))
