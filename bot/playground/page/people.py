"""Who is there, and which rooms each of them sees."""

from __future__ import annotations

from dataclasses import dataclass

from bot.playground.discord import ClientRefusal, LocalDiscord, LocalGuild, LocalMember, Permissions
from bot.playground.discord.state import Channel, User
from bot.playground.page.drawn import colour_of
from bot.playground.page.ports import Json, MischiefBox, Presence
from bot.playground.page.samples import Samples


@dataclass(eq=False, repr=False)
class Hall:
    """The one server that the page shows, with its people and their direct messages."""

    discord: LocalDiscord
    samples: Samples
    mischief: MischiefBox | None = None
    presence: Presence | None = None
    has_panel: bool = False

    @property
    def guild(self) -> LocalGuild:
        guilds = self.discord.guilds
        if not guilds:
            raise ClientRefusal("There is no server to enter yet.")
        return guilds[0]

    @property
    def online(self) -> bool:
        """Whether the bot is there: connected, and its process running where that is known."""
        return self.discord.gateway.online and (self.presence is None or self.presence.running)

    def people(self) -> list[LocalMember]:
        """Those whose seat can be taken."""
        return [m for m in self.guild.members.values() if isinstance(m, LocalMember)]

    def person(self, wanted: str | None) -> LocalMember:
        """Find a person by id or name; without one, the first. Raises ClientRefusal."""
        people = self.people()
        if wanted is None and people:
            return people[0]
        found = next((m for m in people if wanted in (str(m.id), m.name)), None)
        if found is None:
            raise ClientRefusal("There is nobody of that name here.")
        return found

    def channels(self, member: LocalMember) -> list[Channel]:
        """The channels that a person sees, and the direct messages with the bot."""
        return [*(c for c in self.guild.channels.values() if self.sees(member, c)), member.dm]

    def sees(self, member: LocalMember, channel: Channel) -> bool:
        if channel.guild is None:
            return channel.recipient is member.user
        return bool(member.permissions(channel) & Permissions.VIEW_CHANNEL)

    def ready(self, member: LocalMember) -> Json:
        """Return what a client is told first."""
        return {
            "me": _member(member),
            "people": [*map(self._present, self.people()), self._bot()],
            "guild": {"id": str(self.guild.id), "name": self.guild.name},
            "channels": [self._channel(member, channel) for channel in self.channels(member)],
            "roles": self._roles(),
            "samples": self.samples.listed(),
            "upload_limit": self.discord.world.max_user_upload,
            "mischief": [] if self.mischief is None else self.mischief.offers(),
            "panel": self.has_panel,
        }

    def _roles(self) -> list[Json]:
        """The server's roles, the highest first, as pickers list them."""
        roles = sorted(self.guild.roles.values(), key=lambda role: role.position, reverse=True)
        return [{"id": str(role.id), "name": role.name} for role in roles]

    def _present(self, member: LocalMember) -> Json:
        return {**_member(member), "bot": False, "online": True}

    def _bot(self) -> Json:
        return {**_user(self.discord.bot), "admin": False, "bot": True, "online": self.online}

    def _channel(self, member: LocalMember, channel: Channel) -> Json:
        direct = channel.guild is None
        return {
            "id": str(channel.id),
            "name": self.discord.bot.name if direct else channel.name,
            "dm": direct,
            "can_write": direct or bool(member.permissions(channel) & Permissions.SEND_MESSAGES),
        }


def _user(user: User) -> Json:
    return {"id": str(user.id), "name": user.name, "color": colour_of(user)}


def _member(member: LocalMember) -> Json:
    admin = bool(member.permissions() & (Permissions.MANAGE_GUILD | Permissions.ADMINISTRATOR))
    return {**_user(member.user), "admin": admin}
