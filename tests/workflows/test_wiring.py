from itertools import permutations
from typing import Any

import pytest

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import connector, document, edge, node, wired
from workflows.document import Edge
from workflows.schema import Schemas
from workflows.wiring import edges

INT, FLOAT, TEXT, IMAGE = {"type": "integer"}, {"type": "number"}, {"type": "string"}, {"$ref": "#/x/ImageField"}
INTS, IMAGES = {"type": "array", "items": INT}, {"type": "array", "items": IMAGE}
ANY, ITEM, ITEMS = ({"ui_type": f"{name}Field"} for name in ("Any", "CollectionItem", "Collection"))
EITHER = {"anyOf": [FLOAT, {"type": "array", "items": FLOAT}]}


def one(source: Any, target: Any) -> Schemas:
    """Two node types: `a` makes one thing, `b` takes another."""
    return wired(a=({}, {"out": source}), b=({"into": target}, {}))


def kept(schemas: Schemas, *nodes: Any, drawn: list[Any]) -> list[str]:
    found = edges(document(*nodes, edges=drawn), schemas)
    return [f"{edge.source}.{edge.source_field} {edge.target}.{edge.target_field}" for edge in found]


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        (INT, INT, True),
        (INT, FLOAT, True),
        (INT, TEXT, True),
        (FLOAT, TEXT, True),
        (FLOAT, INT, False),
        (TEXT, INT, False),
        (IMAGE, IMAGE, True),
        (IMAGE, TEXT, False),
        (IMAGE, IMAGES, False),
        (IMAGES, IMAGE, False),
        (INTS, {"type": "array", "items": FLOAT}, True),
        (FLOAT, EITHER, True),
        (INT, EITHER, True),
        ({"type": "array", "items": FLOAT}, EITHER, True),
        (EITHER, FLOAT, False),
        (TEXT, EITHER, False),
        (ITEM, IMAGE, True),
        (ITEM, IMAGES, False),
        (IMAGE, ITEM, True),
        (IMAGES, ITEM, False),
        (ITEMS, IMAGES, True),
        (ITEMS, EITHER, True),
        (ITEMS, IMAGE, False),
        (IMAGES, ITEMS, True),
        (IMAGE, ITEMS, False),
        (IMAGES, ANY, True),
        (ANY, IMAGE, True),
        (ANY, IMAGES, False),
        ({"type": "string", "enum": ["a"], "ui_type": "SchedulerField"}, {"type": "string", "enum": ["a"]}, True),
        ({"type": "string", "enum": ["a"]}, {"type": "string"}, False),
        (IMAGE, {**IMAGE, "input": "direct"}, False),
        (IMAGE, {**IMAGE, "input": "connection"}, True),
        ({"$ref": "#/x/BoundingBoxField"}, {"$ref": "#/x/BoundingBoxField", "input": "direct"}, True),
    ],
)
def test_two_types_connect_as_the_editor_has_it(source: Any, target: Any, fits: bool):
    drawn = [edge("a.out", "b.into")]
    assert bool(kept(one(source, target), node("a", "a"), node("b", "b"), drawn=drawn)) is fits


@pytest.mark.parametrize("wrong", ["a.gone b.into", "a.out b.gone", "a.out a.into", "b.out a.into"])
def test_an_edge_without_its_ends_is_dropped(wrong: str):
    both = ({"into": INT}, {"out": INT})
    schemas = wired(a=both, b=({"into": INT}, {"other": INT}))
    assert kept(schemas, node("a", "a"), node("b", "b"), drawn=[edge(*wrong.split())]) == []


def test_an_edge_of_a_node_that_the_backend_lacks_is_left_to_the_report():
    nodes = [node("a", "a"), node("x", "xy_expand"), node("b", "b")]
    drawn = [edge("a.out", "x.y"), edge("x.y", "b.gone"), edge("a.out", "b.into"), edge("x.y", "b.into")]
    assert len(kept(one(INT, INT), *nodes, drawn=drawn)) == 4


def test_a_field_takes_one_edge_and_only_a_collector_takes_more():
    nodes = [node(name, kind) for name, kind in [("a", "a"), ("c", "a"), ("b", "b")]]
    drawn = [edge("a.out", "b.into"), edge("c.out", "b.into"), edge("a.out", "b.into")]
    assert kept(one(INT, INT), *nodes, drawn=drawn) == ["a.out b.into"]
    assert kept(one(INT, ITEM), *nodes, drawn=drawn) == ["a.out b.into", "c.out b.into"]


def test_the_edge_that_would_close_a_circle_is_dropped():
    schemas = wired(a=({"into": INT}, {"out": INT}))
    nodes = [node(name, "a") for name in "xyz"]
    circle = [edge("x.out", "y.into"), edge("y.out", "z.into"), edge("z.out", "x.into")]
    for order in permutations(circle):
        found = edges(document(*nodes, edges=list(order)), schemas)
        assert [(one.source, one.target) for one in found] == [(raw["source"], raw["target"]) for raw in order[:2]]


COLLECT = wired(
    collect=({"item": ITEM, "collection": ITEMS}, {"collection": ITEMS}),
    number=({}, {"out": INT}),
    image=({}, {"out": IMAGE, "all": IMAGES}),
)
COLLECTORS = [node("c", "collect"), node("d", "collect"), node("n", "number"), node("i", "image"), node("j", "image")]


@pytest.mark.parametrize(
    ("drawn", "lost"),
    [
        (["i.out c.item", "j.out c.item"], []),
        (["i.out c.item", "n.out c.item"], ["n.out c.item"]),
        (["i.all c.collection", "n.out c.item"], ["n.out c.item"]),
        (["i.out c.item", "c.collection d.collection", "n.out d.item"], ["n.out d.item"]),
        (["n.out d.item", "i.out c.item", "c.collection d.collection"], ["c.collection d.collection"]),
        (["n.out d.item", "c.collection d.collection", "i.out c.item"], []),
    ],
)
def test_a_collector_holds_things_of_one_type(drawn: list[str], lost: list[str]):
    found = kept(COLLECT, *COLLECTORS, drawn=[edge(*one.split()) for one in drawn])
    assert found == [one for one in drawn if one not in lost]


IF = wired(
    **{"if": ({"true_input": ANY, "false_input": ANY}, {"value": ANY})},
    make=({}, {"number": INT, "point": FLOAT, "image": IMAGE, "images": IMAGES}),
    take=({"number": INT, "image": IMAGE}, {}),
)


@pytest.mark.parametrize(
    ("drawn", "lost"),
    [
        (["m.number if.true_input", "m.point if.false_input"], []),
        (["m.number if.true_input", "m.image if.false_input"], ["m.image if.false_input"]),
        (["m.image if.true_input", "m.images if.false_input"], []),
        (["if.value t.image"], []),
        (["m.image if.true_input", "if.value t.image"], []),
        (["m.image if.true_input", "if.value t.number"], ["if.value t.number"]),
        (["m.image if.true_input", "m.images if.false_input", "if.value t.image"], ["if.value t.image"]),
    ],
)
def test_the_branches_of_an_if_stand_for_each_other(drawn: list[str], lost: list[str]):
    nodes = [node("if", "if"), node("m", "make"), node("t", "take")]
    found = kept(IF, *nodes, drawn=[edge(*one.split()) for one in drawn])
    assert found == [one for one in drawn if one not in lost]


JOINED = wired(make=({}, {"image": IMAGE, "number": INT}), take=({"image": IMAGE, "number": INT}, {"out": IMAGE}))


@pytest.mark.parametrize(
    ("drawn", "left"),
    [
        (["m.image x.in", "x.out t.image"], ["m.image t.image"]),
        (["x.out t.image", "m.image x.in"], ["m.image t.image"]),
        (["x.out y.in", "y.out t.image", "y.out u.image", "m.image x.in"], ["m.image t.image", "m.image u.image"]),
        (["m.number x.in", "x.out t.image", "x.out t.number"], ["m.number t.number"]),
        # What a connector leads to already decides what may feed it.
        (["x.out t.image", "m.number x.in"], []),
        (["x.out t.image", "x.out t.number", "m.image x.in"], ["m.image t.image"]),
        (["x.out t.image", "n.image t.image", "m.image x.in"], ["m.image t.image"]),
        (["n.image t.image", "x.out t.image", "m.image x.in"], ["n.image t.image"]),
        (["m.image x.in", "n.image x.in", "x.out t.image"], ["m.image t.image"]),
        (["m.image x.other", "x.out t.image"], []),
        (["m.image x.in", "x.other t.image"], []),
        (["t.out x.in", "x.out t.image"], []),
        (["x.out t.image"], []),
        (["x.out y.in", "y.out x.in", "x.out t.image", "m.image u.image"], ["m.image u.image"]),
    ],
)
def test_connectors_are_judged_by_what_they_join(drawn: list[str], left: list[str]):
    nodes = [node("m", "make"), node("n", "make"), node("t", "take"), node("u", "take"), connector("x"), connector("y")]
    assert kept(JOINED, *nodes, drawn=[edge(*one.split()) for one in drawn]) == left


@pytest.mark.parametrize(
    ("drawn", "stays"),
    [
        ("batch.value blank.width", True),
        ("maker.integers batch.integers", True),
        ("batch.value batch.integers", False),
        ("maker.integers all.collection", False),
        ("all.collection batch.integers", False),
        ("batch.value batch.batch_group_id", False),
    ],
)
def test_batches_take_generators_and_feed_single_fields(drawn: str, stays: bool):
    schemas = wired(
        integer_batch=(
            {"integers": INTS, "batch_group_id": {"type": "string", "enum": ["None"], "input": "direct"}},
            {"value": INT},
        ),
        integer_generator=({}, {"integers": INTS}),
        blank_image=({"width": INT}, {}),
        integer_collection=({"collection": INTS}, {"collection": INTS}),
    )
    kinds = [("batch", "batch"), ("maker", "generator"), ("all", "collection")]
    nodes = [*(node(name, f"integer_{kind}") for name, kind in kinds), node("blank", "blank_image")]
    assert kept(schemas, *nodes, drawn=[edge(*drawn.split())]) == [drawn] * stays


def test_the_local_schemas_tell_what_comes_out():
    schemas = Schemas.from_openapi(local_openapi())
    drawn = [edge("a.image", "b.image"), edge("a.width", "b.radius"), edge("a.image", "b.radius")]
    found = edges(document(node("a", "blank_image"), node("b", "img_blur"), edges=drawn), schemas)
    assert found == (Edge("a", "image", "b", "image"), Edge("a", "width", "b", "radius"))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("fan", ["chain", "mesh"])
def test_the_largest_document_is_judged_in_time(fan: str):
    schemas = wired(a=({"item": ITEM, "into": INT}, {"out": INT}))
    count = 900
    drawn = [edge(f"n{n}.out", f"n{n + 1}.into") for n in range(count - 1)]
    if fan == "mesh":
        drawn += [edge(f"n{n * 7 % 440}.out", f"n{450 + n % 440}.item") for n in range(9000)]
    assert edges(document(*(node(f"n{n}", "a") for n in range(count)), edges=drawn), schemas)
