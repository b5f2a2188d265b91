"""The Cancel button. Its id carries the job's id and nothing else; the job is read again at each press."""

from __future__ import annotations

import re
from typing import Any

import discord

from bot.bot import Familiar, answering
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
        if interaction.user.id != job.user_id and not interaction.permissions.manage_messages:
            raise UserError("Only the one who asked for it, or someone with **Manage Messages**, can cancel this.")
        # Before the answer, which may be lost on its way: the wish must not be.
        was_running = await bot.engine.runner.cancel(job.id)
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


def cancel_view(job_id: str) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(CancelButton(job_id))
    # Presses are dispatched by the button's template, also after a restart; the view itself has nothing to wait for.
    view.stop()
    return view
