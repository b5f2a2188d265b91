from typing import Any

import pytest

from tests.workflows.builders import model, schemas_of
from workflows.literals import accepts, base_of, file_names, missing, rematched
from workflows.models import STYLE_PRESET
from workflows.schema import FieldSchema

INT, FLOAT, TEXT = {"type": "integer"}, {"type": "number"}, {"type": "string"}
IMAGE, VIDEO = {"$ref": "#/x/ImageField"}, {"$ref": "#/x/VideoField"}
MODEL, LORA = {"$ref": "#/x/ModelIdentifierField"}, {"$ref": "#/x/LoRAField"}
BOX = {"x_min": 0, "y_min": 0, "x_max": 8, "y_max": 8}
DAWN = {"key": "elsewhere", "hash": "blake3:Dawn", "name": "Dawn", "base": "sd-1", "type": "main"}
LACE = {"model_name": "Lace", "base_model": "sd-1"}


def field(spec: dict[str, Any]) -> FieldSchema:
    return schemas_of(a={"x": spec}).nodes["a"].fields["x"]


def listed(spec: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": spec}


@pytest.mark.parametrize(
    ("spec", "taken", "refused"),
    [
        (INT, [5, 5.0, "5", " 5 ", True, -3], [5.5, "five", "5.5", [5], {}, float("inf"), float("nan"), 10**400]),
        ({**INT, "minimum": 1, "maximum": 4}, [1, 4, "4"], [0, 5, "0"]),
        ({**INT, "exclusiveMinimum": 1, "exclusiveMaximum": 4}, [2, 3], [1, 4]),
        ({**INT, "multipleOf": 8}, [64], [65]),
        (FLOAT, [5, 5.5, "5.5"], ["five", [], None, {}]),
        ({**FLOAT, "multipleOf": 0.5}, [1.5], [1.6]),
        (TEXT, ["", "fox"], [5, True, ["fox"], None]),
        ({**TEXT, "maxLength": 3}, ["fox"], ["foxes"]),
        ({"type": "boolean"}, [True, 0, 1, 1.0, "yes", "OFF"], [2, "maybe", [], {}]),
        ({"enum": ["a", "b"]}, ["a"], ["c", "A", 1, [], {}]),
        ({"type": "integer", "enum": [1, 2]}, [1], ["1", 3, True]),
        ({"ui_type": "SchedulerField", "enum": ["euler"]}, ["euler"], ["lms"]),
        ({"ui_type": "SchedulerField"}, ["anything"], []),
        (
            {"$ref": "#/x/BoundingBoxField"},
            [BOX, {**BOX, "score": 0.5}],
            [{**BOX, "x_min": 9}, {"x_min": 0}, {**BOX, "y_max": "8"}, 5],
        ),
        ({"$ref": "#/x/StylePresetField"}, [{"style_preset_id": "p"}], [{}, {"style_preset_id": 5}, "p"]),
        ({"$ref": "#/x/SystemPromptField"}, [{"system_prompt_id": "p"}], [{"style_preset_id": "p"}]),
        ({"$ref": "#/x/ColorField"}, [dict.fromkeys("rgba", 9)], [{"r": 1}, dict.fromkeys("rgba", 256), "red", 5]),
        (IMAGE, [{"image_name": "a.png"}], ["a.png", {}, {"image_name": 5}, [{"image_name": "a.png"}]]),
        (VIDEO, [{"video_name": "a.mp4"}], [{"image_name": "a.png"}]),
        (listed(IMAGE), [[], [{"image_name": "a.png"}]], [{"image_name": "a.png"}, ["a.png"]]),
        ({**listed(INT), "minItems": 1, "maxItems": 2}, [[1], [1, 2]], [[], [1, 2, 3], 1]),
        ({"anyOf": [FLOAT, listed(FLOAT)]}, [1.5, [1, 2.5]], ["x", [1, "x"]]),
        (MODEL, [DAWN], [LACE, "Dawn", {**DAWN, "hash": None}]),
        (listed(LORA), [[{"lora": DAWN, "weight": 0.5}], []], [[{"lora": LACE, "weight": 0.5}], [{"lora": DAWN}]]),
        ({"$ref": "#/x/TensorField"}, [{"tensor_name": "t"}], [5, False, "t", [{"tensor_name": "t"}]]),
        (listed({"$ref": "#/x/SAMPointsField"}), [[], [{}]], [{}, [None]]),
        ({"ui_type": "AnyField"}, [5, "fox", [1], {}], []),
    ],
)
def test_what_the_server_takes_is_known(spec: dict[str, Any], taken: list[Any], refused: list[Any]):
    assert [value for value in taken if not accepts(field(spec), value)] == []
    assert [value for value in refused if accepts(field(spec), value)] == []


@pytest.mark.parametrize(
    ("held", "weight"),
    [
        ({"lora": LACE, "weight": 0.5}, 0.5),
        ({"lora": {**DAWN, "name": "Lace", "type": "lora"}, "weight": 0.5}, None),
        ({"model": LACE, "weight": 1}, 1),
        ({**LACE, "weight": 0.25}, 0.25),
        ({"lora": {"name": "Lace", "base": "sd-1", "type": "lora"}}, 0.75),
    ],
)
def test_loras_of_every_generation_become_this_servers(held: Any, weight: float | None):
    lace = model("Lace", kind="lora")
    (found,) = rematched(field(listed(LORA)), [held], [model("Dawn", kind="main"), lace])
    assert found == {"lora": lace.identifier(), "weight": held["weight"] if weight is None else weight}


def test_a_lora_may_stand_alone():
    lace = model("Lace", kind="lora")
    spec = field({"anyOf": [LORA, listed(LORA)]})
    assert rematched(spec, {"lora": LACE, "weight": 1}, [lace]) == {"lora": lace.identifier(), "weight": 1}


def test_only_what_belongs_to_a_model_is_kept_of_its_literal():
    held = {**DAWN, "submodel_type": "vae", "model_name": "Dusk", "note": 5}
    wanted = {**model("Dawn").identifier(), "submodel_type": "vae"}
    assert rematched(field(MODEL), held, [model("Dawn")]) == wanted


@pytest.mark.parametrize(
    ("held", "becomes"),
    [
        ({"style_preset_id": "gone"}, {"style_preset_id": "gone"}),
        ({"style_preset_id": "gone", "name": "Ink"}, {"style_preset_id": "gone"}),
        ({"style_preset_id": "gone", "name": "Dawn"}, {"style_preset_id": "gone"}),
        ({"style_preset_id": "old", "name": "Photo"}, {"style_preset_id": "key-Photo"}),
        ({"style_preset_id": "key-Photo"}, {"style_preset_id": "key-Photo"}),
        ({"style_preset_id": 5}, {"style_preset_id": 5}),
        ("Photo", "Photo"),
    ],
)
def test_a_style_preset_goes_by_the_id_that_its_name_has_here(held: Any, becomes: Any):
    presets = [model("Dawn"), model("Photo", base="any", kind=STYLE_PRESET)]
    assert rematched(field({"$ref": "#/x/StylePresetField"}), held, presets) == becomes


@pytest.mark.parametrize(
    ("spec", "value", "names"),
    [
        (MODEL, DAWN, []),
        (MODEL, LACE, ["Lace"]),
        (listed(LORA), [{"lora": LACE, "weight": 1}, {"lora": {"name": "Silk"}}], ["Silk"]),
        (listed(LORA), [], []),
        (TEXT, "Dawn", []),
    ],
)
def test_the_models_that_are_missing_are_named(spec: dict[str, Any], value: Any, names: list[str]):
    installed = [model("Dawn"), model("Lace", kind="lora")]
    spec = {**spec, "ui_model_type": ["main"]} if spec is MODEL else spec
    assert list(missing(field(spec), value, installed)) == names


@pytest.mark.parametrize(
    ("value", "base"), [(DAWN, "sd-1"), (LACE, "sd-1"), ([{"lora": DAWN}], "sd-1"), ([], ""), (5, "")]
)
def test_the_base_of_a_model_is_known(value: Any, base: str):
    assert base_of(value) == base


@pytest.mark.parametrize(
    ("spec", "value", "names"),
    [
        (IMAGE, {"image_name": "a.png"}, ["a.png"]),
        (listed(IMAGE), [{"image_name": "a.png"}, 5, {"image_name": "b.png"}], ["a.png", "b.png"]),
        (VIDEO, {"video_name": "a.mp4"}, ["a.mp4"]),
        (TEXT, {"image_name": "a.png"}, []),
        (IMAGE, None, []),
    ],
)
def test_the_files_in_a_value_are_named(spec: dict[str, Any], value: Any, names: list[str]):
    assert file_names(field(spec), value) == names
