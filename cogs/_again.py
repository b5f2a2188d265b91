"""The Again button: the same version with the same values, for a job that ended through no fault of its own."""

from __future__ import annotations

import contextlib
import re
from datetime import timedelta
from typing import Any

import discord

from bot.bot import Familiar, answering
from bot.catalog import Published
from bot.jobs import Attachment, Job, now
from cogs._allowed import require_allowed
from cogs._form_panel import require_enabled
from cogs._launch import NO_ANSWER, JobParts, launch_job
from cogs._offers import again_button, may_run_again
from workflows.errors import UserError

#: Discord signs the addresses of files for about so long.
_LINKS_LIVE = timedelta(days=1)


class AgainButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"familiar:again:(?P<job>[a-z0-9]+)"):
    """Runs a job once more, for whoever asked for it. Its id carries the job's id; the job is read at each press."""

    def __init__(self, job_id: str) -> None:
        super().__init__(again_button(job_id))
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> AgainButton:
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            bot: Familiar = interaction.client
            # Of two presses at a time, the second shall see the job of the first.
            async with bot.drafting(f"again {self.job_id}"):
                await run_again(interaction, self.job_id)
            await _take_away(interaction)


async def run_again(interaction: discord.Interaction[Any], job_id: str) -> None:
    """Run a job once more, by the same door as a command. Raises UserError where it may not be run, or cannot."""
    bot: Familiar = interaction.client
    catalog = bot.engine.catalog
    job = await bot.engine.store.get(job_id)
    if job is None or job.guild_id != interaction.guild_id or job.workflow_id is None or job.version is None:
        raise UserError("That job is no longer known here.")
    if interaction.user.id != job.user_id:
        raise UserError("Only the one who asked for it can run it again. The command itself is there for you too.")
    if not may_run_again(job):
        raise UserError("That job can only be run by its command.")
    if await _runs_again(bot, job, interaction.id):
        raise UserError("It runs again already. `/jobs` shows where it stands.")
    published = await catalog.current(job.workflow_id)
    if published is None:
        raise UserError("That workflow was removed from this server in the meantime.")
    require_enabled(published)
    await require_allowed(interaction, published)
    attachments = _files(job, published)
    try:
        inputs = await catalog.inputs(job.workflow_id, job.version)
    except KeyError:
        raise UserError(f"That version of the workflow is gone. Please use {_command(published)} anew.") from None
    parts = JobParts(job.workflow_id, job.version, job.title, inputs, job.given, attachments)
    await launch_job(interaction, parts)


async def _runs_again(bot: Familiar, job: Job, interaction_id: int) -> bool:
    """Tell whether what a job was asked for is under way once more: seeds that were drawn tell it from a new run.

    What this very press set going does not count: it was delivered twice, and has its answer.
    """
    under_way, _ = await bot.engine.store.of_user(job.user_id, job.guild_id, 0)
    later = [one for one in under_way if one.created_at > job.created_at and one.interaction_id != interaction_id]
    return any(_asked(one) == _asked(job) for one in later)


def _asked(job: Job) -> tuple[Any, ...]:
    return job.workflow_id, job.version, job.given, job.attachments


def _files(job: Job, published: Published) -> tuple[Attachment, ...]:
    """Return the files that were given. Raises UserError where their addresses went, or lead nowhere any more."""
    is_old = now() - job.created_at > _LINKS_LIVE
    if any(is_old or not attachment.url for attachment in job.attachments):
        raise UserError(
            f"Discord keeps what you attached for a day only. Please use {_command(published)} anew, and attach "
            f"{'it' if len(job.attachments) == 1 else 'them'} again."
        )
    return job.attachments


def _command(published: Published) -> str:
    return f"`/{published.slug}`" if published.has_command else "`/run`"


async def _take_away(interaction: discord.Interaction[Any]) -> None:
    """Take the button from the card, as far as that is possible: what was run again has a card of its own."""
    message = interaction.message
    if message is not None and not message.flags.ephemeral:
        with contextlib.suppress(*NO_ANSWER):
            await message.edit(view=None)
