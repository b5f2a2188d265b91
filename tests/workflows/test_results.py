from pathlib import Path
from typing import Any

import pytest

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import DOCUMENTS, document, edge, load, node
from workflows.document import from_json
from workflows.models import Session
from workflows.results import image_names, outputs, result_images
from workflows.schema import Schemas

LOCAL = Schemas.from_openapi(local_openapi())


def shown(*nodes: Any, edges: Any = ()) -> list[str]:
    return [output.node_id for output in outputs(document(*nodes, edges=edges), LOCAL)]


def image(node_id: str, **data: Any) -> dict[str, Any]:
    return node(node_id, "img_blur", **data)


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


def test_nothing_made_is_no_image():
    assert result_images(Session(), ["a"]) == []


def test_images_come_by_output_then_by_iteration():
    session = Session(
        results={"p1": made("late"), "p2": made("early"), "p3": made("first"), "p4": made("not asked for")},
        prepared_source_mapping={"p1": "b", "p2": "b", "p3": "a", "p4": "c"},
        prepared_iteration_paths={"p1": [1], "p2": [0], "p3": []},
    )
    assert result_images(session, ["a", "b"]) == ["first", "early", "late"]


def test_each_image_comes_once():
    session = Session(
        results={"p1": made("x", "upload", "y"), "p2": made("y", "x"), "p3": made("upload")},
        prepared_source_mapping={"p1": "a", "p2": "b", "p3": "a"},
    )
    assert result_images(session, ["a", "b"]) == ["x", "upload", "y"]


def test_results_without_a_source_are_left():
    assert result_images(Session(results={"p1": made("x")}), ["a"]) == []


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
    ],
)
def test_image_names_are_found_however_deep_they_stand(value: Any, names: list[str]):
    assert list(image_names(value)) == names
