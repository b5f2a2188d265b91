"""The desk where people's actions become interactions for the bot."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe

from bot.playground.discord import payloads, words
from bot.playground.discord.cdn import Cdn
from bot.playground.discord.errors import ClientRefusal
from bot.playground.discord.faults import Faults
from bot.playground.discord.messages import Messages, upload_limit
from bot.playground.discord.options import Resolved, partial_channel
from bot.playground.discord.state import Channel, Guild, Json, Member, Message, Use, User
from bot.playground.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5


@dataclass(eq=False, repr=False)
class Desk:
    """What the human side needs of the server."""

    world: World
    cdn: Cdn
    messages: Messages
    faults: Faults

    def resolved(self, channel: Channel, person: User) -> Resolved:
        """Collects what the options refer to; files go to the CDN at once, as a client uploads them."""

        def store(name: str, data: bytes) -> payloads.StoredAttachment:
            self.check_size(name, data)
            return self.cdn.store_given(name, data)

        return Resolved(store, self.cdn.sign, channel, person)

    def check_size(self, name: str, data: bytes) -> None:
        if len(data) > self.world.max_user_upload:
            said = words.too_powerful(self.world.max_user_upload)
            raise ClientRefusal(said, detail=f"{name}: {len(data)} bytes")

    def open(
        self,
        kind: int,
        who: Member | User,
        channel: Channel,
        data: Json,
        *,
        source: Message | None = None,
        parent: Use | None = None,
    ) -> Use:
        """Make the interaction and send it to the bot."""
        member = who if isinstance(who, Member) else None
        user = who.user if isinstance(who, Member) else who
        use = Use(
            self.world.snowflake(),
            token_urlsafe(64),
            kind,
            user,
            member,
            channel,
            self.world,
            data,
            self.world.clock.now(),
            source,
            parent,
        )
        self.world.uses[use.token] = use
        copies = 2 if self.faults.duplicate_next_interaction else 1
        self.faults.duplicate_next_interaction = False
        if self.faults.lose_next_interaction:
            copies, self.faults.lose_next_interaction = 0, False
        for _ in range(copies):
            # Nothing else comes from a server that does not have the bot.
            seen_by = None if use.is_guest else channel.guild
            self.world.send("INTERACTION_CREATE", self.payload(use), seen_by, 0)
        self.world.changed()
        return use

    def payload(self, use: Use) -> Json:
        channel, guild = use.channel, use.channel.guild
        data: Json = {
            "id": str(use.id),
            "application_id": str(self.world.bot.id),
            "type": use.type,
            "token": use.token,
            "version": 1,
            "data": use.data,
            "channel_id": str(channel.id),
            "channel": partial_channel(channel, use.user),
            "locale": use.user.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": payloads.owners(channel, use.user),
            "attachment_size_limit": upload_limit(self.world, guild),
        }
        if guild is None or use.member is None:
            own = {"user": payloads.user(use.user), "context": 1}
            return {**data, **own, "app_permissions": str(_IN_DIRECT_MESSAGES), **self._source(use)}
        return {**data, **_in_guild(guild, use.member, channel), **self._source(use)}

    def _source(self, use: Use) -> Json:
        return {} if use.source is None else {"message": self.messages.render(use.source)}


def answered_by(message: Message) -> Message | None:
    """The message that this one replies to; where it answers a press, the one that was pressed on.

    A follow-up whose first answer was taken back, as a "thinking" is, replies to that no more.
    """
    use, asked = message.use, message.reply_to
    pressed = use.source if use is not None and use.type == COMPONENT else None
    if use is not None and asked is not None and asked is use.original and asked.deleted:
        asked = None
    return asked or pressed


# Documented for direct messages with the bot: embed links, attach files, mention everyone, use external emojis. Nothing
# of viewing a channel or sending messages, which go without saying there.
_IN_DIRECT_MESSAGES = 1 << 14 | 1 << 15 | 1 << 17 | 1 << 18


def _as_guest(guild: Guild) -> int:
    """What the app may do where only the person brought it along: what everyone may, and what goes with answers."""
    return guild.everyone.permissions | 1 << 14 | 1 << 15 | 1 << 17


def _in_guild(guild: Guild, member: Member, channel: Channel) -> Json:
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "features": [], "locale": guild.locale},
        "guild_locale": guild.locale,
        "member": {**payloads.member(member), "permissions": str(member.permissions(channel))},
        "app_permissions": str(
            _as_guest(guild) if guild.id not in guild.world.guilds else guild.bot.permissions(channel)
        ),
        "context": 0,
    }
