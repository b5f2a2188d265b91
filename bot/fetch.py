"""Fetch what a member attached, with a limit on its size."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from bot.jobs import Attachment
from workflows.errors import InputError, Unfetched


class Fetcher:
    """Get the bytes of attachments: from Discord's CDN, or, for a run from the terminal, from a file."""

    def __init__(self, http: httpx.AsyncClient, limit: int) -> None:
        self._http = http
        self._limit = limit

    async def fetch(self, attachment: Attachment) -> bytes:
        """Return the attachment's bytes. Raises InputError, which names the input, or Unfetched."""
        require_size(attachment.name, attachment.size, self._limit)
        if attachment.url.startswith("file:"):
            return await self._read_file(attachment)
        try:
            async with self._http.stream("GET", attachment.url) as response:
                if response.status_code in {401, 403, 404, 410}:
                    # Discord signs these URLs for about a day.
                    raise InputError(attachment.name, "that file is no longer there. Please attach it again.")
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
            raise InputError(attachment.name, f"{path} cannot be read: {error.strerror}.") from error
        require_size(attachment.name, len(data), self._limit)
        return data

    async def _read(self, response: httpx.Response, attachment: Attachment) -> bytes:
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            require_size(attachment.name, len(data), self._limit)
        return bytes(data)


def require_size(name: str, size: int, limit: int) -> None:
    """Raise InputError for input `name` if a file has more bytes than may be given."""
    if size > limit:
        raise InputError(name, f"that file is too large; up to {limit // 2**20} MiB are fine.")
