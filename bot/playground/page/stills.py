"""Messages as they showed at one moment, kept apart from the Discord that they were taken from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from bot.playground.discord import LocalDiscord
from bot.playground.discord.interactions import COMPONENT
from bot.playground.discord.state import Channel, Json, Member, Message, Snapshot, StoredAttachment, Use, User

_MENTION = re.compile(r"<@!?(\d+)>")
_TIME = re.compile(r"<t:(\d+)(?=[:>])")
#: The type of a message that answers a command.
_ANSWER = 20
#: The type of a response that opens a modal.
_MODAL = 9


@dataclass(frozen=True)
class Still:
    """All that a message showed at one moment. Made by hand, it needs no more than what is to be seen."""

    content: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    files: tuple[StoredAttachment, ...] = ()
    #: The files that an embed or a component shows, by name.
    in_place: frozenset[str] = frozenset()
    flags: int = 0
    is_edited: bool = False
    #: The use of a command that it is the first answer to.
    use: Use | None = None
    #: Who wrote it, if that was not the bot.
    author: str | None = None
    #: The names behind the mentions in it.
    people: Mapping[int, str] = field(default_factory=dict[int, str])
    #: When it was taken: what says "in a minute" shall go on saying it.
    taken_at: float | None = None


#: What can be drawn; a use is drawn as the modal that it was answered with.
State = Message | Still | Use


def take(message: Message, shown: Snapshot | None = None) -> Still:
    """Return what a message shows now, or what it showed after one of its edits."""
    world = message.channel.world
    now = shown or message.snapshot()
    kept = [f for f in message.files if f.id in message.shown_in_place]
    ids = {int(found) for found in _MENTION.findall(says(message))}
    return Still(
        now.content,
        deepcopy(now.embeds),
        deepcopy(now.components),
        (*kept, *now.attachments),
        frozenset(f.filename for f in kept),
        now.flags,
        is_edited=message.edited is not None,
        use=message.use if message.use and message.use.original is message else None,
        author=None if message.author is world.bot else message.author.name,
        people={user_id: user.name for user_id in ids if (user := world.users.get(user_id))},
        taken_at=world.clock.now(),
    )


def says(message: Message) -> str:
    """Return all the words of a message, as they were sent, to look for some in them."""
    return json.dumps([message.content, message.embeds, message.components], ensure_ascii=False)


def still_of(state: Message | Still) -> Still:
    """Return a state as a still."""
    return take(state) if isinstance(state, Message) else state


def place(discord: LocalDiscord, channel: Channel, seat: Member, still: Still) -> Message:
    """Put what a message showed into a channel, where `seat` sees it."""
    world, now = discord.world, discord.world.clock.now()
    for user_id, name in still.people.items():
        world.users.setdefault(user_id, User(user_id, name))
    message = Message(world.snowflake(), channel, world.bot, flags=still.flags, created=now)
    if still.author is not None:
        message.author = next((m.user for m in seat.guild.members.values() if m.name == still.author), seat.user)
    if still.use is not None:
        message.type, message.use = _ANSWER, _used(still.use, message, seat)
    shift = 0.0 if still.taken_at is None else now - still.taken_at
    message.content = _later(still.content, shift)
    message.embeds, message.components = _later(still.embeds, shift), _later(still.components, shift)
    message.visible_to = seat.id if message.ephemeral else None
    message.edited = now if still.is_edited else None
    message.files = [_stored(discord, file, channel, ephemeral=message.ephemeral) for file in still.files]
    message.shown_in_place = {f.id for f in message.files if f.filename in still.in_place}
    channel.everything.append(message)
    world.messages[message.id] = message
    world.changed()
    return message


def open_modal(discord: LocalDiscord, channel: Channel, seat: Member, use: Use) -> None:
    """Open the modal that somebody's doing was answered with, for `seat`. Raises ValueError if it was not."""
    if use.modal is None:
        raise ValueError("this was not answered with a modal")
    opened = discord.desk.open(COMPONENT, seat, channel, {"custom_id": "", "component_type": 2})
    opened.modal, opened.response_type, opened.answered_at = deepcopy(use.modal), _MODAL, discord.world.clock.now()
    discord.world.changed()


def _used(use: Use, answer: Message, seat: Member) -> Use:
    """Return what somebody did as if it had been done here; it was answered, so that nothing fails any more."""
    channel = answer.channel
    person = next((m.user for m in seat.guild.members.values() if m.name == use.user.name), use.user)
    where = replace(use, channel=channel, world=channel.world, user=person, member=None, original=answer)
    return replace(where, response_type=4, answered_at=channel.world.clock.now(), source=None, parent=None)


def _stored(discord: LocalDiscord, file: StoredAttachment, channel: Channel, *, ephemeral: bool) -> StoredAttachment:
    stored = discord.cdn.store(file.filename, file.data, channel.id, ephemeral=ephemeral)
    stored.width, stored.height, stored.description = file.width, file.height, file.description
    # Discord sanitized the name before, all but the mark of a spoiler.
    stored.filename = file.filename
    return stored


def _later(node: Any, seconds: float) -> Any:
    """Return a part of a message with each of its times so much later."""
    if isinstance(node, str):
        return _TIME.sub(lambda found: f"<t:{int(found[1]) + round(seconds)}", node)
    if isinstance(node, list):
        return [_later(item, seconds) for item in node]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(node, dict):
        return {key: _later(value, seconds) for key, value in node.items()}  # pyright: ignore[reportUnknownVariableType]
    return node
