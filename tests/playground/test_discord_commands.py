"""Application commands and interactions of the local Discord, called by hand."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx
import pytest

from bot.playground.discord import ClientRefusal, Permissions
from tests.playground.discord_place import Place, codes, where


def command(name: str = "blur", *options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "d", "options": list(options), **more}


def option(name: str = "a", kind: int = 3, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "description": "d", **more}


def choices(*values: Any) -> list[dict[str, Any]]:
    return [{"name": str(n), "value": v} for n, v in enumerate(values)]


async def put(place: Place, *bodies: Any, guild: bool = True) -> httpx.Response:
    scope = f"/guilds/{place.guild.id}" if guild else ""
    return await place.http.put(f"/applications/{place.server.application_id}{scope}/commands", json=list(bodies))


NAME, TYPE = "APPLICATION_COMMAND_INVALID_NAME", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"


BAD, LONG = "BASE_TYPE_BAD_LENGTH", "BASE_TYPE_MAX_LENGTH"


MIN_MAX = "APPLICATION_COMMAND_OPTIONS_MIN_MAX_INVALID"


SUB = option("sub", 1)


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        (command("Blur"), "0.name", NAME),
        (command("bl ur"), "0.name", NAME),
        (command("x" * 33), "0.name", NAME),
        (command(""), "0.name", NAME),
        ({"name": "x"}, "0.description", "BASE_TYPE_REQUIRED"),
        ({"name": "x", "description": ""}, "0.description", BAD),
        ({"name": "x", "description": "x" * 101}, "0.description", BAD),
        (command("x", type=9), "0.type", "BASE_TYPE_CHOICES"),
        (command("x", option("A")), "0.options.0.name", NAME),
        (command("x", option(description="")), "0.options.0.description", BAD),
        (command("x", option(kind=12)), "0.options.0.type", "BASE_TYPE_CHOICES"),
        (command("x", option(), option()), "0.options.1.name", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE"),
        (
            command("x", option("a"), option("b", required=True)),
            "0.options.1.required",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (command("x", *(option(f"o{n}") for n in range(26))), "0.options", LONG),
        (command("x", option(choices=choices(*map(str, range(26))))), "0.options.0.choices", LONG),
        (command("x", option(choices=choices("x" * 101))), "0.options.0.choices.0.value", BAD),
        (command("x", option(kind=4, choices=choices("a"))), "0.options.0.choices.0.value", "NUMBER_TYPE_COERCE"),
        (
            command("x", option(choices=choices("a", "a"))),
            "0.options.0.choices.1",
            "APPLICATION_COMMAND_OPTIONS_CHOICES_DUPLICATE",
        ),
        (
            command("x", option(choices=choices("a"), autocomplete=True)),
            "0.options.0.autocomplete",
            "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE",
        ),
        (command("x", option(kind=11, autocomplete=True)), "0.options.0.choices", TYPE),
        (command("x", option(kind=4, min_value=5, max_value=1)), "0.options.0.min_value", MIN_MAX),
        (command("x", option(min_length=5, max_length=1)), "0.options.0.min_length", MIN_MAX),
        (command("x", option(max_length=6001)), "0.options.0.max_length", "NUMBER_TYPE_MAX"),
        (command("x", option(kind=4, max_value=2**54)), "0.options.0.max_value", "NUMBER_TYPE_MAX"),
        (command("x", option(kind=4, min_value=0.5)), "0.options.0.min_value", "NUMBER_TYPE_COERCE"),
        (command("x", option(kind=5, min_value=1)), "0.options.0.min_value", TYPE),
        (command("x", SUB, option()), "0.options", TYPE),
        (command("x", option("g", 2)), "0.options.0.options", "BASE_TYPE_REQUIRED"),
        (command("x", option("g", 2, options=[option("h", 2, options=[SUB])])), "0.options.0.options.0.type", TYPE),
        (command("x", name_localizations={"xx": "y"}), "0.name_localizations.xx", "BASE_TYPE_CHOICES"),
        (command("x", name_localizations={"de": "Y"}), "0.name_localizations.de", NAME),
        (command("x", contexts=[7]), "0.contexts.0", "BASE_TYPE_CHOICES"),
        (
            command("x", *(option(f"o{n}", choices=choices(*(f"{c}{'x' * 60}" for c in range(6)))) for n in range(25))),
            "0",
            "APPLICATION_COMMAND_TOO_LARGE",
        ),
        ("x", "0", "MODEL_TYPE_CONVERT"),
    ],
)
async def test_invalid_commands(place: Place, body: Any, path: str, code: str) -> None:
    answer = await put(place, body)
    found = answer.json()
    assert (answer.status_code, found["code"]) == (400, 50035)
    assert where(found["errors"]) == path and code in codes(found["errors"])
    assert place.guild.commands == {}


@pytest.mark.parametrize("name", ["blur", "bläue", "描く", "поиск", "a-b_c'd", "x" * 32, "सुंदर"])
async def test_names_in_any_script(place: Place, name: str) -> None:
    localized = {"name_localizations": {"de": "weich"}, "description_localizations": {"de": "Weich"}}
    answer = await put(place, command(name, option(name, 4, min_value=0, max_value=5), **localized))
    assert answer.status_code == 200, answer.text
    assert place.guild.commands[name]["options"][0]["min_value"] == 0


async def test_overwriting_keeps_ids_of_names_that_stay(place: Place) -> None:
    first = (await put(place, command("a"), command("b"))).json()
    second = (await put(place, command("b", option()), command("c"))).json()
    assert second[0]["id"] == first[1]["id"] and list(place.guild.commands) == ["b", "c"]
    duplicate = await put(place, command("a"), command("a"))
    assert codes(duplicate.json()["errors"]) == {"APPLICATION_COMMANDS_DUPLICATE_NAME"}
    await put(place, command("a"), guild=False)
    assert list(place.server.global_commands) == ["a"] and place.guild.commands["b"]["guild_id"] == str(place.guild.id)


async def test_single_commands(place: Place) -> None:
    base = f"/applications/{place.server.application_id}/guilds/{place.guild.id}/commands"
    made = await place.http.post(base, json=command("a"))
    again = await place.http.post(base, json=command("a", option()))
    assert (made.status_code, again.status_code) == (201, 200) and made.json()["id"] == again.json()["id"]
    one = f"{base}/{made.json()['id']}"
    assert (await place.http.patch(one, json={"name": "b"})).json()["options"][0]["name"] == "a"
    assert (await place.http.get(one)).json()["name"] == "b" and list(place.guild.commands) == ["b"]
    assert [c["name"] for c in (await place.http.get(base)).json()] == ["b"]
    assert (await place.http.delete(one)).status_code == 204 and place.guild.commands == {}
    assert (await place.http.get(one)).json()["code"] == 10063


async def test_how_many_commands(place: Place) -> None:
    full = [command(f"c{n}") for n in range(100)]
    assert (await put(place, *full)).status_code == 200
    too_many = await put(place, *full, command("more"))
    assert (too_many.status_code, too_many.json()["code"]) == (400, 30032)
    menus = await put(place, *({"name": f"M {n}", "type": 3} for n in range(16)))
    assert menus.json()["code"] == 30032


async def test_how_many_creates_a_day(place: Place) -> None:
    await put(place, *(command(f"c{n}") for n in range(100)))
    await put(place, *(command(f"d{n}") for n in range(100)))
    refused = await put(place, command("one-more"))
    assert (refused.status_code, refused.json()["code"]) == (400, 30034)
    assert (await put(place, command("d1", option()))).status_code == 200
    place.server.advance(24 * 3600 + 1)
    assert (await put(place, command("one-more"))).status_code == 200


@pytest.mark.parametrize(
    ("settings", "why"),
    [({"nsfw": True}, "age-restricted"), ({"contexts": [1]}, "not available in servers"), ({}, None)],
)
async def test_where_a_command_is_offered(place: Place, settings: dict[str, Any], why: str | None) -> None:
    await put(place, command("x", **settings), guild=False)
    if why is None:
        assert await place.member.slash(place.channel, "x")
        place.channel.overwrite(place.member, deny=Permissions.USE_APPLICATION_COMMANDS)
        why = "may not use application commands"
    with pytest.raises(ClientRefusal, match=why):
        await place.member.slash(place.channel, "x")


async def test_commands_of_a_server_are_not_for_direct_messages(place: Place) -> None:
    await put(place, command("x"))
    with pytest.raises(ClientRefusal, match="unknown command"):
        await place.member.slash(place.member.dm, "x")


async def test_commands_of_a_server_without_the_bot(place: Place) -> None:
    answer = await place.http.get(f"/applications/{place.server.application_id}/guilds/1/commands")
    assert (answer.status_code, answer.json()["code"]) == (403, 50001)


async def test_the_rules_of_the_integrations_page(place: Place) -> None:
    await put(place, command("x"), command("y"))
    await put(place, command("y"), command("z"), guild=False)
    guild, app = place.guild, place.server.application_id
    base = f"/applications/{app}/guilds/{guild.id}/commands"
    ids = {name: made["id"] for name, made in {**place.server.global_commands, **guild.commands}.items()}
    assert (await place.http.get(f"{base}/permissions")).json() == []
    guild.override_command("x", guild.everyone, False)
    guild.override_command("x", place.member, True)
    guild.override_command("z", place.channel, False)
    guild.override_command(None, None, True)
    told = {one["id"]: one for one in (await place.http.get(f"{base}/permissions")).json()}
    assert {key: [tuple(entry.values()) for entry in one["permissions"]] for key, one in told.items()} == {
        ids["x"]: [(str(guild.id), 1, False), (str(place.member.id), 2, True)],
        ids["z"]: [(str(place.channel.id), 3, False)],
        str(app): [(str(guild.id - 1), 3, True)],
    }
    assert {(one["application_id"], one["guild_id"]) for one in told.values()} == {(str(app), str(guild.id))}
    for key, one in told.items():
        assert (await place.http.get(f"{base}/{key}/permissions")).json() == one
    missing = await place.http.get(f"{base}/{ids['y']}/permissions")
    assert (missing.status_code, missing.json()["code"]) == (404, 10066)
    # A command of the same name that comes after it is another one.
    await put(place, command("y"))
    await put(place, command("x"))
    assert {one["id"] for one in (await place.http.get(f"{base}/permissions")).json()} == {ids["z"], str(app)}


@pytest.mark.parametrize(
    ("own", "every", "offered"),
    [
        ({}, {"everyone": False}, False),
        ({"member": True}, {"everyone": False}, True),
        ({"everyone": True}, {"member": False}, True),
        ({"member": False}, {"member": True}, False),
        ({}, {"all": False}, False),
        ({}, {"all": False, "channel": True}, True),
        ({"all": True}, {"channel": False}, True),
        ({"all": False}, {"channel": True}, False),
        ({"channel": True}, {"everyone": False}, False),
    ],
)
async def test_a_commands_own_rules_go_before_those_of_all(
    place: Place, own: dict[str, bool], every: dict[str, bool], offered: bool
) -> None:
    await put(place, command("x"))
    targets = {"everyone": place.guild.everyone, "member": place.member, "all": None, "channel": place.channel}
    for name, rules in (("x", own), (None, every)):
        for target, allowed in rules.items():
            place.guild.override_command(name, targets[target], allowed)
    with contextlib.nullcontext() if offered else pytest.raises(ClientRefusal):
        assert await place.member.slash(place.channel, "x")
    assert await place.guild.add_member("Root", administrator=True).slash(place.channel, "x")


async def test_being_let_in_for_all_commands_is_not_enough_for_one_that_asks_for_more(place: Place) -> None:
    await put(place, command("x", default_member_permissions=str(int(Permissions.MANAGE_GUILD))))
    place.guild.override_command(None, place.member, True)
    with pytest.raises(ClientRefusal, match="needs permissions"):
        await place.member.slash(place.channel, "x")
    place.guild.override_command("x", place.member, True)
    assert await place.member.slash(place.channel, "x")
