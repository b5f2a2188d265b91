"""Choices in braces: a job of each, asked about first where there are many, whether by command or by form."""

import asyncio

import pytest

from bot.playground.discord import Message, Use
from tests.cogs.atelier import (
    PATIENCE,
    Atelier,
    Field,
    blank,
    buttons,
    custom_id,
    in_module_loop,
    node,
    text,
    texts,
    workflow,
)
from tests.cogs.test_again import rows
from tests.cogs.test_form import current, fill, open_form, replace_inputs, says
from tests.cogs.test_variations import cards

EIGHT = "{a, b, c, d} {fox, cat}"


async def words(atelier: Atelier) -> None:
    await atelier.publish(texts(Field("value", "b", label="Prompt"), Field("value", "c", label="Second"), name="Words"))


async def asked(atelier: Atelier, **options: object) -> Message:
    question = await atelier.run("words", {"prompt": EIGHT, **options})
    assert question.ephemeral
    assert "make **8 jobs**" in text(question)
    assert buttons(question) == ["Run all 8", "Not now"]
    return question


def count_jobs(atelier: Atelier) -> int:
    return len(rows(atelier, "SELECT id FROM jobs WHERE guild_id = ?", atelier.place.guild.id))


async def run_all(atelier: Atelier, question: Message, count: int = 8) -> list[Message]:
    """Answer the question with yes, and wait for the cards until all are over."""
    use = await atelier.place.member.press(question, "Run all 8")
    await atelier.discord.until(lambda: len(use.followups) >= count, PATIENCE)
    assert use.response is question
    return [await atelier.over(card) for card in use.followups[:count]]


def prompts(atelier: Atelier, found: list[Message]) -> list[str]:
    return [atelier.given(card)["prompt"] for card in found]


@in_module_loop
async def test_a_few_run_at_once_each_with_a_card(room: Atelier) -> None:
    seed = node("n", "noise", Field("seed", 3, label="Grain"))
    prompt = node("t", "string", Field("value", label="Prompt"))
    await room.publish(workflow(prompt, seed, blank(), name="Seeds"))
    use = await room.place.member.slash(room.channel, "seeds", {"prompt": "a {red, green, blue} fox"})
    found = await cards(room, use, 3)
    assert prompts(room, found) == ["a red fox", "a green fox", "a blue fox"]
    assert len({room.given(card)["grain"] for card in found}) == 3
    assert all(not card.ephemeral and len(card.attachments) == 1 for card in found)
    await room.tidy()


KEPT = {
    "one": "a fox",
    "marked": r"a \{red, green\} fox",
    "InvokeAI's": "a {red|green} fox",
    "a document": '{"a": 1, "b": 2}',
}


@pytest.mark.parametrize("typed", KEPT.values(), ids=KEPT.keys())
@in_module_loop
async def test_braces_that_mean_nothing_make_one_job(room: Atelier, typed: str) -> None:
    await words(room)
    card = await room.over(await room.run("words", {"prompt": typed}))
    assert room.given(card)["prompt"] == typed.replace("\\", "")
    assert count_jobs(room) == 1


@in_module_loop
async def test_many_are_asked_about_first(room: Atelier) -> None:
    await words(room)
    question = await asked(room)
    assert count_jobs(room) == 0
    run = custom_id(question, "Run all 8")
    found = await run_all(room, question)
    assert not any(card.ephemeral for card in found)
    assert not buttons(question)
    assert prompts(room, found) == [f"{one} {animal}" for one in "abcd" for animal in ("fox", "cat")]
    gone = "That question is gone: it was answered, or is older than a day. Please use the command anew."
    assert await room.told(await room.press_raw(room.place.member, question, run)) == gone
    assert count_jobs(room) == 8
    await room.tidy()


@in_module_loop
async def test_nothing_is_run_where_that_is_the_answer(room: Atelier) -> None:
    await words(room)
    question = await asked(room)
    run = custom_id(question, "Run all 8")
    await room.changed(question, await room.place.member.press(question, "Not now"))
    assert text(question) == "All right, nothing was run."
    assert not question.components
    assert "is gone" in await room.told(await room.press_raw(room.place.member, question, run))
    assert count_jobs(room) == 0


@in_module_loop
async def test_two_presses_at_a_time_run_them_once(room: Atelier) -> None:
    await words(room)
    question = await asked(room)
    presses: list[Use] = await asyncio.gather(*(room.place.member.press(question, "Run all 8") for _ in range(3)))
    await asyncio.gather(*(room.told(press) for press in presses))
    await room.tidy()
    assert count_jobs(room) == 8


@in_module_loop
async def test_a_press_that_is_delivered_twice_runs_them_once(room: Atelier) -> None:
    await words(room)
    question = await asked(room)
    room.discord.faults.duplicate_next_interaction = True
    await run_all(room, question)
    await room.tidy()
    assert count_jobs(room) == 8
    assert all("already been acknowledged" in str(one) for one in room.refusals())


@in_module_loop
async def test_who_may_and_when(room: Atelier) -> None:
    await words(room)
    question = await asked(room)
    run = custom_id(question, "Run all 8")
    assert "is gone" in await room.told(await room.press_raw(room.place.other, question, run))
    workflow_id = (await current(room, "words")).workflow_id
    async with room.catalog() as catalog:
        await catalog.set_enabled(workflow_id, False)
        told = await room.told(await room.place.member.press(question, "Run all 8"))
        assert told == "`/words` is switched off at the moment."
        await catalog.set_enabled(workflow_id, True)
    await replace_inputs(room, "words", *(await current(room, "words")).inputs)
    told = await room.told(await room.place.member.press(question, "Run all 8"))
    assert told == "The workflow was changed in the meantime. Please use `/words` anew."
    async with room.catalog() as catalog:
        await catalog.remove(room.place.guild.id, "words")
    told = await room.told(await room.place.member.press(question, "Run all 8"))
    assert told == "That workflow was removed from this server in the meantime."
    assert count_jobs(room) == 0


@in_module_loop
async def test_too_many_are_refused_with_their_number(room: Atelier) -> None:
    await words(room)
    refused = await room.run("words", {"prompt": EIGHT, "second": "{1, 2}"})
    assert text(refused).startswith("The choices in braces make 16 jobs; up to 10 are fine at a time.")
    refused = await room.run("words", {"prompt": "{a, b}" * 500})
    assert text(refused).startswith("The choices in braces make 1,000,000+ jobs;")
    assert "`\\{`" in text(refused)
    # A value that does not fit is told before anything is asked.
    assert count_jobs(room) == 0


@in_module_loop
async def test_a_form_asks_too_and_keeps_what_was_typed(room: Atelier) -> None:
    await words(room)
    form = await open_form(room, "words")
    await fill(room, form, "Fill in", {"prompt": "{a, b}"})
    use = await room.place.member.press(form, "Run")
    assert prompts(room, await cards(room, use, 2)) == ["a", "b"]
    await fill(room, form, "Fill in", {"prompt": EIGHT})
    question = await room.answer(await room.place.member.press(form, "Run"))
    assert buttons(question) == ["Run all 8", "Not now"]
    await run_all(room, question)
    await fill(room, form, "Fill in", {"prompt": EIGHT * 2})
    assert "make 64 jobs" in await room.told(await room.place.member.press(form, "Run"))
    assert "Please correct" not in says(form)
    assert rf"**prompt** {EIGHT}" in text(await open_form(room, "words"))
    await room.tidy()


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 6}], indirect=True, ids=["six each"])
async def test_it_outlives_a_restart_and_caps_hold(atelier: Atelier) -> None:
    await words(atelier)
    question = await asked(atelier, private=True)
    await atelier.restart()
    await atelier.invoke.pause()
    run = custom_id(question, "Run all 8")
    use = await atelier.place.member.press(question, "Run all 8")
    await atelier.discord.until(lambda: len(use.followups) == 7, PATIENCE)
    assert text(use.followups[-1]).startswith("6 of 8 jobs are under way. The others are not: You have 6 jobs")
    assert all(one.ephemeral for one in use.followups)
    await atelier.invoke.resume()
    for card in use.followups[:6]:
        await atelier.over(card)
    await atelier.tidy()
    assert count_jobs(atelier) == 6
    assert "is gone" in await atelier.told(await atelier.press_raw(atelier.place.member, question, run))


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 1}], indirect=True, ids=["one each"])
async def test_what_was_not_let_in_can_be_asked_again(atelier: Atelier) -> None:
    await words(atelier)
    question = await asked(atelier)
    await atelier.invoke.pause()
    first = await atelier.run("words")
    refused = await atelier.told(await atelier.place.member.press(question, "Run all 8"))
    assert refused.startswith("You have one job under way")
    await atelier.discord.until(lambda: buttons(question) == ["Run all 8", "Not now"], PATIENCE)
    await atelier.invoke.resume()
    await atelier.over(first)
    use = await atelier.place.member.press(question, "Run all 8")
    await atelier.discord.until(lambda: len(use.followups) == 2, PATIENCE)
    assert text(use.followups[-1]).startswith("One of 8 jobs is under way.")
    await atelier.tidy()


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 9}], indirect=True, ids=["nine each"])
async def test_the_question_is_nobodys_card(atelier: Atelier) -> None:
    await words(atelier)
    question = await asked(atelier)
    await atelier.invoke.pause()
    use = await atelier.place.member.press(question, "Run all 8")
    await atelier.discord.until(lambda: len(use.followups) == 8, PATIENCE)
    await atelier.stop()
    # As if the bot had been killed before it knew where the first card is.
    rows(atelier, "UPDATE jobs SET message_id = NULL WHERE interaction_id IS NOT NULL")
    before = text(question)
    await atelier.start()
    await atelier.invoke.resume()
    for card in use.followups[1:8]:
        await atelier.over(card)
    await atelier.tidy()
    assert text(question) == before
    assert not buttons(question)
    assert rows(atelier, "SELECT outcome FROM jobs WHERE interaction_id IS NOT NULL") == [("cancelled",)]


@in_module_loop
async def test_a_card_that_was_not_taken_is_not_the_question(room: Atelier) -> None:
    await words(room)
    question = await asked(room)
    room.discord.faults.fail_next("POST /webhooks/{application_id}/{token}", 400)
    before = text(question)
    use = await room.place.member.press(question, "Run all 8")
    await room.discord.until(lambda: count_jobs(room) == 1, PATIENCE)
    await room.tidy()
    assert rows(room, "SELECT outcome FROM jobs WHERE guild_id = ?", room.place.guild.id) == [("cancelled",)]
    assert not use.followups
    assert text(question) == before
    assert [refusal.status for refusal in room.refusals()] == [400]
