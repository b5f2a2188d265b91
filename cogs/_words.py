"""How things are said and drawn in Discord. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

import discord
import humanize

from bot.jobs import Job
from bot.options import shorten
from workflows.texts import Voice

GREY, BLUE, GREEN, RED = 0x99AAB5, 0x5865F2, 0x57F287, 0xED4245
_TITLE = 256
#: What Discord would draw with. Addresses are left alone: it takes them whole, and a backslash would break them.
_MARKS = re.compile(r"(?P<address>https?://[^\s<>\[\]()]+)|(?P<mark>[\\*_~`|<\[\]]|^(?:#|-|\+|>))")
#: Source: the Unicode Bidirectional Algorithm, UAX 9.
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_TURNING = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
_ISOLATES: dict[int, None] = dict.fromkeys((0x2066, 0x2067, 0x2068, 0x2069))


def link(job: Job) -> str:
    """Return the address of a job's card."""
    guild_id = job.guild_id if job.shown_guild_id is None else job.shown_guild_id
    return f"https://discord.com/channels/{guild_id or '@me'}/{job.channel_id}/{job.message_id}"


def literal(text: str) -> str:
    """Return what somebody typed so that it shows as typed: no markdown, no mention, no line of its own."""
    # The library's own escaping leaves <...> alone, and of several [links](...) in a line all but the first.
    marked = _MARKS.sub(lambda found: found["address"] or f"\\{found['mark']}", shorten(text, 300))
    return _isolated(discord.utils.escape_mentions(marked))


def _isolated(text: str) -> str:
    """Keep what runs from right to left from turning what stands around it, as in "prompt · seed 7"."""
    if not any(letter in _TURNING or unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text
    # What isolates within it could end what is put around it here.
    return f"\u2068{text.translate(_ISOLATES)}\u2069"


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


def cut(lines: Sequence[str], length: int = 3900, voice: Voice | None = None) -> str:
    """Return as many whole lines as fit a message, and say how many did not."""
    kept = as_many_as_fit(lines, length)
    if len(kept) == len(lines):
        return "\n".join(kept)
    left = (voice or Voice())("shared-more-lines", count=len(lines) - len(kept))
    return "\n".join([*kept, f"-# {left}"])


def as_many_as_fit(parts: Sequence[str], length: int) -> Sequence[str]:
    """Return the first parts, which together with what stands between them are no longer than that."""
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
