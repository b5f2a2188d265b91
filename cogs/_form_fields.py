"""The fields of a form's modals: which component asks for an input, what it shows at first, and what comes back.

A modal holds no state: what is sent in is known by its id, so that one that was open over a restart still works.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import Any, cast

import discord

from bot.jobs import Attachment
from bot.options import MAX_MENU
from cogs import _form_hints
from cogs._form import PER_MODAL, PICKED, File, Sheet
from cogs._parts import file_attachments
from workflows.compounds import LORA_WEIGHT
from workflows.errors import InputError
from workflows.scalars import offered
from workflows.texts import Voice
from workflows.values import InputSpec, Kind
from workflows.words import EXAMPLES, shorten, show

#: What Discord's modals take.
_TITLE, _LABEL, _DESCRIPTION, _PLACEHOLDER, _TEXT, _FILES = 45, 45, 100, 100, 4000, 10
#: More buttons under each other than this, or longer ones, fill a phone's screen; a menu takes one line.
_FEW, _SHORT = 4, 30
#: A text that is longer is easier to read and to change in several lines.
_ONE_LINE = 80
#: The button for "no value": a group of buttons cannot be emptied again.
_NONE = "none"

MODAL = "familiar:form:fields:"
#: What is sent in by this one is run at once, if it is right.
MODAL_TO_RUN = "familiar:form:torun:"


class Way(Enum):
    """How an input is asked."""

    FILES = auto()
    BUTTONS = auto()
    MENU = auto()
    LINE = auto()
    PARAGRAPH = auto()


def way(sheet: Sheet, spec: InputSpec) -> Way:
    if spec.is_file:
        return Way.FILES
    if spec.kind is Kind.BOOLEAN:
        return Way.BUTTONS
    labels = [label for _, label in sheet.offers(spec)]
    if 0 < len(labels) <= MAX_MENU:
        is_short = 2 <= len(labels) <= _FEW and all(len(label) <= _SHORT for label in labels)
        # What was chosen with a button can be changed, but not taken back.
        return Way.BUTTONS if is_short and (spec.required or spec.default is not None) else Way.MENU
    if spec.textarea or spec.kind in {Kind.STRINGS, Kind.LORAS}:
        return Way.PARAGRAPH
    text = sheet.text(spec)
    is_long = len(text) > _ONE_LINE or "\n" in text
    return Way.PARAGRAPH if spec.kind is Kind.STRING and is_long else Way.LINE


def modal(sheet: Sheet, number: int, voice: Voice, *, to_run: bool = False) -> discord.ui.Modal:
    """Build the modal of one group of inputs."""
    groups = sheet.groups
    first = number * PER_MODAL + 1
    last = first + len(groups[number]) - 1
    part = (f" · {first}–{last}" if first < last else f" · {first}") if len(groups) > 1 else ""
    title = shorten(sheet.published.name, _TITLE - len(part)) + part
    built = discord.ui.Modal(title=title, custom_id=f"{MODAL_TO_RUN if to_run else MODAL}{sheet.form.id}")
    for spec in groups[number]:
        built.add_item(field(sheet, spec, voice))
    # The answer comes by its id; the library need not remember a form that may never be sent.
    built.stop()
    return built


def field(sheet: Sheet, spec: InputSpec, voice: Voice) -> discord.ui.Label[Any]:
    """Build the field of one input; its id is the input's name."""
    asked = way(sheet, spec)
    hint = shorten(_hint(sheet, spec, asked, voice), _DESCRIPTION)
    return discord.ui.Label(
        text=shorten(spec.name, _LABEL), description=hint or None, component=_COMPONENTS[asked](sheet, spec, voice)
    )


def held(sheet: Sheet, spec: InputSpec) -> str:
    """Return what the field of an input shows at first, as it comes back if nobody touches it."""
    asked = way(sheet, spec)
    if asked is Way.FILES:
        return ""
    if asked in {Way.LINE, Way.PARAGRAPH}:
        text = sheet.text(spec)
        return "" if len(text) > _TEXT else text
    if spec.kind is not Kind.BOOLEAN:
        value = sheet.picked(spec)
        return "" if value is None else _token(value)
    text = sheet.text(spec)
    if text:
        return text if text in {"yes", "no"} else ""
    return "" if spec.required else _NONE


def _hint(sheet: Sheet, spec: InputSpec, asked: Way, voice: Voice) -> str:
    """Return what stands above a field."""
    if asked is Way.FILES:
        return _form_hints.of_files(sheet, spec, _most_files(spec), voice)
    if asked in {Way.LINE, Way.PARAGRAPH}:
        return _form_hints.of_text(sheet, spec, _TEXT, voice)
    return _form_hints.of_offers(spec)


def _files(sheet: Sheet, spec: InputSpec, _voice: Voice) -> discord.ui.Item[Any]:
    required = spec.required and not sheet.has_value(spec)
    most = _most_files(spec)
    return discord.ui.FileUpload(
        custom_id=spec.name, required=required, min_values=1 if required else 0, max_values=most
    )


def _most_files(spec: InputSpec) -> int:
    return min(len(spec.names), _FILES)


def _buttons(sheet: Sheet, spec: InputSpec, voice: Voice) -> discord.ui.Item[Any]:
    options = _yes_or_no(spec, voice) if spec.kind is Kind.BOOLEAN else sheet.offers(spec)
    now = held(sheet, spec)
    return discord.ui.RadioGroup(
        custom_id=spec.name,
        required=spec.required,
        options=[
            discord.RadioGroupOption(
                label=_option_label(label, voice), value=_token(value), default=_token(value) == now
            )
            for value, label in options
        ],
    )


def _yes_or_no(spec: InputSpec, voice: Voice) -> list[tuple[str, str]]:
    options = [("yes", voice("form-yes")), ("no", voice("form-no"))]
    may_be_neither = spec.default is None and not spec.required
    return [*options, (_NONE, voice("form-neither"))] if may_be_neither else options


def _menu(sheet: Sheet, spec: InputSpec, voice: Voice) -> discord.ui.Item[Any]:
    now = held(sheet, spec)
    return discord.ui.Select(
        custom_id=spec.name,
        required=spec.required,
        min_values=1 if spec.required else 0,
        options=[
            discord.SelectOption(label=_option_label(label, voice), value=_token(value), default=_token(value) == now)
            for value, label in sheet.offers(spec)
        ],
    )


def _option_label(label: str, voice: Voice) -> str:
    return shorten(label, 100) or voice("run-form-empty")


def _typed(style: discord.TextStyle):
    def build(sheet: Sheet, spec: InputSpec, voice: Voice) -> discord.ui.Item[Any]:
        text = held(sheet, spec)
        most = max(min(_TEXT, spec.max_length), len(text), 1) if spec.kind is Kind.STRING else _TEXT
        kept = len(sheet.text(spec)) > _TEXT
        return discord.ui.TextInput(
            custom_id=spec.name,
            style=style,
            default=text or None,
            placeholder=shorten(_placeholder(sheet, spec, voice), _PLACEHOLDER) or None,
            required=spec.required and not kept,
            max_length=most,
        )

    return build


def _placeholder(sheet: Sheet, spec: InputSpec, voice: Voice) -> str:
    """Return what an empty field shows: the value that counts then, or how one is written."""
    if spec.is_seed and not spec.required:
        return voice("run-form-random")
    if spec.default not in (None, "", []) and not spec.required:
        return show(spec, spec.default)
    if spec.kind is Kind.LORAS and (models := offered(spec, sheet.models or ())):
        return ", ".join(f"{model.name}:{LORA_WEIGHT}" for model in models[:2])
    return EXAMPLES.get(spec.kind, "")


_COMPONENTS = {
    Way.FILES: _files,
    Way.BUTTONS: _buttons,
    Way.MENU: _menu,
    Way.LINE: _typed(discord.TextStyle.short),
    Way.PARAGRAPH: _typed(discord.TextStyle.paragraph),
}


def _token(value: str) -> str:
    """Return a value as a menu takes it: one of a hundred characters, and none that is empty."""
    return value if 0 < len(value) <= 100 else hashlib.blake2s(value.encode(), digest_size=16).hexdigest()


# What comes back

Answer = str | Sequence[File]


def answers(interaction: discord.Interaction[Any]) -> dict[str, Answer]:
    """Return what a modal was sent with, by the inputs' names: text, what was picked, or files."""
    data = cast("dict[str, Any]", interaction.data or {})
    uploads: Mapping[str, Mapping[str, Any]] = data.get("resolved", {}).get("attachments", {})
    found: dict[str, Answer] = {}
    for part in data.get("components", ()):
        item = part.get("component")
        if not item:
            continue
        if item["type"] == discord.ComponentType.file_upload.value:
            found[item["custom_id"]] = [_file(uploads[key]) for key in item.get("values", ())]
        else:
            values = item.get("values")
            found[item["custom_id"]] = str((values[0] if values else "") if values is not None else item["value"] or "")
    return found


def _file(upload: Mapping[str, Any]) -> File:
    return File(upload["filename"], upload["url"], int(upload["size"]), upload.get("content_type"))


def filled(sheet: Sheet, given: Mapping[str, Answer], most_bytes: int) -> tuple[Sheet, list[InputError]]:
    """Return the sheet with what a modal was sent with, and which files were not taken.

    What is typed is kept as it is, also where it does not fit: nobody types it twice, and the sheet tells.
    """
    refused: list[InputError] = []
    values, files = dict(sheet.form.given), list(sheet.form.attachments)
    for spec in sheet.inputs:
        answer = given.get(spec.name)
        if answer is None or spec.is_file == isinstance(answer, str):
            continue
        if not isinstance(answer, str):
            try:
                files = _attached(spec, files, answer, most_bytes)
            except InputError as error:
                refused.append(error)
        elif (text := _meant(sheet, spec, answer)) is None:
            continue
        elif text:
            values[spec.name] = text
        else:
            values.pop(spec.name, None)
    return replace(sheet, form=sheet.form.evolve(given=values, attachments=tuple(files))), refused


def _attached(spec: InputSpec, before: Sequence[Attachment], given: Sequence[File], most: int) -> list[Attachment]:
    if not given:
        return list(before)
    new = file_attachments((spec,), dict(zip(spec.names, given, strict=False)), most)
    return [file for file in before if file.name not in spec.names] + list(new)


def _meant(sheet: Sheet, spec: InputSpec, answer: str) -> str | None:
    """Return what an answer says, as it is kept: empty for no value, None where it says nothing new."""
    if answer.strip() == held(sheet, spec).strip() and (sheet.has_value(spec) or not spec.required):
        return None
    if spec.kind is Kind.BOOLEAN:
        return "" if answer == _NONE else answer
    if spec.kind in PICKED:
        value = next((value for value, _ in sheet.offers(spec) if _token(value) == answer), answer.strip())
        return sheet.kept(spec, value)
    # Blanks alone are no value: nobody sees them in a field.
    return answer if answer.strip() else ""
