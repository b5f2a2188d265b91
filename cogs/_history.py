"""/workflow versions, rollback, enable, disable, export: what becomes of a workflow after it was published."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.audit import Action
from bot.bot import Familiar
from bot.catalog import Published, Version
from bot.exports import SUFFIX, companion, file_stem
from bot.options import MAX_CHOICES, shorten
from cogs import _audit, _find, _sync, _words
from cogs._here import is_manager
from workflows.edits import changed_inputs
from workflows.errors import UserError

Interaction = discord.Interaction[Any]

#: How many versions are told of; the older ones are only counted.
_TOLD = 20
_CHANGES_TOLD = 6

_any_name = _find.names(lambda named: True)
_enabled_name = _find.names(lambda named: named.enabled)
_disabled_name = _find.names(lambda named: not named.enabled)


async def _version_numbers(interaction: Interaction, current: str) -> list[app_commands.Choice[int]]:
    bot: Familiar = interaction.client
    if not is_manager(interaction):
        return []
    try:
        published = await _find.published_here(interaction, str(getattr(interaction.namespace, "name", "")))
    except UserError:
        return []
    typed = str(current).strip()
    found = [v for v in await bot.engine.catalog.versions(published.workflow_id) if str(v.number).startswith(typed)]
    return [app_commands.Choice(name=_in_a_list(v), value=v.number) for v in found[:MAX_CHOICES]]


class History(commands.Cog):
    """The subcommands of /workflow about versions; the cog takes them in."""

    @app_commands.command()
    @app_commands.describe(name="The workflow's command, as /workflow list shows it")
    @app_commands.autocomplete(name=_any_name)
    async def versions(self, interaction: Interaction, name: str) -> None:
        """See a workflow's versions: who published them, when, and what each changed"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        published = await _find.published_here(interaction, name)
        bot: Familiar = interaction.client
        versions = await bot.engine.catalog.versions(published.workflow_id)
        lines = await _history_lines(bot, published, versions)
        if len(versions) > 1:
            lines.append("-# `/workflow rollback` makes an earlier one the current one again.")
        title = _words.title(f"/{published.slug}")
        embed = discord.Embed(title=title, description=_words.cut(lines), color=_words.BLUE)
        await interaction.followup.send(embed=embed, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(
        name="The workflow's command, as /workflow list shows it",
        version="The number of the version, as /workflow versions shows it",
    )
    @app_commands.autocomplete(name=_any_name)
    @app_commands.autocomplete(version=_version_numbers)
    async def rollback(self, interaction: Interaction, name: str, version: app_commands.Range[int, 1, 2**31]) -> None:
        """Make an earlier version of a workflow the current one"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        published = await _find.published_here(interaction, name)
        changes = await _roll_back(interaction.client, published, version)
        steps = f"v{published.version} → v{version}"
        await _audit.note(interaction, Action.ROLLED_BACK, f"/{published.slug}", steps)
        lines = [
            f"⏪ `/{published.slug}` is version {version} again. Jobs that run now keep the version they began with.",
            *_changes(changes),
        ]
        await interaction.followup.send(_words.cut(lines, 1900), ephemeral=True)

    @app_commands.command()
    @app_commands.describe(name="A workflow that is switched off")
    @app_commands.autocomplete(name=_disabled_name)
    async def enable(self, interaction: Interaction, name: str) -> None:
        """Switch a workflow on again"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        bot: Familiar = interaction.client
        published = await _find.published_here(interaction, name)
        if published.has_command and not published.enabled:
            await _sync.require_creates(bot, published.guild_id, [published.slug])
        if not await bot.engine.catalog.set_enabled(published.workflow_id, True):
            await interaction.followup.send(f"`/{published.slug}` is on already.", ephemeral=True)
            return
        await _sync.tell(
            bot,
            published.guild_id,
            published.slug,
            lambda: bot.engine.catalog.set_enabled(published.workflow_id, False),
        )
        await _audit.note(interaction, Action.ENABLED, f"/{published.slug}")
        await interaction.followup.send(f"▶️ {await how_to_run(bot, published)} is on again.", ephemeral=True)

    @app_commands.command()
    @app_commands.describe(name="The workflow to switch off; nothing of it is lost")
    @app_commands.autocomplete(name=_enabled_name)
    async def disable(self, interaction: Interaction, name: str) -> None:
        """Switch a workflow off until you switch it on again"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        bot: Familiar = interaction.client
        published = await _find.published_here(interaction, name)
        slug = published.slug
        if not await bot.engine.catalog.set_enabled(published.workflow_id, False):
            await interaction.followup.send(f"`/{slug}` is off already.", ephemeral=True)
            return
        await _audit.note(interaction, Action.DISABLED, f"/{slug}")
        text = f"⏸️ `/{slug}` is off. Jobs that run now still finish. `/workflow enable` brings it back as it was."
        if why := await _sync.tell_gone(bot, published.guild_id):
            text = f"⏸️ `/{slug}` is off and cannot be run, but Discord still lists it ({why}). {_sync.LATER}"
        await interaction.followup.send(text, ephemeral=True)

    @app_commands.command()
    @app_commands.describe(name="The workflow's command, as /workflow list shows it")
    @app_commands.autocomplete(name=_any_name)
    async def export(self, interaction: Interaction, name: str) -> None:
        """Get a workflow's file back, and your edits to it as a second file"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        published = await _find.published_here(interaction, name)
        catalog = interaction.client.engine.catalog
        source = await catalog.source(published.workflow_id, published.version)
        edits = await catalog.edits(published.workflow_id, published.version)
        stem = file_stem(published.slug)
        files = [
            discord.File(io.BytesIO(source), f"{stem}.json"),
            discord.File(io.BytesIO(companion(published, edits)), f"{stem}{SUFFIX}"),
        ]
        text = (
            f"Version {published.version} of `/{published.slug}`: the file as it was uploaded, for InvokeAI's editor, "
            "and what was edited here. `/workflow add` takes both."
        )
        await interaction.followup.send(text, files=files, ephemeral=True)


async def _roll_back(bot: Familiar, published: Published, number: int) -> list[str]:
    """Make another version the current one, for Discord too; return what a member will find different.

    Raises UserError, and then nothing has changed.
    """
    catalog = bot.engine.catalog
    if number == published.version:
        raise UserError(f"Version {number} of `/{published.slug}` is the current one already.")
    try:
        inputs = await catalog.inputs(published.workflow_id, number)
    except KeyError:
        raise UserError(
            f"`/{published.slug}` has no version {number}. `/workflow versions` shows which there are."
        ) from None
    if published.is_command:
        if why := _sync.why_no_command(replace(published, inputs=inputs)):
            raise UserError(f"Version {number} makes no command. {why}")
        await _sync.require_creates(bot, published.guild_id, [published.slug])
    if not await catalog.roll_back(published.workflow_id, number, published.version):
        raise UserError(f"Somebody else changed `/{published.slug}` in the meantime. Please look at it again.")
    await _sync.tell(
        bot,
        published.guild_id,
        published.slug,
        lambda: catalog.roll_back(published.workflow_id, published.version, number),
    )
    return changed_inputs(published.inputs, inputs)


async def how_to_run(bot: Familiar, published: Published) -> str:
    """Return what a member uses to run a workflow."""
    if published.has_command:
        return await _sync.command_mention(bot, published.guild_id, published.slug)
    return f"`{published.slug}` (by `/run`)"


async def _history_lines(bot: Familiar, published: Published, versions: list[Version]) -> list[str]:
    """Return a few lines for each of the newest versions: its number, who, when, and what it changed."""
    told = versions[: _TOLD + 1]
    inputs = {v.number: await bot.engine.catalog.inputs(published.workflow_id, v.number) for v in told}
    changes = {new.number: changed_inputs(inputs[old.number], inputs[new.number]) for new, old in pairwise(told)}
    lines: list[str] = []
    for version in told[:_TOLD]:
        current = " · **current**" if version.is_current else ""
        when = discord.utils.format_dt(version.created_at, "R")
        lines.append(f"**{version.number}**{current} · <@{version.created_by}> {when}")
        lines += _changes(changes[version.number]) if version.number in changes else ["-# the first one"]
    if len(versions) > _TOLD:
        lines.append(_words.more(len(versions) - _TOLD, "version"))
    return lines


def _changes(changes: list[str]) -> list[str]:
    if not changes:
        return ["-# asks for the same as before"]
    told = [f"-# {_words.unlinked(shorten(change, 200))}" for change in changes[:_CHANGES_TOLD]]
    return told + ([_words.more(len(changes) - _CHANGES_TOLD, "change")] if len(changes) > _CHANGES_TOLD else [])


def _in_a_list(version: Version) -> str:
    current = ", current" if version.is_current else ""
    return shorten(f"{version.number}{current}: {version.name}, {version.created_at:%Y-%m-%d %H:%M} UTC", 100)
