"""InvokeAI's REST interface, as far as Familiar needs it.

One `_request`, then one short method per call. Source of the ways round the server's traps (identity encoding,
content types, numbers to be checked, tokens that refresh): runs against InvokeAI 6.14.2.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from workflows._json import mapping, sequence
from workflows.errors import AuthError, NotFound, QueueFull, Rejected, Unavailable
from workflows.models import EnqueueAnswer, ImagePage, ImageRecord, LoginAnswer, ModelRecord, QueueItem, QueueState
from workflows.schema import Schemas

#: The server stalls for half a second at each item's start, and decodes large uploads for seconds.
TIMEOUT = httpx.Timeout(60, connect=10)
PAGE = 1000

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


class InvokeClient:
    """Talk to one InvokeAI about one queue.

    Every method raises a BackendError: Unavailable where the same call may work later, Rejected where it will not.
    """

    def __init__(self, http: httpx.AsyncClient, queue_id: str, credentials: Credentials | None = None) -> None:
        self.queue_id = queue_id
        self._http = http
        self._credentials = credentials
        self._token: str | None = None
        self._logging_in = asyncio.Lock()

    async def version(self) -> str:
        """Return the server's version, which it tells without a login."""
        answer = await self._json("GET", "/api/v1/app/version")
        return str(mapping(answer).get("version", ""))

    async def schemas(self) -> Schemas:
        """Return the server's node types (about 1.8 MB of JSON, read in a thread)."""
        response = await self._request("GET", "/openapi.json")
        return await asyncio.to_thread(lambda: Schemas.from_openapi(mapping(_decode(response))))

    async def models(self) -> list[ModelRecord]:
        """Return all installed models."""
        answer = await self._json("GET", "/api/v2/models/")
        return _read(list[ModelRecord], mapping(answer).get("models"))

    async def queue_state(self) -> QueueState:
        return _read(QueueState, await self._json("GET", self._queue("/status")))

    # Images

    async def upload(self, image: bytes, mark: str) -> ImageRecord:
        """Upload a PNG. `mark` is kept with it, so that an upload nobody remembers can be found again."""
        answer = await self._json(
            "POST",
            "/api/v1/images/upload",
            params={"image_category": "user", "is_intermediate": "false", "session_id": mark},
            files={"file": ("image.png", image, "image/png")},
            data={"metadata": json.dumps({"familiar": mark})},
        )
        return _read(ImageRecord, answer)

    async def image(self, name: str) -> ImageRecord:
        """Return what the server knows of an image. Raises NotFound; AuthError for another user's."""
        return _read(ImageRecord, await self._json("GET", f"/api/v1/images/i/{_part(name)}"))

    async def download(self, name: str) -> bytes:
        """Return an image's bytes: a PNG that holds its whole graph in text chunks."""
        response = await self._request("GET", f"/api/v1/images/i/{_part(name)}/full", kind="image/")
        return response.content

    async def delete_image(self, name: str) -> None:
        """Delete an image; one that is gone already counts as deleted."""
        await self._gone("DELETE", f"/api/v1/images/i/{_part(name)}")

    async def uploads_marked(self, prefix: str) -> list[ImageRecord]:
        """Return the uploads whose mark begins with `prefix`."""
        found = [image async for image in self._images(is_intermediate="false", search_term=prefix)]
        return [image for image in found if (image.session_id or "").startswith(prefix)]

    async def images_of_sessions(self, session_ids: set[str]) -> list[ImageRecord]:
        """Return the intermediate images that the runs of these sessions made."""
        return [image async for image in self._images(is_intermediate="true") if image.session_id in session_ids]

    async def _images(self, **params: str) -> AsyncIterator[ImageRecord]:
        offset = 0
        while True:
            query = {**params, "limit": str(PAGE), "offset": str(offset)}
            page = _read(ImagePage, await self._json("GET", "/api/v1/images/", params=query))
            for image in page.items:
                yield image
            offset += len(page.items)
            if not page.items or offset >= page.total:
                return

    # Queue

    async def enqueue(self, body: Mapping[str, Any]) -> EnqueueAnswer:
        """Enqueue a batch. Not idempotent. Raises QueueFull where the server took less than was asked."""
        answer = _read(EnqueueAnswer, await self._json("POST", self._queue("/enqueue_batch"), json=body))
        if answer.enqueued < answer.requested or not answer.item_ids:
            if answer.item_ids:
                await self.delete_batch(mapping(body.get("batch"))["destination"])
            raise QueueFull(f"enqueued {answer.enqueued} of {answer.requested}")
        return answer

    async def item(self, item_id: int) -> QueueItem:
        return _read(QueueItem, await self._json("GET", self._queue(f"/i/{item_id}")))

    async def items(self, destination: str) -> list[QueueItem]:
        """Return the queue items of one destination, oldest first."""
        answer = await self._json("GET", self._queue("/list_all"), params={"destination": destination})
        return sorted(_read(list[QueueItem], answer), key=lambda item: item.item_id)

    async def summaries(self) -> list[QueueItem]:
        """Return all items of this queue id without their sessions."""
        answer = mapping(await self._json("GET", self._queue("/item_ids"), params={"order_dir": "ASC"}))
        ids = sequence(answer.get("item_ids"))
        found: list[QueueItem] = []
        for start in range(0, len(ids), PAGE):
            body = {"item_ids": ids[start : start + PAGE]}
            found += _read(list[QueueItem], await self._json("POST", self._queue("/item_summaries_by_ids"), json=body))
        return found

    async def cancel(self, destination: str) -> None:
        """Cancel what waits and what runs of one destination; what is finished stays so."""
        await self._request("PUT", self._queue("/cancel_by_destination"), params={"destination": destination})

    async def delete_item(self, item_id: int) -> None:
        """Delete a queue item; one that is gone already counts as deleted."""
        await self._gone("DELETE", self._queue(f"/i/{item_id}"))

    async def delete_batch(self, destination: str) -> None:
        """Delete all items of one destination, also those that the server itself can no longer read."""
        await self._request("DELETE", self._queue(f"/d/{_part(destination)}"))

    # Login

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
        self._token = _read(LoginAnswer, _decode(_checked(response, "application/json"))).token

    # The one road out

    def _queue(self, path: str) -> str:
        return f"/api/v1/queue/{_part(self.queue_id)}{path}"

    async def _json(self, method: str, path: str, **options: Any) -> Any:
        return _decode(await self._request(method, path, **options))

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

    async def _send(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            return await self._http.request(method, path, headers=headers, **options)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unavailable(f"{method} {path}: {type(error).__name__}: {error}") from error


def _part(name: str) -> str:
    """Return a name as one part of a path. Raises Rejected for one that could lead elsewhere.

    Quoting alone does not do: httpx resolves "..", and the server reads %2F as a slash.
    """
    if not _NAME.fullmatch(name):
        raise Rejected(f"{name[:60]!r} is not a name that InvokeAI gives")
    return quote(name, safe="")


def _checked(response: httpx.Response, kind: str) -> httpx.Response:
    """Return the answer if it is what was asked for; raise the most specific BackendError otherwise."""
    status, asked = response.status_code, f"{response.request.method} {response.request.url.path}"
    if status in {401, 403}:
        raise AuthError(f"{asked}: {status}")
    if status == 404:
        raise NotFound(asked)
    if status in _UNAVAILABLE or status >= 500:
        raise Unavailable(f"{asked}: {status} {response.text[:200]}")
    if status >= 400:
        raise Rejected(f"{asked}: {status}", _problems(response))
    # Unknown paths are answered 200 with the web app's page.
    if not response.headers.get("content-type", kind).startswith(kind):
        raise Rejected(f"{asked}: answered {response.headers.get('content-type')}: not an InvokeAI 6 server?")
    return response


def _decode(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise Unavailable(f"{response.request.url.path}: cut or broken JSON") from error


def _read(kind: type[T], answer: object) -> T:
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
