"""What Discord was told, and how many commands were new to it in a day."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import db
from bot.jobs import now
from bot.sent import DAY, SentCommands, digest


@pytest.fixture
async def sent(tmp_path: Path) -> AsyncIterator[SentCommands]:
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        yield SentCommands(connection)


async def test_digests_tell_what_was_sent(sent: SentCommands) -> None:
    assert await sent.digest("global") is None
    await sent.save("global", digest(b"one"), ["b", "a"])
    await sent.save("5", digest(b"two"))
    assert await sent.digest("global") == digest(b"one") != digest(b"two")
    await sent.save("global", digest(b"three"), ["a"])
    assert [await sent.digest(scope) for scope in ("global", "5")] == [digest(b"three"), digest(b"two")]
    assert await sent.names("global") == {"a"}


async def test_doubt_keeps_the_names_and_forgetting_keeps_nothing(sent: SentCommands) -> None:
    for forget_it, names in ((sent.doubt, {"a"}), (sent.forget, set())):
        await sent.save("5", digest(b"one"), ["a"])
        await forget_it("5")
        assert await sent.digest("5") is None
        assert await sent.names("5") == names
    # Of a server that was never told anything there is nothing to doubt.
    await sent.doubt("6")
    assert await sent.digest("6") is None


async def test_creates_are_counted_for_each_server_over_a_day(
    sent: SentCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await sent.creates(5) == []
    moment = now()
    for hours, names in ((25, ["gone"]), (23, ["b", "ü"]), (1, ["b"])):
        monkeypatch.setattr("bot.sent.now", lambda hours=hours: moment - timedelta(hours=hours))
        await sent.note_creates(5, names)
    await sent.note_creates(6, ["elsewhere"])
    monkeypatch.setattr("bot.sent.now", lambda: moment)
    hours_ago = [round((moment - at) / timedelta(hours=1)) for at in await sent.creates(5)]
    assert hours_ago == [23, 23, 1]
    assert len(await sent.creates(6)) == 1
    monkeypatch.setattr("bot.sent.now", lambda: moment + DAY)
    assert await sent.creates(5) == []


async def test_what_a_day_has_passed_over_is_not_kept(sent: SentCommands, monkeypatch: pytest.MonkeyPatch) -> None:
    await sent.note_creates(5, ["a"])
    later = now() + DAY + timedelta(minutes=1)
    monkeypatch.setattr("bot.sent.now", lambda: later)
    await sent.note_creates(5, ["b"])
    assert [row["name"] for row in await db.read(sent._db, "SELECT name FROM command_creates")] == ["b"]
