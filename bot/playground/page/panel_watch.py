"""Looks behind the scenes for as long as anybody watches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.page.ports import Json, PanelSource

log = logging.getLogger(__name__)

PACE = 0.5  # seconds between two looks


@dataclass(eq=False, repr=False)
class PanelWatch:
    """One look serves all who watch; `number` grows with each that showed something else."""

    source: PanelSource | None
    ring: Callable[[], None]
    shown: Json | None = None
    number: int = 0
    _watchers: set[object] = field(default_factory=set[object])
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def watch(self, who: object, panel: bool) -> None:
        if panel and self.source is not None:
            self._watchers.add(who)
            self._wanted.set()
        else:
            self._watchers.discard(who)

    def watched_by(self, who: object) -> bool:
        return who in self._watchers

    async def run(self) -> None:
        """Go on looking; a look that fails is logged, and the last one stands."""
        while True:
            await self._wanted.wait()
            if self._watchers:
                await self._look()
                await asyncio.sleep(PACE)
            else:
                self._wanted.clear()

    async def _look(self) -> None:
        assert self.source is not None
        try:
            shown = await self.source.look()
        except Exception:
            log.exception("the panel could not be read")
            return
        if shown != self.shown:
            self.shown = shown
            self.number += 1
            self.ring()
