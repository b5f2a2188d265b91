"""The running bot: the engine with Discord's face on it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

import discord

from bot.bot import Familiar, redirect
from bot.config import TOKEN_VARIABLE, ConfigError, Settings
from bot.engine import open_engine

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def open_service(settings: Settings) -> AsyncGenerator[asyncio.Task[None]]:
    """Connect to Discord and run; the task ends only if Discord lets the bot go for good.

    Closed in reverse: jobs stop first, while their cards can still be reached. Raises ConfigError for a bad token.
    """
    redirect(settings.discord)
    # The bot speaks in no voice channel; there is nothing to warn of.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    async with open_engine(settings) as engine, Familiar(engine) as bot, engine.runner.running():
        try:
            await bot.login(settings.token.get_secret_value())
        except discord.LoginFailure as error:
            raise ConfigError(f"{TOKEN_VARIABLE}: Discord does not know this token. Reset it in the portal.") from error
        connection = asyncio.create_task(bot.connect(), name="gateway")
        try:
            yield connection
        finally:
            connection.cancel()
            with contextlib.suppress(asyncio.CancelledError, discord.DiscordException):
                await connection
