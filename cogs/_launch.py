"""From a member's command to running jobs: check everything that is cheap, save the rows, answer with the cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord

from bot.bot import Familiar
from bot.catalog import Published
from cogs._answers import NO_ANSWER, thinking
from cogs._ask import UNASKED, ask
from cogs._entering import AS_PREFERRED, Admission, JobParts, Wishes, admit, enter, launch_jobs, require_permissions
from cogs._named import named_pictures
from cogs._parts import file_attachments, files_apart, read_parts

__all__ = ["NO_ANSWER", "JobParts", "Wishes", "file_attachments", "launch", "launch_jobs", "require_permissions"]

Interaction = discord.Interaction[Any]


async def launch(
    interaction: Interaction, published: Published, raw: Mapping[str, Any], wishes: Wishes = AS_PREFERRED
) -> None:
    """Run a published workflow with what the member gave. Raises UserError, which names the input."""
    admission = await admit(interaction, published.workflow_id, wishes)
    if not (wishes.from_job or wishes.from_url):
        await _launch(interaction, published, raw, wishes, admission)
        return
    # Discord, or another server, is asked for the picture first.
    async with thinking(interaction, private=admission.private):
        named = await named_pictures(interaction, published.inputs, raw, wishes)
        await _launch(interaction, published, {**raw, **named}, wishes, admission)


async def _launch(
    interaction: Interaction, published: Published, raw: Mapping[str, Any], wishes: Wishes, admission: Admission
) -> None:
    bot: Familiar = interaction.client
    inputs = published.inputs
    attachments = file_attachments(inputs, raw, bot.engine.settings.limits.attachment_bytes)
    given = files_apart(inputs, raw)
    parts = await read_parts(interaction, published, given, attachments)
    if len(parts) > UNASKED:
        await ask(interaction, published, given, attachments, len(parts), wishes)
    else:
        await enter(interaction, parts, admission)
