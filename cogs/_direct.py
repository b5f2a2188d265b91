"""Direct messages: how a member learns of the end of a job whose card is out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE, Told, Undeliverable
from bot.jobs import Job, Outcome, Place
from bot.media import ResultFile
from cogs._cancel import cancel_view
from cogs._offers import may_run_again
from cogs._outcome import direct_note
from cogs._posting import as_files, place_of, post_further, posted, translated
from cogs._voice import voice_for
from cogs._words import literal

#: Of one file: a boosted server may have allowed more.
DIRECT_LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True)
class Ending:
    """How the end of a job looks, wherever it is told."""

    embed: discord.Embed
    view: discord.ui.View | None = None


async def send_direct(
    bot: Familiar, job: Job, ending: Ending, files: Sequence[ResultFile], refused: Undeliverable
) -> tuple[Place, ...]:
    """Send how a job ended to whoever asked for it, and return the messages; `refused` is why not on its card.

    Doing it twice sends it once. Raises TooLarge, Unavailable, and Undeliverable where they take no direct messages, or
    share no server any more.
    """
    try:
        with translated():
            channel = await bot.create_dm(discord.Object(job.user_id))
            there = await posted(bot, channel, job)
            head, rest = files[:FILES_PER_MESSAGE], files[FILES_PER_MESSAGE:]
            first = there.footers.get(ending.embed.footer.text or "")
            if first is None:
                told = _told_directly(job, ending.embed, direct_note(job, refused.why, has_files=bool(files)))
                buttons: dict[str, Any] = {"view": ending.view} if ending.view else {}
                first = place_of(await channel.send(embed=told, files=as_files(head), nonce=f"{job.id}-d0", **buttons))
            return first, *await post_further(channel, job, rest, there, "d")
    except Undeliverable as error:
        # What became of the card says more than that there was no other way.
        raise Undeliverable(f"{refused}; by direct message: {error}", _final(refused.why)) from error


def _told_directly(job: Job, embed: discord.Embed, note: str) -> discord.Embed:
    told = embed.copy()
    told.description = f"{note}\n{embed.description or ''}"
    if job.outcome is not Outcome.COMPLETED and may_run_again(job):
        # What is run needs a server to be run on.
        told.description += f"\n{voice_for(job)('outcome-direct-again', job=job.id)}"
    return told


async def announce(bot: Familiar, job: Job) -> None:
    """Say by direct message that a private job goes on and that the rest comes there. Doing it twice says it once.

    Raises Unavailable, and Undeliverable where they take no direct messages, or share no server any more.
    """
    voice = voice_for(job)
    note = voice("outcome-private-goes-on", title=literal(job.title), job=job.id)
    with translated():
        channel = await bot.create_dm(discord.Object(job.user_id))
        there = await posted(bot, channel, job)
        if not any(f"`{job.id}`" in said for said, _ in there.said):
            await channel.send(note, nonce=f"{job.id}-w", view=cancel_view(job.id, voice))


def _final(why: Told) -> Told:
    return why if why is Told.CHANNEL_DELETED else Told.FORBIDDEN
