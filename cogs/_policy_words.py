"""A workflow's policy in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum

import discord

from bot.policy import LONGEST_COOLDOWN, Bound, Caps, Policy
from cogs import _words
from workflows.errors import UserError
from workflows.texts import Text, Voice, say

#: Of an embed's 4096 characters: what one part may take.
_PART = 900
#: Of one role's bounds, so many are told; its menu has them all.
_BOUNDS = 8
_DIGITS = 10
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9})\s*([a-z]*)\.?", re.IGNORECASE)
#: How times are typed; of any other word nobody knows what it means.
_TYPED = {
    "s": ("", "s", "sec", "secs", "second", "seconds", "sek", "sekunde", "sekunden"),
    "m": ("m", "min", "mins", "minute", "minutes", "minuten"),
    "h": ("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden"),
    "d": ("d", "day", "days", "tag", "tage"),
}
_WORDS = {word: _UNITS[unit] for unit, words in _TYPED.items() for word in words}


class Part(StrEnum):
    WHO = "who"
    WHERE = "where"
    OFTEN = "often"
    BOUNDS = "bounds"
    RESULTS = "results"


def policy_embed(voice: Voice, slug: str, guild_id: int, policy: Policy, *, allowing: bool) -> discord.Embed:
    """Say all that a policy says, and whom the menus below it are for."""
    told = parts(voice, guild_id, policy)
    titles = {
        Part.WHO: voice("policy-who"),
        Part.WHERE: voice("policy-where"),
        Part.OFTEN: voice("policy-often"),
        Part.BOUNDS: voice("policy-bounds"),
        Part.RESULTS: voice("policy-results"),
    }
    lines = [f"**{titles[part]}** {told[part]}" for part in Part]
    lines += ["", voice("policy-menus-allowed") if allowing else voice("policy-menus-denied")]
    embed = discord.Embed(title=voice("policy-title", slug=slug), description="\n".join(lines), color=_words.BLUE)
    return embed.set_footer(text=voice("policy-hint"))


def parts(voice: Voice, guild_id: int, policy: Policy) -> dict[Part, str]:
    """Say each part of a policy, also where it says nothing."""
    allowed = [*_roles(policy.roles.allowed, guild_id), *_members(policy.members.allowed)]
    denied = [*_roles(policy.roles.denied, guild_id), *_members(policy.members.denied)]
    places = policy.channels
    return {
        Part.WHO: _only(voice, allowed, denied) or voice("policy-who-all"),
        Part.WHERE: _only(voice, _channels(places.allowed), _channels(places.denied)) or voice("policy-where-all"),
        Part.OFTEN: " · ".join(_caps(voice, policy.caps)) or voice("policy-often-any"),
        Part.BOUNDS: bounds_text(voice, guild_id, policy) or voice("policy-bounds-none"),
        Part.RESULTS: " · ".join(_results(voice, policy)) or voice("policy-results-any"),
    }


def changes(guild_id: int, before: Policy, after: Policy) -> str:
    """Say in English what became different, for the audit: each part as it is now."""
    told, old, new = parts(Voice(), guild_id, after), _held(before), _held(after)
    return "; ".join(f"{part}: {told[part].strip()}" for part in Part if old[part] != new[part]).replace("\n", " · ")


def _held(policy: Policy) -> dict[Part, object]:
    """Return what each part is made of: of long lists, the words say not all."""
    ids = [frozenset(one) for named in (policy.roles, policy.members) for one in (named.allowed, named.denied)]
    return {
        Part.WHO: ids,
        Part.WHERE: [frozenset(policy.channels.allowed), frozenset(policy.channels.denied)],
        Part.OFTEN: policy.caps,
        Part.BOUNDS: frozenset(policy.bounds),
        Part.RESULTS: (policy.spoiler, policy.age_restricted_only, policy.private_only),
    }


def role_mention(role_id: int, guild_id: int) -> str:
    return "@everyone" if role_id == guild_id else f"<@&{role_id}>"


def bound_text(voice: Voice, bound: Bound) -> str:
    if bound.longest is not None:
        return voice("policy-bound-long", most=str(bound.longest))
    if bound.maximum is None:
        return voice("policy-bound-least", least=_number(bound.minimum))
    if bound.minimum is None:
        return voice("policy-bound-most", most=_number(bound.maximum))
    return voice("policy-bound-between", least=_number(bound.minimum), most=_number(bound.maximum))


def _only(voice: Voice, allowed: Sequence[str], denied: Sequence[str]) -> str:
    """Say who, or where, is let in and kept out; nothing where nothing is said."""
    told = [voice("policy-only", list=_list(voice, allowed))] if allowed else []
    told += [voice("policy-not", list=_list(voice, denied))] if denied else []
    return " · ".join(told)


def _list(voice: Voice, mentions: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(mentions[:most])
    left = len(mentions) - most
    return voice("policy-and-more", list=shown, count=left) if left > 0 else shown


def _roles(ids: Sequence[int], guild_id: int) -> list[str]:
    return [role_mention(one, guild_id) for one in ids]


def _members(ids: Sequence[int]) -> list[str]:
    return [f"<@{one}>" for one in ids]


def _channels(ids: Sequence[int]) -> list[str]:
    return [f"<#{one}>" for one in ids]


def _caps(voice: Voice, caps: Caps) -> Iterator[str]:
    if caps.running is not None:
        yield voice("policy-cap-running", count=caps.running)
    if caps.waiting is not None:
        yield voice("policy-cap-waiting", count=caps.waiting)
    if caps.cooldown is not None:
        yield voice("policy-cap-cooldown", time=duration(caps.cooldown))
    if caps.daily is not None:
        yield voice("policy-cap-daily", count=caps.daily)


def bounds_text(voice: Voice, guild_id: int, policy: Policy) -> str:
    """Say what each role's members may give; nothing where there are no bounds."""
    lines: list[str] = []
    for role_id in dict.fromkeys(bound.role_id for bound in policy.bounds):
        own = [bound for bound in policy.bounds if bound.role_id == role_id]
        told = [f"`{bound.name}` {bound_text(voice, bound)}" for bound in own]
        lines.append(f"{role_mention(role_id, guild_id)}: {_list(voice, told, _BOUNDS)}")
    kept = _words.as_many_as_fit(lines, _PART)
    left = len(lines) - len(kept)
    return "".join(f"\n{line}" for line in ([*kept, voice("policy-bounds-left", count=left)] if left else kept))


def _results(voice: Voice, policy: Policy) -> Iterator[str]:
    if policy.spoiler:
        yield voice("policy-result-spoiler")
    if policy.age_restricted_only:
        yield voice("policy-result-age")
    if policy.private_only:
        yield voice("policy-result-private")


# Numbers and times, as they are told and typed


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"


def duration(seconds: int) -> str:
    """Say a time in its largest whole unit, as `seconds_in` reads it."""
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]} {'min' if unit == 'm' else unit}"


def seconds_in(typed: str) -> int | None:
    """Return how many seconds were meant, None where nothing was typed. Raises UserError."""
    if not typed.strip():
        return None
    match = _DURATION.fullmatch(typed.strip())
    seconds = int(match[1]) * _WORDS.get(match[2].lower(), 0) if match else 0
    if not 0 < seconds <= LONGEST_COOLDOWN:
        raise UserError(say("policy-bad-time", days=str(timedelta(seconds=LONGEST_COOLDOWN).days)))
    return seconds


def count_in(label: str | Text, typed: str, most: int) -> int | None:
    """Return the whole number that was typed, None where nothing was. Raises UserError."""
    text = typed.strip()
    if not text:
        return None
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else 0
    if not 0 < number <= most:
        raise UserError(say("policy-bad-count", what=label, most=str(most)))
    return number
