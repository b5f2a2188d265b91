"""What members type where a picture is wanted: the link of a message on Discord, or an address on the web.

A bot that reads no messages is given other people's without their files, unless a command was used on them. So a link
is good for its own messages, and for those that mention it; for all others there is **Run on this image**.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import discord

from bot.bot import Familiar
from bot.fetch import DISCORD_HOSTS, WEB, require_size
from bot.jobs import Attachment
from cogs._sources import Source, pictures_of
from workflows.errors import InputError
from workflows.texts import Text, say

_MESSAGE = re.compile(
    r"https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com/channels/(?P<guild>@me|\d{1,20})/(?P<channel>\d{1,20})"
    r"/(?P<message>\d{1,20})/?(?:#(?P<number>\d{1,2}))?"
)
_SHOWN = (discord.TextChannel, discord.VoiceChannel, discord.StageChannel, discord.Thread)


async def attachment_from(interaction: discord.Interaction[Any], name: str, typed: str) -> Attachment:
    """Return the file that a link leads to: of a message, on Discord's own store, or on the web where that is allowed.

    May ask Discord, so defer first. Raises InputError for input `name`.
    """
    bot: Familiar = interaction.client
    address = typed.strip().removeprefix("<").removesuffix(">")
    if match := _MESSAGE.fullmatch(address):
        return await _of_message(interaction, name, match)
    try:
        parts = urlsplit(address)
    except ValueError:
        raise InputError(name, _unknown(bot)) from None
    if parts.scheme == "https" and parts.netloc in DISCORD_HOSTS:
        return Attachment(name, _filename(parts.path), address)
    if parts.scheme not in {"http", "https"} or not bot.engine.settings.inputs.hosts:
        raise InputError(name, _unknown(bot))
    url = bot.engine.fetcher.web.require(name, address)
    return Attachment(name, _filename(url.path), str(url), source=WEB)


async def _of_message(interaction: discord.Interaction[Any], name: str, match: re.Match[str]) -> Attachment:
    bot: Familiar = interaction.client
    channel = await _channel(interaction, name, match["guild"], int(match["channel"]))
    try:
        message = await channel.fetch_message(int(match["message"]))
    except discord.NotFound:
        raise InputError(name, say("files-link-message-gone")) from None
    except discord.Forbidden:
        raise InputError(name, say("files-link-unseen")) from None
    attachment = _chosen(bot, name, message, int(match["number"] or 1))
    require_size(name, attachment.size, bot.engine.settings.limits.attachment_bytes)
    return replace(attachment, name=name)


def _chosen(bot: Familiar, name: str, message: discord.Message, number: int) -> Attachment:
    """Return one picture of a message, or, where it has none, whatever else is attached to it."""
    found = [picture.attachment for picture in pictures_of(message)]
    found = found or [
        Attachment("", file.filename, file.url, file.size, str(Source(message.channel.id, message.id, file.id)))
        for file in message.attachments
    ]
    if not found:
        is_shown = bot.user is not None and (message.author.id == bot.user.id or bot.user in message.mentions)
        is_shown = is_shown or message.guild is None
        raise InputError(name, say("files-link-no-picture" if is_shown else "files-link-not-read"))
    if not 1 <= number <= len(found):
        raise InputError(name, say("files-link-fewer", count=len(found), number=str(number)))
    return found[number - 1]


async def _channel(
    interaction: discord.Interaction[Any], name: str, guild: str, channel_id: int
) -> discord.abc.Messageable:
    """Return the channel of a link, if it is one that whoever gives it may read. Raises InputError.

    The bot may read more than they may, so it is their permissions that count.
    """
    if guild not in {"@me", str(interaction.guild_id)}:
        raise InputError(name, say("files-link-other-server"))
    channel = await _found(interaction, name, channel_id)
    if isinstance(channel, discord.DMChannel):
        if guild == "@me" and channel.recipient is not None and channel.recipient.id == interaction.user.id:
            return channel
        raise InputError(name, say("files-link-unseen"))
    if guild == "@me" or not isinstance(channel, _SHOWN) or channel.guild.id != interaction.guild_id:
        raise InputError(name, say("files-link-unseen"))
    if channel.type is discord.ChannelType.private_thread:
        raise InputError(name, say("files-link-private"))
    if not isinstance(interaction.user, discord.Member) or not _may_read(channel, interaction.user):
        raise InputError(name, say("files-link-unseen"))
    return channel


async def _found(interaction: discord.Interaction[Any], name: str, channel_id: int) -> object:
    bot: Familiar = interaction.client
    known = interaction.guild.get_channel_or_thread(channel_id) if interaction.guild else None
    if known:
        return known
    try:
        return await bot.fetch_channel(channel_id)
    except (discord.NotFound, discord.Forbidden, discord.InvalidData):
        raise InputError(name, say("files-link-unseen")) from None


def _may_read(
    channel: discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread, member: discord.Member
) -> bool:
    try:
        may = channel.permissions_for(member)
    except discord.ClientException:
        # A thread whose channel the bot does not see.
        return False
    return may.view_channel and may.read_message_history


def _unknown(bot: Familiar) -> Text:
    hosts = bot.engine.settings.inputs.hosts
    return say("files-link-unknown-hosts", hosts=", ".join(hosts)) if hosts else say("files-link-unknown")


def _filename(path: str) -> str:
    return unquote(path.rpartition("/")[2])[:100] or "picture"
