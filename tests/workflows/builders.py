"""Small documents and schemas, built as the editor and the server would write them."""

import copy
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from workflows.document import Document, from_json
from workflows.models import ModelRecord
from workflows.schema import Schemas

ROOT = Path(__file__).parents[2]
FIXTURES = sorted((ROOT / "tests/fixtures/workflows").glob("*.json"))
BUNDLED = sorted((ROOT / "workflows/bundled").glob("*.json"))
DOCUMENTS = [*FIXTURES, *BUNDLED]

Raw = dict[str, Any]


def node(node_id: str, node_type: str, inputs: Mapping[str, Any] | None = None, **data: Any) -> Raw:
    """A node of a document; an input is given by its value, or by `field`."""
    held = {name: value if isinstance(value, _Field) else field(value) for name, value in (inputs or {}).items()}
    inner = {"id": node_id, "type": node_type, "inputs": held, "isIntermediate": False, "version": "", **data}
    return {"id": node_id, "type": "invocation", "data": inner}


class _Field(dict[str, Any]):
    """An input as a document holds it."""


def field(*value: Any, label: str = "", description: str = "") -> _Field:
    held = _Field(label=label, description=description)
    if value:
        held["value"] = value[0]
    return held


def edge(source: str, target: str, /, **more: Any) -> Raw:
    (source_id, source_field), (target_id, target_field) = source.split("."), target.split(".")
    ends = {"source": source_id, "sourceHandle": source_field, "target": target_id, "targetHandle": target_field}
    return {"type": "default", **ends, **more}


def form(*elements: Raw) -> Raw:
    """A form of one container with these elements in it."""
    inner = {f"e{number}": {"id": f"e{number}", **element} for number, element in enumerate(elements)}
    root = {"id": "top", "type": "container", "data": {"layout": "column", "children": list(inner)}}
    return {"rootElementId": "top", "elements": {"top": root, **inner}}


def shown(where: str, **settings: Any) -> Raw:
    """A field's place in a form."""
    node_id, name = where.split(".")
    identifier = {"nodeId": node_id, "fieldName": name}
    return {"type": "node-field", "data": {"fieldIdentifier": identifier, "settings": settings or None}}


def raw(*nodes: Raw, edges: Sequence[Raw] = (), exposed: Sequence[str] = (), **more: Any) -> Raw:
    pairs = [dict(zip(("nodeId", "fieldName"), one.split("."), strict=True)) for one in exposed]
    meta = {"version": "4.0.0"}
    return {"name": "", "meta": meta, "nodes": list(nodes), "edges": list(edges), "exposedFields": pairs, **more}


def document(*nodes: Raw, **parts: Any) -> Document:
    return from_json(raw(*nodes, **parts))


def load(path: Path) -> Raw:
    return json.loads(path.read_bytes())


def openapi(**nodes: Mapping[str, Raw]) -> Raw:
    """An OpenAPI document of these node types, each given by its fields; each makes one image."""
    image = {"$ref": "#/components/schemas/ImageField"}
    schemas: Raw = {"ImageOutput": {"class": "output", "properties": {"image": image}}}
    for name, fields in nodes.items():
        properties: Raw = {"id": {"type": "string", "field_kind": "node_attribute"}, "type": {"default": name}}
        properties |= {field_name: {"field_kind": "input", **spec} for field_name, spec in fields.items()}
        schemas[f"{name}Invocation"] = {
            "class": "invocation",
            "properties": properties,
            "version": "1.0.0",
            "output": {"$ref": "#/components/schemas/ImageOutput"},
        }
    return {"components": {"schemas": schemas}}


def schemas_of(**nodes: Mapping[str, Raw]) -> Schemas:
    return Schemas.from_openapi(openapi(**nodes))


def wired(**nodes: tuple[Mapping[str, Raw], Mapping[str, Raw]]) -> Schemas:
    """Schemas of these node types, each given by its inputs and its outputs."""
    found = openapi(**{name: inputs for name, (inputs, _) in nodes.items()})
    schemas = found["components"]["schemas"]
    for name, (_, outputs) in nodes.items():
        schemas[f"{name}Output"] = {"class": "output", "properties": {"type": {"const": name}, **outputs}}
        schemas[f"{name}Invocation"]["output"] = {"$ref": f"#/components/schemas/{name}Output"}
    return Schemas.from_openapi(found)


def connector(node_id: str) -> Raw:
    """A node that only bends an edge."""
    return {"id": node_id, "type": "connector", "data": {}}


def model(name: str, base: str = "sd-1", kind: str = "main", **more: Any) -> ModelRecord:
    return ModelRecord(key=f"key-{name}", hash=f"blake3:{name}", name=name, base=base, type=kind, **more)


def picture(size: int = 8) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (size, size), "teal").save(stream, "PNG")
    return stream.getvalue()


# Documents nobody would write

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn, originals: Sequence[Raw]) -> Raw:
    """One of the documents, with a few of its values replaced, removed, or put where others were."""
    changed = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 6))):
        holders = [(holder, key) for holder, key in _places(changed)]
        if not holders:
            break
        holder, key = holders[draw(st.integers(0, len(holders) - 1))]
        match draw(st.sampled_from(["replace", "remove", "move"])):
            case "replace":
                holder[key] = draw(JSON)
            case "remove":
                del holder[key]
            case _:
                other, place = holders[draw(st.integers(0, len(holders) - 1))]
                holder[key] = copy.deepcopy(other[place])
    return changed


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    found: list[tuple[Any, Any]] = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], dict | list):
            found += _places(value[key])
    return found
