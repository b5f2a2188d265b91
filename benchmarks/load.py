"""Many people at once: jobs of many users in many servers, on the stand-ins with Discord's true rate limits.

    uv run python benchmarks/load.py --jobs 1000 --users 200 --channels 50 --guilds 10

The bot is a process of its own, so that what the stand-ins take does not count as the bot's; they share the machine,
though, and on a busy one every figure is worse. Commands come in bursts and one by one; some people ask for far more
than others do, all at once. Exit code 1 when a job was not delivered, or left anything behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks._probe import Pulse
from benchmarks._stage import PLAIN, WITH_PICTURE, Bot, Place, Stage, open_stage, ratio, share, with_status
from bot.playground.discord import LocalChannel, LocalMember, Use

#: Of the people, and of all jobs, the part that greedy ones are and ask for.
GREEDY, GREEDY_JOBS = 0.05, 0.25
#: Of the commands, the part that comes in bursts, and the part that comes with a picture.
IN_BURSTS, WITH_PICTURES = 0.5, 0.4
BURST = 20
#: Who had fewer turns than this tells nothing about fairness.
MANY_TURNS = 5
MB = 1e6
#: After so many seconds Discord takes no first answer any more.
ANSWER_WITHIN = 3


@dataclass(frozen=True)
class Command:
    """Somebody's slash command, so many seconds after the first."""

    at: float
    place: Place
    person: LocalMember
    channel: LocalChannel
    name: str


@dataclass(frozen=True)
class Sizes:
    jobs: int
    users: int
    channels: int
    guilds: int
    backends: int
    seconds: float
    node_seconds: float
    seed: int


@dataclass
class Outcome:
    """What was seen of one run. `own` is how long the stand-ins' loop stood still: they answer no sooner."""

    answers: list[float]
    unanswered: int
    undelivered: int
    left: int
    took: float
    probe: dict[str, Any]
    calls: dict[str, int]
    refused: Counter[tuple[int, str]]
    turns: Turns
    own: dict[str, float]
    load_average: float


@dataclass(frozen=True)
class Turns:
    """Who got the turns while more than one person waited."""

    total: int
    largest: int
    largest_jobs: int
    #: Of those with many turns, the most that one got of their fair share.
    most: float


def main(  # noqa: PLR0913, PLR0917  each is an option of the command line
    jobs: Annotated[int, typer.Option(help="How many jobs are asked for.")] = 1000,
    users: Annotated[int, typer.Option(help="How many people ask.")] = 200,
    channels: Annotated[int, typer.Option(help="How many channels, in all servers together.")] = 50,
    guilds: Annotated[int, typer.Option(help="How many servers there are.")] = 10,
    backends: Annotated[int, typer.Option(help="How many local InvokeAIs there are.")] = 1,
    seconds: Annotated[float, typer.Option(help="How long it takes until the last command came.")] = 60,
    node_seconds: Annotated[float, typer.Option(help="How long each node of a job takes.")] = 0.1,
    patience: Annotated[float, typer.Option(help="How many seconds all of it may take.")] = 900,
    seed: Annotated[int, typer.Option(help="What decides who asks for what, and when.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="The figures for programs.")] = False,
) -> None:
    """Measure the bot under load."""
    sizes = Sizes(jobs, users, channels, guilds, backends, seconds, node_seconds, seed)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), sizes, patience))
    rows = judged(found, sizes)
    if as_json:
        print(json.dumps({name: figure for name, figure, *_ in rows}))
    else:
        show(rows, found, sizes)
    sys.exit(1 if found.undelivered or found.left else 0)


async def measure(folder: Path, sizes: Sizes, patience: float) -> Outcome:
    async with open_stage(folder, sizes.backends, node_seconds=sizes.node_seconds) as stage:
        stage.furnish(sizes.guilds, sizes.channels, sizes.users)
        await stage.publish()
        bot = Bot(stage, stage.configure(waiting_per_user=sizes.jobs))
        try:
            await bot.start()
            await bot.ready()
            await asyncio.sleep(1)
            await bot.look()
            began, before = time.perf_counter(), Counter(f"{r.method} {r.route}" for r in stage.discord.requests)
            uses, own = await play(stage, plan(stage.places, sizes))
            await over(stage, uses, began + patience)
            took = time.perf_counter() - began
            probe = await bot.look()
        finally:
            await bot.stop()
        calls = Counter(f"{r.method} {r.route}" for r in stage.discord.requests) - before
        return seen(stage, uses, took, probe, calls, own)


def plan(places: Sequence[Place], sizes: Sizes) -> list[Command]:
    """Decide who uses which command when; the same seed always plans the same."""
    drawn = random.Random(sizes.seed)
    people = [(place, person) for place in places for person in place.people]
    drawn.shuffle(people)
    greedy = people[: max(1, round(GREEDY * len(people)))]
    from_greedy = round(GREEDY_JOBS * sizes.jobs)
    bursts = [drawn.uniform(0, sizes.seconds) for _ in range(max(1, round(IN_BURSTS * sizes.jobs / BURST)))]
    commands: list[Command] = []
    for number in range(sizes.jobs):
        if number < from_greedy:
            (place, person), at = greedy[number % len(greedy)], sizes.seconds / 6 * number / from_greedy
        else:
            place, person = people[number % len(people)]
            is_burst = drawn.random() < IN_BURSTS
            at = drawn.choice(bursts) + drawn.uniform(0, 0.1) if is_burst else drawn.uniform(0, sizes.seconds)
        name = WITH_PICTURE if drawn.random() < WITH_PICTURES else PLAIN
        commands.append(Command(at, place, person, drawn.choice(place.channels), name))
    return sorted(commands, key=lambda command: command.at)


async def play(stage: Stage, commands: Sequence[Command]) -> tuple[list[Use], dict[str, float]]:
    """Use the commands, each at its time; return them, and how the stand-ins' own loop fared meanwhile."""
    pulse = Pulse()
    beating = asyncio.create_task(pulse.beat(), name="pulse")
    began, uses = time.perf_counter(), list[Use]()
    for command in commands:
        await asyncio.sleep(max(began + command.at - time.perf_counter(), 0))
        uses.append(await stage.run(command.place, command.person, command.channel, command.name))
    beating.cancel()
    return uses, pulse.take()


async def over(stage: Stage, uses: Sequence[Use], deadline: float) -> None:
    """Wait until everything is delivered and cleaned, or for as long as there is patience."""
    await asyncio.sleep(ANSWER_WITHIN if any(use.answered_at is None for use in uses) else 0)
    while time.perf_counter() < deadline and (stage.left_behind() or not stage.is_tidy()):  # noqa: ASYNC110  no bell rings
        await asyncio.sleep(0.25)


def seen(
    stage: Stage, uses: Sequence[Use], took: float, probe: dict[str, Any], calls: dict[str, int], own: dict[str, float]
) -> Outcome:
    rows = stage.jobs("SELECT count(*) FROM jobs WHERE state <> 'closed'")
    left = stage.jobs("SELECT count(*) FROM assets WHERE deleted_at IS NULL")
    return Outcome(
        answers=[use.answered_at - use.created for use in uses if use.answered_at is not None],
        unanswered=sum(use.answered_at is None for use in uses),
        undelivered=sum(not is_delivered(use) for use in uses),
        left=stage.left_behind() + rows[0][0] + left[0][0],
        took=took,
        probe=probe,
        calls=calls,
        refused=stage.refusals(),
        turns=turns(stage),
        own=own,
        load_average=os.getloadavg()[0],
    )


def is_delivered(use: Use) -> bool:
    """Whether the card shows a picture, and no button any more."""
    card = use.original
    return card is not None and bool(card.attachments) and "familiar:cancel:" not in str(card.components)


def turns(stage: Stage) -> Turns:
    """Replay who waited when each turn was given, and who got it."""
    rows = stage.jobs("SELECT user_id, created_at, enqueued_at FROM jobs WHERE enqueued_at IS NOT NULL")
    events = [(row["created_at"], 0, row["user_id"]) for row in rows]
    events += [(row["enqueued_at"], 1, row["user_id"]) for row in rows]
    waiting, got = Counter[int](), Counter[int]()
    entitled = Counter[int]()
    for _, is_turn, user in sorted(events):
        if not is_turn:
            waiting[user] += 1
            continue
        here = [one for one, count in waiting.items() if count]
        if len(here) > 1:
            got[user] += 1
            for one in here:
                entitled[one] += 1 / len(here)  # pyright: ignore[reportArgumentType]
        waiting[user] -= 1
    total = got.total()
    user, largest = got.most_common(1)[0] if got else (0, 0)
    most = max(((count - 1) / entitled[one] for one, count in got.items() if count >= MANY_TURNS), default=0.0)
    return Turns(total, largest, sum(row["user_id"] == user for row in rows), most)


Row = tuple[str, float, float | None, str]


def judged(found: Outcome, sizes: Sizes) -> list[Row]:
    """Return each figure with its goal and its unit."""
    stalls = found.probe["stalls"]
    edits = sum(count for route, count in found.calls.items() if route.startswith("PATCH "))
    return [
        ("first answer, median", 1000 * share(found.answers, 0.5), None, "ms"),
        ("first answer, p99", 1000 * share(found.answers, 0.99), 250, "ms"),
        ("first answer, longest", 1000 * share(found.answers, 1), 3000, "ms"),
        ("never answered", found.unanswered, 0, ""),
        ("loop stall, p99", 1000 * stalls["p99"], 20, "ms"),
        ("loop stall, p99.9", 1000 * stalls["p999"], None, "ms"),
        ("loop stall, longest", 1000 * stalls["worst"], None, "ms"),
        ("loop stall of the stand-ins, p99", 1000 * found.own["p99"], None, "ms"),
        ("calls refused with 429", with_status(found.refused, 429), 0, ""),
        ("calls refused otherwise", with_status(found.refused) - with_status(found.refused, 429), 0, ""),
        ("edits of cards per job", edits / sizes.jobs, None, ""),
        ("calls to Discord per job", sum(found.calls.values()) / sizes.jobs, None, ""),
        ("peak memory", found.probe["peak_memory"] / MB, 150, "MB"),
        ("jobs not delivered", found.undelivered, 0, ""),
        ("left behind", found.left, 0, ""),
        ("largest share of one user", 100 * found.turns.largest / max(found.turns.total, 1), None, "%"),
        ("most of a fair share", found.turns.most, 1.5, "x"),
        ("all over after", found.took, None, "s"),
        ("processor time of the bot per job", 1000 * found.probe["cpu"] / sizes.jobs, None, "ms"),
    ]


def show(rows: Sequence[Row], found: Outcome, sizes: Sizes) -> None:
    console = Console()
    console.print(
        f"{sizes.jobs} jobs of {sizes.users} users in {sizes.channels} channels of {sizes.guilds} servers, on "
        f"{sizes.backends} backend(s), asked for in {sizes.seconds:g} s, {sizes.node_seconds:g} s a node; "
        f"seed {sizes.seed}; "
        f"{os.cpu_count()} processors, load average {found.load_average:.1f} at the end"
    )
    console.print(figures("Under load", rows))
    turns = found.turns
    if turns.total:
        console.print(
            f"Of {turns.total} turns given while more than one user waited, the greediest got {turns.largest}; "
            f"they had asked for {turns.largest_jobs} of {sizes.jobs} jobs."
        )
    table = Table(title="Calls to Discord", title_justify="left")
    for heading in ("route", "calls", "a job"):
        table.add_column(heading, justify="left" if heading == "route" else "right")
    for route, count in sorted(found.calls.items(), key=lambda item: -item[1]):
        table.add_row(route, str(count), f"{count / sizes.jobs:.2f}")
    console.print(table)
    show_refusals(console, found.refused)


def show_refusals(console: Console, refused: Counter[tuple[int, str]]) -> None:
    for (status, route), count in refused.most_common():
        console.print(f"{count} times {status}: {route}")


def figures(title: str, rows: Sequence[Row]) -> Table:
    """Draw figures beside their goals."""
    table = Table(title=title, title_justify="left")
    for heading in ("", "found", "goal", "found / goal"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, figure, goal, unit in rows:
        shown = f"{figure:.0f}" if figure == int(figure) or figure >= 100 else f"{figure:.2f}"
        told = "" if goal is None else f"{goal:g} {unit}"
        table.add_row(name, f"{shown} {unit}", told, "" if goal is None else ratio(figure, goal))
    return table


if __name__ == "__main__":
    typer.run(main)
