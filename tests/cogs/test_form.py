"""/run: a private form for any workflow, filled in bit by bit, and run."""

import contextlib
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.catalog import Published
from bot.drafts import Draft
from bot.jobs import now
from bot.playground.discord import ClientRefusal, LocalMember, Message
from tests.cogs.atelier import (
    FIXTURES,
    PATIENCE,
    PHOTO,
    Atelier,
    Field,
    blank,
    buttons,
    custom_id,
    fixture,
    in_module_loop,
    node,
    text,
    texts,
    workflow,
)

TWELVE = workflow(
    node("words", "string", Field("value", "a barn", label="Prompt")),
    node("second", "string", Field("value", label="Second", settings={"component": "input"})),
    node("count", "integer", Field("value", 20, label="Steps", settings={"min": 1, "max": 50})),
    node("grain", "noise", Field("seed", 3)),
    node("sharp", "boolean", Field("value", True, label="Sharp")),
    node("blur", "img_blur", Field("image", label="Photo"), Field("blur_type", "box", label="Kind")),
    node("weight", "float", Field("value", 0.5, label="Weight")),
    node("paint", "color", Field("color", {"r": 255, "g": 136, "b": 0, "a": 255}, label="Paint")),
    node("style", "lora_selector", Field("lora", label="Style")),
    node("model", "main_model_loader", Field("model", label="Model")),
    node("sizes", "integer_collection", Field("collection", [8, 16], label="Sizes")),
    blank(),
    name="Twelve things",
    description="Asks for *nearly* everything.",
)

CLIP = ("clip.mp4", (FIXTURES.parent / "clip.mp4").read_bytes())


def says(message: Message) -> str:
    """All that a form says, with what is needed and what is wrong."""
    fields = [field for embed in message.embeds for field in embed.get("fields", ())]
    return "\n".join([text(message), *(f"{field['name']}: {field['value']}" for field in fields)])


async def open_form(room: Atelier, slug: str, who: LocalMember | None = None) -> Message:
    who = who or room.place.member
    return await room.answer(await who.slash(room.channel, "run", {"workflow": slug}))


async def fill(room: Atelier, form: Message, button: str, fields: Mapping[str, object]) -> Message:
    """Open a modal of a form, and send it in."""
    who = room.place.member
    opened = await who.press(form, button)
    await opened.answered()
    assert opened.modal, text(opened.response)
    return await room.changed(form, await who.submit(opened, fields))


async def opened_modal(room: Atelier, form: Message, button: str) -> dict[str, dict[str, Any]]:
    """Open a modal of a form, and return its fields by their labels; nobody sends it in."""
    use = await room.place.member.press(form, button)
    await use.answered()
    assert use.modal
    return {part["label"]: part["component"] | {"hint": part.get("description")} for part in use.modal["components"]}


async def graph(room: Atelier) -> dict[str, Any]:
    """The nodes of the one run that waits on InvokeAI, which is paused."""
    await room.discord.until(lambda: room.invoke.items, PATIENCE)
    (item,) = room.invoke.items.values()
    return dict(item.graph["nodes"])


async def current(room: Atelier, slug: str) -> Published:
    async with room.catalog() as catalog:
        found = await catalog.find(room.place.guild.id, slug)
    assert found
    return found


async def replace_inputs(room: Atelier, slug: str, *inputs: Any) -> None:
    """Publish a version with other inputs, from beside the bot."""
    published = await current(room, slug)
    async with room.catalog() as catalog:
        source = await catalog.source(published.workflow_id, published.version)
        draft = Draft("next", published.guild_id, 1, slug, published.name, published.description, source, inputs)
        await catalog.add_version(draft.evolve(workflow_id=published.workflow_id, base_version=published.version))


# Which workflow


@in_module_loop
async def test_workflows_are_suggested_by_name_and_by_what_they_do(room: Atelier) -> None:
    who = room.place.member
    assert await who.autocomplete(room.channel, "run", "workflow") == []
    with pytest.raises(AssertionError, match="This server has no workflow to run yet"):
        assert not says(await open_form(room, "blur"))
    await room.publish(fixture("blur"))
    await room.publish(workflow(blank(), name="Blank", description="Makes *nothing* foggy."))

    async def found(typed: str) -> list[str]:
        return [choice["value"] for choice in await who.autocomplete(room.channel, "run", "workflow", typed)]

    assert await found("") == ["blank", "fog-glass"]
    assert await found("fog") == ["fog-glass", "blank"]
    assert await found("/fog glass") == ["fog-glass"]
    assert await found("NOTHING makes") == ["blank"]
    assert await found("no such") == []
    (choice,) = await who.autocomplete(room.channel, "run", "workflow", "smallest")
    assert choice["name"] == "fog-glass · Blurs one image; the smallest useful form."
    async with room.catalog() as catalog:
        await catalog.set_enabled((await current(room, "blank")).workflow_id, False)
    assert await found("") == ["fog-glass"]
    for typed, answer in {
        "blank": "`/blank` is switched off at the moment.",
        "frog-glass": "There is no workflow “frog-glass” here. Did you mean `fog-glass`?",
        "no`such": "There is no workflow “nosuch” here. Pick one of those that appear as you type.",
    }.items():
        message = await open_form(room, typed)
        assert message.ephemeral
        assert text(message) == answer


@in_module_loop
async def test_a_workflow_that_asks_for_nothing_is_run_at_once(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank", description="Makes nothing."))
    form = await open_form(room, "/Blank ")
    assert form.ephemeral
    assert text(form).splitlines()[:3] == ["Blank", "-# Makes nothing.", "It asks for nothing. Press **Run**."]
    assert buttons(form) == ["Run", "Close"]
    card = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert not card.ephemeral
    assert len(card.attachments) == 1


# Filling in


@in_module_loop
async def test_twelve_inputs_are_filled_in_over_three_modals(room: Atelier) -> None:
    await room.publish(TWELVE)
    form = await open_form(room, "twelve-things")
    assert form.ephemeral
    lines = text(form).splitlines()
    assert lines[:2] == ["Twelve things", r"-# Asks for \*nearly\* everything."]
    assert lines[2:14] == [
        "` 1` **prompt** a barn",
        "` 2` **second** empty",
        "` 3` **steps** 20",
        "` 4` **seed** random",
        "` 5` **sharp** yes",
        "` 6` ❗ **photo** (required) none attached",
        "` 7` **kind** box",
        "` 8` **weight** 0.5",
        r"` 9` **paint** \#ff8800",
        "`10` ❗ **style** (required) not set",
        "`11` ❗ **model** (required) not set",
        "`12` **sizes** 8, 16",
    ]
    assert "❗ Still needed: **photo**, **style**, **model**" in says(form)
    first, second, third = "1–5 prompt … sharp", "6–10 photo … style", "11–12 model … sizes"
    assert buttons(form) == [first, second, third, "Run", "My defaults", "Reset", "Close"]
    with pytest.raises(ClientRefusal, match="'Run' is disabled"):
        await room.place.member.press(form, "Run")

    await fill(room, form, first, {"prompt": "a *red* barn", "steps": "99", "seed": "abc", "sharp": "No"})
    assert r"**prompt** a \*red\* barn" in text(form)
    assert "**sharp** no" in text(form)
    wrong = says(form).partition("Please correct: ")[2]
    assert wrong == "**steps**: must be from 1 to 50, not 99.\n**seed**: takes a whole number, not “abc”."
    fields = await opened_modal(room, form, first)
    assert [fields[name].get("value") for name in ("prompt", "second", "steps", "seed")] == [
        "a *red* barn",
        None,
        "99",
        "abc",
    ]
    await fill(room, form, first, {"steps": "12", "seed": ""})
    assert "**steps** 12" in text(form)
    assert "**seed** random" in text(form)
    assert "Please correct" not in says(form)

    await fill(room, form, second, {"photo": [PHOTO], "kind": "gaussian", "paint": "#zz", "style": "watercolor style"})
    assert "**photo** (required) photo.png" in text(form)
    assert "❗ Still needed: **model**" in says(form)
    assert "**style**: has no “watercolor style”. Did you mean watercolour style, " in says(form)
    assert "**paint**: takes a colour like #ff8800, not “#zz”." in says(form)
    await fill(room, form, second, {"paint": "#0f0", "style": "NOIR style"})
    await fill(room, form, third, {"model": "tiny-sd15", "sizes": ""})
    assert "Still needed" not in says(form)
    assert "Please correct" not in says(form)

    await room.invoke.pause()
    card = await room.answer(await room.place.member.press(form, "Run"))
    assert not card.ephemeral
    nodes = await graph(room)
    assert nodes["words"]["value"] == "a *red* barn"
    assert nodes["count"]["value"] == 12
    assert nodes["grain"]["seed"] != 3
    assert nodes["sharp"]["value"] is False
    assert nodes["blur"]["blur_type"] == "gaussian"
    assert nodes["paint"]["color"] == {"r": 0, "g": 255, "b": 0, "a": 255}
    assert nodes["style"]["lora"]["name"] == "noir style"
    assert nodes["model"]["model"]["name"] == "tiny-sd15"
    assert nodes["sizes"]["collection"] == [8, 16]
    await room.invoke.resume()
    await room.over(card)
    assert "**steps** 12" in await room.values(card)

    # It is still there, and goes on from where it was.
    await fill(room, form, first, {"steps": "7"})
    again = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert "**steps** 7" in await room.values(again)

    later = await open_form(room, "twelve-things")
    assert "🕘 Filled in as you had it last time." in text(later)
    for line in ("**steps** 7", "**style** (required) noir style", "**model** (required) tiny-sd15", "**seed** random"):
        assert line in text(later)
    assert "❗ Still needed: **photo**" in says(later)
    others = await open_form(room, "twelve-things", room.place.other)
    assert "**steps** 20" in text(others)

    use = await room.place.member.press(later, "Reset")
    await room.changed(later, use)
    assert "**steps** 20" in text(later)
    assert "last time" not in text(later)


@in_module_loop
async def test_files_are_attached_replaced_and_detached(room: Atelier) -> None:
    await room.publish(
        workflow(
            node("blur", "img_blur", Field("image", label="Photo")),
            node("all", "image_collection", Field("images", label="Album")),
            name="Pictures",
        )
    )
    form = await open_form(room, "pictures")
    fields = await opened_modal(room, form, "Fill in")
    assert (fields["photo"]["required"], fields["album"]["required"]) == (True, False)
    assert fields["album"]["max_values"] == 5
    await fill(room, form, "Fill in", {"photo": [("film.mp4", b"film")], "album": [PHOTO, ("b.png", PHOTO[1])]})
    assert "**photo**: takes a picture, which “film.mp4” is not." in says(form)
    assert "**album** photo.png, b.png" in text(form)
    await fill(room, form, "Fill in", {"photo": [PHOTO]})
    assert "**photo** (required) photo.png" in text(form)
    assert "**album** photo.png, b.png" in text(form)
    fields = await opened_modal(room, form, "Fill in")
    assert not fields["photo"]["required"]
    assert "Empty keeps photo.png, b.png." in fields["album"]["hint"]
    await fill(room, form, "Fill in", {"photo": [("c.png", PHOTO[1])]})
    assert "**photo** (required) c.png" in text(form)
    await room.changed(form, await room.place.member.press(form, "Detach files"))
    assert "**photo** (required) c.png" in text(form)
    assert "**album** none attached" in text(form)
    await fill(room, form, "Fill in", {"album": [PHOTO, PHOTO]})
    await room.invoke.pause()
    await room.answer(await room.place.member.press(form, "Run"))
    nodes = await graph(room)
    assert nodes["blur"]["image"]["image_name"]
    assert len(nodes["all"]["images"]) == 2


@in_module_loop
async def test_a_text_that_no_field_can_hold_is_kept(room: Atelier) -> None:
    long = "a barn " * 800
    await room.publish(texts(Field("value", "b", label="Prompt"), Field("value", "c", label="Second"), name="Long"))
    published = await current(room, "long")
    first, second = published.inputs
    await replace_inputs(room, "long", replace(first, default=long), second)
    form = await open_form(room, "long")
    fields = await opened_modal(room, form, "Fill in")
    assert fields["prompt"]["hint"].startswith("Yours has 5,600 characters; a form shows 4,000. Empty keeps it.")
    await fill(room, form, "Fill in", {"second": "d"})
    await room.invoke.pause()
    await room.answer(await room.place.member.press(form, "Run"))
    nodes = await graph(room)
    assert (nodes["t0"]["value"], nodes["t1"]["value"]) == (long, "d")


@pytest.mark.parametrize(("count", "button"), [(30, "26–30 word_26 … word_30"), (100, "96–100 word_96 … word_100")])
@in_module_loop
async def test_a_workflow_of_very_many_inputs(room: Atelier, count: int, button: str) -> None:
    words = [Field("value", f"v{i} " + "and so on " * 9, label=f"Word {i}") for i in range(1, count + 1)]
    await room.publish(texts(*words, name="Many words"))
    form = await open_form(room, "many-words")
    assert len(buttons(form)) == count // 5 + 4
    await fill(room, form, button, {f"word_{count}": "mine"})
    assert (rf"`{count}` **word\_{count}** mine" in text(form)) == (count == 30)
    assert ("more lines" in text(form)) == (count == 100)
    await room.invoke.pause()
    await room.answer(await room.place.member.press(form, "Run"))
    nodes = await graph(room)
    assert nodes[f"t{count - 1}"]["value"] == "mine"
    assert nodes["t0"]["value"].startswith("v1 ")


#: The kinds that are written in several parts, or picked among what is installed: an input, its node, what is given
#: wrongly and what is said of it, what is given rightly, and what InvokeAI gets.
KINDS: dict[str, tuple[dict[str, Any], str, str, object, str, Any]] = {
    "texts": (
        node("n", "string_collection", Field("collection", ["a"], label="Texts")),
        "a\n" * 1001,
        "takes up to 1,000",
        "a barn\na tree | a bush",
        "a barn a tree \\| a bush",
        {"collection": ["a barn", "a tree | a bush"]},
    ),
    "numbers": (
        node("n", "float_collection", Field("collection", [0.5], label="Weights")),
        "1, x",
        "value 2 takes a number, not “x”. Give them like 1, 2, 3.",
        "0.25, 1",
        "0.25, 1",
        {"collection": [0.25, 1.0]},
    ),
    "LoRAs": (
        node("n", "lora_collection_loader", Field("loras", label="LoRAs")),
        "noir",
        "“noir” is no installed model that fits here.",
        "noir style, ink style:0.5",
        "noir style, ink style:0.5",
        {"loras": [("noir style", 0.75), ("ink style", 0.5)]},
    ),
    "a scheduler": (
        node("n", "scheduler", Field("scheduler", "euler", label="Scheduler")),
        "eular",
        "has no “eular”. Did you mean euler, euler\\_k or euler\\_a?",
        "DDIM",
        "ddim",
        {"scheduler": "ddim"},
    ),
    "a box": (
        node(
            "n",
            "crop_image_to_bounding_box",
            Field("image", label="Photo"),
            Field("bounding_box", {"x_min": 0, "y_min": 0, "x_max": 4, "y_max": 4}, label="Box"),
        ),
        "4, 4, 0, 0",
        "must end right of and below where it begins",
        "1, 2, 9, 8",
        "1, 2, 9, 8",
        {"bounding_box": {"x_min": 1, "y_min": 2, "x_max": 9, "y_max": 8, "score": None}},
    ),
    "a style preset": (
        node("n", "prompt_template", Field("style_preset", label="Style")),
        "",
        "",
        "Sketch",
        "Sketch",
        {},
    ),
    "a video": (node("n", "video", Field("video", label="Film")), "", "", CLIP, "clip.mp4", {}),
}


@pytest.mark.parametrize(("one", "wrong", "problem", "right", "shown", "sent"), KINDS.values(), ids=KINDS.keys())
@in_module_loop
async def test_each_kind_is_filled_in_and_runs(
    room: Atelier, one: dict[str, Any], wrong: str, problem: str, right: object, shown: str, sent: dict[str, Any]
) -> None:
    await room.publish(workflow(one, blank(), name="One kind"))
    form = await open_form(room, "one-kind")
    label = one["fields"][-1].label.lower()
    others = {"photo": [PHOTO]} if label == "box" else {}
    if wrong:
        await fill(room, form, "Fill in", {label: wrong, **others})
        assert f"⚠️ Please correct: **{label}**: {problem}" in says(form)
    await fill(room, form, "Fill in", {label: [right] if isinstance(right, tuple) else right})
    assert re.search(rf"^\*\*{label}\*\*( \(required\))? {re.escape(shown)}$", text(form), re.MULTILINE)
    await room.invoke.pause()
    card = await room.answer(await room.place.member.press(form, "Run"))
    given = (await graph(room))["n"]
    if label == "loras":
        given = {"loras": [(held["lora"]["name"], held["weight"]) for held in given["loras"]]}
    assert given | sent == given
    await room.invoke.resume()
    await room.over(card)
    assert "❌" not in text(card)


# What happens in between


@in_module_loop
async def test_a_form_is_its_members_alone_and_lives_for_a_day(room: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.publish(fixture("blur"))
    form = await open_form(room, "fog-glass")
    for act in ("fill", "run", "reset", "detach", "close"):
        found = custom_id(form, "Fill in").replace(":fill:", f":{act}:")
        use = await room.press_raw(room.place.other, form, found if act == "fill" else found.rpartition(":")[0])
        assert await room.told(use) == "That form is somebody else's. `/run` opens one of your own."
    opened = await room.place.member.press(form, "Fill in")
    await opened.answered()
    monkeypatch.setattr("bot.forms.now", lambda: now() + timedelta(hours=25))
    gone = "That form is gone: it was closed, or is older than a day. `/run` opens a new one."
    assert await room.told(await room.place.member.submit(opened, {"photo": [PHOTO]})) == gone
    assert await room.told(await room.place.member.press(form, "Reset")) == gone
    await room.changed(form, await room.place.member.press(form, "Close"))
    assert text(form) == "Closed. `/run` opens a new one."
    assert not form.components


@in_module_loop
async def test_a_job_that_runs_is_not_denied_where_its_values_cannot_be_remembered(room: Atelier) -> None:
    await room.publish(texts(Field("value", "b", label="Prompt"), name="Words"))
    form = await open_form(room, "words")
    with contextlib.closing(sqlite3.connect(room.database, timeout=5, isolation_level=None)) as beside:
        beside.execute("CREATE TRIGGER full BEFORE INSERT ON remembered BEGIN SELECT RAISE(FAIL, 'full'); END")
        try:
            press = await room.place.member.press(form, "Run")
            card = await room.over(await room.answer(press))
        finally:
            beside.execute("DROP TRIGGER full")
    assert len(card.attachments) == 1
    assert press.followups == []


@in_module_loop
async def test_what_was_remembered_and_fits_no_more_gives_way(room: Atelier) -> None:
    await room.publish(texts(Field("value", "b", label="Prompt"), Field("value", "c", label="Second"), name="Words"))
    form = await open_form(room, "words")
    await fill(room, form, "Fill in", {"prompt": "a long barn", "second": "d"})
    await room.over(await room.answer(await room.place.member.press(form, "Run")))
    first, second = (await current(room, "words")).inputs
    await replace_inputs(room, "words", replace(first, max_length=5), replace(second, name="other"))
    later = await open_form(room, "words")
    assert "**prompt** b" in text(later)
    assert "**other** c" in text(later)
    assert "Please correct" not in says(later)


@in_module_loop
async def test_a_version_that_came_in_between_is_the_one_that_runs(room: Atelier) -> None:
    words = [Field("value", value, label=label) for value, label in (("b", "Prompt"), ("c", "Second"))]
    await room.publish(texts(*words, name="Words"))
    form = await open_form(room, "words")
    await fill(room, form, "Fill in", {"prompt": "a barn", "second": "d"})
    first, second = (await current(room, "words")).inputs

    # Nobody is asked to look at what is the same.
    await replace_inputs(room, "words", first, second)
    card = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert "**prompt** a barn" in await room.values(card)

    opened = await room.place.member.press(form, "Fill in")
    await opened.answered()
    await replace_inputs(room, "words", first, replace(second, name="other"))
    await room.changed(form, await room.place.member.submit(opened, {"prompt": "a tree", "second": "e"}))
    assert "🔁 The workflow was changed in the meantime." in text(form)
    assert "**prompt** a tree" in text(form)
    assert "**other** c" in text(form)

    await replace_inputs(room, "words", replace(first, max_length=3), replace(second, name="third"))
    await room.changed(form, await room.place.member.press(form, "Run"))
    assert "🔁 The workflow was changed in the meantime." in text(form)
    assert "**prompt** b" in text(form)
    card = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert "**third** c" in await room.values(card)
    await replace_inputs(room, "words", first)
    await room.changed(form, await room.place.member.press(form, "Fill in"))
    assert "🔁 The workflow was changed in the meantime." in text(form)
    assert "third" not in text(form)


@in_module_loop
async def test_a_workflow_that_was_switched_off_or_removed_in_between(room: Atelier) -> None:
    await room.publish(texts(Field("value", "b", label="Prompt"), name="Words"))
    form = await open_form(room, "words")
    who, workflow_id = room.place.member, (await current(room, "words")).workflow_id
    async with room.catalog() as catalog:
        await catalog.set_enabled(workflow_id, False)
        # What was typed is kept for when it is switched on again.
        await fill(room, form, "Fill in", {"prompt": "a barn"})
        assert await room.told(await who.press(form, "Run")) == "`/words` is switched off at the moment."
        await catalog.set_enabled(workflow_id, True)
        card = await room.over(await room.answer(await who.press(form, "Run")))
        assert "**prompt** a barn" in await room.values(card)
        await catalog.remove(room.place.guild.id, "words")
    for button in ("Run", "Fill in", "Reset"):
        assert await room.told(await who.press(form, button)) == (
            "That workflow was removed from this server in the meantime."
        )


async def test_a_restart_in_between_loses_nothing(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    form = await open_form(atelier, "fog-glass")
    await fill(atelier, form, "Fill in", {"photo": [PHOTO], "radius": "99"})
    opened = await atelier.place.member.press(form, "Fill in")
    await opened.answered()
    await atelier.restart()
    await atelier.changed(form, await atelier.place.member.submit(opened, {"radius": "3"}))
    assert "**photo** (required) photo.png" in text(form)
    assert "**radius** 3" in text(form)
    await atelier.restart()
    card = await atelier.over(await atelier.answer(await atelier.place.member.press(form, "Run")))
    assert "**radius** 3" in await atelier.values(card)
    assert len(card.attachments) == 1
    await atelier.tidy()


@in_module_loop
async def test_a_run_that_is_refused_says_why_and_loses_nothing(room: Atelier) -> None:
    await room.publish(texts(Field("value", "b", label="Prompt"), name="Words"))
    form = await open_form(room, "words")
    await fill(room, form, "Fill in", {"prompt": "a barn"})
    room.channel.overwrite(room.place.guild.bot, deny=0x8000)
    told = await room.told(await room.place.member.press(form, "Run"))
    assert "Please ask an admin to give me **Attach Files** in this channel." in told
    assert "🕘" not in text(await open_form(room, "words"))
    room.channel.overwrite(room.place.guild.bot)
    card = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert "**prompt** a barn" in await room.values(card)


async def test_a_form_is_filled_in_while_invokeai_is_away(atelier: Atelier) -> None:
    await atelier.publish(workflow(node("style", "lora_selector", Field("lora", label="Style")), blank(), name="Style"))
    await atelier.stop()
    await atelier.invoke.crash()
    await atelier.start()
    form = await open_form(atelier, "style")
    await fill(atelier, form, "Fill in", {"style": "noir style"})
    assert "**style** (required) noir style" in text(form)
    told = await atelier.told(await atelier.place.member.press(form, "Run"))
    assert told == "InvokeAI does not answer at the moment. Please try again in a while."
    await atelier.invoke.start()
    await atelier.over(await atelier.answer(await atelier.place.member.press(form, "Run")))
    await atelier.tidy()
