"""The gateway: sessions that outlive their WebSocket, v10."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from aiohttp import WSMsgType, web

from bot.playground.discord import payloads
from bot.playground.discord.compression import compressor
from bot.playground.discord.state import Guild, Json
from bot.playground.discord.world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11
HEARTBEAT_MS = 41_250
# No answer of the real one is there sooner; discord.py takes one that is for 41 seconds late.
NEAREST = 0.02  # seconds
GUILDS, GUILD_MEMBERS, PRESENCES, GUILD_MESSAGES = 1 << 0, 1 << 1, 1 << 8, 1 << 9
DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 12, 1 << 15
PRIVILEGED = GUILD_MEMBERS | PRESENCES | MESSAGE_CONTENT
# An application's flags say which privileged intents its owner switched on (the "limited" bits).
APPLICATION_FLAGS = {PRESENCES: 1 << 13, GUILD_MEMBERS: 1 << 15, MESSAGE_CONTENT: 1 << 19}
ALL_INTENTS = (1 << 26) - 1
SENDS_PER_MINUTE = 120  # Discord's documented limit; above it the connection is closed with 4008
MISSED = 1000  # events kept for a RESUME
RESUMABLE = 8  # sessions that wait for one; Discord forgets them after a time of its own


class Closed(Exception):
    """Ends a connection with a gateway close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(eq=False, repr=False)
class Connection:
    socket: web.WebSocketResponse
    compress: Callable[[str], bytes] | None
    outbox: asyncio.Queue[Json | Closed] = field(default_factory=asyncio.Queue[Json | Closed])
    session: Session | None = None
    received: deque[float] = field(default_factory=deque[float])

    def put(self, op: int, data: Any = None) -> None:
        self.outbox.put_nowait({"op": op, "d": data, "s": None, "t": None})

    async def write(self) -> None:
        """Send what is queued, in order, until told to close."""
        while True:
            item = await self.outbox.get()
            if isinstance(item, Closed):
                await self.socket.close(code=item.code, message=item.reason.encode())
                return
            text = json.dumps(item)
            with contextlib.suppress(ConnectionError):
                await (
                    self.socket.send_str(text) if self.compress is None else self.socket.send_bytes(self.compress(text))
                )


@dataclass(eq=False, repr=False)
class Session:
    intents: int
    shard: tuple[int, int]
    id: str = field(default_factory=lambda: token_hex(16))
    sequence: int = 0
    connection: Connection | None = None
    sent: deque[Json] = field(default_factory=lambda: deque[Json](maxlen=MISSED))

    def dispatch(self, event: str, data: Json) -> None:
        """Number the event, keep it for a RESUME, send it if somebody listens."""
        self.sequence += 1
        packet: Json = {"op": DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.sent.append(packet)
        if self.connection is not None:
            self.connection.outbox.put_nowait(packet)

    def sees(self, guild: Guild | None) -> bool:
        number, count = self.shard
        return number == 0 if guild is None else (guild.id >> 22) % count == number


@dataclass(eq=False, repr=False)
class Gateway:
    """All sessions of the bot."""

    world: World
    token: str
    url: Callable[[], str]
    privileged: int = 0
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])
    connections: set[Connection] = field(default_factory=set[Connection])
    identifies: int = 0

    @property
    def application(self) -> Json:
        flags = sum(flag for intent, flag in APPLICATION_FLAGS.items() if self.privileged & intent)
        return {"id": str(self.world.bot.id), "flags": flags}

    @property
    def online(self) -> bool:
        return any(s.connection is not None for s in self.sessions.values())

    def send(self, event: str, data: Json, guild: Guild | None, intents: int) -> None:
        """Give an event to each session that asked for one of these intents (0: to all)."""
        for session in self.sessions.values():
            if session.sees(guild) and (not intents or session.intents & intents):
                session.dispatch(event, _without_content(event, data, session.intents, self.world))

    def drop(self, resumable: bool = True) -> None:
        """Cut every connection as a network fault does; unless resumable, forget the sessions."""
        if not resumable:
            self.sessions.clear()
        self._close_all(Closed(4000, "Unknown error"))

    def ask_to_reconnect(self) -> None:
        """Opcode 7, as Discord sends it before it moves a bot to another gateway."""
        for connection in self.connections:
            connection.put(RECONNECT)

    def stop(self) -> None:
        self._close_all(Closed(1001, "Going away"))

    def _close_all(self, reason: Closed) -> None:
        for connection in self.connections:
            if connection.session is not None:
                connection.session.connection = None
                connection.session = None
            connection.outbox.put_nowait(reason)
        self.world.changed()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one WebSocket from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=0, timeout=1.0)
        await socket.prepare(request)
        connection = Connection(socket, compressor(request.query.get("compress")))
        self.connections.add(connection)
        connection.put(HELLO, {"heartbeat_interval": HEARTBEAT_MS})
        writer = asyncio.create_task(connection.write(), name="discord-gateway-writer")
        try:
            await self._read(connection)
        except Closed as reason:
            connection.outbox.put_nowait(reason)
            await writer
        finally:
            self.connections.discard(connection)
            self._leave(connection)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    def _leave(self, connection: Connection) -> None:
        session = connection.session
        if session is not None:
            session.connection = None
            # 1000 and 1001 from the bot end the session; any other end may be resumed.
            if connection.socket.close_code in (1000, 1001):
                self.sessions.pop(session.id, None)
        self.world.changed()

    async def _read(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                raise Closed(4002, "Decode error.")
            self._count(connection)
            try:
                packet: Json = json.loads(message.data)
            except ValueError:
                raise Closed(4002, "Decode error.") from None
            self._receive(connection, packet.get("op"), packet.get("d"))

    def _count(self, connection: Connection) -> None:
        now = asyncio.get_running_loop().time()
        connection.received.append(now)
        while connection.received[0] < now - 60:
            connection.received.popleft()
        if len(connection.received) > SENDS_PER_MINUTE:
            raise Closed(4008, "You are being rate limited.")

    def _receive(self, connection: Connection, op: Any, data: Any) -> None:
        if op == HEARTBEAT:
            asyncio.get_running_loop().call_later(NEAREST, connection.put, HEARTBEAT_ACK)
        elif op == IDENTIFY:
            self._identify(connection, data)
        elif op == RESUME:
            self._resume(connection, data)
        elif connection.session is None:
            raise Closed(4003, "Not authenticated.")
        elif op == REQUEST_MEMBERS:
            self._members(connection.session, data)
        elif op not in (PRESENCE, VOICE):
            raise Closed(4001, "Unknown opcode.")

    def _identify(self, connection: Connection, data: Json) -> None:
        if connection.session is not None:
            raise Closed(4005, "Already authenticated.")
        if data.get("token") != self.token:
            raise Closed(4004, "Authentication failed.")
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= ALL_INTENTS:
            raise Closed(4013, "Invalid intent(s).")
        if intents & PRIVILEGED & ~self.privileged:
            raise Closed(4014, "Disallowed intent(s).")
        number, count = data.get("shard") or (0, 1)
        if not 0 <= number < count:
            raise Closed(4010, "Invalid shard.")
        self._forget_old()
        session = Session(intents, (number, count), connection=connection)
        connection.session = self.sessions[session.id] = session
        self.identifies += 1
        self._ready(session)

    def _forget_old(self) -> None:
        """Forget the oldest: a bot that is killed leaves a session each time, which nobody takes up."""
        waiting = [session for session in self.sessions.values() if session.connection is None]
        for session in waiting[: max(0, len(waiting) - RESUMABLE)]:
            del self.sessions[session.id]

    def _ready(self, session: Session) -> None:
        guilds = [g for g in self.world.guilds.values() if session.sees(g)]
        ready: Json = {
            "v": 10,
            "user": {**payloads.user(self.world.bot), "verified": True, "email": None, "mfa_enabled": True},
            "guilds": [{"id": str(g.id), "unavailable": True} for g in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url(),
            "shard": list(session.shard),
            "application": self.application,
        }
        session.dispatch("READY", ready)
        if session.intents & GUILDS:
            for guild in guilds:
                session.dispatch("GUILD_CREATE", payloads.guild_create(guild))
        self.world.changed()

    def _resume(self, connection: Connection, data: Json) -> None:
        if data.get("token") != self.token:
            raise Closed(4004, "Authentication failed.")
        session = self.sessions.get(str(data.get("session_id")))
        seen = data.get("seq")
        if session is None or not isinstance(seen, int) or seen > session.sequence:
            connection.put(INVALID_SESSION, False)
            return
        if session.sent and seen < session.sent[0]["s"] - 1:
            del self.sessions[session.id]
            connection.put(INVALID_SESSION, False)
            return
        if session.connection is not None:
            session.connection.session = None
            session.connection.outbox.put_nowait(Closed(4000, "Resumed elsewhere."))
        for packet in session.sent:
            if packet["s"] > seen:
                connection.outbox.put_nowait(packet)
        connection.session, session.connection = session, connection
        session.dispatch("RESUMED", {})
        self.world.changed()

    def _members(self, session: Session, data: Json) -> None:
        guild = self.world.guilds.get(int(data["guild_id"]))
        if guild is None:
            return
        wanted = {int(i) for i in data.get("user_ids") or ()}
        query = str(data.get("query") or "").lower()
        found = [m for m in guild.members.values() if (m.id in wanted if wanted else m.name.lower().startswith(query))]
        chunk: Json = {"guild_id": str(guild.id), "members": [payloads.member(m) for m in found]}
        session.dispatch(
            "GUILD_MEMBERS_CHUNK",
            {**chunk, "chunk_index": 0, "chunk_count": 1, "not_found": [], "nonce": data.get("nonce")},
        )


def _without_content(event: str, data: Json, intents: int, world: World) -> Json:
    """Without the message content intent, what others write arrives empty outside direct messages and mentions."""
    if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or intents & MESSAGE_CONTENT or "guild_id" not in data:
        return data
    return payloads.without_content(data, world.bot)
