"""/jobs, the Cancel button, and the jobs that an earlier process left unfinished."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar
from bot.cards import Card
from bot.jobs import Job, Outcome, State
from cogs import _words
from cogs._cancel import CancelButton
from cogs._card import DiscordCard, find_answer

log = logging.getLogger(__name__)

_LAST = 10
_SIGNS = {Outcome.COMPLETED: "✅", Outcome.FAILED: "❌", Outcome.CANCELLED: "🛑", Outcome.LOST: "❔"}
_STATES = {State.NEW: "uploading", State.READY: "waiting", State.QUEUED: "running"}
#: By then the card says how it ended, if it ever will.
_TOLD = frozenset({State.SETTLED, State.CLOSED})


class Jobs(commands.Cog):
    """Shows members their jobs, and takes up what was left unfinished."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        self._resuming: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(CancelButton)
        self._resuming = asyncio.create_task(self._resume(), name="resume")

    async def cog_unload(self) -> None:
        if self._resuming:
            self._resuming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._resuming

    async def _resume(self) -> None:
        try:
            count = await self.bot.engine.runner.resume(self._open_card)
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
            job = await engine.store.save(job.evolve(message_id=await find_answer(self.bot, job)))
            if job.message_id is None:
                await engine.store.request_cancel(job.id)
        inputs = ()
        if job.workflow_id is not None and job.version is not None:
            inputs = await engine.catalog.inputs(job.workflow_id, job.version)
        return DiscordCard(self.bot, job, inputs, pace=engine.settings.limits.progress_seconds)

    @app_commands.command(name="jobs")
    @app_commands.guild_only()
    async def jobs(self, interaction: discord.Interaction[Any]) -> None:
        """Your jobs on this server: what waits, what runs, and the last ten that are over."""
        running, over = await self.bot.engine.store.of_user(interaction.user.id, interaction.guild_id, _LAST)
        lines = [self._line(job) for job in (*running, *over)]
        text = _words.cut(lines) or "You have not run anything here yet. Type `/` to see what there is."
        embed = discord.Embed(title="Your jobs", description=text, color=_words.BLUE)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    def _line(self, job: Job) -> str:
        when = discord.utils.format_dt(job.created_at, "R")
        where = f"[{_words.label(job.title)}]({self._link(job)})" if job.message_id else _words.literal(job.title)
        return f"{self._sign(job)} {where} · {when} · `{job.id}`"

    def _sign(self, job: Job) -> str:
        if job.outcome:
            took = f" {_words.seconds(job.duration)}" if job.duration else ""
            lost = " · could not be posted" if job.state in _TOLD and job.delivered_at is None else ""
            return f"{_SIGNS[job.outcome]}{took}{lost}"
        # A new job without pictures has nothing to upload: it is in the line already.
        in_line = job.state is State.READY or (job.state is State.NEW and not job.attachments)
        if in_line and (position := self.bot.engine.runner.position(job)):
            return f"⏳ {_words.line_position(position)}"
        return f"⏳ {_STATES.get(job.state, 'running')}"

    def _link(self, job: Job) -> str:
        return f"https://discord.com/channels/{job.guild_id or '@me'}/{job.channel_id}/{job.message_id}"


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Jobs(bot))
