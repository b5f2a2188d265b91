"""The buttons of a private run's results: Post, which shows them to everybody, and Keep private."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import aiohttp
import discord

from bot import media
from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE, TooLarge, Undeliverable, Unheard
from bot.jobs import Job, Outcome, Place
from bot.media import ResultFile
from cogs import _words
from cogs._card import REQUEST_LIMIT
from cogs._delete import messages_of, without
from cogs._offers import IS_TOLD, end_view
from cogs._outcome import outcome_embed
from cogs._posting import as_files, place_of, translated
from cogs._sources import result_messages, unseen
from cogs._spot import Spot
from cogs._voice import voice_of
from cogs._wall import Wall, find_wall
from workflows.errors import UserError
from workflows.texts import Text, say

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

_POST, _KEEP = "familiar:post:", "familiar:keep:"
_COVERED = "SPOILER_"


async def keep_private(interaction: Interaction, job_id: str) -> None:
    job, message, voice = await _require(interaction, job_id), interaction.message, voice_of(interaction)
    if message is None:
        return
    await interaction.response.edit_message(view=without(message, _POST, _KEEP))
    is_passing = message.flags.ephemeral
    text = voice("posting-kept") if is_passing else voice("posting-kept-direct", job=job.id)
    await interaction.followup.send(text, ephemeral=True)


async def _require(interaction: Interaction, job_id: str) -> Job:
    """Return a private job with results, of whoever asks. Raises UserError."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    if job is None or interaction.guild_id not in (None, job.guild_id):
        raise UserError(say("shared-not-known"))
    if job.user_id != interaction.user.id:
        raise UserError(say("posting-not-yours"))
    if not job.is_private and job.message_id:
        raise UserError(say("posting-is-posted", link=_words.link(job)))
    if job.outcome is Outcome.COMPLETED and job.state not in IS_TOLD:
        raise UserError(say("jobs-show-ending"))
    if job.outcome is not Outcome.COMPLETED or not messages_of(job):
        raise UserError(say("posting-not-done"))
    return job


# Posting


async def post_publicly(interaction: Interaction, job_id: str) -> None:
    """Post a private job's results as a card of their own, and say on the private one where. Raises UserError."""
    bot: Familiar = interaction.client
    job, voice, message = await _require(interaction, job_id), voice_of(interaction), interaction.message
    if message is None:
        return
    await interaction.response.defer()
    wall = await find_wall(interaction, job)
    messages = await _read(interaction, job, message)
    files = await _files(messages, job, is_spoiler=wall.is_spoiler)
    has_originals = any(_has_id(one, "familiar:originals:") for one in messages)
    public = job.evolve(
        is_private=False, channel_id=wall.channel.id, shown_guild_id=job.guild_id, language=wall.language
    )
    notes: list[str] = []
    inputs = await _inputs(bot, job)
    pictures = any((file.content_type or "").startswith("image/") for one in messages for file in one.attachments)
    look = {
        "embed": outcome_embed(public, inputs, notes),
        "view": end_view(public, inputs, has_pictures=pictures, has_originals=has_originals),
    }
    places, refused = await _send(public, wall, files, look)
    public = public.evolve(message_id=places[0].message_id, posted=tuple(places), interaction_token=None)
    await bot.engine.store.place(public)
    lines = [voice("posting-done", link=_words.link(public))]
    left_out = unseen(job, messages) if message.flags.ephemeral else 0
    lines += ["-# " + voice("posting-left-out", count=left_out)] if left_out else []
    lines += ["-# " + voice("posting-cut", count=refused)] if refused else []
    await interaction.edit_original_response(content="\n".join(lines), view=without(message, _POST, _KEEP))


async def _read(interaction: Interaction, job: Job, card: discord.Message) -> list[discord.Message]:
    """Return the messages that hold a private job's results, as far as they can be read."""
    bot: Familiar = interaction.client
    if not card.flags.ephemeral:
        return await result_messages(bot, job) or [card]
    found = [card]
    for place in job.posted:
        # What only one person sees is read by the token that it was sent with, while that lives.
        webhook = Spot(bot, job).webhook()
        if webhook is None or place.message_id == card.id:
            continue
        try:
            found.append(await webhook.fetch_message(place.message_id))
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("job %s: its message %s cannot be read: %s", job.id, place.message_id, error)
    return found


async def _files(messages: Sequence[discord.Message], job: Job, *, is_spoiler: bool) -> list[ResultFile]:
    """Fetch what messages hold, as it stands there. Raises UserError where it is gone."""
    found: dict[str, ResultFile] = {}
    for attachment in (file for message in messages for file in message.attachments):
        if attachment.filename in found:
            # The same results may have been shown again.
            continue
        try:
            data = await attachment.read()
        except (discord.NotFound, discord.Forbidden):
            raise UserError(say("posting-files-gone")) from None
        name, text = attachment.filename.removeprefix(_COVERED), attachment.description or ""
        covered = is_spoiler or attachment.is_spoiler()
        found[attachment.filename] = ResultFile(name, data, description=text, is_spoiler=covered)
    if not found:
        raise UserError(say("posting-files-gone"))
    return list(found.values())


async def _send(job: Job, wall: Wall, files: Sequence[ResultFile], look: dict[str, Any]) -> tuple[list[Place], int]:
    """Post files as a card and what follows it; return the messages, and how many files were not taken.

    The nonces keep a second try from doubling them. Raises UserError where nothing was posted.
    """
    name = f"<#{wall.channel.id}>"
    largest = min(wall.file_limit, max(len(file.data) for file in files))
    for smaller in (1, 2, 4, 8):
        fitted = [await _fitted(file, largest // smaller) for file in files]
        places: list[Place] = []
        taken = 0
        try:
            for number, some in enumerate(_in_messages(fitted, REQUEST_LIMIT // smaller)):
                extra = {} if number else look
                with translated():
                    sent = await wall.channel.send(files=as_files(some), nonce=f"{job.id}-p{number}", **extra)
                places.append(place_of(sent))
                taken += len(some)
        except (TooLarge, Undeliverable, Unheard) as error:
            log.info("job %s: its results are not all taken: %s", job.id, error)
            if not places and isinstance(error, TooLarge):
                continue
            if not places:
                raise UserError(_why(error, name)) from None
        return places, len(files) - taken
    raise UserError(say("posting-too-large", channel=name))


def _why(error: Exception, name: str) -> Text:
    if isinstance(error, Unheard):
        return say("posting-later")
    return say("posting-refused", channel=name)


async def _fitted(file: ResultFile, limit: int) -> ResultFile:
    """Return a file of so many bytes at most: a picture is packed anew, anything else stays as it is."""
    if len(file.data) <= limit or file.filename.endswith(".mp4"):
        return file
    smaller = await asyncio.to_thread(media.fit, file.data, file.filename.rpartition(".")[0], limit)
    return replace(smaller, description=file.description, is_spoiler=file.is_spoiler)


def _in_messages(files: Sequence[ResultFile], limit: int) -> list[list[ResultFile]]:
    """Return files in parts that a message takes: by number, and by bytes."""
    parts: list[list[ResultFile]] = [[]]
    for file in files:
        size = sum(len(one.data) for one in parts[-1]) + len(file.data)
        if parts[-1] and (len(parts[-1]) == FILES_PER_MESSAGE or size > limit):
            parts.append([])
        parts[-1].append(file)
    return parts


async def _inputs(bot: Familiar, job: Job) -> tuple[Any, ...]:
    try:
        return await bot.engine.catalog.inputs(job.workflow_id or 0, job.version or 0)
    except KeyError:
        return ()


def _has_id(message: discord.Message, prefix: str) -> bool:
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    return any((getattr(part, "custom_id", None) or "").startswith(prefix) for row in rows for part in row.children)
