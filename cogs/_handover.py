"""Before the time of a private card is over: see how the rest can reach its member, and have the card say so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from bot.bot import Familiar
from bot.cards import Moment, Running, TooLarge, Undeliverable, Waiting
from bot.jobs import now
from cogs._direct import announce
from cogs._outcome import long_note, rest_note
from cogs._spot import Spot
from workflows.errors import Unavailable

log = logging.getLogger(__name__)

#: After so long there is time left for the card to say what comes next.
SOON = timedelta(minutes=13)
_TRIES = 3
_PAUSE_SECONDS = 5.0


class Handover:
    """Of one private card. It holds no task until the time has come."""

    def __init__(self, bot: Familiar, spot: Spot, redraw: Callable[[], None]) -> None:
        #: What the card says from now on beside how the job is doing.
        self.note = ""
        #: Whether its member was told to look for the rest among their direct messages.
        self.is_direct = False
        self._bot = bot
        self._spot = spot
        self._redraw = redraw
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        if spot.webhook() is not None:
            left = (spot.token_since + SOON - now()).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(left, 0.0), self.begin)

    def said(self, moment: Moment) -> str:
        """Return what the card says of its own time; before that is short, only where the job may take longer."""
        until = self._spot.token_since + SOON
        match moment:
            case Waiting(starts_at=expected) | Running(ends_at=expected):
                return self.note or (long_note(self._spot.job) if expected and expected > until else "")
            case _:
                return self.note

    def begin(self) -> None:
        """The token is about to die, or is dead. A second time nothing happens."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"handover {self._spot.job.id}")

    async def end(self) -> None:
        """Begin no more; a message that is on its way arrives first, or what follows would not know of it."""
        self._stop_timer()
        if self._task:
            await asyncio.wait({self._task})

    async def close(self) -> None:
        self._stop_timer()
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        job = self._spot.job
        self.is_direct = await self._is_announced()
        self.note = rest_note(job, is_heard=self.is_direct)
        self._redraw()

    async def _is_announced(self) -> bool:
        job = self._spot.job
        for _ in range(_TRIES):
            try:
                await announce(self._bot, job)
            except (Undeliverable, TooLarge) as error:
                log.info("job %s: its private card ends, and no direct message gets through: %s", job.id, error)
                return False
            except Unavailable as error:
                log.info("job %s: its direct message cannot be announced: %s", job.id, error)
                await asyncio.sleep(_PAUSE_SECONDS)
            except Exception:
                log.exception("job %s: its direct message could not be announced", job.id)
                break
            else:
                return True
        # It will be tried again when there is something to tell.
        return True

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
