"""What members may have, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import discord

from bot.config import Limits
from bot.roles import Caps, RoleCap, combined
from cogs import _words

_VALUES = ("weight", "running", "waiting", "daily_seconds")


def limits_embed(
    limits: Limits, guild_id: int, caps: Sequence[RoleCap], name: Callable[[int], str], shown: Collection[int] = ()
) -> discord.Embed:
    """Say what the shown roles of a server allow; without a choice, everyone and all roles that change something."""
    held = {cap.role_id: cap for cap in caps}
    everyone = held.get(guild_id, RoleCap(guild_id))
    wanted = [held.get(role_id, RoleCap(role_id)) for role_id in shown or {guild_id: None, **held}]
    lines = [f"{name(cap.role_id)}: {_role(limits, everyone, cap)}" for cap in wanted]
    embed = discord.Embed(title="Limits", description=_words.cut(lines), color=_words.BLUE)
    return embed.set_footer(
        text="Bold is set for the role, the rest is as for everyone. Of several roles the most of each counts."
    )


def _role(limits: Limits, everyone: RoleCap, cap: RoleCap) -> str:
    # Everyone has that role too, whatever others they have.
    caps = combined(limits, {everyone.role_id: everyone, cap.role_id: cap}.values())
    own = {name: getattr(cap, name) for name in _VALUES if getattr(cap, name) is not None}
    counts = {name for name, value in own.items() if value == getattr(caps, name)}
    words = " · ".join(f"**{text}**" if name in counts else text for name, text in _words_of(caps))
    return words + ("\n-# What is less than everyone has does not count." if own.keys() - counts else "")


def _words_of(caps: Caps) -> Iterator[tuple[str, str]]:
    """Yield each value's name, and what it allows."""
    yield "weight", "ordinary turns" if caps.weight == 1 else f"{caps.weight:.3g} turns where others have one"
    yield "running", f"{'any number' if caps.running is None else caps.running} running at a time"
    yield "waiting", f"{caps.waiting} under way at a time"
    minutes = None if caps.daily_seconds is None else caps.daily_seconds / 60
    yield "daily_seconds", "any time of InvokeAI" if minutes is None else f"{_minutes(minutes)} of InvokeAI in 24 hours"


def _minutes(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes.is_integer() else f"{minutes:.1f} min"
