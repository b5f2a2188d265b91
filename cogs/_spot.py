"""One message that a job is shown on, and the ways to it.

While the interaction's token lives, edits go by it: its rate limit is its own. After that the message is edited by
channel and id; one that only its member sees cannot be reached so, and is out of reach when its token is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE, Told, Undeliverable
from bot.jobs import Job, Place, now
from bot.media import ResultFile
from cogs._posting import UNKNOWN_CHANNEL, as_files, in_messages, post_further, posted, translated
from workflows.errors import Unavailable

log = logging.getLogger(__name__)

#: Discord's token lives for 15 minutes from the interaction on; a minute of it is left alone.
TOKEN_LIFE = timedelta(minutes=14)

_INVALID_TOKEN = frozenset({50027, 10015, 10062})


class Spot:
    """Where a job is shown: by `job`, at one moment of its life."""

    def __init__(self, bot: Familiar, job: Job) -> None:
        self.job = job
        self.is_private = job.is_private
        self._bot = bot
        self._token_is_dead = False
        #: Those of the further messages of a private card that are there already.
        self._sent = [
            place
            for place in job.posted
            if job.is_private and place.channel_id == job.channel_id and place.message_id != job.message_id
        ]

    def holding(self, job: Job) -> Job:
        """Return a job as it stands now, shown here: who drives it does not know where it was moved to."""
        here = self.job
        shown = {"channel_id": here.channel_id, "message_id": here.message_id, "is_private": here.is_private}
        shown |= {"shown_guild_id": here.shown_guild_id, "is_spoiler": here.is_spoiler}
        self.job = job.evolve(interaction_token=here.interaction_token, **shown)
        return self.job

    def covering(self, files: Sequence[ResultFile]) -> Sequence[ResultFile]:
        """Return files as they are shown here: the channel that a job was moved to may cover all results."""
        return [replace(file, is_spoiler=True) for file in files] if self.job.is_spoiler else files

    @property
    def place(self) -> Place:
        return Place(self.job.channel_id or 0, self.job.message_id or 0)

    @property
    def token_since(self) -> datetime:
        """When the token was given: the card answers its interaction within seconds, also one that came later."""
        job = self.job
        return max(job.created_at, discord.utils.snowflake_time(job.message_id)) if job.message_id else job.created_at

    def webhook(self) -> discord.Webhook | None:
        """Return the way by the token, while it lives."""
        job = self.job
        alive = now() - self.token_since < TOKEN_LIFE and not self._token_is_dead
        if not alive or not job.interaction_token or not job.application_id:
            return None
        webhook = discord.Webhook.partial(job.application_id, job.interaction_token, client=self._bot)
        # Only of such a one the library sends what a single member sees.
        webhook.type = discord.WebhookType.application
        return webhook

    async def edit(self, *, files: Sequence[ResultFile] | None = None, or_later: bool = False, **changes: Any) -> None:
        """Edit the message; with `or_later`, raise Unavailable where its token turns out to be dead."""
        job = self.job
        if job.message_id is None or job.channel_id is None:
            raise Undeliverable("it was never posted", Told.NEVER)
        with translated():
            if webhook := self.webhook():
                try:
                    await webhook.edit_message(job.message_id, **changes, **_attached(files))
                except discord.HTTPException as error:
                    self._require_dead(error)
                    if or_later:
                        # Other tokens may have died with it, and a channel takes few edits: each waits for its turn.
                        raise Unavailable("the interaction's token is dead") from error
                else:
                    return
            if self.is_private:
                raise Undeliverable("its token is dead, and only its member sees it")
            channel = self._bot.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
            await channel.get_partial_message(job.message_id).edit(**changes, **_attached(files))

    async def post(self, files: Sequence[ResultFile]) -> tuple[Place, ...]:
        """Post what did not fit the message, below it; return the messages, in order."""
        if self.is_private:
            await self._post_privately(files)
            return tuple(self._sent)
        job = self.job
        with translated():
            channel = self._bot.get_partial_messageable(job.channel_id or 0, guild_id=job.guild_id)
            reference = discord.MessageReference(
                message_id=job.message_id or 0, channel_id=job.channel_id or 0, fail_if_not_exists=False
            )
            there = await posted(self._bot, channel, job)
            return tuple(await post_further(channel, job, files, there, reference=reference))

    def unsent(self, files: Sequence[ResultFile]) -> Sequence[ResultFile]:
        """Return which of the further files of a private card are not there yet."""
        return files[len(self._sent) * FILES_PER_MESSAGE :]

    async def doubted(self, refused: Undeliverable) -> Undeliverable:
        """Return why the message is out of reach; by its token, one in a channel that was deleted is only unknown."""
        if refused.why is not Told.CARD_DELETED or self.job.message_id is None:
            return refused
        try:
            await self._bot.http.get_channel(self.job.channel_id or 0)
        except discord.NotFound as error:
            if error.code == UNKNOWN_CHANNEL:
                return Undeliverable(str(error), Told.CHANNEL_DELETED)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("job %s: its channel cannot be looked at: %s", self.job.id, error)
        return refused

    async def _post_privately(self, files: Sequence[ResultFile]) -> None:
        """Send further files for its member's eyes alone.

        Such messages take no nonce, and cannot be looked for: those that are there are noted in the job's row. One
        whose answer is lost comes twice, and Delete does not find it; only its member sees that, and none were worse.
        """
        for some in in_messages(files)[len(self._sent) :]:
            with translated():
                webhook = self.webhook()
                if webhook is None:
                    raise Undeliverable("its token is dead, and only its member sees it")
                try:
                    message = await webhook.send(files=as_files(some), ephemeral=True, wait=True)
                except discord.HTTPException as error:
                    self._require_dead(error)
                    raise Undeliverable("its token is dead, and only its member sees it") from error
            self._sent.append(Place(self.place.channel_id, message.id))
            await self._bot.engine.store.place_results(self.job.id, self._sent)

    def _require_dead(self, error: discord.HTTPException) -> None:
        """Note that the token is dead; an error that does not say so is raised again."""
        if error.code not in _INVALID_TOKEN and error.status != 401:
            raise error
        self._token_is_dead = True


async def find_answer(bot: Familiar, job: Job) -> int | None:
    """Return the id of the answer to a job's interaction, or None where there is none or the token is dead."""
    # Of several jobs that one interaction made, the answer is the first one's card, and that one alone has its id.
    if not job.interaction_id or not job.application_id or not job.interaction_token:
        return None
    webhook = discord.Webhook.partial(job.application_id, job.interaction_token, client=bot)
    for pause in (1, 2, 4, 8, 0):
        try:
            # Discord takes this word in place of the id of the first answer.
            found = await webhook.fetch_message("@original")  # pyright: ignore[reportArgumentType]
            return found.id if _is_card(found, job) else None
        except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            # Not known is not the same as not there: a card that stays up must not belong to a dropped job.
            log.info("job %s: its answer cannot be looked for: %s", job.id, error)
            await asyncio.sleep(pause)
        except discord.HTTPException as error:
            log.info("job %s: it has no answer: %s", job.id, error)
            return None
    return None


def _is_card(message: discord.Message, job: Job) -> bool:
    """Tell whether an answer is a job's card, or is still to be: a press may have changed another message."""
    items = [item for row in message.components for item in getattr(row, "children", ())]
    return message.flags.loading or any(str(item.custom_id or "").endswith(job.id) for item in items)


def _attached(files: Sequence[ResultFile] | None) -> dict[str, Any]:
    return {} if files is None else {"attachments": as_files(files)}
