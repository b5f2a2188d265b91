"""A document and values become the body that `enqueue_batch` takes, by the rules of InvokeAI's own editor.

Pure. Source of the rules: the editor's graph builder in 6.14.2, and runs of its workflows on a real server.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from workflows import batches, match
from workflows._json import mapping
from workflows.document import MISSING, Document, Node
from workflows.models import ModelRecord
from workflows.schema import FieldSchema, Schemas


@dataclass(frozen=True)
class Batch:
    """What one run of a workflow enqueues. `data` makes several queue items of one graph."""

    graph: dict[str, Any]
    data: list[list[dict[str, Any]]]

    @property
    def size(self) -> int:
        """How many queue items it becomes."""
        return batches.size(self.data)

    def body(self, batch_id: str, origin: str) -> dict[str, Any]:
        """Return the request's JSON. `batch_id` is also the destination, by which items are found again."""
        batch: dict[str, Any] = {
            "batch_id": batch_id,
            "origin": origin,
            "destination": batch_id,
            "graph": self.graph,
            "runs": 1,
        }
        if self.data:
            batch["data"] = self.data
        return {"prepend": False, "batch": batch}


def compile_batch(
    document: Document,
    schemas: Schemas,
    values: Mapping[tuple[str, str], Any],
    models: Sequence[ModelRecord] = (),
    random: Random | None = None,
) -> Batch:
    """Compile a document, with `values` by (node id, field name) in place of its own.

    Raises UserError where a batch or generator node cannot be worked out.
    """
    skipped = batches.NODE_TYPES
    nodes = {
        node.id: _node(document, node, schemas, values, models)
        for node in document.nodes.values()
        if node.type not in skipped and node.type in schemas.nodes
    }
    edges = [
        {
            "source": {"node_id": edge.source, "field": edge.source_field},
            "destination": {"node_id": edge.target, "field": edge.target_field},
        }
        for edge in document.edges
        if edge.source in nodes and edge.target in nodes and _takes(document, schemas, edge.target, edge.target_field)
    ]
    data = batches.data(document, schemas, values, random or Random())  # noqa: S311  not a secret
    return Batch({"id": str(uuid.uuid4()), "nodes": nodes, "edges": edges}, data)


def _takes(document: Document, schemas: Schemas, node_id: str, name: str) -> bool:
    """Tell whether the field still exists: edges to removed ones are dropped, as the editor drops them."""
    return schemas.field(document.nodes[node_id].type, name) is not None


def _node(
    document: Document,
    node: Node,
    schemas: Schemas,
    values: Mapping[tuple[str, str], Any],
    models: Sequence[ModelRecord],
) -> dict[str, Any]:
    built: dict[str, Any] = {
        "id": node.id,
        "type": node.type,
        # Cached results would share image names between jobs: deleting one job's output would delete another's.
        "use_cache": False,
        # Nothing of a job belongs in the gallery of the people who use the same server.
        "is_intermediate": True,
    }
    for name, field in schemas.nodes[node.type].fields.items():
        if field.connection_only or document.fed(node.id, name):
            continue
        value = values.get((node.id, name), _held(node, name))
        # The server refuses nulls; what is absent takes its default.
        if value is not MISSING and value is not None:
            built |= _literal(name, field, value, models)
    if node.type == "core_metadata":
        # It takes entries of any name, but none may make another node of it.
        known = {*built, *schemas.nodes[node.type].fields}
        built |= {k: v.value for k, v in node.inputs.items() if k not in known and v.value not in (MISSING, None)}
    return built


def _held(node: Node, name: str) -> Any:
    held = node.inputs.get(name)
    if held is None and node.type == "image_collection" and name == "images":
        # The field was called "collection" until 6.0.
        held = node.inputs.get("collection")
    return MISSING if held is None else held.value


def _literal(name: str, field: FieldSchema, value: Any, models: Sequence[ModelRecord]) -> dict[str, Any]:
    if field.type == "BoardField":
        # Results go to Discord and then away; a board would hold nothing.
        return {}
    if field.type == "ModelIdentifierField":
        found = match.find(value, match.fitting(field.models, models))
        return {name: {**mapping(value), **found.identifier()} if found else value}
    return {name: value}
