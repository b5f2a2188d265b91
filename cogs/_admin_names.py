"""What members are called: the bot keeps no members, so Discord is asked, and the answers are good for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import aiohttp
import discord

log = logging.getLogger(__name__)

_GOOD_SECONDS = 600.0
_MOST_KEPT = 1000
_AT_ONCE = 8


@dataclass
class Names:
    """The names that Discord told lately, by server and member."""

    _kept: dict[tuple[int, int], tuple[float, str]] = field(default_factory=dict)

    def known(self, guild: discord.Guild, user_id: int) -> str | None:
        until, name = self._kept.get((guild.id, user_id), (0.0, ""))
        return name if time.monotonic() < until else None

    async def of(self, guild: discord.Guild, user_ids: Iterable[int], seconds: float) -> dict[int, str]:
        """Return what members are called, as many as can be told in so many seconds."""
        wanted = list(dict.fromkeys(user_ids))
        unknown = [user_id for user_id in wanted if self.known(guild, user_id) is None]
        few = asyncio.Semaphore(_AT_ONCE)

        async def ask(user_id: int) -> None:
            async with few:
                await self._ask(guild, user_id)

        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*map(ask, unknown))
        except TimeoutError:
            log.info("server %s: Discord did not tell in time what its members are called", guild.id)
        return {user_id: name for user_id in wanted if (name := self.known(guild, user_id))}

    def keep(self, guild: discord.Guild, user_id: int, name: str) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[guild.id, user_id] = (time.monotonic() + _GOOD_SECONDS, name)

    async def _ask(self, guild: discord.Guild, user_id: int) -> None:
        try:
            member = await guild.fetch_member(user_id)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            # Who left has no name here any more; that is not asked again for a while.
            if isinstance(error, discord.NotFound):
                self.keep(guild, user_id, "")
            log.info("server %s: no name of user %s: %s", guild.id, user_id, error)
            return
        self.keep(guild, user_id, member.display_name)
