"""The Edit button: a job's values to be changed and run; a few in a modal that runs at once, many in a form."""

from __future__ import annotations

from typing import Any

import discord

from cogs._anew import Past, open_past, past_job, sheet_of
from cogs._form import PER_MODAL
from cogs._form_fields import modal
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import say

Interaction = discord.Interaction[Any]


async def edit(interaction: Interaction, job_id: str) -> None:
    """Answer with a job's values, to be changed. Raises UserError where its workflow may not be run, or asks nothing.

    What was attached is kept where it can still be had.
    """
    past = await past_job(interaction, job_id, "offers-not-yours-edit")
    count = sum(spec.is_asked for spec in past.published.inputs)
    if not count:
        raise UserError(say("offers-no-inputs"))
    if count > PER_MODAL or _is_missed(past):
        await open_past(interaction, past)
        return
    sheet = await sheet_of(interaction, past)
    await interaction.response.send_modal(modal(sheet, 0, voice_of(interaction), to_run=True))


def _is_missed(past: Past) -> bool:
    """Tell whether a file is gone that a modal would not ask for: it would be run without."""
    kept = {file.name for file in past.files}
    left_out = [spec for spec in past.published.inputs if not spec.required or kept.intersection(spec.names)]
    return any(name in spec.names for name in past.lost for spec in left_out)
