"""Things that go wrong on purpose."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.playground.discord.errors import DiscordError
from bot.playground.discord.state import Use

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class _Fault:
    """One planned fault: `route` is part of "METHOD /path" or of the route template."""

    route: str
    times: int
    status: int = 0
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(eq=False, repr=False)
class Faults:
    """What tests order to fail. A route is matched as a part of "PATCH /channels/1/messages/2" or of the template."""

    drop: Callable[[bool], None]
    duplicate_next_interaction: bool = False
    lose_next_interaction: bool = False
    #: Called in place of each API call, with the call: what comes before it, after it, or instead of it.
    around: Callable[[web.Request, Handler], Awaitable[web.StreamResponse]] | None = None
    _refusing: tuple[int, float] = 429, 0.0
    _failing: list[_Fault] = field(default_factory=list[_Fault])
    _slow: list[_Fault] = field(default_factory=list[_Fault])
    _losing: list[_Fault] = field(default_factory=list[_Fault])
    _cutting: list[_Fault] = field(default_factory=list[_Fault])

    def fail_next(
        self,
        route: str,
        status: int,
        times: int = 1,
        *,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        """Answer the next calls of a route with this status, without doing anything."""
        self._failing.append(_Fault(route, times, status, headers=dict(headers or {}), body=dict(body or {})))

    def refuse_for(self, seconds: float, status: int = 429) -> None:
        """Answer every API call so for a while, as a global rate limit does; zero seconds ends that."""
        self._refusing = status, time.monotonic() + seconds

    def delay(self, route: str, seconds: float, times: int = 1_000_000) -> None:
        """Hold each call of a route back for a while; zero seconds ends that."""
        self._slow = [f for f in self._slow if f.route != route]
        if seconds > 0:
            self._slow.append(_Fault(route, times, seconds=seconds))

    def lose_answer_next(self, route: str, times: int = 1) -> None:
        """Do what the next call asks, then cut the connection without an answer."""
        self._losing.append(_Fault(route, times))

    def cut_next(self, route: str, times: int = 1) -> None:
        """Cut the connection before anything of the next call is done."""
        self._cutting.append(_Fault(route, times))

    @property
    def pending(self) -> list[str]:
        """The routes of what was planned to fail, and has not yet."""
        return [fault.route for fault in (*self._failing, *self._losing, *self._cutting)]

    def drop_gateway(self, *, resumable: bool = True) -> None:
        """Cut the gateway's connections; unless resumable, their sessions are forgotten too."""
        self.drop(resumable)

    def expire_token(self, use: Use) -> None:
        """End an interaction token before its 15 minutes."""
        use.expired = True
        use.world.changed()

    async def before(self, *routes: str) -> None:
        status, until = self._refusing
        if (left := until - time.monotonic()) > 0:
            raise _refusal(status, left)
        slow = self._take(self._slow, routes)
        if slow is not None:
            await asyncio.sleep(slow.seconds)
        failing = self._take(self._failing, routes)
        if failing is not None:
            error = DiscordError(failing.status, 0, f"{failing.status}: planned fault", headers=failing.headers)
            error.body |= failing.body
            if failing.status == 429:
                error.body.setdefault("retry_after", float(failing.headers.get("Retry-After", "0.05")))
            raise error

    def cuts(self, *routes: str) -> bool:
        return self._take(self._cutting, routes) is not None

    def loses_answer(self, *routes: str) -> bool:
        return self._take(self._losing, routes) is not None

    def _take(self, planned: list[_Fault], routes: tuple[str, ...]) -> _Fault | None:
        for fault in planned:
            if any(fault.route in route for route in routes):
                fault.times -= 1
                if fault.times <= 0:
                    planned.remove(fault)
                return fault
        return None


def _refusal(status: int, left: float) -> DiscordError:
    if status != 429:
        return DiscordError(status, 0, f"{status}: planned fault")
    headers = {"Retry-After": str(math.ceil(left)), "X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
    extra = {"retry_after": round(left, 3), "global": True}
    return DiscordError(429, 0, "You are being rate limited.", extra=extra, headers=headers)
