"""What a window of the page is told: everything its person sees, at once, and nothing else."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from bot.playground.discord import Permissions
from bot.playground.page.server import Page
from tests.playground.discord_place import LivePlace, Place
from tests.playground.page_client import Window, until, window
from tests.playground.page_place import channel, edit, is_about, marked, said
from tests.playground.test_discord_commands import command, option, put

# Sitting down


async def test_nothing_is_done_before_one_sits(page: Page) -> None:
    async with window(page) as opened:
        assert "seat" in (await opened.ask("look", channel="1"))["refused"]
        assert "nobody" in (await opened.ask("sit", user="Nobody"))["refused"]
        assert "seat" in (await opened.ask("slash", channel="1", command="x"))["refused"]
        assert opened.events == []


async def test_the_first_word(place: Place, bo: Window) -> None:
    ready = bo.all("READY")[0]
    assert (ready["me"]["name"], ready["me"]["admin"]) == ("Bo", False)
    assert [(p["name"], p["admin"], p["bot"], p["online"]) for p in ready["people"]] == [
        ("Ada", True, False, True),
        ("Bo", False, False, True),
        ("Familiar", False, True, False),
    ]
    assert [(c["name"], c["dm"], c["can_write"]) for c in ready["channels"]] == [
        ("general", False, True),
        ("Familiar", True, True),
    ]
    assert ready["guild"] == {"id": str(place.guild.id), "name": "Atelier"}
    roles = [role["name"] for role in ready["roles"]]
    assert (roles[-1], set(roles)) == ("@everyone", {"Ada", "Familiar", "Members", "@everyone"})
    assert (ready["upload_limit"], ready["mischief"], ready["panel"]) == (20 * 1024 * 1024, [], False)


@pytest.mark.parametrize("by", ["name", "id", "nothing"])
async def test_whose_seat(place: Place, page: Page, by: str) -> None:
    async with window(page) as opened:
        await opened.sit({"name": "Ada", "id": str(place.admin.id), "nothing": None}[by])
        assert opened.all("READY")[0]["me"]["name"] == "Ada"


@pytest.mark.parametrize(("said", "locale"), [({}, "en-US"), ({"language": "de-AT"}, "de"), ({"language": 7}, "en-US")])
async def test_the_client_speaks_the_browsers_language(
    place: Place, page: Page, said: dict[str, Any], locale: str
) -> None:
    german = {"description": "Blurs it", "description_localizations": {"de": "Macht es weich"}}
    await put(place, command("blur", option("how", **german), **german))
    async with window(page) as opened:
        await opened.ask("sit", user="Bo", **said)
        await opened.ask("look", channel=channel(place))
        (blur,) = (await opened.heard("COMMANDS"))["commands"]
    told = {"de": "Macht es weich", "en-US": "Blurs it"}[locale]
    assert (place.member.user.locale, blur["description"], blur["options"][0]["description"]) == (locale, told, told)


async def test_channels_of_others_stay_closed(place: Place, page: Page) -> None:
    secret = place.guild.add_channel("secret")
    secret.overwrite(place.member, deny=Permissions.VIEW_CHANNEL)
    quiet = place.guild.add_channel("quiet")
    quiet.overwrite(place.member, deny=Permissions.SEND_MESSAGES)
    adas = place.admin.dm
    async with window(page) as opened:
        ready = await opened.sit("Bo")
        assert [(c["name"], c["can_write"]) for c in ready["channels"]] == [
            *(("general", True), ("quiet", False), ("Familiar", True))
        ]
        for channel in (secret, adas):
            assert "access" in (await opened.ask("look", channel=str(channel.id)))["refused"]
            await place.admin.say(channel, "for Ada")
        assert "refused" in await opened.ask("say", channel=str(quiet.id), content="hush")
        await marked(place, opened)
        assert [m["html"] for m in opened.all("MESSAGE_CREATE")] == ["mark"]


# Messages


async def test_a_channel_is_read_page_by_page(place: Place, page: Page) -> None:
    messages = said(place, *(str(n) for n in range(120)))
    async with window(page) as opened:
        await opened.sit("Bo", "general")
        shown = opened.all("MESSAGES")[0]
        assert [m["html"] for m in shown["messages"]] == [str(n) for n in range(70, 120)] and shown["more"]
        # The one that the page goes by may be gone meanwhile.
        place.server.messages.delete(messages[70])
        channel = str(place.channel.id)
        older = await opened.ask("history", channel=channel, before=shown["messages"][0]["id"])
        assert [m["html"] for m in older["messages"]] == [str(n) for n in range(20, 70)] and older["more"]
        oldest = await opened.ask("history", channel=channel, before=older["messages"][0]["id"])
        assert [m["html"] for m in oldest["messages"]] == [str(n) for n in range(20)] and not oldest["more"]
        for nonsense in ("x", "9" * 5000, "-1", "²"):
            nothing = await opened.ask("history", channel=channel, before=nonsense)
            assert nothing["messages"] == [] and not nothing["more"]


async def test_messages_come_change_and_go(place: Place, bo: Window) -> None:
    (message,) = said(place, "one")
    assert (await bo.heard("MESSAGE_CREATE"))["html"] == "one"
    edit(place, message, "two")
    assert (await bo.heard("MESSAGE_UPDATE"))["html"] == "two"
    place.server.messages.delete(message)
    gone = await bo.heard("MESSAGE_DELETE")
    assert gone == {"id": str(message.id), "channel_id": str(place.channel.id)}


async def test_messages_of_other_channels_come_too(place: Place, bo: Window) -> None:
    other = place.guild.add_channel("other")
    await place.admin.say(other, "elsewhere")
    await place.member.say(place.member.dm, "in private")
    assert (await bo.heard("MESSAGE_CREATE", lambda m: m["html"] == "elsewhere"))["channel_id"] == str(other.id)
    assert await bo.heard("MESSAGE_CREATE", lambda m: m["html"] == "in private")


async def test_a_message_from_before_is_changed_not_made(place: Place, page: Page) -> None:
    old, *_ = said(place, *(str(n) for n in range(60)))
    async with window(page) as opened:
        await opened.sit("Bo", "general")
        edit(place, old, "changed")
        assert (await opened.heard("MESSAGE_UPDATE"))["id"] == str(old.id)
        assert opened.all("MESSAGE_CREATE") == []


async def test_a_reply_is_drawn_anew_when_what_it_answers_goes(place: Place, bo: Window) -> None:
    (first,) = said(place, "first")
    body = {"content": "second"}
    second = place.server.messages.create(place.channel, place.server.bot, body, [], reply_to=first)
    assert (await bo.heard("MESSAGE_CREATE", is_about(second)))["reply"]["html"] == "first"
    place.server.messages.delete(first)
    assert (await bo.heard("MESSAGE_UPDATE", is_about(second)))["reply"]["html"] != "first"


async def test_an_answer_to_a_press_is_drawn_anew_when_what_was_pressed_goes(live: LivePlace, lively: Window) -> None:
    shown = await live.shown(await live.slash("buttons"), "press")
    use = await (await live.member.select(shown, "pick", ["1"])).answered()
    assert use.response
    assert (await lively.heard("MESSAGE_CREATE", is_about(use.response)))["reply"]["html"] == "press"
    live.server.messages.delete(shown)
    told = await lively.heard("MESSAGE_UPDATE", is_about(use.response))
    assert told["reply"]["html"] == "<em>Original message was deleted</em>"


async def test_what_cannot_be_drawn_does_not_hide_the_rest(
    place: Place, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad, last = said(place, "good", "bad", "last")
    draw = page._shared.drawer.message
    monkeypatch.setattr(page._shared.drawer, "message", lambda m, seat: 1 / 0 if m is bad else draw(m, seat))
    async with window(page) as opened:
        await opened.sit("Bo", "general")
        assert [m["html"] for m in opened.all("MESSAGES")[0]["messages"]] == ["good", "last"]
        for message in (bad, good, last):
            edit(place, message, "anew")
        await opened.heard("MESSAGE_UPDATE", is_about(last))
        assert [m["id"] for m in opened.all("MESSAGE_UPDATE")] == [str(good.id), str(last.id)]


async def test_a_pass_that_fails_does_not_make_the_window_deaf(
    place: Place, page: Page, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with window(page) as opened:
        with monkeypatch.context() as broken:
            broken.setattr(page._shared.hall, "ready", None)
            await opened.ask("sit")
            await until(lambda: "could not be told" in caplog.text)
        await opened.sit("Bo", "general")
        said(place, "still there")
        await opened.heard("MESSAGE_CREATE", lambda m: m["html"] == "still there")


async def test_a_burst_is_told_in_few_words_and_the_last_one_stands(place: Place, bo: Window) -> None:
    (message,) = said(place, "0")
    await bo.heard("MESSAGE_CREATE")
    for n in range(1, 501):
        edit(place, message, str(n))
        if n % 50 == 0:
            await asyncio.sleep(0)
    await bo.heard("MESSAGE_UPDATE", lambda m: m["html"] == "500")
    assert len(bo.all("MESSAGE_UPDATE")) < 10


async def test_a_slow_window_holds_up_nobody_and_finds_the_newest_state(place: Place, page: Page, bo: Window) -> None:
    messages = said(place, *("x" * 1900 for _ in range(100)))
    await bo.heard("MESSAGE_CREATE", is_about(messages[-1]))
    async with window(page, deaf=True) as slow:
        await slow.socket.send_json({"nonce": "a", "do": "sit", "user": "Ada"})
        for connection in page._connections:
            connection.socket.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for n in range(10, 30):
            for message in messages:
                edit(place, message, f"{n} " + "y" * 1900)
            told = len(bo.events)
            await bo.heard("MESSAGE_UPDATE", is_about(messages[-1]), start=told)
        listening = asyncio.create_task(slow.listen())
        await marked(place, slow)
        shown = {m["id"]: m["html"][:3] for m in slow.all("MESSAGE_UPDATE")}
        assert set(shown.values()) == {"29 "} and len(shown) == 100
        # Of two thousand edits it was told what was on its way when it stopped reading, and the newest ones.
        assert len(slow.all("MESSAGE_UPDATE")) < 1000
        listening.cancel()
