"""/admin status, backend, limits, and what `_admin_*` add: how the service is doing, and what admins set and stop."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.audit import Action
from bot.bot import Familiar
from bot.options import MAX_CHOICES
from bot.roles import RoleCap
from cogs import _limits, _status
from cogs._admin_audit import AuditButton, Auditing
from cogs._admin_cancel import CancelAllButton, Cancelling
from cogs._admin_names import Names
from cogs._admin_pause import Pausing
from cogs._admin_settings import Choosing
from cogs._admin_usage import Using
from cogs._audit import AuditChannel, note
from cogs._here import is_manager
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]


@app_commands.guild_only()
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.default_permissions(manage_guild=True)
class Admin(
    Pausing,
    Cancelling,
    Using,
    Auditing,
    Choosing,
    commands.GroupCog,
    group_name="admin",
    group_description="See how Familiar is doing, set limits, and stop what goes wrong",
):
    """Tells admins what goes on, and lets them set what members may have and stop what they do."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        self.names = Names()
        self.drawing = asyncio.Lock()
        self.channel = AuditChannel(bot)
        super().__init__()

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(AuditButton, CancelAllButton)
        await self.channel.open()

    async def cog_unload(self) -> None:
        await self.channel.close()

    async def interaction_check(self, interaction: Interaction) -> bool:
        # An error of our own would pass by the library here, and the command would stay without an answer.
        if not interaction.permissions.manage_guild:
            raise app_commands.MissingPermissions(["manage_guild"])
        return True

    @app_commands.command()
    async def status(self, interaction: Interaction) -> None:
        """See the backends, what runs on this server, and what is still to be deleted"""
        embed = await _status.embed(self.bot.engine, interaction.guild_id or 0, voice_of(interaction))
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
            raise UserError(say("admin-backend-owner"))
        pool = self.bot.engine.pool
        await (pool.drain(name, interaction.user.id) if action == "drain" else pool.give_back(name))
        await note(interaction, Action.BACKEND, name, action)
        told = await _status.told_of(self.bot.engine, name, voice_of(interaction))
        await interaction.followup.send(told, ephemeral=True)

    @backend.autocomplete("name")
    async def _backends(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        if not is_manager(interaction):
            return []
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
            raise UserError(say("admin-limits-which-role"))
        elif clear:
            await self._forget_gone(interaction)
        caps, shown = await engine.roles.of_guild(guild_id), [role.id] if role else []
        voice = voice_of(interaction)
        name = functools.partial(_role_name, voice, interaction.guild)
        embed = _limits.limits_embed(voice, engine.settings.limits, guild_id, caps, name, shown)
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
            told = [*(["clear"] if clear else []), *(f"{name} {value:g}" for name, value in given.items())]
            await note(interaction, Action.LIMITS, role.mention, ", ".join(told))

    async def _forget_gone(self, interaction: Interaction) -> None:
        """Forget the limits of the roles that were deleted."""
        guild = interaction.guild
        if guild is None or guild.get_role(guild.id) is None:
            # Without its own role its others are not known either, and would all seem to be gone.
            return
        caps = await self.bot.engine.roles.of_guild(guild.id)
        gone = [cap.role_id for cap in caps if guild.get_role(cap.role_id) is None]
        await self.bot.engine.roles.forget(guild.id, gone)
        if gone:
            await note(interaction, Action.LIMITS, detail="clear")


def _role_name(voice: Voice, guild: discord.Guild | None, role_id: int) -> str:
    """Return what shows a role's name; a mention in an embed pings nobody."""
    if guild is None or guild.get_role(role_id):
        is_everyone = guild is not None and role_id == guild.id
        return voice("admin-limits-everyone") if is_everyone else f"<@&{role_id}>"
    return voice("admin-limits-deleted-role", role=str(role_id))


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Admin(bot))
