"""Show here: a job's card once more, wherever whoever asked for the job may post.

One that is under way goes on there; of one that is over, the results are fetched from where they were posted.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE
from bot.jobs import Job, Outcome, Place
from bot.policy import Refusal, refusal
from cogs import _here, _words
from cogs._cancel import cancel_view
from cogs._card import REQUEST_LIMIT, DiscordCard
from cogs._entering import require_permissions
from cogs._job import hindrance, standing_embed
from cogs._jobs_list import inputs_of
from cogs._offers import IS_TOLD, end_view
from cogs._outcome import outcome_embed
from cogs._policy import standing_of
from cogs._sources import places_of, result_files
from cogs._voice import voice_for
from workflows.errors import UserError
from workflows.texts import Text, say

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

#: What whoever shows a job to others has to be allowed to do there themselves.
_NEEDED = {"send_messages": "jobs-permission-send", "attach_files": "jobs-permission-files"}
#: By their own installation, Discord lets an interaction have so many messages beside the first.
_GUEST_MESSAGES = 5


async def show_here(interaction: Interaction, job_id: str) -> None:
    """Show a job's card where whoever asked for it is. Raises UserError where it may not be."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    if job is None:
        raise UserError(say("shared-not-known"))
    if interaction.user.id != job.user_id:
        raise UserError(say("jobs-show-not-yours"))
    is_private = job.is_private or await _is_kept_private(interaction, job)
    if not is_private:
        if interaction.guild_id is not None:
            await bot.engine.moderation.require_unblocked(interaction.guild_id, interaction.user.id)
        _require_may_post(interaction)
    if job.state in IS_TOLD:
        await _show_end(interaction, job, is_private=is_private)
        return
    if _here.is_guest(interaction):
        raise UserError(say("jobs-show-guest"))
    if job.outcome is not None:
        # Its results are on their way to where it was.
        raise UserError(say("jobs-show-ending"))
    await _go_on(interaction, job, is_private=is_private)


async def _is_kept_private(interaction: Interaction, job: Job) -> bool:
    """Tell whether a policy lets nobody else see a job. Raises UserError where it is for other channels only."""
    bot: Familiar = interaction.client
    held = await bot.engine.policies.of(job.workflow_id)
    # In direct messages with the bot there is nobody else; in those among people there is.
    is_alone = interaction.guild_id is None and not _here.is_guest(interaction)
    if is_alone or held.policy.private_only or job.is_private:
        return held.policy.private_only
    # What may be run by whom is not asked here: it ran.
    match refusal(held.policy, standing_of(interaction, held.guild_id)):
        case Refusal.WHERE:
            raise UserError(say("jobs-show-where"))
        case Refusal.AGE:
            raise UserError(say("jobs-show-age"))
        case _:
            pass
    if held.policy.age_restricted_only and not _is_age_restricted(interaction):
        raise UserError(say("jobs-show-age"))
    return False


def _is_age_restricted(interaction: Interaction) -> bool:
    channel = interaction.channel
    parent = channel.parent if isinstance(channel, discord.Thread) else channel
    return bool(getattr(parent, "nsfw", False))


def _require_may_post(interaction: Interaction) -> None:
    """Raise UserError, naming what is missing, unless both the member and the bot may post pictures here."""
    if interaction.guild_id is not None:
        needed = dict(_NEEDED)
        if isinstance(interaction.channel, discord.Thread):
            needed["send_messages_in_threads"] = "jobs-permission-threads"
            del needed["send_messages"]
        missing = [say(key) for name, key in needed.items() if not getattr(interaction.permissions, name)]
        if missing:
            raise UserError(say("jobs-show-you-may-not", permissions=_both(missing)))
        # Of direct messages Discord tells less than what goes there: neither channels to view nor messages to send.
        if not _here.is_guest(interaction):
            require_permissions(interaction)


def _both(missing: Sequence[Text]) -> Text:
    return missing[0] if len(missing) == 1 else say("jobs-permissions", one=missing[0], other=missing[1])


# Under way


async def _go_on(interaction: Interaction, job: Job, *, is_private: bool) -> None:
    """Answer with a card that goes on from here, in place of the one that there was."""
    bot: Familiar = interaction.client
    engine = bot.engine
    voice = voice_for(job)
    embed = standing_embed(job, engine.runner.standing(job), voice, trouble=hindrance(engine, job))
    view = cancel_view(job.id, voice)
    is_spoiler = await _is_covered(interaction, job)
    answer = await interaction.response.send_message(embed=embed, view=view, ephemeral=is_private)
    job = await engine.store.get(job.id) or job
    moved = job.evolve(
        channel_id=interaction.channel_id,
        message_id=answer.message_id,
        shown_guild_id=interaction.guild_id or 0,
        interaction_token=interaction.token,
        is_private=is_private,
        is_spoiler=job.is_spoiler or is_spoiler,
    )
    await engine.store.move(moved)
    card = engine.runner.card(job.id)
    if isinstance(card, DiscordCard):
        card.move(moved)
    now_stands = await engine.store.get(job.id) or moved
    if now_stands.state in IS_TOLD:
        # It ended in between, where it was before.
        await _post_end(interaction, now_stands, is_private=is_private)


# Over


@dataclass(frozen=True)
class _Found:
    """The results that could be fetched again, and how many could not, or are too large for this place."""

    files: tuple[discord.File, ...] = ()
    too_large: int = 0
    lost: int = 0
    has_pictures: bool = False
    #: There are more than Discord takes here.
    left_out: int = 0


async def _show_end(interaction: Interaction, job: Job, *, is_private: bool) -> None:
    await interaction.response.defer(thinking=True, ephemeral=is_private)
    await _post_end(interaction, job, is_private=is_private)


async def _post_end(interaction: Interaction, job: Job, *, is_private: bool) -> None:
    """Post a job's end with its results; the answer's own message comes first, the rest follows it."""
    bot: Familiar = interaction.client
    is_done = job.outcome is Outcome.COMPLETED
    found = await _fetched(interaction, job) if is_done else _Found()
    parts = list(_parts(found.files)) or [[]]
    if _here.is_guest(interaction):
        found = replace(found, left_out=sum(map(len, parts[1 + _GUEST_MESSAGES :])))
        parts = parts[: 1 + _GUEST_MESSAGES]
    notes = [voice_for(job).tell(note) for note in _notes(job, found)] if is_done else []
    inputs = await inputs_of(bot, job)
    # Even one whose first card never came has this one now.
    shown = job.evolve(message_id=job.message_id or interaction.id, is_private=is_private)
    embed = outcome_embed(shown, inputs, notes)
    has_originals = is_done and bool(await bot.engine.originals.kept(job.id))
    is_kept = (await bot.engine.policies.of(job.workflow_id)).policy.private_only
    may_post = bool(found.files) and not is_kept
    view = end_view(shown, inputs, has_pictures=found.has_pictures, has_originals=has_originals, may_post=may_post)
    has_moved = not is_done or (bool(found.files) and not is_private)
    messages: list[discord.Message] = []
    for some in parts:
        if messages:
            messages.append(await interaction.followup.send(files=some, ephemeral=is_private, wait=True))
        else:
            messages.append(await interaction.edit_original_response(embed=embed, view=view, attachments=some))
        # At once: of what is not written down, Delete would know nothing.
        if has_moved and not _here.is_guest(interaction):
            await _remember(interaction, job, messages, is_private=is_private)


async def _remember(
    interaction: Interaction, job: Job, messages: Sequence[discord.Message], *, is_private: bool
) -> None:
    """Write down where the card is now; the older messages stay known, or Delete would leave them."""
    bot: Familiar = interaction.client
    channel_id = interaction.channel_id or 0
    # What only its member sees cannot be found again by anybody else.
    new = [] if is_private else [Place(channel_id, message.id) for message in messages if message.attachments]
    old = places_of(job) if job.outcome is Outcome.COMPLETED and not job.is_private else job.posted
    posted = tuple(dict.fromkeys((*new, *old)))
    shown = job.evolve(channel_id=channel_id, message_id=messages[0].id, shown_guild_id=interaction.guild_id or 0)
    # The message that was just sent is reached by no other token.
    token = interaction.token if is_private else None
    await bot.engine.store.place(shown.evolve(is_private=is_private, posted=posted, interaction_token=token))


async def _fetched(interaction: Interaction, job: Job) -> _Found:
    """Download a job's results as they stand in its messages, those that this place takes."""
    files, too_large, lost, has_pictures = list[discord.File](), 0, 0, False
    is_out_of_reach = job.is_private and not job.posted
    covered = await _is_covered(interaction, job)
    for one in [] if is_out_of_reach else await result_files(interaction.client, job):
        if one.size > interaction.filesize_limit:
            too_large += 1
            continue
        try:
            data = await one.read()
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("job %s: its file %s cannot be fetched: %s", job.id, one.filename, error)
            lost += 1
            continue
        has_pictures |= (one.content_type or "").startswith("image/")
        spoiler = covered or one.is_spoiler()
        files.append(
            discord.File(io.BytesIO(data), filename=one.filename, description=one.description, spoiler=spoiler)
        )
    return _Found(tuple(files), too_large, lost, has_pictures)


async def _is_covered(interaction: Interaction, job: Job) -> bool:
    """Tell whether results are always covered in this channel, or those of this workflow anywhere."""
    bot: Familiar = interaction.client
    if (await bot.engine.policies.of(job.workflow_id)).policy.spoiler:
        return True
    channel = interaction.channel
    places = {interaction.channel_id, channel.parent_id if isinstance(channel, discord.Thread) else None}
    choices = await bot.engine.preferences.of_guild(_here.server(interaction))
    return not places.isdisjoint(choices.spoiler_channels)


def _parts(files: Iterable[discord.File]) -> Iterator[list[discord.File]]:
    """Yield as many files at a time as one message takes."""
    part, size = list[discord.File](), 0
    for file in files:
        length = _length(file)
        if part and (len(part) == FILES_PER_MESSAGE or size + length > REQUEST_LIMIT):
            yield part
            part, size = [], 0
        part.append(file)
        size += length
    if part:
        yield part


def _length(file: discord.File) -> int:
    return file.fp.seek(0, io.SEEK_END) - file.fp.seek(0)


def _notes(job: Job, found: _Found) -> Iterator[str]:
    """Yield what is to be said of results that are not shown."""
    if found.too_large:
        yield say("jobs-too-large", count=found.too_large, link=_words.link(job))
    if found.left_out:
        yield say("jobs-left-out", count=found.left_out, link=_words.link(job))
    if found.lost:
        yield say("jobs-some-gone", count=found.lost)
    if not (found.files or found.too_large or found.lost):
        yield say("jobs-gone-private" if job.is_private else "jobs-gone")
