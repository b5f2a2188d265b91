"""One workflow that asks for every kind of value that has several parts or is installed: used rightly and wrongly."""

from typing import Any

import pytest

from tests.cogs.atelier import (
    FIXTURES,
    PHOTO,
    Atelier,
    Field,
    blank,
    edge,
    in_module_loop,
    names,
    node,
    option,
    text,
    workflow,
)

STRING, ATTACHMENT = 3, 11
CLIP = ("clip.mp4", (FIXTURES.parent / "clip.mp4").read_bytes())


def every_kind() -> dict[str, Any]:
    return workflow(
        node("crop", "crop_image_to_bounding_box", Field("bounding_box", label="Box"), Field("image", exposed=False)),
        node("wholes", "integer_collection", Field("collection", [1, 2], label="Counts")),
        node("reals", "float_collection", Field("collection", label="Weights")),
        node("texts", "string_collection", Field("collection", ["a, b", "c"], label="Words")),
        node("preset", "prompt_template", Field("style_preset", label="Style")),
        node("loras", "lora_collection_loader", Field("loras", label="Details")),
        node("masked", "apply_mask_to_image", Field("mask", label="Mask"), Field("image", exposed=False)),
        node("fed", "integer", Field("value", 5, label="Fed")),
        node("sum", "add", Field("a", 1, label="Stale"), Field("b", 2, label="Other")),
        blank(),
        edges=(edge("blank.image", "crop.image"), edge("blank.image", "masked.image"), edge("fed.value", "sum.a")),
        name="Every part",
    )


GIVEN: dict[str, object] = {"box": "0, 0, 8, 8", "style": "Sketch", "mask": PHOTO}


@in_module_loop
async def test_each_kind_is_an_option_that_says_how_it_is_typed(room: Atelier) -> None:
    command = await room.publish(every_kind())
    assert names(command) == ["style", "mask", "box", "counts", "weights", "words", "details", "fed", "other"]
    wanted: dict[str, dict[str, Any]] = {
        "box": {"type": STRING},
        "style": {"type": STRING, "required": True, "autocomplete": True},
        "mask": {"type": ATTACHMENT},
        "counts": {"type": STRING},
        "details": {"type": STRING, "autocomplete": True},
    }
    for name, facts in wanted.items():
        assert option(command, name) | facts == option(command, name)
    words = {o["name"]: o["description"] for o in command["options"]}
    assert words["box"].endswith("(like 0, 0, 512, 512)")
    assert words["counts"].endswith("(default 1, 2)")
    assert words["words"].endswith("(default a, b | c)")
    assert words["mask"].endswith("(a black and white mask)")


WRONG = {
    "a box without corners": ({"box": "0, 0, 8"}, "**box**: takes four whole numbers"),
    "a box turned inside out": ({"box": "8, 8, 0, 0"}, "**box**: must end right of and below"),
    "half a number": ({"counts": "1, 1.5"}, "**counts**: value 2 takes a whole number, not 1.5."),
    "no numbers": ({"weights": "heavy"}, "**weights**: value 1 takes a number, not “heavy”. Give them like 1, 2, 3."),
    "a LoRA that is not there": ({"details": "ink style, no such"}, "**details**: “no such” is no installed model"),
    "a LoRA of another base": ({"details": "xl detail"}, "**details**: “xl detail” is no installed model that fits"),
    "too heavy": ({"details": "ink style:50"}, "**details**: the weight of ink style must be a number from -10 to 10"),
    "a preset that is not there": ({"style": "Baroque"}, "**style**: “Baroque” is no style preset that is there."),
}


@pytest.mark.parametrize(("given", "words"), WRONG.values(), ids=WRONG.keys())
@in_module_loop
async def test_a_wrong_value_is_told_by_the_name_of_its_input(
    room: Atelier, given: dict[str, object], words: str
) -> None:
    await room.publish(every_kind())
    use = await room.slash_raw(room.place.member, "every-part", {**GIVEN, **given})
    answer = await room.answer(use)
    assert words in answer.content
    assert answer.ephemeral
    assert not room.invoke.items


@in_module_loop
async def test_right_values_reach_their_fields(room: Atelier) -> None:
    await room.publish(every_kind())
    given = {"counts": "3 4", "weights": "0.5; 1", "words": "x | y", "details": "ink style:0.5, zine style"}
    card = await room.over(await room.run("every-part", {**GIVEN, **given}))
    shown = await room.values(card)
    for line in (
        "**box** 0, 0, 8, 8",
        "**counts** 3, 4",
        "**words** x | y",
        "**details** ink style:0.5, zine style:0.75",
    ):
        assert line in shown
    assert [(file.width, file.height) for file in card.attachments][:1] == [(8, 8)]


@in_module_loop
async def test_the_last_of_several_loras_is_suggested(room: Atelier) -> None:
    await room.publish(every_kind())
    who, channel = room.place.member, room.channel

    async def suggested(typed: str) -> list[str]:
        return [c["value"] for c in await who.autocomplete(channel, "every-part", "details", typed)]

    assert "ink style" in await suggested("in")
    assert await suggested("ink style:0.5, zin") == ["ink style:0.5, zine style"]
    assert "ink style, ink style" not in await suggested("ink style, ")
    assert await suggested("zine style:0.5") == ["zine style:0.5"]
    assert await suggested("pencil, " * 20 + "ink") == []


@in_module_loop
async def test_the_style_presets_are_suggested_and_models_are_not_among_them(room: Atelier) -> None:
    await room.publish(every_kind())
    found = await room.place.member.autocomplete(room.channel, "every-part", "style")
    assert [c["name"] for c in found] == ["Anime", "Photography (General)", "Sketch"]
    card = await room.over(await room.run("every-part", {**GIVEN, "style": found[0]["value"]}))
    assert card.attachments


@in_module_loop
async def test_a_video_is_an_attachment(room: Atelier) -> None:
    document = workflow(node("frame", "video_frame_extract", Field("video", label="Clip")), name="Frame")
    command = await room.publish(document)
    assert option(command, "clip") | {"type": ATTACHMENT, "required": True} == option(command, "clip")
    refused = await room.answer(await room.place.member.slash(room.channel, "frame", {"clip": PHOTO}))
    assert "**clip**: takes a video, which “photo.png” is not." in refused.content
    card = await room.over(await room.run("frame", {"clip": CLIP}))
    assert card.attachments, text(card)
    await room.tidy()


@in_module_loop
async def test_several_videos_are_given_one_by_one(room: Atelier) -> None:
    document = workflow(node("all", "video_concat", Field("videos", label="Clip")), blank(), name="Reel")
    command = await room.publish(document)
    assert names(command) == ["clip", "clip_2", "clip_3", "clip_4", "clip_5"]
    clips = [option(command, name) for name in names(command)]
    assert {o["type"] for o in clips} == {ATTACHMENT}
    # The node joins two or more.
    assert [bool(o.get("required")) for o in clips] == [True, True, False, False, False]
    await room.over(await room.run("reel", {"clip": CLIP, "clip_2": CLIP}))
    await room.tidy()


@in_module_loop
async def test_a_member_types_the_items_of_a_batch(room: Atelier) -> None:
    document = workflow(
        node("batch", "integer_batch", Field("integers", [8], label="Widths")),
        blank(),
        edges=(edge("batch.value", "blank.width"),),
        name="Widths",
    )
    await room.publish(document)
    card = await room.over(await room.run("widths", {"widths": "16, 24"}))
    assert sorted(file.width or 0 for file in card.attachments) == [16, 24]
