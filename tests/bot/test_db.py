"""One file, one process, every migration once."""

import contextlib
import re
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import aiosqlite
import pytest

from bot import db
from bot.catalog import Catalog, Published
from bot.db import DatabaseError
from bot.drafts import Draft, DraftStore
from bot.drained import DrainedBackends
from bot.jobs import Job, JobStore, State, now
from bot.ledger import Asset, AssetKind
from bot.sent import SentCommands
from workflows.edits import Edits

TABLES = {
    *("instance", "drafts", "workflows", "versions", "sent_commands", "command_creates", "jobs", "assets"),
    *("forms", "remembered", "drained_backends", "role_caps", "broken_workflows"),
}

SECOND_PROCESS = """
import asyncio, sys
from bot import db

async def main():
    try:
        async with db.connect(sys.argv[1]):
            print("came in")
    except db.DatabaseError as error:
        print(error)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "familiar.sqlite"


async def one(connection: aiosqlite.Connection, query: str) -> object:
    async with connection.execute(query) as cursor:
        row = await cursor.fetchone()
    assert row
    return row[0]


def second_process(path: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-c", SECOND_PROCESS, str(path)], capture_output=True, text=True, timeout=30, check=True
    )
    return result.stdout.strip()


async def test_migrations_from_empty_give_the_tables(path: Path) -> None:
    async with db.connect(path) as connection:
        async with connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'") as cursor:
            assert {row["name"] for row in await cursor.fetchall()} >= TABLES
        assert await one(connection, "PRAGMA user_version") == db.migrations()[-1][0]


async def test_migrations_are_applied_once(path: Path) -> None:
    async with db.connect(path) as connection:
        instance = await one(connection, "SELECT id FROM instance")
    async with db.connect(path) as connection:
        assert await one(connection, "SELECT id FROM instance") == instance
        assert await one(connection, "SELECT count(*) FROM instance") == 1


async def test_databases_differ_in_their_name(tmp_path: Path) -> None:
    names = set()
    for number in range(3):
        async with db.connect(tmp_path / f"{number}.sqlite") as connection:
            names.add(await one(connection, "SELECT id FROM instance"))
    assert len(names) == 3


async def test_migrations_are_numbered_without_a_gap_and_give_a_reason() -> None:
    found = db.migrations()
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    assert all(sql.startswith("-- Reason: ") for _, sql in found)


OF_THE_FIRST = """
    INSERT INTO drafts VALUES ('d', 5, 7, 'blur', 'Blur', 'Soft', '{"nodes": 1}', '[]', :now);
    INSERT INTO workflows VALUES (1, 5, 'blur', 1, 7, :now, NULL), (2, 5, 'gone', 1, 7, :now, :now);
    INSERT INTO versions VALUES (1, 1, 'Blur', 'Soft', '{"nodes": 2}', '[]', 7, :now);
    INSERT INTO sent_commands VALUES ('5', 'abc', :now), ('6', 'def', :now), ('global', 'ghi', :now);
    INSERT INTO jobs (id, state, workflow_id, version, title, given, attachments, item_ids, results, attempt, user_id,
        created_at) VALUES ('j', 'ready', 1, 1, 'Blur', '{}', '[]', '[]', '[]', 0, 7, :now);
"""


async def test_a_database_of_the_first_familiar_keeps_all_it_held(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = db.migrations()
    with monkeypatch.context() as patch:
        patch.setattr(db, "migrations", lambda: known[:1])
        async with db.connect(path) as connection:
            await connection.executescript(OF_THE_FIRST.replace(":now", f"'{now().isoformat()}'"))
    async with db.connect(path) as connection:
        drafted = await DraftStore(connection).get("d")
        assert drafted == Draft("d", 5, 7, "blur", "Blur", "Soft", b'{"nodes": 1}', (), Edits())
        assert drafted
        catalog, sent = Catalog(connection), SentCommands(connection)
        published = Published(1, 1, 5, "blur", "Blur", "Soft", (), enabled=True, has_command=True)
        assert await catalog.of_guild(5) == [published]
        assert await catalog.edits(1, 1) == Edits()
        assert await catalog.source(1, 1) == b'{"nodes": 2}'
        (job,) = await JobStore(connection).open_jobs()
        assert (job.id, job.workflow_id, job.version) == ("j", 1, 1)
        # Discord is not told again, and what it has is not new to it.
        assert [await sent.digest(scope) for scope in ("5", "6", "global")] == ["abc", "def", "ghi"]
        assert [await sent.names(scope) for scope in ("5", "6", "global")] == [{"blur"}, set(), set()]
        assert await sent.creates(5) == []
        assert (await catalog.add_version(drafted.evolve(workflow_id=1, base_version=1))).version == 2


async def test_a_migration_that_breaks_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with db.connect(path):
        pass
    known = db.migrations()
    broken = [*known, (known[-1][0] + 1, "CREATE TABLE added (id); CREATE TABLE jobs (id);")]
    monkeypatch.setattr(db, "migrations", lambda: broken)
    with pytest.raises(DatabaseError, match="already exists"):
        async with db.connect(path):
            pass
    monkeypatch.setattr(db, "migrations", lambda: known)
    async with db.connect(path) as connection:
        assert await one(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'added'") == 0
        assert await one(connection, "PRAGMA user_version") == known[-1][0]


async def test_the_settings_are_made(path: Path) -> None:
    async with db.connect(path) as connection:
        assert await one(connection, "PRAGMA journal_mode") == "wal"
        assert await one(connection, "PRAGMA foreign_keys") == 1
        assert await one(connection, "PRAGMA synchronous") == 2
        with pytest.raises(sqlite3.IntegrityError):
            await connection.execute("INSERT INTO assets VALUES ('nobody', 'main', 'item', '1', 0, '', '', NULL)")


async def test_a_database_of_a_newer_familiar_is_refused(path: Path) -> None:
    async with db.connect(path) as connection:
        await connection.execute("PRAGMA user_version = 999")
    with pytest.raises(DatabaseError, match="newer Familiar"):
        async with db.connect(path):
            pass


async def test_a_second_process_is_kept_out(path: Path) -> None:
    async with db.connect(path):
        assert "another Familiar is running" in second_process(path)
        with pytest.raises(DatabaseError, match="another Familiar is running"):
            async with db.connect(path):
                pass
    assert second_process(path) == "came in"


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "familiar.sqlite"
    path.write_text("not a database, " * 100)
    with pytest.raises(DatabaseError, match=r"familiar\.sqlite: cannot be used"):
        async with db.connect(path):
            pass


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be written"):
        async with db.connect(tmp_path / "file" / "familiar.sqlite"):
            pass


async def test_a_look_from_outside_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "familiar.sqlite"
    assert db.look_at(path) == db.Look(in_use=False)
    assert db.look_at(tmp_path / "not" / "there.sqlite") == db.Look(in_use=False)
    assert files(tmp_path) == set()
    async with db.connect(path):
        assert db.look_at(path) == db.Look(in_use=True)
    before = files(tmp_path)
    assert db.look_at(path) == db.Look(in_use=False)
    assert files(tmp_path) == before


async def test_a_look_from_outside_tells_what_there_is_to_do(path: Path) -> None:
    async with db.connect(path) as connection:
        jobs = JobStore(connection)
        for name, state in (("one", State.QUEUED), ("two", State.SETTLED), ("three", State.CLOSED)):
            await jobs.create(Job(id=name, user_id=1, title="Blur", created_at=now(), state=state))
        assets = [
            Asset(job, backend, AssetKind.ITEM, ref)
            for job, backend, ref in [("one", "b", "1"), ("one", "a", "1"), ("two", "a", "2"), ("three", "a", "3")]
        ]
        await jobs.note(assets)
        await jobs.mark_deleted([assets[3]])
        await DrainedBackends(connection).add("b", 5)
        assert db.look_at(path) == db.Look(True, 2, {"a": 2, "b": 1}, frozenset({"b"}))
    assert db.look_at(path) == db.Look(False, 2, {"a": 2, "b": 1}, frozenset({"b"}))


async def test_an_older_database_can_be_looked_at(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = db.migrations()
    for number in range(1, len(known)):
        with monkeypatch.context() as patch:
            patch.setattr(db, "migrations", lambda number=number: known[:number])
            async with db.connect(path):
                pass
        assert db.look_at(path) == db.Look(in_use=False)


async def test_what_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with pytest.raises(DatabaseError, match="cannot be opened"):
        async with db.connect(tmp_path):
            pass
    started = [thread.name for thread in set(threading.enumerate()) - before]
    assert not [name for name in started if not name.startswith("asyncio_")]


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("folder", "folder: is a folder. Name a file in it"),
        ("words", "words: cannot be read: file is not a database. Is it Familiar's?"),
        ("other.sqlite", "other.sqlite: cannot be read: no such table: jobs. Is it Familiar's?"),
        ("newer.sqlite", "newer.sqlite: is of a newer Familiar (migration 999); update this one."),
        ("words/familiar.sqlite", "words is not a folder"),
    ],
)
def test_a_look_at_what_is_no_database_is_one_line(path: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "words").write_text("just words, " * 100)
    for name, statement in (("other", "CREATE TABLE x (y)"), ("newer", "PRAGMA user_version = 999")):
        with contextlib.closing(sqlite3.connect(tmp_path / f"{name}.sqlite")) as connection:
            connection.execute(statement)
    before = files(tmp_path)
    with pytest.raises(DatabaseError, match=re.escape(complaint)) as error:
        db.look_at(tmp_path / path)
    assert "\n" not in str(error.value)
    assert files(tmp_path) == before


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
