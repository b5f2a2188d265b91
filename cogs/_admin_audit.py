"""/admin audit: who did what, when, newest first. The pages' buttons outlive a restart."""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.audit import Entry
from bot.bot import Familiar, answering
from cogs import _words
from cogs._admin_words import person
from cogs._audit import what
from cogs._publish import require_manager, view_of
from cogs._voice import voice_of
from workflows.texts import Voice

Interaction = discord.Interaction[Any]

_PAGE = 15
_LENGTH = 3900


class Auditing(commands.Cog):
    """The subcommand of /admin that looks back; the cog takes it in."""

    bot: Familiar

    @app_commands.command()
    async def audit(self, interaction: Interaction) -> None:
        """See what admins did on this server: who, what and when"""
        embed, view = await _page(self.bot, interaction, None)
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)


class AuditButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"familiar:audit:(?P<before>\d{1,18})"):
    """Turns to what is older than an entry; before none, to the newest."""

    def __init__(self, before: int, label: str = "…", *, disabled: bool = False) -> None:
        custom_id = f"familiar:audit:{before}"
        super().__init__(discord.ui.Button(label=label, custom_id=custom_id, disabled=disabled))
        self.before = before

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> AuditButton:
        return cls(int(match["before"]))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            require_manager(interaction)
            embed, view = await _page(interaction.client, interaction, self.before or None)
            await interaction.response.edit_message(embed=embed, view=view)


async def _page(bot: Familiar, interaction: Interaction, before: int | None) -> tuple[discord.Embed, discord.ui.View]:
    voice = voice_of(interaction)
    # One more than fits tells whether there is a next page.
    entries = await bot.engine.audit.of_guild(interaction.guild_id or 0, _PAGE + 1, before)
    nothing = voice("admin-audit-none") if before is None else voice("admin-audit-no-more")
    lines = [_line(entry, voice) for entry in entries[:_PAGE]]
    # What is too long for this page begins the next one: nothing is passed over.
    kept = _words.as_many_as_fit(lines, _LENGTH)
    embed = discord.Embed(title=voice("admin-audit-title"), description="\n".join(kept) or nothing, color=_words.BLUE)
    shown = entries[: len(kept)]
    # Two buttons of a message may not have one id: where there is nothing older, its own is the one of this page's end.
    oldest = shown[-1].id if shown else before or 1
    newest = AuditButton(0, voice("admin-audit-newest"))
    older = AuditButton(oldest, voice("admin-audit-older"), disabled=len(shown) == len(entries))
    return embed, view_of([[newest, older]])


def _line(entry: Entry, voice: Voice) -> str:
    when = discord.utils.format_dt(entry.done_at, "f") if entry.done_at else ""
    return voice("admin-audit-line", when=when, who=person(entry.user_id), what=what(entry, voice))
