"""/run where there are no workflows: in direct messages, and where only a member brought the bot along."""

from tests.cogs.atelier import Atelier, blank, buttons, fixture, in_module_loop, option, text, workflow

WHY = "Workflows belong to a server, and cannot be run here. Please use me on a server that has me as a member."


@in_module_loop
async def test_it_says_why_it_cannot_work_there(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    who = room.place.member
    assert await who.autocomplete(who.dm, "run", "workflow") == []
    answer = await room.answer(await who.slash(who.dm, "run", {"workflow": "blank"}))
    assert text(answer) == WHY
    who.user.locale = "de"
    answer = await room.answer(await who.slash(who.dm, "run", {"workflow": "blank"}))
    assert text(answer).startswith("Workflows gehören zu einem Server")


@in_module_loop
async def test_where_only_a_member_brought_it_along_it_says_so(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    elsewhere = room.open_place("Strange")
    guest = elsewhere.guild.add_member("Bo there", user=room.place.member.user)
    guest.install()
    room.discord.remove_guild(elsewhere.guild)
    assert await guest.autocomplete(elsewhere.channel, "run", "workflow") == []
    answer = await room.answer(await guest.slash(elsewhere.channel, "run", {"workflow": "blank"}))
    assert text(answer) == WHY
    assert answer.ephemeral


@in_module_loop
async def test_it_is_offered_wherever_it_can_answer(room: Atelier) -> None:
    command = room.discord.global_commands["run"]
    assert sorted(command["contexts"]) == [0, 1, 2]
    assert sorted(command["integration_types"]) == [0, 1]
    assert option(command, "private")["type"] == 5
    # What a server publishes is the server's own.
    published = await room.publish(workflow(blank(), name="Blank"))
    assert published["guild_id"] == str(room.place.guild.id)


@in_module_loop
async def test_a_form_speaks_its_readers_language(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    who = room.place.member
    who.user.locale = "de"
    form = await room.answer(await who.slash(room.channel, "run", {"workflow": "fog-glass"}))
    assert "❗ **photo** (nötig) nichts angehängt" in text(form)
    assert buttons(form) == ["Ausfüllen", "Starten", "Meine Vorgaben", "Zurücksetzen", "Schließen"]
    answer = await room.answer(await who.slash(room.channel, "run", {"workflow": "frog-glass"}))
    assert text(answer) == "Einen Workflow „frog-glass“ gibt es hier nicht. Meinst du `fog-glass`?"
