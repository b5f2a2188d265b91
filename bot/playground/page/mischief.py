"""The mischief box: things that go wrong at a click, so that one sees with one's own eyes that nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from bot.playground.discord import ClientRefusal, LocalDiscord
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.page.bot_process import BotProcess
from bot.playground.page.ports import Json

_SOCKET_SECONDS = 5.0
_FREEZE_SECONDS = 5.0
_REFUSE_SECONDS = 10.0
_REAL = "This is a real InvokeAI: whatever else uses it would suffer too."


@dataclass(frozen=True)
class Trick:
    """One thing to do. `why` tells why it cannot be done at the moment; empty where it can."""

    name: str
    title: str
    hint: str
    do: Callable[[], Awaitable[str]] = field(repr=False)
    why: str = ""

    def offer(self) -> Json:
        told = {"name": self.name, "title": self.title, "hint": self.hint}
        return {**told, "available": not self.why, "why": self.why}


class Mischief:
    """Offers what can go wrong with the bot, with Discord and, unless that is somebody's real one, with InvokeAI."""

    def __init__(self, discord: LocalDiscord, bot: BotProcess, invoke: LocalInvokeAI | None) -> None:
        self._discord = discord
        self._bot = bot
        self._invoke = _Backend(invoke) if invoke else None
        self._turn = asyncio.Lock()

    def offers(self) -> list[Json]:
        """Tell what there is at this moment; of a pair, such as kill and start, the one that makes sense."""
        return [trick.offer() for trick in self._tricks()]

    async def do(self, name: str) -> str:
        """Do it, and return what happened in a sentence. Raises ClientRefusal where it cannot be done."""
        async with self._turn:
            trick = next((trick for trick in self._tricks() if trick.name == name), None)
            if trick is None:
                raise ClientRefusal("That has changed meanwhile. Please look again.")
            if trick.why:
                raise ClientRefusal(trick.why)
            return await trick.do()

    def troubles(self) -> list[str]:
        """Return what InvokeAI suffers from at this moment, a few words each."""
        return list(self._invoke.troubles()) if self._invoke else []

    def close(self) -> None:
        """Let what holds still go on."""
        if self._invoke:
            self._invoke.thaw()

    def _tricks(self) -> Iterator[Trick]:
        yield from self._bot_tricks()
        yield from self._discord_tricks()
        if self._invoke:
            yield from self._invoke.tricks()
        else:
            yield Trick("kill_invoke", "Kill InvokeAI", "Only with the one that the demo brings.", _never, _REAL)

    def _bot_tricks(self) -> Iterator[Trick]:
        if not self._bot.running:
            hint = "It takes up every job where it was left, on the cards that are there."
            yield Trick("start_bot", "Start the bot again", hint, self._start_bot)
            return
        hint = "Like a power cut: cards stand still, and go on when you start it again."
        yield Trick("kill_bot", "Kill the bot", hint, self._kill_bot)
        hint = "As for an update: what is in flight ends, the rest waits for the next start."
        yield Trick("stop_bot", "Stop the bot politely", hint, self._stop_bot)

    def _discord_tricks(self) -> Iterator[Trick]:
        gone = "" if self._bot.running else "The bot does not run."
        hint = "The bot loses its connection for a moment, takes it up again, and misses nothing."
        offline = gone or ("" if self._discord.gateway.online else "The bot is not connected at the moment.")
        yield Trick("drop_gateway", "Cut the bot off Discord", hint, self._drop_gateway, offline)
        hint = "Discord answers every call with 429 for ten seconds: cards pause, then catch up."
        yield Trick("refuse_discord", "Rate-limit the bot", hint, self._refuse)
        hint = "As after 15 minutes: running cards are edited by the bot's own token from then on."
        yield Trick("expire_tokens", "Expire the interaction tokens", hint, self._expire_tokens)

    async def _start_bot(self) -> str:
        await self._bot.start()
        return "The bot starts. In a moment it takes up what it left."

    async def _kill_bot(self) -> str:
        await self._bot.kill()
        return "The bot was killed on the spot. All that it knows is in its database."

    async def _stop_bot(self) -> str:
        await self._bot.stop()
        return "The bot has stopped. What ran had eight seconds to end; the rest waits for the next start."

    async def _drop_gateway(self) -> str:
        self._discord.faults.drop_gateway()
        return "The gateway's connection was cut. The bot resumes by itself."

    async def _refuse(self) -> str:
        self._discord.faults.refuse_for(_REFUSE_SECONDS, 429)
        return "For ten seconds Discord answers 429, Too Many Requests."

    async def _expire_tokens(self) -> str:
        alive = [use for use in self._discord.world.uses.values() if use.alive]
        for use in alive:
            self._discord.faults.expire_token(use)
        words = "1 interaction token has" if len(alive) == 1 else f"{len(alive)} interaction tokens have"
        return f"{words} expired. Cards go on all the same."


@dataclass(eq=False)
class _Backend:
    """The demo's own InvokeAI, and what it suffers from."""

    invoke: LocalInvokeAI
    is_paused: bool = False
    #: Ends a freeze in time.
    _thawing: asyncio.TimerHandle | None = None

    def troubles(self) -> Iterator[str]:
        faults = self.invoke.faults
        if not self.invoke.is_running:
            yield "gone; what it held is still on its disk"
            return
        told = {
            "holds still": self._is_frozen,
            "its queue is paused": self.is_paused,
            "says that its queue is full": faults.full_queue,
            "its disk is full": faults.full_disk,
        }
        yield from (words for words, applies in told.items() if applies)

    def tricks(self) -> Iterator[Trick]:
        if not self.invoke.is_running:
            hint = "Its disk is as it was: what waited goes on, what ran is begun once more."
            yield Trick("start_invoke", "Start InvokeAI again", hint, self._start)
            hint = "Queue and pictures are lost: cards say so, and offer to run it again."
            yield Trick("forget_invoke", "Start InvokeAI with an empty disk", hint, self._forget)
            return
        hint = "What runs is cut off without a word. Once it is back, the bot finds out within seconds."
        yield Trick("kill_invoke", "Kill InvokeAI", hint, self._kill)
        hint = "It comes back with nothing in it: cards say so, and offer to run it again."
        yield Trick("forget_invoke", "Restart InvokeAI with an empty disk", hint, self._forget)
        hint = "No events for five seconds: the bot asks instead, and the card goes on."
        yield Trick("drop_socket", "Cut InvokeAI's event socket", hint, self._drop_socket)
        frozen = "It holds still already." if self._is_frozen else ""
        hint = "Nothing moves for five seconds, with every connection open."
        yield Trick("freeze_invoke", "Freeze InvokeAI", hint, self._freeze, frozen)
        yield from self._switches()
        if self.invoke.users is not None:
            hint = "The bot logs in again, and nobody notices."
            yield Trick("expire_logins", "Expire InvokeAI's logins", hint, self._expire_logins)

    def _switches(self) -> Iterator[Trick]:
        if self.is_paused:
            hint = "What waits there goes on."
            yield Trick("resume_queue", "Resume InvokeAI's queue", hint, self._resume)
        else:
            hint = "Somebody presses pause there: what runs ends, the next one waits, and soon its card says why."
            yield Trick("pause_queue", "Pause InvokeAI's queue", hint, self._pause)
        if self.invoke.faults.full_queue:
            yield Trick("empty_queue", "Make room in InvokeAI's queue", "What waited is given to it.", self._empty)
        else:
            hint = "InvokeAI takes nothing new: jobs wait with the bot, and none is lost."
            yield Trick("fill_queue", "Fill InvokeAI's queue", hint, self._fill)
        if self.invoke.faults.full_disk:
            yield Trick("free_disk", "Free InvokeAI's disk", "Pictures can be saved again.", self._free)
        else:
            hint = "What runs fails when it saves, what is new waits; their cards say why."
            yield Trick("full_disk", "Fill InvokeAI's disk", hint, self._fill_disk)

    @property
    def _is_frozen(self) -> bool:
        return self._thawing is not None

    def thaw(self) -> None:
        """End a freeze now, if there is one."""
        if self._thawing is not None:
            self._thawing.cancel()
            self._thawing = None
            self.invoke.thaw()

    async def _kill(self) -> str:
        self.thaw()
        await self.invoke.crash()
        return "InvokeAI is gone. What it held is still on its disk."

    async def _start(self) -> str:
        await self.invoke.start()
        return "InvokeAI is back, with all that was on its disk."

    async def _forget(self) -> str:
        self.thaw()
        await self.invoke.restart(forget=True)
        return "InvokeAI is back, and remembers nothing."

    async def _drop_socket(self) -> str:
        await self.invoke.drop_sockets(_SOCKET_SECONDS)
        return "The event socket was cut, and takes nobody for five seconds."

    async def _freeze(self) -> str:
        self.invoke.freeze()
        self._thawing = asyncio.get_running_loop().call_later(_FREEZE_SECONDS, self.thaw)
        return "InvokeAI holds still for five seconds."

    async def _pause(self) -> str:
        await self.invoke.pause()
        self.is_paused = True
        return "InvokeAI's queue is paused."

    async def _resume(self) -> str:
        await self.invoke.resume()
        self.is_paused = False
        return "InvokeAI's queue goes on."

    async def _fill(self) -> str:
        self.invoke.faults.full_queue = True
        return "InvokeAI's queue is full, and stays so until you make room."

    async def _empty(self) -> str:
        self.invoke.faults.full_queue = False
        return "There is room in InvokeAI's queue again."

    async def _fill_disk(self) -> str:
        self.invoke.faults.full_disk = True
        return "InvokeAI's disk is full, and stays so until you free it."

    async def _free(self) -> str:
        self.invoke.faults.full_disk = False
        return "InvokeAI can save pictures again."

    async def _expire_logins(self) -> str:
        self.invoke.expire_tokens()
        return "Every login of InvokeAI has expired."


async def _never() -> str:
    raise ClientRefusal(_REAL)
