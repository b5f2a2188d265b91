from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import JSON, document, edge, field, node, schemas_of
from workflows.batches import MAX_BATCHES, MAX_FED, data, fits, problems, requests, size
from workflows.errors import DocumentError
from workflows.generators import MAX_ITEMS
from workflows.schema import FieldSchema, Schemas

LOCAL = Schemas.from_openapi(local_openapi())
IMAGE = {"$ref": "#/components/schemas/ImageField"}
BLANK = node("blank", "blank_image")


def of(batch: dict[str, Any], target: str, *more: dict[str, Any], values: Any = None) -> Any:
    handle = "image" if batch["data"]["type"] == "image_batch" else "value"
    found = document(batch, BLANK, *more, edges=[edge(f"{batch['id']}.{handle}", target)])
    return data(found, LOCAL, values or {}, Random(1))


def whole(*numbers: Any, node_id: str = "a", **more: Any) -> dict[str, Any]:
    return node(node_id, "integer_batch", {"integers": list(numbers), **more})


@pytest.mark.parametrize(
    ("batch", "target", "problem"),
    [
        (whole("many"), "blank.width", 'holds "many", which'),
        (whole(64.5), "blank.width", "holds 64.5"),
        (whole(True), "blank.width", "holds true"),
        (whole([1]), "blank.width", r"holds \[1\]"),
        (whole(None), "blank.width", "holds null"),
        (whole(10**400), "blank.width", "holds 1000"),
        (whole(), "blank.width", "batch “integer_batch” is empty"),
        (node("a", "integer_batch"), "blank.width", "is empty"),
        (node("a", "integer_batch", {"integers": 5}), "blank.width", "is empty"),
        (whole(1), "blank.gone", "feeds \\*\\*gone\\*\\* of “blank_image”, which is gone"),
        (node("a", "string_batch", {"strings": ["blue"]}), "blank.mode", 'holds "blue"'),
        (node("a", "string_batch", {"strings": [["RGB"]]}), "blank.mode", r'holds \["RGB"\]'),
        (node("a", "string_batch", {"strings": [{"a": 1}]}), "blank.mode", 'holds {"a": 1}'),
        (node("a", "image_batch", {"images": [{"image_name": 5}]}), "blank.width", "holds {"),
    ],
)
def test_items_that_would_stop_the_servers_queue_are_refused(batch: Any, target: str, problem: str):
    with pytest.raises(DocumentError, match=problem):
        of(batch, target)


def test_side_by_side_batches_need_equally_many_items():
    group = {"batch_group_id": "Group 1"}
    nodes = [whole(1, 2, **group), whole(1, node_id="b", **group), BLANK]
    found = document(*nodes, edges=[edge("a.value", "blank.width"), edge("b.value", "blank.height")])
    told = "The batches into “Width” and “Height” run side by side, so they need equally many items."
    with pytest.raises(DocumentError, match=told):
        data(found, LOCAL, {}, Random(1))
    assert list(problems(found, LOCAL, ())) == [told]
    # How many a member gives is only known later.
    assert list(problems(found, LOCAL, {("a", "integers")})) == []
    assert list(problems(found, LOCAL, {("a", "batch_group_id")})) == []


def test_side_by_side_batches_are_called_by_their_labels():
    nodes = [whole(*[1] * (1 + (n == "a")), node_id=n) for n in "ab"]
    for one in nodes:
        one["data"] |= {"label": one["id"].upper()}
        one["data"]["inputs"]["batch_group_id"] = field("Group 1")
    found = document(*nodes, BLANK, edges=[edge("a.value", "blank.width"), edge("b.value", "blank.height")])
    told = "The batches “A” and “B” run side by side, so they need equally many items."
    assert list(problems(found, LOCAL, ())) == [told]


def test_a_batch_that_feeds_nothing_is_nothing():
    assert data(document(whole(), BLANK), LOCAL, {}, Random(1)) == []
    assert size([]) == 1


def test_a_field_takes_the_items_of_one_batch():
    found = document(
        whole(1), whole(2, node_id="b"), BLANK, edges=[edge("a.value", "blank.width"), edge("b.value", "blank.width")]
    )
    with pytest.raises(DocumentError, match="Two batches feed \\*\\*width\\*\\* of “blank_image”"):
        data(found, LOCAL, {}, Random(1))


@pytest.mark.parametrize("target", ["other.integers", "g.generator"])
def test_a_batch_cannot_feed_another(target: str):
    nodes = [whole(1), whole(1, node_id="other"), node("g", "integer_generator"), BLANK]
    found = document(*nodes, edges=[edge("a.value", target), edge("other.value", "blank.width")])
    with pytest.raises(DocumentError, match=r"The batch “integer_batch” feeds “.*”; a batch cannot feed|is fed by"):
        data(found, LOCAL, {}, Random(1))


def test_only_a_generator_can_fill_a_batch():
    nodes = [whole(1), node("range", "range", label="Range"), BLANK]
    found = document(*nodes, edges=[edge("range.collection", "a.integers"), edge("a.value", "blank.width")])
    problem = "The batch “integer_batch” is fed by “Range”; only a generator can fill a batch"
    with pytest.raises(DocumentError, match=problem):
        data(found, LOCAL, {}, Random(1))
    with pytest.raises(DocumentError, match=problem):
        requests(found, {})
    assert [one for one in problems(found, LOCAL, ()) if one.startswith(problem)]


def test_a_text_field_reads_whole_numbers_without_a_point():
    batch = node("a", "float_batch", {"floats": [5.0, 0.5]})
    found = document(batch, node("text", "string"), edges=[edge("a.value", "text.value")])
    assert data(found, LOCAL, {}, Random(1))[0][0]["items"] == [5, 0.5]


def test_groups_of_any_name_run_side_by_side_and_those_without_one_alone():
    nodes = [whole(1), whole(2, node_id="b", batch_group_id="Group 9"), whole(3, node_id="c", batch_group_id="None")]
    nodes += [whole(4, node_id="d", batch_group_id="Group 9"), BLANK, node("noise", "noise")]
    targets = {"a": "blank.width", "b": "blank.height", "c": "noise.seed", "d": "noise.width"}
    edges = [edge(f"{name}.value", target) for name, target in targets.items()]
    nodes[3]["data"]["inputs"]["integers"]["value"] = [64]
    groups = data(document(*nodes, edges=edges), LOCAL, {}, Random(1))
    # As the editor has it: those without a group stand together where the first of them stood.
    assert [[datum["items"] for datum in group] for group in groups] == [[[1]], [[3]], [[2], [64]]]


def test_groups_multiply_and_members_run_side_by_side():
    group = {"batch_group_id": "Group 2"}
    nodes = [whole(1, 2, **group), whole(3, 4, node_id="b", **group), whole(5, 6, 7, node_id="c"), BLANK]
    nodes += [whole(8, node_id="d", batch_group_id="None"), node("blur", "img_blur"), node("noise", "noise")]
    edges = [edge("a.value", "blank.width"), edge("b.value", "blank.height"), edge("c.value", "blur.radius")]
    groups = data(document(*nodes, edges=[*edges, edge("d.value", "noise.seed")]), LOCAL, {}, Random(1))
    assert [[datum["items"] for datum in group] for group in groups] == [[[1, 2], [3, 4]], [[5, 6, 7]], [[8]]]
    assert size(groups) == 6


def test_a_batch_feeds_each_of_its_edges():
    nodes = [whole(1, 2), BLANK]
    edges = [edge("a.value", "blank.width"), edge("a.value", "blank.height"), edge("a.other", "blank.mode")]
    (group,) = data(document(*nodes, edges=edges), LOCAL, {}, Random(1))
    assert [(datum["node_path"], datum["field_name"]) for datum in group] == [("blank", "width"), ("blank", "height")]


@pytest.mark.parametrize(
    "items",
    [[1] * (MAX_ITEMS + 1), [[1] * MAX_ITEMS, 1], [[1] * 600, [1] * 600]],
    ids=["items", "a list in the list", "lists"],
)
def test_more_items_than_anybody_wrote_are_refused_before_they_are_checked(
    items: list[Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("workflows.batches.fits", None)
    with pytest.raises(DocumentError, match=r"holds 1,[02]0[01] items; up to 1,000 are fine"):
        of(whole(*items), "blank.width")


def test_as_many_items_as_are_fine():
    assert size(of(whole(*[64] * MAX_ITEMS), "blank.width")) == MAX_ITEMS


def test_each_kind_of_field_is_checked_once(monkeypatch: pytest.MonkeyPatch):
    checked: list[Any] = []
    monkeypatch.setattr("workflows.batches.fits", lambda _, item: checked.append(item) or True)
    nodes = [node(f"n{number}", "blank_image") for number in range(200)]
    edges = [edge("a.value", f"n{number}.width") for number in range(200)]
    (group,) = data(document(whole(1, 2), *nodes, edges=[*edges, edge("a.value", "n0.height")]), LOCAL, {}, Random(1))
    assert len(group) == 201
    assert checked == [1, 2, 1, 2]


def test_too_many_batches_are_told_of():
    nodes = [whole(1, node_id=f"b{number}") for number in range(MAX_BATCHES + 1)]
    found = document(*nodes, BLANK, edges=[edge(f"{one['id']}.value", "blank.width") for one in nodes])
    assert list(problems(found, LOCAL, ())) == ["That workflow has 21 batch nodes; up to 20 are fine."]
    with pytest.raises(DocumentError, match="21 batch nodes"):
        data(found, LOCAL, {}, Random(1))


def test_a_batch_that_feeds_too_many_fields_is_told_of():
    edges = [edge("a.value", f"blank.f{number}") for number in range(MAX_FED + 1)]
    assert list(problems(document(whole(1), BLANK, edges=edges), LOCAL, ())) == [
        "The batch “integer_batch” feeds too many fields: up to 50 are fine."
    ]


def test_a_batch_whose_items_make_a_request_of_gigabytes_is_told_of():
    """A file of 5 MiB can ask for it: thousands of fields, each of which takes all items."""
    nodes = [node(f"t{number}", "string") for number in range(200)]
    edges = [edge("a.value", f"t{number}.value") for number in range(200)]
    batch = node("a", "string_batch", {"strings": ["x" * 50_000, "y" * 50_000]})
    assert list(problems(document(batch, *nodes, edges=edges), LOCAL, ())) == [
        "The batch “string_batch” holds too much for the 200 fields that it feeds."
    ]


def test_given_values_count_before_those_of_the_document():
    assert of(whole(1), "blank.width", values={("a", "integers"): [7, 8]})[0][0]["items"] == [7, 8]


def test_images_that_were_given_are_items():
    images = [{"image_name": "a.png"}, {"image_name": "b.png"}]
    batch = node("a", "image_batch")
    found = data(
        document(batch, node("blur", "img_blur"), edges=[edge("a.image", "blur.image")]),
        LOCAL,
        {("a", "images"): images},
        Random(1),
    )
    assert found == [[{"node_path": "blur", "field_name": "image", "items": images}]]


def test_a_generator_fills_its_batch():
    generator = node(
        "g",
        "integer_generator",
        {"generator": {"type": "integer_generator_arithmetic_sequence", "start": 5, "step": 5, "count": 3}},
    )
    found = document(
        whole(1), generator, BLANK, edges=[edge("a.value", "blank.width"), edge("g.integers", "a.integers")]
    )
    assert data(found, LOCAL, {}, Random(1))[0][0]["items"] == [5, 10, 15]


# What a field takes


def spec(schema: dict[str, Any]) -> FieldSchema:
    found = schemas_of(node={"value": schema}).field("node", "value")
    assert found
    return found


WHOLE = {"type": "integer", "minimum": 0, "maximum": 10**6, "multipleOf": 8}
EITHER = {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}
INTEGERS = {"type": "array", "items": {"type": "integer"}}


@pytest.mark.parametrize(
    ("schema", "value", "fit"),
    [
        (WHOLE, 16, True),
        (WHOLE, 12, False),
        (WHOLE, -8, False),
        (WHOLE, 10**6 + 8, False),
        (WHOLE, 16.0, False),
        (WHOLE, True, False),
        (WHOLE, "16", False),
        (WHOLE, None, False),
        (WHOLE, [16], False),
        ({"type": "integer"}, 10**400, False),
        ({"type": "number"}, 10**400, False),
        ({"type": "number"}, float("nan"), False),
        ({"type": "number"}, float("inf"), False),
        ({"type": "number"}, 5, True),
        ({"type": "number"}, False, False),
        ({"type": "number", "multipleOf": 0.1}, 100_000_000.1, True),
        ({"type": "number", "exclusiveMinimum": 0}, 0, False),
        ({"type": "number", "exclusiveMaximum": 1}, 1, False),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5, True),
        ({"type": "string"}, "", True),
        ({"type": "string"}, 5, True),
        ({"type": "string"}, 5.5, True),
        ({"type": "string"}, True, False),
        ({"type": "string"}, "\ud800", False),
        ({"type": "string"}, ["a"], False),
        ({"type": "string", "maxLength": 3}, "abcd", False),
        ({"enum": ["a"]}, "a", True),
        ({"enum": ["a"]}, "b", False),
        ({"enum": ["a"]}, ["a"], False),
        ({"enum": ["a"]}, {"a": 1}, False),
        ({"enum": ["a"]}, None, False),
        ({"type": "integer", "enum": [256, 512]}, 512, True),
        ({"type": "integer", "enum": [256, 512]}, "512", False),
        ({"type": "integer", "enum": [1]}, True, False),
        ({"type": "boolean"}, True, True),
        ({"type": "boolean"}, 1, False),
        (IMAGE, {"image_name": "a.png"}, True),
        (IMAGE, {"image_name": None}, False),
        (IMAGE, "a.png", False),
        (IMAGE, [{"image_name": "a.png"}], False),
        (INTEGERS, 5, False),
        (INTEGERS, [5, 6], True),
        (INTEGERS, [5, "6"], False),
        (INTEGERS, [[5]], False),
        (INTEGERS, [], True),
        (EITHER, 5, True),
        (EITHER, [5, 0.5], True),
        (EITHER, ["5"], False),
        ({"$ref": "#/ModelIdentifierField"}, {"key": "x"}, False),
        ({"$ref": "#/ColorField"}, {"r": 1, "g": 2, "b": 3, "a": 4}, False),
        ({"$ref": "#/BoardField"}, "auto", False),
        ({"$ref": "#/VideoField"}, {"video_name": "a.mp4"}, True),
        ({"$ref": "#/VideoField"}, {"image_name": "a.mp4"}, False),
        (INTEGERS | {"maxItems": 2}, [1, 2, 3], False),
        (INTEGERS | {"minItems": 2}, [1], False),
        ({}, 5, True),
        ({}, "a", True),
        ({}, [5, 6], True),
        ({}, {"image_name": "a.png"}, True),
        ({}, {"key": "a"}, False),
        ({}, None, False),
        ({}, True, False),
        ({"ui_type": "CollectionItemField"}, [5], False),
    ],
)
def test_a_value_fits_if_the_server_reads_it_back(schema: dict[str, Any], value: Any, fit: bool):
    assert fits(spec(schema), value) is fit


FIELDS = [one for schema in LOCAL.nodes.values() for one in schema.fields.values()]


@given(JSON)
@settings(max_examples=60, deadline=None)
def test_any_json_fits_or_does_not(value: Any):
    assert {fits(one, value) for one in FIELDS} <= {True, False}


def test_an_empty_input_holds_nothing():
    assert data(document(node("a", "string_batch", {"strings": field()}), BLANK), LOCAL, {}, Random(1)) == []
