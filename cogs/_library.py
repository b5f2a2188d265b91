"""/workflow import, bundled, copy: workflows that come from somewhere else than a file."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Generic, TypeVar

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.audit import Action, Entry
from bot.bot import Familiar
from bot.catalog import NameTaken, Published, TooMany
from bot.drafts import Draft
from bot.jobs import new_id
from bot.options import MAX_CHOICES, free_name, shorten
from cogs import _audit, _find, _sync, _words
from cogs._command import MAX_COMMANDS
from cogs._drafting import propose
from cogs._here import is_manager
from cogs._history import how_to_run
from workflows.errors import BackendError, NotFound, Rejected, UserError
from workflows.models import SavedWorkflow

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

#: Discord waits three seconds for suggestions; an empty list in time is better than a full one too late.
_SUGGEST_SECONDS = 2.5
_LIBRARY_SECONDS = 10.0
_MANAGER_SECONDS = 60.0
#: Whether somebody manages a server costs a call for each server; this many at each letter that is typed.
_SERVERS_ASKED = 8
_MOST_REMEMBERED = 1000
_RACES = 3

#: The workflows that come with Familiar, by file.
_STARTERS = {
    "blur": "Blur: softens a picture, a little or a lot",
    "collage": "Collage: lays one picture over another",
    "edges": "Edges: turns a picture into a line drawing of its edges",
    "enhance": "Enhance: tunes colour, contrast, brightness and sharpness",
    "hue": "Hue: turns the colour wheel under a picture",
    "hue_sheet": "Hue sheet: shows one picture in several colours",
    "resize": "Resize: gives a picture exactly the size you ask for",
    "sharpen": "Sharpen: brings out fine detail",
}
_NOT_THERE = "InvokeAI's library has no such workflow. Please pick one of those that are suggested as you type."
_NO_SERVER = "I know no other server by that name where you have **Manage Server**. Please pick one of the suggested."


K = TypeVar("K")
V = TypeVar("V")


@dataclass
class _Remembered(Generic[K, V]):
    """Answers that are good for some seconds, so that not every letter that somebody types costs a call."""

    seconds: float
    _held: dict[K, tuple[float, V]] = field(default_factory=dict)

    def get(self, key: K) -> V | None:
        until, value = self._held.get(key, (0.0, None))
        return value if time.monotonic() < until else None

    def keep(self, key: K, value: V) -> V:
        if len(self._held) >= _MOST_REMEMBERED:
            self._held.clear()
        self._held[key] = (time.monotonic() + self.seconds, value)
        return value


class Library(commands.Cog):
    """The subcommands of /workflow about workflows from elsewhere; the cog takes them in."""

    def __init__(self) -> None:
        super().__init__()
        self._saved = _Remembered[str, list[SavedWorkflow]](_LIBRARY_SECONDS)
        self._manages = _Remembered[tuple[int, int], bool](_MANAGER_SECONDS)

    @app_commands.command(name="import")
    @app_commands.describe(workflow="A workflow that is saved in InvokeAI; type a part of its name")
    async def import_(self, interaction: Interaction, workflow: str) -> None:
        """Take a workflow from InvokeAI's library and see what command it makes"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        client = interaction.client.engine.pool.first.client
        try:
            document = await client.library_workflow(workflow)
        except (NotFound, Rejected) as error:
            # Where a title was typed in full and nothing was picked, it is as good as the id.
            found = [saved for saved in await client.library(workflow) if saved.name.casefold() == workflow.casefold()]
            if len(found) != 1:
                raise UserError(_NOT_THERE) from error
            document = await client.library_workflow(found[0].id)
        data = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
        await propose(interaction, data, stem="workflow")

    @import_.autocomplete("workflow")
    async def _saved_workflows(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        if not is_manager(interaction):
            return []
        wanted = current.strip().casefold()
        found = self._saved.get(wanted)
        if found is None:
            try:
                async with asyncio.timeout(_SUGGEST_SECONDS):
                    found = await interaction.client.engine.pool.first.client.library(wanted)
            except (BackendError, TimeoutError) as error:
                log.info("the library could not be read: %r", error)
                return []
            self._saved.keep(wanted, found)
        # What people saved comes before what InvokeAI brought along.
        ordered = sorted(found, key=lambda saved: saved.category == "default")
        return [
            app_commands.Choice(name=shorten(_in_a_list(saved), 100), value=saved.id) for saved in ordered[:MAX_CHOICES]
        ]

    @app_commands.command()
    @app_commands.describe(workflow="One of the starters that come with Familiar; they need no model")
    @app_commands.choices(workflow=[app_commands.Choice(name=label, value=key) for key, label in _STARTERS.items()])
    async def bundled(self, interaction: Interaction, workflow: str) -> None:
        """Take one of Familiar's own workflows and see what command it makes"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        if workflow not in _STARTERS:
            raise UserError("Familiar brings no such workflow along. Please pick one of the list.")
        data = (resources.files("workflows") / "bundled" / f"{workflow}.json").read_bytes()
        await propose(interaction, data, stem=workflow)

    @app_commands.command()
    @app_commands.describe(
        name="The workflow's command, as /workflow list shows it",
        server="Another server that I am in and that you manage; type a part of its name",
    )
    @app_commands.autocomplete(name=_find.names(lambda named: True))
    async def copy(self, interaction: Interaction, name: str, server: str) -> None:
        """Publish a workflow on another server that you manage, as it is here"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        bot: Familiar = interaction.client
        published = await _find.published_here(interaction, name)
        guild = await self._managed(interaction, server)
        copied = await _publish_copy(bot, published, guild.id, interaction.user.id)
        await _audit.note(interaction, Action.COPIED, f"/{published.slug}", f"/{copied.slug}")
        there = Entry(guild.id, interaction.user.id, Action.PUBLISHED, f"/{copied.slug}", f"v{copied.version}")
        await bot.engine.audit.note(there)
        # A mention of another server's command would lead nowhere from here.
        how = f"`/{copied.slug}`" if copied.has_command else await how_to_run(bot, copied)
        text = f"✅ {how} is ready for everyone on **{_words.literal(guild.name)}**."
        if copied.slug != published.slug:
            text += f" Its name is another because `{published.slug}` is taken there."
        await interaction.followup.send(text, ephemeral=True)

    @copy.autocomplete("server")
    async def _servers(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        wanted = current.strip().casefold()
        user_id = interaction.user.id
        others = [guild for guild in interaction.client.guilds if guild.id != interaction.guild_id]
        fitting = [guild for guild in others if wanted in guild.name.casefold()]
        unknown = [guild for guild in fitting if self._known(guild, user_id) is None]
        try:
            async with asyncio.timeout(_SUGGEST_SECONDS):
                await asyncio.gather(*(self._ask(guild, user_id) for guild in unknown[:_SERVERS_ASKED]))
        except TimeoutError:
            log.info("user %s: Discord did not tell in time which servers they manage", user_id)
        managed = [guild for guild in fitting if self._known(guild, user_id)]
        return [
            app_commands.Choice(name=shorten(guild.name, 100), value=str(guild.id)) for guild in managed[:MAX_CHOICES]
        ]

    def _known(self, guild: discord.Guild, user_id: int) -> bool | None:
        return True if guild.owner_id == user_id else self._manages.get((guild.id, user_id))

    async def _ask(self, guild: discord.Guild, user_id: int) -> bool:
        """Ask Discord whether somebody manages a server, and remember the answer; without one it is no."""
        try:
            allowed = await manages(guild, user_id)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("server %s did not tell of user %s: %s", guild.id, user_id, error)
            return False
        return self._manages.keep((guild.id, user_id), allowed)

    async def _managed(self, interaction: Interaction, wanted: str) -> discord.Guild:
        """Return the other server that was picked, asking Discord anew. Raises UserError.

        Its text is the same for a server that is not known and for one that somebody else manages: nobody is told
        where else the bot is.
        """
        guild = interaction.client.get_guild(int(wanted)) if wanted.isdecimal() and len(wanted) < 20 else None
        if guild is None or not await manages(guild, interaction.user.id):
            raise UserError(_NO_SERVER)
        if guild.id == interaction.guild_id:
            raise UserError("That is this server. Please pick another one.")
        return guild


async def manages(guild: discord.Guild, user_id: int) -> bool:
    """Return whether somebody has Manage Server, as Discord tells now: the bot keeps no members.

    Raises discord.HTTPException, aiohttp.ClientError.
    """
    if guild.owner_id == user_id:
        return True
    try:
        member = await guild.fetch_member(user_id)
    except (discord.NotFound, discord.Forbidden):
        return False
    return member.guild_permissions.manage_guild


async def _publish_copy(bot: Familiar, published: Published, guild_id: int, user_id: int) -> Published:
    """Publish a workflow's current version on another server, under a name that is free there.

    Raises UserError, and then nothing is there.
    """
    catalog = bot.engine.catalog
    draft = Draft(
        id=new_id(),
        guild_id=guild_id,
        user_id=user_id,
        slug=published.slug,
        name=published.name,
        description=published.description,
        document=await catalog.source(published.workflow_id, published.version),
        inputs=published.inputs,
        edits=await catalog.edits(published.workflow_id, published.version),
        has_command=published.has_command,
    )
    try:
        copied = await _publish_under_a_free_name(bot, draft)
        await _sync.tell(bot, guild_id, copied.slug, lambda: catalog.take_back(copied, None))
    except TooMany:
        raise UserError(f"That server has {MAX_COMMANDS} commands, which is all that Discord allows.") from None
    return copied


async def _publish_under_a_free_name(bot: Familiar, draft: Draft) -> Published:
    own = {command.name for command in bot.tree.get_commands()}
    for attempt in range(_RACES):
        taken = own | {named.slug for named in await bot.engine.catalog.names(draft.guild_id)}
        free = draft.evolve(slug=free_name(draft.slug, taken))
        if free.has_command:
            await _sync.require_creates(bot, free.guild_id, [free.slug])
        try:
            return await bot.engine.catalog.publish(free, MAX_COMMANDS)
        except NameTaken:
            # Somebody took it since the look at the names.
            if attempt == _RACES - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


def _in_a_list(saved: SavedWorkflow) -> str:
    came_along = " (came with InvokeAI)" if saved.category == "default" else ""
    described = f": {saved.description}" if saved.description else ""
    return f"{saved.name}{came_along}{described}"
