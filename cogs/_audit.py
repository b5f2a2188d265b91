"""What admins did, in words; and the channel where a server has it told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from typing import Any

import aiohttp
import discord

from bot.audit import Action, Entry
from bot.bot import Familiar
from bot.ledger import now
from bot.options import shorten
from cogs import _words
from cogs._admin_words import literal, person
from workflows.texts import Voice, language_of

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

_SUBJECT, _DETAIL = 120, 300
_PART_OF_MENTION = re.compile(r"<(?:[@#][!&]?\d*)?…$")
#: More than that wait only where Discord is away; the audit itself has them all.
_MOST_WAITING = 500


async def note(interaction: Interaction, action: Action, subject: str = "", detail: str = "") -> None:
    """Write down what an admin just did on this server."""
    bot: Familiar = interaction.client
    if interaction.guild_id is not None:
        await bot.engine.audit.note(Entry(interaction.guild_id, interaction.user.id, action, subject, detail))


def what(entry: Entry, voice: Voice) -> str:
    """Say what was done, for an embed: what admins typed shows as typed."""
    subject = _cut(_subject(entry, voice), _SUBJECT)
    done = voice("admin-act", action=entry.action.name.lower(), subject=subject)
    return f"{done} · {_cut(entry.detail, _DETAIL)}" if entry.detail else done


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text as typed; a mention is in it whole, or not at all."""
    return literal(_PART_OF_MENTION.sub("…", shorten(text, most)))


def _subject(entry: Entry, voice: Voice) -> str:
    """Return what something was done to; what has no name of its own is said in words."""
    if not entry.subject and entry.action is Action.LIMITS:
        return voice("admin-act-gone-roles")
    if not entry.subject and entry.action is Action.CANCELLED:
        return voice("admin-act-everything")
    return entry.subject


class AuditChannel:
    """Posts each new entry where its server wants it, one after the other, and keeps no admin waiting for that."""

    def __init__(self, bot: Familiar) -> None:
        self._bot = bot
        self._entries: asyncio.Queue[Entry] = asyncio.Queue(_MOST_WAITING)
        self._posting: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._posting = asyncio.create_task(self._post_all(), name="audit channel")
        self._bot.engine.audit.tell_by(self.tell)

    async def close(self) -> None:
        if self._posting:
            self._posting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._posting

    async def tell(self, entry: Entry) -> None:
        """Have an entry posted soon. Raises asyncio.QueueFull."""
        self._entries.put_nowait(entry)

    async def _post_all(self) -> None:
        while True:
            entry = await self._entries.get()
            try:
                await self._post(entry)
            except Exception:
                log.exception("the audit channel of server %s was not told", entry.guild_id)

    async def _post(self, entry: Entry) -> None:
        preferences = self._bot.engine.preferences
        choices = await preferences.of_guild(entry.guild_id)
        if choices.audit_channel is None:
            return
        guild = self._bot.get_guild(entry.guild_id)
        voice = Voice(choices.language or language_of(guild.preferred_locale if guild else None))
        channel = self._bot.get_partial_messageable(choices.audit_channel, guild_id=entry.guild_id)
        try:
            await channel.send(embed=_embed(entry, voice))
        except (discord.NotFound, discord.Forbidden) as error:
            log.warning("server %s: its audit channel is switched off: %s", entry.guild_id, error)
            await self._switch_off(entry.guild_id, choices.audit_channel)
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("server %s: its audit channel lacks an entry: %s", entry.guild_id, error)

    async def _switch_off(self, guild_id: int, channel_id: int) -> None:
        """Post nowhere any more, unless another channel was chosen meanwhile."""
        preferences = self._bot.engine.preferences
        async with self._bot.drafting(f"choices {guild_id}"):
            if (await preferences.of_guild(guild_id)).audit_channel == channel_id:
                await preferences.change_guild(guild_id, audit_channel=None, lost_audit_channel=channel_id)


def _embed(entry: Entry, voice: Voice) -> discord.Embed:
    said = voice("admin-audit-posted", who=person(entry.user_id), what=what(entry, voice))
    return discord.Embed(description=said, color=_words.GREY, timestamp=entry.done_at or now())
