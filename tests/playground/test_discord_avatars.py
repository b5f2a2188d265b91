"""People's pictures of themselves, as the local Discord serves them."""

import aiohttp
import pytest

from bot.playground.discord import LocalDiscord
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
