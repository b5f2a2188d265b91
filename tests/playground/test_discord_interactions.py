"""Interactions of the local Discord: one response, follow-ups, modals, called by hand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.playground.discord import ClientRefusal, NoAnswer, Use
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import Place, codes, where
from tests.playground.test_discord_commands import BAD, LONG, choices, command, option, put

EPHEMERAL = 64


async def opened(place: Place) -> Use:
    """An interaction that waits for its response."""
    await put(place, command("blur", option("image", 11), option("text", autocomplete=True)))
    return await place.member.slash(place.channel, "blur", {"image": ("a b.png", PNG)})


async def respond(place: Place, use: Use, kind: int, data: Any = None, **more: Any) -> httpx.Response:
    body = {"type": kind, "data": data or {}}
    url = f"/interactions/{use.id}/{use.token}/callback"
    return await place.http.post(url, json=body, headers={"Authorization": ""}, params={"with_response": 1}, **more)


def hook(place: Place, use: Use, rest: str = "") -> str:
    return f"/webhooks/{place.server.application_id}/{use.token}{rest}"


async def test_what_an_interaction_says(place: Place) -> None:
    use = await opened(place)
    data = place.server.desk.payload(use)
    assert data["member"]["user"]["global_name"] == "Bo" and data["context"] == 0
    assert data["attachment_size_limit"] == 10 * 1024 * 1024
    assert data["app_permissions"] == str(place.guild.bot_permissions)
    assert data["authorizing_integration_owners"] == {"0": str(place.guild.id)}
    (file,) = data["data"]["resolved"]["attachments"].values()
    assert file["filename"] == "a_b.png" and file["ephemeral"] is True and "ex=" in file["url"]
    async with httpx.AsyncClient() as client:
        assert (await client.get(file["url"])).content == PNG


async def test_one_response_in_time(place: Place) -> None:
    use = await opened(place)
    assert (await place.http.post(hook(place, use), json={"content": "x"})).json()["code"] == 10015
    first = await respond(place, use, 4, {"content": "x", "flags": EPHEMERAL})
    assert first.json()["interaction"]["response_message_ephemeral"] is True
    assert first.json()["resource"]["message"]["interaction_metadata"]["user"]["id"] == str(place.member.id)
    second = await respond(place, use, 4, {"content": "x"})
    assert (second.status_code, second.json()["code"]) == (400, 40060)
    late = await opened(place)
    place.server.advance(3.1)
    refused = await respond(place, late, 4, {"content": "x"})
    assert (refused.status_code, refused.json()["code"]) == (404, 10062)
    with pytest.raises(NoAnswer, match="10062"):
        await late.answered(0.05)


MODAL: dict[str, Any] = {"custom_id": "m", "title": "t"}


FIELD: dict[str, Any] = {"type": 4, "custom_id": "f", "style": 1}


def label(child: Any, **more: Any) -> dict[str, Any]:
    return {"type": 18, "label": "l", "component": child, **more}


@pytest.mark.parametrize(
    ("kind", "data", "path", "code"),
    [
        (4, {"content": "x" * 2001}, "data.content", LONG),
        (6, {}, "type", "BASE_TYPE_CHOICES"),
        (7, {"content": "x"}, "type", "BASE_TYPE_CHOICES"),
        (8, {"choices": []}, "type", "BASE_TYPE_CHOICES"),
        (9, {**MODAL, "components": []}, "data.components", BAD),
        (9, {**MODAL, "components": [label(FIELD)] * 6}, "data.components", BAD),
        (9, {**MODAL, "title": "x" * 46, "components": [label(FIELD)]}, "data.title", BAD),
        (9, {**MODAL, "components": [label(FIELD, label="x" * 46)]}, "data.components.0.label", BAD),
        (9, {**MODAL, "components": [label(FIELD, description="x" * 101)]}, "data.components.0.description", LONG),
        (
            9,
            {**MODAL, "components": [label({**FIELD, "style": 3})]},
            "data.components.0.component.style",
            "BASE_TYPE_CHOICES",
        ),
        (9, {**MODAL, "components": [FIELD]}, "data.components.0.type", "UNION_TYPE_CHOICES"),
        (
            9,
            {**MODAL, "components": [label({"type": 19, "custom_id": "f", "min_values": 0})]},
            "data.components.0.component.min_values",
            "COMPONENT_REQUIRED_MIN_VALUES",
        ),
        (
            9,
            {**MODAL, "components": [label({"type": 19, "custom_id": "f", "max_values": 11})]},
            "data.components.0.component.max_values",
            "NUMBER_TYPE_MAX",
        ),
        (
            9,
            {**MODAL, "components": [label({"type": 21, "custom_id": "f"})]},
            "data.components.0.component.options",
            BAD,
        ),
    ],
)
async def test_invalid_responses(place: Place, kind: int, data: Any, path: str, code: str) -> None:
    use = await opened(place)
    answer = await respond(place, use, kind, data)
    assert (answer.status_code, answer.json()["code"]) == (400, 50035)
    assert where(answer.json()["errors"]) == path and code in codes(answer.json()["errors"])
    assert (await respond(place, use, 5)).status_code == 200


async def test_follow_ups_and_edits_by_token(place: Place) -> None:
    use = await opened(place)
    await respond(place, use, 5, {"flags": EPHEMERAL})
    assert (await place.http.get(hook(place, use, "/messages/@original"))).json()["flags"] == EPHEMERAL | 128
    edited = await place.http.patch(hook(place, use, "/messages/@original"), json={"content": "done"})
    assert edited.json()["flags"] == EPHEMERAL and use.response and use.response.content == "done"
    more = (await place.http.post(hook(place, use), json={"content": "more"})).json()
    assert more["flags"] == 0 and [m.content for m in use.followups] == ["more"]
    one = hook(place, use, f"/messages/{more['id']}")
    assert (await place.http.patch(one, json={"content": "edited"})).json()["content"] == "edited"
    assert (await place.http.delete(one)).status_code == 204
    assert (await place.http.get(one)).json()["code"] == 10008
    by_channel = f"/channels/{place.channel.id}/messages/{use.response.id}"
    assert (await place.http.get(by_channel)).json()["code"] == 10008
    place.server.faults.expire_token(use)
    gone = await place.http.patch(hook(place, use, "/messages/@original"), json={"content": "x"})
    assert (gone.status_code, gone.json()["code"]) == (401, 50027)


async def test_interactions_need_no_permissions_of_the_bot(place: Place) -> None:
    place.guild.bot_permissions = 0
    use = await opened(place)
    assert (await respond(place, use, 4, {"embeds": [{"title": "t"}]})).status_code == 200


async def test_updates_of_the_message_that_was_pressed(place: Place) -> None:
    await place.post(
        {
            "content": "x",
            "components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "B", "custom_id": "b"}]}],
        }
    )
    message = place.channel.messages[0]
    first = await place.member.press(message, "B")
    assert (await respond(place, first, 6)).status_code == 200 and first.deferred
    await place.http.patch(hook(place, first, "/messages/@original"), json={"content": "y"})
    second = await place.member.press(message, "B")
    assert (await respond(place, second, 7, {"content": "z"})).status_code == 200
    assert [e.content for e in message.edits] == ["y", "z"] and len(place.channel.messages) == 1
    third = await place.member.press(message, "B")
    place.server.messages.delete(message)
    assert (await respond(place, third, 7, {"content": "x"})).json()["code"] == 10008


async def test_modal_defaults_and_kinds_of_fields(place: Place) -> None:
    use = await opened(place)
    options = [{"label": "A", "value": "a"}, {"label": "B", "value": "b", "default": True}]
    parts = [
        {"type": 10, "content": "read me"},
        label({**FIELD, "value": "preset", "required": False}, label="Text"),
        label({"type": 21, "custom_id": "r", "options": options}, label="Radio"),
        label({"type": 22, "custom_id": "c", "options": options, "max_values": 2}, label="Checks"),
        label({"type": 23, "custom_id": "o", "default": True}, label="On"),
    ]
    assert (await respond(place, use, 9, {**MODAL, "components": parts})).status_code == 200
    done = await place.member.submit(use, {"Radio": "A", "Checks": ["A", "b"]})
    found = [c["component"].get("value", c["component"].get("values")) for c in done.data["components"][1:]]
    assert found == ["preset", "a", ["a", "b"], True]
    with pytest.raises(ClientRefusal, match="no modal"):
        await place.admin.submit(use)
    assert (await respond(place, done, 9, {**MODAL, "components": parts})).json()["code"] == 50035
    assert (await respond(place, done, 4, {"content": "ok"})).status_code == 200


async def test_boosted_servers_take_larger_files(place: Place) -> None:
    place.guild.premium_tier = 2
    use = await opened(place)
    assert place.server.desk.payload(use)["attachment_size_limit"] == 50 * 1024 * 1024


async def test_suggestions(place: Place) -> None:
    await opened(place)
    with pytest.raises(NoAnswer, match="Loading options failed"):
        await place.member.autocomplete(place.channel, "blur", "text", "x", timeout=0.01)
    use = list(place.server.world.uses.values())[-1]
    assert use.data["options"] == [{"name": "text", "type": 3, "value": "x", "focused": True}]
    assert (await respond(place, use, 4, {"content": "x"})).json()["code"] == 50035
    long = await respond(place, use, 8, {"choices": choices(*range(26))})
    assert where(long.json()["errors"]) == "data.choices"
    assert (await respond(place, use, 8, {"choices": choices("a")})).status_code == 200
    assert use.choices == choices("a")


async def test_files_too_large_for_a_person(place: Place) -> None:
    place.server.world.max_user_upload = 10
    with pytest.raises(ClientRefusal, match="too powerful"):
        await opened(place)
