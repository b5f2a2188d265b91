"""Look at everything that Familiar needs, one line each, and say what to do about what is wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot import db
from bot.config import TOKEN_VARIABLE, BackendSettings, ConfigError, Settings, load
from workflows._json import mapping, sequence
from workflows.client import InvokeClient, open_http
from workflows.errors import AuthError, BackendError, Unavailable
from workflows.events import EventStream

_DISCORD_API = "https://discord.com/api/v10"
#: Source: Discord's documented permission bits.
_PERMISSIONS = {
    1 << 10: "View Channel",
    1 << 11: "Send Messages",
    1 << 14: "Embed Links",
    1 << 15: "Attach Files",
    1 << 16: "Read Message History",
}
_ADMINISTRATOR = 1 << 3
_SECONDS = 10.0
_LONGEST_LINE = 300


@dataclass(frozen=True)
class Finding:
    ok: bool
    subject: str
    text: str


async def examine(config: Path, environment: Mapping[str, str], *, quick: bool) -> AsyncGenerator[Finding]:
    """Yield a finding for each thing looked at; `quick` looks only at what runs here, for a health check every minute.

    An InvokeAI that sleeps, or a Discord that is down, makes no bot that waits for them unhealthy.
    """
    try:
        settings = load(config, environment)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield Finding(False, "config", line)
        return
    usual = "" if settings.names_backends else f"; no [[backend]] in it, so {settings.backend[0].url} is asked"
    yield Finding(True, "config", f"{config}{usual}")
    path = settings.database.path
    try:
        look = await asyncio.to_thread(db.look_at, path)
    except db.DatabaseError as error:
        yield Finding(False, "database", str(error))
        look = None
    else:
        yield _database(path, look, must_run=quick)
    if quick:
        return
    for backend in settings.backend:
        yield await _backend(backend, is_drained=bool(look) and backend.name in look.drained)
    for finding in _left(look.left if look else {}, [backend.name for backend in settings.backend]):
        yield finding
    async for finding in _discord(settings):
        yield finding


def _database(path: Path, look: db.Look, *, must_run: bool) -> Finding:
    if must_run and not look.in_use:
        return Finding(False, "database", f"{path}: no Familiar is running on it. Start it with `familiar serve`.")
    running = "a Familiar is running on it" if look.in_use else "no Familiar is running on it"
    counts = f"{counted(look.open_jobs, 'open job')}, {counted(sum(look.left.values()), 'thing')} to delete"
    return Finding(True, "database", f"{path}: {running}; {counts}")


def _left(left: Mapping[str, int], names: Collection[str]) -> Iterator[Finding]:
    """Yield what is still to be deleted; of a backend that the settings do not name any more, nobody can delete it."""
    for name, number in left.items():
        things = counted(number, "thing")
        if name in names:
            yield Finding(True, f"left on {name}", f"{things} to delete, which a running Familiar does by itself")
        else:
            verb, them = ("is", "it is") if number == 1 else ("are", "they are")
            text = f"is no longer in the settings, and {things} {verb} left there: put it back until {them} deleted."
            yield Finding(False, f"backend {name}", text)


async def _backend(settings: BackendSettings, *, is_drained: bool) -> Finding:
    subject = f"backend {settings.name}"
    try:
        async with asyncio.timeout(_SECONDS), open_http(settings.url) as http:
            client = InvokeClient(http, settings.queue_id, settings.credentials)
            version = await client.version()
            models, state = await client.models(), await client.queue_state()
            async with EventStream(settings.url, settings.queue_id, client.token) as events:
                if not await events.wait_connected(_SECONDS / 2):
                    text = f"{settings.url}: REST answers, but no events come. Does a proxy block its websockets?"
                    return Finding(False, subject, text)
    except (BackendError, TimeoutError) as error:
        return Finding(False, subject, explain(settings, error))
    if not state.processor.is_started:
        return Finding(False, subject, f"{settings.url}: its queue is paused. Resume it in InvokeAI's queue tab.")
    service = "; an admin took it out of service, so it gets no jobs until it is given back" if is_drained else ""
    text = f"{settings.url}: InvokeAI {version}, {counted(len(models), 'model')}, events come{service}"
    return Finding(True, subject, text)


def explain(settings: BackendSettings, error: BackendError | TimeoutError) -> str:
    """Return one line on a backend that cannot be used: what is wrong, and what to do."""
    return one_line(_explained(settings, error))


def _explained(settings: BackendSettings, error: BackendError | TimeoutError) -> str:
    if isinstance(error, AuthError):
        hint = "Set username and password_env" if not settings.username else "Check username and password"
        return f"{settings.url}: wants a login ({error}). {hint} for this backend in the settings."
    if isinstance(error, TimeoutError | Unavailable):
        # The cause says it in fewer words than the call does.
        reason = str(error.__cause__ or error) or "nothing came in time"
        return f"{settings.url}: does not answer ({reason}). Is InvokeAI running, and the url right?"
    return f"{settings.url}: answers, but not as InvokeAI 6 does ({error}). Is the url right, and InvokeAI up to date?"


def one_line(text: str) -> str:
    """Return it as one line of a bearable length: what some web servers answer is a whole page."""
    # Its last tag may be cut off, and our own words stand behind it.
    line = " ".join(re.sub(r"<[^<>)]*>?", " ", text).split())
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …"


def counted(number: int, thing: str) -> str:
    """Return "1 job", "2 jobs"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


async def _discord(settings: Settings) -> AsyncGenerator[Finding]:
    token = settings.token.get_secret_value()
    if not token:
        yield Finding(
            False, "token", f"{TOKEN_VARIABLE} is not set. Copy the token from the Developer Portal, tab Bot."
        )
        return
    headers = {"authorization": f"Bot {token}"}
    base = settings.discord.api_url or _DISCORD_API
    try:
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=_SECONDS, trust_env=False) as http:
            me = await http.get("/users/@me")
            if me.status_code == 401:
                yield Finding(False, "token", "Discord does not know it. Reset it in the Developer Portal, tab Bot.")
                return
            me.raise_for_status()
            yield Finding(True, "token", f"belongs to {mapping(me.json()).get('username')}")
            guilds = await http.get("/users/@me/guilds")
            guilds.raise_for_status()
            for finding in _servers(sequence(guilds.json())):
                yield finding
    except httpx.HTTPError as error:
        yield Finding(False, "discord", f"{base}: {type(error).__name__}. Is this machine online, and api_url right?")


def _servers(guilds: list[Any]) -> list[Finding]:
    if not guilds:
        return [Finding(False, "servers", "the bot is in no server yet. Open the invite link from the README.")]
    return [_permissions(mapping(guild)) for guild in guilds]


def _permissions(guild: dict[str, Any]) -> Finding:
    subject = f"server {guild.get('name', guild.get('id'))}"
    held = int(guild.get("permissions", 0))
    missing = [words for bit, words in _PERMISSIONS.items() if not held & bit and not held & _ADMINISTRATOR]
    if missing:
        return Finding(False, subject, f"lacks {', '.join(missing)}. Give them to the bot's role, or invite it anew.")
    return Finding(True, subject, "permissions are complete; channels may still take them away")
