"""What `--set` and `--image` say of the inputs of a workflow: the same for `familiar run` and `familiar compile`."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from workflows import match
from workflows.errors import InputError, UserError
from workflows.models import ModelRecord
from workflows.values import InputSpec, Kind, parse_all

_MOST_MODELS = 20
T = TypeVar("T")


def check_names(values: Iterable[str], files: Iterable[str], inputs: Sequence[InputSpec]) -> None:
    """Raise UserError unless each name is that of an input of its sort."""
    asked = [spec for spec in inputs if spec.is_asked]
    takes_file = {name: spec for spec in asked if spec.is_file for name in spec.names}
    takes_value = {spec.name for spec in asked if not spec.is_file}
    for name in values:
        if name in takes_file:
            what = "a video" if takes_file[name].is_video else "an image"
            raise UserError(f"{name} is {what}: give it as --image {name}=FILE.")
        if name not in takes_value:
            raise UserError(f"There is no input {name}. There are: {', '.join(sorted(takes_value)) or 'none'}.")
    for name in files:
        if name not in takes_file:
            raise UserError(f"There is no image input {name}. There are: {', '.join(sorted(takes_file)) or 'none'}.")


def given_values(
    inputs: Sequence[InputSpec], values: Mapping[str, str], models: Sequence[ModelRecord]
) -> dict[str, Any]:
    """Return the values of all inputs but files. Raises InputError, which says what to type here."""
    try:
        return parse_all(inputs, dict(values), models, random.SystemRandom().randint)
    except InputError as error:
        spec = next(spec for spec in inputs if spec.name == error.name)
        value = values.get(spec.name)
        if value is None and spec.required:
            raise InputError(spec.name, f"is needed. Give it as --set {spec.name}=….{_offer(spec, models)}") from error
        if spec.kind is Kind.MODEL:
            problem = f"“{value}” is no installed model that fits here.{_offer(spec, models)}"
            raise InputError(spec.name, problem) from error
        raise


def placed(spec: InputSpec, given: Iterable[tuple[str, T]]) -> list[tuple[str, T]]:
    """Give each file its place: one name given again means the next free place of a collection.

    Raises UserError where there are too many, InputError where the one that is needed is missing.
    """
    own = [(name, file) for name, file in given if name in spec.names]
    if spec.required and not own:
        raise InputError(spec.name, f"is needed. Give it as --image {spec.name}=FILE.")
    found: dict[str, T] = {}
    again: list[T] = []
    for name, file in own:
        if name not in found:
            found[name] = file
        elif spec.is_collection_of_files:
            again.append(file)
        else:
            raise UserError(f"--image {name} is given twice, and takes one file.")
    free = [name for name in spec.names if name not in found]
    if len(again) > len(free):
        raise UserError(f"--image {spec.name} takes up to {len(spec.names)} files, not {len(own)}.")
    found |= zip(free, again, strict=False)
    return [(name, found[name]) for name in spec.names if name in found]


def _offer(spec: InputSpec, models: Sequence[ModelRecord]) -> str:
    """List the models that an input takes: a terminal suggests none as one types."""
    if spec.kind is not Kind.MODEL:
        return ""
    names = list(dict.fromkeys(model.name for model in match.fitting(spec.models, models)))
    more = f" and {len(names) - _MOST_MODELS} more" if len(names) > _MOST_MODELS else ""
    return f" There are: {', '.join(names[:_MOST_MODELS])}{more}." if names else " None that fits is installed."
