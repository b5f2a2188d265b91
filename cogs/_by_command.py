"""What a published command does when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord

from bot.bot import Familiar
from bot.catalog import Published
from cogs._entering import AS_PREFERRED, Wishes
from cogs._form_panel import open_form
from cogs._launch import launch
from cogs._parts import FileMissing, file_attachments, files_apart
from cogs._voice import voice_of

Interaction = discord.Interaction[Any]


async def run_command(
    interaction: Interaction, published: Published, raw: Mapping[str, Any], wishes: Wishes = AS_PREFERRED
) -> None:
    """Run a published workflow with what the member gave. Raises UserError, which names the input.

    Discord does not insist on pictures that can be given in other ways. Where one is missing, the form asks for it and
    holds all the rest, which nobody types twice.
    """
    bot: Familiar = interaction.client
    try:
        await launch(interaction, published, raw, wishes)
    except FileMissing as missing:
        limit = bot.engine.settings.limits.attachment_bytes
        files = file_attachments(published.inputs, raw, limit, are_all=False)
        note = voice_of(interaction)("run-file-missing", name=missing.name)
        await open_form(interaction, published, files_apart(published.inputs, raw), files, note=note, wishes=wishes)
