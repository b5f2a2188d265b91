"""The human side: servers, channels and the people in them who use the bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.playground.discord import payloads, words
from bot.playground.discord.errors import ClientRefusal, NoAnswer
from bot.playground.discord.forms import check_message, fill_modal, find_button, find_select, pick
from bot.playground.discord.gateway import GUILD_MEMBERS, GUILDS
from bot.playground.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Desk
from bot.playground.discord.offers import Offered, check_allowed, find_command, find_menu, listed
from bot.playground.discord.options import fill_options, fill_valid, nest, read_file
from bot.playground.discord.permissions import MEMBER, Permissions, named
from bot.playground.discord.rest import Upload
from bot.playground.discord.rest_reads import direct_channel
from bot.playground.discord.state import (
    ANSWER_WITHIN,
    FOR_CHANNEL,
    FOR_ROLE,
    FOR_USER,
    Channel,
    Guild,
    Json,
    Member,
    Message,
    Overwrite,
    Role,
    Use,
    User,
)
from bot.playground.discord.validate_commands import MESSAGE, USER


@dataclass(eq=False)
class LocalChannel(Channel):
    """A text channel whose permissions can be changed."""

    def overwrite(self, target: Member | Role, *, allow: int = 0, deny: int = 0) -> None:
        """Allow or deny permissions here to a role or a member (`guild.bot`, `guild.everyone`, ...)."""
        kind = 0 if isinstance(target, Role) else 1
        self.overwrites[target.id] = Overwrite(target.id, kind, int(allow), int(deny))
        self.world.send("CHANNEL_UPDATE", payloads.channel(self), self.guild, GUILDS)
        self.world.changed()

    def delete(self) -> None:
        """Delete the channel and all that is in it."""
        if self.guild is not None:
            data = payloads.channel(self)
            for message in self.everything:
                # No event tells of each: they are gone with the channel.
                message.deleted = True
                for stored in message.files:
                    stored.removed = True
            self.guild.channels.pop(self.id, None)
            self.world.channels.pop(self.id, None)
            self.world.send("CHANNEL_DELETE", data, self.guild, GUILDS)
        self.world.changed()


@dataclass(eq=False)
class LocalGuild(Guild):
    """A server to which channels and people can be added."""

    desk: Desk = field(kw_only=True, repr=False)

    @property
    def bot_permissions(self) -> int:
        """What the bot's role allows; channels may say otherwise."""
        return self.bot_role.permissions

    @bot_permissions.setter
    def bot_permissions(self, value: int) -> None:
        self.bot_role.permissions = int(value)
        role = {"guild_id": str(self.id), "role": payloads.role(self.bot_role)}
        self.world.send("GUILD_ROLE_UPDATE", role, self, GUILDS)
        self.world.changed()

    def add_channel(self, name: str, *, nsfw: bool = False, topic: str | None = None) -> LocalChannel:
        channel = LocalChannel(self.world.snowflake(), name, self, self.world, nsfw=nsfw, topic=topic)
        self.channels[channel.id] = self.world.channels[channel.id] = channel
        self.world.send("CHANNEL_CREATE", payloads.channel(channel), self, GUILDS)
        self.world.changed()
        return channel

    def add_role(self, name: str, permissions: int = 0, **flags: bool) -> Role:
        role = Role(self.world.snowflake(), name, int(permissions) | named(flags), position=len(self.roles))
        self.roles[role.id] = role
        data = {"guild_id": str(self.id), "role": payloads.role(role)}
        self.world.send("GUILD_ROLE_CREATE", data, self, GUILDS)
        return role

    def add_member(
        self, name: str, permissions: int = 0, *, locale: str = "en-US", user: User | None = None, **flags: bool
    ) -> LocalMember:
        """Let a person in, with `manage_guild=True`-like permissions on top of everyone's."""
        person = user or User(self.world.snowflake(), name, locale=locale)
        self.world.users[person.id] = person
        roles = [self.members_role]
        if permissions or flags:
            roles.append(self.add_role(name, permissions, **flags))
        member = LocalMember(person, self, roles, self.world.clock.now(), desk=self.desk)
        self.members[member.id] = member
        data = {**payloads.member(member), "guild_id": str(self.id)}
        self.world.send("GUILD_MEMBER_ADD", data, self, GUILD_MEMBERS)
        self.world.changed()
        return member

    def remove_member(self, member: Member) -> None:
        """Let a person go."""
        self.members.pop(member.id, None)
        data = {"guild_id": str(self.id), "user": payloads.user(member.user)}
        self.world.send("GUILD_MEMBER_REMOVE", data, self, GUILD_MEMBERS)
        self.world.changed()

    def override_command(self, name: str | None, target: Member | Role | Channel | None, allowed: bool) -> None:
        """The Integrations page: allow or deny a command to a person, a role or in a channel (None: in all).

        Without a name it is the top of the page: the rules of the whole application.
        """
        target_id = self.world.bot.id
        if name is not None:
            target_id = int((self.commands.get(name) or self.world.commands[name])["id"])
        kind = FOR_USER if isinstance(target, Member) else FOR_ROLE if isinstance(target, Role) else FOR_CHANNEL
        key = kind, self.id - 1 if target is None else target.id
        self.command_permissions.setdefault(target_id, {})[key] = allowed
        # No intent holds this event back.
        data = payloads.command_permissions(self, target_id)
        self.world.send("APPLICATION_COMMAND_PERMISSIONS_UPDATE", data, self, 0)
        self.world.changed()


@dataclass(eq=False)
class LocalMember(Member):
    """A person in a server, acting through a Discord client."""

    desk: Desk = field(kw_only=True, repr=False)

    @property
    def dm(self) -> Channel:
        """The direct messages between this person and the bot."""
        return direct_channel(self.desk.world, self.user)

    def close_direct_messages(self) -> None:
        """Take no direct messages any more, by the privacy settings or by blocking the bot."""
        self.user.takes_direct_messages = False

    def install(self) -> None:
        """Bring the app along by one's own installation, also to servers that do not have the bot."""
        self.user.has_installed = True

    async def slash(self, channel: Channel, command: str, options: Mapping[str, object] | None = None) -> Use:
        """Type a slash command and send it; files are a Path or (name, bytes)."""
        found, path, wanted = find_command(self.desk.world, channel, command, self.user)
        self._check_allowed(found, channel)
        resolved = self.desk.resolved(channel, self.user)
        filled = fill_options(wanted, options or {}, resolved)
        return self.desk.open(COMMAND, self._who(channel), channel, _data(found, nest(path, filled), resolved.found))

    def offered(self, channel: Channel) -> list[Offered]:
        """What the client lists for this person here: slash commands and context menus, by name."""
        if not self._permissions(channel):
            return []
        return listed(self.desk.world, channel, self._here(channel), self.user.locale)

    async def context(self, channel: Channel, command: str, target: Message | Member | User) -> Use:
        """Use a context menu's command on a message or a member."""
        kind = MESSAGE if isinstance(target, Message) else USER
        found = find_menu(self.desk.world, channel, command, kind, self.user)
        self._check_allowed(found, channel)
        resolved = self.desk.resolved(channel, self.user)
        if isinstance(target, Message):
            self._check_sees(target)
            if target.ephemeral or target.channel is not channel:
                raise ClientRefusal(f"{command} is not offered on this message")
            resolved.message(target, self.desk.messages.render(target))
        else:
            resolved.thing(target)
        data = _data(found, None, resolved.found) | {"target_id": str(target.id)}
        return self.desk.open(COMMAND, self._who(channel), channel, data)

    async def autocomplete(
        self,
        channel: Channel,
        command: str,
        focused: str,
        text: str = "",
        options: Mapping[str, object] | None = None,
        *,
        timeout: float = ANSWER_WITHIN,
    ) -> list[Json]:
        """Type into an option, and see what the bot suggests."""
        found, path, wanted = find_command(self.desk.world, channel, command, self.user)
        self._check_allowed(found, channel)
        option = next((o for o in wanted if o["name"] == focused), None)
        if option is None or not option.get("autocomplete"):
            raise ClientRefusal(f"/{command} has no option {focused!r} with suggestions")
        resolved = self.desk.resolved(channel, self.user)
        filled = fill_valid([o for o in wanted if o is not option], options or {}, resolved)
        filled.append({"name": focused, "type": option["type"], "value": text, "focused": True})
        data = _data(found, nest(path, filled), resolved.found)
        use = self.desk.open(AUTOCOMPLETE, self._who(channel), channel, data)
        try:
            await use.answered(timeout)
        except NoAnswer as error:
            raise NoAnswer(words.NO_SUGGESTIONS) from error
        return use.choices or []

    async def press(self, message: Message, button: str) -> Use:
        """Press a button, by its label or custom_id."""
        self._check_sees(message)
        found = find_button(message, button)
        data: Json = {"custom_id": found["custom_id"], "component_type": found["type"], "id": found.get("id")}
        return self.desk.open(COMPONENT, self._who(message.channel), message.channel, data, source=message)

    async def select(self, message: Message, select: str, values: Sequence[object]) -> Use:
        """Choose in a select menu: values or labels, or members, roles, channels."""
        self._check_sees(message)
        found = find_select(message, select)
        resolved = self.desk.resolved(message.channel, self.user)
        data: Json = {
            "custom_id": found["custom_id"],
            "component_type": found["type"],
            "id": found.get("id"),
            "values": pick(found, values, resolved),
        }
        if resolved.found:
            data["resolved"] = resolved.found
        return self.desk.open(COMPONENT, self._who(message.channel), message.channel, data, source=message)

    async def submit(self, use: Use, fields: Mapping[str, object] | None = None) -> Use:
        """Fill in the modal that an interaction was answered with; fields go by custom_id or label."""
        if use.modal is None or use.user is not self.user:
            raise ClientRefusal(f"{self.name} has no modal open")
        resolved = self.desk.resolved(use.channel, self.user)
        components = fill_modal(use.modal, fields or {}, resolved)
        data: Json = {"custom_id": use.modal["custom_id"], "components": components}
        if resolved.found:
            data["resolved"] = resolved.found
        who = self._who(use.channel)
        return self.desk.open(MODAL_SUBMIT, who, use.channel, data, source=use.source, parent=use)

    async def say(self, channel: Channel, content: str = "", files: Sequence[object] = ()) -> Message:
        """Write a plain message."""
        held = self._permissions(channel)
        if not held & Permissions.VIEW_CHANNEL or not held & Permissions.SEND_MESSAGES:
            raise ClientRefusal(words.MAY_NOT_WRITE, detail=f"{self.name} may not write in #{channel.name}")
        if files and not held & Permissions.ATTACH_FILES:
            raise ClientRefusal(f"You may not attach files in #{channel.name}.")
        uploads = [Upload(i, *read_file(f)) for i, f in enumerate(files)]
        check_message(content, len(uploads))
        for upload in uploads:
            self.desk.check_size(upload.filename, upload.data)
        return self.desk.messages.create(channel, self.user, {"content": content}, uploads)

    async def forward(self, channel: Channel, message: Message) -> Message:
        """Carry a message on to another channel."""
        if not self._permissions(channel) & Permissions.SEND_MESSAGES:
            raise ClientRefusal(words.MAY_NOT_WRITE, detail=f"{self.name} may not write in #{channel.name}")
        return self.desk.messages.forward(channel, self.user, message)

    def _permissions(self, channel: Channel) -> int:
        """What the person may do there; direct messages have no roles, and are for their two people alone."""
        if channel.guild is None:
            return MEMBER if channel.recipient is self.user else 0
        here = self._here(channel)
        return here.permissions(channel) if here is not None else 0

    def _check_allowed(self, command: Json, channel: Channel) -> None:
        if channel.guild is None and channel.recipient is not self.user:
            raise ClientRefusal(f"{self.name} does not see these direct messages")
        check_allowed(command, channel, self._here(channel))

    def _here(self, channel: Channel) -> Member | None:
        """The person as a member of the channel's server; outside servers there is only the user."""
        return None if channel.guild is None else channel.guild.members.get(self.id)

    def _who(self, channel: Channel) -> Member | User:
        return self._here(channel) or self.user

    def _check_sees(self, message: Message) -> None:
        if not message.seen_by(self):
            raise ClientRefusal(f"{self.name} does not see this message")
        if not self._permissions(message.channel) & Permissions.VIEW_CHANNEL:
            raise ClientRefusal(f"{self.name} cannot see #{message.channel.name}")


def _data(command: Json, options: list[Json] | None, resolved: dict[str, Json]) -> Json:
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if options is not None:
        data["options"] = options
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    if resolved:
        data["resolved"] = resolved
    return data
