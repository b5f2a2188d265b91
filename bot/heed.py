"""Act upon signals for as long as something runs."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Generator, Mapping
from types import FrameType


@contextlib.contextmanager
def heeding(acts: Mapping[signal.Signals, Callable[[], None]]) -> Generator[None]:
    """Act upon signals for the length of the block.

    The loop's own handlers learn of a signal through the pipe that threads wake it by; while that is full, a signal is
    lost.
    """
    loop = asyncio.get_running_loop()

    def heed(number: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(acts[signal.Signals(number)])

    before = {name: signal.signal(name, heed) for name in acts}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
