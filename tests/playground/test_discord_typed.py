"""What a person types, chooses and fills in, and where a client refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.discord import ClientRefusal, Permissions, Use, typed, typed_field
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import Place
from tests.playground.test_discord_commands import choices, command, option, put
from tests.playground.test_discord_interactions import FIELD, MODAL, label, opened, respond

STRING, INTEGER, BOOLEAN, PERSON, CHANNEL, ROLE, MENTIONABLE, NUMBER, FILE = range(3, 12)


# What is typed


def text_option(kind: int, **more: Any) -> dict[str, Any]:
    return option("x", kind, **more)


@pytest.mark.parametrize(
    ("kind", "raw", "more", "words"),
    [
        (STRING, "  ", {"required": True}, "This option is required. Specify a value."),
        (STRING, "", {}, "Not a valid value"),
        (STRING, "c", {"choices": choices("a", "b")}, "Input a valid choice."),
        (INTEGER, "twelve", {}, "Input a valid integer."),
        (INTEGER, "1.5", {}, "Input a valid integer."),
        (INTEGER, str(2**53), {}, "Input a valid integer."),
        (INTEGER, "9" * 400, {}, "Input a valid integer."),
        (INTEGER, "٣", {}, "Input a valid integer."),
        (NUMBER, "1e999", {}, "Input a valid number."),
        (NUMBER, "nan", {}, "Input a valid number."),
        (BOOLEAN, "yes", {}, "Input True or False."),
        (PERSON, "Ada", {}, "Input a valid user."),
        (PERSON, "1", {}, "Input a valid user."),
        (ROLE, "<@1>", {}, "Input a valid role."),
        (CHANNEL, "general", {}, "Input a valid channel."),
        (FILE, "a.png", {}, "Please attach a file"),
    ],
)
async def test_what_cannot_be_typed(place: Place, kind: int, raw: str, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientRefusal) as refused:
        typed(text_option(kind, **more), raw, place.guild)
    assert (str(refused.value), refused.value.field) == (words, "x")


@pytest.mark.parametrize(
    ("kind", "raw", "more", "value"),
    [
        (STRING, " a cat ", {}, "a cat"),
        (STRING, "a", {"choices": [{"name": "Soft", "value": "a"}]}, "a"),
        (INTEGER, "2", {"choices": [{"name": "Two", "value": 2}]}, 2),
        (INTEGER, "Two", {"choices": [{"name": "Two", "value": 2}]}, 2),
        (INTEGER, " -12 ", {}, -12),
        (INTEGER, "1,000", {}, 1000),
        (INTEGER, "1e3", {}, 1000),
        (INTEGER, str(2**53 - 1), {}, 2**53 - 1),
        (NUMBER, ".5", {}, 0.5),
        (NUMBER, "3", {}, 3),
        (BOOLEAN, "TRUE", {}, True),
        (BOOLEAN, "false", {}, False),
        (BOOLEAN, True, {}, True),
        (FILE, ("a.png", PNG), {}, ("a.png", PNG)),
    ],
)
def test_what_is_typed(kind: int, raw: object, more: dict[str, Any], value: object) -> None:
    found = typed(text_option(kind, **more), raw, None)
    assert found == value
    assert type(found) is type(value)


async def test_ids_and_mentions_are_typed(place: Place) -> None:
    guild, member, role = place.guild, place.member, place.guild.members_role
    assert typed(text_option(PERSON), str(member.id), guild) is member
    assert typed(text_option(PERSON), f"<@{member.id}>", guild) is member
    assert typed(text_option(CHANNEL), f"<#{place.channel.id}>", guild) is place.channel
    assert typed(text_option(ROLE), f"<@&{role.id}>", guild) is role
    assert [typed(text_option(MENTIONABLE), str(thing.id), guild) for thing in (member, role)] == [member, role]
    assert typed(text_option(PERSON), str(member.id), None, [member.user]) is member.user
    with pytest.raises(ClientRefusal):
        typed(text_option(PERSON), str(member.id), None, [place.server.bot])


async def test_what_is_filled_into_a_modal(place: Place) -> None:
    member, role = place.member, place.guild.members_role

    def field(kind: int, raw: object) -> object:
        return typed_field({"type": kind, "custom_id": "f"}, raw, place.guild)

    assert [field(4, raw) for raw in ("a\r\nb", ["c"], "", None)] == ["a\nb", "c", "", ""]
    assert [field(23, raw) for raw in (True, "true", "on", "", False, None)] == [True, True, True, False, False, False]
    assert [field(21, raw) for raw in ("a", "", None, [])] == [["a"], [], [], []]
    assert [field(kind, ["a", "b"]) for kind in (3, 22)] == [["a", "b"]] * 2
    assert field(19, [("a.png", PNG)]) == [("a.png", PNG)]
    assert field(5, [str(member.id)]) == [member]
    assert field(6, str(role.id)) == [role]
    assert field(7, [str(member.id), str(role.id)]) == [member, role]
    assert field(8, [str(place.channel.id)]) == [place.channel]
    for kind, raw in ((5, [str(role.id)]), (6, ["Members"]), (8, ["1"])):
        with pytest.raises(ClientRefusal) as refused:
            field(kind, raw)
        assert refused.value.field == "f"


# What is refused, where, and in which words


@pytest.mark.parametrize(
    ("more", "value", "words"),
    [
        ({"type": INTEGER, "min_value": 1, "max_value": 9}, 0, "Value must be between 1 and 9."),
        ({"type": INTEGER, "min_value": 1}, 0, "Value must be at least 1."),
        ({"type": NUMBER, "max_value": 0.5}, 1, "Value must be at most 0.5."),
        ({"type": NUMBER, "min_value": 0.0, "max_value": 64.0}, 65, "Value must be between 0 and 64."),
        ({"type": STRING, "min_length": 2, "max_length": 4}, "a", "Must be between 2 and 4 characters in length."),
        ({"type": STRING, "min_length": 3, "max_length": 3}, "a", "Must be 3 characters in length."),
        ({"type": STRING, "max_length": 4}, "abcde", "Must be 4 or fewer characters in length."),
        ({"type": STRING}, "", "Not a valid value"),
        ({"type": STRING, "required": True}, "", "This option is required. Specify a value."),
        ({"type": FILE}, "a.png", "Please attach a file"),
        ({"type": FILE}, ("a.png", PNG * 9), "Your files are too powerful! Max file size is 1 MB please."),
        ({"type": PERSON}, "Ada", "Input a valid user."),
        ({"type": BOOLEAN}, 1, "Input True or False."),
    ],
)
async def test_a_refusal_stands_under_its_option(place: Place, more: Any, value: object, words: str) -> None:
    place.server.world.max_user_upload = 1024 * 1024
    value = (value[0], bytes(2**20 + 1)) if isinstance(value, tuple) else value
    await put(place, command("x", {**option("it"), **more}))
    with pytest.raises(ClientRefusal) as refused:
        await place.member.slash(place.channel, "x", {"it": value})
    assert (str(refused.value), refused.value.field) == (words, "it")
    assert not place.server.world.uses


async def test_a_missing_option_is_named(place: Place) -> None:
    await put(place, command("x", option("first", required=True), option("second", required=True)))
    with pytest.raises(ClientRefusal, match="first, second") as refused:
        await place.member.slash(place.channel, "x")
    assert (str(refused.value), refused.value.field) == ("This option is required. Specify a value.", "first")


CHOICES = [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}, {"label": "C", "value": "c"}]
PARTS = [
    label({**FIELD, "min_length": 2, "max_length": 4}, label="Text"),
    label({"type": 19, "custom_id": "files", "max_values": 2, "required": False}, label="Files"),
    label({"type": 21, "custom_id": "radio", "options": CHOICES, "required": False}, label="Radio"),
    label({"type": 22, "custom_id": "ticks", "options": CHOICES}, label="Ticks"),
    label({"type": 23, "custom_id": "tick"}, label="Tick"),
]
FILLED: dict[str, object] = {"f": "abc", "ticks": ["a", "C"]}


async def filling(place: Place) -> Use:
    use = await opened(place)
    assert (await respond(place, use, 9, {**MODAL, "components": PARTS})).status_code == 200
    return use


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"f": ""}, "f", "This field is required"),
        ({"f": "abcde"}, "f", "Must be between 2 and 4 characters in length."),
        ({"ticks": []}, "ticks", "This field is required"),
        ({"ticks": ["d"]}, "ticks", "Input a valid choice."),
        ({"radio": ["a", "b"]}, "radio", "Choose exactly 1."),
        ({"files": [("a.png", PNG)] * 3}, "files", "Choose 1 to 2."),
        ({"files": ["a.png"]}, "files", "Please attach a file"),
    ],
)
async def test_a_refusal_stands_under_its_field(
    place: Place, fields: dict[str, object], field: str, words: str
) -> None:
    use = await filling(place)
    with pytest.raises(ClientRefusal) as refused:
        await place.member.submit(use, {**FILLED, **fields})
    assert (str(refused.value), refused.value.field) == (words, field)


@pytest.mark.parametrize("everything", [True, False])
async def test_a_submitted_modal(place: Place, everything: bool) -> None:
    use = await filling(place)
    more = {"files": [("a.png", PNG), ("b.png", PNG)], "radio": "B", "tick": True} if everything else {"radio": []}
    done = await place.member.submit(use, {**FILLED, **more})
    assert [part["type"] for part in done.data["components"]] == [18] * 5
    text, files, radio, ticks, tick = (part["component"] for part in done.data["components"])
    resolved = done.data.get("resolved", {}).get("attachments", {})
    assert text | {"id": 0} == {"type": 4, "id": 0, "custom_id": "f", "value": "abc"}
    assert files | {"id": 0} == {"type": 19, "id": 0, "custom_id": "files", "values": list(resolved)}
    assert [file["filename"] for file in resolved.values()] == (["a.png", "b.png"] if everything else [])
    assert (radio["type"], radio["value"]) == (21, "b" if everything else None)
    assert (ticks["type"], ticks["values"]) == (22, ["a", "c"])
    assert (tick["type"], tick["value"]) == (23, everything)


async def test_a_select_of_members_takes_members(place: Place) -> None:
    select = {"type": 5, "custom_id": "who"}
    await place.post({"content": "x", "components": [{"type": 1, "components": [select]}]})
    message = place.channel.messages[0]
    with pytest.raises(ClientRefusal, match="not what this select takes"):
        await place.member.select(message, "who", [place.guild.members_role])
    assert (await place.member.select(message, "who", [place.admin])).data["values"] == [str(place.admin.id)]


@pytest.mark.parametrize(
    ("content", "files", "words"),
    [
        (" ", 0, "There is nothing to send."),
        ("x" * 2001, 0, "Your message is too long."),
        ("x", 11, "You can only upload 10 files at a time!"),
        ("", 1, "You may not attach files in #general."),
    ],
)
async def test_what_cannot_be_written(place: Place, content: str, files: int, words: str) -> None:
    if files == 1:
        place.channel.overwrite(place.member, deny=Permissions.ATTACH_FILES)
    with pytest.raises(ClientRefusal) as refused:
        await place.member.say(place.channel, content, [("a.png", PNG)] * files)
    assert str(refused.value).startswith(words)
    assert place.channel.messages == []


async def test_nobody_writes_where_they_may_not_look(place: Place) -> None:
    place.channel.overwrite(place.member, deny=Permissions.VIEW_CHANNEL)
    for channel in (place.channel, place.admin.dm):
        with pytest.raises(ClientRefusal, match="You do not have permission to send messages in this channel"):
            await place.member.say(channel, "hello")
    assert await place.member.say(place.member.dm, "hello", [("a.png", PNG)])


async def test_suggestions_leave_out_what_is_not_valid_yet(place: Place) -> None:
    blur = command("blur", option("radius", INTEGER, min_value=1), option("mode"), option("text", autocomplete=True))
    await put(place, blur)
    with pytest.raises(TimeoutError):
        options = {"radius": 0, "mode": "soft", "text": "now the text before"}
        await place.member.autocomplete(place.channel, "blur", "text", "x", options, timeout=0.01)
    (use,) = place.server.world.uses.values()
    assert [(o["name"], o["value"]) for o in use.data["options"]] == [("mode", "soft"), ("text", "x")]
