"""Buttons, selects, modals and the message box as a person in a client uses them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from bot.playground.discord import words
from bot.playground.discord.errors import ClientRefusal
from bot.playground.discord.options import Resolved, find_thing, standing_under
from bot.playground.discord.state import Channel, Guild, Json, Member, Message, Role, User
from bot.playground.discord.validate_components import (
    BUTTON,
    CHANNEL_SELECT,
    CHECKBOX,
    CHECKBOXES,
    FILE_UPLOAD,
    LABEL,
    LINK,
    MENTIONABLE_SELECT,
    RADIO,
    ROLE_SELECT,
    ROW,
    SELECTS,
    STRING_SELECT,
    TEXT,
    TEXT_INPUT,
    USER_SELECT,
    many,
    walk,
)
from bot.playground.discord.validate_messages import CONTENT, FILES

THINGS: dict[int, tuple[type, ...]] = {
    USER_SELECT: (Member, User),
    ROLE_SELECT: (Role,),
    MENTIONABLE_SELECT: (Member, User, Role),
    CHANNEL_SELECT: (Channel,),
}


def check_message(content: str, files: int) -> None:
    """Whether the client sends what was written."""
    size = len(content.strip())
    if not size and not files:
        raise ClientRefusal(words.EMPTY)
    if size > CONTENT:
        raise ClientRefusal(words.too_long(size, CONTENT))
    if files > FILES:
        raise ClientRefusal(words.too_many_files(FILES))


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
    kind, name = component["type"], component["custom_id"]
    low = component.get("min_values", 1)
    high = component.get("max_values", len(many(component.get("options"))) if kind == CHECKBOXES else 1)
    if not low <= len(values) <= high and (values or component.get("required", True)):
        said = words.how_many(low, high)
        raise ClientRefusal(said, name, detail=f"{name}: choose {low} to {high}, not {len(values)}")
    if kind in (STRING_SELECT, RADIO, CHECKBOXES):
        return [_option(component, str(v)) for v in values]
    if kind in THINGS and not all(isinstance(v, THINGS[kind]) for v in values):
        raise ClientRefusal(words.NOT_VALID, name, detail=f"{name}: {values!r} is not what this select takes")
    with standing_under(name):
        return [resolved.file(v) if kind == FILE_UPLOAD else resolved.thing(v) for v in values]


def _option(component: Json, wanted: str) -> str:
    options = many(component.get("options"))
    found = next((o for o in options if wanted in (o["value"], o["label"])), None)
    if found is None:
        labels = ", ".join(o["label"] for o in options)
        name = component["custom_id"]
        raise ClientRefusal(words.not_valid(0), name, detail=f"{name}: {wanted!r} is not one of: {labels}")
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
            raise _required(item, label)
    elif given in ([], ()) and item.get("required", True):
        raise _required(item, label)
    else:
        values = pick(item, given, resolved)
    if kind == RADIO:
        return answer | {"value": values[0] if values else None}
    return answer | {"values": values}


def _typed(item: Json, label: str, given: object) -> str:
    text = str(item.get("value") or "") if given is None else str(given)
    if not text:
        if item.get("required", True):
            raise _required(item, label)
        return text
    low, high = item.get("min_length") or 0, item.get("max_length") or 4000
    if not low <= len(text) <= high:
        detail = f"{label}: must be {low} to {high} characters, not {len(text)}"
        raise ClientRefusal(words.length(low, high), item["custom_id"], detail=detail)
    return text


def _required(item: Json, label: str) -> ClientRefusal:
    return ClientRefusal(words.FIELD_REQUIRED, item["custom_id"], detail=f"{label}: this field is required")


def typed_field(item: Json, raw: object, guild: Guild | None, people: Iterable[User] = ()) -> object:
    """What the client makes of what was typed, ticked or chosen in a modal's field; files stay as they are."""
    kind = item["type"]
    if kind == CHECKBOX:
        return raw.strip().lower() in ("true", "on") if isinstance(raw, str) else bool(raw)
    values = list(cast("Sequence[object]", raw)) if isinstance(raw, list) else [raw]
    values = [v for v in values if v not in (None, "")]
    if kind == TEXT_INPUT:
        return str(values[0]).replace("\r\n", "\n") if values else ""
    if kind in THINGS:
        return [_thing(item, v, guild, people) for v in values]
    return values


def _thing(item: Json, raw: object, guild: Guild | None, people: Iterable[User]) -> object:
    found = find_thing(raw, THINGS[item["type"]], guild, people) if isinstance(raw, str) else raw
    if found is None:
        raise ClientRefusal(words.NOT_VALID, item["custom_id"], detail=f"{raw!r} is not valid")
    return found
