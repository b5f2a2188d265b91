"""What is said of a job that is over, in its card's language. Pure.

The results stand above a card's words, so these are few: what was asked for in one line, and what else is to be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import discord

from bot.cards import Told
from bot.jobs import Job, Outcome
from bot.media import ResultFile
from bot.options import shorten, show
from bot.prompts import prompt_of
from cogs._voice import voice_for
from cogs._words import GREEN, GREY, RED, link, literal, title, unlinked
from workflows.texts import Voice
from workflows.values import InputSpec

#: Of a line that shall be read at a glance, also on a phone.
_PROMPT, _NAME, _SEEDS = 200, 80, 3
_VALUE, _VALUES = 40, 3
_NOTES = 8
_LONGEST = 4000


def outcome_embed(job: Job, inputs: tuple[InputSpec, ...], notes: Sequence[str] = ()) -> discord.Embed:
    """Say how a job ended: what was asked for, or what went wrong and what to do; `notes` follow in small print."""
    voice = voice_for(job)
    is_done = job.outcome is Outcome.COMPLETED
    embed = discord.Embed(color=GREEN if is_done else GREY if job.outcome is Outcome.CANCELLED else RED)
    lines: list[str] = []
    if not is_done:
        embed.title = title(job.title)
        cancelled, problem = job.outcome is Outcome.CANCELLED, unlinked(voice.tell(job.problem or ""))
        lines.append(voice("outcome-cancelled") if cancelled else voice("outcome-failed", problem=problem))
    if asked := asked_line(job, inputs, is_done=is_done):
        # Who asked, Discord says above the answer to a command, but not above one to a button.
        lines.append(f"{asked} · <@{job.user_id}>" if is_done and job.guild_id and not job.is_private else asked)
    lines += _small(voice, (*notes, *job.notes))
    embed.description = "\n".join(lines)[:_LONGEST]
    return embed.set_footer(text=f"job {job.id}")


def asked_line(job: Job, inputs: tuple[InputSpec, ...], *, is_done: bool = True) -> str:
    """Say in one line what was asked for: prompt and seed; of what was made also its workflow, and how long it took.

    Without a prompt, some values tell it from others.
    """
    voice = voice_for(job)
    seeds = [str(job.given[spec.name]) for spec in inputs if spec.is_seed and job.given.get(spec.name) is not None]
    prompt = literal(shorten(prompt_of(inputs, job.given), _PROMPT))
    parts = [
        f"**{literal(shorten(job.title, _NAME))}**" if is_done else "",
        *(
            [prompt]
            if prompt
            else [f"**{literal(name)}** {literal(value)}" for name, value in changed(inputs, job.given)]
        ),
        voice("outcome-seed", seeds=literal(", ".join(seeds[:_SEEDS]))) if seeds else "",
        took(voice, job.duration) if is_done and job.duration else "",
    ]
    return " · ".join(part for part in parts if part)


def changed(inputs: Sequence[InputSpec], given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the first values that are not their inputs' defaults, short, by name: neither seeds nor long lists."""
    told = [
        (spec.name, " ".join(show(spec, given[spec.name]).split()))
        for spec in inputs
        if given.get(spec.name) not in (None, "", [], spec.default) and spec.is_asked and not spec.is_seed
    ]
    return [(name, shorten(value, _VALUE)) for name, value in told if value][:_VALUES]


def file_notes(job: Job, files: Iterable[ResultFile]) -> list[str]:
    """Return what is to be said of results that are not as they were made."""
    voice, all_files = voice_for(job), list(files)
    if len({file.note for file in all_files}) == 1:
        # What holds for all of them needs no names.
        return [note for note in (all_files[0].note,) if note]
    return [voice("outcome-file-note", file=file.filename, note=file.note) for file in all_files if file.note]


def took(voice: Voice, duration: timedelta) -> str:
    """Say how long something took."""
    whole = round(duration.total_seconds())
    if whole < 60:
        return voice("outcome-seconds", seconds=max(round(duration.total_seconds(), 1), 0.1))
    if whole < 3600:
        return voice("outcome-minutes", minutes=whole // 60, seconds=whole % 60)
    return voice("outcome-hours", hours=whole // 3600, minutes=whole % 3600 // 60)


def direct_note(job: Job, why: Told, *, has_files: bool) -> str:
    """Say at the top of a direct message why it comes, and where it was asked for."""
    voice, files = voice_for(job), "yes" if has_files else "no"
    if why is Told.CHANNEL_DELETED:
        return voice("outcome-direct-deleted", link=link(job), files=files)
    if job.is_private:
        return voice("outcome-direct-private", channel=f"<#{job.channel_id}>", files=files)
    return voice("outcome-direct-forbidden", link=link(job), files=files)


def elsewhere_note(job: Job, *, has_files: bool) -> str:
    """Say on a card that its end was told by direct message."""
    if job.is_private:
        return voice_for(job)("outcome-elsewhere-private", files="yes" if has_files else "no")
    key = "outcome-elsewhere-files" if has_files else "outcome-elsewhere-words"
    return voice_for(job)(key, user=f"<@{job.user_id}>")


def rest_note(job: Job, *, is_heard: bool) -> str:
    """Say on a private card, before its time is over, how the rest gets to whoever asked, or that it cannot."""
    key = "outcome-rest-direct" if is_heard else "outcome-rest-nowhere"
    return voice_for(job)(key, job=job.id)


def long_note(job: Job) -> str:
    """Say on a private card that its job may take longer than Discord shows it."""
    said = voice_for(job)("outcome-rest-long")
    return f"-# {said}"


def moved_note(job: Job) -> str:
    """Say on a message where its job is shown from now on."""
    if job.is_private:
        return voice_for(job)("outcome-moved-private")
    return voice_for(job)("outcome-moved", link=link(job))


def ping_note(job: Job) -> str:
    """Call whoever asked to the card."""
    key = "outcome-ping" if job.outcome is Outcome.COMPLETED else "outcome-ping-failed"
    return voice_for(job)(key, user=f"<@{job.user_id}>")


def done_note(job: Job) -> str:
    """Say elsewhere that a job is over, and where its card is; nobody can be sent to a private one."""
    key = "outcome-done" if job.outcome is Outcome.COMPLETED else "outcome-not-done"
    where = f"<#{job.channel_id}>" if job.is_private else link(job)
    return voice_for(job)(key, title=literal(shorten(job.title, _NAME)), where=where, job=job.id)


def _small(voice: Voice, notes: Sequence[str]) -> list[str]:
    told = [f"-# {voice.tell(note)}" for note in dict.fromkeys(notes)]
    if len(told) <= _NOTES:
        return told
    left = voice("outcome-more-notes", count=len(told) - _NOTES + 1)
    return [*told[: _NOTES - 1], f"-# {left}"]
