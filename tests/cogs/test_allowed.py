"""What a server keeps from its members on the Integrations page, /run keeps from them too."""

import asyncio
from typing import Any

import discord
import pytest

from bot.playground.discord import LocalMember
from cogs._allowed import Caller, Kind, Rules, may_use
from tests.cogs.atelier import Atelier, blank, buttons, custom_id, in_module_loop, text, workflow

PERMISSIONS = "/commands/permissions"
GUILD, EVERYWHERE, HERE, ELSEWHERE, ME, OTHER, RED, BLUE, GREEN = 100, 99, 1, 2, 10, 11, 20, 21, 22
Level = dict[tuple[Kind, int], bool]
#: A member with the roles red and blue.
CALLER = Caller(GUILD, HERE, ME, (RED, BLUE), discord.Permissions(send_messages=True))


def channel(channel_id: int, allowed: bool) -> Level:
    return {(Kind.channel, channel_id): allowed}


def member(user_id: int, allowed: bool) -> Level:
    return {(Kind.user, user_id): allowed}


def role(role_id: int, allowed: bool) -> Level:
    return {(Kind.role, role_id): allowed}


# The rules


@pytest.mark.parametrize(
    ("own", "every", "allowed"),
    [
        ({}, {}, True),
        # Who: the member, then the roles, then everyone.
        (role(GUILD, False), {}, False),
        (role(GREEN, False), {}, True),
        (role(RED, False), {}, False),
        (role(GUILD, False) | role(GREEN, True), {}, False),
        (role(GUILD, False) | role(RED, True), {}, True),
        (role(GUILD, True) | role(RED, False), {}, False),
        (role(RED, False) | role(BLUE, True), {}, True),
        (role(RED, False) | role(BLUE, False), {}, False),
        (role(RED, True) | role(BLUE, True) | member(ME, False), {}, False),
        (role(GUILD, False) | role(RED, False) | member(ME, True), {}, True),
        (member(OTHER, False), {}, True),
        (role(GUILD, False) | member(OTHER, True), {}, False),
        # Where: the channel, then all channels.
        (channel(HERE, False), {}, False),
        (channel(ELSEWHERE, False), {}, True),
        (channel(EVERYWHERE, False), {}, False),
        (channel(EVERYWHERE, False) | channel(HERE, True), {}, True),
        (channel(EVERYWHERE, False) | channel(ELSEWHERE, True), {}, False),
        (channel(EVERYWHERE, True) | channel(HERE, False), {}, False),
        # Both have to say yes.
        (channel(HERE, True) | role(GUILD, False), {}, False),
        (channel(HERE, False) | member(ME, True), {}, False),
        # What is said of all commands holds where nothing is said of the command.
        ({}, role(GUILD, False), False),
        ({}, role(GUILD, False) | role(RED, True), True),
        ({}, member(ME, False), False),
        ({}, channel(HERE, False), False),
        ({}, channel(EVERYWHERE, False) | channel(HERE, True), True),
        (role(GREEN, True), role(GUILD, False), False),
        (channel(HERE, True), role(GUILD, False), False),
        (channel(ELSEWHERE, True), channel(EVERYWHERE, False) | channel(HERE, True), True),
        # What is said of the command goes before it, however broad.
        (role(RED, True), role(GUILD, False), True),
        (role(GUILD, True), member(ME, False), True),
        (role(GUILD, False), member(ME, True), False),
        (channel(HERE, True), channel(HERE, False), True),
        (channel(EVERYWHERE, True), channel(HERE, False), True),
        (channel(EVERYWHERE, False), channel(HERE, True), False),
        # The first channel of an old server bears the id of @everyone.
        (channel(GUILD, False), {}, True),
    ],
)
def test_who_may_use_a_command(own: Level, every: Level, allowed: bool) -> None:
    rules = Rules(every, {"blur": own, "other": role(GUILD, not allowed) | channel(EVERYWHERE, not allowed)})
    assert may_use(rules, "blur", CALLER) is allowed


@pytest.mark.parametrize(
    ("own", "every", "needed", "allowed"),
    [
        ({}, {}, discord.Permissions(send_messages=True), True),
        ({}, {}, discord.Permissions(manage_guild=True), False),
        ({}, {}, discord.Permissions(manage_guild=True, send_messages=True), False),
        ({}, {}, discord.Permissions.none(), False),
        # Let in at the top of the page, a member still needs what the command asks for ...
        ({}, role(RED, True), discord.Permissions(manage_guild=True), False),
        ({}, role(RED, True), discord.Permissions(send_messages=True), True),
        ({}, role(RED, False), discord.Permissions(send_messages=True), False),
        # ... let in at the command, not.
        (role(RED, True), {}, discord.Permissions(manage_guild=True), True),
        (role(RED, True), {}, discord.Permissions.none(), True),
        (role(RED, False), {}, discord.Permissions(send_messages=True), False),
    ],
)
def test_what_a_command_asks_for_by_itself(
    own: Level, every: Level, needed: discord.Permissions, allowed: bool
) -> None:
    assert may_use(Rules(every, {"blur": own}), "blur", CALLER, needed) is allowed


@pytest.mark.parametrize(("permission", "allowed"), [("administrator", True), ("manage_guild", False)])
def test_only_administrators_stand_above_the_rules(permission: str, allowed: bool) -> None:
    closed = Rules(commands={"blur": role(GUILD, False) | member(ME, False) | channel(HERE, False)})
    caller = Caller(GUILD, HERE, ME, (), discord.Permissions(**{permission: True}))
    assert may_use(closed, "blur", caller, discord.Permissions.none()) is allowed


#: A thread's `channel` as Discord sends it with an interaction.
THREAD: dict[str, Any] = {
    "id": "7",
    "type": 11,
    "name": "Talk",
    "parent_id": str(HERE),
    "owner_id": str(OTHER),
    "message_count": 1,
    "member_count": 1,
    "guild_id": str(GUILD),
    "permissions": "2048",
    "thread_metadata": {
        "archived": False,
        "locked": False,
        "auto_archive_duration": 60,
        "archive_timestamp": "2026-11-01T00:00:00+00:00",
    },
}


CHANNEL = {"id": str(HERE), "type": 0, "name": "pictures", "position": 0, "permission_overwrites": []}


@pytest.mark.parametrize("place", [THREAD, CHANNEL])
async def test_who_asks_and_where(place: dict[str, Any]) -> None:
    user: Any = {"id": str(ME), "username": "bo", "discriminator": "0", "avatar": None}
    asked = {"user": user, "roles": [str(RED), str(BLUE)], "permissions": "2048", "joined_at": None, "flags": 0}
    data: Any = {"id": "5", "type": 2, "token": "t", "version": 1, "application_id": "6", "attachment_size_limit": 1}
    data |= {"guild_id": str(GUILD), "channel": place, "channel_id": place["id"], "member": asked}
    state: Any = discord.Client(intents=discord.Intents.none())._connection
    bot: Any = {**user, "id": "6", "bot": True}
    state.user = discord.ClientUser(state=state, data=bot)
    # The library knows nothing of the server, and so none of the roles either.
    assert Caller.of(discord.Interaction(data=data, state=state)) == CALLER


# In the local Discord


async def suggested(room: Atelier, who: LocalMember) -> list[str]:
    return [choice["value"] for choice in await who.autocomplete(room.channel, "run", "workflow")]


async def told(room: Atelier, who: LocalMember, slug: str = "blank") -> str:
    """What /run answers: the title of the form, or why there is none."""
    return text(await room.answer(await room.slash_raw(who, "run", {"workflow": slug}))).partition("\n")[0].strip()


NOT_YOURS = "This server keeps `/blank` for some of its members. An admin can let you use it too."
NOT_HERE = "`/blank` is not meant for this channel. Please try it in another one."


@in_module_loop
async def test_a_role_may_be_needed(room: Atelier) -> None:
    guild, who = room.place.guild, room.place.member
    artists = guild.add_role("Artists")
    await room.publish(workflow(blank(), name="Blank"))
    assert await suggested(room, who) == ["blank"]
    guild.override_command("blank", guild.everyone, False)
    guild.override_command("blank", artists, True)
    assert await suggested(room, who) == []
    assert await told(room, who) == NOT_YOURS
    assert "Did you mean" not in await told(room, who, "blanc")
    # Manage Server does not stand above the rules, as little as it does for the command itself.
    assert await told(room, room.place.admin) == NOT_YOURS
    root = guild.add_member("Root", administrator=True)
    assert (await suggested(room, root), await told(room, root)) == (["blank"], "Blank")
    who.roles.append(artists)
    assert await suggested(room, who) == ["blank"]
    form = await room.answer(await who.slash(room.channel, "run", {"workflow": "blank"}))
    card = await room.answer(await who.press(form, "Run"))
    await room.over(card)
    who.roles.remove(artists)
    assert await room.told(await who.press(form, "Run")) == NOT_YOURS


@in_module_loop
async def test_a_channel_may_be_left_out(room: Atelier) -> None:
    guild, who = room.place.guild, room.place.member
    await room.publish(workflow(blank(), name="Blank"))
    form = await room.answer(await who.slash(room.channel, "run", {"workflow": "blank"}))
    guild.override_command("blank", room.channel, False)
    assert await suggested(room, who) == []
    assert await told(room, who) == NOT_HERE
    assert await room.told(await room.press_raw(who, form, custom_id(form, "Run"))) == NOT_HERE
    elsewhere = guild.add_channel("elsewhere")
    assert [choice["value"] for choice in await who.autocomplete(elsewhere, "run", "workflow")] == ["blank"]
    assert "Run" in buttons(await room.answer(await who.slash(elsewhere, "run", {"workflow": "blank"})))


@in_module_loop
async def test_what_is_said_of_all_commands(room: Atelier) -> None:
    guild, who = room.place.guild, room.place.member
    await room.publish(workflow(blank(), name="Blank"))
    planted = await room.plant("form-only", (workflow(blank(), name="Form only"), ()), has_command=False)
    async with room.catalog() as catalog:
        await catalog.set_enabled(planted.workflow_id, True)
    guild.override_command(None, guild.everyone, False)
    guild.override_command("run", who, True)
    # /run was opened to the member all the same, and has no rules besides for what has no command.
    assert await suggested(room, who) == ["form-only"]
    assert await told(room, who) == NOT_YOURS
    assert await told(room, who, "form-only") == "Form only"
    guild.override_command("blank", who, True)
    assert await suggested(room, who) == ["blank", "form-only"]


@in_module_loop
async def test_discord_is_asked_once_a_minute(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    before = room.calls("GET", PERMISSIONS)
    for _ in range(3):
        await suggested(room, room.place.member)
        await told(room, room.place.member)
    assert room.calls("GET", PERMISSIONS) == before + 1
    room.place.guild.override_command("blank", room.channel, False)
    assert await told(room, room.place.member) == NOT_HERE
    assert room.calls("GET", PERMISSIONS) == before + 2


@in_module_loop
async def test_while_discord_does_not_tell_the_rules(room: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    guild, who = room.place.guild, room.place.member
    await room.publish(workflow(blank(), name="Blank"))
    guild.override_command("blank", guild.everyone, False)
    monkeypatch.setattr("cogs._allowed._PAUSE_SECONDS", 0.0)
    room.discord.faults.fail_next(PERMISSIONS, 403, times=3)
    assert await suggested(room, who) == ["blank"]
    again = "Discord does not say right now who may use `/blank`. Please try again in a moment."
    assert await told(room, who) == again
    # Who could change the rules may go on without them.
    assert await told(room, room.place.admin) == "Blank"
    assert [refused.status for refused in room.refusals()] == [403] * 3
    # What was told once holds while nothing newer is told.
    monkeypatch.setattr("cogs._allowed._FRESH_SECONDS", 0.0)
    assert await told(room, room.place.admin) == NOT_YOURS
    room.discord.faults.fail_next(PERMISSIONS, 403, times=2)
    assert await told(room, room.place.admin) == NOT_YOURS
    assert await suggested(room, who) == []
    assert len(room.refusals()) == 2


@in_module_loop
async def test_after_a_failure_discord_is_left_alone(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    before = room.calls("GET", PERMISSIONS)
    room.discord.faults.fail_next(PERMISSIONS, 403)
    for _ in range(3):
        assert await suggested(room, room.place.member) == ["blank"]
    assert room.calls("GET", PERMISSIONS) == before + 1
    assert len(room.refusals()) == 1


@in_module_loop
async def test_a_slow_answer_holds_nobody_up(room: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    guild, who = room.place.guild, room.place.member
    await room.publish(workflow(blank(), name="Blank"))
    guild.override_command("blank", guild.everyone, False)
    monkeypatch.setattr("cogs._allowed._SUGGEST_SECONDS", 0.02)
    before = room.calls("GET", PERMISSIONS)
    room.discord.faults.delay(PERMISSIONS, 0.2, times=1)
    assert await suggested(room, who) == ["blank"]
    # The same reading answers who waits longer.
    assert await told(room, who) == NOT_YOURS
    assert await suggested(room, who) == []
    assert room.calls("GET", PERMISSIONS) == before + 1


@pytest.mark.slow
@in_module_loop
async def test_discord_and_invokeai_may_both_be_slow(room: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nearly_too_late(*_: object) -> None:
        await asyncio.sleep(2.0)

    await room.publish(workflow(blank(), name="Blank"))
    monkeypatch.setattr("cogs._form_sheets.models_of", nearly_too_late)
    room.discord.faults.delay(PERMISSIONS, 5.0, times=1)
    # Who could change the rules goes on without them.
    assert await told(room, room.place.admin) == "Blank"
