"""The menus of messages and members: run a workflow on a picture of a message, or on somebody's avatar."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar
from cogs._here import server
from cogs._picker import MoreButton, Offer, PictureSelect, WorkflowSelect, ask, avatar
from cogs._sources import pictures_of
from workflows.errors import UserError
from workflows.texts import say

Interaction = discord.Interaction[Any]

ON_IMAGE, ON_AVATAR = "Run on this image", "Run on avatar"
#: Pixels a side; Discord keeps none larger.
_AVATAR_SIDE = 1024


class Pictures(commands.Cog):
    """Begins with a picture that is there already."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        # Where they can do nothing they are there too, and say why.
        everywhere: dict[str, Any] = {
            "allowed_contexts": app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            "allowed_installs": app_commands.AppInstallationType(guild=True, user=True),
        }
        self._menus = [
            app_commands.ContextMenu(name=ON_IMAGE, callback=run_on_image, **everywhere),
            app_commands.ContextMenu(name=ON_AVATAR, callback=run_on_avatar, **everywhere),
        ]

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(PictureSelect, WorkflowSelect, MoreButton)
        for menu in self._menus:
            self.bot.tree.add_command(menu)

    async def cog_unload(self) -> None:
        for menu in self._menus:
            self.bot.tree.remove_command(menu.name, type=menu.type)


async def run_on_image(interaction: Interaction, message: discord.Message) -> None:
    """Offer the workflows that take a picture, for those of a message."""
    _require_server(interaction)
    pictures = pictures_of(message)
    if not pictures:
        raise UserError(say("use-no-picture"))
    await ask(interaction, [Offer.of(picture) for picture in pictures])


async def run_on_avatar(interaction: Interaction, user: discord.Member | discord.User) -> None:
    """Offer the workflows that take a picture, for how somebody shows themselves on this server."""
    _require_server(interaction)
    shown = user.display_avatar.replace(size=_AVATAR_SIDE, format="png")
    await ask(interaction, [Offer(f"user/{user.id}", avatar(shown.url), user.display_name)])


def _require_server(interaction: Interaction) -> None:
    if server(interaction) is None:
        raise UserError(say("use-servers-only"))


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Pictures(bot))
