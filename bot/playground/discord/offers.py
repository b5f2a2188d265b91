"""What a Discord client offers to a person in a channel: slash commands and context menus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.playground.discord.errors import ClientRefusal
from bot.playground.discord.permissions import Permissions
from bot.playground.discord.state import FOR_CHANNEL, FOR_ROLE, FOR_USER, Channel, Json, Member, Overrides, User
from bot.playground.discord.validate_commands import CHAT_INPUT, GROUP, SUBCOMMAND
from bot.playground.discord.world import World

USER_INSTALL = 1


@dataclass(frozen=True)
class Offered:
    """One command as the client lists it: a slash command's leaf (1), or a menu on members (2) or messages (3)."""

    id: str
    kind: int
    name: str
    description: str
    options: list[Json]
    #: Of this server alone, as what somebody published there; the others are the bot's own.
    is_local: bool = False


def listed(world: World, channel: Channel, member: Member | None, locale: str = "en-US") -> list[Offered]:
    """All that this person may use here, by name, with descriptions in the language of the client."""
    known = known_commands(world, channel, member.user if member else None).values()
    allowed = [command for command in known if _is_allowed(command, channel, member)]
    found = [offer for command in allowed for offer in _leaves(command, command, command["name"], locale)]
    return sorted(found, key=lambda offer: (offer.name.casefold(), offer.kind))


def known_commands(world: World, channel: Channel, person: User | None = None) -> Mapping[str, Json]:
    """The commands of the server, then the global ones, by their keys.

    Where the bot is not, there are those that a person may bring along, if they did.
    """
    guild = channel.guild
    if guild is None:
        return world.commands
    if guild.id in world.guilds:
        return {**world.commands, **guild.commands}
    if person is None or not person.has_installed:
        return {}
    return {key: command for key, command in world.commands.items() if USER_INSTALL in command["integration_types"]}


def _leaves(command: Json, node: Json, name: str, locale: str) -> Iterator[Offered]:
    options: list[Json] = node.get("options", [])
    nested = [o for o in options if o["type"] in (SUBCOMMAND, GROUP)]
    for step in nested:
        yield from _leaves(command, step, f"{name} {step['name']}", locale)
    if not nested:
        told = [_localized(option, locale) for option in options]
        description = _localized(node, locale).get("description", "")
        yield Offered(command["id"], command["type"], name, description, told, "guild_id" in command)


def _localized(node: Json, locale: str) -> Json:
    """The same with its description, and what its choices are called, in that language; names are what one types."""
    shown = dict(node)
    for key in ("description", "name") if "value" in node else ("description",):
        texts: Json = node.get(f"{key}_localizations") or {}
        shown[key] = texts.get(locale) or node.get(key, "")
    if choices := node.get("choices"):
        shown["choices"] = [_localized(choice, locale) for choice in choices]
    return shown


def find_command(
    world: World, channel: Channel, words: str, person: User | None = None
) -> tuple[Json, list[Json], list[Json]]:
    """The command, the subcommands walked through, and the options of the last of them."""
    first, *rest = words.split() or [""]
    command = known_commands(world, channel, person).get(first)
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


def find_menu(world: World, channel: Channel, name: str, kind: int, person: User | None = None) -> Json:
    """The context menu's command of this name, on members (2) or messages (3)."""
    for command in known_commands(world, channel, person).values():
        if command["type"] == kind and command["name"] == name:
            return command
    raise ClientRefusal(f"unknown command: {name}")


def _is_allowed(command: Json, channel: Channel, member: Member | None) -> bool:
    try:
        check_allowed(command, channel, member)
    except ClientRefusal:
        return False
    return True


def check_allowed(command: Json, channel: Channel, member: Member | None) -> None:
    """Whether the client offers the command to this person in this channel."""
    name = _shown(command)
    contexts = command.get("contexts")
    if channel.guild is not None and member is None:
        raise ClientRefusal(f"{name} is for the members of {channel.guild.name}")
    if member is None:
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
        raise ClientRefusal(f"{_shown(command)} is not allowed in #{channel.name}")
    allowed = _override_for(own, member)
    if allowed is None:
        default = command["default_member_permissions"]
        needed = 0 if default is None else int(default) or int(Permissions.ADMINISTRATOR)
        allowed = _override_for(every, member) is not False and held & needed == needed
    if not allowed:
        raise ClientRefusal(f"{_shown(command)} needs permissions that {member.name} does not have")


def _override_for(rules: Overrides, member: Member) -> bool | None:
    if (FOR_USER, member.id) in rules:
        return rules[FOR_USER, member.id]
    by_role = [rules[key] for role in member.roles if (key := (FOR_ROLE, role.id)) in rules]
    return any(by_role) if by_role else rules.get((FOR_ROLE, member.guild.id))


def _shown(command: Json) -> str:
    return f"/{command['name']}" if command["type"] == CHAT_INPUT else command["name"]
