"""From a member's command to a running job: check everything that is cheap, save the row, answer with the card."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import discord

from bot.bot import Familiar
from bot.cards import Moment, Uploading, Waiting
from bot.catalog import Published
from bot.fetch import require_size
from bot.jobs import Attachment, DuplicateInteraction, Job, new_id, now
from bot.line import Standing
from bot.options import shorten
from cogs import _words
from cogs._allowed import role_ids
from cogs._cancel import cancel_view
from cogs._card import DEFAULT_FILE_LIMIT, DiscordCard
from workflows.errors import InputError, UserError
from workflows.values import InputSpec, parse_all

log = logging.getLogger(__name__)

#: What the library raises where Discord refuses, or where its answer is lost on the way.
NO_ANSWER = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError)

_NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "attach_files": "Attach Files",
    "embed_links": "Embed Links",
}


@dataclass(frozen=True)
class JobParts:
    """What shall run: one version of a workflow, with values that were read and files that may be fetched."""

    workflow_id: int
    version: int
    title: str
    inputs: tuple[InputSpec, ...]
    given: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()


async def launch(interaction: discord.Interaction[Any], published: Published, raw: Mapping[str, Any]) -> None:
    """Run a published workflow with what the member gave. Raises UserError, which names the input."""
    bot: Familiar = interaction.client
    engine = bot.engine
    require_permissions(interaction)
    attachments = file_attachments(published.inputs, raw, engine.settings.limits.attachment_bytes)
    asks_for_a_model = any(spec.is_installed and spec.is_asked for spec in published.inputs)
    models = await engine.pool.known_models() if asks_for_a_model else ()
    given = parse_all(published.inputs, raw, models, random.SystemRandom().randint)
    parts = JobParts(published.workflow_id, published.version, published.name, published.inputs, given, attachments)
    await launch_job(interaction, parts)


async def launch_job(interaction: discord.Interaction[Any], parts: JobParts) -> None:
    """Save a job for whoever asks, answer with its card, and set it going: commands, forms and Again end here.

    Raises UserError where the bot may not show it here, or the member may not run it now.
    """
    bot: Familiar = interaction.client
    engine = bot.engine
    require_permissions(interaction)
    engine.fitness.require(parts.workflow_id, parts.version)
    job = Job(
        id=new_id(),
        user_id=interaction.user.id,
        title=parts.title,
        created_at=now(),
        workflow_id=parts.workflow_id,
        version=parts.version,
        given=parts.given,
        attachments=parts.attachments,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        application_id=interaction.application_id,
        interaction_id=interaction.id,
        interaction_token=interaction.token,
    )
    try:
        # @everyone is a role with the server's id, which no member's list of roles has.
        job = await engine.gate.enter(job, (*role_ids(interaction), interaction.guild_id or 0))
    except DuplicateInteraction:
        log.warning("interaction %s was delivered twice", interaction.id)
        return
    await _answer(interaction, job, parts.inputs)


async def _answer(interaction: discord.Interaction[Any], job: Job, inputs: tuple[InputSpec, ...]) -> None:
    """Answer with the card, remember where it stands, and set the job going, whatever becomes of the answer."""
    bot: Familiar = interaction.client
    engine = bot.engine
    moment = _first_moment(job, engine.runner.standing(job))
    message_id = await _post_card(interaction, job, moment)
    # Without a card the member was told by Discord that the bot did not respond: it shall not run behind their back.
    job = job.evolve(message_id=message_id, cancel_requested=message_id is None)
    limit = getattr(interaction, "filesize_limit", DEFAULT_FILE_LIMIT)
    pace = engine.settings.limits.progress_seconds
    card = DiscordCard(bot, job, inputs, pace=pace, file_limit=limit, shown=moment)
    engine.runner.start(job, card, changed=True)


def _first_moment(job: Job, standing: Standing) -> Moment:
    position = standing.position
    if job.attachments and not position:
        return Uploading(1, len(job.attachments))
    if not position or standing.starts_in is None:
        return Waiting(position)
    return Waiting(position, (now() + timedelta(seconds=standing.starts_in)).replace(microsecond=0))


async def _post_card(interaction: discord.Interaction[Any], job: Job, moment: Moment) -> int | None:
    """Post the card, and return its id; None where there is none."""
    try:
        embed = _words.progress_embed(job, moment)
        answer = await interaction.response.send_message(embed=embed, view=cancel_view(job.id))
    except NO_ANSWER as error:
        log.warning("job %s: its card could not be posted: %s", job.id, error)
        return await _posted_all_the_same(interaction)
    except Exception:
        log.exception("job %s: its card could not be posted", job.id)
        return None
    return answer.message_id


async def _posted_all_the_same(interaction: discord.Interaction[Any]) -> int | None:
    """Return the id of the answer if it exists although the call to post it failed."""
    try:
        return (await interaction.original_response()).id
    except NO_ANSWER:
        return None


def require_permissions(interaction: discord.Interaction[Any]) -> None:
    """Raise UserError, naming what is missing, unless the bot can show the card to its end in this channel."""
    allowed = interaction.app_permissions
    missing = [words for name, words in _NEEDED.items() if not getattr(allowed, name)]
    if isinstance(interaction.channel, discord.Thread) and not allowed.send_messages_in_threads:
        missing.append("Send Messages in Threads")
    if missing:
        needed = ", ".join(f"**{words}**" for words in missing)
        raise UserError(f"I may not post results here. Please ask an admin to give me {needed} in this channel.")


def file_attachments(inputs: tuple[InputSpec, ...], raw: Mapping[str, Any], limit: int) -> tuple[Attachment, ...]:
    """Return the attachments for image and video inputs, in the inputs' order. Raises InputError, naming the input.

    Each has a filename, a URL, a size in bytes, and a content type, which is only what its sender said.
    """
    found: list[Attachment] = []
    for spec in inputs:
        if not (spec.is_file and spec.is_asked):
            continue
        wanted = "video" if spec.is_video else "picture"
        given = [(name, raw[name]) for name in spec.names if raw.get(name) is not None]
        if spec.required and not given:
            raise InputError(spec.name, f"is needed. Please attach a {wanted}.")
        if given and len(given) < spec.min_items:
            raise InputError(spec.name, f"needs at least {spec.min_items} {wanted}s, not {len(given)}.")
        for name, attachment in given:
            if _is_other(wanted, attachment.content_type or ""):
                raise InputError(name, f"takes a {wanted}, which “{shorten(attachment.filename, 60)}” is not.")
            require_size(name, attachment.size, limit)
            found.append(Attachment(name, attachment.filename, attachment.url, attachment.size))
    return tuple(found)


def _is_other(wanted: str, content_type: str) -> bool:
    """Tell whether a file says of itself that it is of the other kind; what it is, is seen when it is fetched."""
    return content_type.startswith("image/" if wanted == "video" else "video/")
