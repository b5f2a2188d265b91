r"""Texts with choices in braces: `a {red, green} fox` stands for two texts, `a red fox` and `a green fox`. Pure.

`\{` and `\}` are braces that mean nothing. What is JSON as a whole stays as it is, and so do braces without a comma,
and those of InvokeAI's own dynamic prompts: `{red|green}`, `{2$$red|green}`.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

#: A text with braces deeper within each other than this is no choice of anybody.
_DEEPEST = 8
_BRACE = re.compile(r"(\\*)([{}])")


class TooMany(Exception):
    """The choices stand for more texts than may be."""

    def __init__(self, count: int) -> None:
        # Python writes no number of more than 4300 digits, and a few texts can stand for that many.
        super().__init__("too many texts")
        self.count = count


@dataclass
class _Choice:
    """One of several; each is a row of what follows each other."""

    options: list[list[str | _Choice]] = field(default_factory=lambda: [[]])


@dataclass
class _Open(_Choice):
    """What was begun by a brace that may never be closed, or turn out to mean nothing."""

    begin: int = 0
    #: It is one of InvokeAI's own.
    is_dynamic: bool = False


def combinations(texts: Mapping[str, str], most: int) -> list[dict[str, str]]:
    """Return what some texts stand for, each with each. Raises TooMany where that is more than `most`."""
    read = {name: _read(text) for name, text in texts.items()}
    count = math.prod(_count(row) for row in read.values())
    if count > most:
        raise TooMany(count)
    every = [list(dict.fromkeys(_texts(row))) for row in read.values()]
    return [dict(zip(read, one, strict=True)) for one in itertools.product(*every)]


def escaped(text: str) -> str:
    """Return a text that stands for this one alone."""
    if _read(text) == [text]:
        return text
    return _BRACE.sub(lambda found: "\\" * (2 * len(found[1]) + 1) + found[2], text)


def _count(row: list[str | _Choice]) -> int:
    return math.prod(sum(map(_count, part.options)) for part in row if isinstance(part, _Choice))


def _texts(row: list[str | _Choice]) -> Iterator[str]:
    parts = [[part] if isinstance(part, str) else [t.strip() for o in part.options for t in _texts(o)] for part in row]
    return ("".join(chosen) for chosen in itertools.product(*parts))


def _read(text: str) -> list[str | _Choice]:
    """Return a text as what follows each other in it."""
    if ("{" not in text and "}" not in text) or _is_json(text):
        return [text]
    whole = _Open()
    within = [whole]
    at = 0
    while at < len(text):
        at = _take(text, at, within)
        if len(within) > _DEEPEST:
            return [text]
    while len(within) > 1:
        unclosed = within.pop()
        within[-1].options[-1] += ["{", *_as_text(unclosed)]
    return _joined(whole.options[0])


def _take(text: str, at: int, within: list[_Open]) -> int:
    """Read what begins at a place, and return where that ends."""
    here, letter = within[-1], text[at]
    if letter == "\\" and (found := _BRACE.match(text, at)):
        slashes = len(found[1])
        here.options[-1].append("\\" * (slashes // 2))
        if slashes % 2 == 0:
            return at + slashes
        here.options[-1].append(found[2])
        return found.end()
    if letter == "{":
        within.append(_Open(begin=at))
    elif letter == "}" and len(within) > 1:
        _close(text[here.begin : at + 1], within)
    elif letter == "," and len(within) > 1:
        here.options.append([])
    else:
        here.is_dynamic |= letter == "|" or text.startswith("$$", at)
        here.options[-1].append(letter)
    return at + 1


def _close(source: str, within: list[_Open]) -> None:
    closed = within.pop()
    around = within[-1].options[-1]
    if closed.is_dynamic:
        around.append(source)
    elif len(closed.options) == 1:
        around += ["{", *closed.options[0], "}"]
    else:
        around.append(_Choice([_joined(option) for option in closed.options]))


def _as_text(unclosed: _Open) -> Iterator[str | _Choice]:
    for number, option in enumerate(unclosed.options):
        yield from ([","] if number else [])
        yield from option


def _joined(row: list[str | _Choice]) -> list[str | _Choice]:
    """Return a row with the letters that follow each other in one."""
    found: list[str | _Choice] = []
    for part in row:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return found


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
