"""The Edit button: values to be changed and run, in a modal where they are few, in a form where they are many."""

import asyncio
from dataclasses import replace

import pytest

from bot.playground.discord import Message, Use
from tests.cogs.atelier import (
    PATIENCE,
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
from tests.cogs.test_again import age, rows
from tests.cogs.test_allowed import PERMISSIONS
from tests.cogs.test_form import TWELVE, current, replace_inputs, says


async def pressed(atelier: Atelier, card: Message) -> Use:
    use = await atelier.place.member.press(card, "Edit")
    await use.answered()
    assert use.modal, text(use.response)
    return use


async def run_edited(atelier: Atelier, use: Use, **fields: object) -> Message:
    return await atelier.answer(await atelier.place.member.submit(use, fields))


@in_module_loop
async def test_a_few_values_are_changed_and_run_at_once(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await room.over(await room.run("fog-glass", {"photo": PHOTO, "radius": 3.5}))
    opened = await pressed(room, card)
    assert opened.modal
    fields = {part["label"]: part for part in opened.modal["components"]}
    assert fields["radius"]["component"]["value"] == "3.5"
    assert "Empty keeps photo.png." in fields["photo"]["description"]
    new = await room.over(await run_edited(room, opened, radius="5"))
    assert not new.ephemeral
    assert len(new.attachments) == 1
    assert room.given(new)["radius"] == 5
    # The card that it was pressed on is as it was.
    assert "Edit" in buttons(card)
    assert job_id(card) != job_id(new)
    await room.tidy()


@in_module_loop
async def test_what_does_not_fit_is_shown_in_a_form_with_all_the_rest(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    before = list(card.components)
    form = await run_edited(room, await pressed(room, card), radius="99")
    assert form.ephemeral
    assert "Please correct: **radius**" in says(form)
    assert "**photo** (required) photo.png" in text(form)
    assert card.components == before
    who = room.place.member
    opened = await who.press(form, "Fill in")
    await opened.answered()
    await room.changed(form, await who.submit(opened, {"radius": "2"}))
    new = await room.over(await room.answer(await who.press(form, "Run")))
    assert room.given(new)["radius"] == 2


@in_module_loop
async def test_many_values_are_changed_in_a_form(room: Atelier) -> None:
    await room.publish(TWELVE)
    options = {"photo": PHOTO, "style": "noir style", "model": "tiny-sd15", "steps": 12, "seed": 77}
    card = await room.over(await room.run("twelve-things", options))
    form = await room.answer(await room.place.member.press(card, "Edit"))
    assert form.ephemeral
    assert "✏️ Filled in as it was." in text(form)
    for line in ("**steps** 12", "**seed** 77", "**style** (required) noir style", "**photo** (required) photo.png"):
        assert line in text(form)
    assert "Please correct" not in says(form)
    new = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert room.given(new) == room.given(card)
    age(room, card)
    form = await room.answer(await room.place.member.press(card, "Edit"))
    assert "please attach **photo** again" in text(form)
    assert "❗ **photo** (required) none attached" in text(form)


@in_module_loop
async def test_a_file_that_is_gone_is_asked_for_in_the_modal(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    age(room, card)
    opened = await pressed(room, card)
    assert opened.modal
    photo = next(part for part in opened.modal["components"] if part["label"] == "photo")
    assert photo["component"]["required"]
    new = await room.over(await run_edited(room, opened, photo=[("other.png", PHOTO[1])]))
    assert len(new.attachments) == 1


@in_module_loop
async def test_what_was_attached_and_need_not_be_is_not_left_out_in_silence(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    inputs = (await current(room, "fog-glass")).inputs
    await replace_inputs(room, "fog-glass", *(replace(one, required=False) for one in inputs))
    card = await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    age(room, card)
    form = await room.answer(await room.place.member.press(card, "Edit"))
    assert form.ephemeral
    assert "please attach **photo** again" in text(form)
    # Of an input that went since, nothing can be attached.
    await replace_inputs(room, "fog-glass", *(one for one in inputs if one.name != "photo"))
    assert (await pressed(room, card)).modal


@pytest.mark.slow
@in_module_loop
async def test_discord_and_invokeai_may_both_be_slow(room: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nearly_too_late(*_: object) -> None:
        await asyncio.sleep(1.7)

    await room.publish(texts(Field("value", label="Prompt"), name="Words"))
    card = await room.over(await room.run("words", {"prompt": "a fox"}))
    monkeypatch.setattr("cogs._form_sheets.models_of", nearly_too_late)
    monkeypatch.setattr("cogs._anew.models_of", nearly_too_late)
    room.discord.faults.delay(PERMISSIONS, 1.7, times=1)
    await pressed(room, card)


@in_module_loop
async def test_braces_that_were_run_are_no_choice_any_more(room: Atelier) -> None:
    await room.publish(texts(Field("value", label="Prompt"), name="Words"))
    card = await room.over(await room.run("words", {"prompt": r"a \{red, green\} fox"}))
    assert room.given(card) == {"prompt": "a {red, green} fox"}
    opened = await pressed(room, card)
    assert opened.modal
    assert opened.modal["components"][0]["component"]["value"] == r"a \{red, green\} fox"
    new = await room.over(await run_edited(room, opened))
    assert room.given(new) == room.given(card)


@in_module_loop
async def test_it_is_the_workflow_as_it_is_now(room: Atelier) -> None:
    words = [Field("value", value, label=label) for value, label in (("b", "Prompt"), ("c", "Second"))]
    await room.publish(texts(*words, name="Words"))
    card = await room.over(await room.run("words", {"prompt": "a long barn", "second": "d"}))
    first, second = (await current(room, "words")).inputs
    await replace_inputs(room, "words", replace(first, max_length=5), replace(second, name="other"))
    opened = await pressed(room, card)
    assert opened.modal
    assert [part["label"] for part in opened.modal["components"]] == ["prompt", "other"]
    assert opened.modal["components"][0]["component"]["value"] == "a long barn"
    await replace_inputs(room, "words", first)
    form = await run_edited(room, opened, prompt="barn")
    assert form.ephemeral
    assert "🔁 The workflow was changed in the meantime." in text(form)
    assert "**prompt** barn" in text(form)


@in_module_loop
async def test_who_may_and_when(room: Atelier) -> None:
    await room.publish(texts(Field("value", label="Prompt"), name="Words"))
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("words"))
    told = await room.told(await room.place.other.press(card, "Edit"))
    assert told.startswith("Only the one who asked for it can edit it.")
    nothing = await room.over(await room.run("blank"))
    assert "Edit" not in buttons(nothing)
    use = await room.press_raw(room.place.member, nothing, f"familiar:edit:{job_id(nothing)}")
    assert (await room.told(use)).startswith("That workflow asks for nothing")
    opened = await pressed(room, card)
    async with room.catalog() as catalog:
        await catalog.set_enabled((await current(room, "words")).workflow_id, False)
    off = "`/words` is switched off at the moment."
    assert await room.told(await room.place.member.press(card, "Edit")) == off
    assert text(await run_edited(room, opened, prompt="x")) == off
    async with room.catalog() as catalog:
        await catalog.remove(room.place.guild.id, "words")
    gone = "That workflow was removed from this server in the meantime."
    assert await room.told(await room.place.member.press(card, "Edit")) == gone
    assert text(await run_edited(room, opened, prompt="x")) == gone
    use = await room.press_raw(room.place.member, card, "familiar:edit:aaaaaaaaaa")
    assert await room.told(use) == "That job is no longer known here."


@in_module_loop
async def test_what_is_delivered_twice_runs_once(room: Atelier) -> None:
    await room.publish(texts(Field("value", label="Prompt"), name="Words"))
    card = await room.over(await room.run("words"))
    opened = await pressed(room, card)
    before = len(rows(room, "SELECT id FROM jobs"))
    room.discord.faults.duplicate_next_interaction = True
    await room.over(await run_edited(room, opened, prompt="x"))
    await room.tidy()
    assert len(rows(room, "SELECT id FROM jobs")) == before + 1


async def test_it_outlives_a_restart(atelier: Atelier) -> None:
    await atelier.publish(texts(Field("value", label="Prompt"), name="Words"))
    card = await atelier.over(await atelier.run("words", {"prompt": "a fox"}))
    await atelier.restart()
    opened = await pressed(atelier, card)
    await atelier.restart()
    new = await atelier.over(await run_edited(atelier, opened, prompt="a dog"))
    assert atelier.given(new) == {"prompt": "a dog"}
    await atelier.tidy()


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 1}], indirect=True, ids=["one each"])
async def test_a_private_job_stays_private_and_caps_hold(atelier: Atelier) -> None:
    await atelier.publish(texts(Field("value", label="Prompt"), name="Words"))
    card = await atelier.over(await atelier.run("words", {"private": True}))
    assert card.ephemeral
    opened = await pressed(atelier, card)
    await atelier.invoke.pause()
    first = await atelier.run("words")
    refused = await run_edited(atelier, opened, prompt="x")
    # It can be run when there is room again, as it was typed.
    assert text(refused).startswith("You have one job under way")
    assert "**prompt** x" in text(refused)
    assert "Run" in buttons(refused)
    await atelier.invoke.resume()
    await atelier.over(first)
    new = await atelier.over(await run_edited(atelier, await pressed(atelier, card), prompt="y"))
    assert new.ephemeral
    await atelier.discord.until(lambda: len(new.attachments) == 1, PATIENCE)
    await atelier.tidy()
