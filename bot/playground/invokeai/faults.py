"""What may be made to go wrong, so that a client can be tried against it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Gate:
    """Held shut, nobody passes. It may be shut for several reasons at once."""

    _reasons: int = 0
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def shut(self) -> None:
        self._reasons += 1
        self._open.clear()

    def open(self) -> None:
        self._reasons = max(0, self._reasons - 1)
        if not self._reasons:
            self._open.set()

    def open_wide(self) -> None:
        self._reasons = 0
        self._open.set()

    async def passed(self) -> None:
        if self._reasons:
            await self._open.wait()


@dataclass(frozen=True)
class Scramble:
    """How events go astray: each is drawn for on its own."""

    dice: random.Random
    twice: float
    late: float
    lost: float
    seconds: float

    def pauses(self) -> list[float]:
        """After how many seconds an event is sent, once for each time; nothing if it is lost."""
        if self.dice.random() < self.lost:
            return []
        times = 2 if self.dice.random() < self.twice else 1
        return [self.dice.uniform(0, self.seconds) if self.dice.random() < self.late else 0.0 for _ in range(times)]


@dataclass
class Faults:
    """The troubles that are switched on. A prefix is a path, or a method and a path ("POST /api/v1/images")."""

    full_queue: bool = False
    full_disk: bool = False
    silent_events: bool = False
    duplicate_events: bool = False
    #: Called in place of each request that is not the socket's, with the request: what comes before it, after it, or
    #: instead of it.
    around: Callable[[web.Request, Handler], Awaitable[web.StreamResponse]] | None = None
    gate: Gate = field(default_factory=Gate)
    _scramble: Scramble | None = None
    _failures: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    _delays: dict[str, float] = field(default_factory=dict[str, float])
    _hung: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    _lost: list[str] = field(default_factory=list[str])

    def fail_next(self, path_prefix: str, status: int, times: int = 1) -> None:
        """Answer the next requests with an error, without doing anything."""
        self._failures.setdefault(path_prefix, []).extend([status] * times)

    def stop_failing(self) -> None:
        """Forget the failures and lost answers that nobody met."""
        self._failures.clear()
        self._lost.clear()

    def delay(self, path_prefix: str, seconds: float) -> None:
        """Let every request wait before it is served. Zero ends it."""
        self._delays[path_prefix] = seconds

    def hang(self, path_prefix: str = "/") -> None:
        """Take requests and never answer, until `let_go`: then those that still hang are served, however late."""
        self._hung.setdefault(path_prefix, asyncio.Event())

    def let_go(self) -> None:
        """End every hang."""
        for hung in self._hung.values():
            hung.set()
        self._hung.clear()

    def lose_answer_next(self, path_prefix: str) -> None:
        """Do what the next request asks, then cut its connection without an answer."""
        self._lost.append(path_prefix)

    def scramble(
        self,
        dice: random.Random | None,
        *,
        twice: float = 0.2,
        late: float = 0.2,
        lost: float = 0.1,
        seconds: float = 0.5,
    ) -> None:
        """Send events twice, late (and so out of order) or never, by these odds. No dice end it."""
        self._scramble = Scramble(dice, twice, late, lost, seconds) if dice else None

    def pauses(self) -> list[float]:
        """After how many seconds an event is sent, once for each time."""
        if self.silent_events:
            return []
        return self._scramble.pauses() if self._scramble else [0.0] * (2 if self.duplicate_events else 1)

    def failure(self, method: str, path: str) -> int | None:
        for prefix, statuses in self._failures.items():
            if statuses and _matches(prefix, method, path):
                return statuses.pop(0)
        return None

    async def wait(self, method: str, path: str) -> None:
        for prefix, pause in self._delays.items():
            if pause and _matches(prefix, method, path):
                await asyncio.sleep(pause)
        for prefix, hung in list(self._hung.items()):
            if _matches(prefix, method, path):
                await hung.wait()
        await self.gate.passed()

    def loses(self, method: str, path: str) -> bool:
        for prefix in self._lost:
            if _matches(prefix, method, path):
                self._lost.remove(prefix)
                return True
        return False


def _matches(prefix: str, method: str, path: str) -> bool:
    return path.startswith(prefix) or f"{method} {path}".startswith(prefix)
