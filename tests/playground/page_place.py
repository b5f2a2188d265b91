"""What the tests of the page stand on: windows, and what happens before their eyes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.playground.discord import Message
from bot.playground.page.server import Page
from tests.playground.discord_place import LivePlace, Place
from tests.playground.page_client import Window, window


@pytest.fixture
async def page(place: Place) -> AsyncIterator[Page]:
    async with Page(place.server) as opened:
        yield opened


@pytest.fixture
async def bo(page: Page) -> AsyncIterator[Window]:
    """Bo's window, with the channel open and no bot behind it."""
    async with window(page) as opened:
        await opened.sit("Bo", "general")
        yield opened


@pytest.fixture
async def lively(live: LivePlace) -> AsyncIterator[Window]:
    """Bo's window, with a real bot behind it."""
    async with Page(live.server) as page, window(page) as opened:
        await opened.sit("Bo", "general")
        await opened.heard("COMMANDS", lambda told: "blur" in [c["name"] for c in told["commands"]])
        yield opened


def said(place: Place, *contents: str) -> list[Message]:
    return [place.server.messages.create(place.channel, place.server.bot, {"content": c}, []) for c in contents]


def edit(place: Place, message: Message, content: str) -> None:
    place.server.messages.edit(message, {"content": content}, [])


def is_about(message: Message) -> Any:
    return lambda data: data["id"] == str(message.id)


async def marked(place: Place, *windows: Window) -> None:
    """Wait until all windows heard of a message that is written now: what came before it came before."""
    (mark,) = said(place, "mark")
    for one in windows:
        await one.heard("MESSAGE_CREATE", is_about(mark))


def channel(place: Place) -> str:
    return str(place.channel.id)
