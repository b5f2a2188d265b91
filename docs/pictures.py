"""Take the README's pictures of the page at work, light and dark, and docs/cards.png of the messages' states.

    uv run --group browser python docs/pictures.py

The real bot runs between the local Discord and the local InvokeAI; what is seen is Chromium's.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image
from playwright.async_api import Browser, expect

from bot.playground.page.chromium import open_chromium
from bot.playground.page.demo import Demo, DemoOptions, open_demo
from bot.playground.page.play import bundled
from bot.playground.page.render import SCHEMES, Scheme, render_demo

HERE = Path(__file__).parent
SIZE: Any = {"width": 1200, "height": 860}
SCALE = 1.25
PATIENCE = 30.0


async def main() -> None:
    async with open_chromium() as browser, open_demo(DemoOptions(port=0, node_seconds=0.3)) as demo:
        await talk(demo)
        for scheme in SCHEMES:
            path = HERE / f"playground-{scheme}.png"
            path.write_bytes(await photograph(browser, demo, scheme))
            sys.stdout.write(f"{path}\n")
    with tempfile.TemporaryDirectory() as folder:
        cards = (await render_demo(Path(folder)))[-1]
        sys.stdout.write(f"{cards.replace(HERE / cards.name)}\n")


async def talk(demo: Demo) -> None:
    """Let an admin publish two workflows, and a member run one; return with its results there."""
    ada, bo, channel = demo.members["Ada"], demo.members["Bo"], demo.channels["pictures"]
    for name, slug in {"blur": "blur", "hue_sheet": "hue-sheet"}.items():
        adding = await ada.slash(channel, "workflow add", {"file": (f"{name}.json", bundled(f"{name}.json"))})
        await demo.discord.until(lambda use=adding: use.response and use.response.components, PATIENCE)
        assert adding.response
        await ada.press(adding.response, "Publish")
        await demo.discord.until(lambda slug=slug: slug in demo.guild.commands, PATIENCE)
    await ada.say(channel, "There is a new toy: `/hue-sheet` shows one picture in **six colours**.")
    running = await bo.slash(channel, "hue-sheet", {"picture": ("dusk.webp", bundled("samples/dusk.webp"))})
    await demo.discord.until(lambda: running.response and running.response.files, PATIENCE)


async def photograph(browser: Browser, demo: Demo, scheme: Scheme) -> bytes:
    """Take the page as Cy sees it, in the middle of typing a command."""
    context = await browser.new_context(
        color_scheme=scheme, viewport=SIZE, device_scale_factor=SCALE, reduced_motion="reduce"
    )
    async with context:
        tab = await context.new_page()
        await tab.add_init_script("localStorage.setItem('familiar-hint', 'away')")
        await tab.goto(f"{demo.page.url}#{urlencode({'as': 'Cy', 'in': 'pictures'})}")
        await expect(tab.locator("article [data-file]")).to_have_count(6)
        await tab.get_by_role("combobox", name=re.compile("^Message")).press_sequentially("/blur ")
        await tab.locator("#composer input.tail").press_sequentially("picture:")
        await tab.get_by_role("button", name="Samples for picture").click()
        await tab.get_by_role("menuitem", name="Harbour").click()
        await tab.locator("#composer .held:not([aria-busy])").wait_for()
        await tab.locator("#composer input.tail").press_sequentially("radius:12")
        await tab.keyboard.press("Tab")
        await tab.mouse.move(0, 0)
        await expect(tab.locator("#composer [role=option]").first).to_be_visible()
        await tab.evaluate("Promise.all([...document.images].map(image => image.decode()))")
        png = await tab.screenshot(animations="disabled", caret="initial")
    # Chromium is in a hurry; this is a third smaller.
    stream = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(stream, "PNG", optimize=True)
    return stream.getvalue()


if __name__ == "__main__":
    asyncio.run(main())
