"""One command that makes many jobs asks first: the question waits in the database, and outlives a restart."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Any

import discord

from bot.bot import Familiar, answering
from bot.catalog import Published
from bot.forms import Form
from bot.jobs import Attachment, new_id
from cogs import _words
from cogs._allowed import require_allowed
from cogs._answers import NO_ANSWER, privately
from cogs._entering import Wishes, admit, enter
from cogs._parts import how_to_run, read_parts, require_enabled
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]

#: More jobs than this are asked about first.
UNASKED = 5
_STYLES = {"run": discord.ButtonStyle.success, "not": discord.ButtonStyle.secondary}


async def ask(
    interaction: Interaction,
    published: Published,
    given: Mapping[str, Any],
    attachments: tuple[Attachment, ...],
    count: int,
    wishes: Wishes,
) -> None:
    """Ask privately whether so many jobs shall run."""
    bot: Familiar = interaction.client
    found = Form(
        new_id(),
        interaction.guild_id,
        interaction.user.id,
        published.workflow_id,
        published.version,
        dict(given),
        attachments,
        wishes.private,
    )
    await bot.engine.forms.save(found)
    voice = voice_of(interaction)
    embed = discord.Embed(
        title=_words.title(published.name), description=voice("run-ask", count=count), color=_words.BLUE
    )
    await privately(interaction, embed=embed, view=_view(found.id, count, voice))


def _view(form_id: str, count: int, voice: Voice) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(AskButton("run", form_id, voice("run-ask-all", count=count)))
    view.add_item(AskButton("not", form_id, voice("run-ask-not")))
    # Presses are dispatched by the buttons' template, also after a restart.
    view.stop()
    return view


class AskButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"familiar:ask:(?P<act>run|not):(?P<id>[a-z0-9]+)"
):
    """Runs what was asked about, or lets it be."""

    def __init__(self, act: str, form_id: str, label: str = "·") -> None:
        custom_id = f"familiar:ask:{act}:{form_id}"
        super().__init__(discord.ui.Button(label=label, style=_STYLES[act], custom_id=custom_id))
        self.act, self.form_id = act, form_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> AskButton:
        return cls(match["act"], match["id"])

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            bot: Familiar = interaction.client
            # Of two presses at a time, the second shall find that it is done.
            async with bot.drafting(f"ask {self.form_id}"):
                if self.act == "run":
                    await _run(interaction, self.form_id)
                else:
                    await _leave(interaction, self.form_id)


async def _run(interaction: Interaction, form_id: str) -> None:
    bot: Familiar = interaction.client
    form = await _own(interaction, form_id)
    published = await bot.engine.catalog.current(form.workflow_id)
    if published is None:
        raise UserError(say("shared-no-workflow"))
    require_enabled(published)
    if form.version != published.version:
        raise UserError(say("run-ask-changed", command=how_to_run(published)))
    # Discord waits three seconds for an answer, and the page and the cards may take longer than that.
    await interaction.response.edit_message(view=None)
    try:
        await require_allowed(interaction, published)
        admission = await admit(interaction, published.workflow_id, Wishes(form.is_private))
        parts = await read_parts(interaction, published, form.given, form.attachments)
        await enter(interaction, parts, admission)
    except Exception:
        await _ask_again(interaction)
        raise
    await bot.engine.forms.drop(form_id)


async def _ask_again(interaction: Interaction) -> None:
    """Give the question its buttons back: nothing was run, and it can be tried again."""
    if interaction.message is None:
        return
    view = discord.ui.View.from_message(interaction.message, timeout=None)
    view.stop()
    with contextlib.suppress(*NO_ANSWER):
        await interaction.edit_original_response(view=view)


async def _leave(interaction: Interaction, form_id: str) -> None:
    bot: Familiar = interaction.client
    if await bot.engine.forms.get(form_id):
        await _own(interaction, form_id)
        await bot.engine.forms.drop(form_id)
    said = voice_of(interaction)("run-ask-left")
    await interaction.response.edit_message(content=said, embed=None, view=None)


async def _own(interaction: Interaction, form_id: str) -> Form:
    bot: Familiar = interaction.client
    form = await bot.engine.forms.get(form_id)
    if form is None or form.guild_id != interaction.guild_id or form.user_id != interaction.user.id:
        raise UserError(say("run-ask-gone"))
    return form
