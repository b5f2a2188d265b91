"""Who may run which workflow by /run: what a server's Integrations page says of the workflow's own command.

Discord holds a command back by itself; a form that runs the same workflow, only we can. What the workflow's policy says
besides holds at every entrance. The rules are those of Discord's change log of 2022-11-17,
"Upcoming Application Command Permission Changes", which all servers have since 2023-02-28.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
import discord

from bot.bot import Familiar
from bot.catalog import Named, Published
from cogs._policy import require_may_run, role_ids, runnable
from workflows.errors import UserError
from workflows.texts import say

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]
Kind = discord.AppCommandPermissionType
#: Whether a role, a member or a channel is allowed or denied, by what it is and its id. The kind belongs to the key: in
#: the oldest servers the first channel has the server's own id, which is also that of @everyone.
Overwrites = Mapping[tuple[Kind, int], bool]

#: How long a page is taken to be as it was read. A change is told by an event, which a lost connection may lose.
_FRESH_SECONDS = 60.0
#: After a failure Discord is left alone for so long: each letter that somebody types would ask again.
_PAUSE_SECONDS = 5.0
_LONGEST_READ_SECONDS = 15.0
#: Of the three seconds that Discord waits for an answer, what may go to this.
_SUGGEST_SECONDS, _SUBMIT_SECONDS = 1.5, 2.0


# The rules


@dataclass(frozen=True)
class Rules:
    """What a server's Integrations page says: of all our commands, and of single ones by their names."""

    every: Overwrites = field(default_factory=dict[tuple[Kind, int], bool])
    commands: Mapping[str, Overwrites] = field(default_factory=dict[str, Overwrites])


@dataclass(frozen=True)
class Caller:
    """A member, and the channel that they are in."""

    guild_id: int
    #: Of a thread, the channel that it belongs to: what is said of that holds for its threads.
    channel_id: int
    user_id: int
    role_ids: tuple[int, ...] = ()
    permissions: discord.Permissions = field(default_factory=discord.Permissions)

    @classmethod
    def of(cls, interaction: Interaction) -> Self:
        channel, user = interaction.channel, interaction.user
        channel_id = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
        return cls(interaction.guild_id or 0, channel_id or 0, user.id, role_ids(interaction), interaction.permissions)


def may_use(rules: Rules, name: str, caller: Caller, needed: discord.Permissions | None = None) -> bool:
    """Tell whether Discord would offer this command to this member in this channel.

    `needed` is the command's default_member_permissions: None asks for nothing, an empty one for an administrator.
    """
    if caller.permissions.administrator:
        return True
    return allows_channel(rules, name, caller) and allows_member(rules, name, caller, needed)


def allows_channel(rules: Rules, name: str, caller: Caller) -> bool:
    """Tell whether the command is for this channel: by its own rules first, then by those of all commands."""
    # The id that stands for all channels is the server's less one.
    places = (Kind.channel, caller.channel_id), (Kind.channel, caller.guild_id - 1)
    levels = rules.commands.get(name, {}), rules.every
    return next((level[place] for level in levels for place in places if place in level), True)


def allows_member(rules: Rules, name: str, caller: Caller, needed: discord.Permissions | None = None) -> bool:
    """Tell whether the command is for this member, wherever they are.

    What is said of the command itself decides. What is said of all commands can only deny: who is allowed there still
    needs the command's default permissions.
    """
    own = _verdict(rules.commands.get(name, {}), caller)
    if own is not None:
        return own
    return _verdict(rules.every, caller) is not False and _holds(caller, needed)


def _verdict(level: Overwrites, caller: Caller) -> bool | None:
    """Return what is said of the member, else of their roles, of which any that is allowed wins, else of everyone."""
    if (member := (Kind.user, caller.user_id)) in level:
        return level[member]
    of_roles = [level[role] for role_id in caller.role_ids if (role := (Kind.role, role_id)) in level]
    # @everyone is a role with the server's id, which no member's list of roles has.
    return any(of_roles) if of_roles else level.get((Kind.role, caller.guild_id))


def _holds(caller: Caller, needed: discord.Permissions | None) -> bool:
    return needed is None or (bool(needed.value) and needed <= caller.permissions)


# Reading them


class Page:
    """One server's Integrations page, read when it is asked for and older than a minute."""

    def __init__(self, bot: Familiar, guild_id: int) -> None:
        self._bot = bot
        self._guild_id = guild_id
        self._rules: Rules | None = None
        self._fresh_until = 0.0
        self._reading: asyncio.Task[None] | None = None

    async def rules(self, patience: float) -> Rules | None:
        """Return what it says; where Discord takes more than `patience` seconds, what it said last, or None."""
        if self._reading is None and time.monotonic() >= self._fresh_until:
            self._reading = asyncio.create_task(self._read(), name=f"rules {self._guild_id}")
        if self._reading:
            await asyncio.wait({self._reading}, timeout=patience)
        return self._rules

    async def _read(self) -> None:
        self._fresh_until = time.monotonic() + _FRESH_SECONDS
        try:
            async with asyncio.timeout(_LONGEST_READ_SECONDS):
                self._rules = await read(self._bot, self._guild_id)
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            self._fresh_until = time.monotonic() + _PAUSE_SECONDS
            log.warning("the command permissions of server %s could not be read: %r", self._guild_id, error)
        except Exception:
            self._fresh_until = time.monotonic() + _PAUSE_SECONDS
            log.exception("the command permissions of server %s could not be read", self._guild_id)
        finally:
            self._reading = None

    async def close(self) -> None:
        if self._reading:
            self._reading.cancel()
            await asyncio.wait({self._reading})


async def read(bot: Familiar, guild_id: int) -> Rules:
    """Ask Discord what a server's Integrations page says of our commands.

    Raises discord.HTTPException, aiohttp.ClientError. A bot's token may read these, though not set them.
    """
    told = await bot.http.get_guild_application_command_permissions(bot.application_id or 0, guild_id)
    levels = {
        int(one["id"]): {(Kind(entry["type"]), int(entry["id"])): entry["permission"] for entry in one["permissions"]}
        for one in told
    }
    every = levels.pop(bot.application_id or 0, {})
    if not levels:
        # As in most servers: the second call is spared.
        return Rules(every)
    commands = await bot.tree.fetch_commands(guild=discord.Object(guild_id))
    slash = [command for command in commands if command.type is discord.AppCommandType.chat_input]
    return Rules(every, {command.name: levels[command.id] for command in slash if command.id in levels})


def forget(bot: Familiar, guild_id: int) -> None:
    """Drop what is known of a server's page: it was changed. A reading that is under way is of no more use."""
    bot.pages.pop(guild_id, None)


async def close(bot: Familiar) -> None:
    """End what is still being read."""
    for page in bot.pages.values():
        await page.close()
    bot.pages.clear()


def _page(bot: Familiar, guild_id: int) -> Page:
    return bot.pages.setdefault(guild_id, Page(bot, guild_id))


# Asking


async def permitted(interaction: Interaction, names: Sequence[Named]) -> list[Named]:
    """Return the workflows that the member may run here; where Discord does not tell in time, by the policies alone.

    For suggestions, which promise nothing: `require_allowed` is asked before anything is run.
    """
    bot: Familiar = interaction.client
    names = await runnable(interaction, names)
    caller = Caller.of(interaction)
    rules = await _page(bot, caller.guild_id).rules(_SUGGEST_SECONDS)
    if rules is None:
        return names
    return [
        named
        for named in names
        if not named.has_command or may_use(rules, named.slug, caller, _needed(bot, caller.guild_id, named.slug))
    ]


async def require_allowed(interaction: Interaction, published: Published) -> None:
    """Raise UserError where the server, or the policy, keeps the workflow from this member or from this channel.

    A workflow without a command has no rules but those of /run, which Discord holds to. Where Discord never told the
    rules, only who could change them may go on.
    """
    bot: Familiar = interaction.client
    await require_may_run(interaction, published.workflow_id)
    if not published.has_command or interaction.permissions.administrator:
        return
    caller, slug = Caller.of(interaction), published.slug
    rules = await _page(bot, caller.guild_id).rules(_SUBMIT_SECONDS)
    if rules is None:
        if interaction.permissions.manage_guild:
            return
        raise UserError(say("policy-untold", slug=slug))
    if not allows_channel(rules, slug, caller):
        raise UserError(say("policy-command-not-here", slug=slug))
    if not allows_member(rules, slug, caller, _needed(bot, caller.guild_id, slug)):
        raise UserError(say("policy-command-not-you", slug=slug))


def _needed(bot: Familiar, guild_id: int, slug: str) -> discord.Permissions | None:
    command = bot.tree.get_command(slug, guild=discord.Object(guild_id))
    return command.default_permissions if command else None
