"""From a command to its cards: who sees them, in which words, what is filled in, and what happens half-way."""

import json

import pytest

from bot.playground.discord import Message, Permissions
from tests.cogs.atelier import (
    PATIENCE,
    PHOTO,
    Atelier,
    Field,
    blank,
    fixture,
    in_module_loop,
    job_id,
    node,
    text,
    texts,
    workflow,
)
from tests.cogs.test_again import rows
from tests.cogs.test_ask import words
from tests.cogs.test_form import current, fill, open_form, says
from tests.cogs.test_variations import cards


def job(atelier: Atelier, card: Message, column: str) -> object:
    ((value,),) = rows(atelier, f"SELECT {column} FROM jobs WHERE id = ?", job_id(card))
    return value


def choose(atelier: Atelier, **choices: object) -> None:
    """Choose for a server what its admins can."""
    query = "INSERT OR REPLACE INTO guild_choices (guild_id, choices) VALUES (?, ?)"
    rows(atelier, query, atelier.place.guild.id, json.dumps(choices))


async def policy(atelier: Atelier, slug: str, **held: object) -> None:
    workflow_id = (await current(atelier, slug)).workflow_id
    query = "INSERT OR REPLACE INTO policies (workflow_id, policy) VALUES (?, ?)"
    rows(atelier, query, workflow_id, json.dumps(held))


PRIVATE = {
    "nothing chosen": ({}, {}, False),
    "asked for": ({}, {"private": True}, True),
    "preferred": ({"private": True}, {}, True),
    "preferred, and asked for otherwise": ({"private": True}, {"private": False}, False),
}


@pytest.mark.parametrize(("preferred", "options", "private"), PRIVATE.values(), ids=PRIVATE.keys())
@in_module_loop
async def test_who_sees_it(room: Atelier, preferred: dict, options: dict, private: bool) -> None:
    await words(room)
    room.prefer(room.place.member, **preferred)
    card = await room.run("words", options)
    assert card.ephemeral is private
    assert bool(job(room, card, "is_private")) is private
    await room.over(card)
    form = await open_form(room, "words")
    assert (await room.over(await room.answer(await room.place.member.press(form, "Run")))).ephemeral is bool(
        preferred.get("private")
    )
    asked = {"workflow": "words", **options}
    form = await room.answer(await room.place.member.slash(room.channel, "run", asked))
    assert (await room.over(await room.answer(await room.place.member.press(form, "Run")))).ephemeral is private
    await room.tidy()


@in_module_loop
async def test_what_is_private_only_is_so_by_every_way(room: Atelier) -> None:
    await words(room)
    await policy(room, "words", private_only=True)
    card = await room.over(await room.run("words", {"private": False, "prompt": "x"}))
    assert card.ephemeral
    use = await room.place.member.slash(room.channel, "words", {"private": False, "prompt": "{a, b}"})
    assert all(one.ephemeral for one in await cards(room, use, 2))
    again = await room.over(await room.answer(await room.place.member.press(card, "Again")))
    assert again.ephemeral
    await room.tidy()


SPOILERS = {
    "nothing chosen": ({}, {}, False, False),
    "preferred": ({"spoiler": True}, {}, False, True),
    "the workflow's": ({}, {"spoiler": True}, False, True),
    "the channel's": ({}, {}, True, True),
}


@pytest.mark.parametrize(("preferred", "held", "by_channel", "covered"), SPOILERS.values(), ids=SPOILERS.keys())
@in_module_loop
async def test_what_is_covered(room: Atelier, preferred: dict, held: dict, by_channel: bool, covered: bool) -> None:
    await words(room)
    room.prefer(room.place.member, **preferred)
    await policy(room, "words", **held)
    choose(room, spoiler_channels=[room.channel.id] if by_channel else [1])
    card = await room.over(await room.run("words"))
    assert bool(job(room, card, "is_spoiler")) is covered


LANGUAGES = {
    "a card is the server's": ("de", "en-US", {}, "en"),
    "as its admins chose": ("en-US", "en-US", {"language": "de"}, "de"),
    "a private card is its reader's": ("de", "en-US", {"private": True}, "de"),
}


@pytest.mark.parametrize(("own", "guild", "how", "language"), LANGUAGES.values(), ids=LANGUAGES.keys())
@in_module_loop
async def test_in_which_language_it_speaks(room: Atelier, own: str, guild: str, how: dict, language: str) -> None:
    await words(room)
    room.place.member.user.locale = own
    room.place.guild.locale = guild
    choose(room, **{key: value for key, value in how.items() if key == "language"})
    card = await room.run("words", {key: value for key, value in how.items() if key == "private"})
    assert job(room, card, "language") == language
    await room.discord.until(lambda: len(card.attachments) == 1, PATIENCE)


# Checks, in their order


@in_module_loop
async def test_permissions_come_before_the_policy_and_that_before_the_values(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    await policy(room, "fog-glass", members={"denied": [room.place.member.user.id]})
    room.channel.overwrite(room.place.guild.bot, deny=Permissions.ATTACH_FILES)
    options = {"photo": ("film.mp4", b"film"), "radius": 3.0}
    assert "**Attach Files**" in text(await room.run("fog-glass", options))
    room.channel.overwrite(room.place.guild.bot)
    refused = text(await room.run("fog-glass", options))
    assert "**photo**" not in refused
    await policy(room, "fog-glass")
    assert "takes a picture, which “film.mp4” is not." in text(await room.run("fog-glass", options))
    assert not room.channel.messages


@in_module_loop
async def test_a_word_that_is_not_welcome_keeps_all_of_them_out(room: Atelier) -> None:
    await words(room)
    columns = "(guild_id, text, is_pattern, created_by, created_at)"
    rows(room, f"INSERT INTO word_rules {columns} VALUES (?, 'rude', 0, 1, '2026-01-01')", room.place.guild.id)
    refused = await room.run("words", {"prompt": "a {kind, rude, red} fox"})
    assert refused.ephemeral
    assert text(refused).startswith("**prompt**")
    assert not rows(room, "SELECT id FROM jobs WHERE guild_id = ?", room.place.guild.id)
    # An edited job is looked at as well, and what was typed is not lost.
    card = await room.over(await room.run("words", {"prompt": "a fox"}))
    opened = await room.place.member.press(card, "Edit")
    await opened.answered()
    form = await room.answer(await room.place.member.submit(opened, {"prompt": "a rude fox"}))
    assert "Please correct: **prompt**" in says(form)
    assert "**prompt** a rude fox" in text(form)


# A member's own defaults


@in_module_loop
async def test_a_members_defaults_count_where_nothing_was_given(room: Atelier) -> None:
    steps = Field("value", 20, label="Steps", settings={"min": 1, "max": 50})
    words = [node(name, "string", Field("value", "b", label=name.title())) for name in ("prompt", "second")]
    seed = node("n", "noise", Field("seed", 3))
    await room.publish(workflow(*words, node("s", "integer", steps), seed, blank(), name="Own"))
    form = await open_form(room, "own")
    await fill(room, form, "Fill in", {"prompt": "a *barn*", "steps": "12", "seed": "7"})
    await room.changed(form, await room.place.member.press(form, "My defaults"))
    assert r"📌 Saved as your defaults: **prompt**, **steps**." in text(form)
    card = await room.over(await room.run("own", {"second": "mine"}))
    given = room.given(card)
    assert given == {"prompt": "a *barn*", "second": "mine", "steps": 12, "seed": given["seed"]}
    assert given["seed"] != 7
    card = await room.over(await room.run("own", {"prompt": "given"}))
    assert room.given(card)["prompt"] == "given"
    # The form shows what counts, and so it stays after a reset.
    await room.changed(form, await room.place.member.press(form, "Reset"))
    assert r"**prompt** a \*barn\*" in text(form)
    assert "**steps** 12" in text(form)
    card = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert room.given(card)["steps"] == 12
    # More of them can be saved later, and nobody else has them.
    await fill(room, form, "Fill in", {"second": "d"})
    await room.changed(form, await room.place.member.press(form, "My defaults"))
    card = await room.over(await room.run("own"))
    assert [room.given(card)[name] for name in ("prompt", "second", "steps")] == ["a *barn*", "d", 12]
    card = await room.over(await room.run("own", who=room.place.other))
    assert room.given(card)["prompt"] == "b"
    await room.tidy()


@in_module_loop
async def test_defaults_that_fit_no_more_harm_nobody(room: Atelier) -> None:
    steps = Field("value", 20, label="Steps", settings={"min": 1, "max": 50})
    await room.publish(workflow(node("s", "integer", steps), blank(), name="Own"))
    workflow_id = (await current(room, "own")).workflow_id
    held = json.dumps({"steps": 99, "gone": "x"})
    member = room.place.member.user.id
    rows(room, "INSERT INTO member_defaults (user_id, workflow_id, given) VALUES (?, ?, ?)", member, workflow_id, held)
    card = await room.over(await room.run("own"))
    assert room.given(card) == {"steps": 20}
    assert "**steps** 20" in text(await open_form(room, "own"))


@in_module_loop
async def test_a_default_beyond_the_members_bounds_is_as_if_it_never_was(room: Atelier) -> None:
    steps = Field("value", 20, label="Steps", settings={"min": 1, "max": 50})
    await room.publish(workflow(node("s", "integer", steps), blank(), name="Own"))
    workflow_id = (await current(room, "own")).workflow_id
    member = room.place.member.user.id
    query = "INSERT INTO member_defaults (user_id, workflow_id, given) VALUES (?, ?, ?)"
    rows(room, query, member, workflow_id, json.dumps({"steps": 40}))
    bound = {"role_id": room.place.guild.id, "name": "steps", "place": ["s", "value"], "maximum": 30}
    await policy(room, "own", bounds=[bound])
    assert room.given(await room.over(await room.run("own"))) == {"steps": 20}
    assert "**steps** 20" in text(await open_form(room, "own"))
    assert "may be at most 30 for you" in text(await room.run("own", {"steps": 40}))


@in_module_loop
async def test_what_is_needed_is_not_where_one_has_a_default(room: Atelier) -> None:
    await room.publish(workflow(node("style", "lora_selector", Field("lora", label="Style")), blank(), name="Style"))
    form = await open_form(room, "style")
    await fill(room, form, "Fill in", {"style": "noir style"})
    await room.changed(form, await room.place.member.press(form, "My defaults"))
    await room.changed(form, await room.place.member.press(form, "Reset"))
    assert "Still needed" not in says(form)
    card = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert room.given(card)["style"]["name"] == "noir style"


# Half-way


async def test_what_a_restart_leaves_of_several_jobs_has_its_cards_or_never_runs(atelier: Atelier) -> None:
    await atelier.publish(texts(Field("value", label="Prompt"), name="Words"))
    await atelier.invoke.pause()
    use = await atelier.place.member.slash(atelier.channel, "words", {"prompt": "{a, b, c}"})
    await atelier.discord.until(lambda: len(use.followups) == 2, PATIENCE)
    first, second, third = [use.response, *use.followups]
    # As if the process had ended before it could write down where the second and the first are.
    await atelier.stop()
    query = "UPDATE jobs SET message_id = NULL WHERE id IN (?, ?)"
    rows(atelier, query, job_id(first), job_id(second))
    await atelier.start()
    await atelier.invoke.resume()
    await atelier.over(first)
    await atelier.over(third)
    await atelier.tidy()
    outcomes = [job(atelier, card, "outcome") for card in (first, second, third)]
    assert outcomes == ["completed", "cancelled", "completed"]
    assert "Cancel" in str(second.components)


@in_module_loop
async def test_a_card_that_cannot_be_posted_takes_no_other_with_it(room: Atelier) -> None:
    await room.publish(texts(Field("value", label="Prompt"), name="Words"))
    room.discord.faults.fail_next("POST /webhooks/", 403)
    use = await room.place.member.slash(room.channel, "words", {"prompt": "{a, b}"})
    card = await room.over(await room.answer(use))
    await room.tidy()
    assert len(card.attachments) == 1
    (told,) = use.followups
    assert text(told).startswith("One of 2 jobs is under way. The others are not: Discord did not take their cards.")
    assert told.ephemeral
    outcomes = rows(room, "SELECT outcome FROM jobs WHERE guild_id = ? ORDER BY created_at", room.place.guild.id)
    assert outcomes == [("completed",), ("cancelled",)]
    assert len(room.channel.messages) == 1
    room.refusals()


@in_module_loop
async def test_pictures_are_uploaded_for_each(room: Atelier) -> None:
    document = workflow(
        node("b", "img_blur", Field("image", label="Photo")),
        node("t", "string", Field("value", label="Prompt")),
        name="P",
    )
    await room.publish(document)
    use = await room.place.member.slash(room.channel, "p", {"photo": PHOTO, "prompt": "{a, b}"})
    assert [len(card.attachments) for card in await cards(room, use, 2)] == [1, 1]
    await room.tidy()
