"""/admin status, backend, limits: how the service is doing, and what the members of a role may have."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar
from bot.options import MAX_CHOICES
from bot.roles import RoleCap
from cogs import _limits, _status
from workflows.errors import UserError

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Admin(commands.GroupCog, group_name="admin", group_description="See how Familiar is doing, and set limits"):
    """Tells admins what goes on, and lets them set what the members of a role may have."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        super().__init__()

    async def interaction_check(self, interaction: Interaction) -> bool:
        # An error of our own would pass by the library here, and the command would stay without an answer.
        if not interaction.permissions.manage_guild:
            raise app_commands.MissingPermissions(["manage_guild"])
        return True

    @app_commands.command()
    async def status(self, interaction: Interaction) -> None:
        """See the backends, what runs on this server, and what is still to be deleted"""
        embed = await _status.embed(self.bot.engine, interaction.guild_id or 0)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(
        name="The backend, as /admin status shows it",
        action="drain: it ends what it has, and gets nothing new. give back: it takes jobs again",
    )
    async def backend(self, interaction: Interaction, name: str, action: Literal["drain", "give back"]) -> None:
        """Take a backend out of service, or put it back (for whoever runs this bot)"""
        # To ask Discord who runs the bot may take long, and so may the lock on the backends.
        await interaction.response.defer(ephemeral=True, thinking=True)
        if not await self.bot.is_owner(interaction.user):
            raise UserError(
                "All servers share the backends, so only whoever runs this bot can do that. Please ask them."
            )
        pool = self.bot.engine.pool
        await (pool.drain(name, interaction.user.id) if action == "drain" else pool.give_back(name))
        told = await _status.told_of(self.bot.engine, name)
        await interaction.followup.send(told, ephemeral=True)

    @backend.autocomplete("name")
    async def _backends(self, _: Interaction, current: str) -> list[app_commands.Choice[str]]:
        wanted = current.strip().lower()
        # A name may be longer than a choice.
        names = [one.name for one in self.bot.engine.pool if wanted in one.name.lower() and len(one.name) <= 100]
        return [app_commands.Choice(name=name, value=name) for name in names[:MAX_CHOICES]]

    @app_commands.command()
    @app_commands.describe(
        role="Whose limits to set; @everyone too. Left out, you see all of them",
        weight="How many turns its members have where others have one",
        running="How many jobs one member may have running at a time",
        waiting="How many unfinished jobs one member may have, running ones too",
        daily_minutes="How many minutes of InvokeAI's time one member may use in 24 hours",
        clear="Forget what was set before: for the role, or, without one, for roles that were deleted",
    )
    async def limits(
        self,
        interaction: Interaction,
        role: discord.Role | None = None,
        weight: app_commands.Range[float, 0.25, 4.0] | None = None,
        running: app_commands.Range[int, 1, 25] | None = None,
        waiting: app_commands.Range[int, 1, 25] | None = None,
        daily_minutes: app_commands.Range[float, 1.0, 10080.0] | None = None,
        clear: bool = False,
    ) -> None:
        """See what members may have, or set it for those of a role"""
        values = {
            "weight": weight,
            "running": running,
            "waiting": waiting,
            "daily_seconds": None if daily_minutes is None else daily_minutes * 60,
        }
        given = {name: value for name, value in values.items() if value is not None}
        guild_id, engine = interaction.guild_id or 0, self.bot.engine
        if role:
            await self._set(interaction, role, given, clear=clear)
        elif given:
            raise UserError("Please say for which **role** that is to be; `@everyone` is one, too.")
        elif clear:
            await self._forget_gone(interaction.guild)
        caps, shown = await engine.roles.of_guild(guild_id), [role.id] if role else []
        name = functools.partial(_role_name, interaction.guild)
        embed = _limits.limits_embed(engine.settings.limits, guild_id, caps, name, shown)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    async def _set(
        self, interaction: Interaction, role: discord.Role, given: Mapping[str, Any], *, clear: bool
    ) -> None:
        roles, guild_id = self.bot.engine.roles, interaction.guild_id or 0
        if clear:
            await roles.forget(guild_id, [role.id])
        if given:
            await roles.change(guild_id, RoleCap(role.id, **given))
        if clear or given:
            log.info("limits of role %s in server %s set by user %s", role.id, guild_id, interaction.user.id)

    async def _forget_gone(self, guild: discord.Guild | None) -> None:
        """Forget the limits of the roles that were deleted."""
        if guild is None or guild.get_role(guild.id) is None:
            # Without its own role its others are not known either, and would all seem to be gone.
            return
        caps = await self.bot.engine.roles.of_guild(guild.id)
        await self.bot.engine.roles.forget(guild.id, [c.role_id for c in caps if guild.get_role(c.role_id) is None])


def _role_name(guild: discord.Guild | None, role_id: int) -> str:
    """Return what shows a role's name; a mention in an embed pings nobody."""
    if guild is None or guild.get_role(role_id):
        return "Everyone" if guild and role_id == guild.id else f"<@&{role_id}>"
    return f"A deleted role (`{role_id}`)"


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Admin(bot))
