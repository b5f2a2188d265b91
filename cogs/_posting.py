"""What posting results shares, on the card and by direct message: the library's errors, files, and what is there."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE, Told, TooLarge, Undeliverable, Unheard
from bot.jobs import Job, Place
from bot.media import ResultFile

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
_TOO_LARGE = 40005
#: A few minutes' wait, whatever its status says: direct messages are being opened too fast.
_TOO_FAST = 40003
_WHY = {UNKNOWN_CHANNEL: Told.CHANNEL_DELETED, UNKNOWN_MESSAGE: Told.CARD_DELETED}

#: Our clock may be ahead of Discord's.
_SKEW = timedelta(minutes=1)
_LOOKED_THROUGH = 100
#: What Discord puts before the name of a file that is covered; and how long a file's description may be.
_COVERED = "SPOILER_"
_LONGEST_DESCRIPTION = 1024


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
    return [
        discord.File(
            io.BytesIO(file.data),
            filename=file.filename,
            spoiler=file.is_spoiler,
            description=file.description[:_LONGEST_DESCRIPTION] or None,
        )
        for file in files
    ]


def _result_of(filename: str) -> str:
    """Return which result a file is, by its name: without its cover and its kind."""
    return filename.removeprefix(_COVERED).rpartition(".")[0]


def place_of(message: discord.PartialMessage | discord.Message) -> Place:
    return Place(message.channel.id, message.id)


@dataclass
class Posted:
    """What an earlier try posted of a job's end, and in which messages: by file name, and by footer."""

    files: dict[str, Place] = field(default_factory=dict[str, Place])
    footers: dict[str, Place] = field(default_factory=dict[str, Place])
    #: The plain words of our messages, and to which message each of them replies.
    said: list[tuple[str, int | None]] = field(default_factory=list[tuple[str, int | None]])

    def holding(self, files: Sequence[ResultFile]) -> Place | None:
        """Return where all of these results stand, in whatever form: after a refusal they may be smaller ones now."""
        there = {_result_of(name): place for name, place in self.files.items()}
        wanted = [_result_of(file.filename) for file in files]
        return there[wanted[0]] if wanted and there.keys() >= set(wanted) else None


async def posted(bot: Familiar, channel: discord.abc.Messageable, job: Job) -> Posted:
    """Return what an earlier try posted of a job's end.

    A nonce keeps a message from being doubled for some minutes only, and a process may be away for longer.
    """
    since = (job.finished_at or job.created_at) - _SKEW
    found = Posted()
    try:
        async for message in channel.history(limit=_LOOKED_THROUGH, after=since):
            if bot.user and message.author.id == bot.user.id:
                place = place_of(message)
                found.files |= {attachment.filename: place for attachment in message.attachments}
                found.footers |= {embed.footer.text or "": place for embed in message.embeds}
                found.said.append((message.content, message.reference and message.reference.message_id))
    except discord.Forbidden:
        # Where the history may not be read there is the nonce alone.
        return Posted()
    return found


async def post_further(
    channel: discord.abc.Messageable,
    job: Job,
    files: Sequence[ResultFile],
    there: Posted,
    mark: str = "",
    reference: discord.MessageReference | None = None,
) -> list[Place]:
    """Post what did not fit the first message, save what is there; return the messages, in order.

    The nonce keeps a second try from doubling one.
    """
    places: list[Place] = []
    for number, some in enumerate(in_messages(files), 1):
        if place := there.holding(some):
            places.append(place)
            continue
        nonce = f"{job.id}-{mark}{number}"
        if reference is None:
            places.append(place_of(await channel.send(files=as_files(some), nonce=nonce)))
            continue
        try:
            message = await channel.send(files=as_files(some), nonce=nonce, reference=reference)
        except discord.Forbidden:
            # Where the bot may not read the history it may write, but not reply.
            message = await channel.send(files=as_files(some), nonce=nonce)
        places.append(place_of(message))
    return places


def in_messages(files: Sequence[ResultFile]) -> list[Sequence[ResultFile]]:
    """Return files in parts of as many as one message takes."""
    return [files[start : start + FILES_PER_MESSAGE] for start in range(0, len(files), FILES_PER_MESSAGE)]
