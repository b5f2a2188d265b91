"""The form of a workflow document: a tree of elements that says which fields the author shows, and in which order.

Pure. Source: the editor's own check of a form in InvokeAI 6.14.2. A form that fails it counts as empty there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from workflows._json import mapping, sequence, text

_NUMBER_SETTINGS = frozenset({"float-field-config", "integer-field-config"})
_NUMBER_COMPONENTS = frozenset({"number-input", "slider", "number-input-and-slider"})
_TEXT_SETTINGS = frozenset({"string-field-config"})


def is_sound(form: Mapping[str, Any]) -> bool:
    """Tell whether the editor would take the form, apart from its shape: its root, its parents and its children.

    Where those do not fit together the editor refuses the whole file, which helps nobody: what the root reaches is
    read instead. Nor is anything made of an element without an id or a layout.
    """
    held = form.get("elements")
    return isinstance(held, dict) and all(_is_element(element) for element in mapping(form["elements"]).values())


def elements(form: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the form's elements below its root, depth first, as the editor draws them, each once."""
    held = mapping(form.get("elements"))
    root = text(form.get("rootElementId")).strip()
    # The next element stands last.
    stack = _children_reversed(held, root)
    seen = {root}
    while stack:
        key = stack.pop()
        if key in seen or key not in held:
            continue
        seen.add(key)
        yield mapping(held[key])
        stack += _children_reversed(held, key)


def _children_reversed(held: dict[str, Any], key: str) -> list[str]:
    element = mapping(held.get(key))
    if element.get("type") != "container":
        return []
    children = sequence(mapping(element.get("data")).get("children"))
    return [child.strip() for child in reversed(children) if isinstance(child, str)]


def _is_element(raw: object) -> bool:
    element = mapping(raw)
    if any(not isinstance(element.get(key) or "", str) for key in ("id", "parentId")):
        return False
    data = mapping(element.get("data"))
    match element.get("type"):
        case "container":
            children = data.get("children")
            return data.get("layout", "column") in ("row", "column") and all(
                isinstance(child, str) and bool(child.strip()) for child in _listed(children)
            )
        case "node-field":
            return _is_field(data)
        case "heading" | "text":
            return isinstance(data.get("content"), str)
        case "divider":
            return True
        case _:
            return False


def _listed(value: Any) -> list[Any]:
    """Return a list, or one that no test passes where the value is none."""
    return cast("list[Any]", value) if isinstance(value, list) else [None]


def _is_field(data: Mapping[str, Any]) -> bool:
    identifier = mapping(data.get("fieldIdentifier"))
    named = text(identifier.get("nodeId")).strip() and text(identifier.get("fieldName")).strip()
    settings = data.get("settings")
    shown = isinstance(data.get("showDescription", True), bool)
    return bool(named) and shown and (settings is None or _are_settings(settings))


def _are_settings(raw: object) -> bool:
    settings = mapping(raw)
    return isinstance(raw, dict) and (_are_number_settings(settings) or _are_text_settings(settings))


def _are_number_settings(settings: Mapping[str, Any]) -> bool:
    bounds = (settings.get("min"), settings.get("max"))
    return (
        text(settings.get("type", "float-field-config")) in _NUMBER_SETTINGS
        and text(settings.get("component", "slider")) in _NUMBER_COMPONENTS
        and isinstance(settings.get("showShuffle", False), bool)
        and all(bound is None or type(bound) in {int, float} for bound in bounds)
    )


def _are_text_settings(settings: Mapping[str, Any]) -> bool:
    if text(settings.get("type", "string-field-config")) not in _TEXT_SETTINGS:
        return False
    if settings.get("component", "input") in ("input", "textarea"):
        return True
    options = [mapping(option) for option in _listed(settings.get("options"))]
    return settings.get("component") == "dropdown" and all(
        isinstance(option.get("label"), str) and isinstance(option.get("value"), str) for option in options
    )
