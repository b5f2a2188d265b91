"""One Chromium for all tests of this folder; for each the page, and windows in which nothing goes wrong unnoticed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from bot.playground.discord import LocalDiscord
from bot.playground.page.chromium import open_chromium
from bot.playground.page.demo import Demo, DemoOptions, furnish, open_demo
from bot.playground.page.render import Stills, open_stills_in
from bot.playground.page.server import Page
from bot.playground.page.stills import State
from tests.browser.window import Window
from workflows.errors import UserError

if TYPE_CHECKING:
    from playwright.async_api import Browser

#: Where pictures are kept for whoever wants to look at them.
SHOTS = "FAMILIAR_SHOTS"
OpenWindow = Callable[..., Awaitable[Window]]
Draw = Callable[..., Awaitable[list[Path]]]

session = pytest_asyncio.fixture(scope="session", loop_scope="session")
each_test = pytest_asyncio.fixture(loop_scope="session")


@session
async def chromium() -> AsyncIterator[Browser]:
    async with contextlib.AsyncExitStack() as stack:
        try:
            browser = await stack.enter_async_context(open_chromium())
        except UserError as missing:
            pytest.skip(str(missing))
        yield browser


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """The folder that pictures go to: the one that FAMILIAR_SHOTS names, or one that goes with the test."""
    folder = Path(os.environ.get(SHOTS) or tmp_path / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@each_test
async def demo(chromium: Browser, tmp_path: Path) -> AsyncIterator[Demo]:
    """The whole demo, with the bot as a process of its own."""
    options = DemoOptions(port=0, folder=tmp_path, node_seconds=0.4, step_seconds=0.05)
    async with open_demo(options) as opened:
        yield opened


@each_test
async def quiet(chromium: Browser) -> AsyncIterator[tuple[LocalDiscord, Page]]:
    """The page of a Discord without a bot, furnished as the demo's."""
    async with LocalDiscord() as discord:
        furnish(discord)
        async with Page(discord) as page:
            yield discord, page


@each_test
async def open_window(chromium: Browser) -> AsyncIterator[OpenWindow]:
    """Open a window: `await open_window(url, "Bo", "pictures", color_scheme="dark")`."""
    windows: list[Window] = []
    async with contextlib.AsyncExitStack() as stack:

        async def opened(
            url: str, who: str = "Ada", channel: str = "pictures", *, hint: bool = False, **context: Any
        ) -> Window:
            tab = await (await stack.enter_async_context(await chromium.new_context(**context))).new_page()
            windows.append(Window(tab, url))
            return await windows[-1].open(who, channel, hint=hint)

        yield opened
    assert not [trouble for window in windows for trouble in window.unexpected()]


@each_test
async def stills(chromium: Browser) -> AsyncIterator[Stills]:
    async with open_stills_in(chromium) as opened:
        yield opened


@pytest.fixture
def draw(stills: Stills, shots: Path) -> Draw:
    """Draw message states by title, and return their pictures: `await draw({"Done": Still("It is done.")})`."""

    async def drawn(states: Mapping[str, State], **how: Any) -> list[Path]:
        return await stills.render(states, shots, **how)

    return drawn
