"""What /job says of one job: where it stands, or how it ended and where that was told."""

from __future__ import annotations

from datetime import timedelta

import discord
import humanize

from bot.cards import Told
from bot.engine import Engine
from bot.jobs import Job, Outcome, State, now
from bot.line import Standing
from bot.pool import Pool
from cogs import _words
from cogs._offers import button, is_untold, may_run_again
from cogs._outcome import took
from workflows.texts import ENGLISH, Voice, say

SIGNS = {Outcome.COMPLETED: "✅", Outcome.FAILED: "❌", Outcome.CANCELLED: "🛑", Outcome.LOST: "❔"}
_WHY = {
    Told.CARD_DELETED: "jobs-card-deleted",
    Told.CHANNEL_DELETED: "jobs-channel-deleted",
    Told.FORBIDDEN: "jobs-forbidden",
}


def job_embed(
    job: Job, standing: Standing, voice: Voice, *, is_own: bool, prompt: str = "", trouble: str = ""
) -> discord.Embed:
    """Draw one job for whoever asks; `trouble` is what keeps it from going on."""
    lines = [_ending(job, voice, is_own=is_own)] if job.outcome else [_running(job, standing, voice, trouble)]
    if prompt:
        lines.append(f"> {_words.literal(prompt)}")
    when = discord.utils.format_dt(job.created_at, "R")
    lines += [voice("jobs-asked", when=when) if is_own else voice("jobs-asked-by", when=when, who=f"<@{job.user_id}>")]
    if told := where_told(job, voice, is_own=is_own):
        lines.append(told)
    color = _words.GREY if job.outcome is None else _words.GREEN if job.outcome is Outcome.COMPLETED else _words.RED
    embed = discord.Embed(title=_words.title(job.title), description="\n".join(lines), color=color)
    return embed.set_footer(text=f"job {job.id}")


def standing_embed(job: Job, standing: Standing, voice: Voice, *, trouble: str = "") -> discord.Embed:
    """Draw a card that is shown anew, until there is something new to show."""
    embed = discord.Embed(title=_words.title(job.title), description=_running(job, standing, voice, trouble))
    embed.color = _words.BLUE if job.state is State.QUEUED else _words.GREY
    return embed.set_footer(text=f"job {job.id}")


def job_view(job: Job, voice: Voice, *, is_own: bool) -> discord.ui.View | None:
    """Return what can be done with a job: cancel it while it runs, show it here, run it again, look into it."""
    view = discord.ui.View(timeout=None)
    if job.outcome is None:
        view.add_item(button("cancel", job.id, voice))
    if is_own and job.message_id is not None:
        view.add_item(button("show", job.id, voice))
    if is_own and may_run_again(job):
        view.add_item(button("again", job.id, voice))
    if job.outcome is not None and (is_own or not job.is_private):
        view.add_item(button("details", job.id, voice))
    # Presses are dispatched by the buttons' templates, also after a restart.
    view.stop()
    return view if view.children else None


def where_told(job: Job, voice: Voice, *, is_own: bool = True) -> str:
    """Say where a job's card is, or where its end was told, or why it could not be."""
    if job.message_id is None and job.delivered_at:
        return voice("jobs-deleted")
    if job.message_id is None:
        return voice("jobs-never-posted") if job.outcome else ""
    if is_untold(job):
        return voice(_WHY.get(Told(job.delivery or Told.CARD), "jobs-untold"), channel=f"<#{job.channel_id}>")
    if job.delivery == Told.DIRECT:
        return voice("jobs-told-directly")
    if job.is_private:
        return voice("jobs-card-private" if is_own else "jobs-card-not-yours")
    return voice("jobs-card", link=_words.link(job))


def hindrance(engine: Engine, job: Job) -> str:
    """Say what keeps an unfinished job from going on: its server's admins, or its backend."""
    if job.state in {State.NEW, State.READY} and engine.moderation.is_paused(job.guild_id):
        return say("jobs-held-back")
    return trouble_of(job, engine.pool)


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
        return say("jobs-no-answer")
    return say("jobs-paused") if backend.is_paused else ""


def line_text(job: Job, standing: Standing, voice: Voice) -> str | None:
    """Say where in the line a job is; None for one that is past it, or about to start."""
    # A new job without pictures has nothing to upload: it is in the line already.
    in_line = job.state is State.READY or (job.state is State.NEW and not job.attachments)
    return place_text(standing, voice) if in_line and standing.position else None


def place_text(standing: Standing, voice: Voice) -> str:
    """Say a place in the line, and when it starts; Discord counts the time down by itself."""
    if not standing.position:
        return voice("jobs-starting")
    place = voice("jobs-place", place=ordinal(standing.position, voice))
    if standing.starts_in is None:
        return place
    when = discord.utils.format_dt(now() + timedelta(seconds=standing.starts_in), "R")
    return voice("jobs-starts", place=place, when=when)


def ordinal(number: int, voice: Voice) -> str:
    return humanize.ordinal(number) if voice.language == ENGLISH else f"{number}."


def ago(duration: timedelta, voice: Voice) -> str:
    """Say how long ago something was, where Discord draws no time by itself."""
    humanize.activate(voice.language)
    try:
        return humanize.naturaltime(duration)
    finally:
        humanize.deactivate()


def _running(job: Job, standing: Standing, voice: Voice, trouble: str) -> str:
    if job.cancel_requested:
        return voice("jobs-cancelling")
    if trouble:
        return voice("jobs-kept", trouble=trouble)
    if text := line_text(job, standing, voice):
        return f"⏳ {text}"
    if job.state is State.NEW and job.attachments:
        return voice("jobs-uploading-now")
    if job.state is State.QUEUED and job.enqueued_at:
        return voice("jobs-running-since", when=discord.utils.format_dt(job.enqueued_at, "R"))
    return voice("jobs-about-to-start")


def _ending(job: Job, voice: Voice, *, is_own: bool) -> str:
    ended_at = job.finished_at or job.created_at
    said = {"when": discord.utils.format_dt(ended_at, "R"), "took": took(voice, ended_at - job.created_at)}
    match job.outcome:
        case Outcome.COMPLETED:
            return voice("jobs-done", **said)
        case Outcome.CANCELLED:
            return voice("jobs-cancelled", **said)
        case _:
            sign = SIGNS[job.outcome] if job.outcome else ""
            if job.is_private and not is_own:
                # What went wrong may quote what was asked for.
                return voice("jobs-ended-private", **said, sign=sign)
            return voice("jobs-ended", **said, sign=sign, problem=_words.unlinked(voice.tell(job.problem or "")))
