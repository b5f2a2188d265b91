"""What stands before all routes: the count of the requests, what is made to go wrong with them, and who asks."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from bot.playground.invokeai.auth import SYSTEM, User, Users
from bot.playground.invokeai.events import PATH, Events
from bot.playground.invokeai.faults import Faults, Handler
from bot.playground.invokeai.web import USER, Refusal, answer

log = logging.getLogger(__name__)

OPEN = ("/openapi.json", "/api/v1/app/version", "/api/v1/auth/status", "/api/v1/auth/login")
MUTATING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass
class Front:
    """Lets requests in, or not."""

    faults: Faults
    users: Users | None
    events: Events
    requests: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    @web.middleware
    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(PATH):
            return await self._serve_socket(request, handler)
        serve = partial(self._serve_call, handler=handler)
        return await (self.faults.around(request, serve) if self.faults.around else serve(request))

    async def _serve_call(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        self.requests[request.method, resource.canonical if resource else request.path] += 1
        if request.content_type == "application/json":
            # What was sent whole is done, even if nobody waits for the answer any more.
            await request.read()
        await self.faults.wait(request.method, request.path)
        failure = self.faults.failure(request.method, request.path)
        if failure == 500:
            return _broken(request)
        if failure is not None:
            return answer({"detail": "Made to fail"}, failure)
        response = await self._answer(request, handler)
        if self.faults.loses(request.method, request.path) and request.transport is not None:
            request.transport.abort()
        return response

    async def _serve_socket(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await self.faults.gate.passed()
        if request.transport is None or self.events.is_shut:
            return web.Response(status=503)
        lines, line = self.events.lines, request.transport
        lines.add(line)
        try:
            return await handler(request)
        finally:
            lines.discard(line)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            refreshed = self._identify(request)
            response = await handler(request)
            response.headers.update(refreshed)
        except Refusal as refusal:
            return answer({"detail": refusal.detail}, refusal.status)
        except web.HTTPMethodNotAllowed as refused:
            return answer({"detail": "Method Not Allowed"}, 405, {"Allow": ", ".join(refused.allowed_methods)})
        except web.HTTPException:
            raise
        except Exception:
            if request.transport is not None:
                log.exception("an unhandled error")
            return _broken(request)
        return response

    def _identify(self, request: web.Request) -> dict[str, str]:
        """Who asks; and a fresh token for whoever changes something."""
        if self.users is None or request.path in OPEN or not request.path.startswith("/api/"):
            request[USER] = SYSTEM
            return {}
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise Refusal(401, "Missing authentication credentials")
        found = self.users.of(token)
        if found is None:
            raise Refusal(401, "Invalid or expired authentication token")
        user: User
        user, remember = found
        request[USER] = user
        return {"X-Refreshed-Token": self.users.issue(user, remember=remember)} if request.method in MUTATING else {}


def _broken(request: web.Request) -> web.Response:
    """A bare 500. The connection is closed soon after, and no header says so, as on a real server."""
    if request.transport is not None:
        asyncio.get_running_loop().call_later(0.01, request.transport.close)
    return web.Response(text="Internal Server Error", status=500)
