"""The exported document, every generation of it, read into one normal form.

What the editor exports is read by its own rules: `form` says what is exposed if it has any element beyond an empty
root, else `exposedFields` does, else nothing; references to nodes that are gone are ignored. What depends on a
backend's node types is left to `update`.
Source: InvokeAI 6.14.2's web client, and what people published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import humanize

from workflows import forms
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

#: The ends of a connector, a node that only bends an edge.
CONNECTOR_IN = "in"
CONNECTOR_OUT = "out"
#: How often a document may be wrapped: in a library's record, in a string, in a list of one.
_MAX_WRAPPINGS = 4

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
    #: The heading or text that stands before it in the form.
    group: str = ""


@dataclass(frozen=True)
class Document:
    name: str
    description: str
    version: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    exposed: tuple[Exposed, ...]
    author: str = ""
    contact: str = ""
    tags: str = ""
    notes: str = ""
    #: What the file says of itself beside the format's version, such as its category.
    meta: Mapping[str, Any] = field(default_factory=dict[str, Any])
    #: The nodes that only bend edges, and all edges as they are drawn, theirs included, where those are others than
    #: `edges`, which has connectors resolved and each edge once.
    connectors: frozenset[str] = frozenset()
    wires: tuple[Edge, ...] = ()

    @property
    def generation(self) -> int:
        """The generation of the format: 1 to 4."""
        return int(self.version.partition(".")[0])

    def fed(self, node_id: str, name: str) -> bool:
        """Tell whether an edge feeds this input: then its own value counts for nothing."""
        return (node_id, name) in self._fed

    def exposes(self, node_id: str, name: str) -> bool:
        """Tell whether the author exposed this input."""
        return (node_id, name) in self._shown

    @cached_property
    def _shown(self) -> frozenset[tuple[str, str]]:
        return frozenset((one.node_id, one.name) for one in self.exposed)

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
    unwrapped = _unwrap(raw)
    if not isinstance(unwrapped, dict):
        raise DocumentError(f"That file is JSON, but not a workflow. {_HOW}")
    document = cast("dict[str, Any]", unwrapped)
    version = _version(document)
    raw_nodes = [mapping(node) for node in sequence(document.get("nodes"))]
    # The first generation wrote no version into its nodes where that was the first.
    fallback = "1.0.0" if version.startswith("1.") else ""
    nodes = {node.id: node for node in (_node(raw_node, fallback) for raw_node in raw_nodes) if node}
    if not nodes:
        raise DocumentError("That workflow is empty: it has no nodes, so there is nothing to run.")
    connectors = frozenset(_id(node.get("id")) for node in raw_nodes if node.get("type") == "connector") - {*nodes, ""}
    wires = tuple(_wires(sequence(document.get("edges")), {*nodes, *connectors}))
    edges = resolved(wires, connectors)
    exposed = tuple(_exposed(document, nodes, version))
    for name, found, most in (
        ("nodes", [*nodes, *connectors], MAX_NODES),
        ("edges", wires, MAX_EDGES),
        ("exposed fields", exposed, MAX_EXPOSED),
    ):
        if len(found) > most:
            raise DocumentError(f"That workflow has {len(found):,} {name}; up to {most:,} are fine here.")
    about = {key: text(document.get(key)).strip() for key in ("name", "description", "author", "contact", "tags")}
    return Document(
        **about,
        notes=text(document.get("notes")),
        version=version,
        nodes=nodes,
        edges=edges,
        exposed=exposed,
        meta=mapping(document.get("meta")),
        connectors=connectors,
        wires=wires if wires != edges else (),
    )


def resolved(wires: tuple[Edge, ...], connectors: frozenset[str]) -> tuple[Edge, ...]:
    """Return the edges between nodes: connectors are followed to what feeds them, what nothing feeds vanishes."""
    # The first edge into a connector is the one that counts.
    upstream = {
        wire.target: wire for wire in reversed(wires) if wire.target in connectors and wire.target_field == CONNECTOR_IN
    }
    edges = (_behind(wire, upstream, connectors) for wire in wires if wire.target not in connectors)
    return tuple(dict.fromkeys(edge for edge in edges if edge))


def _behind(wire: Edge, upstream: Mapping[str, Edge], connectors: frozenset[str]) -> Edge | None:
    source, seen = wire, set[str]()
    while source.source in connectors:
        if source.source in seen or source.source not in upstream:
            return None
        seen.add(source.source)
        source = upstream[source.source]
    return Edge(source.source, source.source_field, wire.target, wire.target_field)


def _unwrap(raw: Any) -> object:
    """Return the workflow in what a server answers: a record of its library, or what an image was made with."""
    for _ in range(_MAX_WRAPPINGS):
        held, items = mapping(raw), sequence(raw)
        if isinstance(raw, str) and raw.lstrip().startswith("{"):
            raw = _parse(raw.encode("utf-8", "surrogatepass"))
        elif len(items) == 1:
            raw = items[0]
        elif "nodes" not in held and isinstance(held.get("workflow"), dict | str):
            raw = held["workflow"]
    return cast("object", raw)


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
        raise DocumentError(
            f"That workflow has format {version[:20]}, which is newer than this bot knows (up to 4): "
            "it was made with a newer InvokeAI."
        )
    return version


def _node(raw: dict[str, Any], fallback: str) -> Node | None:
    data, node_id = mapping(raw.get("data")), _id(raw.get("id"))
    if raw.get("type") != "invocation" or not node_id or not _id(data.get("type")):
        return None
    inputs = {str(name): _input(str(name), value) for name, value in mapping(data.get("inputs")).items()}
    return Node(
        id=node_id,
        type=_id(data["type"]),
        label=text(data.get("label")).strip(),
        version=text(data.get("version")) or fallback,
        pack=text(data.get("nodePack")).strip(),
        is_intermediate=bool(data.get("isIntermediate", False)),
        inputs=inputs,
    )


def _id(value: object) -> str:
    """Return a name as the editor reads it: without the space around it."""
    return text(value).strip()


def _input(name: str, raw: object) -> Input:
    held = mapping(raw)
    return Input(
        name=name,
        label=text(held.get("label")).strip(),
        description=text(held.get("description")).strip(),
        value=held.get("value", MISSING),
    )


def _wires(raw_edges: list[Any], ends: Set[str]) -> Iterator[Edge]:
    for raw in map(mapping, raw_edges):
        wire = Edge(*(_id(raw.get(key)) for key in ("source", "sourceHandle", "target", "targetHandle")))
        drawn = raw.get("type", "default") == "default" and wire.source_field and wire.target_field
        if drawn and wire.source in ends and wire.target in ends:
            yield wire


def _exposed(document: dict[str, Any], nodes: Mapping[str, Node], version: str) -> Iterator[Exposed]:
    # The form came with the third generation; the editor strips it from older ones.
    form = mapping(document.get("form")) if int(version.partition(".")[0]) >= 3 else {}
    elements = list(forms.elements(form)) if forms.is_sound(form) else []
    if elements:
        candidates = list(_from_form(elements))
    else:
        candidates = [_from_pair(mapping(pair), {}) for pair in sequence(document.get("exposedFields"))]
    seen: set[tuple[str, str]] = set()
    for exposed in candidates:
        if exposed and exposed.node_id in nodes and (exposed.node_id, exposed.name) not in seen:
            seen.add((exposed.node_id, exposed.name))
            yield exposed


def _from_form(elements: Iterable[dict[str, Any]]) -> Iterator[Exposed | None]:
    group = ""
    for element in elements:
        data = mapping(element.get("data"))
        if element.get("type") in {"heading", "text"}:
            group = text(data.get("content")).strip()
        elif element.get("type") == "node-field":
            found = _from_pair(mapping(data.get("fieldIdentifier")), mapping(data.get("settings")), "form")
            yield replace(found, group=group) if found else None


def _from_pair(pair: dict[str, Any], settings: dict[str, Any], source: str = "exposedFields") -> Exposed | None:
    node_id, name = _id(pair.get("nodeId")), _id(pair.get("fieldName"))
    return Exposed(node_id, name, settings, source) if node_id and name else None
