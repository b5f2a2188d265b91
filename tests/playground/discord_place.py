"""What the tests of the local Discord stand on: a server with a channel, two people, and the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bot.playground.discord import LocalChannel, LocalDiscord, LocalGuild, LocalMember, Message, Use
from tests.playground.discord_bot import TestBot, point_at, running


@dataclass
class Place:
    server: LocalDiscord
    guild: LocalGuild
    channel: LocalChannel
    admin: LocalMember
    member: LocalMember
    http: httpx.AsyncClient

    async def post(self, body: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """POST a message to the channel with the bot's token."""
        return await self.http.post(f"/channels/{self.channel.id}/messages", json=body, **more)


@dataclass
class LivePlace(Place):
    bot: TestBot

    async def slash(self, command: str, options: dict[str, object] | None = None) -> Use:
        return await (await self.member.slash(self.channel, command, options)).answered()

    async def shown(self, use: Use, start: str) -> Message:
        """The response, once its text starts so."""
        await self.server.until(lambda: use.response is not None and use.response.content.startswith(start))
        assert use.response is not None
        return use.response


@asynccontextmanager
async def furnished(**options: Any) -> AsyncIterator[Place]:
    async with LocalDiscord(**options) as server:
        guild = server.add_guild("Atelier")
        people = guild.add_member("Ada", manage_guild=True), guild.add_member("Bo")
        headers = {"Authorization": f"Bot {server.token}"}
        # Reading the certificates would take longer than a test, and nothing here is encrypted.
        async with httpx.AsyncClient(base_url=server.api_url, headers=headers, verify=False) as http:
            yield Place(server, guild, guild.add_channel("general"), *people, http)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """Without a bot, for calls made by hand."""
    async with furnished(rate_limits=False) as found:
        yield found


@pytest.fixture
async def live(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LivePlace]:
    """With a real discord.py bot connected."""
    async with furnished(rate_limits=False) as found:
        point_at(found.server, monkeypatch)
        async with running(found.server) as bot:
            yield LivePlace(**vars(found), bot=bot)


def codes(errors: Any) -> set[str]:
    """All error codes anywhere in a 50035's `errors`."""
    if isinstance(errors, list):
        return {e["code"] for e in errors}
    return set().union(*(codes(v) for v in errors.values())) if isinstance(errors, dict) else set()


def where(errors: dict[str, Any]) -> str:
    """The path of the first error."""
    key = next(iter(errors))
    return "" if key == "_errors" else f"{key}.{where(errors[key])}".rstrip(".")
