"""In which language to say something in Discord: to whoever asks, or on a card that a whole server reads. Pure."""

from __future__ import annotations

from typing import Any

import discord

from bot.jobs import Job
from bot.preferences import GuildChoices
from workflows.texts import Voice, language_of


def voice_of(interaction: discord.Interaction[Any]) -> Voice:
    """Return the voice for an answer that only whoever asks can see: their client's language."""
    return Voice(language_of(interaction.locale))


def card_language(interaction: discord.Interaction[Any], choices: GuildChoices, *, is_private: bool) -> str:
    """Return in which language a new card speaks: its reader's, or the server's, which its admins may have chosen."""
    if is_private or interaction.guild_id is None:
        return language_of(interaction.locale)
    return choices.language or language_of(interaction.guild_locale)


def voice_for(job: Job) -> Voice:
    return Voice(job.language)
