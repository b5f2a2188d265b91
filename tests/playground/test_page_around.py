"""What a window is told of what is around: the commands, whether the bot is there, and the panel."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from bot.playground.page import panel_watch
from bot.playground.page.server import Page
from tests.playground.discord_place import LivePlace, Place
from tests.playground.page_client import Window, until, window
from tests.playground.test_discord_commands import command, put

# What is around


async def test_commands_are_told_again_when_they_change(place: Place, page: Page, bo: Window) -> None:
    assert [c["commands"] for c in bo.all("COMMANDS")] == [[]]
    async with window(page) as ada:
        await ada.sit("Ada", "general")
        await put(place, command("blur"), command("admin", default_member_permissions=str(1 << 5)))
        for opened, names in ((bo, ["blur"]), (ada, ["admin", "blur"])):
            await opened.heard("COMMANDS", lambda told, names=names: [c["name"] for c in told["commands"]] == names)
        # The same again is nothing new.
        await put(place, command("blur"), command("admin", default_member_permissions=str(1 << 5)))
        place.guild.override_command("blur", place.member, False)
        await bo.heard("COMMANDS", lambda told: told["commands"] == [], start=len(bo.events))
        assert len(bo.all("COMMANDS")) == 3 and len(ada.all("COMMANDS")) == 2


class Process:
    """A bot's process, as far as the page asks."""

    running = True


async def test_the_bot_comes_and_goes(live: LivePlace) -> None:
    process = Process()
    async with Page(live.server, presence=process) as page, window(page) as opened:
        ready = await opened.sit("Bo")
        assert ready["people"][-1]["online"] is True
        process.running = False
        await opened.heard("PRESENCE", lambda data: data["online"] is False)
        process.running = True
        await opened.heard("PRESENCE", lambda data: data["online"] is True)


class Panel:
    """Shows a number, which it counts; at 2 the look fails."""

    def __init__(self) -> None:
        self.looks = 0
        self.shown = 0

    async def look(self) -> dict[str, object]:
        self.looks += 1
        if self.shown == 2:
            raise ConnectionError
        return {"left": self.shown}

    async def thumbnail(self, name: str) -> bytes | None:
        return None


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Panel:
    monkeypatch.setattr(panel_watch, "PACE", 0.05)
    return Panel()


async def test_the_panel_is_looked_at_while_it_is_watched(
    place: Place, panel: Panel, caplog: pytest.LogCaptureFixture
) -> None:
    async with Page(place.server, panel=panel) as page, AsyncExitStack() as stack:
        first, second, blind = [await stack.enter_async_context(window(page)) for _ in range(3)]
        for opened in (first, second, blind):
            assert (await opened.sit("Bo"))["panel"] is True
        assert panel.looks == 0
        for opened in (first, second):
            await opened.ask("watch", panel=True)
            await opened.heard("PANEL", lambda data: data == {"left": 0})
        panel.shown = 2
        await until(lambda: "could not be read" in caplog.text)
        panel.shown = 3
        for opened in (first, second):
            await opened.heard("PANEL", lambda data: data == {"left": 3})
            await opened.ask("watch", panel=False)
        assert [len(opened.all("PANEL")) for opened in (first, second, blind)] == [2, 2, 0]
        looks = panel.looks
        await asyncio.sleep(4 * panel_watch.PACE)
        assert panel.looks <= looks + 1
        # Who looks again sees it at once, though nothing changed.
        start = len(first.events)
        await first.ask("watch", panel=True)
        await first.heard("PANEL", lambda data: data == {"left": 3}, start=start)


async def test_a_closed_window_watches_no_more(place: Place, panel: Panel) -> None:
    async with Page(place.server, panel=panel) as page:
        async with window(page) as opened:
            await opened.sit("Bo")
            await opened.ask("watch", panel=True)
            await opened.heard("PANEL")
        await asyncio.sleep(2 * panel_watch.PACE)
        looks = panel.looks
        await asyncio.sleep(4 * panel_watch.PACE)
        assert panel.looks <= looks + 1
