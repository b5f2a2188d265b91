"""The graph as a client sends it, and what is checked before it may enter the queue."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import BaseModel, ConfigDict, Field

from bot.playground.invokeai import wiring
from bot.playground.invokeai.nodes import NODES
from bot.playground.invokeai.nodes.base import Node
from bot.playground.invokeai.nodes.flow import CollectInvocation, IterateInvocation

if TYPE_CHECKING:
    AnyNode = Node
else:
    AnyNode = Annotated[Union[NODES], Field(discriminator="type")]  # noqa: UP007 - a tuple of types, not an X | Y


class End(BaseModel):
    """One end of an edge."""

    model_config = ConfigDict(frozen=True)

    node_id: str
    field: str


class Edge(BaseModel):
    """From an output to an input."""

    model_config = ConfigDict(frozen=True)

    source: End
    destination: End

    def __str__(self) -> str:
        return f"{self.source.node_id}.{self.source.field} -> {self.destination.node_id}.{self.destination.field}"


class Graph(BaseModel):
    """Nodes by their ids, and the edges between them."""

    id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    nodes: dict[str, AnyNode] = Field(default_factory=dict[str, AnyNode])
    edges: list[Edge] = Field(default_factory=list[Edge])

    def into(self, node_id: str, field: str | None = None) -> list[Edge]:
        return [
            edge
            for edge in self.edges
            if edge.destination.node_id == node_id and field in (None, edge.destination.field)
        ]

    def out_of(self, node_id: str, field: str) -> list[Edge]:
        return [edge for edge in self.edges if (edge.source.node_id, edge.source.field) == (node_id, field)]

    def order(self) -> list[str]:
        """The nodes' ids so that each comes after those that feed it; shorter if there is a circle."""
        waits = {node_id: len(self.into(node_id)) for node_id in self.nodes}
        ready = [node_id for node_id, count in waits.items() if not count]
        for node_id in ready:
            for edge in self.edges:
                if edge.source.node_id == node_id:
                    waits[edge.destination.node_id] -= 1
                    if not waits[edge.destination.node_id]:
                        ready.append(edge.destination.node_id)
        return ready

    def wire(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "nodes": {node_id: node.wire() for node_id, node in self.nodes.items()},
            "edges": [edge.model_dump() for edge in self.edges],
        }


def checked(graph: Graph) -> Graph:
    """The graph, if it can run; a ValueError in the server's words otherwise."""
    for complaint in _complaints(graph):
        raise ValueError(complaint)
    return graph


def _complaints(graph: Graph) -> Iterator[str]:
    nodes = graph.nodes
    ids = [node.id for node in nodes.values()]
    if len(set(ids)) != len(ids):
        yield f"Node ids must be unique, found duplicates {[one for one in ids if ids.count(one) > 1]}"
    for key, node in nodes.items():
        if key != node.id:
            yield f"Node ids must match, got {key} and {node.id}"
    yield from _ends(graph, nodes)
    if len(graph.order()) < len(nodes):
        yield "Graph contains cycles"
    for edge in graph.edges:
        given = wiring.output_type(nodes[edge.source.node_id], edge.source.field)
        wanted = wiring.input_type(nodes[edge.destination.node_id], edge.destination.field)
        if not wiring.fits(given, wanted):
            yield f"Edge source and target types do not match ({edge})"
    yield from _lists(graph, nodes)


def _ends(graph: Graph, nodes: dict[str, Node]) -> Iterator[str]:
    for edge in graph.edges:
        source, destination = nodes.get(edge.source.node_id), nodes.get(edge.destination.node_id)
        if source is None:
            yield f"Edge source node {edge.source.node_id} does not exist in the graph"
        elif destination is None:
            yield f"Edge destination node {edge.destination.node_id} does not exist in the graph"
        elif edge.source.field not in source.spec.gives.model_fields:
            yield f"Edge source field {edge.source.field} does not exist in node {edge.source.node_id}"
        elif edge.destination.field not in type(destination).model_fields:
            yield f"Edge destination field {edge.destination.field} does not exist in node {edge.destination.node_id}"


def _lists(graph: Graph, nodes: dict[str, Node]) -> Iterator[str]:
    for node in nodes.values():
        if isinstance(node, IterateInvocation) and (problem := _iterator_problem(graph, nodes, node.id)):
            yield f"Invalid iterator node ({node.id}): {problem}"
        if isinstance(node, CollectInvocation) and (problem := _collector_problem(graph, nodes, node.id)):
            yield f"Invalid collector node ({node.id}): {problem}"


def _iterator_problem(graph: Graph, nodes: dict[str, Node], node_id: str) -> str | None:
    inputs = graph.into(node_id, "collection")
    if not inputs:
        return "Iterator must have a collection input edge"
    if len(inputs) > 1:
        return "Iterator may only have one input edge"
    source = inputs[0].source
    given = wiring.output_type(nodes[source.node_id], source.field)
    if not wiring.is_list(given):
        return "Iterator input must be a collection"
    gathered = isinstance(nodes[source.node_id], CollectInvocation)
    items = _gathered_types(graph, nodes, source.node_id) if gathered else wiring.item_types(given)
    if not _feeds(graph, nodes, node_id, "item", items):
        return "Iterator outputs must connect to an input with a matching type"
    return None


def _collector_problem(graph: Graph, nodes: dict[str, Node], node_id: str) -> str | None:
    if not graph.into(node_id, "item") and not graph.into(node_id, "collection"):
        return "Collector must have at least one item or collection input edge"
    if len(_gathered_types(graph, nodes, node_id) - {Any}) > 1:
        return "Collector input collection items must be of a single type"
    lists: set[Any] = {list[one] for one in _gathered_types(graph, nodes, node_id)}
    if not _feeds(graph, nodes, node_id, "collection", lists):
        # The real server stumbles over its own check here, and answers 500.
        raise TypeError("issubclass() arg 2 must be a class, a tuple of classes, or a union")
    return None


def _gathered_types(graph: Graph, nodes: dict[str, Node], node_id: str) -> set[Any]:
    found: set[Any] = set()
    for edge in graph.into(node_id, "item"):
        found.add(wiring.output_type(nodes[edge.source.node_id], edge.source.field))
    for edge in graph.into(node_id, "collection"):
        if isinstance(nodes[edge.source.node_id], CollectInvocation):
            found |= _gathered_types(graph, nodes, edge.source.node_id)
        else:
            found |= wiring.item_types(wiring.output_type(nodes[edge.source.node_id], edge.source.field))
    return found


def _feeds(graph: Graph, nodes: dict[str, Node], node_id: str, field: str, given: set[Any]) -> bool:
    wanted = [
        wiring.input_type(nodes[edge.destination.node_id], edge.destination.field)
        for edge in graph.out_of(node_id, field)
    ]
    return all(wiring.fits(one, want) for one in given for want in wanted)
