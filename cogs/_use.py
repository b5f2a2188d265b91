"""The button Use as input: go on with a job's results, for anybody who sees them."""

from __future__ import annotations

from typing import Any

import discord

from bot.bot import Familiar
from bot.jobs import Job, Outcome
from cogs._offers import IS_TOLD
from cogs._picker import Offer, ask
from cogs._sources import Picture, places_of, result_messages, result_pictures
from workflows.errors import UserError
from workflows.texts import say

Interaction = discord.Interaction[Any]


async def use_results(interaction: Interaction, job_id: str) -> None:
    """Open the picker with a job's pictures. Raises UserError where there are none, or not for whoever asks."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    is_own = job is not None and interaction.user.id == job.user_id
    if job is None or (job.is_private and not is_own):
        raise UserError(say("shared-not-known"))
    if interaction.guild_id is None and is_own:
        raise UserError(say("use-in-direct", job=job.id))
    # Whoever asked for it may have had it shown on another server.
    is_shown_here = interaction.message is not None and any(
        place.message_id == interaction.message.id for place in places_of(job)
    )
    if job.guild_id != interaction.guild_id and not is_shown_here:
        raise UserError(say("shared-not-known"))
    if job.outcome is Outcome.COMPLETED and job.state not in IS_TOLD:
        raise UserError(say("jobs-show-ending"))
    if job.outcome is not Outcome.COMPLETED:
        raise UserError(say("use-no-results"))
    pictures = await _pictures(interaction, job)
    if not pictures:
        raise UserError(say("use-no-results"))
    await ask(interaction, [Offer.of(picture) for picture in pictures])


async def _pictures(interaction: Interaction, job: Job) -> list[Picture]:
    """Return a job's pictures: of a card that holds them all, at once; else read its messages."""
    bot: Familiar = interaction.client
    message = interaction.message
    on_card = result_pictures(job, [message]) if message else []
    is_alone = message is not None and message.flags.ephemeral
    if on_card and (is_alone or len(on_card) >= len(job.results)):
        return on_card
    await interaction.response.defer(ephemeral=True, thinking=True)
    return result_pictures(job, await result_messages(bot, job))
