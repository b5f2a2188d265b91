"""What a document asks of the person who runs it.

Pure: a document and the backend's schemas give InputSpecs, in the author's order, with bounds from both the form and
the schema, and with unique names that can be typed; an admin's edits are applied on top.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from workflows import match, naming
from workflows._json import mapping, sequence
from workflows.document import MISSING, Document, Exposed
from workflows.edits import Edits, InputEdit, Place, apply, leaves_something
from workflows.errors import InputError
from workflows.literals import accepts
from workflows.models import STYLE_PRESET, ModelRecord
from workflows.schema import Cardinality, FieldSchema, ModelFilter, Schemas
from workflows.spec import MAX_FILES, MAX_ITEMS, TEXT_LENGTH, InputSpec, Kind
from workflows.values import parse

_Models = Sequence[ModelRecord] | None
NO_EDITS = Edits()


def derive(document: Document, schemas: Schemas, models: _Models = None, edits: Edits = NO_EDITS) -> list[InputSpec]:
    """Return every exposed field in the editor's order, as edited, with unique names; also those never asked for.

    With `models` (all that are installed), a model that the document names and the backend lacks is no default.
    """
    return _derive(document, schemas, models, edits)[0]


def problems_of(edits: Edits, document: Document, schemas: Schemas, models: _Models = None) -> tuple[str, ...]:
    """Return the changes that this document does not take: a sentence each, for the admin who made them."""
    return _derive(document, schemas, models, edits)[1]


@dataclass(frozen=True)
class Exposable:
    """A field that could be exposed. `needed` tells that it must have a value, and has none."""

    place: Place
    node: str
    field: str
    kind: Kind
    needed: bool


def exposable(document: Document, schemas: Schemas) -> list[Exposable]:
    """Return what takes a value and is neither fed nor exposed, in the order of the nodes: what is needed first."""
    exposed = {(one.node_id, one.name) for one in document.exposed}
    return sorted(_exposable(document, schemas, exposed), key=lambda one: not one.needed)


def _exposable(document: Document, schemas: Schemas, exposed: set[Place]) -> Iterator[Exposable]:
    for node in document.nodes.values():
        schema = schemas.nodes.get(node.type)
        for name, field in schema.fields.items() if schema else ():
            kind = _kind(field, {}, MISSING)
            if (node.id, name) in exposed or document.fed(node.id, name) or kind in {Kind.FIXED, Kind.BOARD}:
                continue
            held = node.inputs.get(name)
            empty = (held is None or held.value in (MISSING, None)) and field.default in (MISSING, None)
            title = (held.label if held else "") or field.title
            node_title = node.label or (schema.title if schema else node.type)
            yield Exposable((node.id, name), node_title, title, kind, field.required and empty)


def _derive(
    document: Document, schemas: Schemas, models: _Models, edits: Edits
) -> tuple[list[InputSpec], tuple[str, ...]]:
    by_place = edits.by_place()
    extra, problems = _extra(document, schemas, edits)
    titled: list[naming.Titled] = []
    dropped: dict[Place, tuple[str, ...]] = {}
    for exposed in (*document.exposed, *extra):
        node = document.nodes[exposed.node_id]
        field = schemas.field(node.type, exposed.name)
        spec = _spec(document, exposed, field, models)
        applied = apply(spec, by_place.get(spec.place, InputEdit(*spec.place)), models, needed=_needed(spec, field))
        titled.append(naming.titled(document, schemas, applied.spec, exposed))
        dropped[spec.place] = applied.dropped
    wanted = {place: edit.name for place, edit in by_place.items() if edit.name}
    specs = naming.named(titled, wanted)
    problems += [f"`{spec.name}` {problem}." for spec in specs for problem in dropped[spec.place]]
    unexposed = [name for node_id, name in by_place if (node_id, name) not in dropped]
    problems += [f"`{name}` is not exposed any more, so its changes do not count." for name in unexposed]
    problems += [_GONE_OUTPUT for node_id in edits.outputs if node_id not in document.nodes]
    worded = [_worded(spec, document, schemas) for spec in specs]
    # The label that the author gave says no more what an admin calls by another name.
    worded = [replace(s, label=s.name.replace("_", " ")) if s.place in wanted else s for s in worded]
    return edits.ordered(worded), tuple(dict.fromkeys(problems))


#: Nodes that are nothing but a value or a sum: "The integer value" says less than the label that somebody gave it.
_PLAIN = frozenset({"primitives", "math", "strings", "batch"})


def _worded(spec: InputSpec, document: Document, schemas: Schemas) -> InputSpec:
    """Return the input with its label for a description, where the server's own words say nothing of it here."""
    schema = schemas.nodes.get(document.nodes[spec.node_id].type)
    field = schema.fields.get(spec.field_name) if schema else None
    if schema and field and schema.category in _PLAIN and spec.label != field.title:
        is_servers = spec.description in {field.description, field.title}
        return replace(spec, description=spec.label) if is_servers else spec
    return spec if spec.description else replace(spec, description=spec.label)


_GONE_OUTPUT = "A node whose results were picked to be posted is gone."


def _extra(document: Document, schemas: Schemas, edits: Edits) -> tuple[list[Exposed], list[str]]:
    """Return what the admin exposes on top of the document, and what of it is not there."""
    shown = {(one.node_id, one.name) for one in document.exposed}
    found: list[Exposed] = []
    problems: list[str] = []
    for node_id, name in edits.exposed:
        node = document.nodes.get(node_id)
        if (node_id, name) in shown:
            continue
        if node is None or schemas.field(node.type, name) is None:
            problems.append(f"`{name}` was exposed, and is not in this file any more.")
        else:
            found.append(Exposed(node_id, name, source="edit"))
    return found, problems


def _needed(spec: InputSpec, field: FieldSchema | None) -> bool:
    return field is not None and field.required and not spec.is_seed


def _spec(document: Document, exposed: Exposed, field: FieldSchema | None, models: _Models) -> InputSpec:
    node = document.nodes[exposed.node_id]
    held = node.inputs.get(exposed.name)
    value = held.value if held else MISSING
    connected = document.fed(node.id, exposed.name)
    spec = InputSpec(
        name="",
        label=(held.label if held else "") or "",
        description=(held.description if held else "") or (field.description or field.title if field else ""),
        kind=_kind(field, exposed.settings, value) if field else Kind.FIXED,
        node_id=node.id,
        field_name=exposed.name,
        source=exposed.source,
        connected=connected,
    )
    if field is None or spec.kind in {Kind.FIXED, Kind.BOARD}:
        kept = None if connected or value is MISSING else value
        return replace(spec, default=_schema_default(field) if kept is None and not connected else kept)
    spec = _limited(spec, field, exposed.settings)
    if connected:
        return spec
    default = _default(spec, value, field, models)
    return replace(spec, default=default, required=field.required and default is None and not spec.is_seed)


def _schema_default(field: FieldSchema | None) -> Any:
    return None if field is None or field.default is MISSING else field.default


def _limited(spec: InputSpec, field: FieldSchema, settings: Mapping[str, Any]) -> InputSpec:
    """Return the input with all that bounds its values."""
    kind = spec.kind
    spec = replace(
        spec,
        description=_described(spec, field),
        minimum=field.minimum,
        maximum=field.maximum,
        above=field.exclusive_minimum,
        below=field.exclusive_maximum,
        multiple_of=field.multiple_of,
        max_length=min(field.max_length or TEXT_LENGTH, TEXT_LENGTH),
        choices=_choices(field, settings) if kind is Kind.CHOICE else (),
        whole_choices=kind is Kind.CHOICE and field.whole_choices,
        models=_filter(kind, field),
        min_items=field.min_items or 0,
        max_items=_max_items(kind, field),
        is_seed=kind is Kind.INTEGER and "seed" in spec.field_name.lower(),
        textarea=kind is Kind.STRING and settings.get("component", "textarea" if field.textarea else "") == "textarea",
    )
    return _whole(_bounded(spec, settings))


def _whole(spec: InputSpec) -> InputSpec:
    """Return the input with bounds that are told as people count: a whole number above 0 is at least 1."""
    if spec.kind not in {Kind.INTEGER, Kind.INTEGERS}:
        return spec
    lows = [
        low for low in (spec.minimum, None if spec.above is None else math.floor(spec.above) + 1) if low is not None
    ]
    highs = [h for h in (spec.maximum, None if spec.below is None else math.ceil(spec.below) - 1) if h is not None]
    return replace(spec, minimum=max(lows, default=None), maximum=min(highs, default=None), above=None, below=None)


def _described(spec: InputSpec, field: FieldSchema) -> str:
    is_mask = spec.kind is Kind.IMAGE and "mask" in spec.field_name.lower()
    return f"{spec.description} (a black and white mask)" if is_mask else spec.description


def _filter(kind: Kind, field: FieldSchema) -> ModelFilter:
    if kind is Kind.STYLE_PRESET:
        return ModelFilter(types=(STYLE_PRESET,))
    # Some LoRA lists name no type; only a LoRA can be in them all the same.
    return replace(field.models, types=field.models.types or ("lora",)) if kind is Kind.LORAS else field.models


def _max_items(kind: Kind, field: FieldSchema) -> int:
    if kind in {Kind.IMAGES, Kind.VIDEOS}:
        return min(field.max_items or MAX_FILES, MAX_FILES)
    if kind in {Kind.INTEGERS, Kind.NUMBERS, Kind.STRINGS, Kind.LORAS}:
        return min(field.max_items or MAX_ITEMS, MAX_ITEMS)
    return 1


_SINGLE = {
    "IntegerField": Kind.INTEGER,
    "FloatField": Kind.NUMBER,
    "BooleanField": Kind.BOOLEAN,
    "StringField": Kind.STRING,
    "EnumField": Kind.CHOICE,
    "SchedulerField": Kind.CHOICE,
    "ColorField": Kind.COLOR,
    "ImageField": Kind.IMAGE,
    "VideoField": Kind.VIDEO,
    "ModelIdentifierField": Kind.MODEL,
    "BoundingBoxField": Kind.BOX,
    "StylePresetField": Kind.STYLE_PRESET,
}
_SEVERAL = {
    "IntegerField": Kind.INTEGERS,
    "FloatField": Kind.NUMBERS,
    "StringField": Kind.STRINGS,
    "ImageField": Kind.IMAGES,
    "VideoField": Kind.VIDEOS,
    "LoRAField": Kind.LORAS,
}


def _kind(field: FieldSchema, settings: Mapping[str, Any], held: Any) -> Kind:
    if field.type == "BoardField":
        return Kind.BOARD
    if field.internal or field.hidden or field.connection_only:
        return Kind.FIXED
    # A field that takes one or several is asked for one, unless the author gave it several.
    rather_several = field.type == "LoRAField" or (isinstance(held, list) and field.type != "ImageField")
    if field.cardinality is Cardinality.COLLECTION or (field.cardinality is Cardinality.EITHER and rather_several):
        return _SEVERAL.get(field.type, Kind.FIXED)
    kind = _SINGLE.get(field.type, Kind.FIXED)
    if kind is Kind.STRING and settings.get("component") == "dropdown" and _choices(field, settings):
        return Kind.CHOICE
    return kind


def _choices(field: FieldSchema, settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if field.choices:
        return field.choices
    options = [mapping(option) for option in sequence(settings.get("options"))]
    # The editor lets an author write one value twice, and leave words out; whoever picks one needs both otherwise.
    labels: dict[str, str] = {}
    for value, label in ((str(o["value"]), str(o.get("label", ""))) for o in options if "value" in o):
        labels.setdefault(value, label.strip() or value.strip() or "empty")
    return tuple(labels.items())


_BOUND_BY_FORMS = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.STRING, Kind.CHOICE})


def _default(spec: InputSpec, held: Any, field: FieldSchema, models: _Models) -> Any:
    """Return what the field holds if nobody says otherwise, or None."""
    if spec.is_file:
        # A file that the author had on their own server is not on this one.
        return None
    value = field.default if held is MISSING or held is None else held
    if value is MISSING or value is None or (field.required and value in ("", [])):
        return None
    if spec.kind is Kind.LORAS:
        return _loras_default(spec, value, models)
    if spec.is_installed and models is None:
        return value if mapping(value) else None
    try:
        return parse(spec, value, models or ())
    except InputError:
        # The form's own bounds and options hold for whoever fills it in, not for what the author left in it.
        return value if spec.kind in _BOUND_BY_FORMS and accepts(field, value) else None


def _loras_default(spec: InputSpec, value: Any, models: _Models) -> Any:
    """Return those of a list's models that are installed."""
    held = [mapping(item) for item in cast("list[Any]", value)] if isinstance(value, list) else [mapping(value)]
    held = [item for item in held if mapping(item.get("lora"))]
    if models is None:
        return held
    fitting = match.fitting(spec.models, models)
    found = {
        lora.key: {**item, "lora": lora.identifier()} for item in held if (lora := match.find(item["lora"], fitting))
    }
    try:
        return parse(spec, list(found.values()), models)
    except InputError:
        return None


def _bounded(spec: InputSpec, settings: Mapping[str, Any]) -> InputSpec:
    """Return the tightest of the form's and the schema's bounds; a form that leaves nothing to give is not followed."""
    lows = [low for low in (_number(settings.get("min")), spec.minimum) if low is not None]
    highs = [high for high in (_number(settings.get("max")), spec.maximum) if high is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    if spec.kind is Kind.INTEGER:
        low = None if low is None else math.ceil(low)
        high = None if high is None else math.floor(high)
    narrow = replace(spec, minimum=low, maximum=high)
    return narrow if leaves_something(narrow) else spec


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A whole number in a file may be larger than any float, and bounds nothing.
    return value if abs(value) <= sys.float_info.max else None
