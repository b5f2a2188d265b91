from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from bot.playground.invokeai.schema import openapi as local_openapi
from tests.workflows.builders import (
    BUNDLED,
    DOCUMENTS,
    document,
    edge,
    field,
    load,
    model,
    mutated,
    node,
    schemas_of,
    wired,
)
from workflows.check import REFUSED, Report, check
from workflows.document import from_json
from workflows.edits import Edits
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
        "This InvokeAI lacks these nodes: `another`, `face_mask`. They come from a node pack, or another version of "
        "InvokeAI.",
    )


def test_where_they_come_from_is_told_of_each_where_it_differs():
    packs = {"old": "invokeai", "older": "invokeai", "odd": ""}
    found = report(BLANK, *(node(name, name, nodePack=pack) for name, pack in packs.items()))
    assert found.problems == (
        "This InvokeAI lacks these nodes: `old`, `older`, `odd`. `old`, `older` come from another version of InvokeAI. "
        "`odd` comes from a node pack, or another version of InvokeAI.",
    )


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        ("XYGrid_nodes", "lacks the node `old` of the pack **XYGrid_nodes**. Install their node pack first."),
        ("invokeai", "lacks the node `old`. It comes from another version of InvokeAI."),
        ("Unknown", "lacks the node `old`. It comes from a node pack, or another version of InvokeAI."),
        ("", "lacks the node `old`. It comes from a node pack, or another version of InvokeAI."),
    ],
)
def test_it_is_told_whose_a_missing_node_is(pack: str, told: str):
    found = report(BLANK, node("a", "old", nodePack=pack))
    assert found.missing_nodes == ("old",)
    assert told in found.problems[0]


@pytest.mark.parametrize(("allowed", "ok"), [(True, True), (False, False)])
def test_an_operator_may_allow_what_costs_money(allowed: bool, ok: bool):
    paid = {"a_image_generation": {"prompt": {"type": "string", "default": ""}}}
    found = check(document(node("a", "a_image_generation")), schemas_of(**paid), None, allow_paid=allowed)
    assert found.ok is ok
    assert ["`paid_providers = true` under [limits]" in line for line in found.problems] == [True] * (not ok)


@pytest.mark.parametrize("node_type", [*REFUSED, "openai_image_generation", "seedream_image_generation"])
def test_what_no_stranger_may_run_is_refused(node_type: str):
    found = report(BLANK, node("a", node_type), node("b", node_type))
    assert len(found.refused) == 1
    assert f"Not allowed on a shared server: {found.refused[0]}." in found.problems


def test_a_workflow_without_an_image_is_nothing_to_run():
    assert report(node("a", "integer")).problems == (
        "There is nothing to run: none of its nodes makes an image or a video.",
    )


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
    found = report(BLANK, *loaders, models=[])
    title = LOCAL.nodes["main_model_loader"].title
    assert found.problems == (f"Not installed on this InvokeAI: `Dawn` (“Model” of {title}).",)
    assert [model.place for model in found.missing_model_fields] == [("a", "model"), ("b", "model")]


def test_what_is_wished_for_is_not_written_like_a_models_name():
    (told,) = report(BLANK, node("a", "main_model_loader", label="Load"), models=[], exposed=["a.model"]).problems
    assert told == "Not installed on this InvokeAI: any sd-1/sd-2 main (“Model” of Load)."


def test_what_could_stand_for_a_missing_model_is_offered_its_own_base_first():
    others = [model("Dusk", base="sd-2"), model("Noon"), model("Lace", kind="lora")]
    loader = node("a", "main_model_loader", {"model": DAWN}, label="Load")
    (missing,) = report(BLANK, loader, models=others).missing_model_fields
    assert (missing.title, missing.name, missing.filter.types) == ("“Model” of Load", "Dawn", ("main",))
    assert [one.name for one in missing.alternatives] == ["Noon", "Dusk"]


def test_an_edit_that_gives_another_model_solves_it():
    place, noon = ("a", "model"), model("Noon")
    edits = Edits().expose(place).change(place, default=noon.identifier(), hidden=True)
    wanted = document(BLANK, node("a", "main_model_loader", {"model": DAWN}))
    assert not check(wanted, LOCAL, [noon]).ok
    assert check(wanted, LOCAL, [noon], edits).problems == ()
    assert not check(wanted, LOCAL, [], edits).ok


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
    blur = node("a", "img_blur", version=version, label="Fog")
    found = report(BLANK, blur, edges=[edge("blank.image", "a.image")])
    ours = LOCAL.nodes["img_blur"].version
    told = f"Fog is of version {version}; this InvokeAI has {ours}: it runs as the file has it"
    assert list(found.warnings) == [told] * warned


@pytest.mark.parametrize(
    ("inputs", "parts", "warned"),
    [
        ({}, {}, True),
        ({"image": field()}, {}, True),
        ({"image": None}, {}, True),
        ({}, {"exposed": ["a.image"]}, False),
        ({}, {"edges": [edge("blank.image", "a.image")]}, False),
    ],
)
def test_a_needed_value_that_nobody_gives_is_told(inputs: Any, parts: Any, warned: bool):
    found = report(BLANK, node("a", "img_blur", inputs), **parts)
    assert ["nobody is asked for it" in line for line in found.warnings] == [True] * warned
    assert found.needs == ((("a", "image"),) if warned else ())


def test_an_edit_that_exposes_a_needed_field_or_fills_it_solves_it():
    wanted, place = document(BLANK, node("a", "img_blur")), ("a", "image")
    assert check(wanted, LOCAL, None).needs == (place,)
    exposed = check(wanted, LOCAL, None, Edits().expose(place))
    assert (exposed.needs, exposed.warnings) == ((), ())


@pytest.mark.parametrize("value", [{"image_name": "x.png"}, [{"image_name": "x.png"}]])
def test_a_picture_from_its_authors_server_is_told(value: Any):
    name = "images" if isinstance(value, list) else "image"
    kind = "image_collection" if isinstance(value, list) else "img_blur"
    found = report(BLANK, node("a", kind, {name: value}, label="Fog"))
    (warning,) = found.warnings
    assert "of Fog holds x.png, which must be on this InvokeAI" in warning
    assert found.needs == (("a", name),)
    assert found.ok
    assert not report(BLANK, node("a", kind, {name: value}), exposed=[f"a.{name}"]).warnings


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("width", "wide", '“Width” of Sky holds "wide", which this InvokeAI does not take.'),
        ("width", 12.5, "“Width” of Sky holds 12.5, which this InvokeAI does not take."),
        ("mode", "CMYK", '“Mode” of Sky holds "CMYK", which this InvokeAI does not take.'),
        ("color", {"r": 1}, '“Color” of Sky holds {"r": 1}, which this InvokeAI does not take.'),
        ("width", "12", None),
        ("width", 12.0, None),
        ("width", None, None),
    ],
)
def test_a_value_that_the_server_would_refuse_is_a_problem_until_it_is_asked_for(name: str, value: Any, told: Any):
    sky = node("a", "blank_image", {name: value}, label="Sky")
    assert report(sky).problems == ((told,) if told else ())
    assert report(sky, exposed=[f"a.{name}"]).ok


@pytest.mark.parametrize("kind", ["iterate", "collect"])
def test_a_node_that_the_server_refuses_without_an_edge_is_a_problem(kind: str):
    assert any("it needs an edge" in line for line in report(BLANK, node("a", kind)).problems)


NUMBER, WORD, PICTURE = {"type": "integer"}, {"type": "string"}, {"$ref": "#/x/ImageField"}
PASSING = {
    "make": ({}, {"number": NUMBER, "numbers": {"type": "array", "items": NUMBER}, "image": PICTURE}),
    "iterate": ({"collection": {"ui_type": "CollectionField"}}, {"item": {"ui_type": "CollectionItemField"}}),
    "collect": ({"item": {"ui_type": "CollectionItemField"}}, {"collection": {"ui_type": "CollectionField"}}),
}


@pytest.mark.parametrize(
    ("drawn", "target", "fine"),
    [
        (["m.number t.x"], {"type": "number"}, True),
        (["m.number t.x"], WORD, True),
        (["m.number t.x"], {"anyOf": [{"type": "number"}, {"type": "null"}]}, False),
        (["m.number t.x"], {"anyOf": [NUMBER, {"type": "null"}]}, True),
        (["m.numbers t.x"], {"type": "array", "items": {"type": "number"}}, False),
        (["m.numbers i.collection", "i.item t.x"], NUMBER, True),
        (["m.numbers i.collection", "i.item t.x"], WORD, True),
        (["m.numbers i.collection", "i.item t.x"], {"anyOf": [WORD, {"type": "null"}]}, False),
        (["m.numbers i.collection", "i.item t.x"], PICTURE, False),
        (["m.number c.item", "c.collection t.x"], {"type": "array", "items": NUMBER}, True),
        (["m.number c.item", "c.collection t.x"], {"type": "array", "items": PICTURE}, False),
        (["m.number c.item", "c.collection t.x"], {"type": "array", "items": WORD}, False),
        (["m.image c.item", "c.collection i.collection", "i.item t.x"], PICTURE, True),
        (["m.image c.item", "c.collection i.collection", "i.item t.x"], NUMBER, False),
    ],
)
def test_an_edge_that_the_editor_draws_and_the_server_refuses_is_a_problem(drawn: list[str], target: Any, fine: bool):
    schemas = wired(**PASSING, take=({"x": target}, {"image": PICTURE}))
    used = {one.split(".")[0] for one in " ".join(drawn).split()}
    kinds = {"m": "make", "i": "iterate", "c": "collect", "t": "take"}
    nodes = [node(name, kind) for name, kind in kinds.items() if name in used]
    found = check(document(*nodes, edges=[edge(*one.split()) for one in drawn]), schemas, None)
    assert len(found.document.edges) == len(drawn)
    assert ["this InvokeAI refuses that edge" in line for line in found.problems] == [True] * (not fine)


def test_a_connection_that_the_editor_would_drop_is_told():
    nodes = [BLANK, node("a", "img_blur", {"image": {"image_name": "x.png"}}, label="Fog")]
    found = report(*nodes, edges=[edge("blank.image", "a.radius")])
    assert "The connection to “Radius” of Fog does not fit this InvokeAI, so it counts for nothing" in found.warnings
    assert found.document.edges == ()


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
    fixed, asked = report(batch, blur, **parts), report(batch, blur, exposed=["batch.images"], **parts)
    assert (fixed.ok, fixed.needs) == (False, (("batch", "images"),))
    assert (asked.ok, asked.needs) == (True, ())


def test_a_seed_that_stands_still_is_told_unless_somebody_gives_it():
    grain = node("grain", "img_noise", {"image": {"image_name": "a.png"}, "seed": 7})
    told = "“Seed” of Add Image Noise is always 7: expose it, and it is drawn anew"
    assert told in report(grain).warnings
    exposed = report(grain, exposed=["grain.seed"])
    fed = report(grain, node("dice", "rand_int"), edges=[edge("dice.value", "grain.seed")])
    for asked in (exposed, fed):
        assert not [warning for warning in asked.warnings if "always" in warning]
    hidden = Edits().expose(("grain", "seed")).change(("grain", "seed"), hidden=True)
    found = check(document(grain), LOCAL, None, hidden)
    assert [spec.is_drawn for spec in found.inputs] == [True]
    assert not [warning for warning in found.warnings if "always" in warning]
    assert not found.ignored


@pytest.mark.parametrize(
    ("outputs", "warned"),
    [
        ({"metadata": {"$ref": "#/x/MetadataField"}}, False),
        ({"metadata": {"$ref": "#/x/MetadataField"}, "image": PICTURE}, True),
    ],
)
def test_a_seed_that_is_only_noted_is_not_told(outputs: Any, warned: bool):
    schemas = wired(note=({"seed": {**NUMBER, "orig_required": True}}, outputs))
    found = check(document(node("a", "note", {"seed": 7})), schemas, None)
    assert ["is always 7" in line for line in found.warnings] == [True] * warned


def test_a_batch_that_holds_nothing_at_all_is_needed():
    batch, blur = node("batch", "image_batch"), node("blur", "img_blur")
    found = report(batch, blur, edges=[edge("batch.image", "blur.image")])
    assert (found.ok, found.needs) == (False, (("batch", "images"),))


def test_a_connection_that_a_run_needs_and_that_no_admin_can_draw_is_warned_of():
    found = report(BLANK, node("tiles", "denoise_latents"))
    assert "“UNet” of Denoise - SD1.5, SDXL is not connected: every run would fail" in found.warnings
    assert not found.lacks
    assert found.can_run
