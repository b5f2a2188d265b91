"""The button Delete: a job's messages go, with all their files, once somebody has said so twice."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Sequence
from typing import Any

import aiohttp
import discord

from bot.audit import Action, Entry
from bot.bot import Familiar, answering
from bot.cards import Told
from bot.jobs import Job, Place
from cogs import _words
from cogs._cancel import moderates
from cogs._offers import IS_TOLD
from cogs._sources import unseen
from cogs._spot import Spot
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

_NOW, _NOT = "familiar:delete-now:", "familiar:delete-not:"
#: Of a view.
_LAST_ROW = 4
_LINKS = 1600


class DeleteNowButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"familiar:delete-(?P<act>now|not):(?P<job>[a-z0-9]+)"
):
    """Deletes a job's results, or leaves them."""

    def __init__(self, act: str, job_id: str) -> None:
        super().__init__(discord.ui.Button(label=act, custom_id=f"familiar:delete-{act}:{job_id}"))
        self.act, self.job_id = act, job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> DeleteNowButton:
        return cls(match["act"], match["job"])

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            if self.act == "not":
                await _leave(interaction)
                return
            bot: Familiar = interaction.client
            # Of two presses at a time, the second shall see what the first did.
            async with bot.drafting(f"delete {self.job_id}"):
                await _delete(interaction, self.job_id)


# Asking


async def ask_to_delete(interaction: Interaction, job_id: str) -> None:
    """Ask once more: on the card where only its member sees it, as only its own buttons can delete it; else beside."""
    job = await _require(interaction, job_id)
    voice, message = voice_of(interaction), interaction.message
    if message is None or not message.flags.ephemeral:
        text = voice("posting-delete-ask", title=_words.literal(job.title))
        await interaction.response.send_message(text, view=_question(voice, job.id), ephemeral=True)
        return
    view = without(message, _NOW, _NOT)
    for button in _question(voice, job.id).children:
        assert isinstance(button, discord.ui.Button)
        button.row = _LAST_ROW
        view.add_item(button)
    await interaction.response.edit_message(view=view)


async def _leave(interaction: Interaction) -> None:
    message = interaction.message
    if message is None or _is_question(message):
        await interaction.response.edit_message(content=voice_of(interaction)("posting-delete-left"), view=None)
    else:
        await interaction.response.edit_message(view=without(message, _NOW, _NOT))


def _question(voice: Voice, job_id: str) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    danger, other = discord.ButtonStyle.danger, discord.ButtonStyle.secondary
    view.add_item(discord.ui.Button(label=voice("posting-delete-yes"), style=danger, custom_id=_NOW + job_id))
    view.add_item(discord.ui.Button(label=voice("posting-delete-no"), style=other, custom_id=_NOT + job_id))
    view.stop()
    return view


def _is_question(message: discord.Message) -> bool:
    """Tell whether a message does nothing but ask, as no card does."""
    return not message.embeds and not message.attachments


def without(message: discord.Message, *prefixes: str) -> discord.ui.View:
    """Return the buttons of a message, without those whose ids begin so."""
    view = discord.ui.View.from_message(message, timeout=None)
    for item in list(view.children):
        if str(getattr(item, "custom_id", None) or "").startswith(prefixes):
            view.remove_item(item)
    # Presses are dispatched by the buttons' templates, also after a restart.
    view.stop()
    return view


async def _require(interaction: Interaction, job_id: str) -> Job:
    """Return the job, if whoever asks may delete its results now. Raises UserError."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    is_own = job is not None and job.user_id == interaction.user.id
    if job is None or (not is_own and (job.guild_id != interaction.guild_id or job.is_private)):
        raise UserError(say("shared-not-known"))
    if not is_own and not moderates(interaction, job):
        raise UserError(say("posting-delete-not-yours"))
    if job.outcome is None:
        raise UserError(say("posting-delete-runs"))
    if job.state not in IS_TOLD:
        raise UserError(say("jobs-show-ending"))
    if not messages_of(job):
        raise UserError(say("posting-delete-gone"))
    return job


# Deleting


async def _delete(interaction: Interaction, job_id: str) -> None:
    """Delete a job's messages, and tell what of them is left. What is gone already is as good as deleted."""
    bot: Familiar = interaction.client
    voice, message = voice_of(interaction), interaction.message
    job = await _require(interaction, job_id)
    await interaction.response.defer()
    is_card = message is not None and not _is_question(message)
    if is_card:
        # Only by the press on it: by the channel such a message cannot be reached.
        with contextlib.suppress(discord.NotFound):
            await interaction.delete_original_response()
    places = [place for place in messages_of(job) if not (is_card and message and place.message_id == message.id)]
    left = [place for place in places if not await _is_deleted(bot, job, place)]
    await _forget(interaction, job, left)
    if job.is_private and is_card and message and (left or (not places and unseen(job, [message]))):
        text = voice("posting-left-private")
    elif left:
        # As many addresses as a message takes, whatever there is to say around them.
        links = _words.as_many_as_fit([_link(job, place) for place in left], _LINKS)
        text = voice("posting-left", count=len(left), links=" ".join(links))
    else:
        text = voice("posting-deleted")
    if is_card:
        await interaction.followup.send(text, ephemeral=True)
    else:
        await interaction.edit_original_response(content=text, view=None)


def messages_of(job: Job) -> Sequence[Place]:
    """Return every message that holds something of a job: its card, and its results.

    A private card whose end went by direct message says only that, and only its member sees it.
    """
    is_elsewhere = job.is_private and job.delivery == Told.DIRECT
    has_card = job.channel_id and job.message_id and not is_elsewhere
    card = [Place(job.channel_id or 0, job.message_id or 0)] if has_card else []
    return list(dict.fromkeys((*card, *job.posted)))


async def _is_deleted(bot: Familiar, job: Job, place: Place) -> bool:
    """Delete one message; return whether it is gone."""
    try:
        # What was told by direct message stands there as any message does, also where a private card was shown there.
        if job.is_private and place.channel_id == job.channel_id and job.delivery != Told.DIRECT:
            # By the token that it was sent with, while that lives.
            webhook = Spot(bot, job).webhook()
            if webhook is None:
                return False
            await webhook.delete_message(place.message_id)
        else:
            await bot.get_partial_messageable(place.channel_id).get_partial_message(place.message_id).delete()
    except discord.NotFound as error:
        # Codes of a message, or a channel, that is not there; others say that the token is dead.
        return error.code in {10003, 10008}
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("job %s: message %s could not be deleted: %s", job.id, place.message_id, error)
        return False
    return True


async def _forget(interaction: Interaction, job: Job, left: Sequence[Place]) -> None:
    """Write down what is left of a job's messages; and, of somebody else's, who deleted them."""
    bot: Familiar = interaction.client
    has_card = any(place.message_id == job.message_id for place in left)
    await bot.engine.store.place(job.evolve(posted=tuple(left), message_id=job.message_id if has_card else None))
    await bot.engine.originals.drop(job.id)
    if interaction.user.id != job.user_id and interaction.guild_id:
        detail = f"{job.title} · <@{job.user_id}>"
        await bot.engine.audit.note(Entry(interaction.guild_id, interaction.user.id, Action.DELETED, job.id, detail))


def _link(job: Job, place: Place) -> str:
    return _words.link(job.evolve(channel_id=place.channel_id, message_id=place.message_id))
