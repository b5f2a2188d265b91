"""Messages and modals as the page shows them, of all kinds that a bot or a person makes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from bot.playground.discord import Message, Permissions, Use
from bot.playground.discord.state import EPHEMERAL, User
from bot.playground.page.drawn import Drawer, colour_of
from tests.cogs.atelier import PHOTO, Atelier, fixture, furnished
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import LivePlace, Place
from tests.playground.test_discord_messages import text

PICTURE = ("SPOILER_a b.png", PNG)


def draw(place: Place, message: Message, seat: User | None = None) -> dict[str, Any]:
    """Draw a message, and see that it can be sent as JSON without having changed."""
    before = repr(message)
    drawn = Drawer(place.server).message(message, seat or place.member.user)
    assert json.loads(json.dumps(drawn)) == drawn
    assert repr(message) == before
    return drawn


async def posted(place: Place, body: dict[str, Any], *files: tuple[str, bytes]) -> dict[str, Any]:
    """Post a message as the bot, and draw it."""
    parts = {f"files[{i}]": file for i, file in enumerate(files)}
    form: dict[str, Any] = {"data": {"payload_json": json.dumps(body)}, "files": parts} if files else {"json": body}
    answer = await place.http.post(f"/channels/{place.channel.id}/messages", **form)
    assert answer.status_code == 200, answer.text
    return draw(place, place.channel.messages[-1])


async def fetched(place: Place, url: str) -> bytes:
    """Fetch what a path of the page's host stands for."""
    assert url.startswith("/")
    answer = await place.http.get(place.server.url + url)
    assert answer.status_code == 200
    return answer.content


# A message


async def test_a_plain_message(place: Place) -> None:
    said = await place.member.say(place.channel, "a **b**\n<script>")
    drawn = draw(place, said)
    assert drawn == {
        "id": str(said.id),
        "channel_id": str(place.channel.id),
        "author": {"id": str(place.member.id), "name": "Bo", "bot": False, "color": colour_of(place.member.user)},
        "at": drawn["at"],
        "edited": None,
        "html": "a <strong>b</strong><br>&lt;script&gt;",
        "reply": None,
        "used": None,
        "ephemeral": False,
        "loading": False,
        "v2": False,
        "mentions_me": False,
        "attachments": [],
        "embeds": [],
        "components": [],
    }
    assert drawn["at"].endswith("+00:00")


async def test_an_edited_message(place: Place) -> None:
    sent = (await place.post({"content": "x"})).json()
    await place.http.patch(f"/channels/{place.channel.id}/messages/{sent['id']}", json={"content": "y"})
    drawn = draw(place, place.channel.messages[0])
    assert (drawn["html"], drawn["author"]["bot"]) == ("y", True)
    assert drawn["edited"] >= drawn["at"]


@pytest.mark.parametrize(
    ("content", "mentioned"),
    [("<@{bo}>", ["Bo"]), ("<@&{role}>", ["Ada"]), ("@everyone", ["Ada", "Bo"]), ("Bo", []), ("<@{bot}>", [])],
)
async def test_who_is_meant(place: Place, content: str, mentioned: list[str]) -> None:
    role = place.guild.add_role("Painters")
    place.admin.roles.append(role)
    place.guild.bot_permissions |= Permissions.MENTION_EVERYONE
    ids = {"bo": place.member.id, "role": role.id, "bot": place.server.bot.id}
    drawn = await posted(place, {"content": content.format(**ids)})
    message, people = place.channel.messages[0], (place.admin, place.member)
    assert [p.name for p in people if draw(place, message, p.user)["mentions_me"]] == mentioned
    assert drawn["html"].startswith("Bo" if content == "Bo" else '<span class="mention">@')


async def test_names_of_what_is_meant(place: Place) -> None:
    role = place.guild.add_role("Painters")
    content = f"<@{place.member.id}> <@&{role.id}> <#{place.channel.id}> <@1> <@&1> <#1>"
    drawn = await posted(place, {"content": content})
    for name in ("@Bo<", "@Painters<", "#general<", "@unknown-user<", "@unknown-role<", "#unknown<"):
        assert name in drawn["html"]


async def test_replies(place: Place) -> None:
    asked = await place.member.say(place.channel, "# What\n**now**?")
    shown = await place.member.say(place.channel, "", [PICTURE])
    body: dict[str, Any] = {"content": "!", "message_reference": {"message_id": str(asked.id)}}
    assert (await posted(place, body))["reply"] == {"name": "Bo", "html": "# What <strong>now</strong>?"}
    body["message_reference"]["message_id"] = str(shown.id)
    assert (await posted(place, body))["reply"] == {"name": "Bo", "html": "<em>Click to see attachment</em>"}
    place.server.messages.delete(shown)
    gone = draw(place, place.channel.messages[-1])["reply"]
    assert gone == {"name": "", "html": "<em>Original message was deleted</em>"}


@pytest.mark.parametrize(
    ("pressed", "told"), [(False, None), (True, {"name": "Familiar", "html": "Which one?"})], ids=["command", "press"]
)
async def test_a_follow_up_replies_no_more_to_a_first_answer_that_was_taken_back(
    place: Place, pressed: bool, told: dict[str, str] | None
) -> None:
    messages, bot = place.server.messages, place.server.bot
    command = Use(1, "a", 2, place.member.user, place.member, place.channel, place.server.world, {"type": 1})
    hidden = {"content": "Which one?", "flags": EPHEMERAL}
    picker = messages.create(place.channel, bot, hidden, [], use=command)
    use = command
    if pressed:
        use = Use(2, "b", 3, place.member.user, place.member, place.channel, place.server.world, source=picker)
    use.original = thinking = messages.think(use, 0)
    answer = messages.create(place.channel, bot, {**hidden, "content": "x"}, [], use=use, reply_to=thinking)
    messages.delete(thinking)
    assert draw(place, answer, place.member.user)["reply"] == told


async def test_a_reply_to_what_one_person_alone_sees_gives_nothing_of_it_away(place: Place) -> None:
    use = Use(2, "t", 2, place.member.user, place.member, place.channel, place.server.world, {"type": 1})
    secret = place.server.messages.create(
        place.channel, place.server.bot, {"content": "secret", "flags": EPHEMERAL}, [], use=use
    )
    told = place.server.messages.create(place.channel, place.server.bot, {"content": "!"}, [], reply_to=secret)
    assert draw(place, told, place.member.user)["reply"] == {"name": "Familiar", "html": "secret"}
    hidden = draw(place, told, place.admin.user)["reply"]
    assert hidden == {"name": "", "html": "<em>Message could not be loaded.</em>"}


# What was used


async def test_used_commands(live: LivePlace) -> None:
    plain, deep = await live.slash("quick"), await live.slash("workflow add", {"name": "x"})
    await live.server.until(lambda: plain.followups)
    assert plain.original and deep.original
    assert draw(live, plain.original)["used"] == {"user": "Bo", "name": "quick"}
    assert draw(live, deep.original)["used"] == {"user": "Bo", "name": "workflow add"}
    further = draw(live, plain.followups[0])
    assert (further["used"], further["reply"]) == (None, {"name": "Familiar", "html": "hello"})


async def test_used_menus(place: Place) -> None:
    use = Use(2, "t", 2, place.member.user, place.member, place.channel, place.server.world)
    use.data = {"id": "3", "name": "Blur this", "type": 3, "target_id": "1", "options": []}
    use.original = Message(1, place.channel, place.server.bot, "x", use=use)
    assert draw(place, use.original)["used"] == {"user": "Bo", "name": "Blur this", "menu": True}


async def test_thinking_and_its_end(live: LivePlace) -> None:
    use = await live.slash("slow", {"hidden": True})
    assert use.original
    thinking = draw(live, use.original)
    assert (thinking["loading"], thinking["ephemeral"], thinking["html"]) == (True, True, "")
    assert thinking["used"] == {"user": "Bo", "name": "slow"}
    live.bot.gate.set()
    done = draw(live, await live.shown(use, "thought"))
    assert (done["loading"], done["html"], done["used"]) == (False, "thought", thinking["used"])


async def test_an_answer_to_a_press_replies_to_what_was_pressed(live: LivePlace) -> None:
    shown = await live.shown(await live.slash("buttons"), "press")
    use = await (await live.member.select(shown, "pick", ["1"])).answered()
    assert use.response
    drawn = draw(live, use.response)
    assert (drawn["used"], drawn["ephemeral"]) == (None, True)
    assert drawn["reply"] == {"name": "Familiar", "html": "press"}


async def test_a_modal(live: LivePlace) -> None:
    shown = await live.shown(await live.slash("buttons"), "press")
    use = await (await live.member.press(shown, "Settings")).answered()
    drawn = Drawer(live.server).modal(use)
    assert json.loads(json.dumps(drawn)) == drawn
    assert (drawn["use"], drawn["title"]) == (str(use.id), "Settings")
    assert use.modal and drawn["custom_id"] == use.modal["custom_id"]
    assert [c["type"] for c in drawn["components"]] == [1, 18, 18]
    assert [c["component"]["type"] for c in drawn["components"][1:]] == [3, 19]


async def test_texts_and_names_in_a_modal(place: Place) -> None:
    use = Use(2, "t", 3, place.member.user, place.member, place.channel, place.server.world)
    with pytest.raises(ValueError, match="modal"):
        Drawer(place.server).modal(use)
    chosen = {"type": 5, "custom_id": "who", "default_values": [{"id": str(place.member.id), "type": "user"}]}
    parts = [text(f"**Hi** <@{place.member.id}>"), {"type": 18, "label": "Who", "component": chosen}]
    use.modal = {"title": "T", "custom_id": "m", "components": parts}
    words, label = Drawer(place.server).modal(use)["components"]
    assert words["html"] == '<strong>Hi</strong> <span class="mention">@Bo</span>'
    assert label["component"]["default_values"][0]["label"] == "Bo"
    assert "label" not in chosen["default_values"][0] and "html" not in parts[0]


# The real thing


async def test_the_bots_own_cards_and_panels(tmp_path: Any) -> None:
    async with furnished(tmp_path) as atelier:
        report = await atelier.add(fixture("blur"))
        drawer, admin = Drawer(atelier.discord), atelier.place.admin
        drawn = drawer.message(report, admin.user)
        assert drawn["used"] == {"user": "Ada", "name": "workflow add"}
        labels = [c["label"] for r in drawn["components"] for c in r["components"] if c["type"] == 2]
        assert "Publish" in labels
        await admin.press(report, "Publish")
        await atelier.discord.until(lambda: report.content.startswith("✅"))
        card = await atelier.over(await atelier.run("fog-glass", {"photo": PHOTO}))
        drawn = drawer.message(card, atelier.place.member.user)
        assert json.loads(json.dumps(drawn)) == drawn
        assert drawn["used"] == {"user": "Bo", "name": "fog-glass"}
        assert card.files and card.files[0].data == await first_picture(atelier, drawn)


async def first_picture(atelier: Atelier, drawn: dict[str, Any]) -> bytes:
    """Fetch the first picture that a card shows, wherever it shows it."""
    pictures = [e["image"]["url"] for e in drawn["embeds"] if e["image"]] + [a["url"] for a in drawn["attachments"]]
    async with httpx.AsyncClient(verify=False) as http:
        return (await http.get(atelier.discord.url + pictures[0])).content
