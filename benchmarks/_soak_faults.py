"""What goes wrong in a soak: each fault with its weight, drawn from a seed, ended by itself."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks._soak_town import Town
from bot.playground.discord import LocalChannel, Permissions
from bot.playground.invokeai import LocalInvokeAI

Fault = Callable[[Town, random.Random], Awaitable[str]]

#: A part of a route of each stand-in that the bot uses all the time.
INVOKE_ROUTES = (
    "POST /api/v1/queue/familiar/enqueue_batch",
    "POST /api/v1/images/upload",
    "GET /api/v1/queue/familiar/",
    "DELETE /api/v1/queue/familiar/",
    "DELETE /api/v1/images/i/",
    "GET /api/v1/images/",
    "/api/v1/",
)
DISCORD_ROUTES = (
    "POST /interactions",
    "PATCH /webhooks",
    "PATCH /channels",
    "POST /channels",
    "GET /channels",
    "/attachments",
)


async def kill_bot(town: Town, dice: random.Random) -> str:
    return await _new_life(town, signal.SIGKILL, dice.choice((0.0, 0.5, dice.uniform(1, 8))))


async def stop_bot(town: Town, dice: random.Random) -> str:
    return await _new_life(town, signal.SIGTERM, dice.choice((0.0, dice.uniform(0, 3))))


async def _new_life(town: Town, how: signal.Signals, pause: float) -> str:
    async with town.bot.lock:
        await town.bot.end(how)
        await asyncio.sleep(pause)
        await town.bot.start()
        await town.discord.until(town.is_online, 60)
    return f"{how.name}, away for {pause:.1f} s"


async def crash_backend(town: Town, dice: random.Random) -> str:
    number, seconds = _some(town, dice), dice.choice((0.0, dice.uniform(0, 5), dice.uniform(5, 25)))
    async with town.locks[number]:
        await town.invokes[number].crash()
        await asyncio.sleep(seconds)
        await town.invokes[number].start()
    return f"{town.stage.names[number]}, away for {seconds:.1f} s"


async def lose_database(town: Town, dice: random.Random) -> str:
    number = _some(town, dice)
    async with town.locks[number]:
        await town.invokes[number].crash()
        town.archive(number)
        await town.invokes[number].restart(forget=True)
        await cure_backend(town.invokes[number])
        await town.plant(number)
    return town.stage.names[number]


async def upgrade_backend(town: Town, dice: random.Random) -> str:
    """To a version without a node that everybody uses, and back."""
    number, seconds = _some(town, dice), dice.uniform(3, 12)
    invoke = town.invokes[number]
    async with town.locks[number]:
        before = invoke.nodes
        await invoke.upgrade("6.15.0", without={"img_blur"})
        await asyncio.sleep(seconds)
        await invoke.upgrade("6.14.2", nodes=before)
    return f"{town.stage.names[number]}, {seconds:.1f} s without img_blur"


async def drop_sockets(town: Town, dice: random.Random) -> str:
    number, seconds = _some(town, dice), dice.choice((0.0, dice.uniform(1, 30)))
    await town.invokes[number].drop_sockets(seconds)
    await asyncio.sleep(seconds)
    return f"{town.stage.names[number]}, for {seconds:.1f} s"


async def scramble_events(town: Town, dice: random.Random) -> str:
    number, seconds = _some(town, dice), dice.uniform(5, 20)
    odds = {"twice": dice.random() / 2, "late": dice.random(), "lost": dice.random() / 2, "seconds": dice.uniform(0, 3)}
    faults = town.invokes[number].faults
    faults.scramble(random.Random(dice.random()), **odds)
    await asyncio.sleep(seconds)
    faults.scramble(None)
    return f"{town.stage.names[number]}, {seconds:.1f} s, {', '.join(f'{k} {v:.2f}' for k, v in odds.items())}"


async def fail_backend(town: Town, dice: random.Random) -> str:
    number, route = _some(town, dice), dice.choice(INVOKE_ROUTES)
    status, times = dice.choice((500, 500, 502, 503)), dice.randint(1, 6)
    town.invokes[number].faults.fail_next(route, status, times)
    return f"{town.stage.names[number]}, {times} times {status} at {route}"


async def lose_backend_answer(town: Town, dice: random.Random) -> str:
    number, route = _some(town, dice), dice.choice(INVOKE_ROUTES)
    town.invokes[number].faults.lose_answer_next(route)
    return f"{town.stage.names[number]} at {route}"


async def hang_backend(town: Town, dice: random.Random) -> str:
    number, route, seconds = _some(town, dice), dice.choice(INVOKE_ROUTES), dice.uniform(1, 40)
    town.invokes[number].faults.hang(route)
    await asyncio.sleep(seconds)
    town.invokes[number].faults.let_go()
    return f"{town.stage.names[number]}, {route} for {seconds:.1f} s"


async def freeze_backend(town: Town, dice: random.Random) -> str:
    number, seconds = _some(town, dice), dice.choice((dice.uniform(0.5, 3), dice.uniform(3, 30)))
    town.invokes[number].freeze()
    await asyncio.sleep(seconds)
    town.invokes[number].thaw()
    return f"{town.stage.names[number]} for {seconds:.1f} s"


async def fill_queue(town: Town, dice: random.Random) -> str:
    return await _switched(town, dice, "full_queue")


async def fill_disk(town: Town, dice: random.Random) -> str:
    return await _switched(town, dice, "full_disk")


async def silence_events(town: Town, dice: random.Random) -> str:
    return await _switched(town, dice, "silent_events")


async def _switched(town: Town, dice: random.Random, name: str) -> str:
    number, seconds = _some(town, dice), dice.uniform(2, 10)
    setattr(town.invokes[number].faults, name, True)
    await asyncio.sleep(seconds)
    setattr(town.invokes[number].faults, name, False)
    return f"{town.stage.names[number]} for {seconds:.1f} s"


async def pause_backend(town: Town, dice: random.Random) -> str:
    number, seconds = _some(town, dice), dice.uniform(2, 20)
    await town.invokes[number].pause()
    await asyncio.sleep(seconds)
    await town.invokes[number].resume()
    return f"{town.stage.names[number]} for {seconds:.1f} s"


async def fail_discord(town: Town, dice: random.Random) -> str:
    route, status, times = dice.choice(DISCORD_ROUTES), dice.choice((429, 500, 502, 503)), dice.randint(1, 4)
    headers = {"Retry-After": f"{dice.uniform(0.1, 2):.2f}"} if status == 429 else {}
    town.discord.faults.fail_next(route, status, times, headers=headers)
    return f"{times} times {status} at {route}"


async def cut_discord(town: Town, dice: random.Random) -> str:
    """Before or after what was asked for is done."""
    route, is_done = dice.choice(DISCORD_ROUTES), dice.random() < 0.6
    faults = town.discord.faults
    (faults.lose_answer_next if is_done else faults.cut_next)(route)
    return f"{'after' if is_done else 'before'} it was done, at {route}"


async def drop_gateway(town: Town, dice: random.Random) -> str:
    is_resumable = dice.random() < 0.5
    town.discord.faults.drop_gateway(resumable=is_resumable)
    return "to be resumed" if is_resumable else "for good"


async def deliver_twice(town: Town, dice: random.Random) -> str:
    town.discord.faults.duplicate_next_interaction = True
    return "the next interaction"


async def delete_card(town: Town, dice: random.Random) -> str:
    shown = [m for channel in _channels(town) for m in channel.messages if m.author.bot and m.components]
    if not shown:
        return "there was none"
    card = dice.choice(shown)
    town.discord.messages.delete(card)
    return f"message {card.id}"


async def expire_token(town: Town, dice: random.Random) -> str:
    alive = [use for use in town.discord.world.uses.values() if use.alive and use.response and use.response.components]
    for use in alive:
        town.discord.faults.expire_token(use)
    return f"of {len(alive)} cards"


async def forbid_channel(town: Town, dice: random.Random) -> str:
    channel, seconds = dice.choice(_channels(town)), dice.uniform(3, 20)
    denied = dice.choice((Permissions.ATTACH_FILES, Permissions.SEND_MESSAGES, Permissions.VIEW_CHANNEL))
    channel.overwrite(_guild(town, channel).bot, deny=int(denied))
    await asyncio.sleep(seconds)
    if channel.id in town.discord.world.channels:
        channel.overwrite(_guild(town, channel).bot)
    return f"{denied!r} in {channel.name} for {seconds:.1f} s"


async def delete_channel(town: Town, dice: random.Random) -> str:
    place = dice.choice(town.places)
    channel = dice.choice(place.channels)
    place.channels.remove(channel)
    new = place.guild.add_channel(f"{channel.name}-again")
    place.channels.append(new)
    town.channels.append(new)
    channel.delete()
    return channel.name


#: How often each comes, beside the others.
WEIGHTS: dict[Fault, float] = {
    kill_bot: 1.5,
    stop_bot: 1.0,
    crash_backend: 3,
    lose_database: 1,
    upgrade_backend: 0.7,
    drop_sockets: 2,
    scramble_events: 2,
    fail_backend: 4,
    lose_backend_answer: 3,
    hang_backend: 2,
    freeze_backend: 1.5,
    fill_queue: 1,
    fill_disk: 0.7,
    silence_events: 1,
    pause_backend: 1,
    fail_discord: 4,
    cut_discord: 4,
    drop_gateway: 2,
    deliver_twice: 3,
    delete_card: 1,
    expire_token: 1,
    forbid_channel: 1.5,
    delete_channel: 0.3,
}


async def cure(town: Town) -> None:
    """End whatever a fault left behind that nobody met."""
    for invoke in town.invokes:
        await cure_backend(invoke)
    town.discord.faults.duplicate_next_interaction = False
    for planned in ("_failing", "_losing", "_cutting"):
        getattr(town.discord.faults, planned).clear()


async def cure_backend(invoke: LocalInvokeAI) -> None:
    faults = invoke.faults
    faults.full_queue = faults.full_disk = faults.silent_events = False
    faults.scramble(None)
    faults.stop_failing()
    faults.let_go()
    faults.gate.open_wide()
    invoke.let_sockets_in()
    await invoke.resume()


def _some(town: Town, dice: random.Random) -> int:
    return dice.randrange(len(town.invokes))


def _channels(town: Town) -> list[LocalChannel]:
    return [channel for place in town.places for channel in place.channels]


def _guild(town: Town, channel: LocalChannel) -> Any:
    return next(place.guild for place in town.places if channel.guild is place.guild)
