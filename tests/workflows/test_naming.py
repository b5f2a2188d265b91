"""Labels that a person can tell apart. The names made of them are tried in test_inputs.py."""

from typing import Any

import pytest

from tests.workflows.builders import document, edge, field, form, node, schemas_of, shown
from workflows.edits import Edits
from workflows.inputs import derive
from workflows.naming import slug
from workflows.spec import InputSpec

MODEL = {"$ref": "#/components/schemas/ModelIdentifierField", "ui_model_type": ["lora"]}
SCHEMAS = schemas_of(
    lora={"lora": MODEL, "weight": {"type": "number", "default": 1}},
    integer={"value": {"type": "integer"}},
    noise={"width": {"type": "integer"}, "height": {"type": "integer", "title": "Height"}},
    compel={"prompt": {"type": "string"}},
)


def heading(words: str, kind: str = "heading") -> dict[str, Any]:
    return {"type": kind, "data": {"content": words}}


def labels(specs: list[InputSpec]) -> list[tuple[str, str]]:
    return [(spec.name, spec.label) for spec in specs]


def test_what_belongs_to_a_named_model_is_called_by_it():
    nodes = [node(n, "lora", {"lora": field(label=f"Style {n}"), "weight": field()}, label="Apply") for n in "ab"]
    specs = derive(document(*nodes, exposed=["a.lora", "a.weight", "b.lora", "b.weight"]), SCHEMAS)
    assert labels(specs)[1::2] == [("style_a_weight", "Style a Weight"), ("style_b_weight", "Style b Weight")]


def test_a_node_tells_apart_and_its_words_are_not_said_twice():
    nodes = [node("a", "compel", label="Positive Prompt"), node("b", "compel", label="Without")]
    specs = derive(document(*nodes, exposed=["a.prompt", "b.prompt"]), SCHEMAS)
    assert labels(specs) == [("positive_prompt", "Positive Prompt"), ("without_prompt", "Without Prompt")]


@pytest.mark.parametrize("kind", ["heading", "text"])
def test_a_heading_tells_apart_what_has_no_other_name(kind: str):
    nodes = [node(n, "lora") for n in "ab"]
    parts = [heading("First pass", kind), shown("a.weight"), heading("Refine", kind), shown("b.weight")]
    specs = derive(document(*nodes, form=form(*parts)), SCHEMAS)
    assert labels(specs) == [("first_pass_weight", "First pass Weight"), ("refine_weight", "Refine Weight")]


def test_a_long_text_is_no_name():
    nodes = [node(n, "lora") for n in "ab"]
    parts = [heading("Read this first. " * 5, "text"), shown("a.weight"), heading("Refine"), shown("b.weight")]
    specs = derive(document(*nodes, form=form(*parts)), SCHEMAS)
    assert labels(specs) == [("weight", "Weight"), ("refine_weight", "Refine Weight")]


def test_different_nodes_tell_apart_where_nothing_else_does():
    specs = derive(
        document(node("a", "lora"), node("b", "other"), exposed=["a.weight", "b.weight"]),
        schemas_of(lora={"weight": {"type": "number"}}, other={"weight": {"type": "number"}}),
    )
    assert [spec.label for spec in specs] == ["lora Weight", "other Weight"]


def test_numbers_tell_the_rest_apart():
    nodes = [node(n, "noise") for n in "abc"]
    specs = derive(document(*nodes, exposed=["a.width", "b.width", "c.width"]), SCHEMAS)
    assert labels(specs) == [("width", "Width"), ("width_2", "Width 2"), ("width_3", "Width 3")]


def test_the_one_that_the_author_named_keeps_its_name():
    nodes = [node("a", "noise"), node("b", "noise", {"width": field(label="Width")}, label="Second")]
    specs = derive(document(*nodes, exposed=["a.width", "b.width"]), SCHEMAS)
    assert labels(specs) == [("noise_width", "noise Width"), ("width", "Width")]


def test_a_bare_value_is_called_by_what_it_feeds():
    nodes = [node("a", "integer"), node("n", "noise"), node("b", "integer")]
    edges = [edge("a.value", "n.height"), edge("b.value", "n.width"), edge("b.value", "n.height")]
    specs = derive(document(*nodes, edges=edges, exposed=["a.value", "b.value"]), SCHEMAS)
    assert labels(specs) == [("height", "Height"), ("value", "Value")]


def test_what_is_asked_for_chooses_first():
    nodes = [node("a", "noise"), node("b", "noise"), node("c", "integer")]
    fed = document(*nodes, edges=[edge("c.value", "a.width")], exposed=["a.width", "b.width"])
    assert [(spec.name, spec.is_asked) for spec in derive(fed, SCHEMAS)] == [("width_2", False), ("width", True)]


def test_the_admins_names_come_before_all_and_stay_unique():
    nodes = [node(n, "noise") for n in "abc"]
    edits = Edits().change(("b", "width"), name="Width!").change(("c", "width"), name="width")
    specs = derive(document(*nodes, exposed=["a.width", "b.width", "c.width"]), SCHEMAS, edits=edits)
    assert [spec.name for spec in specs] == ["width_3", "width", "width_2"]


def test_a_name_that_nobody_can_type_is_not_followed():
    edits = Edits().change(("a", "width"), name="🦊")
    (spec,) = derive(document(node("a", "noise"), exposed=["a.width"]), SCHEMAS, edits=edits)
    assert spec.name == "width"


def test_a_number_behind_what_nobody_can_type_is_no_name():
    nodes = [node("a", "noise", {name: field(label="🦊") for name in ("width", "height")})]
    specs = derive(document(*nodes, exposed=["a.width", "a.height"]), SCHEMAS)
    assert labels(specs) == [("width", "🦊"), ("height", "🦊 2")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Steps (Recommend 30 for Dev, 4 for Schnell)", "steps"),
        ("Negative Prompt (unused at CFG=1.0)", "negative_prompt"),
        ("ControlNet Model - Choose a Tile ControlNet", "controlnet_model_choose_a_tile"),
        ("(" + "x" * 40 + ")", "x" * 32),
        ("", ""),
    ],
)
def test_a_long_name_is_cut_between_words_and_its_remarks_go_first(text: str, name: str):
    assert slug(text) == name


def test_of_a_long_label_of_two_parts_the_last_one_stays():
    nodes = [node(n, "lora", label=f"Apply the Lightning LoRA ({n} Noise)") for n in ("High", "Low")]
    specs = derive(document(*nodes, exposed=["High.weight", "Low.weight"]), SCHEMAS)
    assert [spec.name for spec in specs] == ["apply_the_lightning_lora_weight", "apply_the_lightning_lora_weigh_2"]
