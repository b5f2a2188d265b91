"""The form of an input, for every field that any node has: it fits Discord, and sent in as it is it changes nothing."""

from typing import Any

import pytest

from bot.drafts import Draft
from bot.playground.discord.errors import Problems
from bot.playground.discord.validate_components import Checker
from bot.playground.invokeai.models import installed
from bot.playground.invokeai.schema import openapi
from cogs._panel_forms import Ask, edited_input, input_asks, input_form
from cogs._panel_state import Look
from workflows import document
from workflows.check import check
from workflows.models import ModelRecord
from workflows.schema import Schemas

SCHEMAS = Schemas.from_openapi(openapi())
MODELS = [ModelRecord.model_validate(record) for record in installed()]


def everything(node_type: str) -> tuple[Draft, Look]:
    """A draft that exposes every field of a node."""
    fields = SCHEMAS.nodes[node_type].fields
    inputs = {name: {"name": name, "label": "", "description": ""} for name in fields}
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


@pytest.mark.parametrize(
    ("given", "meant"), [("3", 3), ("3,5", 3.5), (" -1 ", -1)], ids=["whole", "with a comma", "with spaces"]
)
def test_a_bound_is_read_kindly(given: str, meant: float) -> None:
    draft, seen = everything("float")
    spec = draft.inputs[0]
    edited = edited_input(draft, spec, seen, {"name": spec.name, "minimum": given})
    assert edited.edits.of(spec.place).minimum == meant


def test_a_space_at_the_end_of_a_prompt_stays() -> None:
    draft, seen = everything("string")
    spec = draft.inputs[0]
    edited = edited_input(draft, spec, seen, {"name": spec.name, "default": "a painting of a "})
    assert edited.edits.of(spec.place).default == "a painting of a "
