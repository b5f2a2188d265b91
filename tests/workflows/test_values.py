import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import document, form, model, node, openapi, schemas_of, shown
from workflows.batches import fits
from workflows.errors import InputError
from workflows.inputs import derive
from workflows.models import STYLE_PRESET
from workflows.schema import FieldSchema, ModelFilter, Schemas
from workflows.values import (
    LARGEST,
    SEED_MAXIMUM,
    InputSpec,
    Kind,
    by_place,
    is_multiple,
    numbered,
    parse,
    parse_all,
)


def spec(kind: Kind, **more: Any) -> InputSpec:
    return InputSpec(name="it", label="It", description="", kind=kind, node_id="n", field_name="f", **more)


WHOLE, NUMBER, FLAG, TEXT = spec(Kind.INTEGER), spec(Kind.NUMBER), spec(Kind.BOOLEAN), spec(Kind.STRING)
COLOR, FIXED = spec(Kind.COLOR), spec(Kind.FIXED)
SEED = replace(WHOLE, is_seed=True)
CHOICE = spec(Kind.CHOICE, choices=(("box", "Square"), ("gaussian", "Soft"), ("Soft", "Other"), (" x", "Space")))
SIZES = spec(Kind.CHOICE, choices=(("256", "small"), ("512", "large")), whole_choices=True)
MODEL = spec(Kind.MODEL, models=ModelFilter(types=("main",)))
DAWN, LACE = model("Dawn"), model("Lace", kind="lora")
PHOTO = model("Photo", base="any", kind=STYLE_PRESET)
NARROW = spec(Kind.MODEL, choices=(("key-Dawn", "Dawn"),))
PRESET = spec(Kind.STYLE_PRESET, models=ModelFilter(types=(STYLE_PRESET,)))
#: Its bounds lie beyond what a number in JSON is usually trusted with.
HUGE = spec(Kind.INTEGER, minimum=2**60)


@pytest.mark.parametrize(
    ("wanted", "raw", "problem"),
    [
        (WHOLE, "many", "takes a whole number, not “many”"),
        (WHOLE, "", "takes a whole number"),
        (WHOLE, 1.5, "takes a whole number, not 1.5"),
        (WHOLE, "1.5", "takes a whole number, not 1.5"),
        (WHOLE, "0" * 5000 + "1.5", f"takes a whole number, not {'0' * 59}…"),
        (WHOLE, True, "takes a whole number, not “True”"),
        (WHOLE, [], "takes a whole number"),
        (WHOLE, "nan", "takes a whole number up to 9,007,199,254,740,992."),
        (WHOLE, "inf", "up to 9,007,199,254,740,992."),
        (WHOLE, LARGEST + 1, "up to 9,007,199,254,740,992."),
        (WHOLE, 10**400, "up to 9,007"),
        (NUMBER, -(10**400), "takes a number down to -9,007,199,254,740,992."),
        (NUMBER, float("nan"), "up to 9,007"),
        (replace(WHOLE, minimum=0, maximum=9), 10**400, "takes a whole number from 0 to 9."),
        (replace(WHOLE, minimum=0, maximum=2**64), 2**60, "up to 9,007,199,254,740,992."),
        (replace(WHOLE, minimum=10**15), 10**12 + 1, "at least 1000000000000000, not 1000000000001."),
        (replace(NUMBER, maximum=1e12), 2e15, "at most 1000000000000, not 2000000000000000."),
        (NUMBER, "x" * 1000, "…”"),
        (replace(WHOLE, minimum=1), 0, "at least 1, not 0"),
        (replace(WHOLE, maximum=9), 10, "at most 9, not 10"),
        (replace(WHOLE, minimum=0, maximum=SEED_MAXIMUM), SEED_MAXIMUM + 1, "from 0 to 4294967295, not 4294967296"),
        (replace(NUMBER, minimum=0, maximum=1), -0.001, "from 0 to 1, not -0.001"),
        (replace(NUMBER, above=0), 0, "more than 0, not 0"),
        (replace(NUMBER, below=1), 1, "less than 1, not 1"),
        (replace(WHOLE, multiple_of=8), 12, "multiple of 8, not 12"),
        (replace(WHOLE, multiple_of=8), 8 * 10**10 + 4, "multiple of 8"),
        (replace(WHOLE, multiple_of=8), str(8 * 10**10 + 4), "multiple of 8"),
        (replace(NUMBER, multiple_of=0.5), 0.7, "multiple of 0.5, not 0.7"),
        (FLAG, "maybe", "yes or no"),
        (FLAG, 2, "yes or no"),
        (FLAG, None, "yes or no"),
        (replace(TEXT, max_length=3), "four", "up to 3 characters; this has 4"),
        (TEXT, "half a \ud83d", "no text"),
        (CHOICE, "round", "no choice “round”. Pick one of: Square, Soft, Other, Space"),
        (spec(Kind.CHOICE, choices=tuple((str(n), str(n)) for n in range(9))), "9", "7, …"),
        (spec(Kind.CHOICE), "any", "no choice “any”"),
        (SIZES, "128", "no choice"),
        (MODEL, "Lace", "no installed model that fits"),
        (MODEL, "", "no installed model that fits"),
        (MODEL, {"key": "key-Lace"}, "no installed model that fits"),
        (COLOR, "red", "a colour like #ff8800, not “red”"),
        (COLOR, "#ff88", "a colour"),
        (COLOR, "#ff880", "a colour"),
        (COLOR, "#ff8800\n#", "a colour"),
        (COLOR, {"r": 1, "g": 256, "b": 0, "a": 0}, "a colour"),
        (COLOR, {"r": 1.5, "g": 6, "b": 0, "a": 0}, "a colour"),
        (FIXED, "any", "fixed"),
        (spec(Kind.BOARD), "any", "fixed"),
        (NARROW, "Lace", "“Lace” is no installed model that fits here. Pick one of: Dawn"),
        (NARROW, LACE.identifier(), "“Lace” is no installed model that fits"),
        (PRESET, "Dawn", "“Dawn” is no style preset that is there. Pick one of: Photo"),
        (PRESET, {"style_preset_id": "gone"}, "“gone” is no style preset"),
        (PRESET, {"style_preset_id": "gone", "name": "Ink"}, "“Ink” is no style preset"),
        (spec(Kind.MODEL, choices=(("another server's", "Dawn"),)), "Lace", "Pick one of: Dawn"),
        (MODEL, "Photo", "no installed model that fits"),
        (HUGE, 2**63, "up to 9,223,372,036,854,775,807."),
        (HUGE, 2**60 - 1, "at least"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_inputs_name(wanted: InputSpec, raw: object, problem: str):
    with pytest.raises(InputError) as caught:
        parse(wanted, raw, [DAWN, LACE, PHOTO])
    assert caught.value.name == "it"
    assert problem in str(caught.value)
    assert str(caught.value).startswith("**it**: ")


@pytest.mark.parametrize(
    ("wanted", "raw", "value"),
    [
        (WHOLE, 5, 5),
        (WHOLE, " 5 ", 5),
        (WHOLE, "5.0", 5),
        (WHOLE, 5.0, 5),
        (WHOLE, "-3", -3),
        (WHOLE, LARGEST, LARGEST),
        (replace(WHOLE, minimum=0, maximum=0), 0, 0),
        (replace(WHOLE, multiple_of=8), 64, 64),
        (replace(WHOLE, multiple_of=8), 0, 0),
        (NUMBER, 5, 5.0),
        (NUMBER, "1e-3", 0.001),
        (replace(NUMBER, multiple_of=0.1), 0.3, 0.3),
        (replace(NUMBER, multiple_of=0.1), 100_000_000.1, 100_000_000.1),
        (replace(NUMBER, minimum=0.1, maximum=0.1), 0.1, 0.1),
        (FLAG, True, True),
        (FLAG, " Yes", True),
        (FLAG, "OFF", False),
        (FLAG, 0, False),
        (TEXT, "", ""),
        (TEXT, " spaces stay ", " spaces stay "),
        (TEXT, 5, "5"),
        (TEXT, "🦊 und ß", "🦊 und ß"),
        (CHOICE, "gaussian", "gaussian"),
        (CHOICE, "SQUARE", "box"),
        (CHOICE, "Soft", "Soft"),
        (CHOICE, "other", "Soft"),
        (CHOICE, " x", " x"),
        (CHOICE, "x", " x"),
        (SIZES, "512", 512),
        (SIZES, 512, 512),
        (SIZES, "Small", 256),
        (MODEL, "dawn", DAWN.identifier()),
        (MODEL, "key-Dawn", DAWN.identifier()),
        (MODEL, {"hash": "blake3:Dawn"}, DAWN.identifier()),
        (COLOR, "#FF8800", {"r": 255, "g": 136, "b": 0, "a": 255}),
        (COLOR, " f80 ", {"r": 255, "g": 136, "b": 0, "a": 255}),
        (COLOR, "#ff880080", {"r": 255, "g": 136, "b": 0, "a": 128}),
        (COLOR, {"r": 1, "g": 2, "b": 3}, {"r": 1, "g": 2, "b": 3, "a": 255}),
        (WHOLE, str(LARGEST), LARGEST),
        (HUGE, str(2**60 + 1), 2**60 + 1),
        (NARROW, "dawn", DAWN.identifier()),
        (PRESET, "photo", {"style_preset_id": "key-Photo", "name": "Photo"}),
        (PRESET, {"style_preset_id": "key-Photo"}, {"style_preset_id": "key-Photo", "name": "Photo"}),
        # Of another server, or of this one before it was restarted.
        (PRESET, {"style_preset_id": "old", "name": "Photo"}, {"style_preset_id": "key-Photo", "name": "Photo"}),
        (spec(Kind.MODEL, choices=(("another server's", "Dawn"),)), "Dawn", DAWN.identifier()),
        (spec(Kind.IMAGE), {"image_name": "a.png"}, {"image_name": "a.png"}),
        (spec(Kind.VIDEO), "a.mp4", {"video_name": "a.mp4"}),
        (spec(Kind.VIDEOS, max_items=2), ["a.mp4", "b.mp4"], [{"video_name": "a.mp4"}, {"video_name": "b.mp4"}]),
        (spec(Kind.IMAGE), "a.png", {"image_name": "a.png"}),
        (spec(Kind.IMAGES), "a.png", [{"image_name": "a.png"}]),
        (spec(Kind.IMAGES, max_items=2), ["a.png", "b.png"], [{"image_name": "a.png"}, {"image_name": "b.png"}]),
    ],
)
def test_what_fits_becomes_the_value_of_the_field(wanted: InputSpec, raw: object, value: object):
    found = parse(wanted, raw, [DAWN, LACE, PHOTO])
    assert found == value
    assert type(found) is type(value)


def test_a_choice_comes_back_to_the_letter():
    choices = (("A", "b"), ("a", "A"), ("b", "a"), ("1", "2"), ("2", "1"))
    wanted = spec(Kind.CHOICE, choices=choices)
    assert [parse(wanted, value) for value, _ in choices] == [value for value, _ in choices]


@pytest.mark.parametrize(
    ("number", "of", "is_one"),
    [
        (10**15 + 4, 8, False),
        (8 * 10**14, 8, True),
        (16, 8.0, True),
        (0.30000000000000004, 0.1, True),
        (0.35, 0.1, False),
        (0, 0.1, True),
        (3, 1.5, True),
        (4, 1.5, False),
        (-16, 8, True),
    ],
)
def test_multiples_are_told_as_the_server_tells_them(number: float, of: float, is_one: bool):
    assert is_multiple(number, of) is is_one


# All values of a run


def highest(low: int, high: int) -> int:
    return high


def lowest(low: int, high: int) -> int:
    return low


def test_a_needed_value_is_asked_for():
    with pytest.raises(InputError, match="is needed"):
        parse_all([replace(TEXT, required=True)], {}, [], lowest)


def test_what_is_given_counts_then_the_default_then_nothing():
    specs = [replace(TEXT, name="a", default="x"), replace(TEXT, name="b", default="y"), replace(TEXT, name="c")]
    assert parse_all(specs, {"a": "given", "unknown": 5}, [], lowest) == {"a": "given", "b": "y"}


def test_empty_text_zero_and_no_are_given():
    specs = [replace(TEXT, name="a", default="x"), replace(WHOLE, name="b", default=5), replace(FLAG, name="c")]
    assert parse_all(specs, {"a": "", "b": 0, "c": False}, [], lowest) == {"a": "", "b": 0, "c": False}


def test_files_and_what_is_not_asked_for_are_not_its_business():
    specs = [spec(kind, required=True) for kind in (Kind.IMAGE, Kind.IMAGES, Kind.VIDEO, Kind.VIDEOS)]
    specs += [replace(FIXED, default=5), spec(Kind.BOARD, default="auto")]
    specs += [replace(TEXT, hidden=True, default="x"), replace(TEXT, connected=True, required=True)]
    specs += [replace(SEED, hidden=True, default=5)]
    assert parse_all(specs, {"it": "a.png"}, [], lowest) == {}


def test_a_hidden_seed_without_a_value_of_its_own_is_drawn_whatever_is_given():
    hidden = replace(SEED, name="grain_seed", hidden=True)
    values = parse_all([hidden], {"grain_seed": 99}, [], lambda low, high: 7)
    assert values == {"grain_seed": 7}
    assert by_place([hidden], values) == {hidden.place: 7}
    assert by_place([replace(hidden, default=5)], {"grain_seed": 7}) == {hidden.place: 5}


@pytest.mark.parametrize("default", [None, 5])
def test_what_an_admin_requires_is_needed_whatever_its_default(default: int | None):
    for wanted in (WHOLE, SEED):
        with pytest.raises(InputError, match="is needed"):
            parse_all([replace(wanted, required=True, default=default)], {}, [], lowest)


def test_values_go_to_their_places():
    inputs = [
        replace(TEXT, name="a", node_id="a"),
        replace(TEXT, name="b", node_id="b", hidden=True, default="fixed"),
        replace(TEXT, name="c", node_id="c", connected=True, default="stale"),
        replace(FIXED, name="d", node_id="d", default="kept"),
        spec(Kind.IMAGE, hidden=True),
        replace(TEXT, name="e", node_id="e"),
    ]
    given = {"a": "mine", "b": "not mine to give", "c": "nor this", "d": "nor that"}
    # What nobody gave is not sent, rather than what the author had on their own server.
    assert by_place(inputs, given) == {("a", "f"): "mine", ("b", "f"): "fixed", ("n", "f"): None, ("e", "f"): None}


@pytest.mark.parametrize(
    ("bounds", "drawn"),
    [
        ({}, (0, SEED_MAXIMUM)),
        ({"minimum": 0, "maximum": 0}, (0, 0)),
        ({"minimum": 5, "maximum": 9}, (5, 9)),
        ({"minimum": 4.5, "maximum": 9.5}, (5, 9)),
        ({"maximum": -7}, (-7, -7)),
        ({"minimum": SEED_MAXIMUM + 5}, (SEED_MAXIMUM + 5, SEED_MAXIMUM + 5)),
        ({"minimum": -1e300, "maximum": 1e300}, (-LARGEST, LARGEST)),
    ],
)
def test_an_empty_seed_is_drawn_within_its_bounds(bounds: dict[str, float], drawn: tuple[int, int]):
    seed = replace(SEED, **bounds)
    assert tuple(parse_all([seed], {}, [], draw)["it"] for draw in (lowest, highest)) == drawn
    assert bounds == {} or parse(seed, parse_all([seed], {}, [], random.Random(1).randint)["it"]) is not None


def test_a_seed_that_cannot_be_drawn_is_asked_for():
    with pytest.raises(InputError, match="give it a value"):
        parse_all([replace(SEED, minimum=0.2, maximum=0.8)], {}, [], random.Random(1).randint)


def test_a_given_seed_counts():
    assert parse_all([replace(SEED, default=5)], {"it": "7"}, [], lowest) == {"it": 7}


# Names


@pytest.mark.parametrize(
    ("base", "number", "name"),
    [("photo", 2, "photo_2"), ("a" * 32, 2, "a" * 30 + "_2"), ("a" * 32, 100, "a" * 28 + "_100")],
)
def test_a_number_finds_room_in_a_name(base: str, number: int, name: str):
    assert numbered(base, number) == name


def test_a_collection_of_images_is_asked_by_several_names():
    assert spec(Kind.IMAGES, max_items=3).names == ("it", "it_2", "it_3")
    assert spec(Kind.VIDEOS, max_items=2).names == ("it", "it_2")
    assert spec(Kind.IMAGE).names == ("it",)
    assert spec(Kind.INTEGERS, max_items=1000).names == ("it",)


# Whatever is given


def asked(schemas: Schemas) -> list[tuple[InputSpec, FieldSchema]]:
    """Every field of every node as an input."""
    found: list[tuple[InputSpec, FieldSchema]] = []
    for node_type, schema in schemas.nodes.items():
        for name, field in schema.fields.items():
            exposing = document(node("n", node_type), exposed=[f"n.{name}"])
            found += [(one, field) for one in derive(exposing, schemas)]
    return found


ODD = schemas_of(
    odd={
        "step": {"type": "integer", "multipleOf": 8, "exclusiveMinimum": 0},
        "share": {"type": "number", "multipleOf": 0.1, "exclusiveMaximum": 1},
        "size": {"type": "integer", "enum": [256, 512]},
        "images": {"type": "array", "items": {"$ref": "#/ImageField"}, "maxItems": 3},
        "weights": {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]},
        "numbers": {"type": "array", "items": {"type": "integer", "minimum": 2}, "minItems": 1, "maxItems": 4},
        "words": {"type": "array", "items": {"type": "string"}},
    }
)
OPTIONS = [{"label": "One", "value": " 1 "}, {"label": "Two", "value": "two"}]
DROPDOWN = derive(
    document(node("n", "string"), form=form(shown("n.value", component="dropdown", options=OPTIONS))),
    Schemas.from_openapi(openapi(string={"value": {"type": "string"}})),
)
INPUTS = [*asked(Schemas.from_openapi(local_openapi())), *asked(ODD)]
RAW: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 5000).map(lambda size: 10 ** min(size, 4000)),
    st.floats(),
    st.integers(-2000, 2000).map(lambda number: number / 10),
    st.text(),
    st.from_regex(r"\A\s?#?[0-9a-fA-F.]{1,8}\s?\Z"),
    st.sampled_from(["yes", "box", "gaussian", "euler", "512", "Dawn", "key-Dawn", "1e3", "0.3", "16"]),
    st.binary(max_size=9),
    st.lists(st.text(max_size=4), max_size=6),
    st.dictionaries(st.sampled_from(["key", "name", "hash", "image_name"]), st.text(max_size=4)),
)


@given(st.sampled_from(INPUTS), RAW)
@settings(max_examples=600, deadline=None)
def test_whatever_is_given_fits_the_field_or_is_refused(one: tuple[InputSpec, FieldSchema], raw: object):
    wanted, field = one
    try:
        value = parse(wanted, raw, [DAWN, LACE])
    except InputError as error:
        assert error.name == wanted.name
        return
    match wanted.kind:
        case Kind.BOARD | Kind.FIXED:
            raise AssertionError("it cannot be set")
        case Kind.MODEL:
            assert value in [record.identifier() for record in (DAWN, LACE)]
        case Kind.COLOR:
            assert set(value) == set("rgba")
            assert all(0 <= channel <= 255 for channel in value.values())
        case _:
            assert fits(field, value)


@pytest.mark.parametrize(("wanted", "field"), INPUTS, ids=lambda one: getattr(one, "name", ""))
def test_every_default_fits_its_field(wanted: InputSpec, field: FieldSchema):
    if wanted.default is not None and wanted.kind not in {Kind.MODEL, Kind.COLOR, Kind.FIXED, Kind.BOARD}:
        assert fits(field, wanted.default)


def test_the_choices_of_a_form_come_back_to_the_letter():
    (dropdown,) = DROPDOWN
    assert [parse(dropdown, value) for value, _ in dropdown.choices] == [" 1 ", "two"]
