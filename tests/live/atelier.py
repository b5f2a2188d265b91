"""A whole Familiar at work: a local Discord with people in it, the unmodified bot, and a real InvokeAI behind it."""

import asyncio
import contextlib
import json
import os
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

import workflows
from bot.config import TOKEN_VARIABLE, Settings, load
from bot.playground.discord import LocalChannel, LocalDiscord, LocalGuild, LocalMember, Message
from bot.playground.discord.state import Snapshot
from bot.service import open_service
from tests.live.pictures import PIXEL_CHUNKS, chunks, decoded
from workflows.words import plain

BUNDLED = Path(workflows.__file__).parent / "bundled"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "workflows"
PROJECT = Path(__file__).parents[2]

#: A real InvokeAI holds still for half a second at each item, and this machine may be busy.
PATIENCE = 30.0
_COMMAND = re.compile(r"</([\w-]+):\d+>")
_JOB = re.compile(r"job ([a-z0-9]{10})")
_ESCAPED = re.compile(r"\\([\\*_~`|>#-])")


@dataclass
class Atelier:
    """One server on the local Discord. Bots come and go in it; what they are told stands in `config`."""

    discord: LocalDiscord
    config: Path
    guild: LocalGuild
    channel: LocalChannel
    admin: LocalMember
    member: LocalMember
    #: Secrets of the bot, beside its token.
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def environment(self) -> dict[str, str]:
        return {TOKEN_VARIABLE: self.discord.token, **self.secrets}

    @property
    def settings(self) -> Settings:
        return load(self.config, self.environment)

    @contextlib.asynccontextmanager
    async def bot(self) -> AsyncIterator[None]:
        """One life of the bot, in this process; it ends when all that it left is deleted."""
        async with open_service(self.settings):
            await self.online()
            try:
                yield
            finally:
                await self._stop_all()
            await self.cleaned()

    @property
    def log(self) -> Path:
        """What the bot's own processes wrote."""
        return self.config.with_name("serve.log")

    @contextlib.asynccontextmanager
    async def bot_process(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The same as a process of its own, the way it is deployed; killed at the end if it still lives."""
        command = [sys.executable, "-m", "bot", "serve", "--config", str(self.config)]
        environment = {**os.environ, **self.environment}
        with open(self.log, "ab") as output:  # noqa: ASYNC230, PTH123  a local file
            process = await asyncio.create_subprocess_exec(
                *command, cwd=PROJECT, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
            )
        try:
            await self.online()
            yield process
        except BaseException as error:
            error.add_note(await asyncio.to_thread(self.log.read_text, "utf-8", "replace"))
            raise
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _stop_all(self) -> None:
        """Cancel what a test that failed left running, so that the next one begins in peace."""
        for card in self.channel.messages:
            if is_under_way(card):
                await self.admin.press(card, "Cancel")

    async def online(self) -> None:
        """Wait until the bot is there for people, and has seen its InvokeAI."""
        await self.discord.until(
            lambda: "workflow" in self.discord.global_commands and self.discord.gateway.online, timeout=PATIENCE
        )

    async def publish(self, workflow: Path | tuple[str, bytes]) -> str:
        """Let the admin upload a workflow and press Publish; gives the command's name."""
        file = _read(workflow) if isinstance(workflow, Path) else workflow
        adding = await self.admin.slash(self.channel, "workflow add", {"file": file})
        await self.until(lambda: adding.response is not None and adding.response.embeds)
        report = adding.response
        assert report is not None
        assert report.components, f"not publishable: {report.embeds}"
        await self.admin.press(report, "Publish")
        await self.until(lambda: bool(report.content))
        found = _COMMAND.search(report.content)
        assert found, f"not published: {report.content}"
        return found[1]

    async def start(self, command: str, options: Mapping[str, object] | None = None, who: LocalMember | None = None):
        """Let a member use a command; gives the card."""
        use = await (who or self.member).slash(self.channel, command, options)
        await use.answered()
        await self.until(lambda: use.response is not None)
        assert use.response is not None
        return use.response

    async def run(
        self, command: str, options: Mapping[str, object] | None = None, who: LocalMember | None = None
    ) -> Message:
        """Let a member use a command; gives the card when the job is over."""
        return await self.ended(await self.start(command, options, who))

    async def ended(self, card: Message, timeout: float = PATIENCE) -> Message:
        """Wait until the card offers no Cancel any more, which is when its job is over."""
        await self.shows(card, lambda: not is_under_way(card), timeout)
        return card

    async def denoises(self, card: Message) -> None:
        """Wait until the card shows how far a denoising node is."""
        await self.shows(card, lambda: bool(percentages(card)))

    async def shows(self, card: Message, predicate: Callable[[], object], timeout: float = PATIENCE) -> None:
        try:
            await self.until(predicate, timeout)
        except TimeoutError as error:
            error.add_note(f"the card says {text(card)!r}, before: {[text(edit) for edit in card.edits]}")
            raise

    async def until(self, predicate: Callable[[], object], timeout: float = PATIENCE) -> None:
        await self.discord.until(predicate, timeout=timeout)

    async def cleaned(self, timeout: float = PATIENCE) -> None:
        """Wait until every job is closed, and everything in the ledger deleted."""
        await self.until(lambda: self.open_jobs() == 0 and self.left() == 0, timeout)

    def open_jobs(self) -> int:
        return self.ask("SELECT count(*) FROM jobs WHERE state <> 'closed'")[0][0]

    def states(self) -> list[str]:
        """Where the jobs stand, oldest first."""
        return [state for (state,) in self.ask("SELECT state FROM jobs ORDER BY created_at")]

    def left(self) -> int:
        """How many things the ledger says are still on the backend."""
        return self.ask("SELECT count(*) FROM assets WHERE deleted_at IS NULL")[0][0]

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the bot's database from outside."""
        uri = f"file:{self.config.with_name('familiar.sqlite')}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=10)) as database:
            return database.execute(sql, values).fetchall()

    def value(self, card: Message, name: str) -> str:
        """What a job was run with, as the database holds it."""
        ((given,),) = self.ask("SELECT given FROM jobs WHERE id = ?", job_id(card))
        held = json.loads(given)[name]
        if isinstance(held, bool):
            return "yes" if held else "no"
        if isinstance(held, int | float):
            return plain(held)
        if isinstance(held, dict):
            return held.get("name") or "#" + "".join(f"{held[channel]:02x}" for channel in "rgb")
        return str(held)

    def refused(self) -> list[str]:
        """What Discord did not take from the bot."""
        return [f"{r.method} {r.path}: {r.status} {r.body}" for r in self.discord.refused]


def _read(path: Path) -> tuple[str, bytes]:
    return path.name, path.read_bytes()


@contextlib.asynccontextmanager
async def furnished(
    folder: Path, url: str, secrets: Mapping[str, str] | None = None, *, pace: float = 1.0, **backend: Any
) -> AsyncIterator[Atelier]:
    """Open an atelier without a bot. At its end, Discord must have refused nothing."""
    async with LocalDiscord() as discord:
        config = folder / "config.toml"
        lines = [
            "[discord]",
            f'api_url = "{discord.api_url}"',
            f'gateway_url = "{discord.gateway_url}"',
            f'cdn_url = "{discord.url}"',
            "[limits]",
            f"progress_seconds = {pace}",
            "[[backend]]",
            f'url = "{url}"',
            *(f"{name} = {json.dumps(value)}" for name, value in backend.items()),
        ]
        config.write_text("\n".join(lines) + "\n", "utf-8")
        guild = discord.add_guild("Atelier")
        people = guild.add_member("Ada", manage_guild=True, manage_messages=True), guild.add_member("Bo")
        atelier = Atelier(discord, config, guild, guild.add_channel("pictures"), *people, secrets or {})
        yield atelier
        assert atelier.refused() == []


def text(message: Message | Snapshot) -> str:
    """All that a message says, without the signs that keep Discord from drawing what was typed."""
    parts = [message.content]
    for embed in message.embeds:
        footer = embed.get("footer", {}).get("text", "")
        parts += [embed.get("title", ""), embed.get("description", ""), footer]
    return _ESCAPED.sub(r"\1", "\n".join(part for part in parts if part))


def job_id(card: Message) -> str:
    found = _JOB.search(text(card))
    assert found, f"no job id on the card: {text(card)}"
    return found[1]


def is_under_way(card: Message) -> bool:
    """Whether the job of a card can still be cancelled."""
    return "familiar:cancel:" in json.dumps(card.components)


def percentages(card: Message) -> list[int]:
    """How far the running node was, at each edit of the card that says so; the bar of the whole job is not meant."""
    lines = (line for edit in card.edits for line in text(edit).splitlines() if line.startswith("Step "))
    return [int(found[1]) for line in lines if (found := re.search(r"(\d+)%$", line))]


def results(card: Message) -> list[Image.Image]:
    """The pictures under a card, which must be plain PNGs named after its job."""
    job = job_id(card)
    names = [file.filename for file in card.attachments]
    wanted = [f"{job}-{number}.png" for number in range(1, len(names) + 1)] if len(names) > 1 else [f"{job}.png"]
    assert names == wanted
    for file in card.attachments:
        assert chunks(file.data) <= PIXEL_CHUNKS
    return [decoded(file.data) for file in card.attachments]


Place = tuple[str, str]


def changed(
    path: Path, values: Mapping[Place, object] | None = None, limits: Mapping[Place, Mapping[str, object]] | None = None
) -> tuple[str, bytes]:
    """A workflow with other values in it, or other limits in its form; both by node type and field name."""
    raw = json.loads(path.read_text("utf-8"))
    types = {node["id"]: node["data"].get("type", "") for node in raw["nodes"]}
    for node in raw["nodes"]:
        for (node_type, field_name), new in (values or {}).items():
            if node_type == types[node["id"]]:
                node["data"]["inputs"][field_name]["value"] = new
    for element in raw["form"]["elements"].values():
        if element["type"] == "node-field":
            place = element["data"]["fieldIdentifier"]
            new_limits = (limits or {}).get((types[place["nodeId"]], place["fieldName"]), {})
            if new_limits:
                element["data"]["settings"].update(new_limits)
    return path.name, json.dumps(raw).encode()
