"""The local Discord, put together and served on loopback."""

from __future__ import annotations

import base64
from collections.abc import Callable
from secrets import token_urlsafe
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from bot.playground.discord import payloads
from bot.playground.discord.actors import LocalGuild
from bot.playground.discord.avatars import Avatars
from bot.playground.discord.cdn import Cdn
from bot.playground.discord.faults import Faults
from bot.playground.discord.gateway import GUILDS, MESSAGE_CONTENT, Gateway
from bot.playground.discord.interactions import Desk
from bot.playground.discord.limits import Limits
from bot.playground.discord.messages import Messages
from bot.playground.discord.rest import PREFIX, REQUEST_LIMIT, Door
from bot.playground.discord.rest_commands import Commands
from bot.playground.discord.rest_interactions import InteractionRoutes
from bot.playground.discord.rest_messages import ChannelMessages
from bot.playground.discord.rest_reads import Reads
from bot.playground.discord.state import Json, Member, Message, User
from bot.playground.discord.world import Refusal, Request, World

T = TypeVar("T")
HOST = "127.0.0.1"


class LocalDiscord:
    """A Discord of our own: HTTP API, gateway and CDN on one port of this machine.

    Entering it starts it; stopping and starting again keeps the port and all state.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        rate_limits: bool = True,
        max_upload: int = 10 * 1024 * 1024,
        privileged_intents: int = 0,
    ) -> None:
        self.world = World(max_upload=max_upload, reads_content=bool(privileged_intents & MESSAGE_CONTENT))
        self.token = _make_token(self.world.bot.id)
        self.port = port
        self.gateway = Gateway(self.world, self.token, lambda: self.gateway_url, privileged_intents)
        self.faults = Faults(self.gateway.drop)
        self.limits = Limits(self.world.clock, rate_limits)
        self.cdn = Cdn(self.world)
        self.messages = Messages(self.world, self.cdn)
        self.desk = Desk(self.world, self.cdn, self.messages, self.faults)
        self.world.send = self.gateway.send
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, HOST, self.port).start()
        self._runner = runner
        self.port = int(runner.addresses[0][1])
        self.world.cdn_url = self.url

    async def stop(self) -> None:
        if self._runner is not None:
            runner, self._runner = self._runner, None
            self.gateway.stop()
            await runner.cleanup()

    def _app(self) -> web.Application:
        door = Door(self.world, self.faults, self.limits, self.token)
        app = web.Application(middlewares=[door.pass_through], client_max_size=REQUEST_LIMIT)
        rooms = (
            Reads(self.world, self.gateway),
            Commands(self.world),
            ChannelMessages(self.world, self.messages, self.limits),
            InteractionRoutes(self.world, self.messages),
        )
        for room in rooms:
            app.router.add_routes([web.RouteDef(r.method, PREFIX + r.path, r.handler, r.kwargs) for r in room.routes()])
        app.router.add_routes([*self.cdn.routes(), *Avatars(self.world).routes()])
        app.router.add_routes([web.get("/gateway", self.gateway.handle)])
        return app

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def api_url(self) -> str:
        return self.url + PREFIX

    @property
    def gateway_url(self) -> str:
        return f"ws://{HOST}:{self.port}/gateway"

    @property
    def application_id(self) -> int:
        return self.world.bot.id

    @property
    def bot(self) -> User:
        return self.world.bot

    @property
    def guilds(self) -> list[LocalGuild]:
        return [g for g in self.world.guilds.values() if isinstance(g, LocalGuild)]

    @property
    def global_commands(self) -> dict[str, Json]:
        return self.world.commands

    @property
    def requests(self) -> list[Request]:
        return self.world.requests

    @property
    def refused(self) -> list[Refusal]:
        return self.world.refused

    def add_guild(self, name: str, *, locale: str = "en-US", premium_tier: int = 0) -> LocalGuild:
        """Open a server, with its owner and the bot in it."""
        owner = User(self.world.snowflake(), f"Owner of {name}")
        self.world.users[owner.id] = owner
        guild = LocalGuild(
            self.world.snowflake(), name, self.world, owner.id, locale, premium_tier=premium_tier, desk=self.desk
        )
        guild.members[owner.id] = Member(owner, guild, [guild.members_role], self.world.clock.now())
        self.world.guilds[guild.id] = guild
        self.world.send("GUILD_CREATE", payloads.guild_create(guild, joined=True), guild, GUILDS)
        self.world.changed()
        return guild

    def remove_guild(self, guild: LocalGuild) -> None:
        """Kick the bot out."""
        self.world.send("GUILD_DELETE", {"id": str(guild.id)}, guild, GUILDS)
        del self.world.guilds[guild.id]
        self.world.changed()

    async def until(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:
        """Wait until the predicate holds; it is asked again on each change."""
        return await self.world.until(predicate, timeout)

    async def online(self, timeout: float = 10.0) -> None:
        """Wait until a bot is connected to the gateway."""
        await self.until(lambda: self.gateway.online, timeout)

    def advance(self, seconds: float) -> None:
        """Move the server's clock: tokens, message ages, signed URLs, rate windows."""
        self.world.clock.offset += seconds
        self.world.changed()

    def render(self, message: Message) -> Json:
        """The message as the API answers it, with fresh attachment URLs."""
        return self.messages.render(message)

    def sign(self, file_id: int) -> str:
        """A fresh URL of a stored file."""
        return self.cdn.sign(self.world.files[file_id])


def _make_token(application_id: int) -> str:
    """Like Discord's: the application's id in base64, then two random parts."""
    head = base64.urlsafe_b64encode(str(application_id).encode()).decode().rstrip("=")
    return f"{head}.{token_urlsafe(4)}.{token_urlsafe(28)}"
