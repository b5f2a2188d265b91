"""Which edges of a document the editor keeps when it loads it: the rules by which two fields may be connected.

Pure. Source: the editor's validation of connections in InvokeAI 6.14.2. It goes through the edges in the order of the
file, and looks at each beside those that it kept before.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from workflows.document import CONNECTOR_IN, CONNECTOR_OUT, Document, Edge, Node, resolved
from workflows.schema import Cardinality, FieldSchema, FieldType, Schemas

_NOTHING: frozenset[Edge] = frozenset()
_BRANCHES = {"true_input": "false_input", "false_input": "true_input"}


def edges(document: Document, schemas: Schemas) -> tuple[Edge, ...]:
    """Return the edges that the editor keeps, with their connectors resolved.

    Edges from or to a node type that the backend lacks are kept: such a document cannot run, and is refused for that.
    """
    wires, connectors = document.wires or document.edges, document.connectors
    kept = _kept(document, schemas, wires, connectors)
    if not connectors:
        return kept
    # A connector hides what it joins from some of the rules: the second look is at the edges that the server sees.
    return _kept(document, schemas, resolved(kept, connectors), frozenset())


def _kept(
    document: Document, schemas: Schemas, wires: tuple[Edge, ...], connectors: frozenset[str]
) -> tuple[Edge, ...]:
    wiring = _Wiring(document, schemas, connectors)
    return tuple(dict.fromkeys(wire for wire in wires if wiring.is_foreign(wire) or wiring.take(wire)))


class _Wiring:
    """The edges that were kept so far, and whether one more fits to them."""

    def __init__(self, document: Document, schemas: Schemas, connectors: frozenset[str]) -> None:
        self._nodes = document.nodes
        self._schemas = schemas
        self._connectors = connectors
        self._into: defaultdict[tuple[str, str], list[Edge]] = defaultdict(list)
        self._out_of: defaultdict[str, list[Edge]] = defaultdict(list)
        self._taken: set[Edge] = set()
        self._bits = {node_id: 1 << place for place, node_id in enumerate([*document.nodes, *connectors])}
        #: What each node leads to, itself included, a bit each.
        self._leads_to = dict(self._bits)

    def is_foreign(self, wire: Edge) -> bool:
        ends = [self._nodes.get(end) for end in (wire.source, wire.target)]
        return any(node and node.type not in self._schemas.nodes for node in ends)

    def take(self, wire: Edge) -> bool:
        """Keep an edge if it fits."""
        if not self._fits(wire, _NOTHING):
            return False
        self._taken.add(wire)
        self._into[wire.target, wire.target_field].append(wire)
        self._out_of[wire.source].append(wire)
        self._lead(wire)
        return True

    def _lead(self, wire: Edge) -> None:
        source, more = self._bits[wire.source], self._leads_to[wire.target]
        if self._leads_to[wire.source] | more == self._leads_to[wire.source]:
            return
        for node_id, reached in self._leads_to.items():
            if reached & source:
                self._leads_to[node_id] = reached | more

    def _fits(self, wire: Edge, without: frozenset[Edge]) -> bool:
        if wire.source == wire.target or (wire in self._taken and wire not in without):
            return False
        if wire.source in self._connectors and wire.source_field != CONNECTOR_OUT:
            return False
        source = self._behind(wire, without)
        made = self._made_by(source) if source else None
        if source and made is None:
            return False
        if wire.target in self._connectors:
            return self._fits_connector(wire, source, without)
        field = self._field(wire.target, wire.target_field)
        if field is None or field.direct_only:
            return False
        if source is None or made is None:
            return self._fits_unfed(wire, field, without)
        return (
            self._fits_node(wire, source, made, field, without)
            and not self._leads_to[wire.target] & self._bits[wire.source]
        )

    def _fits_connector(self, wire: Edge, source: Edge | None, without: frozenset[Edge]) -> bool:
        if wire.target_field != CONNECTOR_IN or self._first(wire.target, wire.target_field, without):
            return False
        if source is None:
            return True
        below = self._below(wire.target)
        ends = [edge for edge in below if edge.target not in self._connectors]
        besides = without | frozenset(below)
        return all(
            self._fits(Edge(wire.source, wire.source_field, end.target, end.target_field), besides) for end in ends
        )

    def _fits_unfed(self, wire: Edge, field: FieldSchema, without: frozenset[Edge]) -> bool:
        """Tell it of a connector that nothing feeds yet: what it leads to must be able to share one source."""
        others = [edge for edge in self._below(wire.source) if edge not in without]
        return all(
            (other := self._field(edge.target, edge.target_field)) is not None and _share(other.takes, field.takes)
            for edge in others
            if edge.target not in self._connectors and (edge.target, edge.target_field) != (wire.target, field.name)
        )

    def _fits_node(
        self, wire: Edge, source: Edge, made: FieldType, field: FieldSchema, without: frozenset[Edge]
    ) -> bool:
        target_type, source_type = self._nodes[wire.target].type, self._nodes[source.source].type
        if target_type == "collect":
            wanted = self._collected(wire.target, without)
            if wire.target_field == "item":
                given = made
            else:
                joins = source_type == "collect" and (source.source_field, field.name) == ("collection", "collection")
                given = self._collected(source.source, without) if joins else None
            if wanted and given and not _same(given, wanted):
                return False
        if target_type == "if" and not self._fits_branch(wire, made, without):
            return False
        if field.takes.name != "CollectionItemField" and self._first(wire.target, wire.target_field, without):
            return False
        branches = (
            self._branches(source.source, without) if (source_type, source.source_field) == ("if", "value") else []
        )
        return all(_suits(branch, field.takes) for branch in branches or [made])

    def _fits_branch(self, wire: Edge, made: FieldType, without: frozenset[Edge]) -> bool:
        """Tell whether both branches of an `if` would hold what can stand for each other."""
        other = self._first(wire.target, _BRANCHES.get(wire.target_field, ""), without)
        if other is None:
            return True
        held = self._made_by(behind) if (behind := self._behind(other, without)) else None
        return held is not None and _share(made, held)

    def _branches(self, node_id: str, without: frozenset[Edge]) -> list[FieldType]:
        edges = [edge for name in _BRANCHES for edge in self._into.get((node_id, name), ()) if edge not in without]
        held = [self._made_by(behind) for edge in edges if (behind := self._behind(edge, without))]
        return [made for made in held if made]

    def _collected(self, node_id: str, without: frozenset[Edge]) -> FieldType | None:
        """Return the type of the items that a `collect` node already collects, if that can be told."""
        seen: set[str] = set()
        while node_id not in seen:
            seen.add(node_id)
            edge = self._first(node_id, "item", without) or self._first(node_id, "collection", without)
            source = self._nodes.get(edge.source) if edge else None
            if edge is None or source is None:
                return None
            if (edge.target_field, source.type, edge.source_field) == ("collection", "collect", "collection"):
                node_id = source.id
                continue
            made = self._made_by(edge)
            if made is None or made.name == "CollectionField":
                return None
            return replace(made, cardinality=Cardinality.SINGLE)
        return None

    def _behind(self, wire: Edge, without: frozenset[Edge]) -> Edge | None:
        """Return the edge with its connectors followed to what feeds them, or None where nothing does."""
        source, seen = wire, set[str]()
        while source.source in self._connectors:
            if source.source in seen:
                return None
            seen.add(source.source)
            feeding = self._first(source.source, CONNECTOR_IN, without)
            if feeding is None:
                return None
            source = feeding
        return source

    def _made_by(self, source: Edge) -> FieldType | None:
        node: Node | None = self._nodes.get(source.source)
        schema = self._schemas.nodes.get(node.type) if node else None
        return schema.outputs.get(source.source_field) if schema else None

    def _field(self, node_id: str, name: str) -> FieldSchema | None:
        return self._schemas.field(self._nodes[node_id].type, name)

    def _first(self, node_id: str, name: str, without: frozenset[Edge]) -> Edge | None:
        """Return the first edge into a field."""
        return next((edge for edge in self._into.get((node_id, name), ()) if edge not in without), None)

    def _below(self, connector: str) -> list[Edge]:
        """Return every edge that leaves a connector, and those that leave the connectors that it leads to."""
        found: list[Edge] = []
        waiting, seen = [connector], {connector}
        while waiting:
            for edge in self._out_of.get(waiting.pop(), ()):
                found.append(edge)
                if edge.target in self._connectors and edge.target not in seen:
                    seen.add(edge.target)
                    waiting.append(edge.target)
        return found


def _same(one: FieldType, other: FieldType) -> bool:
    """Tell whether two types are one, by the names that the editor or the server gives them."""
    ours = {(kind.name, kind.cardinality, kind.batch) for kind in (one, one.original) if kind}
    theirs = {(kind.name, kind.cardinality, kind.batch) for kind in (other, other.original) if kind}
    return bool(ours & theirs)


def _suits(source: FieldType, target: FieldType) -> bool:
    """Tell whether what leaves an output of one type may go into an input of another."""
    if _same(source, target):
        return True
    if source.batch != target.batch:
        return False
    single, many, either = Cardinality.SINGLE, Cardinality.COLLECTION, Cardinality.EITHER
    ends = (source.cardinality, target.cardinality)
    alike = ends in {(single, single), (many, many), (many, either), (either, either), (single, either)}
    names = (source.name, target.name)
    return (
        (source.name == "CollectionItemField" and target.cardinality is not many)
        or (target.name == "CollectionItemField" and source.cardinality is single)
        or (target.cardinality is either and source.name == target.name)
        or (source.name == "CollectionField" and target.cardinality is not single)
        or (target.name == "CollectionField" and source.cardinality is many)
        or (alike and names in CONVERTED)
        or target.name == "AnyField"
        or (source.name == "AnyField" and alike)
    )


CONVERTED = frozenset({("IntegerField", "FloatField"), ("IntegerField", "StringField"), ("FloatField", "StringField")})


def _share(one: FieldType, other: FieldType) -> bool:
    """Tell whether one source may feed both, or one input hold either: one may also be a list of the other."""
    turned = {one.cardinality, other.cardinality} == {Cardinality.SINGLE, Cardinality.COLLECTION}
    listed = turned and (one.name, one.batch) == (other.name, other.batch)
    return listed or _suits(one, other) or _suits(other, one)
