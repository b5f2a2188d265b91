"""What an admin changes about inputs, and what a new version of a document makes of it."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.workflows.builders import document, edge, model, node, schemas_of
from workflows.edits import Edits, InputEdit, Place, changed_inputs, leaves_something
from workflows.inputs import Exposable, derive, exposable, problems_of
from workflows.schema import ModelFilter
from workflows.spec import InputSpec, Kind

MODEL = {"$ref": "#/components/schemas/ModelIdentifierField", "ui_model_type": ["main"]}
SCHEMAS = schemas_of(
    node={
        "steps": {"type": "integer", "minimum": 1, "maximum": 100, "orig_default": 20, "orig_required": True},
        "size": {"type": "integer", "multipleOf": 8, "orig_default": 512},
        "mode": {"enum": ["a", "b", "c"], "orig_default": "a"},
        "model": {**MODEL, "orig_required": True},
        "image": {"$ref": "#/components/schemas/ImageField", "orig_required": True},
        "mask": {"$ref": "#/components/schemas/ImageField"},
        "words": {"type": "string"},
        "numbers": {"type": "array", "items": {"type": "integer"}, "orig_default": [5, 50]},
        "seed": {"type": "integer", "orig_required": True},
        "board": {"$ref": "#/components/schemas/BoardField", "field_kind": "internal"},
    },
)
FIELDS = ("steps", "size", "mode", "model", "image", "mask", "words", "numbers", "seed", "board")
DAWN, DUSK = model("Dawn"), model("Dusk")
ALL = document(node("n", "node"), exposed=[f"n.{name}" for name in FIELDS])


def edited(name: str, **changes: Any) -> InputSpec:
    edits = Edits().change(("n", name), **changes)
    return next(s for s in derive(ALL, SCHEMAS, [DAWN, DUSK], edits) if s.field_name == name)


def problems(name: str, **changes: Any) -> tuple[str, ...]:
    return problems_of(Edits().change(("n", name), **changes), ALL, SCHEMAS, [DAWN, DUSK])


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        (
            "steps",
            {"minimum": 50, "maximum": 40},
            "`steps` has bounds that leave nothing to give, so they do not count.",
        ),
        ("steps", {"minimum": 200}, "leave nothing"),
        ("size", {"minimum": float("nan")}, "leave nothing"),
        ("size", {"maximum": float("-inf")}, "leave nothing"),
        ("size", {"minimum": 9, "maximum": 15}, "leave nothing"),
        ("words", {"maximum": 40}, "`words` is no number any more, so its bounds do not count."),
        (
            "mode",
            {"choices": ("gone",)},
            "`mode` has none of the choices any more that were left for it, so all are offered.",
        ),
        ("model", {"choices": ("gone",)}, "has none of the choices"),
        ("words", {"choices": ("a",)}, "offers no choices any more"),
        (
            "steps",
            {"default": 200},
            "`steps` has a default that does not count any more: must be from 1 to 100, not 200.",
        ),
        ("steps", {"default": "many"}, "`steps` has a default that does not count any more: takes a whole number"),
        (
            "steps",
            {"maximum": 30, "default": 40},
            "`steps` has a default that does not count any more: must be from 1 to 30, not 40.",
        ),
        ("model", {"default": {"name": "Gone"}}, "“Gone” is no installed model"),
        ("image", {"default": {"image_name": "a.png"}}, "is a file, which has no default"),
        ("image", {"hidden": True}, "needs a value, so it is hidden only once it has a default"),
        ("model", {"hidden": True}, "needs a value"),
        ("image", {"required": False}, "has no value of its own, so it stays required"),
        ("board", {"hidden": True}, "cannot be asked for now, so its changes do not count"),
    ],
)
def test_a_change_that_does_not_fit_is_dropped_and_told(name: str, changes: dict[str, Any], problem: str):
    (told,) = problems(name, **changes)
    assert told.startswith(f"`{name}` ")
    assert problem in told
    without = replace(edited(name), description=edited(name, **changes).description)
    kept = {key: value for key, value in changes.items() if key == "maximum" and "default" in changes}
    assert edited(name, **changes) == (edited(name, **kept) if kept else without)


@pytest.mark.parametrize(
    ("name", "changes", "wanted"),
    [
        ("steps", {"description": "How long"}, {"description": "How long"}),
        ("steps", {"description": "  "}, {"description": "Steps"}),
        ("steps", {"minimum": -5, "maximum": 50}, {"minimum": 1, "maximum": 50}),
        ("steps", {"maximum": 10}, {"maximum": 10, "default": 10}),
        ("steps", {"minimum": 30}, {"minimum": 30, "default": 30}),
        # What cannot be brought into the bounds goes.
        ("size", {"maximum": 100}, {"maximum": 100, "default": None, "required": True}),
        ("numbers", {"maximum": 10}, {"maximum": 10, "default": None, "required": True}),
        ("mode", {"choices": ("c", "a")}, {"choices": (("a", "a"), ("c", "c")), "default": "a"}),
        ("mode", {"choices": ("c",)}, {"choices": (("c", "c"),), "default": None, "required": True}),
        ("mode", {"choices": ("c",), "default": "c"}, {"default": "c", "required": False}),
        ("model", {"choices": ("key-Dusk", "gone")}, {"choices": (("key-Dusk", "Dusk"),), "required": True}),
        ("model", {"default": DAWN.identifier()}, {"default": DAWN.identifier(), "required": False}),
        ("steps", {"default": 7}, {"default": 7}),
        ("words", {"default": ""}, {"default": ""}),
        ("numbers", {"default": [1]}, {"default": [1]}),
        ("words", {"required": True}, {"required": True}),
        ("steps", {"required": True}, {"required": True, "default": 20}),
        ("seed", {"required": True}, {"required": True}),
        ("image", {"required": True}, {"required": True}),
        ("steps", {"hidden": True}, {"hidden": True, "is_asked": False}),
        ("steps", {"hidden": True, "required": True}, {"hidden": True, "required": False}),
        ("mask", {"hidden": True}, {"hidden": True}),
        ("model", {"hidden": True, "default": DUSK.identifier()}, {"hidden": True, "default": DUSK.identifier()}),
    ],
)
def test_a_change_that_fits_is_made(name: str, changes: dict[str, Any], wanted: dict[str, Any]):
    found = edited(name, **changes)
    assert {key: getattr(found, key) for key in wanted} == wanted
    assert problems(name, **changes) == ()


@pytest.mark.parametrize(
    ("bounds", "leaves"),
    [
        ({}, True),
        ({"minimum": 0, "maximum": 0}, True),
        ({"minimum": 1, "maximum": 0}, False),
        ({"minimum": 0.3, "maximum": 0.3, "multiple_of": 0.1}, True),
        ({"minimum": 0.31, "maximum": 0.39, "multiple_of": 0.1}, False),
        ({"minimum": 9, "maximum": 15, "multiple_of": 8}, False),
        ({"minimum": 9, "maximum": 16, "multiple_of": 8}, True),
        ({"minimum": 0, "above": 0}, True),
        ({"maximum": 0, "above": 0}, False),
        ({"minimum": 5, "below": 5}, False),
        ({"maximum": 5, "below": 5}, True),
    ],
)
def test_bounds_leave_something_or_nothing(bounds: dict[str, Any], leaves: bool):
    assert leaves_something(InputSpec("x", "X", "", Kind.NUMBER, "n", "x", **bounds)) is leaves


def test_without_models_every_model_is_believed():
    edits = Edits().change(("n", "model"), default=DAWN.identifier(), choices=("key-Dawn",))
    found = next(s for s in derive(ALL, SCHEMAS, None, edits) if s.kind is Kind.MODEL)
    assert (found.default, found.choices) == (DAWN.identifier(), (("key-Dawn", "key-Dawn"),))


def test_what_is_gone_is_told():
    edits = Edits(exposed=(("n", "gone"), ("m", "steps")), outputs=("m",)).change(("n", "other"), name="x")
    assert problems_of(edits, ALL, SCHEMAS) == (
        "`gone` was exposed, and is not in this file any more.",
        "`steps` was exposed, and is not in this file any more.",
        "`other` is not exposed any more, so its changes do not count.",
        "A node whose results were picked to be posted is gone.",
    )


def test_what_is_fed_now_keeps_no_changes():
    fed = document(node("n", "node"), node("m", "node"), edges=[edge("m.x", "n.steps")], exposed=["n.steps"])
    (told,) = problems_of(Edits().change(("n", "steps"), default=5), fed, SCHEMAS)
    assert told == "`steps` is fed by another node now, so its changes do not count."


def test_an_admin_exposes_what_the_author_did_not():
    bare = document(node("n", "node"), exposed=["n.size"])
    edits = Edits().expose(("n", "steps")).expose(("n", "size")).expose(("n", "steps"))
    specs = derive(bare, SCHEMAS, edits=edits)
    assert [(spec.name, spec.source) for spec in specs] == [("size", "exposedFields"), ("steps", "edit")]


def test_the_order_is_the_admins_then_the_documents():
    edits = Edits(order=(("n", "words"), ("gone", "x"), ("n", "mode")))
    found = [spec.field_name for spec in derive(ALL, SCHEMAS, edits=edits)]
    assert found == ["words", "mode", *(name for name in FIELDS if name not in {"words", "mode"})]


def test_undoing_a_change_leaves_none():
    place: Place = ("n", "steps")
    assert Edits().change(place, name="x").change(place, name=None) == Edits()
    assert Edits().change(place, name="x").of(place) == InputEdit("n", "steps", name="x")


def test_what_can_be_exposed_begins_with_what_is_needed():
    nodes = node("n", "node", {"words": "kept"}, label="Mine"), node("m", "node")
    partly = document(*nodes, edges=[edge("m.x", "n.model")], exposed=["n.size", "m.image"])
    found = exposable(partly, SCHEMAS)
    assert found[0] == Exposable(("n", "image"), "Mine", "Image", Kind.IMAGE, needed=True)
    assert [one.place for one in found if one.needed] == [("n", "image"), ("n", "seed"), ("m", "model"), ("m", "seed")]
    places = [one.place for one in found]
    assert not {("n", "size"), ("m", "image"), ("n", "model"), ("n", "board")} & set(places)
    assert ("n", "words") in places


def test_inputs_and_edits_survive_as_json():
    edits = Edits(exposed=(("n", "x"),), order=(("n", "x"),), outputs=("n",)).change(
        *[("n", "mode")], choices=("a",), default={"a": [1]}
    )
    for kind, value in ((Edits, edits), (tuple[InputSpec, ...], tuple(derive(ALL, SCHEMAS, [DAWN])))):
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        assert adapter.validate_json(adapter.dump_json(value)) == value


# What became different

STEPS = InputSpec("steps", "Steps", "", Kind.INTEGER, "n", "steps", default=20, minimum=1)
MODE = InputSpec("mode", "Mode", "", Kind.CHOICE, "n", "mode", choices=(("a", "A"), ("b", "B")))
BASE = InputSpec("base", "Base", "", Kind.MODEL, "n", "base", models=ModelFilter(types=("main",)))


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ([STEPS], [STEPS], []),
        ([], [STEPS], ["`steps` is new: whole number"]),
        ([], [replace(STEPS, required=True)], ["`steps` is new: whole number, required"]),
        ([STEPS], [], ["`steps` is gone"]),
        ([STEPS], [replace(STEPS, hidden=True)], ["`steps` is gone"]),
        ([replace(STEPS, connected=True)], [STEPS], ["`steps` is new: whole number"]),
        ([STEPS], [replace(STEPS, name="count")], ["`count` was called `steps`"]),
        ([STEPS], [replace(STEPS, default=5)], ["`steps`: default 20 -> 5"]),
        ([STEPS], [replace(STEPS, default=None)], ["`steps`: default 20 -> none"]),
        ([STEPS], [replace(STEPS, maximum=9)], ["`steps`: at least 1 -> from 1 to 9"]),
        ([STEPS], [replace(STEPS, minimum=None)], ["`steps`: at least 1 -> any number"]),
        ([STEPS], [replace(MODE, node_id="n", field_name="steps", name="steps")], ["`steps` is now a choice"]),
        ([STEPS], [replace(STEPS, kind=Kind.IMAGE, default=None)], ["`steps` is now an image"]),
        ([STEPS], [replace(STEPS, kind=Kind.INTEGERS, default=[1])], ["`steps` is now whole numbers"]),
        ([STEPS], [replace(STEPS, required=True)], ["`steps` is required now"]),
        (
            [MODE],
            [replace(MODE, choices=(("b", "B"), ("c", "C")))],
            ["`mode` no longer offers A", "`mode` now offers C"],
        ),
        ([BASE], [replace(BASE, choices=(("k", "Dawn"),))], ["`base` now offers Dawn only"]),
        ([replace(BASE, choices=(("k", "Dawn"),))], [BASE], ["`base` now offers all"]),
        ([replace(STEPS, is_seed=True)], [replace(STEPS, is_seed=True, default=1)], []),
    ],
)
def test_what_changed_is_told_in_a_line_each(old: list[InputSpec], new: list[InputSpec], lines: list[str]):
    assert changed_inputs(old, new) == lines
