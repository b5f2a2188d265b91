"""/workflow versions, rollback, enable, disable and export; and that a running job keeps what it began with."""

import io
import json
import re
from collections.abc import Awaitable, Callable

import pytest
from PIL import Image

from bot.playground.discord import ClientRefusal, Message
from tests.cogs.atelier import (
    Atelier,
    Field,
    edge,
    in_module_loop,
    names,
    node,
    text,
    workflow,
)
from workflows.edits import Edits, InputEdit
from workflows.values import InputSpec, Kind

WIDTH = InputSpec("width", "Width", "", Kind.INTEGER, "blank", "width", default=16, minimum=1, maximum=64)
HEIGHT = InputSpec("height", "Height", "", Kind.INTEGER, "blank", "height", default=16)
WIDER = InputSpec("width", "Width", "", Kind.INTEGER, "blank", "width", default=32, minimum=1, maximum=64)


def card(*fields: Field, pictures: int = 1) -> dict:
    """A workflow that makes so many pictures of nothing."""
    first = node("blank", "blank_image", *fields)
    others = [node(f"more{number}", "img_hue_adjust") for number in range(1, pictures)]
    edges = tuple(edge("blank.image", f"{other['id']}.image") for other in others)
    return workflow(first, *others, edges=edges, name="Card")


SIZES = Field("width", 16), Field("height", 16)
ONE = (card(*SIZES), (WIDTH,))
TWO = (card(*SIZES, pictures=2), (WIDER, HEIGHT))


async def say(room: Atelier, command: str, **options: object) -> str:
    return await room.ask(room.place.admin, f"workflow {command}", options)


async def pictures(message: Message) -> list[tuple[int, int]]:
    """The sizes of what a card shows."""
    return [Image.open(io.BytesIO(file.data)).size for file in message.attachments]


@in_module_loop
async def test_the_commands_arrive_in_discord(room: Atelier) -> None:
    group = room.discord.global_commands["workflow"]
    found = {sub["name"]: sub for sub in group["options"]}
    assert {"versions", "rollback", "enable", "disable", "export"} <= set(found)
    assert names(found["rollback"]) == ["name", "version"]
    assert all(o.get("autocomplete") for sub in ("rollback", "enable", "export") for o in found[sub]["options"])


NOT_THERE = {
    "versions": {},
    "rollback": {"version": 1},
    "enable": {},
    "disable": {},
    "export": {},
}


@pytest.mark.parametrize(("command", "options"), NOT_THERE.items())
@in_module_loop
async def test_a_name_that_does_not_exist(room: Atelier, command: str, options: dict[str, object]) -> None:
    said = await say(room, command, name="no`such", **options)
    assert said == "There is no workflow `/nosuch` here. `/workflow list` shows what there is."


@pytest.mark.parametrize(("command", "options"), NOT_THERE.items())
@in_module_loop
async def test_only_for_those_who_manage_the_server(room: Atelier, command: str, options: dict[str, object]) -> None:
    await room.plant("card", ONE)
    with pytest.raises(ClientRefusal, match="needs permissions"):
        await room.place.member.slash(room.channel, f"workflow {command}", {"name": "card", **options})
    forged = await room.slash_raw(room.place.member, f"workflow {command}", {"name": "card", **options})
    assert "You need the permission **Manage Server**" in text(await room.answer(forged))
    with pytest.raises(ClientRefusal):
        await room.place.admin.slash(room.place.admin.dm, f"workflow {command}", {"name": "card", **options})
    assert not room.place.guild.commands


@in_module_loop
async def test_versions_are_told_newest_first_with_what_each_changed(room: Atelier) -> None:
    await room.plant("card", ONE, TWO, TWO)
    answer = await room.answer(await room.place.admin.slash(room.channel, "workflow versions", {"name": "/Card"}))
    assert answer.ephemeral
    who = f"<@{room.place.admin.user.id}>"
    told = re.sub(r"<t:\d+:R>", "(when)", text(answer)).splitlines()
    assert told == [
        "/card",
        f"**3** · **current** · {who} (when)",
        "-# asks for the same as before",
        f"**2** · {who} (when)",
        "-# `height` is new: whole number",
        "-# `width`: default 16 -> 32",
        f"**1** · {who} (when)",
        "-# the first one",
        "-# `/workflow rollback` makes an earlier one the current one again.",
    ]


@in_module_loop
async def test_a_long_history_is_cut(room: Atelier) -> None:
    await room.plant("card", *[ONE, TWO] * 15)
    shown = await say(room, "versions", name="card")
    assert "**30** · **current**" in shown
    assert "**11**" in shown
    assert "**10**" not in shown
    assert "the first one" not in shown
    assert "-# and 10 more versions" in shown
    suggested = await room.place.admin.autocomplete(room.channel, "workflow rollback", "version", "", {"name": "card"})
    assert [choice["value"] for choice in suggested] == [*range(30, 5, -1)]
    assert re.fullmatch(r"30, current: Card, \d{4}-\d\d-\d\d \d\d:\d\d UTC", suggested[0]["name"])
    suggested = await room.place.admin.autocomplete(room.channel, "workflow rollback", "version", "3", {"name": "card"})
    assert [choice["value"] for choice in suggested] == [30, 3]
    assert not await room.place.admin.autocomplete(room.channel, "workflow rollback", "version", "", {"name": "x"})


@in_module_loop
async def test_rolling_back_changes_the_command_at_once(room: Atelier) -> None:
    await room.plant("card", ONE, TWO)
    assert "is on again" in await say(room, "enable", name="card")
    before = room.puts()
    assert names(room.place.guild.commands["card"]) == ["width", "height"]
    command_id = room.place.guild.commands["card"]["id"]
    said = await say(room, "rollback", name="card", version=1)
    assert said.splitlines() == [
        "⏪ `/card` is version 1 again. Jobs that run now keep the version they began with.",
        "-# `height` is gone",
        "-# `width`: default 32 -> 16",
    ]
    assert room.puts() == before + 1
    assert names(room.place.guild.commands["card"]) == ["width"]
    assert room.place.guild.commands["card"]["id"] == command_id
    done = await room.over(await room.run("card", {}))
    assert await pictures(done) == [(16, 16)]
    # And forth.
    await say(room, "rollback", name="card", version=2)
    assert names(room.place.guild.commands["card"]) == ["width", "height"]
    assert "**2** · **current**" in await say(room, "versions", name="card")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (2, "Version 2 of `/card` is the current one already."),
        (3, "`/card` has no version 3. `/workflow versions` shows which there are."),
        (2**31, "`/card` has no version 2147483648."),
    ],
)
@in_module_loop
async def test_what_cannot_be_rolled_back_to(room: Atelier, version: int, words: str) -> None:
    await room.plant("card", ONE, TWO)
    before = room.puts()
    assert words in await say(room, "rollback", name="card", version=version)
    assert room.puts() == before


@in_module_loop
async def test_a_version_that_was_never_a_command(room: Atelier) -> None:
    many = tuple(InputSpec(f"n{i}", "N", "", Kind.INTEGER, "blank", f"n{i}", required=True) for i in range(26))
    await room.plant("card", (ONE[0], many), ONE)
    assert "is on again" in await say(room, "enable", name="card")
    said = await say(room, "rollback", name="card", version=1)
    assert said.startswith("Version 1 makes no command. This workflow needs more values than a slash command can ask")
    assert "**2** · **current**" in await say(room, "versions", name="card")
    assert names(room.place.guild.commands["card"]) == ["width"]


@pytest.mark.parametrize("lost", [False, True], ids=["refused", "no answer"])
@in_module_loop
async def test_a_rollback_that_discord_does_not_take_is_taken_back(room: Atelier, lost: bool) -> None:
    await room.plant("card", ONE, TWO)
    assert "is on again" in await say(room, "enable", name="card")
    if lost:
        # The library's own second try is lost, too.
        room.discord.faults.lose_answer_next("PUT /applications", times=2)
    else:
        room.discord.faults.fail_next("PUT /applications", 400, body={"code": 50035, "message": "No."})
    said = await say(room, "rollback", name="card", version=1)
    assert "Discord did not take the command (" in said
    assert said.endswith("Nothing changed.")
    assert "**2** · **current**" in await say(room, "versions", name="card")
    assert names(room.place.guild.commands["card"]) == ["width", "height"]
    assert await pictures(await room.over(await room.run("card", {}))) == [(32, 16), (32, 16)]
    assert len(room.refusals()) == (0 if lost else 1)
    await say(room, "rollback", name="card", version=1)
    assert names(room.place.guild.commands["card"]) == ["width"]


@in_module_loop
async def test_a_disabled_workflow_vanishes_and_loses_nothing(room: Atelier) -> None:
    await room.plant("card", ONE, TWO)
    assert not room.place.guild.commands
    said = await say(room, "enable", name="card")
    assert said == f"▶️ </card:{room.place.guild.commands['card']['id']}> is on again."
    assert await say(room, "enable", name="card") == "`/card` is on already."
    said = await say(room, "disable", name="card")
    assert said.startswith("⏸️ `/card` is off. Jobs that run now still finish.")
    assert not room.place.guild.commands
    before = room.puts()
    assert await say(room, "disable", name="card") == "`/card` is off already."
    # It can be rolled back meanwhile, and Discord need not know.
    await say(room, "rollback", name="card", version=1)
    assert room.puts() == before
    assert "is on again" in await say(room, "enable", name="card")
    assert names(room.place.guild.commands["card"]) == ["width"]


@in_module_loop
async def test_only_what_can_be_switched_is_suggested(room: Atelier) -> None:
    await room.plant("off", ONE)
    await room.plant("on", ONE)
    await say(room, "enable", name="on")
    for command, found in (("enable", ["off"]), ("disable", ["on"]), ("versions", ["off", "on"])):
        choices = await room.place.admin.autocomplete(room.channel, f"workflow {command}", "name", "/O")
        assert [choice["value"] for choice in choices] == found


@in_module_loop
async def test_a_workflow_without_a_command_is_switched_on_without_discord(room: Atelier) -> None:
    await room.plant("card", ONE, has_command=False)
    before = room.puts()
    assert await say(room, "enable", name="card") == "▶️ `card` (by `/run`) is on again."
    assert not room.place.guild.commands
    assert room.puts() - before <= 1


async def test_a_workflow_that_discord_does_not_take_stays_off(atelier: Atelier) -> None:
    await atelier.plant("card", ONE)
    atelier.discord.faults.fail_next("PUT /applications", 400, body={"code": 50035, "message": "No."})
    assert "Discord did not take the command (400" in await say(atelier, "enable", name="card")
    atelier.refusals()
    assert not atelier.place.guild.commands
    await atelier.restart()
    assert not atelier.place.guild.commands
    await say(atelier, "enable", name="card")
    assert "card" in atelier.place.guild.commands


async def test_a_workflow_is_off_although_discord_still_lists_it(atelier: Atelier) -> None:
    await atelier.plant("card", ONE)
    await say(atelier, "enable", name="card")
    atelier.discord.faults.fail_next("PUT /applications", 403)
    said = await say(atelier, "disable", name="card")
    assert "is off and cannot be run, but Discord still lists it (403" in said
    assert "just removed" in text(await atelier.run("card", {}))
    atelier.refusals()
    await atelier.restart()
    await atelier.discord.until(lambda: not atelier.place.guild.commands)


@in_module_loop
async def test_export_gives_the_file_back_to_the_byte_and_the_edits_beside_it(room: Atelier) -> None:
    edits = Edits(inputs=(InputEdit("blank", "width", name="width", maximum=64),), order=(("blank", "width"),))
    raw = "\ufeff".encode() + json.dumps(ONE[0], indent=1).encode() + b"\r\n\r\n"
    await room.plant("größe", ONE, edits=edits, document=raw)
    answer = await room.answer(await room.place.admin.slash(room.channel, "workflow export", {"name": "größe"}))
    assert answer.ephemeral
    document, companion = answer.attachments
    assert [document.filename, companion.filename] == ["grosse.json", "grosse.familiar.json"]
    assert document.data == raw
    assert json.loads(companion.data) == {
        "familiar": 1,
        "name": "größe",
        "description": "Planted",
        "edits": {
            "inputs": [{"node_id": "blank", "field_name": "width", "name": "width", "maximum": 64.0}],
            "exposed": [],
            "order": [["blank", "width"]],
            "outputs": [],
        },
    }


async def update(room: Atelier) -> None:
    options = {"name": "card", "file": ("card.json", json.dumps(ONE[0]).encode())}
    report = await room.answer(await room.place.admin.slash(room.channel, "workflow update", options))
    await room.place.admin.press(report, "Publish version 3")
    await room.shows(report, "Version 3 of")
    assert "`height`" not in text(report)


async def remove(room: Atelier) -> None:
    question = await room.answer(await room.place.admin.slash(room.channel, "workflow remove", {"name": "card"}))
    await room.place.admin.press(question, "Remove")
    await room.shows(question, "is removed")


async def roll_back(room: Atelier) -> None:
    assert "is version 1 again" in await say(room, "rollback", name="card", version=1)


async def disable(room: Atelier) -> None:
    assert "is off" in await say(room, "disable", name="card")


@pytest.mark.parametrize("change", [update, remove, roll_back, disable])
@in_module_loop
async def test_a_running_job_keeps_its_version(room: Atelier, change: Callable[[Atelier], Awaitable[None]]) -> None:
    await room.plant("card", ONE, TWO)
    assert "is on again" in await say(room, "enable", name="card")
    await room.invoke.pause()
    running = await room.run("card", {"width": 40, "height": 24})
    # One that the backend has, and one that only waits here.
    waiting = [await room.run("card", {"height": 8}, who=room.place.other) for _ in range(3)]
    await change(room)
    await room.invoke.resume()
    assert await pictures(await room.over(running)) == [(40, 24), (40, 24)]
    for message in waiting:
        assert await pictures(await room.over(message)) == [(32, 8), (32, 8)]


async def test_a_running_job_keeps_its_version_through_a_restart(atelier: Atelier) -> None:
    await atelier.plant("card", ONE, TWO)
    await say(atelier, "enable", name="card")
    await atelier.invoke.pause()
    running = await atelier.run("card", {"width": 40, "height": 24})
    await say(atelier, "rollback", name="card", version=1)
    await say(atelier, "disable", name="card")
    await atelier.restart()
    await atelier.invoke.resume()
    assert await pictures(await atelier.over(running)) == [(40, 24), (40, 24)]
    await atelier.tidy()
