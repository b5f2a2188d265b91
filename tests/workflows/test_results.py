from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import DOCUMENTS, document, edge, load, node
from workflows.document import from_json
from workflows.models import Session
from workflows.results import Made, MediaKind, made_by, made_in, outputs
from workflows.schema import Schemas
from workflows.update import update

LOCAL = Schemas.from_openapi(local_openapi())


def shown(*nodes: Any, edges: Any = (), chosen: Sequence[str] = (), schemas: Schemas = LOCAL) -> list[str]:
    return [output.node_id for output in outputs(update(document(*nodes, edges=edges), schemas), schemas, chosen)]


def image(node_id: str, **data: Any) -> dict[str, Any]:
    return node(node_id, "img_blur", **data)


#: The node types of a backend that makes videos.
WITH_VIDEO = Schemas(
    {
        **LOCAL.nodes,
        "video_concat": replace(LOCAL.nodes["img_blur"], type="video_concat", image_output=None, video_output="video"),
    }
)


# Which nodes are outputs


@pytest.mark.parametrize(
    "nodes",
    [
        [node("a", "integer")],
        [node("a", "of another pack")],
        [node("a", "image_batch")],
        [node("a", "image_generator")],
    ],
)
def test_nodes_that_make_no_image_are_no_outputs(nodes: Any):
    assert shown(*nodes) == []


def test_what_is_not_intermediate_is_an_output():
    assert shown(image("a", isIntermediate=True), image("b"), image("c"), edges=[edge("b.image", "c.image")]) == [
        "b",
        "c",
    ]


def test_where_all_is_intermediate_the_leaves_are_outputs():
    nodes = [image(name, isIntermediate=True) for name in "abc"]
    assert shown(*nodes, edges=[edge("a.image", "b.image")]) == ["b", "c"]


@pytest.mark.parametrize(
    "target",
    ["note.image", "gone.image", "b.of_an_older_version", "number.value"],
)
def test_an_edge_that_the_editor_drops_feeds_nothing(target: str):
    note = {"id": "note", "type": "notes", "data": {"id": "note", "type": "notes"}}
    nodes = [image("a", isIntermediate=True), image("b", isIntermediate=True), node("number", "integer"), note]
    assert shown(*nodes, edges=[edge("a.image", target)]) == ["a", "b"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (["a"], ["a"]),
        (["c", "a", "c"], ["c", "a"]),
        (["gone", "c"], ["c"]),
        # What makes nothing cannot be posted; where nothing is left of a choice, the document's own marks count.
        (["number"], ["b"]),
        (["gone"], ["b"]),
    ],
)
def test_an_admins_choice_wins_as_far_as_it_still_stands(chosen: list[str], found: list[str]):
    hidden = [image(name, isIntermediate=True) for name in "ac"]
    assert shown(hidden[0], image("b"), hidden[1], node("number", "integer"), chosen=chosen) == found


def test_videos_are_outputs_like_images():
    nodes = [image("a"), node("b", "video_concat"), node("c", "video_concat", isIntermediate=True)]
    assert shown(*nodes, schemas=WITH_VIDEO) == ["a", "b"]
    assert [output.kind for output in outputs(document(*nodes), WITH_VIDEO)] == ["image", "video"]
    assert shown(nodes[2], schemas=WITH_VIDEO) == ["c"]


def test_an_output_is_called_as_the_author_called_it():
    found = outputs(document(image("a", label="Fog"), node("b", "image_collection")), LOCAL)
    assert [(output.title, output.collection) for output in found] == [
        ("Fog", False),
        (LOCAL.nodes["image_collection"].title, True),
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_our_documents_have_outputs(path: Path):
    assert outputs(from_json(load(path)), LOCAL)


# What a run made


def made(*names: str, **more: Any) -> dict[str, Any]:
    one, many = {"image": {"image_name": names[0]}}, {"collection": [{"image_name": name} for name in names]}
    return {"type": "image_output", **(one if len(names) == 1 else many), **more}


def images(*names: str) -> list[Made]:
    return [Made(MediaKind.IMAGE, name) for name in names]


def video(*names: str) -> dict[str, Any]:
    one, many = {"video": {"video_name": names[0]}}, {"collection": [{"video_name": name} for name in names]}
    return {"type": "video_output", "num_frames": 8, **(one if len(names) == 1 else many)}


def test_nothing_made_is_no_image():
    assert made_by(Session(), ["a"]) == []


def test_images_come_by_output_then_by_iteration():
    session = Session(
        results={"p1": made("late"), "p2": made("early"), "p3": made("first"), "p4": made("not asked for")},
        prepared_source_mapping={"p1": "b", "p2": "b", "p3": "a", "p4": "c"},
        prepared_iteration_paths={"p1": [1], "p2": [0], "p3": []},
    )
    assert made_by(session, ["a", "b"]) == images("first", "early", "late")


def test_each_image_comes_once():
    session = Session(
        results={"p1": made("x", "upload", "y"), "p2": made("y", "x"), "p3": made("upload")},
        prepared_source_mapping={"p1": "a", "p2": "b", "p3": "a"},
    )
    assert made_by(session, ["a", "b"]) == images("x", "upload", "y")


def test_videos_come_in_the_same_order():
    session = Session(
        results={"p1": video("late.mp4"), "p2": made("still.png"), "p3": video("b.mp4", "a.mp4")},
        prepared_source_mapping={"p1": "a", "p2": "b", "p3": "a"},
        prepared_iteration_paths={"p1": [1], "p3": [0]},
    )
    found = made_by(session, ["a", "b"])
    assert [one.name for one in found] == ["b.mp4", "a.mp4", "late.mp4", "still.png"]
    assert [one.kind for one in found] == ["video", "video", "video", "image"]


def test_results_without_a_source_are_left():
    assert made_by(Session(results={"p1": made("x")}), ["a"]) == []


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (None, []),
        (5, []),
        ("image_name", []),
        ({"image_name": 5}, []),
        ({"image_name": {"image_name": "deep"}}, ["deep"]),
        ({"image_name": "a", "width": 5}, ["a"]),
        ([{"image": {"image_name": "a"}}, [[{"mask": {"image_name": "b"}}]]], ["a", "b"]),
        ({"video": {"video_name": "v"}, "first_frame": {"image_name": "a"}, "video_name": None}, ["v", "a"]),
    ],
)
def test_names_are_found_however_deep_they_stand(value: Any, names: list[str]):
    assert [one.name for one in made_in(value)] == names
