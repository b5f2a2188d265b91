"""What the rules of Discord's dialect share: where one stands, what counts there, and how to go inside.

Discord reads a message from left to right, and what a construct holds is read anew, by the same rules. So all of it is
"inline" to markdown-it: a header or a list is one that stands at the start of a line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from markdown_it.rules_inline import StateInline

#: More deeply nested than this, text is only text.
DEEPEST = 24


class Names(Protocol):
    """What the ids in a text stand for, and when it is read."""

    def user(self, user_id: int) -> str | None: ...
    def role(self, role_id: int) -> str | None: ...
    def channel(self, channel_id: int) -> str | None: ...
    def now(self) -> float: ...


@dataclass(frozen=True)
class Scope:
    """What counts where the reader is."""

    blocks: bool = True  # headers, lists, quotes, code blocks and line breaks
    quotes: bool = True
    links: bool = True
    mentions: bool = True
    at_start: bool = True  # of a line
    depth: int = 0


def scope(state: StateInline) -> Scope:
    return cast("Scope", state.env["scope"])


def names(state: StateInline) -> Names:
    return cast("Names", state.env["names"])


def at_line_start(state: StateInline) -> bool:
    """Whether a header, a list or a quote may begin here."""
    here = scope(state)
    return here.blocks and (state.src[state.pos - 1] == "\n" if state.pos else here.at_start)


def wrap(state: StateInline, tag: str, text: str, attrs: dict[str, str] | None = None, **inside: Any) -> None:
    """Put an element that holds the text, read by the same rules in a changed scope."""
    opened(state, tag, attrs)
    read(state, text, **inside)
    closed(state, tag)


def read(state: StateInline, text: str, **inside: Any) -> None:
    """Read a text by the same rules in a changed scope."""
    here = scope(state)
    if here.depth >= DEEPEST:
        state.push("text", "", 0).content = text
        return
    env = {"names": names(state), "scope": replace(here, depth=here.depth + 1, **inside)}
    state.tokens.extend(state.md.inline.parse(text, state.md, env, []))


def leaf(state: StateInline, tag: str, text: str, attrs: dict[str, str] | None = None) -> None:
    """Put an element that holds the text as it stands."""
    opened(state, tag, attrs)
    state.push("text", "", 0).content = text
    closed(state, tag)


def opened(state: StateInline, tag: str, attrs: dict[str, str] | None = None) -> None:
    token = state.push("opened", tag, 1)
    token.attrs = dict(attrs or {})


def closed(state: StateInline, tag: str) -> None:
    state.push("closed", tag, -1)
