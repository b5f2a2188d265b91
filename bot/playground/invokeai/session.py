"""One run of a graph: lists spread nodes over copies ("prepared" nodes), and each copy runs once."""

import itertools
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.playground.invokeai.graph import Edge, End, Graph
from bot.playground.invokeai.nodes.base import Node, Output
from bot.playground.invokeai.nodes.flow import CollectInvocation, IterateInvocation

Axes = dict[str, int]
"""Which item of which iterator a copy belongs to, the outermost first."""


@dataclass
class Prepared:
    """One copy of a node, with the copies that feed it."""

    node: Node
    source_id: str
    axes: Axes
    feeds: list[tuple[Edge, str]]


@dataclass
class Session:
    """The state of a run, as a queue item shows it."""

    id: str
    graph: Graph
    prepared: dict[str, Prepared] = field(default_factory=dict[str, Prepared])
    results: dict[str, Output] = field(default_factory=dict[str, Output])
    errors: dict[str, str] = field(default_factory=dict[str, str])
    done: list[str] = field(default_factory=list[str])
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def copies(self, source_id: str) -> list[Prepared]:
        return [copy for copy in self.prepared.values() if copy.source_id == source_id]

    def walk(self) -> Iterator[Prepared]:
        """The copies in the order in which they run. Ask for the next when the one before is complete."""
        for source_id in self.graph.order():
            batch = list(_prepare(self, source_id))
            for copy in batch:
                self.prepared[copy.node.id] = copy
            yield from batch
            self.done.append(source_id)

    def fill(self, copy: Prepared) -> None:
        """Take the inputs from the results that feed them; a value of the wrong type is a ValidationError."""
        node = copy.node
        values = [(edge, _given(self.results[source], edge)) for edge, source in copy.feeds]
        if isinstance(node, CollectInvocation):
            before = [item for edge, value in values if edge.destination.field == "collection" for item in value]
            node.collection = before + [value for edge, value in values if edge.destination.field == "item"]
            return
        taken = {edge.destination.field: value for edge, value in values}
        if taken:
            filled = type(node).model_validate({**node.__dict__, **(node.model_extra or {}), **taken})
            copy.node = filled

    def wire(self) -> dict[str, Any]:
        executed = [*self.results, *self.done]
        return {
            "id": self.id,
            "graph": self.graph.wire(),
            "execution_graph": self._execution_graph(),
            "executed": executed,
            "executed_history": list(self.done),
            "results": {prepared_id: output.wire() for prepared_id, output in self.results.items()},
            "errors": dict(self.errors),
            "workflow_call_stack": [],
            "workflow_call_history": [],
            "workflow_call_parent": None,
            "waiting_workflow_call": None,
            "waiting_workflow_call_execution": None,
            "waiting_workflow_call_child_session": None,
            "max_workflow_call_depth": 4,
            "prepared_source_mapping": {one: copy.source_id for one, copy in self.prepared.items()},
            "source_prepared_mapping": self._by_source(),
            "prepared_iteration_paths": {one: list(copy.axes.values()) for one, copy in self.prepared.items()},
            "ready_order": [],
            "indegree": {
                one: sum(source not in self.results for _, source in copy.feeds) for one, copy in self.prepared.items()
            },
        }

    def _by_source(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {source_id: [] for source_id in self.done}
        for one, copy in self.prepared.items():
            found.setdefault(copy.source_id, []).append(one)
        return found

    def _execution_graph(self) -> dict[str, Any]:
        edges = [
            Edge(
                source=End(node_id=source, field=edge.source.field),
                destination=End(node_id=prepared_id, field=edge.destination.field),
            ).model_dump()
            for prepared_id, copy in self.prepared.items()
            for edge, source in copy.feeds
        ]
        nodes = {prepared_id: copy.node.wire() for prepared_id, copy in self.prepared.items()}
        return {"id": self.run_id, "nodes": nodes, "edges": edges}


def cache_key(node: Node) -> str:
    return json.dumps(node.model_dump(mode="json", exclude={"id"}), sort_keys=True)


def _given(output: Output, edge: Edge) -> Any:
    return getattr(output, edge.source.field)


def _prepare(session: Session, source_id: str) -> Iterator[Prepared]:
    node = session.graph.nodes[source_id]
    edges = session.graph.into(source_id)
    if isinstance(node, CollectInvocation):
        yield from _gather(session, node, edges)
        return
    for axes, feeds in _meet(session, edges):
        if isinstance(node, IterateInvocation):
            edge, source = feeds[0]
            for index in range(len(_given(session.results[source], edge))):
                yield _copy(node, {**axes, source_id: index}, feeds, index=index, use_cache=False)
        else:
            yield _copy(node, axes, feeds)


def _copy(node: Node, axes: Axes, feeds: list[tuple[Edge, str]], **changed: Any) -> Prepared:
    return Prepared(node.model_copy(update={"id": str(uuid.uuid4()), **changed}, deep=True), node.id, axes, feeds)


def _meet(session: Session, edges: list[Edge]) -> Iterator[tuple[Axes, list[tuple[Edge, str]]]]:
    """Every choice of one copy from each feeding node, where the copies belong to the same items."""
    sources = list(dict.fromkeys(edge.source.node_id for edge in edges))
    for chosen in itertools.product(*(session.copies(source) for source in sources)):
        axes: Axes = {}
        if all(_agree(axes, copy.axes) and not axes.update(copy.axes) for copy in chosen):
            ids = {copy.source_id: copy.node.id for copy in chosen}
            yield axes, [(edge, ids[edge.source.node_id]) for edge in edges]


def _agree(one: Axes, other: Axes) -> bool:
    return all(other.get(axis, place) == place for axis, place in one.items())


def _gather(session: Session, node: CollectInvocation, edges: list[Edge]) -> Iterator[Prepared]:
    """One copy for each outer item, fed by all the inner ones."""
    for axes in _groups(session, edges):
        feeds = [
            (edge, copy.node.id)
            for edge in edges
            for copy in sorted(session.copies(edge.source.node_id), key=lambda copy: tuple(copy.axes.values()))
            if _agree(axes, copy.axes)
        ]
        yield _copy(node, axes, feeds, use_cache=False)


def _groups(session: Session, edges: list[Edge]) -> list[Axes]:
    groups: list[Axes] = [{}]
    for edge in edges:
        iterators = _iterators(session.graph, edge.source.node_id)
        if edge.destination.field == "item":
            inner = iterators[-1:]
            outer = [session.graph.into(one, "collection")[0].source.node_id for one in inner]
        else:
            outer = [edge.source.node_id] if iterators else []
        for source in outer:
            found = [copy.axes for copy in session.copies(source)]
            groups = [{**one, **other} for one in groups for other in found if _agree(one, other)]
    return list({json.dumps(group): group for group in groups}.values())


def _iterators(graph: Graph, source_id: str) -> list[str]:
    """The iterators whose items a node's copies belong to, the outermost first."""
    node = graph.nodes[source_id]
    found: list[str] = []
    for edge in graph.into(source_id):
        above = _iterators(graph, edge.source.node_id)
        if isinstance(node, CollectInvocation) and edge.destination.field == "item":
            above = above[:-1]
        found += [one for one in above if one not in found]
    return [*found, source_id] if isinstance(node, IterateInvocation) else found
