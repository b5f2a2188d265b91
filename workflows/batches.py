"""Batch and generator nodes: they never reach the server, they become `batch.data`.

Every item is checked here. The server does not check them, and one of a wrong type stops its whole queue
(seen on 6.14.2: the row cannot be parsed, and nothing behind it runs).
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Container, Iterator, Mapping
from random import Random
from typing import Any, cast

from workflows._json import mapping, sequence, text
from workflows.document import MISSING, Document, Edge, Node
from workflows.errors import DocumentError
from workflows.schema import Cardinality, FieldSchema, Schemas
from workflows.values import is_multiple

#: Batch node type -> (the field that holds its items, the handle that they leave by).
BATCHES = {
    "image_batch": ("images", "image"),
    "string_batch": ("strings", "value"),
    "integer_batch": ("integers", "value"),
    "float_batch": ("floats", "value"),
}
GENERATORS = frozenset({"image_generator", "string_generator", "integer_generator", "float_generator"})
NODE_TYPES = frozenset(BATCHES) | GENERATORS

#: What no document that somebody drew comes near; together they bound the work that anybody's file can ask for.
MAX_ITEMS = 1000
MAX_BATCHES = 20
MAX_FED = 50
MAX_TEXT = 100_000

Data = list[list[dict[str, Any]]]


def data(document: Document, schemas: Schemas, values: Mapping[tuple[str, str], Any], random: Random) -> Data:
    """Return the groups of a document's batch nodes: groups multiply, members of a group run side by side.

    Raises DocumentError, naming the node, where the items cannot be worked out or do not fit.
    """
    groups: dict[str, list[tuple[Node, list[dict[str, Any]]]]] = {}
    for node in _batches(document):
        items = _items(document, node, values, random)
        members = _members(document, schemas, node, items)
        if members:
            name = text(_value(node, "batch_group_id", values))
            groups.setdefault(name if name not in {"", "None"} else node.id, []).append((node, members))
    for members in groups.values():
        _same_length(members)
    return [[datum for _, data in members for datum in data] for members in groups.values()]


def problems(document: Document, schemas: Schemas, asked: Container[tuple[str, str]]) -> Iterator[str]:
    """Yield what is wrong with the batch nodes whose items stand in the document, and not among those `asked` for."""
    try:
        nodes = _batches(document)
    except DocumentError as error:
        yield str(error)
        return
    for node in nodes:
        if (node.id, BATCHES[node.type][0]) in asked:
            continue
        try:
            items = _items(document, node, {}, Random(0))  # noqa: S311  not a secret
            _same_length([(node, _members(document, schemas, node, items))])
        except DocumentError as error:
            yield str(error)


def size(groups: Data) -> int:
    """Return how many queue items the groups make."""
    return math.prod(len(group[0]["items"]) for group in groups)


def _batches(document: Document) -> list[Node]:
    found = [node for node in document.nodes.values() if node.type in BATCHES]
    if len(found) > MAX_BATCHES:
        raise DocumentError(f"That workflow has {len(found)} batch nodes; up to {MAX_BATCHES} are fine.")
    return found


def _outgoing(document: Document, node: Node) -> Iterator[Edge]:
    handle = BATCHES[node.type][1]
    return (edge for edge in document.edges if edge.source == node.id and edge.source_field == handle)


def _members(document: Document, schemas: Schemas, node: Node, items: list[Any]) -> list[dict[str, Any]]:
    """Return what a batch puts where. Many nodes of one type take the same, so each kind of field is checked once."""
    edges = list(_outgoing(document, node))
    targets = {(document.nodes[edge.target].type, edge.target_field): edge for edge in edges}
    if len(targets) > MAX_FED:
        raise DocumentError(f"The batch “{node.label or node.type}” feeds too many fields: up to {MAX_FED} are fine.")
    for edge in targets.values():
        _check_items(document.nodes[edge.target], edge.target_field, schemas, items)
    return [{"node_path": edge.target, "field_name": edge.target_field, "items": items} for edge in edges]


def _check_items(target: Node, name: str, schemas: Schemas, items: list[Any]) -> None:
    field = schemas.field(target.type, name)
    if field is None:
        raise DocumentError(f"A batch feeds **{name}** of “{target.label or target.type}”, which is gone.")
    for item in items:
        if not fits(field, item):
            raise DocumentError(f"A batch holds {json.dumps(item)[:60]}, which **{field.title}** does not take.")


def fits(field: FieldSchema, value: Any) -> bool:
    """Tell whether the server will read this value back for this field."""
    if isinstance(value, list) and field.cardinality is not Cardinality.SINGLE:
        return all(_fits_one(field, item) for item in sequence(cast("list[Any]", value)))
    return field.cardinality is not Cardinality.COLLECTION and _fits_one(field, value)


def _fits_one(field: FieldSchema, value: Any) -> bool:
    match field.type:
        case "IntegerField":
            return type(value) is int and _in_bounds(field, value)
        case "FloatField":
            return type(value) in {int, float} and _in_bounds(field, value)
        case "StringField":
            return isinstance(value, str)
        case "EnumField" | "SchedulerField":
            known = {choice for choice, _ in field.choices}
            return type(value) is (int if field.whole_choices else str) and str(value) in known
        case "BooleanField":
            return isinstance(value, bool)
        case "ImageField":
            return isinstance(mapping(value).get("image_name"), str)
        case _:
            return False


def _in_bounds(field: FieldSchema, value: float) -> bool:
    return (
        # Also refuses what is no number at all: nothing that size is meant.
        abs(value) <= sys.float_info.max
        and (field.minimum is None or value >= field.minimum)
        and (field.maximum is None or value <= field.maximum)
        and (field.exclusive_minimum is None or value > field.exclusive_minimum)
        and (field.exclusive_maximum is None or value < field.exclusive_maximum)
        and (not field.multiple_of or is_multiple(value, field.multiple_of))
    )


def _same_length(members: list[tuple[Node, list[dict[str, Any]]]]) -> None:
    lengths = {len(datum["items"]) for _, data in members for datum in data}
    if len(lengths) > 1:
        names = ", ".join(node.label or node.type for node, _ in members)
        raise DocumentError(f"The batches {names} run side by side, so they need equally many items.")
    if 0 in lengths:
        raise DocumentError(
            f"The batch “{members[0][0].label or members[0][0].type}” is empty: give it at least one item."
        )


def _items(document: Document, node: Node, values: Mapping[tuple[str, str], Any], random: Random) -> list[Any]:
    name = BATCHES[node.type][0]
    feeding = [edge.source for edge in document.edges if edge.target == node.id and edge.target_field == name]
    if feeding:
        return generate(document.nodes[feeding[0]], values, random)
    items = sequence(_value(node, name, values))
    # Lists in the list count too.
    count = sum(len(sequence(item)) or 1 for item in items)
    if count > MAX_ITEMS:
        raise DocumentError(
            f"The batch “{node.label or node.type}” holds {count:,} items; up to {MAX_ITEMS:,} are fine."
        )
    return items


def generate(node: Node, values: Mapping[tuple[str, str], Any], random: Random) -> list[Any]:
    """Return the items of a generator node. Raises DocumentError for what only the server could work out."""
    held = mapping(_value(node, "generator", values))
    kind = text(held.get("type"))
    whole = kind.startswith("integer")
    try:
        if kind.endswith("arithmetic_sequence"):
            return _arithmetic(held, whole)
        if kind.endswith("linear_distribution"):
            return _linear(held, whole)
        if kind.endswith("random_distribution_uniform"):
            return _uniform(held, whole, random)
        if kind.endswith("parse_string"):
            return _parsed(held, kind)
    except (TypeError, ValueError, OverflowError) as error:
        raise DocumentError(f"The generator “{node.label or node.type}” holds values that make no sequence.") from error
    raise DocumentError(f"The generator “{node.label or node.type}” ({kind or 'empty'}) is not supported yet.")


def _count(held: Mapping[str, Any]) -> int:
    return max(0, min(int(_finite(held.get("count", 0))), MAX_ITEMS))


def _finite(value: Any) -> float:
    """Return a member that is a number. Python's arithmetic takes strings and lists too, and makes more of them."""
    if type(value) not in {int, float} or not math.isfinite(value):
        raise TypeError(f"{type(value).__name__} is not a finite number")
    return value


def _arithmetic(held: Mapping[str, Any], whole: bool) -> list[Any]:
    start, step = _finite(held.get("start", 0)), _finite(held.get("step", 1))
    # The editor makes a single item of a sequence that does not move.
    count = _count(held) if step else 1
    return [_number(start + i * step, whole) for i in range(count)]


def _linear(held: Mapping[str, Any], whole: bool) -> list[Any]:
    start, end, count = _finite(held.get("start", 0)), _finite(held.get("end", 1)), _count(held)
    if count < 2:
        return [_number(start, whole)] * count
    return [_number(start + (end - start) * i / (count - 1), whole) for i in range(count)]


def _uniform(held: Mapping[str, Any], whole: bool, random: Random) -> list[Any]:
    seed = held.get("seed")
    source = random if seed is None else Random(_finite(seed))  # noqa: S311  not a secret
    low, high = _finite(held.get("min", 0)), _finite(held.get("max", 1))
    return [source.randint(int(low), int(high)) if whole else source.uniform(low, high) for _ in range(_count(held))]


def _parsed(held: Mapping[str, Any], kind: str) -> list[Any]:
    split_on = text(held.get("splitOn", ","))
    with contextlib.suppress(ValueError):
        # The editor lets people write \\n for a line break.
        split_on = str(json.loads(f'"{split_on}"'))
    given = text(held.get("input"))
    if len(given) > MAX_TEXT:
        raise ValueError("nobody typed that much")
    parts = [part for part in (given.split(split_on) if split_on else [given]) if part.strip()][:MAX_ITEMS]
    if kind.startswith("string"):
        return list(parts)
    return [_number(float(part), kind.startswith("integer")) for part in parts]


def _number(value: float, whole: bool) -> float:
    return round(value) if whole else float(value)


def _value(node: Node, name: str, values: Mapping[tuple[str, str], Any]) -> Any:
    if (node.id, name) in values:
        return values[node.id, name]
    held = node.inputs.get(name)
    return None if held is None or held.value is MISSING else held.value
