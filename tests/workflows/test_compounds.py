"""Values of several parts: lists, boxes, models with weights."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.builders import model
from workflows.compounds import last_name
from workflows.errors import InputError
from workflows.schema import ModelFilter
from workflows.spec import MAX_ITEMS, InputSpec, Kind
from workflows.values import parse


def spec(kind: Kind, **more: Any) -> InputSpec:
    more = {"max_items": MAX_ITEMS, **more}
    return InputSpec(name="it", label="It", description="", kind=kind, node_id="n", field_name="f", **more)


WHOLES, REALS, TEXTS, BOX = spec(Kind.INTEGERS), spec(Kind.NUMBERS), spec(Kind.STRINGS), spec(Kind.BOX)
LORAS = spec(Kind.LORAS, models=ModelFilter(types=("lora",)))
INK, WASH, ODD, INK_2 = (model(name, kind="lora") for name in ("Ink", "Ink, wash", "a:0.5", "Ink 2"))
INSTALLED = [INK, WASH, ODD, INK_2, model("Dawn")]


def lora(record: Any, weight: float = 0.75) -> dict[str, Any]:
    return {"lora": record.identifier(), "weight": weight}


@pytest.mark.parametrize(
    ("wanted", "raw", "problem"),
    [
        (WHOLES, "1, two", "value 2 takes a whole number, not “two”. Give them like 1, 2, 3."),
        (WHOLES, "1.5", "value 1 takes a whole number, not 1.5."),
        (WHOLES, [1, True], "value 2 takes a whole number"),
        (WHOLES, {"a": 1}, "value 1 takes a whole number"),
        (spec(Kind.INTEGERS, minimum=1, maximum=9), "1 10", "value 2 must be from 1 to 9, not 10."),
        (spec(Kind.INTEGERS, max_items=2), "1 2 3", "takes up to 2, not 3."),
        (WHOLES, "1 " * 1001, "takes up to 1,000, not 1,001."),
        (WHOLES, "1" * 6001, "may have up to 6,000 characters; this has 6,001."),
        (spec(Kind.INTEGERS, required=True), " , ", "needs at least 1, not 0."),
        (spec(Kind.INTEGERS, min_items=2), "7", "needs at least 2, not 1."),
        (spec(Kind.NUMBERS, above=0), "0.5; 0", "value 2 must be more than 0, not 0."),
        (REALS, "1,x", "value 2 takes a number, not “x”."),
        (REALS, "nan", "takes a number up to 9,007"),
        (spec(Kind.STRINGS, max_length=3), "one|four", "value 2 may have up to 3 characters; this has 4."),
        (spec(Kind.STRINGS, required=True), "", "needs at least 1"),
        (TEXTS, "x" * 6001, "6,000 characters"),
        (TEXTS, "half a \ud83d", "no text"),
        (BOX, "0, 0, 5", "takes four whole numbers, x_min, y_min, x_max, y_max, like 0, 0, 512, 512."),
        (BOX, "0, 0, 5, 5, 5", "takes four whole numbers"),
        (BOX, "0, 0, 5, 5.5", "takes four whole numbers"),
        (BOX, "a box", "takes four whole numbers"),
        (BOX, {"x_min": 0, "y_min": 0, "x_max": 5}, "takes four whole numbers"),
        (BOX, "5, 0, 5, 5", "must end right of and below where it begins, like 0, 0, 512, 512."),
        (BOX, "0, 9, 5, 5", "must end right of and below"),
        (LORAS, "Pencil", "“Pencil” is no installed model that fits here. Give names, like first name:0.75"),
        (LORAS, "Ink, Pencil:1, Ink 2", "“Pencil:1” is no installed model"),
        (LORAS, "Dawn", "“Dawn” is no installed model"),
        (LORAS, "Ink 3", "“Ink 3” is no installed model"),
        (LORAS, "Ink:11", "the weight of Ink must be a number from -10 to 10, like Ink:0.75."),
        (LORAS, "Ink:much", "the weight of Ink must be a number"),
        (LORAS, "Ink:", "the weight of Ink must be a number"),
        (LORAS, "Ink:1, ink:0.5", "names one of them twice"),
        (LORAS, [{"lora": {"name": "Pencil"}, "weight": 1}], "“Pencil” is no installed model"),
        (LORAS, [{"weight": 1}], "is no installed model"),
        (LORAS, [lora(INK, 99)], "the weight of Ink"),
        (LORAS, ["Ink"], "is no installed model"),
        (spec(Kind.LORAS, choices=(("key-Ink 2", "Ink 2"),)), "Ink", "“Ink” is no installed model"),
        (spec(Kind.LORAS, max_items=1), "Ink, Ink 2", "takes up to 1, not 2."),
    ],
)
def test_what_does_not_fit_is_refused_by_the_inputs_name(wanted: InputSpec, raw: object, problem: str):
    with pytest.raises(InputError) as caught:
        parse(wanted, raw, INSTALLED)
    assert problem in str(caught.value)
    assert str(caught.value).startswith("**it**: ")


@pytest.mark.parametrize(
    ("wanted", "raw", "value"),
    [
        (WHOLES, "1, 2,3", [1, 2, 3]),
        (WHOLES, "1 2\n3;4", [1, 2, 3, 4]),
        (WHOLES, " -1 ", [-1]),
        (WHOLES, 5, [5]),
        (WHOLES, "", []),
        (WHOLES, [1, 2.0], [1, 2]),
        (REALS, "0.5, 1", [0.5, 1.0]),
        (REALS, [1], [1.0]),
        (TEXTS, "a cat, sitting | a dog", ["a cat, sitting", "a dog"]),
        (TEXTS, "a cat\r\n\n {red|blue} dog \n", ["a cat", "{red|blue} dog"]),
        (TEXTS, "one", ["one"]),
        (TEXTS, "|", []),
        (TEXTS, ["a|b", " c "], ["a|b", " c "]),
        (BOX, "0, 1, 20, 30", {"x_min": 0, "y_min": 1, "x_max": 20, "y_max": 30}),
        (BOX, "-5 -5 5 5", {"x_min": -5, "y_min": -5, "x_max": 5, "y_max": 5}),
        (
            BOX,
            {"x_min": 0, "y_min": 1, "x_max": 20, "y_max": 30, "score": None},
            {"x_min": 0, "y_min": 1, "x_max": 20, "y_max": 30},
        ),
        (LORAS, "ink", [lora(INK)]),
        (LORAS, "key-Ink:1", [lora(INK, 1.0)]),
        (LORAS, "Ink:-0.5, Ink 2", [lora(INK, -0.5), lora(INK_2)]),
        (LORAS, "Ink : 1 ; Ink 2 : .5", [lora(INK, 1.0), lora(INK_2, 0.5)]),
        (LORAS, "Ink, wash:1, Ink:1", [lora(WASH, 1.0), lora(INK, 1.0)]),
        (LORAS, "a:0.5:2\nInk", [lora(ODD, 2.0), lora(INK)]),
        (LORAS, "none", []),
        (LORAS, " ", []),
        (LORAS, [lora(INK, 1), {"lora": {"hash": "blake3:Ink 2"}}], [lora(INK, 1.0), lora(INK_2)]),
    ],
)
def test_what_fits_becomes_the_value_of_the_field(wanted: InputSpec, raw: object, value: object):
    assert parse(wanted, raw, INSTALLED) == value


@pytest.mark.parametrize(
    ("typed", "begins"),
    [("", ""), ("In", "In"), ("Ink, In", "In"), ("Ink:1, Ink, wash, a", "a"), ("Pencil, In", "In"), ("Ink, ", "")],
)
def test_the_last_name_is_the_one_that_is_typed(typed: str, begins: str):
    assert typed[last_name(typed, INSTALLED) :] == begins


@given(st.text("Inkwash,: 0.5|;a\n", max_size=40), st.sampled_from([WHOLES, REALS, TEXTS, BOX, LORAS]))
def test_any_text_is_read_or_refused(typed: str, wanted: InputSpec):
    assert 0 <= last_name(typed, INSTALLED) <= len(typed)
    try:
        parse(wanted, typed, INSTALLED)
    except InputError as error:
        assert error.name == "it"
