"""The attachment CDN: sanitized names, signed URLs that expire, bytes."""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
import re
import struct
from collections import deque
from dataclasses import dataclass, field
from pathlib import PurePath
from secrets import token_bytes

from aiohttp import web

from bot.playground.discord.state import StoredAttachment
from bot.playground.discord.world import World

URL_LIFE = 24 * 3600  # Discord's signed attachment URLs live about a day
MOST_GIVEN = 256 * 1024 * 1024  # bytes of what was given to the bot and is on no message
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def sanitize(name: str) -> str:
    """Discord keeps ASCII letters, digits and `_.-`; spaces become `_`, the rest is dropped."""
    kept = re.sub(r"[^A-Za-z0-9_.\-]", "", PurePath(name).name.replace(" ", "_"))
    stem, dot, suffix = kept.rpartition(".")
    if dot and not stem.strip("."):
        return f"unknown.{suffix}" if suffix else "unknown"
    return kept.lstrip(".") or "unknown"


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, WebP or JPEG, read from its header."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if data[:4] == b"GIF8" and len(data) >= 10:
        return struct.unpack("<HH", data[6:10])
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp_size(data)
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    return None


def _webp_size(data: bytes) -> tuple[int, int]:
    if data[12:16] == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _JPEG_SIZES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


@dataclass(eq=False, repr=False)
class Cdn:
    """Stores files and serves them by URLs that nobody can make up.

    What is on a message stays for as long as this runs, in memory: a few hundred pictures are a few hundred MB.
    """

    world: World
    key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    most_given: int = MOST_GIVEN
    _given: deque[StoredAttachment] = field(default_factory=deque[StoredAttachment])

    def store(self, name: str, data: bytes, channel_id: int, *, ephemeral: bool = False) -> StoredAttachment:
        filename = sanitize(name)
        kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        size = picture_size(data)
        file_id = self.world.snowflake()
        folder = "ephemeral-attachments" if ephemeral else "attachments"
        stored = StoredAttachment(
            file_id,
            filename,
            data,
            kind,
            path=f"/{folder}/{channel_id}/{file_id}/{filename}",
            width=size[0] if size else None,
            height=size[1] if size else None,
            ephemeral=ephemeral,
        )
        self.world.files[file_id] = stored
        return stored

    def store_given(self, name: str, data: bytes) -> StoredAttachment:
        """Store what a person gives to the bot; Discord keeps that for a while, and here the newest of it is kept."""
        stored = self.store(name, data, self.world.bot.id, ephemeral=True)
        self._given.append(stored)
        held = sum(item.size for item in self._given)
        while held > self.most_given and len(self._given) > 1:
            oldest = self._given.popleft()
            held -= oldest.size
            oldest.removed, oldest.data = True, b""
        return stored

    def sign(self, item: StoredAttachment) -> str:
        issued = int(self.world.clock.now())
        expires = f"{issued + URL_LIFE:x}"
        seal = self._seal(item.path, expires, f"{issued:x}")
        return f"{self.world.cdn_url}{item.path}?ex={expires}&is={issued:x}&hm={seal}&"

    def _seal(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self.key, f"{path} {expires} {issued}".encode(), hashlib.sha256).hexdigest()

    async def serve(self, request: web.Request) -> web.Response:
        item = self.world.files.get(int(request.match_info["file_id"]))
        if item is None or item.removed or item.path != request.path or not self._fresh(request):
            raise web.HTTPNotFound(text="This content is no longer available.")
        return web.Response(body=item.data, content_type=item.content_type)

    def _fresh(self, request: web.Request) -> bool:
        expires, issued = request.query.get("ex", ""), request.query.get("is", "")
        given = request.query.get("hm", "").encode("utf-8", "replace")
        if not hmac.compare_digest(self._seal(request.path, expires, issued).encode(), given):
            return False
        return int(expires, 16) > self.world.clock.now()

    def routes(self) -> list[web.RouteDef]:
        places = ("attachments", "ephemeral-attachments")
        return [web.get(f"/{p}/{{channel_id}}/{{file_id:\\d{{1,20}}}}/{{name}}", self.serve) for p in places]
