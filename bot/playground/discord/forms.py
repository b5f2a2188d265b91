"""Buttons, selects and modals as a person in a client uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from bot.playground.discord.errors import ClientRefusal
from bot.playground.discord.options import Resolved
from bot.playground.discord.state import Json, Message
from bot.playground.discord.validate_components import (
    BUTTON,
    CHECKBOX,
    CHECKBOXES,
    FILE_UPLOAD,
    LABEL,
    LINK,
    RADIO,
    ROW,
    SELECTS,
    STRING_SELECT,
    TEXT,
    TEXT_INPUT,
    many,
    walk,
)


def find_button(message: Message, wanted: str) -> Json:
    """A button that can be pressed, by its label or custom_id."""
    buttons = [c for c in walk(message.components) if c["type"] == BUTTON]
    found = next((b for b in buttons if wanted in (b.get("custom_id"), b.get("label"))), None)
    if found is None:
        labels = ", ".join(str(b.get("label") or b.get("custom_id")) for b in buttons)
        raise ClientRefusal(f"no button {wanted!r} (there are: {labels or 'none'})")
    if found.get("disabled"):
        raise ClientRefusal(f"the button {wanted!r} is disabled")
    if found.get("style") == LINK:
        raise ClientRefusal(f"the button {wanted!r} is a link")
    return found


def find_select(message: Message, wanted: str) -> Json:
    """A select menu, by its custom_id or placeholder."""
    selects = [c for c in walk(message.components) if c["type"] in SELECTS]
    found = next((s for s in selects if wanted in (s.get("custom_id"), s.get("placeholder"))), None)
    if found is None:
        raise ClientRefusal(f"no select {wanted!r} (there are: {', '.join(s['custom_id'] for s in selects) or 'none'})")
    if found.get("disabled"):
        raise ClientRefusal(f"the select {wanted!r} is disabled")
    return found


def pick(component: Json, given: object, resolved: Resolved) -> list[str]:
    """The values of a select, given as values or labels, or as members, roles, channels."""
    values = list(cast("Sequence[object]", given)) if isinstance(given, (list, tuple)) else [given]
    low = component.get("min_values", 1)
    high = component.get("max_values", 1 if component["type"] in SELECTS else 10)
    if not low <= len(values) <= high:
        raise ClientRefusal(f"{component['custom_id']}: choose {low} to {high}, not {len(values)}")
    if component["type"] in (STRING_SELECT, RADIO, CHECKBOXES):
        return [_option(component, str(v)) for v in values]
    if component["type"] == FILE_UPLOAD:
        return [resolved.file(v) for v in values]
    return [resolved.thing(v) for v in values]


def _option(component: Json, wanted: str) -> str:
    options = many(component.get("options"))
    found = next((o for o in options if wanted in (o["value"], o["label"])), None)
    if found is None:
        labels = ", ".join(o["label"] for o in options)
        raise ClientRefusal(f"{component['custom_id']}: {wanted!r} is not one of: {labels}")
    return found["value"]


def fill_modal(modal: Json, given: Mapping[str, object], resolved: Resolved) -> list[Json]:
    """The components of a modal submit; fields go by custom_id or label, and what is not given keeps its default."""
    used: set[str] = set()
    filled = [_top(part, given, resolved, used) for part in modal["components"]]
    unknown = sorted(set(given) - used)
    if unknown:
        names = ", ".join(str(c["custom_id"]) for c in walk(modal["components"]) if c.get("custom_id"))
        raise ClientRefusal(f"no such field: {', '.join(unknown)} (there are: {names})")
    return filled


def _top(part: Json, given: Mapping[str, object], resolved: Resolved, used: set[str]) -> Json:
    bare: Json = {"type": part["type"], "id": part.get("id")}
    if part["type"] == TEXT:
        return bare
    fields = many(part["components"]) if part["type"] == ROW else [part["component"]]
    filled: list[Json] = []
    for item in fields:
        label = str(part.get("label") or item.get("label"))
        key = item["custom_id"] if item["custom_id"] in given else label
        used.add(key)
        filled.append({"type": item["type"], "id": item.get("id"), **_field(item, label, given.get(key), resolved)})
    return {**bare, "component": filled[0]} if part["type"] == LABEL else {**bare, "components": filled}


def _field(item: Json, label: str, given: object, resolved: Resolved) -> Json:
    kind = item["type"]
    answer: Json = {"custom_id": item["custom_id"]}
    if kind == TEXT_INPUT:
        return answer | {"value": _typed(item, label, given)}
    if kind == CHECKBOX:
        return answer | {"value": bool(item.get("default")) if given is None else bool(given)}
    if given is None:
        values = [o["value"] for o in many(item.get("options")) if o.get("default")]
        values += [str(d["id"]) for d in many(item.get("default_values"))]
        if not values and item.get("required", True):
            raise ClientRefusal(f"{label}: this field is required")
    else:
        values = pick(item, given, resolved)
    if kind == RADIO:
        return answer | {"value": values[0] if values else None}
    return answer | {"values": values}


def _typed(item: Json, label: str, given: object) -> str:
    text = str(item.get("value") or "") if given is None else str(given)
    if not text:
        if item.get("required", True):
            raise ClientRefusal(f"{label}: this field is required")
        return text
    low, high = item.get("min_length") or 0, item.get("max_length") or 4000
    if not low <= len(text) <= high:
        raise ClientRefusal(f"{label}: must be {low} to {high} characters, not {len(text)}")
    return text
