"""What a card says and draws until its job is over."""

from __future__ import annotations

from datetime import datetime

import discord
import humanize

from bot.cards import Away, Cancelling, Moment, Restarted, Running, Uploading, Waiting
from bot.jobs import Job, now
from bot.options import shorten
from cogs import _words
from cogs._voice import voice_for
from workflows.texts import Voice

_BAR = 12


def bar(fraction: float) -> str:
    """Draw how much is done, as wide as fits a phone."""
    filled = round(max(0.0, min(fraction, 1.0)) * _BAR)
    return "▰" * filled + "▱" * (_BAR - filled) + f" {fraction:.0%}"


def line_position(voice: Voice, position: int, starts_at: datetime | None = None) -> str:
    """Say where in the line a job is; Discord counts the time down by itself."""
    if not position:
        return voice("progress-starting")
    # English alone has four endings.
    place = voice(f"progress-nth-{humanize.ordinal(position)[-2:]}", position=str(position))
    if starts_at is None:
        return voice("progress-line", place=place)
    return voice("progress-line-until", place=place, when=discord.utils.format_dt(starts_at, "R"))


def moment_text(voice: Voice, moment: Moment) -> str:
    """Say how a job is doing."""
    match moment:
        case Waiting(is_paused=True):
            return voice("progress-held")
        case Waiting():
            return voice("progress-waiting", line=line_position(voice, moment.position, moment.starts_at))
        case Uploading():
            return _uploading(voice, moment)
        case Running():
            return _running(voice, moment)
        case Away():
            return voice(_away(moment))
        case Restarted(has_moved):
            return voice("progress-moved") if has_moved else voice("progress-restarted")
        case Cancelling():
            return voice("progress-cancelling")


def _uploading(voice: Voice, moment: Uploading) -> str:
    number, total = str(moment.number), str(moment.total)
    said = voice("progress-uploading-many", number=number, total=total)
    lines = [voice("progress-uploading") if moment.total == 1 else said]
    return "\n".join([*lines, line_position(voice, moment.position)] if moment.position else lines)


def _away(moment: Away) -> str:
    if moment.is_full:
        return "progress-full"
    if moment.is_broken:
        return "progress-broken"
    if moment.is_drained:
        return "progress-drained"
    return "progress-paused" if moment.is_paused else "progress-away"


def _running(voice: Voice, run: Running) -> str:
    if run.nodes and not run.node:
        return voice("progress-next")
    step = _step(voice, run)
    title = f" · **{_words.literal(shorten(run.title, 60))}**" if run.title else ""
    percentage = f" {run.fraction:.0%}" if run.fraction is not None else ""
    lines = [voice("progress-running", bar=bar(run.overall)), f"{step}{title}{percentage}"]
    if run.items > 1:
        lines.append(voice("progress-run", number=str(run.item), total=str(run.items)))
    return "\n".join(lines)


def _step(voice: Voice, run: Running) -> str:
    """Say which step runs, and of how many where that is known."""
    if not run.node:
        return voice("progress-runs")
    if not run.nodes:
        return voice("progress-step-open", number=str(run.node))
    return voice("progress-step", number=str(run.node), total=str(run.nodes))


def progress_embed(job: Job, moment: Moment, note: str = "") -> discord.Embed:
    """Draw a job that is under way, in its card's language."""
    voice = voice_for(job)
    lines = [moment_text(voice, moment)]
    if job.restarts and isinstance(moment, Waiting | Uploading | Running):
        # The moment that tells it is over at once, and cards are drawn at a pace.
        once_more = voice("progress-once-more")
        lines.append(f"-# {once_more}")
    if note:
        lines.append(note)
    if small := _small(voice, job, moment):
        lines.append(f"-# {small}")
    color = _words.BLUE if isinstance(moment, Running) else _words.GREY
    embed = discord.Embed(title=_words.title(job.title), description="\n".join(lines), color=color)
    return embed.set_footer(text=f"job {job.id}")


def _small(voice: Voice, job: Job, moment: Moment) -> str:
    """Say when it will be done, and for whom: Discord tells that only above the answers to commands."""
    said: list[str] = []
    if isinstance(moment, Running) and moment.ends_at and moment.ends_at > now():
        said.append(voice("progress-done-by", when=discord.utils.format_dt(moment.ends_at, "R")))
    if job.guild_id is not None and not job.is_private:
        said.append(voice("progress-for", who=f"<@{job.user_id}>"))
    return " · ".join(said)
