"""A member's form as a message: its values, the buttons that open its modals, and what pressing them does.

A press is answered with the card of the job, and that answer cannot change the form's own message as well. So the form
stays as it is, for the next run with another value.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.bot import Familiar, answering
from bot.catalog import Published
from bot.forms import Form
from bot.jobs import new_id
from cogs._allowed import require_allowed
from cogs._form import Sheet
from cogs._form_fields import answers, filled, modal
from cogs._form_words import form_embed
from cogs._launch import launch
from workflows.errors import BackendError, InputError, Unavailable, UserError
from workflows.models import ModelRecord
from workflows.values import InputSpec
from workflows.words import shorten

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

#: The rows of a message above the last, which holds Run and its like. Five buttons in each lead to a hundred inputs,
#: which is as many as a document may expose.
_ROWS, _IN_A_ROW = 4, 5
_GONE = "That form is gone: it was closed, or is older than a day. `/run` opens a new one."
_CHANGED = "🔁 The workflow was changed in the meantime. Please look at the values before you press **Run**."
_AGAIN = "🕘 Filled in as you had it last time."


# Opening


async def open_form(interaction: Interaction, published: Published) -> None:
    """Answer with a new form, filled in as the member had it last. Raises UserError where it may not be run."""
    bot: Familiar = interaction.client
    models = await _models_to_run(interaction, published)
    forms = bot.engine.forms
    user_id = interaction.user.id
    remembered = await forms.remembered(user_id, published.workflow_id)
    form = Form(new_id(), interaction.guild_id, user_id, published.workflow_id, published.version, remembered)
    sheet = Sheet(form, published, models).fitting()
    await forms.save(sheet.form)
    note = _AGAIN if sheet.form.given else ""
    await interaction.response.send_message(embed=form_embed(sheet, note), view=form_view(sheet), ephemeral=True)


async def _models_to_run(interaction: Interaction, published: Published) -> Sequence[ModelRecord] | None:
    """Return what is installed, as _models does. Raises UserError where the workflow may not be run."""
    require_enabled(published)
    # Side by side: each may take two of the three seconds that Discord waits for an answer.
    asked = _models(interaction.client, published), require_allowed(interaction, published)
    models, _ = await asyncio.gather(*asked)
    return models


def require_enabled(published: Published) -> None:
    if not published.enabled:
        raise UserError(f"`/{published.slug}` is switched off at the moment.")


async def _models(bot: Familiar, published: Published) -> Sequence[ModelRecord] | None:
    """Return what is installed, as far as the inputs ask for it; None where InvokeAI does not tell."""
    if not any(spec.is_installed and spec.is_asked for spec in published.inputs):
        return ()
    try:
        return await bot.engine.pool.known_models()
    except BackendError:
        return None


@dataclass(frozen=True)
class Opened:
    """A form as it was found, with the workflow as it is now."""

    sheet: Sheet
    #: The inputs are others than those that the member saw.
    changed: bool = False


async def reopen(interaction: Interaction, form_id: str, *, to_run: bool = False) -> Opened:
    """Return a form, brought to the workflow's current version. Raises UserError, also where it may not be run."""
    bot: Familiar = interaction.client
    form = await _own(interaction, form_id)
    published = await bot.engine.catalog.current(form.workflow_id)
    if published is None:
        raise UserError("That workflow was removed from this server in the meantime.")
    if to_run:
        models = await _models_to_run(interaction, published)
    else:
        models = await _models(bot, published)
    sheet = Sheet(form, published, models)
    if form.version == published.version:
        return Opened(sheet)
    before = await _inputs(bot, form)
    changed = before is None or [spec for spec in before if spec.is_asked] != list(sheet.inputs)
    sheet = replace(sheet, form=form.evolve(version=published.version)).fitting()
    await bot.engine.forms.save(sheet.form)
    return Opened(sheet, changed)


async def _own(interaction: Interaction, form_id: str) -> Form:
    bot: Familiar = interaction.client
    form = await bot.engine.forms.get(form_id)
    if form is None or form.guild_id != interaction.guild_id:
        raise UserError(_GONE)
    if form.user_id != interaction.user.id:
        raise UserError("That form is somebody else's. `/run` opens one of your own.")
    return form


async def _inputs(bot: Familiar, form: Form) -> tuple[InputSpec, ...] | None:
    try:
        return await bot.engine.catalog.inputs(form.workflow_id, form.version)
    except KeyError:
        return None


# What it shows


def form_view(sheet: Sheet) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for number, specs in enumerate(sheet.groups[: _ROWS * _IN_A_ROW]):
        care = any(sheet.needs_care(spec) for spec in specs)
        view.add_item(FormButton("fill", sheet.form.id, number, _group_label(sheet, number), care=care))
    view.add_item(FormButton("run", sheet.form.id, disabled=not sheet.is_ready))
    if sheet.inputs:
        view.add_item(FormButton("reset", sheet.form.id))
    if any(not spec.required and sheet.files(spec) for spec in sheet.inputs):
        view.add_item(FormButton("detach", sheet.form.id))
    view.add_item(FormButton("close", sheet.form.id))
    # Presses are dispatched by the buttons' templates, also after a restart.
    view.stop()
    return view


def _group_label(sheet: Sheet, number: int) -> str:
    """Return what a group is called: its first and last input, by number and by name."""
    groups = sheet.groups
    specs = groups[number]
    if len(groups) == 1:
        return "Fill in"
    first = sum(len(group) for group in groups[:number]) + 1
    if len(specs) == 1:
        return f"{first} {specs[0].name}"
    return f"{first}–{first + len(specs) - 1} {specs[0].name} … {specs[-1].name}"


# What people do


_STYLES = {"run": discord.ButtonStyle.success}
_LABELS = {"run": "Run", "reset": "Reset", "detach": "Detach files", "close": "Close"}


class FormButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"familiar:form:(?P<act>run|reset|detach|close|fill):(?P<id>[a-z0-9]+)(?::(?P<group>[0-9]+))?",
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
        shown = shorten(_LABELS.get(act, label), 80) or "Fill in"
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
            else:
                await _clear(interaction, self.form_id, only_files=self.act == "detach")


async def _ask(interaction: Interaction, form_id: str, group: int) -> None:
    """Open a modal; or show the form anew, where it is not what the member sees."""
    opened = await reopen(interaction, form_id)
    if opened.changed or group >= len(opened.sheet.groups):
        await _show(interaction, opened.sheet, _CHANGED)
    else:
        await interaction.response.send_modal(modal(opened.sheet, group))


async def _run(interaction: Interaction, form_id: str) -> None:
    opened = await reopen(interaction, form_id, to_run=True)
    sheet = opened.sheet
    if opened.changed:
        await _show(interaction, sheet, _CHANGED)
        return
    if sheet.models is None:
        # To ask for anything more would take longer than Discord waits for an answer.
        raise Unavailable("no backend told its models")
    if not sheet.is_ready:
        await _show(interaction, sheet, "")
        return
    await launch(interaction, sheet.published, sheet.raw)
    bot: Familiar = interaction.client
    try:
        await bot.engine.forms.remember(interaction.user.id, sheet.published.workflow_id, sheet.given)
    except sqlite3.Error as error:
        # The job runs: nobody shall be told that nothing was done.
        log.warning("form %s: its values are not remembered: %s", form_id, error)


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
    await _show(interaction, replace(opened.sheet, form=form), _CHANGED if opened.changed else "")


async def _close(interaction: Interaction, form_id: str) -> None:
    bot: Familiar = interaction.client
    if await bot.engine.forms.get(form_id):
        await _own(interaction, form_id)
        await bot.engine.forms.drop(form_id)
    await interaction.response.edit_message(content="Closed. `/run` opens a new one.", embed=None, view=None)


async def submit(interaction: Interaction, form_id: str) -> None:
    """Take in what a modal was sent with, and show the form with it: what fits, and what does not."""
    async with answering(interaction):
        bot: Familiar = interaction.client
        opened = await reopen(interaction, form_id)
        limit = bot.engine.settings.limits.attachment_bytes
        sheet, refused = filled(opened.sheet, answers(interaction), limit)
        await bot.engine.forms.save(sheet.form)
        await _show(interaction, sheet, _CHANGED if opened.changed else "", refused)


async def _show(interaction: Interaction, sheet: Sheet, note: str, refused: Sequence[InputError] = ()) -> None:
    await interaction.response.edit_message(embed=form_embed(sheet, note, refused), view=form_view(sheet))
