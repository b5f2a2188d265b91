"""How one typed line becomes several values, or a value of several parts: lists, boxes, models with weights.

Pure. Each raises an InputError that names the input, tells which part is wrong, and shows how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from workflows import match, scalars
from workflows._json import mapping
from workflows.errors import InputError
from workflows.models import ModelRecord
from workflows.spec import TEXT_LENGTH, InputSpec
from workflows.texts import say

#: What InvokeAI's editor gives a LoRA, and the range that its field takes.
LORA_WEIGHT = 0.75
MOST_WEIGHT = 10

_NUMBERS_LIKE = "1, 2, 3"
_BOX_LIKE = "0, 0, 512, 512"
_LORAS_LIKE = "first name:0.75, second name:0.5"

_Parser = Callable[[InputSpec, object], Any]
_Item = TypeVar("_Item")


def integers(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> list[int]:
    return _each(spec, _numbers(spec, raw), scalars.integer)


def numbers(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> list[float]:
    return _each(spec, _numbers(spec, raw), scalars.number)


def strings(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> list[str]:
    if (items := _items(raw)) is not None:
        return _each(spec, items, scalars.string)
    # Who writes one text per line may mean their |, as InvokeAI's dynamic prompts do.
    parts = re.split(r"\r\n|\r|\n", _text(spec, raw))
    parts = parts if len(parts) > 1 else parts[0].split("|")
    return _each(spec, [part.strip() for part in parts if part.strip()], scalars.string)


def images(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> list[dict[str, str]]:
    return _each(spec, _one_or_more(raw), scalars.image)


def videos(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> list[dict[str, str]]:
    return _each(spec, _one_or_more(raw), scalars.video)


def box(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> dict[str, int]:
    """Read four whole numbers: the left, upper, right and lower edge, in pixels."""
    corners = ("x_min", "y_min", "x_max", "y_max")
    parts = [held.get(c) for c in corners] if (held := mapping(raw)) else _split(_text(spec, raw))
    try:
        values = [scalars.integer(InputSpec(spec.name, "", "", spec.kind, "", ""), part) for part in parts]
    except InputError:
        values = []
    if len(values) != len(corners):
        raise InputError(spec.name, say("input-box", like=_BOX_LIKE))
    left, top, right, bottom = values
    if left >= right or top >= bottom:
        raise InputError(spec.name, say("input-box-order", like=_BOX_LIKE))
    return dict(zip(corners, values, strict=True))


# Models with weights


def loras(spec: InputSpec, raw: object, models: Sequence[ModelRecord]) -> list[dict[str, Any]]:
    """Read models with weights, as `name:0.75, other:0.5`. Names may hold commas and colons, and keys are names too."""
    installed = scalars.offered(spec, models)
    if (items := _items(raw)) is not None:
        found = [_held_lora(spec, item, installed) for item in items]
    else:
        found = _typed_loras(spec, _text(spec, raw).strip(), installed)
    if len({lora["lora"]["key"] for lora in found}) < len(found):
        raise InputError(spec.name, say("input-twice"))
    return _counted(spec, found)


def last_name(text: str, installed: Sequence[ModelRecord]) -> int:
    """Return where the name that is being typed begins: behind the last one that is whole."""
    at = 0
    while (found := _at(text, at, installed)) and text[found[2] :].strip():
        at = _next(text, found[2])
    comma = text.rfind(",", at)
    return _next(text, comma) if comma >= 0 else at


def _typed_loras(spec: InputSpec, text: str, installed: Sequence[ModelRecord]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    at = len(text) if text.casefold() == "none" else 0
    while at < len(text):
        one = _at(text, at, installed)
        if one is None:
            unknown = re.split(r"[,;\n]", text[at:], maxsplit=1)[0].strip()
            raise InputError(spec.name, say("input-no-lora", given=scalars.short(unknown), like=_LORAS_LIKE))
        model, weight, end = one
        found.append({"lora": model.identifier(), "weight": _weight(spec, model.name, weight)})
        at = _next(text, end)
    return found


_TAIL = re.compile(r"\s*(?::\s*([^\s,;:]*)\s*)?(?=[,;\n]|$)")


def _at(text: str, at: int, installed: Sequence[ModelRecord]) -> tuple[ModelRecord, str | None, int] | None:
    """Return the model whose name or key stands here, the weight behind it, and where that ends: the longest wins."""
    best: tuple[int, ModelRecord, re.Match[str]] | None = None
    for model in installed:
        for name in (model.name, model.key):
            begins = text[at : at + len(name)].lower() == name.lower()
            if begins and (best is None or len(name) > best[0]) and (tail := _TAIL.match(text, at + len(name))):
                best = len(name), model, tail
    return (best[1], best[2][1], best[2].end()) if best else None


def _next(text: str, at: int) -> int:
    """Return where the next name begins."""
    gap = re.compile(r"[\s,;]*").match(text, at)
    return gap.end() if gap else at


def _held_lora(spec: InputSpec, item: object, installed: Sequence[ModelRecord]) -> dict[str, Any]:
    held = mapping(item)
    found = match.find(held.get("lora"), installed)
    if found is None:
        raise scalars.unknown_model(spec, match.name_of(held.get("lora")), installed)
    return {"lora": found.identifier(), "weight": _weight(spec, found.name, held.get("weight"))}


def _weight(spec: InputSpec, name: str, raw: object) -> float:
    if raw is None:
        return LORA_WEIGHT
    try:
        weight = scalars.number(InputSpec(spec.name, "", "", spec.kind, "", ""), raw)
    except InputError:
        weight = MOST_WEIGHT + 1
    if abs(weight) > MOST_WEIGHT:
        like = f"{name}:{LORA_WEIGHT}"
        raise InputError(spec.name, say("input-weight", name=name, most=str(MOST_WEIGHT), like=like))
    return weight


# What lists share


def _numbers(spec: InputSpec, raw: object) -> Sequence[object]:
    if (items := _items(raw)) is not None:
        return items
    return [raw] if isinstance(raw, int | float) else _split(_text(spec, raw))


def _each(spec: InputSpec, items: Sequence[object], parse: _Parser) -> list[Any]:
    found: list[Any] = []
    for place, item in enumerate(_counted(spec, items), 1):
        try:
            found.append(parse(spec, item))
        except InputError as error:
            like = _NUMBERS_LIKE if error.problem.startswith("takes ") else ""
            key = "input-place-like" if like else "input-place"
            raise InputError(spec.name, say(key, place=place, problem=error.problem, like=like)) from error
    return found


def _counted(spec: InputSpec, items: Sequence[_Item]) -> list[_Item]:
    if len(items) > spec.max_items:
        raise InputError(spec.name, say("input-too-many", most=spec.max_items, count=len(items)))
    least = max(spec.min_items, 1 if spec.required else 0)
    if len(items) < least:
        raise InputError(spec.name, say("input-too-few", least=least, count=len(items)))
    return list(items)


def _items(raw: object) -> Sequence[object] | None:
    """Return the items of what is a list already."""
    return cast("Sequence[object]", raw) if isinstance(raw, list | tuple) else None


def _one_or_more(raw: object) -> Sequence[object]:
    items = _items(raw)
    return [raw] if items is None else items


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[,;\s]+", text) if part]


def _text(spec: InputSpec, raw: object) -> str:
    text = str(raw)
    if len(text) > TEXT_LENGTH:
        raise InputError(spec.name, say("input-long", most=TEXT_LENGTH, count=len(text)))
    return scalars.string(InputSpec(spec.name, "", "", spec.kind, "", ""), text)
