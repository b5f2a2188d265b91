"""The card: a job's message in Discord, progress first, then results.

While the interaction's token lives, edits go by it: its rate limit is its own. After that the same message is edited
by channel and id. Where the end of a job cannot be told there any more, it goes to whoever asked, by direct message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import aiohttp
import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE, Delivery, Moment, Told, TooLarge, Undeliverable, Waiting
from bot.jobs import Job, now
from bot.media import ResultFile
from cogs import _words
from cogs._cancel import cancel_view
from cogs._direct import DIRECT_LIMIT, post_further, send_direct
from cogs._offers import end_view
from cogs._posting import UNKNOWN_CHANNEL, as_files, posted, translated
from cogs._relay import ALL_CHANNELS, ChannelPace, Relay, channel_pace, says_the_same
from workflows.errors import Unavailable
from workflows.values import InputSpec

log = logging.getLogger(__name__)

#: Discord's token lives for 15 minutes from the interaction on; a minute of it is left alone.
TOKEN_LIFE = timedelta(minutes=14)
REQUEST_LIMIT = 25 * 1024 * 1024 - 64 * 1024
DEFAULT_FILE_LIMIT = 10 * 1024 * 1024

_INVALID_TOKEN = frozenset({50027, 10015, 10062})
#: Of the edits by channel, in seconds: some are left for results. Discord was seen to take five in five seconds, and
#: says that it takes three in six of messages that are over an hour old.
_EDIT_SECONDS, _OLD_EDIT_SECONDS = 2.0, 4.0
_OLD = timedelta(hours=1)
#: Of the edits by channel, in all channels together: Discord takes fifty calls a second.
_ALL_SECONDS = 0.05
#: A card that an earlier process left says about the right place, unless it is one of these.
_NEAR = 5


class DiscordCard:
    """Implements bot.cards.Card on one message. Until something is shown it holds next to nothing."""

    request_limit = REQUEST_LIMIT

    def __init__(
        self,
        bot: Familiar,
        job: Job,
        inputs: tuple[InputSpec, ...] | None = None,
        *,
        pace: float,
        file_limit: int = DEFAULT_FILE_LIMIT,
        shown: Moment | None = None,
    ) -> None:
        """Take the inputs of the job's version where they are at hand; if not, they are read at its end."""
        self.file_limit = file_limit
        self._bot = bot
        self._job = job
        self._inputs = inputs
        self._pace = pace
        self._shown = shown
        self._token_is_dead = False
        self._is_over = False
        self._relay: Relay | None = None
        self._paces: tuple[ChannelPace, ChannelPace] | None = None
        #: Why the channel took no files, so that it need not be asked with smaller ones.
        self._refused: Undeliverable | None = None

    def show(self, job: Job, moment: Moment) -> None:
        if self._is_over or (self._relay is None and says_the_same(self._shown, moment)):
            return
        if self._relay is None:
            if self._shown is None and isinstance(moment, Waiting) and moment.position > _NEAR:
                # After a restart there may be thousands, and Discord takes a few a second.
                self._shown = moment
                return
            self._relay = Relay(self._job.id, self._draw, self._turn, self._pace, self._shown)
        self._relay.show(job, moment)

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        self._is_over = True
        if self._relay:
            await self._relay.end()
        notes = [f"{file.filename}: {file.note}" for file in files if file.note]
        embed = _words.outcome_embed(job, await self._read_inputs(), notes)
        refused, left = await self._put(job, embed, files)
        if refused is None:
            return Delivery(Told.CARD)
        if refused.why in {Told.CARD_DELETED, Told.NEVER}:
            raise refused
        log.info("job %s: told by direct message, as its card is out of reach: %s", job.id, refused)
        self._bring_down_limit(left)
        await send_direct(self._bot, job, embed, left, refused)
        if refused.why is not Told.CHANNEL_DELETED:
            await self._say_where(job, embed, has_files=bool(left))
        return Delivery(Told.DIRECT)

    async def close(self) -> None:
        self._is_over = True
        if self._relay:
            await self._relay.close()

    async def _read_inputs(self) -> tuple[InputSpec, ...]:
        job = self._job
        if self._inputs is None:
            try:
                self._inputs = await self._bot.engine.catalog.inputs(job.workflow_id or 0, job.version or 0)
            except KeyError:
                self._inputs = ()
        return self._inputs

    async def _draw(self, job: Job, moment: Moment) -> None:
        await self._edit(embed=_words.progress_embed(job, moment), view=cancel_view(self._job.id), or_later=True)

    async def _turn(self, moment: Moment) -> None:
        """Wait until progress may go to this channel; by the interaction's token it always may."""
        if self._webhook() is None:
            channel, whole = self._held_paces()
            await channel.turn(self._edit_seconds(), can_wait=isinstance(moment, Waiting))
            await whole.turn(_ALL_SECONDS, can_wait=isinstance(moment, Waiting))

    def _held_paces(self) -> tuple[ChannelPace, ChannelPace]:
        """Return the pace of the card's channel, and that of all channels together."""
        if self._paces is None:
            self._paces = channel_pace(self._bot, self._job.channel_id or 0), channel_pace(self._bot, ALL_CHANNELS)
        return self._paces

    def _edit_seconds(self) -> float:
        return _OLD_EDIT_SECONDS if now() - self._job.created_at > _OLD else _EDIT_SECONDS

    async def _put(
        self, job: Job, embed: discord.Embed, files: Sequence[ResultFile]
    ) -> tuple[Undeliverable | None, Sequence[ResultFile]]:
        """Show the end on the card and below it; return why not all of it is there, and which files are not."""
        if files and self._refused:
            return self._refused, files
        head, rest = files[:FILES_PER_MESSAGE], files[FILES_PER_MESSAGE:]
        if self._webhook() is None:
            channel, whole = self._held_paces()
            channel.spend(self._edit_seconds())
            whole.spend(_ALL_SECONDS)
        try:
            await self._edit(embed=embed, files=head, view=end_view(job))
        except Undeliverable as error:
            refused = await self._doubted(error)
            self._refused = refused if files else None
            return refused, files
        try:
            if rest:
                await self._post(rest)
        except Undeliverable as error:
            return error, rest
        return None, ()

    async def _doubted(self, refused: Undeliverable) -> Undeliverable:
        """Return why a card is out of reach; by its token, one in a channel that was deleted is only unknown."""
        if refused.why is not Told.CARD_DELETED or self._job.message_id is None:
            return refused
        try:
            await self._bot.http.get_channel(self._job.channel_id or 0)
        except discord.NotFound as error:
            if error.code == UNKNOWN_CHANNEL:
                return Undeliverable(str(error), Told.CHANNEL_DELETED)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("job %s: its channel cannot be looked at: %s", self._job.id, error)
        return refused

    def _bring_down_limit(self, files: Sequence[ResultFile]) -> None:
        """Have files made again that fit a direct message, where the server allowed larger ones."""
        if any(len(file.data) > DIRECT_LIMIT for file in files):
            self.file_limit = min(self.file_limit, DIRECT_LIMIT)
            raise TooLarge("over the limit of direct messages")

    async def _say_where(self, job: Job, embed: discord.Embed, *, has_files: bool) -> None:
        """Say on the card that the rest went by direct message, if that much is allowed."""
        note = _words.elsewhere_note(job, has_files=has_files)
        told = embed.copy()
        told.description = f"{embed.description or ''}\n{note}".strip()
        # Where no embeds are allowed either, plain words may be.
        ways: list[dict[str, Any]] = [{"embed": told}, {"content": note, "embed": None}]
        for changes in ways:
            try:
                await self._edit(view=None, **changes)
            except (Undeliverable, TooLarge, Unavailable) as error:
                # It was told where it matters.
                log.info("job %s: its card does not say where it was told: %s", job.id, error)
            else:
                return

    async def _edit(self, *, files: Sequence[ResultFile] | None = None, or_later: bool = False, **changes: Any) -> None:
        """Edit the card; with `or_later`, raise Unavailable where its token turns out to be dead."""
        job = self._job
        if job.message_id is None or job.channel_id is None:
            raise Undeliverable("it was never posted", Told.NEVER)
        with translated():
            if webhook := self._webhook():
                try:
                    await webhook.edit_message(job.message_id, **changes, **_attached(files))
                except discord.HTTPException as error:
                    if error.code not in _INVALID_TOKEN and error.status != 401:
                        raise
                    self._token_is_dead = True
                    if or_later:
                        # Other tokens may have died with it, and a channel takes few edits: each waits for its turn.
                        raise Unavailable("the interaction's token is dead") from error
                else:
                    return
            channel = self._bot.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
            await channel.get_partial_message(job.message_id).edit(**changes, **_attached(files))

    async def _post(self, files: Sequence[ResultFile]) -> None:
        """Post what did not fit the card, as replies to it."""
        job = self._job
        with translated():
            channel = self._bot.get_partial_messageable(job.channel_id or 0, guild_id=job.guild_id)
            reference = discord.MessageReference(
                message_id=job.message_id or 0, channel_id=job.channel_id or 0, fail_if_not_exists=False
            )
            await post_further(channel, job, files, await posted(self._bot, channel, job), reference=reference)

    def _webhook(self) -> discord.Webhook | None:
        job = self._job
        alive = now() - job.created_at < TOKEN_LIFE and not self._token_is_dead
        if not alive or not job.interaction_token or not job.application_id:
            return None
        return discord.Webhook.partial(job.application_id, job.interaction_token, client=self._bot)


async def find_answer(bot: Familiar, job: Job) -> int | None:
    """Return the id of the answer to a job's interaction, or None where there is none or the token is dead."""
    if not job.application_id or not job.interaction_token:
        return None
    webhook = discord.Webhook.partial(job.application_id, job.interaction_token, client=bot)
    for pause in (1, 2, 4, 8, 0):
        try:
            # Discord takes this word in place of the id of the first answer.
            return (await webhook.fetch_message("@original")).id  # pyright: ignore[reportArgumentType]
        except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            # Not known is not the same as not there: a card that stays up must not belong to a dropped job.
            log.info("job %s: its answer cannot be looked for: %s", job.id, error)
            await asyncio.sleep(pause)
        except discord.HTTPException as error:
            log.info("job %s: it has no answer: %s", job.id, error)
            return None
    return None


def _attached(files: Sequence[ResultFile] | None) -> dict[str, Any]:
    return {} if files is None else {"attachments": as_files(files)}
