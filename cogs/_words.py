"""How things are said and drawn in Discord. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import discord
import humanize

from bot.cards import Away, Cancelling, Moment, Restarted, Running, Told, Uploading, Waiting
from bot.jobs import Job, Outcome
from bot.options import shorten, show
from workflows.values import InputSpec

GREY, BLUE, GREEN, RED = 0x99AAB5, 0x5865F2, 0x57F287, 0xED4245
_BAR = 12
_TITLE = 256
#: What Discord would draw with. Addresses are left alone: it takes them whole, and a backslash would break them.
_MARKS = re.compile(r"(?P<address>https?://[^\s<>\[\]()]+)|(?P<mark>[\\*_~`|<\[\]]|^(?:#|-|\+|>))")
#: Of a card's 4096 characters: the rest is for what went wrong, and for notes on files.
_VALUES = 2500


def bar(fraction: float) -> str:
    """Draw how much is done, as wide as fits a phone."""
    filled = round(max(0.0, min(fraction, 1.0)) * _BAR)
    return "▰" * filled + "▱" * (_BAR - filled) + f" {fraction:.0%}"


def line_position(position: int, starts_at: datetime | None = None) -> str:
    """Say where in the line a job is; Discord counts the time down by itself."""
    if not position:
        return "About to start …"
    when = f" · starts {discord.utils.format_dt(starts_at, 'R')}" if starts_at else ""
    return f"Waiting, **{humanize.ordinal(position)} in line**{when}"


def moment_text(moment: Moment) -> str:
    """Say how a job is doing."""
    match moment:
        case Waiting():
            return f"⏳ {line_position(moment.position, moment.starts_at)}"
        case Uploading(number, total, position):
            what = "the picture" if total == 1 else f"picture {number} of {total}"
            return f"📤 Uploading {what} …" + (f"\n{line_position(position)}" if position else "")
        case Running():
            return _running(moment)
        case Away():
            return _away(moment)
        case Restarted(has_moved=True):
            return "🔁 The job was moved to another backend, because the one before does not answer. It runs once more."
        case Restarted():
            return "🔁 InvokeAI restarted in the middle of it. The job runs once more."
        case Cancelling():
            return "🛑 Cancelling …"


def _away(moment: Away) -> str:
    if moment.is_full:
        return "🔌 InvokeAI's queue is full at the moment. Your job is kept, and goes on as soon as there is room."
    if moment.is_broken:
        return "🔌 InvokeAI is in trouble at the moment; its disk may be full. Your job is kept, and tried again."
    if moment.is_drained:
        return "🚧 InvokeAI is out of service for a while. Your job is kept, and goes on as soon as it is back."
    if moment.is_paused:
        return "⏸️ InvokeAI's queue is paused at the moment. Your job is kept, and goes on as soon as it is resumed."
    return "🔌 InvokeAI does not answer at the moment. Your job is kept, and goes on as soon as it does."


def _running(run: Running) -> str:
    step = f"Step {run.node} of {run.nodes}" if run.nodes else "Running"
    title = f" · **{discord.utils.escape_markdown(shorten(run.title, 60))}**" if run.title else ""
    percentage = f" {run.fraction:.0%}" if run.fraction is not None else ""
    items = f"\nRun {run.item} of {run.items}" if run.items > 1 else ""
    return f"🎨 {bar(run.overall)}\n{step}{title}{percentage}{items}"


def progress_embed(job: Job, moment: Moment) -> discord.Embed:
    color = BLUE if isinstance(moment, Running) else GREY
    said = moment_text(moment)
    if job.restarts and isinstance(moment, Waiting | Uploading | Running):
        # The moment that tells it is over at once, and cards are drawn at a pace.
        said += "\n-# 🔁 InvokeAI restarted in the middle of it; the job runs once more."
    return discord.Embed(title=title(job.title), description=said, color=color).set_footer(text=f"job {job.id}")


def outcome_embed(job: Job, inputs: tuple[InputSpec, ...], notes: list[str]) -> discord.Embed:
    """Say how a job ended: its values, its seed, how long it took, or what went wrong and what to do."""
    lines: list[str] = []
    color = GREY
    match job.outcome:
        case Outcome.COMPLETED:
            color = GREEN
        case Outcome.CANCELLED:
            lines.append("🛑 Cancelled.")
        case _:
            color = RED
            lines.append(f"❌ {job.problem}")
    if values := value_line(job, inputs):
        lines.append(values)
    lines += [f"-# {note}" for note in notes]
    embed = discord.Embed(title=title(job.title), description="\n".join(lines)[:4000], color=color)
    took = f" · {seconds(job.duration)}" if job.duration else ""
    return embed.set_footer(text=f"job {job.id}{took}")


def link(job: Job) -> str:
    """Return the address of a job's card."""
    return f"https://discord.com/channels/{job.guild_id or '@me'}/{job.channel_id}/{job.message_id}"


def direct_note(job: Job, why: Told, *, has_files: bool) -> str:
    """Say at the top of a direct message why it comes, and where it was asked for."""
    asked = f"[where you asked]({link(job)})"
    what = "here are the results" if has_files else "here is how it ended"
    if why is Told.CHANNEL_DELETED:
        return f"📬 The channel {asked} was deleted, so {what}."
    return f"📬 I cannot post {asked} any more, so {what}."


def elsewhere_note(job: Job, *, has_files: bool) -> str:
    """Say on a card that its end was told by direct message."""
    if has_files:
        return f"📬 I cannot post files here any more, so the results went to <@{job.user_id}> by direct message."
    return f"📬 I may not write here any more, so <@{job.user_id}> was told by direct message."


def value_line(job: Job, inputs: tuple[InputSpec, ...]) -> str:
    """Return what was asked for in a line: each value under its option's name."""
    shown = [
        f"**{discord.utils.escape_markdown(spec.name)}** {literal(show(spec, job.given[spec.name]))}"
        for spec in inputs
        if job.given.get(spec.name) not in (None, "")
    ]
    kept = _as_many_as_fit(shown, _VALUES)
    return " · ".join(kept) + (f"\n{more(len(shown) - len(kept), 'value')}" if len(kept) < len(shown) else "")


def literal(text: str) -> str:
    """Return what somebody typed so that it shows as typed: no markdown, no mention, no line of its own."""
    # The library's own escaping leaves <...> alone, and of several [links](...) in a line all but the first.
    marked = _MARKS.sub(lambda found: found["address"] or f"\\{found['mark']}", shorten(text, 300))
    return discord.utils.escape_mentions(marked)


def label(text: str) -> str:
    """Return what somebody typed so that it can be the text of a link, and cannot end it: `x](https://evil) [y`.

    Discord's reader of links knows no escapes, so there is no way to keep the brackets.
    """
    return literal(text.replace("[", "(").replace("]", ")"))


def unlinked(text: str) -> str:
    """Return a sentence of ours that quotes somebody, with its marks drawn, but no link where they wrote one."""
    return discord.utils.escape_mentions(text.replace("](", "]\\("))


def more(count: int, what: str) -> str:
    """Say how many things are not shown: "and 1 more value", "and 2 more values"."""
    return f"-# and {count} more {what}{'' if count == 1 else 's'}"


def title(text: str) -> str:
    """Return what somebody typed as the title of an embed, as long as Discord takes it."""
    marked = literal(shorten(text, 200))
    return marked if len(marked) <= _TITLE else literal(shorten(text, _TITLE // 2 - 8))


def cut(lines: Sequence[str], length: int = 3900) -> str:
    """Return as many whole lines as fit a message, and say how many did not."""
    kept = _as_many_as_fit(lines, length)
    return "\n".join(kept if len(kept) == len(lines) else [*kept, more(len(lines) - len(kept), "line")])


def _as_many_as_fit(parts: Sequence[str], length: int) -> Sequence[str]:
    total = 0
    for number, part in enumerate(parts):
        total += len(part) + 3
        if total > length:
            return parts[:number]
    return parts


def seconds(duration: timedelta) -> str:
    """Say how long something took, as one would say it."""
    if duration < timedelta(minutes=1):
        return f"{max(duration.total_seconds(), 0.1):.1f} s"
    return humanize.precisedelta(duration, minimum_unit="seconds", format="%d")
