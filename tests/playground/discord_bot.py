"""A small real discord.py bot for the tests of the local Discord."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.playground.discord import LocalDiscord

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001000500010d0a2db40000000049454e44ae426082"
)
COLOURS = ["euler", "euler_a", "dpmpp"]


class Again(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"again:(?P<job>\d+)"):
    def __init__(self, job: int) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: Any, match: Any) -> Again:
        return cls(int(match["job"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content=f"again {self.job}")


class Settings(discord.ui.Modal, title="Settings"):
    prompt = discord.ui.TextInput(label="Prompt", max_length=20)
    style = discord.ui.Label(
        text="Style",
        component=discord.ui.Select(options=[discord.SelectOption(label="Oil"), discord.SelectOption(label="Ink")]),
    )
    picture = discord.ui.Label(text="Picture", component=discord.ui.FileUpload(required=False))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        files = self.picture.component.values  # type: ignore[attr-defined]
        read = [f"{f.filename}:{len(await f.read())}" for f in files]
        style = self.style.component.values  # type: ignore[attr-defined]
        await interaction.response.send_message(f"{self.prompt.value} {style} {read}", ephemeral=True)


class Buttons(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(Again(7))

    @discord.ui.button(label="Cancel", custom_id="cancel")
    async def cancel(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="cancelled", view=None)

    @discord.ui.button(label="Settings", custom_id="settings")
    async def settings(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.send_modal(Settings())

    @discord.ui.button(label="Off", custom_id="off", disabled=True)
    async def off(self, interaction: discord.Interaction, _: Any) -> None: ...

    @discord.ui.select(custom_id="pick", options=[discord.SelectOption(label="One", value="1")])
    async def pick(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.send_message(f"picked {select.values}", ephemeral=True)

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
    async def who(self, interaction: discord.Interaction, select: discord.ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(f"picked {select.values[0].display_name}", ephemeral=True)


class TestBot(commands.Bot):
    __test__ = False

    def __init__(self, **options: Any) -> None:
        intents = options.pop("intents", discord.Intents(guilds=True, guild_messages=True, dm_messages=True))
        super().__init__("!", intents=intents, guild_ready_timeout=0.05, **options)
        self.seen: list[discord.Message] = []
        self.changed: list[discord.Message] = []
        self.errors: list[Exception] = []
        self.gate = asyncio.Event()
        self.resumes = 0

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again)
        for command in (blur, quick, slow, buttons, silent, nobody):
            self.tree.add_command(command)
        self.tree.add_command(Workflow())
        self.tree.error(self.note)
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Without discord.py's five seconds before each further IDENTIFY."""

    async def note(self, _: discord.Interaction, error: Exception) -> None:
        self.errors.append(error)

    async def on_message(self, message: discord.Message, /) -> None:
        self.seen.append(message)

    async def on_message_edit(self, _: discord.Message, after: discord.Message) -> None:
        self.changed.append(after)

    async def on_resumed(self) -> None:
        self.resumes += 1


async def schedulers(_: discord.Interaction, text: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=c, value=c) for c in COLOURS if c.startswith(text)]


@app_commands.command(description="Blur a picture")
@app_commands.autocomplete(scheduler=schedulers)
@app_commands.choices(mode=[app_commands.Choice(name="Soft", value="s"), app_commands.Choice(name="Hard", value="h")])
async def blur(
    interaction: discord.Interaction,
    image: discord.Attachment,
    radius: app_commands.Range[int, 1, 10],
    scheduler: str = "euler",
    mode: str = "s",
    strength: app_commands.Range[float, 0.0, 1.0] = 0.5,
    note: app_commands.Range[str, 1, 5] | None = None,
    who: discord.Member | None = None,
) -> None:
    await interaction.response.send_message(
        f"queued r={radius} {scheduler} {mode} {strength} {note} {who}", view=Buttons()
    )
    data = await image.read()
    await interaction.edit_original_response(content="working")
    message = await interaction.original_response()
    embed = discord.Embed(title="Result").set_image(url="attachment://out_1.png")
    await message.edit(
        content=f"done {len(data)}",
        embed=embed,
        attachments=[discord.File(io.BytesIO(data), "out 1.png"), discord.File(io.BytesIO(data), "raw.png")],
    )


@app_commands.command(description="Answer at once")
async def quick(interaction: discord.Interaction, text: str = "hello", hidden: bool = False) -> None:
    await interaction.response.send_message(text, ephemeral=hidden)
    await interaction.followup.send("and more", ephemeral=hidden, wait=True)


@app_commands.command(description="Think first")
async def slow(interaction: discord.Interaction, hidden: bool = False) -> None:
    await interaction.response.defer(ephemeral=hidden)
    assert isinstance(interaction.client, TestBot)
    await interaction.client.gate.wait()
    await interaction.followup.send("thought")


@app_commands.command(name="buttons", description="Show buttons")
async def buttons(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("press", view=Buttons())


@app_commands.command(description="Never answer")
async def silent(interaction: discord.Interaction) -> None: ...


@app_commands.command(description="For managers")
@app_commands.default_permissions(manage_guild=True)
async def nobody(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(
        f"{interaction.permissions.manage_guild} {interaction.app_permissions.value}"
    )


class Workflow(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(name="workflow", description="Workflows")

    @app_commands.command(description="Add one")
    async def add(self, interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(f"added {name}")


def point_at(server: LocalDiscord, monkeypatch: Any) -> None:
    monkeypatch.setattr(Route, "BASE", server.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))


@asynccontextmanager
async def running(server: LocalDiscord, bot: TestBot | None = None) -> AsyncIterator[TestBot]:
    bot = bot or TestBot()
    task = asyncio.create_task(bot.start(server.token))
    try:
        await server.online()
        await asyncio.wait_for(bot.wait_until_ready(), 5)
        yield bot
    finally:
        bot.gate.set()
        await bot.close()
        with suppress(asyncio.CancelledError):
            await task
