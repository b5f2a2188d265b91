"""What a member wants a workflow to begin with, against what its inputs take by now."""

from dataclasses import replace
from typing import Any

import pytest

from bot.defaults import fitting, is_kept, personal
from workflows.models import ModelRecord
from workflows.values import InputSpec, Kind


def spec(name: str = "value", kind: Kind = Kind.STRING, **more: Any) -> InputSpec:
    return InputSpec(name=name, label=name, description="", kind=kind, node_id="n", field_name=name, **more)


MODEL = ModelRecord(key="k1", hash="h", name="Tiny", base="sd-1", type="main")
CASES = {
    "a text": (spec(), "a cat", "a cat"),
    "a number as it was typed": (spec(kind=Kind.INTEGER), "12", 12),
    "beyond what is taken by now": (spec(kind=Kind.INTEGER, maximum=10), 12, None),
    "a choice that is gone": (spec(kind=Kind.CHOICE, choices=(("a", "A"),)), "b", None),
    "a seed": (spec(kind=Kind.INTEGER, is_seed=True), 12, None),
    "hidden since": (spec(hidden=True), "a cat", None),
    "a picture": (spec(kind=Kind.IMAGE), "a.png", None),
    "nothing": (spec(), None, None),
    "a model": (spec(kind=Kind.MODEL), "Tiny", "Tiny"),
    "a model that went": (spec(kind=Kind.MODEL), "Huge", None),
}


@pytest.mark.parametrize(("one", "held", "value"), CASES.values(), ids=CASES.keys())
def test_what_does_not_fit_any_more_is_as_if_it_never_was(one: InputSpec, held: Any, value: Any) -> None:
    one = replace(one, required=True)
    defaults = {"value": held, "gone": "x"}
    found = fitting([one], defaults, [MODEL])
    (own,) = personal([one], defaults, [MODEL])
    if value is None:
        assert found == {}
        assert own == one
    else:
        assert found == {"value": held}
        assert not own.required
        assert own.default == value or own.default["name"] == value


def test_where_nothing_is_told_of_models_none_is_believed() -> None:
    one = spec(kind=Kind.MODEL)
    assert fitting([one], {"value": "Tiny"}, None) == {}
    assert personal([one], {"value": "Tiny"}, None) == (one,)


def test_what_can_be_kept() -> None:
    kept = [spec(), spec(kind=Kind.LORAS), spec(kind=Kind.BOOLEAN)]
    assert all(map(is_kept, kept))
    assert not any(map(is_kept, [spec(is_seed=True), spec(kind=Kind.VIDEO), spec(kind=Kind.BOARD)]))
