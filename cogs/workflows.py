"""/workflow add, update, edit, list, show, remove, and what `_history`, `_library`, `_policies` add."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import PurePath
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot import exports
from bot.bot import Familiar
from bot.catalog import Named
from bot.fetch import require_size
from cogs import _broken, _find, _panel_presses, _words
from cogs._drafting import propose
from cogs._history import History
from cogs._library import Library
from cogs._policies import Policies
from cogs._policy_panel import PolicyItem
from cogs._publish import DraftButton, RemoveButton, view_of
from cogs._report import face, report_embed
from workflows import document
from workflows.check import check
from workflows.errors import DocumentError

Interaction = discord.Interaction[Any]

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_FILE = "The .json from InvokeAI's editor (menu, Download Workflow), or a PNG that InvokeAI made with it"
_NAME = "The workflow's name, as /workflow list shows it"


@app_commands.guild_only()
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.default_permissions(manage_guild=True)
class Workflows(
    History,
    Library,
    Policies,
    commands.GroupCog,
    group_name="workflow",
    group_description="Turn InvokeAI workflows into commands",
):
    """Registers what members can run."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        super().__init__()

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(DraftButton, RemoveButton, _panel_presses.PanelItem, PolicyItem)

    async def interaction_check(self, interaction: Interaction) -> bool:
        # An error of our own would pass by the library here, and the command would stay without an answer.
        if not interaction.permissions.manage_guild:
            raise app_commands.MissingPermissions(["manage_guild"])
        return True

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        # Not before: which servers there are is known only now.
        self.bot.engine.fitness.tell_by(partial(_broken.tell, self.bot))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Take in the panel's forms; the library forgets those that were open when the bot restarted."""
        await _panel_presses.on_form(interaction)

    @app_commands.command()
    @app_commands.describe(
        file=_FILE,
        name="The command's name; made from the workflow's own if left out",
        description="What members read beside the command",
        edits="The .familiar.json that /workflow export gave beside the workflow",
    )
    async def add(
        self,
        interaction: Interaction,
        file: discord.Attachment,
        name: app_commands.Range[str, 1, 100] | None = None,
        description: app_commands.Range[str, 1, 100] | None = None,
        edits: discord.Attachment | None = None,
    ) -> None:
        """Upload a workflow and see what command it makes"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        data = await self._read(file)
        known = exports.Companion()
        if edits:
            exports.require_size(edits.size)
            known = exports.read_companion(await _fetched(edits))
        await propose(
            interaction,
            data,
            stem=PurePath(file.filename).stem,
            name=name,
            proposed=known.name,
            description=description or known.description or None,
            edits=known.edits,
        )

    @app_commands.command()
    @app_commands.describe(name=_NAME, file=_FILE)
    @app_commands.autocomplete(name=_find.names(lambda named: True))
    async def update(self, interaction: Interaction, name: str, file: discord.Attachment) -> None:
        """Upload a new version of a workflow; your changes to its inputs are kept"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        published = await _find.published_here(interaction, name)
        data = await self._read(file)
        edits = await self.bot.engine.catalog.edits(published.workflow_id, published.version)
        await propose(interaction, data, stem=published.slug, edits=edits, replaces=published)

    @app_commands.command()
    @app_commands.describe(name=_NAME)
    @app_commands.autocomplete(name=_find.names(lambda named: True))
    async def edit(self, interaction: Interaction, name: str) -> None:
        """Change what a workflow asks for, what it posts, and what it is called"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        published = await _find.published_here(interaction, name)
        catalog = self.bot.engine.catalog
        data = await catalog.source(published.workflow_id, published.version)
        edits = await catalog.edits(published.workflow_id, published.version)
        await propose(interaction, data, stem=published.slug, edits=edits, replaces=published)

    @app_commands.command(name="list")
    async def list_(self, interaction: Interaction) -> None:
        """See the workflows of this server"""
        names = await self.bot.engine.catalog.names(interaction.guild_id or 0)
        broken = await self.bot.engine.fitness.broken(interaction.guild_id or 0)
        lines = [
            f"`/{named.slug}` {_words.literal(named.description)}{_marks(named)}{_broken.mark(broken.get(named.slug))}"
            for named in names
        ]
        text = _words.cut(lines) or "There is none yet. Publish the first one with `/workflow add`."
        embed = discord.Embed(title="Workflows", description=text, color=_words.BLUE)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(name=_NAME)
    @app_commands.autocomplete(name=_find.names(lambda named: True))
    async def show(self, interaction: Interaction, name: str) -> None:
        """See a workflow's command, its outputs, and whether its nodes and models are there"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        published = await _find.published_here(interaction, name)
        recipe = await self.bot.engine.catalog.version(published.workflow_id, published.version)
        backend = self.bot.engine.pool.first
        schemas = await backend.fresh_schemas()
        paid = self.bot.engine.settings.limits.paid_providers
        report = await asyncio.to_thread(check, recipe.document, schemas, backend.models, recipe.edits, paid)
        shown = face(published.slug, published.description, recipe.inputs, has_command=published.has_command)
        if not published.enabled:
            shown = shown.telling("It is switched off: `/workflow enable` brings it back")
        shown = shown.telling(*await _broken.notes(self.bot, published))
        shown = shown.ending(f"version {published.version}")
        embed = report_embed(shown, report, "Cannot run at the moment")
        await interaction.followup.send(embed=embed, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(name="The command to take away; you are asked once more")
    @app_commands.autocomplete(name=_find.names(lambda named: True))
    async def remove(self, interaction: Interaction, name: str) -> None:
        """Take a workflow's command away"""
        published = await _find.published_here(interaction, name)
        slug = published.slug
        view = view_of([[RemoveButton("yes", slug), RemoveButton("no", slug)]])
        text = f"Remove `/{slug}`, with all its versions? `/workflow disable` would only switch it off."
        await interaction.response.send_message(text, view=view, ephemeral=True)

    async def _read(self, file: discord.Attachment) -> bytes:
        """Fetch an uploaded file, unless it is too large to be a workflow. Raises DocumentError, InputError."""
        if file.filename.lower().endswith(_PICTURES):
            require_size("file", file.size, self.bot.engine.settings.limits.attachment_bytes)
        else:
            document.require_size(file.size)
        return await _fetched(file)


async def _fetched(file: discord.Attachment) -> bytes:
    try:
        return await file.read()
    except (discord.HTTPException, aiohttp.ClientError) as error:
        raise DocumentError("Discord does not hand that file out any more. Please upload it again.") from error


def _marks(named: Named) -> str:
    """Say of a workflow in the list what is not as with all others."""
    marks = [text for text, tells in (("switched off", not named.enabled), ("by /run", not named.has_command)) if tells]
    return f" ({', '.join(marks)})" if marks else ""


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Workflows(bot))
