"""The published commands of every server, and /run, which fills in a form for any workflow of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar
from bot.catalog import Named, Published
from bot.options import MAX_CHOICES, shorten
from cogs import _allowed, _sync
from cogs._entering import Wishes
from cogs._form import either, near
from cogs._form_fields import MODAL, MODAL_TO_RUN
from cogs._form_panel import FormButton, open_form, submit
from cogs._here import server
from cogs._variations import HOW_MANY, vary
from workflows.errors import UserError
from workflows.texts import say

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


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
        await _allowed.close(self.bot)

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(FormButton)
        catalog = self.bot.engine.catalog
        # Here, where nobody can be about to run what was removed.
        if dropped := await catalog.drop_unused():
            log.info("dropped %s versions of workflows that were removed", dropped)
        await self.bot.engine.forms.forget_removed()
        for guild_id in await catalog.guilds():
            try:
                await _sync.build_guild(self.bot, guild_id)
            except Exception:
                # One server's workflows shall not keep the bot from all the others.
                log.exception("the commands of server %s could not be built", guild_id)

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.describe(
        workflow="Type a part of its name, or of what it does", private="Whether only you see what it makes"
    )
    async def run(self, interaction: Interaction, workflow: str, private: bool | None = None) -> None:
        """Fill in a form with everything that a workflow asks for, and run it"""
        if server(interaction) is None:
            # Offered all the same, so that somebody is told.
            raise UserError(say("run-needs-server"))
        await open_form(interaction, await self._find(interaction, workflow), wishes=Wishes(private))

    @run.autocomplete("workflow")
    async def _suggest(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        guild_id = server(interaction)
        if guild_id is None:
            return []
        names = await self.bot.engine.catalog.names(guild_id)
        names = await _allowed.permitted(interaction, names)
        return [
            app_commands.Choice(name=shorten(f"{named.slug} · {named.description}", 100), value=named.slug)
            for named in matching(names, current)[:MAX_CHOICES]
        ]

    async def _find(self, interaction: Interaction, typed: str) -> Published:
        """Return the workflow that was meant. Raises UserError, which names those that are alike."""
        catalog, guild_id = self.bot.engine.catalog, interaction.guild_id or 0
        wanted = typed.strip().removeprefix("/").lower()
        if found := await catalog.find(guild_id, wanted):
            return found
        names = [named for named in await catalog.names(guild_id) if named.enabled]
        if not names:
            raise UserError(say("run-none-yet"))
        slugs = [named.slug for named in await _allowed.permitted(interaction, names)]
        shown = shorten(typed, 40).replace("`", "")
        if alike := near(wanted, slugs):
            raise UserError(say("run-unknown-near", typed=shown, alike=either([f"`{slug}`" for slug in alike])))
        raise UserError(say("run-unknown", typed=shown))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Take in what a modal was sent with: the library forgets its own at a restart."""
        custom_id = str((interaction.data or {}).get("custom_id", ""))
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        if custom_id.startswith(MODAL):
            await submit(interaction, custom_id.removeprefix(MODAL))
        elif custom_id.startswith(MODAL_TO_RUN):
            await submit(interaction, custom_id.removeprefix(MODAL_TO_RUN), to_run=True)
        elif custom_id.startswith(HOW_MANY):
            await vary(interaction, custom_id.removeprefix(HOW_MANY))

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

    @commands.Cog.listener()
    async def on_raw_app_command_permissions_update(self, event: discord.RawAppCommandPermissionsUpdateEvent) -> None:
        """Hold to what an admin has just changed on the Integrations page."""
        _allowed.forget(self.bot, event.guild.id)

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


def matching(names: Sequence[Named], typed: str) -> list[Named]:
    """Return the workflows that are switched on and hold every word that was typed, the best ones first."""
    words = typed.casefold().removeprefix("/").split()
    found = [
        named
        for named in names
        if named.enabled and all(word in f"{named.slug} {named.description}".casefold() for word in words)
    ]

    def rank(named: Named) -> tuple[bool, bool]:
        first = words[0] if words else ""
        return not named.slug.startswith(first), not all(word in named.slug for word in words)

    return sorted(found, key=rank)


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Run(bot))
