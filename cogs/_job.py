"""What /job says of one job: where it stands, or how it ended and where that was told."""

from __future__ import annotations

from datetime import timedelta

import discord

from bot.cards import Told
from bot.jobs import Job, Outcome, State, now
from bot.line import Standing
from bot.pool import Pool
from cogs import _words
from cogs._cancel import CancelButton
from cogs._offers import again_button, is_untold, may_run_again

SIGNS = {Outcome.COMPLETED: "✅", Outcome.FAILED: "❌", Outcome.CANCELLED: "🛑", Outcome.LOST: "❔"}
_NOT_HEARD = "and a direct message did not get through either"
_ADVICE = "Run it again once I may write there, or once you take direct messages from this server."


def job_embed(job: Job, standing: Standing, *, is_own: bool, trouble: str = "") -> discord.Embed:
    """Draw one job for whoever asks; `trouble` is what keeps it from going on."""
    lines = [_ending(job)] if job.outcome else [_running(job, standing, trouble)]
    asked = f"Asked {discord.utils.format_dt(job.created_at, 'R')}" + ("" if is_own else f" by <@{job.user_id}>")
    lines += [asked]
    if told := where_told(job):
        lines.append(told)
    color = _words.GREY if job.outcome is None else _words.GREEN if job.outcome is Outcome.COMPLETED else _words.RED
    embed = discord.Embed(title=_words.title(job.title), description="\n".join(lines), color=color)
    return embed.set_footer(text=f"job {job.id}")


def job_view(job: Job, *, is_own: bool) -> discord.ui.View | None:
    """Return what can be done with a job: cancel it while it runs, run it again where it was lost."""
    view = discord.ui.View(timeout=None)
    if job.outcome is None:
        view.add_item(CancelButton(job.id))
    elif is_own and may_run_again(job):
        view.add_item(again_button(job.id))
    # Presses are dispatched by the buttons' templates, also after a restart.
    view.stop()
    return view if view.children else None


def where_told(job: Job) -> str:
    """Say where a job's card is, or where its end was told, or why it could not be."""
    if job.message_id is None:
        return "Its card could not be posted, so it was not run." if job.outcome else ""
    if not is_untold(job):
        if job.delivery == Told.DIRECT:
            return "It was told by direct message, as I could not post it where it was asked."
        return f"Its card is [here]({_words.link(job)})."
    match job.delivery:
        case Told.CARD_DELETED:
            return "Somebody deleted its card, so its end was not posted."
        case Told.CHANNEL_DELETED:
            return f"It could not be told: its channel was deleted, {_NOT_HEARD}. Run it again in another channel."
        case Told.FORBIDDEN:
            return f"It could not be told: I may not write in <#{job.channel_id}> any more, {_NOT_HEARD}. {_ADVICE}"
        case _:
            return "Its end could not be posted."


def trouble_of(job: Job, pool: Pool) -> str:
    """Say what keeps an unfinished job's backend from going on with it; nothing where it goes on, or can elsewhere."""
    try:
        backend = pool.get(job.backend or "")
    except KeyError:
        return ""
    can_move = job.state is not State.QUEUED
    if can_move and any(one.is_up and not one.is_paused and not one.is_draining for one in pool):
        return ""
    if not backend.is_up:
        return "🔌 InvokeAI does not answer at the moment"
    return "⏸️ InvokeAI's queue is paused at the moment" if backend.is_paused else ""


def line_text(job: Job, standing: Standing) -> str | None:
    """Say where in the line a job is; None for one that is past it, or about to start."""
    # A new job without pictures has nothing to upload: it is in the line already.
    in_line = job.state is State.READY or (job.state is State.NEW and not job.attachments)
    if not in_line or not standing.position:
        return None
    starts_at = None if standing.starts_in is None else now() + timedelta(seconds=standing.starts_in)
    return _words.line_position(standing.position, starts_at)


def _running(job: Job, standing: Standing, trouble: str) -> str:
    if job.cancel_requested:
        return "🛑 Cancelling …"
    if trouble:
        return f"{trouble}. The job is kept."
    if text := line_text(job, standing):
        return f"⏳ {text}"
    if job.state is State.NEW and job.attachments:
        return "📤 Uploading …"
    if job.state is State.QUEUED and job.enqueued_at:
        return f"🎨 Running, since {discord.utils.format_dt(job.enqueued_at, 'R')}"
    return "⏳ About to start …"


def _ending(job: Job) -> str:
    when = f" {discord.utils.format_dt(job.finished_at, 'R')}" if job.finished_at else ""
    took = f", after {_words.seconds(job.duration)}" if job.duration else ""
    sign = SIGNS[job.outcome] if job.outcome else ""
    match job.outcome:
        case Outcome.COMPLETED:
            return f"{sign} Done{when}{took}."
        case Outcome.CANCELLED:
            return f"{sign} Cancelled{when}{took}."
        case _:
            return f"{sign} Ended{when}{took}: {job.problem}"
