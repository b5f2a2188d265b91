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

_JOBS = 10
#: Of an embed's 4096 characters, for each part.
_BACKENDS, _HERE, _LEFT = 1200, 1700, 800


async def embed(engine: Engine, guild_id: int) -> discord.Embed:
    """Show the backends, the line, what is under way on a server, and what is still to be deleted."""
    usage = engine.usage
    everywhere, here = await usage.busy(), await usage.busy(guild_id)
    jobs = await usage.under_way(Cap.GUILD, guild_id, _JOBS)
    parts = {
        "Backends": _words.cut([_backend(one, everywhere) for one in engine.pool], _BACKENDS),
        "Line": _line(engine.line.length, sum(busy.waiting for busy in here.values())),
        "Under way on this server": _words.cut([*_jobs(jobs, here)], _HERE),
        "Still to be deleted": _words.cut([*_left(engine, await engine.store.left())], _LEFT),
    }
    text = "\n".join(f"**{title}**\n{part}" for title, part in parts.items())
    return discord.Embed(title="Status", description=text, color=_words.BLUE)


async def told_of(engine: Engine, name: str) -> str:
    """Say how a backend stands, now that it was taken out of service or put back."""
    backend, busy = engine.pool.get(name), (await engine.usage.busy()).get(name, Busy())
    sign, words = _state(backend)
    lines = [f"{sign} {_name(name)}: {words or 'takes jobs'}."]
    if backend.is_draining:
        lines.append(f"It ends what it has: {_jobs_counted(busy.running)}." if busy.running else "Nothing runs there.")
    if not any(engine.pool.slots().values()):
        lines.append("No backend takes jobs at the moment: what is asked for waits until one does.")
    return "\n".join(lines)


def _backend(backend: Backend, everywhere: Mapping[str, Busy]) -> str:
    busy = everywhere.get(backend.name, Busy())
    sign, words = _state(backend)
    version = _words.literal(shorten(backend.version, 30))
    counts = f"{busy.running} of {backend.settings.max_in_flight} running, {busy.waiting} waiting"
    return " · ".join(part for part in (f"{sign} {_name(backend.name)}", words, version, counts) if part)


def _state(backend: Backend) -> tuple[str, str]:
    """Return the sign of how a backend is doing, and what there is to say of it: all that keeps it from taking jobs."""
    hindrances = [
        ("🚪", "not in the settings any more", backend.is_leaving),
        ("🚧", "draining, gets nothing new", backend.is_drained),
        ("🔴", "set aside, does not answer", not backend.is_up),
        ("⏸️", "its queue is paused", backend.is_paused),
    ]
    found = [(sign, words) for sign, words, holds in hindrances if holds]
    return (found[0][0] if found else "🟢"), ", ".join(words for _, words in found)


def _line(length: int, from_here: int) -> str:
    verb = "waits" if length == 1 else "wait"
    return f"{_jobs_counted(length)} {verb}; from this server: {from_here}" if length or from_here else "Nobody waits."


def _jobs(jobs: Sequence[Job], here: Mapping[str, Busy]) -> Iterator[str]:
    """Yield a line for each of a server's jobs, and how many more there are; a mention in an embed pings nobody."""
    for job in jobs:
        sign, since = ("🎨", job.enqueued_at) if job.state is State.QUEUED else ("⏳", None)
        when = discord.utils.format_dt(since or job.created_at, "R")
        yield f"{sign} `{job.id}` {_words.literal(shorten(job.title, 40))} · <@{job.user_id}> · {when}"
    total = sum(busy.running + busy.waiting for busy in here.values())
    if total > len(jobs):
        yield _words.more(total - len(jobs), "job")
    if not jobs:
        yield "Nothing at the moment."


def _left(engine: Engine, left: Mapping[str, int]) -> Iterator[str]:
    known = {backend.name for backend in engine.pool if not backend.is_leaving}
    for name, count in sorted(left.items()):
        gone = "" if name in known else " · not in the settings any more"
        yield f"{_name(name)} · {count} {'thing' if count == 1 else 'things'}{gone}"
    yield "-# What jobs under way still need is counted in." if left else "Nothing."


def _name(backend: str) -> str:
    return f"**{_words.literal(shorten(backend, 60))}**"


def _jobs_counted(count: int) -> str:
    return f"{count} {'job' if count == 1 else 'jobs'}"
