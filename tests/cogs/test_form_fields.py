"""A form's fields: how inputs are grouped, which component asks for each, what it holds, what comes back of it."""

from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.catalog import Named, Published
from bot.forms import Form
from bot.jobs import Attachment
from bot.playground.discord.errors import Problems
from bot.playground.discord.validate_components import Checker
from cogs._anew import as_typed
from cogs._form import File, Sheet, either, near
from cogs._form_fields import Way, field, filled, held, modal, way
from cogs._form_panel import form_view
from cogs._form_words import form_embed
from cogs.run import matching
from workflows.models import STYLE_PRESET, ModelRecord
from workflows.schema import ModelFilter
from workflows.texts import LANGUAGES, Voice
from workflows.values import InputSpec, Kind

LORA, PRESET = ModelFilter(types=("lora",)), ModelFilter(types=(STYLE_PRESET,))


def record(key: str, name: str, kind: str = "lora", base: str = "sd-1") -> ModelRecord:
    return ModelRecord(key=key, hash=key, name=name, base=base, type=kind)


FEW = [record("k1", "Noir"), record("k2", "Pastel"), record("p1", "Sketchy", STYLE_PRESET, "any")]
MANY = [record(f"k{i}", f"Style {i}") for i in range(40)]
COLORS = tuple((color, color.title()) for color in ("red", "green", "blue"))
SCHEDULERS = tuple((f"s{i}", f"s{i}") for i in range(31))


def spec(kind: Kind, name: str = "x", **more: Any) -> InputSpec:
    return InputSpec(name, name.title(), more.pop("description", ""), kind, name, "value", **more)


def sheet(
    *inputs: InputSpec,
    given: dict[str, Any] | None = None,
    files: tuple[Attachment, ...] = (),
    models: list[ModelRecord] | None = FEW,
) -> Sheet:
    published = Published(1, 1, 2, "slug", "Name", "What it does", inputs)
    return Sheet(Form("f", 2, 3, 1, 1, given or {}, files), published, models)


def sent(one: Sheet, **answers: Any) -> Sheet:
    return filled(one, answers, 1000)[0]


# Grouping


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (5, [5]), (6, [5, 1]), (10, [5, 5]), (12, [5, 5, 2]), (100, [5] * 20)]
)
def test_inputs_are_grouped_in_their_order(count: int, sizes: list[int]) -> None:
    inputs = [spec(Kind.STRING, f"n{i}") for i in range(count)]
    unasked = spec(Kind.STRING, "hidden", hidden=True), spec(Kind.BOARD, "board"), spec(Kind.FIXED, "fixed")
    found = sheet(*unasked, *inputs).groups
    assert [len(group) for group in found] == sizes
    assert [one for group in found for one in group] == inputs


def test_buttons_and_modals_name_their_first_and_last_input() -> None:
    one = sheet(*(spec(Kind.STRING, f"n{i}") for i in range(1, 12)))
    labels = [child.item.label for child in form_view(one, Voice()).children]  # type: ignore[attr-defined]
    assert labels[:3] == ["1–5 n1 … n5", "6–10 n6 … n10", "11 n11"]
    assert [modal(one, number, Voice()).title for number in range(3)] == ["Name · 1–5", "Name · 6–10", "Name · 11"]
    assert modal(sheet(spec(Kind.STRING)), 0, Voice()).title == "Name"


# Components


WAYS: dict[str, tuple[InputSpec, list[ModelRecord] | None, Way]] = {
    "a number": (spec(Kind.INTEGER), FEW, Way.LINE),
    "yes or no": (spec(Kind.BOOLEAN), FEW, Way.BUTTONS),
    "text": (spec(Kind.STRING, default="a barn"), FEW, Way.LINE),
    "long text": (spec(Kind.STRING, textarea=True), FEW, Way.PARAGRAPH),
    "text that is long": (spec(Kind.STRING, default="a barn " * 20), FEW, Way.PARAGRAPH),
    "text of two lines": (spec(Kind.STRING, default="a\nb"), FEW, Way.PARAGRAPH),
    "texts": (spec(Kind.STRINGS, max_items=9), FEW, Way.PARAGRAPH),
    "a few choices with a default": (spec(Kind.CHOICE, choices=COLORS, default="red"), FEW, Way.BUTTONS),
    "a few choices, one needed": (spec(Kind.CHOICE, choices=COLORS, required=True), FEW, Way.BUTTONS),
    "a few choices or none": (spec(Kind.CHOICE, choices=COLORS), FEW, Way.MENU),
    "one choice": (spec(Kind.CHOICE, choices=COLORS[:1], default="red"), FEW, Way.MENU),
    "25 choices": (spec(Kind.CHOICE, choices=SCHEDULERS[:25], default="s1"), FEW, Way.MENU),
    "31 choices": (spec(Kind.CHOICE, choices=SCHEDULERS, default="s1"), FEW, Way.LINE),
    "a few models": (spec(Kind.MODEL, models=LORA), FEW, Way.MENU),
    "40 models": (spec(Kind.MODEL, models=LORA), MANY, Way.LINE),
    "no model": (spec(Kind.MODEL, models=LORA), [], Way.LINE),
    "models that nobody tells": (spec(Kind.MODEL, models=LORA), None, Way.LINE),
    "40 models, of which some are left": (spec(Kind.MODEL, models=LORA, choices=(("k3", "x"),)), MANY, Way.MENU),
    "a style preset": (spec(Kind.STYLE_PRESET, models=PRESET), FEW, Way.MENU),
    "models with weights": (spec(Kind.LORAS, models=LORA, max_items=9), FEW, Way.PARAGRAPH),
    "a picture": (spec(Kind.IMAGE), FEW, Way.FILES),
    "videos": (spec(Kind.VIDEOS, max_items=5), FEW, Way.FILES),
    "a colour": (spec(Kind.COLOR), FEW, Way.LINE),
    "a box": (spec(Kind.BOX), FEW, Way.LINE),
}


@pytest.mark.parametrize(("one", "models", "wanted"), WAYS.values(), ids=WAYS.keys())
def test_each_kind_is_asked_in_the_way_that_suits_it(
    one: InputSpec, models: list[ModelRecord] | None, wanted: Way
) -> None:
    assert way(sheet(one, models=models), one) is wanted


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(("one", "models", "wanted"), WAYS.values(), ids=WAYS.keys())
def test_discord_takes_every_field(one: InputSpec, models: list[ModelRecord] | None, wanted: Way, long: bool) -> None:
    if long:
        choices = (
            tuple((f"{value}{'y' * 120}", "") for value, _ in one.choices) if one.kind is Kind.CHOICE else one.choices
        )
        one = replace(one, name="n" * 32, description="so " * 90, required=not one.required, choices=choices)
    given = {one.name: "z" * 5000} if long else {}
    form = sheet(one, given=given, models=models)
    problems = Problems()
    Checker(problems, set()).modal(modal(form, 0, Voice()).to_dict(), ())
    problems.refuse()
    Checker(problems, set()).message(form_view(form, Voice()).to_components(), (), v2=False)
    problems.refuse()
    assert len(form_embed(form, Voice())) < 6000


HINTS: dict[str, tuple[InputSpec, str | None]] = {
    "bounds first": (
        spec(Kind.INTEGER, minimum=1, maximum=50, default=20, description="More take longer"),
        "Whole number from 1 to 50. More take longer",
    ),
    "a seed": (spec(Kind.INTEGER, is_seed=True, default=3), "Whole number, random if left empty."),
    "nothing to say": (spec(Kind.STRING), None),
    "the author's words": (spec(Kind.STRING, description="What to paint"), "What to paint"),
    "only the name again": (spec(Kind.STRING, "big_words", description="Big words"), None),
    "what there is": (spec(Kind.CHOICE, choices=SCHEDULERS), "One of s0, s1, s2, s3, s4, s5 and 25 more."),
    "a list": (spec(Kind.INTEGERS, max_items=9), "Whole numbers, like 1, 2, 3."),
    "several files": (spec(Kind.IMAGES, max_items=5), "Up to 5."),
    "no model": (spec(Kind.MODEL, models=ModelFilter(types=("vae",))), "None that fits is installed."),
}


@pytest.mark.parametrize(("one", "words"), HINTS.values(), ids=HINTS.keys())
def test_what_stands_beside_a_field(one: InputSpec, words: str | None) -> None:
    assert field(sheet(one), one, Voice()).description == words


def test_a_field_that_is_needed_says_so_itself() -> None:
    needed = spec(Kind.IMAGE, required=True)
    upload = field(sheet(needed), needed, Voice()).component
    assert isinstance(upload, discord.ui.FileUpload)
    assert (upload.required, upload.min_values, upload.max_values) == (True, 1, 1)
    upload = field(sheet(needed, files=(Attachment("x", "a.png", "u", 1),)), needed, Voice()).component
    assert isinstance(upload, discord.ui.FileUpload)
    assert (upload.required, upload.min_values) == (False, 0)


HELD: dict[str, tuple[InputSpec, dict[str, Any], str]] = {
    "nothing": (spec(Kind.STRING), {}, ""),
    "the default": (spec(Kind.NUMBER, default=0.5), {}, "0.5"),
    "what was typed, though wrong": (spec(Kind.NUMBER, default=0.5), {"x": "0,7"}, "0,7"),
    "a seed is drawn anew": (spec(Kind.INTEGER, default=3, is_seed=True), {}, ""),
    "a seed that was typed": (spec(Kind.INTEGER, default=3, is_seed=True), {"x": "4"}, "4"),
    "what no field can show": (spec(Kind.STRING, default="z" * 4001), {}, ""),
    "yes": (spec(Kind.BOOLEAN, default=True), {}, "yes"),
    "neither yes nor no": (spec(Kind.BOOLEAN), {}, "none"),
    "neither, and needed": (spec(Kind.BOOLEAN, required=True), {}, ""),
    "a choice": (spec(Kind.CHOICE, choices=COLORS, default="red"), {"x": "blue"}, "blue"),
    "a choice by number": (
        spec(Kind.CHOICE, choices=(("2", "Two"), ("4", "Four")), default=4, whole_choices=True),
        {},
        "4",
    ),
    "a model of another server": (
        spec(
            Kind.MODEL, models=LORA, default={"key": "?", "hash": "k2", "name": "Old", "base": "sd-1", "type": "lora"}
        ),
        {},
        "k2",
    ),
    "a model by name": (spec(Kind.MODEL, models=LORA), {"x": "noir"}, "k1"),
    "a model that went": (spec(Kind.MODEL, models=LORA), {"x": "Gone"}, ""),
    "a style preset": (spec(Kind.STYLE_PRESET, models=PRESET, default={"style_preset_id": "p1"}), {}, "p1"),
    "a style preset of before a restart": (
        spec(Kind.STYLE_PRESET, models=PRESET, default={"style_preset_id": "old", "name": "Sketchy"}),
        {},
        "p1",
    ),
}


@pytest.mark.parametrize(("one", "given", "wanted"), HELD.values(), ids=HELD.keys())
def test_what_a_field_shows_at_first_says_nothing_new(one: InputSpec, given: dict[str, Any], wanted: str) -> None:
    form = sheet(one, given=given)
    assert held(form, one) == wanted
    assert sent(form, x=wanted) == form


# What comes back


ANSWERS: dict[str, tuple[InputSpec, dict[str, Any], str, dict[str, Any]]] = {
    "typed": (spec(Kind.INTEGER, default=3), {}, "4", {"x": "4"}),
    "wrong, and kept": (spec(Kind.INTEGER, default=3, maximum=9), {}, "99", {"x": "99"}),
    "emptied": (spec(Kind.INTEGER, default=3), {"x": "4"}, " ", {}),
    "blanks around a text": (spec(Kind.STRING), {}, " a ", {"x": " a "}),
    "a default, where one must be given": (spec(Kind.INTEGER, default=3, required=True), {}, "3", {"x": "3"}),
    "no": (spec(Kind.BOOLEAN, default=True), {}, "no", {"x": "no"}),
    "left as it is": (spec(Kind.BOOLEAN), {"x": "no"}, "none", {}),
    "a choice": (spec(Kind.CHOICE, choices=COLORS, default="red"), {}, "blue", {"x": "blue"}),
    "a model, by its name": (spec(Kind.MODEL, models=LORA), {}, "k2", {"x": "Pastel"}),
    "a style preset": (spec(Kind.STYLE_PRESET, models=PRESET), {}, "p1", {"x": "Sketchy"}),
}


@pytest.mark.parametrize(("one", "before", "answer", "after"), ANSWERS.values(), ids=ANSWERS.keys())
def test_what_comes_back_is_kept(one: InputSpec, before: dict[str, Any], answer: str, after: dict[str, Any]) -> None:
    assert sent(sheet(one, given=before), x=answer).form.given == after


def test_models_of_one_name_are_told_apart() -> None:
    one = spec(Kind.MODEL, models=LORA)
    twins = [record("k1", "Noir"), record("k2", "noir", base="sdxl")]
    form = sheet(one, models=twins)
    assert form.offers(one) == [("k1", "Noir (sd-1)"), ("k2", "noir (sdxl)")]
    assert sent(form, x="k2").form.given == {"x": "k2"}


def test_a_choice_too_long_for_a_menu_comes_back_whole() -> None:
    one = spec(Kind.CHOICE, choices=(("", "Nothing"), ("a" * 101, "A"), ("a" * 102, "B")), required=True)
    form = sheet(one)
    options = field(form, one, Voice()).component.options  # type: ignore[attr-defined]
    assert len({option.value for option in options}) == 3
    assert sent(form, x=options[2].value).form.given == {"x": "a" * 102}


def test_files_go_to_the_names_of_a_collection() -> None:
    photos, mask = spec(Kind.IMAGES, "photo", max_items=3), spec(Kind.IMAGE, "mask")
    form = sheet(photos, mask)
    picture = File("a.png", "https://cdn.example/a", 10, "image/png")
    form = sent(form, photo=[picture, picture], mask=[picture])
    assert [file.name for file in form.form.attachments] == ["photo", "photo_2", "mask"]
    assert set(form.raw) == {"photo", "photo_2", "mask"}
    again, refused = filled(form, {"photo": [replace(picture, filename="b.png")], "mask": []}, 1000)
    assert [(file.name, file.filename) for file in again.form.attachments] == [("mask", "a.png"), ("photo", "b.png")]
    assert not refused
    same, refused = filled(again, {"photo": [replace(picture, size=2**20)], "mask": []}, 1000)
    assert same == again
    assert [error.name for error in refused] == ["photo"]


def test_what_a_changed_workflow_sends_back_is_left_alone() -> None:
    form = sheet(spec(Kind.STRING), spec(Kind.IMAGE, "photo"))
    assert sent(form, gone="a", photo="text", x=[]) == form


# What is wrong


@pytest.mark.parametrize(
    ("one", "given", "models", "problem"),
    [
        (spec(Kind.INTEGER, minimum=1, maximum=50), "99", FEW, "must be from 1 to 50, not 99."),
        (
            spec(Kind.CHOICE, choices=(*SCHEDULERS, ("euler", "euler"), ("euler_a", "euler_a"))),
            "eular",
            FEW,
            "has no “eular”. Did you mean euler or euler_a?",
        ),
        (
            spec(Kind.MODEL, models=LORA),
            "nothing alike",
            MANY,
            "has no “nothing alike”. There are: Style 0, Style 1, Style 10, Style 11, Style 12, Style 13 and 34 more.",
        ),
        (spec(Kind.MODEL, models=LORA), "Gone", FEW, "that choice is not there any more. Please pick again."),
        (spec(Kind.MODEL, models=LORA), "Gone", None, None),
        (spec(Kind.MODEL, models=LORA), "Style 7", MANY, None),
        (
            spec(Kind.LORAS, models=LORA, max_items=9),
            "Nor:0.5",
            FEW,
            "“Nor:0.5” is no installed model that fits here. Give names, like first name:0.75, second name:0.5. "
            "There are: Noir, Pastel.",
        ),
        (spec(Kind.LORAS, models=LORA, max_items=9), "noir:0.5", FEW, None),
    ],
)
def test_what_is_wrong_names_what_is_near(
    one: InputSpec, given: str, models: list[ModelRecord] | None, problem: str | None
) -> None:
    form = sheet(one, given={"x": given}, models=models)
    assert form.problem(one) == problem
    assert form.is_ready == (problem is None)
    assert form.fitting().form.given == ({} if problem else {"x": given})


def test_what_is_near() -> None:
    labels = ["Watercolour", "Charcoal", "euler_a", "Euler"]
    assert near("EULER", labels) == ["euler_a", "Euler"]
    assert near("watercolor", labels) == ["Watercolour"]
    assert near("", labels) == []
    assert [either(labels[:count]) for count in range(4)] == [
        "",
        "Watercolour",
        "Watercolour or Charcoal",
        "Watercolour, Charcoal or euler_a",
    ]


GERMAN = {
    "bounds": (
        spec(Kind.INTEGER, minimum=1, maximum=50, multiple_of=8, is_seed=True),
        "Ganze Zahl von 1 bis 50, ein Vielfaches von 8, wird ausgewürfelt, wenn leer.",
    ),
    "one bound": (spec(Kind.NUMBER, above=0.5), "Zahl, mehr als 0.5."),
    "choices": (spec(Kind.CHOICE, choices=SCHEDULERS), "Eins von s0, s1, s2, s3, s4, s5 und 25 weitere."),
    "files": (spec(Kind.IMAGES, max_items=5), "Bis zu 5."),
    "models": (spec(Kind.MODEL, models=ModelFilter(types=("vae",))), "Es ist nichts Passendes installiert."),
}


@pytest.mark.parametrize(("one", "words"), GERMAN.values(), ids=GERMAN.keys())
def test_fields_are_told_in_the_members_language(one: InputSpec, words: str) -> None:
    assert field(sheet(one), one, Voice("de")).description == words


def test_every_kind_that_is_typed_has_its_words() -> None:
    for kind in Kind:
        one = spec(kind, choices=COLORS if kind is Kind.CHOICE else (), models=LORA, max_items=3)
        if one.is_asked:
            told = [field(sheet(one, models=None), one, Voice(language)).description or "" for language in LANGUAGES]
            assert not [words for words in told if "form-" in words]


def test_what_can_be_picked_is_told_in_the_members_language() -> None:
    one = spec(Kind.BOOLEAN)
    options = field(sheet(one), one, Voice("de")).component.options  # type: ignore[attr-defined]
    assert [option.label for option in options] == ["Ja", "Nein", "Lassen, wie es ist"]
    form = sheet(spec(Kind.MODEL, models=LORA), given={"x": "style"}, models=MANY)
    (problem,) = form.problems
    assert Voice("de").tell(problem.problem) == "hat kein „style“. Meinst du Style 0, Style 1 oder Style 10?"


def test_workflows_are_found_by_every_word() -> None:
    names = [
        Named("album", "A fog of pictures"),
        Named("big-fog", "More"),
        Named("fog", "Fog"),
        Named("off", "", False),
    ]
    assert [named.slug for named in matching(names, "fog")] == ["fog", "big-fog", "album"]
    assert [named.slug for named in matching(names, "")] == ["album", "big-fog", "fog"]
    assert [named.slug for named in matching(names, "/Fog pictures")] == ["album"]
    assert matching(names, "off") == []


# Values of an input that was of another kind

HELD_BY_KIND: dict[Kind, Any] = {
    Kind.INTEGER: 3,
    Kind.NUMBER: 0.5,
    Kind.BOOLEAN: True,
    Kind.STRING: "a {red, green} fox",
    Kind.CHOICE: "red",
    Kind.MODEL: "Noir",
    Kind.COLOR: {"r": 1, "g": 2, "b": 3, "a": 255},
    Kind.IMAGE: None,
    Kind.INTEGERS: [1, 2],
    Kind.STRINGS: ["a", "b"],
    Kind.BOX: {"x_min": 0, "y_min": 0, "x_max": 8, "y_max": 8},
    Kind.LORAS: [{"lora": {"key": "k1", "name": "Noir"}, "weight": 0.5}],
    Kind.STYLE_PRESET: {"style_preset_id": "p1"},
}


@pytest.mark.parametrize("kind", HELD_BY_KIND)
def test_an_edited_job_may_hold_what_its_input_does_not_take_any_more(kind: Kind) -> None:
    one = spec(kind, choices=COLORS if kind is Kind.CHOICE else (), models=LORA, max_items=3, maximum=2)
    for value in HELD_BY_KIND.values():
        form = sheet(one, given=as_typed([one], {"x": value, "gone": 1}))
        assert form_embed(form, Voice("de")).description
        problems = Problems()
        Checker(problems, set()).modal(modal(form, 0, Voice("de")).to_dict(), ())
        problems.refuse()
        Checker(problems, set()).message(form_view(form, Voice()).to_components(), (), v2=False)
        problems.refuse()
