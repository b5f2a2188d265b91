"""Given message states, drawn by the page in Chromium: a picture of each, and a sheet of them all."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from PIL import Image
from slugify import slugify

from bot.playground.discord import LocalDiscord
from bot.playground.discord.actors import LocalChannel, LocalGuild, LocalMember
from bot.playground.discord.state import Use
from bot.playground.page.chromium import open_chromium
from bot.playground.page.play import open_play
from bot.playground.page.scenes import lead
from bot.playground.page.server import Page
from bot.playground.page.sheet import dark, light, sheet
from bot.playground.page.stills import State, open_modal, place, still_of

if TYPE_CHECKING:
    from playwright.async_api import Browser
    from playwright.async_api import Page as Tab

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")
SIDES = (light, dark)
#: Of the window, in CSS pixels: so narrow that messages have it to themselves.
WIDTH = 600
_HEIGHT = 1600
_SCALE = 2
#: Around a message, in pixels of the picture.
_PADDING = 16
_PEOPLE = ("Bo", "Ada", "Cy", "Dee", "Emil")
#: What lies over, or is not of, the messages.
_ALONE = """
  #hint, #composer, #toasts { display: none !important }
  ::backdrop { background: none !important }
  *, *::before { animation: none !important }
"""
#: The colour behind the messages.
_PAPER = """node => {
  const seen = document.createElement("canvas").getContext("2d");
  for (let at = node.parentElement; at; at = at.parentElement) {
    seen.fillStyle = getComputedStyle(at).backgroundColor;
    seen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = seen.getImageData(0, 0, 1, 1).data;
    if (alpha === 255) return [red, green, blue];
  }
  return [255, 255, 255];
}"""
_DRAWN = "node => Promise.all([document.fonts.ready, ...[...node.querySelectorAll('img')].map(i => i.decode())])"


@dataclass(eq=False)
class Stills:
    """A Discord without a bot, whose page shows whatever is put into it."""

    browser: Browser
    discord: LocalDiscord
    page: Page
    guild: LocalGuild
    people: list[LocalMember]
    _count: int = field(default=0, init=False)

    async def render(
        self, states: Mapping[str, State], out: Path, *, scheme: Scheme = "light", width: int = WIDTH
    ) -> list[Path]:
        """Draw each state by its title into a PNG of its own in `out`; return the paths, in their order."""
        await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
        context = await self.browser.new_context(
            color_scheme=scheme,
            device_scale_factor=_SCALE,
            viewport={"width": width, "height": _HEIGHT},
            reduced_motion="reduce",
            bypass_csp=True,
        )
        paths: list[Path] = []
        async with context:
            tab = await context.new_page()
            for title, state in states.items():
                path = out / f"{slugify(title)}.png"
                path.write_bytes(await self._draw(tab, state))
                paths.append(path)
        return paths

    async def _draw(self, tab: Tab, state: State) -> bytes:
        # A channel for each: what stands above a message changes how it is drawn.
        self._count += 1
        channel = self.guild.add_channel(f"still-{self._count}")
        if isinstance(state, Use):
            seat = self._seat(state)
            await self._go(tab, seat, channel)
            await tab.locator("#messages .beginning h2").wait_for()
            open_modal(self.discord, channel, seat, state)
            shown = tab.locator("dialog.modal")
        else:
            still = still_of(state)
            seat = self._seat(still.use)
            message = place(self.discord, channel, seat, still)
            await self._go(tab, seat, channel)
            shown = tab.locator(f'article[data-message="{message.id}"]')
        await shown.evaluate(_DRAWN)
        return padded(await shown.screenshot(animations="disabled"), await shown.evaluate(_PAPER))

    async def _go(self, tab: Tab, seat: LocalMember, channel: LocalChannel) -> None:
        # Only another query makes the browser load it anew.
        await tab.goto(f"{self.page.url}?{self._count}#as={seat.name}&in={quote(channel.name)}")
        await tab.add_style_tag(content=_ALONE)

    def _seat(self, use: Use | None) -> LocalMember:
        """Return who looks on: whoever asked for it, for others do not see private answers."""
        name = use.user.name if use else ""
        return next((person for person in self.people if person.name == name), self.people[0])


@contextlib.asynccontextmanager
async def open_stills() -> AsyncGenerator[Stills]:
    """Open what draws. Raises UserError, saying what to install, where Chromium or Playwright is missing."""
    async with open_chromium() as browser, open_stills_in(browser) as stills:
        yield stills


@contextlib.asynccontextmanager
async def open_stills_in(browser: Browser) -> AsyncGenerator[Stills]:
    """Open what draws in a Chromium that is there already."""
    async with LocalDiscord() as discord:
        guild = discord.add_guild("Atelier")
        people = [guild.add_member(name) for name in _PEOPLE]
        async with Page(discord) as page:
            yield Stills(browser, discord, page, guild, people)


async def render_demo(out: Path) -> list[Path]:
    """Draw what the real bot shows in each of its states, light and dark, and a sheet of them all; return the paths.

    Raises UserError, saying what to install, where Chromium or Playwright is missing.
    """
    # Chromium first: without it there is no use in waiting for the rest. The play stays open while it is drawn: embeds
    # show pictures by their addresses, and those lead to the play's own Discord.
    async with open_stills() as stills, open_play() as play:
        states = await lead(play)
        paths = {scheme: await stills.render(states, out / scheme, scheme=scheme) for scheme in SCHEMES}
    sides = [side(dict(zip(states, paths[scheme], strict=True))) for scheme, side in zip(SCHEMES, SIDES, strict=True)]
    return [*paths["light"], *paths["dark"], await asyncio.to_thread(sheet, sides, out / "cards.png")]


def padded(png: bytes, paper: Sequence[int]) -> bytes:
    """Put a rim around a picture."""
    with Image.open(io.BytesIO(png)) as picture:
        drawn = picture.convert("RGB")
    whole = Image.new("RGB", (drawn.width + 2 * _PADDING, drawn.height + 2 * _PADDING), tuple(paper))
    whole.paste(drawn, (_PADDING, _PADDING))
    stream = io.BytesIO()
    whole.save(stream, "PNG", optimize=True)
    return stream.getvalue()
