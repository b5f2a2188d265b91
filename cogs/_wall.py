"""Where the results of a private run may be posted, and how: what bot, member and policy say of the channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord

from bot.bot import Familiar
from bot.jobs import Job
from bot.policy import Standing, refusal
from cogs._policy import require_may_run
from workflows.errors import UserError
from workflows.texts import language_of, say

Interaction = discord.Interaction[Any]
Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread


@dataclass(frozen=True)
class Wall:
    """Where results are posted, and how."""

    channel: Channel | discord.PartialMessageable
    #: The most bytes that a file may have there.
    file_limit: int
    is_spoiler: bool
    #: Of a card that a whole server reads.
    language: str


async def find_wall(interaction: Interaction, job: Job) -> Wall:
    """Return where a private job's results may be posted: the channel of a press, or the one where they were asked for.

    Raises UserError where they may not.
    """
    return await (_here(interaction, job) if interaction.guild_id else _where_asked(interaction, job))


async def _here(interaction: Interaction, job: Job) -> Wall:
    """Return the channel of a press, if bot and member may post there what was made."""
    bot: Familiar = interaction.client
    channel, guild = interaction.channel, interaction.guild
    if interaction.channel_id is None or guild is None or not interaction.is_guild_integration():
        raise UserError(say("posting-no-channel", job=job.id))
    is_thread = isinstance(channel, discord.Thread)
    _require_may_post(interaction.app_permissions, interaction.permissions, interaction.channel_id, is_thread=is_thread)
    ruling = await require_may_run(interaction, job.workflow_id or 0)
    if ruling.private_only:
        raise UserError(say("posting-private-only"))
    there = bot.get_partial_messageable(interaction.channel_id, guild_id=guild.id)
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    return await _wall(bot, job, guild, there, ruling.spoiler, (interaction.channel_id, parent_id))


async def _where_asked(interaction: Interaction, job: Job) -> Wall:
    """Return the channel where results were asked for that went by direct message, if they may be posted there."""
    bot: Familiar = interaction.client
    guild = bot.get_guild(job.guild_id or 0)
    channel = guild.get_channel_or_thread(job.channel_id or 0) if guild else None
    if guild is None or not isinstance(channel, Channel):
        raise UserError(say("posting-no-channel", job=job.id))
    try:
        member = await guild.fetch_member(job.user_id)
    except discord.NotFound:
        raise UserError(say("posting-no-member")) from None
    own, theirs = channel.permissions_for(guild.me), channel.permissions_for(member)
    _require_may_post(own, theirs, channel.id, is_thread=isinstance(channel, discord.Thread))
    parent = channel.parent if isinstance(channel, discord.Thread) else channel
    held = await bot.engine.policies.of(job.workflow_id or 0)
    await bot.engine.moderation.require_unblocked(guild.id, member.id)
    places = (channel.id, parent.id if parent else None, channel.category_id)
    standing = Standing(
        member.id,
        guild.id,
        tuple(role.id for role in member.roles if role.id != guild.id),
        tuple(dict.fromkeys(place for place in places if place)),
        is_age_restricted=bool(parent and parent.is_nsfw()),
        is_manager=theirs.manage_guild,
    )
    if held.policy.private_only:
        raise UserError(say("posting-private-only"))
    if refusal(held.policy, standing) is not None:
        raise UserError(say("posting-not-there", channel=f"<#{channel.id}>"))
    return await _wall(bot, job, guild, channel, held.policy.spoiler, places)


def _require_may_post(
    own: discord.Permissions, theirs: discord.Permissions, channel_id: int, *, is_thread: bool
) -> None:
    sends = "send_messages_in_threads" if is_thread else "send_messages"
    needed = ("view_channel", sends, "attach_files")
    if not all(getattr(own, name) for name in (*needed, "embed_links")):
        raise UserError(say("posting-bot-may-not", channel=f"<#{channel_id}>"))
    if not all(getattr(theirs, name) for name in needed):
        raise UserError(say("posting-member-may-not", channel=f"<#{channel_id}>"))


async def _wall(
    bot: Familiar,
    job: Job,
    guild: discord.Guild,
    channel: Channel | discord.PartialMessageable,
    is_covered: bool,
    places: tuple[int | None, ...],
) -> Wall:
    choices = await bot.engine.preferences.of_guild(guild.id)
    covered = job.is_spoiler or is_covered or any(place in choices.spoiler_channels for place in places)
    language = choices.language or language_of(guild.preferred_locale)
    return Wall(channel, guild.filesize_limit, covered, language)
