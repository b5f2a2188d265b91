"""The exported document, every generation of it, read into one normal form.

What the editor exports is read by its own rules: `form` says what is exposed if it has any element beyond an empty
root, else `exposedFields` does, else nothing; references to nodes that are gone are ignored.
Source: InvokeAI 6.14.2's web client, and what people published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import humanize

from workflows._json import mapping, sequence, text
from workflows.errors import DocumentError

MAX_BYTES = 5 * 1024 * 1024
#: The largest published workflow has 40 nodes, 75 edges and 25 exposed fields; far more is an attack or an accident.
MAX_NODES = 1000
MAX_EDGES = 10_000
MAX_EXPOSED = 100
KNOWN_MAJORS = frozenset({"1", "2", "3", "4"})

#: Stands for "the editor stored no value here", which is not the same as null.
MISSING: Any = object()

_HOW = "In InvokeAI's workflow editor, open the menu and choose **Download Workflow**, then upload that file."


@dataclass(frozen=True)
class Input:
    """One input of a node as the document holds it."""

    name: str
    label: str = ""
    description: str = ""
    value: Any = MISSING


@dataclass(frozen=True)
class Node:
    """One invocation. Notes, connectors and collapsed edges are for the eye and are not in the normal form."""

    id: str
    type: str
    label: str
    version: str
    pack: str
    is_intermediate: bool
    inputs: Mapping[str, Input]


@dataclass(frozen=True)
class Edge:
    source: str
    source_field: str
    target: str
    target_field: str


@dataclass(frozen=True)
class Exposed:
    """One field that the author exposed, in the editor's order; `settings` are the form's own limits and choices."""

    node_id: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    #: "form" or "exposedFields": where the author exposed it.
    source: str = "exposedFields"


@dataclass(frozen=True)
class Document:
    name: str
    description: str
    version: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    exposed: tuple[Exposed, ...]

    def fed(self, node_id: str, name: str) -> bool:
        """Tell whether an edge feeds this input: then its own value counts for nothing."""
        return (node_id, name) in self._fed

    @cached_property
    def _fed(self) -> frozenset[tuple[str, str]]:
        return frozenset((edge.target, edge.target_field) for edge in self.edges)


def read(data: bytes) -> Document:
    """Read an exported workflow. Raises DocumentError, with one sentence for the person who uploaded it."""
    require_size(len(data))
    return from_json(_parse(data))


def require_size(size: int) -> None:
    """Raise DocumentError for a file of so many bytes that it need not be fetched to be refused."""
    if size > MAX_BYTES:
        shown = humanize.naturalsize(size, binary=True)
        raise DocumentError(f"That file has {shown}; a workflow may have up to 5 MiB.")


def from_json(raw: object) -> Document:
    """Read a workflow that is already parsed JSON. Raises DocumentError."""
    if not isinstance(raw, dict):
        raise DocumentError(f"That file is JSON, but not a workflow. {_HOW}")
    document = cast("dict[str, Any]", raw)
    version = _version(document)
    raw_nodes = [mapping(node) for node in sequence(document.get("nodes"))]
    nodes = {node.id: node for node in map(_node, raw_nodes) if node}
    if not nodes:
        raise DocumentError("That workflow is empty: it has no nodes, so there is nothing to run.")
    edges = tuple(dict.fromkeys(_edges(raw_nodes, sequence(document.get("edges")), nodes)))
    exposed = tuple(_exposed(document, nodes))
    for name, found, most in (
        ("nodes", nodes, MAX_NODES),
        ("edges", edges, MAX_EDGES),
        ("exposed fields", exposed, MAX_EXPOSED),
    ):
        if len(found) > most:
            raise DocumentError(f"That workflow has {len(found):,} {name}; up to {most:,} are fine here.")
    return Document(
        name=text(document.get("name")).strip(),
        description=text(document.get("description")).strip(),
        version=version,
        nodes=nodes,
        edges=edges,
        exposed=exposed,
    )


def _parse(data: bytes) -> object:
    try:
        document: object = json.loads(data.decode("utf-8-sig"))
        # Half a surrogate pair or a NaN is read without complaint, and breaks later, when it is stored or sent.
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        return document
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"That file is not JSON, so it cannot be a workflow. {_HOW}") from error


def _version(document: dict[str, Any]) -> str:
    """Return the format's version, or say what else the file seems to be."""
    if isinstance(document.get("nodes"), dict):
        raise DocumentError(f"That file is a graph for InvokeAI's API, not a workflow. {_HOW}")
    if "last_node_id" in document or any("class_type" in mapping(value) for value in document.values()):
        raise DocumentError("That file is a ComfyUI workflow; Familiar runs InvokeAI's.")
    if not isinstance(document.get("nodes"), list) or not isinstance(document.get("edges"), list):
        raise DocumentError(f"That file is JSON, but not a workflow: it has no lists of nodes and edges. {_HOW}")
    version = text(mapping(document.get("meta")).get("version"))
    if not version:
        raise DocumentError(
            "That workflow is too old: it names no format version. Open it in a newer InvokeAI, save it, export again."
        )
    if version.partition(".")[0] not in KNOWN_MAJORS:
        raise DocumentError(f"That workflow has format {version[:20]}, which is newer than this bot knows (up to 4).")
    return version


def _node(raw: dict[str, Any]) -> Node | None:
    data = mapping(raw.get("data"))
    if raw.get("type") != "invocation" or not isinstance(raw.get("id"), str) or not isinstance(data.get("type"), str):
        return None
    inputs = {str(name): _input(str(name), value) for name, value in mapping(data.get("inputs")).items()}
    return Node(
        id=raw["id"],
        type=data["type"],
        label=text(data.get("label")).strip(),
        version=text(data.get("version")),
        pack=text(data.get("nodePack")),
        is_intermediate=bool(data.get("isIntermediate", False)),
        inputs=inputs,
    )


def _input(name: str, raw: object) -> Input:
    held = mapping(raw)
    return Input(
        name=name,
        label=text(held.get("label")).strip(),
        description=text(held.get("description")).strip(),
        value=held.get("value", MISSING),
    )


def _edges(raw_nodes: list[dict[str, Any]], raw_edges: list[Any], nodes: Mapping[str, Node]) -> Iterator[Edge]:
    """Yield the real edges: connectors are followed to what feeds them, edges of or to anything else vanish."""
    connectors = {text(node.get("id")) for node in raw_nodes if node.get("type") == "connector"}
    edges = [edge for edge in (_edge(mapping(raw)) for raw in raw_edges) if edge]
    upstream = {edge.target: edge for edge in edges if edge.target in connectors}
    for edge in edges:
        source = _behind_connectors(edge, upstream)
        if source and source.source in nodes and edge.target in nodes:
            yield Edge(source.source, source.source_field, edge.target, edge.target_field)


def _edge(raw: dict[str, Any]) -> Edge | None:
    ends = [raw.get(key) for key in ("source", "sourceHandle", "target", "targetHandle")]
    if raw.get("type", "default") != "default" or not all(isinstance(end, str) for end in ends):
        return None
    return Edge(*cast("list[str]", ends))


def _behind_connectors(edge: Edge, upstream: Mapping[str, Edge]) -> Edge | None:
    seen: set[str] = set()
    while edge.source in upstream:
        if edge.source in seen:
            return None
        seen.add(edge.source)
        edge = upstream[edge.source]
    return edge


def _exposed(document: dict[str, Any], nodes: Mapping[str, Node]) -> Iterator[Exposed]:
    form = [element for element in _form_elements(mapping(document.get("form"))) if element]
    if form:
        candidates = [_from_form(element) for element in form if element.get("type") == "node-field"]
    else:
        candidates = [_from_pair(mapping(pair), {}) for pair in sequence(document.get("exposedFields"))]
    seen: set[tuple[str, str]] = set()
    for exposed in candidates:
        if exposed and exposed.node_id in nodes and (exposed.node_id, exposed.name) not in seen:
            seen.add((exposed.node_id, exposed.name))
            yield exposed


def _form_elements(form: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the form's elements below its root, depth first, as the editor draws them."""
    elements = mapping(form.get("elements"))
    root = text(form.get("rootElementId"))
    # The next element stands last.
    stack = _children_reversed(elements, root)
    seen = {root}
    while stack:
        key = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        yield mapping(elements.get(key))
        stack += _children_reversed(elements, key)


def _children_reversed(elements: dict[str, Any], key: str) -> list[str]:
    children = sequence(mapping(mapping(elements.get(key)).get("data")).get("children"))
    return [child for child in reversed(children) if isinstance(child, str)]


def _from_form(element: dict[str, Any]) -> Exposed | None:
    data = mapping(element.get("data"))
    return _from_pair(mapping(data.get("fieldIdentifier")), mapping(data.get("settings")), "form")


def _from_pair(pair: dict[str, Any], settings: dict[str, Any], source: str = "exposedFields") -> Exposed | None:
    node_id, name = pair.get("nodeId"), pair.get("fieldName")
    if not isinstance(node_id, str) or not isinstance(name, str):
        return None
    return Exposed(node_id, name, settings, source)
