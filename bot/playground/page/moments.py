"""Moments as Discord writes them: `<t:1618953630:R>`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import humanize

USUAL = "f"


def moment(seconds: int) -> datetime | None:
    """The moment in local time; None where no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return None


def written(at: datetime, style: str, now: float) -> str:
    """The moment in one of Discord's styles, as an American client writes it."""
    if style == "R":
        return _relative(timedelta(seconds=at.timestamp() - now))
    day, numbers = f"{at:%B} {at.day}, {at.year}", f"{at.month}/{at.day}/{at.year}"
    clock, precise = (f"{at.hour % 12 or 12}:{at:{form}} {'AM' if at.hour < 12 else 'PM'}" for form in ("%M", "%M:%S"))
    return {
        "t": clock,
        "T": precise,
        "d": numbers,
        "D": day,
        "f": f"{day} at {clock}",
        "F": f"{at:%A}, {day} at {clock}",
        "s": f"{numbers}, {clock}",
        "S": f"{numbers}, {precise}",
    }[style]


def _relative(away: timedelta) -> str:
    # Discord names the largest unit alone: "a year", where humanize adds the months.
    length = humanize.naturaldelta(away).partition(",")[0]
    return f"in {length}" if away > timedelta() else f"{length} ago"
