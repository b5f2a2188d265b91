"""Kill the real process at every request that changes anything; the next one ends the job as if nothing had been.

There is no list of requests here: each story is told once in peace, and then again for each changing request that any
telling of it was seen to make, once with the strike before it is done, and once after that and before the answer.
"""

import asyncio
import contextlib
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.playground.discord import LocalChannel, LocalMember, Message, Permissions, Use
from tests.cogs.atelier import PHOTO, Atelier, buttons, fixture, furnished, job_id, numbers, text
from tests.cogs.serving import Forked, Serving

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
#: What only asks, although it is posted.
ASKS = {"POST /api/v1/queue/{queue_id}/item_summaries_by_ids"}
#: What a bot that is being stopped has to say to whoever presses a button.
WORDS = "POST /api/v10/webhooks/{application_id}/{token}"
LANES = 2
PATIENCE = 12.0
#: How long a request is held back after SIGTERM: it must find the bot in the middle of it.
HELD = 0.1

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, order=True)
class Strike:
    """At which request: the so many-th of its kind."""

    request: str
    number: int
    before: bool


@dataclass
class Reaper:
    """Counts the changing requests of one telling, and strikes at one of them."""

    serving: Serving
    how: signal.Signals
    strike: Strike | None = None
    seen: Counter[str] = field(default_factory=Counter[str])
    #: What was seen before the strike, or at all without one.
    first: Counter[str] = field(default_factory=Counter[str])
    has_struck: bool = False

    def await_(self, strike: Strike | None) -> None:
        self.strike, self.has_struck = strike, False
        self.seen.clear()
        self.first.clear()

    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        kind = f"{request.method} {resource.canonical if resource else request.path}"
        if request.method not in CHANGING or kind in ASKS:
            return await handler(request)
        self.seen[kind] += 1
        if not self.has_struck:
            self.first[kind] += 1
        due = self.strike and (self.strike.request, self.strike.number) == (kind, self.seen[kind])
        if not self.strike or not due or self.has_struck:
            return await handler(request)
        self.has_struck = True
        return await self._strike(request, handler, before=self.strike.before)

    async def _strike(self, request: web.Request, handler: Handler, *, before: bool) -> web.StreamResponse:
        kills = self.how is signal.SIGKILL
        answer = web.Response(status=503) if before and kills else None
        if not before:
            answer = await handler(request)
        self.serving.send(self.how)
        if kills:
            await self.serving.gone()
            if request.transport:
                request.transport.abort()
        else:
            await asyncio.sleep(HELD)
        return answer or await handler(request)


@dataclass
class Telling:
    """One member in a channel of their own, who asks for one thing."""

    atelier: Atelier
    who: LocalMember
    channel: LocalChannel
    use: Use

    @property
    def card(self) -> Message | None:
        return self.use.original

    def row(self) -> dict[str, Any]:
        """Return the one job of this telling as the database has it; nothing where there is none yet."""
        query = "SELECT * FROM jobs WHERE user_id = ?"
        with contextlib.closing(sqlite3.connect(self.atelier.database, timeout=5)) as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(query, (self.who.user.id,)).fetchall()
        assert len(rows) < 2
        return dict(rows[0]) if rows else {}

    def is_over(self) -> bool:
        return self.row().get("state") == "closed" and self.atelier._is_tidy()


@dataclass(frozen=True)
class Story:
    """What a member asks for, what happens meanwhile, and what must be there at the end."""

    document: Mapping[str, Any] | bytes
    options: Mapping[str, object]
    outcome: str
    #: How many files its messages have: those in the channel, and those that are sent directly.
    on_card: tuple[int, ...]
    direct: tuple[int, ...]
    #: What the card says at the end.
    says: str
    #: What the world does, in each life for as long as it still matters.
    meanwhile: Callable[[Telling], Awaitable[None]] | None = None
    step_seconds: float = 0.002
    #: What Discord refuses on the way.
    refused: frozenset[int] = frozenset()
    is_private: bool = False


async def cancel_in_mid_run(telling: Telling) -> None:
    """Press the button once the picture is being made, again and again until the bot has heard of it."""
    atelier = telling.atelier
    await atelier.discord.until(lambda: telling.card, PATIENCE)
    await atelier.discord.until(
        lambda: any(item.status == "in_progress" for item in atelier.invoke.items.values()), PATIENCE
    )
    row = telling.row()
    if telling.card and row["cancel_requested_at"] is None and row["outcome"] is None:
        await telling.who.press(telling.card, "Cancel")


async def take_the_channel_away(telling: Telling) -> None:
    """Let the bot see its card no more once it stands, and let the work begin only then."""
    atelier = telling.atelier
    await atelier.discord.until(lambda: telling.row().get("message_id"), PATIENCE)
    telling.channel.overwrite(telling.who.guild.bot, deny=Permissions.VIEW_CHANNEL)
    telling.use.expired = True
    await atelier.invoke.resume()


STORIES = {
    "one picture": Story(fixture("blur"), {"photo": PHOTO}, "completed", (1,), (), "Fog glass"),
    "many results": Story(numbers(23), {}, "completed", (10, 10, 4), (), "Many"),
    "a private run": Story(fixture("blur"), {"photo": PHOTO}, "completed", (1,), (), "Fog glass", is_private=True),
    "a failure": Story(fixture("failing"), {"photo": PHOTO}, "failed", (0,), (), "❌"),
    "a cancel": Story(
        fixture("slow"), {"steps": 60}, "cancelled", (0,), (), "🛑 Cancelled", cancel_in_mid_run, step_seconds=0.3
    ),
    "a lost channel": Story(
        numbers(11), {}, "completed", (0,), (10, 2), "", take_the_channel_away, refused=frozenset({50027, 50001, 50013})
    ),
}


@dataclass
class Book:
    """What is to be told, and what came of it."""

    known: dict[str, int] = field(default_factory=dict[str, int])
    tried: set[Strike] = field(default_factory=set[Strike])
    struck: set[Strike] = field(default_factory=set[Strike])
    #: What one telling in peace changes, but for the progress on the card.
    whole: Counter[str] = field(default_factory=Counter[str])

    def learn(self, seen: Counter[str]) -> None:
        for kind, count in seen.items():
            self.known[kind] = max(count, self.known.get(kind, 0))

    def all(self) -> list[Strike]:
        return [
            Strike(kind, number, before)
            for kind, count in self.known.items()
            for number in range(1, count + 1)
            for before in (True, False)
        ]

    def take(self) -> Strike | None:
        """Return a strike that was not tried yet."""
        strike = next((strike for strike in self.all() if strike not in self.tried), None)
        if strike:
            self.tried.add(strike)
        return strike


@dataclass
class Lane:
    """Two stand-ins, the process between them, and one telling after the other."""

    story: Story
    book: Book
    atelier: Atelier
    serving: Serving
    reaper: Reaper
    command: str
    told: int = 0

    async def tell(self, strike: Strike | None) -> None:
        self.told += 1
        atelier, guild = self.atelier, self.atelier.place.guild
        who, channel = guild.add_member(f"P{self.told}"), guild.add_channel(f"c{self.told}")
        atelier.invoke.count_anew()
        if self.story.direct:
            await atelier.invoke.pause()
        self.reaper.await_(strike)
        if self.story.is_private:
            atelier.prefer(who, private=True)
        telling = Telling(atelier, who, channel, await who.slash(channel, self.command, self.story.options))
        try:
            await self._live(telling, lambda: self.reaper.has_struck or telling.is_over())
            if self.reaper.has_struck:
                await self._die()
                await self._live(telling, telling.is_over)
            self._read(telling, strike)
        except (AssertionError, TimeoutError) as error:
            error.add_note(f"{strike}; {dict(self.reaper.seen)}; {telling.row()}\n{self.serving.logged()[-4000:]}")
            raise

    async def _live(self, telling: Telling, over: Callable[[], object]) -> None:
        meanwhile = asyncio.create_task(self._meanwhile(telling))
        try:
            await self.atelier.discord.until(over, PATIENCE)
        finally:
            meanwhile.cancel()
            await asyncio.wait({meanwhile})

    async def _meanwhile(self, telling: Telling) -> None:
        if self.story.meanwhile:
            with contextlib.suppress(TimeoutError):
                await self.story.meanwhile(telling)

    async def _die(self) -> None:
        code, logged = await self.serving.ended()
        assert code == (-signal.SIGKILL if self.reaper.how is signal.SIGKILL else 0)
        assert_quiet(logged)
        await self.serving.start()

    def _read(self, telling: Telling, strike: Strike | None) -> None:
        row, messages = telling.row(), telling.channel.everything
        assert_quiet(self.serving.logged())
        assert row["attempt"] == 1
        if self.reaper.has_struck and strike:
            self.book.struck.add(strike)
        if telling.card is None:
            # Its member was told that the bot did not respond.
            assert strike and strike.request.startswith("POST /api/v10/interactions")
            assert (row["outcome"], messages, telling.who.dm.messages) == ("cancelled", [], [])
            assert self.atelier.invoke.batches == 0
        else:
            self._read_card(telling, row, telling.card)
        self.book.learn(self.reaper.first)
        if strike is None:
            self.book.whole = peaceful(self.reaper.seen)
        if self.reaper.how is signal.SIGTERM and telling.card:
            assert dict(peaceful(self.reaper.seen)) == dict(self.book.whole)
        assert {r.code for r in self.atelier.refusals()} <= {*self.story.refused, 0, 10015}

    def _read_card(self, telling: Telling, row: Mapping[str, Any], card: Message) -> None:
        story = self.story
        assert row["outcome"] == story.outcome, row["problem"]
        assert self.atelier.invoke.batches == 1
        there = [message for message in telling.channel.everything if not message.deleted]
        # What a bot that is being stopped says to whoever presses a button is for them alone, and in words.
        words = [message for message in there if message.ephemeral and not story.is_private]
        assert not any(message is card or message.attachments for message in words)
        shown_there = [message for message in there if message not in words]
        assert all(message.ephemeral == story.is_private for message in shown_there)
        assert tuple(len(message.attachments) for message in shown_there) == story.on_card
        assert tuple(len(message.attachments) for message in telling.who.dm.messages) == story.direct
        told = telling.who.dm.messages[0] if story.direct else card
        assert story.says in text(told)
        assert ("❌" in text(told)) is (story.outcome == "failed")
        assert job_id(told) == row["id"]
        assert story.direct or "Cancel" not in buttons(card)
        shown = [len(snapshot.attachments) for message in shown_there for snapshot in message.edits]
        assert self.reaper.how is signal.SIGKILL or len([count for count in shown if count]) <= 1


def peaceful(seen: Counter[str]) -> Counter[str]:
    """Return what a telling changed, but for what was shown and said: how much progress a card shows, is chance."""
    return Counter({kind: count for kind, count in seen.items() if not kind.startswith("PATCH") and kind != WORDS})


def assert_quiet(logged: str) -> None:
    assert not [line for line in logged.splitlines() if " ERROR " in line or "Traceback" in line]


@pytest.fixture(autouse=True)
def _cut_requests(complaints: list[str]) -> None:
    """What both servers say of a request whose sender died."""
    complaints += ["Error handling request", "an unhandled error"]


@contextlib.asynccontextmanager
async def opened(story: Story, how: signal.Signals, book: Book, folder: Path) -> AsyncIterator[Lane]:
    async with AsyncExitStack() as stack:
        atelier = await stack.enter_async_context(furnished(folder, with_bot=False, step_seconds=story.step_seconds))
        # Long enough for one edit of progress, and then the results.
        serving = Forked(atelier, progress_seconds=30)
        stack.push_async_callback(serving.close)
        await serving.start()
        command = await atelier.publish(story.document)
        reaper = Reaper(serving, how)
        atelier.discord.faults.around = atelier.invoke.faults.around = reaper.around
        yield Lane(story, book, atelier, serving, reaper, command["name"])


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda how: how.name)
@pytest.mark.parametrize("name", STORIES)
async def test_every_strike_is_survived(name: str, how: signal.Signals, tmp_path: Path) -> None:
    book = Book()
    async with AsyncExitStack() as stack:
        for at in range(LANES):
            (tmp_path / str(at)).mkdir()
        lanes = [
            await stack.enter_async_context(opened(STORIES[name], how, book, tmp_path / str(at))) for at in range(LANES)
        ]
        await lanes[0].tell(None)
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(tell_all(lane))
    # How often progress is shown is chance; everything else that is ever done was struck at.
    assert {kind.partition(" ")[0] for kind, _, _ in missed(book)} <= {"PATCH"}


def missed(book: Book) -> set[tuple[str, int, bool]]:
    return {(strike.request, strike.number, strike.before) for strike in {*book.all()} - book.struck}


async def tell_all(lane: Lane) -> None:
    while strike := lane.book.take():
        await lane.tell(strike)


async def test_three_strikes_are_survived(tmp_path: Path) -> None:
    book = Book()
    async with opened(STORIES["one picture"], signal.SIGKILL, book, tmp_path) as lane:
        await lane.tell(None)
        first, *_, last = strikes = book.all()
        await lane.tell(strikes[len(strikes) // 2])
        await lane.tell(last)
        # A stop in the middle of the answer to the command.
        lane.reaper.how = signal.SIGTERM
        await lane.tell(first)
    assert len(book.struck) == 3
