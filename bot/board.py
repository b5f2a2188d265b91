"""What the waiting are told of their places: often enough to be true, and seldom enough for hundreds of cards.

Discord counts a time down by itself, so a card is drawn anew only where its place, or the time, became another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from bot.cards import Away, Waiting
from bot.ledger import now
from bot.line import Line, Standing
from bot.pool import Pool
from bot.turns import Offers, Ticket

_LOOK_SECONDS = 5.0
#: How many cards are drawn anew at a look; those that are next come first.
_MOST_AT_ONCE = 20
#: Places up to here are told exactly; behind them a fifth more or less is no news.
_NEAR = 5
_NEWS = timedelta(seconds=20)


@dataclass
class _Told:
    """What one waiting job was told last, and since when no backend could take it."""

    ticket: Ticket
    moment: Waiting | Away
    wake: Callable[[], None]
    stuck_since: datetime | None = None


class Board:
    """Remembers what each waiting job was told last, and for how long no backend could have taken it."""

    def __init__(self, line: Line, pool: Pool, patience: float) -> None:
        self._line = line
        self._pool = pool
        self._patience = timedelta(seconds=patience)
        self._told: dict[str, _Told] = {}

    def is_hopeless(self, job_id: str) -> bool:
        """Tell whether no backend could take a job for longer than anybody is asked to wait."""
        told = self._told.get(job_id)
        return told is not None and told.stuck_since is not None and now() - told.stuck_since > self._patience

    def waiting(self, ticket: Ticket, wake: Callable[[], None]) -> Waiting | Away:
        """Return what a waiting job's card says; `wake` is called once it should say something else."""
        can_go = bool(self._pool.offers(ticket))
        moment = self._moment(ticket, self._line.standing(ticket.job_id), can_go=can_go)
        told = self._told.get(ticket.job_id)
        if told is None:
            is_kept = can_go or self._is_drained() or self._line.is_paused(ticket.guild_id)
            told = _Told(ticket, moment, wake, None if is_kept else now())
            self._told[ticket.job_id] = told
        elif is_news(told.moment, moment, now()):
            told.moment = moment
        return told.moment

    def forget(self, job_id: str) -> None:
        self._told.pop(job_id, None)

    def tell(self) -> None:
        """Wake those of whom something else can be told now, the next ones first, and not too many at once."""
        at, standings = now(), self._line.standings()
        offers = Offers(self._pool.offers, among=[backend.name for backend in self._pool])
        news, is_drained = list[tuple[int, _Told]](), self._is_drained()
        for job_id, told in self._told.items():
            if standing := standings.get(job_id):
                can_go = bool(offers(told.ticket))
                # Who is held back by an admin does not wait for a backend.
                is_kept = can_go or is_drained or self._line.is_paused(told.ticket.guild_id)
                told.stuck_since = None if is_kept else told.stuck_since or at
                moment = self._moment(told.ticket, standing, can_go=can_go)
                if self.is_hopeless(job_id) or is_news(told.moment, moment, at):
                    news.append((standing.position, told))
        for _, told in sorted(news, key=itemgetter(0))[:_MOST_AT_ONCE]:
            told.wake()

    async def run(self) -> None:
        """Tell for as long as the bot runs."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._told:
                self.tell()

    def _is_drained(self) -> bool:
        """Tell whether whoever runs the bot took a backend out of service: they will give it back."""
        return any(backend.is_drained for backend in self._pool)

    def _moment(self, ticket: Ticket, standing: Standing, *, can_go: bool) -> Waiting | Away:
        if self._line.is_paused(ticket.guild_id):
            return Waiting(standing.position, is_paused=True)
        if not can_go:
            return Away(is_drained=self._is_drained())
        is_paused = all(backend.is_paused for backend in self._pool if backend.is_up)
        if is_paused or standing.starts_in is None or not standing.position:
            return Waiting(standing.position)
        return Waiting(standing.position, (now() + timedelta(seconds=standing.starts_in)).replace(microsecond=0))


def is_news(told: Waiting | Away, moment: Waiting | Away, at: datetime) -> bool:
    """Tell whether somebody who was told the one wants to be told the other. Pure."""
    if not (isinstance(told, Waiting) and isinstance(moment, Waiting)):
        return told != moment
    if told.is_paused or moment.is_paused:
        # Nobody's place moves while nothing of their server does.
        return told.is_paused != moment.is_paused
    nearest = min(told.position, moment.position)
    if abs(told.position - moment.position) > (0 if nearest <= _NEAR else nearest / 5):
        return True
    if told.starts_at is None or moment.starts_at is None:
        return told.starts_at is None and moment.starts_at is not None
    return abs(told.starts_at - moment.starts_at) > max(_NEWS, (moment.starts_at - at) / 4)
