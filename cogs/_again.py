"""The Again button: the same once more, with other seeds where there are any; it stays, for as often as one likes."""

from __future__ import annotations

from typing import Any

import discord

from bot.bot import Familiar
from bot.jobs import Job, Outcome
from cogs._anew import open_past, parts_of, past_job
from cogs._entering import launch_jobs
from cogs._offers import seeds
from workflows.errors import UserError
from workflows.texts import say
from workflows.values import InputSpec

Interaction = discord.Interaction[Any]


async def run_again(interaction: Interaction, job_id: str) -> None:
    """Run a job once more, by the same door as a command. Raises UserError where it may not be run, or cannot.

    Where a file of it is gone, the form opens, with all the rest filled in.
    """
    bot: Familiar = interaction.client
    past = await past_job(interaction, job_id, "offers-not-yours-again")
    if past.lost:
        await open_past(interaction, past)
        return
    parts = await parts_of(bot, past)
    if past.job.outcome is not Outcome.COMPLETED and await _runs_again(bot, past.job, parts[0].inputs, interaction.id):
        raise UserError(say("offers-runs-again"))
    await launch_jobs(interaction, parts, past.wishes)


async def _runs_again(bot: Familiar, job: Job, inputs: tuple[InputSpec, ...], interaction_id: int) -> bool:
    """Tell whether what a job was asked for, and did not get, is under way once more.

    What this very press set going does not count: it was delivered twice, and has its answer.
    """
    under_way, _ = await bot.engine.store.of_user(job.user_id, job.guild_id, 0)
    later = [one for one in under_way if one.created_at > job.created_at and one.interaction_id != interaction_id]
    drawn = {spec.name for spec in seeds(inputs)}
    return any(_asked(one, drawn) == _asked(job, drawn) for one in later)


def _asked(job: Job, drawn: set[str]) -> tuple[Any, ...]:
    given = {name: value for name, value in job.given.items() if name not in drawn}
    files = [(file.name, file.filename, file.size) for file in job.attachments]
    return job.workflow_id, job.version, given, files
