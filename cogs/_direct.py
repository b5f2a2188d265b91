"""Direct messages: how a member learns of the end of a job whose card is out of reach."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE, Told, Undeliverable
from bot.jobs import Job
from bot.media import ResultFile
from cogs import _words
from cogs._offers import may_run_again
from cogs._posting import as_files, posted, translated

#: Of one file: a boosted server may have allowed more.
DIRECT_LIMIT = 10 * 1024 * 1024


async def send_direct(
    bot: Familiar, job: Job, embed: discord.Embed, files: Sequence[ResultFile], refused: Undeliverable
) -> None:
    """Send how a job ended to whoever asked for it; `refused` is why not on its card. Doing it twice sends it once.

    Raises TooLarge, Unavailable, and Undeliverable where they take no direct messages, or share no server any more.
    """
    try:
        with translated():
            channel = await bot.create_dm(discord.Object(job.user_id))
            there = await posted(bot, channel, job)
            note = _words.direct_note(job, refused.why, has_files=bool(files))
            head, rest = files[:FILES_PER_MESSAGE], files[FILES_PER_MESSAGE:]
            if embed.footer.text not in there:
                told = embed.copy()
                told.description = f"{note}\n{embed.description or ''}"
                if may_run_again(job):
                    told.description += f"\n🔁 On the server, `/job {job.id}` offers it again."
                await channel.send(embed=told, files=as_files(head), nonce=f"{job.id}-d0")
            await post_further(channel, job, rest, there, "d")
    except Undeliverable as error:
        # What became of the card says more than that there was no other way.
        raise Undeliverable(f"{refused}; by direct message: {error}", _final(refused.why)) from error


async def post_further(
    channel: discord.abc.Messageable,
    job: Job,
    files: Sequence[ResultFile],
    there: set[str],
    mark: str = "",
    reference: discord.MessageReference | None = None,
) -> None:
    """Post what did not fit the first message, save what is there; the nonce keeps a second try from doubling it."""
    for number, start in enumerate(range(0, len(files), FILES_PER_MESSAGE), 1):
        some = files[start : start + FILES_PER_MESSAGE]
        if {file.filename for file in some} <= there:
            continue
        nonce = f"{job.id}-{mark}{number}"
        if reference is None:
            await channel.send(files=as_files(some), nonce=nonce)
            continue
        try:
            await channel.send(files=as_files(some), nonce=nonce, reference=reference)
        except discord.Forbidden:
            # Where the bot may not read the history it may write, but not reply.
            await channel.send(files=as_files(some), nonce=nonce)


def _final(why: Told) -> Told:
    return why if why is Told.CHANNEL_DELETED else Told.FORBIDDEN
