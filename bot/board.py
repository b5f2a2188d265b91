"""What the waiting are told of their places: often enough to be true, and seldom enough for hundreds of cards.

Discord counts a time down by itself, so a card is drawn anew only where its place, or the time, became another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.cards import Away, Waiting
from bot.ledger import now
from bot.line import Line, Standing
from bot.pool import Pool

_LOOK_SECONDS = 5.0
#: How many cards are drawn anew at a look; those that are next come first.
_MOST_AT_ONCE = 20
#: Places up to here are told exactly; behind them a fifth more or less is no news.
_NEAR = 5
_NEWS = timedelta(seconds=20)


class Board:
    """Remembers what each waiting job was told last, and for how long there has been no backend at all."""

    def __init__(self, line: Line, pool: Pool, patience: float) -> None:
        self._line = line
        self._pool = pool
        self._patience = patience
        self._alone_since: datetime | None = None
        self._told: dict[str, Waiting | Away] = {}
        self._wakes: dict[str, Callable[[], None]] = {}

    @property
    def is_hopeless(self) -> bool:
        """Whether no backend has answered for longer than anybody is asked to wait."""
        return self._alone_since is not None and (now() - self._alone_since).total_seconds() > self._patience

    def waiting(self, job_id: str, wake: Callable[[], None]) -> Waiting | Away:
        """Return what a waiting job's card says; `wake` is called once it should say something else."""
        told, moment = self._told.get(job_id), self._moment(self._line.standing(job_id))
        if told is None or is_news(told, moment, now()):
            told = self._told[job_id] = moment
        self._wakes[job_id] = wake
        return told

    def forget(self, job_id: str) -> None:
        self._told.pop(job_id, None)
        self._wakes.pop(job_id, None)

    def tell(self) -> None:
        """Wake those of whom something else can be told now, the next ones first, and not too many at once."""
        at, standings = now(), self._line.standings()
        self._alone_since = None if any(backend.is_up for backend in self._pool) else self._alone_since or at
        news = [
            job_id
            for job_id, told in self._told.items()
            if (standing := standings.get(job_id)) and (self.is_hopeless or is_news(told, self._moment(standing), at))
        ]
        for job_id in sorted(news, key=lambda job_id: standings[job_id].position)[:_MOST_AT_ONCE]:
            self._wakes[job_id]()

    async def run(self) -> None:
        """Tell for as long as the bot runs."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._told:
                self.tell()

    def _moment(self, standing: Standing) -> Waiting | Away:
        up = [backend for backend in self._pool if backend.is_up]
        if not up:
            return Away()
        is_paused = all(backend.is_paused for backend in up)
        if is_paused or standing.starts_in is None or not standing.position:
            return Waiting(standing.position)
        return Waiting(standing.position, (now() + timedelta(seconds=standing.starts_in)).replace(microsecond=0))


def is_news(told: Waiting | Away, moment: Waiting | Away, at: datetime) -> bool:
    """Tell whether somebody who was told the one wants to be told the other. Pure."""
    if not (isinstance(told, Waiting) and isinstance(moment, Waiting)):
        return told != moment
    nearest = min(told.position, moment.position)
    if abs(told.position - moment.position) > (0 if nearest <= _NEAR else nearest / 5):
        return True
    if told.starts_at is None or moment.starts_at is None:
        return told.starts_at is None and moment.starts_at is not None
    return abs(told.starts_at - moment.starts_at) > max(_NEWS, (moment.starts_at - at) / 4)
