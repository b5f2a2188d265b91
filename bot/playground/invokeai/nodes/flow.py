"""Nodes that spread a list over copies of the graph and gather the copies' results again."""

from typing import Any, Literal

from bot.playground.invokeai.fields import optional
from bot.playground.invokeai.nodes.base import Context, Node, Spec, kind, uncached
from bot.playground.invokeai.nodes.outputs import CollectInvocationOutput, IterateInvocationOutput


class IterateInvocation(Node):
    """Runs what follows once for each item of a list."""

    spec = Spec("IterateInvocation", "1.1.0", None, (), IterateInvocationOutput)
    use_cache: bool = uncached()
    collection: list[Any] = optional([], "The items", ui_type="CollectionField")
    index: int = optional(0, "Which item this copy has", ui_hidden=True)
    type: Literal["iterate"] = kind("iterate")

    def run(self, context: Context) -> IterateInvocationOutput:
        return IterateInvocationOutput(item=self.collection[self.index], index=self.index, total=len(self.collection))

    def wire(self) -> dict[str, Any]:
        return {**super().wire(), "collection": []}


class CollectInvocation(Node):
    """Gathers the results of the copies into one list."""

    spec = Spec("CollectInvocation", "1.1.0", None, (), CollectInvocationOutput)
    use_cache: bool = uncached()
    item: Any | None = optional(
        None, "What to gather", "connection", ui_type="CollectionItemField", title="Collection Item"
    )
    collection: list[Any] = optional([], "What to put before it", "connection", ui_type="CollectionField")
    type: Literal["collect"] = kind("collect")

    def run(self, context: Context) -> CollectInvocationOutput:
        return CollectInvocationOutput(collection=self.collection)

    def wire(self) -> dict[str, Any]:
        return {**super().wire(), "collection": []}
