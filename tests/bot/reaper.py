"""Strikes at a chosen effect: counts whatever the bot does to the database, the backend and the card."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.engine import Engine
from bot.jobs import JobStore
from tests.bot.recording import RecordingCard
from workflows.client import InvokeClient
from workflows.errors import Unavailable

#: What only looks. Whatever is not named here counts as an effect, so that a new one cannot be forgotten.
LOOKS = {
    JobStore: {
        *("instance", "get", "open_jobs", "of_user", "assets", "count_left", "left", "known_refs"),
        "closed_sessions",
    },
    InvokeClient: {
        *("version", "schemas", "models", "queue_state", "item", "items", "summaries", "token"),
        *("image", "uploads_marked", "images_of_sessions", "video", "videos_marked", "videos_of_sessions"),
        *("board_images", "style_presets", "library", "library_workflow", "dynamic_prompts"),
    },
}

Call = Callable[..., Awaitable[Any]]


class Killed(BaseException):
    """No part of the bot may catch this."""


@dataclass
class Counter:
    """Counts effects, and strikes at effect number `at`: before it happens, or after it and before it is known."""

    at: int
    before: bool
    names: list[str] = field(default_factory=list[str])

    @property
    def has_struck(self) -> bool:
        return len(self.names) >= self.at

    def watch(self, engine: Engine, card: RecordingCard | None = None) -> None:
        for owner in (engine.store, *(backend.client for backend in engine.pool)):
            for name, method in inspect.getmembers(owner, inspect.iscoroutinefunction):
                if not name.startswith("_") and name not in LOOKS[type(owner)]:
                    setattr(owner, name, self._watched(name, method, owner))
        if card:
            setattr(card, "deliver", self._watched("deliver", card.deliver, card))  # noqa: B010  types would forbid it

    def _watched(self, name: str, act: Call, owner: object) -> Call:
        async def watched(*args: Any, **options: Any) -> Any:
            self.check()
            self.names.append(name)
            if len(self.names) != self.at:
                try:
                    return await act(*args, **options)
                finally:
                    self.check()
            if self.before:
                return await self.strike(owner, lambda: act(*args, **options))
            answer = await act(*args, **options)
            return await self.strike(owner, lambda: given(answer))

        return watched

    def check(self) -> None:
        """Raise where nothing may go on."""

    async def strike(self, owner: object, act: Callable[[], Awaitable[Any]]) -> Any:
        raise NotImplementedError


async def given(answer: Any) -> Any:
    return answer


@dataclass
class Reaper(Counter):
    """Kills the way a power cut does: nothing that the bot would have done afterwards happens."""

    dead: asyncio.Event = field(default_factory=asyncio.Event)

    def check(self) -> None:
        if self.dead.is_set():
            raise Killed

    async def strike(self, owner: object, act: Callable[[], Awaitable[Any]]) -> Any:
        self.dead.set()
        raise Killed


@dataclass
class Saboteur(Counter):
    """Cuts one connection, or fills the disk for one write."""

    async def strike(self, owner: object, act: Callable[[], Awaitable[Any]]) -> Any:
        if not isinstance(owner, JobStore):
            raise Unavailable("the line was cut")
        # SQLite answers in this process, so of an answer there is nothing to lose.
        await owner._db.execute("PRAGMA query_only = ON")
        try:
            return await act()
        finally:
            await owner._db.execute("PRAGMA query_only = OFF")
