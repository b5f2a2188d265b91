from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import BUNDLED, DOCUMENTS, document, edge, field, load, model, mutated, node
from workflows.check import REFUSED, Report, check
from workflows.document import from_json
from workflows.errors import DocumentError, UserError
from workflows.schema import Schemas

LOCAL = Schemas.from_openapi(local_openapi())
DAWN = {"key": "elsewhere", "hash": "blake3:Dawn", "name": "Dawn", "base": "sd-1", "type": "main"}
BLANK = node("blank", "blank_image")


def report(*nodes: Any, models: Any = None, **parts: Any) -> Report:
    return check(document(*nodes, **parts), LOCAL, models)


def test_missing_nodes_are_named_once():
    found = report(node("a", "face_mask"), node("b", "face_mask"), node("c", "another"))
    assert found.missing_nodes == ("another", "face_mask")
    assert found.problems == (
        "This InvokeAI lacks these nodes: `another`, `face_mask`. Install their node pack first.",
    )


@pytest.mark.parametrize("node_type", [*REFUSED, "openai_image_generation", "seedream_image_generation"])
def test_what_no_stranger_may_run_is_refused(node_type: str):
    found = report(BLANK, node("a", node_type), node("b", node_type))
    assert len(found.refused) == 1
    assert f"Not allowed on a shared server: {found.refused[0]}." in found.problems


def test_a_workflow_without_an_image_is_nothing_to_run():
    assert report(node("a", "integer")).problems == ("There is nothing to run: none of its nodes makes an image.",)


@pytest.mark.parametrize(
    ("models", "exposed", "missing"),
    [
        (None, [], ()),
        ([], [], ("Dawn",)),
        ([model("Dusk")], [], ("Dawn",)),
        ([model("Dawn", kind="lora")], [], ("Dawn",)),
        ([model("Dawn")], [], ()),
        ([model("Dusk")], ["a.model"], ()),
        ([], ["a.model"], ("any sd-1/sd-2 main",)),
    ],
)
def test_a_model_must_be_there_or_be_asked_for(models: Any, exposed: Any, missing: tuple[str, ...]):
    found = report(BLANK, node("a", "main_model_loader", {"model": DAWN}), models=models, exposed=exposed)
    assert found.missing_models == missing
    assert found.ok is not bool(missing)


def test_a_model_that_two_nodes_lack_is_named_once():
    loaders = [node(name, "main_model_loader", {"model": DAWN}) for name in "ab"]
    assert report(BLANK, *loaders, models=[]).problems == ("Not installed on this InvokeAI: `Dawn`.",)


def test_every_problem_is_told_at_once():
    found = report(
        node("a", "face_mask"), node("b", "call_saved_workflow"), node("c", "main_model_loader", {"model": DAWN})
    )
    with pytest.raises(DocumentError) as caught:
        found.require()
    assert str(caught.value).splitlines() == list(found.problems)


def test_what_can_be_published_passes():
    report(BLANK).require()


@pytest.mark.parametrize(
    ("exposed", "told"),
    [
        ("blank.gone", "“gone” of blank_image: this InvokeAI has no such field"),
        ("blank.board", "results go to Discord, not to a board"),
        ("blank.width", "another node feeds it"),
        ("ints.integers", "keeps the value from the file"),
        ("other.x", None),
        ("blank.height", None),
    ],
)
def test_what_is_exposed_but_not_asked_for_is_told(exposed: str, told: str | None):
    nodes = [BLANK, node("n", "integer"), node("ints", "integer_batch", {"integers": [1]}), node("other", "unknown")]
    found = report(*nodes, edges=[edge("n.value", "blank.width")], exposed=[exposed])
    assert [told in line for line in found.ignored if told] == ([True] if told else [])
    assert bool(found.ignored) is bool(told)


@pytest.mark.parametrize(
    ("version", "warned"), [("", False), ("1.0.9", False), ("1", False), ("2.0.0", True), ("9.1", True)]
)
def test_a_node_of_another_major_version_is_told(version: str, warned: bool):
    found = report(node("a", "img_blur", {"image": {"image_name": "x.png"}}, version=version, label="Fog"))
    assert [line.startswith(f"Fog is of version {version}; this InvokeAI has") for line in found.warnings] == [
        True
    ] * warned


@pytest.mark.parametrize(
    ("inputs", "parts", "warned"),
    [
        ({}, {}, True),
        ({"image": field()}, {}, True),
        ({"image": None}, {}, True),
        ({"image": {"image_name": "x.png"}}, {}, False),
        ({}, {"exposed": ["a.image"]}, False),
        ({}, {"edges": [edge("blank.image", "a.image")]}, False),
    ],
)
def test_a_needed_value_that_nobody_gives_is_told(inputs: Any, parts: Any, warned: bool):
    found = report(BLANK, node("a", "img_blur", inputs), **parts)
    assert ["has no value and is not exposed" in line for line in found.warnings] == [True] * warned


def test_a_report_holds_what_will_be_asked_and_what_comes_out():
    found = report(node("a", "img_blur"), exposed=["a.image", "a.radius"])
    assert [spec.name for spec in found.inputs] == ["image", "radius"]
    assert [output.node_id for output in found.outputs] == ["a"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_our_documents_can_be_published(path: Path):
    found = check(from_json(load(path)), LOCAL, None)
    assert found.ok, found.problems
    assert not found.warnings


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_bundled_workflows_need_no_model(path: Path):
    assert check(from_json(load(path)), LOCAL, []).ok


@given(mutated([load(path) for path in DOCUMENTS]))
@settings(max_examples=150, deadline=None)
def test_any_mutation_is_checked_or_refused(value: Any):
    try:
        found = check(from_json(value), LOCAL, [model("Dawn")])
        assert found.ok is not bool(found.problems)
        found.require()
    except UserError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("items", "exposed", "problems"),
    [
        ([8, 16], [], ()),
        ([], [], ("The batch “integer_batch” is empty: give it at least one item.",)),
        ([8, 64.5], [], ("A batch holds 64.5, which **Width** does not take.",)),
        ([8, "wide"], [], ('A batch holds "wide", which **Width** does not take.',)),
    ],
)
def test_a_batch_that_could_not_be_enqueued_is_told_before(items: Any, exposed: Any, problems: tuple[str, ...]):
    batch = node("batch", "integer_batch", {"integers": items})
    found = report(BLANK, batch, edges=[edge("batch.value", "blank.width")], exposed=exposed)
    assert found.unworkable == problems
    assert found.ok is not bool(problems)


def test_a_batch_of_pictures_that_are_asked_for_is_no_problem():
    batch, blur = node("batch", "image_batch", {"images": []}), node("blur", "img_blur")
    parts: Any = {"edges": [edge("batch.image", "blur.image")]}
    assert not report(batch, blur, **parts).ok
    assert report(batch, blur, exposed=["batch.images"], **parts).ok
