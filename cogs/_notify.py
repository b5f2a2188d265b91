"""Tell members that a job is done that took its time, in the ways that they chose with /settings."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from datetime import timedelta

import discord

from bot.bot import Familiar
from bot.cards import TooLarge, Undeliverable
from bot.jobs import Job, Outcome
from cogs._outcome import done_note, ping_note
from cogs._posting import posted, translated
from workflows.errors import Unavailable

log = logging.getLogger(__name__)

#: Nobody looks away from what takes less.
SOON_ENOUGH = timedelta(seconds=20)


async def notify(bot: Familiar, job: Job) -> None:
    """Tell whoever asked that their job's card shows its end. Doing it twice tells it once; that it fails is logged."""
    if job.outcome is Outcome.CANCELLED or (job.duration or timedelta()) < SOON_ENOUGH:
        return
    try:
        wanted = await bot.engine.preferences.of_user(job.user_id)
    except Exception:
        log.exception("job %s: what its member chose cannot be read", job.id)
        return
    is_on_server = job.guild_id if job.shown_guild_id is None else job.shown_guild_id
    if wanted.ping and is_on_server and not job.is_private:
        await _quietly(job, _ping(bot, job))
    if wanted.direct:
        await _quietly(job, _tell_directly(bot, job))


async def _quietly(job: Job, telling: Awaitable[None]) -> None:
    try:
        await telling
    except (Undeliverable, TooLarge, Unavailable) as error:
        log.info("job %s: its member is not told that it is done: %s", job.id, error)
    except Exception:
        log.exception("job %s: its member could not be told that it is done", job.id)


async def _ping(bot: Familiar, job: Job) -> None:
    """Mention them in an answer to the card."""
    with translated():
        channel = bot.get_partial_messageable(job.channel_id or 0, guild_id=job.guild_id)
        there = await posted(bot, channel, job)
        mention = f"<@{job.user_id}>"
        if any(said.startswith(mention) and answered == job.message_id for said, answered in there.said):
            return
        reference = discord.MessageReference(
            message_id=job.message_id or 0, channel_id=job.channel_id or 0, fail_if_not_exists=False
        )
        only_them = discord.AllowedMentions(
            everyone=False, roles=False, replied_user=False, users=[discord.Object(job.user_id)]
        )
        said, nonce = ping_note(job), f"{job.id}-p"
        try:
            await channel.send(said, nonce=nonce, reference=reference, allowed_mentions=only_them)
        except discord.Forbidden:
            # Where the bot may not read the history it may write, but not reply.
            await channel.send(said, nonce=nonce, allowed_mentions=only_them)


async def _tell_directly(bot: Familiar, job: Job) -> None:
    """Send the way to the card by direct message."""
    with translated():
        channel = await bot.create_dm(discord.Object(job.user_id))
        there = await posted(bot, channel, job)
        said = done_note(job)
        if not any(one == said for one, _ in there.said):
            await channel.send(said, nonce=f"{job.id}-n")
