"""Whether a backend answers: one that does not is set aside, and comes back with its first good look."""

from __future__ import annotations

import asyncio
import logging

import httpx

from bot.backend import Backend
from workflows.errors import BackendError

log = logging.getLogger(__name__)

_LOOK_SECONDS = 30.0
#: While its queue stands still: somebody may be about to resume it.
_PAUSED_SECONDS = 5.0
#: For how long a probe waits; the server stalls for more than half a second at each item's start.
_PATIENCE = 5.0
#: For how long the reading of everything may take.
_READ_SECONDS = 30.0
#: Between a failed probe and the one that decides.
_SECOND_PROBE_SECONDS = 1.0
#: Between two doubts that are looked into: a thousand jobs may have them, again and again.
_DOUBT_SECONDS = 1.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


async def watch(backend: Backend) -> None:
    """Keep looking at a backend, for as long as it is connected."""
    while True:
        try:
            if backend.is_up:
                await _while_up(backend)
            else:
                await _until_back(backend)
        except Exception:
            log.exception("backend %s could not be looked at", backend.name)
            await asyncio.sleep(_FIRST_PAUSE)


async def _while_up(backend: Backend) -> None:
    """Look every so often, and whenever somebody doubts, until it is set aside."""
    clock = asyncio.get_running_loop().time
    due, doubted_at = clock(), clock() - _DOUBT_SECONDS
    while True:
        why = await _failure(backend)
        if not why and clock() >= due:
            read = await _failed_read(backend)
            # What is known of it stays true for a while; where nothing is, nothing can be given to it.
            why = None if backend.is_known else read
            due = clock() + _LOOK_SECONDS
        if why:
            backend.set_aside(_said(why))
            return
        backend.set_up()
        pause = due - clock()
        if await backend.doubted(min(pause, _PAUSED_SECONDS) if backend.is_paused else pause):
            await asyncio.sleep(doubted_at + _DOUBT_SECONDS - clock())
            doubted_at = clock()


async def _until_back(backend: Backend) -> None:
    """Probe, more and more seldom, until it answers; what it can do may be something else then."""
    pause = _FIRST_PAUSE
    while True:
        await _sign_of_life(backend, pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
        why = await _failed_probe(backend) or await _failed_read(backend)
        if not why:
            backend.set_up()
            return
        log.debug("backend %s is still away: %s", backend.name, _said(why))


async def _sign_of_life(backend: Backend, seconds: float) -> None:
    """Wait for the time to pass, or for the event stream to be connected again."""
    if backend.events.connected:
        await asyncio.sleep(seconds)
    else:
        await backend.events.wait_connected(seconds)


async def _failure(backend: Backend) -> Exception | None:
    """Return why it counts as gone, if it does: no single slow answer is enough, save for one that never answered."""
    why = await _failed_probe(backend)
    if not why or _is_refused(why) or not backend.is_known:
        return why
    await asyncio.sleep(_SECOND_PROBE_SECONDS)
    return await _failed_probe(backend)


async def _failed_probe(backend: Backend) -> Exception | None:
    try:
        async with asyncio.timeout(_PATIENCE):
            await backend.probe()
    except (BackendError, TimeoutError) as error:
        return error
    return None


async def _failed_read(backend: Backend) -> Exception | None:
    try:
        async with asyncio.timeout(_READ_SECONDS):
            await backend.refresh()
    except (BackendError, TimeoutError) as error:
        log.warning("backend %s could not be read: %s", backend.name, _said(error))
        return error
    return None


def _is_refused(error: Exception) -> bool:
    """Tell whether nobody listens at its address: no server that is merely busy does that."""
    return isinstance(error.__cause__, httpx.ConnectError)


def _said(error: Exception) -> str:
    return str(error) or "nothing came in time"
