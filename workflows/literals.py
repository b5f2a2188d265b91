"""The values that stand in a document, on their way to the server: which it takes, and what they become on it.

Pure. Source: what a real InvokeAI 6.14.2 took and refused; it reads values as Pydantic does when it is not strict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from workflows import match
from workflows._json import mapping, sequence, text
from workflows.compounds import LORA_WEIGHT
from workflows.models import STYLE_PRESET, ModelRecord
from workflows.scalars import is_multiple
from workflows.schema import Cardinality, FieldSchema, ModelFilter

#: What a model field takes; the server refuses it with any of them missing.
MODEL_KEYS = ("key", "hash", "name", "base", "type")
_TRUTHS = frozenset({"0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"})
_PRESETS = {"StylePresetField": "style_preset_id", "SystemPromptField": "system_prompt_id"}
FILES: Mapping[str, str] = {"ImageField": "image_name", "VideoField": "video_name"}


def accepts(field: FieldSchema, value: Any) -> bool:
    """Tell whether the server takes this value for this field; what objects hold that nobody types in is believed."""
    if field.type in _ANYTHING:
        return True
    one = _TESTS.get(field.type, _object)
    if isinstance(value, list) and field.cardinality is not Cardinality.SINGLE:
        items = sequence(cast("list[Any]", value))
        most = math.inf if field.max_items is None else field.max_items
        return (field.min_items or 0) <= len(items) <= most and all(one(field, item) for item in items)
    return field.cardinality is not Cardinality.COLLECTION and one(field, value)


def rematched(field: FieldSchema, value: Any, models: Sequence[ModelRecord]) -> Any:
    """Return the value with its models as this server knows them, of whatever generation of the format they are."""
    if field.type == "ModelIdentifierField":
        return _model(value, match.fitting(field.models, models))
    if field.type == "LoRAField":
        fitting = match.fitting(_loras(field), models)
        if isinstance(value, list):
            return [_lora(item, fitting) for item in cast("list[Any]", value)]
        return _lora(value, fitting)
    if field.type == "StylePresetField" and _preset(field, value):
        found = match.find_preset(value, match.fitting(ModelFilter(types=(STYLE_PRESET,)), models))
        return {"style_preset_id": found.key if found else mapping(value)["style_preset_id"]}
    return value


def missing(field: FieldSchema, value: Any, models: Sequence[ModelRecord]) -> Iterator[str]:
    """Yield the names of the models in a value that are not among those installed, or do not fit the field."""
    if field.type == "ModelIdentifierField":
        literals, fitting = [value], match.fitting(field.models, models)
    elif field.type == "LoRAField":
        items = cast("list[Any]", value) if isinstance(value, list) else [value]
        literals, fitting = [_lora_model(item) for item in items], match.fitting(_loras(field), models)
    else:
        return
    for literal in literals:
        if not match.find(literal, fitting):
            yield match.name_of(literal)


def base_of(value: Any) -> str:
    """Return the base of the model in a value, or of the first of several."""
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    literal = mapping(_lora_model(items[0])) if items else {}
    return text(literal.get("base") or literal.get("base_model"))


def file_names(field: FieldSchema, value: Any) -> list[str]:
    """Return the names of the images or videos in a value: they are on the server where it was chosen."""
    key = FILES.get(field.type, "")
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [name for item in items if (name := text(mapping(item).get(key)))]


def _model(value: Any, fitting: Sequence[ModelRecord]) -> Any:
    found = match.find(value, fitting)
    if found is None:
        return value
    submodel = {key: part for key, part in mapping(value).items() if key == "submodel_type"}
    return {**submodel, **found.identifier()}


def _lora(item: Any, fitting: Sequence[ModelRecord]) -> Any:
    return {"lora": _model(_lora_model(item), fitting), "weight": mapping(item).get("weight", LORA_WEIGHT)}


def _lora_model(item: Any) -> Any:
    held = mapping(item)
    return held.get("lora") or held.get("model") or item


def _loras(field: FieldSchema) -> ModelFilter:
    return field.models if field.models.types else ModelFilter(bases=field.models.bases, types=("lora",))


def _integer(field: FieldSchema, value: Any) -> bool:
    number = _number(value)
    if number is None or number != math.floor(number):
        return False
    return within(field, value if isinstance(value, int) else int(number))


def _float(field: FieldSchema, value: Any) -> bool:
    number = _number(value)
    return number is not None and within(field, number)


def _number(value: Any) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def within(field: FieldSchema, value: float) -> bool:
    """Tell whether a number is within a field's bounds, and on its steps."""
    return (
        (field.minimum is None or value >= field.minimum)
        and (field.maximum is None or value <= field.maximum)
        and (field.exclusive_minimum is None or value > field.exclusive_minimum)
        and (field.exclusive_maximum is None or value < field.exclusive_maximum)
        and (not field.multiple_of or is_multiple(value, field.multiple_of))
    )


def _string(field: FieldSchema, value: Any) -> bool:
    return isinstance(value, str) and (field.max_length is None or len(value) <= field.max_length)


def _boolean(field: FieldSchema, value: Any) -> bool:
    return isinstance(value, bool) or value in (0, 1) or text(value).casefold() in _TRUTHS


def _choice(field: FieldSchema, value: Any) -> bool:
    known = {choice for choice, _ in field.choices}
    return not known or (type(value) is (int if field.whole_choices else str) and str(value) in known)


def _color(field: FieldSchema, value: Any) -> bool:
    return all(type(mapping(value).get(channel)) is int and 0 <= value[channel] <= 255 for channel in "rgba")


def _box(field: FieldSchema, value: Any) -> bool:
    held = mapping(value)
    if not all(type(held.get(side)) is int for side in ("x_min", "y_min", "x_max", "y_max")):
        return False
    return held["x_min"] <= held["x_max"] and held["y_min"] <= held["y_max"]


def _preset(field: FieldSchema, value: Any) -> bool:
    return isinstance(mapping(value).get(_PRESETS[field.type]), str)


def _file(field: FieldSchema, value: Any) -> bool:
    return isinstance(mapping(value).get(FILES[field.type]), str)


def _identifier(field: FieldSchema, value: Any) -> bool:
    return all(isinstance(mapping(value).get(key), str) for key in MODEL_KEYS)


def _weighted(field: FieldSchema, value: Any) -> bool:
    return _identifier(field, mapping(value).get("lora")) and _number(mapping(value).get("weight")) is not None


def _object(field: FieldSchema, value: Any) -> bool:
    return isinstance(value, dict)


_ANYTHING = frozenset({"AnyField", "CollectionField", "CollectionItemField", "BoardField", "SavedWorkflowField"})
_TESTS: Mapping[str, Callable[[FieldSchema, Any], bool]] = {
    "IntegerField": _integer,
    "FloatField": _float,
    "StringField": _string,
    "BooleanField": _boolean,
    "EnumField": _choice,
    "SchedulerField": _choice,
    "ColorField": _color,
    "BoundingBoxField": _box,
    "StylePresetField": _preset,
    "SystemPromptField": _preset,
    "ImageField": _file,
    "VideoField": _file,
    "ModelIdentifierField": _identifier,
    "LoRAField": _weighted,
}
