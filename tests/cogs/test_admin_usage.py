"""/admin usage: lines, a picture and a table of this server's jobs, and not a word of what was asked for."""

import csv
import io
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from bot.playground.discord import Message
from tests.cogs.atelier import Atelier, in_module_loop, text
from tests.cogs.test_admin import plain, rows


def plant(connection: sqlite3.Connection, room: Atelier, job_id: str, user_id: int, **values: object) -> None:
    """Put a job of this server into the table that ended an hour ago, or so many days ago."""
    days = int(str(values.pop("days", 0)))
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    row = {
        "id": job_id,
        "state": "closed",
        "title": "Blur",
        "given": '{"prompt": "a secret"}',
        "attachments": "[]",
        "item_ids": "[]",
        "results": "[]",
        "attempt": 1,
        "guild_id": room.place.guild.id,
        "user_id": user_id,
        "created_at": at,
        "outcome": "completed",
        "backend_seconds": 0.0,
        **values,
    }
    names = ", ".join(row)
    connection.execute(f"INSERT INTO jobs ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


async def ask(room: Atelier, **options: object) -> Message:
    return await room.answer(await room.place.admin.slash(room.channel, "admin usage", options))


def table(answer: Message) -> list[list[str]]:
    (file,) = [file for file in answer.attachments if file.filename == "usage.csv"]
    assert file.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"), newline="")))


@in_module_loop
@pytest.mark.parametrize("by", ["member", "workflow", "day"])
async def test_where_nothing_ran_it_says_so(by: str, room: Atelier) -> None:
    answer = await ask(room, by=by, days=7)
    assert answer.ephemeral and not answer.attachments
    assert text(answer) == f"Usage by {by}\nThe last 7 days (UTC): Nothing was run here in that time."


@in_module_loop
async def test_a_chart_that_cannot_be_drawn_is_left_out(
    room: Atelier, monkeypatch: pytest.MonkeyPatch, complaints: list[str]
) -> None:
    complaints.append("the chart of /admin usage could not be drawn")
    monkeypatch.setattr("bot.chart._fonts", lambda: 1 / 0)
    with rows(room) as connection:
        plant(connection, room, "c1", room.place.member.user.id, backend_seconds=300)
    answer = await ask(room)
    assert [file.filename for file in answer.attachments] == ["usage.csv"]
    assert "**1 job**, **5 min** of InvokeAI" in text(answer)


@in_module_loop
async def test_usage_by_member(room: Atelier) -> None:
    place = room.place
    evil = place.guild.add_member("=1+1 😀 日本")
    with rows(room) as connection:
        plant(connection, room, "u1", place.member.user.id, backend_seconds=300)
        plant(connection, room, "u2", place.member.user.id, outcome="failed", backend_seconds=12)
        plant(connection, room, "u3", evil.user.id, backend_seconds=30, is_private=1)
        plant(connection, room, "u4", 4711, outcome=None, state="closed")
        plant(connection, room, "u5", 4711, days=40, backend_seconds=999)
        plant(connection, room, "u6", 4711, guild_id=1, backend_seconds=999)
    answer = await ask(room)
    assert answer.ephemeral
    # Discord knows nobody of that number here.
    assert len(room.refusals()) == 1
    assert [file.filename for file in answer.attachments] == ["usage.png", "usage.csv"]
    member = place.member.user.id
    assert plain(text(answer)).splitlines()[:6] == [
        "Usage by member",
        "The last 30 days (UTC): **4 jobs**, **5.7 min** of InvokeAI · ✅ 2 ❌ 1 ⏳ 1",
        "",
        rf"1\. <@{member}> · 2 jobs · 5.2 min · ✅ 1 ❌ 1",
        rf"2\. <@{evil.user.id}> · 1 job · 30 s · ✅ 1",
        r"3\. <@4711> · 1 job · 0 s · ⏳ 1",
    ]
    assert table(answer) == [
        *[["member", "mention", "jobs", "backend_seconds", "completed", "failed", "cancelled", "lost", "under_way"]],
        ["Bo", f"<@{member}>", "2", "312.0", "1", "1", "0", "0", "0"],
        ["'=1+1 😀 日本", f"<@{evil.user.id}>", "1", "30.0", "1", "0", "0", "0", "0"],
        ["", "<@4711>", "1", "0.0", "0", "0", "0", "0", "1"],
    ]
    picture = answer.attachments[0]
    assert picture.description == "A bar chart: InvokeAI's time by member, in minutes. The most: Bo, 5.2 min."
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.format == "PNG"
    assert b"secret" not in b"".join(file.data for file in answer.attachments)


@in_module_loop
async def test_usage_by_workflow_and_by_day(room: Atelier) -> None:
    with rows(room) as connection:
        for number in range(13):
            title = f"Work [x](y) {number}"
            plant(connection, room, f"w{number}", 5, title=title, backend_seconds=3600 * (20 - number), days=number % 3)
    by_workflow = await ask(room, by="workflow")
    lines = text(by_workflow).splitlines()
    assert lines[3] == r"1\. Work \[x\](y) 0 · 1 job · 20 h · ✅ 1"
    assert lines[13] == "-# and 3 more lines"
    assert len(table(by_workflow)) == 14
    by_day = await ask(room, by="day", days=5)
    assert table(by_day)[0][0] == "day"
    assert [row[1] for row in table(by_day)[1:]] == ["0", "0", "4", "4", "5"]
    assert text(by_day).splitlines()[3].startswith(f"**{datetime.now(UTC):%Y-%m-%d}** · 5 jobs · ")
    assert by_day.attachments[0].description
