"""/queue: what runs and waits on a server, in its order; whose it is, for those who may know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar, answering
from bot.engine import Engine
from bot.jobs import Job, State, now
from bot.line import Standing
from bot.listing import Show, Wanted
from bot.options import shorten
from cogs import _here, _words
from cogs._voice import voice_of
from workflows.texts import Voice

Interaction = discord.Interaction[Any]

#: Of more jobs than this nobody asks how each of them stands.
_LOOKED_AT = 500
_SHOWN = 20
_TITLE = 50
#: In seconds: by the time that somebody reads it, it would be in the past.
_SOON = 3


@dataclass(frozen=True)
class Seen:
    """One job of the line, and where it stands."""

    job: Job
    standing: Standing

    @property
    def order(self) -> tuple[bool, int, str]:
        if self.job.state is State.QUEUED:
            return False, 0, str(self.job.enqueued_at)
        return True, self.standing.position, str(self.job.created_at)


@dataclass(frozen=True)
class Reader:
    """Who reads, and whether they may know whose jobs the others are."""

    user_id: int
    knows_names: bool
    #: Whether the server's jobs are held back: nobody knows when they start.
    is_paused: bool
    voice: Voice

    def whose(self, job: Job) -> str:
        if job.user_id == self.user_id:
            return f"**{self.voice('queue-you')}**"
        return f"<@{job.user_id}>" if self.knows_names and not job.is_private else ""

    def title(self, job: Job) -> str:
        if job.is_private and job.user_id != self.user_id:
            return f"*{self.voice('queue-private')}*"
        return _words.literal(shorten(job.title, _TITLE)) + (" 🔒" if job.is_private else "")


class RefreshButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template="familiar:queue"):
    """Shows the line as it is now."""

    def __init__(self, voice: Voice) -> None:
        super().__init__(discord.ui.Button(label=voice("queue-refresh"), emoji="🔄", custom_id="familiar:queue"))

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: discord.ui.Item[Any], match: Any, /) -> RefreshButton:
        return cls(voice_of(interaction))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            embed, view = await draw(interaction)
            await interaction.response.edit_message(embed=embed, view=view)


class Queue(commands.Cog):
    """Shows the line."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(RefreshButton)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def queue(self, interaction: Interaction) -> None:
        """What runs and waits here, and when it is expected to start"""
        embed, view = await draw(interaction)
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)


async def draw(interaction: Interaction) -> tuple[discord.Embed, discord.ui.View]:
    """Return the line of the server, or, outside of servers, one's own part of it."""
    bot: Familiar = interaction.client
    engine, voice = bot.engine, voice_of(interaction)
    guild_id = _here.server(interaction)
    wanted = Wanted(guild_id=guild_id) if guild_id else Wanted(user_id=interaction.user.id)
    wanted = Wanted(wanted.user_id, wanted.guild_id, Show.OPEN)
    count = await engine.store.count(wanted)
    # The newest come first, and of too many they are those that wait the longest.
    newest = max(count - _LOOKED_AT, 0)
    jobs = await engine.store.listed(wanted, _LOOKED_AT, newest)
    others = await engine.store.count(Wanted(show=Show.OPEN)) - count
    seen = sorted((Seen(job, engine.runner.standing(job)) for job in jobs), key=lambda one: one.order)
    is_paused = engine.moderation.is_paused(guild_id)
    reader = Reader(interaction.user.id, await _knows_names(interaction), is_paused, voice)
    lines = [*_heads(interaction, engine, voice), *_lines(seen, reader, newest)]
    if not seen:
        lines.append(voice("queue-empty" if guild_id else "queue-empty-own"))
    if others > 0:
        lines.append("-# " + voice("queue-others" if guild_id else "queue-others-own", count=others))
    title = voice("queue-title" if guild_id else "queue-title-own")
    embed = discord.Embed(title=title, description=_words.cut(lines, voice=voice), color=_words.BLUE)
    view = discord.ui.View(timeout=None)
    view.add_item(RefreshButton(voice))
    # Presses are dispatched by the button's template, also after a restart.
    view.stop()
    return embed, view


async def _knows_names(interaction: Interaction) -> bool:
    """Tell whether whoever asks may know whose jobs wait: who moderates the server, or all of it if its admins say."""
    bot: Familiar = interaction.client
    guild_id, user = _here.server(interaction), interaction.user
    if guild_id is None:
        return False
    if interaction.permissions.manage_guild:
        return True
    if isinstance(user, discord.Member) and user.guild_permissions.manage_messages:
        return True
    return (await bot.engine.preferences.of_guild(guild_id)).names_in_queue


def _heads(interaction: Interaction, engine: Engine, voice: Voice) -> Iterator[str]:
    """Yield what keeps the whole line, or the server's part of it, from going on."""
    if interaction.guild_id and not _here.server(interaction):
        yield voice("queue-not-here")
    if pause := engine.moderation.pause_of(_here.server(interaction)):
        reason = _words.literal(shorten(pause.reason, 200)).rstrip(".")
        yield voice("queue-paused-why", reason=reason) if reason else voice("queue-paused")
    if not any(one.is_up and not one.is_paused and not one.is_draining for one in engine.pool):
        yield voice("queue-no-backend")


def _lines(seen: Sequence[Seen], reader: Reader, newest: int) -> Iterator[str]:
    running = [one for one in seen if one.job.state is State.QUEUED]
    waiting = [one for one in seen if one.job.state is not State.QUEUED]
    shown = 0
    for key, some, unseen in (("queue-running", running, 0), ("queue-waiting", waiting, newest)):
        if not some:
            continue
        yield reader.voice(key)
        kept = some[: max(_SHOWN - shown, 3)]
        shown += len(kept)
        for one in kept:
            yield _line(one, reader)
        if left := len(some) + unseen - len(kept):
            yield "-# " + reader.voice("queue-more", count=left)


def _line(one: Seen, reader: Reader) -> str:
    waits = f"`{one.standing.position}.`" if one.standing.position else "⏳"
    sign = "🎨" if one.job.state is State.QUEUED else waits
    parts = [f"{sign} {reader.title(one.job)}", reader.whose(one.job), _when(one, reader)]
    if one.job.user_id == reader.user_id:
        parts.append(f"`{one.job.id}`")
    return " · ".join(part for part in parts if part)


def _when(one: Seen, reader: Reader) -> str:
    job, starts_in, voice = one.job, one.standing.starts_in, reader.voice
    if job.cancel_requested:
        return voice("queue-stopping")
    if job.state is State.QUEUED:
        return voice("queue-since", when=discord.utils.format_dt(job.enqueued_at or job.created_at, "R"))
    if job.state is State.NEW and job.attachments:
        return voice("queue-uploading")
    if reader.is_paused:
        return ""
    if not one.standing.position:
        return voice("queue-next")
    if starts_in is None:
        return ""
    if starts_in < _SOON:
        return voice("queue-next")
    return voice("queue-starts", when=discord.utils.format_dt(now() + timedelta(seconds=starts_in), "R"))


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Queue(bot))
