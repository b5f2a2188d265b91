"""What the benchmarks stand on: both stand-ins in this process, people in servers, and the bot as another process."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

import workflows
from bot import db
from bot.catalog import Catalog, Published
from bot.db import look_at
from bot.drafts import Draft
from bot.jobs import new_id
from bot.playground.discord import LocalChannel, LocalDiscord, LocalGuild, LocalMember, Use
from bot.playground.invokeai import LocalInvokeAI
from workflows import document
from workflows.check import check
from workflows.client import InvokeClient, open_http

ROOT = Path(__file__).parents[1]
BLUR = Path(workflows.__file__).parent / "bundled" / "blur.json"
#: The commands of every server: one that asks for a picture, and one that does not.
WITH_PICTURE, PLAIN = "blur", "dot"
START_SECONDS = 60.0


@dataclass
class Place:
    """One server with its channels and people."""

    guild: LocalGuild
    channels: list[LocalChannel] = field(default_factory=list[LocalChannel])
    people: list[LocalMember] = field(default_factory=list[LocalMember])


class Stage:
    """Both stand-ins, and the servers in which things happen."""

    def __init__(self, folder: Path, invokes: Sequence[LocalInvokeAI], discord: LocalDiscord) -> None:
        self.folder = folder
        self.invokes = invokes
        self.discord = discord
        self.places: list[Place] = []
        self.picture = ("photo.png", picture())

    @property
    def database(self) -> Path:
        return self.folder / "familiar.sqlite"

    @property
    def names(self) -> list[str]:
        return [f"backend-{number}" for number in range(1, len(self.invokes) + 1)]

    def furnish(self, guilds: int, channels: int, users: int) -> None:
        """Open so many servers, with so many channels and people in all of them together."""
        self.places = [Place(self.discord.add_guild(f"Server {number}")) for number in range(guilds)]
        for number in range(channels):
            place = self.places[number % guilds]
            place.channels.append(place.guild.add_channel(f"pictures-{number}"))
        for number in range(users):
            place = self.places[number % guilds]
            place.people.append(place.guild.add_member(f"Person {number}"))

    def configure(self, *, max_in_flight: int = 2, **limits: float) -> Path:
        """Write the bot's settings down, and return where."""
        lines = ["[discord]", f'api_url = "{self.discord.api_url}"', f'gateway_url = "{self.discord.gateway_url}"']
        for name, invoke in zip(self.names, self.invokes, strict=True):
            lines += ["[[backend]]", f'name = "{name}"', f'url = "{invoke.url}"', f"max_in_flight = {max_in_flight}"]
        lines += ["[limits]", *(f"{key} = {value}" for key, value in limits.items())]
        config = self.folder / "config.toml"
        config.write_text("\n".join([*lines, ""]))
        return config

    async def publish(self) -> dict[tuple[int, str], Published]:
        """Publish both workflows in every server, before the bot starts; return them by server and command."""
        found: dict[tuple[int, str], Published] = {}
        async with open_http(self.invokes[0].url) as http, db.connect(self.database) as connection:
            await connection.execute("PRAGMA synchronous = OFF")
            client = InvokeClient(http, "familiar", None)
            schemas, models = await client.schemas(), await client.models()
            catalog = Catalog(connection)
            for slug, data in ((WITH_PICTURE, BLUR.read_bytes()), (PLAIN, json.dumps(dot()).encode())):
                inputs = check(document.read(data), schemas, models).inputs
                for place in self.places:
                    draft = Draft(new_id(), place.guild.id, 0, slug, slug.title(), "For benchmarks", data, inputs)
                    found[place.guild.id, slug] = await catalog.publish(draft)
        return found

    async def run(self, place: Place, person: LocalMember, channel: LocalChannel, command: str) -> Use:
        """Use one of the commands, with a picture for the one that asks for one."""
        options = {o["name"]: self.picture for o in place.guild.commands[command]["options"] if o["type"] == 11}
        return await person.slash(channel, command, options)

    def is_ready(self) -> bool:
        """Whether a bot is connected, and every server has its commands."""
        wanted = {WITH_PICTURE, PLAIN}
        return self.discord.gateway.online and all(wanted <= set(place.guild.commands) for place in self.places)

    def is_tidy(self) -> bool:
        """Whether every job is closed, its ledger clean, and nothing of it left on a backend."""
        seen = look_at(self.database)
        return not (seen.open_jobs or seen.left or self.left_behind())

    def left_behind(self) -> int:
        """How many images and queue items stand on the backends."""
        return sum(len(invoke.images) + len(invoke.items) + len(invoke.videos) for invoke in self.invokes)

    def calls(self, method: str, route: str = "") -> int:
        return sum(r.method == method and route in r.route for r in self.discord.requests)

    def refusals(self) -> Counter[tuple[int, str]]:
        """How many calls of the bot Discord refused, by status and route."""
        return Counter((refusal.status, f"{refusal.method} {refusal.route}") for refusal in self.discord.refused)

    def jobs(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Look into the bot's database, without a lock."""
        uri = f"{self.database.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, values).fetchall()


@contextlib.asynccontextmanager
async def open_stage(folder: Path, backends: int = 1, *, node_seconds: float = 0) -> AsyncIterator[Stage]:
    """Open a local Discord with its rate limits, and so many local InvokeAIs."""
    async with contextlib.AsyncExitStack() as stack:
        made = [LocalInvokeAI(step_seconds=node_seconds, node_seconds=node_seconds) for _ in range(backends)]
        invokes = [await stack.enter_async_context(invoke) for invoke in made]
        yield Stage(folder, invokes, await stack.enter_async_context(LocalDiscord(rate_limits=True)))


class Bot:
    """The bot as a process of its own. What it logs goes to a file in the stage's folder."""

    def __init__(self, stage: Stage, config: Path) -> None:
        self._stage = stage
        self._config = config
        self._process: asyncio.subprocess.Process | None = None
        self.began = 0.0

    @property
    def log(self) -> Path:
        return self._stage.folder / "bot.log"

    async def start(self, unfinished: Mapping[str, str] | None = None) -> None:
        """Start it; with `unfinished`, how each of these jobs is to be driven again, `told` waits for all of them."""
        options: list[str] = []
        if unfinished is not None:
            wanted = self._stage.folder / "unfinished.json"
            wanted.write_text(json.dumps(dict(unfinished)))
            options = ["--unfinished", str(wanted)]
        self.began = time.time()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks._probe", str(self._config), "--since", str(self.began), *options),
                env={**os.environ, "DISCORD_TOKEN": self._stage.discord.token},
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=2**24,
            )

    async def ready(self) -> None:
        """Wait until it is connected, and every server has its commands. Raises RuntimeError where it ended."""
        assert self._process
        process = self._process
        await self._stage.discord.until(lambda: self._stage.is_ready() or process.returncode is not None, START_SECONDS)
        if process.returncode is not None:
            raise RuntimeError(f"the bot is gone: {self.log.read_text()[-2000:]}")

    async def look(self) -> dict[str, Any]:
        """Return how it fared since the last look."""
        assert self._process
        self._process.send_signal(signal.SIGUSR1)
        return await self.told()

    async def told(self, seconds: float = 60) -> dict[str, Any]:
        """Return the next line that it prints."""
        assert self._process
        assert self._process.stdout
        async with asyncio.timeout(seconds):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the bot is gone: {self.log.read_text()[-2000:]}")
        return json.loads(line)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> dict[str, Any]:
        """End it, and return how it fared since the last look; nothing where it could not tell."""
        if not self._process:
            return {}
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        out, _ = await process.communicate()
        lines = out.decode().splitlines()
        return json.loads(lines[-1]) if lines else {}


def dot() -> dict[str, Any]:
    """A workflow that asks for a text and makes a small picture of nothing."""
    asked = {"nodeId": "text", "fieldName": "value"}
    elements = {
        "root": {"id": "root", "type": "container", "data": {"layout": "column", "children": ["text"]}},
        "text": {"id": "text", "type": "node-field", "parentId": "root", "data": {"fieldIdentifier": asked}},
    }
    return {
        "name": "Dot",
        "description": "",
        "meta": {"category": "user", "version": "4.0.0"},
        "nodes": [_node("text", "string", value="a dot"), _node("dot", "blank_image", width=16, height=16)],
        "edges": [],
        "exposedFields": [],
        "form": {"elements": elements, "rootElementId": "root"},
    }


def _node(node_id: str, kind: str, **values: Any) -> dict[str, Any]:
    inputs = {name: {"name": name, "label": "", "description": "", "value": value} for name, value in values.items()}
    data = {"id": node_id, "type": kind, "version": "1.0.0", "label": "", "isIntermediate": False, "inputs": inputs}
    return {"id": node_id, "type": "invocation", "data": data}


def picture() -> bytes:
    """A picture so small that nobody has to work for it."""
    stream = io.BytesIO()
    Image.frombytes("RGB", (16, 16), random.Random(1).randbytes(16 * 16 * 3)).save(stream, "PNG")
    return stream.getvalue()


def share(values: Iterable[float], part: float) -> float:
    """Return the percentile of some values: `part` goes from 0 to 1."""
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))] if ordered else float("nan")


def with_status(refused: Mapping[tuple[int, str], int], *statuses: int) -> int:
    """Return how many of the refusals have one of these statuses; all of them, where none is named."""
    return sum(count for (status, _), count in refused.items() if not statuses or status in statuses)


def ratio(found: float, goal: float) -> str:
    """Return how much of a goal was used up; what has to be nothing is either kept or not."""
    if goal:
        return f"{found / goal:.2f}"
    return "0" if not found else "over"
