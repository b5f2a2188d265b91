"""What an input takes and what it holds, in words: as a report, a card and a form show it.

Pure. What `show` returns can be typed again, and means the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from workflows._json import mapping
from workflows.match import name_of, name_of_preset
from workflows.spec import InputSpec, Kind

_TYPES = {
    Kind.INTEGER: "whole number",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "yes or no",
    Kind.STRING: "text",
    Kind.CHOICE: "choice",
    Kind.COLOR: "colour, #rrggbb",
    Kind.MODEL: "model",
    Kind.IMAGE: "image",
    Kind.IMAGES: "images",
    Kind.VIDEO: "video",
    Kind.VIDEOS: "videos",
    Kind.INTEGERS: "whole numbers",
    Kind.NUMBERS: "numbers",
    Kind.STRINGS: "texts",
    Kind.BOX: "box, x_min, y_min, x_max, y_max",
    Kind.LORAS: "LoRAs with weights",
    Kind.STYLE_PRESET: "style preset",
    Kind.BOARD: "board",
    Kind.FIXED: "fixed",
}
#: How the kinds that are typed in several parts are written.
EXAMPLES = {
    Kind.COLOR: "#ff8800",
    Kind.INTEGERS: "1, 2, 3",
    Kind.NUMBERS: "0.5, 1, 1.5",
    Kind.STRINGS: "first | second",
    Kind.BOX: "0, 0, 512, 512",
    Kind.LORAS: "name:0.75, other:0.5",
}

#: Above it, floats would be written in more digits than they have a meaning for.
_LONGEST_WHOLE = 1e21


def type_of(kind: Kind) -> str:
    """Return what a kind is called, without bounds."""
    return _TYPES[kind].partition(",")[0]


def describe(spec: InputSpec) -> str:
    """Say in a line what an input takes: its type, bounds, choices, and what it is if left empty."""
    parts = [_takes(spec)]
    if spec.multiple_of and spec.multiple_of not in (1, 0):
        parts.append(f"multiple of {plain(spec.multiple_of)}")
    if spec.kind in {Kind.FIXED, Kind.BOARD}:
        return parts[0]
    if spec.connected:
        parts.append("fed by another node")
    elif spec.hidden:
        parts.append("hidden, drawn for each run" if spec.is_drawn else f"hidden, always {_held(spec)}")
    elif spec.required:
        parts.append("required")
    elif spec.is_seed:
        parts.append("random if left empty")
    elif spec.default is not None:
        parts.append(f"default {_held(spec)}")
    return ", ".join(part for part in parts if part)


def _held(spec: InputSpec) -> str:
    return "left out" if spec.default is None else shorten(show(spec, spec.default), 60) or "empty"


def _takes(spec: InputSpec) -> str:
    some = tuple(label for _, label in spec.choices)
    if spec.kind is Kind.CHOICE:
        return "one of " + listed(some)
    if spec.is_collection_of_files:
        return f"up to {spec.max_items} {_TYPES[spec.kind]}"
    words = _TYPES[spec.kind] + bounds(spec)
    if spec.is_installed and some:
        words += f", one of {listed(some)}"
    if spec.kind in {Kind.INTEGERS, Kind.NUMBERS, Kind.STRINGS, Kind.LORAS}:
        words += f", like {EXAMPLES[spec.kind]}"
    return words


def listed(labels: Sequence[str]) -> str:
    return ", ".join(labels[:6]) + (f" and {len(labels) - 6} more" if len(labels) > 6 else "")


def bounds(spec: InputSpec) -> str:
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None:
        return f" from {plain(low)} to {plain(high)}"
    parts: list[str] = []
    if low is not None:
        parts.append(f"at least {plain(low)}")
    elif spec.above is not None:
        parts.append(f"more than {plain(spec.above)}")
    if high is not None:
        parts.append(f"at most {plain(high)}")
    elif spec.below is not None:
        parts.append(f"less than {plain(spec.below)}")
    return "".join(f", {part}" for part in parts)


def plain(number: float) -> str:
    """Return a number to be read: whole ones in full, others in up to ten digits."""
    if isinstance(number, int) or (number.is_integer() and abs(number) < _LONGEST_WHOLE):
        return f"{number:.0f}" if isinstance(number, float) else str(number)
    return f"{number:.10g}"


def show(spec: InputSpec, value: object) -> str:
    """Return a value in the words in which it would be given."""
    if spec.kind is Kind.CHOICE:
        return _label(spec, str(value))
    if spec.kind in _SHOWN:
        return _SHOWN[spec.kind](value)
    return _list(spec, cast("list[object]", value)) if isinstance(value, list) else str(value)


def _color(value: object) -> str:
    channels = [int(mapping(value).get(channel, 255)) for channel in "rgba"]
    return "#" + "".join(f"{c:02x}" for c in (channels if channels[3] < 255 else channels[:3]))


def _box(value: object) -> str:
    return ", ".join(str(mapping(value).get(corner)) for corner in ("x_min", "y_min", "x_max", "y_max"))


def _label(spec: InputSpec, value: str) -> str:
    """Return what a choice is called, unless that could be taken for another."""
    label = dict(spec.choices).get(value, value)
    alike = label.strip().casefold()
    others = (text.strip().casefold() for choice in spec.choices if choice[0] != value for text in choice)
    return value if alike in others else label


def _list(spec: InputSpec, values: Sequence[object]) -> str:
    if spec.kind is Kind.LORAS:
        held = [mapping(value) for value in values]
        return ", ".join(f"{name_of(one.get('lora'))}:{_number(one.get('weight'))}" for one in held) or "none"
    if spec.kind is Kind.STRINGS:
        # Line by line where a text holds what else would part it.
        texts = [str(value) for value in values]
        return "".join(f"{text}\n" for text in texts) if any("|" in text for text in texts) else " | ".join(texts)
    if spec.is_file:
        return ", ".join(_file(value) for value in values)
    return ", ".join(_number(value) for value in values)


def _number(value: object) -> str:
    """Return a number without what only computers write: 0.1 + 0.2 is 0.3."""
    if not isinstance(value, float):
        return str(value)
    if value.is_integer() and abs(value) < _LONGEST_WHOLE:
        return plain(value)
    short = f"{value:g}"
    return short if abs(float(short) - value) <= abs(value) * 1e-12 else f"{value:.12g}"


def _file(value: object) -> str:
    held = mapping(value)
    return str(held.get("image_name") or held.get("video_name") or value)


_SHOWN: Mapping[Kind, Callable[[object], str]] = {
    Kind.COLOR: _color,
    Kind.MODEL: name_of,
    Kind.STYLE_PRESET: name_of_preset,
    Kind.BOOLEAN: lambda value: "yes" if value else "no",
    Kind.NUMBER: _number,
    Kind.BOX: _box,
    Kind.IMAGE: _file,
    Kind.VIDEO: _file,
}


def shorten(text: str, length: int) -> str:
    """Return the text in one line of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
