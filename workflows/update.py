"""Bring a document to a backend as the editor does when it loads one: its nodes, its edges, and what it exposes.

Pure. Source: the editor's loader in InvokeAI 6.14.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from workflows import wiring
from workflows._json import sequence
from workflows.document import MISSING, Document, Exposed, Input, Node
from workflows.literals import accepts
from workflows.schema import Cardinality, FieldSchema, NodeSchema, Schemas

#: What the editor puts into a field whose default nobody tells.
_BLANK: Mapping[str, Any] = {
    "IntegerField": 0,
    "FloatField": 0,
    "StringField": "",
    "BooleanField": False,
    "ColorField": {"r": 127, "g": 127, "b": 127, "a": 255},
    "SchedulerField": "dpmpp_3m_k",
}
#: Takes entries of any name, which no update may lose.
OPEN_NODE = "core_metadata"


def update(document: Document, schemas: Schemas) -> Document:
    """Return the document as the editor holds it once loaded; updating it again changes nothing.

    Edges that the editor would not draw are gone, and connectors with them. A node of another minor version has this
    backend's fields, with their defaults. What is exposed is what the editor's form would show. A node of another
    major version, or of a type that the backend lacks, is left as it is.
    """
    edges = wiring.edges(document, schemas)
    fed = frozenset((edge.target, edge.target_field) for edge in edges)
    nodes = {node_id: _node(node, schemas.nodes.get(node.type), fed) for node_id, node in document.nodes.items()}
    shown: dict[tuple[str, str], Exposed] = {}
    for one in document.exposed:
        node = nodes[one.node_id]
        found = _renamed(one, node)
        if _is_shown(found, node, schemas):
            shown.setdefault((found.node_id, found.name), found)
    return replace(
        document,
        nodes=nodes,
        edges=edges,
        exposed=tuple(shown.values()),
        connectors=frozenset(),
        wires=(),
    )


def same_major(version: str, other: str) -> bool:
    """Tell whether the editor would bring a node from one version to the other."""
    return version.partition(".")[0] == other.partition(".")[0]


def _renamed(one: Exposed, node: Node) -> Exposed:
    """Return the field by its name of today: until 1.0.2 an image collection called its images a collection."""
    moved = (node.type, one.name) == ("image_collection", "collection") and "images" in node.inputs
    return replace(one, name="images") if moved else one


def _is_shown(one: Exposed, node: Node, schemas: Schemas) -> bool:
    if one.name not in node.inputs:
        return False
    return one.source == "form" or schemas.field(node.type, one.name) is not None


def _node(node: Node, schema: NodeSchema | None, fed: frozenset[tuple[str, str]]) -> Node:
    if schema is None or node.version == schema.version:
        return node
    if node.version and not same_major(node.version, schema.version):
        return node
    inputs = {
        name: _input(node.inputs.get(name), field, knows_version=bool(node.version))
        for name, field in schema.fields.items()
    }
    if node.type == OPEN_NODE:
        inputs |= {name: held for name, held in node.inputs.items() if name not in inputs}
    if node.type == "image_collection" and (node.id, "collection") not in fed:
        inputs |= _moved_images(node.version, inputs)
    return replace(node, version=node.version and schema.version, inputs=inputs)


def _input(held: Input | None, field: FieldSchema, *, knows_version: bool) -> Input:
    # Nobody knows what a node without a version lacks on purpose: the server's own defaults are as good.
    default = _default(field) if knows_version else MISSING
    if held is None:
        return Input(field.name, value=default)
    return replace(held, value=_filled(held.value, default))


def _default(field: FieldSchema) -> Any:
    if field.connection_only or field.type == "BoardField":
        return MISSING
    if field.default is not MISSING and field.default is not None:
        return field.default
    if field.cardinality is Cardinality.COLLECTION:
        return [] if field.required else MISSING
    if field.type == "EnumField" and field.choices:
        first = field.choices[0][0]
        return int(first) if field.whole_choices else first
    blank = _BLANK.get(field.type, MISSING)
    # A blank that the server would refuse helps nobody.
    return blank if blank is not MISSING and accepts(field, blank) else MISSING


def _filled(value: Any, default: Any) -> Any:
    """Return a value with what it lacks of its default, however deep, as the editor merges the two."""
    if value is MISSING:
        return default
    if isinstance(value, dict) and isinstance(default, dict):
        held, parts = cast("dict[str, Any]", value), cast("dict[str, Any]", default)
        return {**held, **{key: _filled(held.get(key, MISSING), part) for key, part in parts.items()}}
    if isinstance(value, list) and isinstance(default, list):
        return [*cast("list[Any]", value), *cast("list[Any]", default)[len(cast("list[Any]", value)) :]]
    return cast("Any", value)


def _moved_images(version: str, inputs: Mapping[str, Input]) -> Mapping[str, Input]:
    old, new = inputs.get("collection"), inputs.get("images")
    if old is None or new is None or _number(version) >= (1, 0, 2):
        return {}
    images: Any = old.value
    if not isinstance(images, list) or sequence(new.value):
        return {}
    return {"images": replace(new, value=cast("list[Any]", images)), "collection": replace(old, value=[])}


def _number(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(part) if part.isdecimal() else 0 for part in parts) if version else ()
