"""The buttons under a report, and under the question whether a workflow shall go. They outlive a restart."""

from __future__ import annotations

import logging
import re
from typing import Any

import aiohttp
import discord

from bot.bot import Familiar, answering
from bot.catalog import NameTaken, Published
from bot.drafts import Draft
from cogs import _sync
from cogs._command import MAX_COMMANDS
from workflows.errors import UserError

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

_GONE = "That draft is gone: it was published or dropped already, or is older than a day."


class _AdminButton:
    """What the buttons below share: who may press them, and that the answer takes the message's place."""

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            require_manager(interaction)
            await interaction.response.defer()
            text = await self.act(interaction, interaction.client)
            await interaction.edit_original_response(content=text, embeds=[], view=None)

    async def act(self, interaction: Interaction, bot: Familiar) -> str:
        """Do what the button says, and return what to tell."""
        raise NotImplementedError


class DraftButton(
    _AdminButton,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"familiar:draft:(?P<choice>publish|drop):(?P<id>[a-z0-9]+)",
):
    """Publishes a draft, or throws it away."""

    def __init__(self, choice: str, draft_id: str) -> None:
        publish = choice == "publish"
        style = discord.ButtonStyle.success if publish else discord.ButtonStyle.secondary
        custom_id = f"familiar:draft:{choice}:{draft_id}"
        super().__init__(discord.ui.Button(label="Publish" if publish else "Cancel", style=style, custom_id=custom_id))
        self.publish, self.draft_id = publish, draft_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> DraftButton:
        return cls(match["choice"], match["id"])

    async def act(self, interaction: Interaction, bot: Familiar) -> str:
        catalog = bot.engine.catalog
        draft = await bot.engine.drafts.get(self.draft_id)
        if draft is None or draft.guild_id != interaction.guild_id:
            raise UserError(_GONE)
        if not self.publish:
            await bot.engine.drafts.drop(draft.id)
            return "Nothing was published."
        try:
            published = await catalog.publish(draft, MAX_COMMANDS)
        except NameTaken:
            # By a second press of the same button, while the first was at work.
            if await bot.engine.drafts.get(draft.id) is None:
                raise UserError(_GONE) from None
            raise
        try:
            failed = await _sync.refresh_guild(bot, draft.guild_id)
        except (discord.HTTPException, aiohttp.ClientError) as error:
            await _take_back(bot, draft, published)
            raise UserError(f"Discord did not take the command ({shown(error)}). Nothing changed.") from error
        if published.slug in failed:
            await _take_back(bot, draft, published)
            raise UserError(f"`/{published.slug}` makes no command that Discord takes. Nothing changed.")
        log.info("server %s: user %s published /%s", draft.guild_id, interaction.user.id, published.slug)
        return f"✅ {await _sync.command_mention(bot, draft.guild_id, published.slug)} is ready for everyone here."


async def _take_back(bot: Familiar, draft: Draft, published: Published) -> None:
    """Leave nothing half done: the file stays a draft, the list is as it was."""
    await bot.engine.catalog.take_back(published, None)
    await bot.engine.drafts.save(draft)
    await _sync.build_guild(bot, draft.guild_id)


class RemoveButton(
    _AdminButton,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"familiar:remove:(?P<choice>yes|no):(?P<slug>[^:]+)",
):
    """Removes a workflow, or leaves it."""

    def __init__(self, choice: str, slug: str) -> None:
        remove = choice == "yes"
        style = discord.ButtonStyle.danger if remove else discord.ButtonStyle.secondary
        custom_id = f"familiar:remove:{choice}:{slug}"
        super().__init__(discord.ui.Button(label="Remove" if remove else "Keep", style=style, custom_id=custom_id))
        self.remove, self.slug = remove, slug

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> RemoveButton:
        return cls(match["choice"], match["slug"])

    async def act(self, interaction: Interaction, bot: Familiar) -> str:
        guild_id = interaction.guild_id
        if not self.remove or guild_id is None:
            return f"`/{self.slug}` stays."
        if not await bot.engine.catalog.remove(guild_id, self.slug):
            return f"`/{self.slug}` was removed already."
        log.info("server %s: user %s removed /%s", guild_id, interaction.user.id, self.slug)
        try:
            await _sync.refresh_guild(bot, guild_id)
        except (discord.HTTPException, aiohttp.ClientError) as error:
            return f"`/{self.slug}` is removed, but Discord still lists it ({shown(error)}). It goes at the next start."
        return f"🗑️ `/{self.slug}` is removed. Jobs that run now still finish."


def require_manager(interaction: Interaction) -> None:
    """Raise UserError unless the one who pressed may manage the server; what Discord hides is checked again here."""
    if not interaction.permissions.manage_guild:
        raise UserError("You need the permission **Manage Server** for that.")


def shown(error: discord.HTTPException | aiohttp.ClientError) -> str:
    if isinstance(error, discord.HTTPException):
        return f"{error.status}: {error.text[:150]}"
    return "no answer"


def buttons(*items: discord.ui.Item[Any]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view
