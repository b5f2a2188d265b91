"""Keep Discord's list of commands true, and send it only when it changed."""

from __future__ import annotations

import json
import logging

import discord
from discord.http import Route

from bot.bot import Familiar
from bot.catalog import Published
from bot.options import shorten
from bot.sent import digest
from cogs._command import NOT_A_COMMAND, build_command
from cogs._launch import launch
from workflows.errors import UserError

log = logging.getLogger(__name__)


async def build_guild(bot: Familiar, guild_id: int) -> set[str]:
    """Put a server's published workflows into the tree, in place of what was there; return what makes no command."""
    guild = discord.Object(guild_id)
    every = [published for published in await bot.engine.catalog.of_guild(guild_id) if published.is_command]
    # From here on nothing waits: a command that is used meanwhile must be there.
    bot.tree.clear_commands(guild=guild)
    failed: set[str] = set()
    for published in every:
        try:
            command = build_command(published, launch, lambda: list(bot.engine.pool.choose().models))
            bot.tree.add_command(command, guild=guild)
        except NOT_A_COMMAND:
            log.exception("workflow %s of server %s makes no command", published.slug, guild_id)
            failed.add(published.slug)
    return failed


def why_no_command(published: Published) -> str | None:
    """Return why a workflow would make no command, or None: the report says so before anybody publishes it."""
    try:
        build_command(published, launch, list)
    except UserError as error:
        return str(error)
    except NOT_A_COMMAND as error:
        log.info("workflow %s of server %s would make no command: %r", published.slug, published.guild_id, error)
        return f"Discord takes no such command ({shorten(str(error), 200)}). Change that field, or hide it."
    return None


async def send(bot: Familiar, guild_id: int | None = None) -> bool:
    """Send the commands of a server, or the global ones, if they changed; return whether they did.

    Raises discord.HTTPException where Discord refuses them.
    """
    scope = "global" if guild_id is None else str(guild_id)
    guild = discord.Object(guild_id) if guild_id else None
    payload = [command.to_dict(bot.tree) for command in bot.tree.get_commands(guild=guild)]
    # Another application, or another Discord, has been told nothing yet.
    whole = {"application": bot.application_id, "api": Route.BASE, "commands": payload}
    now_digest = digest(json.dumps(whole, sort_keys=True).encode())
    if await bot.engine.sent.digest(scope) == now_digest:
        return False
    # What Discord has is not known until it answers; without an answer it is told again at the next start.
    await bot.engine.sent.doubt(scope)
    await bot.tree.sync(guild=guild)
    await bot.engine.sent.save(scope, now_digest, [command["name"] for command in payload])
    return True


async def refresh_guild(bot: Familiar, guild_id: int) -> set[str]:
    """Build and send a server's commands; return the names of those that could not be built.

    Raises discord.HTTPException, aiohttp.ClientError.
    """
    async with bot.syncing:
        failed = await build_guild(bot, guild_id)
        await send(bot, guild_id)
    return failed


async def command_mention(bot: Familiar, guild_id: int, slug: str) -> str:
    """Return the command so that a tap on it starts it; its plain name where Discord does not tell the id."""
    try:
        sent = await bot.tree.fetch_commands(guild=discord.Object(guild_id))
    except discord.HTTPException:
        return f"`/{slug}`"
    return next((command.mention for command in sent if command.name == slug), f"`/{slug}`")
