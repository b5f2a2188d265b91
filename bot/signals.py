"""How the one who drives a job is told something: that it has its turn, that it shall be cancelled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator


class Signal:
    """One job's bell. It stays rung until `clear`, so nothing that rings between two looks is missed."""

    def __init__(self, *, cancelled: bool = False) -> None:
        self.cancelled = cancelled
        self._rung = asyncio.Event()
        self._resting = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    def wake(self) -> None:
        self._rung.set()
        for listener in self._listeners:
            listener()

    def cancel(self) -> None:
        """Say that the user does not want the job any more; whoever waits for it looks at `cancelled`."""
        self.cancelled = True
        self.wake()

    def clear(self) -> None:
        self._rung.clear()

    async def wait(self) -> None:
        with self.at_rest():
            await self._rung.wait()

    @contextlib.contextmanager
    def at_rest(self) -> Generator[None]:
        """Say for the length of the block that no effect is in flight: whoever stops now cuts nothing off."""
        self._resting.set()
        try:
            yield
        finally:
            self._resting.clear()

    async def rested(self) -> None:
        """Wait until no effect is in flight."""
        await self._resting.wait()

    @contextlib.contextmanager
    def also_wakes(self, listener: Callable[[], None]) -> Generator[None]:
        """Ring something else too, for the length of the block."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)
