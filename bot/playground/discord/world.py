"""Everything there is, in one place, and the bell that rings on each change."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from bot.playground.discord.state import Channel, Guild, Json, Message, StoredAttachment, Use, User

T = TypeVar("T")
GLANCE = 0.02  # seconds
EPOCH_MS = 1420070400000  # Discord's snowflakes count from 2015


@dataclass
class Clock:
    """Wall time that tests may push forward."""

    offset: float = 0.0

    def now(self) -> float:
        return time.time() + self.offset


class Request(NamedTuple):
    """One call of the bot: method, route template, status."""

    method: str
    route: str
    status: int


@dataclass(frozen=True)
class Refusal:
    """A call that was answered with 400 or more."""

    method: str
    route: str
    path: str
    status: int
    body: Json
    at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def code(self) -> int:
        return int(self.body.get("code", 0))


def _ignore(_event: str, _data: Json, _guild: Guild | None, _intents: int) -> None:
    """Stands in until a gateway listens."""


@dataclass(eq=False, repr=False)
class World:
    """Everything there is, and the bell that rings on each change."""

    clock: Clock = field(default_factory=Clock)
    bot: User = field(init=False)
    max_upload: int = 10 * 1024 * 1024
    # What a person may attach is more than what a bot may post: 20 MB were seen in clients, against 10 for bots.
    max_user_upload: int = 20 * 1024 * 1024
    cdn_url: str = ""
    guilds: dict[int, Guild] = field(default_factory=dict[int, Guild])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel], repr=False)
    users: dict[int, User] = field(default_factory=dict[int, User])
    messages: dict[int, Message] = field(default_factory=dict[int, Message])
    files: dict[int, StoredAttachment] = field(default_factory=dict[int, StoredAttachment])
    uses: dict[str, Use] = field(default_factory=dict[str, Use])
    commands: dict[str, Json] = field(default_factory=dict[str, Json], repr=False)
    creates: list[float] = field(default_factory=list[float])
    requests: list[Request] = field(default_factory=list[Request])
    refused: list[Refusal] = field(default_factory=list[Refusal])
    #: Whether the application was given the message content intent: without it, reads come back empty too.
    reads_content: bool = False
    send: Callable[[str, Json, Guild | None, int], None] = _ignore
    #: Grows with each change, for those who look now and then.
    revision: int = 0
    _serial: int = 0
    _waiting: set[asyncio.Event] = field(default_factory=set[asyncio.Event])

    def __post_init__(self) -> None:
        self.bot = User(self.snowflake(), "Familiar", bot=True)
        self.users[self.bot.id] = self.bot

    def snowflake(self) -> int:
        self._serial += 1
        return (int(self.clock.now() * 1000) - EPOCH_MS) << 22 | (self._serial & 0x3FFFFF)

    def changed(self) -> None:
        self.revision += 1
        for bell in self._waiting:
            bell.set()

    async def until(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:
        """Wait until the predicate holds; gives what it returned.

        It is asked again on each change, and now and then besides: it may look at the bot's own state.
        """
        bell = asyncio.Event()
        self._waiting.add(bell)
        try:
            async with asyncio.timeout(timeout):
                while not (value := predicate()):
                    # Not `wait_for`: it may swallow the timeout around it (Python 3.11).
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(GLANCE):
                            await bell.wait()
                    bell.clear()
        except TimeoutError as error:
            raise TimeoutError(f"still waiting after {timeout:g} s{self.last_refusals()}") from error
        finally:
            self._waiting.discard(bell)
        return value

    def last_refusals(self) -> str:
        """Why a wait may have failed, for the message of its error."""
        lines = [f"\n  {r.method} {r.path} -> {r.status} {r.body}" for r in self.refused[-3:]]
        return "; last refusals:" + "".join(lines) if lines else ""
