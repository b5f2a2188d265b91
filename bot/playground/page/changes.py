"""Which messages changed since when, found out once for all seats."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.playground.discord.interactions import answered_by
from bot.playground.discord.state import Message
from bot.playground.discord.world import World

_LONG = 3600.0  # seconds

Look = tuple[object, ...]


@dataclass(eq=False, repr=False)
class Changes:
    """Numbers the changes of messages, so that each seat can ask what is new since its last look.

    Each message stands here once, under its latest number: a seat that was slow finds the newest state.
    """

    world: World
    latest: int = 0
    _looks: dict[int, Look] = field(default_factory=dict[int, Look])
    _order: dict[int, int] = field(default_factory=dict[int, int])

    def scan(self) -> None:
        """Look at every message, and number those that are not as they were."""
        for key, message in self.world.messages.items():
            look = _look(message)
            if self._looks.get(key) != look:
                self._looks[key] = look
                self.latest += 1
                self._order.pop(key, None)
                self._order[key] = self.latest

    def since(self, number: int) -> list[Message]:
        """Return what changed after that number, in the order in which it did."""
        newer = itertools.takewhile(lambda item: item[1] > number, reversed(self._order.items()))
        return [self.world.messages[key] for key, _ in newer][::-1]

    async def rung(self) -> None:
        """Wait for the world's bell, or the blink of an eye."""
        looks: Iterator[int] = itertools.count()
        await self.world.until(lambda: next(looks), timeout=_LONG)


def _look(message: Message) -> Look:
    """What a change cannot but change: each edit is kept, the rest happens without one."""
    ran_out = message.loading and message.use is not None and message.use.failed is not None
    answered = answered_by(message)
    reply = (answered.id, answered.deleted) if answered is not None else None
    return len(message.edits), message.flags, message.deleted, ran_out, reply
