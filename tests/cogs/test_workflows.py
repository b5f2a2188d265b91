"""/workflow list, show and remove."""

import sqlite3

from tests.cogs.atelier import PHOTO, Atelier, blank, bundled, buttons, fixture, in_module_loop, text, workflow


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
    assert lines[-1] == f"-# and {102 - len(lines)} lines more"
    refused = await atelier.add(fixture("blur"))
    assert text(refused) == ("This server has 100 commands, which is all that Discord allows. Remove one first.")
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
    assert "Not installed on this InvokeAI: `any sd-1/sd-2 main`" in shown


@in_module_loop
async def test_keep_keeps(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    before = room.puts()
    question = await room.answer(await room.place.admin.slash(room.channel, "workflow remove", {"name": "fog-glass"}))
    assert text(question) == "Remove `/fog-glass`? Its command disappears for everyone here."
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
