"""How the service is doing, as an admin of one server may see it: of other servers there are only counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import discord

from bot.backend import Backend
from bot.engine import Engine
from bot.jobs import Cap, Job, State
from bot.options import shorten
from bot.usage import Busy
from cogs import _words
from cogs._admin_words import cut, literal, person
from workflows.texts import Voice

_JOBS = 10
_ERRORS = 5
#: Of an embed's 4096 characters, for each part; the last errors have what the others leave, up to so much.
_LENGTH, _BACKENDS, _HERE, _LEFT, _TROUBLES = 4000, 800, 1700, 400, 900


async def embed(engine: Engine, guild_id: int, voice: Voice) -> discord.Embed:
    """Show the backends, the line, what is under way on a server, what is still to be deleted, and the last errors."""
    usage = engine.usage
    everywhere, here = await usage.busy(), await usage.busy(guild_id)
    jobs = await usage.under_way(Cap.GUILD, guild_id, _JOBS)
    troubles = await usage.troubles(guild_id, _ERRORS)
    left = _left(engine, await engine.store.left(), voice)
    parts = {
        voice("admin-status-backends"): cut(
            voice, [_backend(one, everywhere, voice) for one in engine.pool], _BACKENDS
        ),
        voice("admin-status-line"): _line(engine.line.length, sum(busy.waiting for busy in here.values()), voice),
        voice("admin-status-here"): cut(voice, [*_jobs(jobs, here, voice)], _HERE),
        voice("admin-status-left"): cut(voice, [*left], _LEFT),
    }
    lines = [*await _notes(engine, guild_id, voice), *(f"**{title}**\n{part}" for title, part in parts.items())]
    text = "\n".join(lines)
    if troubles:
        title = f"\n**{voice('admin-status-errors')}**\n"
        room = min(_LENGTH - len(text) - len(title), _TROUBLES)
        text += title + cut(voice, [_trouble(job, voice) for job in troubles], room)
    return discord.Embed(title=voice("admin-status-title"), description=text, color=_words.BLUE)


async def told_of(engine: Engine, name: str, voice: Voice) -> str:
    """Say how a backend stands, now that it was taken out of service or put back."""
    backend, busy = engine.pool.get(name), (await engine.usage.busy()).get(name, Busy())
    sign, words = state_of(backend, voice)
    words = words or voice("admin-backend-takes-jobs")
    lines = [voice("admin-backend-stands", sign=sign, name=_name(name), words=words)]
    if backend.is_draining:
        ends = voice("admin-backend-ends", jobs=voice("admin-jobs", count=busy.running))
        lines.append(ends if busy.running else voice("admin-backend-rests"))
    if not any(engine.pool.slots().values()):
        lines.append(voice("admin-backend-none"))
    return "\n".join(lines)


async def _notes(engine: Engine, guild_id: int, voice: Voice) -> list[str]:
    """Return what keeps this server's jobs, or its admins, from what they expect."""
    notes: list[str] = []
    if pause := engine.moderation.pause_of(guild_id):
        who, when = person(pause.paused_by), discord.utils.format_dt(pause.paused_at, "R")
        reason = literal(pause.reason)
        because = voice("admin-status-paused-because", who=who, when=when, reason=reason)
        notes.append(because if reason else voice("admin-status-paused", who=who, when=when))
    if blocked := await engine.moderation.blocked(guild_id):
        notes.append(voice("admin-status-blocked", count=len(blocked)))
    choices = await engine.preferences.of_guild(guild_id)
    if choices.lost_audit_channel:
        notes.append(voice("admin-status-no-audit-channel", channel=f"<#{choices.lost_audit_channel}>"))
    return [*notes, ""] if notes else []


def _backend(backend: Backend, everywhere: Mapping[str, Busy], voice: Voice) -> str:
    busy, most = everywhere.get(backend.name, Busy()), backend.settings.max_in_flight
    sign, words = state_of(backend, voice)
    version = _words.literal(shorten(backend.version, 30))
    counts = voice("admin-status-counts", running=busy.running, most=most, waiting=busy.waiting)
    return " · ".join(part for part in (f"{sign} {_name(backend.name)}", words, version, counts) if part)


def state_of(backend: Backend, voice: Voice) -> tuple[str, str]:
    """Return the sign of how a backend is doing, and what there is to say of it: all that keeps it from taking jobs."""
    hindrances = [
        ("🚪", voice("admin-state-leaving"), backend.is_leaving),
        ("🚧", voice("admin-state-drained"), backend.is_drained),
        ("🔴", voice("admin-state-down"), not backend.is_up),
        ("⏸️", voice("admin-state-paused"), backend.is_paused),
    ]
    found = [(sign, words) for sign, words, holds in hindrances if holds]
    return (found[0][0] if found else "🟢"), ", ".join(words for _, words in found)


def _line(length: int, from_here: int, voice: Voice) -> str:
    if not (length or from_here):
        return voice("admin-status-nobody-waits")
    return voice("admin-status-waiting", jobs=voice("admin-jobs", count=length), count=length, here=from_here)


def _jobs(jobs: Sequence[Job], here: Mapping[str, Busy], voice: Voice) -> Iterator[str]:
    """Yield a line for each of a server's jobs, and how many more there are; a mention in an embed pings nobody."""
    for job in jobs:
        sign, since = ("🎨", job.enqueued_at) if job.state is State.QUEUED else ("⏳", None)
        when = discord.utils.format_dt(since or job.created_at, "R")
        yield f"{sign} `{job.id}` {_words.literal(shorten(job.title, 40))} · {person(job.user_id)} · {when}"
    total = sum(busy.running + busy.waiting for busy in here.values())
    if total > len(jobs):
        yield voice("admin-status-more-jobs", count=total - len(jobs))
    if not jobs:
        yield voice("admin-status-nothing-here")


def _left(engine: Engine, left: Mapping[str, int], voice: Voice) -> Iterator[str]:
    known = {backend.name for backend in engine.pool if not backend.is_leaving}
    for name, count in sorted(left.items()):
        gone = "" if name in known else f" · {voice('admin-state-leaving')}"
        yield f"{_name(name)} · {voice('admin-things', count=count)}{gone}"
    yield voice("admin-status-counted-in") if left else voice("admin-status-nothing-left")


def _trouble(job: Job, voice: Voice) -> str:
    """Return a line for a job that failed; what went wrong may quote what somebody wrote."""
    when = discord.utils.format_dt(job.finished_at or job.created_at, "R")
    problem = voice.tell(job.problem) if job.problem else voice("admin-status-unsaid")
    if job.is_private:
        problem = voice("admin-status-private")
    # Our own marks are of no use in a part of a sentence.
    plain = _words.literal(shorten(" ".join(problem.replace("**", "").split()), 110))
    return f"❌ `{job.id}` {_words.literal(shorten(job.title, 30))} · {when}\n-# {plain}"


def _name(backend: str) -> str:
    return f"**{_words.literal(shorten(backend, 60))}**"
