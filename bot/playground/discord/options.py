"""What a Discord client makes of a slash command's options, and what it refuses to send."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from bot.playground.discord import payloads, words
from bot.playground.discord.errors import ClientRefusal
from bot.playground.discord.state import Channel, Guild, Json, Member, Message, Role, StoredAttachment, User
from bot.playground.discord.validate_commands import (
    BOOLEAN,
    CHANNEL,
    FILE,
    INTEGER,
    MAX_SAFE,
    MAX_TEXT,
    MENTIONABLE,
    NUMBER,
    PERSON,
    ROLE,
    STRING,
)

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

    def message(self, given: Message, rendered: Json) -> str:
        """What a context menu of a message was used on."""
        return self._add("messages", given.id, rendered)

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
            raise ClientRefusal(words.not_valid(FILE), detail=f"{given!r} is not a file: give a Path or (name, bytes)")


def fill_options(options: list[Json], given: Mapping[str, object], resolved: Resolved) -> list[Json]:
    """Check the values as the client does, and write them as the payload has them."""
    known = {o["name"] for o in options}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ClientRefusal(f"no such option: {', '.join(unknown)} (there are: {', '.join(sorted(known)) or 'none'})")
    missing = [o["name"] for o in options if o.get("required") and o["name"] not in given]
    if missing:
        raise ClientRefusal(words.REQUIRED, missing[0], detail=f"required option missing: {', '.join(missing)}")
    by_name = {o["name"]: o for o in options}
    return [
        {"name": name, "type": by_name[name]["type"], "value": _value(by_name[name], value, resolved)}
        for name, value in given.items()
    ]


def fill_valid(options: list[Json], given: Mapping[str, object], resolved: Resolved) -> list[Json]:
    """Write only what is valid so far: what is still being typed need not be complete."""
    filled: list[Json] = []
    for option in options:
        with suppress(ClientRefusal):
            if option["name"] in given:
                value = _value(option, given[option["name"]], resolved)
                filled.append({"name": option["name"], "type": option["type"], "value": value})
    return filled


def _value(option: Json, value: Any, resolved: Resolved) -> Any:
    kind, name = option["type"], option["name"]
    if option.get("choices"):
        return _chosen(option, value)
    if kind == FILE:
        with standing_under(name):
            return resolved.file(value)
    if kind in (PERSON, CHANNEL, ROLE, MENTIONABLE):
        return _referred(option, value, resolved)
    if not _fits(kind, value):
        raise _not_valid(option, f"{value!r} is not {_NOUNS[kind]}")
    if kind == STRING:
        _check_length(option, value)
    elif kind != BOOLEAN:
        _check_bounds(option, value)
    return value


_NOUNS = {STRING: "text", INTEGER: "an integer", NUMBER: "a number", BOOLEAN: "true or false"}
_TYPES: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), NUMBER: (int, float), BOOLEAN: (bool,)}
KINDS: dict[int, tuple[type, ...]] = {
    PERSON: (Member, User),
    CHANNEL: (Channel,),
    ROLE: (Role,),
    MENTIONABLE: (Member, User, Role),
}


def _fits(kind: int, value: object) -> bool:
    # In Python true and false are integers too; in a client they are not.
    return isinstance(value, _TYPES[kind]) and isinstance(value, bool) is (kind == BOOLEAN)


def _not_valid(option: Json, why: str) -> ClientRefusal:
    said = words.not_valid(0 if option.get("choices") else option["type"])
    return ClientRefusal(said, option["name"], detail=f"{option['name']}: {why}")


def _empty(option: Json) -> ClientRefusal:
    refusal = _not_valid(option, "nothing is typed")
    return ClientRefusal(words.REQUIRED, option["name"]) if option.get("required") else refusal


@contextmanager
def standing_under(field: str) -> Generator[None]:
    """Say of a refusal which field it stands under."""
    try:
        yield
    except ClientRefusal as refusal:
        refusal.field = refusal.field or field
        raise


def _chosen(option: Json, value: object) -> Any:
    for choice in option["choices"]:
        if value == choice["value"] and isinstance(value, bool) is isinstance(choice["value"], bool):
            return choice["value"]
        if value == choice["name"]:
            return choice["value"]
    names = ", ".join(str(c["name"]) for c in option["choices"])
    raise _not_valid(option, f"{value!r} is not one of the choices: {names}")


def _referred(option: Json, value: object, resolved: Resolved) -> str:
    if not isinstance(value, KINDS[option["type"]]):
        raise _not_valid(option, f"{value!r} is not what this option takes")
    wanted = cast("list[int]", option.get("channel_types") or [])
    if isinstance(value, Channel) and wanted and value.type not in wanted:
        raise _not_valid(option, f"#{value.name} is not of a type this option takes")
    return resolved.thing(value)


def _check_length(option: Json, value: str) -> None:
    low, high = max(option.get("min_length", 0), 1), option.get("max_length", MAX_TEXT)
    if not value:
        raise _empty(option)
    if not low <= len(value) <= high:
        said = words.length(option.get("min_length"), high)
        detail = f"{option['name']}: must be {low} to {high} characters, not {len(value)}"
        raise ClientRefusal(said, option["name"], detail=detail)


def _check_bounds(option: Json, value: float) -> None:
    low, high = option.get("min_value", -MAX_SAFE), option.get("max_value", MAX_SAFE)
    if not low <= value <= high:
        said = words.bounds(option.get("min_value"), option.get("max_value"))
        detail = f"{option['name']}: {value} is out of bounds ({low} to {high})"
        raise ClientRefusal(said, option["name"], detail=detail)


def typed(option: Json, raw: object, guild: Guild | None, people: Iterable[User] = ()) -> object:
    """What the client makes of text typed into an option; what is no text stays as it is.

    Outside servers `people` are those of the direct messages.
    """
    if not isinstance(raw, str):
        return raw
    text, kind = raw.strip(), option["type"]
    if not text:
        raise _empty(option)
    if option.get("choices"):
        return _chosen(option, next((c["value"] for c in option["choices"] if str(c["value"]) == text), text))
    found: object = text
    if kind in (INTEGER, NUMBER):
        found = _number(text, whole=kind == INTEGER)
    elif kind == BOOLEAN:
        found = {"true": True, "false": False}.get(text.lower())
    elif kind in KINDS:
        found = find_thing(text, KINDS[kind], guild, people)
    elif kind == FILE:
        found = None
    if found is None:
        raise _not_valid(option, f"{raw!r} is not valid")
    return found


def _number(text: str, *, whole: bool) -> int | float | None:
    """A number as a person writes it in English, thousands set off by commas."""
    plain = text.replace(",", "")
    if re.fullmatch(r"[+-]?\d+", plain, re.ASCII):
        value: int | float = int(plain[:20])
    elif re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", plain, re.ASCII | re.IGNORECASE):
        value = float(plain)
    else:
        return None
    if abs(value) >= MAX_SAFE or (whole and value != int(value)):
        return None
    return int(value) if whole else value


def find_thing(text: str, kinds: tuple[type, ...], guild: Guild | None, people: Iterable[User] = ()) -> object | None:
    """The member, role or channel of an id or a mention."""
    digits = re.fullmatch(r"(?:<[@#][!&]?)?(\d{1,20})>?", text, re.ASCII)
    if digits is None:
        return None
    key = int(digits[1])
    places: list[Mapping[int, object]] = [{p.id: p for p in people}]
    if guild is not None:
        places = [guild.members, guild.roles, guild.channels]
    found = (place.get(key) for place in places)
    return next((thing for thing in found if isinstance(thing, kinds)), None)


def nest(path: list[Json], options: list[Json]) -> list[Json]:
    """Wrap the options into the subcommands that lead to them."""
    for step in reversed(path):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    return options
