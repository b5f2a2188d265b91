"""Application commands: global and per server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.playground.discord import errors, payloads
from bot.playground.discord.errors import DiscordError, Problems
from bot.playground.discord.rest import as_dict, as_list, nothing, read_body, reply
from bot.playground.discord.rest_reads import number
from bot.playground.discord.state import Guild, Json
from bot.playground.discord.validate_commands import CHAT_INPUT, check_command
from bot.playground.discord.world import World

MAX_COMMANDS = {1: 100, 2: 15, 3: 15}  # slash, user and message commands, each per scope
CREATES_PER_DAY = 200
DAY = 24 * 3600.0
SETTABLE = {
    *("type", "name", "name_localizations", "description", "description_localizations", "options", "nsfw"),
    *("default_member_permissions", "dm_permission", "contexts", "integration_types"),
}


def key_of(command: Json) -> str:
    """Slash commands go by their name; a context menu may bear the same one."""
    kind = command.get("type", CHAT_INPUT)
    return command["name"] if kind == CHAT_INPUT else f"{command['name']} ({'user' if kind == 2 else 'message'})"


@dataclass
class Scope:
    """One list of commands: the global one or a server's."""

    commands: dict[str, Json]
    creates: list[float]
    guild: Guild | None


@dataclass(eq=False, repr=False)
class Commands:
    world: World

    def routes(self) -> list[web.RouteDef]:
        found: list[web.RouteDef] = []
        for base in (
            "/applications/{application_id}/commands",
            "/applications/{application_id}/guilds/{guild_id}/commands",
        ):
            one = base + r"/{command_id:\d+}"
            found += [
                web.get(base, self.list),
                web.put(base, self.overwrite),
                web.post(base, self.create),
                web.get(one, self.get),
                web.patch(one, self.edit),
                web.delete(one, self.delete),
            ]
        guild_base = "/applications/{application_id}/guilds/{guild_id}/commands"
        found.append(web.get(guild_base + "/permissions", self.permissions))
        found.append(web.get(guild_base + r"/{command_id:\d+}/permissions", self.command_permissions))
        return found

    def _scope(self, request: web.Request) -> Scope:
        if number(request, "application_id") != self.world.bot.id:
            raise DiscordError(403, 20012, "You are not authorized to perform this action on this application")
        if "guild_id" not in request.match_info:
            return Scope(self.world.commands, self.world.creates, None)
        guild = self.world.guilds.get(number(request, "guild_id"))
        if guild is None:
            raise errors.missing_access()
        return Scope(guild.commands, guild.creates, guild)

    async def list(self, request: web.Request) -> web.Response:
        scope = self._scope(request)
        if request.query.get("with_localizations") in ("1", "true"):
            return reply([*scope.commands.values()])
        return reply([_without_localizations(c) for c in scope.commands.values()])

    async def get(self, request: web.Request) -> web.Response:
        return reply(self._find(self._scope(request), request))

    async def create(self, request: web.Request) -> web.Response:
        """POST: a command of the same name is overwritten, and then counts as no creation."""
        scope = self._scope(request)
        body = as_dict((await read_body(request)).json) or {}
        _refuse_invalid([((), body)])
        existing = scope.commands.get(key_of(body))
        self._spend(scope, 0 if existing else 1)
        self._count([*scope.commands.values(), *([] if existing else [body])])
        command = scope.commands[key_of(body)] = self._build(body, scope, existing)
        self.world.changed()
        return reply(command, 200 if existing else 201)

    async def overwrite(self, request: web.Request) -> web.Response:
        """PUT: the whole list at once."""
        scope = self._scope(request)
        bodies = as_list((await read_body(request)).json)
        if bodies is None:
            raise errors.invalid((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        _refuse_invalid(((index,), body) for index, body in enumerate(bodies))
        _refuse_duplicates(bodies)
        self._count(bodies)
        self._spend(scope, sum(key_of(b) not in scope.commands for b in bodies))
        fresh = {key_of(b): self._build(b, scope, scope.commands.get(key_of(b))) for b in bodies}
        scope.commands.clear()
        scope.commands.update(fresh)
        self.world.changed()
        return reply(list(fresh.values()))

    async def edit(self, request: web.Request) -> web.Response:
        scope = self._scope(request)
        command = self._find(scope, request)
        body = as_dict((await read_body(request)).json) or {}
        merged = {**{k: v for k, v in command.items() if k in SETTABLE}, **body}
        _refuse_invalid([((), merged)])
        if key_of(merged) != key_of(command) and key_of(merged) in scope.commands:
            raise errors.invalid(("name",), "APPLICATION_COMMANDS_DUPLICATE_NAME", _DUPLICATE)
        edited = self._build(merged, scope, command)
        order = [edited if c is command else c for c in scope.commands.values()]
        scope.commands.clear()
        scope.commands.update({key_of(c): c for c in order})
        self.world.changed()
        return reply(edited)

    async def delete(self, request: web.Request) -> web.Response:
        scope = self._scope(request)
        del scope.commands[key_of(self._find(scope, request))]
        self.world.changed()
        return nothing()

    async def permissions(self, request: web.Request) -> web.Response:
        scope = self._scope(request)
        assert scope.guild is not None
        known = self._targets(scope)
        found = [target_id for target_id in scope.guild.command_permissions if target_id in known]
        return reply([payloads.command_permissions(scope.guild, target_id) for target_id in found])

    async def command_permissions(self, request: web.Request) -> web.Response:
        scope = self._scope(request)
        assert scope.guild is not None
        target_id = number(request, "command_id")
        if target_id not in scope.guild.command_permissions or target_id not in self._targets(scope):
            raise DiscordError(404, 10066, "Unknown application command permissions")
        return reply(payloads.command_permissions(scope.guild, target_id))

    def _targets(self, scope: Scope) -> set[int]:
        """What may have rules: the application, and the commands that there are (a removed one's are gone with it)."""
        return {self.world.bot.id, *(int(c["id"]) for c in (*scope.commands.values(), *self.world.commands.values()))}

    def _find(self, scope: Scope, request: web.Request) -> Json:
        for command in scope.commands.values():
            if command["id"] == request.match_info["command_id"]:
                return command
        raise errors.unknown_command()

    def _count(self, commands: list[Any]) -> None:
        for kind, most in MAX_COMMANDS.items():
            if sum(c.get("type", CHAT_INPUT) == kind for c in commands) > most:
                raise DiscordError(400, 30032, f"Maximum number of application commands reached ({most})")

    def _spend(self, scope: Scope, creates: int) -> None:
        now = self.world.clock.now()
        scope.creates[:] = [at for at in scope.creates if at > now - DAY]
        if len(scope.creates) + creates > CREATES_PER_DAY:
            text = f"Max number of daily application command creates has been reached ({CREATES_PER_DAY})"
            raise DiscordError(400, 30034, text)
        scope.creates.extend([now] * creates)

    def _build(self, body: Json, scope: Scope, existing: Json | None) -> Json:
        permissions = body.get("default_member_permissions")
        built: Json = {
            "id": existing["id"] if existing else str(self.world.snowflake()),
            "application_id": str(self.world.bot.id),
            "version": str(self.world.snowflake()),
            "type": body.get("type", CHAT_INPUT),
            "name": body["name"],
            "name_localizations": body.get("name_localizations"),
            "description": body.get("description", ""),
            "description_localizations": body.get("description_localizations"),
            "default_member_permissions": None if permissions is None else str(permissions),
            "dm_permission": body.get("dm_permission", True),
            "nsfw": bool(body.get("nsfw", False)),
            "contexts": None if scope.guild else body.get("contexts"),
            "integration_types": body.get("integration_types") or [0],
        }
        if body.get("options"):
            built["options"] = [_option(o) for o in body["options"]]
        if scope.guild is not None:
            built["guild_id"] = str(scope.guild.id)
        return built


_DUPLICATE = "Application command names must be unique"


def _option(option: Json) -> Json:
    """Discord leaves out what is false or empty."""
    kept: Json = {k: v for k, v in option.items() if v is not False and v not in (None, [], {})}
    if "options" in kept:
        kept["options"] = [_option(o) for o in kept["options"]]
    return kept


def _without_localizations(node: Json) -> Json:
    kept = {k: v for k, v in node.items() if not k.endswith("_localizations")}
    if "options" in kept:
        kept["options"] = [_without_localizations(o) for o in kept["options"]]
    return kept


def _refuse_invalid(bodies: Iterable[tuple[tuple[int, ...], Any]]) -> None:
    problems = Problems()
    for path, body in bodies:
        check_command(body, path, problems)
    problems.refuse()


def _refuse_duplicates(bodies: list[Any]) -> None:
    problems, seen = Problems(), set[str]()
    for index, body in enumerate(bodies):
        if key_of(body) in seen:
            problems.add((index, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", _DUPLICATE)
        seen.add(key_of(body))
    problems.refuse()
