"""Whatever is written, the page shows: nothing but allowed HTML, and soon."""

from __future__ import annotations

import sys
from collections import Counter
from html import escape
from html.parser import HTMLParser
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.playground.test_page_markdown import KNOWN, MARKDOWN, drawn

ALLOWED: dict[str, set[str]] = {
    **{
        tag: set()
        for tag in ("strong", "em", "u", "s", "code", "pre", "blockquote", "br", "h1", "h2", "h3", "ul", "li")
    },
    "ol": {"start"},
    "div": {"class"},
    "span": {"class", "tabindex", "role", "data-command"},
    "a": {"href", "rel", "target"},
    "time": {"datetime", "data-style"},
}
CLASSES = {"mention", "mention channel", "command", "spoiler", "subtext", "emoji"}


class Reader(HTMLParser):
    """Reads HTML as a browser would, and holds it to what is allowed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        assert set(found) <= ALLOWED[tag], (tag, found)
        assert found.get("class", "mention") in CLASSES
        if tag == "a":
            assert found["href"].startswith(("https://", "http://")) and found["rel"] == "noreferrer noopener"
            assert "a" not in self.open
        self.seen[tag] += 1
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


PARTS = [
    *(
        "*",
        "**",
        "_",
        "__",
        "~~",
        "||",
        "`",
        "``",
        "```",
        "[",
        "]",
        "(",
        ")",
        "](",
        "<",
        ">",
        "\\",
        "#",
        "-",
        "\n",
        " ",
    ),
    *("> ", ">>> ", "- ", "  - ", "1. ", "# ", "-# ", "https://a.b/", "http://", "javascript:", "data:", '"', "'", "&"),
    *(
        "<@1>",
        "<@&2>",
        "<#3>",
        "</run:1>",
        "<:e:1>",
        "<t:0:R>",
        "@everyone",
        "<script>",
        "</a>",
        "<!--",
        "-->",
        "a",
        "\0",
    ),
    *("onclick=", "&lt;", "&#x6a;", "[a](https://b.c)", "\u2028", "\ud800", "é"),
]
NASTY = st.lists(st.sampled_from(PARTS), max_size=30).map("".join) | st.text(max_size=200)


@given(NASTY)
@example("[a](https://b\n.c)")
@example('[<a href="x">](https://a.b)')
@example("[[a](https://b.c)](https://d.e)")
@example("[||[a](https://b.c)||](https://d.e)")
def test_nothing_but_its_own_comes_out(source: str) -> None:
    for html in (MARKDOWN.text(source, KNOWN), MARKDOWN.title(source, KNOWN), MARKDOWN.line(source, KNOWN)):
        read(html)
    assert not {"a", "br", "h1", "ul", "blockquote", "pre"} & set(read(MARKDOWN.title(source, KNOWN)).seen)


@given(st.text(alphabet=st.characters(exclude_characters="\n\r\0\\*_~|`<@[-+#>0123456789:"), max_size=80))
def test_plain_words_stay_what_they_are(source: str) -> None:
    assert drawn(source) == escape(source.strip(), quote=False).replace('"', "&quot;")


LONG = [
    *("*", "_", "**", "__", "~~", "||", "|", "`", "``a", "```", "[", "]", "(", "<", ">", "\\", "\n", " ", "a", "h"),
    *(
        "> ",
        "> \n",
        ">>> ",
        "- ",
        "- a\n",
        "  - ",
        "1. a\n",
        "# ",
        "# a\n",
        "-# a\n",
        "*a",
        "*a ",
        "_a_",
        "_a ",
        "**a",
        "__a*",
    ),
    *("[a](", "[a](https://b", "[a](https://b)", "[](", "](", "[a]", "https://", "http://.", "https://a)", "<https://"),
    *(
        "<@1",
        "<@1>",
        "<t:",
        "<t:0>",
        "@everyone",
        "||**",
        "**_",
        "*a **b ",
        "\\*",
        "\\*\\",
        "a\\",
        "||*__~~",
        "- > ",
        "*> ",
    ),
]


@pytest.mark.parametrize("part", LONG)
def test_a_long_text_takes_no_more_than_its_share(part: str) -> None:
    """Four times as long a text takes about four times the steps, and what is nested without end is text in the end."""
    once, four_times = (steps((part * length)[:length]) for length in (1000, 4000))
    assert four_times < 5 * once + 2000


@pytest.mark.slow
@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", LONG)
def test_a_text_beyond_all_limits_does_not_hang(part: str) -> None:
    """The steps within an expression are not counted above; ten times the length would show them."""
    read(drawn((part * 40_000)[:40_000]))


def steps(source: str) -> int:
    """How many calls reading a text takes."""
    count = 0

    def step(_frame: FrameType, _event: str, _argument: Any) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        html = drawn(source)
    finally:
        sys.setprofile(before)
    read(html)
    return count


def test_what_is_nested_too_deeply_is_shown_all_the_same() -> None:
    marks = ["**", "__", "~~", "||"] * 30
    reader = read(drawn("".join(marks) + "a" + "".join(reversed(marks))))
    assert "a" in reader.said and reader.seen["strong"] > 1
    deep = "\n".join("  " * level + "- a" for level in range(80))
    assert read(drawn(deep)).said.count("a") == 80
