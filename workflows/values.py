"""What a member typed becomes the values of a run.

Pure. `parse` raises an InputError that names the input; nothing that was only suggested is trusted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from workflows import compounds, scalars
from workflows.errors import InputError
from workflows.models import ModelRecord
from workflows.scalars import is_multiple
from workflows.spec import FILES, LARGEST, MAX_FILES, NAME_LENGTH, TEXT_LENGTH, InputSpec, Kind, numbered
from workflows.texts import say

__all__ = [
    "FILES",
    "LARGEST",
    "MAX_FILES",
    "NAME_LENGTH",
    "SEED_MAXIMUM",
    "TEXT_LENGTH",
    "InputSpec",
    "Kind",
    "by_place",
    "is_multiple",
    "numbered",
    "parse",
    "parse_all",
]

SEED_MAXIMUM = 2**32 - 1


def parse(spec: InputSpec, raw: object, models: Sequence[ModelRecord] = ()) -> Any:
    """Return the value that the field takes. Raises InputError, which names the input and says what to give.

    `raw` is what a slash command, a form or a command line delivers: text, a number, a boolean, or the names of
    files; or a value that is already in the form that the field takes.
    """
    return _PARSERS[spec.kind](spec, raw, models)


def parse_all(
    specs: Iterable[InputSpec],
    raw: Mapping[str, object],
    models: Sequence[ModelRecord],
    draw: Callable[[int, int], int],
) -> dict[str, Any]:
    """Return the values of all inputs but files by name, defaults included. Raises InputError.

    A seed that was left empty is drawn by `draw(lowest, highest)`; an optional input without a default is left out,
    and the server's own default counts.
    """
    values: dict[str, Any] = {}
    for spec in specs:
        if spec.is_drawn:
            values[spec.name] = _drawn(spec, draw)
        if spec.is_file or not spec.is_asked:
            continue
        given = raw.get(spec.name)
        if given is not None:
            values[spec.name] = parse(spec, given, models)
        elif spec.required:
            raise InputError(spec.name, say("input-needed"))
        elif spec.is_seed:
            values[spec.name] = _drawn(spec, draw)
        elif spec.default is not None:
            values[spec.name] = spec.default
    return values


def by_place(inputs: Iterable[InputSpec], given: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Return values by (node id, field name): those given by name, and what an admin fixed for everybody.

    None stands for "nothing": what an optional input holds in the file (a picture of the author's own server, a model
    that is not installed) is not sent when nobody gave it a value.
    """
    values: dict[tuple[str, str], Any] = {}
    for spec in inputs:
        if spec.is_asked or spec.is_drawn:
            values[spec.place] = given.get(spec.name)
        elif spec.hidden and not spec.connected:
            values[spec.place] = spec.default
    return values


def _drawn(spec: InputSpec, draw: Callable[[int, int], int]) -> int:
    """Return a random seed within the input's bounds."""
    most = spec.largest
    high = SEED_MAXIMUM if spec.maximum is None else min(math.floor(spec.maximum), most)
    low = min(0, high) if spec.minimum is None else max(math.ceil(spec.minimum), -most)
    if low > high and spec.maximum is not None:
        raise InputError(spec.name, say("input-nothing-to-draw"))
    return draw(low, max(low, high))


def _fixed(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> Any:
    raise InputError(spec.name, say("input-fixed"))


_PARSERS: Mapping[Kind, Callable[[InputSpec, object, Sequence[ModelRecord]], Any]] = {
    Kind.INTEGER: scalars.integer,
    Kind.NUMBER: scalars.number,
    Kind.BOOLEAN: scalars.boolean,
    Kind.STRING: scalars.string,
    Kind.CHOICE: scalars.choice,
    Kind.MODEL: scalars.model,
    Kind.COLOR: scalars.color,
    Kind.IMAGE: scalars.image,
    Kind.IMAGES: compounds.images,
    Kind.VIDEO: scalars.video,
    Kind.VIDEOS: compounds.videos,
    Kind.INTEGERS: compounds.integers,
    Kind.NUMBERS: compounds.numbers,
    Kind.STRINGS: compounds.strings,
    Kind.BOX: compounds.box,
    Kind.LORAS: compounds.loras,
    Kind.STYLE_PRESET: scalars.style_preset,
    Kind.BOARD: _fixed,
    Kind.FIXED: _fixed,
}
