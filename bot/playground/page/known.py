"""Who and what is meant by an id in one server."""

from __future__ import annotations

from bot.playground.discord.state import Guild
from bot.playground.discord.world import World


class Known:
    """Implements dialect.Names on the local Discord."""

    def __init__(self, world: World, guild: Guild | None) -> None:
        self._world = world
        self._guild = guild

    def user(self, user_id: int) -> str | None:
        found = self._world.users.get(user_id)
        return found.name if found else None

    def role(self, role_id: int) -> str | None:
        found = self._guild.roles.get(role_id) if self._guild else None
        return found.name if found else None

    def channel(self, channel_id: int) -> str | None:
        found = self._world.channels.get(channel_id)
        return found.name if found else None

    def now(self) -> float:
        return self._world.clock.now()

    def thing(self, kind: str, thing_id: int) -> str:
        """Its name, by what a select calls its kind; the bare id where nobody knows it any more."""
        look_up = {"user": self.user, "role": self.role, "channel": self.channel}.get(kind)
        return (look_up(thing_id) if look_up else None) or str(thing_id)
