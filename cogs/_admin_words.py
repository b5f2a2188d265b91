"""What /admin's answers share: lines cut to length, times, and who or what is named. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cogs import _words
from workflows.texts import Voice

#: What Discord draws as a name: of a member, a role or a channel. In an embed it pings nobody.
_MENTION = re.compile(r"(<(?:@[!&]?|#)\d{1,20}>)")


def cut(voice: Voice, lines: Sequence[str], length: int) -> str:
    """Return as many whole lines as fit, and say how many did not."""
    kept = _words.as_many_as_fit(lines, length)
    if len(kept) == len(lines):
        return "\n".join(lines)
    return "\n".join([*kept, voice("admin-more-lines", count=len(lines) - len(kept))])


def literal(text: str) -> str:
    """Return a text for an embed so that it shows as typed, but for mentions, which show as names."""
    parts = _MENTION.split(text)
    return "".join(_isolated(part) if place % 2 else _plain(part) for place, part in enumerate(parts)).strip()


def _plain(text: str) -> str:
    """Return a text between mentions as typed, still apart from them."""
    before, after = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
    return f"{before}{_words.literal(text)}{after}" if text.strip() else before


def person(user_id: int | str) -> str:
    """Return what shows a member's name."""
    return _isolated(f"<@{user_id}>")


def _isolated(mention: str) -> str:
    """Return a mention whose name does not turn the line around, whatever its direction of writing."""
    # The mark in front is for clients that go by a line's first letter, isolated or not.
    return f"\u200e\u2068{mention}\u2069"


def unit_of(seconds: float) -> tuple[str, float]:
    """Return in which unit somebody would say a time, and how many seconds that unit has."""
    if seconds < 90:
        return "seconds", 1.0
    return ("minutes", 60.0) if seconds < 90 * 60 else ("hours", 3600.0)


def spent(voice: Voice, seconds: float) -> str:
    """Say how much of InvokeAI's time something took."""
    unit, size = unit_of(seconds)
    number = round(seconds / size, 1)
    match unit:
        case "seconds":
            return voice("admin-usage-seconds", n=number)
        case "minutes":
            return voice("admin-usage-minutes", n=number)
        case _:
            return voice("admin-usage-hours", n=number)
