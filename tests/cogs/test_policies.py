"""/workflow policy and words: the panel, as admins of the local Discord use it."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from bot.playground.discord import LocalMember, Message, Use
from bot.playground.discord.gateway import GUILDS
from bot.playground.discord.state import Role
from bot.policy import Bound, Caps, Named, Policy
from cogs._policy_words import changes, duration, seconds_in
from tests.cogs.atelier import (
    Atelier,
    Field,
    blank,
    buttons,
    custom_id,
    in_module_loop,
    menus,
    node,
    text,
    texts,
    workflow,
)

GONE = "That workflow was removed from this server in the meantime."
NOT = ("Roles that may not run it", "Channels where it may not be run", "Members who may not run it")
ROLES, CHANNELS, MEMBERS = "Roles that may run it", "Channels where it may be run", "Members who may run it"


def steps() -> dict[str, Any]:
    """A workflow that asks for a number and a text."""
    number = node("n", "integer", Field("value", 5, "Steps"))
    words = node("t", "string", Field("value", "a harbour", "Prompt"))
    return workflow(number, words, blank(), name="Steps")


def read(room: Atelier, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(room.database)) as connection:
        return connection.execute(query, values).fetchall()


def stored(room: Atelier) -> Policy:
    query = "SELECT policy FROM policies JOIN workflows ON workflows.id = workflow_id WHERE guild_id = ?"
    rows = read(room, query, room.place.guild.id)
    return Policy.model_validate_json(rows[0][0]) if rows else Policy()


def audited(room: Atelier) -> list[tuple[str, str, str]]:
    query = "SELECT action, subject, detail FROM audit WHERE guild_id = ? ORDER BY id"
    return [row for row in read(room, query, room.place.guild.id) if row[0] in {"policy", "word rule"}]


def guild_id(room: Atelier) -> int:
    return room.place.guild.id


async def opened(room: Atelier, name: str = "steps") -> Message:
    return await room.answer(await room.place.admin.slash(room.channel, "workflow policy", {"name": name}))


async def pressed(room: Atelier, panel: Message, label: str, who: LocalMember | None = None) -> Message:
    return await room.changed(panel, await (who or room.place.admin).press(panel, label))


async def filled(room: Atelier, panel: Message, use: Use, fields: Mapping[str, object]) -> Use:
    await use.answered()
    return await room.place.admin.submit(use, fields)


SECONDS = "From one run to the next"
CHOOSE = "Choose an input (📏 has bounds)"


def shown(panel: Message) -> dict[str, list[int]]:
    """What the panel's menus have chosen, by what stands in them."""
    parts = [part for row in panel.components for part in row["components"] if part["type"] in {5, 6, 8}]
    return {part["placeholder"]: [int(value["id"]) for value in part.get("default_values", ())] for part in parts}


def delete(room: Atelier, role: Role) -> None:
    guild = room.place.guild
    del guild.roles[role.id]
    room.discord.world.send("GUILD_ROLE_DELETE", {"guild_id": str(guild.id), "role_id": str(role.id)}, guild, GUILDS)


# Who, where, and what comes of it


@in_module_loop
async def test_who_and_where_are_chosen(room: Atelier) -> None:
    await room.publish(steps())
    panel = await opened(room)
    guild, admin, (bo, cy) = room.place.guild, room.place.admin, (room.place.member, room.place.other)
    assert panel.ephemeral
    for line in ("Policy of /steps", "**Who** Everyone", "**Where** In every channel", "who **may** run it"):
        assert line in text(panel)
    assert shown(panel) == {ROLES: [], CHANNELS: [], MEMBERS: []}
    artists, guests = guild.add_role("Artists"), guild.add_role("Guests")
    await room.changed(panel, await admin.select(panel, ROLES, [artists]))
    await room.changed(panel, await admin.select(panel, CHANNELS, [room.channel]))
    await room.changed(panel, await admin.select(panel, MEMBERS, [bo, cy]))
    assert shown(panel) == {
        ROLES: [artists.id],
        CHANNELS: [room.channel.id],
        MEMBERS: [bo.user.id, cy.user.id],
    }
    await pressed(room, panel, "Choose who may not …")
    assert "who may **not** run it" in text(panel)
    assert shown(panel) == {roles: [] for roles in NOT}
    await room.changed(panel, await admin.select(panel, NOT[0], [guests]))
    await room.changed(panel, await admin.select(panel, NOT[2], [cy]))
    assert f"**Who** Only <@&{artists.id}>, <@{bo.user.id}> · Not <@&{guests.id}>, <@{cy.user.id}>" in text(panel)
    assert f"**Where** Only <#{room.channel.id}>" in text(panel)
    await pressed(room, panel, "Choose who may …")
    await room.changed(panel, await admin.select(panel, CHANNELS, []))
    assert stored(room) == Policy(
        roles=Named(allowed=(artists.id,), denied=(guests.id,)),
        members=Named(allowed=(bo.user.id,), denied=(cy.user.id,)),
    )
    # Opened anew it is the same; what was deleted meanwhile is not chosen, or Discord might refuse the menu.
    delete(room, artists)
    again = await opened(room)
    assert shown(again)[MEMBERS] == [bo.user.id]
    assert shown(again)[ROLES] == []
    assert stored(room).roles.allowed == (artists.id,)


@in_module_loop
async def test_results_are_switched_and_all_is_cleared(room: Atelier) -> None:
    await room.publish(steps())
    panel = await opened(room)
    for label in ("Covered", "Age-restricted only", "Private only"):
        await pressed(room, panel, label)
        assert f"✓ {label}" in buttons(panel)
    assert stored(room) == Policy(spoiler=True, age_restricted_only=True, private_only=True)
    await pressed(room, panel, "✓ Covered")
    assert stored(room) == Policy(age_restricted_only=True, private_only=True)
    assert "**Results** in age-restricted channels only · private, for whoever ran it" in text(panel)
    await pressed(room, panel, "Clear")
    assert stored(room) == Policy()
    assert (
        read(room, "SELECT 1 FROM policies JOIN workflows ON id = workflow_id WHERE guild_id = ?", guild_id(room)) == []
    )
    assert "**Results** As each member chooses" in text(panel)


@in_module_loop
async def test_each_change_is_in_the_audit_and_nothing_else(room: Atelier) -> None:
    await room.publish(steps())
    panel = await opened(room)
    admin, artists = room.place.admin, room.place.guild.add_role("Artists")
    await room.changed(panel, await admin.select(panel, ROLES, [artists]))
    await room.changed(panel, await admin.select(panel, ROLES, [artists]))
    await pressed(room, panel, "Choose who may not …")
    await pressed(room, panel, "Values …")
    await pressed(room, panel, "Back")
    await pressed(room, panel, "Covered")
    await pressed(room, panel, "Clear")
    await room.discord.until(lambda: len(audited(room)) == 3)
    assert audited(room) == [
        ("policy", "/steps", f"who: Only <@&{artists.id}>"),
        ("policy", "/steps", "results: covered until somebody clicks on them"),
        ("policy", "/steps", "who: Everyone; results: As each member chooses"),
    ]


def bound(number: int, maximum: float) -> Bound:
    return Bound(role_id=5, place=("n", f"value{number}"), name=f"a-rather-long-name-{number}", maximum=maximum)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Policy(members=Named(allowed=(1, 2))), Policy(members=Named(allowed=(2, 1))), ""),
        (
            Policy(roles=Named(allowed=tuple(range(25)))),
            Policy(roles=Named(allowed=tuple(range(24)))),
            "who: Only <@&0>, ",
        ),
        (
            Policy(channels=Named(denied=tuple(range(25)))),
            Policy(channels=Named(denied=(*range(24), 30))),
            "where: Not <#0>, ",
        ),
        (
            Policy(bounds=tuple(bound(number, 1) for number in range(30))),
            Policy(bounds=tuple(bound(number, 1 + number // 29) for number in range(30))),
            "bounds: <@&5>: `a-rather-long-name-0` at most 1, ",
        ),
    ],
)
def test_no_change_is_too_far_down_a_list_to_be_told(before: Policy, after: Policy, told: str) -> None:
    said = changes(7, before, after)
    assert said.startswith(told) and bool(said) is bool(told)


@in_module_loop
async def test_of_two_admins_none_undoes_the_other(room: Atelier) -> None:
    await room.publish(steps())
    eve = room.place.guild.add_member("Eve", manage_guild=True)
    first = await opened(room)
    second = await room.answer(await eve.slash(room.channel, "workflow policy", {"name": "steps"}))
    presses = [
        await room.place.admin.press(first, "Covered"),
        await eve.press(second, "Private only"),
        await eve.select(second, MEMBERS, [room.place.member]),
    ]
    await asyncio.gather(*(use.answered() for use in presses))
    await room.discord.until(lambda: len(audited(room)) == 3)
    members = Named(allowed=(room.place.member.user.id,))
    assert stored(room) == Policy(spoiler=True, private_only=True, members=members)
    # The last panel to be drawn has seen all of it.
    assert "✓ Covered" in buttons(await opened(room))


@in_module_loop
async def test_only_who_manages_the_server_may_press(room: Atelier) -> None:
    await room.publish(steps())
    panel = await opened(room)
    use = await room.press_raw(room.place.member, panel, custom_id(panel, "Covered"))
    assert "**Manage Server**" in await room.told(use)
    assert stored(room) == Policy()


@in_module_loop
async def test_a_workflow_that_is_gone_or_anothers_says_so(room: Atelier) -> None:
    await room.publish(steps())
    panel = await opened(room)
    elsewhere = room.open_place("Elsewhere")
    note = await elsewhere.admin.say(elsewhere.channel, "an old copy of its buttons")
    assert await room.told(await room.press_raw(elsewhere.admin, note, custom_id(panel, "Covered"))) == GONE
    async with room.catalog() as catalog:
        await catalog.remove(guild_id(room), "steps")
    for label in ("Covered", "Choose who may not …", "How often …", "Clear"):
        assert await room.told(await room.press_raw(room.place.admin, panel, custom_id(panel, label))) == GONE
    assert stored(room) == Policy()
    assert "no workflow" in await room.ask(room.place.admin, "workflow policy", {"name": "steps"})


async def test_the_panel_outlives_a_restart(atelier: Atelier) -> None:
    await atelier.publish(steps())
    panel, admin = await opened(atelier), atelier.place.admin
    form = await admin.press(panel, "How often …")
    await form.answered()
    await atelier.restart()
    await atelier.changed(panel, await admin.submit(form, {"Runs in 24 hours": "7"}))
    await pressed(atelier, panel, "Choose who may not …")
    await atelier.changed(panel, await admin.select(panel, NOT[2], [atelier.place.other]))
    await atelier.restart()
    await pressed(atelier, panel, "Values …")
    chosen = await admin.select(panel, CHOOSE, ["steps"])
    await chosen.answered()
    await atelier.restart()
    await atelier.changed(panel, await admin.submit(chosen, {"Highest": "3"}))
    policy = stored(atelier)
    assert (policy.caps.daily, policy.members.denied) == (7, (atelier.place.other.user.id,))
    assert [one.maximum for one in policy.bounds] == [3]


# How often


@in_module_loop
async def test_how_often_is_typed(room: Atelier) -> None:
    await room.publish(steps())
    panel, admin = await opened(room), room.place.admin
    typed = {"Running at a time": "1", "Under way at a time": "3", SECONDS: "5 min", "Runs in 24 hours": "20"}
    use = await filled(room, panel, await admin.press(panel, "How often …"), typed)
    await room.changed(panel, use)
    assert stored(room).caps == Caps(running=1, waiting=3, cooldown=300, daily=20)
    assert "**How often** 1 running at a time · 3 under way at a time · 5 min from one run to the next" in text(panel)
    form = await admin.press(panel, "How often …")
    await form.answered()
    held = {part["component"]["custom_id"]: part["component"].get("value") for part in (form.modal or {})["components"]}
    assert held == {"running": "1", "waiting": "3", "cooldown": "5 min", "daily": "20"}
    await room.changed(panel, await admin.submit(form, dict.fromkeys(typed, "")))
    assert stored(room) == Policy()


@in_module_loop
@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("Running at a time", "0", "**Running at a time** takes a whole number from 1 to 25, or nothing."),
        ("Running at a time", "26", "**Running at a time** takes"),
        ("Under way at a time", "-1", "**Under way at a time** takes"),
        ("Runs in 24 hours", "1.5", "**Runs in 24 hours** takes a whole number from 1 to 10000, or nothing."),
        ("Runs in 24 hours", "²", "**Runs in 24 hours** takes"),
        (SECONDS, "soon", "**From one run to the next** takes a time such as 30 s, 5 min or 2 h, up to 7 days."),
        (SECONDS, "0", "**From one run to the next** takes"),
        (SECONDS, "8 d", "**From one run to the next** takes"),
        (SECONDS, "1 month", "**From one run to the next** takes"),
        (SECONDS, "3 turns", "**From one run to the next** takes"),
    ],
)
async def test_how_often_may_be_typed_wrong(field: str, typed: str, problem: str, room: Atelier) -> None:
    await room.publish(steps())
    panel = await opened(room)
    form = await room.place.admin.press(panel, "How often …")
    told = await room.told(await filled(room, panel, form, {field: typed}))
    assert told.startswith(problem)
    assert stored(room) == Policy()


@pytest.mark.parametrize(
    ("typed", "seconds", "told"),
    [
        ("30", 30, "30 s"),
        ("90s", 90, "90 s"),
        ("5 min", 300, "5 min"),
        ("5M", 300, "5 min"),
        ("2 hours", 7200, "2 h"),
        ("1 d", 86400, "1 d"),
        ("2 Stunden", 7200, "2 h"),
        ("5 Minuten", 300, "5 min"),
        ("1 Tag", 86400, "1 d"),
        ("45 sek.", 45, "45 s"),
        ("120 s", 120, "2 min"),
        ("  ", None, ""),
    ],
)
def test_times_as_they_are_typed_and_told(typed: str, seconds: int | None, told: str) -> None:
    assert seconds_in(typed) == seconds
    if seconds:
        assert duration(seconds) == told
        assert seconds_in(told) == seconds


# Values


@in_module_loop
async def test_values_are_bounded_by_role(room: Atelier) -> None:
    await room.publish(steps())
    panel, admin, guild = await opened(room), room.place.admin, room.place.guild
    artists = guild.add_role("Artists")
    await pressed(room, panel, "Values …")
    assert menus(panel) == {CHOOSE: ["steps", "prompt"]}
    assert "What may members with @everyone give?" in text(panel)
    await room.changed(
        panel, await filled(room, panel, await admin.select(panel, CHOOSE, ["steps"]), {"Highest": "30"})
    )
    await room.changed(panel, await admin.select(panel, "Whose values?", [artists]))
    typed = {"Lowest": "0,5", "Highest": "60"}
    await room.changed(panel, await filled(room, panel, await admin.select(panel, CHOOSE, ["steps"]), typed))
    longest = {"Longest, in characters": "200"}
    await room.changed(panel, await filled(room, panel, await admin.select(panel, CHOOSE, ["prompt"]), longest))
    assert "@everyone: `steps` at most 30" in text(panel)
    assert f"<@&{artists.id}>: `steps` 0.5 to 60, `prompt` up to 200 characters" in text(panel)
    assert {(one.role_id, one.name, one.minimum, one.maximum, one.longest) for one in stored(room).bounds} == {
        (guild.id, "steps", None, 30, None),
        (artists.id, "steps", 0.5, 60, None),
        (artists.id, "prompt", None, None, 200),
    }
    wrong = await filled(room, panel, await admin.select(panel, CHOOSE, ["steps"]), {"Lowest": "70", "Highest": "60"})
    assert await room.told(wrong) == "The lowest value is above the highest."
    wrong = await filled(room, panel, await admin.select(panel, CHOOSE, ["steps"]), {"Lowest": "many"})
    assert await room.told(wrong) == "**Lowest** takes a number, or nothing."
    await room.changed(panel, await filled(room, panel, await admin.select(panel, CHOOSE, ["prompt"]), {"longest": ""}))
    await pressed(room, panel, "For everyone")
    await pressed(room, panel, "Clear for this role")
    assert [(one.role_id, one.name) for one in stored(room).bounds] == [(artists.id, "steps")]
    await pressed(room, panel, "Back")
    assert f"**Values** \n<@&{artists.id}>: `steps` 0.5 to 60" in text(panel)


@in_module_loop
async def test_bounds_of_a_deleted_role_go_with_the_next_change(room: Atelier) -> None:
    await room.publish(steps())
    panel, admin, artists = await opened(room), room.place.admin, room.place.guild.add_role("Artists")
    await pressed(room, panel, "Values …")
    await room.changed(panel, await filled(room, panel, await admin.select(panel, CHOOSE, ["steps"]), {"Highest": "9"}))
    await room.changed(panel, await admin.select(panel, "Whose values?", [artists]))
    await room.changed(panel, await filled(room, panel, await admin.select(panel, CHOOSE, ["steps"]), {"Highest": "8"}))
    delete(room, artists)
    await pressed(room, panel, "Back")
    assert len(stored(room).bounds) == 2
    await pressed(room, panel, "Covered")
    assert [one.role_id for one in stored(room).bounds] == [guild_id(room)]


@in_module_loop
async def test_many_inputs_have_pages(room: Atelier) -> None:
    fields = [Field("value", "x", f"Line {number}") for number in range(30)]
    await room.publish(texts(*fields, name="Long"), name="long")
    panel = await opened(room, "long")
    await pressed(room, panel, "Values …")
    assert len(menus(panel)[CHOOSE]) == 25
    await pressed(room, panel, "▶")
    assert menus(panel)[CHOOSE] == [f"line_{number}" for number in range(25, 30)]
    chosen = await room.place.admin.select(panel, CHOOSE, ["line_29"])
    await room.changed(panel, await filled(room, panel, chosen, {"longest": "9"}))
    assert [one.name for one in stored(room).bounds] == ["line_29"]
    await pressed(room, panel, "◀")
    assert "line_0" in menus(panel)[CHOOSE]


@in_module_loop
async def test_a_workflow_without_values_says_so(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    panel = await opened(room, "blank")
    await pressed(room, panel, "Values …")
    assert "asks for neither numbers nor texts" in text(panel)
    assert menus(panel) == {}


@in_module_loop
async def test_it_speaks_german(room: Atelier) -> None:
    await room.publish(steps())
    room.place.admin.user.locale = "de"
    try:
        panel = await opened(room)
        await pressed(room, panel, "Verdeckt")
        assert "**Ergebnisse** verdeckt, bis jemand darauf klickt" in text(panel)
        await pressed(room, panel, "Werte …")
        assert "Was dürfen Mitglieder mit @everyone angeben?" in text(panel)
    finally:
        room.place.admin.user.locale = "en-US"
    # The audit is for all who read it.
    assert audited(room)[0][2] == "results: covered until somebody clicks on them"


# Words


async def words(room: Atelier, **options: str) -> Message:
    return await room.answer(await room.place.admin.slash(room.channel, "workflow words", options))


@in_module_loop
async def test_word_rules_are_added_listed_and_removed(room: Atelier) -> None:
    said = await words(room)
    assert said.ephemeral
    assert "Members may write what they like." in text(said)
    said = await words(room, add="  very bad ")
    assert "✅ Added `very bad`." in text(said)
    await words(room, add="b`ad")
    said = await words(room, pattern="na[ck]ed")
    for line in ("`very bad`", "`bˋad`", "`na[ck]ed` (pattern)", "3 of 100 rules."):
        assert line in text(said)
    admin = room.place.admin
    found = await admin.autocomplete(room.channel, "workflow words", "remove", "NA")
    assert [choice["name"] for choice in found] == ["na[ck]ed"]
    assert "🗑️ Removed `na[ck]ed`." in text(await words(room, remove=found[0]["value"]))
    said = await words(room, remove="very bad")
    assert "1 of 100 rules." in text(said)
    assert audited(room) == [
        ("word rule", "very bad", "added"),
        ("word rule", "b`ad", "added"),
        ("word rule", "na[ck]ed", "pattern added"),
        ("word rule", "na[ck]ed", "pattern removed"),
        ("word rule", "very bad", "removed"),
    ]


@in_module_loop
async def test_a_rule_that_is_a_number_is_not_taken_for_another(room: Atelier) -> None:
    (last,) = read(room, "SELECT coalesce(max(id), 0) FROM word_rules")[0]
    await words(room, add=str(last + 2))
    await words(room, add="second")
    (choice,) = await room.place.admin.autocomplete(room.channel, "workflow words", "remove", "second")
    assert "🗑️ Removed `second`." in text(await words(room, remove=choice["value"]))
    assert f"🗑️ Removed `{last + 2}`." in text(await words(room, remove=str(last + 2)))


@in_module_loop
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"add": "cat", "remove": "dog"}, "Please give one thing at a time"),
        ({"add": "dog"}, "That rule is there already."),
        ({"add": "**"}, "That rule has nothing in it that could be found."),
        ({"pattern": "["}, "That pattern cannot be read: "),
        ({"pattern": "x*"}, "That pattern fits an empty text"),
        ({"pattern": "(a+)+$"}, "That pattern takes too long with some texts."),
        ({"remove": "mouse"}, "There is no such rule here."),
        ({"add": "  "}, "`dog`"),
    ],
)
async def test_word_rules_that_are_none(options: dict[str, str], told: str, room: Atelier) -> None:
    await words(room, add="dog")
    assert told in text(await words(room, **options))
    assert [row[1:] for row in audited(room)] == [("dog", "added")]


@in_module_loop
async def test_a_long_list_comes_as_a_file_too(room: Atelier) -> None:
    rows = [(guild_id(room), f"{number:03} {'word ' * 15}") for number in range(99)]
    with closing(sqlite3.connect(room.database)) as connection:
        columns = "guild_id, text, is_pattern, created_by, created_at"
        connection.executemany(f"INSERT INTO word_rules ({columns}) VALUES (?, ?, 0, 1, '')", rows)
        connection.commit()
    said = await words(room, add="the last")
    (file,) = said.attachments
    assert file.filename == "words.txt"
    lines = file.data.decode().splitlines()
    assert (len(lines), lines[-1]) == (100, "the last")
    assert "100 of 100 rules." in text(said)
    assert "has 100 word rules" in text(await words(room, add="one more"))


@in_module_loop
async def test_only_who_manages_the_server_sees_the_words(room: Atelier) -> None:
    await words(room, add="secret")
    # The server may give the command to others; it is refused to them all the same.
    room.place.guild.override_command("workflow", room.place.member, True)
    who = room.place.member
    assert "**Manage Server**" in await room.ask(who, "workflow words", {})
    assert await who.autocomplete(room.channel, "workflow words", "remove", "") == []


@in_module_loop
async def test_other_servers_have_their_own_words(room: Atelier) -> None:
    await words(room, add="here")
    elsewhere = room.open_place("Elsewhere")
    said = await room.answer(await elsewhere.admin.slash(elsewhere.channel, "workflow words", {}))
    assert "here`" not in text(said)
