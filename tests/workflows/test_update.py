from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import (
    DOCUMENTS,
    connector,
    document,
    edge,
    field,
    form,
    load,
    mutated,
    node,
    openapi,
    raw,
    schemas_of,
    shown,
)
from workflows.document import MISSING, Document, from_json
from workflows.errors import UserError
from workflows.schema import Schemas
from workflows.update import update

LOCAL = Schemas.from_openapi(local_openapi())
IMAGE = {"$ref": "#/components/schemas/ImageField"}
IMAGES = {"type": "array", "items": IMAGE}
OLD, NOW = "0.9.0", "1.0.0"


def fresh(spec: dict[str, Any], *held: Any, version: str = "1.0.9") -> Any:
    """What a field of a node of an older version holds afterwards."""
    inputs = {"x": field(*held)} if held else {}
    found = update(document(node("a", "a", inputs, version=version)), schemas_of(a={"x": spec}))
    return found.nodes["a"].inputs["x"].value


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ({"type": "integer", "default": 5}, 5),
        ({"type": "integer", "default": 5, "orig_default": 7}, 7),
        ({"type": "integer", "default": None, "orig_required": True}, 0),
        ({"type": "number"}, 0),
        ({"type": "string"}, ""),
        ({"type": "boolean"}, False),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"type": "integer", "enum": [256, 512]}, 256),
        ({"$ref": "#/x/ColorField"}, {"r": 127, "g": 127, "b": 127, "a": 255}),
        ({"enum": ["euler", "dpmpp_3m_k"], "ui_type": "SchedulerField"}, "dpmpp_3m_k"),
        ({"type": "array", "items": {"type": "integer"}, "orig_required": True}, []),
        # What the editor would put there is refused by the server, or nothing.
        ({"type": "integer", "minimum": 1}, MISSING),
        ({"enum": ["euler"], "ui_type": "SchedulerField"}, MISSING),
        ({"type": "array", "items": {"type": "integer"}}, MISSING),
        ({"type": "integer", "input": "connection"}, MISSING),
        (IMAGE, MISSING),
        ({"$ref": "#/x/BoardField"}, MISSING),
        ({"ui_type": "ModelIdentifierField"}, MISSING),
    ],
)
def test_what_an_older_node_lacks_gets_its_default(spec: dict[str, Any], value: Any):
    assert fresh(spec) == value
    assert fresh(spec, version="") is MISSING


@pytest.mark.parametrize(
    ("default", "held", "value"),
    [
        (5, 7, 7),
        (5, None, None),
        ({"r": 1, "g": 2}, {"r": 9}, {"r": 9, "g": 2}),
        ({"r": {"x": 1, "y": 2}}, {"r": {"y": 3}, "z": 4}, {"r": {"x": 1, "y": 3}, "z": 4}),
        ({"r": 1}, "red", "red"),
        ([1, 2, 3], [9], [9, 2, 3]),
        ([1], [8, 9], [8, 9]),
        ([1], 5, 5),
    ],
)
def test_what_an_older_node_holds_is_filled_up_and_kept(default: Any, held: Any, value: Any):
    assert fresh({"default": default}, held) == value


@pytest.mark.parametrize(
    ("version", "now", "inputs"),
    [
        ("1.0.9", NOW, {"new"}),
        ("1.7.0", NOW, {"new"}),
        ("1", NOW, {"new"}),
        (NOW, NOW, {"old"}),
        ("2.0.0", "2.0.0", {"old"}),
        (OLD, OLD, {"old"}),
        ("10.0.0", "10.0.0", {"old"}),
        ("", "", {"new"}),
    ],
)
def test_only_another_minor_version_is_brought_to_this_one(version: str, now: str, inputs: set[str]):
    found = update(document(node("a", "a", {"old": 1}, version=version)), schemas_of(a={"new": {"type": "integer"}}))
    assert (found.nodes["a"].version, set(found.nodes["a"].inputs)) == (now, inputs)


def test_a_node_that_the_backend_lacks_is_left_as_it_is():
    found = document(node("a", "xy_expand", {"x": 1}, version="1.0.0"))
    assert update(found, LOCAL) == found


def test_labels_are_kept_and_metadata_keeps_entries_of_any_name():
    open_node = {"core_metadata": {"seed": {"type": "integer"}}}
    held = {"seed": field(5, label="Luck"), "fox": "red"}
    found = update(document(node("a", "core_metadata", held, version="1.0.9")), schemas_of(**open_node))
    assert found.nodes["a"].inputs["seed"].label == "Luck"
    assert found.nodes["a"].inputs["fox"].value == "red"


PICTURES = [{"image_name": "a.png"}]


@pytest.mark.parametrize(
    ("version", "held", "moved"),
    [
        ("1.0.1", {"collection": PICTURES}, True),
        ("1.0.0", {"collection": PICTURES, "images": []}, True),
        ("", {"collection": PICTURES}, True),
        ("1.0.2", {"collection": PICTURES}, False),
        ("1.10.0", {"collection": PICTURES}, False),
        ("2.0.0", {"collection": PICTURES, "images": []}, False),
        ("1.0.1", {"collection": PICTURES, "images": [{"image_name": "b.png"}]}, False),
        ("1.0.1", {"collection": "a.png"}, False),
        ("1.0.1", {}, False),
    ],
)
def test_the_images_of_an_older_collection_move(version: str, held: Any, moved: bool):
    schemas = Schemas.from_openapi(_versioned("1.0.3"))
    inputs = update(document(node("a", "image_collection", held, version=version)), schemas).nodes["a"].inputs
    assert ("images" in inputs and inputs["images"].value == PICTURES) is moved
    assert ("collection" in inputs and inputs["collection"].value == []) is moved


def test_images_stay_where_a_node_feeds_the_older_field():
    schemas = Schemas.from_openapi(_versioned("1.0.3", ui_type="AnyField"))
    nodes = [node("m", "make"), node("a", "image_collection", {"collection": PICTURES}, version="1.0.1")]
    found = update(document(*nodes, edges=[edge("m.image", "a.collection")]), schemas)
    assert found.nodes["a"].inputs["images"].value is MISSING


def _versioned(version: str, **more: Any) -> dict[str, Any]:
    found = openapi(image_collection={"images": IMAGES, "collection": {**IMAGES, **more}}, make={})
    found["components"]["schemas"]["image_collectionInvocation"]["version"] = version
    return found


# What is exposed


def names(found: Document) -> list[str]:
    return [f"{one.node_id}.{one.name}" for one in found.exposed]


SCHEMAS = schemas_of(a={"x": {"type": "integer"}, "y": {"type": "integer"}})


@pytest.mark.parametrize(
    ("kind", "version", "inputs", "name", "by_form", "by_list"),
    [
        ("a", NOW, {"x": 1}, "x", True, True),
        # It was never in the file, and the node is as new as the backend's.
        ("a", NOW, {"x": 1}, "y", False, False),
        # An update gives it to the node.
        ("a", "1.0.9", {}, "y", True, True),
        ("a", "", {}, "y", True, True),
        # The node keeps what the backend's lacks: only the form asks nobody else.
        ("a", NOW, {"gone": 1}, "gone", True, False),
        ("a", "2.0.0", {"gone": 1}, "gone", True, False),
        ("a", "1.0.9", {"gone": 1}, "gone", False, False),
        ("xy_expand", NOW, {"x": 1}, "x", True, False),
        ("xy_expand", NOW, {}, "x", False, False),
    ],
)
def test_what_is_exposed_is_what_the_editor_shows(
    kind: str, version: str, inputs: Any, name: str, by_form: bool, by_list: bool
):
    held = node("n", kind, inputs, version=version)
    assert names(update(document(held, form=form(shown(f"n.{name}"))), SCHEMAS)) == [f"n.{name}"] * by_form
    assert names(update(document(held, exposed=[f"n.{name}"]), SCHEMAS)) == [f"n.{name}"] * by_list


def test_the_older_name_of_a_collections_images_is_read_as_the_newer_and_shown_once():
    schemas = Schemas.from_openapi(_versioned("1.0.3"))
    held = node("a", "image_collection", {"collection": PICTURES}, version="1.0.1")
    assert names(update(document(held, exposed=["a.collection", "a.images"]), schemas)) == ["a.images"]
    found = update(document(held, form=form(shown("a.collection", max=3))), schemas)
    assert (names(found), found.exposed[0].settings) == (["a.images"], {"max": 3})


# Altogether


def test_connectors_are_gone_afterwards():
    nodes = [node("a", "blank_image"), connector("x"), node("b", "img_blur")]
    found = update(document(*nodes, edges=[edge("a.image", "x.in"), edge("x.out", "b.image")]), LOCAL)
    assert (found.connectors, found.wires) == (frozenset(), ())
    assert found.fed("b", "image")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_of_this_version_stays_what_it_is(path: Path):
    found = from_json(load(path))
    loaded = update(found, LOCAL)
    assert (loaded.edges, loaded.exposed) == (found.edges, found.exposed)
    assert update(loaded, LOCAL) == loaded


@given(mutated([*map(load, DOCUMENTS), raw(node("a", "core_metadata", {"fox": "red"}, version="1.0.0"))]))
@settings(max_examples=150, deadline=None)
def test_any_mutation_is_updated_once_and_for_all(value: Any):
    try:
        found = from_json(value)
    except UserError:
        return
    loaded = update(found, LOCAL)
    assert update(loaded, LOCAL) == loaded
    assert set(loaded.nodes) == set(found.nodes)
    assert len(loaded.exposed) <= len(found.exposed)
