"""The running bot: the engine with Discord's face on it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncGenerator

import aiohttp
import discord
from discord.gateway import KeepAliveHandler

from bot.bot import Familiar, redirect
from bot.config import TOKEN_VARIABLE, ConfigError, Settings
from bot.doctor import counted
from bot.engine import Engine, open_engine
from bot.reload import Reload

log = logging.getLogger(__name__)

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
#: What a line that is down raises, or a Discord that is.
_CONNECTION_ERRORS = (OSError, TimeoutError, aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound)
_BAD_TOKEN = f"{TOKEN_VARIABLE}: Discord does not know this token. Reset it in the portal."
_TOKEN_REFUSED = 4004


@contextlib.asynccontextmanager
async def open_service(settings: Settings, reload: Reload | None = None) -> AsyncGenerator[asyncio.Task[None]]:
    """Connect to Discord and run; the task ends only if Discord lets the bot go for good.

    Until Discord can be reached, entering goes on trying. Closed in reverse: jobs stop first, while their cards can
    still be reached. Raises ConfigError for a bad token, from here or, where it is taken back later, from the task.
    """
    redirect(settings.discord)
    # The bot speaks in no voice channel; there is nothing to warn of.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    for name in ("discord.client", "discord.gateway"):
        logging.getLogger(name).addFilter(_shorten)
    async with open_engine(settings) as engine, contextlib.AsyncExitStack() as stack:
        if reload:
            await stack.enter_async_context(reload.following(engine.pool))
        try:
            bot, held = await _log_in(engine, settings.token.get_secret_value())
        except asyncio.CancelledError:
            await _tell_of_stopping(engine)
            raise
        async with held:
            connection = asyncio.create_task(_stay_connected(bot), name="gateway")
            try:
                yield connection
            finally:
                await _stop(bot, settings.limits.stop_seconds)
                connection.cancel()
                with contextlib.suppress(asyncio.CancelledError, discord.DiscordException, ConfigError):
                    await connection
                _end_heartbeats()
                await _tell_of_stopping(engine)


def _end_heartbeats() -> None:
    """End the threads that the library leaves where it is stopped while it connects (2.7.1): they outlive the loop."""
    for thread in threading.enumerate():
        if isinstance(thread, KeepAliveHandler) and thread.ws.loop is asyncio.get_running_loop():
            thread.stop()


async def _stop(bot: Familiar, seconds: float) -> None:
    """Let what is in flight end, for so long at most: the answers first, for they begin jobs."""
    clock = asyncio.get_running_loop().time
    runner, until = bot.engine.runner, clock() + seconds
    # Still connected: whoever asks for something meanwhile is told to try again in a moment.
    runner.stopping = True
    await bot.answered(seconds)
    await runner.hand_over(max(until - clock(), 0))
    # Who was told so in the last moment shall read it too.
    await bot.answered(max(until - clock(), 0))


async def _log_in(engine: Engine, token: str) -> tuple[Familiar, contextlib.AsyncExitStack]:
    """Log in, for as long as it takes; return the bot and what holds it, and its jobs, open. Raises ConfigError."""
    pause = _FIRST_PAUSE
    while True:
        # Each try has a bot of its own: the library cannot log in again with one whose session was closed.
        async with contextlib.AsyncExitStack() as stack:
            bot = await stack.enter_async_context(Familiar(engine))
            await stack.enter_async_context(engine.runner.running())
            bot.add_listener(_tell_when_ready(bot), "on_ready")
            try:
                await bot.login(token)
            except discord.LoginFailure as error:
                raise ConfigError(_BAD_TOKEN) from error
            except _CONNECTION_ERRORS as error:
                if isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429:
                    raise ConfigError(
                        f"Discord refused the login ({_reason(error)}). Is api_url under [discord] right?"
                    ) from error
                reason = _reason(error)
            else:
                return bot, stack.pop_all()
        log.warning("Discord cannot be reached (%s); trying again in %.0f s", reason, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _stay_connected(bot: Familiar) -> None:
    try:
        await bot.connect()
    except discord.ConnectionClosed as error:
        # The library reconnects by itself, save where Discord said that it need not try again.
        if error.code == _TOKEN_REFUSED:
            raise ConfigError(_BAD_TOKEN) from error
        raise


def _tell_when_ready(bot: Familiar):
    async def on_ready() -> None:
        catalog = bot.engine.catalog
        workflows = [len(await catalog.of_guild(guild)) for guild in await catalog.guilds()]
        servers = counted(len(bot.guilds), "server")
        log.info("ready as %s in %s, with %s", bot.user, servers, counted(sum(workflows), "workflow"))

    return on_ready


async def _tell_of_stopping(engine: Engine) -> None:
    waiting = len(await engine.store.open_ids())
    log.info("stopping; %s %s for the next start", counted(waiting, "job"), "waits" if waiting == 1 else "wait")


def _reason(error: BaseException) -> str:
    """Return in one line what is wrong with the connection."""
    if isinstance(error, discord.HTTPException):
        # Its text may hold a whole page that some proxy answered.
        return f"it answers {error.status}"
    return " ".join(str(error).split()) or type(error).__name__


def _shorten(record: logging.LogRecord) -> bool:
    """Make one warning of the traceback that the library logs for each lost connection; it reconnects by itself."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, (*_CONNECTION_ERRORS, discord.ConnectionClosed)):
        record.msg, record.args = f"{record.getMessage()} ({_reason(error)})", ()
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True
