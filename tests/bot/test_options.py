"""What fits into one slash command, and in which words. The numbers are Discord's."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.options import MAX_CHARACTERS, MORE, TooManyRequired, arrange, command_description, command_name, free_name
from workflows.errors import UserError
from workflows.texts import LANGUAGES, Voice
from workflows.values import InputSpec, Kind


def spec(name: str = "value", kind: Kind = Kind.STRING, **more: Any) -> InputSpec:
    words = {"label": name.title(), "description": f"The {name}"}
    return InputSpec(**{"name": name, **words, "kind": kind, "node_id": "n", "field_name": name, **more})


def many(count: int, **more: Any) -> list[InputSpec]:
    return [spec(f"value_{number}", **more) for number in range(1, count + 1)]


CHOICES = tuple((f"value-{number}", f"Label {number}") for number in range(25))
LONG = tuple((f"{number:02}" + "v" * 90, f"{number:02}" + "l" * 90) for number in range(25))


def names(inputs: list[InputSpec]) -> list[str]:
    return [option.name for option in arrange("name", "words", inputs).options]


# Room


def test_twenty_five_options_fit() -> None:
    arrangement = arrange("name", "words", many(25))
    assert len(arrangement.options) == 25
    assert arrangement.left_out == ()


def test_of_more_the_later_ones_give_way() -> None:
    arrangement = arrange("name", "words", many(27))
    assert [option.name for option in arrangement.options] == [f"value_{number}" for number in range(1, 26)]
    assert [spec.name for spec in arrangement.left_out] == ["value_26", "value_27"]


def test_required_ones_come_first_and_stay_in_their_order() -> None:
    inputs = [spec("a"), spec("b", required=True), spec("c"), spec("d", required=True)]
    assert names(inputs) == ["b", "d", "a", "c"]


def test_a_required_one_is_never_left_out() -> None:
    arrangement = arrange("name", "words", [*many(30), spec("needed", required=True)])
    assert arrangement.options[0].name == "needed"
    assert len(arrangement.left_out) == 6


def test_what_is_required_and_does_not_fit_is_refused() -> None:
    with pytest.raises(TooManyRequired, match=r"25 options, 8,000 characters.*/run") as caught:
        arrange("name", "words", many(26, required=True))
    assert isinstance(caught.value, UserError)


def test_all_together_has_no_more_than_eight_thousand_characters() -> None:
    wordy = {"kind": Kind.CHOICE, "choices": LONG, "description": "w" * 300}
    arrangement = arrange("name", "w" * 300, many(25, **wordy))
    total = len("name") + 100 + sum(option.characters for option in arrangement.options)
    assert total <= MAX_CHARACTERS
    assert len(arrangement.options) == 25
    # What has no room to be listed is suggested instead.
    assert [bool(option.choices) for option in arrangement.options[:2]] == [True, False]
    assert [option.is_suggested for option in arrangement.options[:2]] == [False, True]


def test_the_command_says_that_there_is_more() -> None:
    whole, partial = arrange("name", "words", many(25)), arrange("name", "words", many(26))
    assert command_description("Blur", "Blurs it", whole) == "Blurs it"
    assert command_description("Blur", "Blurs it", partial) == "Blurs it … more in /run"
    assert command_description("Blur", " ", whole) == "Run Blur"
    long = command_description("Blur", "word " * 40, partial)
    assert len(long) <= 100
    assert long.endswith("word … more in /run")


@pytest.mark.parametrize(
    "more",
    [{"hidden": True}, {"connected": True}, {"kind": Kind.BOARD}, {"kind": Kind.FIXED}],
    ids=lambda more: next(iter(more)),
)
def test_what_is_not_asked_for_is_no_option(more: dict[str, Any]) -> None:
    arrangement = arrange("name", "words", [spec(**{"default": "x", **more})])
    assert arrangement.options == arrangement.left_out == ()


def test_fixed_inputs_are_not_asked_for() -> None:
    arrangement = arrange("name", "words", [spec("a", Kind.FIXED, required=True), spec("b")])
    assert [option.name for option in arrangement.options] == ["b"]
    assert arrangement.left_out == ()


# Images


def test_an_image_collection_is_asked_one_by_one() -> None:
    arrangement = arrange("name", "words", [spec("image", Kind.IMAGES, max_items=3, required=True), spec("b")])
    assert [(option.name, option.required) for option in arrangement.options] == [
        ("image", False),
        ("image_2", False),
        ("image_3", False),
        ("b", False),
    ]
    assert [option.description for option in arrangement.options[:3]] == ["The image", "Image 2", "Image 3"]


EXTRAS = {
    "texts alone": ([spec("a")], ["private"]),
    "a picture": ([spec("a", Kind.IMAGE)], ["from_job", "from_url", "private"]),
    "a video": ([spec("a", Kind.VIDEO)], ["private"]),
    "a hidden picture": ([spec("a", Kind.IMAGE, hidden=True)], ["private"]),
    "an input has the name": ([spec("a", Kind.IMAGE), spec("from_url"), spec("private")], ["from_job"]),
    "so has a file of a collection": ([spec("from", Kind.IMAGES, max_items=2), spec("b")], None),
    "no room at all": ([spec("a", Kind.IMAGE), *many(24)], []),
    "room for one": ([spec("a", Kind.IMAGE), *many(23)], ["from_job"]),
    "no characters": (many(14, kind=Kind.CHOICE, choices=LONG, description="x" * 100, required=True), None),
}


@pytest.mark.parametrize(("inputs", "expected"), EXTRAS.values(), ids=EXTRAS.keys())
def test_what_is_asked_beside_the_inputs_while_there_is_room(inputs: list[InputSpec], expected: list | None) -> None:
    arrangement = arrange("name", "words", inputs)
    assert len(arrangement.options) + len(arrangement.extras) <= 25
    total = sum(option.characters for option in arrangement.options)
    total += sum(extra.characters for extra in arrangement.extras)
    assert total <= MAX_CHARACTERS
    assert all(0 < len(extra.description) <= 100 for extra in arrangement.extras)
    if expected is not None:
        assert [extra.value for extra in arrangement.extras] == expected


def all_but(left: int) -> list[InputSpec]:
    """Return inputs whose command leaves so many characters."""
    inputs = [spec("a", Kind.IMAGE), spec("b", Kind.CHOICE, choices=LONG)]
    taken = len("name" + "words" + MORE) + sum(option.characters for option in arrange("name", "words", inputs).options)
    more = MAX_CHARACTERS - left - taken - len("c" + "The c")
    half = more % 190 // 2
    lengths = [190] * (more // 190 - 1) + [95 + half, 95 + more % 190 - half]
    pairs = [(f"{number:02}".ljust(length // 2, "v"), f"{number:02}") for number, length in enumerate(lengths)]
    choices = [
        (value, label.ljust(length - len(value), "l")) for (value, label), length in zip(pairs, lengths, strict=True)
    ]
    return [*inputs, spec("c", Kind.CHOICE, choices=tuple(choices))]


@pytest.mark.parametrize("left", [*range(85, 115), *range(185, 230)])
def test_of_what_is_ours_the_longest_language_counts(left: int) -> None:
    arrangement = arrange("name", "words", all_but(left))
    total = len("name" + "words" + MORE) + sum(option.characters for option in arrangement.options)
    assert total == MAX_CHARACTERS - left
    told = [max(len(Voice(one)(f"commands-extra_{extra}")) for one in LANGUAGES) for extra in arrangement.extras]
    assert total + sum(map(len, arrangement.extras)) + sum(told) <= MAX_CHARACTERS


def test_a_picture_that_can_be_named_need_not_be_attached() -> None:
    first, second, third = (spec(name, Kind.IMAGE, required=True) for name in ("a", "b", "e"))
    text, video = spec("c", required=True), spec("d", Kind.VIDEO, required=True)
    found = arrange("name", "words", [video, first, second, third, text]).options
    assert [(option.name, option.required) for option in found] == [
        *[("d", True), ("e", True), ("c", True)],
        *[("a", False), ("b", False)],
    ]
    # Where there is no room for the other ways, there is only this one.
    (full,) = [o for o in arrange("name", "words", [first, *many(24)]).options if o.name == "a"]
    assert full.required


def test_where_a_collection_has_no_room_its_first_image_has() -> None:
    arrangement = arrange("name", "words", [*many(24), spec("image", Kind.IMAGES, max_items=5)])
    assert len(arrangement.options) == 25
    assert arrangement.options[-1].name == "image"
    assert arrangement.left_out == ()
    assert not arrangement.is_whole


def test_as_many_files_are_required_as_there_must_be() -> None:
    reel = spec("clip", Kind.VIDEOS, max_items=4, min_items=2, required=True)
    arrangement = arrange("name", "words", [spec("a"), reel])
    assert [(option.name, option.required) for option in arrangement.options] == [
        *[("clip", True), ("clip_2", True)],
        *[("clip_3", False), ("clip_4", False), ("a", False)],
    ]
    with pytest.raises(TooManyRequired):
        arrange("name", "words", [*many(24, required=True), reel])


def test_further_files_give_way_before_any_input_does() -> None:
    collections = [spec(f"c{n}", kind, max_items=5) for n, kind in enumerate([Kind.IMAGES, Kind.VIDEOS])]
    arrangement = arrange("name", "words", [*collections, *many(20)])
    assert [option.name for option in arrangement.options[:5]] == ["c0", "c0_2", "c0_3", "c0_4", "c1"]
    assert [spec.name for spec in arrangement.cut] == ["c0", "c1"]
    assert arrangement.left_out == ()


# Bounds and choices


@pytest.mark.parametrize(
    ("more", "low", "high"),
    [
        ({}, None, None),
        ({"minimum": 1, "maximum": 5}, 1, 5),
        ({"above": 0, "below": 10}, 1, 9),
        ({"above": 0.5, "below": 9.5}, 1, 9),
        ({"minimum": 3, "above": 0}, 3, None),
        ({"minimum": 0, "above": 3}, 4, None),
        ({"minimum": -1e300, "maximum": 1e300}, -(2**53), 2**53),
    ],
)
def test_bounds_of_a_whole_number(more: dict[str, Any], low: float | None, high: float | None) -> None:
    (option,) = arrange("name", "words", [spec(kind=Kind.INTEGER, **more)]).options
    assert (option.minimum, option.maximum) == (low, high)


def test_bounds_that_a_number_must_not_touch_are_offered_and_refused_later() -> None:
    (option,) = arrange("name", "words", [spec(kind=Kind.NUMBER, above=0.0, below=1.0)]).options
    assert (option.minimum, option.maximum) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("choices", "listed"),
    [
        (CHOICES, True),
        ((*CHOICES, ("x", "X")), False),
        ((("v" * 101, "x"),), False),
        # Discord takes neither an empty value nor one label twice, and refuses every command that is sent with them.
        ((("", "None"), ("a", "A")), False),
        ((("a", "A"), ("b", "A")), False),
    ],
)
def test_choices_are_listed_or_suggested(choices: tuple[tuple[str, str], ...], listed: bool) -> None:
    (option,) = arrange("name", "words", [spec(kind=Kind.CHOICE, choices=choices)]).options
    assert option.choices == (choices if listed else ())
    assert option.is_suggested is not listed


@pytest.mark.parametrize("kind", [Kind.MODEL, Kind.LORAS, Kind.STYLE_PRESET])
def test_what_is_installed_is_suggested(kind: Kind) -> None:
    (option,) = arrange("name", "words", [spec(kind=kind, choices=(("key", "Only this"),))]).options
    assert option.is_suggested
    assert option.choices == ()


@pytest.mark.parametrize(
    ("kind", "more", "is_typed"),
    [
        (Kind.INTEGER, {}, False),
        (Kind.INTEGER, {"minimum": 2**60}, True),
        (Kind.NUMBER, {"maximum": -(2.0**60)}, True),
        (Kind.INTEGER, {"maximum": 2**64 - 1}, False),
        (Kind.INTEGERS, {}, True),
        (Kind.BOX, {}, True),
        (Kind.LORAS, {}, True),
        (Kind.VIDEO, {}, False),
        (Kind.BOOLEAN, {}, False),
    ],
)
def test_what_discord_has_no_type_for_is_typed(kind: Kind, more: dict[str, Any], is_typed: bool) -> None:
    (option,) = arrange("name", "words", [spec(kind=kind, **more)]).options
    assert option.is_typed is is_typed


# Words


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, "The value"),
        ({"description": ""}, "Value"),
        ({"default": "cat"}, "The value (default cat)"),
        ({"default": ""}, "The value"),
        ({"required": True, "default": "cat"}, "The value"),
        ({"kind": Kind.INTEGER, "default": 3, "is_seed": True}, "The value (random if left empty)"),
        ({"kind": Kind.BOOLEAN, "default": True}, "The value"),
        ({"kind": Kind.COLOR, "default": {"r": 1, "g": 2, "b": 3, "a": 255}}, "The value (default #010203)"),
        ({"description": "two\nlines\tand  more"}, "two lines and more"),
        # The name had no room for all of the label.
        ({"label": "Value (30 for dev, 4 for schnell)"}, "Value (30 for dev, 4 for schnell): The value"),
        ({"kind": Kind.INTEGERS}, "The value (like 1, 2, 3)"),
        ({"kind": Kind.INTEGERS, "default": [4, 5]}, "The value (default 4, 5)"),
        ({"kind": Kind.LORAS, "required": True}, "The value (like name:0.75, other:0.5)"),
        ({"kind": Kind.BOX, "required": True}, "The value (like 0, 0, 512, 512)"),
    ],
)
def test_the_description_says_what_happens_if_it_is_left_empty(more: dict[str, Any], wanted: str) -> None:
    (option,) = arrange("name", "words", [spec(**more)]).options
    assert option.description == wanted


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from([None, "cat", "x" * 500]))
def test_descriptions_fit(label: str, description: str, default: str | None) -> None:
    inputs = [spec(label=label or "x", description=description, default=default)]
    inputs.append(spec("image", Kind.IMAGES, max_items=3, label=label or "x", description=description))
    for option in arrange("name", "words", inputs).options:
        assert 1 <= len(option.description) <= 100


# Names

_ALSO = re.compile(r"[-_']")


def is_valid_name(name: str) -> bool:
    r"""Tell what Discord's ^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$ tells, and whether it is in lower case."""
    fits = all(_ALSO.fullmatch(c) or unicodedata.category(c)[0] in "LN" or _is_deva_or_thai(c) for c in name)
    return 1 <= len(name) <= 32 and fits and name == name.lower()


def _is_deva_or_thai(character: str) -> bool:
    return "\u0900" <= character <= "\u097f" or "\u0e00" <= character <= "\u0e7f"


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Blur", "blur"),
        ("Text to Image - SDXL", "text-to-image-sdxl"),
        ("Größe  ändern!", "größe-ändern"),
        ("絵を描く", "絵を描く"),
        ("рисунок 2", "рисунок-2"),
        ("🐈", ""),
        ("", ""),
        ("x" * 50, "x" * 32),
    ],
)
def test_command_names(wanted: str, name: str) -> None:
    assert command_name(wanted) == name


@given(st.text(max_size=80))
@example("İstanbul")
@example("ǅ")
@example("नमस्ते")
@example("ﬃ" * 20)
@example("a\u0301" * 20)
@example("𝐀𝐁")
@example("Ⅻ")
def test_a_command_name_is_valid_or_empty(wanted: str) -> None:
    name = command_name(wanted)
    assert name == "" or is_valid_name(name)


@given(st.text(alphabet="ab", min_size=1, max_size=32), st.sets(st.text(alphabet="ab", max_size=3), max_size=8))
def test_a_free_name_is_free_and_short(wanted: str, taken: set[str]) -> None:
    taken = {*taken, wanted, free_name(wanted, {wanted})}
    name = free_name(wanted, taken)
    assert name not in taken
    assert is_valid_name(name)
    assert name.startswith(wanted[:28])


def test_a_name_that_is_free_stays() -> None:
    assert free_name("blur", {"blurry"}) == "blur"
    assert free_name("blur", {"blur", "blur-2"}) == "blur-3"
