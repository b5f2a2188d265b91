"""Documents that nobody drew but could have: any nodes that a server has, joined anyhow, with values that fit or not.

They go the whole way that a published workflow goes: read, checked, asked for values, compiled.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from bot.options import arrange
from tests.workflows.builders import Raw, edge, field, form, mutated, node, raw, shown
from workflows import document, match
from workflows.check import check
from workflows.errors import UserError
from workflows.graph import Batch, compile_batch
from workflows.models import ModelRecord
from workflows.schema import Cardinality, FieldSchema, Schemas
from workflows.values import InputSpec, Kind, by_place, parse, parse_all

#: Nothing that is drawn makes a server work for long.
NUMBERS = st.sampled_from([-5, -1, 0, 1, 2, 8, 16, 64, 65, 0.5, 1.5, -0.5, 2.0])
TEXTS = st.sampled_from(["", "fox", "1", "RGB", "a, b", "a|b", "\n", "幅", "none", "auto"])
JUNK = st.none() | st.booleans() | NUMBERS | TEXTS | st.lists(NUMBERS | TEXTS, max_size=3)
IMAGE = st.just({"image_name": "fox.png"})
COLOUR = st.fixed_dictionaries({channel: st.sampled_from([0, 128, 255]) for channel in "rgba"})
_FITTING: dict[str, st.SearchStrategy[Any]] = {
    "IntegerField": st.sampled_from([0, 1, 2, 8, 16, 64]),
    "FloatField": st.sampled_from([0, 0.5, 1, 1.5, 2]),
    "StringField": TEXTS,
    "BooleanField": st.booleans(),
    "ImageField": IMAGE,
    "ColorField": COLOUR,
    "BoardField": st.sampled_from(["auto", "none", {"board_id": "b"}]),
    "BoundingBoxField": st.just({"x_min": 0, "y_min": 0, "x_max": 8, "y_max": 8}),
}
#: Every eighth value is one that was never meant for its field.
WILDNESS = st.sampled_from([True, *[False] * 7])
_GENERATORS = ("arithmetic_sequence", "linear_distribution", "random_distribution_uniform", "parse_string")


@dataclass(frozen=True)
class Journey:
    """How far a document came: to the body that would be enqueued, or to the sentence that says why not."""

    body: dict[str, Any] | None
    refusal: str = ""
    batch: Batch | None = None


def travel(wild: Any, schemas: Schemas, models: Sequence[ModelRecord], random: Random) -> Journey:
    """Send a document the whole way; nothing but a UserError may end it early."""
    try:
        read = document.from_json(wild)
        report = check(read, schemas, models)
        arrange(read.name, read.description, report.inputs)
        report.require()
        given = parse_all(report.inputs, _typed(report.inputs, models, random), models, random.randint)
        given |= {spec.name: _file(spec) for spec in report.inputs if spec.is_file and spec.is_asked}
        batch = compile_batch(read, schemas, by_place(report.inputs, given), models, random)
        return Journey(batch.body("wild", "familiar tests"), batch=batch)
    except UserError as error:
        assert str(error).strip()
        return Journey(None, str(error))


def plausible(spec: InputSpec, models: Sequence[ModelRecord]) -> object:
    """Return something that an input takes, as a member might give it; None where nothing installed fits."""
    fitting = match.fitting(spec.models, models)
    match spec.kind:
        case Kind.MODEL | Kind.STYLE_PRESET:
            return spec.choices[0][0] if spec.choices else fitting[0].key if fitting else None
        case Kind.LORAS:
            return [{"lora": fitting[0].identifier(), "weight": 0.5}] if fitting else None
        case Kind.CHOICE:
            return spec.choices[0][0]
        case Kind.STRING | Kind.STRINGS:
            return "a fox"
        case Kind.BOX:
            return "0, 0, 64, 64"
        case Kind.COLOR:
            return "#808080"
        case Kind.BOOLEAN:
            return "yes"
        case _:
            low = spec.minimum if spec.minimum is not None else spec.above
            return str(1 if low is None else int(low) + 1)


def _typed(inputs: Sequence[InputSpec], models: Sequence[ModelRecord], random: Random) -> dict[str, object]:
    """Give something to about every second input; what it does not take is not given."""
    typed: dict[str, object] = {}
    for spec in inputs:
        if not spec.is_asked or spec.is_file or (not spec.required and random.random() < 0.5):
            continue
        junk = random.choice(
            ["", "0", "1", "8", "-1", "64", "0.5", "yes", "#fff", "a | b", "1, 2", "0,0,8,8", "nan", "1e99"]
        )
        for value in (junk, plausible(spec, models)):
            try:
                parse(spec, value, models)
            except UserError:
                continue
            typed[spec.name] = value
            break
    return typed


def _file(spec: InputSpec) -> object:
    one = {"video_name" if spec.kind in {Kind.VIDEO, Kind.VIDEOS} else "image_name": "fox.png"}
    # Some take no fewer than two.
    return [one, one][: spec.max_items] if spec.is_collection_of_files else one


@st.composite
def wild_documents(draw: st.DrawFn, schemas: Schemas, types: Sequence[str], originals: Sequence[Raw]) -> Any:
    """A document of a server's nodes, or one of the originals with some of it replaced."""
    if draw(st.integers(0, 5)) == 0:
        return draw(mutated(originals))
    drawn = draw(_drawn(schemas, types))
    return draw(mutated([drawn])) if draw(st.integers(0, 5)) == 0 else drawn


@st.composite
def _drawn(draw: st.DrawFn, schemas: Schemas, types: Sequence[str]) -> Raw:
    kinds = draw(st.lists(st.sampled_from(types), min_size=1, max_size=6))
    # Without a picture there is nothing to run.
    kinds += ["blank_image"] * draw(st.integers(0, 2))
    nodes = [_node(draw, f"n{place}", kind, schemas) for place, kind in enumerate(kinds)]
    nodes += [{"id": f"c{place}", "type": "connector", "data": {}} for place in range(draw(st.integers(0, 2)))]
    edges = _edges(draw, nodes, schemas)
    if draw(st.integers(0, 9)) == 0:
        nodes.append(copy.deepcopy(nodes[0]))
    places = [f"{one['id']}.{name}" for one in nodes for name in one["data"].get("inputs", {})]
    exposed = draw(st.lists(st.sampled_from(places), max_size=8)) if places else []
    version = draw(st.sampled_from(["1.0.0", "2.0.0", "3.0.0", "4.0.0"]))
    parts: dict[str, Any] = {"exposed": exposed}
    if draw(st.booleans()):
        parts = {"form": form(*(shown(place) for place in exposed))}
    return raw(*nodes, edges=edges, meta={"version": version}, **parts)


def _node(draw: st.DrawFn, node_id: str, kind: str, schemas: Schemas) -> Raw:
    schema = schemas.nodes[kind]
    inputs = {
        name: field(draw(_value(one, kind, draw(WILDNESS))), label=draw(TEXTS)) if draw(st.booleans()) else field()
        for name, one in schema.fields.items()
        if not one.connection_only
    }
    version = draw(st.sampled_from([schema.version, schema.version, "1.0.0", ""]))
    return node(node_id, kind, inputs, version=version, isIntermediate=draw(st.booleans()))


def _value(one: FieldSchema, kind: str, is_wild: bool) -> st.SearchStrategy[Any]:
    if is_wild:
        return JUNK
    if one.type.endswith("GeneratorField"):
        return _generator(kind.partition("_")[0])
    found = _FITTING.get(one.type, st.none())
    if one.choices:
        found = st.sampled_from([int(value) if one.whole_choices else value for value, _ in one.choices])
    return found if one.cardinality is not Cardinality.COLLECTION else st.lists(found, max_size=3)


def _generator(kind: str) -> st.SearchStrategy[Any]:
    rules = st.sampled_from([f"{kind}_generator_{rule}" for rule in _GENERATORS])
    numbers = {key: NUMBERS for key in ("start", "end", "step", "min", "max", "count", "seed")}
    return st.fixed_dictionaries({"type": rules, "input": TEXTS, "splitOn": TEXTS}, optional=numbers)


def _edges(draw: st.DrawFn, nodes: Sequence[Raw], schemas: Schemas) -> list[Raw]:
    """Join outputs and inputs, those of one type more often than others."""
    sources: list[tuple[str, str]] = []
    targets: list[tuple[str, str]] = []
    for one in nodes:
        schema = schemas.nodes.get(one["data"].get("type", ""))
        if schema is None:
            sources.append((f"{one['id']}.out", ""))
            targets.append((f"{one['id']}.in", ""))
            continue
        sources += [(f"{one['id']}.{name}", made.name) for name, made in schema.outputs.items()]
        targets += [(f"{one['id']}.{name}", wanted.takes.name) for name, wanted in schema.fields.items()]
    edges: list[Raw] = []
    for _ in range(draw(st.integers(0, 8))):
        if not sources or not targets:
            break
        source, made = draw(st.sampled_from(sources))
        alike = [target for target, wanted in targets if not made or made == wanted]
        target = draw(st.sampled_from(alike or [target for target, _ in targets]))
        edges.append(edge(source, target, type=draw(st.sampled_from(["default"] * 9 + ["collapsed"]))))
    return edges
