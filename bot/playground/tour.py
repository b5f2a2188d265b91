"""The scripted tour: an admin publishes a bundled workflow, a member runs it, and the conversation scrolls by.

The bot in the middle is the one that serves real servers; only what it talks to is built in.
"""

from __future__ import annotations

import asyncio
import tempfile
from importlib import resources
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from bot import db
from bot.config import BackendSettings, DatabaseSettings, DiscordSettings, Limits, Settings
from bot.jobs import JobStore
from bot.playground import transcript
from bot.playground.discord import LocalDiscord
from bot.playground.discord.state import Message
from bot.playground.invokeai import LocalInvokeAI
from bot.service import open_service

_WORKFLOW = "hue_sheet"
_PICTURE = "dusk"
_NODE_SECONDS = 0.2
#: What Discord calls the options that take a file.
_ATTACHMENT = 11


async def tour(console: Console, out: Path) -> bool:
    """Run the tour, save the results in `out`, and return whether InvokeAI was left as it was.

    Raises TimeoutError if the bot does not do its part.
    """
    with tempfile.TemporaryDirectory(prefix="familiar-") as folder:
        database = Path(folder) / "familiar.sqlite"
        async with LocalInvokeAI(port=0, node_seconds=_NODE_SECONDS) as invoke, LocalDiscord(port=0) as discord:
            console.print(f"A local InvokeAI at {invoke.url}, a local Discord at {discord.api_url}", style="dim")
            settings = Settings(
                discord=DiscordSettings(api_url=discord.api_url, gateway_url=discord.gateway_url, cdn_url=discord.url),
                database=DatabaseSettings(path=database),
                backend=(BackendSettings(url=invoke.url),),
                limits=Limits(progress_seconds=1),
                token=SecretStr(discord.token),
            )
            async with open_service(settings):
                card = await converse(console, discord)
                await _gone(invoke)
        for path in await asyncio.to_thread(_save, card, out):
            console.print(f"saved {path}", style="bold", soft_wrap=True)
        return await _prove(console, database, invoke)


async def converse(console: Console, discord: LocalDiscord) -> Message:
    """Let an admin publish and a member run, with all of it printed; return the card once its job is over."""
    guild = discord.add_guild("Atelier")
    channel = guild.add_channel("pictures")
    admin, member = guild.add_member("Ada", manage_guild=True), guild.add_member("Bo")
    bundled = resources.files("workflows") / "bundled"
    await discord.until(lambda: "workflow" in discord.global_commands, timeout=transcript.PATIENCE)

    transcript.say(console, "Ada", f"/workflow add file:{_WORKFLOW}.json")
    workflow = (bundled / f"{_WORKFLOW}.json").read_bytes()
    adding = await admin.slash(channel, "workflow add", {"file": (f"{_WORKFLOW}.json", workflow)})
    report = await transcript.answer(discord, adding, lambda message: bool(message.components))
    transcript.show(console, report, transcript.people(discord), only_for="Ada")
    transcript.say(console, "Ada", "presses Publish")
    await admin.press(report, "Publish")
    await discord.until(lambda: bool(guild.commands) and bool(report.content), timeout=transcript.PATIENCE)
    transcript.show(console, report, transcript.people(discord), edited=True, only_for="Ada")

    name, command = next(iter(guild.commands.items()))
    image = next(option["name"] for option in command["options"] if option["type"] == _ATTACHMENT)
    transcript.say(console, "Bo", f"/{name} {image}:{_PICTURE}.webp")
    picture = (bundled / "samples" / f"{_PICTURE}.webp").read_bytes()
    running = await member.slash(channel, name, {image: (f"{_PICTURE}.webp", picture)})
    card = await transcript.answer(discord, running, lambda message: True)
    await transcript.follow(console, discord, card)
    return card


async def _gone(invoke: LocalInvokeAI) -> None:
    async with asyncio.timeout(transcript.PATIENCE):
        while invoke.images or invoke.items:  # noqa: ASYNC110  another server's state has no event
            await asyncio.sleep(0.05)


async def _prove(console: Console, database: Path, invoke: LocalInvokeAI) -> bool:
    """Print the ledger, and what InvokeAI holds; return whether both are clean."""
    async with db.connect(database) as connection:
        store = JobStore(connection)
        left = await store.count_left()
        transcript.show_ledger(console, await store.assets())
    clean = not (left or invoke.images or invoke.items)
    held = f"InvokeAI holds {len(invoke.images)} images and {len(invoke.items)} queue items, as before."
    console.print(held if clean else f"{held} Something was left!", style="bold green" if clean else "bold red")
    return clean


def _save(card: Message, out: Path) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / file.filename for file in card.attachments]
    for path, file in zip(paths, card.attachments, strict=True):
        path.write_bytes(file.data)
    return paths
