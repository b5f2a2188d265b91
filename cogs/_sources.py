"""Where pictures come from: the results of a job, as its messages hold them now, and files of messages that stay.

Discord signs the addresses of files for about a day; a message that is read again carries fresh ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import parse_qs, urlsplit

import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE
from bot.jobs import Attachment, Job, Place, now

#: Of an address that does not go stale.
_WEB = "web"
#: What the name of a file begins with that is covered until somebody clicks on it.
_COVER = "SPOILER_"
_MEDIA_PROXY = "media.discordapp.net"
#: Seconds: what is begun with it shall not find it dead.
_MARGIN = 600
_CDN_PATH = re.compile(r"/(?:ephemeral-)?attachments/\d+/(?P<id>\d+)/(?P<name>[^/]+)")


@dataclass(frozen=True)
class Source:
    """A file of a message, as `Attachment.source` keeps it. What an embed shows has its id in its address."""

    channel_id: int
    message_id: int
    attachment_id: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what was written down; None for anything else."""
        parts = text.split("/")
        if len(parts) != 3 or not all(part.isdecimal() and part.isascii() for part in parts):
            return None
        return cls(*map(int, parts))

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.message_id}/{self.attachment_id}"


@dataclass(frozen=True)
class Picture:
    """A picture on a message: a file of it, or what one of its embeds shows from Discord's own store."""

    source: Source
    filename: str
    url: str
    size: int = 0

    @property
    def is_spoiler(self) -> bool:
        return self.filename.startswith(_COVER)

    @property
    def title(self) -> str:
        return self.filename.removeprefix(_COVER)

    @property
    def attachment(self) -> Attachment:
        """The picture as a form or a job keeps it. One that only one person sees cannot be read again."""
        is_passing = "/ephemeral-attachments/" in self.url
        return Attachment("", self.filename, self.url, self.size, "" if is_passing else str(self.source))


def pictures_of(message: discord.Message) -> list[Picture]:
    """Return the pictures of a message, in order: its files, then what embeds show from the same store.

    What a forwarded message has, its forward holds as it was then.
    """
    place = message.channel.id, message.id
    parts = (message, *message.message_snapshots)
    found = {
        file.id: Picture(Source(*place, file.id), file.filename, file.url, file.size)
        for part in parts
        for file in part.attachments
        if (file.content_type or "").startswith("image/")
    }
    embeds = [embed for part in parts for embed in part.embeds]
    for url in (media.url for embed in embeds for media in (embed.image, embed.thumbnail)):
        if (stored := read_address(url or "")) and stored[0] not in found:
            found[stored[0]] = Picture(Source(*place, stored[0]), stored[1], url or "")
    return list(found.values())


def read_address(url: str) -> tuple[int, str] | None:
    """Return the id and the name of a file in Discord's own store, by its address; None for any other address."""
    parts = urlsplit(url)
    # The media proxy, which has a host of its own, serves the same files.
    hosts = {urlsplit(discord.Asset.BASE).netloc, _MEDIA_PROXY}
    match = _CDN_PATH.fullmatch(parts.path)
    return (int(match["id"]), match["name"]) if match and parts.netloc in hosts else None


async def result_files(bot: Familiar, job: Job) -> list[discord.Attachment]:
    """Return the files that a job's messages hold now, in order; empty where those are gone, or out of reach.

    An ephemeral card is always out of reach: its files come with each press of its buttons.
    """
    messages = await result_messages(bot, job)
    found = [file for message in messages for file in message.attachments if is_result(job, file)]
    # A job that was shown once more has its results on several messages.
    return list({file.filename.removeprefix(_COVER): file for file in reversed(found)}.values())[::-1]


def result_pictures(job: Job, messages: Sequence[discord.Message]) -> list[Picture]:
    """Return the pictures among a job's results on some of its messages."""
    names = {file.filename for message in messages for file in message.attachments if is_result(job, file)}
    found = [one for message in messages for one in pictures_of(message) if one.filename in names]
    return list({one.filename.removeprefix(_COVER): one for one in reversed(found)}.values())[::-1]


async def result_messages(bot: Familiar, job: Job) -> list[discord.Message]:
    """Return the messages that hold a job's results, as they are now; those that are gone are left out.

    Of a job that was shown many times, no more are read than it takes to find each result once.
    """
    messages: list[discord.Message] = []
    names: set[str] = set()
    for place in places_of(job):
        if job.results and len(names) >= len(job.results):
            break
        if message := await _message(bot, place):
            messages.append(message)
            names |= {file.filename.removeprefix(_COVER) for file in message.attachments if is_result(job, file)}
    return messages


def places_of(job: Job) -> Sequence[Place]:
    """Return the messages that hold a job's results; of older jobs only the card is known."""
    if job.posted:
        return job.posted
    return (Place(job.channel_id, job.message_id),) if job.channel_id and job.message_id else ()


def is_result(job: Job, file: discord.Attachment) -> bool:
    """Tell whether a file is one of a job's results, by its name: numbered where there are several; a sheet is none."""
    return bool(re.fullmatch(rf"(?:SPOILER_)?{re.escape(job.id)}(?:-\d+)?\.\w+", file.filename))


def unseen(job: Job, messages: Sequence[discord.Message]) -> int:
    """Return how many of a private job's results stand on further messages, which nobody but its member can find."""
    files = [file for message in messages for file in message.attachments]
    is_full = len(files) >= FILES_PER_MESSAGE
    return max(len(job.results) - sum(is_result(job, file) for file in files), 0) if is_full else 0


async def refreshed(bot: Familiar, attachment: Attachment) -> Attachment | None:
    """Return a file with an address that leads to it; None where none can be had any more.

    Of other people's messages Discord tells a bot that reads none only what a command was used on: there, as with what
    was attached to a command, the address itself is good for as long as it is signed.
    """
    source = Source.read(attachment.source)
    if source is None:
        return attachment if attachment.source == _WEB or is_fresh(attachment.url) else None
    try:
        message = await _read(bot, Place(source.channel_id, source.message_id))
    except discord.NotFound:
        return None
    except discord.Forbidden:
        return attachment if is_fresh(attachment.url) else None
    for file in message.attachments:
        if file.id == source.attachment_id:
            return replace(attachment, url=file.url, size=file.size)
    found = next((one for one in pictures_of(message) if one.source == source), None)
    if found:
        return replace(attachment, url=found.url)
    is_foreign = bot.user is None or message.author.id != bot.user.id
    return attachment if is_foreign and is_fresh(attachment.url) else None


def is_fresh(url: str) -> bool:
    """Tell whether an address is signed for some time yet, or is not signed at all."""
    expires = parse_qs(urlsplit(url).query).get("ex", [""])[0]
    try:
        return bool(url) and (not expires or int(expires, 16) > now().timestamp() + _MARGIN)
    except ValueError:
        return False


async def _message(bot: Familiar, place: Place) -> discord.Message | None:
    """Return a message as it is now; None where it is gone, or may not be read."""
    try:
        return await _read(bot, place)
    except (discord.NotFound, discord.Forbidden):
        return None


async def _read(bot: Familiar, place: Place) -> discord.Message:
    return await bot.get_partial_messageable(place.channel_id).fetch_message(place.message_id)
