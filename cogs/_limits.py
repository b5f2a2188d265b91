"""What members may have, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import discord

from bot.config import Limits
from bot.roles import Caps, RoleCap, combined
from cogs import _words
from cogs._admin_words import cut
from workflows.texts import Voice

_VALUES = ("weight", "running", "waiting", "daily_seconds")
_LENGTH = 3900


def limits_embed(
    voice: Voice,
    limits: Limits,
    guild_id: int,
    caps: Sequence[RoleCap],
    name: Callable[[int], str],
    shown: Collection[int] = (),
) -> discord.Embed:
    """Say what the shown roles of a server allow; without a choice, everyone and all roles that change something."""
    held = {cap.role_id: cap for cap in caps}
    everyone = held.get(guild_id, RoleCap(guild_id))
    wanted = [held.get(role_id, RoleCap(role_id)) for role_id in shown or {guild_id: None, **held}]
    lines = [f"{name(cap.role_id)}: {_role(voice, limits, everyone, cap)}" for cap in wanted]
    text = cut(voice, lines, _LENGTH)
    embed = discord.Embed(title=voice("admin-limits-title"), description=text, color=_words.BLUE)
    return embed.set_footer(text=voice("admin-limits-footer"))


def _role(voice: Voice, limits: Limits, everyone: RoleCap, cap: RoleCap) -> str:
    # Everyone has that role too, whatever others they have.
    caps = combined(limits, {everyone.role_id: everyone, cap.role_id: cap}.values())
    own = {name: getattr(cap, name) for name in _VALUES if getattr(cap, name) is not None}
    counts = {name for name, value in own.items() if value == getattr(caps, name)}
    words = " · ".join(f"**{text}**" if name in counts else text for name, text in _words_of(voice, caps))
    return words + (f"\n{voice('admin-limits-less')}" if own.keys() - counts else "")


def _words_of(voice: Voice, caps: Caps) -> Iterator[tuple[str, str]]:
    """Yield each value's name, and what it allows."""
    ordinary = caps.weight == 1
    turns = voice("admin-limits-turns", weight=float(f"{caps.weight:.3g}"))
    yield "weight", voice("admin-limits-ordinary") if ordinary else turns
    is_free = caps.running is None
    yield "running", voice("admin-limits-any-running") if is_free else voice("admin-limits-running", count=caps.running)
    yield "waiting", voice("admin-limits-waiting", count=caps.waiting)
    minutes = None if caps.daily_seconds is None else round(caps.daily_seconds / 60, 1)
    any_time = voice("admin-limits-any-time")
    yield "daily_seconds", any_time if minutes is None else voice("admin-limits-minutes", minutes=minutes)
