"""/queue: the line of a server in its order, and names only for those who may know."""

import re
import sys

import pytest

from bot.preferences import PreferenceStore
from tests.cogs.atelier import Atelier, blank, job_id, text, workflow

ONE = pytest.mark.parametrize("atelier", [{"max_in_flight": 1}], indirect=True, ids=["one at a time"])


async def queued(atelier: Atelier, who=None, channel=None) -> str:
    who = who or atelier.place.member
    shown = await atelier.answer(await who.slash(channel or atelier.channel, "queue"))
    assert shown.ephemeral
    return re.sub(r"<t:\d+:R>", "<t>", text(shown))


async def keep_private(atelier: Atelier, card) -> None:
    """Have a job be one that only its member sees, as /settings would."""
    async with atelier.catalog() as catalog:
        await catalog._db.execute("UPDATE jobs SET is_private = 1 WHERE id = ?", (job_id(card),))


@ONE
async def test_the_line_is_told_without_names_but_to_those_who_may_know(atelier: Atelier) -> None:
    place = atelier.place
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.publish(workflow(blank(), name="Secret plans"))
    elsewhere = atelier.open_place("Elsewhere")
    await atelier.publish(workflow(blank(), name="Other"), place=elsewhere)
    assert "Nothing runs or waits here at the moment." in await queued(atelier)
    await atelier.invoke.pause()
    running = await atelier.shows(await atelier.run("blank"), "🎨")
    hidden = await atelier.shows(await atelier.run("secret-plans", who=place.other), "in line")
    other = await atelier.shows(await atelier.run("other", who=elsewhere.member), "in line")
    await keep_private(atelier, hidden)
    lines = (await queued(atelier)).splitlines()
    assert lines[1:3] == ["**Running**", f"🎨 Blank · **you** · started <t> · `{job_id(running)}`"]
    assert lines[3] == "**Waiting**"
    assert re.fullmatch(r"`1.` \*a private job\*( · starts <t>)?", lines[4])
    assert lines[5] == "-# One job of other servers is in the line, too."
    # Its own member sees what it is, and nobody else's name.
    own = await queued(atelier, place.other)
    assert "🎨 Blank · started <t>\n" in own
    assert f"`1.` Secret plans 🔒 · **you** · `{job_id(hidden)}`" in own
    moderator = place.guild.add_member("Moderator", manage_messages=True)
    for who in (place.admin, moderator):
        told = await queued(atelier, who)
        assert f"🎨 Blank · <@{place.member.id}> · started" in told
        assert "Secret" not in told
        assert str(place.other.id) not in told
    async with atelier.catalog() as catalog:
        await PreferenceStore(catalog._db).change_guild(place.guild.id, names_in_queue=True)
    assert f"🎨 Blank · <@{place.member.id}> · started" in await queued(atelier, place.other)
    # In direct messages there is one's own, and how many others.
    told = await queued(atelier, place.member, place.member.dm)
    assert "Your jobs in the line" in told
    assert "2 jobs of others are in the line, too." in told
    assert "a private job" not in told
    await atelier.invoke.resume()
    for card in (running, hidden, other):
        await atelier.over(card)
    await atelier.tidy()


@ONE
async def test_it_is_drawn_anew_after_a_restart_and_tells_of_a_pause(atelier: Atelier) -> None:
    member = atelier.place.member
    await atelier.publish(workflow(blank(), name="Blank"))
    shown = await atelier.answer(await member.slash(atelier.channel, "queue"))
    await atelier.restart()
    await atelier.invoke.pause()
    card = await atelier.shows(await atelier.run("blank"), "🎨")
    await atelier.changed(shown, await member.press(shown, "Refresh"))
    assert "🎨 Blank · **you**" in text(shown)
    waiting = await atelier.run("blank")
    await atelier.answer(
        await atelier.place.admin.slash(atelier.channel, "admin pause", {"reason": "The *GPU* is hot."})
    )
    await atelier.changed(shown, await member.press(shown, "Refresh"))
    assert r"⏸️ An admin of this server holds its jobs back for now: The \*GPU\* is hot. They keep" in text(shown)
    assert f"`1.` Blank · **you** · `{job_id(waiting)}`" in text(shown)
    told = await atelier.ask(member, "job", {"id": job_id(waiting)})
    assert "⏸️ An admin of its server holds its jobs back for now. The job is kept." in told
    assert "An admin of its server holds" in await atelier.ask(member, "jobs")
    await atelier.answer(await atelier.place.admin.slash(atelier.channel, "admin resume"))
    await atelier.invoke.resume()
    for one in (card, waiting):
        await atelier.over(one)


@ONE
async def test_a_long_line_is_cut_and_still_counts_all(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="*" * 90), name="blank")
    await atelier.invoke.pause()
    people = [atelier.place.guild.add_member(f"P{number}") for number in range(9)]
    cards = [await atelier.run("blank", who=who) for who in people for _ in range(3)]
    told = await queued(atelier, atelier.place.admin)
    assert "-# and 7 more" in told
    assert len(told) < 4096
    await atelier.invoke.resume()
    for card in cards:
        await atelier.over(card)


@ONE
async def test_of_too_many_jobs_those_are_shown_that_wait_the_longest(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["cogs.queue"], "_LOOKED_AT", 2)
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    first = await atelier.shows(await atelier.run("blank"), "🎨")
    cards = [await atelier.shows(await atelier.run("blank"), "in line") for _ in range(3)]
    said = await queued(atelier)
    assert "🎨 Blank · **you**" in said
    assert job_id(cards[0]) in said
    assert job_id(cards[2]) not in said
    assert "and 2 more" in said
    await atelier.invoke.resume()
    for card in (first, *cards):
        await atelier.over(card)
