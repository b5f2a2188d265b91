"""What is offered under a job that is over. Pure."""

from __future__ import annotations

import discord

from bot import problems
from bot.cards import Told
from bot.jobs import Job, Outcome, State

#: By then the card says how it ended, if it ever will.
IS_TOLD = frozenset({State.SETTLED, State.CLOSED})


def may_run_again(job: Job) -> bool:
    """Tell whether a job ended through no fault of its values, or well, but told to nobody who wanted to know."""
    match job.outcome:
        case Outcome.COMPLETED:
            return is_untold(job) and job.delivery != Told.CARD_DELETED
        case Outcome.FAILED:
            return problems.is_ours(job.problem)
        case _:
            return job.outcome is Outcome.LOST


def is_untold(job: Job) -> bool:
    """Tell whether a job is over and could be told nowhere."""
    return job.outcome is not None and job.state in IS_TOLD and job.delivered_at is None


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
