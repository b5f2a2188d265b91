"""/settings: what a member chose for themselves, and the defaults that they gave to workflows.

The ids of buttons carry whose they are and what they set; what is shown is read again at each press.
"""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar, answering
from bot.catalog import Published
from bot.options import MAX_CHOICES, shorten
from bot.preferences import Preferences
from cogs import _here, _words
from cogs._notify import SOON_ENOUGH
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]
Button = discord.ui.Button[Any]

#: By the names of bot.preferences.Preferences.
_SWITCHES = ("private", "spoiler", "previews", "ping", "direct")
_VALUE = 150


class Switch(
    discord.ui.DynamicItem[Button],
    template=rf"familiar:settings:(?P<user>\d{{1,20}}):(?P<name>{'|'.join(_SWITCHES)}):(?P<state>on|off)",
):
    """Switches one setting to what its id says, however often it is pressed."""

    def __init__(self, user_id: int, name: str, state: str, voice: Voice) -> None:
        """Take the state that a press brings about; the label tells the one that there is."""
        is_on = state == "off"
        label = voice("settings-button", name=voice(f"settings-{name}"), state="on" if is_on else "off")
        style = discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary
        custom_id = f"familiar:settings:{user_id}:{name}:{state}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, row=_row(name)))
        self.user_id, self.name, self.is_on = user_id, name, state == "on"

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Switch:
        return cls(int(match["user"]), match["name"], match["state"], voice_of(interaction))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            _require_own(interaction, self.user_id)
            store = interaction.client.engine.preferences
            # Of two presses at a time, one would undo the other.
            async with interaction.client.drafting(f"settings {self.user_id}"):
                chosen: Preferences = await store.of_user(self.user_id)
                await store.save_user(self.user_id, chosen.model_copy(update={self.name: self.is_on}))
            await _redraw(interaction)


class DefaultsSelect(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"familiar:defaults:(?P<user>\d{1,20})"):
    """Shows a member's defaults for one workflow."""

    def __init__(self, user_id: int, voice: Voice, options: list[discord.SelectOption]) -> None:
        custom_id, placeholder = f"familiar:defaults:{user_id}", voice("settings-defaults-pick")
        super().__init__(discord.ui.Select(custom_id=custom_id, placeholder=placeholder, options=options, row=2))
        self.user_id = user_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> DefaultsSelect:
        return cls(int(match["user"]), voice_of(interaction), getattr(item, "options", []))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            _require_own(interaction, self.user_id)
            embed, view = await _draw_defaults(interaction, int(self.item.values[0]))
            await interaction.response.edit_message(embed=embed, view=view)


class ForgetButton(
    discord.ui.DynamicItem[Button], template=r"familiar:forget:(?P<user>\d{1,20}):(?P<workflow>\d{1,18})"
):
    """Forgets a member's defaults for one workflow; workflow 0 is none, and leads back to the settings."""

    def __init__(self, user_id: int, workflow_id: int, voice: Voice) -> None:
        style = discord.ButtonStyle.danger if workflow_id else discord.ButtonStyle.secondary
        label = voice("settings-forget" if workflow_id else "settings-back")
        custom_id = f"familiar:forget:{user_id}:{workflow_id}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id))
        self.user_id, self.workflow_id = user_id, workflow_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> ForgetButton:
        return cls(int(match["user"]), int(match["workflow"]), voice_of(interaction))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            _require_own(interaction, self.user_id)
            await _redraw(interaction, await self._forgotten(interaction) if self.workflow_id else "")

    async def _forgotten(self, interaction: Interaction) -> str:
        engine, voice = interaction.client.engine, voice_of(interaction)
        had = await engine.preferences.defaults(self.user_id, self.workflow_id)
        await engine.preferences.save_defaults(self.user_id, self.workflow_id, {})
        published = await engine.catalog.current(self.workflow_id)
        if not had or published is None:
            return voice("settings-forgotten-before")
        return voice("settings-forgotten", workflow=_name(published))


class Settings(commands.Cog):
    """Lets members choose for themselves."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(Switch, DefaultsSelect, ForgetButton)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def settings(self, interaction: Interaction) -> None:
        """Private or not, previews, pings, direct messages, and your own defaults"""
        embed, view = await _draw(interaction)
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)


def _require_own(interaction: Interaction, user_id: int) -> None:
    if interaction.user.id != user_id:
        raise UserError(say("settings-not-yours"))


async def _redraw(interaction: Interaction, note: str = "") -> None:
    embed, view = await _draw(interaction, note)
    await interaction.response.edit_message(embed=embed, view=view)


async def _draw(interaction: Interaction, note: str = "") -> tuple[discord.Embed, discord.ui.View]:
    """Return all settings, each with its state, and the way to the defaults."""
    bot: Familiar = interaction.client
    voice, user_id = voice_of(interaction), interaction.user.id
    chosen = await bot.engine.preferences.of_user(user_id)
    view = discord.ui.View(timeout=None)
    # Presses are dispatched by the items' templates, also after a restart.
    view.stop()
    lines = [voice("settings-intro"), ""]
    for name in _SWITCHES:
        is_on = bool(getattr(chosen, name))
        said = voice("settings-line", name=voice(f"settings-{name}"), state="on" if is_on else "off")
        lines += [said, "-# " + voice(f"settings-why-{name}", seconds=f"{SOON_ENOUGH.total_seconds():.0f}")]
        view.add_item(Switch(user_id, name, "off" if is_on else "on", voice))
    workflows = await _with_defaults(interaction)
    lines += ["", f"**{voice('settings-defaults')}**"]
    lines.append(voice("settings-defaults-some" if workflows else "settings-defaults-none"))
    if workflows:
        view.add_item(DefaultsSelect(user_id, voice, [_option(interaction, one) for one in workflows[:MAX_CHOICES]]))
    if len(workflows) > MAX_CHOICES:
        lines.append("-# " + voice("settings-defaults-more", count=MAX_CHOICES))
    if note:
        lines += ["", note]
    return discord.Embed(title=voice("settings-title"), description="\n".join(lines), color=_words.BLUE), view


def _row(name: str) -> int:
    """Return the row of a switch: three and two fit a phone."""
    return _SWITCHES.index(name) // 3


async def _draw_defaults(interaction: Interaction, workflow_id: int) -> tuple[discord.Embed, discord.ui.View]:
    """Return a member's defaults for one workflow. Raises UserError where it was removed."""
    bot: Familiar = interaction.client
    voice, user_id = voice_of(interaction), interaction.user.id
    published = await bot.engine.catalog.current(workflow_id)
    if published is None:
        raise UserError(say("settings-removed"))
    given = await bot.engine.preferences.defaults(user_id, workflow_id)
    lines = [
        f"**{discord.utils.escape_markdown(name)}** {_words.literal(shorten(_shown(value), _VALUE))}"
        for name, value in given.items()
    ]
    title = _words.title(voice("settings-defaults-of", workflow=published.name))
    text = _words.cut(lines, voice=voice) or voice("settings-forgotten-before")
    embed = discord.Embed(title=title, description=text, color=_words.BLUE)
    view = discord.ui.View(timeout=None)
    view.stop()
    if given:
        view.add_item(ForgetButton(user_id, workflow_id, voice))
    view.add_item(ForgetButton(user_id, 0, voice))
    return embed, view


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


async def _with_defaults(interaction: Interaction) -> list[Published]:
    """Return the workflows that the member has defaults for: of the server, or of all of them."""
    engine = interaction.client.engine
    ids = await engine.preferences.workflows_with_defaults(interaction.user.id, _here.server(interaction))
    found = [await engine.catalog.current(workflow_id) for workflow_id in ids]
    return [published for published in found if published]


def _option(interaction: Interaction, published: Published) -> discord.SelectOption:
    where = "" if _here.server(interaction) else _here.server_name(interaction, published.guild_id)
    return discord.SelectOption(
        label=shorten(published.name or published.slug, 100),
        value=str(published.workflow_id),
        description=shorten(" · ".join(part for part in (f"/{published.slug}", where) if part), 100),
    )


def _name(published: Published) -> str:
    return f"**{_words.literal(shorten(published.name, 60))}**"


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Settings(bot))
