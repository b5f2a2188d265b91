"""What a document asks of the person who runs it.

Pure: a document and the backend's schemas give InputSpecs, in the author's order, with bounds from both the form and
the schema, and with unique names that can be typed.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from slugify import slugify

from workflows import match
from workflows._json import mapping, sequence
from workflows.document import MISSING, Document, Exposed
from workflows.errors import InputError
from workflows.models import ModelRecord
from workflows.schema import Cardinality, FieldSchema, Schemas
from workflows.values import MAX_IMAGES, NAME_LENGTH, TEXT_LENGTH, InputSpec, Kind, numbered, parse


def derive(document: Document, schemas: Schemas, models: Sequence[ModelRecord] | None = None) -> list[InputSpec]:
    """Return the inputs that the document exposes, in its order, with unique names.

    With `models` (all that are installed), a model that the document names and the backend lacks is no default.
    """
    specs: list[InputSpec] = []
    titles: list[str] = []
    for exposed in document.exposed:
        node = document.nodes[exposed.node_id]
        field = schemas.field(node.type, exposed.name)
        if field and not field.connection_only and not document.fed(node.id, field.name):
            specs.append(_spec(document, exposed, field, models))
            # A field that is only called "value" is better known by its node.
            titles.append(node.label if node.label and field.name in {"value", "collection"} else field.title)
    return _with_names(specs, titles, document)


def _spec(document: Document, exposed: Exposed, field: FieldSchema, models: Sequence[ModelRecord] | None) -> InputSpec:
    node = document.nodes[exposed.node_id]
    held = node.inputs.get(exposed.name)
    kind = _kind(field, exposed.settings)
    settings = exposed.settings
    low, high = _bounds(field, settings)
    spec = InputSpec(
        name="",
        label=(held.label if held else "") or "",
        description=(held.description if held else "") or field.description or field.title,
        kind=kind,
        node_id=node.id,
        field_name=field.name,
        minimum=low,
        maximum=high,
        above=field.exclusive_minimum,
        below=field.exclusive_maximum,
        multiple_of=field.multiple_of,
        max_length=min(field.max_length or TEXT_LENGTH, TEXT_LENGTH),
        choices=_choices(field, settings) if kind is Kind.CHOICE else (),
        whole_choices=kind is Kind.CHOICE and field.whole_choices,
        models=field.models,
        max_items=min(field.max_items or MAX_IMAGES, MAX_IMAGES) if kind is Kind.IMAGES else 1,
        source=exposed.source,
        is_seed=kind is Kind.INTEGER and "seed" in exposed.name.lower(),
    )
    default = _default(spec, held.value if held else MISSING, field, models)
    return replace(spec, default=default, required=field.required and default is None and not spec.is_seed)


_KINDS = {
    "IntegerField": Kind.INTEGER,
    "FloatField": Kind.NUMBER,
    "BooleanField": Kind.BOOLEAN,
    "StringField": Kind.STRING,
    "EnumField": Kind.CHOICE,
    "SchedulerField": Kind.CHOICE,
    "ColorField": Kind.COLOR,
    "ImageField": Kind.IMAGE,
    "ModelIdentifierField": Kind.MODEL,
}


def _kind(field: FieldSchema, settings: Mapping[str, Any]) -> Kind:
    kind = _KINDS.get(field.type, Kind.FIXED)
    if field.internal or field.hidden:
        return Kind.FIXED
    if field.cardinality is Cardinality.COLLECTION:
        return Kind.IMAGES if kind is Kind.IMAGE else Kind.FIXED
    if kind is Kind.STRING and settings.get("component") == "dropdown" and _choices(field, settings):
        return Kind.CHOICE
    return kind


def _choices(field: FieldSchema, settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if field.choices:
        return field.choices
    options = [mapping(option) for option in sequence(settings.get("options"))]
    return tuple((str(o["value"]), str(o.get("label") or o["value"])) for o in options if "value" in o)


def _default(spec: InputSpec, held: Any, field: FieldSchema, models: Sequence[ModelRecord] | None) -> Any:
    """Return what the field holds if nobody says otherwise, or None."""
    if spec.is_file:
        # An image that the author had on their own server is not on this one.
        return None
    value = field.default if held is MISSING or held is None else held
    if value is MISSING or value is None:
        return None
    if spec.kind is Kind.FIXED:
        return value
    if spec.kind is Kind.MODEL:
        return _model_default(spec, value, models)
    if spec.kind is Kind.STRING and value == "" and field.required:
        return None
    try:
        return parse(spec, _as_typed(spec, value))
    except InputError:
        return None


def _model_default(spec: InputSpec, value: Any, models: Sequence[ModelRecord] | None) -> Any:
    if models is None:
        return value
    found = match.find(value, match.fitting(spec.models, models))
    return found.identifier() if found else None


def _as_typed(spec: InputSpec, value: Any) -> Any:
    if spec.kind is not Kind.COLOR:
        return value
    channels = [mapping(value).get(channel, 255) for channel in "rgba"]
    return "#" + "".join(f"{channel:02x}" if isinstance(channel, int) else "??" for channel in channels)


def _with_names(specs: list[InputSpec], titles: list[str], document: Document) -> list[InputSpec]:
    """Give each input a label and a unique name: its own label, else its title, else its node's label."""
    titles = [spec.label or title for spec, title in zip(specs, titles, strict=True)]
    count = Counter(title.casefold() for title in titles)
    taken: set[str] = set()
    named: list[InputSpec] = []
    for spec, title in zip(specs, titles, strict=True):
        label = title
        if not spec.label and count[title.casefold()] > 1:
            label = _by_node(title, document.nodes[spec.node_id].label, {other.label.casefold() for other in named})
        named.append(_unique(replace(spec, label=label), taken))
        taken.update(named[-1].names)
    return named


def _by_node(title: str, node_label: str, used: set[str]) -> str:
    if not node_label:
        return title
    return f"{node_label} {title}" if node_label.casefold() in used else node_label


def _unique(spec: InputSpec, taken: set[str]) -> InputSpec:
    # A collection's further names need room for their numbers, or cutting them would make them equal.
    room = NAME_LENGTH - (len(f"_{spec.max_items}") if spec.max_items > 1 else 0)
    base = slugify(spec.label, separator="_", allow_unicode=True, max_length=room) or spec.field_name.lower()
    for number in itertools.count(1):
        candidate = replace(spec, name=base[:room] if number == 1 else numbered(base[:room], number, room))
        if not taken.intersection(candidate.names):
            return candidate
    raise AssertionError("numbers do not end")


def _bounds(field: FieldSchema, settings: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the tightest of the form's and the schema's bounds; a form that leaves nothing to give is not followed."""
    lows = [low for low in (_number(settings.get("min")), field.minimum) if low is not None]
    highs = [high for high in (_number(settings.get("max")), field.maximum) if high is not None]
    low, high = max(lows, default=-math.inf), min(highs, default=math.inf)
    above = -math.inf if field.exclusive_minimum is None else field.exclusive_minimum
    below = math.inf if field.exclusive_maximum is None else field.exclusive_maximum
    if low > high or high <= above or low >= below:
        return field.minimum, field.maximum
    return (low if lows else None), (high if highs else None)


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
