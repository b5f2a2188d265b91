"""How inputs are called: labels that a person can tell apart, and unique names that can be typed.

Pure. More than half of the published inputs have no label of their own, and many documents show several fields of one
title: those are told apart by their node, by the heading above them, by what their node's other fields are called,
and at last by numbers.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from slugify import slugify

from workflows.document import Document, Exposed, Node
from workflows.schema import FieldSchema, Schemas
from workflows.spec import NAME_LENGTH, InputSpec, numbered

#: The one field of nodes that are nothing but a value: such a field is better known by its node.
MAIN = frozenset({"value", "collection", "images", "strings", "integers", "floats"})
_LONGEST_GROUP = 40


@dataclass(frozen=True)
class Titled:
    """An input on the way to its label. `own` is the author's label, `title` what it is called without."""

    spec: InputSpec
    node: Node
    own: str
    title: str
    group: str = ""
    node_title: str = ""
    #: What its label is made of, so that cutting a name spares the last part.
    parts: tuple[str, ...] = field(default=())

    @property
    def plain(self) -> str:
        return self.own or self.title


def title_of(document: Document, schemas: Schemas, node: Node, name: str, field: FieldSchema | None) -> str:
    """Return what a field without a label is called."""
    if node.label and name in MAIN:
        return node.label
    if name in MAIN:
        fed = {_field_title(document, schemas, e.target, e.target_field) for e in document.edges if e.source == node.id}
        if len(fed) == 1 and (only := fed.pop()):
            return only
    return field.title if field else _start_case(name)


def titled(document: Document, schemas: Schemas, spec: InputSpec, exposed: Exposed) -> Titled:
    node = document.nodes[spec.node_id]
    schema = schemas.nodes.get(node.type)
    title = title_of(document, schemas, node, spec.field_name, schema.fields.get(spec.field_name) if schema else None)
    # "Denoise - SDXL" is Denoise to whoever looks at one workflow.
    node_title = (schema.title if schema else node.type).partition(" - ")[0]
    group = exposed.group if len(exposed.group) <= _LONGEST_GROUP else ""
    return Titled(spec, node, spec.label, title, group, node_title)


def named(inputs: Sequence[Titled], wanted: Mapping[tuple[str, str], str]) -> list[InputSpec]:
    """Give each input a label and a unique name; those that are asked choose first, `wanted` (by place) before all."""
    found: dict[tuple[str, str], InputSpec] = {}
    taken: set[str] = set()
    asked = [one for one in inputs if one.spec.is_asked]
    others = [one for one in inputs if not one.spec.is_asked]
    for several in (asked, others):
        labelled = _labelled(several)
        for one in sorted(labelled, key=lambda one: one.spec.place not in wanted):
            name = wanted.get(one.spec.place, "")
            unique = _unique(one.spec, (name,) if slug(name) else one.parts, taken)
            taken.update(unique.names)
            found[unique.place] = unique
    return [found[one.spec.place] for one in inputs]


def slug(text: str, room: int = NAME_LENGTH) -> str:
    """Return a name made of any text, cut between words; empty where nothing of it can be typed.

    What is too long goes without its remarks in brackets.
    """
    if len(whole := _slug(text, 0)) <= room:
        return whole
    return _slug(re.sub(r"\([^()]*\)", " ", text), room) or _slug(text, room)


def _slug(text: str, room: int) -> str:
    return slugify(text, separator="_", allow_unicode=True, max_length=room, word_boundary=True, save_order=True)


def _labelled(inputs: Sequence[Titled]) -> list[Titled]:
    """Return the inputs with their labels, in their order."""
    alike: dict[str, list[Titled]] = {}
    for one in inputs:
        alike.setdefault(one.plain.casefold(), []).append(one)
    taken = {text for text, several in alike.items() if len(several) == 1}
    siblings = _siblings(inputs)
    done: dict[tuple[str, str], Titled] = {}
    for several in alike.values():
        for one in _apart(several, siblings, taken):
            done[one.spec.place] = one
            taken.add(one.spec.label.casefold())
    return [done[one.spec.place] for one in inputs]


def _siblings(inputs: Iterable[Titled]) -> dict[str, str]:
    """Return what the author calls the model or the file of each node: "Style LoRA" tells what its weight is of."""
    found: dict[str, str] = {}
    for one in inputs:
        if one.own and (one.spec.is_installed or one.spec.is_file):
            found.setdefault(one.node.id, one.own)
    return found


def _apart(several: Sequence[Titled], siblings: Mapping[str, str], taken: set[str]) -> list[Titled]:
    """Tell inputs of one label apart, by the first of the ways that does."""
    if len(several) == 1:
        return [_called(several[0], several[0].plain)]
    own = [one for one in several if one.own]
    done = [_called(own[0], own[0].own)] if len(own) == 1 else []
    left = [one for one in several if one not in own] if len(own) == 1 else list(several)
    ways: tuple[Callable[[Titled], str], ...] = (
        lambda one: siblings.get(one.node.id, "") if not one.own else "",
        lambda one: one.node.label,
        lambda one: one.group,
        # What a node is says little about the only one that is left.
        lambda one: one.node_title if len(left) > 1 or own else "",
    )
    for way in ways:
        tried = {one.spec.place: _qualified(one, way(one)) for one in left if way(one)}
        texts = [" ".join(parts).casefold() for parts in tried.values()]
        unique = {
            place
            for place, parts in tried.items()
            if texts.count(" ".join(parts).casefold()) == 1 and " ".join(parts).casefold() not in taken
        }
        # What all are called alike tells nobody anything.
        done += [_called(one, *tried[one.spec.place]) for one in left if one.spec.place in unique]
        left = [one for one in left if one.spec.place not in unique]
    return done + _counted(left, {one.spec.label.casefold() for one in done} | taken)


def _qualified(one: Titled, way: str) -> tuple[str, ...]:
    """Return the parts of a label: the title is left out where the other part already says it."""
    plain, first = one.plain, way.strip()
    if _words(plain) <= _words(first):
        return (first,)
    return (first, plain)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _counted(several: Sequence[Titled], taken: set[str]) -> list[Titled]:
    """Tell by numbers apart what nothing else tells apart."""
    done: list[Titled] = []
    used = set(taken)
    for one in several:
        labels = ((one.plain, *([str(number)] if number > 1 else [])) for number in itertools.count(1))
        parts = next(parts for parts in labels if " ".join(parts).casefold() not in used)
        used.add(" ".join(parts).casefold())
        done.append(_called(one, *parts))
    return done


def _called(one: Titled, *parts: str) -> Titled:
    return replace(one, spec=replace(one.spec, label=" ".join(" ".join(parts).split())), parts=parts)


def _unique(spec: InputSpec, parts: Sequence[str], taken: set[str]) -> InputSpec:
    # A collection's further names need room for their numbers, or cutting them would make them equal.
    count = len(replace(spec, name="x").names)
    room = NAME_LENGTH - (len(f"_{count}") if count > 1 else 0)
    # The number that tells two emojis apart is no name.
    is_number = len(parts) > 1 and parts[-1].isdigit() and not slug(" ".join(parts[:-1]))
    base = ("" if is_number else _joined(parts, room)) or slug(spec.field_name, room) or "input"
    for number in itertools.count(1):
        candidate = replace(spec, name=base[:room] if number == 1 else numbered(base[:room], number, room))
        if not taken.intersection(candidate.names):
            return candidate
    raise AssertionError("numbers do not end")


def _joined(parts: Sequence[str], room: int) -> str:
    """Join the parts of a label to a name: the first part is cut where there is no room, as the last tells more."""
    if len(_slug(" ".join(parts), 0)) <= room or len(parts) < 2:
        return slug(" ".join(parts), room)
    last = slug(" ".join(parts[1:]), room)
    first = _slug(parts[0], room - len(last) - 1) if len(last) < room - 2 else ""
    return f"{first}_{last}".strip("_")[:room]


def _field_title(document: Document, schemas: Schemas, node_id: str, name: str) -> str:
    node = document.nodes[node_id]
    held = node.inputs.get(name)
    found = schemas.field(node.type, name)
    return (held.label if held else "") or (found.title if found else "")


def _start_case(name: str) -> str:
    return " ".join(word.capitalize() for word in re.split(r"[_\s]+", name) if word)
