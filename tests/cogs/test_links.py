"""Links in place of files: what leads to a picture that whoever gives it may see, and what each other one is told."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from bot.addresses import Web
from bot.config import InputSettings
from bot.playground.discord import Message, Permissions
from cogs._links import attachment_from
from tests.cogs.atelier import PHOTO, Atelier, Field, blank, fixture, in_module_loop, node, picture, text, workflow
from workflows.errors import InputError

VIEW, HISTORY = int(Permissions.VIEW_CHANNEL), int(Permissions.READ_MESSAGE_HISTORY)


def link(message: Message, host: str = "discord.com") -> str:
    guild = message.channel.guild.id if message.channel.guild else "@me"
    return f"https://{host}/channels/{guild}/{message.channel.id}/{message.id}"


async def answered(room: Atelier, address: str) -> str:
    """Run a command on what an address leads to, and return its answer."""
    return text(await room.run("fog-glass", {"from_url": address}))


async def result(room: Atelier) -> Message:
    """A card with one result."""
    await room.publish(fixture("blur"))
    return await room.over(await room.run("fog-glass", {"photo": PHOTO}))


def two_sizes() -> dict[str, Any]:
    sizes = [Field("width", 48, exposed=False), Field("height", 24, exposed=False)]
    return workflow(blank(), node("large", "blank_image", *sizes), name="Two sizes")


# What is fine


@in_module_loop
async def test_a_result_of_ones_own_however_its_link_is_written(room: Atelier) -> None:
    card = await result(room)
    for host in ("discord.com", "ptb.discord.com", "canary.discord.com", "discordapp.com"):
        for address in (link(card, host), f" <{link(card, host)}> ", link(card, host) + "#1"):
            made = await room.over(await room.run("fog-glass", {"from_url": address}))
            assert len(made.attachments) == 1, text(made)
            assert made is not card
    await room.tidy()


@in_module_loop
async def test_the_second_of_several(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    await room.publish(two_sizes())
    card = await room.over(await room.run("two-sizes"))
    sizes = [(file.width, file.height) for file in card.attachments]
    assert len(sizes) == 2
    for number, size in enumerate(sizes, 1):
        made = await room.over(await room.run("fog-glass", {"from_url": f"{link(card)}#{number}"}))
        assert [(file.width, file.height) for file in made.attachments] == [size]
    assert "**from_url**: that message has 2 pictures; # goes up to 2." in await answered(room, link(card) + "#3")
    assert "# goes up to 2." in await answered(room, link(card) + "#0")
    await room.tidy()


@in_module_loop
async def test_another_members_message_that_mentions_the_bot(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    bot = room.place.guild.bot
    said = await room.place.other.say(room.channel, f"<@{bot.id}> look", [("x.png", picture((30, 20)))])
    made = await room.over(await room.run("fog-glass", {"from_url": link(said)}))
    assert [(file.width, file.height) for file in made.attachments] == [(30, 20)]
    # It was a member who called the bot, and nobody whom the bot did.
    said.pings.clear()
    await room.tidy()


# What is not


async def by_another(room: Atelier) -> str:
    return link(await room.place.other.say(room.channel, "look", [PHOTO]))


async def elsewhere(room: Atelier) -> str:
    place = room.open_place("Elsewhere")
    return link(await place.admin.say(place.channel, "look", [PHOTO]))


async def gone(room: Atelier) -> str:
    address = link(await room.place.other.say(room.channel, "look", [PHOTO]))
    return address.rpartition("/")[0] + "/1"


async def no_channel(room: Atelier) -> str:
    return f"https://discord.com/channels/{room.place.guild.id}/1/1"


async def hidden_from_the_member(room: Atelier) -> str:
    return await in_a_channel(room, VIEW)


async def history_hidden_from_the_member(room: Atelier) -> str:
    return await in_a_channel(room, HISTORY)


async def in_a_channel(room: Atelier, denied: int) -> str:
    """A result where the bot, and an admin, may look, but the member may not."""
    secret = room.place.guild.add_channel("secret")
    secret.overwrite(room.place.member, deny=denied)
    use = await room.place.admin.slash(secret, "fog-glass", {"photo": PHOTO})
    return link(await room.over(await room.answer(use)))


async def hidden_from_the_bot(room: Atelier) -> str:
    secret = room.place.guild.add_channel("secret")
    said = await room.place.other.say(secret, "look", [PHOTO])
    secret.overwrite(room.place.guild.bot, deny=VIEW)
    return link(said)


async def without_a_picture(room: Atelier) -> str:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    card = await room.shows(await room.run("blank"), "🎨")
    await room.place.member.press(card, "Cancel")
    await room.invoke.resume()
    return link(await room.over(card))


async def anothers_direct_messages(room: Atelier) -> str:
    return link(await room.place.other.say(room.place.other.dm, "look", [PHOTO]))


async def any_site(_room: Atelier) -> str:
    return "https://example.org/a.png"


async def no_address(_room: Atelier) -> str:
    return "the red one"


UNSEEN = "you cannot see that message, or I cannot"
REFUSED: dict[str, tuple[Callable[[Atelier], Awaitable[str]], str]] = {
    "another member's": (by_another, "Use **Run on this image** on that message"),
    "another server's": (elsewhere, "that message is on another server"),
    "gone": (gone, "that message is gone"),
    "no such channel": (no_channel, UNSEEN),
    "hidden from the member": (hidden_from_the_member, UNSEEN),
    "its history hidden from the member": (history_hidden_from_the_member, UNSEEN),
    "hidden from the bot": (hidden_from_the_bot, UNSEEN),
    "without a picture": (without_a_picture, "that message has no picture"),
    "another's direct messages": (anothers_direct_messages, UNSEEN),
    "a site": (any_site, "Give the link of a message on Discord that has one."),
    "no address": (no_address, "Give the link of a message on Discord that has one."),
}


@in_module_loop
@pytest.mark.parametrize(("make", "words"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_leads_to_no_picture_is_told_by_the_name_of_its_input(
    room: Atelier, make: Callable[[Atelier], Awaitable[str]], words: str
) -> None:
    await room.publish(fixture("blur"))
    address = await make(room)
    before = room.invoke.batches
    told = await room.run("fog-glass", {"from_url": address})
    assert told.ephemeral
    assert text(told).startswith("**from_url**: ")
    assert words in text(told)
    assert room.invoke.batches == before
    room.refusals()


# Other addresses


def asked(*hosts: str) -> Any:
    """An interaction of a bot that allows these hosts: no more of it is looked at for an address on the web."""
    settings = SimpleNamespace(inputs=InputSettings(hosts=hosts))
    fetcher = SimpleNamespace(web=Web(hosts, 1, 1))
    return SimpleNamespace(client=SimpleNamespace(engine=SimpleNamespace(settings=settings, fetcher=fetcher)))


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.discordapp.com/attachments/1/2/a%20b.png?ex=1&is=2&hm=3",
        "<https://media.discordapp.net/attachments/1/2/a%20b.png?width=100>",
    ],
)
async def test_an_address_of_discords_own_is_taken_as_it_is(address: str) -> None:
    found = await attachment_from(asked(), "picture", address)
    assert (found.name, found.filename, found.source) == ("picture", "a b.png", "")
    assert found.url == address.strip("<>")


async def test_an_allowed_address_is_fetched_later() -> None:
    found = await attachment_from(asked("*.example.org"), "picture", "https://a.example.org/b/c.png?d=e")
    assert (found.filename, found.url, found.source) == ("c.png", "https://a.example.org/b/c.png?d=e", "web")
    assert (await attachment_from(asked("a.org"), "picture", "http://a.org")).filename == "picture"


WRONG = {
    "none allowed": ((), "https://example.org/a.png", "message on Discord that has one."),
    "another host": (("example.org",), "https://example.com/a.png", "`example.com` is none of example.org"),
    "Discord's without its lock": ((), "http://cdn.discordapp.com/attachments/1/2/a.png", "message on Discord"),
    "Discord's look-alike": ((), "https://cdn.discordapp.com.example.org/a.png", "message on Discord"),
    "Discord's by a login": ((), "https://cdn.discordapp.com@example.org/a.png", "message on Discord"),
    "Discord's at another port": ((), "https://cdn.discordapp.com:8443/a.png", "message on Discord"),
    "a file": (("example.org",), "file:///etc/passwd", "or an address on example.org."),
    "words": (("example.org", "*.a.org"), "the red one", "or an address on example.org, *.a.org."),
    "nothing that can be read": (("example.org",), "https://[::1", "or an address on example.org."),
    "a message without its end": (("example.org",), "https://discord.com/channels/1/2", "`discord.com` is none of"),
}


@pytest.mark.parametrize(("hosts", "address", "words"), WRONG.values(), ids=WRONG.keys())
async def test_what_is_not_fetched_says_what_may_be(hosts: tuple[str, ...], address: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        await attachment_from(asked(*hosts), "picture", address)
    assert str(refused.value).startswith("**picture**: ")
    assert words in str(refused.value)
