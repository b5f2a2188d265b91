"""Go on with a picture: a private message with the picture, or several to choose from, and the workflows that take one.

The ids of what is pressed carry keys only. The pictures' addresses stand in the message itself: of other people's
messages Discord tells a bot that reads none only at the moment when a command is used on one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.bot import Familiar, answering
from bot.catalog import Published
from bot.jobs import Attachment
from bot.options import MAX_MENU
from cogs import _words
from cogs._allowed import permitted
from cogs._answers import thinking
from cogs._form_panel import open_form
from cogs._here import server
from cogs._sources import Picture, Source, read_address, refreshed
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say
from workflows.values import InputSpec
from workflows.words import shorten

Interaction = discord.Interaction[Any]

#: As many embeds has a message.
_SHOWN = 10
#: A picture by its Source, or a member's avatar.
_KEY = r"[0-9]+/[0-9]+/[0-9]+|user/[0-9]+"


@dataclass(frozen=True)
class Offer:
    """A picture to go on with, under the key that the ids of menus carry."""

    key: str
    attachment: Attachment
    title: str
    is_spoiler: bool = False

    @classmethod
    def of(cls, picture: Picture) -> Offer:
        return cls(str(picture.source), picture.attachment, picture.title, picture.is_spoiler)


# Asking


async def ask(interaction: Interaction, offers: Sequence[Offer]) -> None:
    """Answer privately with pictures, and the workflows that the member may give one to. Raises UserError.

    Takes the place of an answer that was put off, if there is one.
    """
    bot: Familiar = interaction.client
    voice = voice_of(interaction)
    limit = bot.engine.settings.limits.attachment_mb
    fitting = [offer for offer in offers if offer.attachment.size <= bot.engine.settings.limits.attachment_bytes]
    if not fitting:
        raise UserError(say("use-only-too-large", limit=limit))
    workflows = await takers(interaction)
    if not workflows:
        raise UserError(say("use-nothing"))
    shown = fitting[:MAX_MENU]
    lines = [voice("use-which") if len(shown) == 1 else voice("use-which-of", count=len(shown))]
    if len(shown) < len(fitting):
        lines.append("-# " + voice("use-first-pictures", count=len(shown)))
    if left_out := len(offers) - len(fitting):
        lines.append("-# " + voice("use-too-large", count=left_out, limit=limit))
    view = _view(voice, [_option(number, offer) for number, offer in enumerate(shown, 1)], shown[0].key, workflows, 0)
    embeds = [_embed(number, offer, len(shown)) for number, offer in enumerate(shown[:_SHOWN], 1)]
    content = "\n".join(lines)
    if interaction.response.is_done():
        await interaction.followup.send(content, embeds=embeds, view=view, ephemeral=True)
    else:
        await interaction.response.send_message(content, embeds=embeds, view=view, ephemeral=True)


async def takers(interaction: Interaction) -> list[Published]:
    """Return the workflows of this server that take a picture and that the member may run here, by name."""
    bot: Familiar = interaction.client
    guild_id = server(interaction)
    if guild_id is None:
        raise UserError(say("use-servers-only"))
    every = [one for one in await bot.engine.catalog.of_guild(guild_id) if one.enabled and picture_input(one)]
    names = {named.slug for named in await permitted(interaction, await bot.engine.catalog.names(guild_id))}
    return [published for published in every if published.slug in names]


def picture_input(published: Published) -> InputSpec | None:
    """Return the first input of a workflow that takes a picture."""
    return next((one for one in published.inputs if one.is_file and not one.is_video and one.is_asked), None)


def _option(number: int, offer: Offer) -> discord.SelectOption:
    return discord.SelectOption(label=shorten(f"{number} · {offer.title}", 100), value=offer.key)


def _embed(number: int, offer: Offer, count: int) -> discord.Embed:
    """Show a picture, and keep its address."""
    name = _words.title(offer.title)
    embed = discord.Embed(title=f"{number} · {name}"[:256] if count > 1 else name, url=offer.attachment.url)
    return embed if offer.is_spoiler else embed.set_thumbnail(url=offer.attachment.url)


# Choosing


class PictureSelect(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"familiar:picture:(?P<page>[0-9]+)"):
    """Chooses one of several pictures; its values are their keys."""

    def __init__(self, page: int, select: discord.ui.Select[Any] | None = None) -> None:
        super().__init__(select or discord.ui.Select(custom_id=f"familiar:picture:{page}"))
        self.page = page

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> PictureSelect:
        assert isinstance(item, discord.ui.Select)
        return cls(int(match["page"]), item)

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            if re.fullmatch(_KEY, self.item.values[0]):
                await _redraw(interaction, self.item.values[0], self.page)


class MoreButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=rf"familiar:more:(?P<page>[0-9]+):(?P<key>{_KEY})"
):
    """Shows the next workflows, after the last the first again."""

    def __init__(self, page: int, key: str, label: str = "…") -> None:
        super().__init__(discord.ui.Button(label=label, custom_id=f"familiar:more:{page}:{key}"))
        self.page, self.key = page, key

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> MoreButton:
        return cls(int(match["page"]), match["key"])

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            await _redraw(interaction, self.key, self.page)


class WorkflowSelect(discord.ui.DynamicItem[discord.ui.Select[Any]], template=rf"familiar:on:(?P<key>{_KEY})"):
    """Opens the form of a workflow with the picture in it; its values are the workflows' names."""

    def __init__(self, key: str, select: discord.ui.Select[Any] | None = None) -> None:
        super().__init__(select or discord.ui.Select(custom_id=f"familiar:on:{key}"))
        self.key = key

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> WorkflowSelect:
        assert isinstance(item, discord.ui.Select)
        return cls(match["key"], item)

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            await _open(interaction, self.item.values[0], self.key)


async def _redraw(interaction: Interaction, key: str, page: int) -> None:
    """Show the same message with another picture chosen, or with other workflows."""
    workflows = await takers(interaction)
    if not workflows:
        raise UserError(say("use-nothing"))
    menus = _menus(interaction.message, "familiar:picture:")
    pictures = [option for menu in menus for option in menu.options]
    await interaction.response.edit_message(view=_view(voice_of(interaction), pictures, key, workflows, page))


async def _open(interaction: Interaction, slug: str, key: str) -> None:
    """Open the form of a workflow of this server, with a picture in its first input for one."""
    bot: Familiar = interaction.client
    guild_id = server(interaction)
    published = await bot.engine.catalog.find(guild_id, slug) if guild_id else None
    if published is None:
        raise UserError(say("shared-no-workflow"))
    spec = picture_input(published)
    if spec is None:
        raise UserError(say("use-takes-none"))
    # Discord is asked for the picture first.
    async with thinking(interaction, private=True):
        attachment = await _found(interaction, key)
        await open_form(interaction, published, None, (replace(attachment, name=spec.names[0]),))


async def _found(interaction: Interaction, key: str) -> Attachment:
    """Return the picture that a key stands for, with an address that leads to it. Raises UserError."""
    bot: Familiar = interaction.client
    source = Source.read(key)
    for embed in interaction.message.embeds if interaction.message else ():
        stored = read_address(embed.url or "")
        if embed.url and (source is None or (stored and stored[0] == source.attachment_id)):
            picture = Picture(source, stored[1], embed.url).attachment if source and stored else avatar(embed.url)
            if found := await refreshed(bot, picture):
                return found
    # What the message does not show is one of our own, and can be read again.
    found = await refreshed(bot, Attachment("", _name(interaction, key), "", 0, key)) if source else None
    if found is None or not found.url:
        raise UserError(say("use-picture-gone"))
    return found


def avatar(url: str) -> Attachment:
    """Return an avatar as a form keeps it; its address leads to it for as long as it is theirs."""
    return Attachment("", "avatar.png", url)


def _name(interaction: Interaction, key: str) -> str:
    """Return the name of the picture of this key, as its menu has it."""
    menus = _menus(interaction.message, "familiar:picture:")
    labels = [option.label for menu in menus for option in menu.options if option.value == key]
    return labels[0].partition(" · ")[2] if labels else "picture.png"


def _menus(message: discord.Message | None, prefix: str) -> list[discord.SelectMenu]:
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)] if message else []
    menus = [part for row in rows for part in row.children if isinstance(part, discord.SelectMenu)]
    return [menu for menu in menus if (menu.custom_id or "").startswith(prefix)]


def _view(
    voice: Voice, pictures: Sequence[discord.SelectOption], key: str, workflows: Sequence[Published], page: int
) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    pages = -(-len(workflows) // MAX_MENU)
    page %= pages
    if len(pictures) > 1:
        for option in pictures:
            option.default = option.value == key
        menu = discord.ui.Select[Any](
            placeholder=voice("use-picture"), custom_id=f"familiar:picture:{page}", options=list(pictures)
        )
        view.add_item(PictureSelect(page, menu))
    some = workflows[page * MAX_MENU :][:MAX_MENU]
    options = [
        discord.SelectOption(
            label=shorten(one.name, 100), value=one.slug, description=shorten(one.description, 100) or None
        )
        for one in some
    ]
    placeholder = voice("use-workflow")
    if pages > 1:
        first = page * MAX_MENU + 1
        placeholder = voice("use-page", first=first, last=first + len(some) - 1, count=len(workflows))
    on = discord.ui.Select[Any](placeholder=shorten(placeholder, 150), custom_id=f"familiar:on:{key}", options=options)
    view.add_item(WorkflowSelect(key, on))
    if pages > 1:
        view.add_item(MoreButton((page + 1) % pages, key, voice("use-more")))
    # Presses are dispatched by the templates, also after a restart.
    view.stop()
    return view
