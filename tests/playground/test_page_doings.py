"""What a window is told of one person alone: ephemeral messages, and what their interactions came to."""

from __future__ import annotations

from typing import Any

from bot.playground.discord import Message, Use
from bot.playground.page.server import Page
from tests.playground.discord_place import Place
from tests.playground.page_client import Window, window
from tests.playground.page_place import edit, is_about, marked, said
from tests.playground.test_discord_commands import command, put
from tests.playground.test_discord_interactions import respond

EPHEMERAL = 64


# Only for one person's eyes


async def begun(place: Place, **more: Any) -> Use:
    await put(place, command("quick"), command("other", default_member_permissions="0", **more))
    return await place.member.slash(place.channel, "quick")


async def hidden(place: Place, use: Use) -> Message:
    await respond(place, use, 4, {"content": "hush", "flags": EPHEMERAL})
    assert use.original is not None
    return use.original


async def test_an_ephemeral_message_is_for_its_owner_in_all_their_windows(place: Place, page: Page, bo: Window) -> None:
    async with window(page) as second, window(page) as ada:
        await second.sit("Bo")
        await ada.sit("Ada", "general")
        message = await hidden(place, await begun(place))
        for opened in (bo, second):
            assert (await opened.heard("MESSAGE_CREATE"))["ephemeral"] is True
        await marked(place, ada)
        assert [m["html"] for m in ada.all("MESSAGE_CREATE")] == ["mark"]
        assert "no longer" in (await ada.ask("dismiss", message=str(message.id)))["refused"]
        await ada.ask("look", channel=str(place.channel.id))
        await ada.heard("MESSAGES", lambda shown: [m["html"] for m in shown["messages"]] == ["mark"])


async def test_what_is_dismissed_stays_away(place: Place, page: Page, bo: Window) -> None:
    message = await hidden(place, await begun(place))
    await bo.heard("MESSAGE_CREATE")
    assert (await bo.ask("dismiss", message=str(message.id)))["ok"]
    await bo.heard("MESSAGE_DELETE", is_about(message))
    edit(place, message, "hush again")
    async with window(page) as again:
        await again.sit("Bo", "general")
        assert again.all("MESSAGES")[0]["messages"] == []
        await marked(place, bo, again)
        assert [m["html"] for m in again.all("MESSAGE_CREATE")] == ["mark"]
    assert bo.all("MESSAGE_UPDATE") == []


async def test_a_message_for_all_cannot_be_dismissed(place: Place, bo: Window) -> None:
    (message,) = said(place, "for all")
    assert "refused" in await bo.ask("dismiss", message=str(message.id))


async def test_whoever_sits_down_next_hears_nothing_of_the_one_before(place: Place, bo: Window) -> None:
    await hidden(place, await begun(place))
    await bo.heard("MESSAGE_CREATE")
    start = len(bo.events)
    await bo.sit("Ada", "general")
    await marked(place, bo)
    later = [data for name, data in bo.events[start:] if name in ("MESSAGES", "MESSAGE_CREATE", "INTERACTION_CREATE")]
    assert [m["html"] for m in later if "html" in m] == ["mark"]
    assert [m for shown in later for m in shown.get("messages", ())] == []


# Interactions


async def test_an_answer_in_time(place: Place, bo: Window) -> None:
    use = await begun(place)
    made = await bo.heard("INTERACTION_CREATE")
    assert made == {
        "use": str(use.id),
        "kind": 2,
        "name": "quick",
        "channel_id": str(place.channel.id),
        "message_id": None,
        "custom_id": None,
    }
    await respond(place, use, 4, {"content": "here"})
    await bo.heard("INTERACTION_SUCCESS", lambda data: data["use"] == str(use.id))
    names = [name for name, _ in bo.events if name.startswith(("INTER", "MESSAGE_"))]
    assert names == ["INTERACTION_CREATE", "MESSAGE_CREATE", "INTERACTION_SUCCESS"]


async def test_an_answer_that_does_not_come(place: Place, bo: Window) -> None:
    use = await begun(place)
    await bo.heard("INTERACTION_CREATE")
    place.server.advance(3.1)
    failed = await bo.heard("INTERACTION_FAILURE")
    assert failed == {
        "use": str(use.id),
        "text": "The application did not respond",
        "name": "quick",
        "channel_id": str(place.channel.id),
        "message_id": None,
    }
    await marked(place, bo)
    assert len(bo.all("INTERACTION_FAILURE")) == 1 and bo.all("INTERACTION_SUCCESS") == []


async def test_time_alone_ends_the_waiting(place: Place, bo: Window) -> None:
    await begun(place)
    await bo.heard("INTERACTION_CREATE")
    # No bell rings: the clock goes on by itself.
    place.server.world.clock.offset += 3.1
    await bo.heard("INTERACTION_FAILURE")


async def test_a_press_that_is_not_answered(place: Place, bo: Window) -> None:
    button = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
    body = {"content": "press", "components": [{"type": 1, "components": [button]}]}
    message = place.server.messages.create(place.channel, place.server.bot, body, [])
    use = (await bo.ask("press", message=str(message.id), custom_id="go"))["use"]
    made = await bo.heard("INTERACTION_CREATE")
    assert (made["use"], made["kind"], made["custom_id"], made["message_id"]) == (use, 3, "go", str(message.id))
    place.server.advance(3.1)
    failed = await bo.heard("INTERACTION_FAILURE")
    assert (failed["text"], failed["message_id"]) == ("This interaction failed", str(message.id))


async def test_thinking_runs_out(place: Place, bo: Window) -> None:
    use = await begun(place)
    await respond(place, use, 5)
    thinking = await bo.heard("MESSAGE_CREATE")
    assert thinking["loading"] is True
    await bo.heard("INTERACTION_SUCCESS")
    place.server.advance(15 * 60)
    failed = await bo.heard("INTERACTION_FAILURE")
    assert failed["message_id"] == thinking["id"]
    await bo.heard("MESSAGE_UPDATE", lambda m: m["id"] == thinking["id"])


async def test_who_comes_late_hears_of_what_still_waits(place: Place, page: Page) -> None:
    done, failed = await begun(place), await place.member.slash(place.channel, "quick")
    await respond(place, done, 4, {"content": "here"})
    place.server.advance(3.1)
    waiting = await place.member.slash(place.channel, "quick")
    async with window(page) as opened:
        await opened.sit("Bo", "general")
        await opened.heard("INTERACTION_CREATE")
        await respond(place, waiting, 4, {"content": "here too"})
        await opened.heard("INTERACTION_SUCCESS")
        told = {data["use"] for name, data in opened.events if name.startswith("INTERACTION")}
        assert told == {str(waiting.id)} and str(failed.id) not in told


async def test_interactions_are_told_to_their_person_alone(place: Place, page: Page, bo: Window) -> None:
    async with window(page) as ada:
        await ada.sit("Ada", "general")
        use = await begun(place)
        await respond(place, use, 4, {"content": "here"})
        await bo.heard("INTERACTION_SUCCESS")
        await marked(place, ada)
        assert [name for name, _ in ada.events if name.startswith("INTERACTION")] == []


async def test_a_modal_opens(place: Place, bo: Window) -> None:
    use = await begun(place)
    row = {"type": 1, "components": [{"type": 4, "custom_id": "t", "label": "Text", "style": 1}]}
    await respond(place, use, 9, {"title": "A form", "custom_id": "form", "components": [row]})
    opened = await bo.heard("INTERACTION_MODAL_CREATE")
    assert (opened["use"], opened["modal"]["title"], opened["modal"]["use"]) == (str(use.id), "A form", str(use.id))
