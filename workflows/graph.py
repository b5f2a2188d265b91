"""A document and values become the body that `enqueue_batch` takes, by the rules of InvokeAI's own editor.

Pure. Source of the rules: the editor's graph builder in 6.14.2, and runs of its workflows on a real server.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from workflows import batches
from workflows.document import MISSING, Document, Node
from workflows.edits import Place
from workflows.literals import FILES, accepts, rematched
from workflows.models import ModelRecord
from workflows.schema import FieldSchema, NodeSchema, Schemas
from workflows.update import OPEN_NODE, update

#: The inputs of a called workflow stand beside the node's own.
_CALLED = "saved_workflow_input::"


@dataclass(frozen=True)
class Batch:
    """What one run of a workflow enqueues. `data` makes several queue items of one graph."""

    graph: dict[str, Any]
    data: list[list[dict[str, Any]]]
    #: By node id, what the server puts into fields that edges feed, until those bring their values.
    assumed: Mapping[str, dict[str, Any]] = dataclasses.field(default_factory=dict[str, dict[str, Any]])

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
    values: Mapping[Place, Any],
    models: Sequence[ModelRecord] = (),
    random: Random | None = None,
    generated: Mapping[str, list[Any]] | None = None,
) -> Batch:
    """Compile a document, with `values` by (node id, field name) in place of its own.

    `generated` holds the items of those generator nodes, by id, that only the server could work out. What the server
    would refuse of the document's own values is left out; `check` tells it. Raises UserError where a batch or
    generator node cannot be worked out.
    """
    loaded = update(document, schemas)
    nodes = {
        node.id: _node(loaded, node, schemas.nodes[node.type], values, models)
        for node in loaded.nodes.values()
        if node.type not in batches.NODE_TYPES and node.type in schemas.nodes
    }
    edges = [
        {
            "source": {"node_id": edge.source, "field": edge.source_field},
            "destination": {"node_id": edge.target, "field": edge.target_field},
        }
        for edge in loaded.edges
        if edge.source in nodes and edge.target in nodes
    ]
    data = batches.data(loaded, schemas, values, random or Random(), generated)  # noqa: S311  not a secret
    varied = {(datum["node_path"], datum["field_name"]) for group in data for datum in group}
    assumed = {node_id: _assumed(loaded, node_id, schemas.nodes[nodes[node_id]["type"]], varied) for node_id in nodes}
    return Batch({"id": str(uuid.uuid4()), "nodes": nodes, "edges": edges}, data, assumed)


def _assumed(document: Document, node_id: str, schema: NodeSchema, varied: Container[Place]) -> dict[str, Any]:
    """Return the defaults of the fields that edges feed, but for those that a batch does: it brings its own."""
    return {
        name: field.default
        for name, field in schema.fields.items()
        if document.fed(node_id, name) and (node_id, name) not in varied and field.default not in (MISSING, None)
    }


def _node(
    document: Document, node: Node, schema: NodeSchema, values: Mapping[Place, Any], models: Sequence[ModelRecord]
) -> dict[str, Any]:
    built: dict[str, Any] = {
        "id": node.id,
        "type": node.type,
        # Cached results would share image names between jobs: deleting one job's output would delete another's.
        "use_cache": False,
        # Nothing of a job belongs in the gallery of the people who use the same server.
        "is_intermediate": True,
    }
    for name, field in schema.fields.items():
        # Results go to Discord and then away; a board would hold nothing.
        if field.connection_only or field.type == "BoardField" or document.fed(node.id, name):
            continue
        if (node.id, name) in values:
            given = values[node.id, name]
            value = given if given is None else rematched(field, given, models)
        else:
            value = _own(document, node, field, models)
        if value is MISSING or value is None:
            # The server checks its own defaults too late: a row with one that does not fit the rest stops its queue.
            value = field.default
        # It refuses nulls.
        if value is not MISSING and value is not None:
            built[name] = value
    if node.type == OPEN_NODE:
        # It takes entries of any name, but none may make another node of it.
        known = {*built, *schema.fields}
        built |= {k: v.value for k, v in node.inputs.items() if k not in known and v.value not in (MISSING, None)}
    if node.type == "call_saved_workflow":
        held = {name: one.value for name, one in node.inputs.items() if name.startswith(_CALLED)}
        built["workflow_inputs"] = {name: value for name, value in held.items() if value is not MISSING}
    return built


def _own(document: Document, node: Node, field: FieldSchema, models: Sequence[ModelRecord]) -> Any:
    """Return what the document holds for a field, MISSING where that is nothing that the server takes."""
    held = node.inputs.get(field.name)
    if held is None or held.value is MISSING or held.value is None:
        return MISSING
    if field.type in FILES and not field.hidden and document.exposes(node.id, field.name):
        # It is asked for; the author's own may be on another server.
        return MISSING
    value = rematched(field, held.value, models)
    return value if accepts(field, value) else MISSING
