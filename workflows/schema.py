"""Node and field schemas of one backend, read from its OpenAPI.

The documents of today's editor carry no types: what a field takes is known only from here.
Source: `GET /openapi.json` of InvokeAI 6.14.2, and the rules by which its web client parses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from workflows._json import mapping, sequence, text
from workflows.document import MISSING

#: The types of field that the editor has a widget for.
STATEFUL = frozenset(
    {
        "IntegerField", "FloatField", "StringField", "BooleanField", "EnumField", "ImageField", "VideoField",
        "BoardField", "StylePresetField", "SystemPromptField", "ModelIdentifierField", "LoRAField", "ColorField",
        "SchedulerField", "SavedWorkflowField", "FloatGeneratorField", "IntegerGeneratorField",
        "StringGeneratorField", "ImageGeneratorField", "LoRAMetadataField", "ControlNetMetadataField",
        "IPAdapterMetadataField", "T2IAdapterMetadataField", "MetadataExtraField",
    }
)  # fmt: skip
_ITEMS = {"image": "images", "string": "strings", "integer": "integers", "float": "floats"}
BATCH_INPUTS = frozenset((f"{kind}_batch", name) for kind, name in _ITEMS.items())
BATCH_OUTPUTS = frozenset((f"{kind}_generator", name) for kind, name in _ITEMS.items())
#: The server counts through a collection by itself.
_RESERVED = frozenset({("iterate", "index")})


class Cardinality(StrEnum):
    SINGLE = "single"
    COLLECTION = "collection"
    #: One value or a list of them; a single one is always accepted.
    EITHER = "either"


@dataclass(frozen=True)
class FieldType:
    """What leaves an output, or goes into an input, as the editor compares them to let two of them connect.

    `batch` marks what passes between generator and batch nodes. `original` is the type that the OpenAPI document tells
    where the server asks the editor to treat the field as another one.
    """

    name: str
    cardinality: Cardinality = Cardinality.SINGLE
    batch: bool = False
    original: FieldType | None = None


@dataclass(frozen=True)
class ModelFilter:
    """Which installed models a field takes; an empty tuple does not restrict."""

    bases: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldSchema:
    """One input of a node type. `type` is the editor's name of it: IntegerField, EnumField, ImageField, ..."""

    name: str
    title: str
    description: str
    type: str
    cardinality: Cardinality
    required: bool
    default: Any
    connection_only: bool
    internal: bool
    hidden: bool
    minimum: float | None
    maximum: float | None
    exclusive_minimum: float | None
    exclusive_maximum: float | None
    multiple_of: float | None
    max_length: int | None
    max_items: int | None
    choices: tuple[tuple[str, str], ...]
    whole_choices: bool
    textarea: bool
    models: ModelFilter
    #: It is typed in and takes no edge.
    direct_only: bool = False
    min_items: int | None = None
    #: It takes one type and no null: only then does the server turn a number into what it takes.
    plain: bool = False
    #: What it takes from an edge.
    takes: FieldType = FieldType("AnyField")


@dataclass(frozen=True)
class NodeSchema:
    """One node type. `image_output` and `video_output` are the output fields that hold images and videos, if any."""

    type: str
    title: str
    version: str
    pack: str
    category: str
    fields: Mapping[str, FieldSchema]
    image_output: str | None
    output_is_collection: bool = False
    video_output: str | None = None
    outputs: Mapping[str, FieldType] = field(default_factory=dict[str, FieldType])


@dataclass(frozen=True)
class Schemas:
    """All node types of one backend."""

    nodes: Mapping[str, NodeSchema] = field(default_factory=dict[str, NodeSchema])

    @classmethod
    def from_openapi(cls, openapi: Mapping[str, Any]) -> Schemas:
        """Read the node types out of a backend's OpenAPI document; what is not one is passed over."""
        schemas = mapping(mapping(openapi.get("components")).get("schemas"))
        found = (_node(mapping(raw), schemas) for raw in schemas.values())
        return cls({node.type: node for node in found if node})

    def field(self, node_type: str, name: str) -> FieldSchema | None:
        """Return the schema of one field, or None where the backend has no such node or field."""
        node = self.nodes.get(node_type)
        return node.fields.get(name) if node else None


def _node(raw: dict[str, Any], schemas: dict[str, Any]) -> NodeSchema | None:
    properties = mapping(raw.get("properties"))
    node_type = mapping(properties.get("type")).get("default")
    if raw.get("class") != "invocation" or not isinstance(node_type, str):
        return None
    fields = {
        name: _field(name, mapping(spec), (node_type, name) in BATCH_INPUTS)
        for name, spec in properties.items()
        if mapping(spec).get("field_kind") in {"input", "internal"} and (node_type, name) not in _RESERVED
    }
    output = mapping(schemas.get(_last(mapping(raw.get("output")).get("$ref"))))
    outputs = {
        name: _field_type(mapping(spec), (node_type, name) in BATCH_OUTPUTS)
        for name, spec in mapping(output.get("properties")).items()
        if name != "type"
    }
    image_output, video_output = _holds("ImageField", outputs), _holds("VideoField", outputs)
    posted = outputs.get(video_output or image_output or "")
    return NodeSchema(
        type=node_type,
        title=text(raw.get("title")) or node_type,
        version=text(raw.get("version")),
        pack=text(raw.get("node_pack")),
        category=text(raw.get("category")),
        fields=fields,
        image_output=image_output,
        output_is_collection=posted is not None and posted.cardinality is Cardinality.COLLECTION,
        video_output=video_output,
        outputs=outputs,
    )


def _holds(type_name: str, outputs: Mapping[str, FieldType]) -> str | None:
    return next((name for name, made in outputs.items() if made.name == type_name), None)


def _field_type(raw: dict[str, Any], batch: bool) -> FieldType:
    type_name, cardinality = _type(raw)
    original = None
    if raw.get("ui_type") in STATEFUL:
        original = FieldType(*_type({key: value for key, value in raw.items() if key != "ui_type"}))
        if original.name == "AnyField" or (original.name, original.cardinality) == (type_name, cardinality):
            original = None
    return FieldType(type_name, cardinality, batch, original)


def _field(name: str, raw: dict[str, Any], batch: bool) -> FieldSchema:
    type_name, cardinality = _type(raw)
    shape = {**_item_shape(raw), **raw}
    return FieldSchema(
        name=name,
        title=text(raw.get("title")) or _start_case(name),
        description=text(raw.get("description")),
        type=type_name,
        cardinality=cardinality,
        # `required` of the JSON Schema says nothing here: the server makes every field nullable.
        required=bool(raw.get("orig_required", False)),
        default=raw.get("orig_default", raw.get("default", MISSING)),
        connection_only=raw.get("input") == "connection",
        internal=raw.get("field_kind") == "internal",
        hidden=bool(raw.get("ui_hidden", False)),
        minimum=shape.get("minimum"),
        maximum=shape.get("maximum"),
        exclusive_minimum=shape.get("exclusiveMinimum"),
        exclusive_maximum=shape.get("exclusiveMaximum"),
        multiple_of=shape.get("multipleOf"),
        max_length=shape.get("maxLength"),
        max_items=shape.get("maxItems"),
        choices=_choices(shape),
        whole_choices=_has_whole_choices(shape),
        textarea=raw.get("ui_component") == "textarea",
        models=ModelFilter(
            bases=_strings(raw.get("ui_model_base")),
            types=_strings(raw.get("ui_model_type")),
            variants=_strings(raw.get("ui_model_variant")),
            formats=_strings(raw.get("ui_model_format")),
        ),
        # The editor has no widget for other types, and lets them be fed whatever the server says.
        direct_only=raw.get("input") == "direct" and type_name in STATEFUL,
        min_items=shape.get("minItems"),
        plain=not any(key in raw for key in ("anyOf", "oneOf", "items")),
        takes=_field_type(raw, batch),
    )


def _choices(shape: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return (value, label) of an enum, labels as the server words them where it does."""
    labels = mapping(shape.get("ui_choice_labels"))
    values = shape.get("enum", [shape["const"]] if "const" in shape else [])
    return tuple((str(value), str(labels.get(str(value), value))) for value in cast("list[Any]", values))


def _has_whole_choices(shape: dict[str, Any]) -> bool:
    values = sequence(shape.get("enum"))
    return bool(values) and all(type(value) is int for value in values)


def _type(raw: dict[str, Any]) -> tuple[str, Cardinality]:
    """Return the editor's name of a field's type, and whether it takes one value, a list, or either."""
    if isinstance(raw.get("ui_type"), str):
        return raw["ui_type"], Cardinality.COLLECTION if raw["ui_type"] == "CollectionField" else Cardinality.SINGLE
    members = _members(raw)
    if len(members) == 2:
        types = [_type(member) for member in members]
        singles = [name for name, cardinality in types if cardinality is Cardinality.SINGLE]
        lists = [name for name, cardinality in types if cardinality is Cardinality.COLLECTION]
        if singles and singles == lists:
            return singles[0], Cardinality.EITHER
    if len(members) != 1:
        return "AnyField", Cardinality.SINGLE
    (only,) = members
    if only is not raw and len(_members(only)) > 1:
        return _type(only)
    if only.get("type") == "array":
        return _type(mapping(only.get("items")))[0], Cardinality.COLLECTION
    return _single_type(only), Cardinality.SINGLE


def _single_type(raw: dict[str, Any]) -> str:
    if "$ref" in raw:
        return _last(raw["$ref"])
    if "enum" in raw or "const" in raw:
        return "EnumField"
    names = {"integer": "IntegerField", "number": "FloatField", "boolean": "BooleanField", "string": "StringField"}
    return names.get(text(raw.get("type")), "AnyField")


def _members(raw: dict[str, Any]) -> list[dict[str, Any]]:
    options = raw.get("anyOf") or raw.get("oneOf") or raw.get("allOf")
    if not isinstance(options, list):
        return [raw]
    return [mapping(option) for option in cast("list[Any]", options) if mapping(option).get("type") != "null"]


def _item_shape(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema words of the value itself, which stand one level down in nullable and listed fields."""
    shape: dict[str, Any] = {}
    for member in _members(raw):
        shape |= {key: value for key, value in mapping(member.get("items")).items() if key != "type"}
        shape |= {key: value for key, value in member.items() if key not in {"type", "items"}}
    return shape


def _last(ref: object) -> str:
    return ref.rpartition("/")[2] if isinstance(ref, str) else ""


def _start_case(name: str) -> str:
    return " ".join(word.capitalize() for word in name.split("_") if word)


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in cast("list[Any]", value)) if isinstance(value, list) else ()
