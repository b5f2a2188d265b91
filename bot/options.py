"""Which inputs become the options of one slash command, in which order, and in what words.

Pure, and free of Discord's library: the terminal's report shows the same command as the one that will be published.
The numbers are Discord's documented limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from slugify import slugify

from workflows import match
from workflows._json import mapping
from workflows.errors import UserError
from workflows.values import LARGEST, InputSpec, Kind

MAX_OPTIONS = 25
MAX_CHOICES = 25
MAX_CHARACTERS = 8000
MAX_DESCRIPTION = 100
MAX_NAME = 32


@dataclass(frozen=True)
class Option:
    """One option of a command. An image collection becomes several, of which only the first may be required."""

    name: str
    description: str
    spec: InputSpec
    required: bool

    @property
    def minimum(self) -> float | None:
        """The lowest value that Discord shall take; it has no word for "more than"."""
        low = self.spec.minimum
        if self.spec.above is not None:
            above = math.floor(self.spec.above) + 1 if self.spec.kind is Kind.INTEGER else self.spec.above
            low = above if low is None else max(low, above)
        return None if low is None else max(-LARGEST, min(low, LARGEST))

    @property
    def maximum(self) -> float | None:
        high = self.spec.maximum
        if self.spec.below is not None:
            below = math.ceil(self.spec.below) - 1 if self.spec.kind is Kind.INTEGER else self.spec.below
            high = below if high is None else min(high, below)
        return None if high is None else max(-LARGEST, min(high, LARGEST))

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """The (value, label) pairs, where there are few enough to be listed; else they are suggested as one types."""
        fits = len(self.spec.choices) <= MAX_CHOICES and all(len(value) <= 100 for value, _ in self.spec.choices)
        return self.spec.choices if fits else ()

    @property
    def is_suggested(self) -> bool:
        """Whether values are suggested as one types."""
        return self.spec.kind is Kind.MODEL or (self.spec.kind is Kind.CHOICE and not self.choices)

    @property
    def characters(self) -> int:
        """How much of the command's 8,000 characters it takes."""
        return (
            len(self.name)
            + len(self.description)
            + sum(len(shorten(label, 100)) + len(value) for value, label in self.choices)
        )


@dataclass(frozen=True)
class Arrangement:
    """A command as it will be: its options in order, and the inputs that found no room."""

    options: tuple[Option, ...]
    left_out: tuple[InputSpec, ...]


def arrange(name: str, description: str, inputs: Sequence[InputSpec]) -> Arrangement:
    """Choose the options of a command. Raises UserError where what is required does not fit.

    Required ones come first, as Discord demands; of the rest, the later ones give way.
    """
    asked = [spec for spec in inputs if spec.is_asked]
    options: list[Option] = []
    left_out: list[InputSpec] = []
    room = MAX_CHARACTERS - len(name) - len(shorten(description, MAX_DESCRIPTION))
    for spec in sorted(asked, key=lambda spec: not spec.required):
        wanted = _options(spec)
        size = sum(option.characters for option in wanted)
        if len(options) + len(wanted) <= MAX_OPTIONS and size <= room:
            options += wanted
            room -= size
        elif len(options) < MAX_OPTIONS and wanted[0].characters <= room:
            options.append(wanted[0])
            room -= wanted[0].characters
        elif spec.required:
            raise UserError(
                f"This workflow needs more values than a slash command can ask for ({MAX_OPTIONS} options, "
                f"{MAX_CHARACTERS:,} characters). Expose fewer fields, or give them defaults."
            )
        else:
            left_out.append(spec)
    return Arrangement(tuple(sorted(options, key=lambda option: not option.required)), tuple(left_out))


def command_name(wanted: str) -> str:
    """Return a valid command name made of any text; empty where nothing of it can be used."""
    return slugify(wanted, separator="-", allow_unicode=True, max_length=MAX_NAME)


def free_name(wanted: str, taken: set[str]) -> str:
    """Return `wanted`, or the first numbered name like it that is not taken."""
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted[: MAX_NAME - len(str(number)) - 1]}-{number}"
    return name


def describe(spec: InputSpec) -> str:
    """Say in a line what an input takes: its type, bounds, choices, and what it is if left empty."""
    parts = [_takes(spec)]
    if spec.multiple_of and spec.multiple_of not in (1, 0):
        parts.append(f"multiple of {spec.multiple_of:.10g}")
    if spec.is_seed:
        parts.append("random if left empty")
    elif spec.required:
        parts.append("required")
    elif spec.default is not None:
        parts.append(f"default {shorten(show(spec, spec.default), 60) or 'empty'}")
    return ", ".join(part for part in parts if part)


def show(spec: InputSpec, value: object) -> str:
    """Return a value in the words in which it would be given."""
    if spec.kind is Kind.COLOR:
        channels = [int(mapping(value).get(channel, 255)) for channel in "rgba"]
        return "#" + "".join(f"{c:02x}" for c in (channels if channels[3] < 255 else channels[:3]))
    if spec.kind is Kind.MODEL:
        return match.name_of(value)
    if spec.kind is Kind.BOOLEAN:
        return "yes" if value else "no"
    if spec.kind is Kind.CHOICE:
        return dict(spec.choices).get(str(value), str(value))
    if spec.kind is Kind.NUMBER and isinstance(value, float):
        return f"{value:g}"
    return str(value)


def shorten(text: str, length: int) -> str:
    """Return the text in one line of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


_TYPES = {
    Kind.INTEGER: "whole number",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "yes or no",
    Kind.STRING: "text",
    Kind.COLOR: "colour, #rrggbb",
    Kind.MODEL: "model",
    Kind.IMAGE: "image",
    Kind.IMAGES: "image",
    Kind.FIXED: "fixed",
}


def _takes(spec: InputSpec) -> str:
    if spec.kind is Kind.CHOICE:
        labels = [label for _, label in spec.choices]
        return "one of " + ", ".join(labels[:6]) + (f" and {len(labels) - 6} more" if len(labels) > 6 else "")
    if spec.kind is Kind.IMAGES:
        return f"up to {spec.max_items} images"
    return _TYPES[spec.kind] + _bounds(spec)


def _bounds(spec: InputSpec) -> str:
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None:
        return f" from {low:.10g} to {high:.10g}"
    if low is not None:
        return f", at least {low:.10g}"
    if high is not None:
        return f", at most {high:.10g}"
    return f", more than {spec.above:.10g}" if spec.above is not None else ""


def _options(spec: InputSpec) -> list[Option]:
    description = shorten(_description(spec), MAX_DESCRIPTION)
    return [
        Option(
            name, description if first else f"{spec.label} {number}"[:MAX_DESCRIPTION], spec, spec.required and first
        )
        for number, name in enumerate(spec.names, 1)
        for first in [number == 1]
    ]


def _description(spec: InputSpec) -> str:
    """Prefer the author's words; add what the value would be, where that is short enough to be read on a phone."""
    # Discord refuses a command with an empty description, and so all commands that are sent with it.
    words = spec.description.strip() or spec.label.strip() or spec.name
    if spec.is_seed:
        return f"{words} (random if left empty)"
    if spec.required or spec.default in (None, "") or spec.kind in {Kind.BOOLEAN, Kind.FIXED}:
        return words
    suffix = f" (default {shorten(show(spec, spec.default), 30)})"
    return shorten(words, MAX_DESCRIPTION - len(suffix)) + suffix
