"""A card that remembers what it was shown, and that can be told to fail."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import UnionType

from bot.cards import Delivery, Moment, Running, Told
from bot.jobs import Job
from bot.media import ResultFile


@dataclass
class Message:
    """What people see of one job in the end: an edit replaces what stood there before."""

    job: Job
    files: tuple[ResultFile, ...]


@dataclass
class Wall:
    """Where all cards hang. It outlives the process that writes to it, as Discord does."""

    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    cards: list["RecordingCard"] = field(default_factory=list["RecordingCard"])
    #: Raised by the next deliveries, one each.
    failures: list[Exception] = field(default_factory=list[Exception])
    file_limit: int = 10_000_000
    request_limit: int = 25_000_000

    async def open(self, job: Job) -> "RecordingCard":
        self.cards.append(RecordingCard(self))
        return self.cards[-1]


class RecordingCard:
    """Implements bot.cards.Card."""

    def __init__(self, wall: Wall) -> None:
        self.file_limit = wall.file_limit
        self.request_limit = wall.request_limit
        self.moments: list[Moment] = []
        self.attempts: list[Message] = []
        self.is_closed = False
        self._wall = wall
        self._changed = asyncio.Event()

    def show(self, job: Job, moment: Moment) -> None:
        assert not self.is_closed, "shown after it was closed"
        self.moments.append(moment)
        self._changed.set()

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        self.attempts.append(Message(job, tuple(files)))
        self._changed.set()
        if self._wall.failures:
            raise self._wall.failures.pop(0)
        self._wall.messages[job.id] = self.attempts[-1]
        return Delivery(Told.CARD)

    def move(self, job: Job) -> None:
        pass

    async def close(self) -> None:
        self.is_closed = True

    async def sees(self, kind: type | UnionType, times: int = 1) -> None:
        """Wait until moments of this kind were shown."""
        while sum(isinstance(moment, kind) for moment in self.moments) < times:
            self._changed.clear()
            await self._changed.wait()

    async def runs_a_node(self) -> None:
        """Wait until a node that has a title is running."""
        while not any(isinstance(moment, Running) and moment.title for moment in self.moments):
            self._changed.clear()
            await self._changed.wait()

    async def tries(self, times: int) -> None:
        """Wait until so many deliveries were tried."""
        while len(self.attempts) < times:
            self._changed.clear()
            await self._changed.wait()
