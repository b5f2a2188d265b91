"""The menus Run on this image and Run on avatar: which pictures, which workflows, and the form that comes of it."""

import io
import json
import sqlite3
from collections.abc import Awaitable, Callable

import pytest
from PIL import Image

from bot.playground.discord import Message, Permissions
from bot.playground.discord.actors import LocalMember
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    blank,
    buttons,
    custom_id,
    fixture,
    in_module_loop,
    job_id,
    menus,
    picture,
    text,
    workflow,
)

IMAGE, AVATAR = "Run on this image", "Run on avatar"
LARGER = ("larger.png", picture((40, 30)))


async def on_image(atelier: Atelier, message: Message, who: LocalMember | None = None) -> Message:
    """Use the menu of a message, and return what it is answered with."""
    who = who or atelier.place.member
    return await atelier.answer(await who.context(message.channel, IMAGE, message))


async def choose(atelier: Atelier, picker: Message, workflow: str, who: LocalMember | None = None) -> Message:
    """Choose a workflow for the picture, and return the form."""
    menu = next(name for name in menus(picker) if name.startswith("Workflow"))
    return await atelier.answer(await (who or atelier.place.member).select(picker, custom_id(picker, menu), [workflow]))


async def run(atelier: Atelier, form: Message, who: LocalMember | None = None) -> Message:
    return await atelier.over(await atelier.answer(await (who or atelier.place.member).press(form, "Run")))


def asked(atelier: Atelier, card: Message) -> list[dict]:
    """The files that a job was given, as its row has them."""
    connection = sqlite3.connect(atelier.database)
    found = connection.execute("SELECT attachments FROM jobs WHERE id = ?", (job_id(card),)).fetchone()[0]
    connection.close()
    return json.loads(found)


@in_module_loop
async def test_a_picture_of_a_forwarded_message_is_one_of_the_forward(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    elsewhere = room.open_place("Elsewhere")
    told = await elsewhere.member.say(elsewhere.channel, "look", [("far.png", picture((32, 24)))])
    forward = await room.place.other.forward(room.channel, told)
    picker = await on_image(room, forward)
    assert "far.png" in text(picker)
    before = len(room.discord.requests)
    form = await choose(room, picker, "fog-glass")
    # Discord waits for three seconds only, and is asked for the picture anew.
    assert "/callback" in room.discord.requests[before].route
    card = await run(room, form)
    assert (card.attachments[0].width, card.attachments[0].height) == (32, 24)
    assert asked(room, card)[0]["source"].startswith(f"{forward.channel.id}/{forward.id}/")


# What it does not do


async def says_nothing_shown(room: Atelier) -> Message:
    return await room.place.other.say(room.channel, "look")


async def says_a_text_file(room: Atelier) -> Message:
    return await room.place.other.say(room.channel, "", [("notes.txt", b"words")])


async def says_a_link(room: Atelier) -> Message:
    body = {"embeds": [{"title": "x", "image": {"url": "https://example.com/attachments/1/2/cat.png"}}]}
    return room.discord.messages.create(room.channel, room.place.other.user, body, [])


async def says_what_is_too_large(room: Atelier) -> Message:
    message = await room.place.other.say(room.channel, "", [PHOTO])
    message.files[0].data = bytes(26 * 2**20)
    return message


async def forbids(room: Atelier) -> Message:
    room.place.guild.override_command("fog-glass", room.place.guild.everyone, False)
    return await room.place.other.say(room.channel, "", [PHOTO])


async def disables(room: Atelier) -> Message:
    await room.answer(await room.place.admin.slash(room.channel, "workflow disable", {"name": "fog-glass"}))
    return await room.place.other.say(room.channel, "", [PHOTO])


REFUSED: dict[str, tuple[Callable[[Atelier], Awaitable[Message]], str]] = {
    "no picture": (says_nothing_shown, "There is no picture on that message"),
    "another file": (says_a_text_file, "There is no picture on that message"),
    "somebody's own server": (says_a_link, "There is no picture on that message"),
    "too large": (says_what_is_too_large, "That picture is too large"),
    "the Integrations page": (forbids, "No workflow of this server takes a picture"),
    "switched off": (disables, "No workflow of this server takes a picture"),
}


@in_module_loop
@pytest.mark.parametrize(("happens", "words"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_cannot_be_run_on_is_refused(
    room: Atelier, happens: Callable[[Atelier], Awaitable[Message]], words: str
) -> None:
    await room.publish(fixture("blur"))
    refused = await on_image(room, await happens(room))
    assert refused.ephemeral
    assert text(refused).startswith(words)
    assert not refused.components


@in_module_loop
async def test_only_workflows_of_this_server_that_take_a_picture_are_offered(room: Atelier) -> None:
    elsewhere = room.open_place("Elsewhere")
    await room.publish(fixture("blur"), place=elsewhere)
    await room.publish(workflow(blank(), name="Blank"))
    message = await room.place.other.say(room.channel, "", [PHOTO])
    assert text(await on_image(room, message)).startswith("No workflow of this server takes a picture")


@in_module_loop
async def test_direct_messages_say_that_workflows_belong_to_servers(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    message = await room.place.member.say(room.place.member.dm, "", [PHOTO])
    assert text(await on_image(room, message)).startswith("Workflows belong to servers.")
    use = await room.place.member.context(room.place.member.dm, AVATAR, room.place.member.user)
    assert text(await room.answer(use)).startswith("Workflows belong to servers.")


@in_module_loop
async def test_a_workflow_that_went_meanwhile_is_told(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    picker = await on_image(room, await room.place.other.say(room.channel, "", [PHOTO]))
    report = await room.answer(await room.place.admin.slash(room.channel, "workflow remove", {"name": "fog-glass"}))
    await room.place.admin.press(report, next(label for label in buttons(report) if "Remove" in label))
    await room.discord.until(lambda: "fog-glass" not in room.place.guild.commands)
    assert text(await choose(room, picker, "fog-glass")).startswith("That workflow was removed")


@in_module_loop
async def test_a_picture_that_went_meanwhile_is_told(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    message = await room.place.other.say(room.channel, "", [PHOTO])
    picker = await on_image(room, message)
    room.discord.messages.delete(message)
    assert text(await choose(room, picker, "fog-glass")).startswith("That picture is gone")
    room.refusals()


# What it does


@in_module_loop
async def test_a_picture_of_somebody_else_is_run_on(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    message = await room.place.other.say(room.channel, "my cat", [LARGER])
    picker = await on_image(room, message)
    assert picker.ephemeral
    assert list(menus(picker)) == ["Workflow"]
    assert picker.embeds[0]["thumbnail"]["url"].startswith(room.discord.url)
    form = await choose(room, picker, "fog-glass")
    assert "larger.png" in text(form)
    card = await run(room, form)
    (given,) = asked(room, card)
    assert (given["name"], given["filename"]) == ("photo", "larger.png")
    assert given["source"] == f"{message.channel.id}/{message.id}/{message.files[0].id}"
    assert (card.attachments[0].width, card.attachments[0].height) == (40, 30)


@in_module_loop
async def test_of_several_pictures_one_is_chosen(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    message = await room.place.other.say(room.channel, "", [PHOTO, ("notes.txt", b"words"), LARGER])
    picker = await on_image(room, message)
    assert menus(picker)["Picture"] == ["1 · photo.png", "2 · larger.png"]
    assert len(picker.embeds) == 2
    await room.place.member.select(picker, "Picture", ["2 · larger.png"])
    await room.discord.until(lambda: str(message.files[2].id) in custom_id(picker, "Workflow"))
    assert "larger.png" in text(await choose(room, picker, "fog-glass"))


@in_module_loop
async def test_what_an_embed_shows_from_discords_own_store_counts(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    message = await room.place.other.say(room.channel, "", [LARGER])
    message.embeds = [{"title": "shown", "image": {"url": "attachment://larger.png"}}]
    message.shown_in_place = {message.files[0].id}
    assert "larger.png" in text(await choose(room, await on_image(room, message), "fog-glass"))


@in_module_loop
async def test_covered_pictures_stay_covered(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    message = await room.place.other.say(room.channel, "", [("SPOILER_end.png", PHOTO[1])])
    picker = await on_image(room, message)
    assert "thumbnail" not in picker.embeds[0]
    assert picker.embeds[0]["title"] == "end.png"
    assert "end.png" in text(await choose(room, picker, "fog-glass"))


def face(colour: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(stream, "PNG")
    return stream.getvalue()


FACES = {"Discord's own": (None, None, 256), "theirs": ("#ff0000", None, 32), "on this server": (None, "#00ff00", 32)}


@in_module_loop
@pytest.mark.parametrize(("own", "here", "side"), FACES.values(), ids=FACES.keys())
async def test_an_avatar_is_run_on(room: Atelier, own: str | None, here: str | None, side: int) -> None:
    await room.publish(fixture("blur"))
    target = room.place.other
    target.user.avatar = room.discord.cdn.store("face.png", face(own), 0) if own else None
    target.avatar = room.discord.cdn.store("face.png", face(here), 0) if here else None
    picker = await room.answer(await room.place.member.context(room.channel, AVATAR, target))
    card = await run(room, await choose(room, picker, "fog-glass"))
    assert card.attachments[0].width == side
    (given,) = asked(room, card)
    assert (given["filename"], given["source"]) == ("avatar.png", "")
    assert picker.embeds[0]["title"] == "Cy"


async def many(atelier: Atelier, count: int) -> None:
    """Publish so many workflows that take a picture."""
    await atelier.publish(fixture("blur"))
    async with atelier.catalog() as catalog:
        inputs = (await catalog.of_guild(atelier.place.guild.id))[0].inputs
    document = json.loads(fixture("blur"))
    for number in range(count):
        planted = await atelier.plant(f"w{number:02}", (document, inputs), has_command=False)
        async with atelier.catalog() as catalog:
            await catalog.set_enabled(planted.workflow_id, True)


@in_module_loop
async def test_more_than_a_menu_holds_is_shown_in_pages(room: Atelier) -> None:
    await many(room, 26)
    picker = await on_image(room, await room.place.other.say(room.channel, "", [PHOTO, LARGER]))
    (menu,) = [name for name in menus(picker) if name != "Picture"]
    assert menu.startswith("Workflows 1 to 25 of 27.")
    await room.place.member.press(picker, "More workflows")
    await room.discord.until(lambda: any("26 to 27" in name for name in menus(picker)))
    # The chosen picture stays chosen from page to page.
    await room.place.member.select(picker, "Picture", ["2 · larger.png"])
    await room.discord.until(lambda: len(picker.edits) == 2)
    (menu,) = [name for name in menus(picker) if name != "Picture"]
    assert menu.startswith("Workflows 26 to 27")
    form = await room.answer(await room.place.member.select(picker, custom_id(picker, menu), ["w25"]))
    assert "larger.png" in text(form)


async def test_it_outlives_a_restart(atelier: Atelier) -> None:
    await atelier.publish(fixture("blur"))
    message = await atelier.place.other.say(atelier.channel, "", [PHOTO, LARGER])
    picker = await on_image(atelier, message)
    await atelier.restart()
    await atelier.place.member.select(picker, "Picture", ["2 · larger.png"])
    await atelier.discord.until(lambda: len(picker.edits) == 1)
    atelier.channel.overwrite(atelier.place.guild.bot, deny=Permissions.READ_MESSAGE_HISTORY)
    form = await choose(atelier, picker, "fog-glass")
    assert "larger.png" in text(form)
    atelier.refusals()


async def test_the_menus_are_told_to_discord(atelier: Atelier) -> None:
    assert {(c["name"], c["type"]) for c in atelier.discord.global_commands.values() if c["type"] != 1} == {
        (IMAGE, 3),
        (AVATAR, 2),
    }
