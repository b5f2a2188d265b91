"""/workflow add, list, show, remove: what admins do."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar
from bot.catalog import Published, TooMany
from bot.drafts import Draft
from bot.jobs import new_id
from bot.options import arrange, command_name, free_name, shorten
from cogs import _sync, _words
from cogs._command import MAX_COMMANDS
from cogs._publish import DraftButton, RemoveButton, buttons
from cogs._report import report_embed
from workflows import document
from workflows.check import check
from workflows.errors import DocumentError, UserError

Interaction = discord.Interaction[Any]


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Workflows(commands.GroupCog, group_name="workflow", group_description="Turn InvokeAI workflows into commands"):
    """Registers what members can run."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        super().__init__()

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(DraftButton, RemoveButton)

    async def interaction_check(self, interaction: Interaction) -> bool:
        # An error of our own would pass by the library here, and the command would stay without an answer.
        if not interaction.permissions.manage_guild:
            raise app_commands.MissingPermissions(["manage_guild"])
        return True

    @app_commands.command()
    @app_commands.describe(
        file="The .json file from InvokeAI's editor: menu, Download Workflow",
        name="The command's name; made from the workflow's own if left out",
        description="What members read beside the command",
    )
    async def add(
        self,
        interaction: Interaction,
        file: discord.Attachment,
        name: app_commands.Range[str, 1, 100] | None = None,
        description: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Upload a workflow and see what command it makes"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        document.require_size(file.size)
        try:
            data = await file.read()
        except (discord.HTTPException, aiohttp.ClientError) as error:
            raise DocumentError("Discord does not hand that file out any more. Please upload it again.") from error
        read = await asyncio.to_thread(document.read, data)
        slug, note = await self._free_slug(interaction, name, read.name or PurePath(file.filename).stem)
        backend = self.bot.engine.pool.first
        # Whoever uploads it again has often just installed what was missing.
        schemas = await backend.fresh_schemas()
        report = await asyncio.to_thread(check, read, schemas, backend.models)
        words = description or read.description or read.name or slug
        arrangement = arrange(slug, words, report.inputs)
        draft = Draft(
            id=new_id(),
            guild_id=interaction.guild_id or 0,
            user_id=interaction.user.id,
            slug=slug,
            name=shorten(read.name, 100) or slug,
            description=shorten(words, 100),
            document=data,
            inputs=report.inputs,
        )
        problem = _sync.why_no_command(Published(0, 1, draft.guild_id, slug, draft.name, words, report.inputs))
        problems = (problem,) if problem else ()
        embed = report_embed(slug, draft.description, report, arrangement, problems, (note,) if note else ())
        if problems or not report.ok:
            await interaction.followup.send(embed=embed, ephemeral=True)
            return
        await self.bot.engine.drafts.save(draft)
        view = buttons(DraftButton("publish", draft.id), DraftButton("drop", draft.id))
        await interaction.followup.send(embed=embed, view=view, ephemeral=True)

    @app_commands.command(name="list")
    async def list_(self, interaction: Interaction) -> None:
        """See the workflows of this server"""
        names = await self.bot.engine.catalog.names(interaction.guild_id or 0)
        lines = [f"`/{named.slug}` {_words.literal(named.description)}" for named in names]
        text = _words.cut(lines) or "There is none yet. Publish the first one with `/workflow add`."
        embed = discord.Embed(title="Workflows", description=text, color=_words.BLUE)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(name="The workflow's command, as `/workflow list` shows it")
    async def show(self, interaction: Interaction, name: str) -> None:
        """See a workflow's command, its outputs, and whether its nodes and models are there"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        published = await self._published(interaction, name)
        recipe = await self.bot.engine.catalog.version(published.workflow_id, published.version)
        backend = self.bot.engine.pool.first
        schemas = await backend.fresh_schemas()
        report = await asyncio.to_thread(check, recipe.document, schemas, backend.models)
        arrangement = arrange(published.slug, published.description, recipe.inputs)
        embed = report_embed(published.slug, published.description, report, arrangement)
        embed.set_footer(text=f"version {published.version}")
        await interaction.followup.send(embed=embed, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(name="The command to take away; you are asked once more")
    async def remove(self, interaction: Interaction, name: str) -> None:
        """Take a workflow's command away"""
        published = await self._published(interaction, name)
        view = buttons(RemoveButton("yes", published.slug), RemoveButton("no", published.slug))
        text = f"Remove `/{published.slug}`? Its command disappears for everyone here."
        await interaction.response.send_message(text, view=view, ephemeral=True)

    @show.autocomplete("name")
    @remove.autocomplete("name")
    async def _names(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        names = await self.bot.engine.catalog.names(interaction.guild_id or 0)
        found = [named.slug for named in names if current.casefold() in named.slug]
        return [app_commands.Choice(name=slug, value=slug) for slug in found[:25]]

    async def _published(self, interaction: Interaction, name: str) -> Published:
        wanted = name.strip().removeprefix("/").casefold()
        published = await self.bot.engine.catalog.find(interaction.guild_id or 0, wanted)
        if published is None:
            raise UserError(f"There is no workflow `/{shorten(name, 40)}` here. `/workflow list` shows what there is.")
        return published

    async def _free_slug(self, interaction: Interaction, wanted: str | None, otherwise: str) -> tuple[str, str]:
        """Return the command's name, and what is to be said of it where it is not the workflow's own.

        Raises UserError, with a free one proposed, where a given one cannot be had.
        """
        names = await self.bot.engine.catalog.names(interaction.guild_id or 0)
        if len(names) >= MAX_COMMANDS:
            raise TooMany(MAX_COMMANDS)
        taken = {named.slug for named in names} | {command.name for command in self.bot.tree.get_commands()}
        slug = command_name(wanted or otherwise) or "workflow"
        free = free_name(slug, taken)
        if wanted is None:
            return free, f"`/{slug}` exists; this becomes `/{free}`" if free != slug else ""
        if slug != wanted:
            raise UserError(
                f"`{shorten(wanted, 40)}` cannot be a command's name. `{free}` could: no spaces, lower case."
            )
        if free != slug:
            raise UserError(f"`/{slug}` is taken here. `{free}` is free.")
        return slug, ""


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Workflows(bot))
