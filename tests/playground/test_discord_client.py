"""What a person's client offers, takes and refuses in the local Discord."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands

from bot.playground.discord import ClientRefusal, Permissions, Use
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import LivePlace, Place
from tests.playground.test_discord_commands import command, option, put
from tests.playground.test_discord_interactions import FIELD, MODAL, hook, label, opened, respond

EPHEMERAL = 64
ON_MEMBERS, ON_MESSAGES = {"name": "Say hello", "type": 2}, {"name": "Use this picture", "type": 3}
FILE = 11


def names(place: Place, member: str = "member", **where: Any) -> list[str]:
    person = getattr(place, member)
    return [offer.name for offer in person.offered(where.get("channel", place.channel))]


def managers(name: str, **more: Any) -> dict[str, Any]:
    return command(name, default_member_permissions=str(int(Permissions.MANAGE_GUILD)), **more)


# What is offered


async def test_what_is_of_this_server_alone_is_told(place: Place) -> None:
    await put(place, command("here"))
    await put(place, command("everywhere"), guild=False)
    assert {o.name: o.is_local for o in place.member.offered(place.channel)} == {"everywhere": False, "here": True}


async def test_descriptions_and_choices_are_in_the_clients_language(place: Place) -> None:
    choice = {"name": "much", "name_localizations": {"de": "viel"}, "value": "9"}
    german = {"description": "Blurs", "description_localizations": {"de": "Macht weich"}}
    await put(place, command("blur", option("how", choices=[choice], **german), **german))
    place.member.user.locale = "de"
    (theirs,) = place.member.offered(place.channel)
    (ours,) = place.admin.offered(place.channel)
    assert (theirs.name, theirs.description, theirs.options[0]["description"]) == ("blur", "Macht weich", "Macht weich")
    assert (theirs.options[0]["choices"][0]["name"], theirs.options[0]["choices"][0]["value"]) == ("viel", "9")
    assert (ours.description, ours.options[0]["choices"][0]["name"]) == ("Blurs", "much")


async def test_only_what_a_person_may_use_is_offered(place: Place) -> None:
    await put(place, managers("hidden"), command("open"), ON_MESSAGES)
    await put(place, command("everywhere"), command("no-dm", contexts=[0]), guild=False)
    assert names(place) == ["everywhere", "no-dm", "open", "Use this picture"]
    assert names(place, "admin") == ["everywhere", "hidden", "no-dm", "open", "Use this picture"]
    assert names(place, channel=place.member.dm) == ["everywhere"]
    place.guild.override_command("open", place.channel, allowed=False)
    place.guild.override_command("hidden", place.member, allowed=True)
    place.guild.override_command("Use this picture (message)", place.member, allowed=False)
    assert names(place) == ["everywhere", "hidden", "no-dm"]
    place.channel.overwrite(place.member, deny=Permissions.USE_APPLICATION_COMMANDS)
    assert names(place) == []
    place.server.remove_guild(place.guild)
    assert names(place, "admin") == []


async def test_nothing_is_offered_where_one_does_not_belong(place: Place) -> None:
    await put(place, command("x"), guild=False)
    place.guild.remove_member(place.member)
    for channel, why in ((place.channel, "for the members of Atelier"), (place.admin.dm, "does not see")):
        assert names(place, channel=channel) == []
        with pytest.raises(ClientRefusal, match=why):
            await place.member.slash(channel, "x")
    assert names(place, channel=place.member.dm) == ["x"]


async def test_leaves_are_offered_with_their_options(place: Place) -> None:
    add = option("add", 1, options=[option("file", FILE, required=True)])
    group = option("all", 2, options=[option("drop", 1)])
    await put(place, command("workflow", add, group), ON_MEMBERS)
    hello, add_offer, drop = place.member.offered(place.channel)
    ids = {made["name"]: made["id"] for made in place.guild.commands.values()}
    assert (hello.name, hello.kind, hello.description, hello.options) == ("Say hello", 2, "", [])
    assert (add_offer.name, add_offer.kind, add_offer.id) == ("workflow add", 1, ids["workflow"])
    assert [(o["name"], o["required"]) for o in add_offer.options] == [("file", True)]
    assert (drop.name, drop.options) == ("workflow all drop", [])
    for offer in (add_offer, drop):
        given: dict[str, object] = {o["name"]: ("a.json", b"{}") for o in offer.options}
        assert await place.member.slash(place.channel, offer.name, given)


async def test_a_servers_own_command_stands_for_the_global_one(place: Place) -> None:
    await put(place, command("x"), guild=False)
    await put(place, command("x", description="Ours"))
    assert [offer.description for offer in place.member.offered(place.channel)] == ["Ours"]


# Context menus


async def test_menus_that_a_client_does_not_offer(place: Place) -> None:
    await put(place, ON_MEMBERS, {**ON_MESSAGES, "default_member_permissions": "0"})
    await put(place, {"name": "Quote", "type": 3}, guild=False)
    said = await place.admin.say(place.channel, "hello")
    hidden = place.guild.add_channel("hidden")
    elsewhere = await place.admin.say(hidden, "secret")
    hidden.overwrite(place.guild.members_role, deny=Permissions.VIEW_CHANNEL)
    for name, target, why in (
        ("Nothing", said, "unknown command"),
        ("Say hello", said, "unknown command"),
        ("Use this picture", place.admin, "unknown command"),
        ("Use this picture", said, "^Use this picture needs permissions"),
        ("Quote", elsewhere, "cannot see #hidden"),
    ):
        with pytest.raises(ClientRefusal, match=why):
            await place.member.context(place.channel, name, target)
    other = await place.admin.say(place.guild.add_channel("other"), "hello")
    with pytest.raises(ClientRefusal, match="not offered on this message"):
        await place.admin.context(place.channel, "Quote", other)
    use = await opened(place)
    await respond(place, use, 4, {"content": "only you", "flags": EPHEMERAL})
    await put(place, {"name": "Quote", "type": 3})
    assert use.response is not None
    for person, why in ((place.admin, "does not see"), (place.member, "not offered on this message")):
        with pytest.raises(ClientRefusal, match=why):
            await person.context(place.channel, "Quote", use.response)


async def test_what_a_menu_says(place: Place) -> None:
    await put(place, ON_MEMBERS)
    await put(place, ON_MESSAGES, guild=False)
    said = await place.admin.say(place.channel, "a cat", [("cat.png", PNG)])
    on_message = place.server.desk.payload(await place.member.context(place.channel, "Use this picture", said))["data"]
    on_member = place.server.desk.payload(await place.member.context(place.channel, "Say hello", place.admin))["data"]
    assert (on_message["type"], on_message["target_id"]) == (3, str(said.id))
    resolved = on_message["resolved"]["messages"][str(said.id)]
    assert (resolved["content"], resolved["attachments"][0]["filename"]) == ("a cat", "cat.png")
    assert "options" not in on_message and "guild_id" not in on_message
    assert (on_member["type"], on_member["target_id"]) == (2, str(place.admin.id))
    assert on_member["guild_id"] == str(place.guild.id)
    assert set(on_member["resolved"]) == {"users", "members"}
    assert "user" not in on_member["resolved"]["members"][str(place.admin.id)]


async def test_in_direct_messages_a_menu_has_no_members(place: Place) -> None:
    await put(place, ON_MEMBERS, guild=False)
    use = await place.member.context(place.member.dm, "Say hello", place.server.bot)
    assert set(use.data["resolved"]) == {"users"}


@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_real_bot_answers_menus(live: LivePlace, everywhere: bool) -> None:
    async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{message.author}: {message.content} {len(message.attachments)}")

    async def hello(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"hello {member.display_name}", ephemeral=True)

    guild = None if everywhere else discord.Object(live.guild.id)
    for name, callback in (("Quote", quote), ("Hello", hello)):
        live.bot.tree.add_command(app_commands.ContextMenu(name=name, callback=callback), guild=guild)
    await live.bot.tree.sync(guild=guild)
    said = await live.admin.say(live.channel, "a cat", [("cat.png", PNG)])
    quoted = await (await live.member.context(live.channel, "Quote", said)).answered()
    greeted = await (await live.member.context(live.channel, "Hello", live.admin)).answered()
    assert quoted.response and quoted.response.content == "ada: a cat 1"
    assert greeted.response and greeted.response.content == "hello Ada"
    first, second = live.server.render(quoted.response), live.server.render(greeted.response)
    assert (first["type"], first["interaction"]["name"], quoted.name) == (23, "Quote", "Quote")
    assert first["interaction_metadata"]["target_message_id"] == str(said.id)
    assert second["interaction_metadata"]["target_user"]["id"] == str(live.admin.id)
    assert live.channel.messages == [said, quoted.response]
    assert greeted.response in live.channel.messages_for(live.member)
    assert live.server.refused == [] and live.bot.errors == []


# Waiting in vain


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("slash", "The application did not respond"),
        ("menu", "The application did not respond"),
        ("press", "This interaction failed"),
        ("submit", "Something went wrong. Try again."),
    ],
)
async def test_what_a_client_says_of_silence(place: Place, kind: str, words: str) -> None:
    use = await begun(place, kind)
    assert use.failed is None
    place.server.advance(3.1)
    assert use.failed == words


@pytest.mark.parametrize("kind", ["slash", "menu", "press"])
async def test_an_answer_is_no_failure(place: Place, kind: str) -> None:
    use = await begun(place, kind)
    await respond(place, use, 4, {"content": "here"})
    place.server.advance(16 * 60)
    assert use.failed is None


async def test_thinking_for_too_long(place: Place) -> None:
    use = await begun(place, "slash")
    await respond(place, use, 5)
    place.server.advance(14 * 60)
    assert use.failed is None
    place.server.advance(60)
    assert use.failed == "The application did not respond"
    assert use.original is not None
    place.server.messages.edit(use.original, {"content": "late, by its channel"}, [])
    assert use.failed is None


async def test_a_token_that_ends_early(place: Place) -> None:
    use = await begun(place, "slash")
    place.server.faults.expire_token(use)
    assert use.failed == "The application did not respond"


async def begun(place: Place, kind: str) -> Use:
    if kind == "submit":
        opener = await opened(place)
        await respond(place, opener, 9, {**MODAL, "components": [label(FIELD)]})
        return await place.member.submit(opener, {"f": "x"})
    if kind == "press":
        button = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
        await place.post({"content": "x", "components": [{"type": 1, "components": [button]}]})
        return await place.member.press(place.channel.messages[0], "Go")
    await put(place, command("x"), ON_MEMBERS)
    if kind == "menu":
        return await place.member.context(place.channel, "Say hello", place.admin)
    return await place.member.slash(place.channel, "x")


# For one person alone


def seen(place: Place) -> tuple[list[str], list[str]]:
    """What the one who asked sees, and what another does."""
    people = place.member, place.admin
    mine, theirs = ([m.content for m in place.channel.messages_for(person)] for person in people)
    return mine, theirs


async def test_hidden_messages_stay_hidden(place: Place) -> None:
    use = await opened(place)
    await respond(place, use, 5, {"flags": EPHEMERAL})
    assert seen(place) == ([""], [])
    # The first follow-up takes the place of the thinking, and its visibility.
    await place.http.post(hook(place, use), json={"content": "first"})
    await place.http.post(hook(place, use), json={"content": "hidden", "flags": EPHEMERAL})
    await place.http.post(hook(place, use), json={"content": "for all"})
    assert seen(place) == (["first", "hidden", "for all"], ["for all"])
    for message, content in zip([use.original, *use.followups], ("one", "two", "three"), strict=True):
        assert message is not None
        edited = {"content": content, "flags": 0}
        answer = await place.http.patch(hook(place, use, f"/messages/{message.id}"), json=edited)
        assert answer.status_code == 200
    assert seen(place) == (["one", "two", "three"], ["three"])
    assert [m.content for m in place.channel.messages] == ["three"]


async def test_pressing_in_a_hidden_message(place: Place) -> None:
    use = await opened(place)
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}
    await respond(place, use, 4, {"content": "press", "components": [row], "flags": EPHEMERAL})
    assert use.response is not None
    with pytest.raises(ClientRefusal, match="does not see"):
        await place.admin.press(use.response, "Go")
    pressed = await place.member.press(use.response, "Go")
    await respond(place, pressed, 7, {"content": "pressed"})
    assert seen(place) == (["pressed"], [])


# What a message and a channel say


async def test_the_name_of_what_was_used(place: Place) -> None:
    await put(place, command("workflow", option("add", 1, options=[option("name")])))
    use = await place.member.slash(place.channel, "workflow add", {"name": "x"})
    answer = (await respond(place, use, 4, {"content": "x"})).json()["resource"]["message"]
    assert (use.name, answer["interaction"]["name"], answer["type"]) == ("workflow add", "workflow add", 20)


async def test_topics(place: Place) -> None:
    cats = place.guild.add_channel("cats", topic="Cats only")
    assert (await place.http.get(f"/channels/{cats.id}")).json()["topic"] == "Cats only"


@pytest.mark.parametrize("made_up", ["hm=é", "hm=0&ex=zz", ""])
async def test_an_address_that_somebody_made_up_leads_nowhere(place: Place, made_up: str):
    message = await place.member.say(place.channel, "look", [("a.png", b"not a picture")])
    path = message.files[0].path
    assert (await place.http.get(f"{place.server.url}{path}?{made_up}")).status_code == 404
    assert (await place.http.get(f"{place.server.url}/attachments/1/{'9' * 90}/a.png?{made_up}")).status_code == 404
