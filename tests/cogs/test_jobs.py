"""/jobs: what waits, what runs, and the last ten that are over; one's own, and nobody else's."""

import re
import sqlite3

import pytest

from tests.cogs.atelier import PHOTO, Atelier, blank, fixture, in_module_loop, job_id, text, texts, workflow


@pytest.mark.parametrize("atelier", [{"max_in_flight": 1}], indirect=True, ids=["one at a time"])
async def test_jobs_shows_where_each_one_stands(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.publish(fixture("blur"))
    await atelier.over(await atelier.run("blank"))
    await atelier.invoke.pause()
    running = await atelier.run("blank")
    await atelier.shows(running, "🎨")
    waiting = await atelier.run("blank")
    await atelier.shows(waiting, "1st in line")
    atelier.invoke.faults.delay("POST /api/v1/images/upload", 0.3)
    uploading = await atelier.run("fog-glass", {"photo": PHOTO})
    answer = await atelier.answer(await atelier.place.member.slash(atelier.channel, "jobs"))
    assert answer.ephemeral
    lines = text(answer).splitlines()[1:]
    assert [re.match(r"\S+ [^\[]+", line)[0].strip() for line in lines] == [  # type: ignore[index]
        "⏳ uploading",
        "⏳ Waiting, **1st in line**",
        "⏳ running",
        re.match(r"✅ \d\.\d s", lines[3])[0],  # type: ignore[index]
    ]
    link = f"(https://discord.com/channels/{atelier.place.guild.id}/{atelier.channel.id}/{running.id})"
    assert f"[Blank]{link}" in lines[2]
    assert "You have not run anything here yet." in await atelier.ask(atelier.place.other, "jobs")
    await atelier.place.member.press(waiting, "Cancel")
    await atelier.over(waiting)
    await atelier.invoke.resume()
    await atelier.over(uploading)
    await atelier.tidy()
    shown = await atelier.ask(atelier.place.member, "jobs")
    assert [line[0] for line in shown.splitlines()[1:]] == ["✅", "🛑", "✅", "✅"]


@in_module_loop
async def test_the_last_ten_are_shown_newest_first(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    cards = [await room.over(await room.run("blank")) for _ in range(12)]
    shown = (await room.ask(room.place.member, "jobs")).splitlines()[1:]
    assert len(shown) == 10
    for line, card in zip(shown, reversed(cards), strict=False):
        assert line.endswith(f"`{job_id(card)}`")


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 20}], indirect=True, ids=["twenty each"])
async def test_long_titles_are_shown_in_whole_lines(atelier: Atelier) -> None:
    await atelier.publish(texts(name="*_`~" * 40), name="odd")
    for _ in range(10):
        await atelier.over(await atelier.run("odd"))
    await atelier.invoke.pause()
    cards = [await atelier.run("odd") for _ in range(12)]
    lines = (await atelier.ask(atelier.place.member, "jobs")).splitlines()[1:]
    assert all(line.endswith("`") for line in lines[:-1])
    assert lines[-1] == f"-# and {23 - len(lines)} more lines"
    await atelier.invoke.resume()
    for card in cards:
        await atelier.over(card)


@in_module_loop
async def test_jobs_that_failed_or_run_elsewhere(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    elsewhere = room.open_place("Elsewhere")
    same = elsewhere.guild.add_member("Bo there", user=room.place.member.user)
    await room.over(await room.run("fog-glass", {"photo": ("x.png", b"nothing")}))
    assert "❌" in await room.ask(room.place.member, "jobs")
    there = await room.answer(await same.slash(elsewhere.channel, "jobs"))
    assert "You have not run anything here yet." in text(there)


async def test_results_that_never_reached_their_card_are_told_of(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.over(await atelier.run("blank"))
    await atelier.tidy()
    assert "posted" not in await atelier.ask(atelier.place.member, "jobs")
    await atelier.stop()
    with sqlite3.connect(atelier.database) as connection:
        connection.execute("UPDATE jobs SET delivered_at = NULL")
    connection.close()
    await atelier.start()
    shown = await atelier.ask(atelier.place.member, "jobs")
    assert re.search(r"^✅ \d\.\d s · could not be posted \[Blank\]", shown, re.MULTILINE)


@in_module_loop
async def test_a_title_cannot_end_its_link(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="x](https://evil.example) [y"), name="odd")
    card = await room.over(await room.run("odd"))
    assert text(card).splitlines()[0] == r"x\](https://evil.example) \[y"
    line = (await room.ask(room.place.member, "jobs")).splitlines()[1]
    link = f"https://discord.com/channels/{room.place.guild.id}/{room.channel.id}/{card.id}"
    assert f"[x)(https://evil.example) (y]({link})" in line
