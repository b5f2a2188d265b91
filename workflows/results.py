"""What comes out of a workflow: which nodes are its outputs, and which images a finished run made.

Outputs are the results of nodes that the author did not mark intermediate; where there is none, the image nodes that
feed nothing. Source: InvokeAI's gallery rule, and documents whose only image nodes are intermediate leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from workflows._json import mapping, sequence
from workflows.batches import NODE_TYPES
from workflows.document import Document
from workflows.models import Session
from workflows.schema import Schemas


@dataclass(frozen=True)
class Output:
    """One node whose images are posted."""

    node_id: str
    type: str
    title: str
    collection: bool


def outputs(document: Document, schemas: Schemas, picked: Sequence[str] = ()) -> list[Output]:
    """Return the nodes whose images are the workflow's results."""
    makers = [
        (node, schema)
        for node in document.nodes.values()
        if (schema := schemas.nodes.get(node.type)) and schema.image_output and node.type not in NODE_TYPES
    ]
    feeding = {edge.source for edge in document.edges}
    chosen = [pair for pair in makers if pair[0].id in picked]
    chosen = chosen or [pair for pair in makers if not pair[0].is_intermediate]
    chosen = chosen or [pair for pair in makers if pair[0].id not in feeding]
    return [
        Output(node.id, node.type, node.label or schema.title, schema.output_is_collection) for node, schema in chosen
    ]


def result_images(session: Session, output_ids: Sequence[str]) -> list[str]:
    """Return the image names that a run's outputs hold: by node, then by iteration, each once.

    Nodes that only pass images on repeat the names of their inputs, uploads included.
    """
    order = {node_id: place for place, node_id in enumerate(output_ids)}
    prepared = [key for key in session.results if session.prepared_source_mapping.get(key) in order]
    prepared.sort(key=lambda key: (order[session.prepared_source_mapping[key]], _iteration(session, key)))
    return list(dict.fromkeys(name for key in prepared for name in image_names(session.results[key])))


def image_names(value: object) -> Iterator[str]:
    """Yield every image name in a result, however deep it stands."""
    if isinstance(value, list):
        for item in sequence(cast("list[Any]", value)):
            yield from image_names(item)
        return
    for key, inner in mapping(value).items():
        if key == "image_name" and isinstance(inner, str):
            yield inner
        else:
            yield from image_names(inner)


def _iteration(session: Session, key: str) -> list[int]:
    return session.prepared_iteration_paths.get(key, [])
