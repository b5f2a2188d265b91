"""The card: from the first answer over waiting and progress to the results, or to what went wrong."""

import asyncio
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from bot.cards import Waiting
from bot.jobs import Job, now
from bot.playground.discord import Permissions
from bot.playground.discord.rest import Upload
from cogs._card import DiscordCard
from tests.cogs.atelier import (
    ENQUEUE,
    PHOTO,
    UPLOAD,
    Atelier,
    Field,
    blank,
    buttons,
    chunks,
    fixture,
    furnished,
    history,
    in_module_loop,
    job_id,
    node,
    numbers,
    picture,
    text,
    texts,
    workflow,
)
from tests.cogs.test_direct import posted

SLOW = [{"step_seconds": 0.02}]


def plain(shown: str) -> str:
    """A text as Discord shows it: without the marks that keep others from being drawn."""
    return re.sub(r"\\(.)", r"\1", shown).replace("\u200b", "")


# How it goes on


@in_module_loop
async def test_the_first_answer_is_the_card_however_slow_the_rest_is(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    room.invoke.faults.delay("POST /api/v1/images/upload", 0.3)
    card = await room.run("fog-glass", {"photo": PHOTO})
    assert text(card).startswith(f"Fog glass\n📤 Uploading the picture …\n-# for <@{room.place.member.user.id}>\njob ")
    assert buttons(card) == ["Cancel"]
    assert not card.ephemeral
    await room.over(card)


@in_module_loop
async def test_the_pictures_are_counted(room: Atelier) -> None:
    await room.publish(fixture("many_images"))
    room.invoke.faults.delay("POST /api/v1/images/upload", 0.05)
    names = [o["name"] for o in room.place.guild.commands["album"]["options"] if o["type"] == 11]
    card = await room.over(await room.run("album", dict.fromkeys(names[:3], PHOTO)))
    said = "\n".join(history(card))
    assert "📤 Uploading picture 2 of 3 …" in said
    assert "📤 Uploading picture 3 of 3 …" in said
    assert len(card.attachments) == 3


@pytest.mark.parametrize("atelier", [{"max_in_flight": 1, "node_seconds": 0.4}], indirect=True, ids=["one at a time"])
async def test_who_waits_sees_the_place_in_line(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    people = [atelier.place.guild.add_member(f"P{i}") for i in range(4)]
    cards = [await atelier.run("blank", who=who) for who in people]
    await atelier.shows(cards[0], "🎨")
    for card, place in zip(cards[1:], ("1st", "2nd", "3rd"), strict=True):
        await atelier.shows(card, f"⏳ Waiting, **{place} in line**")
    await atelier.invoke.resume()
    for card in cards:
        await atelier.over(card)
        assert len(card.attachments) == 1
    seen = [place for place in ("3rd", "2nd", "1st") if any(place in said for said in history(cards[3]))]
    assert seen[-2:] == ["2nd", "1st"]
    await atelier.tidy()


@pytest.mark.parametrize("atelier", [{"max_in_flight": 1}], indirect=True, ids=["one at a time"])
async def test_turns_go_round_the_people(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    greedy = [await atelier.run("blank") for _ in range(3)]
    await atelier.shows(greedy[2], "2nd in line")
    late = await atelier.run("blank", who=atelier.place.other)
    await atelier.shows(late, "1st in line")
    await atelier.shows(greedy[2], "3rd in line")
    await atelier.invoke.resume()
    for card in (*greedy, late):
        await atelier.over(card)


@pytest.mark.parametrize("atelier", SLOW, indirect=True, ids=["slow steps"])
async def test_a_run_is_shown_with_its_bar_its_step_and_its_percentage(atelier: Atelier) -> None:
    command = await atelier.publish(fixture("slow"))
    card = await atelier.over(await atelier.run(command["name"], {"steps": 40}))
    said = history(card)
    bars = [re.match(r"🎨 (▰*)(▱*) (\d+)%\nStep (\d) of 6 · \*\*(.+?)\*\*( \d+%)?\n-# ", line) for line in said]
    shown = [found for found in bars if found]
    assert shown
    assert all(len(found[1] + found[2]) == 12 for found in shown)
    done = [int(found[3]) for found in shown]
    assert done == sorted(done)
    steps = [int(found[4]) for found in shown]
    assert steps == sorted(steps)
    shares = [int(found[6].strip("% ")) for found in shown if found[6] and found[4] == "5"]
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert len(card.attachments) == 1


async def test_a_run_that_a_restart_cut_off_says_so_while_it_runs_once_more(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    atelier.invoke.take_time(1.0)
    card = await atelier.shows(await atelier.run("fog-glass", {"photo": PHOTO}), "▰")
    await atelier.invoke.restart()
    await atelier.shows(card, "▰", "InvokeAI restarted in the middle of it; the job runs once more")
    await atelier.over(card)
    assert len(card.attachments) == 1
    assert "restarted" not in text(card)
    await atelier.tidy()


@in_module_loop
async def test_a_result_says_what_it_was_made_of(room: Atelier) -> None:
    await room.publish(fixture("text_to_image"))
    given = {"prompt": "a fox", "width": 64, "height": 128, "steps": 3, "seed": 12}
    options = {o["name"]: o for o in room.place.guild.commands["dawn-painter"]["options"]}
    card = await room.run("dawn-painter", {name: value for name, value in given.items() if name in options})
    await room.over(card)
    line = rf"\*\*Dawn painter\*\* · a fox · \*\*seed\*\* 12 · \d+\.\d s · <@{room.place.member.id}>"
    assert re.fullmatch(line + rf"\njob {job_id(card)}", text(card))
    (file,) = card.attachments
    assert file.filename == f"{job_id(card)}.png"
    assert (file.width, file.height) == (64, 128)
    assert {chunk for chunk in chunks(file.data)} == {"IHDR", "IDAT", "IEND"}
    assert "Again" in buttons(card)
    assert card.embeds[0]["color"] == 0x57F287
    await room.tidy()


@pytest.mark.parametrize("count", [10, 11, 23])
@in_module_loop
async def test_many_results_go_on_in_further_messages(room: Atelier, count: int) -> None:
    await room.publish(numbers(count))
    card = await room.over(await room.run("many"))
    await room.tidy()
    messages = room.channel.messages
    assert messages[0] is card
    assert all(message.reply_to is card for message in messages[1:])
    names = [file.filename for message in messages for file in message.attachments]
    sheets = [name for name in names if "sheet" in name]
    assert sheets == names[: len(sheets)]
    assert names[len(sheets) :] == [f"{job_id(card)}-{number}.png" for number in range(1, count + 1)]
    assert {len(message.attachments) for message in messages[:-1]} <= {10}
    assert posted(room, job_id(card)) == [[room.channel.id, message.id] for message in messages]
    for message in messages:
        for file in message.attachments:
            assert "sheet" in file.filename or set(chunks(file.data)) == {"IHDR", "IDAT", "IEND"}


@in_module_loop
async def test_many_results_where_the_bot_may_not_reply(room: Atelier) -> None:
    await room.publish(numbers(12))
    room.channel.overwrite(room.place.guild.bot, deny=1 << 16)
    await room.over(await room.run("many"))
    await room.tidy()
    assert [len(message.attachments) for message in room.channel.messages] == [10, 3]
    assert {refusal.code for refusal in room.refusals()} == {50013}


@pytest.mark.parametrize("is_lost", [False, True], ids=["in peace", "an answer is lost"])
@in_module_loop
async def test_covered_results_are_told_to_those_who_cannot_see_them_and_posted_once(
    room: Atelier, is_lost: bool
) -> None:
    document = numbers(12)
    await room.publish(document)
    room.prefer(room.place.member, spoiler=True)
    if is_lost:
        room.discord.faults.lose_answer_next("POST /channels/{channel_id}/messages")
    card = await room.over(await room.run("many"))
    await room.tidy()
    files = [file for message in room.channel.messages for file in message.attachments]
    assert len(files) == 13
    assert all(file.filename.startswith(f"SPOILER_{job_id(card)}") and file.description for file in files)


@pytest.mark.parametrize("atelier", [{"max_upload": 60_000}], indirect=True, ids=["60 kB"])
async def test_results_are_fitted_to_what_discord_takes(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    atelier.discord.world.max_user_upload = 1_000_000
    card = await atelier.run("fog-glass", {"photo": ("x.png", picture((256, 256), noisy=True)), "radius": 0.0})
    await atelier.over(card)
    (file,) = card.attachments
    assert file.filename == f"{job_id(card)}.webp"
    assert file.size <= 60_000
    assert Image.open(io.BytesIO(file.data)).size == (256, 256)
    assert "-# WebP at quality" in text(card)
    assert "the PNG is over the server's limit" in text(card)
    await atelier.tidy()


async def test_results_are_made_smaller_where_discord_takes_less_than_it_said(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    await atelier.invoke.pause()
    card = await atelier.run("fog-glass", {"photo": ("x.png", picture((720, 720), noisy=True)), "radius": 0.0})
    await atelier.shows(card, "🎨")
    atelier.discord.world.max_upload = 1_200_000
    await atelier.invoke.resume()
    await atelier.over(card)
    (file,) = card.attachments
    assert file.filename.endswith(".webp")
    assert {refusal.code for refusal in atelier.refusals()} == {40005}
    await atelier.tidy()


async def test_results_that_discord_takes_in_no_size_are_owned_up_to(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    await atelier.invoke.pause()
    card = await atelier.run("fog-glass", {"photo": PHOTO})
    await atelier.shows(card, "🎨")
    atelier.discord.world.max_upload = 10
    await atelier.invoke.resume()
    await atelier.tidy()
    atelier.refusals()
    assert "too large" in text(card)
    assert {"Again", "Details"} <= set(buttons(card))


# How sparingly


@in_module_loop
async def test_by_the_channel_progress_shares_one_pace_and_results_wait_for_nothing(
    room: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cogs._spot.TOKEN_LIFE", timedelta(0))
    monkeypatch.setattr("cogs._relay._EDIT_SECONDS", 600)
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    before = room.calls("PATCH", "/channels")
    cards = [await room.run("blank", who=room.place.guild.add_member(f"P{i}")) for i in range(4)]
    await room.discord.until(lambda: room.calls("PATCH", "/channels") > before)
    await room.invoke.resume()
    for card in cards:
        await room.over(card)
        assert len(card.attachments) == 1
    await room.tidy()
    assert room.calls("PATCH", "/channels") == before + 1 + len(cards)


@in_module_loop
async def test_by_their_tokens_no_card_waits_for_another(room: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cogs._relay._EDIT_SECONDS", 600)
    before = room.calls("PATCH", "/channels")
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    cards = [await room.run("blank", who=room.place.guild.add_member(f"P{i}")) for i in range(2)]
    for card in cards:
        await room.shows(card, "🎨")
    await room.invoke.resume()
    for card in cards:
        await room.over(card)
    assert room.calls("PATCH", "/channels") == before


async def test_a_card_holds_nothing_until_something_is_shown() -> None:
    """Thousands of unfinished jobs have one each after a start: no task, no question to the database or to Discord."""
    job = Job(id="x", user_id=1, title="t", created_at=now(), message_id=1, channel_id=1)
    tasks = asyncio.all_tasks()
    # Whatever it asked its bot for would fail.
    card = DiscordCard(None, job, pace=1.0, shown=Waiting(3))  # type: ignore[arg-type]
    card.show(job, Waiting(3))
    assert asyncio.all_tasks() == tasks
    card.show(job, Waiting(2))
    assert len(asyncio.all_tasks()) == len(tasks) + 1
    await card.close()
    card.show(job, Waiting(1))
    assert asyncio.all_tasks() == tasks


async def test_a_card_that_an_earlier_process_left_is_drawn_anew_only_where_it_matters() -> None:
    job = Job(id="x", user_id=1, title="t", created_at=now(), message_id=1, channel_id=1)
    tasks = asyncio.all_tasks()
    card = DiscordCard(None, job, pace=1.0)  # type: ignore[arg-type]
    card.show(job, Waiting(300))
    assert asyncio.all_tasks() == tasks
    card.show(job, Waiting(200))
    assert len(asyncio.all_tasks()) == len(tasks) + 1
    await card.close()
    near = DiscordCard(None, job, pace=1.0)  # type: ignore[arg-type]
    near.show(job, Waiting(3))
    assert len(asyncio.all_tasks()) == len(tasks) + 1
    await near.close()


# How it is cancelled


async def test_a_job_that_waits_is_cancelled_before_it_costs_anything(atelier: Atelier) -> None:
    atelier.in_flight = 1
    await atelier.restart()
    await atelier.publish(fixture("blur"))
    await atelier.invoke.pause()
    first = await atelier.run("fog-glass", {"photo": PHOTO}, who=atelier.place.other)
    await atelier.shows(first, "🎨")
    card = await atelier.run("fog-glass", {"photo": PHOTO})
    await atelier.shows(card, "1st in line", "⏳")
    await atelier.place.member.press(card, "Cancel")
    await atelier.over(card)
    assert "🛑 Cancelled." in text(card)
    assert not card.attachments
    await atelier.invoke.resume()
    await atelier.over(first)
    assert len(first.attachments) == 1
    await atelier.tidy()
    assert atelier.invoke.requests[ENQUEUE] == 1


@pytest.mark.parametrize("atelier", [{"step_seconds": 0.05}], indirect=True, ids=["slow steps"])
async def test_a_job_is_cancelled_in_the_middle_of_denoising(atelier: Atelier) -> None:
    command = await atelier.publish(fixture("slow"))
    card = await atelier.run(command["name"], {"steps": 400})
    await atelier.shows(card, "Step 5 of 6")
    await atelier.place.member.press(card, "Cancel")
    await atelier.over(card)
    assert "🛑 Cancelled." in text(card)
    assert not card.attachments
    await atelier.tidy()


@in_module_loop
async def test_a_job_is_cancelled_while_its_picture_is_on_the_way(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    room.invoke.faults.delay("POST /api/v1/images/upload", 0.3)
    card = await room.run("fog-glass", {"photo": PHOTO})
    await room.discord.until(lambda: room.invoke.requests[UPLOAD])
    await room.place.member.press(card, "Cancel")
    await room.over(card)
    assert "🛑 Cancelled." in text(card)
    await room.tidy()
    assert not room.invoke.requests[ENQUEUE]


@in_module_loop
async def test_only_the_requester_and_moderators_may_cancel(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    first = card = await room.shows(await room.run("blank"), "🎨")
    refused = await room.answer(await room.place.other.press(card, "Cancel"))
    assert refused.ephemeral
    assert text(refused) == "Only the one who asked for it, or someone with **Manage Messages**, can cancel this."
    assert buttons(card) == ["Cancel"]
    moderator = room.place.guild.add_member("Moderator", manage_messages=True)
    for who in (moderator, room.place.admin):
        card = await room.shows(await room.run("blank"), "🎨")
        await who.press(card, "Cancel")
        await room.over(card)
        assert "🛑 Cancelled." in text(card)
    await room.invoke.resume()
    await room.over(first)
    await room.tidy()


@in_module_loop
async def test_a_card_that_was_left_behind_shows_the_end_when_it_is_pressed(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.shows(await room.run("blank"), "🎨")
    shown = card.embeds, card.components
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    end = text(card)
    card.embeds, card.components = shown
    press = await room.place.member.press(card, "Cancel")
    await room.over(card)
    assert text(card) == end
    assert len(card.attachments) == 1
    assert await room.told(press) == "That job is over already."


@in_module_loop
async def test_a_card_that_was_left_behind_says_where_the_results_went(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.shows(await room.run("blank"), "🎨")
    room.discord.advance(16 * 60)
    room.channel.overwrite(room.place.guild.bot, deny=Permissions.VIEW_CHANNEL)
    await room.invoke.resume()
    await room.tidy()
    assert buttons(card) == ["Cancel"]
    await room.place.member.press(card, "Cancel")
    await room.over(card)
    assert f"the results went to <@{room.place.member.id}> by direct message" in text(card)
    room.refusals()


@in_module_loop
async def test_a_card_that_was_left_for_another_one_shows_the_end_without_its_frame(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await room.over(await room.run("blank"))
    await room.tidy()
    embed = {"title": "Blank", "image": {"url": "attachment://preview.webp"}}
    frame = Upload(0, "preview.webp", b"RIFF")
    left = room.discord.messages.create(room.channel, room.discord.bot, {"embeds": [embed]}, [frame])
    await room.press_raw(room.place.member, left, f"familiar:cancel:{job_id(card)}")
    await room.shows(left, f"Its card is [here](https://discord.com/channels/{room.place.guild.id}/")
    assert not left.files
    assert len(card.attachments) == 1


@in_module_loop
async def test_who_may_cancel_on_one_server_may_not_on_another(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.run("blank")
    await room.shows(card, "🎨")
    button = card.components[0]["components"][0]["custom_id"]
    elsewhere = room.open_place("Elsewhere")
    moderator = elsewhere.guild.add_member("Moderator", manage_messages=True)
    own = await room.answer(await elsewhere.admin.slash(elsewhere.channel, "workflow list"))
    refused = await room.answer(await room.press_raw(moderator, own, button))
    assert text(refused) == "That job is no longer known here."
    assert buttons(card) == ["Cancel"]
    await room.invoke.resume()
    await room.over(card)
    assert len(card.attachments) == 1
    await room.tidy()


@in_module_loop
async def test_cancelling_twice_and_too_late(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.run("blank")
    await room.shows(card, "🎨")
    button = card.components[0]["components"][0]["custom_id"]
    presses = [await room.press_raw(room.place.member, card, button) for _ in range(2)]
    await room.over(card)
    for press in presses:
        await press.answered()
    late = await room.press_raw(room.place.member, card, button)
    await room.discord.until(lambda: late.followups)
    assert text(late.followups[0]) == "That job is over already."
    assert late.followups[0].ephemeral
    unknown = await room.press_raw(room.place.member, card, "familiar:cancel:2222222222")
    assert text(await room.answer(unknown)) == "That job is no longer known here."
    assert "🛑 Cancelled." in text(card)
    await room.invoke.resume()
    await room.tidy()


async def test_cancel_works_after_a_restart(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    card = await atelier.run("blank")
    await atelier.shows(card, "🎨")
    await atelier.restart()
    await atelier.place.member.press(card, "Cancel")
    await atelier.over(card)
    assert "🛑 Cancelled." in text(card)
    await atelier.invoke.resume()
    await atelier.tidy()


# What goes wrong


@in_module_loop
async def test_a_step_that_fails_is_named_in_words_for_people(room: Atelier) -> None:
    await room.publish(fixture("failing"))
    (divisor,) = [o["name"] for o in room.place.guild.commands["division-of-labour"]["options"] if o["type"] == 4]
    (photo,) = [o["name"] for o in room.place.guild.commands["division-of-labour"]["options"] if o["type"] == 11]
    card = await room.over(await room.run("division-of-labour", {photo: PHOTO, divisor: 0}))
    assert "❌ The step **" in text(card)
    assert "** failed: division by zero. Try other values; if it stays, tell an admin the job number." in text(card)
    assert not card.attachments
    assert card.embeds[0]["color"] == 0xED4245
    await room.tidy()
    fine = await room.over(await room.run("division-of-labour", {photo: PHOTO, divisor: 4}))
    assert len(fine.attachments) == 1


@pytest.mark.parametrize("atelier", [{"waiting_per_user": 2}], indirect=True, ids=["two each"])
async def test_who_has_too_many_jobs_is_told_so(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"))
    await atelier.invoke.pause()
    cards = [await atelier.run("blank") for _ in range(2)]
    refused = await atelier.run("blank")
    assert refused.ephemeral
    assert text(refused).startswith("You have 2 jobs under way, which is as many as you may have.")
    cards.append(await atelier.run("blank", who=atelier.place.other))
    await atelier.invoke.resume()
    for card in cards:
        await atelier.over(card)
    await atelier.over(await atelier.run("blank"))
    await atelier.tidy()


async def test_while_invokeai_is_away_the_job_is_kept(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    await atelier.invoke.crash()
    card = await atelier.run("fog-glass", {"photo": PHOTO})
    await atelier.shows(card, "🔌 InvokeAI does not answer at the moment. Your job is kept")
    await atelier.invoke.start()
    await atelier.over(card)
    assert len(card.attachments) == 1
    await atelier.tidy()


async def test_a_model_that_went_is_told_by_the_name_of_its_input(atelier: Atelier) -> None:
    await atelier.publish(fixture("text_to_image"))
    atelier.invoke.models.records = [r for r in atelier.invoke.models.records if r["name"] != "tiny-sd15"]
    await atelier.restart()
    options = atelier.place.guild.commands["dawn-painter"]["options"]
    (model,) = [o["name"] for o in options if "odel" in o["name"]]
    answer = await atelier.run("dawn-painter", {model: "tiny-sd15"})
    assert f"**{model}**: “tiny-sd15” is no installed model that fits here. Pick one of: " in text(answer)
    assert answer.ephemeral


# What people write

HOSTILE = {
    "everyone": "@everyone @here look",
    "mentions": "<@{user}> <@!{user}> <@&{role}> <#{channel}>",
    "markdown": "**bold** __under__ ~~gone~~ ||spoiler|| _it_ # head",
    "backticks": "`code` ```py\nprint(1)\n``` ``x",
    "a quote": "> quoted\n>>> all of it",
    "a heading": "# big\n-# small",
    "a list": "- one\n- two",
    "a link": "[click](https://evil.example) https://fine.example/a_b_c",
    "backslashes": "\\ \\* \\",
    "right to left": "\u202eابجد\u202c שלום \u200f",
    "zero width": "a\u200bb\u2060c",
    "emoji": "🎨👩‍👩‍👧‍👦 :smile: <:x:123456789012345678>",
    "a timestamp": "<t:0:R> </jobs:1>",
    "long": "x" * 4000,
    "long and marked": "*_`~|" * 800,
    "long in one direction": "\u202e" * 4000,
    "control characters": "a\x00b\x07c\x1b[31m",
    "combining": "Z" + "\u0301\u0322" * 1000,
}


@pytest.mark.parametrize("prompt", HOSTILE.values(), ids=HOSTILE.keys())
@in_module_loop
async def test_whatever_is_written_neither_pings_nor_breaks_the_card(room: Atelier, prompt: str) -> None:
    await room.publish(texts(Field("value", label="Prompt"), Field("value", label="Other"), name="Words"))
    place = room.place
    ids = {"user": place.other.id, "role": place.guild.members_role.id, "channel": place.channel.id}
    for key, value in ids.items():
        prompt = prompt.replace(f"{{{key}}}", str(value))
    use = await place.member.slash(place.channel, "words", {"prompt": prompt, "other": "x"})
    card = await room.over(await room.answer(use))
    assert len(card.attachments) == 1
    (embed,) = card.embeds
    shown = embed["description"].removesuffix(f" · <@{place.member.id}>")
    assert len(shown.splitlines()) == 1
    assert not re.search(r"(?<!\\)(\*\*bold|`|~~|\|\||__)", shown.replace("**Words**", ""))
    assert not re.search(r"(?<!\\)<[@#][!&]?\d", shown)
    assert "@everyone" not in shown
    assert re.search(r" · \d+\.\d s$", shown)
    assert " ".join(prompt.replace("\u200b", "").split())[:190] in plain(shown)
    assert len(shown) < 1500


@in_module_loop
async def test_of_twenty_five_long_texts_a_card_tells_one(room: Atelier) -> None:
    fields = [Field("value", label=f"Word {i}") for i in range(25)]
    await room.publish(texts(*fields, name="Words"))
    card = await room.over(await room.run("words", {f"word_{i}": "*_`" * 1300 for i in range(25)}))
    (shown,) = card.embeds[0]["description"].splitlines()
    assert len(shown) < 600


@in_module_loop
async def test_titles_and_descriptions_of_admins_break_nothing_either(room: Atelier) -> None:
    name = "@everyone **x** `y` [a](https://evil.example) " + "z" * 300
    document = texts(Field("value", "d", label="@here `x`", description="@everyone " * 60), name=name, description=name)
    command = await room.publish(document, name="odd")
    card = await room.over(await room.run("odd"))
    assert len(card.attachments) == 1
    assert command["description"].endswith("…")
    for line in (await room.ask(room.place.admin, "workflow list"), await room.ask(room.place.member, "jobs")):
        assert "@everyone" not in line.replace("@\u200b", "")
    shown = await room.ask(room.place.admin, "workflow show", {"name": "odd"})
    assert "odd" in shown


# Where the bot may not

MISSING = {
    "view": (1 << 10, "**View Channel**"),
    "send": (1 << 11, "**Send Messages**"),
    "attach": (1 << 15, "**Attach Files**"),
    "embed": (1 << 14, "**Embed Links**"),
    "two": (1 << 15 | 1 << 14, "**Attach Files**, **Embed Links**"),
}


@pytest.mark.parametrize(("denied", "words"), MISSING.values(), ids=MISSING.keys())
@in_module_loop
async def test_permissions_that_are_missing_are_named_before_anything_begins(
    room: Atelier, denied: int, words: str
) -> None:
    await room.publish(fixture("blur"))
    room.channel.overwrite(room.place.guild.bot, deny=denied)
    answer = await room.run("fog-glass", {"photo": PHOTO})
    assert answer.ephemeral
    assert text(answer) == (f"I may not post results here. Please ask an admin to give me {words} in this channel.")
    await asyncio.sleep(0.05)
    assert not room.invoke.requests[UPLOAD]
    assert not room.invoke.requests[ENQUEUE]
    assert "You have not run anything here yet." in await room.ask(room.place.member, "jobs")


@in_module_loop
async def test_permissions_taken_away_in_mid_job_leave_nothing_behind(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    await room.invoke.pause()
    card = await room.run("fog-glass", {"photo": PHOTO})
    await room.shows(card, "🎨")
    # The token is good for fifteen minutes; after that only the channel is left.
    room.discord.advance(16 * 60)
    everything = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15
    room.channel.overwrite(room.place.guild.bot, deny=everything)
    await room.invoke.resume()
    await room.tidy()
    assert {refusal.code for refusal in room.refusals()} <= {50027, 50001, 50013}
    assert not card.attachments


async def test_two_servers_do_not_see_each_other(tmp_path: Path) -> None:
    async with furnished(tmp_path) as atelier:
        elsewhere = atelier.open_place("Elsewhere")
        await atelier.publish(workflow(blank(), name="Blank"))
        await atelier.publish(workflow(blank(), name="Other"), place=elsewhere)
        cards = [await atelier.run("blank"), await atelier.run("other", who=elsewhere.member)]
        for card in cards:
            await atelier.over(card)
        assert text(cards[1]).startswith("**Other**")
        assert "Other" not in await atelier.ask(atelier.place.member, "jobs")
        assert "other" not in await atelier.ask(atelier.place.admin, "workflow list")


async def test_a_picture_node_is_titled_as_its_author_named_it(atelier: Atelier) -> None:
    named = node(
        "b", "img_blur", Field("image", label="Photo"), Field("radius", 1.0, exposed=False), label="Fog *bank*"
    )
    atelier.invoke._bench.node_seconds = 0.4
    await atelier.publish(workflow(named, name="Fog"))
    card = await atelier.over(await atelier.run("fog", {"photo": PHOTO}))
    assert r"Step 1 of 1 · **Fog \*bank\***" in "\n".join(history(card))
