"""Messages by channel, with the bot's token."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.playground.discord import errors, payloads
from bot.playground.discord.limits import OLD_MESSAGE, Limits
from bot.playground.discord.messages import Messages
from bot.playground.discord.permissions import Permissions
from bot.playground.discord.rest import Body, as_dict, nothing, read_body, reply
from bot.playground.discord.rest_reads import find_channel, number
from bot.playground.discord.state import Channel, Json, Message
from bot.playground.discord.world import World


@dataclass(eq=False, repr=False)
class ChannelMessages:
    world: World
    messages: Messages
    limits: Limits

    def routes(self) -> list[web.RouteDef]:
        many = "/channels/{channel_id}/messages"
        one = many + "/{message_id}"
        return [
            web.get(many, self.list),
            web.post(many, self.create),
            web.get(one, self.get),
            web.patch(one, self.edit),
            web.delete(one, self.delete),
        ]

    async def list(self, request: web.Request) -> web.Response:
        channel = find_channel(self.world, request)
        if not self._may(channel, Permissions.READ_MESSAGE_HISTORY):
            return reply([])
        limit = int(request.query.get("limit", "50"))
        if not 1 <= limit <= 100:
            raise errors.invalid(("limit",), "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
        found = [m for m in channel.messages if _within(m, request)]
        # `after` counts from the oldest, everything else from the newest; the answer is newest first.
        page = found[:limit] if "after" in request.query else found[-limit:]
        return reply([self._read(m) for m in reversed(page)])

    async def get(self, request: web.Request) -> web.Response:
        message = self._find(request)
        if not self._may(message.channel, Permissions.READ_MESSAGE_HISTORY):
            raise errors.missing_permissions()
        return reply(self._read(message))

    async def create(self, request: web.Request) -> web.Response:
        channel = find_channel(self.world, request)
        body = await read_body(request)
        fields = as_dict(body.json) or {}
        self._require(channel, Permissions.SEND_MESSAGES)
        self._require_contents(channel, body)
        self._require_open(channel)
        twin = self.messages.twin(channel, fields)
        if twin is not None:
            return reply(self.messages.render(twin))
        answered = self._answered(channel, as_dict(fields.get("message_reference")))
        message = self.messages.create(channel, self.world.bot, fields, body.uploads, reply_to=answered)
        return reply(self.messages.render(message))

    async def edit(self, request: web.Request) -> web.Response:
        message = self._find(request)
        body = await read_body(request)
        fields = as_dict(body.json) or {}
        if message.author is not self.world.bot:
            if set(fields) - {"flags"}:
                raise errors.not_the_author()
            self._require(message.channel, Permissions.MANAGE_MESSAGES)
        self._require_contents(message.channel, body)
        if self.world.clock.now() - message.created > OLD_MESSAGE:
            self.limits.take_old_edit(message.channel.id)
        return reply(self.messages.render(self.messages.edit(message, fields, body.uploads)))

    async def delete(self, request: web.Request) -> web.Response:
        message = self._find(request)
        if message.author is not self.world.bot:
            self._require(message.channel, Permissions.MANAGE_MESSAGES)
        self.messages.delete(message)
        return nothing()

    def _find(self, request: web.Request) -> Message:
        """Ephemeral messages cannot be reached by channel."""
        channel = find_channel(self.world, request)
        message = self.world.messages.get(number(request, "message_id"))
        if message is None or message.channel is not channel or message.deleted or message.ephemeral:
            raise errors.unknown_message()
        return message

    def _read(self, message: Message) -> Json:
        """A message as the bot may read it: in servers, without the intent, little of what others write."""
        data = self.messages.render(message)
        is_open = self.world.reads_content or message.channel.guild is None
        return data if is_open else payloads.without_content(data, self.world.bot)

    def _may(self, channel: Channel, wanted: Permissions) -> bool:
        return channel.guild is None or bool(channel.guild.bot.permissions(channel) & wanted)

    def _require(self, channel: Channel, wanted: Permissions) -> None:
        if not self._may(channel, wanted):
            raise errors.missing_permissions()

    def _require_contents(self, channel: Channel, body: Body) -> None:
        if body.uploads:
            self._require(channel, Permissions.ATTACH_FILES)
        if (as_dict(body.json) or {}).get("embeds"):
            self._require(channel, Permissions.EMBED_LINKS)

    def _require_open(self, channel: Channel) -> None:
        """A bot may open a direct channel to anybody; whether it may write there is seen when it does."""
        person = channel.recipient
        if person is None:
            return
        if not any(person.id in guild.members for guild in self.world.guilds.values()):
            raise errors.no_mutual_guilds()
        if not person.takes_direct_messages:
            raise errors.cannot_message_user()

    def _answered(self, channel: Channel, reference: Json | None) -> Message | None:
        if reference is None:
            return None
        self._require(channel, Permissions.READ_MESSAGE_HISTORY)
        message = self.world.messages.get(int(reference.get("message_id") or 0))
        if message is not None and message.channel is channel and not message.deleted:
            return message
        if reference.get("fail_if_not_exists") is False:
            return None
        raise errors.invalid(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")


def _within(message: Message, request: web.Request) -> bool:
    before, after = request.query.get("before"), request.query.get("after")
    return (before is None or message.id < int(before)) and (after is None or message.id > int(after))
