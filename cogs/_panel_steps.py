"""The panel's menus: what each offers, and what choosing of it does to a draft. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.drafts import Draft
from bot.options import MAX_MENU, describe, shorten
from cogs._panel_changes import ACTS, is_changed, replaced_model
from cogs._panel_state import Look, Step, by_key, home, key, looking, sight
from workflows.check import MissingModel
from workflows.edits import Edits
from workflows.errors import UserError
from workflows.inputs import Exposable, exposable
from workflows.results import Output, outputs
from workflows.values import InputSpec, Kind
from workflows.words import type_of

_GONE = "That is not there any more. Please choose from the list as it is now."
#: Two of an entry's places are for turning the page.
_WHEN_PAGED = 23
_PAGE = "page:"


@dataclass(frozen=True)
class Entry:
    value: str
    label: str
    description: str = ""
    emoji: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Menu:
    """One menu, whole; `page` cuts what is shown of it."""

    placeholder: str
    entries: tuple[Entry, ...]
    many: bool = False

    def page(self, number: int) -> tuple[Entry, ...]:
        """Return what is shown: all, or a part with entries that lead to the others."""
        if len(self.entries) <= MAX_MENU:
            return self.entries
        last = (len(self.entries) - 1) // _WHEN_PAGED
        number = max(0, min(number, last))
        shown = self.entries[number * _WHEN_PAGED : (number + 1) * _WHEN_PAGED]
        before = (Entry(f"{_PAGE}{number - 1}", "Back", f"page {number} of {last + 1}", "◀️"),) if number else ()
        after = (Entry(f"{_PAGE}{number + 1}", "More", f"page {number + 2} of {last + 1}", "▶️"),)
        return (*before, *shown, *(after if number < last else ()))


def turned(values: Sequence[str]) -> int | None:
    """Return the page that was asked for, if one was."""
    page = next((value for value in values if value.startswith(_PAGE)), None)
    return int(page.removeprefix(_PAGE)) if page else None


def inputs_menu(draft: Draft) -> Menu:
    """Offer every input, also those that are not asked for."""
    now = sight(draft).chosen
    entries = tuple(
        Entry(key(*spec.place), spec.name, describe(spec), _sign(draft, spec), chosen=key(*spec.place) == now)
        for spec in draft.inputs
    )
    return Menu("Choose an input to change", entries)


def _sign(draft: Draft, spec: InputSpec) -> str:
    if spec.hidden:
        return "🔒"
    if not spec.is_asked:
        return "➖"
    return "✏️" if is_changed(draft, spec) else ""


def more_menu(draft: Draft, seen: Look) -> Menu:
    """Offer what concerns the workflow as a whole."""
    return Menu("More …", tuple(_more(draft, seen)))


def _more(draft: Draft, seen: Look) -> Iterator[Entry]:
    if seen.report.needs:
        yield Entry("needs", "Ask for what is missing", "Every value that InvokeAI needs and nobody gives", "❗")
    if seen.report.missing_model_fields:
        yield Entry("missing", "Replace missing models", "Choose among those that are installed here", "❗")
    if not seen.report.can_run:
        yield Entry("again", "Check again", "After you installed what is missing", "🔄")
    yield Entry("expose", "Ask for another field", "Also one that the workflow does not show", "➕")
    if len(makers(seen)) > 1:
        yield Entry("outputs", "Choose what is posted", "Which nodes' images and videos", "🖼️")
    if draft.has_command:
        yield Entry("form", "Only in /run", "No command of its own; everything is asked in a form", "📋")
    else:
        yield Entry("command", "Make it a command", "With a typed option for each input", "⌨️")
    spec = by_key(sight(draft).chosen, draft.inputs)
    if spec and is_changed(draft, spec):
        yield Entry("forget", shorten(f"Undo the changes to {spec.name}", 100), "As the workflow has it", "↩️")
    if draft.edits != Edits():
        yield Entry("reset", "Undo all changes", "Everything as the workflow has it", "🗑️")


def makers(seen: Look) -> list[Output]:
    """Return every node whose images or videos could be posted."""
    return outputs(seen.document, seen.schemas, tuple(seen.document.nodes))


def _open_fields(draft: Draft, seen: Look) -> list[Exposable]:
    """Return the fields that could be asked for and are not yet, those that need a value first."""
    shown = {spec.place for spec in draft.inputs}
    return [one for one in exposable(seen.document, seen.schemas) if one.place not in shown]


def _nodes(draft: Draft, seen: Look) -> Menu:
    by_node: dict[str, list[Exposable]] = {}
    for one in _open_fields(draft, seen):
        by_node.setdefault(one.place[0], []).append(one)
    entries = tuple(
        Entry(
            key(node_id), _label(fields[0].node), shorten(", ".join(one.field for one in fields), 100), _needed(fields)
        )
        for node_id, fields in by_node.items()
    )
    return Menu("Choose a node", entries)


def _fields(draft: Draft, seen: Look) -> Menu:
    about = sight(draft).about
    entries = tuple(
        Entry(key(*one.place), _label(one.field), type_of(one.kind), _needed([one]))
        for one in _open_fields(draft, seen)
        if key(one.place[0]) == about
    )
    return Menu("Choose a field to ask for", entries)


def _needed(fields: Sequence[Exposable]) -> str:
    return "❗" if any(one.needed for one in fields) else ""


def _outputs(draft: Draft, seen: Look) -> Menu:
    posted = {output.node_id for output in seen.report.outputs}
    entries = tuple(
        Entry(key(output.node_id), _label(output.title), output.type, chosen=output.node_id in posted)
        for output in makers(seen)
    )
    return Menu("Choose what is posted", entries, many=True)


def _missing(draft: Draft, seen: Look) -> Menu:
    entries = tuple(
        Entry(key(*found.place), _label(found.name), found.title) for found in seen.report.missing_model_fields
    )
    return Menu("Choose a missing model", entries)


def _models(draft: Draft, seen: Look) -> Menu:
    found = _missing_field(draft, seen)
    entries = tuple(
        Entry(key(model.key), _label(model.name), f"{model.base} {model.type}")
        for model in (found.alternatives if found else ())
    )
    return Menu(shorten(f"In place of {found.name}" if found else "In its place", 150), entries)


def _missing_field(draft: Draft, seen: Look) -> MissingModel | None:
    about = sight(draft).about
    return next((f for f in seen.report.missing_model_fields if key(*f.place) == about), None)


def _label(text: str) -> str:
    return shorten(text, 100) or "without a name"


#: The menu of each step but the first.
MENUS: Mapping[Step, Callable[[Draft, Look], Menu]] = {
    Step.NODE: _nodes,
    Step.FIELD: _fields,
    Step.OUTPUTS: _outputs,
    Step.MISSING: _missing,
    Step.MODEL: _models,
}
#: What is said above a step's menu, which may be empty.
TITLES: Mapping[Step, str] = {
    Step.NODE: "**Ask for another field.** Which node has it?",
    Step.FIELD: "**Ask for another field.** Which one?",
    Step.OUTPUTS: "**What is posted?** Choose none, and the workflow's own marks count.",
    Step.MISSING: "**Models that are not installed here.** Which one do you want to replace?",
    Step.MODEL: "**Which model shall everybody get instead?**",
}


# Choosing


def choose(draft: Draft, seen: Look, menu: str, values: Sequence[str]) -> Draft:
    """Return the draft after a choice in the menu of inputs, of more, or of the present step. Raises UserError."""
    page, step = turned(values), sight(draft).step
    if menu == "pick" and step is Step.OUTPUTS:
        return _posted(draft, seen, values, page)
    if not values:
        raise UserError(_GONE)
    if menu == "more":
        return _acted(draft, seen, values[0])
    if menu == "input" and page is None:
        return looking(draft, chosen=values[0])
    if page is not None:
        return looking(draft, page=page)
    return _PICKS[step](draft, seen, values[0]) if step in _PICKS else draft


def _acted(draft: Draft, seen: Look, name: str) -> Draft:
    if name not in ACTS:
        raise UserError(_GONE)
    return ACTS[name](draft, seen)


def _pick_node(draft: Draft, seen: Look, value: str) -> Draft:
    return looking(draft, step=Step.FIELD, about=value, page=0)


def _pick_field(draft: Draft, seen: Look, value: str) -> Draft:
    found = next((one for one in _open_fields(draft, seen) if key(*one.place) == value), None)
    if found is None:
        raise UserError(_GONE)
    return home(draft.evolve(edits=draft.edits.expose(found.place)), chosen=value)


def _pick_missing(draft: Draft, seen: Look, value: str) -> Draft:
    found = next((f for f in seen.report.missing_model_fields if key(*f.place) == value), None)
    if found is None:
        raise UserError(_GONE)
    edits = draft.edits.expose(found.place)
    spec = seen.plain(found.place, edits)
    if spec and spec.kind is not Kind.MODEL:
        # A list of them is better written anew than guessed.
        return home(draft.evolve(edits=edits), chosen=value)
    return looking(draft, step=Step.MODEL, about=value, page=0)


def _pick_model(draft: Draft, seen: Look, value: str) -> Draft:
    found = _missing_field(draft, seen)
    model = next((model for model in (found.alternatives if found else ()) if key(model.key) == value), None)
    if found is None or model is None:
        raise UserError(_GONE)
    return replaced_model(draft, found.place, model.identifier())


def _posted(draft: Draft, seen: Look, values: Sequence[str], page: int | None) -> Draft:
    """Choose the outputs of the page that is shown; those of other pages stay as they are."""
    on_page = {entry.value for entry in _outputs(draft, seen).page(sight(draft).page)}
    posted = {output.node_id for output in seen.report.outputs}
    wanted = [
        output.node_id
        for output in makers(seen)
        if (k := key(output.node_id)) in values or (k not in on_page and output.node_id in posted)
    ]
    own = [output.node_id for output in outputs(seen.document, seen.schemas)]
    chosen = () if sorted(wanted) == sorted(own) else tuple(wanted)
    changed = draft.evolve(edits=replace(draft.edits, outputs=chosen))
    return home(changed) if page is None else looking(changed, page=page)


_PICKS: Mapping[Step, Callable[[Draft, Look, str], Draft]] = {
    Step.NODE: _pick_node,
    Step.FIELD: _pick_field,
    Step.MISSING: _pick_missing,
    Step.MODEL: _pick_model,
}
