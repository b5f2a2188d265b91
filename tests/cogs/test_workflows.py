"""/workflow list, show, remove, update and edit."""

import io
import json
import sqlite3

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.playground.discord import Message
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    bundled,
    buttons,
    fixture,
    in_module_loop,
    names,
    node,
    picture,
    text,
    workflow,
)


@in_module_loop
async def test_list_names_every_workflow_here(room: Atelier) -> None:
    admin = room.place.admin
    assert "There is none yet. Publish the first one with `/workflow add`." in await room.ask(admin, "workflow list")
    await room.publish(fixture("blur"))
    await room.publish(workflow(blank(), name="Blank", description="Makes *nothing*."))
    answer = await room.answer(await admin.slash(room.channel, "workflow list"))
    assert answer.ephemeral
    assert text(answer) == (
        "Workflows\n`/blank` Makes \\*nothing\\*.\n`/fog-glass` Blurs one image; the smallest useful form."
    )


async def test_a_hundred_workflows_are_listed_in_whole_lines_and_no_more_can_be_added(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank", description="A word and another " * 5))
    await atelier.stop()
    with sqlite3.connect(atelier.database) as connection:
        for number in range(1, 100):
            connection.execute(
                "INSERT INTO workflows (id, guild_id, slug, version, created_by, created_at) "
                "SELECT id + ?, guild_id, slug || '-' || ?, version, created_by, created_at "
                "FROM workflows WHERE id = 1",
                (number, f"{number:03}"),
            )
            connection.execute(
                "INSERT INTO versions SELECT workflow_id + ?, number, name, description, document, inputs, created_by, "
                "created_at, edits FROM versions WHERE workflow_id = 1",
                (number,),
            )
    connection.close()
    await atelier.start()
    await atelier.discord.until(lambda: len(atelier.place.guild.commands) == 100)
    shown = await atelier.ask(atelier.place.admin, "workflow list")
    lines = shown.splitlines()
    assert all(line.startswith("`/blank") for line in lines[1:-1])
    assert lines[-1] == f"-# and {102 - len(lines)} more lines"
    report = await atelier.add(fixture("blur"))
    assert "❌ This server has 100 commands, which is all that Discord allows. Remove one first." in text(report)
    assert "this server has 100 of 100 commands" in text(report)
    assert buttons(report) == ["Publish", "Publish for /run only", "Name …", "Cancel"]
    await atelier.place.admin.press(report, "Publish for /run only")
    await atelier.shows(report, "✅ `fog-glass` (by `/run`) is ready for everyone here.")
    assert len(atelier.place.guild.commands) == 100
    names = await atelier.place.admin.autocomplete(atelier.channel, "workflow show", "name", "09")
    assert {choice["value"] for choice in names} == {f"blank-{n:03}" for n in (9, *range(90, 100))}
    assert len(await atelier.place.admin.autocomplete(atelier.channel, "workflow remove", "name")) == 25


@in_module_loop
async def test_show_tells_how_a_workflow_stands_today(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    admin = room.place.admin
    for name in ("fog-glass", "/fog-glass", " Fog-Glass "):
        shown = await room.ask(admin, "workflow show", {"name": name})
        assert "# `/fog-glass`" in shown
        assert "`radius` number from 0 to 40, default 5.5" in shown
        assert "**Posts** Fog" in shown
        assert "version 1" in shown
    answer = await room.ask(admin, "workflow show", {"name": "no-such`thing"})
    assert "There is no workflow" in answer
    assert "`/workflow list` shows what there is." in answer


async def test_show_tells_that_a_model_went(atelier: Atelier) -> None:
    await atelier.publish(fixture("text_to_image"))
    atelier.invoke.models.records = [r for r in atelier.invoke.models.records if r["type"] != "main"]
    await atelier.restart()
    shown = await atelier.ask(atelier.place.admin, "workflow show", {"name": "dawn-painter"})
    assert "Not installed on this InvokeAI: any sd-1/sd-2 main (" in shown


@in_module_loop
async def test_keep_keeps(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    before = room.puts()
    question = await room.answer(await room.place.admin.slash(room.channel, "workflow remove", {"name": "fog-glass"}))
    assert text(question) == (
        "Remove `/fog-glass`, with all its versions? `/workflow disable` would only switch it off."
    )
    assert question.ephemeral
    assert buttons(question) == ["Remove", "Keep"]
    await room.place.admin.press(question, "Keep")
    await room.shows(question, "`/fog-glass` stays.")
    assert buttons(question) == []
    assert "fog-glass" in room.place.guild.commands
    assert room.puts() == before


async def test_remove_removes_and_lets_running_jobs_finish(atelier: Atelier) -> None:
    elsewhere = atelier.open_place("Elsewhere")
    await atelier.publish(fixture("blur"))
    await atelier.publish(fixture("blur"), place=elsewhere)
    await atelier.invoke.pause()
    card = await atelier.run("fog-glass", {"photo": PHOTO})
    await atelier.shows(card, "🎨")
    question = await atelier.answer(
        await atelier.place.admin.slash(atelier.channel, "workflow remove", {"name": "fog-glass"})
    )
    button = question.components[0]["components"][0]["custom_id"]
    await atelier.place.admin.press(question, "Remove")
    await atelier.shows(question, "🗑️ `/fog-glass` is removed. Jobs that run now still finish.")
    assert not atelier.place.guild.commands
    assert "fog-glass" in elsewhere.guild.commands
    await atelier.press_raw(atelier.place.admin, question, button)
    await atelier.shows(question, "`/fog-glass` was removed already.")
    await atelier.restart()
    await atelier.invoke.resume()
    await atelier.over(card)
    assert len(card.attachments) == 1
    # Its name is free again.
    assert (await atelier.publish(bundled("blur"), name="fog-glass"))["name"] == "fog-glass"
    await atelier.tidy()


async def test_remove_works_after_a_restart_and_on_names_in_any_script(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"), name="размытие")
    question = await atelier.answer(
        await atelier.place.admin.slash(atelier.channel, "workflow remove", {"name": "РАЗМЫТИЕ"})
    )
    await atelier.restart()
    await atelier.place.admin.press(question, "Remove")
    await atelier.shows(question, "is removed")
    assert not atelier.place.guild.commands


@in_module_loop
async def test_every_option_of_the_bots_own_commands_is_described(room: Atelier) -> None:
    for command in room.discord.global_commands.values():
        for sub in command.get("options", ()):
            assert [o["name"] for o in sub.get("options", ()) if o["description"] == "…"] == []


# The next version


def film(*fields: Field, name: str = "Film") -> dict[str, object]:
    """A picture with grain, and the inputs that a version of it asks for."""
    return workflow(node("noise", "img_noise", Field("image", label="Photo"), *fields, label="Grainy"), name=name)


GRAIN, SIZE = Field("amount", 0.25, label="Grain"), Field("size", 2, label="Size")


async def open_panel(room: Atelier, command: str, options: dict[str, object]) -> Message:
    return await room.answer(await room.place.admin.slash(room.channel, f"workflow {command}", options))


async def update(room: Atelier, document: dict[str, object], name: str = "film") -> Message:
    file = ("film.json", json.dumps(document).encode())
    return await open_panel(room, "update", {"name": name, "file": file})


async def edited(room: Atelier) -> Message:
    """Publish the film with its grain hidden and its size called otherwise; return the message that says so."""
    admin, report = room.place.admin, await room.add(film(GRAIN, SIZE))
    await room.changed(report, await admin.select(report, "Choose an input to change", ["grain"]))
    await room.changed(report, await admin.press(report, "Hide"))
    await room.changed(report, await admin.select(report, "Choose an input to change", ["size"]))
    form = await admin.press(report, "Edit …")
    await form.answered()
    await room.changed(report, await admin.submit(form, {"name": "grit"}))
    await admin.press(report, "Publish")
    return await room.shows(report, "✅")


@in_module_loop
async def test_an_update_tells_what_changes_and_keeps_the_edits_that_still_fit(room: Atelier) -> None:
    await edited(room)
    assert names(room.place.guild.commands["film"]) == ["photo", "grit"]
    report = await update(room, film(SIZE, Field("noise_color", True, label="Coloured")))
    shown = text(report)
    for words in (
        "# `/film`",
        "`grit` whole number",
        "⚠️ `amount` is",
        "**What members will notice**\n🔁 `coloured` is new: yes or no\n\n",
    ):
        assert words in shown
    assert buttons(report) == ["Publish version 2", "Name …", "Cancel"]
    # Until it is published, members have the one before.
    assert names(room.place.guild.commands["film"]) == ["photo", "grit"]
    await room.place.admin.press(report, "Publish version 2")
    await room.shows(report, "✅ Version 2 of </film:")
    assert names(room.place.guild.commands["film"]) == ["photo", "grit", "coloured"]
    await room.over(await room.run("film", {"photo": PHOTO}))
    assert "version 2" in await room.ask(room.place.admin, "workflow show", {"name": "film"})


@in_module_loop
async def test_an_edit_begins_with_what_was_edited_before(room: Atelier) -> None:
    await edited(room)
    admin, report = room.place.admin, await open_panel(room, "edit", {"name": "film"})
    assert "🔒 `grain` is 0.25" in text(report)
    assert "🔁 It asks for the same as version 1, which members have now." in text(report)
    assert "“Seed” of Grainy is always 0: expose it" in text(report)
    await room.changed(report, await admin.select(report, "Choose an input to change", ["grain"]))
    await room.changed(report, await admin.press(report, "Ask for it"))
    form = await admin.press(report, "Name …")
    await form.answered()
    await room.changed(report, await admin.submit(form, {"slug": "grainy"}))
    assert "🔁 It is called `grainy`, and no longer `film`" in text(report)
    await admin.press(report, "Publish version 2")
    await room.shows(report, "✅ Version 2 of </grainy:")
    assert list(room.place.guild.commands) == ["grainy"]
    assert names(room.place.guild.commands["grainy"]) == ["photo", "grain", "grit"]


@in_module_loop
async def test_a_workflow_can_lose_its_command_and_get_it_back(room: Atelier) -> None:
    await room.publish(film(GRAIN))
    admin, report = room.place.admin, await open_panel(room, "edit", {"name": "film"})
    await room.changed(report, await admin.select(report, "More …", ["Only in /run"]))
    assert "🔁 It has no command of its own any more: members find it in `/run`" in text(report)
    await admin.press(report, "Publish version 2")
    await room.shows(report, "✅ Version 2 of `film` (by `/run`) is ready")
    assert not room.place.guild.commands
    assert "# `/run` film" in await room.ask(admin, "workflow show", {"name": "film"})
    report = await open_panel(room, "edit", {"name": "film"})
    await room.changed(report, await admin.select(report, "More …", ["Make it a command"]))
    assert "🔁 It becomes a command of its own" in text(report)
    await admin.press(report, "Publish version 3")
    await room.shows(report, "✅ Version 3 of </film:")


@in_module_loop
async def test_of_two_updates_the_later_one_begins_again(room: Atelier) -> None:
    await room.publish(film(GRAIN))
    reports = [await update(room, film(SIZE)), await update(room, film(GRAIN, SIZE))]
    await room.place.admin.press(reports[0], "Publish version 2")
    await room.shows(reports[0], "✅")
    late = await room.place.admin.press(reports[1], "Publish version 2")
    told = await room.told(late)
    assert told == "Somebody else changed `/film` in the meantime. `/workflow edit` shows how it is now."
    assert names(room.place.guild.commands["film"]) == ["photo", "size"]
    assert "Cancel" in buttons(reports[1])


@in_module_loop
async def test_an_update_of_what_was_removed_says_so(room: Atelier) -> None:
    await room.publish(film(GRAIN))
    report = await update(room, film(SIZE))
    question = await room.answer(await room.place.admin.slash(room.channel, "workflow remove", {"name": "film"}))
    await room.place.admin.press(question, "Remove")
    await room.shows(question, "is removed")
    late = await room.place.admin.press(report, buttons(report)[0])
    assert "`/film` was removed in the meantime. `/workflow add` publishes it anew." in await room.told(late)


@in_module_loop
async def test_an_update_of_what_is_switched_off_stays_off(room: Atelier) -> None:
    await room.publish(film(GRAIN), description="Mine.")
    admin = room.place.admin
    await room.ask(admin, "workflow disable", {"name": "film"})
    assert "`/film` Mine. (switched off)" in await room.ask(admin, "workflow list")
    assert "It is switched off" in await room.ask(admin, "workflow show", {"name": "film"})
    report = await update(room, film(SIZE))
    assert "Mine." in text(report)
    await admin.press(report, "Publish version 2")
    await room.shows(report, "✅ Version 2 of `film` is published. `/workflow enable` switches it on.")
    assert not room.place.guild.commands


@pytest.mark.parametrize("status", [400, pytest.param(503, marks=pytest.mark.slow)])
async def test_while_discord_is_down_the_version_before_stays_usable(atelier: Atelier, status: int) -> None:
    await atelier.publish(film(GRAIN))
    report = await update(atelier, film(SIZE))
    atelier.discord.faults.fail_next("PUT /applications", status, body={"code": 0, "message": "Not now"})
    late = await atelier.place.admin.press(report, "Publish version 2")
    assert "Discord did not take the command" in await atelier.told(late)
    atelier.refusals()
    assert names(atelier.place.guild.commands["film"]) == ["photo", "grain"]
    await atelier.over(await atelier.run("film", {"photo": PHOTO, "grain": 0.5}))
    assert "version 1" in await atelier.ask(atelier.place.admin, "workflow show", {"name": "film"})
    # Nothing of the draft is lost.
    await atelier.place.admin.press(report, "Publish version 2")
    await atelier.shows(report, "✅ Version 2 of </film:")
    assert names(atelier.place.guild.commands["film"]) == ["photo", "size"]
    await atelier.tidy()


@in_module_loop
async def test_a_name_that_exists_points_to_update(room: Atelier) -> None:
    await room.publish(film(GRAIN))
    told = "To change `/film` itself, use `/workflow update`."
    assert f"`/film` exists; this becomes `/film-2`. {told}" in text(await room.add(film(SIZE)))
    assert f"`/film` is taken here. `film-2` is free. {told}" in text(await room.add(film(SIZE), name="film"))


@in_module_loop
async def test_a_picture_that_invokeai_made_is_a_workflow(room: Atelier) -> None:
    stream = io.BytesIO()
    held = PngInfo()
    held.add_itxt("invokeai_workflow", json.dumps(film(GRAIN)))
    Image.new("RGB", (8, 8)).save(stream, "PNG", pnginfo=held)
    report = await room.add(stream.getvalue(), file="made.png")
    assert "# `/film`" in text(report)
    await room.place.admin.press(report, "Publish")
    await room.shows(report, "✅")
    await room.over(await room.run("film", {"photo": PHOTO}))
    bare = await room.add(picture(), file="bare.png")
    assert "That picture holds no workflow." in text(bare)


@in_module_loop
async def test_what_was_exported_is_added_with_its_edits(room: Atelier) -> None:
    await edited(room)
    answer = await room.answer(await room.place.admin.slash(room.channel, "workflow export", {"name": "film"}))
    data, edits = (room.discord.world.files[file.id].data for file in answer.attachments)
    report = await room.add(data, edits=("film.familiar.json", edits), name="again")
    assert "🔒 `grain` is 0.25" in text(report)
    assert "`grit` whole number" in text(report)
    # Nobody typed the name that stands in the file.
    second = text(await room.add(data, edits=("film.familiar.json", edits)))
    assert second.startswith("Film\n# `/film-2`")
    assert "⚠️ `/film` exists; this becomes `/film-2`." in second
    refused = await room.add(data, edits=("film.familiar.json", b"{}"))
    assert "That file holds no edits." in text(refused)
