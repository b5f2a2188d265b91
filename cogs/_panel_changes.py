"""What the panel's buttons do to a draft. Pure: a draft and how it looks give the next draft, or a UserError."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.drafts import Draft
from cogs._panel_state import Act, Look, Step, chosen, home, sight
from workflows.edits import Edits, InputEdit, Place
from workflows.errors import UserError
from workflows.values import InputSpec


def _hide(draft: Draft, seen: Look) -> Draft:
    spec = chosen(draft)
    if spec.is_file and spec.required:
        raise UserError(f"`{spec.name}` is a file, which only members can give, so it cannot be hidden.")
    return _changed(draft, spec.place, hidden=None if spec.hidden else True)


def _require(draft: Draft, seen: Look) -> Draft:
    spec = chosen(draft)
    return _changed(draft, spec.place, required=not spec.required)


def _changed(draft: Draft, place: Place, **changes: Any) -> Draft:
    return draft.evolve(edits=draft.edits.change(place, **changes))


def neighbour(draft: Draft, spec: InputSpec, offset: int) -> InputSpec | None:
    """Return the input that one changes places with: required ones come first in a command, whatever their order."""
    peers = [other for other in draft.inputs if other.is_asked and other.required == spec.required]
    if spec not in peers or not 0 <= (place := peers.index(spec) + offset) < len(peers):
        return None
    return peers[place]


def _move(offset: int) -> Act:
    def act(draft: Draft, seen: Look) -> Draft:
        spec = chosen(draft)
        other = neighbour(draft, spec, offset)
        if other is None:
            return draft
        swapped = {spec.place: other.place, other.place: spec.place}
        order = tuple(swapped.get(one.place, one.place) for one in draft.inputs)
        return draft.evolve(edits=replace(draft.edits, order=order))

    return act


def _go(step: Step) -> Act:
    def act(draft: Draft, seen: Look) -> Draft:
        return home(draft, step=step)

    return act


def _needs(draft: Draft, seen: Look) -> Draft:
    """Ask for every value that InvokeAI demands and nobody gives."""
    edits = draft.edits
    for place in seen.report.needs:
        edits = edits.expose(place)
    return home(draft.evolve(edits=edits))


def _as_command(has_command: bool) -> Act:
    def act(draft: Draft, seen: Look) -> Draft:
        return home(draft.evolve(has_command=has_command))

    return act


def _forget(draft: Draft, seen: Look) -> Draft:
    """Take back the changes to the input that is looked at; what only an admin asks for is asked for no more."""
    place = chosen(draft).place
    edits = draft.edits
    kept = replace(
        edits,
        inputs=tuple(edit for edit in edits.inputs if edit.place != place),
        exposed=tuple(other for other in edits.exposed if other != place),
    )
    return home(draft.evolve(edits=kept), chosen="" if place in edits.exposed else sight(draft).chosen)


def _reset(draft: Draft, seen: Look) -> Draft:
    return home(draft.evolve(edits=Edits()), chosen="", typed={}, typed_for="")


def _back(draft: Draft, seen: Look) -> Draft:
    return home(draft, step=Step.NODE) if sight(draft).step is Step.FIELD else home(draft)


#: By the name in the button's id, or the value of the menu's entry.
ACTS: Mapping[str, Act] = {
    "hide": _hide,
    "require": _require,
    "up": _move(-1),
    "down": _move(1),
    "back": _back,
    "expose": _go(Step.NODE),
    "outputs": _go(Step.OUTPUTS),
    "missing": _go(Step.MISSING),
    "needs": _needs,
    "again": _go(Step.INPUTS),
    "form": _as_command(False),
    "command": _as_command(True),
    "forget": _forget,
    "reset": _reset,
}


def replaced_model(draft: Draft, place: Place, identifier: Mapping[str, str]) -> Draft:
    """Let everybody have another model in place of one that is not installed."""
    edits = draft.edits.expose(place).change(place, hidden=True, default=dict(identifier))
    return home(draft.evolve(edits=edits))


def is_changed(draft: Draft, spec: InputSpec) -> bool:
    return spec.place in draft.edits.exposed or draft.edits.of(spec.place) != InputEdit(*spec.place)
