"""How progress reaches a card: the newest state wins, one edit is in flight, and edits by channel share one pace."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.bot import Familiar
from bot.cards import Moment, TooLarge, Undeliverable, Waiting
from bot.jobs import Job
from workflows.errors import Unavailable

log = logging.getLogger(__name__)

Draw = Callable[[Job, Moment], Awaitable[None]]
Turn = Callable[[Moment], Awaitable[None]]

#: What stands for all channels together, which share a limit too.
ALL_CHANNELS = -1
#: A place in line that moved is less urgent than a run: so many paces.
_CALM = 3
#: How slow a card may become: so many paces.
_SLOWEST = 16
#: In seconds. The library waits by itself where Discord asks it to; an edit that took so long was held back.
_HELD_BACK = 1.0
_NO_NEWS = timedelta(seconds=5)


class Relay:
    """Shows the newest moment of one job by editing its card, no faster than its pace."""

    def __init__(self, name: str, draw: Draw, turn: Turn, pace: float, shown: Moment | None) -> None:
        self._name = name
        self._draw = draw
        self._turn = turn
        self._pace = pace
        self._slowness = 1
        #: What the message shows already; there is no need to say it twice.
        self._shown = shown
        self._newest: tuple[Job, Moment] | None = None
        self._edited_at = float("-inf")
        self._is_editing = False
        self._is_over = False
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"card {name}")

    def show(self, job: Job, moment: Moment) -> None:
        self._newest = job, moment
        self._changed.set()

    async def end(self) -> None:
        """Show nothing any more. The edit in flight ends first: one that arrived after the results would hide them."""
        self._is_over = True
        if not self._is_editing:
            self._task.cancel()
        await asyncio.wait({self._task})

    async def close(self) -> None:
        """Show nothing any more, and wait for nothing."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        while not self._is_over:
            await self._changed.wait()
            await self._due()
            self._changed.clear()
            if self._newest is None or says_the_same(self._shown, self._newest[1]):
                continue
            await self._turn(self._newest[1])
            if not await self._edit(*self._newest):
                return

    async def _due(self) -> None:
        """Wait until what is the newest by then may be shown."""
        while (left := self._edited_at + self._pause() - time.monotonic()) > 0:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._changed.wait()

    def _pause(self) -> float:
        newest = self._newest[1] if self._newest else None
        calm = _CALM if isinstance(newest, Waiting) and isinstance(self._shown, Waiting) else 1
        return self._pace * self._slowness * calm

    async def _edit(self, job: Job, moment: Moment) -> bool:
        """Draw one moment; return whether there is any use in drawing another one."""
        self._shown = moment
        self._is_editing, began, lost = True, time.monotonic(), None
        try:
            await self._draw(job, moment)
        except Undeliverable as error:
            log.info("job %s: no more progress on its card: %s", self._name, error)
            return False
        except (Unavailable, TooLarge) as error:
            log.debug("job %s: an edit was lost: %s", self._name, error)
            lost = error
        except Exception:
            log.exception("job %s: its progress could not be shown", self._name)
        finally:
            self._is_editing, self._edited_at = False, time.monotonic()
        if lost:
            # Nobody knows what the card shows now.
            self._shown = None
            self._changed.set()
        self._slowness = slowness_after(self._slowness, self._edited_at - began, was_lost=lost is not None)
        return True


def says_the_same(shown: Moment | None, moment: Moment) -> bool:
    """Tell whether a card that shows the one need not be changed to show the other. Pure."""
    if isinstance(shown, Waiting) and isinstance(moment, Waiting) and shown.starts_at and moment.starts_at:
        # The same estimate, made a moment later.
        return shown.position == moment.position and abs(shown.starts_at - moment.starts_at) < _NO_NEWS
    return shown == moment


def slowness_after(slowness: int, seconds: float, *, was_lost: bool) -> int:
    """Return how many paces a card rests after an edit that took so long. Pure."""
    if was_lost or seconds > _HELD_BACK:
        return min(_SLOWEST, slowness * 2)
    return max(1, slowness // 2)


class ChannelPace:
    """When the next progress may go to a channel by the bot's own token: all cards there share that limit."""

    def __init__(self) -> None:
        self._line = asyncio.Lock()
        #: Of all that can wait, one stands in the line.
        self._patient = asyncio.Lock()
        self._free_at = 0.0

    async def turn(self, seconds: float, *, can_wait: bool) -> None:
        """Wait for a turn, after which there is none for `seconds`."""
        async with self._patient if can_wait else contextlib.nullcontext(), self._line:
            await asyncio.sleep(max(0.0, self._free_at - time.monotonic()))
            self.spend(seconds)

    def spend(self, seconds: float) -> None:
        """Take a turn without waiting for it: the end of a job goes first."""
        self._free_at = max(self._free_at, time.monotonic()) + seconds


def channel_pace(bot: Familiar, channel_id: int) -> ChannelPace:
    """Return a channel's pace; it lasts for as long as somebody holds it."""
    pace = bot.paces.get(channel_id)
    if pace is None:
        pace = bot.paces[channel_id] = ChannelPace()
    return pace
