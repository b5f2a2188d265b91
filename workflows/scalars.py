"""How what a member typed for one thing becomes the value that the field takes: one function per kind.

Pure. Each raises an InputError that names the input and says what to give. Text is read kindly; a value that is
already in the form that the field takes is checked like text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from workflows import match
from workflows._json import mapping
from workflows.errors import InputError
from workflows.models import ModelRecord
from workflows.spec import InputSpec
from workflows.texts import Text, say
from workflows.words import plain

#: How many names an error lists.
_SOME = 6


def integer(spec: InputSpec, raw: object, models: Sequence[ModelRecord] = ()) -> int:
    number = _finite(spec, raw, "whole")
    if number != int(number):
        raise InputError(spec.name, say("input-whole-not", given=short(raw)))
    # What must be a multiple is only told exactly of whole numbers.
    return int(_within(spec, int(number)))


def number(spec: InputSpec, raw: object, models: Sequence[ModelRecord] = ()) -> float:
    return float(_within(spec, _finite(spec, raw, "number")))


def _finite(spec: InputSpec, raw: object, wanted: str) -> float:
    found: float | None = raw if isinstance(raw, int) and not isinstance(raw, bool) else None
    try:
        found = _read(str(raw).strip()) if found is None else found
    except ValueError:
        raise InputError(spec.name, say("input-not-number", wanted=wanted, given=short(raw))) from None
    # The size comes first: a whole number may be too large to be asked whether it is finite.
    if not abs(found) <= spec.largest:
        raise InputError(spec.name, say("input-beyond", wanted=wanted, reach=_reach(spec, found)))
    return found


def _reach(spec: InputSpec, found: float) -> Text:
    """Say how far a number may go, to one that goes beyond all that can be carried."""
    bound = spec.minimum if found < 0 else spec.maximum
    if bound is not None and abs(bound) <= spec.largest:
        return _told_bounds(spec)
    return say("input-down-to", low=-spec.largest) if found < 0 else say("input-up-to", high=spec.largest)


def _told_bounds(spec: InputSpec) -> Text:
    told = {"low": spec.minimum, "above": spec.above, "high": spec.maximum, "below": spec.below}
    ends = {name: plain(value) for name, value in told.items() if value is not None}
    if {"low", "high"} <= ends.keys():
        return say("input-from-to", low=ends["low"], high=ends["high"])
    name = next(name for name in told if name in ends)
    return say(f"input-bound-{name}", number=ends[name])


def _read(text: str) -> float:
    # Digits alone are read exactly; more than any number has are not worth the work.
    return int(text) if re.fullmatch(r"[-+]?[0-9]{1,19}", text) else float(text)


def _within(spec: InputSpec, number: float) -> float:
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None and not low <= number <= high:
        raise InputError(spec.name, say("input-from-to-not", low=plain(low), high=plain(high), number=plain(number)))
    if low is not None and number < low:
        raise InputError(spec.name, say("input-at-least", low=plain(low), number=plain(number)))
    if high is not None and number > high:
        raise InputError(spec.name, say("input-at-most", high=plain(high), number=plain(number)))
    if spec.above is not None and number <= spec.above:
        raise InputError(spec.name, say("input-more", low=plain(spec.above), number=plain(number)))
    if spec.below is not None and number >= spec.below:
        raise InputError(spec.name, say("input-less", high=plain(spec.below), number=plain(number)))
    if spec.multiple_of and not is_multiple(number, spec.multiple_of):
        raise InputError(spec.name, say("input-multiple", of=plain(spec.multiple_of), number=plain(number)))
    return number


def is_multiple(number: float, of: float) -> bool:
    """Tell it as the server does: exactly for whole numbers, to a billionth of the number for others."""
    if isinstance(number, int) and of == int(of):
        return number % int(of) == 0
    return abs(math.remainder(number, of)) <= abs(number) / 1e9


def boolean(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> bool:
    if isinstance(raw, bool):
        return raw
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if (word := str(raw).strip().lower()) in words:
        return words[word]
    raise InputError(spec.name, say("input-yes-no"))


def string(spec: InputSpec, raw: object, models: Sequence[ModelRecord] = ()) -> str:
    text = str(raw)
    if len(text) > spec.max_length:
        raise InputError(spec.name, say("input-long", most=spec.max_length, count=len(text)))
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a character, which a terminal may deliver; it could neither be stored nor sent.
        raise InputError(spec.name, say("input-no-text")) from None
    return text


def choice(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> str | int:
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
    raise InputError(spec.name, say("input-no-choice", given=short(raw), some=some))


_COLOR = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)


def color(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> dict[str, int]:
    text = "#" + "".join(_hex(held, c) for c in "rgba") if (held := mapping(raw)) else str(raw).strip()
    found = _COLOR.fullmatch(text)
    if not found:
        raise InputError(spec.name, say("input-color", given=short(raw)))
    digits = found[1] if len(found[1]) > 3 else "".join(digit * 2 for digit in found[1])
    channels = [int(digits[i : i + 2], 16) for i in range(0, len(digits), 2)]
    return dict(zip("rgba", [*channels, 255][:4], strict=True))


def _hex(channels: dict[str, Any], name: str) -> str:
    value = channels.get(name, 255)
    return f"{value:02x}" if type(value) is int and 0 <= value <= 255 else "??"


# What is installed


def offered(spec: InputSpec, models: Sequence[ModelRecord]) -> list[ModelRecord]:
    """Return what is installed, fits the field, and was left by the admin, in the order of its names.

    Keys are one server's own: what was left is found by its name where its key is not there.
    """
    fitting = match.fitting(spec.models, models)
    here = {model.key for model in fitting}
    keys = {key for key, _ in spec.choices}
    names = {name for key, name in spec.choices if key not in here}
    return [model for model in fitting if not keys or model.key in keys or model.name in names]


def model(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> dict[str, str]:
    installed = offered(spec, models)
    found = match.find(raw, installed)
    if found is None:
        raise unknown_model(spec, match.name_of(raw) if mapping(raw) else str(raw), installed)
    return found.identifier()


def unknown_model(spec: InputSpec, name: str, installed: Sequence[ModelRecord]) -> InputError:
    """Return the error that says which models there are instead."""
    return InputError(spec.name, say("input-no-model", given=short(name), instead=_instead(installed)))


def _instead(installed: Sequence[ModelRecord]) -> Text:
    names = [short(model.name) for model in installed]
    if not names:
        return say("input-none-now")
    return say("input-pick", some=", ".join(names[:_SOME]), more=max(len(names) - _SOME, 0))


def style_preset(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> dict[str, str]:
    return preset(spec, raw, offered(spec, models))


def preset(spec: InputSpec, raw: object, installed: Sequence[ModelRecord]) -> dict[str, str]:
    """Return a preset with its name, by which another server knows it; ids are one server's own."""
    found = match.find_preset(raw, installed)
    if found is None:
        wanted = match.name_of_preset(raw)
        raise InputError(spec.name, say("input-no-preset", given=short(wanted), instead=_instead(installed)))
    return {"style_preset_id": found.key, "name": found.name}


# Files


def image(spec: InputSpec, raw: object, models: Sequence[ModelRecord] = ()) -> dict[str, str]:
    return {"image_name": str(mapping(raw).get("image_name", raw))}


def video(spec: InputSpec, raw: object, models: Sequence[ModelRecord] = ()) -> dict[str, str]:
    return {"video_name": str(mapping(raw).get("video_name", raw))}


def short(raw: object) -> str:
    text = str(raw)
    return text if len(text) <= 60 else text[:59] + "…"
