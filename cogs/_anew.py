"""What Again, Edit and Variations share: the job, its workflow as it is now, its files, and other seeds."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import discord

from bot.bot import Familiar
from bot.catalog import Published
from bot.jobs import Attachment, Job, now
from bot.permutations import escaped
from cogs import _words
from cogs._allowed import require_allowed
from cogs._entering import JobParts, Wishes
from cogs._form import Sheet
from cogs._form_panel import show_form
from cogs._form_sheets import filled_in, models_of
from cogs._offers import seeds
from cogs._parts import how_to_run, require_enabled
from cogs._sources import is_fresh, refreshed
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.models import ModelRecord
from workflows.spec import Kind
from workflows.texts import say
from workflows.values import InputSpec, parse_all

Interaction = discord.Interaction[Any]

#: Discord signs the addresses of files for about so long.
_LINKS_LIVE = timedelta(days=1)
#: Of the three seconds that Discord waits for an answer, what may go to fresh addresses.
_PATIENCE = 1.5


@dataclass(frozen=True)
class Past:
    """A job that is over, whose workflow its member may run here and now."""

    job: Job
    published: Published
    files: tuple[Attachment, ...]
    #: The names of the files that cannot be had any more.
    lost: tuple[str, ...] = ()
    #: What is installed, as a form of it needs to know; None where InvokeAI does not tell.
    models: Sequence[ModelRecord] | None = ()

    @property
    def wishes(self) -> Wishes:
        """How what follows from it is shown: as it was, where that was less than usual."""
        return Wishes(private=self.job.is_private or None, spoiler=self.job.is_spoiler or None)


async def past_job(interaction: Interaction, job_id: str, not_yours: str) -> Past:
    """Return one's own job that is over. Raises UserError; `not_yours` is the key of what others are told."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    if job is not None and job.user_id == interaction.user.id and interaction.guild_id is None and job.guild_id:
        raise UserError(say("offers-elsewhere"))
    if job is None or job.guild_id != interaction.guild_id or job.workflow_id is None or job.version is None:
        raise UserError(say("shared-not-known"))
    if job.user_id != interaction.user.id:
        raise UserError(say(not_yours))
    if job.outcome is None:
        raise UserError(say("offers-not-over"))
    published = await bot.engine.catalog.current(job.workflow_id)
    if published is None:
        raise UserError(say("shared-no-workflow"))
    require_enabled(published)
    # Side by side: each may take two of the three seconds that Discord waits for an answer.
    asked = require_allowed(interaction, published), _fresh(bot, job), models_of(bot, published)
    _, (files, lost), models = await asyncio.gather(*asked)
    return Past(job, published, files, lost, models)


async def parts_of(bot: Familiar, past: Past, count: int = 1) -> list[JobParts]:
    """Return what runs a job once more, so many times, each with other seeds. Raises UserError."""
    inputs = await inputs_of(bot, past)
    job, current = past.job, past.published
    return [
        JobParts(current.workflow_id, job.version or 0, job.title, inputs, job.given | new_seeds(inputs), past.files)
        for _ in range(count)
    ]


async def inputs_of(bot: Familiar, past: Past) -> tuple[InputSpec, ...]:
    """Return the inputs of the version that a job ran. Raises UserError where that is gone."""
    try:
        return await bot.engine.catalog.inputs(past.published.workflow_id, past.job.version or 0)
    except KeyError:
        raise UserError(say("offers-version-gone", command=how_to_run(past.published))) from None


def new_seeds(inputs: Sequence[InputSpec]) -> dict[str, Any]:
    """Return other values for the inputs that are drawn."""
    drawn = [replace(spec, required=False, default=None) for spec in seeds(inputs)]
    return parse_all(drawn, {}, (), random.SystemRandom().randint)


def as_typed(inputs: Sequence[InputSpec], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job's values as they would be given anew: braces that are left in a text mean nothing any more."""
    asked = {spec.name: spec for spec in inputs if spec.is_asked and not spec.is_file}
    values = {name: value for name, value in given.items() if name in asked and value is not None}
    return {
        name: escaped(value) if asked[name].kind is Kind.STRING and isinstance(value, str) else value
        for name, value in values.items()
    }


async def open_past(interaction: Interaction, past: Past) -> None:
    """Open the form with a job's values, and name the files that are gone."""
    voice, asked = voice_of(interaction), {name for spec in past.published.inputs for name in spec.names}
    names = ", ".join(f"**{_words.literal(name)}**" for name in past.lost if name in asked)
    note = voice("offers-attach-again", names=names) if names else voice("offers-edited")
    await show_form(interaction, await sheet_of(interaction, past), note)


async def sheet_of(interaction: Interaction, past: Past) -> Sheet:
    """Return a new form with a job's values, for the workflow as it is now."""
    given = as_typed(past.published.inputs, past.job.given)
    return await filled_in(interaction, past.published, past.models, given, past.files, past.wishes)


async def _fresh(bot: Familiar, job: Job) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """Return a job's files with addresses that live, and the names of those that have none any more."""
    is_old = now() - job.created_at > _LINKS_LIVE
    dead = {file.name for file in job.attachments if is_old or not is_fresh(file.url)}
    tasks = {
        file.name: asyncio.create_task(refreshed(bot, file))
        for file in job.attachments
        if file.source and file.name in dead
    }
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=_PATIENCE)
    finally:
        for task in tasks.values():
            task.cancel()
    found = [_address(file, tasks.get(file.name), is_dead=file.name in dead) for file in job.attachments]
    lost = [file.name for file, fresh in zip(job.attachments, found, strict=True) if fresh is None]
    return tuple(file for file in found if file), tuple(lost)


def _address(file: Attachment, task: asyncio.Task[Attachment | None] | None, *, is_dead: bool) -> Attachment | None:
    if task is None:
        return None if is_dead else file
    # An answer that was not there in time, or was an error, is no answer.
    return task.result() if task.done() and not task.cancelled() and task.exception() is None else None
