"""What the page asks for becomes what a person does in a client; what cannot be is refused in words."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.playground.discord import ClientRefusal
from bot.playground.page.acts import BROKEN, GONE, MALFORMED, OUTDATED
from bot.playground.page.server import Page
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import LivePlace, Place
from tests.playground.page_client import Window, until, window
from tests.playground.page_place import channel
from tests.playground.test_discord_commands import choices, command, option, put

# What no page would ask


MALFORMED_ASKS: dict[str, Any] = {
    "a list": [1, 2],
    "a text": "sit",
    "nothing": {},
    "no act": {"nonce": "x"},
    "an unknown act": {"nonce": "x", "do": "fly"},
    "an act that is no text": {"nonce": "x", "do": ["sit"]},
    "look at nothing": {"nonce": "x", "do": "look"},
    "look at a number": {"nonce": "x", "do": "look", "channel": 7},
    "a nested nonce": {"nonce": {"a": 1}, "do": "look"},
    "press nothing": {"nonce": "x", "do": "press", "message": 1},
    "a menu of no kind": {"nonce": "x", "do": "menu", "channel": "C", "command": "x", "target": "1", "kind": 9},
    "an empty command": {"nonce": "x", "do": "slash", "channel": "C", "command": ""},
}


@pytest.mark.parametrize("case", MALFORMED_ASKS)
async def test_the_malformed_is_refused_plainly(place: Place, bo: Window, case: str) -> None:
    asked = MALFORMED_ASKS[case]
    if isinstance(asked, dict) and "channel" in asked and asked["channel"] == "C":
        asked = {**asked, "channel": channel(place)}
    await refused(bo, lambda: bo.socket.send_json(asked))


RAW = ["", "{", "nul", '{"do": "fly", "nonce": NaN}', "[" * 100_000, '{"nonce": 1e999, "do": "fly"}', "\ufffd"]


@pytest.mark.parametrize("text", RAW)
async def test_what_is_no_request_is_refused_plainly(bo: Window, text: str) -> None:
    await refused(bo, lambda: bo.socket.send_str(text))


async def test_bytes_are_refused_plainly(bo: Window) -> None:
    await refused(bo, lambda: bo.socket.send_bytes(b"\x00\xff"))


async def refused(bo: Window, send: Any) -> None:
    """Its answer is a refusal, and the same socket serves on."""
    heard: list[Any] = []
    bo.unasked = heard.append
    await send()
    assert (await bo.ask("watch", panel=False))["ok"]
    (answer,) = heard
    assert answer["refused"] == MALFORMED


async def test_an_error_of_ours_is_an_answer_too(
    place: Place, bo: Window, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(place.member, "say", None)
    assert (await bo.ask("say", channel=channel(place), content="x"))["refused"] == BROKEN
    assert "say" in caplog.text


async def test_half_characters_are_made_whole(place: Place, bo: Window) -> None:
    assert (await bo.ask("say", channel=channel(place), content="a\ud83d b 🐈"))["ok"]
    assert place.channel.messages[-1].content == "a? b 🐈"


# Writing


SAID = {"text": ("hello", False), "a file": ("", True), "both": ("look", True)}


@pytest.mark.parametrize("case", SAID)
async def test_writing_a_message(place: Place, bo: Window, case: str) -> None:
    content, with_file = SAID[case]
    uploads = [await bo.upload("a.png", PNG)] if with_file else []
    answer = await bo.ask("say", channel=channel(place), content=content, uploads=uploads)
    message = place.channel.messages[-1]
    assert answer["message"] == str(message.id)
    assert (message.content, [f.data for f in message.files]) == (content, [PNG] * with_file)
    assert message.author is place.member.user


@pytest.mark.parametrize("more", [{}, {"content": ""}, {"content": "x" * 2001}, {"content": "x", "uploads": ["none"]}])
async def test_what_cannot_be_written(place: Place, bo: Window, more: dict[str, Any]) -> None:
    answer = await bo.ask("say", channel=channel(place), **more)
    assert answer["refused"] and answer["refused"] not in (MALFORMED, BROKEN)
    assert place.channel.messages == []


# Slash commands


async def test_a_command_with_every_kind_of_option(place: Place, bo: Window) -> None:
    kinds = {"text": 3, "whole": 4, "yes": 5, "who": 6, "where": 7, "role": 8, "any": 9, "number": 10, "file": 11}
    await put(place, command("all", *(option(name, kind) for name, kind in kinds.items())))
    role = place.guild.members_role.id
    options = {
        "text": "a b",
        "whole": "1,000",
        "yes": "true",
        "who": str(place.admin.id),
        "where": channel(place),
        "role": str(role),
        "any": str(place.admin.id),
        "number": "0.5",
        "file": {"upload": await bo.upload("a", PNG)},
    }
    answer = await bo.ask("slash", channel=channel(place), command="all", options=options)
    (use,) = place.server.world.uses.values()
    assert answer == {"answers": answer["answers"], "ok": True, "use": str(use.id)}
    given = {o["name"]: o["value"] for o in use.data["options"]}
    assert given == {**options, "whole": 1000, "yes": True, "number": 0.5, "file": given["file"]}
    assert place.server.world.files[int(given["file"])].data == PNG


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "picture"),
    "a lost file": ({"picture": {"upload": "none"}}, "picture"),
    "text for a file": ({"picture": "a.png"}, "picture"),
    "an unknown choice": ({"picture": "P", "mode": "z"}, "mode"),
    "no integer": ({"picture": "P", "radius": "1.5"}, "radius"),
    "too many": ({"picture": "P", "radius": "11"}, "radius"),
    "too long": ({"picture": "P", "note": "123456"}, "note"),
    "nobody": ({"picture": "P", "who": "1"}, "who"),
    "a list": ({"picture": "P", "radius": [1]}, "radius"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_a_client_refuses_stands_under_its_option(place: Place, bo: Window, case: str) -> None:
    wanted = [option("picture", 11, required=True), option("radius", 4, max_value=10), option("note", max_length=5)]
    await put(place, command("blur", *wanted, option("mode", choices=choices("s", "h")), option("who", 6)))
    given, field = REFUSED[case]
    upload = await bo.upload("a.png", PNG)
    given = {name: {"upload": upload} if raw == "P" else raw for name, raw in given.items()}
    answer = await bo.ask("slash", channel=channel(place), command="blur", options=given)
    assert answer["field"] == field and answer["refused"] not in (MALFORMED, BROKEN)
    assert place.server.world.uses == {}
    # The attachment is still there for the next try.
    assert (await bo.ask("slash", channel=channel(place), command="blur", options={"picture": {"upload": upload}}))[
        "ok"
    ]


@pytest.mark.parametrize(
    ("words", "options"), [("none", {}), ("blur", {"none": "1"}), ("blur sub", {}), ("admin", {}), (" ", {})]
)
async def test_commands_that_are_not_there(place: Place, bo: Window, words: str, options: dict[str, str]) -> None:
    await put(place, command("blur"), command("admin", default_member_permissions="0"))
    answer = await bo.ask("slash", channel=channel(place), command=words, options=options)
    assert (answer["refused"] == OUTDATED) is (words in ("none", "blur sub", " "))
    assert answer["refused"] not in (MALFORMED, BROKEN) and place.server.world.uses == {}


async def test_subcommands_keep_their_name(place: Place, bo: Window) -> None:
    await put(place, command("workflow", option("add", 1, options=[option("name", required=True)])))
    await bo.ask("slash", channel=channel(place), command="workflow add", options={"name": "x"})
    assert (await bo.heard("INTERACTION_CREATE"))["name"] == "workflow add"


async def test_a_lost_file_is_told_so(place: Place, bo: Window) -> None:
    await put(place, command("blur", option("picture", 11)))
    options = {"picture": {"upload": "none"}}
    answer = await bo.ask("slash", channel=channel(place), command="blur", options=options)
    assert (answer["refused"], answer["field"]) == (GONE, "picture")


# Suggestions


async def test_suggestions_as_one_types(live: LivePlace, lively: Window) -> None:
    # What is typed elsewhere is half done, or a file: neither is in the way.
    options = {"image": {"upload": "none"}, "radius": "1x", "mode": "s", "scheduler": "eu"}
    answer = await lively.ask(
        *("suggest",), channel=channel(live), command="blur", focused="scheduler", text="eu", options=options
    )
    assert answer["choices"] == [{"name": c, "value": c} for c in ("euler", "euler_a")]
    (use,) = live.server.world.uses.values()
    assert {o["name"] for o in use.data["options"]} == {"mode", "scheduler"}
    assert lively.all("INTERACTION_CREATE") == []


async def test_an_option_without_suggestions(live: LivePlace, lively: Window) -> None:
    answer = await lively.ask("suggest", channel=channel(live), command="blur", focused="mode", text="")
    assert "refused" in answer


@pytest.mark.slow
async def test_suggestions_that_do_not_come(live: LivePlace, lively: Window) -> None:
    live.server.faults.lose_next_interaction = True
    waiting = asyncio.create_task(
        lively.ask("suggest", channel=channel(live), command="blur", focused="scheduler", text="")
    )
    # Others are served meanwhile.
    assert (await lively.ask("say", channel=channel(live), content="x"))["ok"]
    assert not waiting.done()
    assert (await waiting)["refused"] == "Loading options failed"


# Mischief


class Box:
    """Two pranks, one of which cannot be played."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gate = asyncio.Event()

    def offers(self) -> list[dict[str, Any]]:
        offer = {"title": "", "hint": ""}
        return [
            {"name": "drop", "available": not self.done, "why": "It was dropped already.", **offer},
            {"name": "kill", "available": False, "why": "It is not ours.", **offer},
        ]

    async def do(self, name: str) -> str:
        await self.gate.wait()
        offer = next((offer for offer in self.offers() if offer["name"] == name), None)
        if offer is None:
            raise ClientRefusal("That has changed meanwhile.")
        if not offer["available"]:
            raise ClientRefusal(offer["why"])
        self.done.append(name)
        return "It was dropped."


async def test_mischief(place: Place) -> None:
    box = Box()
    box.gate.set()
    async with Page(place.server, mischief=box) as page, window(page) as opened:
        assert [o["name"] for o in (await opened.sit("Bo"))["mischief"]] == ["drop", "kill"]
        assert (await opened.ask("mischief", name="kill"))["refused"] == "It is not ours."
        # Somebody else was faster: that is for the box to say.
        assert (await opened.ask("mischief", name="none"))["refused"] == "That has changed meanwhile."
        answer = await opened.ask("mischief", name="drop")
        assert answer["said"] == "It was dropped." and not answer["mischief"][0]["available"]
        assert (await opened.ask("mischief", name="drop"))["refused"] == "It was dropped already."
    assert box.done == ["drop"]


async def test_mischief_is_done_though_the_window_closes(place: Place) -> None:
    box = Box()
    async with Page(place.server, mischief=box) as page:
        async with window(page) as opened:
            await opened.sit("Bo")
            await opened.socket.send_json({"do": "mischief", "name": "drop", "nonce": "a"})
            await opened.ask("watch", panel=False)
        box.gate.set()
        await until(lambda: box.done)


async def test_without_a_box_there_is_no_mischief(bo: Window) -> None:
    assert "refused" in await bo.ask("mischief", name="drop")
