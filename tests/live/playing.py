"""People in a playground before a real InvokeAI: what they do, also in the page's own words, and what they see."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from bot.playground.discord import Message
from bot.playground.page.demo import Demo
from bot.playground.page.server import Page
from tests.live.atelier import BUNDLED, FIXTURES, PATIENCE, changed, is_under_way, percentages
from tests.live.pictures import board, decoded, encoded
from tests.playground.page_client import Window, window

PNG = ("board.png", encoded(board((256, 256))))
#: Minutes of denoising: nobody waits for its end.
ENDLESS: dict[str, object] = {"start_from": PNG, "keep": 0, "steps": 900}


def repaint() -> tuple[str, bytes]:
    """Denoising that begins with a picture, of which an intermediate one is made."""
    sizes = {(node, side): 512 for node in ("img_resize", "noise") for side in ("width", "height")}
    return changed(FIXTURES / "image_to_image.json", sizes, {("denoise_latents", "steps"): {"max": 900}})


def bundled(name: str) -> tuple[str, bytes]:
    return name, (BUNDLED / name).read_bytes()


def slow() -> tuple[str, bytes]:
    """Denoising from words alone."""
    return "slow.json", (FIXTURES / "slow.json").read_bytes()


async def publish(demo: Demo, file: tuple[str, bytes]) -> None:
    ada = demo.members["Ada"]
    adding = await ada.slash(demo.channels["pictures"], "workflow add", {"file": file})
    await demo.discord.until(lambda: adding.response is not None and adding.response.components, PATIENCE)
    assert adding.response
    before = set(demo.guild.commands)
    await ada.press(adding.response, "Publish")
    await demo.discord.until(lambda: set(demo.guild.commands) - before, PATIENCE)


async def start(demo: Demo, command: str, options: dict[str, object]) -> Message:
    use = await demo.members["Bo"].slash(demo.channels["pictures"], command, options)
    await demo.discord.until(lambda: use.response, PATIENCE)
    assert use.response
    return use.response


async def denoises(demo: Demo, *cards: Message) -> None:
    """Wait until one of them shows how far it is."""
    await demo.discord.until(lambda: any(0 < one < 100 for card in cards for one in percentages(card)), PATIENCE)


async def ended(demo: Demo, card: Message, timeout: float = PATIENCE) -> None:
    await demo.discord.until(lambda: not is_under_way(card), timeout)


@dataclass
class Onlooker:
    """Watches the panel, as somebody who has it open; keeps all that it ever showed."""

    demo: Demo
    images: set[str] = field(default_factory=set[str])
    drawn: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    items: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    said: list[str] = field(default_factory=list[str])

    async def look(self) -> dict[str, Any]:
        shown = await self.demo.panel.look()
        self.said.append(shown["backend"]["said"])
        self.items |= {(item["title"], item["status"]) for item in shown["queue"]}
        for image in shown["images"]:
            self.images.add(image["name"])
            if image["name"] not in self.drawn and (small := await self.demo.panel.thumbnail(image["name"])):
                self.drawn[image["name"]] = decoded(small).size
        return shown

    async def watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(0.1)

    async def cleared(self, jobs: int) -> None:
        """Wait until so many jobs are closed, and nothing of them is held or in the ledger any more."""
        async with asyncio.timeout(PATIENCE):
            while True:
                shown = await self.look()
                closed = [job for job in shown["jobs"] if job["state"] == "closed"]
                if len(closed) == jobs and not (shown["queue"] or shown["images"] or shown["left"]):
                    return
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def watched(demo: Demo) -> AsyncIterator[Onlooker]:
    onlooker = Onlooker(demo)
    watching = asyncio.create_task(onlooker.watch())
    try:
        yield onlooker
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def runs_in(page: str) -> None:
    """Publish and run in the page's own words, until its panel has seen the run and its card a step of it."""
    async with window(cast("Page", SimpleNamespace(url=page))) as opened:
        await opened.sit("Ada", "pictures")
        await opened.ask("watch", panel=True)
        channel = opened.channels["pictures"]
        name, data = repaint()
        file = {"upload": await opened.upload(name, data)}
        await opened.ask("slash", channel=channel, command="workflow add", options={"file": file})
        found = await heard(opened, "MESSAGE_UPDATE", r'"label": "Publish", "custom_id": "([^"]+)"')
        await opened.ask("press", message=found[0]["id"], custom_id=found[1])
        await heard(opened, "COMMANDS", r'"name": "(repaint)"')
        picture = {"upload": await opened.upload(*PNG)}
        used = await opened.ask(
            "slash", channel=channel, command="repaint", options={"start_from": picture, "keep": "0", "steps": "900"}
        )
        assert used.get("ok"), used
        await heard(opened, "PANEL", r'"status": "(in_progress)"')
        await heard(opened, "MESSAGE_UPDATE", r"([1-9]\d?)%")


async def heard(opened: Window, event: str, pattern: str) -> tuple[dict[str, Any], str]:
    async with asyncio.timeout(PATIENCE):
        while True:
            for told in reversed(opened.all(event)):
                if match := re.search(pattern, json.dumps(told)):
                    return told, match[1]
            await asyncio.sleep(0.05)
