"""What a member wants a workflow to begin with, brought to what its inputs take today. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workflows.errors import InputError
from workflows.models import ModelRecord
from workflows.spec import InputSpec
from workflows.values import parse


def is_kept(spec: InputSpec) -> bool:
    """Tell whether an input can have a member's default: files are gone in a day, and a seed is there to be drawn."""
    return spec.is_asked and not spec.is_file and not spec.is_seed


def fitting(
    inputs: Sequence[InputSpec], defaults: Mapping[str, Any], models: Sequence[ModelRecord] | None
) -> dict[str, Any]:
    """Return those raw values that their inputs still take: nobody shall be told off for what they did not type now."""
    return {spec.name: defaults[spec.name] for spec, _ in _read(inputs, defaults, models)}


def personal(
    inputs: Sequence[InputSpec], defaults: Mapping[str, Any], models: Sequence[ModelRecord] | None
) -> tuple[InputSpec, ...]:
    """Return the inputs as one member has them: with their own defaults, none of which needs to be given again."""
    own = {spec.name: value for spec, value in _read(inputs, defaults, models)}
    return tuple(replace(spec, default=own[spec.name], required=False) if spec.name in own else spec for spec in inputs)


def _read(
    inputs: Sequence[InputSpec], defaults: Mapping[str, Any], models: Sequence[ModelRecord] | None
) -> list[tuple[InputSpec, Any]]:
    found: list[tuple[InputSpec, Any]] = []
    for spec in inputs:
        if not is_kept(spec) or defaults.get(spec.name) is None or (spec.is_installed and models is None):
            continue
        try:
            found.append((spec, parse(spec, defaults[spec.name], models or ())))
        except InputError:
            continue
    return found
