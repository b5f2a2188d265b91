"""What keeps other sites, and what people upload, away from the page."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
#: For what people attached: whatever it is, it runs nothing.
SANDBOX = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
#: What a browser shows by itself without running anything; the rest is downloaded.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "video/mp4", "video/webm"})


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on every answer; one that brings its own keeps it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def guard(host: str) -> Middleware:
    """Return a middleware that answers only to this machine's names, and only to pages of ours.

    A foreign name that points here (DNS rebinding) stands in `Host`; a foreign page that asks stands in `Origin`.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        named = request.headers.get("Host", "")
        if not _is_ours(named, host):
            raise web.HTTPMisdirectedRequest(text="The playground answers to its address alone.")
        origin = request.headers.get("Origin")
        if origin is not None and _netloc(origin) != named.lower():
            raise web.HTTPForbidden(text="The playground answers to its own page alone.")
        return await handler(request)

    return check


def _is_ours(named: str, host: str) -> bool:
    try:
        name = urlsplit(f"//{named}").hostname or ""
    except ValueError:
        return False
    return name in {"localhost", host.lower()} or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _netloc(origin: str) -> str | None:
    parts = origin.lower().partition("://")
    return parts[2] if parts[0] in ("http", "https") else None


def sandboxed(handler: Handler) -> Handler:
    """Serve what people attached: pictures and videos as they are, the rest as a download."""

    async def serve(request: web.Request) -> web.StreamResponse:
        response = await handler(request)
        assert isinstance(response, web.Response)
        response.headers["Content-Security-Policy"] = SANDBOX
        if response.content_type not in SHOWN:
            response.headers["Content-Disposition"] = "attachment"
        return _part(request, response)

    return serve


def _part(request: web.Request, response: web.Response) -> web.Response:
    """Cut out what was asked for: browsers play a video from its middle so."""
    response.headers["Accept-Ranges"] = "bytes"
    body = response.body
    try:
        wanted = request.http_range
    except ValueError:
        return response
    if not isinstance(body, bytes) or wanted == slice(None, None, 1):
        return response
    start, stop, _ = wanted.indices(len(body))
    if start >= stop:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{len(body)}"})
    response.set_status(206)
    response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
    response.body = body[start:stop]
    return response
