"""Menus, buttons, selects and forms, as the page uses them."""

from __future__ import annotations

import pytest

from bot.playground.discord import Permissions
from bot.playground.page.acts import BROKEN, MALFORMED
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import LivePlace, Place
from tests.playground.page_client import Window
from tests.playground.page_place import channel
from tests.playground.test_discord_commands import put

# Menus


async def test_context_menus(place: Place, bo: Window) -> None:
    await put(place, {"name": "Jobs of", "type": 2}, {"name": "Use picture", "type": 3})
    message = await place.admin.say(place.channel, "look")
    about = {"channel": channel(place), "kind": 2, "command": "Jobs of", "target": str(place.admin.id)}
    assert (await bo.ask("menu", **about))["ok"]
    made = await bo.heard("INTERACTION_CREATE")
    assert (made["kind"], made["name"]) == (2, "Jobs of")
    about = {"channel": channel(place), "kind": 3, "command": "Use picture", "target": str(message.id)}
    assert (await bo.ask("menu", **about))["ok"]
    targets = [use.data["target_id"] for use in place.server.world.uses.values()]
    assert targets == [str(place.admin.id), str(message.id)]


@pytest.mark.parametrize(("kind", "name", "target"), [(2, "Jobs of", "1"), (3, "Use picture", "1"), (2, "None", "A")])
async def test_menus_on_what_is_not_there(place: Place, bo: Window, kind: int, name: str, target: str) -> None:
    await put(place, {"name": "Jobs of", "type": 2}, {"name": "Use picture", "type": 3})
    target = str(place.admin.id) if target == "A" else target
    answer = await bo.ask("menu", channel=channel(place), kind=kind, command=name, target=target)
    assert answer["refused"] not in (MALFORMED, BROKEN) and place.server.world.uses == {}


async def test_a_menu_in_direct_messages(place: Place, bo: Window) -> None:
    await put(place, {"name": "Jobs of", "type": 2}, guild=False)
    about = {"channel": str(place.member.dm.id), "kind": 2, "command": "Jobs of"}
    assert (await bo.ask("menu", **about, target=str(place.server.bot.id)))["ok"]
    assert "refused" in await bo.ask("menu", **about, target=str(place.admin.id))


# Components and modals


async def shown(live: LivePlace, lively: Window) -> str:
    """A message with buttons and selects on it; its id."""
    await lively.ask("slash", channel=channel(live), command="buttons")
    return (await lively.heard("MESSAGE_CREATE"))["id"]


async def test_buttons(live: LivePlace, lively: Window) -> None:
    message = await shown(live, lively)
    for custom_id in ("off", "none"):
        answer = await lively.ask("press", message=message, custom_id=custom_id)
        assert answer["refused"] == "This interaction failed"
    assert "refused" in await lively.ask("press", message="1", custom_id="cancel")
    assert (await lively.ask("press", message=message, custom_id="cancel"))["ok"]
    await lively.heard("MESSAGE_UPDATE", lambda m: m["html"] == "cancelled")


async def test_selects(live: LivePlace, lively: Window) -> None:
    message = await shown(live, lively)
    for custom_id, values in (("pick", ["none"]), ("pick", []), ("pick", ["1", "1"]), ("who", ["1"]), ("none", ["1"])):
        answer = await lively.ask("choose", message=message, custom_id=custom_id, values=values)
        assert answer["refused"] not in (MALFORMED, BROKEN), (custom_id, values)
    assert (await lively.ask("choose", message=message, custom_id="pick", values=["1"]))["ok"]
    await lively.heard("MESSAGE_CREATE", lambda m: "picked" in m["html"] and m["ephemeral"])
    assert (await lively.ask("choose", message=message, custom_id="who", values=[str(live.admin.id)]))["ok"]
    await lively.heard("MESSAGE_CREATE", lambda m: m["html"] == "picked Ada")


async def test_a_modal_with_a_wrong_value_then_the_right_one(live: LivePlace, lively: Window) -> None:
    message = await shown(live, lively)
    await lively.ask("press", message=message, custom_id="settings")
    modal = (await lively.heard("INTERACTION_MODAL_CREATE"))["modal"]
    row, style, picture = modal["components"]
    prompt, style, picture = row["components"][0], style["component"], picture["component"]
    upload = await lively.upload("a.png", PNG)
    good = {
        prompt["custom_id"]: "a cat",
        style["custom_id"]: ["Oil"],
        picture["custom_id"]: [{"upload": upload}],
    }
    wrong = [
        ({prompt["custom_id"]: "x" * 21}, prompt["custom_id"]),
        ({prompt["custom_id"]: ""}, prompt["custom_id"]),
        ({style["custom_id"]: ["Chalk"]}, style["custom_id"]),
        ({picture["custom_id"]: [{"upload": "none"}]}, picture["custom_id"]),
    ]
    for fields, field in wrong:
        answer = await lively.ask("submit", use=modal["use"], fields=good | fields)
        assert (answer["field"], "refused" in answer) == (field, True), fields
    assert "refused" in await lively.ask("submit", use="1", fields=good)
    assert (await lively.ask("submit", use=modal["use"], fields=good))["ok"]
    told = await lively.heard("MESSAGE_CREATE", lambda m: "a cat" in m["html"])
    assert f"a.png:{len(PNG)}" in told["html"]
    assert [e["kind"] for e in lively.all("INTERACTION_CREATE")] == [2, 3, 5]


async def test_nobody_submits_the_form_of_another(live: LivePlace, lively: Window) -> None:
    message = await shown(live, lively)
    await lively.ask("press", message=message, custom_id="settings")
    use = (await lively.heard("INTERACTION_MODAL_CREATE"))["use"]
    await lively.sit("Ada", "general")
    assert "refused" in await lively.ask("submit", use=use, fields={})


async def test_a_press_in_a_channel_that_was_closed(live: LivePlace, lively: Window) -> None:
    message = await shown(live, lively)
    live.channel.overwrite(live.member, deny=Permissions.VIEW_CHANNEL)
    assert "refused" in await lively.ask("press", message=message, custom_id="cancel")
