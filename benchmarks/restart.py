"""A restart with thousands of unfinished jobs in the database: how long until all of them are followed again.

    uv run python benchmarks/restart.py --jobs 5000

Most of them wait, some before their pictures are uploaded; a few are on the backend, finished but not delivered, or
delivered but not cleaned. A waiting job is followed again once it is driven and stands in the line, a running one once
its run is watched. Then those that were past the line are let through, and the bot is stopped: exit code 1 when one of
them was not delivered or left something behind, or any job is lost.
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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks._probe import DRIVEN, LINED, WATCHED
from benchmarks._stage import PLAIN, WITH_PICTURE, Bot, Place, Stage, open_stage, share, with_status
from benchmarks.load import MB, Row, figures, show_refusals
from bot import db
from bot.catalog import Catalog, Published
from bot.jobs import Attachment, Job, JobStore, Outcome, State, new_id, now
from bot.ledger import Asset, AssetKind
from bot.playground.discord import LocalChannel, Use
from bot.steps.tools import mark, origin
from workflows.client import InvokeClient, open_http
from workflows.graph import compile_batch
from workflows.models import ModelRecord
from workflows.schema import Schemas

#: How many stand past the line, at most.
HANDFUL = 20
#: Of those in the line, the part that still has its picture to upload, and of all, the part whose token still lives.
NEW, FRESH = 0.1, 0.1
OLD_MINUTES, TOKEN_MINUTES = 180, 13
QUEUE = "familiar"
COMMAND = 2


@dataclass(frozen=True)
class Planted:
    """One unfinished job, and how it is to be driven again."""

    job: Job
    use: Use
    driven: str
    assets: tuple[Asset, ...] = ()


@dataclass
class Found:
    """What was seen of one restart."""

    followed: dict[str, float]
    probe: dict[str, Any]
    after: dict[str, Any]
    answers: list[float]
    unanswered: int
    calls: int
    edits: int
    refused: Counter[tuple[int, str]]
    finished: float
    stop: float = 0
    undelivered: int = 0
    left: int = 0
    lost: int = 0
    load_average: float = 0


def main(
    jobs: Annotated[int, typer.Option(help="How many unfinished jobs there are.")] = 5000,
    users: Annotated[int, typer.Option(help="How many people they belong to.")] = 200,
    channels: Annotated[int, typer.Option(help="How many channels, in all servers together.")] = 50,
    guilds: Annotated[int, typer.Option(help="How many servers there are.")] = 10,
    patience: Annotated[float, typer.Option(help="How many seconds each part may take.")] = 120,
    seed: Annotated[int, typer.Option(help="What decides whose job is where.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="The figures for programs.")] = False,
) -> None:
    """Measure a restart."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), jobs, (guilds, channels, users), patience, random.Random(seed)))
    rows = judged(found, jobs)
    if as_json:
        print(json.dumps({name: figure for name, figure, *_ in rows}))
    else:
        console = Console()
        console.print(
            f"{jobs} unfinished jobs of {users} users in {channels} channels of {guilds} servers; seed {seed}; "
            f"{os.cpu_count()} processors, load average {found.load_average:.1f} at the end"
        )
        console.print(figures("After a restart", rows))
        show_refusals(console, found.refused)
    sys.exit(1 if found.undelivered or found.left or found.lost else 0)


async def measure(folder: Path, jobs: int, sizes: tuple[int, int, int], patience: float, drawn: random.Random) -> Found:
    async with open_stage(folder) as stage:
        stage.furnish(*sizes)
        published = await stage.publish()
        # Nothing may end before the bot is there to see it.
        await stage.invokes[0].pause()
        planted = await plant(stage, published, jobs, drawn)
        bot = Bot(stage, stage.configure())
        try:
            await bot.start({one.job.id: one.driven for one in planted})
            asking = asyncio.create_task(ask(stage, bot, drawn))
            followed = (await bot.told(patience))["followed"]
            probe, calls = await bot.look(), len(stage.discord.requests)
            edits = stage.calls("PATCH")
            uses = await asking
            await stage.invokes[0].resume()
            resumed = time.perf_counter()
            ahead = [one for one in planted if one.driven != LINED]
            await closed(stage, [one.job.id for one in ahead], patience)
            finished = time.perf_counter() - resumed
            after, stopping = await bot.look(), time.perf_counter()
        finally:
            await bot.stop()
        times, unanswered = answers(uses)
        found = Found(followed, probe, after, times, unanswered, calls, edits, stage.refusals(), finished)
        found.stop = time.perf_counter() - stopping
        return judge(stage, planted, ahead, found)


async def ask(stage: Stage, bot: Bot, drawn: random.Random) -> list[Use]:
    """Ask for more while the bot takes up what it left, as people do as soon as it is there."""
    await bot.ready()
    uses: list[Use] = []
    for place in stage.places:
        newcomer = place.guild.add_member("Newcomer")
        uses.append(await stage.run(place, newcomer, drawn.choice(place.channels), PLAIN))
        await asyncio.sleep(0.2)
    return uses


def answers(uses: Sequence[Use]) -> tuple[list[float], int]:
    times = [use.answered_at - use.created for use in uses if use.answered_at is not None]
    return times, len(uses) - len(times)


async def closed(stage: Stage, job_ids: Sequence[str], patience: float) -> None:
    """Wait until these jobs are closed, or for as long as there is patience."""
    deadline = time.perf_counter() + patience
    while time.perf_counter() < deadline:
        open_ids = {row["id"] for row in stage.jobs("SELECT id FROM jobs WHERE state <> 'closed'")}
        if not open_ids & set(job_ids):
            return
        await asyncio.sleep(0.1)


def judge(stage: Stage, planted: Sequence[Planted], ahead: Sequence[Planted], found: Found) -> Found:
    """Look for what is missing: an end on a card, a deletion, or a whole job."""
    rows = {row["id"]: row for row in stage.jobs("SELECT id, state, outcome FROM jobs")}
    found.lost = sum(
        one.job.id not in rows or rows[one.job.id]["outcome"] not in (None, Outcome.COMPLETED) for one in planted
    )
    found.undelivered = sum(
        one.job.state is not State.SETTLED and not (one.use.original and one.use.original.attachments) for one in ahead
    )
    refs = {asset.ref for one in ahead for asset in one.assets}
    on_backend = {*stage.invokes[0].images, *map(str, stage.invokes[0].items)}
    found.left = len(refs & on_backend) + sum(rows[one.job.id]["state"] != State.CLOSED for one in ahead)
    found.load_average = os.getloadavg()[0]
    return found


# Planting


async def plant(
    stage: Stage, published: Mapping[tuple[int, str], Published], jobs: int, drawn: random.Random
) -> list[Planted]:
    """Write the jobs into the database, with their cards on Discord and what they left on the backend."""
    url = stage.invokes[0].url
    async with open_http(url) as http, db.connect(stage.database) as connection:
        await connection.execute("PRAGMA synchronous = OFF")
        client, store = InvokeClient(http, QUEUE, None), JobStore(connection)
        instance = await store.instance()
        backend = _Backend(client, await client.schemas(), await client.models(), Catalog(connection), instance)
        people = [(place, person) for place in stage.places for person in place.people]
        drawn.shuffle(people)
        planted: list[Planted] = []
        for number in range(jobs):
            place, person = people[number % len(people)]
            state = _state(number, jobs, drawn)
            is_new = state is State.NEW
            use, job = _job(stage, place, person, published[place.guild.id, WITH_PICTURE if is_new else PLAIN], drawn)
            planted.append(await _placed(backend, stage, Planted(job.evolve(state=state), use, LINED)))
        await connection.execute("BEGIN")
        for one in planted:
            await store.create(one.job)
            await store.note(one.assets)
        await connection.execute("COMMIT")
    return planted


@dataclass(frozen=True)
class _Backend:
    client: InvokeClient
    schemas: Schemas
    models: Sequence[ModelRecord]
    catalog: Catalog
    instance: str


def _state(number: int, jobs: int, drawn: random.Random) -> State:
    """The oldest are past the line."""
    past = min(HANDFUL, jobs // 4)
    if number < past:
        return (State.QUEUED, State.FINISHED, State.SETTLED, State.FINISHED)[number % 4]
    return State.NEW if drawn.random() < NEW else State.READY


def _job(stage: Stage, place: Place, person: Any, published: Published, drawn: random.Random) -> tuple[Use, Job]:
    """Return somebody's job, and the interaction that it came from, with its card."""
    channel: LocalChannel = drawn.choice(place.channels)
    is_fresh = drawn.random() < FRESH
    age = 60 * (drawn.uniform(0, TOKEN_MINUTES) if is_fresh else drawn.uniform(TOKEN_MINUTES + 2, OLD_MINUTES))
    desk, discord = person.desk, stage.discord
    use: Use = desk.open(COMMAND, person, channel, {"name": published.slug, "type": 1, "id": "1", "options": []})
    use.created = use.answered_at = discord.world.clock.now() - age
    use.response_type = 4
    button = {"type": 2, "style": 2, "label": "Cancel", "custom_id": f"planted:{use.id}"}
    embed = {"title": published.name, "description": "waiting"}
    body = {"embeds": [embed], "components": [{"type": 1, "components": [button]}]}
    use.original = discord.messages.create(channel, discord.bot, body, [], use=use)
    use.original.created = use.created
    is_plain = published.slug == PLAIN
    attached = () if is_plain else tuple(_attached(stage, published))
    return use, Job(
        id=new_id(),
        user_id=person.id,
        title=published.name,
        created_at=now() - timedelta(seconds=age),
        workflow_id=published.workflow_id,
        version=published.version,
        attachments=attached,
        backend=stage.names[0],
        guild_id=place.guild.id,
        channel_id=channel.id,
        message_id=use.original.id,
        application_id=discord.application_id,
        interaction_id=use.id,
        interaction_token=use.token,
    )


def _attached(stage: Stage, published: Published) -> list[Attachment]:
    filename, data = stage.picture
    stored = stage.discord.cdn.store(filename, data, stage.discord.application_id, ephemeral=True)
    url = stage.discord.sign(stored.id)
    return [Attachment(spec.name, filename, url, len(data)) for spec in published.inputs if spec.is_file]


async def _placed(backend: _Backend, stage: Stage, one: Planted) -> Planted:
    """Put on the backend what a job in its state has there."""
    job, name = one.job, stage.names[0]
    if job.state is State.QUEUED:
        recipe = await backend.catalog.version(job.workflow_id or 0, job.version or 0)
        batch = await asyncio.to_thread(compile_batch, recipe.document, backend.schemas, {}, backend.models)
        ids = (await backend.client.enqueue(batch.body(job.batch_id, origin(backend.instance)))).item_ids
        assets = tuple(Asset(job.id, name, AssetKind.ITEM, str(item_id)) for item_id in ids)
        return Planted(job.evolve(item_ids=tuple(ids), enqueued_at=now()), one.use, WATCHED, assets)
    if job.state in (State.FINISHED, State.SETTLED):
        image = await backend.client.upload(stage.picture[1], mark(backend.instance, job.id))
        done = job.evolve(outcome=Outcome.COMPLETED, results=(image.image_name,), finished_at=now())
        if job.state is State.SETTLED:
            done = done.evolve(delivered_at=now())
        return Planted(done, one.use, DRIVEN, (Asset(job.id, name, AssetKind.OUTPUT, image.image_name),))
    return one


def judged(found: Found, jobs: int) -> list[Row]:
    """Return each figure with its goal and its unit."""
    followed, stalls = found.followed, found.probe["stalls"]
    return [
        ("all followed again, from the start of the process", followed["all"], 5, "s"),
        ("all followed again, from login", followed["all"] - followed["login"], 5, "s"),
        ("half of them, from login", followed["median"] - followed["login"], None, "s"),
        ("the first, from login", followed["first"] - followed["login"], None, "s"),
        ("jobs followed", followed["jobs"], jobs, ""),
        ("first answer meanwhile, median", 1000 * share(found.answers, 0.5), None, "ms"),
        ("first answer meanwhile, longest", 1000 * share(found.answers, 1), 3000, "ms"),
        ("never answered", found.unanswered, 0, ""),
        ("loop stall meanwhile, p99", 1000 * stalls["p99"], None, "ms"),
        ("loop stall meanwhile, longest", 1000 * stalls["worst"], None, "ms"),
        ("loop stall afterwards, p99", 1000 * found.after["stalls"]["p99"], None, "ms"),
        ("calls to Discord meanwhile", found.calls, None, ""),
        ("of them edits of cards", found.edits, None, ""),
        ("calls refused with 429", with_status(found.refused, 429), 0, ""),
        ("peak memory", found.after["peak_memory"] / MB, 150, "MB"),
        ("tasks in the bot", found.after["tasks"], None, ""),
        ("those past the line over after", found.finished, None, "s"),
        ("of them not delivered", found.undelivered, 0, ""),
        ("left behind by them", found.left, 0, ""),
        ("jobs lost", found.lost, 0, ""),
        ("a stop takes", found.stop, None, "s"),
    ]


if __name__ == "__main__":
    typer.run(main)
