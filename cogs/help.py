"""/help: what whoever asks can do where they are, from the server's own catalogue."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar, answering
from bot.catalog import Named
from bot.options import shorten
from cogs import _allowed, _here, _words
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]
#: What a tap starts, by the command's name; "workflow add" is a subcommand's.
Mentions = Mapping[str, str]

_PAGE = 10
_DESCRIPTION = 80
_FIELD = 1024
#: Of the three seconds that Discord waits for an answer, what may go to the ids of commands.
_PATIENCE = 1.2
_ON_CARDS = ("again", "edit", "variations", "use", "details", "delete")
#: What the bot has to be allowed on a server that adds it.
_ALLOWED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)


class HelpPage(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"familiar:help:(?P<way>[<>]):(?P<page>\d{1,4})"
):
    """Turns to another page of a server's workflows."""

    def __init__(self, way: str, page: int, voice: Voice, *, disabled: bool = False) -> None:
        label = voice("help-previous" if way == "<" else "help-next")
        super().__init__(discord.ui.Button(label=label, custom_id=f"familiar:help:{way}:{page}", disabled=disabled))
        self.page = page

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> HelpPage:
        return cls(match["way"], int(match["page"]), voice_of(interaction))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            embed, view = await _draw(interaction, self.page)
            await interaction.response.edit_message(embed=embed, view=view)


class Help(commands.Cog):
    """Tells what there is."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(HelpPage)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def help(self, interaction: Interaction) -> None:
        """What you can do here, and how"""
        embed, view = await _draw(interaction, 0)
        await interaction.response.send_message(embed=embed, view=view or discord.utils.MISSING, ephemeral=True)


async def _draw(interaction: Interaction, page: int) -> tuple[discord.Embed, discord.ui.View | None]:
    guild_id = _here.server(interaction)
    if guild_id is None:
        return _elsewhere(interaction, await mentions(interaction.client, None)), None
    bot: Familiar = interaction.client
    names = [named for named in await bot.engine.catalog.names(guild_id) if named.enabled]
    # Side by side: both ask Discord.
    known, allowed = await asyncio.gather(mentions(bot, guild_id), _allowed.permitted(interaction, names))
    pages = max(1, -(-len(allowed) // _PAGE))
    page = min(page, pages - 1)
    voice = voice_of(interaction)
    lines = list(_workflow_lines(interaction, allowed[page * _PAGE : (page + 1) * _PAGE], known))
    if allowed:
        head = [voice("help-intro") + "\n"]
    else:
        head = [await _blocked(interaction, guild_id) or _why_none(interaction, voice, known, has_some=bool(names))]
    if bot.engine.moderation.is_paused(guild_id):
        head.insert(0, voice("help-paused"))
    text = _words.cut([*head, *lines], voice=voice)
    embed = discord.Embed(title=voice("help-title"), description=text, color=_words.BLUE)
    _tell_the_rest(interaction, embed, known)
    if pages > 1:
        embed.set_footer(text=voice("help-pages", page=str(page + 1), pages=str(pages)))
    return embed, _view(page, pages, voice)


def _view(page: int, pages: int, voice: Voice) -> discord.ui.View | None:
    view = discord.ui.View(timeout=None)
    # Presses are dispatched by the buttons' templates, also after a restart.
    view.stop()
    if pages > 1:
        view.add_item(HelpPage("<", max(page - 1, 0), voice, disabled=page == 0))
        view.add_item(HelpPage(">", page + 1, voice, disabled=page == pages - 1))
    return view if view.children else None


def _workflow_lines(interaction: Interaction, names: Sequence[Named], known: Mentions) -> Iterator[str]:
    for named in names:
        # A workflow without a command of its own runs by its name.
        how = _of(known, named.slug) if named.has_command else f"{_of(known, 'run')} `{named.slug}`"
        said = _words.literal(shorten(" ".join(named.description.split()), _DESCRIPTION))
        yield f"{how} · {said}" if said else how


async def _blocked(interaction: Interaction, guild_id: int) -> str:
    """Return what somebody who may run nothing on the server is told when they run something."""
    try:
        await interaction.client.engine.moderation.require_unblocked(guild_id, interaction.user.id)
    except UserError as error:
        return _words.unlinked(voice_of(interaction).tell(error.text))
    return ""


def _why_none(interaction: Interaction, voice: Voice, known: Mentions, *, has_some: bool) -> str:
    if has_some:
        return voice("help-none-allowed")
    if interaction.permissions.manage_guild:
        return voice("help-none-admin", add=_of(known, "workflow add"))
    return voice("help-none")


def _tell_the_rest(interaction: Interaction, embed: discord.Embed, known: Mentions) -> None:
    """Add what there is besides the workflows: the bot's own commands, the buttons on cards, whom to ask."""
    voice = voice_of(interaction)
    named = {name: _of(known, name) for name in ("run", "jobs", "job", "queue", "settings")}
    also = [voice(key, **named) for key in ("help-run", "help-jobs", "help-queue")]
    embed.add_field(name=voice("help-also"), value="\n".join(also), inline=False)
    buttons = {name: voice(f"offers-{name}") for name in _ON_CARDS}
    on_cards = [
        voice("help-cards-text", **buttons),
        voice("help-menus"),
        voice("help-options"),
        f"-# {voice('help-ask')}",
    ]
    if interaction.permissions.manage_guild:
        embed.add_field(name=voice("help-cards"), value="\n".join(on_cards[:-1]), inline=False)
        for name, commands_of_it in _for_admins(interaction.client, known).items():
            embed.add_field(name=voice("help-admins", group=f"/{name}"), value=commands_of_it, inline=False)
    else:
        embed.add_field(name=voice("help-cards"), value="\n".join(on_cards), inline=False)


def _for_admins(bot: Familiar, known: Mentions) -> Mapping[str, str]:
    """Return the admins' commands as the bot has them, by their groups."""
    groups = [command for command in bot.tree.get_commands() if isinstance(command, app_commands.Group)]
    every = {group.name: sorted(one.qualified_name for one in _leaves(group)) for group in groups}
    return {
        name: " ".join(_words.as_many_as_fit([_of(known, one) for one in names], _FIELD))
        for name, names in every.items()
    }


def _leaves(group: app_commands.Group) -> Iterator[app_commands.Command[Any, Any, Any]]:
    for command in group.commands:
        if isinstance(command, app_commands.Group):
            yield from _leaves(command)
        else:
            yield command


def _elsewhere(interaction: Interaction, known: Mentions) -> discord.Embed:
    """Tell what works outside of servers that have the bot."""
    voice = voice_of(interaction)
    named = {name: _of(known, name) for name in ("help", "jobs", "job", "queue", "settings")}
    is_guest = interaction.guild_id is not None
    lines = [voice("help-guest") if is_guest else voice("help-direct", **named), ""]
    lines += [voice(f"help-direct-{name}", **named) for name in ("jobs", "job", "queue", "settings")]
    link = discord.utils.oauth_url(interaction.application_id, permissions=_ALLOWED)
    lines += ["", voice("help-invite", link=link)]
    return discord.Embed(title=voice("help-title-direct"), description="\n".join(lines), color=_words.BLUE)


# Commands that a tap starts


async def mentions(bot: Familiar, guild_id: int | None) -> Mentions:
    """Return what starts each command, of all servers and of one, by name; nothing of what Discord does not tell."""
    scopes = [None] if guild_id is None else [None, discord.Object(guild_id)]
    found = await asyncio.gather(*(_fetched(bot, scope) for scope in scopes))
    return {name: mention for some in found for name, mention in some.items()}


async def _fetched(bot: Familiar, scope: discord.Object | None) -> Mentions:
    try:
        async with asyncio.timeout(_PATIENCE):
            commands = await bot.tree.fetch_commands(guild=scope)
    except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("the ids of commands could not be read: %r", error)
        return {}
    found: dict[str, str] = {}
    for command in commands:
        if command.type is discord.AppCommandType.chat_input:
            found[command.name] = command.mention
            found |= _nested(command.options)
    return found


def _nested(options: Sequence[Any]) -> Mentions:
    groups = [option for option in options if isinstance(option, app_commands.AppCommandGroup)]
    return {one.qualified_name: one.mention for one in groups} | {
        name: mention for group in groups for name, mention in _nested(group.options).items()
    }


def _of(known: Mentions, name: str) -> str:
    return known.get(name) or f"`/{name}`"


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Help(bot))
