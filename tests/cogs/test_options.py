"""Typed options: what each kind of input becomes, and what happens to values that do not fit."""

from typing import Any

import pytest

from bot.playground.discord import ClientRefusal
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    edge,
    fixture,
    in_module_loop,
    names,
    node,
    option,
    picture,
    text,
    texts,
    workflow,
)

INTEGER, NUMBER, BOOLEAN, STRING, ATTACHMENT = 4, 10, 5, 3, 11
SAFE = 2**53

KINDS = {
    "a whole number with bounds": (
        [node("n", "noise", Field("seed", 3, label="Grain"))],
        {"grain": {"type": INTEGER, "min_value": 0, "max_value": 4294967295}},
    ),
    "a whole number without": (
        [node("n", "integer", Field("value", 3, label="Count"))],
        {"count": {"type": INTEGER, "min_value": -SAFE, "max_value": SAFE}},
    ),
    "more than zero": (
        [node("n", "range_of_size", Field("size", 3))],
        {"size": {"type": INTEGER, "min_value": 1, "max_value": SAFE}},
    ),
    "the form's bounds are tighter": (
        [node("n", "noise", Field("seed", 3, settings={"min": 5, "max": 9}))],
        {"seed": {"type": INTEGER, "min_value": 5, "max_value": 9}},
    ),
    "a number": ([node("n", "float", Field("value", 0.5, label="Weight"))], {"weight": {"type": NUMBER}}),
    "a number with bounds": (
        [node("n", "denoise_latents", Field("denoising_start", 0.5))],
        {"denoising_start": {"type": NUMBER, "min_value": 0, "max_value": 1}},
    ),
    "yes or no": ([node("n", "boolean", Field("value", True, label="Sharp"))], {"sharp": {"type": BOOLEAN}}),
    "text": ([node("n", "string", Field("value", label="Words"))], {"words": {"type": STRING, "max_length": 6000}}),
    "a choice": (
        [
            node(
                "n",
                "img_blur",
                Field("blur_type", "box", label="Kind"),
                Field("image", {"image_name": "logo.png"}, exposed=False),
            )
        ],
        {
            "kind": {
                "type": STRING,
                "choices": [{"name": "gaussian", "value": "gaussian"}, {"name": "box", "value": "box"}],
            }
        },
    ),
    "too many choices": (
        [node("n", "denoise_latents", Field("scheduler", "euler"))],
        {"scheduler": {"type": STRING, "autocomplete": True}},
    ),
    "the form's own choices": (
        [
            node(
                "n",
                "string",
                Field(
                    "value",
                    "b",
                    label="Mood",
                    settings={
                        "component": "dropdown",
                        "options": [{"label": "Bright", "value": "b"}, {"label": "Dark", "value": "d"}],
                    },
                ),
            )
        ],
        {"mood": {"type": STRING, "choices": [{"name": "Bright", "value": "b"}, {"name": "Dark", "value": "d"}]}},
    ),
    "a model": (
        [node("n", "lora_loader", Field("lora"))],
        {"lora": {"type": STRING, "autocomplete": True, "required": True}},
    ),
    "a colour": (
        [node("n", "color", Field("color", {"r": 255, "g": 136, "b": 0, "a": 255}))],
        {"color": {"type": STRING, "description": "The colour (default #ff8800)"}},
    ),
    "a picture": (
        [node("n", "img_blur", Field("image", label="Photo"))],
        {
            # It may be given in other ways.
            "photo": {"type": ATTACHMENT},
            "from_job": {"type": STRING, "autocomplete": True},
            "from_url": {"type": STRING},
        },
    ),
    "pictures": (
        [node("n", "image_collection", Field("images", label="Photo"))],
        {
            "photo": {"type": ATTACHMENT},
            "photo_2": {"type": ATTACHMENT, "description": "Photo 2"},
            "photo_3": {"type": ATTACHMENT},
            "photo_4": {"type": ATTACHMENT},
            "photo_5": {"type": ATTACHMENT},
            "from_job": {"type": STRING, "autocomplete": True},
            "from_url": {"type": STRING},
        },
    ),
    "labels of any kind": (
        [
            node("a", "integer", Field("value", 1, label="Schärfe & Größe!")),
            node("b", "integer", Field("value", 1, label="強さ")),
            node("c", "integer", Field("value", 1, label="   ")),
            node("d", "integer", Field("value", 1, label="🎨")),
            node("e", "integer", Field("value", 1, label="X" * 90)),
        ],
        {
            "schärfe_größe": {"description": "Schärfe & Größe! (default 1)"},
            "強さ": {},
            "value": {},
            "value_2": {},
            "x" * 32: {},
        },
    ),
    "labels twice": (
        [node(str(i), "integer", Field("value", i, label="Weight")) for i in range(3)],
        {"weight": {}, "weight_2": {}, "weight_3": {}},
    ),
    "an author's description": (
        [node("n", "float", Field("value", 0.5, label="Weight", description="How *much*" + " very" * 40))],
        {
            "weight": {
                "description": ("How *much*" + " very" * 40)[: 100 - len("… (default 0.5)")].rstrip()
                + "… (default 0.5)"
            }
        },
    ),
}


@pytest.mark.parametrize(("nodes", "wanted"), KINDS.values(), ids=KINDS.keys())
@in_module_loop
async def test_each_kind_becomes_an_option_of_its_type(
    room: Atelier, nodes: list[Any], wanted: dict[str, dict[str, Any]]
) -> None:
    command = await room.publish(workflow(*nodes, blank()))
    assert [o["name"] for o in command["options"]] == [*wanted, "private"]
    assert option(command, "private")["type"] == BOOLEAN
    if "from_job" in wanted:
        assert not any(o.get("required") for o in command["options"])
    for name, facts in wanted.items():
        assert option(command, name) | facts == option(command, name)
    assert all(1 <= len(o["description"]) <= 100 for o in command["options"])
    # What says no more than Discord's own limit would only make it take all commands anew.
    assert not [o["name"] for o in command["options"] if "max_length" in o and ("choices" in o or "autocomplete" in o)]


@in_module_loop
async def test_required_options_come_first(room: Atelier) -> None:
    command = await room.publish(every_kind())
    required = [bool(o.get("required")) for o in command["options"]]
    assert required == sorted(required, reverse=True)
    assert any(required)


@in_module_loop
async def test_inputs_without_room_are_named_and_keep_their_default(room: Atelier) -> None:
    fields = [Field("value", f"v{i}", label=f"Word {i}") for i in range(30)]
    report = await room.add(texts(*fields))
    left = ", ".join(f"`word_{i}`" for i in range(25, 30))
    assert f"➡️ These find no room in the command, so `/run` asks for them: {left}" in text(report)
    await room.place.admin.press(report, "Publish")
    await room.shows(report, "is ready")
    (command,) = room.place.guild.commands.values()
    assert names(command) == [f"word_{i}" for i in range(25)]
    assert command["description"] == "Test piece … more in /run"
    card = await room.over(await room.run(command["name"], {"word_3": "mine"}))
    assert "**word_3** mine" in await room.values(card)
    assert "**word_29** v29" in await room.values(card)


@in_module_loop
async def test_more_required_inputs_than_a_command_can_ask_for(room: Atelier) -> None:
    nodes = [node(f"n{i}", "img_blur", Field("image", label=f"Photo {i}")) for i in range(26)]
    answer = await room.add(workflow(*nodes))
    assert "This workflow needs more values than a slash command can ask for (25 options" in text(answer)
    assert "Publish it for `/run` only" in text(answer)


# What is suggested


def lora(name: str = "LoRA test") -> dict[str, Any]:
    return workflow(node("n", "lora_loader", Field("lora")), blank(), name=name)


def scheduler() -> dict[str, Any]:
    return workflow(node("n", "denoise_latents", Field("scheduler", "euler")), blank(), name="Scheduler")


@in_module_loop
async def test_the_schedulers_are_suggested(room: Atelier) -> None:
    await room.publish(scheduler())
    who, channel = room.place.member, room.channel
    every = await who.autocomplete(channel, "scheduler", "scheduler")
    assert len(every) == 25
    found = [c["name"] for c in await who.autocomplete(channel, "scheduler", "scheduler", "SDE")]
    assert found == ["dpmpp_2m_sde", "dpmpp_2m_sde_k", "dpmpp_sde", "dpmpp_sde_k", "er_sde"]
    found = [c["name"] for c in await who.autocomplete(channel, "scheduler", "scheduler", "eu")]
    assert found == ["euler", "euler_k", "euler_a", "heun", "heun_k"]
    assert await who.autocomplete(channel, "scheduler", "scheduler", "no such") == []


@in_module_loop
async def test_a_choice_without_a_value_is_suggested_by_its_label(room: Atelier) -> None:
    """Discord takes no empty value."""
    labels = ["None", *(f"Style {number}" for number in range(30))]
    options = [{"label": label, "value": "" if label == "None" else label} for label in labels]
    style = Field("value", "", label="Style", settings={"component": "dropdown", "options": options})
    await room.publish(workflow(node("n", "string", style), blank(), name="Styled"))
    found = await room.place.member.autocomplete(room.channel, "styled", "style", "no")
    assert [(one["name"], one["value"]) for one in found] == [("None", "None")]


@in_module_loop
async def test_models_are_suggested_by_what_the_field_takes(room: Atelier) -> None:
    await room.publish(lora())
    who, channel = room.place.member, room.channel
    every = await who.autocomplete(channel, "lora-test", "lora")
    assert len(every) == 25
    assert all(c["name"].endswith(" style") for c in every)
    assert await who.autocomplete(channel, "lora-test", "lora", "xl detail") == []
    assert await who.autocomplete(channel, "lora-test", "lora", "tiny") == []
    # Those that begin with what was typed come first.
    found = [c["name"] for c in await who.autocomplete(channel, "lora-test", "lora", "in")]
    assert found[0] == "ink style"
    assert "linocut style" in found
    (last,) = await who.autocomplete(channel, "lora-test", "lora", "zine")
    card = await room.over(await room.run("lora-test", {"lora": last["value"]}))
    assert "**lora** zine style" in await room.values(card)


@in_module_loop
async def test_a_long_choice_can_be_picked_from_its_suggestion(room: Atelier) -> None:
    options = [{"label": f"Place {i}", "value": f"{i}: " + "a long way " * 15} for i in range(3)]
    field = Field("value", label="Place", settings={"component": "dropdown", "options": options})
    await room.publish(workflow(node("n", "string", field), blank(), name="Places"))
    (found,) = await room.place.member.autocomplete(room.channel, "places", "place", "place 2")
    card = await room.over(await room.run("places", {"place": found["value"]}))
    assert "**place** Place 2" in await room.values(card)


@in_module_loop
async def test_typing_into_a_command_that_just_went_harms_nobody(room: Atelier) -> None:
    command = await room.publish(lora())
    assert await room.ask(room.place.admin, "workflow remove", {"name": "lora-test"})
    question = list(room.channel.everything)[-1]
    await room.place.admin.press(question, "Remove")
    await room.shows(question, "is removed")
    room.place.guild.commands["lora-test"] = command
    with pytest.raises(TimeoutError):
        await room.place.member.autocomplete(room.channel, "lora-test", "lora", timeout=0.2)
    gone = await room.ask(room.place.member, "lora-test", {"lora": "x"})
    assert gone == "That command was just removed from this server."


# What does not fit


def every_kind() -> dict[str, Any]:
    return workflow(
        node(
            "s", "denoise_latents", Field("scheduler", "euler"), Field("cfg_rescale_multiplier", 0.1, label="Rescale")
        ),
        node("c", "color", Field("color", {"r": 1, "g": 2, "b": 3, "a": 255})),
        node("l", "lora_loader", Field("lora"), Field("weight", 0.5)),
        node("n", "noise", Field("seed", 0), Field("width", 512)),
        node("b", "boolean", Field("value", label="Sharp")),
        blank(),
        name="Every kind",
    )


WRONG = {
    "a choice that is none": ({"scheduler": "eulr"}, "**scheduler**: has no choice “eulr”. Pick one of: ddim,"),
    "a model of another kind": ({"lora": "tiny-sd15"}, "**lora**: “tiny-sd15” is no installed model that fits here."),
    "a model of another base": ({"lora": "xl detail"}, "**lora**: “xl detail” is no installed model that fits here."),
    "no colour": ({"color": "orange"}, "**color**: takes a colour like #ff8800, not “orange”."),
    "a colour cut short": ({"color": "#ff88"}, "**color**: takes a colour like #ff8800"),
    "not a multiple": ({"width": 513}, "**width**: must be a multiple of 8, not 513."),
    "the bound itself": ({"rescale": 1.0}, "**rescale**: must be less than 1, not 1."),
    "below the bound": ({"seed": -1}, "**seed**: must be from 0 to 4294967295, not -1."),
    "a text for a number": ({"seed": "12a"}, "**seed**"),
    "a mention": ({"scheduler": "@everyone <@1> `x`"}, "**scheduler**: has no choice"),
    "a very long text": ({"color": "#" * 6000}, "**color**: takes a colour like #ff8800"),
}


@pytest.mark.parametrize(("given", "words"), WRONG.values(), ids=WRONG.keys())
@in_module_loop
async def test_a_wrong_value_is_told_by_the_name_of_its_input(
    room: Atelier, given: dict[str, object], words: str
) -> None:
    await room.publish(every_kind())
    use = await room.slash_raw(room.place.member, "every-kind", {"lora": "ink style", **given})
    answer = await room.answer(use)
    assert words in answer.content
    assert answer.ephemeral
    assert not room.channel.messages
    assert not room.invoke.items


RIGHT = {
    "a colour": ({"color": "#FF8800"}, "**color** #ff8800"),
    "a colour without its sign": ({"color": "ff8800"}, "**color** #ff8800"),
    "a short colour": ({"color": "#f80"}, "**color** #ff8800"),
    "a colour one can see through": ({"color": "#ff880080"}, "**color** #ff880080"),
    "a choice in capitals": ({"scheduler": "EULER_A"}, "**scheduler** euler_a"),
    "a model by its name": ({"lora": "INK style"}, "**lora** ink style"),
    "a seed": ({"seed": 77}, "**seed** 77"),
    "yes": ({"sharp": True}, "**sharp** yes"),
    "a bound": ({"rescale": 0.999}, "**rescale** 0.999"),
}


@pytest.mark.parametrize(("given", "words"), RIGHT.values(), ids=RIGHT.keys())
@in_module_loop
async def test_a_value_is_taken_as_it_was_meant(room: Atelier, given: dict[str, object], words: str) -> None:
    await room.publish(every_kind())
    card = await room.over(await room.run("every-kind", {"lora": "ink style", **given}))
    assert words in await room.values(card)


@in_module_loop
async def test_a_seed_that_was_left_empty_is_drawn_and_shown(room: Atelier) -> None:
    await room.publish(workflow(node("n", "noise", Field("seed", 7)), blank(), name="Seeds"))
    seeds = set[int]()
    for _ in range(3):
        card = await room.over(await room.run("seeds"))
        seed = room.given(card)["seed"]
        assert str(seed) in text(card)
        seeds.add(seed)
    assert len(seeds) == 3
    assert all(0 <= seed < 2**32 for seed in seeds)


# Pictures


@in_module_loop
async def test_the_client_insists_on_what_is_required(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    await room.publish(lora())
    with pytest.raises(ClientRefusal, match="lora"):
        await room.place.member.slash(room.channel, "lora-test", {})
    answer = await room.answer(await room.slash_raw(room.place.member, "lora-test", {}))
    assert answer.content == "That command has just changed. Please type it again."
    assert answer.ephemeral


@in_module_loop
async def test_a_picture_that_is_missing_is_asked_for_and_nothing_else_is_typed_twice(room: Atelier) -> None:
    """It may be given in more than one way, so Discord's client cannot insist on it."""
    await room.publish(fixture("blur"))
    form = await room.answer(await room.place.member.slash(room.channel, "fog-glass", {"radius": 3.0}))
    assert form.ephemeral
    assert "**photo** is needed. Attach it with **Fill in**" in text(form)
    assert not room.channel.messages
    opened = await room.place.member.press(form, "Fill in")
    await opened.answered()
    await room.changed(form, await room.place.member.submit(opened, {"photo": [PHOTO]}))
    card = await room.over(await room.answer(await room.place.member.press(form, "Run")))
    assert room.given(card)["radius"] == 3
    assert len(card.attachments) == 1


PICTURES = {
    "no picture": (("notes.txt", b"hello"), "**photo**: that file is not a picture that can be read."),
    "a picture only by name": (("photo.png", b"hello"), "**photo**: that file is not a picture that can be read."),
    "empty": (("photo.png", b""), "**photo**: that file is not a picture that can be read."),
    "cut short": (
        ("photo.png", picture((64, 64), noisy=True)[:2000]),
        "**photo**: that picture is damaged or cut short.",
    ),
    "too many pixels": (
        ("photo.png", picture((1200, 900))),
        "**photo**: that picture has 1200 x 900 pixels; up to 1 million are fine.",
    ),
    "too many bytes": (
        ("photo.bmp", picture((800, 600), "BMP")),
        "**photo**: that file is too large; up to 1 MiB are fine.",
    ),
}


@pytest.mark.parametrize("atelier", [{"attachment_mb": 1, "image_megapixels": 1}], indirect=True, ids=["limits"])
@pytest.mark.parametrize(("given", "words"), PICTURES.values(), ids=PICTURES.keys())
async def test_a_bad_picture_is_told_by_the_name_of_its_input(
    atelier: Atelier, given: tuple[str, bytes], words: str
) -> None:
    await atelier.publish(fixture("blur"))
    answer = await atelier.over(await atelier.run("fog-glass", {"photo": given}))
    assert words in text(answer)
    await atelier.tidy()
    assert not atelier.invoke.requests["POST", "/api/v1/queue/{queue_id}/enqueue_batch"]


@in_module_loop
async def test_a_picture_of_any_usual_kind_is_fine(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    for kind in ("JPEG", "WEBP", "GIF", "BMP"):
        card = await room.over(await room.run("fog-glass", {"photo": (f"photo.{kind}", picture(kind=kind))}))
        assert len(card.attachments) == 1
    await room.tidy()


@in_module_loop
async def test_pictures_of_a_collection_are_given_one_by_one(room: Atelier) -> None:
    document = workflow(
        node("all", "image_collection", Field("images", label="Photo")),
        node("each", "iterate"),
        node("blur", "img_blur", Field("image", exposed=False)),
        edges=(edge("all.collection", "each.collection"), edge("each.item", "blur.image")),
        name="Album",
    )
    await room.publish(document)
    card = await room.over(
        await room.run("album", {"photo_4": ("d.png", picture((8, 8))), "photo": PHOTO, "photo_2": PHOTO})
    )
    assert [(file.width, file.height) for file in card.attachments] == [(24, 16), (24, 16), (8, 8)]
    bad = await room.over(await room.run("album", {"photo": PHOTO, "photo_3": ("x.png", b"no")}))
    assert "**photo_3**: that file is not a picture" in text(bad).replace("\\", "")
    await room.tidy()
