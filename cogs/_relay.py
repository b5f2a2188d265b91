"""How progress reaches a card: the newest state wins, one edit is in flight, and edits by channel share one pace."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.bot import Familiar
from bot.cards import Moment, Running, TooLarge, Undeliverable, Waiting
from bot.jobs import Job, now
from cogs._spot import Spot
from workflows.errors import Unavailable
from workflows.events import Preview

log = logging.getLogger(__name__)

Draw = Callable[[Job, Moment], Awaitable[None]]
Turn = Callable[[Moment], Awaitable[None]]

#: What stands for all channels together, which share a limit too.
_ALL_CHANNELS = -1
#: Of the edits by channel, in seconds: some are left for results. Discord was seen to take five in five seconds, and
#: says that it takes three in six of messages that are over an hour old.
_EDIT_SECONDS, _OLD_EDIT_SECONDS = 2.0, 4.0
_OLD = timedelta(hours=1)
#: Of the edits by channel, in all channels together: Discord takes fifty calls a second.
_ALL_SECONDS = 0.05
#: A place in line that moved is less urgent than a run: so many paces.
_CALM = 3
#: How slow a card may become: so many paces.
_SLOWEST = 16
#: In seconds. The library waits by itself where Discord asks it to; an edit that took so long was held back.
_HELD_BACK = 1.0
_NO_NEWS = timedelta(seconds=5)


class Relay:
    """Shows the newest moment of one job by editing its card, no faster than its pace.

    Frames have a pace of their own: in between, words change under the one that is there.
    """

    def __init__(
        self,
        name: str,
        draw: Draw,
        turn: Turn,
        pace: float,
        shown: Moment | None,
        *,
        frame_pace: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._name = name
        self._draw = draw
        self._turn = turn
        self._pace = pace
        self._frame_pace = frame_pace
        self._slowness = 1
        #: What the message shows already; there is no need to say it twice.
        self._shown = shown
        self._newest: tuple[Job, Moment] | None = None
        self._edited_at = self._framed_at = float("-inf")
        self._is_editing = False
        self._is_over = False
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"card {name}")

    def show(self, job: Job, moment: Moment) -> None:
        self._newest = job, moment
        self._changed.set()

    def redraw(self, job: Job, moment: Moment) -> None:
        """Show a moment also where it is shown already: there is more to say beside it."""
        self._shown = None
        self.show(job, moment)

    @property
    def is_over(self) -> bool:
        """Whether there is no use in showing anything any more."""
        return self._task.done()

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
            await self._news()
            await self._due()
            self._changed.clear()
            if self._newest is None or says_the_same(self._shown, self._paced(self._newest[1])):
                continue
            await self._turn(self._newest[1])
            job, moment = self._newest
            if not await self._edit(job, self._paced(moment)):
                return

    async def _news(self) -> None:
        """Wait until there is something to show, or a frame that was held back may be shown."""
        is_held = self._newest is not None and not says_the_same(self._shown, self._newest[1])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._until_frame()) if is_held else None):
                await self._changed.wait()

    def _paced(self, moment: Moment) -> Moment:
        """Return a moment with the frame that is shown already, as long as the next one has to wait."""
        if not isinstance(moment, Running) or moment.preview is None or self._until_frame() <= 0:
            return moment
        return replace(moment, preview=_frame(self._shown))

    def _until_frame(self) -> float:
        return self._framed_at + self._frame_pace() * self._slowness - time.monotonic()

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
        if _frame(moment) not in (None, _frame(self._shown)):
            self._framed_at = time.monotonic()
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
    if isinstance(shown, Waiting) and isinstance(moment, Waiting) and _is_same_time(shown.starts_at, moment.starts_at):
        return replace(shown, starts_at=None) == replace(moment, starts_at=None)
    if isinstance(shown, Running) and isinstance(moment, Running) and _is_same_time(shown.ends_at, moment.ends_at):
        return replace(shown, ends_at=None) == replace(moment, ends_at=None)
    return shown == moment


def _is_same_time(shown: datetime | None, told: datetime | None) -> bool:
    """Tell whether two estimates are the same one, made a moment later."""
    return shown is not None and told is not None and abs(shown - told) < _NO_NEWS


def _frame(moment: Moment | None) -> Preview | None:
    return moment.preview if isinstance(moment, Running) else None


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


class Turns:
    """When one card may be edited by its channel; by its interaction's token it always may."""

    def __init__(self, bot: Familiar, spot: Spot) -> None:
        self._bot = bot
        self._spot = spot
        #: Of the card's channel, and of all channels together.
        self._paces: tuple[ChannelPace, ChannelPace] | None = None

    async def wait(self, moment: Moment) -> None:
        """Wait for the turn of a progress."""
        if self._is_by_channel:
            channel, whole = self._held_paces()
            await channel.turn(self._seconds, can_wait=isinstance(moment, Waiting))
            await whole.turn(_ALL_SECONDS, can_wait=isinstance(moment, Waiting))

    def spend(self) -> None:
        """Take a turn without waiting for it."""
        if self._is_by_channel:
            channel, whole = self._held_paces()
            channel.spend(self._seconds)
            whole.spend(_ALL_SECONDS)

    @property
    def _is_by_channel(self) -> bool:
        return self._spot.webhook() is None and not self._spot.is_private

    @property
    def _seconds(self) -> float:
        return _OLD_EDIT_SECONDS if now() - self._spot.job.created_at > _OLD else _EDIT_SECONDS

    def _held_paces(self) -> tuple[ChannelPace, ChannelPace]:
        if self._paces is None:
            channel_id = self._spot.job.channel_id or 0
            self._paces = channel_pace(self._bot, channel_id), channel_pace(self._bot, _ALL_CHANNELS)
        return self._paces
