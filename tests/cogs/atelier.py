"""What the tests of the Discord face stand on: a local Discord, a local InvokeAI, and the real bot between them."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from PIL import Image
from pydantic import SecretStr

from bot.catalog import Catalog, Published
from bot.config import BackendSettings, CardSettings, DatabaseSettings, DiscordSettings, Limits, Settings
from bot.db import look_at
from bot.drafts import Draft
from bot.jobs import new_id
from bot.options import Extra
from bot.playground.discord import LocalChannel, LocalDiscord, LocalGuild, LocalMember, Message, Refusal, Use
from bot.playground.invokeai import LocalInvokeAI
from bot.service import open_service
from workflows.values import InputSpec
from workflows.words import show

FIXTURES = Path(__file__).parents[1] / "fixtures" / "workflows"
ENQUEUE = ("POST", "/api/v1/queue/{queue_id}/enqueue_batch")
UPLOAD = ("POST", "/api/v1/images/upload")
GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
PATIENCE = 8.0
RUNNING, PAUSED = "🎨", "⏸️"

#: For tests that use `room`: they run where their module's atelier lives.
in_module_loop = pytest.mark.asyncio(loop_scope="module")

#: What no message may ever hold: where things stand on a disk, how code failed, and who we are.
SECRETS = ("Traceback", "site-packages", "/opt/invokeai", "/usr/", "/home/", "/tmp/", "127.0.0.1", "Error(", 'File "')


@dataclass
class Place:
    """One server, with a channel and three people."""

    guild: LocalGuild
    channel: LocalChannel
    admin: LocalMember
    member: LocalMember
    other: LocalMember


class Atelier:
    """Both stand-ins and the bot, which can be stopped and started again."""

    def __init__(self, invoke: LocalInvokeAI, discord: LocalDiscord, folder: Path, **limits: Any) -> None:
        self.invoke = invoke
        self.discord = discord
        self.folder = folder
        self.in_flight = limits.pop("max_in_flight", 2)
        self.cards: CardSettings = limits.pop("cards", CardSettings())
        self.limits = Limits(**{"progress_seconds": 0.01, **limits})
        self.place = self.open_place("Atelier")
        self._bot = contextlib.AsyncExitStack()

    @property
    def database(self) -> Path:
        return self.folder / "familiar.sqlite"

    @property
    def settings(self) -> Settings:
        return Settings(
            discord=DiscordSettings(
                api_url=self.discord.api_url, gateway_url=self.discord.gateway_url, cdn_url=self.discord.url
            ),
            database=DatabaseSettings(path=self.database),
            backend=(BackendSettings(url=self.invoke.url, max_in_flight=self.in_flight),),
            limits=self.limits,
            cards=self.cards,
            token=SecretStr(self.discord.token),
        )

    @property
    def channel(self) -> LocalChannel:
        return self.place.channel

    def open_place(self, name: str) -> Place:
        guild = self.discord.add_guild(name)
        people = guild.add_member("Ada", manage_guild=True), guild.add_member("Bo"), guild.add_member("Cy")
        return Place(guild, guild.add_channel("pictures"), *people)

    # The bot's life

    async def start(self) -> None:
        await self._bot.enter_async_context(open_service(self.settings))
        await self.ready()

    async def ready(self) -> None:
        await self.discord.online()
        await self.discord.until(lambda: {"workflow", "jobs"} <= set(self.discord.global_commands))

    async def stop(self) -> None:
        await self._bot.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    # What people do

    async def add(
        self,
        data: bytes | Mapping[str, Any],
        *,
        place: Place | None = None,
        who: LocalMember | None = None,
        file: str = "workflow.json",
        **options: object,
    ) -> Message:
        """Upload a workflow, and return the report, or whatever else the bot answers."""
        place = place or self.place
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        who = who or place.admin
        return await self.answer(await who.slash(place.channel, "workflow add", {"file": (file, content), **options}))

    async def publish(
        self, data: bytes | Mapping[str, Any], *, place: Place | None = None, **options: Any
    ) -> dict[str, Any]:
        """Upload a workflow and publish it; return the command as Discord has it."""
        place = place or self.place
        before = set(place.guild.commands)
        report = await self.add(data, place=place, **options)
        await place.admin.press(report, "Publish")
        await self.discord.until(lambda: report.content.startswith("✅"), PATIENCE)
        (name,) = set(place.guild.commands) - before
        return place.guild.commands[name]

    async def answer(self, use: Use) -> Message:
        """Return the answer to an interaction, once it is more than "thinking"."""
        await use.answered()
        message = await self.discord.until(lambda: use.response or (use.followups or [None])[-1], PATIENCE)
        assert message
        return message

    async def told(self, use: Use) -> str:
        """Return what a press, or a form that was sent in, is answered with beside the message that it is on."""
        await use.answered()
        await self.discord.until(lambda: use.followups or use.response not in (None, use.source), PATIENCE)
        return text(use.followups[-1] if use.followups else use.response)

    async def changed(self, message: Message, use: Use) -> Message:
        """Wait until a press, or a form that was sent in, has drawn its message anew; fail on any other answer."""
        seen = len(message.edits)
        await self.discord.until(lambda: len(message.edits) > seen or use.followups, PATIENCE)
        assert not use.followups, text(use.followups[-1])
        return message

    async def ask(self, who: LocalMember, command: str, options: Mapping[str, object] | None = None) -> str:
        """Use a command, and return what the answer says."""
        return text(await self.answer(await who.slash(self.channel, command, options)))

    async def run(
        self, command: str, options: Mapping[str, object] | None = None, *, who: LocalMember | None = None
    ) -> Message:
        """Run a published command and return its card, as it was first shown."""
        place = self.place if who is None else next(p for p in self._places(who))
        return await self.answer(await (who or place.member).slash(place.channel, command, options))

    def _places(self, who: LocalMember) -> list[Place]:
        channel = next(iter(who.guild.channels.values()))
        assert isinstance(channel, LocalChannel)
        assert isinstance(who.guild, LocalGuild)
        return [Place(who.guild, channel, who, who, who)]

    @contextlib.asynccontextmanager
    async def catalog(self) -> AsyncIterator[Catalog]:
        """Look into the catalog from beside the bot, by a connection of one's own."""
        async with aiosqlite.connect(self.database, isolation_level=None) as connection:
            connection.row_factory = sqlite3.Row
            await connection.execute("PRAGMA busy_timeout = 5000")
            await connection.execute("PRAGMA synchronous = OFF")
            yield Catalog(connection)

    def prefer(self, who: LocalMember, **chosen: object) -> None:
        """Choose for a member what /settings offers."""
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            query = "INSERT OR REPLACE INTO preferences (user_id, choices) VALUES (?, ?)"
            connection.execute(query, (who.id, json.dumps(chosen)))

    async def plant(
        self, slug: str, *versions: tuple[Mapping[str, Any], tuple[InputSpec, ...]], **changes: Any
    ) -> Published:
        """Publish a workflow in several versions, each a document and its inputs, as if an admin had.

        Discord is not told: `/workflow enable` does that, for it is switched off.
        """
        base = {"workflow_id": None, "base_version": None, "guild_id": self.place.guild.id}
        published = None
        async with self.catalog() as catalog:
            for document, inputs in versions:
                raw, name = json.dumps(document).encode(), str(document["name"])
                draft = Draft(new_id(), 0, self.place.admin.user.id, slug, name, "Planted", raw, inputs)
                draft = draft.evolve(**base, **changes)
                published = await (catalog.add_version(draft) if published else catalog.publish(draft))
                base |= {"workflow_id": published.workflow_id, "base_version": published.version}
            assert published
            await catalog.set_enabled(published.workflow_id, False)
        return published

    async def shows(self, message: Message, *words: str) -> Message:
        """Wait until a message shows all of this; a queue that was seen to be paused says so in place of the bar."""

        def says(word: str) -> bool:
            return word in text(message) or (word == RUNNING and PAUSED in text(message))

        await self.discord.until(lambda: all(map(says, words)), PATIENCE)
        return message

    async def over(self, card: Message) -> Message:
        """Wait until a card shows how its job ended, which is when its Cancel button goes."""
        await self.discord.until(lambda: "Cancel" not in buttons(card), PATIENCE)
        return card

    async def press_raw(self, who: LocalMember, message: Message, custom_id: str) -> Use:
        """Press a button that the client does not offer, or that went while the press was on its way."""
        data = {"custom_id": custom_id, "component_type": 2, "id": 1}
        shown = message.components
        button = {"type": 2, "id": 1, "style": 2, "label": "Pressed", "custom_id": custom_id}
        message.components = [{"type": 1, "id": 2, "components": [button]}]
        try:
            return who.desk.open(3, who, message.channel, data, source=message)
        finally:
            message.components = shown

    async def slash_raw(self, who: LocalMember, command: str, options: Mapping[str, object]) -> Use:
        """Send a command as it stands, without any of the client's own checks. Files are names and bytes."""
        name, _, sub = command.partition(" ")
        place = self._places(who)[0]
        found = place.guild.commands.get(name) or self.discord.global_commands[name]
        resolved = who.desk.resolved(place.channel, who.user)
        known = found["options"] if not sub else next(o for o in found["options"] if o["name"] == sub)["options"]
        kinds = {option["name"]: option["type"] for option in known}
        given = [
            {"name": key, "type": kinds[key], "value": resolved.file(value) if kinds[key] == 11 else value}
            for key, value in options.items()
        ]
        if sub:
            given = [{"name": sub, "type": 1, "options": given}]
        data = {"id": found["id"], "name": name, "type": 1, "options": given, "resolved": resolved.found}
        if "guild_id" in found:
            data["guild_id"] = found["guild_id"]
        return who.desk.open(2, who, place.channel, data)

    # What is to be seen

    async def tidy(self) -> None:
        """Wait until every job is closed, its ledger clean, and nothing of it left on InvokeAI."""
        await self.discord.until(self._is_tidy, PATIENCE)

    def _is_tidy(self) -> bool:
        seen = look_at(self.database)
        return not (seen.open_jobs or seen.left or self.invoke.images or self.invoke.items)

    def given(self, card: Message) -> dict[str, Any]:
        """The values that a card's job runs with, by input name."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            rows = connection.execute("SELECT given FROM jobs WHERE id = ?", (job_id(card),)).fetchall()
        return json.loads(rows[0][0])

    async def values(self, card: Message) -> str:
        """The values that a card's job runs with, each as people read it."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            query = "SELECT workflow_id, version FROM jobs WHERE id = ?"
            (version,) = connection.execute(query, (job_id(card),)).fetchall()
        given = self.given(card)
        async with self.catalog() as catalog:
            inputs = await catalog.inputs(*version)
        return " · ".join(f"**{spec.name}** {show(spec, given[spec.name])}" for spec in inputs if spec.name in given)

    def puts(self) -> int:
        """How often the list of a server's commands was sent."""
        return self.calls("PUT", GUILD_COMMANDS)

    def calls(self, method: str, route: str = "") -> int:
        return sum(r.method == method and route in r.route for r in self.discord.requests)

    def refusals(self) -> list[Refusal]:
        """Take what Discord refused so far; a test that wants refusals asks for them, or it fails."""
        taken = list(self.discord.refused)
        self.discord.refused.clear()
        return taken

    def everything_said(self) -> list[str]:
        """Every text that any message of any server ever showed."""
        said: list[str] = []
        for message in self.discord.world.messages.values():
            for shown in (message, *message.edits):
                names = [file.filename for file in shown.attachments]
                said.append(json.dumps([shown.content, shown.embeds, shown.components, names], ensure_ascii=False))
        for use in self.discord.world.uses.values():
            said.append(json.dumps([use.choices, use.modal], ensure_ascii=False))
        return said

    def check_manners(self) -> None:
        """Nothing was refused, nobody was pinged, and nothing was said that is not for people."""
        assert not self.discord.refused
        assert not [m for m in self.discord.world.messages.values() if m.pings]
        secrets = (*SECRETS, self.discord.token, str(self.folder), *(use.token for use in self._uses()))
        # Where a picture is, may be said: it is Discord's own address.
        said = "\n".join(self.everything_said()).replace(self.discord.url, "")
        assert not [secret for secret in secrets if secret in said]

    def _uses(self) -> list[Use]:
        return list(self.discord.world.uses.values())


@contextlib.asynccontextmanager
async def furnished(folder: Path, *, with_bot: bool = True, **options: Any) -> AsyncIterator[Atelier]:
    """Open an atelier; what is not an option of either server is a limit of the bot."""
    for_discord = {key: options.pop(key) for key in ("max_upload", "rate_limits") if key in options}
    for_invoke = {key: options.pop(key) for key in ("step_seconds", "node_seconds") if key in options}
    async with (
        LocalInvokeAI(**{"step_seconds": 0.002, **for_invoke}) as invoke,
        LocalDiscord(**{"rate_limits": False, **for_discord}) as discord,
    ):
        atelier = Atelier(invoke, discord, folder, **options)
        if with_bot:
            await atelier.start()
        try:
            yield atelier
        finally:
            await atelier.stop()
        atelier.check_manners()


# Texts and pictures


def text(message: Message | None) -> str:
    """All that a message says: content, embeds, and the names of its buttons."""
    if message is None:
        return ""
    parts = [message.content]
    for embed in message.embeds:
        parts += [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    return "\n".join(part for part in parts if part)


def job_id(card: Message) -> str:
    """The job's id, as its card tells it."""
    found = re.search(r"job ([a-z0-9]{10})", text(card))
    assert found
    return found[1]


def history(message: Message) -> list[str]:
    """What a message said after each edit, oldest first."""
    return ["\n".join(str(e.get("description", "")) for e in shown.embeds) for shown in message.edits]


def buttons(message: Message) -> list[str]:
    return [part["label"] for row in message.components for part in row["components"] if part["type"] == 2]


def menus(message: Message) -> dict[str, list[str]]:
    """The menus of a message: by what stands in them, what they offer."""
    parts = [part for row in message.components for part in row["components"] if part["type"] == 3]
    return {part["placeholder"]: [one["label"] for one in part["options"]] for part in parts}


def custom_id(message: Message, label: str) -> str:
    """The id of a button, or of a menu by what stands in it."""
    parts = [part for row in message.components for part in row["components"]]
    return next(part["custom_id"] for part in parts if label in (part.get("label"), part.get("placeholder")))


def option(command: Mapping[str, Any], name: str) -> dict[str, Any]:
    return next(o for o in command.get("options", ()) if o["name"] == name)


def names(command: Mapping[str, Any]) -> list[str]:
    """The options that stand for inputs; what the bot adds to every command is left out."""
    return [o["name"] for o in command.get("options", ()) if o["name"] not in set(Extra)]


def picture(size: tuple[int, int] = (24, 16), kind: str = "PNG", *, noisy: bool = False) -> bytes:
    image = Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3)) if noisy else None
    stream = io.BytesIO()
    (image or Image.new("RGB", size, "#336699")).save(stream, kind)
    return stream.getvalue()


PHOTO = ("photo.png", picture())


def chunks(data: bytes) -> list[str]:
    """The names of a PNG's chunks."""
    found, at = [], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 8].decode())
        at += 12 + length
    return found


# Workflow documents


def bundled(name: str) -> bytes:
    return (resources.files("workflows") / "bundled" / f"{name}.json").read_bytes()


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


@dataclass(frozen=True)
class Field:
    """One input of a node, exposed to members unless it is not meant to be."""

    name: str
    value: Any = None
    label: str = ""
    description: str = ""
    settings: Mapping[str, Any] | None = None
    exposed: bool = True


def node(node_id: str, kind: str, *fields: Field, label: str = "", intermediate: bool = False) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for field in fields:
        inputs[field.name] = {"name": field.name, "label": field.label, "description": field.description}
        if field.value is not None:
            inputs[field.name]["value"] = field.value
    data = {
        "id": node_id,
        "type": kind,
        "version": "1.0.0",
        "label": label,
        "isIntermediate": intermediate,
        "inputs": inputs,
    }
    return {"id": node_id, "type": "invocation", "data": data, "fields": fields}


def edge(source: str, target: str) -> dict[str, Any]:
    """An edge between "node.field" and "node.field"."""
    ends = [*source.split("."), *target.split(".")]
    return {"type": "default", **dict(zip(("source", "sourceHandle", "target", "targetHandle"), ends, strict=True))}


def workflow(
    *nodes: Mapping[str, Any], edges: tuple[Any, ...] = (), name: str = "Test piece", description: str = ""
) -> dict[str, Any]:
    """A document as the editor exports it, whose form shows the exposed fields of its nodes in order."""
    elements: dict[str, Any] = {}
    for one in nodes:
        for field in one["fields"]:
            if field.exposed:
                data: dict[str, Any] = {"fieldIdentifier": {"nodeId": one["id"], "fieldName": field.name}}
                if field.settings is not None:
                    data["settings"] = dict(field.settings)
                elements[f"e{len(elements)}"] = {"type": "node-field", "parentId": "root", "data": data}
    children = list(elements)
    elements["root"] = {"id": "root", "type": "container", "data": {"layout": "column", "children": children}}
    return {
        "name": name,
        "description": description,
        "meta": {"category": "user", "version": "4.0.0"},
        "nodes": [{key: value for key, value in one.items() if key != "fields"} for one in nodes],
        "edges": list(edges),
        "exposedFields": [],
        "form": {"elements": elements, "rootElementId": "root"},
    }


def blank(*, intermediate: bool = False, **how: Any) -> dict[str, Any]:
    """A node that makes a small picture of nothing."""
    fields = [Field(key, value, exposed=False) for key, value in {"width": 16, "height": 16, **how}.items()]
    return node("blank", "blank_image", *fields, intermediate=intermediate)


def texts(*fields: Field, name: str = "Test piece", description: str = "") -> dict[str, Any]:
    """A workflow that asks for texts, one for each field, and makes a picture all the same."""
    asked = [
        node(f"t{number}", "string", Field("value", f.value, f.label, f.description, f.settings))
        for number, f in enumerate(fields)
    ]
    return workflow(*asked, blank(), name=name, description=description)


def numbers(count: int) -> dict[str, Any]:
    """A workflow that makes so many pictures."""
    return workflow(
        node("range", "range_of_size", Field("size", count, exposed=False), Field("step", 10, exposed=False)),
        node("each", "iterate"),
        blank(intermediate=True),
        node("hue", "img_hue_adjust", label="Turn"),
        edges=(
            edge("range.collection", "each.collection"),
            edge("each.item", "hue.hue"),
            edge("blank.image", "hue.image"),
        ),
        name="Many",
    )
