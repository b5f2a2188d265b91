"""What is offered under a job that is over. Pure."""

from __future__ import annotations

import discord

from bot import problems
from bot.jobs import Job, Outcome


def may_run_again(job: Job) -> bool:
    """Tell whether a job ended through no fault of its values."""
    return job.outcome is Outcome.LOST or (job.outcome is Outcome.FAILED and problems.is_ours(job.problem))


def again_id(job_id: str) -> str:
    return f"familiar:again:{job_id}"


def again_button(job_id: str) -> discord.ui.Button[discord.ui.View]:
    return discord.ui.Button(label="Again", style=discord.ButtonStyle.primary, custom_id=again_id(job_id))


def end_view(job: Job) -> discord.ui.View | None:
    """Return the buttons of a card that is over; None where there are none."""
    if not may_run_again(job) or job.message_id is None:
        return None
    view = discord.ui.View(timeout=None)
    view.add_item(again_button(job.id))
    # Presses are dispatched by the button's template, also after a restart.
    view.stop()
    return view
