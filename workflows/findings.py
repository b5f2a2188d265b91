"""What a document lacks on a backend, one kind of fault after the other: the parts of a report.

Pure. All of it looks at a document that was brought to the backend already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workflows import batches, match
from workflows._json import sequence
from workflows.document import MISSING, Document, Edge, Node
from workflows.edits import Place
from workflows.literals import accepts, base_of, file_names, missing, rematched
from workflows.models import ModelRecord
from workflows.schema import FieldSchema, ModelFilter, NodeSchema, Schemas
from workflows.spec import InputSpec
from workflows.update import same_major
from workflows.wiring import CONVERTED

#: Node types that no shared server should run for strangers, and why.
REFUSED = {
    "prompt_from_file": "reads any file of the server",
    "save_image_to_file": "leaves copies on the server that nothing can delete",
    "call_saved_workflow": "runs another workflow that cannot be checked",
}
PAID = "_image_generation"
#: What the server refuses to enqueue with nothing in it.
_FED: Mapping[str, tuple[str, ...]] = {"iterate": ("collection",), "collect": ("item", "collection")}
#: What stands for InvokeAI's own nodes, and for a pack that an older editor did not know either.
_OWN_PACK = "invokeai"
_NO_PACKS = frozenset({"", "unknown"})


@dataclass(frozen=True)
class MissingModel:
    """A model that a document names and the backend lacks, where it stands, and what could take its place.

    `alternatives` are all installed models that the field takes, those of the same base first.
    """

    node_id: str
    field_name: str
    title: str
    name: str
    filter: ModelFilter
    alternatives: tuple[ModelRecord, ...] = ()

    @property
    def place(self) -> Place:
        return self.node_id, self.field_name


@dataclass(frozen=True)
class Held:
    """One field of a node and the value that it has if nobody is asked for it."""

    node: Node
    schema: NodeSchema
    field: FieldSchema
    value: Any

    @property
    def place(self) -> Place:
        return self.node.id, self.field.name

    @property
    def where(self) -> str:
        return f"“{self.field.title}” of {self.node.label or self.schema.title}"

    @property
    def is_empty(self) -> bool:
        return self.value is MISSING or self.value is None


@dataclass(frozen=True)
class Survey:
    """A document beside a backend: what stands in its fields, and which of them a member is asked for."""

    document: Document
    schemas: Schemas
    models: Sequence[ModelRecord] | None
    inputs: Sequence[InputSpec]

    @cached_property
    def asked(self) -> frozenset[Place]:
        return frozenset(spec.place for spec in self.inputs if spec.is_asked)

    @cached_property
    def known(self) -> tuple[tuple[Node, NodeSchema], ...]:
        nodes = self.document.nodes.values()
        return tuple((node, schema) for node in nodes if (schema := self.schemas.nodes.get(node.type)))

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """Every field that no edge feeds; what an admin put into one counts before what the document holds."""
        given = {spec.place: spec.default for spec in self.inputs if spec.default is not None}
        return tuple(
            Held(node, schema, field, given.get((node.id, name), _value(node, name)))
            for node, schema in self.known
            for name, field in schema.fields.items()
            if not self.document.fed(node.id, name)
        )

    @cached_property
    def fixed(self) -> tuple[Held, ...]:
        """Every field that nobody is asked for and no edge feeds."""
        return tuple(held for held in self.held if held.place not in self.asked and not held.field.internal)


def _value(node: Node, name: str) -> Any:
    held = node.inputs.get(name)
    return MISSING if held is None else held.value


def missing_nodes(document: Document, schemas: Schemas) -> list[Node]:
    """Return a node of each type that the backend lacks, in the order of their types."""
    lacking = {
        node.type: node
        for node in reversed([*document.nodes.values()])
        if node.type not in schemas.nodes and node.type not in batches.NODE_TYPES
    }
    return [lacking[node_type] for node_type in sorted(lacking)]


def told_missing(nodes: Iterable[Node]) -> str:
    """Return the sentences about node types that the backend lacks, as far as the document tells whose they are."""
    packed = [node for node in nodes if node.pack.casefold() not in _NO_PACKS | {_OWN_PACK}]
    own = [node for node in nodes if node.pack.casefold() == _OWN_PACK]
    others = [node for node in nodes if node.pack.casefold() in _NO_PACKS]
    names = [f"`{node.type}`" for node in (*own, *others)]
    names += [f"`{node.type}` of the pack **{node.pack[:80]}**" for node in packed]
    lacking = "the node" if len(names) == 1 else "these nodes:"
    sentences = [f"This InvokeAI lacks {lacking} {', '.join(names)}."]
    if packed:
        sentences.append("Install their node pack first.")
    if own:
        sentences.append(f"{_subject(own, names)} another version of InvokeAI.")
    if others:
        sentences.append(f"{_subject(others, names)} a node pack, or another version of InvokeAI.")
    return " ".join(sentences)


def _subject(nodes: Sequence[Node], names: Sequence[str]) -> str:
    """Name the nodes once more only where it would not be clear which are meant."""
    if len(nodes) < len(names):
        return f"{', '.join(f'`{node.type}`' for node in nodes)} come{'s' if len(nodes) == 1 else ''} from"
    return "It comes from" if len(nodes) == 1 else "They come from"


def refused(nodes: Iterable[Node], allow_paid: bool) -> Iterator[str]:
    for node in nodes:
        if node.type in REFUSED:
            yield f"`{node.type}` {REFUSED[node.type]}"
        elif node.type.endswith(PAID) and not allow_paid:
            yield (
                f"`{node.type}` spends money at a provider (the operator can allow it: `paid_providers = true` under "
                "[limits])"
            )


def missing_models(survey: Survey) -> Iterator[MissingModel]:
    """Yield the models that stand in fixed fields and are not installed, and what is asked for and cannot be given."""
    if survey.models is None:
        return
    for held in survey.held:
        field = held.field
        if field.connection_only or field.type not in ("ModelIdentifierField", "LoRAField"):
            continue
        fitting = match.fitting(field.models, survey.models)
        if held.place in survey.asked:
            if field.required and not fitting and field.type == "ModelIdentifierField":
                yield MissingModel(*held.place, held.where, _any_of(field.models), field.models)
        elif not held.is_empty:
            base = base_of(held.value)
            ranked = tuple(sorted(fitting, key=lambda model: model.base != base))
            for name in missing(field, held.value, survey.models):
                yield MissingModel(*held.place, held.where, name, field.models, ranked)


def _any_of(wanted: ModelFilter) -> str:
    return " ".join(part for part in ("any", "/".join(wanted.bases), "/".join(wanted.types) or "model") if part)


def told_models(found: Iterable[MissingModel]) -> str:
    """Return the sentence about models that are not installed, each with the fields that name it."""
    places: dict[str, list[str]] = {}
    for model in found:
        is_wish = model.name == _any_of(model.filter)
        places.setdefault(model.name if is_wish else f"`{model.name}`", []).append(model.title)
    names = [f"{name} ({', '.join(dict.fromkeys(titles))})" for name, titles in places.items()]
    return f"Not installed on this InvokeAI: {', '.join(names)}."


def unfit(survey: Survey) -> Iterator[str]:
    """Yield what the server would refuse to enqueue: stale values, and nodes that need an edge and have none."""
    for held in survey.fixed:
        field = held.field
        # Batches are judged by themselves.
        if held.is_empty or held.node.type in batches.NODE_TYPES:
            continue
        if field.connection_only or field.type in _NAMED_ELSEWHERE:
            continue
        if not accepts(field, rematched(field, held.value, survey.models or ())):
            yield f"{held.where} holds {_shown(held.value)}, which this InvokeAI does not take."
    for node, schema in survey.known:
        fields = _FED.get(node.type, ())
        if fields and not any(survey.document.fed(node.id, name) for name in fields):
            yield f"{node.label or schema.title} gets nothing: it needs an edge into “{fields[0]}”."
    yield from _unconverted(survey)


def _unconverted(survey: Survey) -> Iterator[str]:
    """Yield the connections that the editor draws and the server refuses, which looks closer at some types."""
    nodes, schemas = survey.document.nodes, survey.schemas
    feeding = {edge.target: edge for edge in reversed(survey.document.edges) if edge.target_field in _CARRIED}
    for edge in survey.document.edges:
        source, field = nodes[edge.source], schemas.field(nodes[edge.target].type, edge.target_field)
        made = _carried(edge, survey, feeding)
        if made is None or field is None or source.type in batches.NODE_TYPES or nodes[edge.target].type in _FED:
            continue
        turned = (made, field.type) in CONVERTED
        passed_on = source.type in _FED and {made, field.type} <= _TOLD_APART and made != field.type
        if (turned and (not field.plain or source.type == "collect")) or (passed_on and not turned):
            where = f"“{field.title}” of {nodes[edge.target].label or schemas.nodes[nodes[edge.target].type].title}"
            yield f"{where} does not take what {source.label or source.type} makes: this InvokeAI refuses that edge."


def _carried(edge: Edge, survey: Survey, feeding: Mapping[str, Edge]) -> str | None:
    """Return the type that an edge carries: collectors and iterators pass on what they get."""
    seen: set[str] = set()
    while edge.source not in seen:
        seen.add(edge.source)
        node_type = survey.document.nodes[edge.source].type
        if node_type not in _FED or edge.source_field not in _CARRIED:
            schema = survey.schemas.nodes.get(node_type)
            made = schema.outputs.get(edge.source_field) if schema else None
            return made.name if made else None
        if edge.source not in feeding:
            return None
        edge = feeding[edge.source]
    return None


_CARRIED = frozenset({"item", "collection"})
#: Types of which the server takes none for another.
_TOLD_APART = frozenset({"IntegerField", "FloatField", "StringField", "BooleanField", "EnumField", "ImageField"})

#: Models that are not there are told by their names.
_NAMED_ELSEWHERE = frozenset({"ModelIdentifierField", "LoRAField", "BoardField"})


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def empty(survey: Survey) -> Iterator[Held]:
    """Yield the fields that need a value and get none: nobody is asked, and no edge feeds them."""
    for held in survey.fixed:
        no_default = held.field.default is MISSING or held.field.default is None
        if held.field.required and held.is_empty and no_default and held.node.type not in _FED:
            yield held


def unfilled(survey: Survey) -> Iterator[Held]:
    """Yield the batches without an item that nobody is asked for."""
    for held in survey.fixed:
        items, _ = batches.BATCHES.get(held.node.type, ("", ""))
        if held.field.name == items and not sequence(held.value):
            yield held


def baked(survey: Survey) -> Iterator[tuple[Held, str]]:
    """Yield the fixed fields that hold a file, with its name: it is where the author chose it, perhaps not here."""
    for held in survey.fixed:
        for name in [] if held.field.connection_only else file_names(held.field, held.value)[:1]:
            yield held, name


def outdated(survey: Survey) -> Iterator[str]:
    for node, schema in survey.known:
        if node.version and not same_major(node.version, schema.version):
            name = node.label or schema.title
            versions = f"is of version {node.version}; this InvokeAI has {schema.version}"
            yield f"{name} {versions}: it runs as the file has it"


def seeds(survey: Survey) -> Iterator[Held]:
    """Yield the seeds that stand still: every run makes the same of them."""
    fixed = {spec.place for spec in survey.inputs if spec.hidden}
    for held in survey.fixed:
        is_seed = held.field.type == "IntegerField" and "seed" in held.field.name.lower()
        if held.field.connection_only or _only_notes(held.schema):
            continue
        if is_seed and not held.is_empty and held.place not in fixed:
            yield held


def _only_notes(schema: NodeSchema) -> bool:
    """Tell whether a node only writes down what others did. Nodes that do something note it beside their result."""
    return bool(schema.outputs) and all(made.name == "MetadataField" for made in schema.outputs.values())


def lost_edges(before: Document, survey: Survey) -> Iterator[str]:
    """Yield the connections that the editor would drop here."""
    kept = {(edge.target, edge.target_field) for edge in survey.document.edges}
    for target, name in dict.fromkeys((edge.target, edge.target_field) for edge in before.edges):
        if (target, name) not in kept:
            node = survey.document.nodes[target]
            schema, field = survey.schemas.nodes.get(node.type), survey.schemas.field(node.type, name)
            where = f"“{field.title if field else name}” of {node.label or (schema.title if schema else node.type)}"
            yield f"The connection to {where} does not fit this InvokeAI, so it counts for nothing"


def ignored(before: Document, survey: Survey) -> Iterator[str]:
    """Yield what the document exposes and nobody is asked for, and why."""
    shown = {(one.node_id, one.name) for one in survey.document.exposed}
    gone = [one for one in before.exposed if (one.node_id, one.name) not in shown]
    hidden = {spec.place for spec in survey.inputs if spec.hidden}
    for exposed in (*survey.document.exposed, *gone):
        if (exposed.node_id, exposed.name) in hidden:
            continue
        node = survey.document.nodes[exposed.node_id]
        field = survey.schemas.field(node.type, exposed.name)
        if (node.id, exposed.name) in survey.asked or node.type not in survey.schemas.nodes:
            continue
        if field is None:
            yield f"“{exposed.name}” of {node.label or node.type}: this InvokeAI has no such field"
        elif exposed in gone:
            continue
        elif survey.document.fed(node.id, exposed.name):
            yield f"“{field.title}” of {node.label or node.type}: another node feeds it"
        elif field.type == "BoardField":
            yield f"“{field.title}” of {node.label or node.type}: results go to Discord, not to a board"
        else:
            yield f"“{field.title}” of {node.label or node.type}: keeps the value from the file"
