"""The real bot, led through its states between the two stand-ins: what its messages show is taken down."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator, Mapping
from importlib import resources
from pathlib import Path

from pydantic import SecretStr

from bot.config import BackendSettings, DatabaseSettings, DiscordSettings, Limits, Settings
from bot.playground.discord import LocalDiscord, Message, Use
from bot.playground.discord.actors import LocalChannel, LocalGuild, LocalMember
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.page.stills import State, Still, says, take
from bot.service import open_service

_PATIENCE = 30.0
_NODE_SECONDS = 0.25
#: Jobs that a member may have under way.
_MOST = 2
_UPLOAD = "POST /api/v1/images"
#: How the ids of the buttons begin that a card has until its job is over.
_CANCEL = "familiar:cancel:"


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

    async def run(self, who: LocalMember, command: str, picture: str = "harbour") -> Message:
        """Use a published command on one of the bundled pictures, and return its card."""
        return await self.ask(who, command, {"picture": (f"{picture}.webp", bundled(f"samples/{picture}.webp"))})

    async def publish(self, name: str) -> Message:
        """Publish one of the bundled workflows; return the report."""
        report = await self.ask(self.ada, "workflow add", {"file": (f"{name}.json", bundled(f"{name}.json"))})
        self.states.setdefault("Report", take(report))
        await self.ada.press(report, "Publish")
        self.states.setdefault("Published", await self.shows(report, "✅"))
        return report

    async def lead(self) -> dict[str, State]:
        """Go through all of it."""
        await self.discord.until(lambda: "workflow" in self.discord.global_commands, _PATIENCE)
        for name in ("hue_sheet", "blur", "enhance"):
            await self.publish(name)
        await self._work()
        await self._wait_in_line()
        await self._lose_the_backend()
        await self._fail()
        await self._look_around()
        return self.states

    async def _work(self) -> None:
        self.invoke.faults.hang(_UPLOAD)
        card = await self.run(self.bo, "blur")
        self.states["Uploading"] = await self.shows(card, "Uploading")
        self.invoke.faults.let_go()
        self.states["Done"] = await self.over(card)
        gallery = await self.run(self.cy, "hue-sheet", "dusk")
        self.states["Running"] = await self.shows(gallery, "▰▰▰▰▰▰")
        self.states["Done, several pictures"] = await self.over(gallery)

    async def _wait_in_line(self) -> None:
        await self.invoke.pause()
        first, second = await self.run(self.ada, "hue-sheet"), await self.run(self.cy, "blur", "dusk")
        waiting = await self.run(self.bo, "blur")
        self.states["Waiting"] = await self.shows(waiting, "in line", "<t:")
        further = await self.run(self.bo, "hue-sheet")
        self.states["Over a limit"] = take(await self.run(self.bo, "blur", "dusk"))
        self.states["My jobs"] = take(await self._jobs_in_line())
        await self.bo.press(further, "Cancel")
        self.states["Cancelled"] = await self.over(further)
        await self.invoke.resume()
        for card in (first, second, waiting):
            await self.over(card)

    async def _jobs_in_line(self) -> Message:
        """Ask for Bo's jobs until their pictures are up and they have their places."""
        async with asyncio.timeout(_PATIENCE):
            while says(answer := await self.ask(self.bo, "jobs")).count("in line") < _MOST:
                pass
        return answer

    async def _lose_the_backend(self) -> None:
        card = await self.run(self.dee, "hue-sheet")
        await self.shows(card, "▰▰▰")
        await self.invoke.stop()
        self.states["Backend away"] = await self.shows(card, "does not answer")
        await self.invoke.start()
        self.states["Restarted"] = await self.shows(card, "once more", "▰")
        await self.over(card)

    async def _fail(self) -> None:
        card = await self.run(self.dee, "hue-sheet", "dusk")
        await self.shows(card, "▰")
        self.invoke.faults.full_disk = True
        self.states["Failed"] = await self.over(card)
        self.invoke.faults.full_disk = False

    async def _look_around(self) -> None:
        form = await self.ask(self.bo, "run", {"workflow": "enhance"})
        self.states["Form"] = take(form)
        first = next(part for row in form.components for part in row["components"])
        self.states["Form, its fields"] = await (await self.bo.press(form, first["custom_id"])).answered(_PATIENCE)
        self.states["Editing a workflow"] = take(await self.ask(self.ada, "workflow edit", {"name": "blur"}))
        self.states["Workflows"] = take(await self.ask(self.ada, "workflow list"))
        self.states["Status"] = take(await self.ask(self.ada, "admin status"))


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
                discord=DiscordSettings(api_url=discord.api_url, gateway_url=discord.gateway_url),
                database=DatabaseSettings(path=Path(folder) / "familiar.sqlite"),
                backend=(BackendSettings(url=invoke.url, max_in_flight=1),),
                limits=Limits(progress_seconds=0.02, waiting_per_user=_MOST),
                token=SecretStr(discord.token),
            )
            async with open_service(settings):
                yield play
