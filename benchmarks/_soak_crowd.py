"""The people of a soak: they ask for jobs, and change their minds."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field

from benchmarks._soak_town import BLUR, BUNDLED, FAILING, HUES, SLOW, Town
from bot.playground.discord import ClientRefusal, LocalChannel, LocalMember, NoAnswer, Use

#: How often each command is used, beside the others.
COMMANDS = {BLUR: 5, HUES: 2, SLOW: 3, FAILING: 1.5}
#: Of the jobs, the part that is cancelled, and within how many seconds.
CANCELLED, CANCEL_SECONDS = 0.2, 10.0


@dataclass
class Ask:
    """One use of a command."""

    at: float
    command: str
    use: Use
    #: Whether the bot was there, and stayed there until Discord would take no answer any more.
    bot_was_there: bool
    #: The press of its Cancel button.
    press: Use | None = None


@dataclass
class Crowd:
    """Everybody who asks."""

    town: Town
    seed: int
    jobs_per_minute: float
    asks: list[Ask] = field(default_factory=list[Ask])
    #: How often Discord itself said no: the command was not there, for example.
    refused: int = 0
    _following: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        samples = BUNDLED / "samples"
        self._pictures = [(path.name, path.read_bytes()) for path in sorted(samples.glob("*.webp"))]

    async def ask_until_told_to_stop(self) -> None:
        while True:
            await asyncio.sleep(self._dice.expovariate(self.jobs_per_minute / 60))
            for _ in range(self._dice.choice((1, 1, 1, 1, 5))):
                await self._ask()

    async def gone_quiet(self) -> None:
        """Wait until nobody is about to press anything."""
        if self._following:
            await asyncio.wait(self._following, timeout=CANCEL_SECONDS + 10)
        for task in self._following:
            task.cancel()

    async def _ask(self) -> None:
        dice = self._dice
        place = dice.choice(self.town.places)
        person, channel = dice.choice(place.people), dice.choice(place.channels)
        (command,) = dice.choices(list(COMMANDS), list(COMMANDS.values()))
        cancels = dice.uniform(0, CANCEL_SECONDS) if dice.random() < CANCELLED else None
        picture, steps = dice.choice(self._pictures), dice.choice((5, 40, 200))
        options = {BLUR: {"picture": picture}, HUES: {"picture": picture}, SLOW: {"steps": steps}}.get(command, {})
        life = self.town.bot.lives if self.town.is_online() else -1
        try:
            use = await person.slash(channel, command, options)
        except ClientRefusal:
            self.refused += 1
            return
        ask = Ask(self.town.now, command, use, bot_was_there=False)
        self.asks.append(ask)
        task = asyncio.create_task(self._follow(ask, person, channel, cancels, life))
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _follow(
        self, ask: Ask, person: LocalMember, channel: LocalChannel, cancels: float | None, life: int
    ) -> None:
        with contextlib.suppress(NoAnswer):
            await ask.use.answered()
        ask.bot_was_there = self.town.is_online() and self.town.bot.lives == life
        if cancels is None:
            return
        await asyncio.sleep(cancels)
        card = ask.use.response
        if card is None or channel not in self.town.channels:
            return
        with contextlib.suppress(ClientRefusal):
            ask.press = await person.press(card, "Cancel")
