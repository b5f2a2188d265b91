"""A member's form as a message: its values, the buttons that open its modals, and what pressing them does.

A press is answered with the card of the job, and that answer cannot change the form's own message as well. So the form
stays as it is, for the next run with another value.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.bot import Familiar, answering
from bot.catalog import Published
from bot.defaults import is_kept
from bot.jobs import Attachment
from cogs import _words
from cogs._answers import privately
from cogs._entering import AS_PREFERRED, Wishes
from cogs._form import Sheet
from cogs._form_fields import answers, filled, modal
from cogs._form_sheets import Opened, new_sheet, own_form, read_sheet, reopen
from cogs._form_words import form_embed
from cogs._launch import launch
from cogs._voice import voice_of
from workflows.errors import InputError, Unavailable, UserError
from workflows.texts import Voice
from workflows.words import shorten

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

#: The rows of a message above the last, which holds Run and its like. Five buttons in each lead to a hundred inputs,
#: which is as many as a document may expose.
_ROWS, _IN_A_ROW = 4, 5


# Opening


async def open_form(
    interaction: Interaction,
    published: Published,
    given: Mapping[str, Any] | None = None,
    attachments: Sequence[Attachment] = (),
    *,
    note: str = "",
    wishes: Wishes = AS_PREFERRED,
) -> None:
    """Answer with a new form, as new_sheet makes it. Raises UserError where it may not be run."""
    sheet = await new_sheet(interaction, published, given, attachments, wishes)
    if not note and given is None and sheet.form.given:
        note = voice_of(interaction)("run-form-last")
    await show_form(interaction, sheet, note)


async def show_form(interaction: Interaction, sheet: Sheet, note: str) -> None:
    """Answer with a form."""
    voice = voice_of(interaction)
    await privately(interaction, embed=form_embed(sheet, voice, note), view=form_view(sheet, voice))


# What it shows


def form_view(sheet: Sheet, voice: Voice) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for number, specs in enumerate(sheet.groups[: _ROWS * _IN_A_ROW]):
        care = any(sheet.needs_care(spec) for spec in specs)
        view.add_item(FormButton("fill", sheet.form.id, number, _group_label(sheet, number, voice), care=care))
    view.add_item(FormButton("run", sheet.form.id, label=voice("run-form-run"), disabled=not sheet.is_ready))
    if any(is_kept(spec) for spec in sheet.inputs):
        nothing = not _to_keep(sheet)
        view.add_item(FormButton("defaults", sheet.form.id, label=voice("run-my-defaults"), disabled=nothing))
    if sheet.inputs:
        view.add_item(FormButton("reset", sheet.form.id, label=voice("run-form-reset")))
    if any(not spec.required and sheet.files(spec) for spec in sheet.inputs):
        view.add_item(FormButton("detach", sheet.form.id, label=voice("run-form-detach")))
    view.add_item(FormButton("close", sheet.form.id, label=voice("run-form-close")))
    # Presses are dispatched by the buttons' templates, also after a restart.
    view.stop()
    return view


def _group_label(sheet: Sheet, number: int, voice: Voice) -> str:
    """Return what a group is called: its first and last input, by number and by name."""
    groups = sheet.groups
    specs = groups[number]
    if len(groups) == 1:
        return voice("run-form-fill")
    first = sum(len(group) for group in groups[:number]) + 1
    if len(specs) == 1:
        return f"{first} {specs[0].name}"
    return f"{first}–{first + len(specs) - 1} {specs[0].name} … {specs[-1].name}"


# What people do


_STYLES = {"run": discord.ButtonStyle.success}


class FormButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"familiar:form:(?P<act>run|defaults|reset|detach|close|fill):(?P<id>[a-z0-9]+)(?::(?P<group>[0-9]+))?",
):
    """Opens a modal of a form, runs it, or clears it."""

    def __init__(
        self,
        act: str,
        form_id: str,
        group: int | None = None,
        label: str = "",
        *,
        care: bool = False,
        disabled: bool = False,
    ) -> None:
        custom_id = f"familiar:form:{act}:{form_id}" + (f":{group}" if group is not None else "")
        style = discord.ButtonStyle.primary if care else _STYLES.get(act, discord.ButtonStyle.secondary)
        shown = shorten(label, 80) or "…"
        row = None if act == "fill" else _ROWS
        super().__init__(discord.ui.Button(label=shown, style=style, custom_id=custom_id, disabled=disabled), row=row)
        self.act, self.form_id, self.group = act, form_id, group or 0

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> FormButton:
        return cls(match["act"], match["id"], int(match["group"]) if match["group"] else None)

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            if self.act == "close":
                await _close(interaction, self.form_id)
            elif self.act == "fill":
                await _ask(interaction, self.form_id, self.group)
            elif self.act == "run":
                await _run(interaction, self.form_id)
            elif self.act == "defaults":
                await _save_defaults(interaction, self.form_id)
            else:
                await _clear(interaction, self.form_id, only_files=self.act == "detach")


async def _ask(interaction: Interaction, form_id: str, group: int) -> None:
    """Open a modal; or show the form anew, where it is not what the member sees."""
    opened = await reopen(interaction, form_id)
    if opened.changed or group >= len(opened.sheet.groups):
        await _show(interaction, opened.sheet, _changed(interaction))
    else:
        await interaction.response.send_modal(modal(opened.sheet, group, voice_of(interaction)))


async def _run(interaction: Interaction, form_id: str) -> None:
    opened = await reopen(interaction, form_id, to_run=True)
    sheet = opened.sheet
    if opened.changed:
        await _show(interaction, sheet, _changed(interaction))
        return
    if sheet.models is None:
        # To ask for anything more would take longer than Discord waits for an answer.
        raise Unavailable("no backend told its models")
    if not sheet.is_ready:
        await _show(interaction, sheet, "")
        return
    await _launch(interaction, opened.published, sheet)


async def _launch(interaction: Interaction, published: Published, sheet: Sheet) -> None:
    await launch(interaction, published, sheet.raw, Wishes(sheet.form.is_private))
    bot: Familiar = interaction.client
    try:
        await bot.engine.forms.remember(interaction.user.id, published.workflow_id, sheet.given)
    except sqlite3.Error as error:
        # The job runs: nobody shall be told that nothing was done.
        log.warning("form %s: its values are not remembered: %s", sheet.form.id, error)


def _to_keep(sheet: Sheet) -> dict[str, Any]:
    """Return what is filled in that can be a member's default."""
    kept = [spec.name for spec in sheet.inputs if is_kept(spec) and sheet.problem(spec) is None]
    return {name: sheet.given[name] for name in kept if name in sheet.given}


async def _save_defaults(interaction: Interaction, form_id: str) -> None:
    """Keep what is filled in as the member's defaults; what is empty stays as they had it."""
    bot: Familiar = interaction.client
    opened = await reopen(interaction, form_id)
    voice, sheet = voice_of(interaction), opened.sheet
    if not (kept := _to_keep(sheet)):
        await _show(interaction, sheet, voice("run-saved-nothing"))
        return
    preferences, workflow_id = bot.engine.preferences, sheet.form.workflow_id
    before = await preferences.defaults(sheet.form.user_id, workflow_id)
    await preferences.save_defaults(sheet.form.user_id, workflow_id, before | kept)
    names = ", ".join(f"**{_words.literal(name)}**" for name in kept)
    sheet = await read_sheet(interaction, sheet.form, opened.published, sheet.models)
    await _show(interaction, sheet, voice("run-saved-defaults", names=_words.shorten(names, 600)))


async def _clear(interaction: Interaction, form_id: str, *, only_files: bool) -> None:
    """Take back what was given: everything, or the files that are not needed."""
    opened = await reopen(interaction, form_id)
    form = opened.sheet.form
    if only_files:
        kept = [file for spec in opened.sheet.inputs if spec.required for file in opened.sheet.files(spec)]
        form = form.evolve(attachments=tuple(kept))
    else:
        form = form.evolve(given={}, attachments=())
    bot: Familiar = interaction.client
    await bot.engine.forms.save(form)
    await _show(interaction, replace(opened.sheet, form=form), _changed(interaction) if opened.changed else "")


async def _close(interaction: Interaction, form_id: str) -> None:
    bot: Familiar = interaction.client
    if await bot.engine.forms.get(form_id):
        await own_form(interaction, form_id)
        await bot.engine.forms.drop(form_id)
    said = voice_of(interaction)("run-form-closed")
    await interaction.response.edit_message(content=said, embed=None, view=None)


async def submit(interaction: Interaction, form_id: str, *, to_run: bool = False) -> None:
    """Take in what a modal was sent with, and show the form with it: what fits, and what does not.

    With `to_run`, what fits is run at once: such a modal belongs to no form that is shown yet.
    """
    async with answering(interaction):
        bot: Familiar = interaction.client
        opened = await reopen(interaction, form_id, to_run=to_run)
        limit = bot.engine.settings.limits.attachment_bytes
        sheet, refused = filled(opened.sheet, answers(interaction), limit)
        await bot.engine.forms.save(sheet.form)
        if to_run:
            await _run_or_show(interaction, replace(opened, sheet=sheet), refused)
        else:
            await _show(interaction, sheet, _changed(interaction) if opened.changed else "", refused)


async def _run_or_show(interaction: Interaction, opened: Opened, refused: list[InputError]) -> None:
    """Run what was sent in; where that may not be, say why, and show it as a form: nobody shall type it twice."""
    sheet, why = opened.sheet, None
    if sheet.is_ready and sheet.models is not None and not (refused or opened.changed):
        try:
            await _launch(interaction, opened.published, sheet)
        except InputError as error:
            refused.append(error)
        except UserError as error:
            why = error.text
        else:
            return
    voice = voice_of(interaction)
    embed = form_embed(sheet, voice, _changed(interaction) if opened.changed else "", refused)
    await privately(interaction, content=voice.tell(why) if why else None, embed=embed, view=form_view(sheet, voice))


async def _show(interaction: Interaction, sheet: Sheet, note: str, refused: Sequence[InputError] = ()) -> None:
    voice = voice_of(interaction)
    embed = form_embed(sheet, voice, note, refused)
    await interaction.response.edit_message(embed=embed, view=form_view(sheet, voice))


def _changed(interaction: Interaction) -> str:
    return voice_of(interaction)("run-form-changed")
