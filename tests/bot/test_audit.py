"""The audit: newest first, page by page; and neither a full disk nor a deaf channel undoes what was done."""

import logging
from collections.abc import AsyncIterator

import aiosqlite
import pytest

from bot import db
from bot.audit import Action, Audit, Entry


@pytest.fixture
async def connection() -> AsyncIterator[aiosqlite.Connection]:
    async with db.connect(":memory:") as opened:
        yield opened


async def test_entries_are_read_page_by_page_newest_first(connection: aiosqlite.Connection) -> None:
    audit = Audit(connection)
    assert await audit.of_guild(7, 10) == []
    for number in range(5):
        await audit.note(Entry(7, 1, Action.PUBLISHED, f"/s{number}", "x"))
        await audit.note(Entry(8, 1, Action.REMOVED, "/other"))
    first = await audit.of_guild(7, 2)
    second = await audit.of_guild(7, 2, before=first[-1].id)
    third = await audit.of_guild(7, 2, before=second[-1].id)
    assert [entry.subject for entry in (*first, *second, *third)] == ["/s4", "/s3", "/s2", "/s1", "/s0"]
    assert first[0].done_at and (first[0].action, first[0].detail) == (Action.PUBLISHED, "x")
    assert await audit.of_guild(7, 2, before=third[-1].id) == []


@pytest.mark.parametrize("action", Action)
async def test_every_action_is_read_as_it_was_written(action: Action, connection: aiosqlite.Connection) -> None:
    audit = Audit(connection)
    await audit.note(Entry(7, 1, action))
    assert [entry.action for entry in await audit.of_guild(7, 1)] == [action]


async def test_whoever_is_told_may_fail(connection: aiosqlite.Connection, caplog: pytest.LogCaptureFixture) -> None:
    audit, told = Audit(connection), list[Entry]()

    async def tell(entry: Entry) -> None:
        told.append(entry)
        raise RuntimeError("deaf")

    audit.tell_by(tell)
    await audit.note(Entry(7, 1, Action.BLOCKED, "<@2>"))
    assert [entry.subject for entry in told] == ["<@2>"]
    assert len(await audit.of_guild(7, 10)) == 1
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == [
        "the audit channel of server 7 was not told"
    ]


async def test_what_cannot_be_written_is_logged(
    connection: aiosqlite.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    audit = Audit(connection)
    await connection.execute("DROP TABLE audit")
    await audit.note(Entry(7, 1, Action.PAUSED))
    assert "the audit of server 7 lacks that" in caplog.text
