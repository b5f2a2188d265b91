"""What the life of a job shows to people, without knowing where: a Discord message, or a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.jobs import Job, Place
from bot.media import ResultFile
from workflows.errors import Unavailable
from workflows.events import Preview

#: How many files one message takes. Source: Discord's documented limit.
FILES_PER_MESSAGE = 10


class Told(StrEnum):
    """Where the end of a job was told, or why it could not be."""

    CARD = "card"
    #: By direct message: the card was out of reach.
    DIRECT = "direct"
    #: There never was a card: the member was told by Discord that the bot did not answer.
    NEVER = "never posted"
    #: Somebody deleted the card, so nobody wants to see it there.
    CARD_DELETED = "card deleted"
    CHANNEL_DELETED = "channel deleted"
    #: The bot may not write there any more, and not to the member either.
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Delivery:
    """Where the end of a job was told, and the messages that hold its results, in order."""

    told: Told
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """In line; position 0 is about to start. `starts_at` is what the jobs before it took so far, added up."""

    position: int
    starts_at: datetime | None = None
    #: An admin of the server holds its jobs back.
    is_paused: bool = False


@dataclass(frozen=True)
class Uploading:
    number: int
    total: int
    position: int = 0


@dataclass(frozen=True)
class Running:
    """On the backend. `overall` and `fraction` go from 0 to 1; `fraction` is the running node's own, where it tells.

    `ends_at` goes by what the workflow took so far, or else by how fast it gets on.
    """

    node: int = 0
    nodes: int = 0
    title: str = ""
    step: str = ""
    fraction: float | None = None
    overall: float = 0.0
    item: int = 1
    items: int = 1
    ends_at: datetime | None = None
    #: What the node that denoises has so far.
    preview: Preview | None = None


@dataclass(frozen=True)
class Away:
    """The backend does not answer, has no room, or takes nothing for a while; the same step is tried again."""

    is_full: bool = False
    #: It answers, but with an error of its own.
    is_broken: bool = False
    is_paused: bool = False
    is_drained: bool = False


@dataclass(frozen=True)
class Restarted:
    """The backend restarted under the job, or went away for good; it runs once more, maybe on another one."""

    has_moved: bool = False


@dataclass(frozen=True)
class Cancelling:
    pass


Moment = Waiting | Uploading | Running | Away | Restarted | Cancelling


class Card(Protocol):
    """Where one job is shown."""

    #: The most bytes that one result file may have.
    file_limit: int
    #: The most bytes that all files of one message may have together.
    request_limit: int

    def show(self, job: Job, moment: Moment) -> None:
        """Show how the job is doing. Returns at once and never raises: the newest state wins."""
        ...

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        """Show how the job ended, with its results, and return where. Doing it twice shows it once.

        Raises Unavailable where it may work later, TooLarge where smaller files may, Undeliverable where it never will.
        """
        ...

    def move(self, job: Job) -> None:
        """Go on where the job's row says by now. Returns at once and never raises."""
        ...

    async def close(self) -> None:
        """Stop showing anything."""
        ...


class Unheard(Unavailable):
    """Whoever shows jobs does not answer; no backend is to blame."""


class TooLarge(Exception):
    """The files are over a limit that nobody told us of before."""


class Undeliverable(Exception):
    """The card is gone, or may not be written to any more, and no direct message gets through either."""

    def __init__(self, text: str, why: Told = Told.FORBIDDEN) -> None:
        super().__init__(text)
        self.why = why
