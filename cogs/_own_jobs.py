"""A member's own results as suggestions: newest first, told apart as /job tells jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

from bot.bot import Familiar
from bot.cards import Told
from bot.jobs import Job, Outcome, now
from bot.options import MAX_CHOICES
from bot.prompts import prompt_of
from cogs._here import server
from cogs._job import ago
from cogs._outcome import changed
from cogs._sources import places_of
from cogs._voice import voice_of
from workflows.texts import Voice
from workflows.values import InputSpec
from workflows.words import shorten

Interaction = discord.Interaction[Any]

_LOOKED_AT = 50
#: Of one job: the list is for several.
_PICTURES = 4
_TITLE, _PROMPT, _WHOLE = 25, 30, 100


async def suggest_own(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Suggest the pictures that the caller's jobs made on this server."""
    guild_id = server(interaction)
    if guild_id is None:
        return []
    bot: Familiar = interaction.client
    _, over = await bot.engine.store.of_user(interaction.user.id, guild_id, _LOOKED_AT)
    voice, wanted = voice_of(interaction), current.casefold().strip().removeprefix("job ")
    known: dict[tuple[int | None, int | None], tuple[InputSpec, ...]] = {}
    found: list[app_commands.Choice[str]] = []
    for job in filter(_has_pictures, over):
        version = job.workflow_id, job.version
        if version not in known:
            known[version] = await _inputs(bot, job)
        values = (f"{name} {value}" for name, value in changed(known[version], job.given))
        prompt = prompt_of(known[version], job.given) or ", ".join(values)
        if wanted.partition("#")[0] in f"{job.id} {job.title} {prompt}".casefold():
            found += _choices(job, prompt, voice)
        if len(found) >= MAX_CHOICES:
            break
    return found[:MAX_CHOICES]


def _has_pictures(job: Job) -> bool:
    # What only its member sees on a card cannot be read again; by direct message it can.
    is_hidden = job.is_private and job.delivery != Told.DIRECT
    if job.outcome is not Outcome.COMPLETED or not job.results or job.delivered_at is None or is_hidden:
        return False
    # Of what was deleted, no message is known any more.
    return job.message_id is not None and bool(job.posted if job.is_private else places_of(job))


async def _inputs(bot: Familiar, job: Job) -> tuple[InputSpec, ...]:
    try:
        return await bot.engine.catalog.inputs(job.workflow_id or 0, job.version or 0)
    except KeyError:
        return ()


def _choices(job: Job, prompt: str, voice: Voice) -> Iterator[app_commands.Choice[str]]:
    count = len(job.results)
    when = ago(now() - job.created_at, voice)
    for number in range(1, min(count, _PICTURES) + 1):
        which = f"{number}/{count}" if count > 1 else ""
        parts = (shorten(job.title, _TITLE), shorten(prompt, _PROMPT), which, when, job.id)
        name = " · ".join(part for part in parts if part)
        yield app_commands.Choice(name=shorten(name, _WHOLE), value=f"{job.id}#{number}" if count > 1 else job.id)
