"""Batch and generator nodes: they never reach the server, they become `batch.data`.

Every item is checked here. The server does not check them, and one of a wrong type stops its whole queue
(seen on 6.14.2: the row cannot be parsed, and nothing behind it runs).
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from random import Random
from typing import Any, cast

from workflows._json import mapping, sequence, text
from workflows.document import MISSING, Document, Edge, Node
from workflows.errors import DocumentError
from workflows.generators import MAX_ITEMS, Request, Values, generate, limited, request
from workflows.generators import NODE_TYPES as GENERATORS
from workflows.literals import within
from workflows.schema import Cardinality, FieldSchema, Schemas

#: Batch node type -> (the field that holds its items, the handle that they leave by).
BATCHES = {
    "image_batch": ("images", "image"),
    "string_batch": ("strings", "value"),
    "integer_batch": ("integers", "value"),
    "float_batch": ("floats", "value"),
}
NODE_TYPES = frozenset(BATCHES) | GENERATORS

#: What no document that somebody drew comes near; together they bound the work that anybody's file can ask for.
MAX_BATCHES = 20
MAX_FED = 50
#: How many characters one batch may put into a request: each field that it feeds takes all of its items.
MAX_WRITTEN = 16 * 1024 * 1024

#: What each can feed, as far as that is known before its items are.
_FEEDS = {
    "image_batch": frozenset({"ImageField"}),
    "string_batch": frozenset({"StringField", "EnumField", "SchedulerField"}),
    "integer_batch": frozenset({"IntegerField", "FloatField", "StringField", "EnumField"}),
    "float_batch": frozenset({"FloatField", "StringField"}),
}
_LISTS = frozenset({"AnyField", "CollectionField"})
_ANYTHING = _LISTS | {"CollectionItemField"}

Data = list[list[dict[str, Any]]]
Members = list[tuple[Node, list[dict[str, Any]]]]


def data(
    document: Document,
    schemas: Schemas,
    values: Values,
    random: Random,
    generated: Mapping[str, list[Any]] | None = None,
) -> Data:
    """Return the groups of a document's batch nodes: groups multiply, members of a group run side by side.

    `generated` holds, by node id, the items of the generators that `requests` names. Raises DocumentError, naming the
    node, where the items cannot be worked out or do not fit.
    """
    worked_out: Members = []
    for node in _batches(document):
        items = _items(document, node, values, random, generated or {})
        worked_out.append((node, _members(document, schemas, node, items)))
    found = _grouped(worked_out, values)
    for members in found:
        _same_length(document, schemas, members)
        _filled(members)
    _once(document, (datum for members in found for _, fed in members for datum in fed))
    return [[datum for _, fed in members for datum in fed] for members in found]


def requests(document: Document, values: Values) -> list[Request]:
    """Return what the server must be asked for before `data` can be made. Raises DocumentError."""
    sources = {source.id: source for node in _batches(document) if (source := _source(document, node))}
    return [wanted for source in sources.values() if (wanted := request(source, values))]


def problems(document: Document, schemas: Schemas, asked: Container[tuple[str, str]]) -> Iterator[str]:
    """Yield what is wrong with the batch nodes, as far as their items stand in the document.

    Those `asked` for, and those that the server makes of a prompt or a board, are only known later: of them, only
    what they feed is looked at.
    """
    try:
        nodes = _batches(document)
    except DocumentError as error:
        yield str(error)
        return
    known: Members = []
    for node in nodes:
        try:
            source = _source(document, node)
            if (node.id, BATCHES[node.type][0]) in asked or (source and request(source, {})):
                _members(document, schemas, node, None)
            else:
                items = _items(document, node, {}, Random(0), {})  # noqa: S311  not a secret
                member = (node, _members(document, schemas, node, items))
                _filled([member])
                if (node.id, "batch_group_id") not in asked:
                    known.append(member)
        except DocumentError as error:
            yield str(error)
    for members in _grouped(known, {}):
        try:
            _same_length(document, schemas, members)
        except DocumentError as error:
            yield str(error)


def _grouped(members: Members, values: Values) -> list[Members]:
    """Return what runs side by side; those without a group stand together, each alone."""
    groups: dict[str, list[Members]] = {}
    for member in members:
        name = text(_value(member[0], "batch_group_id", values)) or "None"
        if name == "None" or name not in groups:
            groups.setdefault(name, []).append([member])
        else:
            groups[name][0].append(member)
    return [side_by_side for named in groups.values() for side_by_side in named]


def size(groups: Data) -> int:
    """Return how many queue items the groups make."""
    return math.prod(len(group[0]["items"]) for group in groups)


def _batches(document: Document) -> list[Node]:
    """Return the batch nodes that feed anything; the editor would not run the others."""
    found = [node for node in document.nodes.values() if node.type in BATCHES and any(_outgoing(document, node))]
    if len(found) > MAX_BATCHES:
        raise DocumentError(f"That workflow has {len(found)} batch nodes; up to {MAX_BATCHES} are fine.")
    return found


def _outgoing(document: Document, node: Node) -> Iterator[Edge]:
    handle = BATCHES[node.type][1]
    return (edge for edge in document.edges if edge.source == node.id and edge.source_field == handle)


def _source(document: Document, node: Node) -> Node | None:
    """Return the generator that fills a batch, if one does."""
    name = BATCHES[node.type][0]
    feeding = [edge.source for edge in document.edges if edge.target == node.id and edge.target_field == name]
    if not feeding:
        return None
    source = document.nodes[feeding[0]]
    if source.type not in GENERATORS:
        raise DocumentError(
            f"The batch {_named(node)} is fed by {_named(source)}; only a generator can fill a batch, because its "
            "items must be known before anything runs."
        )
    return source


def _members(document: Document, schemas: Schemas, node: Node, items: list[Any] | None) -> list[dict[str, Any]]:
    """Return what a batch puts where. Many nodes of one type take the same, so each kind of field is checked once."""
    edges = list(_outgoing(document, node))
    targets = {(document.nodes[edge.target].type, edge.target_field): edge for edge in edges}
    if len(targets) > MAX_FED:
        raise DocumentError(f"The batch {_named(node)} feeds too many fields: up to {MAX_FED} are fine.")
    if len(json.dumps(items)) * len(edges) > MAX_WRITTEN:
        raise DocumentError(f"The batch {_named(node)} holds too much for the {len(edges):,} fields that it feeds.")
    fed = {key: _fed(document, schemas, node, edge, items) for key, edge in targets.items()}
    return [
        {
            "node_path": edge.target,
            "field_name": edge.target_field,
            "items": fed[document.nodes[edge.target].type, edge.target_field],
        }
        for edge in edges
    ]


def _fed(document: Document, schemas: Schemas, node: Node, edge: Edge, items: list[Any] | None) -> list[Any]:
    """Return the items as one field takes them. Raises DocumentError where it does not take one of them."""
    target, name = document.nodes[edge.target], edge.target_field
    field = schemas.field(target.type, name)
    if target.type in NODE_TYPES:
        raise DocumentError(f"The batch {_named(node)} feeds {_named(target)}; a batch cannot feed another one.")
    if field is None:
        raise DocumentError(f"A batch feeds **{name}** of {_named(target)}, which is gone.")
    if items is None:
        single = field.cardinality is not Cardinality.COLLECTION and field.type in _FEEDS[node.type]
        if not single and field.type not in _ANYTHING:
            raise DocumentError(f"The batch {_named(node)} feeds **{field.title}**, which does not take such items.")
        return []
    for item in items:
        if not fits(field, item):
            raise DocumentError(f"A batch holds {json.dumps(item)[:60]}, which **{field.title}** does not take.")
    if field.type == "StringField":
        # A whole number has no point in the editor's language, and this one is to be read.
        return [int(item) if isinstance(item, float) and item.is_integer() else item for item in items]
    return items


def fits(field: FieldSchema, value: Any) -> bool:
    """Tell whether the server will read this value back for this field."""
    if isinstance(value, list):
        items = sequence(cast("list[Any]", value))
        if field.type in _LISTS:
            return all(_fits_one(field, item) for item in items)
        return (
            field.cardinality is not Cardinality.SINGLE
            and (field.min_items or 0) <= len(items) <= (len(items) if field.max_items is None else field.max_items)
            and all(_fits_one(field, item) for item in items)
        )
    return field.cardinality is not Cardinality.COLLECTION and _fits_one(field, value)


def _fits_one(field: FieldSchema, value: Any) -> bool:
    fits_type = _FITS.get(field.type)
    return fits_type is not None and fits_type(field, value)


def _is_choice(field: FieldSchema, value: Any) -> bool:
    known = {choice for choice, _ in field.choices}
    return type(value) is (int if field.whole_choices else str) and str(value) in known


def _is_number(value: Any) -> bool:
    # Also refuses whole numbers that no float can hold: nothing that size is meant.
    return type(value) in {int, float} and abs(value) <= sys.float_info.max


def _is_text(field: FieldSchema, value: Any) -> bool:
    if not isinstance(value, str) or (field.max_length is not None and len(value) > field.max_length):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        # Half a character: the server stores it, and then cannot read it back.
        return False
    return True


def _in_bounds(field: FieldSchema, value: Any) -> bool:
    return _is_number(value) and within(field, value)


def _names(member: str) -> Callable[[FieldSchema, Any], bool]:
    return lambda _, value: isinstance(mapping(value).get(member), str)


def _is_printed(field: FieldSchema, value: Any) -> bool:
    """Tell whether a text field takes a value: the server makes texts of numbers, as over an edge."""
    return _is_text(field, value) or _is_number(value)


def _is_anything(field: FieldSchema, value: Any) -> bool:
    """Tell whether a value is of the kinds that a batch can carry at all."""
    return _is_printed(field, value) or isinstance(mapping(value).get("image_name"), str)


_FITS: Mapping[str, Callable[[FieldSchema, Any], bool]] = {
    "IntegerField": lambda field, value: type(value) is int and _in_bounds(field, value),
    "FloatField": _in_bounds,
    "StringField": _is_printed,
    "EnumField": _is_choice,
    "SchedulerField": _is_choice,
    "BooleanField": lambda _, value: isinstance(value, bool),
    "ImageField": _names("image_name"),
    "VideoField": _names("video_name"),
    **dict.fromkeys(_ANYTHING, _is_anything),
}


def _same_length(document: Document, schemas: Schemas, members: Members) -> None:
    if len({len(datum["items"]) for _, fed in members for datum in fed}) < 2:
        return
    if all(node.label for node, _ in members):
        names = " and ".join(_named(node) for node, _ in members)
    else:
        # Batches of one type are told apart by what they are for.
        fed = [(document.nodes[fed[0]["node_path"]].type, fed[0]["field_name"]) for _, fed in members]
        titles = [field.title if (field := schemas.field(*place)) else place[1] for place in fed]
        names = "into " + " and ".join(f"“{title}”" for title in titles)
    raise DocumentError(f"The batches {names} run side by side, so they need equally many items.")


def _filled(members: Members) -> None:
    for node, fed in members:
        if any(not datum["items"] for datum in fed):
            raise DocumentError(f"The batch {_named(node)} is empty: give it at least one item.")


def _once(document: Document, fed: Iterable[dict[str, Any]]) -> None:
    seen: set[tuple[str, str]] = set()
    for datum in fed:
        place = (datum["node_path"], datum["field_name"])
        if place in seen:
            raise DocumentError(f"Two batches feed **{place[1]}** of {_named(document.nodes[place[0]])}; only one can.")
        seen.add(place)


def _items(
    document: Document, node: Node, values: Values, random: Random, generated: Mapping[str, list[Any]]
) -> list[Any]:
    source = _source(document, node)
    if source and source.id in generated:
        return limited(source.label or source.type, generated[source.id])
    if source:
        return generate(source, values, random)
    items = sequence(_value(node, BATCHES[node.type][0], values))
    # Lists in the list count too.
    count = sum(len(sequence(item)) or 1 for item in items)
    if count > MAX_ITEMS:
        raise DocumentError(f"The batch {_named(node)} holds {count:,} items; up to {MAX_ITEMS:,} are fine.")
    return items


def _value(node: Node, name: str, values: Values) -> Any:
    if (node.id, name) in values:
        return values[node.id, name]
    held = node.inputs.get(name)
    return None if held is None or held.value is MISSING else held.value


def _named(node: Node) -> str:
    return f"“{node.label or node.type}”"
