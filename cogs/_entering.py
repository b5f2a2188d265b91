"""Jobs go in: what is cheap to check is checked, each row is saved, and each job answered with a card of its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import discord

from bot.bot import Familiar
from bot.cards import Moment, Uploading, Waiting
from bot.jobs import Attachment, DuplicateInteraction, Job, new_id, now
from bot.line import Standing
from cogs._answers import NO_ANSWER, is_thinking, is_update
from cogs._cancel import cancel_view
from cogs._card import DEFAULT_FILE_LIMIT, DiscordCard
from cogs._here import server
from cogs._policy import Ruling, require_may_run, require_values, role_ids
from cogs._progress import progress_embed
from cogs._voice import card_language, voice_for, voice_of
from workflows.errors import UserError
from workflows.texts import say
from workflows.values import InputSpec

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

_NEEDED = ("view_channel", "attach_files", "embed_links")


@dataclass(frozen=True)
class Wishes:
    """What a member asks for beside the inputs; None: as they prefer it."""

    private: bool | None = None
    spoiler: bool | None = None
    #: In place of a picture that is attached: a job of theirs, or an address.
    from_job: str = ""
    from_url: str = ""


#: Nothing but what the member chose in /settings.
AS_PREFERRED = Wishes()


@dataclass(frozen=True)
class JobParts:
    """What shall run: one version of a workflow, with values that were read and files that may be fetched."""

    workflow_id: int
    version: int
    title: str
    inputs: tuple[InputSpec, ...]
    given: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Admission:
    """How the jobs of one interaction are shown, once it is settled that they may be."""

    private: bool
    spoiler: bool
    language: str


async def launch_jobs(interaction: Interaction, parts: Sequence[JobParts], wishes: Wishes = AS_PREFERRED) -> None:
    """Save jobs for whoever asks, answer with their cards, and set them going.

    Raises UserError where the bot may not show them here, or the member may not run the first of them now. They are
    runs of one workflow; of those that are not let in it is told why.
    """
    await enter(interaction, parts, await admit(interaction, parts[0].workflow_id, wishes))


async def admit(interaction: Interaction, workflow_id: int, wishes: Wishes) -> Admission:
    """Return how jobs will be shown. Raises UserError where they cannot be, or whoever asks may not run them here."""
    bot: Familiar = interaction.client
    if server(interaction) is None:
        raise UserError(say("run-needs-server"))
    require_permissions(interaction)
    ruling: Ruling = await require_may_run(interaction, workflow_id)
    preferred = await bot.engine.preferences.of_user(interaction.user.id)
    choices = await bot.engine.preferences.of_guild(interaction.guild_id)
    private = ruling.private_only or (preferred.private if wishes.private is None else wishes.private)
    wanted = preferred.spoiler if wishes.spoiler is None else wishes.spoiler
    spoiler = wanted or ruling.spoiler or _place(interaction) in choices.spoiler_channels
    return Admission(private, spoiler, card_language(interaction, choices, is_private=private))


async def enter(interaction: Interaction, parts: Sequence[JobParts], admission: Admission) -> None:
    """Let jobs in, as launch_jobs does, once it is settled how they are shown."""
    bot: Familiar = interaction.client
    first = parts[0]
    bot.engine.fitness.require(first.workflow_id, first.version)
    await require_values(interaction, first.workflow_id, first.inputs, *(part.given for part in parts))
    # @everyone is a role with the server's id, which no member's list of roles has.
    roles = (*role_ids(interaction), interaction.guild_id or 0)
    lost = 0
    for number, part in enumerate(parts):
        try:
            job = await bot.engine.gate.enter(_new_job(interaction, part, admission, is_first=not number), roles)
        except DuplicateInteraction:
            log.warning("interaction %s was delivered twice", interaction.id)
            return
        except UserError as refused:
            if not number:
                raise
            await _tell_left_out(interaction, number - lost, len(parts), refused.text)
            return
        if await _answer(interaction, job, part.inputs, is_first=not number):
            continue
        if not number:
            # Where the answer itself did not get through, nothing that follows it would.
            return
        lost += 1
    if lost:
        await _tell_left_out(interaction, len(parts) - lost, len(parts), say("run-no-card"))


def _new_job(interaction: Interaction, parts: JobParts, admission: Admission, *, is_first: bool) -> Job:
    return Job(
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
        # One interaction has one answer: by it, a second delivery is known, and a card that was posted is found.
        interaction_id=interaction.id if is_first else None,
        interaction_token=interaction.token,
        language=admission.language,
        is_private=admission.private,
        is_spoiler=admission.spoiler,
    )


async def _answer(interaction: Interaction, job: Job, inputs: tuple[InputSpec, ...], *, is_first: bool) -> bool:
    """Answer with a card, remember where it stands, and set the job going, whatever becomes of the answer."""
    bot: Familiar = interaction.client
    engine = bot.engine
    is_paused = engine.moderation.is_paused(job.guild_id)
    moment = _first_moment(job, engine.runner.standing(job), is_paused=is_paused)
    message_id = await _post_card(interaction, job, moment, is_first=is_first)
    # Without a card the member was told by Discord that the bot did not respond: it shall not run behind their back.
    job = job.evolve(message_id=message_id, cancel_requested=message_id is None)
    limit = getattr(interaction, "filesize_limit", DEFAULT_FILE_LIMIT)
    pace = engine.settings.limits.progress_seconds
    card = DiscordCard(bot, job, inputs, pace=pace, file_limit=limit, shown=moment)
    engine.runner.start(job, card, changed=True)
    return message_id is not None


def _first_moment(job: Job, standing: Standing, *, is_paused: bool) -> Moment:
    position = standing.position
    if is_paused and not job.attachments:
        return Waiting(position, is_paused=True)
    if job.attachments and not position:
        return Uploading(1, len(job.attachments))
    if not position or standing.starts_in is None:
        return Waiting(position)
    return Waiting(position, (now() + timedelta(seconds=standing.starts_in)).replace(microsecond=0))


async def _post_card(interaction: Interaction, job: Job, moment: Moment, *, is_first: bool) -> int | None:
    """Post the card, and return its id; None where there is none."""
    try:
        return await _post(interaction, job, moment, is_first=is_first)
    except NO_ANSWER as error:
        log.warning("job %s: its card could not be posted: %s", job.id, error)
        return await _posted_all_the_same(interaction) if is_first and not is_update(interaction) else None
    except Exception:
        log.exception("job %s: its card could not be posted", job.id)
        return None


async def _post(interaction: Interaction, job: Job, moment: Moment, *, is_first: bool) -> int | None:
    embed, view = progress_embed(job, moment), cancel_view(job.id, voice_for(job))
    if not interaction.response.is_done():
        answer = await interaction.response.send_message(embed=embed, view=view, ephemeral=job.is_private)
        return answer.message_id
    if is_first and is_thinking(interaction):
        return (await interaction.edit_original_response(embed=embed, view=view)).id
    return (await interaction.followup.send(embed=embed, view=view, ephemeral=job.is_private, wait=True)).id


async def _posted_all_the_same(interaction: Interaction) -> int | None:
    """Return the id of the answer if it exists although the call to post it failed."""
    try:
        return (await interaction.original_response()).id
    except NO_ANSWER:
        return None


async def _tell_left_out(interaction: Interaction, started: int, wanted: int, why: str) -> None:
    """Say how many jobs were let in, and why the others were not."""
    log.info("interaction %s: %s of %s jobs were let in: %s", interaction.id, started, wanted, why)
    voice = voice_of(interaction)
    said = voice("run-some-let-in", started=started, wanted=wanted, why=why)
    try:
        await interaction.followup.send(said, ephemeral=True)
    except NO_ANSWER as error:
        log.warning("interaction %s: it could not be told which jobs were let in: %s", interaction.id, error)


def require_permissions(interaction: Interaction) -> None:
    """Raise UserError, naming what is missing, unless the bot can show the card to its end in this channel."""
    allowed = interaction.app_permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    needed = (*_NEEDED, "send_messages_in_threads" if is_thread else "send_messages")
    missing = [name for name in needed if not getattr(allowed, name)]
    if missing:
        # As Discord itself calls them to whoever asks.
        names = [voice_of(interaction)(f"run-permission-{name}") for name in missing]
        raise UserError(say("run-no-permission", needed=", ".join(f"**{name}**" for name in names)))


def _place(interaction: Interaction) -> int | None:
    """Return the channel whose rules hold here: of a thread, the one that it belongs to."""
    channel = interaction.channel
    return channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
