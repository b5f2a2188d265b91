"""Where somebody asks: on a server that has the bot, in direct messages, or elsewhere by their own installation."""

from __future__ import annotations

from typing import Any

import discord

Interaction = discord.Interaction[Any]


def server(interaction: Interaction) -> int | None:
    """Return the server that somebody asks on; None outside, and where only they brought the bot along."""
    return interaction.guild_id if interaction.is_guild_integration() else None


def is_manager(interaction: Interaction) -> bool:
    """Tell whether whoever asks may manage the server.

    A server may offer admins' commands to others, and the library suggests before it checks anything.
    """
    return interaction.permissions.manage_guild


def is_guest(interaction: Interaction) -> bool:
    """Tell whether the bot can answer here and do nothing else: it is no member, and sees no channel."""
    if interaction.guild_id is not None:
        return not interaction.is_guild_integration()
    return interaction.context.private_channel


def server_name(interaction: Interaction, guild_id: int | None) -> str:
    """Return what a server is called; nothing where the bot is not on it any more, and for direct messages."""
    guild = interaction.client.get_guild(guild_id or 0)
    return guild.name if guild else ""
