"""The card: a job's message in Discord, progress first, then results.

While the interaction's token lives, edits go by it: its rate limit is its own. After that the same message is edited
by channel and id. One relay per card: the newest state wins, one edit is in flight, the final state is always sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import aiohttp
import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE, Moment, Told, TooLarge, Undeliverable
from bot.jobs import Job, now
from bot.media import ResultFile
from cogs import _words
from cogs._cancel import cancel_view
from workflows.errors import Unavailable
from workflows.values import InputSpec

log = logging.getLogger(__name__)

#: Discord's token lives for 15 minutes from the interaction on; a minute of it is left alone.
TOKEN_LIFE = timedelta(minutes=14)
REQUEST_LIMIT = 25 * 1024 * 1024 - 64 * 1024
DEFAULT_FILE_LIMIT = 10 * 1024 * 1024

_INVALID_TOKEN = frozenset({50027, 10015, 10062})
_TOO_LARGE = 40005


class DiscordCard:
    """Implements bot.cards.Card on one message."""

    request_limit = REQUEST_LIMIT

    def __init__(
        self,
        bot: Familiar,
        job: Job,
        inputs: tuple[InputSpec, ...],
        *,
        pace: float,
        file_limit: int = DEFAULT_FILE_LIMIT,
        shown: Moment | None = None,
    ) -> None:
        self.file_limit = file_limit
        self._bot = bot
        self._job = job
        self._inputs = inputs
        self._pace = pace
        self._token_is_dead = False
        #: What the message shows already; there is no need to say it twice.
        self._shown = shown
        self._newest: tuple[Job, Moment] | None = None
        self._changed = asyncio.Event()
        self._relay = asyncio.create_task(self._relay_progress(), name=f"card {job.id}")

    def show(self, job: Job, moment: Moment) -> None:
        self._newest = (job, moment)
        self._changed.set()

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Told:
        # The edit in flight ends first: one that arrived after the results would hide them.
        self._newest = None
        self._changed.set()
        await asyncio.wait({self._relay})
        notes = [f"{file.filename}: {file.note}" for file in files if file.note]
        embed = _words.outcome_embed(job, self._inputs, notes)
        head, rest = files[:FILES_PER_MESSAGE], files[FILES_PER_MESSAGE:]
        await self._edit(embed=embed, files=head, view=None)
        for number, start in enumerate(range(0, len(rest), FILES_PER_MESSAGE), 1):
            await self._post(rest[start : start + FILES_PER_MESSAGE], nonce=f"{job.id}-{number}")
        return Told.CARD

    async def close(self) -> None:
        # At the end of a job nothing is in flight any more; at a shutdown nobody shall wait for Discord.
        self._newest = None
        self._relay.cancel()
        await asyncio.wait({self._relay})

    async def _relay_progress(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            newest = self._newest
            if newest is None:
                return
            job, moment = newest
            if moment == self._shown:
                continue
            self._shown = moment
            try:
                await self._edit(embed=_words.progress_embed(job, moment), view=cancel_view(self._job.id))
            except Undeliverable as error:
                log.info("job %s: no more progress on its card: %s", self._job.id, error)
                return
            except (Unavailable, TooLarge) as error:
                log.debug("job %s: an edit was lost: %s", self._job.id, error)
            except Exception:
                log.exception("job %s: its progress could not be shown", self._job.id)
            await self._rest()

    async def _rest(self) -> None:
        """Keep the pace; the end of the job need not wait for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace):
                while self._newest is not None:
                    await self._changed.wait()
                    if self._newest is not None:
                        self._changed.clear()
        if self._newest is not None:
            self._changed.set()

    async def _edit(self, *, files: Sequence[ResultFile] | None = None, **changes: Any) -> None:
        job = self._job
        if job.message_id is None or job.channel_id is None:
            raise Undeliverable("it was never posted")
        with _translated():
            if webhook := self._webhook():
                try:
                    await webhook.edit_message(job.message_id, **changes, **_attached(files))
                except discord.HTTPException as error:
                    if error.code not in _INVALID_TOKEN and error.status != 401:
                        raise
                    self._token_is_dead = True
                else:
                    return
            channel = self._bot.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
            await channel.get_partial_message(job.message_id).edit(**changes, **_attached(files))

    async def _post(self, files: Sequence[ResultFile], nonce: str) -> None:
        """Post what did not fit the card; the nonce keeps a second try from doubling it."""
        job = self._job
        with _translated():
            channel = self._bot.get_partial_messageable(job.channel_id or 0, guild_id=job.guild_id)
            reference = discord.MessageReference(
                message_id=job.message_id or 0, channel_id=job.channel_id or 0, fail_if_not_exists=False
            )
            try:
                await channel.send(files=[_file(file) for file in files], nonce=nonce, reference=reference)
            except discord.Forbidden:
                # Where the bot may not read the history it may write, but not reply.
                await channel.send(files=[_file(file) for file in files], nonce=nonce)

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
    """Return the files anew for each try: what the library sent once is read to its end, and arrives empty."""
    return {} if files is None else {"attachments": [_file(file) for file in files]}


def _file(file: ResultFile) -> discord.File:
    return discord.File(io.BytesIO(file.data), filename=file.filename)


@contextlib.contextmanager
def _translated():
    """Turn what discord.py raises into what the runner knows: later, smaller, or never."""
    try:
        yield
    except discord.HTTPException as error:
        if error.status == 413 or error.code == _TOO_LARGE:
            raise TooLarge(str(error)) from error
        if error.status >= 500 or error.status == 429:
            raise Unavailable(f"Discord: {error}") from error
        raise Undeliverable(str(error)) from error
    except (aiohttp.ClientError, discord.RateLimited, OSError, TimeoutError) as error:
        raise Unavailable(f"Discord: {error!r}") from error
