"""One input as a member meets it, and how what they typed becomes the value that the field takes.

Pure. `parse` raises an InputError that names the input; nothing that was only suggested is trusted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from workflows import match
from workflows.errors import InputError
from workflows.models import ModelRecord
from workflows.schema import ModelFilter

#: How many images of a collection can be given one by one.
MAX_IMAGES = 5
NAME_LENGTH = 32
TEXT_LENGTH = 6000
#: A member never types a larger number than every program between here and the server can carry exactly.
LARGEST = 2**53
SEED_MAXIMUM = 2**32 - 1


class Kind(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRING = "string"
    CHOICE = "choice"
    MODEL = "model"
    COLOR = "color"
    IMAGE = "image"
    IMAGES = "images"
    VIDEO = "video"
    VIDEOS = "videos"
    #: Lists, typed with commas between (text: with | between).
    INTEGERS = "integers"
    NUMBERS = "numbers"
    STRINGS = "strings"
    #: Four whole numbers: x_min, y_min, x_max, y_max.
    BOX = "box"
    #: Models with weights, typed as `name:0.75, other:0.5`.
    LORAS = "loras"
    STYLE_PRESET = "style_preset"
    #: Results go to Discord, so a board is never asked for.
    BOARD = "board"
    #: Not to be asked for: it keeps the value that the document holds.
    FIXED = "fixed"


FILES = frozenset({Kind.IMAGE, Kind.IMAGES, Kind.VIDEO, Kind.VIDEOS})


@dataclass(frozen=True)
class InputSpec:
    """One exposed field, as a member meets it. `name` is unique in its workflow and fit to be typed.

    `default` is in the form that the field takes, None where there is none. `above` and `below` are bounds that the
    value must not touch.
    """

    name: str
    label: str
    description: str
    kind: Kind
    node_id: str
    field_name: str
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    multiple_of: float | None = None
    max_length: int = TEXT_LENGTH
    choices: tuple[tuple[str, str], ...] = ()
    models: ModelFilter = field(default_factory=ModelFilter)
    #: The field takes its choices as whole numbers, not as text.
    whole_choices: bool = False
    max_items: int = 1
    is_seed: bool = False
    #: Long text: a form shows it in several lines.
    textarea: bool = False
    #: What exposed it: "form", "exposedFields", or "edit" for the admin.
    source: str = ""
    #: An edge feeds it, so it is neither asked for nor sent.
    connected: bool = False
    #: An admin fixed it: it is never asked for, and everybody gets its default.
    hidden: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether a member can give it a value."""
        return not (self.hidden or self.connected or self.kind in {Kind.FIXED, Kind.BOARD})

    @property
    def is_file(self) -> bool:
        """Whether it is given as an attachment."""
        return self.kind in FILES

    @property
    def is_collection_of_files(self) -> bool:
        return self.kind in {Kind.IMAGES, Kind.VIDEOS}

    @property
    def place(self) -> tuple[str, str]:
        return self.node_id, self.field_name

    @property
    def names(self) -> tuple[str, ...]:
        """The names it is asked by: an image collection has several, `image`, `image_2`, ..."""
        return (self.name, *(numbered(self.name, i) for i in range(2, self.max_items + 1)))


def parse(spec: InputSpec, raw: object, models: Sequence[ModelRecord] = ()) -> Any:
    """Return the value that the field takes. Raises InputError, which names the input and says what to give.

    `raw` is what a slash command or a command line delivers: text, a number, a boolean, or the names of images.
    """
    return _PARSERS[spec.kind](spec, raw, models)


def parse_all(
    specs: Iterable[InputSpec],
    raw: Mapping[str, object],
    models: Sequence[ModelRecord],
    draw: Callable[[int, int], int],
) -> dict[str, Any]:
    """Return the values of all inputs but images by name, defaults included. Raises InputError.

    A seed that was left empty is drawn by `draw(lowest, highest)`; an optional input without a default is left out,
    and the server's own default counts.
    """
    values: dict[str, Any] = {}
    for spec in specs:
        if spec.is_file or not spec.is_asked:
            continue
        given = raw.get(spec.name)
        if given is not None:
            values[spec.name] = parse(spec, given, models)
        elif spec.is_seed:
            values[spec.name] = _drawn(spec, draw)
        elif spec.default is not None:
            values[spec.name] = spec.default
        elif spec.required:
            raise InputError(spec.name, "is needed. Please give it a value.")
    return values


def by_place(inputs: Iterable[InputSpec], given: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Return values by (node id, field name): those given by name, and what an admin fixed for everybody."""
    fixed = {spec.place: spec.default for spec in inputs if spec.hidden and spec.default is not None}
    return fixed | {spec.place: given[spec.name] for spec in inputs if spec.is_asked and spec.name in given}


def _drawn(spec: InputSpec, draw: Callable[[int, int], int]) -> int:
    """Return a random seed within the input's bounds."""
    high = SEED_MAXIMUM if spec.maximum is None else min(math.floor(spec.maximum), LARGEST)
    low = min(0, high) if spec.minimum is None else max(math.ceil(spec.minimum), -LARGEST)
    if low > high and spec.maximum is not None:
        raise InputError(spec.name, "has bounds that leave nothing to draw. Please give it a value.")
    return draw(low, max(low, high))


def _integer(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> int:
    number = _finite(spec, raw, "a whole number")
    if number != int(number):
        raise InputError(spec.name, f"takes a whole number, not {raw}.")
    # What must be a multiple is only told exactly of whole numbers.
    return int(_within(spec, int(number)))


def _float(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> float:
    return float(_within(spec, _finite(spec, raw, "a number")))


def _finite(spec: InputSpec, raw: object, wanted: str) -> float:
    try:
        number = raw if isinstance(raw, int) and not isinstance(raw, bool) else float(str(raw).strip())
    except ValueError:
        raise InputError(spec.name, f"takes {wanted}, not “{_short(raw)}”.") from None
    # The size comes first: a whole number may be too large to be asked whether it is finite.
    if not abs(number) <= LARGEST:
        raise InputError(spec.name, f"takes {wanted} of a reasonable size.")
    return number


def _within(spec: InputSpec, number: float) -> float:
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None and not low <= number <= high:
        raise InputError(spec.name, f"must be from {low:.10g} to {high:.10g}, not {number:.10g}.")
    if low is not None and number < low:
        raise InputError(spec.name, f"must be at least {low:.10g}, not {number:.10g}.")
    if high is not None and number > high:
        raise InputError(spec.name, f"must be at most {high:.10g}, not {number:.10g}.")
    if spec.above is not None and number <= spec.above:
        raise InputError(spec.name, f"must be more than {spec.above:.10g}, not {number:.10g}.")
    if spec.below is not None and number >= spec.below:
        raise InputError(spec.name, f"must be less than {spec.below:.10g}, not {number:.10g}.")
    if spec.multiple_of and not is_multiple(number, spec.multiple_of):
        raise InputError(spec.name, f"must be a multiple of {spec.multiple_of:.10g}, not {number:.10g}.")
    return number


def is_multiple(number: float, of: float) -> bool:
    """Tell it as the server does: exactly for whole numbers, to a billionth of the number for others."""
    if isinstance(number, int) and of == int(of):
        return number % int(of) == 0
    return abs(math.remainder(number, of)) <= abs(number) / 1e9


def _boolean(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> bool:
    if isinstance(raw, bool):
        return raw
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if (word := str(raw).strip().lower()) in words:
        return words[word]
    raise InputError(spec.name, "takes yes or no.")


def _string(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> str:
    text = str(raw)
    if len(text) > spec.max_length:
        raise InputError(spec.name, f"may have up to {spec.max_length} characters; this has {len(text)}.")
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a character, which a terminal may deliver; it could neither be stored nor sent.
        raise InputError(spec.name, "holds characters that are no text.") from None
    return text


def _choice(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> str | int:
    # What a list offers comes back to the letter; only what is typed is read kindly.
    exact, wanted = str(raw), str(raw).strip().casefold()
    tests: tuple[Callable[[str, str], bool], ...] = (
        lambda value, label: value == exact,
        lambda value, label: value.strip().casefold() == wanted,
        lambda value, label: label.strip().casefold() == wanted,
    )
    for fits in tests:
        for value, label in spec.choices:
            if fits(value, label):
                return int(value) if spec.whole_choices else value
    some = ", ".join(label for _, label in spec.choices[:8]) + (", …" if len(spec.choices) > 8 else "")
    raise InputError(spec.name, f"has no choice “{_short(raw)}”. Pick one of: {some}")


def _model(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> dict[str, str]:
    found = match.find(raw, match.fitting(spec.models, models))
    if found is None:
        raise InputError(spec.name, f"“{_short(raw)}” is no installed model that fits here. Pick one from the list.")
    return found.identifier()


_COLOR = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)


def _color(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> dict[str, int]:
    found = _COLOR.fullmatch(str(raw).strip())
    if not found:
        raise InputError(spec.name, f"takes a colour like #ff8800, not “{_short(raw)}”.")
    digits = found[1] if len(found[1]) > 3 else "".join(digit * 2 for digit in found[1])
    channels = [int(digits[i : i + 2], 16) for i in range(0, len(digits), 2)]
    return dict(zip("rgba", [*channels, 255][:4], strict=True))


def _image(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> dict[str, str]:
    return {"image_name": str(raw)}


def _images(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> list[dict[str, str]]:
    names = cast("Sequence[object]", raw) if isinstance(raw, list | tuple) else [raw]
    return [{"image_name": str(name)} for name in names]


def _later(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> Any:
    raise InputError(spec.name, "cannot be set yet.")


def _fixed(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> Any:
    raise InputError(spec.name, "is fixed in this workflow and cannot be set.")


_PARSERS: Mapping[Kind, Callable[[InputSpec, object, Sequence[ModelRecord]], Any]] = {
    Kind.INTEGER: _integer,
    Kind.NUMBER: _float,
    Kind.BOOLEAN: _boolean,
    Kind.STRING: _string,
    Kind.CHOICE: _choice,
    Kind.MODEL: _model,
    Kind.COLOR: _color,
    Kind.IMAGE: _image,
    Kind.IMAGES: _images,
    Kind.VIDEO: _later,
    Kind.VIDEOS: _later,
    Kind.INTEGERS: _later,
    Kind.NUMBERS: _later,
    Kind.STRINGS: _later,
    Kind.BOX: _later,
    Kind.LORAS: _later,
    Kind.STYLE_PRESET: _later,
    Kind.BOARD: _fixed,
    Kind.FIXED: _fixed,
}


def numbered(base: str, number: int, room: int = NAME_LENGTH) -> str:
    suffix = f"_{number}"
    return base[: room - len(suffix)] + suffix


def _short(raw: object) -> str:
    text = str(raw)
    return text if len(text) <= 60 else text[:59] + "…"
