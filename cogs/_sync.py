"""Keep Discord's list of commands true, and send it only when it changed."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import aiohttp
import discord
from discord.http import Route

from bot.bot import Familiar
from bot.catalog import Published
from bot.options import shorten
from bot.sent import DAY, digest
from cogs import _translate
from cogs._answers import NO_ANSWER
from cogs._by_command import run_command
from cogs._command import MAX_COMMANDS, NOT_A_COMMAND, build_command
from workflows.errors import UserError

log = logging.getLogger(__name__)

#: How many commands a server may get new in a day. What an existing one becomes does not count.
CREATES_PER_DAY = 200
#: From this part of a limit on it is told how near it is.
_NEAR = 0.8
#: When Discord drops from its list what it was not told of.
LATER = "It goes with the next change, or when the bot restarts."
#: Discord's code for a day's creates that are spent.
_CREATES_SPENT = 30034


class Refused(UserError):
    """Discord did not take a list of commands; nothing was changed."""


async def build_guild(bot: Familiar, guild_id: int) -> set[str]:
    """Put a server's published workflows into the tree, in place of what was there; return what makes no command."""
    guild = discord.Object(guild_id)
    every = [published for published in await bot.engine.catalog.of_guild(guild_id) if published.is_command]
    # From here on nothing waits: a command that is used meanwhile must be there.
    bot.tree.clear_commands(guild=guild)
    failed: set[str] = set()
    for published in every:
        try:
            command = build_command(published, run_command, lambda: bot.engine.pool.models)
            bot.tree.add_command(command, guild=guild)
        except NOT_A_COMMAND:
            log.exception("workflow %s of server %s makes no command", published.slug, guild_id)
            failed.add(published.slug)
    return failed


def why_no_command(published: Published) -> str | None:
    """Return why a workflow would make no command, or None: the report says so before anybody publishes it."""
    try:
        build_command(published, run_command, list)
    except UserError as error:
        return str(error)
    except NOT_A_COMMAND as error:
        log.info("workflow %s of server %s would make no command: %r", published.slug, published.guild_id, error)
        return f"Discord takes no such command ({shorten(str(error), 200)}). Change that field, or hide it."
    return None


async def send(bot: Familiar, guild_id: int | None = None) -> bool:
    """Send the commands of a server, or the global ones, if they changed; return whether they did.

    For a server, hold `bot.syncing`. Raises discord.HTTPException where Discord refuses them.
    """
    sent, scope = bot.engine.sent, "global" if guild_id is None else str(guild_id)
    guild = discord.Object(guild_id) if guild_id else None
    payload = [
        _told(command.to_dict(bot.tree), is_ours=guild is None) for command in bot.tree.get_commands(guild=guild)
    ]
    # Another application, or another Discord, has been told nothing yet.
    whole = {"application": bot.application_id, "api": Route.BASE, "commands": payload}
    now_digest = digest(json.dumps(whole, sort_keys=True).encode())
    if await sent.digest(scope) == now_digest:
        return False
    names = {command["name"] for command in payload}
    # What Discord has is not known until it answers; without an answer it is told again at the next start.
    await sent.doubt(scope)
    # As the library's own sync does it, which knows our words in no other language.
    if guild_id is None:
        await bot.http.bulk_upsert_global_commands(bot.application_id or 0, payload=payload)
    else:
        await bot.http.bulk_upsert_guild_commands(bot.application_id or 0, guild_id, payload=payload)
    if guild_id and (new := names - await sent.names(scope)):
        # First: a crash in between counts them twice, which is better than not at all.
        await sent.note_creates(guild_id, new)
    await sent.save(scope, now_digest, names)
    return True


def _told(payload: dict[str, Any], *, is_ours: bool) -> dict[str, Any]:
    """Return a command in every language; of a published workflow, only what we add to it."""
    if is_ours:
        return _translate.spoken(payload)
    options = [_translate.localized(option, f"commands-extra_{option['name']}") for option in payload["options"]]
    return {**payload, "options": options}


async def refresh_guild(bot: Familiar, guild_id: int) -> set[str]:
    """Build and send a server's commands; return the names of those that could not be built.

    Raises discord.HTTPException, aiohttp.ClientError.
    """
    async with bot.syncing:
        failed = await build_guild(bot, guild_id)
        await send(bot, guild_id)
    return failed


async def tell(bot: Familiar, guild_id: int, slug: str, take_back: Callable[[], Awaitable[object]]) -> None:
    """Tell Discord that a workflow was changed; where it does not take that, take the change back.

    Raises Refused. The stored change comes first and this second, so a bot that is killed in between tells Discord
    at its next start.
    """
    try:
        failed = await refresh_guild(bot, guild_id)
    except NO_ANSWER as error:
        log.warning("server %s: /%s was not taken: %s", guild_id, slug, error)
        await _undo(bot, guild_id, take_back)
        raise Refused(_why_refused(error)) from error
    except Exception:
        await _undo(bot, guild_id, take_back)
        raise
    if slug in failed:
        await _undo(bot, guild_id, take_back)
        raise Refused(f"`/{slug}` makes no command that Discord takes. Nothing changed.")


async def tell_gone(bot: Familiar, guild_id: int) -> str:
    """Tell Discord that a workflow is gone, which holds in any case; return why it did not take that, if it did not."""
    try:
        await refresh_guild(bot, guild_id)
    except NO_ANSWER as error:
        log.warning("server %s: what is gone was not taken: %s", guild_id, error)
        return shown(error)
    return ""


async def _undo(bot: Familiar, guild_id: int, take_back: Callable[[], Awaitable[object]]) -> None:
    await take_back()
    # Where the answer was lost, Discord may have taken the list all the same; and the tree holds it in any case.
    try:
        await refresh_guild(bot, guild_id)
    except Exception as error:  # noqa: BLE001  the first error is the one to be told
        log.warning("server %s: what was taken back could not be sent: %r", guild_id, error)


def _why_refused(error: BaseException) -> str:
    if isinstance(error, discord.HTTPException) and error.code == _CREATES_SPENT:
        return f"Discord allows a server {CREATES_PER_DAY} new commands a day. Nothing changed; please try tomorrow."
    return f"Discord did not take the command ({shown(error)}). Nothing changed."


def shown(error: BaseException) -> str:
    """Return in a few words what Discord answered."""
    if isinstance(error, discord.HTTPException):
        return f"{error.status}: {shorten(error.text, 150)}"
    return "no answer"


# Discord's limits


async def require_creates(bot: Familiar, guild_id: int, slugs: Iterable[str]) -> None:
    """Raise UserError where Discord would not take these commands today, because too many were new to it already."""
    sent = bot.engine.sent
    wanted = len(set(slugs) - await sent.names(str(guild_id)))
    creates = await sent.creates(guild_id)
    surplus = len(creates) + wanted - CREATES_PER_DAY
    if not wanted or surplus <= 0:
        return
    when = creates[min(surplus, len(creates)) - 1] + DAY
    raise UserError(
        f"Discord allows a server {CREATES_PER_DAY} new commands a day, and {len(creates)} are used. It works again "
        f"{discord.utils.format_dt(when, 'R')}; a workflow without a command of its own runs by `/run` meanwhile."
    )


async def limits_note(bot: Familiar, guild_id: int) -> str:
    """Return how near a server is to Discord's limits, for the report; empty where it is far from them."""
    commands = sum(named.has_command for named in await bot.engine.catalog.names(guild_id))
    creates = len(await bot.engine.sent.creates(guild_id))
    near = [f"{commands} of {MAX_COMMANDS} commands"] if commands >= _NEAR * MAX_COMMANDS else []
    near += [f"{creates} of {CREATES_PER_DAY} new commands today"] if creates >= _NEAR * CREATES_PER_DAY else []
    return f"Discord's limits: this server has {', and '.join(near)}" if near else ""


async def command_mention(bot: Familiar, guild_id: int, slug: str) -> str:
    """Return the command so that a tap on it starts it; its plain name where Discord does not tell the id."""
    try:
        sent = await bot.tree.fetch_commands(guild=discord.Object(guild_id))
    except (discord.HTTPException, aiohttp.ClientError):
        return f"`/{slug}`"
    return next((command.mention for command in sent if command.name == slug), f"`/{slug}`")
