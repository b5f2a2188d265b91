"""/workflow import, bundled and copy; and that an export makes the same workflow elsewhere."""

import asyncio
import json
from importlib import resources
from typing import Any

import pytest

from bot.drafts import Draft
from bot.jobs import new_id
from bot.playground.discord import ClientRefusal
from tests.cogs.atelier import (
    PATIENCE,
    PHOTO,
    Atelier,
    Place,
    bundled,
    fixture,
    in_module_loop,
    names,
    option,
    text,
)
from tests.cogs.test_history import ONE, TWO, say
from workflows.edits import Edits, InputEdit

LIBRARY = ("GET", "/api/v1/workflows/")


def save(room: Atelier, workflow_id: str, document: bytes, *, category: str = "user", **changes: Any) -> None:
    """Save a workflow in InvokeAI's library."""
    held = json.loads(document) | changes | {"id": workflow_id}
    held["meta"] = {**held["meta"], "category": category}
    room.invoke.workflows[workflow_id] = {
        "workflow_id": workflow_id,
        "name": held["name"],
        "created_at": "2026-01-01",
        "updated_at": "2026-01-01",
        "opened_at": None,
        "user_id": "system",
        "is_public": False,
        "workflow": held,
    }


def second_server(room: Atelier, *, manage_guild: bool = True, name: str = "Elsewhere") -> Place:
    """Another server that the admin is a member of."""
    place = room.open_place(name)
    user = room.place.admin.user
    place.admin = place.guild.add_member("Ada", user=user, manage_guild=manage_guild)
    return place


async def servers(room: Atelier, typed: str) -> list[str]:
    """The servers that are suggested; at each letter the bot asks Discord about a few."""
    found: list[str] = []
    for _ in range(20):
        who = room.place.admin
        choices = await who.autocomplete(room.channel, "workflow copy", "server", typed, {"name": "card"})
        found = [choice["name"] for choice in choices]
        if found:
            break
        await asyncio.sleep(0.02)
    # Whether somebody is a member at all is known by Discord's refusal.
    assert {refusal.code for refusal in room.refusals()} <= {10007}
    return found


@in_module_loop
async def test_the_commands_arrive_in_discord(room: Atelier) -> None:
    found = {sub["name"]: sub for sub in room.discord.global_commands["workflow"]["options"]}
    assert names(found["import"]) == ["workflow"]
    assert names(found["copy"]) == ["name", "server"]
    offered = {choice["value"] for choice in found["bundled"]["options"][0]["choices"]}
    folder = resources.files("workflows") / "bundled"
    assert offered == {file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")}


@pytest.mark.parametrize(
    ("command", "options"),
    [("import", {"workflow": "x"}), ("bundled", {"workflow": "blur"}), ("copy", {"name": "card", "server": "1"})],
)
@in_module_loop
async def test_only_for_those_who_manage_the_server(room: Atelier, command: str, options: dict[str, object]) -> None:
    with pytest.raises(ClientRefusal, match="needs permissions"):
        await room.place.member.slash(room.channel, f"workflow {command}", options)
    forged = await room.slash_raw(room.place.member, f"workflow {command}", options)
    assert "You need the permission **Manage Server**" in text(await room.answer(forged))
    with pytest.raises(ClientRefusal):
        await room.place.admin.slash(room.place.admin.dm, f"workflow {command}", options)


@in_module_loop
async def test_a_starter_is_proposed_and_published(room: Atelier) -> None:
    use = await room.place.admin.slash(room.channel, "workflow bundled", {"workflow": "hue"})
    report = await room.answer(use)
    assert report.ephemeral
    assert "/hue" in text(report)
    await room.place.admin.press(report, "Publish")
    await room.discord.until(lambda: "hue" in room.place.guild.commands, PATIENCE)
    forged = await room.slash_raw(room.place.admin, "workflow bundled", {"workflow": "../../secrets"})
    assert text(await room.answer(forged)) == "Familiar brings no such workflow along. Please pick one of the list."


@in_module_loop
async def test_a_saved_workflow_is_suggested_by_its_name_and_proposed(room: Atelier) -> None:
    save(room, "default_1", bundled("hue"), category="default", name="A ready-made fog")
    save(room, "0b5c", fixture("blur"), name="Fog for windows")
    save(room, "0b5d", fixture("blur"), name="Nothing of the kind", description="x" * 200)
    admin = room.place.admin
    found = await admin.autocomplete(room.channel, "workflow import", "workflow", "fog")
    assert [(choice["value"], choice["name"].split(":")[0]) for choice in found] == [
        ("0b5c", "Fog for windows"),
        ("default_1", "A ready-made fog (came with InvokeAI)"),
    ]
    assert len(await admin.autocomplete(room.channel, "workflow import", "workflow")) == 3
    for given in ("0b5c", "fog for WINDOWS"):
        report = await room.answer(await admin.slash(room.channel, "workflow import", {"workflow": given}))
        assert "/fog-for-windows" in text(report)
    await admin.press(report, "Publish")
    await room.discord.until(lambda: "fog-for-windows" in room.place.guild.commands, PATIENCE)
    await room.over(await room.run("fog-for-windows", {"photo": PHOTO}))


@pytest.mark.parametrize("given", ["nothing", "..", "a/b", "%2e%2e", "x" * 3000, "Fog?&=#"])
@in_module_loop
async def test_a_saved_workflow_that_is_not_there(room: Atelier, given: str) -> None:
    said = await say(room, "import", workflow=given)
    assert said == "InvokeAI's library has no such workflow. Please pick one of those that are suggested as you type."


async def test_suggestions_of_the_library_are_quick_and_cost_few_calls(atelier: Atelier) -> None:
    for number in range(30):
        save(atelier, f"id-{number}", fixture("blur"), name=f"Piece {number}")
    admin = atelier.place.admin
    before = atelier.invoke.requests[LIBRARY]
    for _ in range(3):
        assert len(await admin.autocomplete(atelier.channel, "workflow import", "workflow", "piece")) == 25
    assert atelier.invoke.requests[LIBRARY] == before + 1
    await atelier.invoke.crash()
    assert await admin.autocomplete(atelier.channel, "workflow import", "workflow", "other") == []
    said = await say(atelier, "import", workflow="id-1")
    assert said == "InvokeAI does not answer at the moment. Please try again in a while."
    await atelier.invoke.start()


@in_module_loop
async def test_a_library_that_takes_its_time_is_not_waited_for(room: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slowly(self: object, query: str = "") -> list[Any]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr("cogs._library._SUGGEST_SECONDS", 0.05)
    monkeypatch.setattr("workflows.client.InvokeClient.library", slowly)
    assert await room.place.admin.autocomplete(room.channel, "workflow import", "workflow", "x") == []


@in_module_loop
async def test_a_workflow_is_copied_with_its_edits_to_another_server(room: Atelier) -> None:
    elsewhere = second_server(room)
    edits = Edits(inputs=(InputEdit("blank", "width", maximum=64),))
    original = await room.plant("card", ONE, TWO, edits=edits)
    assert await servers(room, "else") == ["Elsewhere"]
    before = room.puts()
    options = {"name": "card", "server": str(elsewhere.guild.id)}
    said = await say(room, "copy", **options)
    assert said == "✅ `/card` is ready for everyone on **Elsewhere**."
    assert room.puts() == before + 1
    assert names(elsewhere.guild.commands["card"]) == ["width", "height"]
    assert not room.place.guild.commands
    async with room.catalog() as catalog:
        copied = await catalog.find(elsewhere.guild.id, "card")
        assert copied
        assert copied.enabled
        assert await catalog.edits(copied.workflow_id, 1) == edits
        source = await catalog.source(original.workflow_id, 2)
        assert await catalog.source(copied.workflow_id, 1) == source
    assert await say(room, "copy", **options) == (
        "✅ `/card-2` is ready for everyone on **Elsewhere**. Its name is another because `card` is taken there."
    )
    await room.over(await room.run("card-2", {}, who=elsewhere.member))


@in_module_loop
async def test_only_servers_that_one_manages_are_suggested_and_taken(room: Atelier) -> None:
    await room.plant("card", ONE)
    strange = room.open_place("Guild of strangers")
    visited = second_server(room, manage_guild=False, name="Guild that is visited")
    managed = second_server(room, name="Guild that is managed")
    assert await servers(room, "GUILD") == ["Guild that is managed"]
    asked = room.calls("GET", "/guilds/{guild_id}/members")
    assert await servers(room, "guild") == ["Guild that is managed"]
    assert room.calls("GET", "/guilds/{guild_id}/members") == asked
    for given in (str(strange.guild.id), str(visited.guild.id), "12345", "Guild that is visited", "9" * 40, "٣"):
        said = await say(room, "copy", name="card", server=given)
        assert said.startswith("I know no other server by that name where you have **Manage Server**.")
    said = await say(room, "copy", name="card", server=str(room.place.guild.id))
    assert said == "That is this server. Please pick another one."
    assert "There is no workflow `/no`" in await say(room, "copy", name="no", server=str(managed.guild.id))
    room.refusals()
    assert not [place for place in (strange, visited, managed) if place.guild.commands]


@in_module_loop
async def test_who_lost_the_permission_a_moment_ago_cannot_copy(room: Atelier) -> None:
    await room.plant("card", ONE)
    elsewhere = second_server(room, name="Lost")
    assert await servers(room, "lost") == ["Lost"]
    elsewhere.guild.members[room.place.admin.user.id].roles.pop()
    said = await say(room, "copy", name="card", server=str(elsewhere.guild.id))
    assert said.startswith("I know no other server by that name")
    assert not elsewhere.guild.commands


@in_module_loop
async def test_a_copy_that_discord_does_not_take_is_not_there(room: Atelier) -> None:
    elsewhere = second_server(room)
    await room.plant("card", ONE)
    options = {"name": "card", "server": str(elsewhere.guild.id)}
    room.discord.faults.fail_next("PUT /applications", 400, body={"code": 50035, "message": "No."})
    assert "Discord did not take the command (400: " in await say(room, "copy", **options)
    room.refusals()
    assert not elsewhere.guild.commands
    async with room.catalog() as catalog:
        assert await catalog.names(elsewhere.guild.id) == []
    await say(room, "copy", **options)
    assert list(elsewhere.guild.commands) == ["card"]


@in_module_loop
async def test_a_copy_takes_no_place_that_is_not_there(room: Atelier) -> None:
    elsewhere = second_server(room)
    await room.plant("card", ONE)
    await room.plant("form", ONE, has_command=False)
    async with room.catalog() as catalog:
        for number in range(100):
            await catalog.publish(Draft(new_id(), elsewhere.guild.id, 1, f"w{number}", "W", "w", b"{}", ()))
    server = str(elsewhere.guild.id)
    said = await say(room, "copy", name="card", server=server)
    assert said == "That server has 100 commands, which is all that Discord allows."
    assert not elsewhere.guild.commands
    # What is only for /run takes no command's place.
    said = await say(room, "copy", name="form", server=server)
    assert said == "✅ `form` (by `/run`) is ready for everyone on **Elsewhere**."
    async with room.catalog() as catalog:
        assert len(await catalog.names(elsewhere.guild.id)) == 101


@in_module_loop
async def test_an_export_makes_the_same_workflow_elsewhere(room: Atelier) -> None:
    elsewhere = room.open_place("Elsewhere")
    edits = Edits(
        inputs=(
            InputEdit("blank", "width", name="breite", description="How wide", maximum=48, default=20),
            InputEdit("blank", "height", hidden=True, default=24),
        )
    )
    await room.plant("karte", TWO, edits=edits, description="A card, but larger")
    exported = await room.answer(await room.place.admin.slash(room.channel, "workflow export", {"name": "karte"}))
    document, companion = [(file.filename, file.data) for file in exported.attachments]
    report = await room.add(document[1], place=elsewhere, file=document[0], edits=companion)
    assert "/karte" in text(report)
    await elsewhere.admin.press(report, "Publish")
    await room.discord.until(lambda: "karte" in elsewhere.guild.commands, PATIENCE)
    made = elsewhere.guild.commands["karte"]
    assert made["description"] == "A card, but larger"
    assert names(made) == ["breite"]
    assert option(made, "breite")["max_value"] == 48
    async with room.catalog() as catalog:
        published = await catalog.find(elsewhere.guild.id, "karte")
        assert published
        assert await catalog.source(published.workflow_id, 1) == document[1]
    use = await elsewhere.admin.slash(elsewhere.channel, "workflow export", {"name": "karte"})
    again = await room.answer(use)
    assert json.loads(again.attachments[1].data) == json.loads(companion[1])


@in_module_loop
async def test_edits_that_are_none(room: Atelier) -> None:
    answer = await room.add(fixture("blur"), edits=("edits.json", fixture("blur")))
    assert text(answer).startswith("That file holds no edits.")
    assert not answer.components
