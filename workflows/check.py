"""Tell, before anybody runs it, what a document would be on this backend: a report for the person who registers it.

Pure: a document, the backend's schemas and its models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflows import batches, match
from workflows.document import MISSING, Document, Node
from workflows.errors import DocumentError
from workflows.inputs import derive
from workflows.models import ModelRecord
from workflows.results import Output, outputs
from workflows.schema import NodeSchema, Schemas
from workflows.values import InputSpec, Kind

#: Node types that no shared server should run for strangers, and why.
REFUSED = {
    "prompt_from_file": "reads any file of the server",
    "save_image_to_file": "leaves copies on the server that nothing can delete",
    "call_saved_workflow": "runs another workflow that cannot be checked",
}
PAID = "_image_generation"


@dataclass(frozen=True)
class Report:
    """What a document becomes. It can be published if `problems` is empty."""

    document: Document
    inputs: tuple[InputSpec, ...]
    outputs: tuple[Output, ...]
    missing_nodes: tuple[str, ...]
    missing_models: tuple[str, ...]
    refused: tuple[str, ...]
    #: Batches that could not be enqueued as they stand.
    unworkable: tuple[str, ...]
    ignored: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it cannot be published: a sentence each."""
        return tuple(self._problems())

    @property
    def ok(self) -> bool:
        return not self.problems

    def _problems(self) -> Iterator[str]:
        if self.missing_nodes:
            yield f"This InvokeAI lacks these nodes: {_listed(self.missing_nodes)}. Install their node pack first."
        if self.refused:
            yield f"Not allowed on a shared server: {'; '.join(self.refused)}."
        if self.missing_models:
            yield f"Not installed on this InvokeAI: {_listed(self.missing_models)}."
        yield from self.unworkable
        if not self.outputs and not self.missing_nodes:
            yield "There is nothing to run: none of its nodes makes an image."

    def require(self) -> None:
        """Raise DocumentError, with every problem, unless the document can be published."""
        if self.problems:
            raise DocumentError("\n".join(self.problems))


def check(document: Document, schemas: Schemas, models: Sequence[ModelRecord] | None) -> Report:
    """Check a document against one backend; without `models`, what it names is believed to be there."""
    inputs = tuple(derive(document, schemas, models))
    nodes = list(document.nodes.values())
    asked = {(spec.node_id, spec.field_name) for spec in inputs if spec.is_asked}
    missing = sorted(
        {node.type for node in nodes if node.type not in schemas.nodes and node.type not in batches.NODE_TYPES}
    )
    return Report(
        document=document,
        inputs=inputs,
        outputs=tuple(outputs(document, schemas)),
        missing_nodes=tuple(missing),
        missing_models=tuple(dict.fromkeys(_missing_models(document, schemas, models, inputs))),
        refused=tuple(dict.fromkeys(_refused(nodes))),
        unworkable=tuple(dict.fromkeys(batches.problems(document, schemas, asked))),
        ignored=tuple(_ignored(document, schemas, inputs)),
        warnings=tuple(_warnings(document, schemas, inputs)),
    )


def _refused(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if node.type in REFUSED:
            yield f"`{node.type}` {REFUSED[node.type]}"
        elif node.type.endswith(PAID):
            yield f"`{node.type}` spends money at a provider"


def _missing_models(
    document: Document, schemas: Schemas, models: Sequence[ModelRecord] | None, inputs: Sequence[InputSpec]
) -> Iterator[str]:
    if models is None:
        return
    asked = {(spec.node_id, spec.field_name) for spec in inputs if spec.kind is Kind.MODEL}
    for node, schema in _known(document, schemas):
        for name, field in schema.fields.items():
            if field.type != "ModelIdentifierField" or field.connection_only or document.fed(node.id, name):
                continue
            fitting = match.fitting(field.models, models)
            held = node.inputs[name].value if name in node.inputs else MISSING
            if (node.id, name) in asked:
                if field.required and not fitting:
                    yield f"any {'/'.join(field.models.bases)} {'/'.join(field.models.types) or 'model'}".replace(
                        "  ", " "
                    )
            elif held not in (MISSING, None) and not match.find(held, fitting):
                yield match.name_of(held)


def _ignored(document: Document, schemas: Schemas, inputs: Sequence[InputSpec]) -> Iterator[str]:
    offered = {(spec.node_id, spec.field_name) for spec in inputs if spec.is_asked}
    for exposed in document.exposed:
        node = document.nodes[exposed.node_id]
        field = schemas.field(node.type, exposed.name)
        if (node.id, exposed.name) in offered or node.type not in schemas.nodes:
            continue
        if field is None:
            yield f"“{exposed.name}” of {node.label or node.type}: this InvokeAI has no such field"
        elif document.fed(node.id, exposed.name):
            yield f"“{field.title}” of {node.label or node.type}: another node feeds it"
        elif field.type == "BoardField":
            yield f"“{field.title}” of {node.label or node.type}: results go to Discord, not to a board"
        else:
            yield f"“{field.title}” of {node.label or node.type}: keeps the value from the file"


def _warnings(document: Document, schemas: Schemas, inputs: Sequence[InputSpec]) -> Iterator[str]:
    for node, schema in _known(document, schemas):
        if node.version and node.version.partition(".")[0] != schema.version.partition(".")[0]:
            yield f"{node.label or schema.title} is of version {node.version}; this InvokeAI has {schema.version}"
    asked = {(spec.node_id, spec.field_name) for spec in inputs if spec.is_asked}
    for node, schema in _known(document, schemas):
        for name, field in schema.fields.items():
            held = node.inputs[name].value if name in node.inputs else MISSING
            empty = held in (MISSING, None) and field.default in (MISSING, None)
            fed = document.fed(node.id, name) or (node.id, name) in asked
            if field.required and not field.internal and empty and not fed:
                where = f"“{field.title}” of {node.label or schema.title}"
                yield f"{where} has no value and is not exposed: the run may fail"


def _known(document: Document, schemas: Schemas) -> Iterator[tuple[Node, NodeSchema]]:
    return ((node, schemas.nodes[node.type]) for node in document.nodes.values() if node.type in schemas.nodes)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
