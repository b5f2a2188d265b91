"""The body of `enqueue_batch`: its checks, and the graphs that it expands to."""

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field, StrictStr, field_validator, model_validator

from bot.playground.invokeai.documents import WorkflowDocument
from bot.playground.invokeai.fields import ImageField, VideoField
from bot.playground.invokeai.graph import Graph, checked

Scalar = StrictStr | float | int | ImageField | VideoField
Item = Scalar | list[Scalar]


class Datum(BaseModel):
    """The values that one field takes, one after the other."""

    node_path: str
    field_name: str
    items: list[Item] = Field(default_factory=list[Item])


class Batch(BaseModel):
    """A graph, and what varies from run to run."""

    batch_id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    origin: str | None = None
    destination: str | None = None
    data: list[list[Datum]] | None = None
    graph: Graph
    workflow: WorkflowDocument | None = None
    runs: int = Field(default=1, ge=1)

    @field_validator("graph")
    @classmethod
    def _graph_can_run(cls, graph: Graph) -> Graph:
        return checked(graph)

    @field_validator("data")
    @classmethod
    def _data_is_even(cls, data: list[list[Datum]] | None) -> list[list[Datum]] | None:
        seen: set[tuple[str, str]] = set()
        for group in data or []:
            if len({len(datum.items) for datum in group}) > 1:
                raise ValueError("Zipped batch items must all have the same length")
            for datum in group:
                _same_types(datum)
                if (datum.node_path, datum.field_name) in seen:
                    raise ValueError("Each batch data must have unique node_id and field_name")
                seen.add((datum.node_path, datum.field_name))
        return data

    @model_validator(mode="after")
    def _data_has_targets(self) -> "Batch":
        for datum in itertools.chain.from_iterable(self.data or []):
            if datum.node_path not in self.graph.nodes:
                raise ValueError(f"Node {datum.node_path} not found in graph")
            if datum.field_name not in type(self.graph.nodes[datum.node_path]).model_fields:
                raise ValueError(f"Field {datum.field_name} not found in node {datum.node_path}")
        return self

    def requested(self) -> int:
        sizes = [len(group[0].items) if group else 0 for group in self.data or []]
        total = self.runs
        for size in sizes:
            total *= size
        return total

    def values(self) -> Iterator[list[dict[str, Any]]]:
        """For each item to be: which fields take which values."""
        groups = [
            [[_value(datum, place) for datum in group] for place in range(len(group[0].items) if group else 0)]
            for group in self.data or []
        ]
        for _ in range(self.runs):
            for chosen in itertools.product(*groups):
                yield list(itertools.chain.from_iterable(chosen))

    def wire(self) -> dict[str, Any]:
        return {
            "batch_id": self.batch_id,
            "origin": self.origin,
            "destination": self.destination,
            "data": None if self.data is None else [[datum.model_dump() for datum in group] for group in self.data],
            "graph": self.graph.wire(),
            "workflow": self.workflow.wire() if self.workflow else None,
            "runs": self.runs,
        }


class Enqueue(BaseModel):
    """The whole body."""

    batch: Batch
    prepend: bool = False


def _same_types(datum: Datum) -> None:
    if all(isinstance(item, int | float) for item in datum.items):
        return
    if len({type(item) for item in datum.items}) > 1:
        raise ValueError("All items in a batch must have the same type")


def _value(datum: Datum, place: int) -> dict[str, Any]:
    item = datum.items[place]
    plain = item.model_dump() if isinstance(item, ImageField | VideoField) else item
    return {"node_path": datum.node_path, "field_name": datum.field_name, "value": plain}
