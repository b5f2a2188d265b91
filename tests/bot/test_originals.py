"""What is kept in full quality: so much and so long, whatever the disk says, and nothing that no row names."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import pytest

from bot import db
from bot.jobs import Job, JobStore, now
from bot.originals import Originals

MIB = 2**20


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        store = JobStore(connection)
        for job_id in "abc":
            await store.create(Job(id=job_id, user_id=1, title="t", created_at=now()))
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "originals"


def originals(connection: aiosqlite.Connection, folder: Path, hours: float = 24, most: int = MIB) -> Originals:
    return Originals(connection, folder, hours, most)


def mode(folder: Path) -> int:
    return folder.stat().st_mode


def put(path: Path, data: bytes = b"x") -> None:
    path.write_bytes(data)


def remove(path: Path) -> None:
    path.unlink()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def test_what_is_kept_is_what_was_given(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder)
    assert await kept.kept("a") == []
    assert names(folder) == []
    assert await kept.keep("a", 2, "a-2.png", b"two")
    assert await kept.keep("a", 1, "a-1.png", b"one")
    assert await kept.keep("b", 1, "b.png", b"other")
    found = await kept.kept("a")
    assert [(one.number, one.filename, one.size) for one in found] == [(1, "a-1.png", 3), (2, "a-2.png", 3)]
    assert [await kept.read(one) for one in found] == [b"one", b"two"]
    assert await kept.read(found[0], 1, 1) == b"n"
    assert mode(folder) & 0o077 == 0


async def test_kept_twice_it_is_there_once(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder, most=10)
    for data in (b"first", b"second"):
        assert await kept.keep("a", 1, "a.png", data)
    (found,) = await kept.kept("a")
    assert await kept.read(found) == b"second"
    assert len(names(folder)) == 1


async def test_the_oldest_go_first_when_there_is_no_room(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder, most=10)
    for job_id in "abc":
        assert await kept.keep(job_id, 1, f"{job_id}.png", b"1234")
    assert [len(await kept.kept(job_id)) for job_id in "abc"] == [0, 1, 1]
    assert len(names(folder)) == 2
    assert not await kept.keep("a", 1, "a.png", b"x" * 11)
    assert [len(await kept.kept(job_id)) for job_id in "abc"] == [0, 1, 1]


@pytest.mark.parametrize(("hours", "most"), [(0, MIB), (24, 0)])
async def test_none_are_kept_where_none_shall_be(
    hours: float, most: int, connection: aiosqlite.Connection, folder: Path
) -> None:
    kept = originals(connection, folder, hours, most)
    assert not await kept.keep("a", 1, "a.png", b"x")
    assert await kept.kept("a") == []
    assert names(folder) == []


async def age(connection: aiosqlite.Connection, job_id: str) -> None:
    await connection.execute(
        "UPDATE originals SET kept_until = '2020-01-01T00:00:00+00:00' WHERE job_id = ?", (job_id,)
    )


async def test_after_their_time_they_go(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder)
    for job_id in "ab":
        await kept.keep(job_id, 1, f"{job_id}.png", b"x")
    await age(connection, "a")
    assert await kept.kept("a") == []
    await kept.sweep()
    assert names(folder) == ["b-1.original"]
    assert len(await db.read(connection, "SELECT * FROM originals")) == 1


async def test_a_start_tidies_up_what_a_crash_left(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder)
    await kept.keep("a", 1, "a.png", b"x")
    for name in ("b-1.original", "b-1.unfinished", "somebody-elses.txt"):
        put(folder / name)
    async with originals(connection, folder).sweeping():
        await originals(connection, folder).sweep()
    assert set(names(folder)) == {"a-1.original", "somebody-elses.txt"}


async def test_what_settings_no_longer_allow_goes_at_the_start(connection: aiosqlite.Connection, folder: Path) -> None:
    await originals(connection, folder).keep("a", 1, "a.png", b"x" * 100)
    await originals(connection, folder, most=50).sweep()
    assert names(folder) == []


async def test_what_somebody_deleted_is_not_there(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder)
    await kept.keep("a", 1, "a.png", b"x")
    (found,) = await kept.kept("a")
    remove(folder / "a-1.original")
    assert await kept.kept("a") == []
    with pytest.raises(FileNotFoundError):
        await kept.read(found)


async def test_what_was_written_by_half_is_not_there(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder)
    await kept.keep("a", 1, "a.png", b"whole")
    put(folder / "a-1.original", b"wh")
    assert await kept.kept("a") == []


async def test_dropped_they_are_gone(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder)
    for number in (1, 2):
        await kept.keep("a", number, "a.png", b"x")
    await kept.keep("b", 1, "b.png", b"x")
    await kept.drop("a")
    assert names(folder) == ["b-1.original"]


async def test_a_disk_that_takes_nothing_is_told_of_once(
    connection: aiosqlite.Connection, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(folder)
    kept = originals(connection, folder)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert not await kept.keep("a", 1, "a.png", b"x")
    assert len([r for r in caplog.records if "originals cannot be kept" in r.message]) == 1
    remove(folder)
    assert await kept.keep("a", 1, "a.png", b"x")


async def test_a_database_that_takes_nothing_leaves_no_file(connection: aiosqlite.Connection, folder: Path) -> None:
    kept = originals(connection, folder)
    await connection.execute("PRAGMA query_only = ON")
    assert not await kept.keep("a", 1, "a.png", b"x")
    await connection.execute("PRAGMA query_only = OFF")
    assert names(folder) == []
