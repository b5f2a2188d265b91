"""The panel under a report: each change that an admin can make, and what becomes of it when members run it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from bot.playground.discord import ClientRefusal, LocalMember, Message, Use
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    buttons,
    custom_id,
    edge,
    fixture,
    in_module_loop,
    menus,
    names,
    node,
    option,
    text,
    texts,
    workflow,
)

INPUTS, MORE = "Choose an input to change", "More …"


GRAINY = (
    node(
        "noise",
        "img_noise",
        Field("image", label="Photo"),
        Field("noise_type", "gaussian", label="Kind"),
        Field("amount", 0.25, label="Grain", settings={"min": 0.1, "max": 0.5}),
        Field("size", 2, label="Size", settings={"min": 1, "max": 8}),
        Field("noise_color", True, label="Coloured"),
        label="Grainy",
    ),
    node("blur", "img_blur", Field("radius", 2.0, label="Radius"), label="Soft"),
)


def grain() -> dict[str, Any]:
    """Two nodes that post a picture, inputs of several kinds, and fields that nobody is asked for."""
    return workflow(*GRAINY, edges=(edge("noise.image", "blur.image"),), name="Film")


@dataclass
class Panel:
    """A report with its panel, and somebody who uses it."""

    room: Atelier
    report: Message
    who: LocalMember

    @classmethod
    async def of(cls, room: Atelier, document: Mapping[str, Any] | bytes) -> "Panel":
        return cls(room, await room.add(document), room.place.admin)

    async def press(self, button: str) -> Message:
        return await self.room.changed(self.report, await self.who.press(self.report, button))

    async def pick(self, menu: str, *labels: str) -> Message:
        return await self.room.changed(self.report, await self.who.select(self.report, menu, labels))

    async def look_at(self, name: str) -> Message:
        return await self.pick(INPUTS, name)

    async def more(self, entry: str) -> Message:
        return await self.pick(MORE, entry)

    async def form(self, button: str = "Edit …") -> Use:
        use = await self.who.press(self.report, button)
        await use.answered()
        assert use.modal, text(use.response)
        return use

    async def edit(self, which: str, **fields: object) -> Message:
        await self.look_at(which)
        return await self.room.changed(self.report, await self.who.submit(await self.form(), fields))

    async def publish(self, button: str = "Publish") -> dict[str, Any]:
        before = dict(self.room.place.guild.commands)
        await self.who.press(self.report, button)
        await self.room.shows(self.report, "✅")
        after = self.room.place.guild.commands
        return next((command for name, command in after.items() if command != before.get(name)), {})

    def held(self, use: Use) -> dict[str, Any]:
        """What a form's fields hold when it opens: text, or what is chosen."""
        assert use.modal
        parts = [part["component"] for part in use.modal["components"]]
        return {
            part["custom_id"]: [o["value"] for o in part["options"] if o.get("default")]
            if "options" in part
            else part.get("value", "")
            for part in parts
        }

    @property
    def says(self) -> str:
        return text(self.report)


async def sent(room: Atelier, command: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Run a command, and return the nodes that InvokeAI was given for it."""
    await room.invoke.pause()
    card = await room.run(command, given)
    await room.discord.until(lambda: room.invoke.items)
    (item,) = room.invoke.items.values()
    await room.invoke.resume()
    await room.over(card)
    return item.graph["nodes"]


# Each change


@in_module_loop
async def test_what_is_changed_is_what_members_get(room: Atelier) -> None:
    panel = await Panel.of(room, grain())
    await panel.edit(
        "grain", name="strength", description="How much of it.", minimum="0.2", maximum=".4", default="0.3"
    )
    await panel.edit("size", default="4")
    await panel.press("Hide")
    await panel.edit("kind", choices=["salt_and_pepper"], default="salt_and_pepper")
    await panel.look_at("coloured")
    await panel.press("Make required")
    await panel.look_at("radius")
    for _ in range(2):
        await panel.press("Up")
    await panel.more("Ask for another field")
    await panel.pick("Choose a node", "Soft")
    await panel.pick("Choose a field to ask for", "Blur Type")
    await panel.more("Choose what is posted")
    await panel.pick("Choose what is posted", "Soft")
    for words in ("**Posts** Soft", "🔒 `size` is 4", "`strength` number from 0.2 to 0.4, default 0.3"):
        assert words in panel.says
    command = await panel.publish()
    # The picture may be given in other ways, too, so Discord cannot insist on it; what it can comes first.
    assert names(command) == ["coloured", "photo", "radius", "kind", "strength", "blur_type"]
    assert option(command, "coloured")["required"]
    strength = option(command, "strength")
    assert (strength["min_value"], strength["max_value"]) == (0.2, 0.4)
    assert strength["description"].endswith("How much of it. (default 0.3)")
    assert [choice["value"] for choice in option(command, "kind")["choices"]] == ["salt_and_pepper"]
    with pytest.raises(ClientRefusal):
        await room.place.member.slash(room.channel, "film", {"photo": PHOTO, "coloured": True, "strength": 0.5})
    nodes = await sent(room, "film", {"photo": PHOTO, "coloured": False, "blur_type": "box"})
    noise, blur = nodes["noise"], nodes["blur"]
    assert (noise["size"], noise["noise_type"], noise["noise_color"]) == (4, "salt_and_pepper", False)
    assert (noise["amount"], blur["blur_type"]) == (0.3, "box")
    card = room.channel.messages[-1]
    assert len(card.attachments) == 1


#: What the panel is told to do, input by input, and what it says then.
CHANGES = {
    "hidden": ([("look", "grain"), ("press", "Hide")], ["🔒 `grain` is 0.25", "🔒 Nobody is asked"]),
    "hidden and asked for again": (
        [("look", "grain"), ("press", "Hide"), ("press", "Ask for it")],
        ["`grain` number from 0.1 to 0.5, default 0.25"],
    ),
    "required": ([("look", "grain"), ("press", "Make required")], ["`grain` number from 0.1 to 0.5, required"]),
    "required and optional again": (
        [("look", "grain"), ("press", "Make required"), ("press", "Make optional")],
        ["`grain` number from 0.1 to 0.5, default 0.25"],
    ),
    "another field": (
        [("more", "Ask for another field"), ("Choose a node", "Soft"), ("Choose a field to ask for", "Blur Type")],
        ["Input: blur\\_type", "✏️ Asked for by you"],
    ),
    "another field, and back": (
        [("more", "Ask for another field"), ("Choose a node", "Soft"), ("press", "Back"), ("press", "Back")],
        ["6 of 25 options"],
    ),
    "no field after all": (
        [
            ("more", "Ask for another field"),
            ("Choose a node", "Soft"),
            ("Choose a field to ask for", "Blur Type"),
            ("more", "Undo the changes to blur_type"),
        ],
        ["6 of 25 options"],
    ),
    "only in /run": ([("more", "Only in /run")], ["# `/run` film"]),
    "a command again": ([("more", "Only in /run"), ("more", "Make it a command")], ["# `/film`"]),
    "all undone": (
        [("look", "grain"), ("press", "Hide"), ("more", "Undo all changes")],
        ["`grain` number from 0.1 to 0.5, default 0.25"],
    ),
}


@pytest.mark.parametrize(("steps", "words"), CHANGES.values(), ids=CHANGES.keys())
@in_module_loop
async def test_each_change_is_shown_at_once(room: Atelier, steps: list[tuple[str, str]], words: list[str]) -> None:
    panel = await Panel.of(room, grain())
    for what, label in steps:
        if what == "press":
            await panel.press(label)
        else:
            await panel.pick({"look": INPUTS, "more": MORE}.get(what, what), label)
    assert not [word for word in words if word not in panel.says]
    assert "Cannot be published" not in panel.says


@in_module_loop
async def test_inputs_change_places_with_their_like(room: Atelier) -> None:
    panel = await Panel.of(room, grain())
    await panel.look_at("kind")
    # The photo before it is required, and required ones come first whatever their order.
    with pytest.raises(ClientRefusal, match="disabled"):
        await panel.press("Up")
    await panel.press("Down")
    assert panel.says.index("`grain`") < panel.says.index("`kind`")
    await panel.look_at("photo")
    for button in ("Up", "Down"):
        with pytest.raises(ClientRefusal, match="disabled"):
            await panel.press(button)
    await panel.look_at("radius")
    with pytest.raises(ClientRefusal, match="disabled"):
        await panel.press("Down")


@in_module_loop
async def test_a_form_holds_what_is_there_and_empty_fields_take_changes_back(room: Atelier) -> None:
    panel = await Panel.of(room, grain())
    await panel.look_at("size")
    form = await panel.form()
    held = panel.held(form)
    assert list(held) == ["name", "description", "default", "minimum", "maximum"]
    assert [held[name] for name in ("name", "default", "minimum", "maximum")] == ["size", "2", "1", "8"]
    await panel.edit("size", name="grit", maximum="4", default="3")
    assert "`grit` whole number from 1 to 4, default 3" in panel.says
    await panel.edit("grit", name="", maximum="", default="")
    assert "`size` whole number from 1 to 8, default 2" in panel.says
    assert "✏️" not in panel.says


FORMS = {
    "integer": (node("n", "noise", Field("seed", 3, label="x")), {"default": "9"}, "x"),
    "number": (node("n", "float", Field("value", 0.5, label="x")), {"default": "1.5", "minimum": "-1"}, "default 1.5"),
    "boolean": (node("n", "boolean", Field("value", True, label="x")), {"default": ["no"]}, "default no"),
    "text": (node("n", "string", Field("value", "a", label="x")), {"default": "b and c"}, "default b and c"),
    "few choices": (
        node("n", "img_blur", Field("blur_type", "box", label="x"), Field("image", exposed=False)),
        {"choices": ["box"]},
        "one of box, default box",
    ),
    "many choices": (
        node("n", "denoise_latents", Field("scheduler", "euler", label="x")),
        {"choices": "euler\nHEUN\n", "default": "heun"},
        "one of heun, euler, default heun",
    ),
    "model": (
        node("n", "main_model_loader", Field("model", label="x")),
        {"default": ["tiny-sd15"]},
        "default tiny-sd15",
    ),
    "many models": (
        node("n", "lora_loader", Field("lora", label="x")),
        {"choices": "ink style\nneon style", "default": "neon style"},
        "one of ink style, neon style, default neon style",
    ),
    "colour": (node("n", "color", Field("color", label="x")), {"default": "#ff8800"}, "default #ff8800"),
    "picture": (
        node("n", "img_blur", Field("image", label="x")),
        {"description": "Yours."},
        "Yours.",
    ),
}


@pytest.mark.parametrize(("one", "fields", "words"), FORMS.values(), ids=FORMS.keys())
@in_module_loop
async def test_each_kind_has_its_form(room: Atelier, one: Any, fields: dict[str, object], words: str) -> None:
    panel = await Panel.of(room, workflow(one, blank()))
    await panel.edit("x", **fields)
    assert words in panel.says
    assert not panel.says.startswith("Nothing")


WRONG = {
    "another's name": ("grain", {"name": "Photo"}, "Another input is called `photo` already."),
    "a name without letters": ("grain", {"name": "🎨"}, "**Name** needs letters or digits; “🎨” has none."),
    "no number": ("grain", {"minimum": "little"}, "**Lowest** takes a number, not “little”."),
    "no end": ("grain", {"maximum": "inf"}, "**Highest** takes a number, not “inf”."),
    "nothing between": ("grain", {"minimum": "0.4", "maximum": "0.2"}, "has bounds that leave nothing to give"),
    "a default outside": ("grain", {"default": "7"}, "**grain**: must be from 0.1 to 0.5, not 7."),
    "a default outside the new bounds": ("grain", {"maximum": "0.3", "default": "0.4"}, "`grain`"),
    "text for a whole number": ("size", {"default": "two"}, "**size**: takes a whole number, not “two”."),
    "a choice that is none": ("scheduler", {"choices": "eulr"}, "**Choices** has no “eulr” to offer."),
    "a default that is no choice": ("scheduler", {"default": "eulr"}, "has no choice “eulr”"),
}


@pytest.mark.parametrize(("name", "fields", "words"), WRONG.values(), ids=WRONG.keys())
@in_module_loop
async def test_a_mistake_is_told_privately_and_nothing_typed_is_lost(
    room: Atelier, name: str, fields: dict[str, object], words: str
) -> None:
    panel = await Panel.of(room, workflow(*GRAINY, node("n", "denoise_latents", Field("scheduler", "euler"))))
    await panel.look_at(name)
    before = panel.says
    form = await panel.form()
    told = await room.told(await panel.who.submit(form, fields))
    assert words in told
    assert "Nothing was changed; **Edit …** still has what you typed." in told
    assert panel.says == before
    held = panel.held(await panel.form())
    assert not {key: value for key, value in fields.items() if held[key] != value}
    # Taken once it is right.
    await room.changed(panel.report, await panel.who.submit(await panel.form(), dict.fromkeys(fields, "")))


@in_module_loop
async def test_what_has_no_value_cannot_be_hidden(room: Atelier) -> None:
    panel = await Panel.of(room, grain())
    await panel.look_at("photo")
    use = await panel.who.press(panel.report, "Hide")
    assert await room.told(use) == "`photo` is a file, which only members can give, so it cannot be hidden."
    assert "`photo` image, required" in panel.says


@in_module_loop
async def test_what_is_posted_is_chosen_page_by_page(room: Atelier) -> None:
    pictures = [node(f"b{i}", "blank_image", label=f"Picture {i}") for i in range(30)]
    panel = await Panel.of(room, workflow(*pictures, name="Many"))
    await panel.more("Choose what is posted")
    await panel.pick("Choose what is posted", "Picture 0", "Picture 7", "More")
    assert menus(panel.report)["Choose what is posted"][:2] == ["Back", "Picture 23"]
    await panel.pick("Choose what is posted", "Picture 25")
    assert "**Posts** Picture 0, Picture 7, Picture 25" in panel.says
    await panel.more("Undo all changes")
    assert "and 22 more" in panel.says


# What is missing


def lacking_a_model() -> dict[str, Any]:
    held = {"key": "k", "hash": "h", "name": "dreamer", "base": "sd-1", "type": "main"}
    return workflow(
        blank(), node("m", "main_model_loader", Field("model", held, exposed=False), label="Loader"), name="Dream"
    )


@in_module_loop
async def test_a_model_that_is_missing_is_replaced_for_everybody(room: Atelier) -> None:
    panel = await Panel.of(room, lacking_a_model())
    assert "Not installed on this InvokeAI: `dreamer`" in panel.says
    assert "👉 Choose others with **More …** → **Replace missing models**" in panel.says
    with pytest.raises(ClientRefusal, match="disabled"):
        await panel.press("Publish")
    await panel.more("Replace missing models")
    await panel.pick("Choose a missing model", "dreamer")
    assert menus(panel.report)["In place of dreamer"][0] == "tiny-inpaint"
    await panel.pick("In place of dreamer", "tiny-sd15")
    assert "🔒 `model` is tiny-sd15" in panel.says
    await panel.publish()
    nodes = await sent(room, "dream", {})
    assert nodes["m"]["model"]["name"] == "tiny-sd15"


@in_module_loop
async def test_a_missing_model_in_a_list_is_asked_for(room: Atelier) -> None:
    held = [{"lora": {"key": "k", "hash": "h", "name": "gone", "base": "sd-1", "type": "lora"}, "weight": 0.5}]
    loader = node("m", "lora_collection_loader", Field("loras", held, exposed=False), label="Loader")
    panel = await Panel.of(room, workflow(blank(), loader, name="Dream"))
    await panel.more("Replace missing models")
    await panel.pick("Choose a missing model", "gone")
    assert "Input: loras" in panel.says
    await panel.edit("loras", default="ink style:0.5")
    assert "default ink style:0.5" in panel.says
    assert "Cannot be published" not in panel.says


@in_module_loop
async def test_a_model_that_was_installed_meanwhile_is_seen(room: Atelier) -> None:
    panel = await Panel.of(room, lacking_a_model())
    records = room.invoke.models.records
    known = next(record for record in records if record["name"] == "tiny-sd15")
    room.invoke.models.records = [*records, known | {"key": "k", "hash": "h", "name": "dreamer"}]
    try:
        await panel.more("Check again")
    finally:
        room.invoke.models.records = records
    assert "Cannot be published" not in panel.says
    assert "Check again" not in menus(panel.report)[MORE]


@in_module_loop
async def test_without_any_model_to_take_its_place_there_is_only_the_report(room: Atelier) -> None:
    records = room.invoke.models.records
    room.invoke.models.records = [record for record in records if record["type"] != "main"]
    try:
        report = await room.add(lacking_a_model())
    finally:
        room.invoke.models.records = records
    assert "Not installed on this InvokeAI: `dreamer`" in text(report)
    assert "👉 Install what is missing in InvokeAI, then try again" in text(report)
    assert not report.components


@in_module_loop
async def test_what_nobody_gives_can_be_asked_for(room: Atelier) -> None:
    panel = await Panel.of(room, workflow(node("n", "img_blur", Field("radius", 3.0), label="Soft")))
    told = "“Image” of Soft has no value, and nobody is asked for it: every run would fail"
    assert panel.says.count(told) == 1
    with pytest.raises(ClientRefusal, match="'Publish' is disabled"):
        await panel.press("Publish")
    await panel.more("Ask for what is missing")
    assert told not in panel.says
    assert "`image` image, required" in panel.says
    command = await panel.publish()
    assert names(command) == ["image", "radius"]
    card = await room.over(await room.run(command["name"], {"image": PHOTO}))
    assert len(card.attachments) == 1


@in_module_loop
async def test_a_batch_that_the_author_left_empty_can_be_asked_for(room: Atelier) -> None:
    batch = node("batch", "integer_batch", Field("integers", [], exposed=False))
    panel = await Panel.of(room, workflow(batch, blank(), edges=(edge("batch.value", "blank.width"),)))
    assert "The batch “integer_batch” is empty: give it at least one item." in panel.says
    with pytest.raises(ClientRefusal, match="'Publish' is disabled"):
        await panel.press("Publish")
    await panel.more("Ask for what is missing")
    assert "Cannot be published" not in panel.says
    command = await panel.publish()
    card = await room.over(await room.run(command["name"], {names(command)[0]: "16, 24"}))
    assert len(card.attachments) == 2


# The command


@in_module_loop
async def test_the_command_gets_another_name_and_description(room: Atelier) -> None:
    await room.publish(fixture("blur"), name="taken")
    panel = await Panel.of(room, fixture("blur"))
    form = await panel.form("Name …")
    told = await room.told(await panel.who.submit(form, {"slug": "taken", "description": "Softer."}))
    assert "`/taken` is taken here. `taken-2` is free." in told
    assert panel.held(await panel.form("Name …")) == {"slug": "taken", "description": "Softer."}
    use = await panel.who.submit(await panel.form("Name …"), {"slug": "soft", "description": "Softer."})
    await room.changed(panel.report, use)
    command = await panel.publish()
    assert (command["name"], command["description"]) == ("soft", "Softer.")


@in_module_loop
async def test_what_needs_more_than_a_command_can_ask_for_is_published_for_the_form(room: Atelier) -> None:
    many = [node(f"n{i}", "img_blur", Field("image", label=f"Photo {i}")) for i in range(26)]
    panel = await Panel.of(room, workflow(*many, name="Crowd"))
    assert "This workflow needs more values than a slash command can ask for" in panel.says
    pages = menus(panel.report)[INPUTS]
    assert pages[0] == "photo_0"
    assert pages[-1] == "More"
    await panel.pick(INPUTS, "More")
    assert menus(panel.report)[INPUTS] == ["Back", "photo_23", "photo_24", "photo_25"]
    await panel.look_at("photo_25")
    assert "Input: photo\\_25" in panel.says
    await panel.publish("Publish for /run only")
    assert "✅ `crowd` (by `/run`) is ready for everyone here." in panel.report.content
    assert "crowd" not in room.place.guild.commands
    listed = await room.ask(room.place.admin, "workflow list")
    assert "`/crowd` crowd (by /run)" in listed.casefold()


@in_module_loop
async def test_the_largest_report_fits_a_message(room: Atelier) -> None:
    long = [Field("value", "v" * 300, f"Word {i} " + "long " * 10, "description " * 30) for i in range(60)]
    panel = await Panel.of(room, texts(*long, name="Long " * 60, description="words " * 200))
    first = menus(panel.report)[INPUTS][0]
    await panel.look_at(first)
    shown = sum(len(embed.get(key, "")) for embed in panel.report.embeds for key in ("title", "description"))
    assert shown < 6000
    assert "Only in /run" in panel.says or "more lines" in panel.says


# Presses that cross


async def test_the_panel_survives_a_restart_and_so_does_an_open_form(atelier: Atelier) -> None:
    panel = await Panel.of(atelier, grain())
    await panel.look_at("grain")
    form = await panel.form()
    await atelier.restart()
    await atelier.changed(panel.report, await panel.who.submit(form, {"name": "strength"}))
    assert "`strength` number" in panel.says
    await panel.press("Hide")
    await atelier.restart()
    assert "strength" not in names(await panel.publish())
    await atelier.tidy()


async def test_what_was_typed_outlives_an_invokeai_that_is_away(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cogs._panel_presses._FORM_SECONDS", 0.2)
    panel = await Panel.of(atelier, grain())
    await panel.look_at("grain")
    form = await panel.form()
    await atelier.stop()
    await atelier.invoke.stop()
    await atelier.start()
    away = "InvokeAI does not answer at the moment. Please try again in a while."
    assert await atelier.told(await panel.who.submit(form, {"name": "strength", "default": "0.4"})) == away
    await atelier.invoke.start()
    atelier.invoke.faults.delay("GET /openapi.json", 5.0)
    # Discord takes no form later than three seconds after the press.
    assert await atelier.told(await panel.who.press(panel.report, "Edit …")) == away
    atelier.invoke.faults.delay("GET /openapi.json", 0.0)
    monkeypatch.undo()
    held = panel.held(await panel.form())
    assert (held["name"], held["default"]) == ("strength", "0.4")


@in_module_loop
async def test_two_presses_at_once_are_both_counted(room: Atelier) -> None:
    panel = await Panel.of(room, grain())
    await panel.look_at("radius")
    moved = [await room.press_raw(panel.who, panel.report, custom_id(panel.report, "Up")) for _ in range(2)]
    await room.discord.until(lambda: len(panel.report.edits) >= 3)
    assert not [use for use in moved if use.followups]
    await room.discord.until(lambda: panel.says.index("`radius`") < panel.says.index("`size`"))


@in_module_loop
async def test_a_change_that_comes_after_publishing_brings_nothing_back(room: Atelier) -> None:
    panel = await Panel.of(room, grain())
    await panel.look_at("grain")
    form = await panel.form()
    hide = custom_id(panel.report, "Hide")
    await panel.publish()
    late = await room.press_raw(panel.who, panel.report, hide)
    assert "That draft is gone" in await room.told(late)
    told = await room.told(await panel.who.submit(form, {"name": "late"}))
    assert told == "That draft is gone: it was published or dropped already, or is older than a day."
    assert panel.report.content.startswith("✅")
    await asyncio.sleep(0.05)
    assert buttons(panel.report) == []


@in_module_loop
async def test_a_member_who_may_not_manage_the_server_changes_nothing(room: Atelier) -> None:
    panel = await Panel.of(room, grain())
    await panel.look_at("grain")
    before = panel.says
    for label in (*buttons(panel.report), *menus(panel.report)):
        use = await room.press_raw(room.place.member, panel.report, custom_id(panel.report, label))
        assert "You need the permission **Manage Server**" in await room.told(use)
    form = await panel.form()
    panel.who.roles[:] = [role for role in panel.who.roles if role is room.place.guild.members_role]
    assert "You need the permission **Manage Server**" in await room.told(await panel.who.submit(form, {"name": "x"}))
    assert panel.says == before
