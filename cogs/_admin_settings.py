"""/admin settings: what a server's admins choose for all of it."""

from __future__ import annotations

from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.audit import Action
from bot.bot import Familiar
from bot.preferences import GuildChoices
from cogs import _words
from cogs._audit import note
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]
#: Wherever people can write; that of a thread is its own.
Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel | discord.Thread

_LANGUAGES = {"English": "en", "Deutsch": "de"}
_NEEDED = {"view_channel": "View Channel", "send_messages": "Send Messages", "embed_links": "Embed Links"}
_MOST_SPOILER_CHANNELS = 50


class Choosing(commands.Cog):
    """The subcommand of /admin that sets choices; the cog takes it in."""

    bot: Familiar

    @app_commands.command()
    @app_commands.describe(
        previews="Whether cards show the picture while it is made",
        names_in_queue="Whether everybody sees in /queue whose jobs wait",
        audit_channel="Where to tell what admins do",
        audit_off="Tell it nowhere any more; /admin audit has it all the same",
        language="In which language cards speak here; auto: as Discord says of this server",
        spoiler_add="A channel where results are covered until somebody clicks on them",
        spoiler_remove="A channel where results are covered no more",
    )
    async def settings(  # noqa: PLR0913, PLR0917  each is an option
        self,
        interaction: Interaction,
        previews: bool | None = None,
        names_in_queue: bool | None = None,
        audit_channel: discord.TextChannel | None = None,
        audit_off: bool = False,
        language: Literal["auto", "English", "Deutsch"] | None = None,
        spoiler_add: Channel | None = None,
        spoiler_remove: Channel | None = None,
    ) -> None:
        """See what this server's admins chose for all of it, or change it"""
        voice, preferences = voice_of(interaction), self.bot.engine.preferences
        guild_id = interaction.guild_id or 0
        if audit_channel and audit_off:
            raise UserError(say("admin-settings-contradiction"))
        chosen: dict[str, Any] = {"previews": previews, "names_in_queue": names_in_queue}
        chosen = {name: value for name, value in chosen.items() if value is not None}
        if language:
            chosen["language"] = _LANGUAGES.get(language)
        if audit_channel:
            _require_writable(audit_channel)
        if audit_channel or audit_off:
            chosen |= {"audit_channel": audit_channel.id if audit_channel else None, "lost_audit_channel": None}
        # Of two admins at a time, one would undo the other.
        async with self.bot.drafting(f"choices {guild_id}"):
            before = await preferences.of_guild(guild_id)
            if spoiler_add or spoiler_remove:
                chosen["spoiler_channels"] = _spoilers(before, spoiler_add, spoiler_remove)
            choices = await preferences.change_guild(guild_id, **chosen) if chosen else before
        if chosen:
            await note(interaction, Action.CHOICES, detail=_detail(interaction))
        embed = _settings_embed(choices, voice, is_changed=bool(chosen))
        await interaction.response.send_message(embed=embed, ephemeral=True)


def _require_writable(channel: discord.TextChannel) -> None:
    """Raise UserError, naming what is missing, unless the bot may write embeds in a channel."""
    held = channel.permissions_for(channel.guild.me)
    missing = [words for name, words in _NEEDED.items() if not getattr(held, name)]
    if missing:
        needed = ", ".join(f"**{words}**" for words in missing)
        raise UserError(say("admin-settings-cannot-write", channel=channel.mention, needed=needed))


def _spoilers(before: GuildChoices, add: Channel | None, remove: Channel | None) -> tuple[int, ...]:
    """Return the channels where results are covered from now on. Raises UserError."""
    if remove and remove.id not in before.spoiler_channels:
        raise UserError(say("admin-settings-no-spoiler-channel", channel=remove.mention))
    gone = {remove.id} if remove else set[int]()
    kept = [channel_id for channel_id in before.spoiler_channels if channel_id not in gone]
    found = (*kept, add.id) if add and add.id not in kept else tuple(kept)
    if len(found) > _MOST_SPOILER_CHANNELS:
        raise UserError(say("admin-settings-too-many", most=_MOST_SPOILER_CHANNELS))
    return found


def _detail(interaction: Interaction) -> str:
    """Return what was chosen, by the options' own names."""
    given = {name: value for name, value in vars(interaction.namespace).items() if value is not None}
    return ", ".join(f"{name}: {getattr(value, 'mention', value)}" for name, value in given.items())


def _settings_embed(choices: GuildChoices, voice: Voice, *, is_changed: bool) -> discord.Embed:
    channel, spoilers = choices.audit_channel, choices.spoiler_channels
    names = {code: name for name, code in _LANGUAGES.items()}
    language = choices.language or "auto"
    lines = [
        voice("admin-settings-previews", on=_on(choices.previews)),
        voice("admin-settings-names", on=_on(choices.names_in_queue)),
        voice("admin-settings-language", language=language, name=names.get(language, language)),
        voice("admin-settings-audit", channel=f"<#{channel}>") if channel else voice("admin-settings-no-audit"),
    ]
    if choices.lost_audit_channel:
        lines.append(voice("admin-status-no-audit-channel", channel=f"<#{choices.lost_audit_channel}>"))
    if spoilers:
        listed = ", ".join(f"<#{channel_id}>" for channel_id in spoilers)
        lines.append(voice("admin-settings-spoilers", channels=listed))
    else:
        lines.append(voice("admin-settings-no-spoilers"))
    embed = discord.Embed(title=voice("admin-settings-title"), description="\n".join(lines), color=_words.BLUE)
    return embed.set_footer(text=voice("admin-settings-changed") if is_changed else voice("admin-settings-hint"))


def _on(value: bool) -> str:
    return "yes" if value else "no"
