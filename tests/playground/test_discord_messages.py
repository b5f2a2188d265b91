"""Messages, files and limits of the local Discord, called by hand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.playground.discord import ClientRefusal, Message, Permissions
from tests.playground.discord_place import Place, codes, furnished, where
from tests.playground.test_discord_limits import files

V2 = 1 << 15


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def button(n: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "b", "custom_id": f"b{n}"} | more


def select(**more: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}]} | more


def text(content: str = "x") -> dict[str, Any]:
    return {"type": 10, "content": content}


REFUSED = [
    ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "t"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]}, "embeds.0.fields", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [{"name": "x" * 257, "value": "v"}]}]}, "embeds.0.fields.0.name", "BASE_TYPE_BAD_LENGTH"),
    ({"embeds": [{"fields": [{"name": "n", "value": "x" * 1025}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_BAD_LENGTH"),
    ({"embeds": [{"fields": [{"name": "n", "value": ""}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "embeds.0.footer.text", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"image": {"url": "x.png"}}]}, "embeds.0.image.url", "URL_TYPE_INVALID_SCHEME"),
    ({"content": "x", "nonce": "x" * 26}, "nonce", "BASE_TYPE_MAX_LENGTH"),
    (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    ({"content": "x", "attachments": [{"id": 5}]}, "attachments.0", "ATTACHMENT_NOT_FOUND"),
    ({"components": [row(button())] * 6}, "components", "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row()]}, "components.0.components", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(*(button(n) for n in range(6)))]}, "components.0.components", "BASE_TYPE_BAD_LENGTH"),
    (
        {"components": [row(button(), button())]},
        "components.0.components.1.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    ({"components": [row(button(label="x" * 81))]}, "components.0.components.0.label", "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(button(label=None))]}, "components.0.components.0.label", "BUTTON_COMPONENT_INVALID_LABEL"),
    ({"components": [row(button(custom_id="x" * 101))]}, "components.0.components.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(button(custom_id=None))]}, "components.0.components.0.custom_id", "BASE_TYPE_REQUIRED"),
    ({"components": [row(button(style=9))]}, "components.0.components.0.style", "BASE_TYPE_CHOICES"),
    ({"components": [row(button(), select())]}, "components.0.components.1", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    ({"components": [row(select(options=[]))]}, "components.0.components.0.options", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(select(max_values=26))]}, "components.0.components.0.max_values", "NUMBER_TYPE_MAX"),
    (
        {"components": [row(select(options=[{"label": "a", "value": "a"}] * 2))]},
        "components.0.components.0.options.1.value",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    ({"components": [button()]}, "components.0.type", "UNION_TYPE_CHOICES"),
    ({"components": [text()]}, "components.0.type", "UNION_TYPE_CHOICES"),
    ({"components": [row({"type": 4})]}, "components.0.components.0.type", "UNION_TYPE_CHOICES"),
    (
        {"flags": V2, "content": "x", "components": [text()]},
        "content",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    ({"flags": V2}, "components", "BASE_TYPE_REQUIRED"),
    ({"flags": V2, "components": [text()] * 41}, "components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
    ({"flags": V2, "components": [text("x" * 2001)] * 2}, "components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
    ({"flags": V2, "components": [{"type": 12, "items": []}]}, "components.0.items", "BASE_TYPE_BAD_LENGTH"),
    (
        {"flags": V2, "components": [{"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}]},
        "components.0.items.0.media.url",
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    (
        {"flags": V2, "components": [{"type": 13, "file": {"url": "https://x/a.png"}}]},
        "components.0.file.url",
        "URL_TYPE_INVALID_SCHEME",
    ),
    (
        {"flags": V2, "components": [{"type": 9, "components": [text()]}]},
        "components.0.accessory",
        "BASE_TYPE_REQUIRED",
    ),
]


@pytest.mark.parametrize(("body", "path", "code"), REFUSED)
async def test_invalid_bodies(place: Place, body: dict[str, Any], path: str, code: str) -> None:
    answer = await place.post(body)
    found = answer.json()
    assert (answer.status_code, found["code"], found["message"]) == (400, 50035, "Invalid Form Body")
    assert where(found["errors"]) == path and code in codes(found["errors"])
    assert place.channel.messages == [] and place.server.refused[0].code == 50035


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2000},
        {"embeds": [{"description": "x" * 3000}] * 2},
        {"components": [row(*(button(n + 5 * r) for n in range(5))) for r in range(5)]},
        {"content": "x", "components": [row(select(min_values=None))]},
        {"flags": V2, "components": [text("x")] * 40},
        {"flags": V2, "components": [{"type": 17, "components": [text(), row(button())]}]},
    ],
)
async def test_bodies_at_the_limit(place: Place, body: dict[str, Any]) -> None:
    answer = await place.post(body)
    assert answer.status_code == 200, answer.text
    assert len(place.channel.messages) == 1


async def test_selects_keep_their_placeholder(place: Place) -> None:
    answer = (await place.post({"components": [row(select(placeholder="Choose", max_values=None))]})).json()
    assert answer["components"] == [
        {"type": 1, "id": 1, "components": [{**select(placeholder="Choose"), "id": 2}]},
    ]


async def test_what_a_menu_begins_with_is_told_as_discord_tells_ids(place: Place) -> None:
    """As text: a browser's numbers cannot tell two members apart."""
    chosen = {"id": place.member.id, "type": "user"}
    menu = {"type": 5, "custom_id": "who", "max_values": 2, "default_values": [chosen]}
    answer = (await place.post({"components": [row(menu)]})).json()
    (shown,) = answer["components"][0]["components"]
    assert shown["default_values"] == [{"id": str(place.member.id), "type": "user"}]


@pytest.mark.parametrize("body", [{}, {"content": "  "}, {"embeds": [{}]}, {"content": None, "embeds": []}])
async def test_empty_messages(place: Place, body: dict[str, Any]) -> None:
    answer = await place.post(body)
    assert (answer.status_code, answer.json()["code"]) == (400, 50006)


async def test_the_v2_flag_never_comes_off(place: Place) -> None:
    sent = (await place.post(**files(1, content="x"))).json()
    one = f"/channels/{place.channel.id}/messages/{sent['id']}"
    refused = await place.http.patch(one, json={"flags": V2, "components": [text()]})
    assert set(refused.json()["errors"]) == {"content", "attachments"}
    body = {"flags": V2, "content": None, "attachments": [], "components": [text()]}
    assert (await place.http.patch(one, json=body)).status_code == 200
    assert (await place.http.patch(one, json={"flags": 0, "components": [text("y")]})).json()["flags"] == V2
    assert (await place.http.patch(one, json={"content": "plain"})).status_code == 400


@pytest.mark.parametrize(
    ("lost", "status", "code"),
    [
        (Permissions.VIEW_CHANNEL, 403, 50001),
        (Permissions.SEND_MESSAGES, 403, 50013),
        (Permissions.ATTACH_FILES, 403, 50013),
        (Permissions.EMBED_LINKS, 403, 50013),
        (Permissions.READ_MESSAGE_HISTORY, 200, None),
    ],
)
async def test_permissions_of_the_bot(place: Place, lost: Permissions, status: int, code: int | None) -> None:
    place.guild.bot_permissions &= ~lost
    answer = await place.post(**files(1, embeds=[{"title": "t"}]))
    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/channels/1", 404, 10003),
        ("POST", "/channels/1/messages", 404, 10003),
        ("GET", "/channels/{c}/messages/1", 404, 10008),
        ("PATCH", "/channels/{c}/messages/1", 404, 10008),
        ("DELETE", "/channels/{c}/messages/1", 404, 10008),
        ("PATCH", "/channels/{c}/messages/{other}", 403, 50005),
        ("DELETE", "/channels/{c}/messages/{other}", 403, 50013),
        ("GET", "/guilds/1", 404, 10004),
        ("GET", "/guilds/{g}/members/1", 404, 10007),
        ("GET", "/users/1", 404, 10013),
        ("GET", "/channels/x", 400, 50035),
        ("GET", "/no/such/route", 404, 0),
    ],
)
async def test_what_is_not_there(place: Place, method: str, path: str, status: int, code: int) -> None:
    other = await place.member.say(place.channel, "mine")
    path = path.format(c=place.channel.id, g=place.guild.id, other=other.id)
    answer = await place.http.request(method, path, json={"content": "x"} if method != "GET" else None)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("token", ["", "Bot wrong", "Bearer x"])
async def test_a_bad_token_is_401(place: Place, token: str) -> None:
    answer = await place.http.get("/users/@me", headers={"Authorization": token})
    assert (answer.status_code, answer.json()) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_bad_json(place: Place) -> None:
    answer = await place.post(content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, 50109)


@pytest.mark.parametrize(
    ("allowed", "pinged"),
    [(None, ["Bo", "Painters", "@everyone"]), ({"parse": []}, []), ({"users": []}, []), ({"parse": ["users"]}, ["Bo"])],
)
async def test_who_is_pinged(place: Place, allowed: dict[str, Any] | None, pinged: list[str]) -> None:
    role = place.guild.add_role("Painters")
    place.guild.bot_permissions |= Permissions.MENTION_EVERYONE
    body = {"content": f"<@{place.member.id}> <@&{role.id}> @everyone", "allowed_mentions": allowed}
    answer = await place.post({k: v for k, v in body.items() if v is not None})
    assert [getattr(p, "name", p) for p in place.channel.messages[0].pings] == pinged
    assert [u["global_name"] for u in answer.json()["mentions"]] == ["Bo"]


async def test_lists_pages_and_deletes(place: Place) -> None:
    ids = [(await place.post({"content": str(n)})).json()["id"] for n in range(4)]
    base = f"/channels/{place.channel.id}/messages"
    contents = [m["content"] for m in (await place.http.get(base, params={"limit": 2})).json()]
    assert contents == ["3", "2"]
    after = (await place.http.get(base, params={"after": ids[0], "limit": 2})).json()
    assert [m["content"] for m in after] == ["2", "1"]
    assert (await place.http.delete(f"{base}/{ids[0]}")).status_code == 204
    assert (await place.http.get(f"{base}/{ids[0]}")).status_code == 404
    assert [m.content for m in place.channel.messages] == ["1", "2", "3"]


async def test_replies(place: Place) -> None:
    asked = await place.member.say(place.channel, "?")
    answer = (await place.post({"content": "!", "message_reference": {"message_id": str(asked.id)}})).json()
    assert (answer["type"], answer["referenced_message"]["content"]) == (19, "?")
    missing = await place.post({"content": "!", "message_reference": {"message_id": "1"}})
    assert missing.json()["code"] == 50035
    lenient = {"message_id": "1", "fail_if_not_exists": False}
    assert (await place.post({"content": "!", "message_reference": lenient})).status_code == 200


async def test_a_person_without_the_right_to_write(place: Place) -> None:
    place.channel.overwrite(place.guild.members_role, deny=Permissions.SEND_MESSAGES)
    with pytest.raises(ClientRefusal, match="may not write"):
        await place.member.say(place.channel, "x")


async def direct(place: Place, recipient: int) -> tuple[int, Any]:
    """Open the direct channel to somebody and write there; return what the second call was answered with."""
    opened = await place.http.post("/users/@me/channels", json={"recipient_id": str(recipient)})
    assert opened.status_code == 200 and opened.json()["type"] == 1
    answer = await place.http.post(f"/channels/{opened.json()['id']}/messages", json={"content": "x"})
    return answer.status_code, answer.json().get("code")


async def test_direct_messages(place: Place) -> None:
    assert await direct(place, place.member.id) == (200, None)
    assert await direct(place, place.member.id) == (200, None)
    assert [m.content for m in place.member.dm.messages] == ["x", "x"]
    assert place.channel.messages == [] and place.admin.dm.messages == []


async def test_direct_messages_that_are_closed(place: Place) -> None:
    sent = (await place.http.post(f"/channels/{place.member.dm.id}/messages", json={"content": "x"})).json()
    place.member.close_direct_messages()
    assert await direct(place, place.member.id) == (403, 50007)
    assert await direct(place, place.admin.id) == (200, None)
    # What is there already may still be read and changed.
    one = f"/channels/{place.member.dm.id}/messages/{sent['id']}"
    assert (await place.http.patch(one, json={"content": "y"})).status_code == 200


async def test_direct_messages_need_a_server_in_common(place: Place) -> None:
    place.guild.remove_member(place.member)
    assert await direct(place, place.member.id) == (403, 50278)
    other = place.server.add_guild("Elsewhere")
    other.add_member("Bo there", user=place.member.user)
    assert await direct(place, place.member.id) == (200, None)
    place.server.remove_guild(other)
    assert await direct(place, place.member.id) == (403, 50278)


@pytest.mark.parametrize("recipient", ["bot", "nobody"])
async def test_direct_channels_that_cannot_be_opened(place: Place, recipient: str) -> None:
    wanted = {"bot": place.server.bot.id, "nobody": 1}[recipient]
    answer = await place.http.post("/users/@me/channels", json={"recipient_id": str(wanted)})
    assert (answer.status_code, answer.json()["code"]) == {"bot": (403, 50007), "nobody": (400, 50035)}[recipient]


async def test_a_channel_is_deleted_with_all_that_is_in_it(place: Place) -> None:
    sent = (await place.post(**files(1))).json()
    place.channel.delete()
    assert (await place.post({"content": "x"})).json()["code"] == 10003
    assert place.channel.messages == []
    async with httpx.AsyncClient(verify=False) as client:
        assert (await client.get(sent["attachments"][0]["url"])).status_code == 404


async def test_a_server_that_removed_the_bot_keeps_its_channels(place: Place) -> None:
    place.server.remove_guild(place.guild)
    answer = await place.post({"content": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, 50001)


# What the bot reads of others

EMPTIED = ("content", "attachments", "embeds", "components")


async def read(place: Place, message: Message) -> list[dict[str, Any]]:
    """A message as it is read alone, and in the list of its channel."""
    base = f"/channels/{message.channel.id}/messages"
    listed = (await place.http.get(base)).json()
    alone = (await place.http.get(f"{base}/{message.id}")).json()
    return [alone, next(one for one in listed if one["id"] == str(message.id))]


async def test_what_others_write_is_read_empty_without_the_intent(place: Place) -> None:
    said = await place.member.say(place.channel, "a secret", [("x.png", b"x")])
    answer = (await place.post({"content": "!", "message_reference": {"message_id": str(said.id)}})).json()
    for found in await read(place, said):
        assert [found[key] for key in EMPTIED] == ["", [], [], []]
        assert found["author"]["id"] == str(place.member.id)
    (own,) = [one for one in place.channel.messages if str(one.id) == answer["id"]]
    for found in await read(place, own):
        assert found["content"] == "!"


async def test_who_calls_the_bot_and_who_writes_to_it_is_read(place: Place) -> None:
    called = await place.member.say(place.channel, f"<@{place.server.world.bot.id}> look", [("x.png", b"x")])
    written = await place.member.say(place.member.dm, "look", [("x.png", b"x")])
    for found in [*await read(place, called), *await read(place, written)]:
        assert found["content"].endswith("look")
        assert len(found["attachments"]) == 1


async def test_with_the_intent_everything_is_read() -> None:
    async with furnished(rate_limits=False, privileged_intents=1 << 15) as place:
        said = await place.member.say(place.channel, "look", [("x.png", b"x")])
        for found in await read(place, said):
            assert (found["content"], len(found["attachments"])) == ("look", 1)
