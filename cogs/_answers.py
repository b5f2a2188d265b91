"""Answers that take longer than Discord waits, and answers that only whoever asks shall see."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import discord

Interaction = discord.Interaction[Any]

#: What the library raises where Discord refuses, or where its answer is lost on the way.
NO_ANSWER = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError)


@contextlib.asynccontextmanager
async def thinking(interaction: Interaction, *, private: bool) -> AsyncGenerator[None]:
    """Let whoever asked wait for what the block answers; what goes wrong in it is nobody else's to see."""
    if not interaction.response.is_done():
        await interaction.response.defer(thinking=True, ephemeral=private)
    try:
        yield
    except Exception:
        await _stop_thinking(interaction)
        raise


async def privately(interaction: Interaction, **message: Any) -> None:
    """Answer for whoever asked alone, also where the answer was to be public until now."""
    if interaction.response.is_done():
        await _stop_thinking(interaction)
        await interaction.followup.send(ephemeral=True, **message)
    else:
        await interaction.response.send_message(ephemeral=True, **message)


def is_thinking(interaction: Interaction) -> bool:
    """Tell whether Discord was told that the answer comes later."""
    return interaction.response.type is discord.InteractionResponseType.deferred_channel_message


def is_update(interaction: Interaction) -> bool:
    """Tell whether the answer was to change the message that was pressed: it is no message of its own then."""
    return interaction.response.type is discord.InteractionResponseType.message_update


async def _stop_thinking(interaction: Interaction) -> None:
    # The first message that follows would take its place, and be as public as that.
    if is_thinking(interaction):
        with contextlib.suppress(*NO_ANSWER):
            await interaction.delete_original_response()
