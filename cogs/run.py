"""The published commands of every server."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
import discord
from discord.ext import commands

from bot.bot import Familiar
from cogs import _sync

log = logging.getLogger(__name__)


class Run(commands.Cog):
    """Runs what the admins published."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        self._telling: asyncio.Task[Any] | None = None

    async def cog_unload(self) -> None:
        # What is still being told would be written down in a database that is about to be closed.
        if self._telling:
            self._telling.cancel()
            await asyncio.wait({self._telling})

    async def cog_load(self) -> None:
        catalog = self.bot.engine.catalog
        # Here, where nobody can be about to run what was removed.
        if dropped := await catalog.drop_unused():
            log.info("dropped %s versions of workflows that were removed", dropped)
        for guild_id in await catalog.guilds():
            try:
                await _sync.build_guild(self.bot, guild_id)
            except Exception:
                # One server's workflows shall not keep the bot from all the others.
                log.exception("the commands of server %s could not be built", guild_id)

    @commands.Cog.listener()
    async def on_commands_loaded(self) -> None:
        """Tell Discord what changed while the bot was away."""
        self._telling = asyncio.current_task()
        await self._send(None)
        for guild_id in await self.bot.engine.catalog.guilds():
            await self._send(guild_id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Give a server that took the bot back its commands again."""
        if guild.id not in await self.bot.engine.catalog.guilds():
            return
        await self.bot.engine.sent.forget(str(guild.id))
        await self._send(guild.id)

    async def _send(self, guild_id: int | None) -> None:
        try:
            if guild_id is None:
                await _sync.send(self.bot)
            else:
                await _sync.refresh_guild(self.bot, guild_id)
        except discord.Forbidden:
            log.info("server %s has removed the bot, or never gave it the scope for commands", guild_id)
        except (discord.HTTPException, aiohttp.ClientError):
            log.exception("the commands of %s were not accepted", guild_id or "all servers")
        except Exception:
            log.exception("the commands of %s could not be built", guild_id or "all servers")


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Run(bot))
