"""What a Discord client makes of a typed slash command, and what it refuses to send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from bot.playground.discord import payloads
from bot.playground.discord.errors import ClientRefusal
from bot.playground.discord.permissions import Permissions
from bot.playground.discord.state import (
    FOR_CHANNEL,
    FOR_ROLE,
    FOR_USER,
    Channel,
    Json,
    Member,
    Overrides,
    Role,
    StoredAttachment,
    User,
)
from bot.playground.discord.validate_commands import (
    BOOLEAN,
    CHANNEL,
    CHAT_INPUT,
    FILE,
    GROUP,
    INTEGER,
    MAX_SAFE,
    MENTIONABLE,
    NUMBER,
    PERSON,
    ROLE,
    STRING,
    SUBCOMMAND,
)
from bot.playground.discord.world import World

Given = Path | tuple[str, bytes]
Store = Callable[[str, bytes], StoredAttachment]


@dataclass
class Resolved:
    """Collects the objects that option values or selected values refer to by id."""

    store: Store
    sign: payloads.Sign
    channel: Channel
    person: User
    found: dict[str, Json] = field(default_factory=dict[str, Json])

    def file(self, given: object) -> str:
        name, data = read_file(given)
        stored = self.store(name, data)
        return self._add("attachments", stored.id, payloads.attachment(stored, self.sign))

    def thing(self, given: object) -> str:
        """A member, user, role or channel."""
        if isinstance(given, Role):
            return self._add("roles", given.id, payloads.role(given))
        if isinstance(given, Channel):
            return self._add("channels", given.id, partial_channel(given, self.person))
        if isinstance(given, Member):
            permissions = str(given.permissions(self.channel))
            self._add("members", given.id, {**payloads.bare_member(given), "permissions": permissions})
            return self._add("users", given.id, payloads.user(given.user))
        if isinstance(given, User):
            return self._add("users", given.id, payloads.user(given))
        raise ClientRefusal(f"{given!r} is not a member, user, role or channel")

    def _add(self, kind: str, key: int, data: Json) -> str:
        self.found.setdefault(kind, {})[str(key)] = data
        return str(key)


def partial_channel(channel: Channel, person: User) -> Json:
    member = channel.guild.members.get(person.id) if channel.guild else None
    return {**payloads.channel(channel), "permissions": str(member.permissions(channel) if member else 0)}


def read_file(given: object) -> tuple[str, bytes]:
    """A path, or a name and its bytes."""
    if isinstance(given, Path):
        return given.name, given.read_bytes()
    match given:
        case (str(name), bytes(data)):
            return name, data
        case _:
            raise ClientRefusal(f"{given!r} is not a file: give a Path or (name, bytes)")


def find_command(world: World, channel: Channel, words: str) -> tuple[Json, list[Json], list[Json]]:
    """The command, the subcommands walked through, and the options of the last of them."""
    first, *rest = words.split()
    local = channel.guild.commands if channel.guild else {}
    command = local.get(first) or world.commands.get(first)
    if command is None or command["type"] != CHAT_INPUT:
        raise ClientRefusal(f"unknown command: /{first}")
    path: list[Json] = []
    options: list[Json] = command.get("options", [])
    for word in rest:
        step = next((o for o in options if o["name"] == word and o["type"] in (SUBCOMMAND, GROUP)), None)
        if step is None:
            raise ClientRefusal(f"unknown command: /{words}")
        path.append(step)
        options = step.get("options", [])
    if any(o["type"] in (SUBCOMMAND, GROUP) for o in options):
        raise ClientRefusal(f"/{words} needs one of its subcommands: {', '.join(o['name'] for o in options)}")
    return command, path, options


def check_allowed(command: Json, channel: Channel, member: Member | None) -> None:
    """Whether the client offers the command to this person in this channel."""
    name = f"/{command['name']}"
    contexts = command.get("contexts")
    if channel.guild is None or member is None:
        if "guild_id" in command or (contexts is not None and 1 not in contexts) or not command["dm_permission"]:
            raise ClientRefusal(f"{name} is not available in direct messages")
        return
    if contexts is not None and 0 not in contexts:
        raise ClientRefusal(f"{name} is not available in servers")
    if command.get("nsfw") and not channel.nsfw:
        raise ClientRefusal(f"{name} is only allowed in age-restricted channels")
    held = member.permissions(channel)
    if not held & Permissions.VIEW_CHANNEL:
        raise ClientRefusal(f"{member.name} cannot see #{channel.name}")
    if not held & Permissions.USE_APPLICATION_COMMANDS:
        raise ClientRefusal(f"{member.name} may not use application commands in #{channel.name}")
    if not held & Permissions.ADMINISTRATOR:
        _check_overrides(command, channel, member, held)


def _check_overrides(command: Json, channel: Channel, member: Member, held: int) -> None:
    """The Integrations page: the channel first, then the person; a command's own rules before those of all."""
    guild = member.guild
    own = guild.command_permissions.get(int(command["id"]), {})
    every = guild.command_permissions.get(guild.world.bot.id, {})
    # Discord's ids for "all channels" and "everyone" are the guild's id less one, and the guild's id.
    places = (FOR_CHANNEL, channel.id), (FOR_CHANNEL, guild.id - 1)
    if not next((rules[place] for rules in (own, every) for place in places if place in rules), True):
        raise ClientRefusal(f"/{command['name']} is not allowed in #{channel.name}")
    allowed = _override_for(own, member)
    if allowed is None:
        default = command["default_member_permissions"]
        needed = 0 if default is None else int(default) or int(Permissions.ADMINISTRATOR)
        allowed = _override_for(every, member) is not False and held & needed == needed
    if not allowed:
        raise ClientRefusal(f"/{command['name']} needs permissions that {member.name} does not have")


def _override_for(rules: Overrides, member: Member) -> bool | None:
    if (FOR_USER, member.id) in rules:
        return rules[FOR_USER, member.id]
    by_role = [rules[key] for role in member.roles if (key := (FOR_ROLE, role.id)) in rules]
    return any(by_role) if by_role else rules.get((FOR_ROLE, member.guild.id))


def fill_options(options: list[Json], given: Mapping[str, object], resolved: Resolved) -> list[Json]:
    """Check the values as the client does, and write them as the payload has them."""
    known = {o["name"] for o in options}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ClientRefusal(f"no such option: {', '.join(unknown)} (there are: {', '.join(sorted(known)) or 'none'})")
    missing = [o["name"] for o in options if o.get("required") and o["name"] not in given]
    if missing:
        raise ClientRefusal(f"required option missing: {', '.join(missing)}")
    by_name = {o["name"]: o for o in options}
    return [
        {"name": name, "type": by_name[name]["type"], "value": _value(by_name[name], value, resolved)}
        for name, value in given.items()
    ]


def _value(option: Json, value: Any, resolved: Resolved) -> Any:
    kind, name = option["type"], option["name"]
    if option.get("choices"):
        return _chosen(option, value)
    if kind == FILE:
        return resolved.file(value)
    if kind in (PERSON, CHANNEL, ROLE, MENTIONABLE):
        return _referred(option, value, resolved)
    if not _fits(kind, value):
        raise ClientRefusal(f"{name}: {value!r} is not {_NOUNS[kind]}")
    if kind == STRING:
        _check_length(option, value)
    elif kind != BOOLEAN:
        _check_bounds(option, value)
    return value


_NOUNS = {STRING: "text", INTEGER: "an integer", NUMBER: "a number", BOOLEAN: "true or false"}
_TYPES: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), NUMBER: (int, float), BOOLEAN: (bool,)}


def _fits(kind: int, value: object) -> bool:
    # In Python true and false are integers too; in a client they are not.
    return isinstance(value, _TYPES[kind]) and isinstance(value, bool) is (kind == BOOLEAN)


def _chosen(option: Json, value: object) -> Any:
    for choice in option["choices"]:
        if value == choice["value"] and isinstance(value, bool) is isinstance(choice["value"], bool):
            return choice["value"]
        if value == choice["name"]:
            return choice["value"]
    names = ", ".join(str(c["name"]) for c in option["choices"])
    raise ClientRefusal(f"{option['name']}: {value!r} is not one of the choices: {names}")


def _referred(option: Json, value: object, resolved: Resolved) -> str:
    kinds = {PERSON: (Member, User), CHANNEL: (Channel,), ROLE: (Role,), MENTIONABLE: (Member, User, Role)}
    if not isinstance(value, kinds[option["type"]]):
        raise ClientRefusal(f"{option['name']}: {value!r} is not what this option takes")
    wanted = cast("list[int]", option.get("channel_types") or [])
    if isinstance(value, Channel) and wanted and value.type not in wanted:
        raise ClientRefusal(f"{option['name']}: #{value.name} is not of a type this option takes")
    return resolved.thing(value)


def _check_length(option: Json, value: str) -> None:
    low, high = option.get("min_length", 0), option.get("max_length", 6000)
    if not max(low, 1) <= len(value) <= high:
        raise ClientRefusal(f"{option['name']}: must be {max(low, 1)} to {high} characters, not {len(value)}")


def _check_bounds(option: Json, value: float) -> None:
    low, high = option.get("min_value", -MAX_SAFE), option.get("max_value", MAX_SAFE)
    if not low <= value <= high:
        raise ClientRefusal(f"{option['name']}: {value} is out of bounds ({low} to {high})")


def nest(path: list[Json], options: list[Json]) -> list[Json]:
    """Wrap the options into the subcommands that lead to them."""
    for step in reversed(path):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    return options
