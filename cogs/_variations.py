"""The Variations button: the same several times at once, each with other seeds."""

from __future__ import annotations

from typing import Any, cast

import discord

from bot.bot import Familiar, answering
from cogs._anew import Past, inputs_of, open_past, parts_of, past_job
from cogs._entering import launch_jobs
from cogs._offers import seeds
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say
from workflows.words import shorten

Interaction = discord.Interaction[Any]

HOW_MANY = "familiar:variations:count:"

_LEAST, _MOST, _USUAL = 2, 10, 4
#: What Discord takes as the title of a modal.
_TITLE = 45


async def ask_how_many(interaction: Interaction, job_id: str) -> None:
    """Ask how many variations of a job whoever asked for it wants. Raises UserError where there can be none."""
    past = await _varied(interaction, job_id)
    if past.lost:
        await open_past(interaction, past)
    else:
        asked = _how_many(past, _most(interaction.client), voice_of(interaction))
        await interaction.response.send_modal(asked)


async def vary(interaction: Interaction, job_id: str) -> None:
    """Run as many variations of a job as the modal was sent with."""
    async with answering(interaction):
        past = await _varied(interaction, job_id)
        if past.lost:
            await open_past(interaction, past)
            return
        # Nothing that a client sends is believed, not even what was picked from a list.
        count = max(_LEAST, min(_picked(interaction), _most(interaction.client)))
        await launch_jobs(interaction, await parts_of(interaction.client, past, count), past.wishes)


async def _varied(interaction: Interaction, job_id: str) -> Past:
    past = await past_job(interaction, job_id, "offers-not-yours-variations")
    if not seeds(await inputs_of(interaction.client, past)):
        raise UserError(say("offers-no-seed"))
    if _most(interaction.client) < _LEAST:
        raise UserError(say("offers-one-at-a-time"))
    return past


def _most(bot: Familiar) -> int:
    return min(bot.engine.settings.limits.jobs_per_command, _MOST)


def _how_many(past: Past, most: int, voice: Voice) -> discord.ui.Modal:
    asked = discord.ui.Modal(title=shorten(past.job.title, _TITLE) or "…", custom_id=f"{HOW_MANY}{past.job.id}")
    options = [
        discord.SelectOption(label=str(count), value=str(count), default=count == min(_USUAL, most))
        for count in range(_LEAST, most + 1)
    ]
    menu = discord.ui.Select[Any](custom_id="count", options=options, required=True)
    hint = voice("offers-how-many-hint")
    asked.add_item(discord.ui.Label(text=voice("offers-how-many"), description=hint, component=menu))
    # The answer comes by its id; the library need not remember what may never be sent.
    asked.stop()
    return asked


def _picked(interaction: Interaction) -> int:
    data = cast("dict[str, Any]", interaction.data or {})
    values = [value for part in data.get("components", ()) for value in (part.get("component") or {}).get("values", ())]
    picked = str(values[0]) if values else ""
    return int(picked) if picked.isdecimal() and len(picked) < 4 else _LEAST
