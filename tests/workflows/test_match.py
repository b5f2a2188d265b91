from typing import Any

import pytest

from tests.workflows.builders import model
from workflows.match import find, fitting, name_of
from workflows.schema import ModelFilter

DAWN = model("Dawn", format="diffusers", variant="normal")
DUSK = model("Dusk", base="sdxl", format="checkpoint")
LACE = model("Lace", kind="lora", format="lycoris")
TWIN = model("dawn", base="sdxl", kind="vae")
MODELS = [LACE, DUSK, DAWN, TWIN]


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        5,
        True,
        [],
        ["Dawn"],
        {},
        "",
        " ",
        "Nobody",
        {"key": ""},
        {"name": ["Dawn"]},
        {"hash": None},
        {"x": "Dawn"},
    ],
)
def test_what_means_no_model_finds_none(wanted: Any):
    assert find(wanted, MODELS) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("key-Dusk", DUSK),
        (" Dusk ", DUSK),
        ("DUSK", DUSK),
        ("lace", LACE),
        ({"key": "key-Dawn"}, DAWN),
        ({"key": "of another server", "hash": "blake3:Dawn", "name": "renamed"}, DAWN),
        ({"key": "of another server", "hash": "other", "name": "Dawn", "base": "sd-1", "type": "main"}, DAWN),
        ({"name": "Dawn", "base": "sdxl"}, None),
        ({"name": "Dawn", "type": "lora"}, None),
        ({"name": "Dusk"}, DUSK),
        ({"model_name": "Dusk", "base_model": "sdxl", "model_type": "main"}, DUSK),
        ({"model_name": "Dusk", "base_model": "sd-1"}, None),
        ({"key": "key-Lace", "name": "Dawn"}, LACE),
        ({"hash": "blake3:Dusk", "name": "Dawn"}, DUSK),
    ],
)
def test_a_model_is_found_by_key_then_hash_then_name(wanted: Any, found: Any):
    assert find(wanted, MODELS) is found


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (ModelFilter(), [DAWN, TWIN, DUSK, LACE]),
        (ModelFilter(types=("main",)), [DAWN, DUSK]),
        (ModelFilter(bases=("sdxl",)), [TWIN, DUSK]),
        (ModelFilter(types=("main", "lora"), bases=("sd-1",)), [DAWN, LACE]),
        (ModelFilter(formats=("lycoris",)), [LACE]),
        # Only what tells another variant does not fit.
        (ModelFilter(variants=("normal",)), [DAWN, TWIN, DUSK, LACE]),
        (ModelFilter(variants=("inpaint",)), [TWIN, DUSK, LACE]),
        (ModelFilter(types=("t5_encoder",)), []),
    ],
)
def test_what_fits_comes_in_the_order_of_names(wanted: ModelFilter, fits: list[Any]):
    assert sorted(fitting(wanted, MODELS), key=id) == sorted(fits, key=id)
    names = [record.name.casefold() for record in fitting(wanted, MODELS)]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("literal", "name"),
    [
        ({"name": "Dawn", "key": "k"}, "Dawn"),
        ({"model_name": "Dawn"}, "Dawn"),
        ({"key": "k"}, "k"),
        ({}, "a model without a name"),
        ("Dawn", "a model without a name"),
        ({"name": 5}, "a model without a name"),
    ],
)
def test_a_literal_is_named_for_messages(literal: Any, name: str):
    assert name_of(literal) == name
