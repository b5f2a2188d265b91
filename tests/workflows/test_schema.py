from typing import Any

import pytest
from hypothesis import given, settings

from bot.playground.invokeai import LocalInvokeAI
from tests.workflows.builders import JSON, openapi, schemas_of
from workflows.client import InvokeClient, open_http
from workflows.document import MISSING
from workflows.schema import Cardinality, ModelFilter, Schemas

IMAGE = {"$ref": "#/components/schemas/ImageField"}
SINGLE, COLLECTION, EITHER = Cardinality


def field(spec: dict[str, Any]) -> Any:
    found = schemas_of(node={"value": spec}).field("node", "value")
    assert found
    return found


@pytest.mark.parametrize(
    "odd",
    [{}, {"components": None}, {"components": {"schemas": []}}, {"components": {"schemas": {"a": None, "b": []}}}],
)
def test_what_is_no_openapi_document_has_no_nodes(odd: dict[str, Any]):
    assert Schemas.from_openapi(odd).nodes == {}


@given(JSON)
@settings(max_examples=50, deadline=None)
def test_what_is_no_node_is_passed_over(value: Any):
    document = openapi(node={"value": {"type": "string"}})
    document["components"]["schemas"]["odd"] = value
    assert set(Schemas.from_openapi(document).nodes) == {"node"}


def test_unknown_nodes_and_fields_are_none():
    schemas = schemas_of(node={"value": {"type": "string"}})
    assert schemas.field("node", "gone") is None
    assert schemas.field("gone", "value") is None


def test_attributes_of_the_node_itself_are_no_fields():
    schemas = schemas_of(node={"use_cache": {"type": "boolean", "field_kind": "node_attribute"}})
    assert schemas.nodes["node"].fields == {}


@pytest.mark.parametrize(
    ("spec", "name", "cardinality"),
    [
        ({"type": "integer"}, "IntegerField", SINGLE),
        ({"type": "number"}, "FloatField", SINGLE),
        ({"type": "boolean"}, "BooleanField", SINGLE),
        ({"type": "string"}, "StringField", SINGLE),
        ({"type": "string", "enum": ["a", "b"]}, "EnumField", SINGLE),
        ({"const": "a", "type": "string"}, "EnumField", SINGLE),
        ({"type": "integer", "enum": [256, 512]}, "EnumField", SINGLE),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "IntegerField", SINGLE),
        ({"anyOf": [IMAGE, {"type": "null"}]}, "ImageField", SINGLE),
        ({"allOf": [IMAGE]}, "ImageField", SINGLE),
        (IMAGE, "ImageField", SINGLE),
        ({"type": "array", "items": IMAGE}, "ImageField", COLLECTION),
        ({"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}, "IntegerField", COLLECTION),
        ({"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}, "FloatField", EITHER),
        ({"anyOf": [{"type": "array", "items": IMAGE}, IMAGE, {"type": "null"}]}, "ImageField", EITHER),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "AnyField", SINGLE),
        ({"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "string"}}]}, "AnyField", SINGLE),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}, "AnyField", SINGLE),
        ({"type": "object"}, "AnyField", SINGLE),
        ({}, "AnyField", SINGLE),
        ({"type": "string", "enum": ["euler"], "ui_type": "SchedulerField"}, "SchedulerField", SINGLE),
        ({"type": "array", "items": {}, "ui_type": "CollectionField"}, "CollectionField", COLLECTION),
    ],
)
def test_a_type_is_named_as_the_editor_names_it(spec: dict[str, Any], name: str, cardinality: Cardinality):
    found = field(spec)
    assert (found.type, found.cardinality) == (name, cardinality)


@pytest.mark.parametrize(
    ("spec", "choices", "whole"),
    [
        ({"enum": ["a", "b"]}, (("a", "a"), ("b", "b")), False),
        ({"enum": ["a"], "ui_choice_labels": {"a": "First"}}, (("a", "First"),), False),
        ({"anyOf": [{"enum": ["a"]}, {"type": "null"}]}, (("a", "a"),), False),
        ({"const": "a"}, (("a", "a"),), False),
        ({"type": "integer", "enum": [256, 512]}, (("256", "256"), ("512", "512")), True),
        ({"anyOf": [{"type": "integer", "enum": [256]}, {"type": "null"}]}, (("256", "256"),), True),
        ({"type": "integer"}, (), False),
    ],
)
def test_choices_have_their_labels(spec: dict[str, Any], choices: Any, whole: bool):
    found = field(spec)
    assert (found.choices, found.whole_choices) == (choices, whole)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda spec: spec,
        lambda spec: {"anyOf": [spec, {"type": "null"}]},
        lambda spec: {"type": "array", "items": spec},
        lambda spec: {"anyOf": [spec, {"type": "array", "items": spec}]},
    ],
    ids=["plain", "nullable", "listed", "either"],
)
def test_bounds_are_found_however_deep_they_stand(wrap: Any):
    words = {"minimum": 0, "maximum": 9, "exclusiveMinimum": -1, "exclusiveMaximum": 10, "multipleOf": 3}
    found = field(wrap({"type": "integer", **words}))
    bounds = (found.minimum, found.maximum, found.exclusive_minimum, found.exclusive_maximum, found.multiple_of)
    assert bounds == (0, 9, -1, 10, 3)


def test_lengths_are_read():
    found = field({"type": "array", "items": {"type": "string", "maxLength": 9}, "maxItems": 4})
    assert (found.max_length, found.max_items) == (9, 4)


@pytest.mark.parametrize(
    ("spec", "required", "default"),
    [
        ({"type": "integer"}, False, MISSING),
        ({"type": "integer", "default": 0, "orig_default": 5, "orig_required": False}, False, 5),
        ({"type": "integer", "default": 0}, False, 0),
        ({"type": "integer", "default": None, "orig_required": True}, True, None),
    ],
)
def test_the_original_default_counts(spec: dict[str, Any], required: bool, default: Any):
    found = field(spec)
    assert (found.required, found.default) == (required, default)


def test_how_a_field_is_shown_is_read():
    found = field({"type": "string", "ui_component": "textarea", "ui_hidden": True, "input": "connection"})
    assert (found.textarea, found.hidden, found.connection_only, found.internal) == (True, True, True, False)
    assert (found.title, field({"title": "A title"}).title) == ("Value", "A title")
    assert field({"field_kind": "internal"}).internal


def test_which_models_a_field_takes_is_read():
    found = field(
        {"ui_model_base": ["sdxl"], "ui_model_type": ["main"], "ui_model_format": ["diffusers"], "ui_model_variant": 5}
    )
    assert found.models == ModelFilter(bases=("sdxl",), types=("main",), formats=("diffusers",))


@pytest.mark.parametrize(
    ("properties", "output", "collection"),
    [
        ({"image": IMAGE}, "image", False),
        ({"collection": {"type": "array", "items": IMAGE}}, "collection", True),
        ({"value": {"type": "integer"}}, None, False),
        ({}, None, False),
    ],
)
def test_the_image_output_is_found(properties: dict[str, Any], output: str | None, collection: bool):
    document = openapi(node={})
    document["components"]["schemas"]["ImageOutput"]["properties"] = properties
    found = Schemas.from_openapi(document).nodes["node"]
    assert (found.image_output, found.output_is_collection) == (output, collection)


# What a server tells


async def test_the_local_server_tells_the_schemas_of_the_other_tests(schemas: Schemas, local_invokeai: LocalInvokeAI):
    async with open_http(local_invokeai.url) as http:
        assert await InvokeClient(http, "test").schemas() == schemas


async def test_a_server_tells_what_the_documents_need(invoke_url: str):
    async with open_http(invoke_url) as http:
        found = await InvokeClient(http, "test").schemas()
    blur = found.nodes["img_blur"]
    assert (blur.fields["radius"].type, blur.fields["radius"].minimum) == ("FloatField", 0)
    assert blur.fields["blur_type"].choices == (("gaussian", "gaussian"), ("box", "box"))
    assert blur.fields["image"].required
    assert blur.fields["board"].internal
    assert blur.image_output == "image"
    assert found.nodes["image_collection"].output_is_collection
    assert found.nodes["noise"].fields["width"].multiple_of == 8
    assert found.nodes["denoise_latents"].fields["cfg_scale"].cardinality is EITHER
    assert found.nodes["denoise_latents"].fields["latents"].connection_only
    assert len(found.nodes["denoise_latents"].fields["scheduler"].choices) > 25
    assert found.nodes["main_model_loader"].fields["model"].models.types == ("main",)
