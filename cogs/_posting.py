"""What posting results shares, on the card and by direct message: the library's errors, files, and what is there."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from datetime import timedelta

import aiohttp
import discord

from bot.bot import Familiar
from bot.cards import Told, TooLarge, Undeliverable, Unheard
from bot.jobs import Job
from bot.media import ResultFile

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
_TOO_LARGE = 40005
#: A few minutes' wait, whatever its status says: direct messages are being opened too fast.
_TOO_FAST = 40003
_WHY = {UNKNOWN_CHANNEL: Told.CHANNEL_DELETED, UNKNOWN_MESSAGE: Told.CARD_DELETED}

#: Our clock may be ahead of Discord's.
_SKEW = timedelta(minutes=1)
_LOOKED_THROUGH = 100


def may_work_later(error: discord.HTTPException) -> bool:
    """Tell whether Discord refused for now only.

    401: the bot's own token was taken back; the next start has another one, and finds everything as it is.
    """
    return error.status >= 500 or error.status in {401, 429} or error.code == _TOO_FAST


@contextlib.contextmanager
def translated():
    """Turn what discord.py raises into what the runner knows: later, smaller, or never."""
    try:
        yield
    except discord.HTTPException as error:
        if error.status == 413 or error.code == _TOO_LARGE:
            raise TooLarge(str(error)) from error
        if may_work_later(error):
            raise Unheard(f"Discord: {error}") from error
        raise Undeliverable(str(error), _WHY.get(error.code, Told.FORBIDDEN)) from error
    except (aiohttp.ClientError, discord.RateLimited, OSError, TimeoutError) as error:
        raise Unheard(f"Discord: {error!r}") from error


def as_files(files: Sequence[ResultFile]) -> list[discord.File]:
    """Return the files anew for each try: what the library sent once is read to its end, and arrives empty."""
    return [discord.File(io.BytesIO(file.data), filename=file.filename) for file in files]


async def posted(bot: Familiar, channel: discord.abc.Messageable, job: Job) -> set[str]:
    """Return what an earlier try posted of a job's end: the names of files, and footers.

    A nonce keeps a message from being doubled for some minutes only, and a process may be away for longer.
    """
    since = (job.finished_at or job.created_at) - _SKEW
    found: set[str] = set()
    try:
        async for message in channel.history(limit=_LOOKED_THROUGH, after=since):
            if bot.user and message.author.id == bot.user.id:
                found |= {attachment.filename for attachment in message.attachments}
                found |= {embed.footer.text or "" for embed in message.embeds}
    except discord.Forbidden:
        # Where the history may not be read there is the nonce alone.
        return set()
    return found
