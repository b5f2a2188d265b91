"""Published workflows by the names that people type: found, and suggested."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import discord
from discord import app_commands

from bot.bot import Familiar
from bot.catalog import Named, Published
from bot.options import MAX_CHOICES, shorten
from cogs._here import is_manager
from workflows.errors import UserError
from workflows.texts import say

Interaction = discord.Interaction[Any]
Choices = list[app_commands.Choice[str]]


async def published_here(interaction: Interaction, name: str) -> Published:
    """Return one of the server's workflows by its command's name. Raises UserError where there is none."""
    bot: Familiar = interaction.client
    wanted = name.strip().removeprefix("/").lower()
    published = await bot.engine.catalog.find(interaction.guild_id or 0, wanted)
    if published is None:
        shown = shorten(name, 40).replace("`", "")
        raise UserError(say("shared-no-such-workflow", typed=shown))
    return published


def names(fits: Callable[[Named], bool]) -> Callable[[Interaction, str], Coroutine[Any, Any, Choices]]:
    """Return what suggests those of the server's workflows that fit, to who manages it."""

    async def suggest(interaction: Interaction, current: str) -> Choices:
        bot: Familiar = interaction.client
        if not is_manager(interaction):
            return []
        wanted = current.strip().removeprefix("/").lower()
        every = await bot.engine.catalog.names(interaction.guild_id or 0)
        found = [named.slug for named in every if fits(named) and wanted in named.slug]
        return [app_commands.Choice(name=slug, value=slug) for slug in found[:MAX_CHOICES]]

    return suggest
