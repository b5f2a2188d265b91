import math
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from tests.workflows.builders import JSON, document, node
from workflows.errors import DocumentError
from workflows.generators import MAX_ITEMS, MAX_TEXT, generate, request


def sequence(kind: str, **held: Any) -> dict[str, Any]:
    return {"type": f"{kind}_generator_arithmetic_sequence", **held}


def linear(kind: str, **held: Any) -> dict[str, Any]:
    return {"type": f"{kind}_generator_linear_distribution", **held}


def uniform(kind: str, **held: Any) -> dict[str, Any]:
    return {"type": f"{kind}_generator_random_distribution_uniform", **held}


def parsed(kind: str, text: Any, split_on: Any = ",") -> dict[str, Any]:
    return {"type": f"{kind}_generator_parse_string", "input": text, "splitOn": split_on}


def made(held: Any, random: Random | None = None) -> list[Any]:
    found = document(node("g", "integer_generator", {"generator": held}, label="Numbers"))
    return generate(found.nodes["g"], {}, random or Random(1))


@pytest.mark.parametrize(
    "held",
    [
        sequence("integer", start="a", step=1, count=2),
        sequence("integer", start=None, count=2),
        sequence("integer", start=1.5, count=2),
        sequence("integer", start=0, step=2**60, count=2),
        sequence("float", count=2.5),
        sequence("integer", start=[], step=[], count=2),
        sequence("integer", count=None),
        sequence("integer", count=[]),
        sequence("integer", count="many"),
        sequence("integer", start=1e308, step=1e308, count=9),
        sequence("float", start=10**400, count=2),
        sequence("integer", start=1.5e308, step=10**400, count=3),
        linear("float", start=0, end="x", count=2),
        linear("integer", start=0, end=10**400, count=3),
        uniform("integer", min="a", max=1, count=1),
        uniform("float", min=None, max=1, count=1),
        uniform("float", min=0, max=10**400, count=1),
        uniform("integer", seed=[], count=1),
        uniform("integer", seed=0.5, count=1),
        parsed("string", None),
        parsed("string", "a", 5),
        parsed("string", "a" * (MAX_TEXT + 1)),
        # Python adds and multiplies these too, and makes ever more of them.
        sequence("float", start="1", step="0" * 9, count=3),
        sequence("float", start="1", step=1, count=1),
        sequence("integer", start=0, step="", count=2),
        sequence("integer", start=True, step=1, count=2),
        sequence("integer", start=0, step=True, count=2),
        sequence("integer", start=0, step=1, count="2"),
        sequence("integer", start=0, step=1, count=True),
        sequence("float", start=float("nan"), step=1, count=2),
        sequence("float", start=0, step=float("inf"), count=2),
        linear("float", start="0", end=1, count=1),
        linear("float", start=0, end=float("inf"), count=2),
        uniform("integer", min="1", max=2, count=1),
        uniform("float", min=0, max=float("nan"), count=1),
        uniform("integer", seed="x" * 9, count=1),
    ],
)
def test_values_that_make_no_sequence_are_refused(held: Any):
    with pytest.raises(DocumentError, match="generator “Numbers” holds values that make no sequence"):
        made(held)


@pytest.mark.parametrize("held", [None, {}, [], "x", {"type": 5}, {"type": "integer_generator_of_a_later_version"}])
def test_a_rule_that_nobody_knows_is_refused(held: Any):
    with pytest.raises(DocumentError, match=r"“Numbers” .* is not one that Familiar knows"):
        made(held)
    assert request(document(node("g", "integer_generator", {"generator": held})).nodes["g"], {}) is None


@pytest.mark.parametrize(
    ("held", "items"),
    [
        (sequence("integer", start=30, step=150, count=2), [30, 180]),
        (sequence("float", start=0, step=0.5, count=3), [0.0, 0.5, 1.0]),
        (sequence("integer", start=3, step=0, count=9), [3]),
        (sequence("integer", start=3, step=1, count=-2), []),
        (sequence("integer", start=0, step=1, count=2.0), [0, 1]),
        (sequence("integer"), list(range(10))),
        (sequence("float", start=0.1, step=0.2, count=4), [0.1, 0.30000000000000004, 0.5, 0.7000000000000001]),
        (linear("float", start=0, end=1, count=3), [0.0, 0.5, 1.0]),
        (linear("float", start=0.1, end=0.7, count=7), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
        (linear("integer", start=0, end=10, count=3), [0, 5, 10]),
        # JavaScript rounds halves up, also below zero.
        (linear("integer", start=0, end=10, count=5), [0, 3, 5, 8, 10]),
        (linear("integer", start=0, end=-10, count=5), [0, -2, -5, -7, -10]),
        (linear("integer", start=4, end=10, count=1), [4]),
        (linear("integer", start=4, end=10, count=0), []),
        (linear("integer", count=3), [0, 5, 10]),
        (parsed("integer", "1, 2,,3"), [1, 2, 3]),
        (parsed("integer", "1.9abc, two,12px,1e3,0x10,+5,-5,1_000,١"), [1, 12, 1, 0, 5, -5, 1]),
        (parsed("integer", "nan"), []),
        (parsed("float", "1;2.5", ";"), [1.0, 2.5]),
        (parsed("float", "1.5abc,,x,1e3,-.5,.,5.,Infinity"), [1.5, 1000.0, -0.5, 5.0, math.inf]),
        (parsed("string", "a\nb", "\\n"), ["a", "b"]),
        (parsed("string", "a, b"), ["a", " b"]),
        (parsed("string", "a, ,,b"), ["a", " ", "b"]),
        (parsed("string", "a,b", ""), ["a,b"]),
        (parsed("string", 'a"b', '"'), ["a", "b"]),
        (parsed("string", ""), []),
        ({"type": "string_generator_parse_string"}, ["foo", "bar", "baz", "qux"]),
        ({**sequence("float", start=5, count=2), "values": [0.5]}, [0.5]),
        ({**sequence("float", start=5, count=2), "values": []}, []),
        ({**sequence("float", start=5, step=1, count=1), "values": None}, [5.0]),
        ({**sequence("integer", start=5, count=1), "values": [7]}, [5]),
    ],
)
def test_a_generator_makes_what_the_editor_makes(held: Any, items: list[Any]):
    found = made(held)
    assert found == items
    assert [type(item) for item in found] == [type(item) for item in items]


@pytest.mark.parametrize("kind", ["integer", "float"])
def test_random_numbers_follow_their_seed(kind: str):
    held = uniform(kind, min=1, max=1000, count=5, seed=7)
    assert made(held, Random(1)) == made(held, Random(2))
    assert made({**held, "seed": None}, Random(1)) != made({**held, "seed": None}, Random(2))
    assert all(1 <= number <= 1000 for number in made(held))


@pytest.mark.parametrize(
    ("held", "items"),
    [
        (uniform("integer", min=1, max=1000, count=6, seed=7), [77, 228, 780, 319, 439, 979]),
        (uniform("integer", min=1, max=1000, count=6, seed=-1), [98, 112, 913, 563, 790, 527]),
        (uniform("integer", min=1, max=1000, count=3, seed=2**32 + 5), [222, 56, 871]),
        (uniform("float", count=2, seed=0), [0.548813502304256, 0.5928446163889021]),
        (uniform("integer", min=5, max=1, count=1, seed=7), [4]),
    ],
)
def test_seeded_numbers_are_those_that_the_editor_shows(held: Any, items: list[Any]):
    """Computed by the editor's own code in a JavaScript engine."""
    assert made(held) == items


@pytest.mark.parametrize(
    "held",
    [
        sequence("integer", count=10**9),
        linear("float", count=10**9),
        uniform("integer", count=10**9),
        parsed("string", "a," * 5000),
        {"type": "float_generator_parse_string", "values": [1] * (MAX_ITEMS + 1)},
    ],
)
def test_no_generator_runs_away(held: Any):
    with pytest.raises(DocumentError, match="“Numbers” makes more than 1,000 items; make it fewer"):
        made(held)


@given(JSON)
@settings(max_examples=100, deadline=None)
def test_any_generator_makes_items_or_is_refused(value: Any):
    kinds = [sequence, linear, uniform]
    for held in [value, parsed("float", value, value), *(kind("integer", start=value, count=2) for kind in kinds)]:
        try:
            assert len(made(held)) <= MAX_ITEMS
        except DocumentError as error:
            assert "Numbers" in str(error)
