import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.builders import DOCUMENTS, JSON, document, edge, field, form, load, mutated, node, raw, shown
from workflows.document import MAX_BYTES, MAX_EDGES, MAX_EXPOSED, MAX_NODES, MISSING, Document, Edge, from_json, read
from workflows.errors import DocumentError

ORIGINALS = tuple(load(path) for path in DOCUMENTS)

A, B, C = node("a", "blank_image"), node("b", "img_blur"), node("c", "img_blur")


def connector(node_id: str) -> dict[str, Any]:
    return {"id": node_id, "type": "connector", "data": {}}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not JSON"),
        (b"\x89PNG\r\n", "not JSON"),
        (b'{"nodes": [', "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"nodes": NaN}', "not JSON"),
        (b'{"nodes": 1e999}', "not JSON"),
        (b'{"name": "\\ud83d"}', "not JSON"),
        (b"9" * 5000, "not JSON"),
        (b" " * (MAX_BYTES + 1), "5 MiB"),
        (b"[]", "not a workflow"),
        (b'"nodes"', "not a workflow"),
        (b"{}", "no lists of nodes and edges"),
        (b'{"nodes": [], "edges": {}}', "no lists of nodes and edges"),
        (b'{"nodes": {"a": {}}, "edges": []}', "graph for InvokeAI's API"),
        (b'{"3": {"class_type": "KSampler", "inputs": {}}}', "ComfyUI"),
        (b'{"last_node_id": 9, "nodes": [], "links": []}', "ComfyUI"),
        (b'{"nodes": [], "edges": []}', "too old"),
        (b'{"nodes": [], "edges": [], "meta": {"version": 4}}', "too old"),
        (b'{"nodes": [], "edges": [], "meta": {"version": "5.0.0"}}', "format 5.0.0"),
        (b'{"nodes": [], "edges": [], "meta": {"version": "4.0.0"}}', "empty"),
        (b'{"nodes": [7, null, {"type": "notes"}], "edges": [], "meta": {"version": "4.0.0"}}', "empty"),
    ],
)
def test_what_is_no_workflow_is_refused_in_a_sentence(data: bytes, problem: str):
    with pytest.raises(DocumentError, match=problem):
        read(data)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([raw(*(node(str(n), "x") for n in range(MAX_NODES + 1)))], "1,001 nodes"),
        ([raw(A, B, edges=[edge(f"a.{n}", "b.x") for n in range(MAX_EDGES + 1)])], "10,001 edges"),
        ([raw(A, exposed=[f"a.{n}" for n in range(MAX_EXPOSED + 1)])], "101 exposed fields"),
    ],
)
def test_what_is_far_larger_than_any_workflow_is_refused(parts: list[Any], problem: str):
    with pytest.raises(DocumentError, match=problem):
        from_json(parts[0])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("child", ["lost", "e0"])
def test_a_form_of_a_million_children_is_read_in_time(child: str):
    huge = form(shown("a.width"))
    huge["elements"]["top"]["data"]["children"] = [child] * 600_000
    assert len(from_json(raw(A, form=huge)).exposed) == (child == "e0")


@pytest.mark.timeout(20)
def test_a_form_of_many_levels_is_read_in_time():
    elements: dict[str, Any] = {
        f"c{n}": {"type": "container", "data": {"children": [f"c{n + 1}", *["x"] * 200]}} for n in range(3000)
    }
    elements["c3000"] = shown("a.width")
    assert len(from_json(raw(A, form={"rootElementId": "c0", "elements": elements})).exposed) == 1


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_document_of_ours_is_read(path: Path):
    found = read(path.read_bytes())
    assert found.name
    assert found.nodes
    assert found.exposed


def test_a_byte_order_mark_is_no_obstacle():
    assert read(b"\xef\xbb\xbf" + json.dumps(raw(A)).encode()).nodes


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0", "3.0.0", "4.0.0", "4.1"])
def test_every_generation_is_read(version: str):
    assert document(A, meta={"version": version}).version == version


def test_a_node_is_read_with_its_inputs():
    width = field(64, label=" Width ", description=" How wide ")
    raw_node = node("a", "blank_image", {"width": width, "mode": field()}, label=" Paper ", nodePack="invokeai")
    found = document(raw_node).nodes["a"]
    assert (found.label, found.pack, found.is_intermediate) == ("Paper", "invokeai", False)
    assert (found.inputs["width"].label, found.inputs["width"].description) == ("Width", "How wide")
    assert (found.inputs["width"].value, found.inputs["mode"].value) == (64, MISSING)


def test_null_is_a_value_and_nothing_is_none():
    found = document(node("a", "x", {"none": field(None), "odd": 5})).nodes["a"]
    assert (found.inputs["none"].value, found.inputs["odd"].value) == (None, 5)


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "a", "type": "notes", "data": {"type": "x"}},
        {"id": "a", "type": "current_image", "data": {"type": "x"}},
        {"id": 5, "type": "invocation", "data": {"type": "x"}},
        {"id": "a", "type": "invocation", "data": {"type": ["x"]}},
        {"id": "a", "type": "invocation", "data": None},
        {"type": "invocation", "data": {"type": "x"}},
        None,
        [],
    ],
)
def test_what_is_no_invocation_is_passed_over(odd: Any):
    assert set(document(odd, B).nodes) == {"b"}


# Edges


@pytest.mark.parametrize(
    "odd",
    [
        edge("a.image", "b.image", type="collapsed"),
        {"type": "default", "source": "a", "target": "b"},
        edge("gone.image", "b.image"),
        edge("a.image", "gone.image"),
        edge("a.image", "b.image", sourceHandle=None),
        edge("a.image", "b.image", target=["b"]),
        None,
        "a -> b",
    ],
)
def test_what_is_no_edge_between_nodes_vanishes(odd: Any):
    assert document(A, B, edges=[odd]).edges == ()


def test_an_edge_that_stands_twice_is_one():
    assert document(A, B, edges=[edge("a.image", "b.image")] * 2).edges == (Edge("a", "image", "b", "image"),)


def test_connectors_are_followed_to_what_feeds_them():
    edges = [edge("a.image", "x.in"), edge("x.out", "y.in"), edge("y.out", "b.image"), edge("y.out", "c.image")]
    found = document(A, B, C, connector("x"), connector("y"), edges=edges)
    assert found.edges == (Edge("a", "image", "b", "image"), Edge("a", "image", "c", "image"))


@pytest.mark.parametrize(
    "edges",
    [
        [edge("x.out", "b.image")],
        [edge("x.out", "y.in"), edge("y.out", "x.in"), edge("y.out", "b.image")],
        [edge("x.out", "x.in"), edge("x.out", "b.image")],
    ],
    ids=["fed by nothing", "a ring", "itself"],
)
def test_connectors_without_a_source_feed_nothing(edges: list[Any]):
    assert document(A, B, connector("x"), connector("y"), edges=edges).edges == ()


@pytest.mark.parametrize("odd", [None, [], {}, 5])
def test_a_connector_of_an_odd_name_is_passed_over(odd: Any):
    assert document(A, {"id": odd, "type": "connector"}).edges == ()


def test_a_field_is_fed_by_its_edge_alone():
    found = document(A, B, edges=[edge("a.image", "b.image")])
    assert [found.fed(*ends) for ends in [("b", "image"), ("b", "radius"), ("a", "image")]] == [True, False, False]


# What is exposed


def names(found: Document) -> list[str]:
    return [f"{one.node_id}.{one.name}" for one in found.exposed]


def test_exposed_fields_keep_their_order_and_lose_what_is_gone():
    assert names(document(A, B, exposed=["b.radius", "gone.x", "a.width", "b.radius"])) == ["b.radius", "a.width"]


def test_a_form_wins_over_exposed_fields():
    found = document(A, B, exposed=["b.radius"], form=form(shown("a.width", min=1)))
    assert names(found) == ["a.width"]
    assert found.exposed[0].settings == {"min": 1}


@pytest.mark.parametrize("empty", [None, {}, form(), {"rootElementId": "top", "elements": {}}, [], {"elements": []}])
def test_an_empty_form_does_not_count(empty: Any):
    assert names(document(B, exposed=["b.radius"], form=empty)) == ["b.radius"]


def test_a_form_without_fields_exposes_nothing():
    assert names(document(B, exposed=["b.radius"], form=form({"type": "heading", "data": {"content": "Blur"}}))) == []


def test_a_form_is_read_depth_first_whatever_its_root_is_called():
    elements = {
        "last": shown("c.radius"),
        "first": shown("a.width"),
        "inner": {"type": "container", "data": {"children": ["middle", "missing", "root of it"]}},
        "middle": shown("b.radius"),
        "root of it": {"type": "container", "data": {"children": ["first", "inner", "last", "first"]}},
        "unreachable": shown("a.height"),
    }
    found = document(A, B, C, form={"rootElementId": "root of it", "elements": elements})
    assert names(found) == ["a.width", "b.radius", "c.radius"]


@pytest.mark.parametrize("root", [None, [], {}, 5, "lost"])
def test_a_form_with_an_odd_root_exposes_nothing(root: Any):
    elements = {"top": shown("a.width")}
    assert names(document(A, form={"rootElementId": root, "elements": elements})) == []


@pytest.mark.parametrize(
    "element",
    [
        {"type": "node-field"},
        {"type": "node-field", "data": None},
        {"type": "node-field", "data": []},
        {"type": "node-field", "data": {"fieldIdentifier": 5}},
        {"type": "node-field", "data": {"fieldIdentifier": {"nodeId": [], "fieldName": 1}}},
        {"type": "node-field", "data": {"fieldIdentifier": {"nodeId": "a", "fieldName": " "}}},
        {**shown("a.width"), "id": 5},
        {**shown("a.width"), "parentId": ["top"]},
        shown("a.width", type="chart-field-config"),
        shown("a.width", component="dial"),
        shown("a.width", component=["slider"]),
        shown("a.width", type="integer-field-config", min="1"),
        shown("a.width", type="float-field-config", max=True),
        shown("a.width", type="integer-field-config", showShuffle="yes"),
        shown("a.width", component="dropdown"),
        shown("a.width", component="dropdown", options=[{"label": "One", "value": 1}]),
        shown("a.width", component="dropdown", options=["one"]),
        {"type": "container", "data": {"layout": "circle", "children": []}},
        {"type": "container", "data": {"layout": "row", "children": "e0"}},
        {"type": "container", "data": {"layout": "row", "children": [1]}},
        {"type": "heading", "data": {"content": None}},
        {"type": "text", "data": {}},
        {"type": "chart", "data": {}},
        {"data": {}},
        None,
        "heading",
    ],
)
def test_a_form_that_the_editor_would_empty_leaves_it_to_the_exposed_fields(element: Any):
    unsound = form(shown("a.width"))
    unsound["elements"]["odd"] = element
    assert names(document(A, B, exposed=["b.radius"], form=unsound)) == ["b.radius"]


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "integer-field-config", "component": "number-input-and-slider", "showShuffle": True, "min": 1},
        {"type": "float-field-config", "max": 1.5, "shared": "with nobody"},
        {"type": "string-field-config", "component": "textarea"},
        {"component": "dropdown", "options": [{"label": "One", "value": "1"}]},
        {"component": "dropdown", "options": []},
    ],
)
def test_settings_that_the_editor_writes_are_kept(settings: dict[str, Any]):
    found = document(A, B, exposed=["b.radius"], form=form(shown("a.width", **settings)))
    assert [(one.name, one.settings) for one in found.exposed] == [("width", settings)]


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_a_form_of_a_generation_that_had_none_does_not_count(version: str):
    found = document(A, B, exposed=["b.radius"], form=form(shown("a.width")), meta={"version": version})
    assert names(found) == ["b.radius"]
    assert found.generation == int(version[0])


def test_children_that_are_gone_or_whose_parent_is_another_are_no_obstacle():
    lost = form(shown("a.width"))
    lost["elements"]["top"]["data"]["children"] += ["gone", "e0", "top"]
    lost["elements"]["e0"]["parentId"] = "elsewhere"
    lost["elements"]["orphan"] = {"id": "orphan", "parentId": "top", **shown("a.height")}
    assert names(document(A, B, exposed=["b.radius"], form=lost)) == ["a.width"]


def test_a_form_that_reaches_nothing_is_empty():
    lost = form()
    lost["elements"]["orphan"] = {"id": "orphan", **shown("a.width")}
    assert names(document(A, B, exposed=["b.radius"], form=lost)) == ["b.radius"]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: {"workflow": one},
        lambda one: {"workflow_id": "x", "name": "other", "workflow": one},
        lambda one: {"workflow": json.dumps(one), "graph": json.dumps({"nodes": {}})},
        lambda one: json.dumps(one),
        lambda one: [{"workflow": one}],
    ],
)
def test_what_a_server_answers_is_unwrapped(wrap: Any):
    assert names(read(json.dumps(wrap(raw(A, exposed=["a.width"]))).encode())) == ["a.width"]


@pytest.mark.parametrize(
    "wrapped", [{"workflow": None}, {"workflow": 5}, {"workflow": "{"}, {"workflow": "\ud800"}, [], [[[[[]]]]], [1, 2]]
)
def test_a_wrapping_without_a_workflow_is_refused(wrapped: Any):
    with pytest.raises(DocumentError):
        from_json(wrapped)


def test_what_a_document_says_of_itself_is_kept():
    found = document(
        A, author=" Ada ", tags="a, b", contact=5, notes="n", meta={"version": "3.0.0", "category": "user"}
    )
    assert (found.author, found.tags, found.contact, found.notes) == ("Ada", "a, b", "", "n")
    assert (found.generation, found.meta["category"]) == (3, "user")


def test_a_node_tells_its_pack_and_the_first_generation_its_first_version():
    packed = node("a", "xy_expand", nodePack="XYGrid_nodes")
    assert document(packed).nodes["a"].pack == "XYGrid_nodes"
    assert [document(A, meta={"version": f"{n}.0.0"}).nodes["a"].version for n in (1, 2)] == ["1.0.0", ""]


def test_names_are_read_without_the_space_around_them():
    spaced = node(" a ", " blank_image ")
    found = document(spaced, B, edges=[edge("a . image", "b. image")], exposed=["a .width"])
    assert found.nodes["a"].type == "blank_image"
    assert found.edges == (Edge("a", "image", "b", "image"),)
    assert names(found) == ["a.width"]


# Nobody would write these


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused(value: Any):
    _read_or_refuse(json.dumps(value).encode())


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes):
    _read_or_refuse(data)


@given(mutated(ORIGINALS))
@settings(max_examples=150, deadline=None)
def test_any_mutation_is_read_or_refused(value: Any):
    _read_or_refuse(json.dumps(value).encode())


def _read_or_refuse(data: bytes) -> None:
    try:
        found = read(data)
    except DocumentError as error:
        assert str(error)
    else:
        assert found.nodes
        assert {one.node_id for one in found.exposed} <= set(found.nodes)
