"""What a member gave on one backend, in the words of another."""

from typing import Any

import pytest

from tests.workflows.builders import model
from workflows.errors import InputError
from workflows.models import STYLE_PRESET, ModelRecord
from workflows.rebase import rebased
from workflows.schema import ModelFilter
from workflows.spec import InputSpec, Kind
from workflows.values import parse


def elsewhere(record: ModelRecord, **other: str) -> ModelRecord:
    """The same model on another server."""
    return record.model_copy(update={"key": f"there-{record.name}", **other})


def spec(name: str, kind: Kind, *types: str, **more: Any) -> InputSpec:
    return InputSpec(name, name, "", kind, "n", name, models=ModelFilter(types=types), **more)


DAWN, DUSK, INK, WASH = model("Dawn"), model("Dusk"), model("Ink", kind="lora"), model("Wash", kind="lora")
PHOTO = model("Photo", base="any", kind=STYLE_PRESET)
HERE = [DAWN, DUSK, INK, WASH, PHOTO]
#: The same, but that Dusk was hashed in another way, that Wash was renamed, and that Dawn is a LoRA's name as well.
THERE = [
    elsewhere(DAWN),
    elsewhere(DUSK, hash="random:1"),
    elsewhere(INK),
    elsewhere(WASH, name="Washed"),
    elsewhere(PHOTO),
    model("Dawn", kind="lora"),
]

MAIN = spec("model", Kind.MODEL, "main", choices=(("key-Dawn", "Dawn"), ("key-Dusk", "Dusk")))
LORAS = spec("loras", Kind.LORAS, "lora", max_items=9)
STYLE = spec("style", Kind.STYLE_PRESET, STYLE_PRESET)
PROMPT, SEED = spec("prompt", Kind.STRING), spec("seed", Kind.INTEGER)
INPUTS = (PROMPT, MAIN, LORAS, STYLE, SEED)
LORA = [{"lora": INK.identifier(), "weight": 0.25}, {"lora": WASH.identifier(), "weight": -1.0}]


@pytest.mark.parametrize(
    ("name", "value", "installed", "told"),
    [
        ("model", DAWN.identifier(), [], "“Dawn” is no installed model that fits here. There is none now"),
        (
            "model",
            DAWN.identifier(),
            [elsewhere(DUSK)],
            "“Dawn” is no installed model that fits here. Pick one of: Dusk",
        ),
        # A LoRA of its name is none.
        ("model", DAWN.identifier(), [THERE[-1]], "“Dawn” is no installed"),
        ("model", DAWN.identifier(), [elsewhere(DAWN, hash="other", base="sdxl")], "“Dawn” is no installed"),
        ("loras", LORA, [elsewhere(INK)], "“Wash” is no installed model that fits here. Pick one of: Ink"),
        ("style", {"style_preset_id": "key-Photo", "name": "Photo"}, [DAWN], "“Photo” is no style preset"),
        # A job of before names were kept.
        ("style", {"style_preset_id": "key-Photo"}, THERE, "“key-Photo” is no style preset that is there. Pick one of"),
    ],
)
def test_what_a_backend_lacks_is_named_with_its_input(name: str, value: Any, installed: list[ModelRecord], told: str):
    with pytest.raises(InputError) as caught:
        rebased(INPUTS, {"prompt": "a fox", name: value}, installed)
    assert caught.value.name == name
    assert told in caught.value.problem


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("model", DAWN.identifier(), THERE[0].identifier()),
        ("model", DUSK.identifier(), THERE[1].identifier()),
        ("loras", [], []),
        (
            "loras",
            LORA,
            [{"lora": THERE[2].identifier(), "weight": 0.25}, {"lora": THERE[3].identifier(), "weight": -1.0}],
        ),
        (
            "style",
            {"style_preset_id": "key-Photo", "name": "Photo"},
            {"style_preset_id": "there-Photo", "name": "Photo"},
        ),
        ("model", None, None),
        # What is not picked among what is installed stays, whatever it looks like.
        ("prompt", "Dawn", "Dawn"),
        ("unknown", DAWN.identifier(), DAWN.identifier()),
    ],
)
def test_what_was_given_becomes_what_another_backend_knows(name: str, value: Any, found: Any):
    assert rebased(INPUTS, {"seed": 5, name: value}, THERE) == {"seed": 5, name: found}


@pytest.mark.parametrize(("wanted", "typed"), [(MAIN, "dusk"), (LORAS, "Wash:0.5, Ink"), (STYLE, "photo")])
def test_only_what_is_the_same_everywhere_is_left_of_what_was_typed(wanted: InputSpec, typed: str):
    given = {wanted.name: parse(wanted, typed, HERE)}
    assert rebased(INPUTS, given, HERE) == given
    moved = rebased(INPUTS, given, THERE)
    assert moved != given
    assert "key-" not in str(moved)


def test_an_empty_backend_takes_what_names_no_model():
    given = {"prompt": "a fox", "seed": 7}
    assert rebased(INPUTS, given, []) == given
    assert rebased((), {}, []) == {}
