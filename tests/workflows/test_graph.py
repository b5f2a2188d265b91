import json
from pathlib import Path
from random import Random
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
    load,
    model,
    mutated,
    node,
    raw,
    schemas_of,
)
from workflows.batches import NODE_TYPES
from workflows.check import REFUSED
from workflows.document import from_json
from workflows.errors import UserError
from workflows.graph import compile_batch
from workflows.schema import Schemas

LOCAL = Schemas.from_openapi(local_openapi())
DAWN = {"key": "elsewhere", "hash": "blake3:Dawn", "name": "Dawn", "base": "sd-1", "type": "main"}


#: A blank picture as it is sent when the document holds nothing of it: with the server's own defaults.
BLANK = {
    "id": "a",
    "type": "blank_image",
    "use_cache": False,
    "is_intermediate": True,
    "width": 512,
    "height": 512,
    "mode": "RGB",
    "color": {"r": 0, "g": 0, "b": 0, "a": 255},
}


def compiled(*nodes: Any, values: Any = None, models: Any = (), schemas: Schemas = LOCAL, **parts: Any) -> Any:
    return compile_batch(document(*nodes, **parts), schemas, values or {}, models)


def test_nothing_is_cached_and_nothing_is_left_in_the_gallery():
    picture = node("a", "blank_image", isIntermediate=False, useCache=True)
    assert compiled(picture).graph["nodes"] == {"a": BLANK}


@pytest.mark.parametrize(
    "inputs",
    [
        {"width": field()},
        {"width": None},
        {"gone": 5},
        {"metadata": {"a": 1}, "type": "image", "id": "b", "use_cache": True, "is_intermediate": False},
        {"board": "auto"},
        {"board": "none"},
        {"board": {"board_id": "mine"}},
    ],
)
def test_what_the_server_would_refuse_or_we_do_not_want_is_left_out(inputs: dict[str, Any]):
    built = compiled(node("a", "blank_image", inputs)).graph["nodes"]["a"]
    built.pop("metadata", None)
    assert built == BLANK


def test_values_count_before_those_of_the_document():
    picture = node("a", "blank_image", {"width": 5, "height": 5, "mode": "RGB"})
    built = compiled(picture, values={("a", "width"): 9, ("a", "mode"): None, ("b", "height"): 7}).graph["nodes"]["a"]
    assert (built["width"], built["height"], built["mode"]) == (9, 5, "RGB")


def test_the_servers_own_defaults_are_sent():
    """Left to themselves they are checked when the row is read back, and a `range` from 16 to 10 stops the queue."""
    built = compiled(node("a", "range", {"start": 16})).graph["nodes"]["a"]
    assert (built["start"], built["stop"], built["step"]) == (16, 10, 1)


def test_a_fed_field_has_no_value_of_its_own():
    nodes = [node("a", "integer"), node("b", "blank_image", {"width": "stale"})]
    batch = compiled(*nodes, edges=[edge("a.value", "b.width")], values={("b", "width"): 7})
    assert "width" not in batch.graph["nodes"]["b"]
    ends = {"source": {"node_id": "a", "field": "value"}, "destination": {"node_id": "b", "field": "width"}}
    assert batch.graph["edges"] == [ends]


@pytest.mark.parametrize("target", ["b.gone", "c.value"])
def test_edges_to_what_is_gone_are_dropped(target: str):
    nodes = [node("a", "integer"), node("b", "blank_image"), node("c", "of another pack")]
    batch = compiled(*nodes, edges=[edge("a.value", target)])
    assert batch.graph["edges"] == []
    assert set(batch.graph["nodes"]) == {"a", "b"}


def test_what_only_a_node_can_feed_has_no_value():
    schemas = schemas_of(node={"latents": {"type": "string", "input": "connection"}})
    assert "latents" not in compiled(node("a", "node", {"latents": "x"}), schemas=schemas).graph["nodes"]["a"]


@pytest.mark.parametrize(
    ("held", "models", "sent"),
    [
        (DAWN, [], DAWN),
        (DAWN, [model("Dawn")], model("Dawn").identifier()),
        ({**DAWN, "submodel_type": "vae"}, [model("Dawn")], {**model("Dawn").identifier(), "submodel_type": "vae"}),
        ({"model_name": "Dawn", "base_model": "sd-1"}, [model("Dawn")], None),
        (DAWN, [model("Dawn", kind="lora")], DAWN),
    ],
)
def test_a_model_is_sent_by_this_servers_key(held: Any, models: Any, sent: Any):
    built = compiled(node("a", "main_model_loader", {"model": held}), models=models).graph["nodes"]["a"]["model"]
    wanted = sent or model("Dawn").identifier()
    assert {key: built[key] for key in wanted} == wanted


def test_an_image_collection_of_an_older_editor_keeps_its_images():
    images = [{"image_name": "a.png"}]
    assert compiled(node("a", "image_collection", {"collection": images})).graph["nodes"]["a"]["images"] == images


IMAGE = {"$ref": "#/x/ImageField"}
PICTURE = {"image_name": "theirs.png"}


@pytest.mark.parametrize(
    ("parts", "values", "sent"),
    [
        ({}, {}, PICTURE),
        ({"exposed": ["a.mask"]}, {}, None),
        ({"exposed": ["a.mask"]}, {("a", "mask"): {"image_name": "ours.png"}}, {"image_name": "ours.png"}),
        ({"exposed": ["a.other"]}, {}, PICTURE),
    ],
)
def test_a_picture_of_the_author_is_sent_unless_another_is_asked_for(parts: Any, values: Any, sent: Any):
    schemas = schemas_of(a={"mask": IMAGE, "other": {"type": "integer"}})
    held = node("a", "a", {"mask": PICTURE, "other": 5})
    assert compiled(held, values=values, schemas=schemas, **parts).graph["nodes"]["a"].get("mask") == sent


@pytest.mark.parametrize(("held", "sent"), [("wide", 512), (12.5, 512), ({}, 512), ("12", "12"), (12, 12)])
def test_a_default_stands_for_a_value_that_the_server_would_refuse(held: Any, sent: Any):
    assert compiled(node("a", "blank_image", {"width": held})).graph["nodes"]["a"].get("width") == sent


@pytest.mark.parametrize("version", ["1.0.9", "", "1.0.0", "2.0.0"])
def test_a_node_of_any_version_is_sent_with_the_defaults_of_today(version: str):
    schemas = schemas_of(a={"strength": {"type": "integer", "orig_default": 3, "default": 3}})
    built = compiled(node("a", "a", {"gone": 5}, version=version), schemas=schemas).graph["nodes"]["a"]
    assert built["strength"] == 3
    assert "gone" not in built


def test_loras_are_sent_by_this_servers_keys():
    schemas = schemas_of(a={"loras": {"type": "array", "items": {"$ref": "#/x/LoRAField"}}})
    lace = model("Lace", kind="lora")
    held = [{"lora": {"model_name": "Lace", "base_model": "sd-1"}, "weight": 0.5}]
    built = compiled(node("a", "a", {"loras": held}), schemas=schemas, models=[lace]).graph["nodes"]["a"]
    assert built["loras"] == [{"lora": lace.identifier(), "weight": 0.5}]


def test_an_edge_that_the_editor_would_not_draw_is_not_sent():
    nodes = [node("a", "blank_image"), node("b", "img_blur", {"radius": 2.0})]
    batch = compiled(*nodes, edges=[edge("a.image", "b.radius"), edge("b.image", "b.image")])
    assert batch.graph["edges"] == []
    assert batch.graph["nodes"]["b"]["radius"] == 2.0


def test_a_batch_feeds_through_a_connector():
    nodes = [node("n", "integer_batch", {"integers": [8, 16]}), connector("x"), node("b", "blank_image")]
    batch = compiled(*nodes, edges=[edge("x.out", "b.width"), edge("n.value", "x.in")])
    assert batch.data == [[{"node_path": "b", "field_name": "width", "items": [8, 16]}]]


def test_metadata_takes_entries_of_any_name():
    built = compiled(node("a", "core_metadata", {"fox": "red", "none": None, "empty": field()})).graph["nodes"]["a"]
    assert built["fox"] == "red"
    assert not {"none", "empty"} & set(built)


def test_what_a_called_workflow_is_given_stands_apart():
    schemas = schemas_of(call_saved_workflow={"workflow_id": {"type": "string"}, "workflow_inputs": {"default": {}}})
    held = {"workflow_id": "w", "saved_workflow_input::n::x": 5, "saved_workflow_input::n::y": field()}
    caller = node("a", "call_saved_workflow", held, version="1.0.0")
    built = compiled(caller, schemas=schemas).graph["nodes"]["a"]
    assert (built["workflow_id"], built["workflow_inputs"]) == ("w", {"saved_workflow_input::n::x": 5})


def test_metadata_cannot_become_a_node_that_is_refused():
    disguise = {"type": "prompt_from_file", "file_path": "/etc/passwd", "id": "b", "use_cache": True}
    built = compiled(node("a", "core_metadata", {**disguise, "is_intermediate": False})).graph["nodes"]["a"]
    assert (built["id"], built["type"], built["use_cache"], built["is_intermediate"]) == (
        "a",
        "core_metadata",
        False,
        True,
    )


def test_batch_and_generator_nodes_stay_here():
    nodes = [node("a", "integer_batch", {"integers": [1, 2]}), node("b", "blank_image")]
    batch = compiled(*nodes, edges=[edge("a.value", "b.width")])
    assert set(batch.graph["nodes"]) == {"b"}
    assert batch.graph["edges"] == []
    assert batch.data == [[{"node_path": "b", "field_name": "width", "items": [1, 2]}]]
    assert batch.size == 2


def test_a_body_names_its_job():
    batch = compiled(node("a", "blank_image"))
    sent = batch.body("job-1", "familiar")
    assert sent == {
        "prepend": False,
        "batch": {
            "batch_id": "job-1",
            "destination": "job-1",
            "origin": "familiar",
            "graph": batch.graph,
            "runs": 1,
        },
    }
    assert batch.size == 1


def test_what_the_server_assumes_of_fed_fields_is_known_and_not_sent():
    """A range from 16 whose end is fed: with its default of 10 the row could not be read, and the queue would stop."""
    nodes = [node("n", "integer"), node("r", "range", {"start": 16}), node("b", "integer_batch", {"integers": [2]})]
    batch = compiled(*nodes, edges=[edge("n.value", "r.stop"), edge("b.value", "r.step")])
    assert batch.assumed["r"] == {"stop": 10}
    sent = batch.body("x", "y")["batch"]["graph"]["nodes"]["r"]
    assert {"start", "stop", "step"} & {*sent} == {"start"}


def test_a_body_holds_data_only_where_there_is_some():
    nodes = [node("a", "integer_batch", {"integers": [1]}), node("b", "blank_image")]
    assert compiled(*nodes, edges=[edge("a.value", "b.width")]).body("x", "y")["batch"]["data"]


def test_every_compilation_is_a_graph_of_its_own():
    assert compiled(node("a", "blank_image")).graph["id"] != compiled(node("a", "blank_image")).graph["id"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_our_documents_compile_to_what_the_server_knows(path: Path):
    found = from_json(load(path))
    values = {(one.node_id, one.name): [{"image_name": "a.png"}] for one in found.exposed if one.name == "images"}
    batch = compile_batch(found, LOCAL, values, random=Random(1))
    assert set(batch.graph["nodes"]) == {key for key, one in found.nodes.items() if one.type not in NODE_TYPES}
    for key, built in batch.graph["nodes"].items():
        assert key == built["id"]
        assert set(built) <= {"id", "type", "use_cache", "is_intermediate", *LOCAL.nodes[built["type"]].fields}
        assert None not in built.values()


@given(mutated([*(load(path) for path in DOCUMENTS), raw(node("a", "core_metadata", {"fox": "red"}))]))
@settings(max_examples=150, deadline=None)
def test_any_mutation_is_compiled_or_refused(value: Any):
    try:
        found = from_json(value)
        batch = compile_batch(found, LOCAL, {}, [model("Dawn")], Random(1))
    except UserError:
        return
    json.dumps(batch.body("x", "y"), allow_nan=False)
    for key, built in batch.graph["nodes"].items():
        assert (built["id"], built["use_cache"], built["is_intermediate"]) == (key, False, True)
        assert built["type"] == found.nodes[key].type
        assert built["type"] not in {*NODE_TYPES, *REFUSED}
    assert batch.size >= 1
