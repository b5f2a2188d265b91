"""What may stand anywhere in a line of Discord's dialect: styles, links, mentions, moments."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from typing import cast

from markdown_it.rules_inline import StateInline

from bot.playground.page.dialect import at_line_start, leaf, names, scope, wrap
from bot.playground.page.moments import USUAL, moment, written

ITALIC = re.compile(
    # A * after a space closes nothing, and one before a space opens nothing; ** within is of a bold part.
    r"\*(?=\S)((?:\\.|\*\*|\s++(?!\*(?!\*))|[^\s*\\])+?)\*(?!\*)"
    r"|_((?:__|\\.|[^\\_])+?)_(?!\w)",
    re.DOTALL,
)
BOLD = re.compile(r"\*\*(.+?)\*\*(?!\*)", re.DOTALL)
UNDERLINE = re.compile(r"__(.+?)__(?!_)", re.DOTALL)
STRIKE = re.compile(r"~~(.+?)~~", re.DOTALL)
SPOILER = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)
ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
ADDRESS = re.compile(r"https?://[^\s<]*[^\s<.,:;\"'\]]")
BRACKETED = re.compile(r"<(https?://[^\s<>]+)>")
HREF = re.compile(r"\(\s*+<?(https?://(?:[^\s()\\<>]|\\.|\([^\s()<>]*+\))++)>?\s*+\)")
ANGLED = re.compile(
    r"<(?:@!?(?P<user>[0-9]{1,20})|@&(?P<role>[0-9]{1,20})|#(?P<channel>[0-9]{1,20})"
    r"|/(?P<command>[-\w]{1,32}(?: [-\w]{1,32}){0,2}):[0-9]{1,20}"
    r"|a?:(?P<emoji>\w{1,32}):[0-9]{1,20}"
    r"|t:(?P<moment>-?[0-9]{1,14})(?::(?P<style>[tTdDfFsSR]))?)>"
)
EVERYONE = re.compile(r"@(?:everyone|here)\b")
#: Whatever begins none of these, and no line break.
WORDS = re.compile(r"(?:[^\n\\*_~|`<@\[h]|h(?!ttps?://))++")
A_LINK = {"rel": "noreferrer noopener", "target": "_blank"}
HIDDEN = {"class": "spoiler", "tabindex": "0", "role": "button"}

Rule = Callable[[StateInline, bool], bool]


def styled(pattern: re.Pattern[str], tag: str, attrs: dict[str, str] | None = None) -> Rule:
    """A rule for what stands between two marks."""

    def rule(state: StateInline, _silent: bool) -> bool:
        found = pattern.match(state.src, state.pos)
        if found is None:
            return False
        wrap(state, tag, found[found.lastindex or 1], attrs, at_start=at_line_start(state))
        state.pos = found.end()
        return True

    return rule


def _literal(pattern: re.Pattern[str], group: int) -> Rule:
    """Return a rule that writes what a group of the pattern found as it stands."""

    def rule(state: StateInline, _silent: bool) -> bool:
        found = pattern.match(state.src, state.pos)
        if found is None:
            return False
        state.push("text", "", 0).content = found[group]
        state.pos = found.end()
        return True

    return rule


escape = _literal(ESCAPE, 1)


def masked_link(state: StateInline, _silent: bool) -> bool:
    """`[text](url)`; a text that looks like an address itself is no mask, and is shown as it was written."""
    if state.src[state.pos] != "[" or not scope(state).links:
        return False
    end = _closing_brackets(state).get(state.pos)
    target = HREF.match(state.src, end + 1) if end is not None else None
    if target is None:
        return False
    text = state.src[state.pos + 1 : end]
    if not text.strip():
        return False
    if ADDRESS.search(text) or "```" in text:
        state.push("text", "", 0).content = state.src[state.pos : target.end()]
    else:
        wrap(state, "a", text, {"href": target[1], **A_LINK}, links=False, blocks=False)
    state.pos = target.end()
    return True


def _closing_brackets(state: StateInline) -> dict[int, int]:
    """For each [ the ] that closes it, found once for the whole text."""
    found = cast("dict[int, int] | None", state.env.get("brackets"))
    if found is None:
        found, waiting = dict[int, int](), list[int]()
        state.env["brackets"] = found
        for at, character in enumerate(state.src):
            if character == "[":
                waiting.append(at)
            elif character == "]" and waiting:
                found[waiting.pop()] = at
    return found


def address(state: StateInline, _silent: bool) -> bool:
    """An address that stands bare, or in angle brackets, which only keep Discord from showing its preview."""
    first = state.src[state.pos]
    if first not in "<h" or not scope(state).links:
        return False
    found = (BRACKETED if first == "<" else ADDRESS).match(state.src, state.pos)
    if found is None:
        return False
    url = found[1] if first == "<" else _without_open_end(found[0])
    leaf(state, "a", url, {"href": url, **A_LINK})
    state.pos += len(found[0]) if first == "<" else len(url)
    return True


def _without_open_end(url: str) -> str:
    """Leave out the ) at the end that close what was opened before the address."""
    spare = url.count(")") - url.count("(")
    while spare > 0 and url.endswith(")"):
        url, spare = url[:-1], spare - 1
    return url


def angled(state: StateInline, _silent: bool) -> bool:
    """Mentions, commands, emoji and moments: what stands in angle brackets."""
    found = ANGLED.match(state.src, state.pos)
    if found is None or not (_put_plain(state, found) or (scope(state).mentions and _put_mention(state, found))):
        return False
    state.pos = found.end()
    return True


def _put_plain(state: StateInline, found: re.Match[str]) -> bool:
    """Put what also a title shows."""
    if found["emoji"]:
        leaf(state, "span", f":{found['emoji']}:", {"class": "emoji"})
        return True
    at = moment(int(found["moment"])) if found["moment"] else None
    if at is None:
        return False
    style = found["style"] or USUAL
    attrs = {"datetime": at.astimezone(UTC).isoformat(), "data-style": style}
    leaf(state, "time", written(at, style, names(state).now()), attrs)
    return True


def _put_mention(state: StateInline, found: re.Match[str]) -> bool:
    known = names(state)
    if found["user"]:
        leaf(state, "span", f"@{known.user(int(found['user'])) or 'unknown-user'}", {"class": "mention"})
    elif found["role"]:
        name = known.role(int(found["role"])) or "unknown-role"
        leaf(state, "span", name if name.startswith("@") else f"@{name}", {"class": "mention"})
    elif found["channel"]:
        leaf(state, "span", f"#{known.channel(int(found['channel'])) or 'unknown'}", {"class": "mention channel"})
    elif found["command"]:
        leaf(state, "span", f"/{found['command']}", {"class": "command", "data-command": found["command"]})
    else:
        return False
    return True


def everyone(state: StateInline, _silent: bool) -> bool:
    found = EVERYONE.match(state.src, state.pos) if scope(state).mentions else None
    if found is None:
        return False
    leaf(state, "span", found[0], {"class": "mention"})
    state.pos = found.end()
    return True


words = _literal(WORDS, 0)
