"""One InvokeAI over HTTP: its login, the one road out, and the reading of what comes back.

Source of the ways round the server's traps (identity encoding, content types, tokens that refresh): runs against
InvokeAI 6.14.2.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from workflows._json import mapping, sequence
from workflows.errors import AuthError, Broken, Forbidden, NotFound, Oversized, Rejected, Unavailable
from workflows.models import LoginAnswer

#: The server stalls for half a second at each item's start, and decodes large uploads for seconds.
TIMEOUT = httpx.Timeout(60, connect=10)

#: What a part of a path may be: names come from documents too, and those may be anybody's.
_NAME = re.compile(r"(?!\.{1,2}$)[\w.-]+")
_UNAVAILABLE = frozenset({408, 409, 425, 429})
T = TypeVar("T")


@dataclass(frozen=True)
class Credentials:
    """InvokeAI's login in multi-user mode."""

    username: str
    password: str = field(repr=False)


def open_http(url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Open the connection pool that an InvokeClient is lent."""
    # With gzip some of the server's answers turn into a 500 after the action was done.
    headers = {"accept-encoding": "identity"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT, trust_env=False, transport=transport)


class Connection:
    """Send requests to one InvokeAI, logged in where that is asked for.

    Every method raises a BackendError: Unavailable where the same call may work later, Rejected where it will not.
    """

    def __init__(self, http: httpx.AsyncClient, credentials: Credentials | None = None) -> None:
        self._http = http
        self._credentials = credentials
        self._token: str | None = None
        self._logging_in = asyncio.Lock()

    async def token(self) -> str | None:
        """Return the current login token, logging in first where that is configured and not yet done."""
        async with self._logging_in:
            if self._credentials and not self._token:
                await self._login(self._credentials)
        return self._token

    def forget_token(self) -> None:
        """Log in again before the next call: the backend did not take the token that it gave."""
        self._token = None

    async def _login(self, credentials: Credentials) -> None:
        body = {"email": credentials.username, "password": credentials.password, "remember_me": True}
        response = await self._send("POST", "/api/v1/auth/login", json=body)
        if response.status_code in {400, 401, 403, 422}:
            raise AuthError(f"the login of {credentials.username} was refused ({response.status_code})")
        self._token = read(LoginAnswer, decode(_checked(response, "application/json"))).token

    async def _json(self, method: str, path: str, **options: Any) -> Any:
        return decode(await self._request(method, path, **options))

    async def _gone(self, method: str, path: str) -> None:
        try:
            await self._request(method, path)
        except NotFound:
            return

    async def _request(
        self, method: str, path: str, *, kind: str = "application/json", **options: Any
    ) -> httpx.Response:
        """Send one request, logged in where needed, and return its checked answer."""
        token = await self.token()
        response = await self._send(method, path, token, **options)
        if response.status_code == 401 and self._credentials:
            if self._token == token:
                self._token = None
            response = await self._send(method, path, await self.token(), **options)
        # The server hands a fresh token with every change: whoever adopts it is never logged out.
        self._token = response.headers.get("x-refreshed-token", self._token)
        return _checked(response, kind)

    async def _send(
        self, method: str, path: str, token: str | None = None, *, most: int | None = None, **options: Any
    ) -> httpx.Response:
        """Send one request and return its answer; of a body of more than `most` bytes, no more is read."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if self._http.is_closed:
            raise Unavailable(f"{method} {path}: this connection was closed")
        try:
            if most is None:
                response = await self._http.request(method, path, headers=headers, **options)
                # It and its stream hold each other: whole pictures would stay until the garbage collector comes by.
                response.stream = httpx.ByteStream(b"")
                return response
            async with self._http.stream(method, path, headers=headers, **options) as response:
                return await _limited(response, most)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unavailable(f"{method} {path}: {type(error).__name__}: {error}") from error


def part(name: str) -> str:
    """Return a name as one part of a path. Raises Rejected for one that could lead elsewhere.

    Quoting alone does not do: httpx resolves "..", and the server reads %2F as a slash.
    """
    if not _NAME.fullmatch(name):
        raise Rejected(f"{name[:60]!r} is not a name that InvokeAI gives")
    return quote(name, safe="")


async def _limited(response: httpx.Response, most: int) -> httpx.Response:
    """Return an answer with its body. Raises Oversized for a file that has more than `most` bytes."""
    told = response.headers.get("content-length", "")
    size, data = int(told) if told.isdecimal() else 0, bytearray()
    chunks = response.aiter_bytes()
    while max(size, len(data)) <= most and (chunk := await anext(chunks, None)) is not None:
        data += chunk
    if response.is_success and (size := max(size, len(data))) > most:
        raise Oversized(f"{response.request.url.path}: {size} bytes; {most} can be used", size)
    # What was read is decoded already.
    headers = [(name, value) for name, value in response.headers.items() if name != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=bytes(data), request=response.request)


def _checked(response: httpx.Response, kind: str) -> httpx.Response:
    """Return the answer if it is what was asked for; raise the most specific BackendError otherwise."""
    status, asked = response.status_code, f"{response.request.method} {response.request.url.path}"
    if status == 403:
        raise Forbidden(f"{asked}: 403")
    if status == 401:
        raise AuthError(f"{asked}: 401")
    if status == 404:
        raise NotFound(asked)
    if status == 500:
        raise Broken(f"{asked}: 500 {response.text[:200]}")
    if status in _UNAVAILABLE or status > 500:
        raise Unavailable(f"{asked}: {status} {response.text[:200]}")
    if status >= 400:
        raise Rejected(f"{asked}: {status}", _problems(response))
    # Unknown paths are answered 200 with the web app's page.
    if not response.headers.get("content-type", kind).startswith(kind):
        raise Rejected(f"{asked}: answered {response.headers.get('content-type')}: not an InvokeAI 6 server?")
    return response


def decode(response: httpx.Response) -> Any:
    """Return an answer's JSON. Raises Unavailable where it is cut: whole ones come of the same call."""
    try:
        return response.json()
    except ValueError as error:
        raise Unavailable(f"{response.request.url.path}: cut or broken JSON") from error


def read(kind: type[T], answer: object) -> T:
    """Read an answer's JSON. Raises Rejected where it has another shape: that server is of another kind or age."""
    try:
        return TypeAdapter(kind).validate_python(answer)
    except ValidationError as error:
        # The error's own text would repeat the answer.
        wrong = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors()[:5])
        raise Rejected(f"answered another {getattr(kind, '__name__', kind)} than InvokeAI 6 ({wrong})") from None


def _problems(response: httpx.Response) -> tuple[tuple[str, str], ...]:
    """Return (location, message) of a validation error, without the echoed input."""
    try:
        detail = mapping(response.json()).get("detail")
    except ValueError:
        return ()
    if isinstance(detail, str):
        return (("", detail),)
    entries = [mapping(entry) for entry in sequence(detail)]
    return tuple((".".join(map(str, sequence(entry.get("loc")))), str(entry.get("msg", ""))) for entry in entries)
