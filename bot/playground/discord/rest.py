"""The door of the HTTP API: faults, token, rate limits, errors as JSON, the log."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from aiohttp import BodyPartReader, hdrs, web

from bot.playground.discord import errors
from bot.playground.discord.errors import DiscordError
from bot.playground.discord.faults import Faults, Handler
from bot.playground.discord.limits import MAJOR, Limits
from bot.playground.discord.state import Json
from bot.playground.discord.world import Refusal, Request, World

PREFIX = "/api/v10"
REQUEST_LIMIT = 25 * 1024 * 1024  # documented for Create Message; larger bodies are answered with 413


@dataclass(eq=False)
class Upload:
    """One file of a multipart body."""

    index: int
    filename: str
    data: bytes


@dataclass(eq=False)
class Body:
    json: Any
    uploads: list[Upload]


def as_dict(value: Any) -> Json | None:
    return cast("Json", value) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any] | None:
    return cast("list[Any]", value) if isinstance(value, list) else None


def reply(data: Any, status: int = 200) -> web.Response:
    # discord.py takes a body for JSON only if the content type has no charset.
    return web.Response(body=json.dumps(data).encode(), status=status, content_type="application/json")


def nothing() -> web.Response:
    return web.Response(status=204)


async def read_body(request: web.Request) -> Body:
    """JSON, or multipart with `payload_json` and `files[n]`."""
    if (request.content_length or 0) > REQUEST_LIMIT:
        # Unread bytes would make the client see a broken pipe in place of the answer.
        async for _ in request.content.iter_chunked(1 << 20):
            pass
        raise errors.too_large()
    if request.content_type.startswith("multipart/"):
        return await _read_multipart(request)
    raw = await request.read()
    return Body(_parse(raw) if raw else {}, [])


async def _read_multipart(request: web.Request) -> Body:
    payload: Any = {}
    uploads: list[Upload] = []
    total = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        total += len(data)
        name = part.name or ""
        if name == "payload_json":
            payload = _parse(data)
        elif name.startswith("files["):
            uploads.append(Upload(int(name[6:-1]), part.filename or "unknown", data))
    if total > REQUEST_LIMIT:
        raise errors.too_large()
    return Body(payload, uploads)


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise errors.bad_json() from None


@dataclass(eq=False, repr=False)
class Door:
    """Every API call passes here."""

    world: World
    faults: Faults
    limits: Limits
    token: str

    @web.middleware
    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(PREFIX):
            return await handler(request)
        serve = partial(self._pass, handler=handler)
        return await (self.faults.around(request, serve) if self.faults.around else serve(request))

    async def _pass(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        route = _route(request)
        names = (f"{request.method} {request.path.removeprefix(PREFIX)}", f"{request.method} {route}")
        if self.faults.cuts(*names) and request.transport is not None:
            request.transport.abort()
            return nothing()
        try:
            response = await self._answer(request, handler, route, names)
        except DiscordError as error:
            self._note_refusal(request, route, error.status, error.body)
            response = reply(error.body, error.status)
            response.headers.update(error.headers)
        except Exception as error:
            self._note_refusal(request, route, 500, {"code": 0, "message": repr(error)})
            raise
        response.headers["Via"] = "1.1 google"
        self.world.requests.append(Request(request.method, route, response.status))
        self.world.changed()
        if self.faults.loses_answer(*names) and request.transport is not None:
            request.transport.abort()
        return response

    async def _answer(
        self, request: web.Request, handler: Handler, route: str, names: tuple[str, ...]
    ) -> web.StreamResponse:
        await self.faults.before(*names)
        by_token = "token" in request.match_info
        if not by_token:
            self._authorize(request)
        majors = "+".join(request.match_info[m] for m in MAJOR if m in request.match_info)
        headers: dict[str, str] = {}
        if not route.startswith("/interactions"):
            headers = self.limits.take(f"{request.method} {route}", majors, counts_globally=not by_token)
        try:
            response = await handler(request)
        except DiscordError as error:
            error.headers = {**headers, **error.headers}
            raise
        except web.HTTPException as error:
            raise DiscordError(error.status, 0, f"{error.status}: {error.reason}") from error
        response.headers.update(headers)
        return response

    def _note_refusal(self, request: web.Request, route: str, status: int, body: Json) -> None:
        path = request.path.removeprefix(PREFIX)
        self.world.refused.append(Refusal(request.method, route, path, status, body))
        self.world.changed()

    def _authorize(self, request: web.Request) -> None:
        given = request.headers.get(hdrs.AUTHORIZATION, "")
        if not hmac.compare_digest(given.encode(), f"Bot {self.token}".encode()):
            raise errors.unauthorized()


def _route(request: web.Request) -> str:
    """The template of the route, so that calls can be counted whatever their ids."""
    resource = request.match_info.route.resource
    return (resource.canonical if resource is not None else request.path).removeprefix(PREFIX)
