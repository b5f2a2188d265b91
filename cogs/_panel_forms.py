"""The panel's two forms: what an admin says of one input, and the name and description of the command.

They hold no state: what is sent in is known by the form's id, so that a form that was open over a restart still works.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import discord

from bot.drafts import Draft
from bot.options import MAX_MENU, shorten, show
from cogs._panel_state import Look, home, key, looking, sight
from workflows import match
from workflows._json import mapping
from workflows.edits import Edits, InputEdit
from workflows.errors import UserError
from workflows.naming import slug
from workflows.spec import NAME_LENGTH, NUMERIC
from workflows.values import InputSpec, Kind, parse
from workflows.words import EXAMPLES

#: What Discord's text fields and menus hold.
_TEXT, _DESCRIPTION = 4000, 100
_YES_NO = (("yes", "yes"), ("no", "no"))


@dataclass(frozen=True)
class Ask:
    """One field of a form. With `options`, one of them is chosen, or with `many`, those that stay."""

    name: str
    label: str
    hint: str = ""
    held: str | tuple[str, ...] = ""
    most: int = _DESCRIPTION
    long: bool = False
    options: tuple[tuple[str, str], ...] = ()
    many: bool = False

    def component(self, typed: Any) -> discord.ui.Label[Any]:
        held = self.held if typed is None else typed
        return discord.ui.Label(text=self.label, description=self.hint or None, component=self._item(held))

    def _item(self, held: Any) -> discord.ui.Item[Any]:
        if not self.options:
            style = discord.TextStyle.paragraph if self.long else discord.TextStyle.short
            text = str(held)[: self.most]
            return discord.ui.TextInput(
                custom_id=self.name, style=style, default=text or None, required=False, max_length=self.most
            )
        # What was typed last is as the form was sent: a list, also where one alone is chosen.
        picked = {held} if isinstance(held, str) else set(cast("Sequence[str]", held))
        options = [
            discord.SelectOption(label=shorten(label, 100) or value, value=value, default=value in picked)
            for value, label in self.options
        ]
        most = len(options) if self.many else 1
        return discord.ui.Select(custom_id=self.name, options=options, min_values=0, max_values=most, required=False)

    def answer(self, values: Mapping[str, Any]) -> str | tuple[str, ...]:
        """Return what was given, as `held` has it."""
        given = values.get(self.name)
        if self.many:
            return tuple(value for value, _ in self.options if value in (given or ()))
        if self.options:
            return str(given[0]) if given else ""
        return str(given or "")

    def is_unchanged(self, given: str | tuple[str, ...]) -> bool:
        """Tell whether an answer is what was shown: a client may trim a text, and has line breaks of its own."""
        if isinstance(given, str) and isinstance(self.held, str):
            return given.strip().splitlines() == self.held.strip().splitlines()
        return given == self.held


def modal(title: str, custom_id: str, asks: Sequence[Ask], typed: Mapping[str, Any]) -> discord.ui.Modal:
    built = discord.ui.Modal(title=shorten(title, 45), custom_id=custom_id)
    for ask in asks:
        built.add_item(ask.component(typed.get(ask.name)))
    # The answer comes by its id; the library need not remember a form that may never be sent.
    built.stop()
    return built


def values_in(interaction: discord.Interaction[Any]) -> dict[str, Any]:
    """Return what a form was sent with, by the fields' names: text, or a list of what was chosen."""
    held = cast("dict[str, Any]", interaction.data or {})
    fields = [part["component"] for part in held.get("components", ()) if "component" in part]
    return {field["custom_id"]: field.get("value", field.get("values")) for field in fields}


# One input


def input_asks(spec: InputSpec, edits: Edits, seen: Look) -> list[Ask]:
    """Return what is asked about an input: at most five fields, as its kind has them."""
    edit = edits.of(spec.place)
    name, words = edit.name or spec.name, shorten(edit.description or spec.description, _DESCRIPTION)
    whole = seen.plain(spec.place, edits) or spec
    asks = [
        Ask("name", "Name", "How the option is called; empty: as the workflow has it", name, NAME_LENGTH),
        Ask("description", "Description", "What members read beside it; empty: as the workflow has it", words),
    ]
    if spec.is_asked or spec.hidden:
        asks += _default_ask(spec, seen)
    if spec.kind in NUMERIC:
        asks += [
            Ask("minimum", "Lowest", "The lowest value that is taken", _number(spec.minimum), 30),
            Ask("maximum", "Highest", "The highest value that is taken", _number(spec.maximum), 30),
        ]
    return asks + list(_choices_ask(whole, edit, seen))


def _default_ask(spec: InputSpec, seen: Look) -> Iterator[Ask]:
    if spec.is_file:
        return
    label = "Value for everyone" if spec.hidden else "If left empty"
    hint, held = "The value that counts; empty: as the workflow has it", ""
    if spec.default is not None:
        held = show(spec, spec.default)
    if len(held) > _TEXT:
        # It could not be shown whole, so a form would cut it.
        return
    options = _default_options(spec, seen, held)
    if options is not None:
        wanted = (mapping(spec.default).get("key"), held)
        value = next((value for word in wanted for value, label in options if word in (value, label)), "")
        yield Ask("default", label, hint, value, options=options)
        return
    example = f", like {EXAMPLES[spec.kind]}" if spec.kind in EXAMPLES else ""
    long = spec.textarea or spec.kind in {Kind.STRING, Kind.STRINGS, Kind.LORAS}
    yield Ask("default", label, shorten(hint + example, _DESCRIPTION), held, min(_TEXT, spec.max_length), long)


def _default_options(spec: InputSpec, seen: Look, held: str) -> tuple[tuple[str, str], ...] | None:
    if spec.kind is Kind.BOOLEAN:
        return _YES_NO
    if spec.kind is Kind.CHOICE:
        options = spec.choices
    elif spec.kind in {Kind.MODEL, Kind.STYLE_PRESET}:
        options = _installed(spec, seen)
    else:
        return None
    return options if _fit_a_menu(options) else None


def _installed(spec: InputSpec, seen: Look) -> tuple[tuple[str, str], ...]:
    return tuple((model.key, model.name) for model in match.fitting(spec.models, seen.models))


def _fit_a_menu(options: Sequence[tuple[str, str]]) -> bool:
    return 0 < len(options) <= MAX_MENU and all(0 < len(value) <= 100 for value, _ in options)


def all_choices(spec: InputSpec, seen: Look) -> tuple[tuple[str, str], ...]:
    """Return all that an input could offer, whatever an admin left of it."""
    if spec.kind in {Kind.MODEL, Kind.LORAS, Kind.STYLE_PRESET}:
        return _installed(spec, seen)
    return spec.choices if spec.kind is Kind.CHOICE else ()


def _choices_ask(whole: InputSpec, edit: InputEdit, seen: Look) -> Iterator[Ask]:
    options = all_choices(whole, seen)
    if not options:
        return
    left = tuple(value for value, _ in options if edit.choices is None or value in edit.choices)
    if _fit_a_menu(options):
        yield Ask("choices", "Choices", "Those that members may choose", left, options=options, many=True)
        return
    labels = dict(options)
    held = "" if edit.choices is None else "\n".join(labels[value] for value in left)
    hint = "Those that members may choose, one in each line; empty: all of them"
    yield Ask("choices", "Choices", hint, held, _TEXT, long=True)


def input_form(draft: Draft, spec: InputSpec, seen: Look) -> discord.ui.Modal:
    """Build the form of one input, with what was typed last where that was not taken."""
    now = sight(draft)
    typed = now.typed if now.typed_for == key(*spec.place) else {}
    asks = input_asks(spec, draft.edits, seen)
    return modal(f"Edit {spec.name}", f"familiar:panel:input:{draft.id}:{key(*spec.place)}", asks, typed)


def edited_input(draft: Draft, spec: InputSpec, seen: Look, values: Mapping[str, Any]) -> Draft:
    """Return the draft with what a form says of an input. Raises UserError; what is unchanged stays unsaid."""
    changes: dict[str, Any] = {}
    # Bounds and default may change together, so the default is measured by what the field itself takes.
    whole = seen.plain(spec.place, draft.edits) or spec
    for ask in input_asks(spec, draft.edits, seen):
        given = ask.answer(values)
        if not ask.is_unchanged(given):
            changes[ask.name] = _meant(replace(whole, name=spec.name), seen, ask, given)
    if name := changes.get("name"):
        changes["name"] = _free_name(draft, spec, name)
    edits = draft.edits.change(spec.place, **changes) if changes else draft.edits
    return home(draft.evolve(edits=edits), chosen=key(*spec.place), typed={}, typed_for="", page=sight(draft).page)


def _free_name(draft: Draft, spec: InputSpec, wanted: str) -> str:
    """Return a name as an option may have it. Raises UserError where it is another input's, or nothing is left."""
    name = slug(wanted)
    if not name:
        raise UserError(f"**Name** needs letters or digits; “{shorten(wanted, 40)}” has none.")
    if any(name in other.names for other in draft.inputs if other.place != spec.place):
        raise UserError(f"Another input is called `{name}` already.")
    return name


def _meant(spec: InputSpec, seen: Look, ask: Ask, given: str | tuple[str, ...]) -> Any:
    """Return a change as the edits hold it; None takes it back."""
    if ask.name == "choices":
        return _meant_choices(spec, seen, ask, given)
    text = str(given).strip()
    if not text:
        return None
    if ask.name in {"minimum", "maximum"}:
        return _meant_number(ask, text)
    # A space at the end of a prompt may be meant.
    return parse(spec, given, seen.models) if ask.name == "default" else text


def _meant_number(ask: Ask, given: str) -> float:
    try:
        number = float(given.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"**{ask.label}** takes a number, not “{shorten(given, 40)}”.")
    return int(number) if number == int(number) else number


def _meant_choices(spec: InputSpec, seen: Look, ask: Ask, given: str | tuple[str, ...]) -> tuple[str, ...] | None:
    options = ask.options or all_choices(spec, seen)
    wanted = [line.strip() for line in given.splitlines() if line.strip()] if isinstance(given, str) else list(given)
    kept: list[str] = []
    for word in wanted:
        value = next((v for v, label in options if word.casefold() in (v.casefold(), label.casefold())), None)
        if value is None:
            raise UserError(f"**Choices** has no “{shorten(word, 60)}” to offer.")
        kept.append(value)
    return tuple(kept) if kept and len(kept) < len(options) else None


def _number(bound: float | None) -> str:
    return "" if bound is None else f"{bound:.15g}"


def kept_as_typed(draft: Draft, form: str, values: Mapping[str, Any]) -> Draft:
    """Return the draft with what was typed into a form that was not taken."""
    return looking(draft, typed=dict(values), typed_for=form)


# The command


def command_form(draft: Draft) -> discord.ui.Modal:
    """Build the form for the command's name and description."""
    now = sight(draft)
    typed = now.typed if now.typed_for == "command" else {}
    return modal("Name and description", f"familiar:panel:command:{draft.id}:0", command_asks(draft), typed)


def command_asks(draft: Draft) -> list[Ask]:
    return [
        Ask("slug", "Name", "Lower case, no spaces", draft.slug, NAME_LENGTH),
        Ask("description", "Description", "What members read beside it", draft.description),
    ]
