"""What somebody typed shows as typed, wherever it stands."""

import re

import pytest

from cogs import _words
from workflows.texts import Voice

LITERAL = {
    "plain": ("Fog (soft:1.2), 50%", "Fog (soft:1.2), 50%"),
    "bold": ("**a** _b_ ~~c~~ ||d|| `e`", r"\*\*a\*\* \_b\_ \~\~c\~\~ \|\|d\|\| \`e\`"),
    "a link": ("[a](https://evil.example)", r"\[a\](https://evil.example)"),
    "more links": ("[a](b) [**c**](d)", r"\[a\](b) \[\*\*c\*\*\](d)"),
    "the end of a link": ("x](https://evil.example) [y", r"x\](https://evil.example) \[y"),
    "its own escapes": (r"\[a](b)", r"\\\[a\](b)"),
    "an address": ("see https://a.example/b_c*d", "see https://a.example/b_c*d"),
    "an address in brackets": ("https://a.example[b](https://c.example)", r"https://a.example\[b\](https://c.example)"),
    "a heading": ("# big", r"\# big"),
    "small print": ("-# small", r"\-# small"),
    "a quote": ("> said", r"\> said"),
    "a list": ("- one", r"\- one"),
    "lines": ("a\n# b", "a # b"),
    "mentions": ("<@1> @everyone </a:1> <#2>", "\\<@1> @\u200beveryone \\</a:1> \\<#2>"),
}


@pytest.mark.parametrize(("typed", "shown"), LITERAL.values(), ids=LITERAL.keys())
def test_what_somebody_typed_shows_as_typed(typed: str, shown: str) -> None:
    assert _words.literal(typed) == shown


QUOTING = {
    "what we draw": ("**Steps** of `a_b`", "**Steps** of `a_b`"),
    "a link": ("of [L](https://evil.example) *x*", r"of [L]\(https://evil.example) *x*"),
    "what is escaped already": (r"\[L\](https://evil.example)", r"\[L\]\(https://evil.example)"),
    "mentions": ("@everyone", "@\u200beveryone"),
}


@pytest.mark.parametrize(("said", "shown"), QUOTING.values(), ids=QUOTING.keys())
def test_a_sentence_that_quotes_somebody_holds_no_link_of_theirs(said: str, shown: str) -> None:
    assert _words.unlinked(said) == shown


@pytest.mark.parametrize(("lines", "said"), [(3, "-# and 1 more line"), (4, "-# and 2 more lines")])
def test_what_is_cut_is_counted_as_people_count(lines: int, said: str) -> None:
    assert _words.cut(["x" * 10] * lines, 30).splitlines()[-1] == said
    assert _words.cut(["x" * 10] * 4, 30, Voice("de")).splitlines()[-1] == "-# und 2 weitere Zeilen"


@pytest.mark.parametrize("typed", ["x](https://evil.example) [y", r"x\](https://evil.example) \[y", "[[a]](b)", "]]]"])
def test_a_label_cannot_end_its_link(typed: str) -> None:
    assert not re.search(r"[\[\]]", _words.label(typed))


@pytest.mark.parametrize("typed", ["a" * 500, "*" * 500, "@everyone " * 50, "[" * 130])
def test_a_title_is_never_too_long(typed: str) -> None:
    assert 100 <= len(_words.title(typed)) <= 256


TURNED = {
    "left to right": ("a fox, 50%", "a fox, 50%"),
    "right to left": ("שלום", "\u2068שלום\u2069"),
    "Arabic within": ("say مرحبا", "\u2068say مرحبا\u2069"),
    "an override": ("a\u202eb", "\u2068a\u202eb\u2069"),
    "isolates of its own": ("\u2069ש\u2067", "\u2068ש\u2069"),
    "marks": ("**שלום**", "\u2068\\*\\*שלום\\*\\*\u2069"),
}


@pytest.mark.parametrize(("typed", "shown"), TURNED.values(), ids=TURNED.keys())
def test_what_runs_from_right_to_left_turns_nothing_around_it(typed: str, shown: str) -> None:
    assert _words.literal(typed) == shown
