"""Which InvokeAI this is: its version, its nodes, and what of theirs it takes into the queue."""

from collections.abc import Iterable, Set
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, create_model

from bot.playground.invokeai.batch import Batch, Enqueue
from bot.playground.invokeai.graph import Graph
from bot.playground.invokeai.nodes import NODES
from bot.playground.invokeai.nodes.base import Node, type_of
from bot.playground.invokeai.schema import openapi

VERSION = "6.14.2"


class Release:
    """One version of the server. An upgrade puts another one in its place."""

    def __init__(self, version: str = VERSION, nodes: tuple[type[Node], ...] = NODES) -> None:
        self.version = version
        self.nodes = nodes

    def upgraded(self, version: str, without: Set[str], nodes: Iterable[type[Node]]) -> "Release":
        """The same without some node types, and with others new or instead of those of the same type."""
        others = {type_of(node): node for node in nodes}
        kept = {type_of(node): node for node in self.nodes if type_of(node) not in without}
        return Release(version, tuple({**kept, **others}.values()))

    @cached_property
    def openapi(self) -> dict[str, Any]:
        return openapi(self.nodes)

    @cached_property
    def graph(self) -> type[Graph]:
        if self.nodes == NODES:
            return Graph
        union: Any = self.nodes[0]
        for node in self.nodes[1:]:
            union = union | node
        nodes: Any = dict.__class_getitem__((str, Annotated[union, Field(discriminator="type")]))
        return create_model(
            "Graph",
            __base__=Graph,
            nodes=(nodes, Field(default_factory=dict[str, Any])),
        )

    @cached_property
    def enqueue(self) -> type[Enqueue]:
        if self.nodes == NODES:
            return Enqueue
        batch = create_model("Batch", __base__=Batch, graph=(self.graph, ...))
        return create_model("Enqueue", __base__=Enqueue, batch=(batch, ...))
