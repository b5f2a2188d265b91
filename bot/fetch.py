"""Fetch what a member gave, with a limit on its size."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from bot.addresses import Web, require_size
from bot.jobs import Attachment
from workflows.errors import InputError, Unfetched
from workflows.texts import say

__all__ = ["DISCORD_HOSTS", "WEB", "Fetcher", "require_size"]

#: Where Discord keeps files.
DISCORD_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
#: The source of an attachment that comes from an address on the web.
WEB = "web"


class Fetcher:
    """Get the bytes of attachments: from Discord's CDN, from the web, or, for the terminal, from a file."""

    def __init__(
        self, http: httpx.AsyncClient, limit: int, web: Web, own_hosts: Collection[str] = DISCORD_HOSTS
    ) -> None:
        self.web = web
        self._http = http
        self._limit = limit
        self._own_hosts = frozenset(own_hosts)

    async def fetch(self, attachment: Attachment) -> bytes:
        """Return the attachment's bytes. Raises InputError, which names the input, or Unfetched."""
        require_size(attachment.name, attachment.size, self._limit)
        if attachment.source == WEB:
            return await self.web.fetch(attachment.name, attachment.url)
        parts = urlsplit(attachment.url)
        if parts.scheme == "file":
            return await self._read_file(attachment)
        if parts.hostname not in self._own_hosts:
            raise InputError(attachment.name, say("files-elsewhere"))
        try:
            async with self._http.stream("GET", attachment.url) as response:
                if response.status_code in {401, 403, 404, 410}:
                    # Discord signs these URLs for about a day.
                    raise InputError(attachment.name, say("files-gone"))
                if response.status_code != 200:
                    raise Unfetched(f"attachment: {response.status_code}")
                return await self._read(response, attachment)
        except httpx.TransportError as error:
            raise Unfetched(f"attachment: {type(error).__name__}") from error

    async def _read_file(self, attachment: Attachment) -> bytes:
        path = Path(unquote(urlsplit(attachment.url).path))
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            why = {"path": str(path), "reason": error.strerror or "?"}
            raise InputError(attachment.name, say("files-unreadable", **why)) from error
        require_size(attachment.name, len(data), self._limit)
        return data

    async def _read(self, response: httpx.Response, attachment: Attachment) -> bytes:
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            require_size(attachment.name, len(data), self._limit)
        return bytes(data)
