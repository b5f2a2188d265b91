"""/jobs, /job and their buttons, and the jobs that an earlier process left unfinished."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.bot import Familiar
from bot.cards import Card
from bot.jobs import Job, now
from bot.options import MAX_CHOICES, shorten
from cogs import _words
from cogs._buttons import BUTTONS
from cogs._cancel import moderates
from cogs._card import DiscordCard
from cogs._job import SIGNS, ago, hindrance, job_embed, job_view
from cogs._jobs_list import Leaf, PageButton, ShowSelect, draw, prompts_of
from cogs._spot import find_answer
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

#: Of one's own jobs, the last ones that are looked through for what somebody types.
_LOOKED_THROUGH = 100


class Jobs(commands.Cog):
    """Shows members their jobs, and takes up what was left unfinished."""

    def __init__(self, bot: Familiar) -> None:
        self.bot = bot
        self._resuming: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(*BUTTONS, PageButton, ShowSelect)
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
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.describe(workflow="Only those of one workflow; your own appear as you type")
    async def jobs(self, interaction: Interaction, workflow: str | None = None) -> None:
        """Your jobs: what waits, what runs, and how the others went"""
        leaf = Leaf(interaction.user.id)
        if workflow:
            leaf = replace(leaf, workflow_id=await self._workflow(interaction, leaf, workflow))
        embed, view = await draw(interaction, leaf)
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)

    @jobs.autocomplete("workflow")
    async def _suggest_workflows(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        wanted = current.casefold().strip()
        ran = await self.bot.engine.store.workflows(Leaf(interaction.user.id).wanted(interaction))
        found = [(number, title) for number, title in ran.items() if wanted in title.casefold()]
        return [
            app_commands.Choice(name=shorten(title, 100), value=str(number)) for number, title in found[:MAX_CHOICES]
        ]

    async def _workflow(self, interaction: Interaction, leaf: Leaf, typed: str) -> int:
        """Return the workflow that was picked, or typed by its name. Raises UserError."""
        ran = await self.bot.engine.store.workflows(leaf.wanted(interaction))
        wanted = typed.casefold().strip()
        found = [number for number, title in ran.items() if wanted in {str(number), title.casefold()}]
        if not found:
            raise UserError(say("jobs-no-workflow", typed=_words.literal(shorten(typed, 40))))
        return found[0]

    @app_commands.command(name="job")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.rename(job_id="id")
    @app_commands.describe(job_id="The id under its card; your own appear as you type")
    async def job(self, interaction: Interaction, job_id: str) -> None:
        """Where a job stands, or how it ended; and its card, shown again where you are"""
        job = await self.bot.engine.store.get(job_id.strip().strip("`").removeprefix("job ").lower())
        if job is None or not _may_see(interaction, job):
            raise UserError(say("jobs-unknown"))
        is_own, voice = job.user_id == interaction.user.id, voice_of(interaction)
        engine = self.bot.engine
        trouble = hindrance(engine, job)
        # What somebody keeps to themselves is not for moderators either.
        prompt = (await prompts_of(self.bot, [job]))[job.id] if is_own or not job.is_private else ""
        embed = job_embed(job, engine.runner.standing(job), voice, is_own=is_own, prompt=prompt, trouble=trouble)
        view = job_view(job, voice, is_own=is_own) or discord.utils.MISSING
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)

    @job.autocomplete("job_id")
    async def _suggest(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        wanted = current.casefold().strip()
        most = _LOOKED_THROUGH if wanted else MAX_CHOICES
        newest = await self.bot.engine.store.listed(Leaf(interaction.user.id).wanted(interaction), most)
        newest = sorted(newest, key=lambda job: job.created_at, reverse=True)
        prompts = await prompts_of(self.bot, newest)
        found = [job for job in newest if wanted in f"{job.id} {job.title} {prompts[job.id]}".casefold()]
        return [
            app_commands.Choice(name=_choice(job, prompts[job.id], voice_of(interaction)), value=job.id)
            for job in found[:MAX_CHOICES]
        ]


def _may_see(interaction: Interaction, job: Job) -> bool:
    """Tell whether a job is one's own, or one of this server for whoever moderates it."""
    if job.user_id == interaction.user.id:
        return True
    return job.guild_id is not None and job.guild_id == interaction.guild_id and moderates(interaction, job)


def _choice(job: Job, prompt: str, voice: Voice) -> str:
    sign = SIGNS[job.outcome] if job.outcome else "⏳"
    said = f" · {shorten(prompt, 30)}" if prompt else ""
    when = ago(now() - job.created_at, voice)
    return shorten(f"{sign} {shorten(job.title, 30)}{said} · {when} · {job.id}", 100)


async def setup(bot: Familiar) -> None:
    await bot.add_cog(Jobs(bot))
