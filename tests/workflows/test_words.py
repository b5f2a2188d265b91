"""Inputs and values in words: every kind has its line, and what is shown can be typed again."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.builders import model
from workflows.models import STYLE_PRESET
from workflows.schema import ModelFilter
from workflows.spec import LARGEST, InputSpec, Kind
from workflows.values import parse
from workflows.words import describe, shorten, show


def spec(name: str = "value", kind: Kind = Kind.STRING, **more: Any) -> InputSpec:
    words = {"label": name.title(), "description": f"The {name}"}
    return InputSpec(**{"name": name, **words, "kind": kind, "node_id": "n", "field_name": name, **more})


CHOICES = tuple((f"value-{number}", f"Label {number}") for number in range(25))


@pytest.mark.parametrize(
    ("given_spec", "wanted"),
    [
        (spec(kind=Kind.INTEGER, minimum=1, maximum=8, default=4), "whole number from 1 to 8, default 4"),
        (spec(kind=Kind.INTEGER, minimum=64, multiple_of=8), "whole number, at least 64, multiple of 8"),
        (spec(kind=Kind.INTEGER, multiple_of=1, is_seed=True), "whole number, random if left empty"),
        (spec(kind=Kind.NUMBER, above=0, default=0.5), "number, more than 0, default 0.5"),
        (spec(kind=Kind.NUMBER, maximum=2, required=True), "number, at most 2, required"),
        (spec(kind=Kind.STRING, default="a\nb"), "text, default a b"),
        (spec(kind=Kind.BOOLEAN, default=False), "yes or no, default no"),
        (spec(kind=Kind.IMAGE, required=True), "image, required"),
        (spec(kind=Kind.VIDEO), "video"),
        (spec(kind=Kind.VIDEOS, max_items=2), "up to 2 videos"),
        (spec(kind=Kind.INTEGER, above=0, below=9), "whole number, more than 0, less than 9"),
        (spec(kind=Kind.INTEGERS, minimum=1, default=[1, 2]), "whole numbers, at least 1, like 1, 2, 3, default 1, 2"),
        (spec(kind=Kind.NUMBERS, required=True), "numbers, like 0.5, 1, 1.5, required"),
        (spec(kind=Kind.STRINGS, default=["a, b", "c"]), "texts, like first | second, default a, b | c"),
        (spec(kind=Kind.BOX, required=True), "box, x_min, y_min, x_max, y_max, required"),
        (spec(kind=Kind.LORAS, default=[]), "LoRAs with weights, like name:0.75, other:0.5, default none"),
        (spec(kind=Kind.MODEL, choices=(("k", "SDXL"),)), "model, one of SDXL"),
        (spec(kind=Kind.STYLE_PRESET), "style preset"),
        (spec(kind=Kind.BOARD), "board"),
        (spec(kind=Kind.FIXED, default={"a": 1}), "fixed"),
        (spec(kind=Kind.STRING, connected=True), "text, fed by another node"),
        (spec(kind=Kind.INTEGER, default=7, hidden=True), "whole number, hidden, always 7"),
        (spec(kind=Kind.IMAGE, hidden=True), "image, hidden, always left out"),
        (spec(kind=Kind.INTEGER, is_seed=True, hidden=True), "whole number, hidden, drawn for each run"),
        (spec(kind=Kind.INTEGER, is_seed=True, hidden=True, default=7), "whole number, hidden, always 7"),
        (spec(kind=Kind.INTEGER, minimum=0, maximum=2**62), "whole number from 0 to 4611686018427387904"),
        (spec(kind=Kind.NUMBER, maximum=1e12, default=1e6), "number, at most 1000000000000, default 1000000"),
        (spec(kind=Kind.NUMBER, minimum=-1e300), "number, at least -1e+300"),
        (spec(kind=Kind.INTEGER, is_seed=True, required=True), "whole number, required"),
        (spec(kind=Kind.IMAGES, max_items=5), "up to 5 images"),
        (spec(kind=Kind.MODEL, default={"key": "k", "name": "SDXL"}), "model, default SDXL"),
        (spec(kind=Kind.CHOICE, choices=(("a", "A"), ("b", "B")), default="b"), "one of A, B, default B"),
        (
            spec(kind=Kind.CHOICE, choices=CHOICES),
            "one of Label 0, Label 1, Label 2, Label 3, Label 4, Label 5 and 19 more",
        ),
    ],
)
def test_an_input_is_described_in_a_line(given_spec: InputSpec, wanted: str) -> None:
    assert describe(given_spec) == wanted


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (Kind.COLOR, {"r": 255, "g": 128, "b": 0, "a": 255}, "#ff8000"),
        (Kind.COLOR, {"r": 255, "g": 128, "b": 0, "a": 16}, "#ff800010"),
        (Kind.BOOLEAN, True, "yes"),
        (Kind.BOOLEAN, False, "no"),
        (Kind.NUMBER, 0.1 + 0.2, "0.3"),
        (Kind.NUMBER, 2.0, "2"),
        (Kind.INTEGER, 4294967295, "4294967295"),
        (Kind.STRING, "as it is", "as it is"),
        (Kind.NUMBER, 4294967295.0, "4294967295"),
        (Kind.CHOICE, "gone", "gone"),
        (Kind.NUMBERS, [0.5, 0.1 + 0.2], "0.5, 0.3"),
        (Kind.STRINGS, ["{a|b}", "c"], "{a|b}\nc\n"),
        (Kind.BOX, {"x_min": 0, "y_min": 1, "x_max": 2, "y_max": 3}, "0, 1, 2, 3"),
        (Kind.LORAS, [{"lora": {"name": "Ink"}, "weight": 0.5}], "Ink:0.5"),
        (Kind.LORAS, [], "none"),
        (Kind.STYLE_PRESET, {"style_preset_id": "id"}, "id"),
        (Kind.STYLE_PRESET, {"style_preset_id": "id", "name": "Photo"}, "Photo"),
        (Kind.IMAGES, [{"image_name": "a.png"}], "a.png"),
        (Kind.VIDEO, {"video_name": "a.mp4"}, "a.mp4"),
    ],
)
def test_a_value_is_shown_as_one_would_type_it(kind: Kind, value: object, wanted: str) -> None:
    assert show(spec(kind=kind), value) == wanted


@pytest.mark.parametrize(
    ("text", "length", "wanted"),
    [("", 5, ""), ("abcde", 5, "abcde"), ("abcdef", 5, "abcd…"), ("abc def", 5, "abc…"), (" a \n b ", 9, "a b")],
)
def test_shorten(text: str, length: int, wanted: str) -> None:
    assert shorten(text, length) == wanted


# What is shown can be typed again

LORAS = [model(name, kind="lora") for name in ("Ink", "ink, wash", "a: b", "Ink 2", "none at all", "ДОМ")]
PRESETS = [model(name, base="any", kind=STYLE_PRESET) for name in ("Photo", "Sketch")]
INSTALLED = [*LORAS, *PRESETS, model("Dawn")]
WHOLE = st.integers(-LARGEST, LARGEST)
REAL = st.floats(-1e9, 1e9, allow_nan=False)
LINE = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20).filter(
    lambda text: text == text.strip()
)


@st.composite
def boxes(draw: st.DrawFn) -> dict[str, int]:
    left, top = draw(st.integers(-9, 9)), draw(st.integers(-9, 9))
    size = st.integers(1, 5000)
    return {"x_min": left, "y_min": top, "x_max": left + draw(size), "y_max": top + draw(size)}


def weighted(names: list[str], weights: list[float]) -> list[dict[str, Any]]:
    chosen = [lora for lora in LORAS if lora.name in names]
    return [{"lora": lora.identifier(), "weight": w} for lora, w in zip(chosen, weights, strict=False)]


VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.INTEGER: WHOLE,
    Kind.NUMBER: REAL,
    Kind.BOOLEAN: st.booleans(),
    Kind.STRING: st.text(st.characters(blacklist_categories=["Cs"])),
    Kind.COLOR: st.fixed_dictionaries(dict.fromkeys("rgba", st.integers(0, 255))),
    Kind.MODEL: st.just(model("Dawn").identifier()),
    Kind.IMAGE: st.just({"image_name": "a.png"}),
    Kind.VIDEO: st.just({"video_name": "a.mp4"}),
    Kind.INTEGERS: st.lists(WHOLE, max_size=5),
    Kind.NUMBERS: st.lists(REAL, max_size=5),
    Kind.STRINGS: st.lists(LINE, max_size=5),
    Kind.BOX: boxes(),
    Kind.LORAS: st.builds(
        weighted,
        st.lists(st.sampled_from([lora.name for lora in LORAS])),
        st.lists(st.integers(-1000, 1000).map(lambda n: n / 100), min_size=6, max_size=6),
    ),
    Kind.STYLE_PRESET: st.sampled_from([{"style_preset_id": one.key, "name": one.name} for one in PRESETS]),
}
FILTERS = {Kind.LORAS: ("lora",), Kind.STYLE_PRESET: (STYLE_PRESET,)}


@given(st.data(), st.sampled_from(sorted(VALUES)))
@settings(max_examples=400, deadline=None)
def test_what_is_shown_parses_to_the_same(data: st.DataObject, kind: Kind) -> None:
    one = spec(kind=kind, max_items=1000, models=ModelFilter(types=FILTERS.get(kind, ())))
    value = data.draw(VALUES[kind])
    assert alike(parse(one, show(one, value), INSTALLED), value)
    # What is in the field's form already stays as it is.
    assert parse(one, value, INSTALLED) == value


def alike(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(alike, found, wanted))
    return math.isclose(found, wanted, rel_tol=1e-9) if isinstance(wanted, float) else found == wanted


@given(st.lists(st.tuples(st.text("abAB 1", max_size=3), st.text("abAB 1", max_size=3)), min_size=1, max_size=5))
def test_a_choice_is_shown_by_its_label_unless_that_means_another(choices: list[tuple[str, str]]) -> None:
    one = spec(kind=Kind.CHOICE, choices=tuple(dict(choices).items()))
    for value, _ in one.choices:
        assert parse(one, show(one, value)) == value
