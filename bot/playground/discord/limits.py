"""Rate limits as Discord applies and announces them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from bot.playground.discord.errors import DiscordError
from bot.playground.discord.world import Clock

OLD_MESSAGE = 3600.0  # edits of messages older than an hour have a limit of their own


@dataclass(frozen=True)
class Rate:
    """So many calls in so many seconds."""

    calls: int
    seconds: float


# Discord documents only the global 50 per second and tells to read the headers;
# the rest is what its headers were seen to say.
GLOBAL = Rate(50, 1)
OLD_EDITS = Rate(3, 6)
PLAIN = Rate(30, 10)
RATES = {
    "POST /channels/{channel_id}/messages": Rate(5, 5),
    "PATCH /channels/{channel_id}/messages/{message_id}": Rate(5, 5),
    "DELETE /channels/{channel_id}/messages/{message_id}": Rate(5, 1),
    "POST /webhooks/{application_id}/{token}": Rate(5, 5),
    "PATCH /webhooks/{application_id}/{token}/messages/@original": Rate(5, 5),
    "PATCH /webhooks/{application_id}/{token}/messages/{message_id}": Rate(5, 5),
    "PUT /applications/{application_id}/commands": Rate(5, 20),
    "POST /applications/{application_id}/commands": Rate(5, 20),
    "PUT /applications/{application_id}/guilds/{guild_id}/commands": Rate(5, 20),
    "POST /applications/{application_id}/guilds/{guild_id}/commands": Rate(5, 20),
}
MAJOR = ("channel_id", "guild_id", "token")


@dataclass
class _Window:
    rate: Rate
    ends: float
    used: int = 0


@dataclass(eq=False, repr=False)
class Limits:
    """Counts the calls of each bucket in fixed windows."""

    clock: Clock
    enabled: bool = True
    _windows: dict[str, _Window] = field(default_factory=dict[str, _Window])

    def take(self, route: str, majors: str, *, counts_globally: bool) -> dict[str, str]:
        """Spend one call of the route's bucket; gives the headers for the answer, or refuses with 429."""
        if not self.enabled:
            return {}
        if counts_globally:
            self._take_global()
        window = self._window(f"{route} {majors}", RATES.get(route, PLAIN))
        bucket = hashlib.md5(route.encode(), usedforsecurity=False).hexdigest()
        if window.used >= window.rate.calls:
            raise self._refusal(window, bucket, "user")
        window.used += 1
        return self._headers(window, bucket)

    def take_old_edit(self, channel_id: int) -> None:
        """Edits of messages older than an hour: 429 with code 30046 when too many."""
        if not self.enabled:
            return
        window = self._window(f"old {channel_id}", OLD_EDITS)
        if window.used >= window.rate.calls:
            error = self._refusal(window, "old-edits", "shared")
            error.body |= {
                "code": 30046,
                "message": "Maximum number of edits to messages older than 1 hour reached. Try again later",
            }
            raise error
        window.used += 1

    def _take_global(self) -> None:
        window = self._window("global", GLOBAL)
        if window.used >= window.rate.calls:
            error = self._refusal(window, None, "global")
            error.body["global"] = True
            error.headers["X-RateLimit-Global"] = "true"
            raise error
        window.used += 1

    def _window(self, key: str, rate: Rate) -> _Window:
        now = self.clock.now()
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = _Window(rate, now + rate.seconds)
        return window

    def _headers(self, window: _Window, bucket: str) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(window.rate.calls),
            "X-RateLimit-Remaining": str(window.rate.calls - window.used),
            "X-RateLimit-Reset": f"{window.ends:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, window.ends - self.clock.now()):.3f}",
            "X-RateLimit-Bucket": bucket,
        }

    def _refusal(self, window: _Window, bucket: str | None, scope: str) -> DiscordError:
        wait = max(0.001, round(window.ends - self.clock.now(), 3))
        headers = {} if bucket is None else self._headers(window, bucket)
        headers |= {"Retry-After": str(int(wait) + 1), "X-RateLimit-Scope": scope}
        extra = {"retry_after": wait, "global": False}
        return DiscordError(429, 0, "You are being rate limited.", extra=extra, headers=headers)
