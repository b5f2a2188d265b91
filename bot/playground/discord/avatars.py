"""People's pictures of themselves, and Discord's own for those who have none."""

from __future__ import annotations

import io
from dataclasses import dataclass

from aiohttp import web
from PIL import Image

from bot.playground.discord.state import StoredAttachment
from bot.playground.discord.world import World

#: Discord's own, by the person's id; they are as large as this.
_COLOURS = ("#5865f2", "#757e8a", "#3ba55c", "#faa61a", "#ed4245", "#eb459f")
_SIDE = 256
_MOST_SIDE = 4096


@dataclass(eq=False, repr=False)
class Avatars:
    """Serves them where Discord does; the addresses are not signed."""

    world: World

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/avatars/{user_id:\\d{1,20}}/{key:[0-9a-f]{32}}.{kind}", self.own),
            web.get(
                "/guilds/{guild_id:\\d{1,20}}/users/{user_id:\\d{1,20}}/avatars/{key:[0-9a-f]{32}}.{kind}", self.here
            ),
            web.get("/embed/avatars/{number:[0-5]}.png", self.default),
        ]

    async def own(self, request: web.Request) -> web.Response:
        person = self.world.users.get(int(request.match_info["user_id"]))
        return _served(request, person.avatar if person else None)

    async def here(self, request: web.Request) -> web.Response:
        guild = self.world.guilds.get(int(request.match_info["guild_id"]))
        member = guild.members.get(int(request.match_info["user_id"])) if guild else None
        return _served(request, member.avatar if member else None)

    async def default(self, request: web.Request) -> web.Response:
        stream = io.BytesIO()
        colour = _COLOURS[int(request.match_info["number"])]
        Image.new("RGB", (_SIDE, _SIDE), colour).save(stream, "PNG")
        return web.Response(body=stream.getvalue(), content_type="image/png")


def _served(request: web.Request, stored: StoredAttachment | None) -> web.Response:
    if stored is None or f"{stored.id:032x}" != request.match_info["key"]:
        raise web.HTTPNotFound
    side = request.query.get("size", "")
    wanted = int(side) if side.isdecimal() and len(side) <= len(str(_MOST_SIDE)) else _MOST_SIDE
    if stored.width and stored.height and 0 < wanted < max(stored.width, stored.height):
        return web.Response(body=_smaller(stored.data, wanted), content_type="image/png")
    return web.Response(body=stored.data, content_type=stored.content_type)


def _smaller(data: bytes, side: int) -> bytes:
    stream = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.thumbnail((side, side))
        picture.save(stream, "PNG")
    return stream.getvalue()
