"""/admin pause, resume, block, unblock, blocked: whose jobs get turns, and who may have any."""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.audit import Action
from bot.bot import Familiar
from bot.moderation import Block
from bot.options import MAX_CHOICES, shorten
from cogs import _words
from cogs._admin_cancel import cancel_all
from cogs._admin_names import Names
from cogs._admin_words import cut, literal, person
from cogs._audit import note
from cogs._here import is_manager
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]
Reason = app_commands.Range[str, 1, 200]

_LIST = 3900
#: Discord waits three seconds for suggestions.
_NAMES_SECONDS = 1.5


class Pausing(commands.Cog):
    """The subcommands of /admin that hold back jobs or members; the cog takes them in."""

    bot: Familiar
    names: Names

    @app_commands.command()
    @app_commands.describe(reason="Why; it is shown in /admin status")
    async def pause(self, interaction: Interaction, reason: Reason | None = None) -> None:
        """Let none of this server's jobs begin until you say so; what runs now is finished first"""
        guild_id, engine, voice = interaction.guild_id or 0, self.bot.engine, voice_of(interaction)
        is_new = await engine.moderation.pause(guild_id, interaction.user.id, reason or "")
        await note(interaction, Action.PAUSED, detail=reason or "")
        told = voice("admin-paused", waiting=await self._waiting(guild_id)) if is_new else voice("admin-paused-anew")
        await interaction.response.send_message(told, ephemeral=True)

    @app_commands.command()
    async def resume(self, interaction: Interaction) -> None:
        """Let this server's jobs begin again"""
        guild_id, engine, voice = interaction.guild_id or 0, self.bot.engine, voice_of(interaction)
        # Counted before the turns are handed out.
        waiting = await self._waiting(guild_id)
        if not await engine.moderation.resume(guild_id):
            raise UserError(say("admin-was-not-paused"))
        await note(interaction, Action.RESUMED)
        await interaction.response.send_message(voice("admin-resumed", waiting=waiting), ephemeral=True)

    async def _waiting(self, guild_id: int) -> int:
        return sum(busy.waiting for busy in (await self.bot.engine.usage.busy(guild_id)).values())

    @app_commands.command()
    @app_commands.describe(
        member="Who shall run nothing here any more",
        reason="Why; the member is told so",
        cancel="Whether their unfinished jobs here are cancelled, too; they are if you say nothing",
    )
    async def block(
        self, interaction: Interaction, member: discord.User, reason: Reason | None = None, cancel: bool = True
    ) -> None:
        """Keep a member from running anything on this server"""
        guild_id, engine, voice = interaction.guild_id or 0, self.bot.engine, voice_of(interaction)
        _require_blockable(interaction, member)
        await interaction.response.defer(ephemeral=True, thinking=True)
        is_new = await engine.moderation.block(guild_id, member.id, interaction.user.id, reason or "")
        cancelled = 0
        if cancel:
            # Afterwards: what came in a moment before is among them.
            cancelled = await cancel_all(engine, await engine.usage.unfinished(guild_id, member.id))
        await note(interaction, Action.BLOCKED, member.mention, reason or "")
        if is_new:
            told = voice("admin-blocked", who=member.mention, cancelled=cancelled)
        else:
            told = voice("admin-blocked-anew", who=member.mention, cancelled=cancelled)
        await interaction.followup.send(told, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(member="Who may run things here again; those who are blocked appear as you type")
    async def unblock(self, interaction: Interaction, member: str) -> None:
        """Let a member run things on this server again"""
        voice, user_id = voice_of(interaction), _user_id(member)
        if not (user_id and await self.bot.engine.moderation.unblock(interaction.guild_id or 0, user_id)):
            raise UserError(say("admin-not-blocked"))
        await note(interaction, Action.UNBLOCKED, f"<@{user_id}>")
        await interaction.response.send_message(voice("admin-unblocked", who=f"<@{user_id}>"), ephemeral=True)

    @unblock.autocomplete("member")
    async def _blocked_members(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        if interaction.guild is None or not is_manager(interaction):
            return []
        blocks = await self.bot.engine.moderation.blocked(interaction.guild.id)
        ids = [block.user_id for block in blocks]
        names = await self.names.of(interaction.guild, ids[:MAX_CHOICES], _NAMES_SECONDS)
        wanted = current.strip().casefold()
        shown = [(user_id, f"{names.get(user_id, '?')} ({user_id})") for user_id in ids]
        found = [
            app_commands.Choice(name=shorten(name, 100), value=str(user_id))
            for user_id, name in shown
            if wanted in name.casefold()
        ]
        return found[:MAX_CHOICES]

    @app_commands.command()
    async def blocked(self, interaction: Interaction) -> None:
        """See who may run nothing on this server, since when, and why"""
        voice = voice_of(interaction)
        blocks = await self.bot.engine.moderation.blocked(interaction.guild_id or 0)
        text = cut(voice, [_line(block, voice) for block in blocks], _LIST) or voice("admin-nobody-blocked")
        embed = discord.Embed(title=voice("admin-blocked-title"), description=text, color=_words.BLUE)
        await interaction.response.send_message(embed=embed, ephemeral=True)


def _require_blockable(interaction: Interaction, member: discord.User | discord.Member) -> None:
    """Raise UserError for whom nobody can block: oneself, other admins, and bots."""
    if member.id == interaction.user.id:
        raise UserError(say("admin-block-yourself"))
    if member.bot:
        raise UserError(say("admin-block-bot", who=member.mention))
    if isinstance(member, discord.Member):
        # Discord tells what a member who was picked may do; the roles alone say nothing of a server's owner.
        held = member.resolved_permissions or member.guild_permissions
        if held.manage_guild or member.guild_permissions.manage_guild:
            raise UserError(say("admin-block-manager", who=member.mention))


def _user_id(typed: str) -> int | None:
    """Return the id that was picked, or typed as an id or as a mention."""
    found = re.fullmatch(r"(?:<@!?)?(\d{1,19})>?", typed.strip())
    # SQLite's integers end there.
    return int(found[1]) if found and int(found[1]) < 2**63 else None


def _line(block: Block, voice: Voice) -> str:
    when = discord.utils.format_dt(block.blocked_at, "R")
    line = voice("admin-blocked-line", who=person(block.user_id), when=when, by=person(block.blocked_by))
    return f"{line}\n-# {literal(block.reason)}" if block.reason else line
