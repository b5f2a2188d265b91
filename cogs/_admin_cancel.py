"""/admin cancel: one job, all of a member, or, asked once more, all of the server."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.audit import Action
from bot.bot import Familiar, answering
from bot.engine import Engine
from bot.jobs import Cap, Job
from bot.options import MAX_CHOICES, shorten
from cogs._admin_names import Names
from cogs._audit import note
from cogs._here import is_manager
from cogs._publish import require_manager, view_of
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]

#: Discord waits three seconds for suggestions.
_NAMES_SECONDS = 1.5
#: What is looked through for what was typed.
_LOOKED_THROUGH = 200


class Cancelling(commands.Cog):
    """The subcommand of /admin that cancels; the cog takes it in."""

    bot: Familiar
    names: Names

    @app_commands.command()
    @app_commands.describe(
        job="One job of this server; what is unfinished appears as you type",
        member="All unfinished jobs of a member on this server",
        everything="All unfinished jobs of this server; you are asked once more",
    )
    async def cancel(
        self,
        interaction: Interaction,
        job: app_commands.Range[str, 1, 100] | None = None,
        member: discord.User | None = None,
        everything: bool = False,
    ) -> None:
        """Cancel jobs of this server, whoever asked for them"""
        if sum((job is not None, member is not None, everything)) != 1:
            raise UserError(say("admin-cancel-what"))
        guild_id, voice, engine = interaction.guild_id or 0, voice_of(interaction), self.bot.engine
        if everything:
            count = len(await engine.usage.unfinished(guild_id))
            if not count:
                raise UserError(say("admin-cancel-nothing"))
            view = view_of([[CancelAllButton("yes", voice), CancelAllButton("no", voice)]])
            await interaction.response.send_message(voice("admin-cancel-sure", count=count), view=view, ephemeral=True)
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        ids = [(await self._job(guild_id, job)).id] if job else await engine.usage.unfinished(guild_id, _id(member))
        count = await cancel_all(engine, ids)
        if not count:
            raise UserError(say("admin-cancel-nothing"))
        who = member.mention if member else ""
        told = voice("admin-cancel-of", count=count, who=who) if who else voice("admin-cancel-told", count=count)
        await note(interaction, Action.CANCELLED, ids[0] if job else who, "" if job else str(count))
        await interaction.followup.send(_told(engine, told, voice), ephemeral=True)

    async def _job(self, guild_id: int, typed: str) -> Job:
        """Return an unfinished job of this server by its id. Raises UserError."""
        wanted = typed.strip().strip("`").removeprefix("job ").lower()
        found = await self.bot.engine.store.get(wanted)
        if found is None or found.guild_id != guild_id or found.outcome is not None:
            raise UserError(say("admin-cancel-no-job", job=shorten(wanted.replace("`", ""), 40)))
        return found

    @cancel.autocomplete("job")
    async def _unfinished(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        guild = interaction.guild
        if guild is None or not is_manager(interaction):
            return []
        jobs = await self.bot.engine.usage.under_way(Cap.GUILD, guild.id, _LOOKED_THROUGH)
        members = list(dict.fromkeys(job.user_id for job in jobs))[:MAX_CHOICES]
        names = await self.names.of(guild, members, _NAMES_SECONDS)
        wanted = current.strip().casefold()
        told = [
            (job, f"{shorten(job.title, 45)} · {shorten(names.get(job.user_id, '?'), 30)} · {job.id}") for job in jobs
        ]
        found = [(job, name) for job, name in told if wanted in name.casefold()]
        return [app_commands.Choice(name=shorten(name, 100), value=job.id) for job, name in found[:MAX_CHOICES]]


class CancelAllButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"familiar:cancelall:(?P<choice>yes|no)"
):
    """Cancels all unfinished jobs of the server, or leaves them."""

    def __init__(self, choice: str, voice: Voice = Voice()) -> None:  # noqa: B008 - it holds nothing that changes
        is_yes = choice == "yes"
        style = discord.ButtonStyle.danger if is_yes else discord.ButtonStyle.secondary
        label = voice("admin-cancel-yes") if is_yes else voice("admin-cancel-no")
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"familiar:cancelall:{choice}"))
        self.choice = choice

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> CancelAllButton:
        return cls(match["choice"])

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            require_manager(interaction)
            await interaction.response.defer()
            text = await self._act(interaction)
            await interaction.edit_original_response(content=text, view=None)

    async def _act(self, interaction: Interaction) -> str:
        bot: Familiar = interaction.client
        voice = voice_of(interaction)
        if self.choice == "no":
            return voice("admin-cancel-kept")
        count = await cancel_all(bot.engine, await bot.engine.usage.unfinished(interaction.guild_id or 0))
        if not count:
            return voice("admin-cancel-nothing")
        await note(interaction, Action.CANCELLED, detail=str(count))
        return _told(bot.engine, voice("admin-cancel-told", count=count), voice)


async def cancel_all(engine: Engine, job_ids: Iterable[str]) -> int:
    """Cancel jobs, each in whatever state it is; return how many were not over yet."""
    return sum([await engine.runner.cancel(job_id) for job_id in job_ids])


def _told(engine: Engine, told: str, voice: Voice) -> str:
    return f"{told} {voice('admin-cancel-restarting')}" if engine.runner.stopping else told


def _id(member: discord.User | discord.Member | None) -> int | None:
    return member.id if member else None
