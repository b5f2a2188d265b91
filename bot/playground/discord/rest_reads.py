"""Reads: the application, the gateway, servers, members, channels, users."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.playground.discord import errors, payloads
from bot.playground.discord.gateway import Gateway
from bot.playground.discord.permissions import Permissions
from bot.playground.discord.rest import as_dict, read_body, reply
from bot.playground.discord.state import DM, Channel, Guild, Json, User
from bot.playground.discord.world import World


def find_guild(world: World, request: web.Request) -> Guild:
    guild = world.guilds.get(number(request, "guild_id"))
    if guild is None:
        raise errors.unknown_guild()
    return guild


def find_channel(world: World, request: web.Request) -> Channel:
    """The channel of the route, if the bot may see it."""
    channel = world.channels.get(number(request, "channel_id"))
    if channel is None:
        raise errors.unknown_channel()
    guild = channel.guild
    if guild is None:
        return channel
    # A server that has removed the bot keeps its channels.
    if guild.id not in world.guilds or not guild.bot.permissions(channel) & Permissions.VIEW_CHANNEL:
        raise errors.missing_access()
    return channel


def number(request: web.Request, name: str) -> int:
    value = request.match_info[name]
    if not value.isdigit():
        raise errors.invalid((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
    return int(value)


def direct_channel(world: World, person: User) -> Channel:
    """The one direct-message channel between the bot and a person."""
    for channel in world.channels.values():
        if channel.type == DM and channel.recipient is person:
            return channel
    channel = Channel(world.snowflake(), person.name, None, world, type=DM, recipient=person)
    world.channels[channel.id] = channel
    return channel


@dataclass(eq=False, repr=False)
class Reads:
    world: World
    gateway: Gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/users/@me", self.me),
            web.get("/users/@me/guilds", self.my_guilds),
            web.post("/users/@me/channels", self.open_direct_channel),
            web.get("/users/{user_id}", self.user),
            web.get("/oauth2/applications/@me", self.application),
            web.get("/applications/@me", self.application),
            web.get("/gateway", self.gateway_url),
            web.get("/gateway/bot", self.gateway_bot),
            web.get("/guilds/{guild_id}", self.guild),
            web.get("/guilds/{guild_id}/channels", self.guild_channels),
            web.get("/guilds/{guild_id}/roles", self.guild_roles),
            web.get("/guilds/{guild_id}/members/{user_id}", self.member),
            web.get("/channels/{channel_id}", self.channel),
            web.post("/channels/{channel_id}/typing", self.typing),
        ]

    async def me(self, _request: web.Request) -> web.Response:
        own = {"verified": True, "email": None, "mfa_enabled": True, "locale": "en-US"}
        return reply({**payloads.user(self.world.bot), **own})

    async def my_guilds(self, _request: web.Request) -> web.Response:
        return reply(
            [
                {"id": str(g.id), "name": g.name, "icon": None, "owner": False, "features": []}
                | {"permissions": str(g.bot.permissions())}
                for g in self.world.guilds.values()
            ]
        )

    async def user(self, request: web.Request) -> web.Response:
        person = self.world.users.get(number(request, "user_id"))
        if person is None:
            raise errors.unknown_user()
        return reply(payloads.user(person))

    async def application(self, _request: web.Request) -> web.Response:
        owner = User(1, "Developer")
        data: Json = {
            **self.gateway.application,
            "name": self.world.bot.name,
            "icon": None,
            "description": "",
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "owner": payloads.user(owner),
            "team": None,
            "summary": "",
            "approximate_guild_count": len(self.world.guilds),
            "integration_types_config": {"0": {}},
            "bot": payloads.user(self.world.bot),
        }
        return reply(data)

    async def gateway_url(self, _request: web.Request) -> web.Response:
        return reply({"url": self.gateway.url()})

    async def gateway_bot(self, _request: web.Request) -> web.Response:
        left = max(0, 1000 - self.gateway.identifies)  # Discord allows 1000 identifies a day
        limit = {"total": 1000, "remaining": left, "reset_after": 86_400_000, "max_concurrency": 1}
        return reply({"url": self.gateway.url(), "shards": 1, "session_start_limit": limit})

    async def guild(self, request: web.Request) -> web.Response:
        guild = find_guild(self.world, request)
        counts: Json = {}
        if request.query.get("with_counts") in ("1", "true"):
            counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": 1}
        return reply({**payloads.guild(guild), **counts})

    async def guild_channels(self, request: web.Request) -> web.Response:
        return reply([payloads.channel(c) for c in find_guild(self.world, request).channels.values()])

    async def guild_roles(self, request: web.Request) -> web.Response:
        return reply([payloads.role(r) for r in find_guild(self.world, request).roles.values()])

    async def member(self, request: web.Request) -> web.Response:
        guild = find_guild(self.world, request)
        member = guild.members.get(number(request, "user_id"))
        if member is None:
            raise errors.unknown_member()
        return reply(payloads.member(member))

    async def channel(self, request: web.Request) -> web.Response:
        return reply(payloads.channel(find_channel(self.world, request)))

    async def typing(self, request: web.Request) -> web.Response:
        find_channel(self.world, request)
        return web.Response(status=204)

    async def open_direct_channel(self, request: web.Request) -> web.Response:
        body = as_dict((await read_body(request)).json) or {}
        person = self.world.users.get(int(body.get("recipient_id") or 0))
        if person is None:
            raise errors.invalid(("recipient_id",), "INVALID_RECIPIENT", "Invalid Recipient(s)")
        if person.bot:
            raise errors.cannot_message_user()
        return reply(payloads.channel(direct_channel(self.world, person)))
