"""The panel tells what is there, changes nothing, and never fails."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import db
from bot.db import migrations
from bot.playground.discord import LocalDiscord
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.page.bot_process import BotProcess
from bot.playground.page.glance import Glance, glance
from bot.playground.page.held import LocalHeld, RealHeld
from bot.playground.page.mischief import Mischief
from bot.playground.page.panel import Holder, Panel
from tests.bot.world import World, picture
from workflows.client import InvokeClient, open_http


@pytest.fixture
async def server() -> AsyncIterator[LocalInvokeAI]:
    async with LocalInvokeAI(node_seconds=0.05) as server:
        yield server


@pytest.fixture
def world(server: LocalInvokeAI, tmp_path: Path) -> World:
    return World(server, tmp_path)


@pytest.fixture
async def real(server: LocalInvokeAI) -> AsyncIterator[RealHeld]:
    """The same server, asked as a stranger's."""
    async with open_http(server.url) as http:
        yield RealHeld(InvokeClient(http, "familiar"), server.url)


async def shown(panel: Panel, *parts: str, state: str = "") -> dict[str, Any]:
    """Wait until these parts of a panel show something, and its job that state."""
    async with asyncio.timeout(10):
        while True:
            held = await panel.look()
            if all(held[part] for part in parts) and (not state or held["jobs"][0]["state"] == state):
                return held
            await asyncio.sleep(0.02)


def panel_of(world: World, holder: Holder | None = None) -> Panel:
    discord = LocalDiscord()
    bot = BotProcess(world.database.parent / "config.toml", discord.token, world.database.parent / "bot.log")
    mischief = Mischief(discord, bot, world.server)
    return Panel(discord, bot, world.database, holder or LocalHeld(world.server, mischief.troubles), mischief.offers)


# A glance at the database


def of_migrations(path: Path, count: int) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for number, sql in migrations()[:count]:
            connection.executescript(f"BEGIN;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")


def in_rollback_mode(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE jobs (id TEXT)")


UNSEEN = {
    "not there": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "not yet with a log": in_rollback_mode,
    "without tables": lambda path: of_migrations(path, 0),
    "cut": lambda path: path.write_bytes(b"SQLite format 3\0" + b"\0\x40\x02\x02" + bytes(200)),
    "something else": lambda path: path.write_bytes(b"x" * 5000),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("make", UNSEEN.values(), ids=UNSEEN)
def test_a_database_that_cannot_be_read_yet_is_no_error(make: Any, tmp_path: Path) -> None:
    path = tmp_path / "familiar.sqlite"
    make(path)
    before = sorted(tmp_path.iterdir())
    assert glance(path) is None
    assert sorted(tmp_path.iterdir()) == before, "a look made something"


@pytest.mark.parametrize("count", range(1, len(migrations()) + 1))
def test_a_database_in_the_middle_of_its_migrations_can_be_read(count: int, tmp_path: Path) -> None:
    of_migrations(tmp_path / "familiar.sqlite", count)
    seen = glance(tmp_path / "familiar.sqlite")
    assert seen
    assert (len(seen.instance), seen.jobs, seen.noted) == (8, [], 0)


def test_a_database_that_is_written_to_is_read_as_it_was_before(tmp_path: Path) -> None:
    path = tmp_path / "familiar.sqlite"
    of_migrations(path, len(migrations()))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("DELETE FROM instance")
        seen = glance(path)
        writer.execute("ROLLBACK")
    assert seen
    assert len(seen.instance) == 8


async def test_no_number_of_looks_keeps_a_bot_from_making_its_database(tmp_path: Path) -> None:
    over = threading.Event()
    seen: list[bool] = []

    def look_all_the_time() -> None:
        number = 0
        while not over.is_set():
            seen.append(glance(tmp_path / f"{number}.sqlite") is not None)
            number = (number + 1) % 5

    looking = asyncio.create_task(asyncio.to_thread(look_all_the_time))
    for number in range(5):
        async with db.connect(tmp_path / f"{number}.sqlite") as connection:
            await db.write(connection, "UPDATE instance SET id = ?", ("12345678",))
    over.set()
    await looking
    assert any(seen)


# Against real runs


async def test_it_follows_a_run_from_the_queue_to_the_ledger(world: World) -> None:
    panel = panel_of(world)
    empty = await panel.look()
    assert (empty["queue"], empty["images"], empty["jobs"], empty["ledger"], empty["left"]) == ([], [], [], [], 0)
    assert empty["backend"] == {"url": world.server.url, "up": True, "said": "running"}
    assert (await panel.look()) == empty, "what has not changed was told otherwise"
    await world.server.pause()
    async with world.connected() as engine:
        job, _, task = await world.start(engine, "blur")
        # InvokeAI has it a moment before the bot has written that down.
        held = await shown(panel, "queue", state="queued")
        (item,), (image,) = held["queue"], held["images"]
        assert (item["status"], item["destination"], item["title"]) == ("pending", job.id, "blur")
        assert (image["width"], image["height"], image["url"]) == (24, 16, f"/held/{image['name']}")
        assert (await panel.thumbnail(image["name"]) or b"")[8:12] == b"WEBP"
        (told,) = held["jobs"]
        assert (told["id"], told["workflow"], told["outcome"], told["state"]) == (job.id, "blur", None, "queued")
        assert held["left"] == len([row for row in held["ledger"] if not row["deleted_at"]]) > 0
        await world.server.resume()
        await task
        after = await panel.look()
        assert (after["queue"], after["images"], after["left"]) == ([], [], 0)
        assert await panel.thumbnail(image["name"]) is None
        assert after["noted"] == len(after["ledger"]) == 3
        assert {row["kind"] for row in after["ledger"]} == {"upload", "output", "item"}
        assert all(row["deleted_at"] and row["job"] == job.id for row in after["ledger"])
        assert (after["jobs"][0]["state"], after["jobs"][0]["outcome"]) == ("closed", "completed")
    assert (await panel.look())["ledger"] == after["ledger"], "the bot's end took it away"


async def test_what_a_dead_server_held_is_still_seen(world: World) -> None:
    panel = panel_of(world)
    await world.server.pause()
    async with world.connected() as engine:
        await world.start(engine, "blur")
        await shown(panel, "queue")
        await world.server.crash()
        held = await panel.look()
        assert (held["backend"]["up"], len(held["queue"]), len(held["images"])) == (False, 1, 1)
        assert await panel.thumbnail(held["images"][0]["name"])


async def test_what_was_seen_last_stays_where_the_database_cannot_be_read(world: World) -> None:
    panel = panel_of(world)
    async with world.connected() as engine:
        await world.run(engine, "blur")
        before = (await panel.look())["ledger"]
    world.database.write_bytes(b"")
    assert before
    assert (await panel.look())["ledger"] == before


# A real server


async def put_theirs(server: LocalInvokeAI, queue_id: str) -> None:
    """Put somebody else's pictures there: one uploaded, and one that a run made in a queue of the same name."""
    node = {"id": "page", "type": "blank_image", "width": 64, "height": 64, "use_cache": False}
    batch = {"graph": {"id": "theirs", "nodes": {"page": node}, "edges": []}, "runs": 1, "origin": "somebody"}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        params = {"image_category": "user", "is_intermediate": "false"}
        files = {"file": ("theirs.png", picture(), "image/png")}
        await http.post("/api/v1/images/upload", params=params, files=files)
        await http.post(f"/api/v1/queue/{queue_id}/enqueue_batch", json={"batch": batch})
    async with asyncio.timeout(10):
        while [item.status for item in server.items.values()] != ["completed"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_of_a_real_server_only_what_is_ours_is_shown(
    world: World, real: RealHeld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.playground.page.held._ASK_SECONDS", 0.0)
    server = world.server
    await put_theirs(server, "familiar")
    theirs = set(server.images)
    assert len(theirs) == 2
    panel = panel_of(world, real)
    await server.pause()
    async with world.connected() as engine:
        _, _, task = await world.start(engine, "blur")
        held = await shown(panel, "queue", "images")
        ours = [name for name in server.images if name not in theirs]
        assert [image["name"] for image in held["images"]] == ours
        assert held["backend"]["said"].startswith("InvokeAI 6.14")
        assert [item["title"] for item in held["queue"]] == ["blur"]
        assert [await panel.thumbnail(name) for name in theirs] == [None, None]
        assert (await panel.thumbnail(ours[0]) or b"")[8:12] == b"WEBP"
        await server.resume()
        await task
        after = await panel.look()
        assert (after["queue"], after["images"]) == ([], [])
        assert await panel.thumbnail(ours[0]) is None
    assert set(server.images) == theirs


async def test_a_real_server_that_is_away_is_told_and_not_an_error(server: LocalInvokeAI, real: RealHeld) -> None:
    await server.crash()
    held = await real.look(Glance())
    assert held["backend"]["up"] is False
    assert held["backend"]["said"].startswith("does not answer")
    assert await real.thumbnail("any.png") is None


async def test_a_real_server_is_not_asked_at_every_look(
    server: LocalInvokeAI, real: RealHeld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.playground.page.held._ASK_SECONDS", 60.0)
    for _ in range(20):
        await real.look(Glance())
    assert sum(server.requests.values()) <= 3
