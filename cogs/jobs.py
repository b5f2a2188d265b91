"""/jobs, /job and their buttons, and the jobs that an earlier process left unfinished."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import discord
import humanize
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar
from bot.cards import Card, Told
from bot.jobs import Job, State, now
from bot.options import MAX_CHOICES, shorten
from cogs import _words
from cogs._again import AgainButton
from cogs._cancel import CancelButton, moderates
from cogs._card import DiscordCard, find_answer
from cogs._job import SIGNS, job_embed, job_view, line_text, trouble_of
from cogs._offers import is_untold
from workflows.errors import UserError

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

_LAST = 10
_STATES = {State.NEW: "uploading", State.READY: "waiting", State.QUEUED: "running"}
_UNKNOWN = "There is no such job of yours here. `/jobs` lists what there is."


class Jobs(commands.Cog):
    """Shows members their jobs, and takes up what was left unfinished."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        self._resuming: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(CancelButton, AgainButton)
        self._resuming = asyncio.create_task(self._resume(), name="resume")

    async def cog_unload(self) -> None:
        if self._resuming:
            self._resuming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._resuming

    async def _resume(self) -> None:
        try:
            count = await self.bot.engine.resumer.resume(self._open_card)
        except Exception:
            log.exception("the unfinished jobs could not be taken up")
        else:
            log.info("took up %s unfinished jobs", count)

    async def _open_card(self, job: Job) -> Card:
        """Return the card of a job that an earlier process left; one without a card is cancelled.

        A process that died between the member's command and its answer left the member with "did not respond": they
        have tried again by now, and the job shall not run behind their back.
        """
        engine = self.bot.engine
        if job.message_id is None:
            job = await engine.store.place(job.evolve(message_id=await find_answer(self.bot, job)))
            if job.message_id is None:
                await engine.store.request_cancel(job.id)
        return DiscordCard(self.bot, job, pace=engine.settings.limits.progress_seconds)

    @app_commands.command(name="jobs")
    @app_commands.guild_only()
    async def jobs(self, interaction: Interaction) -> None:
        """Your jobs on this server: what waits, what runs, and the last ten that are over."""
        running, over = await self.bot.engine.store.of_user(interaction.user.id, interaction.guild_id, _LAST)
        lines = [self._line(job) for job in (*running, *over)]
        text = _words.cut(lines) or "You have not run anything here yet. Type `/` to see what there is."
        embed = discord.Embed(title="Your jobs", description=text, color=_words.BLUE)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command(name="job")
    @app_commands.guild_only()
    @app_commands.rename(job_id="id")
    @app_commands.describe(job_id="The number under its card; your own appear as you type")
    async def job(self, interaction: Interaction, job_id: str) -> None:
        """Where a job stands, or how it ended and where that was told"""
        job = await self.bot.engine.store.get(job_id.strip().strip("`").removeprefix("job ").lower())
        if job is None or not _may_see(interaction, job):
            raise UserError(_UNKNOWN)
        is_own = job.user_id == interaction.user.id
        engine = self.bot.engine
        trouble = trouble_of(job, engine.pool)
        embed = job_embed(job, engine.runner.standing(job), is_own=is_own, trouble=trouble)
        view = job_view(job, is_own=is_own) or discord.utils.MISSING
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)

    @job.autocomplete("job_id")
    async def _suggest(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        store, wanted = self.bot.engine.store, current.casefold().strip()
        running, over = await store.of_user(interaction.user.id, interaction.guild_id, MAX_CHOICES)
        newest = sorted((*running, *over), key=lambda job: job.created_at, reverse=True)
        found = [job for job in newest if wanted in f"{job.id} {job.title}".casefold()]
        return [app_commands.Choice(name=_choice(job), value=job.id) for job in found[:MAX_CHOICES]]

    def _line(self, job: Job) -> str:
        when = discord.utils.format_dt(job.created_at, "R")
        title = f"[{_words.label(job.title)}]({_words.link(job)})" if job.message_id else _words.literal(job.title)
        return f"{self._sign(job)} {title} · {when} · `{job.id}`"

    def _sign(self, job: Job) -> str:
        if job.outcome:
            took = f" {_words.seconds(job.duration)}" if job.duration else ""
            told = " · by direct message" if job.delivery == Told.DIRECT else ""
            return f"{SIGNS[job.outcome]}{took}{' · could not be posted' if is_untold(job) else told}"
        if trouble := trouble_of(job, self.bot.engine.pool):
            return trouble
        if text := line_text(job, self.bot.engine.runner.standing(job)):
            return f"⏳ {text}"
        return f"⏳ {_STATES.get(job.state, 'running')}"


def _may_see(interaction: Interaction, job: Job) -> bool:
    """Tell whether a job is one's own, or one of this server for whoever moderates it."""
    is_own = job.user_id == interaction.user.id
    return job.guild_id == interaction.guild_id and (is_own or moderates(interaction, job))


def _choice(job: Job) -> str:
    sign = SIGNS[job.outcome] if job.outcome else "⏳"
    return shorten(f"{sign} {shorten(job.title, 50)} · {humanize.naturaltime(now() - job.created_at)} · {job.id}", 100)


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Jobs(bot))
