"""Choices in braces: what a text stands for, and what stays as it is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.permutations import TooMany, combinations, escaped


def texts(text: str, most: int = 100) -> list[str]:
    return [found["text"] for found in combinations({"text": text}, most)]


EXPANDED = {
    "one choice": ("a {red, green, blue} fox", ["a red fox", "a green fox", "a blue fox"]),
    "two choices": ("{a,b} {x,y}", ["a x", "a y", "b x", "b y"]),
    "the whole text": ("{a, b}", ["a", "b"]),
    "a choice of nothing": ("a {big, } cat", ["a big cat", "a  cat"]),
    "within each other": ("{a, {b, c} d}", ["a", "b d", "c d"]),
    "the same twice": ("{a, a, b}", ["a", "b"]),
    "line breaks": ("{a,\n b}\nc", ["a\nc", "b\nc"]),
    "other scripts": ("{猫, 🐈}", ["猫", "🐈"]),
    "braces around": ("{x {a, b} y}", ["{x a y}", "{x b y}"]),
    "one is never closed": ("{a, b} {c, {d, e}", ["a {c, d", "a {c, e", "b {c, d", "b {c, e"]),
    "one was never opened": ("} {a, b}", ["} a", "} b"]),
    "a choice of what is InvokeAI's": ("{a, {b|c}}", ["a", "{b|c}"]),
    "marked": (r"\{a, b\} {x, y}", ["{a, b} x", "{a, b} y"]),
    "a mark that is one": (r"\\{a, b}", [r"\a", r"\b"]),
}
KEPT = {
    "nothing": "",
    "no braces": "a cat, a dog",
    "no comma": "a {red} fox",
    "InvokeAI's own": "a {red|green, big} fox",
    "InvokeAI's own with a count": "{2$$red, green}",
    "InvokeAI's own around": "{a|{b, c}}",
    "a document": '{"a": 1, "b": [1, 2]}',
    "a list": '[{"a": 1, "b": 2}, 3]',
    "never closed": "{a, b",
    "never opened": "a, b}",
    "backslashes elsewhere": r"\(fox:1.2\) C:\\x {a}",
}


@pytest.mark.parametrize(("text", "expected"), EXPANDED.values(), ids=EXPANDED.keys())
def test_a_text_stands_for_others(text: str, expected: list[str]) -> None:
    assert texts(text) == expected
    assert texts(escaped(text)) == [text]


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_a_text_stands_for_itself(text: str) -> None:
    assert texts(text) == [text]
    assert escaped(text) == text


def test_so_many_that_nobody_can_write_the_number() -> None:
    with pytest.raises(TooMany) as refused:
        combinations({f"text {number}": "{,,}" * 1500 for number in range(8)}, 10)
    assert refused.value.count == 3**12000


def test_several_texts_multiply() -> None:
    found = combinations({"a": "{1, 2}", "b": "x", "c": "{3, 4}"}, 4)
    assert found == [{"a": a, "b": "x", "c": c} for a in "12" for c in "34"]
    assert combinations({}, 1) == [{}]


@pytest.mark.parametrize(
    ("text", "count"),
    [("{a, b}" * 3, 8), ("{a, b}" * 2000, 2**2000), ("{a, {b, c}, {d, e}}" * 2, 25)],
    ids=["eight", "more than there is memory", "within each other"],
)
def test_too_many_are_counted_and_never_made(text: str, count: int) -> None:
    with pytest.raises(TooMany) as caught:
        combinations({"a": text}, 7)
    assert caught.value.count == count


def test_braces_without_end_harm_nobody() -> None:
    assert texts("{a, " * 1500) == ["{a, " * 1500]
    deep = "{a," * 12 + "b" + "}" * 12
    assert texts(deep) == [deep]
    assert texts(escaped(deep)) == [deep]
    assert texts("[" * 5000 + "{a}") == ["[" * 5000 + "{a}"]


@given(st.text(alphabet='{}\\,|$ab" :[]', max_size=40))
@example('{"a": 1}')
@example("\\")
def test_what_was_once_run_runs_as_it_is(text: str) -> None:
    assert texts(escaped(text)) == [text]


@given(st.text(alphabet="{}\\,|$ab ", max_size=60))
def test_no_text_is_ever_refused_but_for_its_number(text: str) -> None:
    try:
        assert 1 <= len(texts(text)) <= 100
    except TooMany as error:
        assert error.count > 100
