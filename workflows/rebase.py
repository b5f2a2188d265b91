"""Say what a member gave in the words of another backend: the keys of what is installed are one server's own.

Pure. What is found nowhere raises an InputError that names the input and what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from workflows import match, scalars
from workflows._json import mapping
from workflows.models import ModelRecord
from workflows.spec import InputSpec, Kind


def rebased(inputs: Sequence[InputSpec], given: Mapping[str, Any], models: Sequence[ModelRecord]) -> dict[str, Any]:
    """Return the values with their models and style presets as this backend knows them. Raises InputError.

    Models are found by key, hash, or name, base and type; presets by id or name. What an admin left of them was
    judged when the value was given.
    """
    specs = {spec.name: spec for spec in inputs if spec.is_installed}
    return {
        name: _rebased(specs[name], value, models) if name in specs and value is not None else value
        for name, value in given.items()
    }


def _rebased(spec: InputSpec, value: Any, models: Sequence[ModelRecord]) -> Any:
    fitting = match.fitting(spec.models, models)
    if spec.kind is Kind.LORAS:
        items = [mapping(item) for item in cast("list[Any]", value)]
        return [{**item, "lora": _identifier(spec, item.get("lora"), fitting)} for item in items]
    if spec.kind is Kind.STYLE_PRESET:
        return scalars.preset(spec, value, fitting)
    return _identifier(spec, value, fitting)


def _identifier(spec: InputSpec, literal: object, fitting: Sequence[ModelRecord]) -> dict[str, str]:
    found = match.find(literal, fitting)
    if found is None:
        raise scalars.unknown_model(spec, match.name_of(literal), fitting)
    return found.identifier()
