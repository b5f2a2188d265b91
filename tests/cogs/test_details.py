"""The button Details: everything of a job, for those whom it concerns, also when its workflow is long gone."""

import json
import re
from datetime import timedelta

import pytest

from bot.jobs import Attachment, Job, Outcome, State, UsedModel, now
from bot.ledger import Asset, AssetKind
from bot.playground.discord import Message
from bot.playground.discord.actors import LocalMember
from cogs._details import detail_embeds, proof_lines, record
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    buttons,
    fixture,
    in_module_loop,
    job_id,
    text,
    texts,
    workflow,
)
from tests.cogs.test_again import rows
from workflows.spec import InputSpec, Kind
from workflows.texts import Voice

DETAILS = "Details"


async def done(atelier: Atelier, command: str, options: dict | None = None) -> Message:
    card = await atelier.over(await atelier.run(command, options))
    await atelier.tidy()
    return card


async def details(atelier: Atelier, card: Message, who: LocalMember | None = None) -> Message:
    return await atelier.answer(await (who or atelier.place.member).press(card, DETAILS))


def whole(message: Message) -> str:
    """All that a message's embeds say."""
    fields = [f"{field['name']}\n{field['value']}" for embed in message.embeds for field in embed.get("fields", ())]
    return "\n".join([text(message), *fields])


def read(message: Message) -> dict:
    (file,) = message.attachments
    return json.loads(file.data)


# Whom it does not concern


@in_module_loop
async def test_they_are_for_the_requester_and_moderators(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await done(room, "blank")
    refused = await details(room, card, room.place.other)
    assert refused.ephemeral
    assert text(refused).startswith("The details are for the one who asked for it")
    mod = room.place.guild.add_member("Mod", manage_messages=True)
    shown = await details(room, card, mod)
    assert f"Asked for by <@{room.place.member.id}>" in whole(shown)
    rows(room, "UPDATE jobs SET is_private = 1 WHERE id = ?", job_id(card))
    assert text(await details(room, card, mod)) == "That job is no longer known here."


@in_module_loop
async def test_another_servers_moderator_is_told_nothing(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    card = await done(room, "blank")
    elsewhere = room.open_place("Elsewhere")
    message = await elsewhere.admin.say(elsewhere.channel, "a copy")
    press = await room.press_raw(elsewhere.admin, message, f"familiar:details:{job_id(card)}")
    assert text(await room.answer(press)) == "That job is no longer known here."
    press = await room.press_raw(room.place.member, card, "familiar:details:2222222222")
    assert text(await room.answer(press)) == "That job is no longer known here."


# What they tell


@in_module_loop
async def test_everything_is_told_and_in_the_file(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await done(room, "fog-glass", {"photo": PHOTO})
    shown = await details(room, card)
    assert shown.ephemeral
    said = whole(shown)
    for part in ("Version 1 of the workflow", "On **main**, InvokeAI", "Asked <t:", "Waited", "Delivered", "photo.png"):
        assert part in said, part
    assert "1 picture that was given · deleted <t:" in said
    assert "1 result · deleted <t:" in said
    assert "Nothing of it has been left there since" in said
    told = read(shown)
    assert told["job"] == job_id(card)
    assert told["workflow"]["version"] == 1
    assert told["files"] == [{"input": "photo", "filename": "photo.png"}]
    assert {entry["kind"] for entry in told["left_behind"]} == {"upload", "output", "item"}
    assert all(entry["deleted"] for entry in told["left_behind"])
    raw = shown.attachments[0].data.decode()
    token = rows(
        room,
        "SELECT url FROM (SELECT json_extract(attachments, '$[0].url') AS url FROM jobs WHERE id = ?)",
        job_id(card),
    )
    for secret in (room.invoke.url, room.discord.url, "token", token[0][0]):
        assert secret not in raw


@in_module_loop
async def test_long_values_are_whole_in_the_file_and_break_nothing(room: Atelier) -> None:
    await room.publish(texts(*(Field("value", label=f"Text {n}") for n in range(8)), name="Words"))
    prompt = "`a` *fox* <@1> [x](https://evil) " * 90 + "."
    card = await done(room, "words", {f"text_{n}": prompt for n in range(8)})
    shown = await details(room, card)
    assert "characters; all of them are in the file" in whole(shown)
    assert read(shown)["values"] == {f"text_{n}": prompt for n in range(8)}
    assert "more lines; they are in the file" in whole(shown)


async def test_a_year_later_without_its_workflow_what_is_there_is_shown(atelier: Atelier) -> None:
    await atelier.publish(texts(Field("value", label="Prompt"), name="Words"))
    card = await done(atelier, "words", {"prompt": "a fox"})
    report = await atelier.answer(
        await atelier.place.admin.slash(atelier.channel, "workflow remove", {"name": "words"})
    )
    remove = next(label for label in buttons(report) if "Remove" in label)
    await atelier.changed(report, await atelier.place.admin.press(report, remove))
    await atelier.discord.until(lambda: "words" not in atelier.place.guild.commands)
    rows(atelier, "DELETE FROM versions")
    atelier.discord.advance(timedelta(days=365).total_seconds())
    await atelier.restart()
    shown = await details(atelier, card)
    assert "That version of the workflow is gone" in whole(shown)
    assert "a fox" in whole(shown)


JOB = Job(
    *(),
    id="abcdefghij",
    user_id=1,
    title="Long " * 60,
    created_at=now(),
    state=State.CLOSED,
    outcome=Outcome.FAILED,
    problem="x" * 3000,
    workflow_id=1,
    version=3,
    backend="main",
    given={f"name{n}": "value " * 200 for n in range(60)},
    models=tuple(UsedModel(f"model {n}" * 9, "sdxl", "main", "blake3:" + "52be" * 16) for n in range(40)),
)


@pytest.mark.parametrize("language", ["en", "de"])
def test_however_much_there_is_it_fits_a_message(language: str) -> None:
    assets = [Asset(JOB.id, "main", kind, str(n)) for kind in AssetKind for n in range(3)]
    embeds = detail_embeds(Voice(language), JOB, None, assets)
    assert sum(len(embed) for embed in embeds) <= 6000
    assert all(len(field.value or "") <= 1024 for embed in embeds for field in embed.fields)
    assert len(json.loads(record(JOB, (), assets))["values"]) == 60


PROOF = {
    "nothing": ([], "Nothing was ever put there."),
    "one left": ([False, True], "2 results · 1 still to be deleted"),
    "all gone": ([True, True], "2 results · deleted <t:"),
}


@pytest.mark.parametrize(("gone", "words"), PROOF.values(), ids=PROOF.keys())
def test_the_proof_tells_what_is_left(gone: list[bool], words: str) -> None:
    assets = [
        Asset(JOB.id, "main", AssetKind.OUTPUT, str(n), deleted_at=now() if one else None) for n, one in enumerate(gone)
    ]
    lines = proof_lines(Voice(), JOB.evolve(closed_at=now()), assets)
    assert words in lines[0]
    assert any("Nothing of it has been left" in line for line in lines) is (bool(gone) and all(gone))


ORDERED = tuple(
    InputSpec(name, name, "", kind, "n", name, max_items=3)
    for name, kind in (("mood", Kind.STRING), ("photos", Kind.IMAGES), ("steps", Kind.INTEGER))
)


def test_values_stand_as_the_workflow_asks_for_them_with_the_pictures_among_them() -> None:
    files = tuple(Attachment(name, f"{name}.png", "") for name in ("photos_2", "photos", "gone"))
    job = JOB.evolve(given={"steps": 3, "old": "x", "mood": "calm"}, attachments=files)
    lines = (detail_embeds(Voice(), job, ORDERED, [])[1].description or "").splitlines()
    names = [line.split("**")[1].replace("\\", "") for line in lines]
    assert names == ["mood", "photos_2", "photos", "steps", "old", "gone"]


@pytest.mark.parametrize(("later", "style"), [(timedelta(hours=1), "t"), (timedelta(days=1), "f")])
def test_the_day_is_told_once(later: timedelta, style: str) -> None:
    asked = now().replace(hour=10)
    job = JOB.evolve(created_at=asked, delivered_at=asked + later, closed_at=asked + later)
    assets = [Asset(job.id, "main", AssetKind.OUTPUT, "1", deleted_at=asked + later)]
    told = [embed.description or "" for embed in detail_embeds(Voice(), job, None, assets)]
    assert re.findall(r"<t:\d+:(\w)>", told[0] + told[2]) == ["f", style, style, style]


def test_a_problem_that_quotes_somebody_holds_no_link_of_theirs() -> None:
    embeds = detail_embeds(Voice(), JOB.evolve(problem="There is no [model](https://evil.example)."), None, [])
    assert r"[model]\(https" in (embeds[0].description or "")
