"""People's pictures of themselves, as the local Discord serves them."""

import io

import aiohttp
import pytest
from PIL import Image

from bot.playground.discord import LocalDiscord
from bot.playground.discord.cdn import picture_size
from tests.cogs.atelier import picture


@pytest.mark.parametrize(
    "path", ["avatars/{user}/{other}.png", "guilds/{guild}/users/{user}/avatars/{key}.png", "embed/avatars/6.png"]
)
async def test_what_nobody_has_is_not_there(path: str) -> None:
    status, _ = await fetched(path)
    assert status == 404


THERE = {
    "theirs": ("avatars/{user}/{key}.png?size=1024", picture()),
    "on one server": ("guilds/{guild}/users/{other_user}/avatars/{key}.png", picture()),
    "Discord's own": ("embed/avatars/5.png", None),
}


@pytest.mark.parametrize(("path", "data"), THERE.values(), ids=THERE.keys())
async def test_avatars_are_served_where_discord_does(path: str, data: bytes | None) -> None:
    status, body = await fetched(path)
    assert status == 200
    assert body.startswith(b"\x89PNG")
    assert data in (None, body)


@pytest.mark.parametrize(("size", "side"), [("16", 16), ("4096", 64), ("0", 64), ("x", 64), ("", 64)])
async def test_avatars_come_as_small_as_they_are_asked_for(size: str, side: int) -> None:
    async with LocalDiscord() as local, aiohttp.ClientSession() as session:
        person = local.add_guild("Avatars").add_member("Ada").user
        person.avatar = local.cdn.store("face.png", painted(64), 0)
        address = f"{local.url}/avatars/{person.id}/{person.avatar.id:032x}.png"
        async with session.get(address, params={"size": size}) as answer:
            assert picture_size(await answer.read()) == (side, side)


def painted(side: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(stream, "PNG")
    return stream.getvalue()


async def fetched(path: str) -> tuple[int, bytes]:
    """Ask for a file of a server with two people, of whom one has a picture, and one has one there."""
    async with LocalDiscord() as local, aiohttp.ClientSession() as session:
        guild = local.add_guild("Avatars")
        one, other = guild.add_member("Ada"), guild.add_member("Bo")
        one.user.avatar = other.avatar = local.cdn.store("face.png", picture(), 0)
        ids = {"user": one.id, "other_user": other.id, "guild": guild.id, "other": "0" * 32}
        filled = path.format(key=f"{one.user.avatar.id:032x}", **ids)
        async with session.get(f"{local.url}/{filled}") as answer:
            return answer.status, await answer.read()
