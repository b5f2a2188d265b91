"""Generator nodes: the lists that the editor makes of a rule, number for number.

Source: the editor of InvokeAI 6.14.2, in JavaScript: how it rounds, what it reads of "12px", and its random numbers.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, cast

from workflows._json import mapping, sequence, text
from workflows.document import MISSING, Node
from workflows.errors import DocumentError

NODE_TYPES = frozenset({"image_generator", "string_generator", "integer_generator", "float_generator"})

#: What no document that somebody drew comes near; together they bound the work that anybody's file can ask for.
MAX_ITEMS = 1000
MAX_TEXT = 100_000

#: What the server calls the images that are on no board: everybody's, and what other members of the bot uploaded.
_UNCATEGORIZED = "none"
_PROMPT = "a super {cute|ferocious} {dog|cat}"

Values = Mapping[tuple[str, str], Any]


@dataclass(frozen=True)
class PromptRequest:
    """Ask the server for the prompts that a template stands for: all of them in order, or `count` by chance."""

    node_id: str
    name: str
    prompt: str
    count: int
    combinatorial: bool
    seed: int | None = None


@dataclass(frozen=True)
class BoardRequest:
    """Ask the server for the images of a board; `category` is "images" or "assets"."""

    node_id: str
    name: str
    board_id: str
    category: str


Request = PromptRequest | BoardRequest


def request(node: Node, values: Values) -> Request | None:
    """Return what a generator needs of the server, or None where it needs nothing. Raises DocumentError."""
    held = _held(node, values)
    kind = text(held.get("type"))
    name = node.label or node.type
    try:
        if kind == "string_generator_dynamic_prompts_combinatorial":
            return PromptRequest(node.id, name, _text(held, "input", _PROMPT), _most(held, "maxPrompts"), True)
        if kind == "string_generator_dynamic_prompts_random":
            seed = None if held.get("seed") is None else _whole(held["seed"])
            return PromptRequest(node.id, name, _text(held, "input", _PROMPT), _most(held, "count"), False, seed)
    except (TypeError, ValueError, OverflowError) as error:
        raise DocumentError(f"The generator “{name}” holds values that make no prompts.") from error
    if kind == "image_generator_images_from_board":
        board_id = text(held.get("board_id")).strip()
        if not board_id:
            raise DocumentError(f"The generator “{name}” takes its images from a board, but no board is picked.")
        if board_id == _UNCATEGORIZED:
            raise DocumentError(
                f"The generator “{name}” takes every image that is on no board, which may be anybody's. "
                "Put yours on a board of their own, and pick that."
            )
        return BoardRequest(node.id, name, board_id, text(held.get("category")) or "images")
    return None


def generate(node: Node, values: Values, random: Random) -> list[Any]:
    """Return the items of a generator that needs no server. Raises DocumentError, naming it, where there are none."""
    held = _held(node, values)
    kind = text(held.get("type"))
    name = node.label or node.type
    if kind.startswith("float_generator_") and isinstance(held.get("values"), list):
        # Floats may be stored ready made, and then the rule counts for nothing.
        return limited(name, sequence(held["values"]))
    make = _RULES.get(kind)
    if make is None:
        raise DocumentError(f"The generator “{name}” ({kind[:60] or 'empty'}) is not one that Familiar knows.")
    try:
        return limited(name, make(held, kind.startswith("integer"), random))
    except (TypeError, ValueError, OverflowError) as error:
        raise DocumentError(f"The generator “{name}” holds values that make no sequence.") from error


def limited(name: str, items: list[Any]) -> list[Any]:
    """Return a generator's items. Raises DocumentError where they are more than anybody means."""
    if len(items) > MAX_ITEMS:
        raise DocumentError(f"The generator “{name}” makes more than {MAX_ITEMS:,} items; make it fewer.")
    return items


def _held(node: Node, values: Values) -> dict[str, Any]:
    if (node.id, "generator") in values:
        return mapping(values[node.id, "generator"])
    found = node.inputs.get("generator")
    return {} if found is None or found.value is MISSING else mapping(found.value)


def _number(held: Mapping[str, Any], name: str, default: float, whole: bool) -> Any:
    """Return a member that is a number. Python's arithmetic takes strings and lists too, and makes more of them."""
    value = held.get(name, default)
    if type(value) not in {int, float} or not math.isfinite(value):
        raise TypeError(f"{name} is not a finite number")
    return _whole(value) if whole else float(value)


def _whole(value: Any) -> int:
    if type(value) not in {int, float} or value != int(value) or abs(value) > 2**53:
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def _text(held: Mapping[str, Any], name: str, default: str) -> str:
    value = held.get(name, default)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise TypeError(f"{name} is no text, or one that nobody typed")
    return value


def _most(held: Mapping[str, Any], name: str) -> int:
    count = _whole(held.get(name, 10))
    if count < 1:
        raise ValueError(f"{name} is less than one")
    # One more than is fine, so that too many are told of and not cut off.
    return min(count, MAX_ITEMS + 1)


def _count(held: Mapping[str, Any]) -> int:
    return max(0, min(_whole(held.get("count", 10)), MAX_ITEMS + 1))


def _arithmetic(held: Mapping[str, Any], whole: bool, random: Random) -> list[Any]:
    start, step = _number(held, "start", 0, whole), _number(held, "step", 1 if whole else 0.1, whole)
    # The editor makes a single item of a sequence that does not move.
    count = _count(held) if step else 1
    return [start + i * step for i in range(count)]


def _linear(held: Mapping[str, Any], whole: bool, random: Random) -> list[Any]:
    start, end = _number(held, "start", 0, whole), _number(held, "end", 10 if whole else 1, whole)
    count = _count(held)
    if count < 2:
        return [start] * count
    # In the editor's order, so that the same fractions come out.
    steps = [(end - start) * (i / (count - 1)) for i in range(count)]
    return [start + (math.floor(step + 0.5) if whole else step) for step in steps]


def _uniform(held: Mapping[str, Any], whole: bool, random: Random) -> list[Any]:
    low, high = _number(held, "min", 0, whole), _number(held, "max", 10 if whole else 1, whole)
    draw = random.random if held.get("seed") is None else _twister(_whole(held["seed"]))
    if whole:
        return [math.floor(draw() * (high - low + 1)) + low for _ in range(_count(held))]
    return [draw() * (high - low) + low for _ in range(_count(held))]


def _twister(seed: int) -> Callable[[], float]:
    """Return the editor's random numbers: Python has the same twister, but seeds it in another way."""
    state = [seed & 0xFFFFFFFF]
    for i in range(1, 624):
        state.append((1812433253 * (state[-1] ^ (state[-1] >> 30)) + i) & 0xFFFFFFFF)
    source = Random()  # noqa: S311  not a secret
    source.setstate((3, (*state, 624), None))
    return lambda: source.getrandbits(32) / 2**32


_START = {
    True: re.compile(r"[+-]?\d+", re.ASCII),
    False: re.compile(r"[+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII),
}


def _numbers(held: Mapping[str, Any], whole: bool, random: Random) -> list[Any]:
    """Read each part as far as it is a number; what begins with none is passed over."""
    default = "1,2,3,4,5,6,7,8,9,10" if whole else "0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1"
    starts = (_START[whole].match(part.strip()) for part in _parts(held, default))
    return [int(start[0]) if whole else float(start[0]) for start in starts if start]


def _strings(held: Mapping[str, Any], whole: bool, random: Random) -> list[Any]:
    return [part for part in _parts(held, "foo,bar,baz,qux") if part]


def _parts(held: Mapping[str, Any], default: str) -> list[str]:
    given, split_on = _text(held, "input", default), _text(held, "splitOn", ",")
    if not split_on:
        return [given]
    with contextlib.suppress(ValueError):
        # The editor lets people write \\n for a line break.
        split_on = cast("str", json.loads(f'"{split_on}"'))
    return given.split(split_on)


_RULES: Mapping[str, Callable[[Mapping[str, Any], bool, Random], list[Any]]] = {
    "string_generator_parse_string": _strings,
    **{
        f"{kind}_generator_{rule}": make
        for kind in ("integer", "float")
        for rule, make in (
            ("arithmetic_sequence", _arithmetic),
            ("linear_distribution", _linear),
            ("random_distribution_uniform", _uniform),
            ("parse_string", _numbers),
        )
    },
}
