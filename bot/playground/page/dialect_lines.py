"""What stands at the start of a line in Discord's dialect: headers, subtext, quotes, lists; and code blocks."""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

from bot.playground.page.dialect import at_line_start, closed, leaf, opened, read, scope, wrap

HEADER = re.compile(r" *(#{1,3}) +(?!#)(\S[^\n]*)\n?")
SUBTEXT = re.compile(r"-# +(?!-#)(\S[^\n]*)\n?")
QUOTE = re.compile(r" *>(?!>>) [^\n]*(?:\n *>(?!>>) [^\n]*)*\n?")
QUOTE_MARK = re.compile(r"^ *> ", re.MULTILINE)
QUOTE_ALL = re.compile(r" *>>> (.+)", re.DOTALL)
#: An item takes the lines after it that stand two spaces further in.
ITEM = re.compile(r"( *)(?:[*+-]|(\d{1,9})\.) +(?=\S)([^\n]+(?:\n\1 {2}[^\n]+)*)\n?")
FENCE = re.compile(r"```(.+?)```\n?", re.DOTALL)
LANGUAGE = re.compile(r"[\w+.#-]*+\s*\n")


def header(state: StateInline, _silent: bool) -> bool:
    found = HEADER.match(state.src, state.pos) if at_line_start(state) else None
    if found is None:
        return False
    wrap(state, f"h{len(found[1])}", found[2].rstrip(), at_start=True)
    state.pos = found.end()
    return True


def subtext(state: StateInline, _silent: bool) -> bool:
    found = SUBTEXT.match(state.src, state.pos) if at_line_start(state) else None
    if found is None:
        return False
    wrap(state, "div", found[1].rstrip(), {"class": "subtext"}, at_start=True)
    state.pos = found.end()
    return True


def quote(state: StateInline, _silent: bool) -> bool:
    """`> ` quotes a line, and with those after it they are one quote; `>>> ` quotes all that follows."""
    if not (at_line_start(state) and scope(state).quotes):
        return False
    found = QUOTE_ALL.match(state.src, state.pos) or QUOTE.match(state.src, state.pos)
    if found is None:
        return False
    text = found[1] if found.re is QUOTE_ALL else QUOTE_MARK.sub("", found[0])
    wrap(state, "blockquote", text.rstrip(), at_start=True, quotes=False)
    state.pos = found.end()
    return True


def items(state: StateInline, _silent: bool) -> bool:
    found = ITEM.match(state.src, state.pos) if at_line_start(state) else None
    if found is None:
        return False
    tag = "ol" if found[2] else "ul"
    opened(state, tag, {"start": str(int(found[2]))} if found[2] and int(found[2]) != 1 else None)
    while found:
        opened(state, "li")
        read(state, found[3], at_start=True)
        closed(state, "li")
        state.pos = found.end()
        found = ITEM.match(state.src, state.pos) if at_line_start(state) else None
    closed(state, tag)
    return True


def fence(state: StateInline, _silent: bool) -> bool:
    """A code block, wherever it begins; the name of a language on its first line is not shown."""
    found = FENCE.match(state.src, state.pos)
    code = LANGUAGE.sub("", found[1], count=1) if found and LANGUAGE.match(found[1]) else found and found[1]
    if not found or not code or not code.strip("\n"):
        return False
    if scope(state).blocks:
        opened(state, "pre")
        leaf(state, "code", code.rstrip("\n"))
        closed(state, "pre")
    else:
        leaf(state, "code", " ".join(code.split("\n")).strip())
    state.pos = found.end()
    return True


def line_break(state: StateInline, _silent: bool) -> bool:
    if state.src[state.pos] != "\n":
        return False
    if scope(state).blocks:
        state.push("break", "br", 0)
    else:
        state.push("text", "", 0).content = " "
    state.pos += 1
    return True
