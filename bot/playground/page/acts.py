"""What the page asks for, made into what a person does in a Discord client."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from bot.playground.discord import ClientRefusal, LocalMember, Message, NoAnswer, Use, typed, typed_field, words
from bot.playground.discord.errors import DiscordError
from bot.playground.discord.forms import find_select
from bot.playground.discord.offers import find_command
from bot.playground.discord.state import Channel, Guild, Member, User
from bot.playground.discord.validate_commands import FILE, MESSAGE, USER
from bot.playground.discord.validate_components import walk
from bot.playground.page.ports import Json, MischiefBox
from bot.playground.page.seat import Seat
from bot.playground.page.uploads import Uploads
from workflows._json import mapping, sequence

log = logging.getLogger(__name__)

MALFORMED = "The page asked for something that cannot be. Reload it and try again."
BROKEN = "Something went wrong in the playground; its log says what."
#: A client's own words, as are those of `words`.
OUTDATED = "This command is outdated, please try again in a few minutes"
GONE = "This file is no longer held here. Attach it again."

Act = Callable[[Json], Awaitable[Json]]


class Malformed(Exception):
    """The request is not one that the page would make."""


@dataclass(eq=False, repr=False)
class Acts:
    """Does for one seat what its page asks."""

    seat: Seat
    uploads: Uploads
    mischief: MischiefBox | None = None

    async def answer(self, asked: object) -> Json:
        """Do what is asked and return the answer; a refusal is an answer too, and nothing is raised."""
        fields = mapping(asked)
        nonce = fields.get("nonce")
        told: Json = {"answers": nonce if isinstance(nonce, (str, int)) else None}
        try:
            return told | {"ok": True} | await self._act(fields)(fields)
        except ClientRefusal as refusal:
            return told | {"refused": str(refusal), "field": refusal.field}
        except NoAnswer as silence:
            return told | {"refused": _first_line(silence), "field": None}
        except DiscordError as error:
            return told | {"refused": _words(error), "field": None}
        except Malformed:
            return told | {"refused": MALFORMED, "field": None}
        except Exception:
            log.exception("an act of the page failed: %s", fields.get("do"))
            return told | {"refused": BROKEN, "field": None}

    def _act(self, fields: Json) -> Act:
        acts: dict[str, Act] = {
            "sit": self._sit,
            "look": self._look,
            "history": self._history,
            "say": self._say,
            "slash": self._slash,
            "suggest": self._suggest,
            "menu": self._menu,
            "press": self._press,
            "choose": self._choose,
            "submit": self._submit,
            "dismiss": self._dismiss,
            "watch": self._watch,
            "mischief": self._mischief,
        }
        wanted = fields.get("do")
        if not isinstance(wanted, str) or wanted not in acts:
            raise Malformed
        return acts[wanted]

    # Looking around

    async def _sit(self, asked: Json) -> Json:
        user = asked.get("user")
        member = self.seat.sit(None if user is None else str(user), asked.get("language"))
        return {"me": str(member.id)}

    async def _look(self, asked: Json) -> Json:
        self.seat.look(_text(asked, "channel"))
        return {}

    async def _history(self, asked: Json) -> Json:
        return self.seat.history(_text(asked, "channel"), _text(asked, "before"))

    async def _dismiss(self, asked: Json) -> Json:
        self.seat.dismiss(_text(asked, "message"))
        return {}

    async def _watch(self, asked: Json) -> Json:
        self.seat.watch(asked.get("panel") is True)
        return {}

    async def _mischief(self, asked: Json) -> Json:
        if self.mischief is None:
            raise ClientRefusal("There is no mischief to be had here.")
        said = await self.mischief.do(_text(asked, "name"))
        return {"said": said, "mischief": self.mischief.offers()}

    # Doing things

    async def _say(self, asked: Json) -> Json:
        channel = self.seat.open_channel(_text(asked, "channel"))
        files = [self._file({"upload": upload}, None) for upload in sequence(asked.get("uploads"))]
        content = asked.get("content")
        message = await self.person.say(channel, content if isinstance(content, str) else "", files)
        return {"message": str(message.id)}

    async def _slash(self, asked: Json) -> Json:
        channel, command = self.seat.open_channel(_text(asked, "channel")), _text(asked, "command")
        wanted = self._wanted(channel, command)
        given = {
            name: self._option(wanted[name], raw, channel) if name in wanted else raw
            for name, raw in mapping(asked.get("options")).items()
        }
        return _used(await self.person.slash(channel, command, given))

    async def _suggest(self, asked: Json) -> Json:
        channel, command = self.seat.open_channel(_text(asked, "channel")), _text(asked, "command")
        focused, text = _text(asked, "focused"), asked.get("text")
        others = self._others(channel, command, focused, mapping(asked.get("options")))
        found = await self.person.autocomplete(channel, command, focused, str(text or ""), others)
        return {"choices": [{"name": c["name"], "value": c["value"]} for c in found]}

    def _others(self, channel: Channel, command: str, focused: str, options: Json) -> Json:
        """The other options, as far as they stand: what is still being typed goes without saying, and so do files."""
        given: Json = {}
        for name, option in self._wanted(channel, command).items():
            if name in options and name != focused and option["type"] != FILE:
                try:
                    given[name] = self._option(option, options[name], channel)
                except ClientRefusal:
                    continue
        return given

    async def _menu(self, asked: Json) -> Json:
        channel, command = self.seat.open_channel(_text(asked, "channel")), _text(asked, "command")
        target, kind = _text(asked, "target"), asked.get("kind")
        if kind not in (USER, MESSAGE):
            raise Malformed
        on = self.seat.message(target) if kind == MESSAGE else self._somebody(target, channel)
        return _used(await self.person.context(channel, command, on))

    async def _press(self, asked: Json) -> Json:
        message, custom_id = self._component(asked)
        return _used(await self.person.press(message, custom_id))

    async def _choose(self, asked: Json) -> Json:
        message, custom_id = self._component(asked)
        select = find_select(message, custom_id)
        values = typed_field(select, sequence(asked.get("values")), *self._around(message.channel))
        return _used(await self.person.select(message, custom_id, cast("list[object]", values)))

    async def _submit(self, asked: Json) -> Json:
        use = self._own_use(_text(asked, "use"))
        items = {c["custom_id"]: c for c in walk((use.modal or {}).get("components", [])) if c.get("custom_id")}
        around = self._around(use.channel)
        given = {
            name: typed_field(items[name], self._with_files(raw, name), *around) if name in items else raw
            for name, raw in mapping(asked.get("fields")).items()
        }
        return _used(await self.person.submit(use, given))

    # What the page's words stand for

    @property
    def person(self) -> LocalMember:
        return self.seat.person

    def _wanted(self, channel: Channel, command: str) -> dict[str, Json]:
        try:
            _, _, options = find_command(self.seat.shared.discord.world, channel, command)
        except ClientRefusal as refusal:
            # It went while the person typed.
            raise ClientRefusal(OUTDATED) from refusal
        return {option["name"]: option for option in options}

    def _component(self, asked: Json) -> tuple[Message, str]:
        """A message and what is used on it; that may have gone the moment before."""
        message, custom_id = self.seat.message(_text(asked, "message")), _text(asked, "custom_id")
        if custom_id not in {c.get("custom_id") for c in walk(message.components) if not c.get("disabled")}:
            raise ClientRefusal(words.PRESS_FAILED)
        return message, custom_id

    def _option(self, option: Json, raw: object, channel: Channel) -> object:
        return typed(option, self._with_files(raw, option["name"]), *self._around(channel))

    def _around(self, channel: Channel) -> tuple[Guild | None, list[User]]:
        """Where ids are looked up; outside servers those are the two who talk."""
        return channel.guild, [self.person.user, self.seat.shared.discord.bot]

    def _with_files(self, raw: object, field: str) -> object:
        """The same, with the files in place of what stands for them."""
        if isinstance(raw, list):
            return [self._file(one, field) for one in cast("list[object]", raw)]
        return self._file(raw, field)

    def _file(self, raw: object, field: str | None) -> object:
        """The file that this stands for; what stands for none is itself."""
        if not isinstance(raw, dict):
            return raw
        found = self.uploads.get(str(cast("Json", raw).get("upload")))
        if found is None:
            raise ClientRefusal(GONE, field=field)
        return found

    def _somebody(self, user_id: str, channel: Channel) -> Member | User:
        guild, two = self._around(channel)
        present = two if guild is None else guild.members.values()
        found = next((one for one in present if str(one.id) == user_id), None)
        if found is None:
            raise ClientRefusal("There is nobody of that name here.")
        return found

    def _own_use(self, use_id: str) -> Use:
        world = self.seat.shared.discord.world
        found = next((u for u in reversed(world.uses.values()) if str(u.id) == use_id), None)
        if found is None or found.user is not self.person.user:
            raise ClientRefusal("This form is no longer open.")
        return found


def _used(use: Use) -> Json:
    return {"use": str(use.id)}


def _text(asked: Json, key: str) -> str:
    value = asked.get(key)
    if not isinstance(value, str) or not value:
        raise Malformed
    return value


def _first_line(error: Exception) -> str:
    return str(error).partition(";")[0]


def _words(error: DiscordError) -> str:
    """What Discord says, or what it says of the first field that it minds."""
    node: Any = error.body.get("errors")
    while isinstance(node, dict):
        fields = cast("Json", node)
        if "_errors" in fields:
            return str(fields["_errors"][0]["message"])
        node = next(iter(fields.values()), None)
    return str(error.body["message"])
