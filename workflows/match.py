"""Find an installed model by what a document or a person says of it.

Keys differ from server to server, hashes do not: a model is matched by key, then hash, then name, base and type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from workflows._json import mapping, text
from workflows.models import STYLE_PRESET, ModelRecord
from workflows.schema import ModelFilter


def fitting(wanted: ModelFilter, models: Iterable[ModelRecord]) -> list[ModelRecord]:
    """Return the models that a field takes, in the order of their names.

    As the editor has it, a model that does not tell its variant fits every one. Style presets stand among the models,
    and fit only where they are asked for.
    """
    fits = [
        model
        for model in models
        if (not wanted.bases or model.base in wanted.bases)
        and (not wanted.types or model.type in wanted.types)
        and (not wanted.formats or model.format in wanted.formats)
        and (not wanted.variants or not model.variant or model.variant in wanted.variants)
        and (model.type != STYLE_PRESET or STYLE_PRESET in wanted.types)
    ]
    return sorted(fits, key=lambda model: model.name.casefold())


def find(wanted: object, models: Sequence[ModelRecord]) -> ModelRecord | None:
    """Return the model that a literal (of any generation of the format), a key or a name means."""
    literal = mapping(wanted)
    if not literal:
        return _by_word(str(wanted).strip(), models) if isinstance(wanted, str) else None
    key, digest = text(literal.get("key")), text(literal.get("hash"))
    name = text(literal.get("name") or literal.get("model_name"))
    base = text(literal.get("base") or literal.get("base_model"))
    kind = text(literal.get("type") or literal.get("model_type"))
    tests: tuple[Callable[[ModelRecord], bool], ...] = (
        lambda model: bool(key) and model.key == key,
        lambda model: bool(digest) and model.hash == digest,
        lambda model: bool(name) and model.name == name and base in {"", model.base} and kind in {"", model.type},
    )
    return next((model for fits in tests for model in models if fits(model)), None)


def name_of(literal: object) -> str:
    """Return the name that a model literal goes by, for messages."""
    held = mapping(literal)
    return text(held.get("name") or held.get("model_name")) or text(held.get("key")) or "a model without a name"


def find_preset(wanted: object, presets: Sequence[ModelRecord]) -> ModelRecord | None:
    """Return the style preset that a value means: by its id, or, on another server, by its name."""
    held = mapping(wanted)
    words = [text(held.get("style_preset_id")), text(held.get("name"))] if held else [str(wanted)]
    found = (_by_word(word.strip(), presets) for word in words if word)
    return next((preset for preset in found if preset), None)


def name_of_preset(value: object) -> str:
    """Return the name that a style preset goes by; its id where nobody noted the name."""
    held = mapping(value)
    return text(held.get("name")) or str(held.get("style_preset_id", value))


def _by_word(word: str, models: Sequence[ModelRecord]) -> ModelRecord | None:
    for model in models:
        if word == model.key:
            return model
    named = [model for model in models if model.name.casefold() == word.casefold()]
    return named[0] if named else None
