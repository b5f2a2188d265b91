"""/admin audit: every admin action is in it, newest first, page by page, also after a restart; not for strangers."""

import json
import re
import sqlite3

import pytest

from bot.audit import Action, Entry
from bot.jobs import now
from bot.playground.discord import Message
from cogs._audit import what
from tests.cogs.atelier import Atelier, blank, buttons, custom_id, in_module_loop, job_id, text, workflow
from tests.cogs.test_admin import held, plain, rows
from workflows.texts import LANGUAGES, Voice


async def lines(room: Atelier) -> list[str]:
    """What the audit says, newest first, without who and when."""
    shown = plain(await room.ask(room.place.admin, "admin audit"))
    who = f"<@{room.place.admin.user.id}> "
    return [line.partition(who)[2] for line in shown.splitlines()[1:]]


def plant(connection: sqlite3.Connection, room: Atelier, count: int) -> None:
    for number in range(count):
        row = (room.place.guild.id, room.place.admin.user.id, "published", f"/s{number}", "", now().isoformat())
        connection.execute(
            "INSERT INTO audit (guild_id, user_id, action, subject, detail, done_at) VALUES (?, ?, ?, ?, ?, ?)", row
        )


@in_module_loop
async def test_where_nobody_did_anything_it_says_so(room: Atelier) -> None:
    answer = await room.answer(await room.place.admin.slash(room.channel, "admin audit"))
    assert answer.ephemeral
    assert text(answer) == "Audit\nNo admin has done anything here yet."
    assert buttons(answer) == ["Newest", "Older"]


@in_module_loop
async def test_what_did_not_happen_is_not_in_it(room: Atelier) -> None:
    admin = room.place.admin
    await room.ask(admin, "admin resume")
    await room.ask(admin, "admin unblock", {"member": "5"})
    await room.ask(admin, "admin cancel", {"everything": True})
    await room.ask(admin, "admin limits", {"waiting": 3})
    await room.ask(admin, "admin limits", {"clear": True})
    await room.ask(admin, "admin backend", {"name": "main", "action": "drain"})
    await room.ask(admin, "workflow disable", {"name": "nothing"})
    await room.add(workflow(blank(), name="Draft"))
    assert await lines(room) == [""]


@in_module_loop
async def test_the_life_of_a_workflow_is_in_it(room: Atelier) -> None:
    admin = room.place.admin
    document = workflow(blank(), name="Blank")
    await room.publish(document, name="blank")
    update = await room.answer(
        await admin.slash(
            room.channel,
            "workflow update",
            {"name": "blank", "file": ("w.json", json.dumps(document).encode())},
        )
    )
    await room.changed(update, await admin.press(update, "Publish version 2"))
    await room.discord.until(lambda: update.content.startswith("✅"), 8)
    await room.ask(admin, "workflow rollback", {"name": "blank", "version": 1})
    for command in ("disable", "disable", "enable"):
        await room.ask(admin, f"workflow {command}", {"name": "blank"})
    removal = await room.answer(await admin.slash(room.channel, "workflow remove", {"name": "blank"}))
    await room.changed(removal, await admin.press(removal, "Remove"))
    assert await lines(room) == [
        "removed /blank",
        "switched /blank on",
        "switched /blank off",
        "brought an earlier version of /blank back · v2 → v1",
        "published a new version of /blank · v2",
        "published /blank · v1",
    ]


@in_module_loop
async def test_a_copy_is_in_the_audit_of_both_servers(room: Atelier) -> None:
    elsewhere = room.open_place("Elsewhere")
    admin = room.place.admin
    elsewhere.admin = elsewhere.guild.add_member("Ada", user=admin.user, manage_guild=True)
    await room.publish(workflow(blank(), name="Blank"), name="blank")
    await room.ask(admin, "workflow copy", {"name": "blank", "server": str(elsewhere.guild.id)})
    # Neither is told what the other is called: not all who manage the one know of the other.
    assert (await lines(room))[0] == "copied /blank to another server · /blank"
    theirs = text(await room.answer(await elsewhere.admin.slash(elsewhere.channel, "admin audit")))
    assert theirs.endswith("published /blank · v1")
    assert "Room" not in theirs


@in_module_loop
async def test_what_slash_admin_does_is_in_it(room: Atelier) -> None:
    place, admin = room.place, room.place.admin
    role = place.guild.add_role("Patrons")
    with rows(room) as connection:
        connection.execute("INSERT INTO role_caps (guild_id, role_id, waiting) VALUES (?, 4711, 2)", (place.guild.id,))
    await room.ask(admin, "admin limits", {"role": role, "weight": 2.5, "waiting": 3, "clear": True})
    await room.ask(admin, "admin limits", {"clear": True})
    await room.ask(admin, "admin settings", {"previews": False})
    await room.ask(admin, "admin pause", {"reason": "a *party*"})
    await room.ask(admin, "admin resume")
    assert await lines(room) == [
        "let this server's jobs go on",
        r"paused this server's jobs · a \*party\*",
        "changed the settings · previews: False",
        "changed the limits of roles that were deleted · clear",
        f"changed the limits of <@&{role.id}> · clear, weight 2.5, waiting 3",
    ]


async def pages(room: Atelier, answer: Message) -> list[str]:
    return [line.rpartition("/")[2] for line in text(answer).splitlines()[1:]]


async def test_pages_are_turned_after_a_restart_and_not_by_strangers(atelier: Atelier) -> None:
    admin = atelier.place.admin
    with rows(atelier) as connection:
        plant(connection, atelier, 32)
    answer = await atelier.answer(await admin.slash(atelier.channel, "admin audit"))
    assert await pages(atelier, answer) == [f"s{number}" for number in range(31, 16, -1)]
    await atelier.restart()
    public = await atelier.answer(await atelier.place.member.slash(atelier.channel, "jobs"))
    refused = await atelier.press_raw(atelier.place.member, public, custom_id(answer, "Older"))
    assert await atelier.told(refused) == "You need the permission **Manage Server** for that."
    await atelier.changed(answer, await admin.press(answer, "Older"))
    # What is new does not move the pages.
    await atelier.ask(admin, "admin pause")
    await atelier.changed(answer, await admin.press(answer, "Older"))
    assert await pages(atelier, answer) == ["s1", "s0"]
    assert answer.components[0]["components"][1]["disabled"]
    await atelier.changed(answer, await admin.press(answer, "Newest"))
    assert "paused this server's jobs" in text(answer)
    await atelier.changed(answer, await atelier.press_raw(admin, answer, "familiar:audit:1"))
    assert text(answer) == "Audit\nThere is nothing older."
    await atelier.ask(admin, "admin resume")


async def test_long_entries_are_all_on_some_page(atelier: Atelier) -> None:
    with rows(atelier) as connection:
        plant(connection, atelier, 20)
        connection.execute("UPDATE audit SET detail = ?", ("a *long* list, " * 30,))
    admin = atelier.place.admin
    answer = await atelier.answer(await admin.slash(atelier.channel, "admin audit"))
    seen: list[str] = []
    while True:
        seen += re.findall(r"/(s\d+) ", text(answer))
        if answer.components[0]["components"][1]["disabled"]:
            break
        await atelier.changed(answer, await admin.press(answer, "Older"))
    assert seen == [f"s{number}" for number in reversed(range(20))]


@in_module_loop
async def test_who_cancels_somebody_elses_job_is_in_it(room: Atelier) -> None:
    moderator = room.place.guild.add_member("Mo", manage_messages=True)
    async with held(room, 2) as cards:
        for who, card in ((room.place.member, cards[0]), (moderator, cards[1])):
            await (await who.press(card, "Cancel")).answered()
            await room.over(card)
    with rows(room) as connection:
        query = "SELECT user_id, subject, detail FROM audit WHERE guild_id = ? AND action = 'cancelled'"
        found = connection.execute(query, (room.place.guild.id,)).fetchall()
    assert found == [(moderator.user.id, job_id(cards[1]), f"Blank [x](y) · <@{room.place.member.user.id}>")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", Action)
def test_every_action_has_its_words(action: Action, language: str) -> None:
    entry = Entry(7, 1, action, "/blur *x* @everyone <@5>", "`odd` <@&6> <#7>")
    said = plain(what(entry, Voice(language)))
    assert not said.startswith(("did something", "hat etwas getan"))
    assert "@everyone" not in said and "*x*" not in said
    assert said.endswith(r"\`odd\` <@&6> <#7>")


@pytest.mark.parametrize("length", [100, 5000])
def test_long_entries_are_cut(length: int) -> None:
    assert len(what(Entry(7, 1, Action.WORD_RULE, "*" * length, "_" * length), Voice())) < 1000


@pytest.mark.parametrize("before", range(26))
def test_no_mention_is_cut_in_two(before: int) -> None:
    detail = "x" * before + "".join(f"<@&{number:019}>, " for number in range(20))
    said = plain(what(Entry(7, 1, Action.POLICY, "/blur", detail), Voice()))
    whole = re.sub(r"<@&\d{19}>", "", said)
    assert whole.endswith("…") and "<" not in whole and "@" not in whole
