"""Forms as their members fill them in: saved, found again, and brought to what their workflow is by now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.bot import Familiar
from bot.catalog import Published
from bot.defaults import personal
from bot.forms import Form
from bot.jobs import Attachment, new_id
from cogs._allowed import require_allowed
from cogs._entering import AS_PREFERRED, Wishes
from cogs._form import Sheet
from cogs._here import server
from cogs._parts import require_enabled
from cogs._policy import own_defaults
from workflows.errors import BackendError, UserError
from workflows.models import ModelRecord
from workflows.texts import say
from workflows.values import InputSpec

Interaction = discord.Interaction[Any]


async def new_sheet(
    interaction: Interaction,
    published: Published,
    given: Mapping[str, Any] | None = None,
    attachments: Sequence[Attachment] = (),
    wishes: Wishes = AS_PREFERRED,
) -> Sheet:
    """Save a new form and return it, filled in with raw values by input name, or as the member had it last.

    Raises UserError where it may not be run.
    """
    if server(interaction) is None:
        raise UserError(say("run-needs-server"))
    models = await _models_to_run(interaction, published)
    return await filled_in(interaction, published, models, given, attachments, wishes)


async def filled_in(
    interaction: Interaction,
    published: Published,
    models: Sequence[ModelRecord] | None,
    given: Mapping[str, Any] | None,
    attachments: Sequence[Attachment],
    wishes: Wishes,
) -> Sheet:
    """Save a new form and return it, as new_sheet does, once it is settled that it may be run."""
    bot: Familiar = interaction.client
    user_id, forms = interaction.user.id, bot.engine.forms
    held = dict(await forms.remembered(user_id, published.workflow_id) if given is None else given)
    form = Form(
        *(new_id(), interaction.guild_id, user_id, published.workflow_id, published.version),
        *(held, tuple(attachments), wishes.private),
    )
    sheet = await read_sheet(interaction, form, published, models)
    # What was asked for just now is shown also where it does not fit: nobody types it twice.
    sheet = sheet.fitting() if given is None else replace(sheet, form=form.evolve(given=sheet.given))
    await forms.save(sheet.form)
    return sheet


async def read_sheet(
    interaction: Interaction, form: Form, published: Published, models: Sequence[ModelRecord] | None
) -> Sheet:
    """Return a form with its workflow's inputs as its member has them: with their own defaults."""
    defaults = await own_defaults(interaction, published, models)
    return Sheet(form, replace(published, inputs=personal(published.inputs, defaults, models)), models)


async def _models_to_run(interaction: Interaction, published: Published) -> Sequence[ModelRecord] | None:
    """Return what is installed, as models_of does. Raises UserError where the workflow may not be run."""
    require_enabled(published)
    # Side by side: each may take two of the three seconds that Discord waits for an answer.
    asked = models_of(interaction.client, published), require_allowed(interaction, published)
    models, _ = await asyncio.gather(*asked)
    return models


async def models_of(bot: Familiar, published: Published) -> Sequence[ModelRecord] | None:
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
    published: Published
    #: The inputs are others than those that the member saw.
    changed: bool = False


async def reopen(interaction: Interaction, form_id: str, *, to_run: bool = False) -> Opened:
    """Return a form, brought to the workflow's current version. Raises UserError, also where it may not be run."""
    bot: Familiar = interaction.client
    form = await own_form(interaction, form_id)
    published = await bot.engine.catalog.current(form.workflow_id)
    if published is None:
        raise UserError(say("shared-no-workflow"))
    if to_run:
        models = await _models_to_run(interaction, published)
    else:
        models = await models_of(bot, published)
    sheet = await read_sheet(interaction, form, published, models)
    if form.version == published.version:
        return Opened(sheet, published)
    before = await _inputs(bot, form)
    asked = [spec for spec in published.inputs if spec.is_asked]
    changed = before is None or [spec for spec in before if spec.is_asked] != asked
    sheet = replace(sheet, form=form.evolve(version=published.version)).fitting()
    await bot.engine.forms.save(sheet.form)
    return Opened(sheet, published, changed)


async def own_form(interaction: Interaction, form_id: str) -> Form:
    """Return a form of whoever asks. Raises UserError."""
    bot: Familiar = interaction.client
    form = await bot.engine.forms.get(form_id)
    if form is None or form.guild_id != interaction.guild_id:
        raise UserError(say("run-form-gone"))
    if form.user_id != interaction.user.id:
        raise UserError(say("run-form-others"))
    return form


async def _inputs(bot: Familiar, form: Form) -> tuple[InputSpec, ...] | None:
    try:
        return await bot.engine.catalog.inputs(form.workflow_id, form.version)
    except KeyError:
        return None
