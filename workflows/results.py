"""What comes out of a workflow: which nodes are its outputs, and which images and videos a finished run made.

Outputs are the results of nodes that the author did not mark intermediate; where there is none, the nodes that make
something and feed nothing. Source: InvokeAI's gallery rule, and documents whose only image nodes are intermediate
leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from workflows._json import mapping, sequence
from workflows.batches import NODE_TYPES
from workflows.document import Document, Node
from workflows.models import Session
from workflows.schema import NodeSchema, Schemas


class MediaKind(StrEnum):
    """The two sorts of files that a run makes; InvokeAI keeps them apart."""

    IMAGE = "image"
    VIDEO = "video"


@dataclass(frozen=True)
class Output:
    """One node whose images or videos are posted."""

    node_id: str
    type: str
    title: str
    collection: bool
    kind: MediaKind = MediaKind.IMAGE


@dataclass(frozen=True, order=True)
class Made:
    """An image or a video by the name that the backend gave it."""

    kind: MediaKind
    name: str


def outputs(document: Document, schemas: Schemas, chosen: Sequence[str] = ()) -> list[Output]:
    """Return the nodes whose images and videos are the results of a document that was brought to the backend.

    `chosen` names the nodes that an admin picked, in the order of their results; those that are gone, or make nothing
    any more, are passed over, and where none is left the document's own marks count again.
    """
    makers = {
        node.id: (node, _output(node, schema))
        for node in document.nodes.values()
        if (schema := schemas.nodes.get(node.type)) and _makes(schema) and node.type not in NODE_TYPES
    }
    if picked := [makers[node_id][1] for node_id in dict.fromkeys(chosen) if node_id in makers]:
        return picked
    if marked := [output for node, output in makers.values() if not node.is_intermediate]:
        return marked
    feeding = {edge.source for edge in document.edges}
    return [output for node_id, (_, output) in makers.items() if node_id not in feeding]


def made_by(session: Session, output_ids: Sequence[str]) -> list[Made]:
    """Return the images and videos that a run's outputs hold: by node, then by iteration, each once.

    Nodes that only pass on what they were given repeat the names of their inputs, uploads included.
    """
    order = {node_id: place for place, node_id in enumerate(output_ids)}
    prepared = [key for key in session.results if session.prepared_source_mapping.get(key) in order]
    prepared.sort(key=lambda key: (order[session.prepared_source_mapping[key]], _iteration(session, key)))
    return list(dict.fromkeys(made for key in prepared for made in made_in(session.results[key])))


_KEYS = {"image_name": MediaKind.IMAGE, "video_name": MediaKind.VIDEO}


def made_in(value: object) -> Iterator[Made]:
    """Yield every image and video that a result names, however deep it stands."""
    if isinstance(value, list):
        for item in sequence(cast("list[Any]", value)):
            yield from made_in(item)
        return
    for key, inner in mapping(value).items():
        if key in _KEYS and isinstance(inner, str):
            yield Made(_KEYS[key], inner)
        else:
            yield from made_in(inner)


def _makes(schema: NodeSchema) -> bool:
    return bool(schema.image_output or schema.video_output)


def _output(node: Node, schema: NodeSchema) -> Output:
    kind = MediaKind.VIDEO if schema.video_output else MediaKind.IMAGE
    return Output(node.id, node.type, node.label or schema.title, schema.output_is_collection, kind)


def _iteration(session: Session, key: str) -> list[int]:
    return session.prepared_iteration_paths.get(key, [])
