import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import (
    DOCUMENTS,
    document,
    edge,
    field,
    form,
    load,
    model,
    mutated,
    node,
    schemas_of,
    shown,
)
from workflows.batches import fits
from workflows.client import InvokeClient, open_http
from workflows.document import MAX_EXPOSED, Document, from_json
from workflows.errors import UserError
from workflows.inputs import derive
from workflows.schema import Schemas
from workflows.values import InputSpec, Kind

IMAGE = {"$ref": "#/components/schemas/ImageField"}
IMAGES = {"type": "array", "items": IMAGE}
MODEL = {"$ref": "#/components/schemas/ModelIdentifierField", "ui_model_type": ["main"], "orig_required": True}
LORA = {"$ref": "#/components/schemas/LoRAField"}
VIDEO = {"$ref": "#/components/schemas/VideoField"}
EITHER = {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}
BOX = {"x_min": 0, "y_min": 1, "x_max": 2, "y_max": 3}
#: What `fits` knows nothing of.
UNCHECKED = {Kind.FIXED, Kind.BOARD, Kind.COLOR, Kind.MODEL, Kind.LORAS, Kind.BOX, Kind.STYLE_PRESET}
LOCAL = Schemas.from_openapi(local_openapi())


def only(spec: dict[str, Any], value: Any = (), models: Any = None, **more: Any) -> InputSpec | None:
    """The input that one field of this schema becomes, with this value in the document."""
    held = field(*value, **more.pop("held", {})) if isinstance(value, tuple) else field(value)
    name = more.pop("name", "value")
    parts = {"form": form(shown(f"n.{name}", **more["settings"]))} if "settings" in more else {"exposed": [f"n.{name}"]}
    found = derive(document(node("n", "node", {name: held}), **parts), schemas_of(node={name: spec}), models)
    return found[0] if found else None


def kind(spec: dict[str, Any], **more: Any) -> Kind | None:
    found = only(spec, **more)
    return found.kind if found else None


# What is asked for


def test_what_the_backend_does_not_have_keeps_the_value_of_the_file():
    schemas = schemas_of(node={"value": {"type": "string"}})
    nodes = node("n", "node", {"gone": field(5, label="Old")}), node("m", "other", {"value": "x"})
    specs = derive(document(*nodes, exposed=["n.gone", "m.value"]), schemas)
    found = [(spec.name, spec.label, spec.kind, spec.default, spec.is_asked) for spec in specs]
    assert found == [("old", "Old", Kind.FIXED, 5, False), ("value", "Value", Kind.FIXED, "x", False)]


def test_what_another_node_feeds_is_not_asked_for():
    schemas = schemas_of(node={"value": {"type": "string", "orig_required": True}})
    nodes = node("n", "node", {"value": "stale"}), node("m", "node")
    (found,) = derive(document(*nodes, edges=[edge("m.value", "n.value")], exposed=["n.value"]), schemas)
    assert (found.kind, found.connected, found.is_asked, found.default, found.required) == (
        *(Kind.STRING, True, False),
        *(None, False),
    )


def test_what_only_a_node_can_feed_is_not_asked_for():
    assert kind({"type": "string", "input": "connection"}) is Kind.FIXED


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"type": "integer"}, Kind.INTEGER),
        ({"type": "number"}, Kind.NUMBER),
        ({"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}, Kind.NUMBER),
        ({"type": "boolean"}, Kind.BOOLEAN),
        ({"type": "string"}, Kind.STRING),
        ({"enum": ["a"]}, Kind.CHOICE),
        ({"enum": ["euler"], "ui_type": "SchedulerField"}, Kind.CHOICE),
        ({"$ref": "#/components/schemas/ColorField"}, Kind.COLOR),
        (MODEL, Kind.MODEL),
        (IMAGE, Kind.IMAGE),
        (IMAGES, Kind.IMAGES),
        ({"anyOf": [IMAGE, IMAGES]}, Kind.IMAGE),
        (VIDEO, Kind.VIDEO),
        ({"type": "array", "items": VIDEO}, Kind.VIDEOS),
        ({"type": "array", "items": {"type": "integer"}}, Kind.INTEGERS),
        ({"type": "array", "items": {"type": "number"}}, Kind.NUMBERS),
        ({"type": "array", "items": {"type": "string"}}, Kind.STRINGS),
        ({"type": "array", "items": {"type": "boolean"}}, Kind.FIXED),
        ({"type": "array", "items": {"enum": ["a"]}}, Kind.FIXED),
        ({"$ref": "#/components/schemas/BoardField", "field_kind": "internal"}, Kind.BOARD),
        ({"$ref": "#/components/schemas/BoundingBoxField"}, Kind.BOX),
        ({"$ref": "#/components/schemas/StylePresetField"}, Kind.STYLE_PRESET),
        ({"type": "integer", "ui_hidden": True}, Kind.FIXED),
        ({"type": "integer", "field_kind": "internal"}, Kind.FIXED),
        ({"anyOf": [LORA, {"type": "array", "items": LORA}, {"type": "null"}]}, Kind.LORAS),
        ({"type": "array", "items": LORA}, Kind.LORAS),
        (LORA, Kind.FIXED),
        ({"$ref": "#/components/schemas/SystemPromptField"}, Kind.FIXED),
        ({}, Kind.FIXED),
    ],
)
def test_a_field_is_asked_for_by_its_kind(spec: dict[str, Any], wanted: Kind):
    assert kind(spec) is wanted


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ([{"label": "One", "value": "1"}, {"label": "", "value": "two"}], (("1", "One"), ("two", "two"))),
        ([{"label": "One", "value": "1"}, {"label": "Again", "value": "1"}], (("1", "One"),)),
        ([{"label": " ", "value": ""}, {"label": "B ", "value": " b"}], (("", "empty"), (" b", "B"))),
        ([], ()),
    ],
)
def test_a_dropdown_is_a_choice_if_there_is_something_to_choose(options: Any, choices: tuple[tuple[str, str], ...]):
    settings = {"component": "dropdown", "options": options}
    found = only({"type": "string"}, settings=settings)
    assert found
    assert (found.kind, found.choices) == (Kind.CHOICE if choices else Kind.STRING, choices)


def test_options_without_a_dropdown_do_not_count():
    settings = {"component": "input", "options": [{"label": "One", "value": "1"}]}
    assert kind({"type": "string"}, settings=settings) is Kind.STRING


# Bounds


@pytest.mark.parametrize(
    ("form_bounds", "schema_bounds", "bounds"),
    [
        ({}, {}, (None, None)),
        ({}, {"minimum": 0}, (0, None)),
        ({}, {"minimum": 0, "maximum": 0}, (0, 0)),
        ({"min": 0}, {}, (0, None)),
        ({"min": 0, "max": 0}, {}, (0, 0)),
        ({"min": 5, "max": 50}, {"minimum": 0, "maximum": 10}, (5, 10)),
        ({"min": -5, "max": 5}, {"minimum": 0, "maximum": 10}, (0, 5)),
        ({"min": 50, "max": 5}, {"minimum": 0, "maximum": 10}, (0, 10)),
        ({"min": 20}, {"minimum": 0, "maximum": 10}, (0, 10)),
        ({"max": -1}, {"minimum": 0}, (0, None)),
        ({"max": 0}, {"exclusiveMinimum": 0}, (1, None)),
        ({"min": 1}, {"exclusiveMaximum": 1}, (None, 0)),
        ({"min": 1}, {"exclusiveMinimum": 0}, (1, None)),
        ({"min": 0}, {"exclusiveMinimum": 0}, (1, None)),
        ({"max": 9}, {"exclusiveMaximum": 9}, (None, 8)),
        ({"min": 9}, {"exclusiveMaximum": 9}, (None, 8)),
        ({"min": 50, "max": 5}, {}, (None, None)),
        # Whole numbers that no float holds.
        ({"min": -(10**400), "max": 9}, {}, (None, 9)),
        ({"min": 1, "max": 10**400}, {}, (1, None)),
    ],
)
def test_both_the_form_and_the_schema_bind_unless_nothing_is_left(
    form_bounds: dict[str, Any], schema_bounds: dict[str, Any], bounds: tuple[Any, Any]
):
    found = only({"type": "integer", **schema_bounds}, settings={"component": "slider", **form_bounds})
    assert found
    assert (found.minimum, found.maximum) == bounds


def test_bounds_that_must_not_be_touched_and_steps_are_kept():
    found = only({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9, "multipleOf": 2})
    assert found
    assert (found.minimum, found.maximum, found.above, found.below, found.multiple_of) == (None, None, 0, 9, 2)


@pytest.mark.parametrize(
    ("schema_bounds", "bounds"),
    [
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 9}, (1, 8)),
        ({"exclusiveMinimum": 0.5, "exclusiveMaximum": 8.5}, (1, 8)),
        ({"minimum": 3, "exclusiveMinimum": 0, "exclusiveMaximum": 9, "maximum": 5}, (3, 5)),
    ],
)
def test_whole_numbers_are_bound_by_those_that_one_may_give(schema_bounds: dict[str, Any], bounds: tuple[int, int]):
    for shape in (
        {"type": "integer", **schema_bounds},
        {"type": "array", "items": {"type": "integer", **schema_bounds}},
    ):
        found = only(shape)
        assert found
        assert (found.minimum, found.maximum, found.above, found.below) == (*bounds, None, None)


@pytest.mark.parametrize(("most", "items"), [(None, 5), (3, 3), (10, 5), (1, 1)])
def test_a_collection_of_images_is_asked_a_few_times(most: int | None, items: int):
    found = only({**IMAGES, "maxItems": most})
    assert found
    assert found.max_items == items


# What it is if left empty


@pytest.mark.parametrize(
    ("spec", "value", "default"),
    [
        ({"type": "integer"}, (), None),
        ({"type": "integer", "orig_default": 5}, (), 5),
        ({"type": "integer", "orig_default": 5}, (None,), 5),
        ({"type": "integer", "orig_default": 5}, (7,), 7),
        ({"type": "integer", "orig_default": 5}, (0,), 0),
        ({"type": "integer", "maximum": 5}, (7,), None),
        ({"type": "integer"}, (7.0,), 7),
        ({"type": "integer"}, ("seven",), None),
        ({"type": "integer"}, (10**400,), None),
        ({"type": "number"}, (7,), 7.0),
        ({"type": "boolean"}, (False,), False),
        ({"type": "string"}, ("",), ""),
        ({"type": "string", "orig_required": True}, ("",), None),
        ({"enum": ["a", "b"]}, ("b",), "b"),
        ({"enum": ["a", "b"]}, ("gone",), None),
        ({"type": "integer", "enum": [256, 512]}, (512,), 512),
        ({"$ref": "#/ColorField"}, ({"r": 1, "g": 2, "b": 3, "a": 4},), {"r": 1, "g": 2, "b": 3, "a": 4}),
        ({"$ref": "#/ColorField"}, ({"r": 1, "g": 2, "b": 3},), {"r": 1, "g": 2, "b": 3, "a": 255}),
        ({"$ref": "#/ColorField"}, ({"r": "red"},), None),
        ({"$ref": "#/ColorField"}, ({"r": 500},), None),
        ({"$ref": "#/ColorField"}, ({"r": -1},), None),
        (IMAGE, ({"image_name": "of another server.png"},), None),
        (IMAGES, ([{"image_name": "a.png"}],), None),
        (VIDEO, ({"video_name": "of another server.mp4"},), None),
        ({"type": "array", "items": {"type": "string"}}, (["a, b", "c|d"],), ["a, b", "c|d"]),
        ({"type": "array", "items": {"type": "integer"}}, ([1, 2.0],), [1, 2]),
        ({"type": "array", "items": {"type": "integer", "maximum": 1}}, ([1, 2],), None),
        ({"type": "array", "items": {"type": "number"}, "orig_default": [1]}, (), [1.0]),
        ({"type": "array", "items": {"type": "number"}}, ("0.5, 1",), [0.5, 1.0]),
        (EITHER, (7,), 7.0),
        (EITHER, ([7, 5],), [7.0, 5.0]),
        ({"$ref": "#/BoundingBoxField"}, (BOX,), BOX),
        ({"$ref": "#/BoundingBoxField"}, ({**BOX, "x_max": 0},), None),
        ({"$ref": "#/StylePresetField"}, ({"style_preset_id": "id"},), {"style_preset_id": "id"}),
        ({"$ref": "#/BoardField", "field_kind": "internal"}, ("auto",), "auto"),
        ({"type": "array", "items": {"type": "boolean"}}, ([True],), [True]),
        ({"type": "integer", "minimum": 2**60}, (2**60 + 1,), 2**60 + 1),
    ],
)
def test_a_default_is_what_the_field_takes(spec: dict[str, Any], value: tuple[Any, ...], default: Any):
    found = only(spec, value)
    assert found
    assert found.default == default
    assert type(found.default) is type(default)


DAWN = {"key": "elsewhere", "hash": "blake3:Dawn", "name": "Dawn", "base": "sd-1", "type": "main"}


@pytest.mark.parametrize(
    ("models", "default"),
    [
        (None, DAWN),
        ([], None),
        ([model("Dawn")], model("Dawn").identifier()),
        ([model("Dawn", kind="lora")], None),
        ([model("Dusk")], None),
    ],
)
def test_a_model_is_a_default_if_it_is_installed_and_fits(models: Any, default: Any):
    found = only(MODEL, (DAWN,), models)
    assert found
    assert (found.default, found.required) == (default, default is None)


INK, WASH = model("Ink", kind="lora"), model("Wash", kind="lora")
ELSEWHERE = [{"lora": {**lora.identifier(), "key": "elsewhere"}, "weight": 0.5} for lora in (INK, WASH)]
SOME_LORAS = {"anyOf": [LORA, {"type": "array", "items": LORA}], "ui_model_base": ["sd-1"]}


@pytest.mark.parametrize(
    ("models", "default"),
    [
        (None, ELSEWHERE),
        ([], []),
        ([INK], [{"lora": INK.identifier(), "weight": 0.5}]),
        ([INK, model("Wash", kind="lora", base="sdxl")], [{"lora": INK.identifier(), "weight": 0.5}]),
        ([WASH, INK], [{"lora": lora.identifier(), "weight": 0.5} for lora in (INK, WASH)]),
    ],
)
def test_of_a_list_of_loras_those_that_are_installed_are_the_default(models: Any, default: Any):
    found = only(SOME_LORAS, (ELSEWHERE,), models)
    assert found
    assert (found.default, found.models.types, found.max_items) == (default, ("lora",), 1000)


def test_a_style_preset_is_a_default_if_it_is_there():
    photo = model("Photo", base="any", kind="style_preset")
    for models, default in (([photo], {"style_preset_id": "key-Photo", "name": "Photo"}), ([], None)):
        found = only({"$ref": "#/StylePresetField"}, ({"style_preset_id": "key-Photo"},), models)
        assert found
        assert found.default == default


@pytest.mark.parametrize(
    ("schema", "settings", "textarea"),
    [
        ({"ui_component": "textarea"}, None, True),
        ({}, None, False),
        ({}, {"component": "textarea"}, True),
        ({"ui_component": "textarea"}, {"component": "input"}, False),
    ],
)
def test_long_text_is_what_the_form_or_the_server_says(
    schema: dict[str, Any], settings: dict[str, Any] | None, textarea: bool
):
    found = only({"type": "string", **schema}, **({"settings": settings} if settings else {}))
    assert found
    assert found.textarea is textarea


@pytest.mark.parametrize(("name", "is_mask"), [("mask", True), ("mask_image", True), ("image", False)])
def test_a_mask_says_so(name: str, is_mask: bool):
    found = only(IMAGE, name=name)
    assert found
    assert found.description.endswith(" (a black and white mask)") is is_mask


def test_a_form_that_leaves_no_whole_number_is_not_followed():
    for bounds in ({"min": 1.2, "max": 1.8}, {"min": 9, "max": 15}):
        found = only({"type": "integer", "multipleOf": 8}, settings={"component": "slider", **bounds})
        assert found
        assert (found.minimum, found.maximum) == (None, None)


@pytest.mark.parametrize(
    ("spec", "value", "required"),
    [
        ({"type": "integer", "orig_required": True}, (), True),
        ({"type": "integer", "orig_required": True}, (5,), False),
        ({"type": "integer", "orig_required": False}, (), False),
        ({**IMAGE, "orig_required": True}, ({"image_name": "a.png"},), True),
        ({**VIDEO, "orig_required": True}, (), True),
        ({"type": "array", "items": {"type": "string"}, "orig_required": True}, (), True),
        ({"type": "array", "items": {"type": "string"}, "orig_required": True}, ([],), True),
        ({"type": "array", "items": {"type": "string"}, "orig_required": True}, (["a"],), False),
        ({"$ref": "#/BoundingBoxField", "orig_required": True}, ({"x_min": 0},), True),
        (IMAGE, (), False),
    ],
)
def test_what_has_no_value_but_needs_one_is_required(spec: dict[str, Any], value: Any, required: bool):
    found = only(spec, value)
    assert found
    assert found.required is required


@pytest.mark.parametrize(
    ("name", "spec", "is_seed"),
    [
        ("seed", {"type": "integer", "orig_required": True}, True),
        ("variance_seed", {"type": "integer"}, True),
        ("seed", {"type": "number"}, False),
        ("steps", {"type": "integer"}, False),
    ],
)
def test_a_whole_number_called_seed_is_one(name: str, spec: dict[str, Any], is_seed: bool):
    found = only(spec, name=name)
    assert found
    assert (found.is_seed, found.required) == (is_seed, False)


# Names and words


def titled(*labels: str, node_labels: tuple[str, ...] = (), spec: dict[str, Any] | None = None) -> list[InputSpec]:
    nodes = [
        node(f"n{place}", "node", {"size": field(1, label=label)}, label=node_label)
        for place, (label, node_label) in enumerate(zip(labels, node_labels or [""] * len(labels), strict=True))
    ]
    exposed = [f"n{place}.size" for place in range(len(labels))]
    return derive(document(*nodes, exposed=exposed), schemas_of(node={"size": spec or {"type": "integer"}}))


@pytest.mark.parametrize(
    ("labels", "node_labels", "names"),
    [
        (["CFG / Guidance"], (), ["cfg_guidance"]),
        ([""], (), ["size"]),
        (["🦊"], (), ["size"]),
        (["Größe"], (), ["größe"]),
        (["大きさ"], (), ["大きさ"]),
        (["A & B &#99999999999; &lt;"], (), ["a_b_99999999999"]),
        (["x" * 40], (), ["x" * 32]),
        (["x" * 40, "x" * 40], (), ["x" * 32, "x" * 30 + "_2"]),
        (["Width", "width", "WIDTH"], (), ["width", "width_2", "width_3"]),
        (["size 2", "size", "size"], (), ["size_2", "size", "size_3"]),
        (["", ""], ("Paper", "Card"), ["paper_size", "card_size"]),
        (["", ""], ("Paper size", "Size of card"), ["paper_size", "size_of_card"]),
        (["", ""], ("Paper", "Paper"), ["size", "size_2"]),
        (["", ""], ("", "Card"), ["size", "card_size"]),
        (["", ""], (), ["size", "size_2"]),
        (["Wide", ""], ("Paper", "Card"), ["wide", "size"]),
    ],
)
def test_names_are_unique_and_fit_to_be_typed(labels: list[str], node_labels: tuple[str, ...], names: list[str]):
    assert [spec.name for spec in titled(*labels, node_labels=node_labels)] == names


def test_a_field_called_value_is_known_by_its_node():
    schemas = schemas_of(integer={"value": {"type": "integer", "title": "Value"}})
    exposing = document(node("n", "integer", label="How many"), node("m", "integer"), exposed=["n.value", "m.value"])
    assert [(spec.label, spec.name) for spec in derive(exposing, schemas)] == [
        ("How many", "how_many"),
        ("Value", "value"),
    ]


@pytest.mark.parametrize("label", ["x" * 32, "x" * 30 + "_2", "x" * 29, "Photo"])
@pytest.mark.parametrize("count", [1, 2, 15, 60])
def test_collections_of_one_label_never_share_a_name(label: str, count: int):
    _distinct(titled(*[label] * count, spec=IMAGES))


def test_a_collection_does_not_take_the_names_of_others():
    nodes = [node(str(n), kind, {"it": field(label="x" * 32)}) for n, kind in enumerate(["one", "many", "one", "many"])]
    schemas = schemas_of(one={"it": IMAGE}, many={"it": IMAGES})
    _distinct(derive(document(*nodes, exposed=[f"{n}.it" for n in range(4)]), schemas))


def test_as_many_fields_of_one_name_as_a_document_may_expose():
    _distinct(titled(*["x" * 40] * MAX_EXPOSED, spec=IMAGES))


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_label_makes_a_name(labels: list[str]):
    _distinct(titled(*labels))


def _distinct(specs: list[InputSpec]) -> None:
    names = [name for spec in specs for name in spec.names]
    assert len(names) == len(set(names))
    for name in names:
        assert re.fullmatch(r"[-_\w]{1,32}", name)
        assert name == name.lower()


def test_words_are_the_authors_then_the_servers():
    spec = {"type": "integer", "title": "Width", "description": "In pixels"}
    own = only(spec, held={"label": "Wide", "description": "How wide"})
    theirs = only(spec)
    assert own
    assert theirs
    assert (own.label, own.description) == ("Wide", "How wide")
    assert (theirs.label, theirs.description) == ("Width", "In pixels")
    assert (theirs.node_id, theirs.field_name) == ("n", "value")


def test_a_label_says_more_than_the_servers_words_for_a_mere_value():
    spec = {"type": "integer", "title": "Value", "description": "The integer value"}
    schemas = schemas_of(integer={"value": spec}, other={"value": spec})
    plain = Schemas(
        {
            name: replace(node, category=category)
            for name, node, category in (
                ("integer", schemas.nodes["integer"], "primitives"),
                ("other", schemas.nodes["other"], "image"),
            )
        }
    )
    nodes = [
        node("a", "integer", {"value": field(label="Grain")}),
        node("b", "integer"),
        node("c", "integer", {"value": field(label="Size", description="In pixels")}),
        node("d", "other", {"value": field(label="Blur")}),
    ]
    specs = derive(document(*nodes, exposed=[f"{n}.value" for n in "abcd"]), plain)
    assert [spec.description for spec in specs] == ["Grain", "The integer value", "In pixels", "The integer value"]


# Our documents, and what they may become


async def test_every_default_of_a_server_fits_its_field(invoke_url: str):
    async with open_http(invoke_url) as http:
        schemas = await InvokeClient(http, "test").schemas()
    for node_type, schema in schemas.nodes.items():
        for name, held in schema.fields.items():
            for spec in derive(document(node("n", node_type), exposed=[f"n.{name}"]), schemas):
                unchecked = spec.kind in UNCHECKED or spec.default is None
                assert unchecked or fits(held, spec.default), (node_type, name, spec.default)
                assert spec.kind is not Kind.CHOICE or spec.choices


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_our_documents_ask_for_what_they_expose(path: Path):
    found = from_json(load(path))
    specs = derive(found, LOCAL)
    assert [(spec.node_id, spec.field_name) for spec in specs] == [(one.node_id, one.name) for one in found.exposed]
    assert any(spec.kind is not Kind.FIXED for spec in specs)
    assert all(spec.label and spec.description for spec in specs)
    _distinct(specs)


def test_a_document_is_asked_in_the_order_of_its_form():
    specs = derive(from_json(load(Path("tests/fixtures/workflows/text_to_image.json"))), LOCAL)
    assert [(spec.name, spec.kind.value, spec.default) for spec in specs[1:]] == [
        ("prompt", "string", "a lighthouse at dawn"),
        ("avoid", "string", ""),
        ("width", "integer", 256),
        ("height", "integer", 256),
        ("steps", "integer", 6),
        ("guidance", "number", 4.5),
        ("scheduler", "choice", "euler"),
        ("seed", "integer", 42),
    ]


@given(mutated([load(path) for path in DOCUMENTS]))
@settings(max_examples=150, deadline=None)
def test_any_mutation_is_derived_or_refused(value: Any):
    try:
        found: Document = from_json(value)
        specs = derive(found, LOCAL, [])
    except UserError:
        return
    _distinct(specs)
    for spec in specs:
        field_schema = LOCAL.field(found.nodes[spec.node_id].type, spec.field_name)
        assert field_schema or spec.kind is Kind.FIXED
        if field_schema and spec.default is not None and spec.kind not in UNCHECKED:
            assert fits(field_schema, spec.default)


@pytest.mark.parametrize(
    ("shape", "settings", "value", "kept"),
    [
        ({"type": "number"}, {"component": "slider", "min": 0, "max": 10}, 50.0, 50.0),
        ({"type": "number", "maximum": 20}, {"component": "slider", "min": 0, "max": 10}, 50.0, None),
        ({"type": "integer"}, {}, 2**64, 2**64),
        ({"type": "string"}, {"component": "dropdown", "options": [{"label": "One", "value": "1"}]}, "q", "q"),
        ({"enum": ["a", "b"], "type": "string"}, {}, "q", None),
    ],
)
def test_what_the_author_left_counts_also_beyond_the_forms_own_limits(
    shape: dict[str, Any], settings: dict[str, Any], value: Any, kept: Any
):
    found = only(shape, value, settings=settings)
    assert found
    assert found.default == kept
