"""/jobs and /job: what waits, what runs, and how it ended; one's own, and what moderators may see."""

import asyncio
import re
import sqlite3
from types import SimpleNamespace
from typing import cast

import discord
import pytest

from bot.cards import Told
from bot.config import BackendSettings
from bot.jobs import Job, Outcome, State, now
from bot.line import Standing
from bot.playground.discord import Permissions
from bot.pool import open_pool
from cogs._cancel import moderates
from cogs._job import job_embed, trouble_of, where_told
from cogs._jobs_list import PAGE
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    buttons,
    custom_id,
    fixture,
    in_module_loop,
    job_id,
    text,
    texts,
    workflow,
)
from workflows.client import open_http
from workflows.texts import Voice


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
    lines = re.sub(r"<t:\d+:R>", "<t>", text(answer)).splitlines()[1:9]
    stands = [re.sub(r"`[a-z0-9]{10}`", "id", line) for line in lines[1::2]]
    assert stands[:3] == [
        "-# uploading · <t> · id",
        "-# Waiting, **1st in line** · starts <t> · <t> · id",
        "-# running · <t> · id",
    ]
    assert re.fullmatch(r"-# \d\.\d s · <t> · id", stands[3])
    link = f"(https://discord.com/channels/{atelier.place.guild.id}/{atelier.channel.id}/{running.id})"
    assert lines[4] == f"🎨 [Blank]{link}"
    assert "You have not run anything here yet." in await atelier.ask(atelier.place.other, "jobs")
    await atelier.place.member.press(waiting, "Cancel")
    await atelier.over(waiting)
    await atelier.invoke.resume()
    await atelier.over(uploading)
    await atelier.tidy()
    shown = await atelier.ask(atelier.place.member, "jobs")
    assert [line[0] for line in shown.splitlines()[1::2]] == ["✅", "🛑", "✅", "✅"]


def page_of(message) -> list[str]:
    """The ids on a page of the list."""
    return re.findall(r"`([a-z0-9]{10})`$", text(message), re.MULTILINE)


def foot(message) -> str:
    return message.embeds[0].get("footer", {}).get("text", "")


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 20}], indirect=True, ids=["twenty each"])
async def test_pages_turn_also_after_a_restart(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    member = atelier.place.member
    newest = [job_id(await atelier.over(await atelier.run("blank"))) for _ in range(PAGE + 2)][::-1]
    shown = await atelier.answer(await member.slash(atelier.channel, "jobs"))
    assert page_of(shown) == newest[:PAGE]
    assert foot(shown) == "1–8 of 10"
    await atelier.restart()
    await atelier.changed(shown, await member.press(shown, "Next"))
    assert page_of(shown) == newest[PAGE:]
    assert foot(shown) == "9–10 of 10"
    await atelier.changed(shown, await member.press(shown, "Previous"))
    assert page_of(shown) == newest[:PAGE]


@in_module_loop
async def test_only_some_are_shown_by_how_they_stand_and_by_workflow(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.publish(fixture("blur"))
    done = job_id(await room.over(await room.run("blank")))
    failed = job_id(await room.over(await room.run("fog-glass", {"photo": ("x.png", b"nothing")})))
    await room.tidy()
    await room.invoke.pause()
    running = await room.shows(await room.run("blank"), "🎨")
    member = room.place.member
    shown = await room.answer(await member.slash(room.channel, "jobs"))
    assert page_of(shown) == [job_id(running), failed, done]
    for label, ids in {
        "Done": [done],
        "Waiting and running": [job_id(running)],
        "Failed or cancelled": [failed],
    }.items():
        await room.changed(shown, await member.select(shown, "Show which?", [label]))
        assert page_of(shown) == ids
    await room.invoke.resume()
    await room.over(running)
    await room.tidy()
    await room.changed(shown, await member.select(shown, "Show which?", ["Waiting and running"]))
    assert "None of your jobs is among these." in text(shown)
    # By workflow: as suggested, as typed, and what there is none of.
    found = await member.autocomplete(room.channel, "jobs", "workflow", "bla")
    assert [choice["name"] for choice in found] == ["Blank"]
    for typed in (found[0]["value"], "blank"):
        shown = await room.answer(await member.slash(room.channel, "jobs", {"workflow": typed}))
        assert text(shown).splitlines()[1] == "-# Only Blank"
        assert page_of(shown) == [job_id(running), done]
    refused = await room.answer(await member.slash(room.channel, "jobs", {"workflow": "*nothing*"}))
    assert text(refused).startswith(r"None of your jobs here ran a workflow called “\*nothing\*”.")


@in_module_loop
async def test_a_list_is_turned_by_its_own_member_only(room: Atelier) -> None:
    member, other = room.place.member, room.place.other
    shown = await room.answer(await other.slash(room.channel, "jobs"))
    pressed = await room.press_raw(other, shown, f"familiar:jobs:>:{member.id}:1:all:0")
    assert text(await room.answer(pressed)) == "That list is somebody else's. `/jobs` shows yours."
    # A page that is no more is the last one that there is.
    await room.changed(shown, await room.press_raw(other, shown, f"familiar:jobs:>:{other.id}:999:all:0"))
    assert "You have not run anything here yet." in text(shown)


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 20}], indirect=True, ids=["twenty each"])
async def test_a_page_of_long_titles_and_prompts_is_whole(atelier: Atelier) -> None:
    await atelier.publish(texts(Field("value", "", "Prompt"), name="*_`~" * 40), name="odd")
    await atelier.invoke.pause()
    given = {"prompt": "](https://evil.example) @everyone `" * 20}
    cards = [await atelier.run("odd", given) for _ in range(PAGE)]
    lines = (await atelier.ask(atelier.place.member, "jobs")).splitlines()[1:]
    assert len(lines) == 2 * PAGE
    assert all(line.endswith("`") for line in lines[1::2])
    assert all("@\u200beveryone" in line for line in lines[::2])
    await atelier.invoke.resume()
    for card in cards:
        await atelier.over(card)


@in_module_loop
async def test_a_direct_message_lists_all_servers(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    elsewhere = room.open_place("Elsewhere")
    there = elsewhere.guild.add_member("Bo there", user=room.place.member.user)
    await room.publish(workflow(blank(), name="Other"), place=elsewhere)
    await room.over(await room.run("blank"))
    await room.over(await room.run("other", who=there))
    dm = room.place.member.dm
    shown = await room.answer(await room.place.member.slash(dm, "jobs"))
    lines = text(shown).splitlines()
    assert "· Elsewhere ·" in lines[2]
    assert "· Room ·" in lines[4]
    assert foot(shown) == "from all servers"
    stranger = room.place.guild.add_member("New")
    assert "On a server that has me, type `/`" in text(await room.answer(await stranger.slash(stranger.dm, "jobs")))


@in_module_loop
async def test_the_list_speaks_its_readers_language(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    frieda = room.place.guild.add_member("Frieda", locale="de")
    assert "Du hast hier noch nichts ausgeführt." in text(await room.answer(await frieda.slash(room.channel, "jobs")))
    card = await room.answer(await frieda.slash(room.channel, "blank"))
    await room.over(card)
    shown = await room.answer(await frieda.slash(room.channel, "jobs"))
    assert text(shown).splitlines()[0] == "Deine Aufträge"
    asked = await room.answer(await frieda.slash(room.channel, "job", {"id": job_id(card)}))
    assert "✅ Fertig <t:" in text(asked)


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
    assert re.search(r"^✅ \[Blank\]\S+\n-# \d\.\d s · could not be posted · <t:", shown, re.MULTILINE)


@in_module_loop
async def test_a_title_cannot_end_its_link(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="x](https://evil.example) [y"), name="odd")
    card = await room.over(await room.run("odd"))
    assert r"x\](https://evil.example) \[y" in text(card)
    line = (await room.ask(room.place.member, "jobs")).splitlines()[1]
    link = f"https://discord.com/channels/{room.place.guild.id}/{room.channel.id}/{card.id}"
    assert f"[x)(https://evil.example) (y]({link})" in line


# /job


async def looked_at(atelier: Atelier, job: str, who=None):
    who = who or atelier.place.member
    return await atelier.answer(await who.slash(atelier.channel, "job", {"id": job}))


@pytest.mark.parametrize("atelier", [{"max_in_flight": 1}], indirect=True, ids=["one at a time"])
async def test_job_tells_where_one_stands_and_cancels_it(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.over(await atelier.run("blank"))
    await atelier.invoke.pause()
    running = await atelier.shows(await atelier.run("blank"), "🎨")
    waiting = await atelier.shows(await atelier.run("blank"), "1st in line")
    shown = await looked_at(atelier, job_id(running))
    assert shown.ephemeral
    assert re.search(r"🎨 Running, started <t:\d+:R>\nAsked <t:\d+:R>\nIts card is \[here\]\(https://", text(shown))
    shown = await looked_at(atelier, f" `{job_id(waiting).upper()}` ")
    assert re.search(r"⏳ Waiting, \*\*1st in line\*\* · starts <t:\d+:R>", text(shown))
    assert buttons(shown) == ["Cancel", "Show its card here"]
    assert await atelier.told(await atelier.place.member.press(shown, "Cancel")) == "🛑 Cancelling …"
    await atelier.over(waiting)
    assert "🛑 Cancelled." in text(waiting)
    await atelier.invoke.resume()
    await atelier.over(running)
    await atelier.tidy()
    done = await looked_at(atelier, job_id(running))
    assert re.search(r"✅ Done <t:\d+:R>, after \d+\.\d s\.\nAsked", text(done))
    assert buttons(done) == ["Show its card here", "Again", "Details"]
    assert "🛑 Cancelled <t:" in text(await looked_at(atelier, job_id(waiting)))


@in_module_loop
async def test_job_is_for_its_member_and_for_moderators_of_its_server(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    unknown = "There is no such job of yours here. `/jobs` lists what there is."
    assert text(await looked_at(room, "2222222222")) == unknown
    assert text(await looked_at(room, "' OR 1 --")) == unknown
    assert text(await looked_at(room, job_id(card), room.place.other)) == unknown
    moderator = room.place.guild.add_member("Moderator", manage_messages=True)
    assert f"by <@{room.place.member.id}>" in text(await looked_at(room, job_id(card), moderator))
    elsewhere = room.open_place("Elsewhere")
    stranger = elsewhere.guild.add_member("Stranger", manage_messages=True)
    answer = await room.answer(await stranger.slash(elsewhere.channel, "job", {"id": job_id(card)}))
    assert text(answer) == unknown


@in_module_loop
async def test_what_is_kept_private_is_told_to_moderators_without_what_it_says(room: Atelier) -> None:
    room.place.member.close_direct_messages()
    await room.publish(fixture("blur"))
    card = await room.over(await room.run("fog-glass", {"photo": ("x.png", b"nothing"), "private": True}))
    await room.tidy()
    own = text(await looked_at(room, job_id(card)))
    assert "that file is not a picture" in own
    assert "only you see it" in own
    told = text(await looked_at(room, job_id(card), room.place.admin))
    assert re.search(r"❌ Ended <t:\d+:R>, after [\d.]+ s\.\n", told)
    assert "picture" not in told
    assert "Its card is private: only the one who asked for it sees it." in told


@in_module_loop
async def test_who_moderates_one_channel_has_no_power_over_jobs_in_others(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.shows(await room.run("blank"), "🎨")
    keeper, theirs = room.place.guild.add_member("Keeper"), room.place.guild.add_channel("theirs")
    theirs.overwrite(keeper, allow=Permissions.MANAGE_MESSAGES)
    own = await room.answer(await keeper.slash(theirs, "jobs"))
    refused = await room.answer(await keeper.slash(theirs, "job", {"id": job_id(card)}))
    assert text(refused).startswith("There is no such job of yours here.")
    refused = await room.answer(await room.press_raw(keeper, own, custom_id(card, "Cancel")))
    assert text(refused).startswith("Only the one who asked for it")
    room.channel.overwrite(keeper, allow=Permissions.MANAGE_MESSAGES)
    assert f"by <@{room.place.member.id}>" in text(await looked_at(room, job_id(card), keeper))
    assert f"by <@{room.place.member.id}>" in text(await looked_at(room, job_id(card), room.place.admin))
    await keeper.press(card, "Cancel")
    await room.over(card)
    assert "🛑 Cancelled." in text(card)
    await room.invoke.resume()
    await room.tidy()


def thread(number: int, parent: int) -> discord.Thread:
    found = discord.Thread.__new__(discord.Thread)
    found.id, found.parent_id = number, parent
    return found


THREADS = {
    "in the thread, of a job in its channel": (thread(5, 2), 2, True),
    "in the channel, of a job in a thread of it": (None, 5, True),
    "of a job in another channel's thread": (None, 6, False),
    "in another channel's thread": (thread(6, 3), 2, False),
}


@pytest.mark.parametrize(("here", "job_channel", "may"), THREADS.values(), ids=THREADS.keys())
def test_a_thread_is_moderated_by_who_moderates_its_channel(
    here: discord.Thread | None, job_channel: int, may: bool
) -> None:
    threads = {5: thread(5, 2), 6: thread(6, 3)}
    interaction = SimpleNamespace(
        permissions=discord.Permissions(manage_messages=True),
        user=None,
        channel=here,
        channel_id=here.id if here else 2,
        guild=SimpleNamespace(get_thread=threads.get),
    )
    assert moderates(cast("discord.Interaction", interaction), OVER.evolve(channel_id=job_channel)) is may


@in_module_loop
async def test_job_suggests_ones_own_newest_first(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.publish(workflow(blank(), name="Other"))
    cards = [await room.over(await room.run(name)) for name in ("blank", "other", "blank")]
    found = await room.place.member.autocomplete(room.channel, "job", "id")
    assert [choice["value"] for choice in found] == [job_id(card) for card in reversed(cards)]
    assert re.fullmatch(rf"✅ Blank · (now|a second ago|\d+ seconds ago) · {job_id(cards[2])}", found[0]["name"])
    found = await room.place.member.autocomplete(room.channel, "job", "id", "othe")
    assert [choice["value"] for choice in found] == [job_id(cards[1])]
    found = await room.place.member.autocomplete(room.channel, "job", "id", job_id(cards[0])[:6])
    assert [choice["value"] for choice in found] == [job_id(cards[0])]
    assert await room.place.other.autocomplete(room.channel, "job", "id") == []


ENGLISH = Voice()
OVER = Job(
    id="x",
    user_id=1,
    title="t",
    created_at=now(),
    guild_id=1,
    channel_id=2,
    message_id=3,
    state=State.CLOSED,
    outcome=Outcome.COMPLETED,
)
TOLD = {
    "on its card": ({"delivery": Told.CARD, "delivered_at": now()}, "Its card is [here]"),
    "deleted since": ({"message_id": None, "delivered_at": now()}, "Its results were deleted."),
    "before that was noted": ({"delivered_at": now()}, "Its card is [here]"),
    "on its way": ({"state": State.FINISHED}, "Its card is [here]"),
    "directly": ({"delivery": Told.DIRECT, "delivered_at": now()}, "It was told by direct message"),
    "card deleted": ({"delivery": Told.CARD_DELETED}, "Somebody deleted its card"),
    "channel deleted": (
        {"delivery": Told.CHANNEL_DELETED},
        "its channel was deleted, and a direct message did not get through either. Run it again in another channel.",
    ),
    "forbidden": ({"delivery": Told.FORBIDDEN}, "I may not write in <#2> any more"),
    "nobody knows": ({}, "Its end could not be posted."),
    "never posted": ({"message_id": None}, "Its card could not be posted, so it was not run."),
}


@pytest.mark.parametrize(("changes", "words"), TOLD.values(), ids=TOLD.keys())
def test_where_a_job_was_told(changes: dict, words: str) -> None:
    assert words in where_told(OVER.evolve(**changes), ENGLISH)


STANDS = {
    "uploading": ({"state": State.NEW, "attachments": (None,)}, Standing(2, 5.0), "📤 Uploading …"),
    "new": ({"state": State.NEW}, Standing(2, None), "⏳ Waiting, **2nd in line**\n"),
    "about to start": ({"state": State.READY}, Standing(0, None), "⏳ About to start …"),
    "cancelling": ({"state": State.QUEUED, "cancel_requested": True}, Standing(0, None), "🛑 Cancelling …"),
}


@pytest.mark.parametrize(("changes", "standing", "words"), STANDS.values(), ids=STANDS.keys())
def test_where_a_job_stands(changes: dict, standing: Standing, words: str) -> None:
    embed = job_embed(OVER.evolve(outcome=None, **changes), standing, ENGLISH, is_own=True)
    assert (embed.description or "").startswith(words)


TROUBLES = {
    "nothing": (State.QUEUED, {"a": ""}, ""),
    "away": (State.QUEUED, {"a": "away", "b": ""}, "🔌 InvokeAI does not answer at the moment"),
    "paused": (State.QUEUED, {"a": "paused", "b": ""}, "⏸️ InvokeAI's queue is paused at the moment"),
    "it can go elsewhere": (State.READY, {"a": "away", "b": ""}, ""),
    "all are away": (State.READY, {"a": "away", "b": "away"}, "🔌 InvokeAI does not answer at the moment"),
    "its backend is gone": (State.QUEUED, {"b": ""}, ""),
}


@pytest.mark.parametrize(("state", "backends", "words"), TROUBLES.values(), ids=TROUBLES.keys())
async def test_what_keeps_a_job_from_going_on(
    state: State, backends: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody finds out that there is nothing behind them.
    monkeypatch.setattr("bot.health.watch", lambda _: asyncio.Event().wait())
    settings = [BackendSettings(name=name, url="http://127.0.0.1:1") for name in backends]
    async with open_pool(settings, open_http) as pool:
        for name, how in backends.items():
            backend = pool.get(name)
            backend.is_paused = how == "paused"
            if how == "away":
                backend.set_aside("it is away")
        job = OVER.evolve(outcome=None, state=state, backend="a")
        assert trouble_of(job, pool) == words
        shown = job_embed(job, Standing(1, None), ENGLISH, is_own=True, trouble=words).description or ""
        assert shown.startswith(words)


# At a stop


@pytest.mark.parametrize("atelier", [{"stop_seconds": 20}], indirect=True, ids=["patient"])
async def test_while_it_stops_it_says_so_and_still_takes_cancels(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    await atelier.invoke.pause()
    held = await atelier.shows(await atelier.run("fog-glass", {"photo": PHOTO}), "🎨")
    atelier.invoke.faults.delay("POST /api/v1/images/upload", 1.0)
    busy = await atelier.run("fog-glass", {"photo": PHOTO}, who=atelier.place.other)
    await atelier.discord.until(lambda: atelier.invoke.requests["POST", "/api/v1/images/upload"] >= 2)
    stopping = asyncio.create_task(atelier.stop())
    await asyncio.sleep(0.05)
    for command in ("jobs", "run"):
        options = {"workflow": "fog-glass"} if command == "run" else {}
        answer = await atelier.answer(await atelier.place.member.slash(atelier.channel, command, options))
        assert answer.ephemeral
        assert text(answer) == "I am being restarted. Please try again in a moment."
    refused = await atelier.run("fog-glass", {"photo": PHOTO})
    assert text(refused) == "I am being restarted. Please try again in a moment."
    press = await atelier.place.member.press(held, "Cancel")
    assert await atelier.told(press) == "🛑 I am being restarted, and cancel it as soon as I am back."
    await stopping
    atelier.invoke.faults.delay("POST /api/v1/images/upload", 0)
    await atelier.start()
    await atelier.over(held)
    assert "🛑 Cancelled." in text(held)
    await atelier.invoke.resume()
    await atelier.over(busy)
    assert len(busy.attachments) == 1
    await atelier.tidy()
