"""The discord.py client: typed attributes, what it loads, and what it says when something goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncGenerator
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot import problems
from bot.config import DiscordSettings
from bot.engine import Engine
from workflows.errors import BackendError, UserError
from workflows.texts import Voice, language_of, say

log = logging.getLogger(__name__)

EXTENSIONS = (
    *("cogs.workflows", "cogs.run", "cogs.jobs", "cogs.queue", "cogs.admin", "cogs.pictures"),
    *("cogs.settings", "cogs.help"),
)

_LONGEST_MESSAGE = 2000
#: How long Discord may take to say goodbye.
_GOODBYE_SECONDS = 0.5
#: Discord's codes for an interaction that has its answer already, and for one that came to it too late.
_ANSWERED, _TOO_LATE = 40060, 10062


def redirect(settings: DiscordSettings) -> None:
    """Point discord.py at another API and gateway, where the configuration names them.

    The library reads both from class attributes and has no other way (2.7.1; `Client` never asks GET /gateway/bot).
    """
    if settings.api_url:
        Route.BASE = settings.api_url
    if settings.gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.gateway_url)
    if settings.cdn_url:
        discord.Asset.BASE = settings.cdn_url  # pyright: ignore[reportAttributeAccessIssue]  a Literal there


class Tree(app_commands.CommandTree["Familiar"]):
    """Answers every failed command: a UserError in its own words, everything else as ours."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Begin nothing while the bot is being stopped: what is cut off in the middle is never answered."""
        self.client.hold()
        if not self.client.engine.runner.stopping:
            return True
        await answer_error(interaction, UserError(problems.RESTARTING))
        return False

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError) -> None:
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await answer_error(interaction, cause)


class Familiar(commands.Bot):
    """The bot. It holds the engine and loads the cogs; it needs no privileged intent and reads no messages."""

    engine: Engine
    #: Held while a list of commands is built and sent: of two at a time, the older one could arrive last.
    syncing: asyncio.Lock
    #: What each server's Integrations page says of our commands: read and kept by cogs/_allowed.py.
    pages: dict[int, Any]
    #: When progress may go to a channel by the bot's own token: kept by cogs/_relay.py.
    paces: WeakValueDictionary[int, Any]

    def __init__(self, engine: Engine) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents,
            tree_cls=Tree,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
        )
        self.engine = engine
        self.syncing = asyncio.Lock()
        self.pages = {}
        self.paces = WeakValueDictionary()
        self._drafting = WeakValueDictionary[str, asyncio.Lock]()
        self._answering: set[asyncio.Task[Any]] = set()
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []
        self._connect = self.http.ws_connect
        self.http.ws_connect = self._ws_connect

    def drafting(self, draft_id: str) -> asyncio.Lock:
        """Return what is held while a draft is changed: of two presses at a time, one would undo the other."""
        return self._drafting.setdefault(draft_id, asyncio.Lock())

    def hold(self) -> None:
        """Take the current task for one that answers somebody, which a stop lets end."""
        if task := asyncio.current_task():
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def answered(self, seconds: float) -> None:
        """Wait until whoever asked for something has an answer, for so long at most."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=seconds)

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell the listeners of an event, unless it comes after the end: the library's own "ready" may."""
        if not self.is_closed():
            super().dispatch(event_name, *args, **kwargs)

    async def _ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        socket = await self._connect(url, compress=compress)
        self._sockets = [*(held for held in self._sockets if not held.closed), socket]
        return socket

    async def close(self) -> None:
        await super().close()
        # The library leaves the gateway's connection open where it is stopped half-way into it (2.7.1).
        for socket in self._sockets:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await socket.close()

    async def setup_hook(self) -> None:
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        # The gateway's "ready" comes seconds later; Discord can be told of changed commands at once.
        self.dispatch("commands_loaded")


@contextlib.asynccontextmanager
async def answering(interaction: discord.Interaction[Any]) -> AsyncGenerator[None]:
    """Answer what goes wrong in the block: for buttons, whose errors the library only logs."""
    interaction.client.hold()
    try:
        yield
    except Exception as error:  # noqa: BLE001  answer_error logs what is not the user's
        await answer_error(interaction, error)


async def answer_error(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the user privately what went wrong, and the log everything that was not theirs."""
    if interaction.type is discord.InteractionType.autocomplete:
        # Suggestions can only be answered with suggestions; somebody still types into a command that just went.
        log.info("interaction %s: no suggestions: %r", interaction.id, error)
        return
    if isinstance(error, discord.HTTPException) and error.code == _ANSWERED:
        log.info("interaction %s was delivered twice, or its first answer was lost", interaction.id)
        return
    text = Voice(language_of(interaction.locale)).tell(_told(interaction, error))
    if len(text) > _LONGEST_MESSAGE:
        # A UserError may quote what somebody gave, and that has no end; Discord refuses it whole.
        text = text[: _LONGEST_MESSAGE - 1] + "…"
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except (discord.HTTPException, aiohttp.ClientError, OSError, RuntimeError) as refused:
        # RuntimeError: the bot has closed its session meanwhile.
        log.warning("interaction %s: the answer did not get through: %s", interaction.id, refused)


def _told(interaction: discord.Interaction[Any], error: BaseException) -> str:
    """Return what the user is told of an error; log what is not theirs."""
    if isinstance(error, UserError):
        return error.text
    if isinstance(error, app_commands.MissingPermissions):
        return say("problems-manage-server")
    if isinstance(error, app_commands.CommandNotFound):
        return say("problems-command-gone")
    if isinstance(error, app_commands.CommandSignatureMismatch):
        return say("problems-command-changed")
    if isinstance(error, BackendError):
        log.warning("interaction %s: %r", interaction.id, error)
        return say("problems-away")
    if _is_discords(error):
        log.warning("interaction %s: the answer did not get through: %r", interaction.id, error)
        return say("problems-unheard")
    if isinstance(error, sqlite3.Error):
        log.error("interaction %s: the database: %s", interaction.id, error)
        return problems.NO_DATABASE
    log.error("interaction %s", interaction.id, exc_info=error)
    return problems.OUR_SIDE


def _is_discords(error: BaseException) -> bool:
    """Tell whether it was Discord, or the line to it, that kept an answer from getting through."""
    is_away = isinstance(error, aiohttp.ClientError | TimeoutError | discord.DiscordServerError | discord.RateLimited)
    return is_away or (isinstance(error, discord.NotFound) and error.code == _TOO_LATE)
