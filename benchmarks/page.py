"""The page in Chromium: how much memory it takes, how soon one sees something, and how smooth a long channel is.

    uv run --group browser python -m benchmarks.page --messages 500

The demo runs as `familiar demo` runs it, with the bot as a process of its own. An edit's latency goes from the bot's
call, as the local Discord takes it, to the first frame that shows it; a key's from the key to the frame with its
letter. Frames are counted while the channel scrolls from its end to its beginning, with all of it loaded.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer
from rich.console import Console
from rich.table import Table

from benchmarks._stage import share
from bot.playground.page.chromium import open_chromium
from bot.playground.page.demo import Demo, DemoOptions, open_demo

if TYPE_CHECKING:
    from playwright.async_api import Browser
    from playwright.async_api import Page as Tab

WIDTH = 100
VIEW: Any = {"width": 1200, "height": 800}
MEBIBYTE = 1024 * 1024
EDITS = 30
LETTERS = "The quick brown fox jumps over the lazy dog. "


@dataclass
class Found:
    """Everything that was measured: values by what they are, in milliseconds, in MiB, or counted."""

    rows: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def add(self, what: str, value: str) -> None:
        self.rows.append((what, value))

    def times(self, what: str, values: list[float]) -> None:
        """Add a median and its tail."""
        median, p95, worst = share(values, 0.5), share(values, 0.95), max(values)
        self.add(what, f"median {median:.1f} ms, p95 {p95:.1f} ms, worst {worst:.1f} ms")


def main(messages: Annotated[int, typer.Option(help="How many messages the long channel has.")] = 500) -> None:
    """Measure the page, and print the figures."""
    found = asyncio.run(measure(messages))
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    table = Table(title=f"The page, with {messages} messages in its long channel", title_justify="left")
    table.add_column("what")
    table.add_column("measured", no_wrap=True)
    for row in found.rows:
        table.add_row(*row)
    console.print(table)


async def measure(messages: int) -> Found:
    found = Found()
    async with open_chromium() as browser, open_demo(DemoOptions(port=0)) as demo:
        await fill(demo, messages)
        await first_sight(browser, demo, found, "lounge", "an empty channel")
        await first_sight(browser, demo, found, "pictures", f"{messages} messages")
        await long_channel(browser, demo, found, messages)
        found.add("memory of the demo (Discord, InvokeAI, page)", f"{memory(os.getpid()):.0f} MiB")
        found.add("memory of the bot", f"{memory(demo.bot.pid or 0):.0f} MiB")
    return found


async def fill(demo: Demo, messages: int) -> None:
    """Let people talk, with a card of the bot's kind now and then."""
    channel, people = demo.channels["pictures"], list(demo.members.values())
    embed = {"title": "Blur", "description": "**radius** 8 · **kind** gaussian", "color": 0x57F287}
    for number in range(messages):
        if number % 10:
            await people[number % len(people)].say(channel, f"Message **{number}** of many, `quite` an ordinary one.")
        else:
            demo.discord.messages.create(channel, demo.discord.bot, {"embeds": [embed]}, [])


async def opened(browser: Browser, demo: Demo, channel: str) -> Tab:
    """Open the page in a window that has never seen it."""
    context = await browser.new_context(viewport=VIEW)
    tab = await context.new_page()
    await tab.add_init_script(_NOTE_FIRST_MESSAGE)
    await tab.goto(f"{demo.page.url}#{urlencode({'as': 'Bo', 'in': channel})}")
    await tab.locator("#messages article, #messages .beginning h2").first.wait_for()
    return tab


async def first_sight(browser: Browser, demo: Demo, found: Found, channel: str, what: str) -> None:
    """Measure from the address typed until something, and until a message, is seen."""
    paints: list[float] = []
    drawn: list[float] = []
    for _ in range(5):
        tab = await opened(browser, demo, channel)
        paints.append(await tab.evaluate(_FIRST_PAINT))
        drawn.append(await tab.evaluate("window.firstMessage ?? NaN"))
        await tab.context.close()
    found.times(f"first contentful paint, {what}", paints)
    if not any(math.isnan(one) for one in drawn):
        found.times(f"first message drawn, {what}", drawn)


async def long_channel(browser: Browser, demo: Demo, found: Found, messages: int) -> None:
    tab = await opened(browser, demo, "pictures")
    began = time.perf_counter()
    articles = tab.locator("#messages article")
    while await articles.count() < messages:
        await tab.locator("#messages").evaluate("node => node.scrollTop = 0")
    found.add("all of the history loaded, by scrolling up", f"{time.perf_counter() - began:.1f} s")
    found.times("a frame while all of it scrolls by", await tab.evaluate(_SCROLL))
    found.times("a key typed, until its letter is seen", await typed(tab))
    found.times("an edit by the bot, until it is seen", await edited(tab, demo))
    found.add("JavaScript's heap", f"{await tab.evaluate('performance.memory.usedJSHeapSize') / MEBIBYTE:.1f} MiB")
    found.add("elements drawn", str(await tab.evaluate("document.querySelectorAll('*').length")))
    await tab.context.close()


async def typed(tab: Tab) -> list[float]:
    await tab.locator("#composer textarea").focus()
    await tab.evaluate(_NOTE_KEYS)
    for letter in LETTERS:
        await tab.keyboard.press(letter if letter != " " else "Space")
    return await tab.evaluate("window.keys")


async def edited(tab: Tab, demo: Demo) -> list[float]:
    """Edit the newest message of the bot again and again, and note when the page shows it."""
    channel = demo.channels["pictures"]
    message = demo.discord.messages.create(channel, demo.discord.bot, {"content": "edit 0"}, [])
    await tab.locator(f'article[data-message="{message.id}"]').wait_for()
    await tab.evaluate(_NOTE_EDITS, str(message.id))
    sent: list[float] = []
    for number in range(1, EDITS + 1):
        sent.append(time.time() * 1000)
        demo.discord.messages.edit(message, {"content": f"edit {number}"}, [])
        await tab.wait_for_function("number => window.edits.length >= number", arg=number)
    seen: list[float] = await tab.evaluate("window.edits")
    return [after - before for before, after in zip(sent, seen, strict=False)]


def memory(pid: int) -> float:
    """How many MiB a process holds, with those that it started for itself."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


_FIRST_PAINT = """() => new Promise(done => {
  new PerformanceObserver((list, observer) => {
    const [paint] = list.getEntriesByName("first-contentful-paint");
    if (paint) { observer.disconnect(); done(paint.startTime); }
  }).observe({type: "paint", buffered: true});
})"""

_NOTE_FIRST_MESSAGE = """addEventListener("DOMContentLoaded", () => {
  const look = () => {
    if (document.querySelector("#messages article")) window.firstMessage = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})"""

_SCROLL = """() => new Promise(done => {
  const root = document.querySelector("#messages"), frames = [];
  root.scrollTop = root.scrollHeight;
  let last = performance.now();
  const step = now => {
    frames.push(now - last);
    last = now;
    root.scrollTop -= 120;
    if (root.scrollTop > 0) requestAnimationFrame(step);
    else done(frames.slice(1));
  };
  requestAnimationFrame(step);
})"""

_NOTE_KEYS = """() => {
  window.keys = [];
  const box = document.querySelector("#composer textarea");
  box.addEventListener("keydown", event => requestAnimationFrame(() => {
    const seen = new MessageChannel();
    seen.port1.onmessage = () => window.keys.push(performance.now() - event.timeStamp);
    seen.port2.postMessage(null);
  }));
}"""

_NOTE_EDITS = """id => {
  window.edits = [];
  const article = document.querySelector(`article[data-message="${id}"]`);
  let shown = article.querySelector(".content").textContent;
  const look = () => {
    const now = article.querySelector(".content").textContent;
    if (now !== shown) { shown = now; window.edits.push(performance.timeOrigin + performance.now()); }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

if __name__ == "__main__":
    typer.run(main)
