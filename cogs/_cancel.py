"""The Cancel button. Its id carries the job's id and nothing else; the job is read again at each press."""

from __future__ import annotations

import re
from typing import Any

import discord

from bot.bot import Familiar, answering
from bot.cards import Told
from bot.jobs import Job, Outcome
from cogs import _words
from cogs._offers import IS_TOLD, end_view, is_untold
from workflows.errors import UserError


class CancelButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"familiar:cancel:(?P<job>[a-z0-9]+)"):
    """Cancels a job, for whoever asked for it and for moderators."""

    def __init__(self, job_id: str) -> None:
        custom_id = f"familiar:cancel:{job_id}"
        super().__init__(discord.ui.Button(label="Cancel", style=discord.ButtonStyle.secondary, custom_id=custom_id))
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> CancelButton:
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            await self._cancel(interaction)

    async def _cancel(self, interaction: discord.Interaction[Any]) -> None:
        bot: Familiar = interaction.client
        job = await bot.engine.store.get(self.job_id)
        # The permission below is one on this server, and says nothing about another one's jobs.
        if job is None or job.guild_id != interaction.guild_id:
            raise UserError("That job is no longer known here.")
        if interaction.user.id != job.user_id and not moderates(interaction, job):
            raise UserError("Only the one who asked for it, or someone with **Manage Messages**, can cancel this.")
        # Before the answer, which may be lost on its way: the wish must not be.
        was_running = await bot.engine.runner.cancel(job.id)
        if was_running or not await _show_end(interaction, job.id):
            await interaction.response.defer()
        if text := self._answer(interaction, was_running=was_running):
            await interaction.followup.send(text, ephemeral=True)

    def _answer(self, interaction: discord.Interaction[Any], *, was_running: bool) -> str:
        """Return what the card will not say, or not soon."""
        bot: Familiar = interaction.client
        if not was_running:
            return "That job is over already."
        if bot.engine.runner.stopping:
            return "🛑 I am being restarted, and cancel it as soon as I am back."
        is_private = interaction.message is not None and interaction.message.flags.ephemeral
        return "🛑 Cancelling …" if is_private else ""


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
    """Answer with the job's end on a card that was left behind; its files stay. Return False where there is none."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    is_private = interaction.message is None or interaction.message.flags.ephemeral
    if is_private or job is None or job.state not in IS_TOLD:
        return False
    try:
        inputs = await bot.engine.catalog.inputs(job.workflow_id or 0, job.version or 0)
    except KeyError:
        inputs = ()
    has_files, notes = job.outcome is Outcome.COMPLETED, list[str]()
    if job.delivery == Told.DIRECT:
        notes.append(_words.elsewhere_note(job, has_files=has_files))
    elif has_files and is_untold(job):
        notes.append("The results could not be posted.")
    await interaction.response.edit_message(embed=_words.outcome_embed(job, inputs, notes), view=end_view(job))
    return True


def cancel_view(job_id: str) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(CancelButton(job_id))
    # Presses are dispatched by the button's template, also after a restart; the view itself has nothing to wait for.
    view.stop()
    return view
