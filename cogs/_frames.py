"""Drawing a run under way on one card, with the picture as far as it is.

The files that an edit leaves out stay on the message, and an embed that names one by its name shows it inside; by the
address that Discord answers with, it would be shown once more outside. So a frame is sent once, and words change
without it. One whose turn is over is missing in a list of the files that stay.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import discord

from bot import previews
from bot.bot import Familiar
from bot.cards import Moment, Running, Told, TooLarge, Undeliverable
from bot.jobs import Job
from bot.media import ResultFile
from cogs._cancel import cancel_view
from cogs._progress import progress_embed
from cogs._spot import Spot
from cogs._voice import voice_for
from workflows.events import Preview

log = logging.getLogger(__name__)

_NAME = "preview.webp"
_GONE = frozenset({Told.CARD_DELETED, Told.CHANNEL_DELETED, Told.NEVER})


@dataclass(frozen=True)
class _Change:
    """Which files an edit brings, None where it leaves them as they are, and the frame that is there after it."""

    files: Sequence[ResultFile] | None
    preview: Preview | None = None


class Frames:
    """What one card shows of its run."""

    def __init__(self, bot: Familiar, job: Job, *, is_bare: bool) -> None:
        """Take whether there is surely no frame on the card: an earlier process may have left one."""
        self._bot = bot
        #: None until it was looked up. A picture in an embed cannot be covered.
        self._are_wanted = False if job.is_spoiler else None
        self._is_known = is_bare
        self._shown: Preview | None = None

    def wanted(self, moment: Moment) -> Moment:
        """Return a moment as it is shown here: without its frame where none is wanted."""
        if isinstance(moment, Running) and moment.preview and self._are_wanted is False:
            return replace(moment, preview=None)
        return moment

    def pace(self) -> float:
        """Return how many seconds a frame stays."""
        return self._bot.engine.settings.cards.preview_seconds

    async def draw(self, spot: Spot, job: Job, moment: Moment, note: str = "") -> None:
        """Show a moment. Raises Undeliverable, TooLarge, or Unavailable; a frame alone is never the reason."""
        if isinstance(moment, Running) and moment.preview:
            await self._look_up(job)
        embed = progress_embed(job, moment, note)
        change = await self._change(job, self.wanted(moment))
        try:
            await self._edit(spot, embed, change)
        except (Undeliverable, TooLarge) as error:
            if not change.files or (isinstance(error, Undeliverable) and error.why in _GONE):
                raise
            log.info("job %s: its card takes no frames: %s", job.id, error)
            self._are_wanted = False
            await self._edit(spot, embed, _Change(()))

    async def _look_up(self, job: Job) -> None:
        """Learn whether the operator, the server's admins and whoever asked want to see how the picture gets on."""
        if self._are_wanted is None:
            engine = self._bot.engine
            # By now it may be shown on another server than its own.
            shown_on = job.guild_id if job.shown_guild_id is None else job.shown_guild_id
            of_guild = await engine.preferences.of_guild(shown_on)
            of_user = await engine.preferences.of_user(job.user_id)
            self._are_wanted = engine.settings.cards.previews and of_guild.previews and of_user.previews

    async def _change(self, job: Job, moment: Moment) -> _Change:
        preview = moment.preview if isinstance(moment, Running) else None
        if self._is_known and preview == self._shown:
            return _Change(None, preview)
        data = await asyncio.to_thread(previews.picture, preview) if preview else None
        if data is None:
            return _Change(())
        return _Change([ResultFile(_NAME, data, description=voice_for(job)("progress-preview"))], preview)

    async def _edit(self, spot: Spot, embed: discord.Embed, change: _Change) -> None:
        embed = embed.copy().set_image(url=f"attachment://{_NAME}" if change.preview else None)
        # An edit may be lost, or only its answer: until that is here, nobody knows what the card shows.
        self._is_known = False
        await spot.edit(
            files=change.files, embed=embed, view=cancel_view(spot.job.id, voice_for(spot.job)), or_later=True
        )
        self._shown, self._is_known = change.preview, True
