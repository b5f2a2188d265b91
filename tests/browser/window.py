"""A browser's window with the page in it, and what a person does there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

import workflows
from bot.playground.discord import LocalChannel, LocalDiscord, LocalMember

if TYPE_CHECKING:
    from playwright.async_api import ConsoleMessage, FilePayload, Locator, Request
    from playwright.async_api import Page as Tab

BUNDLED = Path(workflows.__file__).parent / "bundled"
PATIENCE = 20_000  # milliseconds
#: What each module of this folder is marked with.
IN_BROWSER = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
_MOST_TABS = 80
#: Told by the window itself: who touches nothing but keys leaves it at nothing.
_COUNT_POINTERS = "addEventListener('pointerdown', () => { window.pointers = (window.pointers ?? 0) + 1 }, true)"


def expect(locator: Locator) -> Any:
    """Return what waits for something to be so."""
    # Here, not above: whoever passes these tests over need not have it.
    from playwright.async_api import expect as expects

    expects.set_options(timeout=PATIENCE)
    return expects(locator)


class Window:
    """One tab, in which nothing may go wrong unnoticed."""

    def __init__(self, tab: Tab, url: str) -> None:
        self.tab = tab
        self.url = url
        #: Errors of the page, and requests that left its own server.
        self.troubles: list[str] = []
        #: Parts of troubles that the test brings about.
        self.expected: list[str] = []
        tab.set_default_timeout(PATIENCE)
        tab.on("console", self._hear)
        tab.on("pageerror", lambda error: self.troubles.append(f"{error.name}: {error.message}"))
        tab.on("request", self._see)
        # Whoever begins to listen only when a picker is about to open may come too late for it.
        tab.on("filechooser", lambda chooser: None)

    async def open(self, who: str = "Ada", channel: str = "pictures", *, hint: bool = False) -> Window:
        """Go to a person's seat in a channel, and wait until it can be typed in."""
        await self.tab.add_init_script(_COUNT_POINTERS)
        if not hint:
            await self.tab.add_init_script("localStorage.setItem('familiar-hint', 'away')")
        await self.tab.goto(f"{self.url}#{urlencode({'as': who, 'in': channel})}")
        await expect(self.tab.locator("#messages .beginning h2, #messages article").first).to_be_visible()
        return self

    @property
    def composer(self) -> Locator:
        return self.tab.locator("#composer textarea")

    def message(self, words: str | re.Pattern[str]) -> Locator:
        """The newest message with these words."""
        return self.tab.locator("article[data-message]", has_text=words).last

    def button(self, name: str | re.Pattern[str], *, within: Locator | None = None) -> Locator:
        """A button by its exact name, in a message or wherever it is."""
        return (within or self.tab.locator("body")).get_by_role("button", name=name, exact=isinstance(name, str))

    def option(self, name: str) -> Locator:
        """The field of a command's option."""
        return self.tab.locator(f'[data-option="{name}"]')

    # By keys alone

    async def keys(self, *keys: str) -> None:
        for key in keys:
            await self.tab.keyboard.press(key)

    async def begin(self, command: str) -> None:
        """Type a command until its form is there."""
        await self.go_to(self.composer)
        await self.tab.keyboard.type(f"/{command} ")
        await expect(self.tab.locator("#composer .slash-name")).to_have_text(f"/{command}")

    async def attach(self, option: str, file: FilePayload | Path) -> None:
        """Choose a file in the picker that Enter opens on an option's field, named first where it is not there yet."""
        if not await self.option(option).count():
            await self._name(option)
        await self.go_to(self.option(option).get_by_role("button", name=f"Attach a file: {option}"))
        async with self.tab.expect_file_chooser() as choosing:
            await self.keys("Enter")
        chooser = await choosing.value
        await chooser.set_files(file)
        await expect(self.option(option).locator(".held:not([aria-busy])")).to_be_visible()

    async def fill(self, option: str, text: str) -> None:
        """Name an optional option behind the others, and type its value."""
        await self._name(option)
        await expect(self.option(option).locator("input")).to_be_focused()
        await self.tab.keyboard.type(text)

    async def _name(self, option: str) -> None:
        await self.go_to(self.tab.locator("#composer input.tail"))
        await self.tab.keyboard.type(f"{option}:")

    async def send(self) -> None:
        """Press Enter behind the last option."""
        await self.go_to(self.tab.locator("#composer input.tail"))
        await self.keys("Enter")
        await expect(self.tab.locator("#composer .slash")).to_have_count(0)

    async def press(self, button: Locator) -> None:
        """Go to a button by the Tab key, and press it."""
        await expect(button).to_be_enabled()
        await self.go_to(button)
        await self.keys("Enter")

    async def go_to(self, target: Locator) -> None:
        """Press Tab until something has the focus: forwards, then backwards."""
        await expect(target).to_be_visible()
        for key in ("Tab", "Shift+Tab"):
            for _ in range(_MOST_TABS):
                if await target.evaluate("node => node === document.activeElement"):
                    return
                await self.keys(key)
        raise AssertionError(f"no way to {target} by the Tab key")

    async def pointers(self) -> int:
        """How often the mouse, or a finger, touched the page."""
        return await self.tab.evaluate("window.pointers ?? 0")

    # What is to be seen

    async def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return await self.tab.evaluate("document.scrollingElement.scrollWidth - innerWidth")

    async def nameless(self) -> list[str]:
        """What a screen reader would meet and could not name."""
        return nameless(await self.tab.locator("body").aria_snapshot())

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        """Look again at each frame until something holds."""
        for _ in range(PATIENCE // 20):
            if await holds():
                return
            await self.tab.evaluate("new Promise(done => requestAnimationFrame(done))")
        raise AssertionError(f"it never came to this: {what}")

    def unexpected(self) -> list[str]:
        return [trouble for trouble in self.troubles if not any(part in trouble for part in self.expected)]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console: {message.text}")

    def _see(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme not in {"data", "blob"} and place.netloc != urlsplit(self.url).netloc:
            self.troubles.append(f"a request to elsewhere: {request.url}")


#: Roles whose elements do something, or show what others only see.
_TOLD = "button|link|textbox|searchbox|combobox|checkbox|radio|menuitem|option|dialog|listbox|switch|slider|img"
_NAMELESS = re.compile(rf"^\s*- '?({_TOLD})(?! \")(?=[\s:'\[]|$)")


def nameless(snapshot: str) -> list[str]:
    """Return the lines of an accessibility snapshot that name an element by nothing but its role."""
    return [line.strip() for line in snapshot.splitlines() if _NAMELESS.match(line)]


def people(discord: LocalDiscord) -> tuple[LocalChannel, dict[str, LocalMember]]:
    """The channel #pictures, and people by their names."""
    guild = discord.guilds[0]
    channel = next(c for c in guild.channels.values() if c.name == "pictures" and isinstance(c, LocalChannel))
    return channel, {m.name: m for m in guild.members.values() if isinstance(m, LocalMember)}
