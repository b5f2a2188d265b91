"""/help: what a member can do where they are, by the server's own catalogue."""

import re

from tests.cogs.atelier import Atelier, blank, buttons, fixture, in_module_loop, text, workflow


def fields(message) -> dict[str, str]:
    return {field["name"]: field["value"] for field in message.embeds[0].get("fields", [])}


async def helped(room: Atelier, who=None, channel=None):
    who = who or room.place.member
    shown = await room.answer(await who.slash(channel or room.channel, "help"))
    assert shown.ephemeral
    return shown


@in_module_loop
async def test_an_empty_server_says_who_can_fill_it(room: Atelier) -> None:
    assert "No workflow can be run here yet. An admin of this server publishes them." in text(await helped(room))
    told = text(await helped(room, room.place.admin))
    assert re.search(r"No workflow can be run here yet\. </workflow add:\d+> publishes one\.", told)


@in_module_loop
async def test_it_lists_what_a_member_may_run_and_a_tap_starts_it(room: Atelier) -> None:
    command = await room.publish(workflow(blank(), name="Blank", description="Makes *nothing*"))
    await room.publish(fixture("blur"))
    shown = await helped(room)
    assert text(shown).splitlines()[0] == "What you can do here"
    assert rf"</blank:{command['id']}> · Makes \*nothing\*" in text(shown)
    assert re.search(r"</fog-glass:\d+>", text(shown))
    assert list(fields(shown)) == ["Besides", "Under a result"]
    assert re.search(r"</jobs:\d+> your jobs · </job:\d+>", fields(shown)["Besides"])
    cards = fields(shown)["Under a result"]
    assert all(words in cards for words in ("**Run on avatar**", "`private`", "`from_job`", "the id under the card"))
    admin = await helped(room, room.place.admin)
    assert list(fields(admin)) == ["Besides", "Under a result", "For admins: /workflow", "For admins: /admin"]
    assert re.search(r"</workflow add:\d+> ", fields(admin)["For admins: /workflow"])
    assert all(len(value) <= 1024 for value in fields(admin).values())
    # What the server keeps from a member, or switched off, is not there.
    room.place.guild.override_command("blank", room.place.member, allowed=False)
    await room.answer(await room.place.admin.slash(room.channel, "workflow disable", {"name": "fog-glass"}))
    await room.discord.until(lambda: "fog-glass" not in room.place.guild.commands)
    told = text(await helped(room))
    assert "blank" not in told
    assert "The workflows of this server are not meant for you in this channel." in told


@in_module_loop
async def test_somebody_who_is_blocked_reads_so_with_the_reason(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    member = room.place.member
    blocked = "An admin of this server keeps you from running things here."
    for given, words in (
        ({}, f"{blocked} Please talk to them if you think that is a mistake."),
        (
            {"reason": "too *many* [cats](https://evil.example)"},
            f"{blocked} They say: too *many* [cats]\\(https://evil",
        ),
    ):
        await room.answer(await room.place.admin.slash(room.channel, "admin block", {"member": member, **given}))
        told = text(await helped(room))
        assert words in told
        assert "not meant for you" not in told and "blank" not in told
    assert blocked not in text(await helped(room, room.place.other))
    await room.answer(await room.place.admin.slash(room.channel, "admin unblock", {"member": str(member.user.id)}))
    assert "blank" in text(await helped(room))


async def test_many_are_in_pages_which_turn_after_a_restart(atelier: Atelier) -> None:
    for number in range(12):
        await atelier.publish(workflow(blank(), name=f"W{number:02}"), name=f"w{number:02}")
    member = atelier.place.member
    shown = await helped(atelier)
    assert text(shown).count("</w") == 10
    assert text(shown).endswith("Page 1 of 2")
    assert buttons(shown) == ["Previous", "Next"]
    await atelier.restart()
    await atelier.changed(shown, await member.press(shown, "Next"))
    assert re.findall(r"</(w\d\d):", text(shown)) == ["w10", "w11"]


@in_module_loop
async def test_without_the_ids_it_names_the_commands(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    room.discord.faults.fail_next("GET /applications/{application_id}/guilds/{guild_id}/commands", status=403)
    assert "`/blank`" in text(await helped(room))
    assert [refused.status for refused in room.refusals()] == [403]


@in_module_loop
async def test_in_direct_messages_it_says_what_works_there(room: Atelier) -> None:
    told = text(await helped(room, channel=room.place.member.dm))
    assert told.splitlines()[0] == "What works here"
    assert re.search(r"</jobs:\d+> your jobs, on all servers", told)
    assert f"client_id={room.discord.application_id}" in told


@in_module_loop
async def test_brought_along_to_a_server_without_the_bot_it_says_what_works(room: Atelier) -> None:
    elsewhere = room.open_place("Strange")
    guest = elsewhere.guild.add_member("Guest")
    room.discord.remove_guild(elsewhere.guild)
    assert guest.offered(elsewhere.channel) == []
    guest.install()
    offered = {offer.name for offer in guest.offered(elsewhere.channel)}
    assert {"help", "job", "jobs", "queue", "settings"} <= offered
    assert not [name for name in offered if name.startswith(("workflow ", "admin "))]
    assert "I am not on this server, so nothing can be run here." in text(await helped(room, guest, elsewhere.channel))
    for command, words in {
        "jobs": "You have not run anything yet.",
        "queue": "I am not on this server, so there is no line to show.",
        "settings": "They hold for you, on every server.",
    }.items():
        assert words in text(await room.answer(await guest.slash(elsewhere.channel, command)))
