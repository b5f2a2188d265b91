"""The form of an input, for every field that any node has: it fits Discord, and sent in as it is it changes nothing."""

from typing import Any

import pytest

from bot.drafts import Draft
from bot.playground.discord.errors import Problems
from bot.playground.discord.validate_components import Checker
from bot.playground.invokeai.models import installed
from bot.playground.invokeai.schema import openapi
from cogs._panel_forms import Ask, edited_input, input_asks, input_form, kept_as_typed
from cogs._panel_state import Look, key
from workflows import document
from workflows.check import check
from workflows.models import ModelRecord
from workflows.schema import Schemas

SCHEMAS = Schemas.from_openapi(openapi())
MODELS = [ModelRecord.model_validate(record) for record in installed()]


def everything(node_type: str, **values: Any) -> tuple[Draft, Look]:
    """A draft that exposes every field of a node."""
    fields = SCHEMAS.nodes[node_type].fields
    inputs = {name: {"name": name, "label": "", "description": ""} for name in fields}
    for name, value in values.items():
        inputs[name]["value"] = value
    data = {"id": "n", "type": node_type, "version": SCHEMAS.nodes[node_type].version, "inputs": inputs}
    raw = {
        "name": "Everything",
        "meta": {"version": "3.0.0"},
        "nodes": [{"id": "n", "type": "invocation", "data": data}],
        "edges": [],
        "exposedFields": [{"nodeId": "n", "fieldName": name} for name in fields],
    }
    report = check(document.from_json(raw), SCHEMAS, MODELS)
    draft = Draft("d", 1, 2, "everything", "Everything", "All of it.", b"", report.inputs)
    return draft, Look(report.document, SCHEMAS, MODELS, report)


def as_sent(ask: Ask) -> Any:
    """What a client sends for a field that nobody touched."""
    if ask.many:
        return list(ask.held)
    return [ask.held] if ask.options and ask.held else [] if ask.options else ask.held


async def test_every_fields_form_fits_and_changes_nothing_by_itself() -> None:
    seen_kinds = set()
    for node_type in SCHEMAS.nodes:
        draft, seen = everything(node_type)
        for spec in draft.inputs:
            if not spec.is_asked:
                continue
            problems = Problems()
            Checker(problems, set()).modal(input_form(draft, spec, seen).to_dict(), ())
            assert not problems, (node_type, spec.name)
            sent = {ask.name: as_sent(ask) for ask in input_asks(spec, draft.edits, seen)}
            assert edited_input(draft, spec, seen, sent).edits == draft.edits, (node_type, spec.name)
            seen_kinds.add(spec.kind)
    assert len(seen_kinds) >= 10


def test_a_form_that_was_not_taken_shows_again_what_was_sent() -> None:
    for node_type in SCHEMAS.nodes:
        draft, seen = everything(node_type)
        for spec in draft.inputs:
            if spec.is_asked:
                sent = {ask.name: as_sent(ask) for ask in input_asks(spec, draft.edits, seen)} | {"name": "taken"}
                again = input_form(kept_as_typed(draft, key(*spec.place), sent), spec, seen)
                first = input_form(draft, spec, seen)
                shown, before = ([part["component"] for part in m.to_dict()["components"]] for m in (again, first))
                assert shown[0]["value"] == "taken"
                assert shown[1:] == before[1:], (node_type, spec.name)


@pytest.mark.parametrize(
    ("given", "meant"), [("3", 3), ("3,5", 3.5), (" -1 ", -1)], ids=["whole", "with a comma", "with spaces"]
)
def test_a_bound_is_read_kindly(given: str, meant: float) -> None:
    draft, seen = everything("float")
    spec = draft.inputs[0]
    edited = edited_input(draft, spec, seen, {"name": spec.name, "minimum": given})
    assert edited.edits.of(spec.place).minimum == meant


@pytest.mark.parametrize("sent", [" a\r\nb ", "a\nb", " a\nb "], ids=["as it is", "trimmed", "other line breaks"])
def test_what_a_client_does_to_a_text_by_itself_is_no_change(sent: str) -> None:
    draft, seen = everything("string", value=" a\r\nb ")
    spec = draft.inputs[0]
    assert spec.default == " a\r\nb "
    assert edited_input(draft, spec, seen, {"name": spec.name, "default": sent}).edits == draft.edits


def test_a_space_at_the_end_of_a_prompt_stays() -> None:
    draft, seen = everything("string")
    spec = draft.inputs[0]
    edited = edited_input(draft, spec, seen, {"name": spec.name, "default": "a painting of a "})
    assert edited.edits.of(spec.place).default == "a painting of a "
