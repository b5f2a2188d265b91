"""Which inputs become the options of one slash command, in which order, and in what words.

Pure, and free of Discord's library: the terminal's report shows the same command as the one that will be published.
The numbers are Discord's documented limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from slugify import slugify

from workflows.errors import UserError
from workflows.naming import slug
from workflows.spec import LARGEST, InputSpec, Kind
from workflows.texts import LANGUAGES, Voice, say
from workflows.words import EXAMPLES, describe, shorten, show

__all__ = [
    "MAX_CHARACTERS",
    "MAX_CHOICES",
    "MAX_DESCRIPTION",
    "MAX_MENU",
    "MAX_NAME",
    "MAX_OPTIONS",
    "MORE",
    "Arrangement",
    "Extra",
    "Option",
    "TooManyRequired",
    "arrange",
    "command_description",
    "command_name",
    "describe",
    "free_name",
    "shorten",
    "show",
]

MAX_OPTIONS = 25
MAX_CHOICES = 25
#: How many entries a menu in a message or a form holds.
MAX_MENU = 25
MAX_CHARACTERS = 8000
MAX_DESCRIPTION = 100
MAX_NAME = 32
#: How the description of a command ends that could not ask for everything.
MORE = " … more in /run"


class TooManyRequired(UserError):
    """What is required does not fit into one command: such a workflow is run by its form."""


@dataclass(frozen=True)
class Option:
    """One option of a command. A collection of files becomes several, of which as few as it must have are required."""

    name: str
    description: str
    spec: InputSpec
    required: bool
    #: Whether there is room for its choices; if not, they are suggested as one types.
    has_room: bool = True

    @property
    def is_typed(self) -> bool:
        """Whether it is text to Discord: such are lists, and numbers beyond what Discord can carry."""
        number = self.spec.kind in {Kind.INTEGER, Kind.NUMBER} and self.spec.largest == LARGEST
        return not (number or self.spec.is_file or self.spec.kind is Kind.BOOLEAN)

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
        """The (value, label) pairs, where Discord takes them as a list; else they are suggested as one types."""
        choices = self.spec.choices
        if self.spec.kind is not Kind.CHOICE or not self.has_room or len(choices) > MAX_CHOICES:
            return ()
        labels = {shorten(label, 100) for _, label in choices}
        return choices if len(labels) == len(choices) and all(0 < len(value) <= 100 for value, _ in choices) else ()

    @property
    def is_suggested(self) -> bool:
        """Whether values are suggested as one types."""
        return self.spec.is_installed or (self.spec.kind is Kind.CHOICE and not self.choices)

    @property
    def characters(self) -> int:
        """How much of the command's 8,000 characters it takes."""
        return (
            len(self.name)
            + len(self.description)
            + sum(len(shorten(label, 100)) + len(value) for value, label in self.choices)
        )


class Extra(StrEnum):
    """An option that stands for no input; the value is its name."""

    FROM_JOB = "from_job"
    FROM_URL = "from_url"
    PRIVATE = "private"

    @property
    def description(self) -> str:
        return say(f"commands-extra_{self.value}")

    @property
    def characters(self) -> int:
        """How much of the command's 8,000 characters it takes: of each text, Discord counts its longest language."""
        told = (Voice(language)(f"commands-extra_{self.value}") for language in LANGUAGES)
        return len(self.value) + max(map(len, told))


_FOR_PICTURES = frozenset({Extra.FROM_JOB, Extra.FROM_URL})


@dataclass(frozen=True)
class Arrangement:
    """A command as it will be: its options in order, the inputs that found no room, and collections cut short."""

    options: tuple[Option, ...]
    left_out: tuple[InputSpec, ...]
    cut: tuple[InputSpec, ...] = ()
    #: What is asked behind the inputs, as far as there is room.
    extras: tuple[Extra, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether the command asks for everything."""
        return not (self.left_out or self.cut)


def arrange(name: str, description: str, inputs: Sequence[InputSpec]) -> Arrangement:
    """Choose the options of a command. Raises TooManyRequired where what is required does not fit.

    Required ones come first, as Discord demands. Of the rest, the further files of collections give way first, then
    the later inputs; a long list of choices is rather suggested than left out.
    """
    room = _Room(MAX_OPTIONS, MAX_CHARACTERS - len(name) - min(len(description) + len(MORE), MAX_DESCRIPTION))
    chosen: dict[str, list[Option]] = {}
    left_out: list[InputSpec] = []
    asked = sorted((spec for spec in inputs if spec.is_asked), key=lambda spec: not spec.required)
    for spec in asked:
        if taken := room.take_all(_least(_options(spec))):
            chosen[spec.name] = taken
        elif spec.required:
            raise TooManyRequired(
                f"This workflow needs more values than a slash command can ask for ({MAX_OPTIONS} options, "
                f"{MAX_CHARACTERS:,} characters). Publish it for `/run` only, or give some of them defaults."
            )
        else:
            left_out.append(spec)
    for spec in asked if not left_out else ():
        further = _options(spec)[len(chosen[spec.name]) :]
        chosen[spec.name] += [option for option in further if room.take(option)]
    options = [option for several in chosen.values() for option in several]
    cut = [spec for spec in asked if 0 < len(chosen.get(spec.name, ())) < len(spec.names)]
    extras = _extras(asked, options, room)
    options = _with_other_ways(options, len(_FOR_PICTURES & set(extras)))
    options.sort(key=lambda option: not option.required)
    return Arrangement(tuple(options), tuple(left_out), tuple(cut), extras)


def _extras(asked: Sequence[InputSpec], options: Sequence[Option], room: _Room) -> tuple[Extra, ...]:
    """Choose what is asked beside the inputs: what there is room for, and no input has the name of."""
    taken = {name for spec in asked for name in spec.names} | {option.name for option in options}
    takes_pictures = any(_is_picture(option) for option in options)
    return tuple(
        extra
        for extra in Extra
        if extra.value not in taken
        and (takes_pictures or extra not in _FOR_PICTURES)
        and room.take_characters(extra.characters)
    )


def _with_other_ways(options: Sequence[Option], ways: int) -> list[Option]:
    """Return the options with none for the first pictures required: so many may be given in other ways."""
    pictures = list(dict.fromkeys(option.spec.name for option in options if _is_picture(option)))
    return [replace(option, required=option.required and option.spec.name not in pictures[:ways]) for option in options]


def _is_picture(option: Option) -> bool:
    return option.spec.is_file and not option.spec.is_video


def _least(options: list[Option]) -> list[Option]:
    """Return the first of an input's options, and what else of it is required."""
    return [option for option in options if option.required] or options[:1]


class _Room:
    """What is left of a command's options and characters."""

    def __init__(self, options: int, characters: int) -> None:
        self.options = options
        self.characters = characters

    def take(self, option: Option) -> bool:
        """Take an option in, if it fits."""
        return self.take_characters(option.characters)

    def take_characters(self, characters: int) -> bool:
        """Take in an option of so many characters, if it fits."""
        if self.options < 1 or characters > self.characters:
            return False
        self.options -= 1
        self.characters -= characters
        return True

    def take_all(self, options: list[Option]) -> list[Option]:
        """Take options in, if all fit, or fit without their choices; return what was taken."""
        for tried in (options, [replace(option, has_room=False) for option in options]):
            if len(tried) <= self.options and sum(option.characters for option in tried) <= self.characters:
                return [option for option in tried if self.take(option)]
        return []


def command_description(name: str, description: str, arrangement: Arrangement) -> str:
    """Return the command's own description: never empty, and with a hint where it cannot ask for everything."""
    words = description if description.strip() else f"Run {name}"
    if arrangement.is_whole:
        return shorten(words, MAX_DESCRIPTION)
    return shorten(words, MAX_DESCRIPTION - len(MORE)).removesuffix("…").rstrip() + MORE


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


def _options(spec: InputSpec) -> list[Option]:
    described = shorten(_description(spec), MAX_DESCRIPTION)
    least = max(1, spec.min_items) if spec.is_collection_of_files else 1
    return [
        Option(
            name,
            described if number == 1 else f"{spec.label} {number}"[:MAX_DESCRIPTION],
            spec,
            spec.required and number <= least,
        )
        for number, name in enumerate(spec.names, 1)
    ]


def _description(spec: InputSpec) -> str:
    """Prefer the author's words; add what the value would be, where that is short enough to be read on a phone."""
    # Discord refuses a command with an empty description, and so all commands that are sent with it.
    words = spec.description.strip() or spec.label.strip() or spec.name
    if slug(spec.label, 2 * MAX_DESCRIPTION) not in {spec.name, ""} and spec.label.casefold() not in words.casefold():
        # A name cannot hold all that a label says.
        words = f"{spec.label}: {words}"
    suffix = _suffix(spec)
    return shorten(words, MAX_DESCRIPTION - len(suffix)) + suffix


def _suffix(spec: InputSpec) -> str:
    if spec.is_seed and not spec.required:
        return " (random if left empty)"
    shown = "" if spec.default is None or spec.kind is Kind.BOOLEAN else shorten(show(spec, spec.default), 30)
    if shown and not spec.required:
        return f" (default {shown})"
    if spec.kind in EXAMPLES and (spec.required or spec.kind is not Kind.COLOR):
        return f" (like {EXAMPLES[spec.kind]})"
    return ""
