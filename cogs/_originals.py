"""The Originals button: what Discord did not take in full quality, by direct message to whoever asked for the job."""

from __future__ import annotations

import io
from typing import Any

import discord

from bot.bot import Familiar
from bot.jobs import Job
from bot.originals import Original, Originals
from cogs._direct import DIRECT_LIMIT
from cogs._voice import voice_of
from cogs._words import title
from workflows.errors import UserError
from workflows.texts import Voice, say

#: A little less than Discord takes, in whole MiB, so that it can be said.
_MOST_MIB = DIRECT_LIMIT // 2**20 - 1
#: Two parts to a message stay under what one request may have, whoever else's limit it is.
_PER_MESSAGE = 2
#: More than so many are not named each: a message has an end.
_NAMED_PARTS = 9
#: Discord's codes for: no direct messages from here, and no server in common.
_CLOSED = frozenset({50007, 50278})


async def send_originals(interaction: discord.Interaction[Any], job_id: str) -> None:
    """Send a job's originals by direct message. Raises UserError where there are none, or not for whoever asks."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    if job is None:
        raise UserError(say("shared-not-known"))
    if job.user_id != interaction.user.id:
        raise UserError(say("files-originals-theirs"))
    sending = bot.drafting(f"originals {job_id}")
    if sending.locked():
        raise UserError(say("files-originals-on-their-way"))
    async with sending:
        kept = await bot.engine.originals.kept(job_id)
        if not kept:
            raise UserError(say("files-originals-gone"))
        voice = voice_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            channel = await bot.create_dm(discord.Object(job.user_id))
            await _send(channel, bot.engine.originals, job, kept, voice)
        except FileNotFoundError:
            raise UserError(say("files-originals-gone")) from None
        except discord.Forbidden as error:
            if error.code not in _CLOSED:
                raise
            raise UserError(say("files-originals-refused")) from None
        await interaction.followup.send(voice("files-originals-sent", count=len(kept)), ephemeral=True)


async def _send(channel: discord.DMChannel, originals: Originals, job: Job, kept: list[Original], voice: Voice) -> None:
    head = voice("files-originals-head", count=len(kept), title=title(job.title), job=job.id)
    for original in kept:
        parts = -(-original.size // (_MOST_MIB * 2**20))
        lines = [head] if original is kept[0] else []
        lines += [_how_to_join(original, parts, voice)] if parts > 1 else []
        for start in range(0, parts, _PER_MESSAGE):
            numbers = range(start, min(start + _PER_MESSAGE, parts))
            files = [await _part(originals, job, original, number, parts) for number in numbers]
            await channel.send("\n".join(lines) or None, files=files)
            lines = []


async def _part(originals: Originals, job: Job, original: Original, number: int, parts: int) -> discord.File:
    size = _MOST_MIB * 2**20
    data = await originals.read(original, number * size, size)
    name = original.filename if parts == 1 else _part_name(original, number)
    # A part is no picture, and nothing of it is shown; its name must end in its number.
    return discord.File(io.BytesIO(data), filename=name, spoiler=job.is_spoiler and parts == 1)


def _how_to_join(original: Original, parts: int, voice: Voice) -> str:
    """Say how the parts become one file again, in one line."""
    name, names = original.filename, [_part_name(original, number) for number in range(parts)]
    if parts > _NAMED_PARTS:
        names = [f"{name}.0*"]
    return voice(
        "files-originals-join",
        name=name,
        parts=str(parts),
        most=str(_MOST_MIB),
        unix=f"cat {name}.0* > {name}",
        windows=f"copy /b {'+'.join(names)} {name}",
    )


def _part_name(original: Original, number: int) -> str:
    return f"{original.filename}.{number + 1:03}"
