"""The Cancel button. Its id carries the job's id and nothing else; the job is read again at each press."""

from __future__ import annotations

from typing import Any

import discord

from bot.audit import Action
from bot.bot import Familiar
from bot.cards import Told
from bot.jobs import Job, Outcome, Place
from cogs._audit import note
from cogs._offers import IS_TOLD, button, end_view, is_untold
from cogs._outcome import elsewhere_note, outcome_embed
from cogs._voice import voice_for, voice_of
from cogs._words import link
from workflows.errors import UserError
from workflows.texts import Voice, say


async def cancel_job(interaction: discord.Interaction[Any], job_id: str) -> None:
    """Cancel a job, for whoever asked for it and for moderators. Raises UserError for all others."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    if job is None or not _is_known_here(interaction, job):
        raise UserError(say("shared-not-known"))
    if interaction.user.id != job.user_id and not moderates(interaction, job):
        raise UserError(say("outcome-cancel-not-yours"))
    # Before the answer, which may be lost on its way: the wish must not be.
    was_running = await bot.engine.runner.cancel(job.id)
    if was_running or not await _show_end(interaction, job.id):
        await interaction.response.defer()
    if was_running and interaction.user.id != job.user_id:
        await note(interaction, Action.CANCELLED, job.id, f"{job.title} · <@{job.user_id}>")
    if text := _answer(interaction, job, was_running=was_running):
        await interaction.followup.send(text, ephemeral=True)


def _answer(interaction: discord.Interaction[Any], job: Job, *, was_running: bool) -> str:
    """Return what the card will not say, or not soon."""
    bot: Familiar = interaction.client
    voice = voice_of(interaction)
    if not was_running:
        return voice("outcome-cancel-over")
    if bot.engine.runner.stopping:
        return voice("outcome-cancel-restarting")
    # A private card may be beyond reach by now, and what else only one person sees is no card.
    is_private = interaction.message is not None and interaction.message.flags.ephemeral
    return voice("outcome-cancelling") if is_private else ""


def _is_known_here(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Tell whether a job is one's own, which may be shown anywhere, or one of this server.

    Permissions are those on this server, and say nothing about another one's jobs.
    """
    if interaction.user.id == job.user_id:
        return True
    return interaction.guild_id is not None and job.guild_id == interaction.guild_id


def moderates(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Tell whether whoever asks has power over a job of their server that is not their own.

    Manage Messages may be theirs in a single channel, and then says nothing about jobs elsewhere.
    """
    here, user = interaction.permissions, interaction.user
    if here.manage_guild or (isinstance(user, discord.Member) and user.guild_permissions.manage_messages):
        return True
    return here.manage_messages and _place(interaction, interaction.channel_id) == _place(interaction, job.channel_id)


def _place(interaction: discord.Interaction[Any], channel_id: int | None) -> int | None:
    """Return the channel whose permissions hold here: of a thread, the one that it belongs to."""
    channel = interaction.channel if channel_id == interaction.channel_id else None
    if channel is None and interaction.guild and channel_id:
        channel = interaction.guild.get_thread(channel_id)
    return channel.parent_id if isinstance(channel, discord.Thread) else channel_id


async def _show_end(interaction: discord.Interaction[Any], job_id: str) -> bool:
    """Answer with the job's end on a card that was left behind; its results stay. Return False where there is none."""
    bot: Familiar = interaction.client
    job, message = await bot.engine.store.get(job_id), interaction.message
    if message is None or job is None or job.state not in IS_TOLD:
        return False
    is_card = message.id == job.message_id
    if message.flags.ephemeral and not is_card:
        return False
    try:
        inputs = await bot.engine.catalog.inputs(job.workflow_id or 0, job.version or 0)
    except KeyError:
        inputs = ()
    has_files, notes = job.outcome is Outcome.COMPLETED, list[str]()
    if job.delivery == Told.DIRECT:
        notes.append(elsewhere_note(job, has_files=has_files))
    elif has_files and is_untold(job):
        notes.append(voice_for(job)("outcome-no-files"))
    elif not is_card and not job.is_private and job.message_id:
        notes.append(voice_for(job)("jobs-card", link=link(job)))
    # What announced a direct message does so no more.
    embed, changes = outcome_embed(job, inputs, notes), dict[str, Any](content=None)
    is_told_here = is_card and job.delivery == Told.CARD
    if not is_told_here and Place(message.channel.id, message.id) not in job.posted:
        # What stands there is a frame of the run.
        changes["attachments"] = []
    await interaction.response.edit_message(embed=embed, view=end_view(job, inputs), **changes)
    return True


def cancel_view(job_id: str, voice: Voice) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(button("cancel", job_id, voice))
    # Presses are dispatched by the button's template, also after a restart; the view itself has nothing to wait for.
    view.stop()
    return view
