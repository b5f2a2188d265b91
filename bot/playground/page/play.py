"""The real bot, led through its states between the two stand-ins: what its messages show is taken down."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from importlib import resources
from pathlib import Path

from pydantic import SecretStr

from bot.config import BackendSettings, CardSettings, DatabaseSettings, DiscordSettings, Limits, Settings
from bot.playground.discord import LocalDiscord, Message, Use
from bot.playground.discord.actors import LocalChannel, LocalGuild, LocalMember
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.page.stills import State, Still, says, take
from bot.service import open_service

_PATIENCE = 30.0
_NODE_SECONDS = 0.25
#: Jobs that a member may have under way.
MOST = 2
#: How the ids of the buttons begin that a card has until its job is over.
_CANCEL = "familiar:cancel:"
_JOB = re.compile(r"job ([a-z0-9]{10})")


class Play:
    """People, the bot, and what was seen of it so far."""

    def __init__(self, discord: LocalDiscord, invoke: LocalInvokeAI) -> None:
        self.discord = discord
        self.invoke = invoke
        self.states: dict[str, State] = {}
        self.guild: LocalGuild = discord.add_guild("Atelier")
        self.channel: LocalChannel = self.guild.add_channel("pictures")
        self.ada = self.guild.add_member("Ada", manage_guild=True, manage_messages=True)
        self.bo, self.cy, self.dee = (self.guild.add_member(name) for name in ("Bo", "Cy", "Dee"))
        self.emil = self.guild.add_member("Emil", locale="de")

    async def shows(self, message: Message, *words: str) -> Still:
        """Wait until a message shows all of these words; return how it looked then. Raises TimeoutError."""

        def seen() -> Still | None:
            return take(message) if all(word in says(message) for word in words) else None

        still = await self.discord.until(seen, _PATIENCE)
        assert still
        return still

    async def over(self, card: Message) -> Still:
        """Wait until a card says how its job ended."""
        still = await self.discord.until(lambda: None if _CANCEL in says(card) else take(card), _PATIENCE)
        assert still
        return still

    async def answer(self, use: Use) -> Message:
        """Return what somebody's doing was answered with, once it says something."""
        message = await self.discord.until(lambda: use.response or next(iter(use.followups), None), _PATIENCE)
        assert message
        return message

    async def ask(self, who: LocalMember, command: str, options: Mapping[str, object] | None = None) -> Message:
        """Use a command, and return the answer."""
        return await self.answer(await who.slash(self.channel, command, options))

    async def run(self, who: LocalMember, command: str, picture: str = "harbour", **options: object) -> Message:
        """Use a published command on one of the bundled pictures, and return its card."""
        file = f"{picture}.webp", bundled(f"samples/{picture}.webp")
        return await self.ask(who, command, {"picture": file, **options})

    async def publish(self, name: str, data: bytes | None = None) -> Message:
        """Publish a workflow, one of the bundled ones by its name; return the report."""
        file = f"{name}.json", bundled(f"{name}.json") if data is None else data
        report = await self.ask(self.ada, "workflow add", {"file": file})
        self.states.setdefault("Report", take(report))
        await self.ada.press(report, "Publish")
        self.states.setdefault("Published", await self.shows(report, "✅"))
        return report

    async def tidied(self) -> None:
        """Wait until nothing of any job is left: what came of them was delivered by then."""
        await self.until(lambda: not self.invoke.images and not self.invoke.items)

    async def modal(self, who: LocalMember, message: Message, button: str) -> Use:
        """Press a button, and return the press, which is answered with a modal."""
        return await (await who.press(message, button)).answered(_PATIENCE)

    async def redrawn(self, message: Message, use: Use) -> Message:
        """Return a message once it has been drawn anew, for what was pressed, chosen or sent in."""
        seen = len(message.edits)
        await use.answered(_PATIENCE)
        await self.discord.until(lambda: len(message.edits) > seen, _PATIENCE)
        return message

    async def until(self, predicate: Callable[[], object]) -> None:
        await self.discord.until(predicate, _PATIENCE)


def says_id(card: Message) -> str:
    """Return the number under a card. Raises ValueError where there is none."""
    found = _JOB.search(says(card))
    if found is None:
        raise ValueError("that message is no card")
    return found[1]


def bundled(name: str) -> bytes:
    """Return one of the bundled files, by its path below the bundled folder."""
    return resources.files("workflows").joinpath("bundled", *name.split("/")).read_bytes()


@contextlib.asynccontextmanager
async def open_play() -> AsyncGenerator[Play]:
    """Start the stand-ins, and the bot between them."""
    with tempfile.TemporaryDirectory(prefix="familiar-") as folder:
        async with LocalInvokeAI(node_seconds=_NODE_SECONDS) as invoke, LocalDiscord(rate_limits=False) as discord:
            play = Play(discord, invoke)
            settings = Settings(
                discord=DiscordSettings(api_url=discord.api_url, gateway_url=discord.gateway_url, cdn_url=discord.url),
                database=DatabaseSettings(path=Path(folder) / "familiar.sqlite"),
                backend=(BackendSettings(url=invoke.url, max_in_flight=1),),
                cards=CardSettings(preview_seconds=1),
                limits=Limits(progress_seconds=0.02, waiting_per_user=MOST),
                token=SecretStr(discord.token),
            )
            async with open_service(settings):
                yield play
