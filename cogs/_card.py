"""The card: a job's message in Discord, progress first, then results.

Where the end of a job cannot be told there any more, it goes to whoever asked, by direct message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.bot import Familiar
from bot.cards import FILES_PER_MESSAGE, Delivery, Moment, Told, TooLarge, Undeliverable, Waiting
from bot.jobs import Job, Place
from bot.media import ResultFile
from cogs import _words
from cogs._direct import DIRECT_LIMIT, Ending, send_direct
from cogs._frames import Frames
from cogs._handover import Handover
from cogs._notify import notify
from cogs._offers import end_view
from cogs._outcome import elsewhere_note, file_notes, moved_note, outcome_embed
from cogs._relay import Relay, Turns, says_the_same
from cogs._spot import Spot
from workflows.errors import Unavailable
from workflows.values import InputSpec

log = logging.getLogger(__name__)

REQUEST_LIMIT = 25 * 1024 * 1024 - 64 * 1024
DEFAULT_FILE_LIMIT = 10 * 1024 * 1024

#: A card that an earlier process left says about the right place, unless it is one of these.
_NEAR = 5
_VIDEO = ".mp4"


class DiscordCard:
    """Implements bot.cards.Card on one message. Until something is shown it holds next to nothing."""

    request_limit = REQUEST_LIMIT

    def __init__(
        self,
        bot: Familiar,
        job: Job,
        inputs: tuple[InputSpec, ...] | None = None,
        *,
        pace: float,
        file_limit: int = DEFAULT_FILE_LIMIT,
        shown: Moment | None = None,
    ) -> None:
        """Take the inputs of the job's version where they are at hand; if not, they are read at its end."""
        self.file_limit = file_limit
        self._bot = bot
        self._spot = Spot(bot, job)
        self._inputs = inputs
        self._pace = pace
        self._shown = shown
        #: What was shown last, or is about to be.
        self._newest: tuple[Job, Moment] | None = None
        self._is_over = False
        self._relay: Relay | None = None
        self._turns = Turns(bot, self._spot)
        #: Why the channel took no files, so that it need not be asked with smaller ones.
        self._refused: Undeliverable | None = None
        self._handover = self._handed_over()
        self._frames = Frames(bot, job, is_bare=shown is not None)
        #: Where it was shown before is being told where it is now.
        self._left: asyncio.Task[None] | None = None

    @property
    def _job(self) -> Job:
        return self._spot.job

    def show(self, job: Job, moment: Moment) -> None:
        moment = self._frames.wanted(moment)
        self._newest = job, moment
        if self._is_over or (self._relay is None and says_the_same(self._shown, moment)):
            return
        if self._relay is None:
            if self._shown is None and isinstance(moment, Waiting) and moment.position > _NEAR:
                # After a restart there may be thousands, and Discord takes a few a second.
                self._shown = moment
                return
            self._relay = self._new_relay(self._shown)
        self._relay.show(job, moment)

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        self._is_over = True
        if self._handover:
            await self._handover.end()
        if self._relay:
            await self._relay.end()
        delivery = await self._deliver_where_it_is(job, files)
        if delivery.told is Told.CARD:
            await notify(self._bot, self._spot.holding(job))
        return delivery

    def move(self, job: Job) -> None:
        """Go on where the job's row says that it is shown by now; the message before says where that is."""
        before, self._spot = self._spot, Spot(self._bot, job)
        handover, self._handover = self._handover, self._handed_over()
        relay, self._relay = self._relay, None
        self._frames = Frames(self._bot, job, is_bare=before.place != self._spot.place)
        self._turns = Turns(self._bot, self._spot)
        self._refused = self._shown = None
        left = self._leave(before, relay, handover, self._left)
        self._left = asyncio.create_task(left, name=f"leave {job.id}")
        self._redraw()

    async def close(self) -> None:
        self._is_over = True
        if self._left:
            self._left.cancel()
            await asyncio.wait({self._left})
        if self._handover:
            await self._handover.close()
        if self._relay:
            await self._relay.close()

    async def _deliver_where_it_is(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        """Deliver to the card, and once more where it was moved meanwhile; what stands below the one before stays."""
        older: tuple[Place, ...] = ()
        while True:
            spot = self._spot
            try:
                delivery = await self._deliver(spot.holding(job), spot.covering(files))
            except Undeliverable:
                if spot is self._spot:
                    raise
                continue
            places = tuple(dict.fromkeys((*delivery.places, *older)))
            if spot is self._spot:
                return replace(delivery, places=places)
            older = tuple(place for place in places if place != spot.place)

    async def _deliver(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        ending = await self._ending(job, files)
        if self._handover and self._handover.is_direct:
            try:
                return await self._direct(job, ending, files, Undeliverable("its member was told to look there"))
            except Undeliverable as error:
                log.info("job %s: no direct message gets through any more: %s", job.id, error)
        refused, left, places = await self._put(ending, files)
        if refused is None:
            return Delivery(Told.CARD, places or ())
        if refused.why in {Told.CARD_DELETED, Told.NEVER}:
            raise refused
        log.info("job %s: told by direct message, as its card is out of reach: %s", job.id, refused)
        return await self._direct(job, ending, left, refused, places)

    async def _direct(
        self,
        job: Job,
        ending: Ending,
        files: Sequence[ResultFile],
        refused: Undeliverable,
        there: tuple[Place, ...] | None = None,
    ) -> Delivery:
        """Tell the end by direct message, and say so on the card, as far as that is possible."""
        self._bring_down_limit(files)
        places = await send_direct(self._bot, job, ending, files, refused)
        if refused.why is not Told.CHANNEL_DELETED:
            # What stands on a card that took no results is a frame of the run.
            await self._say_where(
                job, ending.embed, has_files=bool(files), keeps={"files": ()} if there is None else {}
            )
        return Delivery(Told.DIRECT, (*(there or ()), *places))

    async def _ending(self, job: Job, files: Sequence[ResultFile]) -> Ending:
        inputs = await self._read_inputs()
        has_pictures = any(not file.filename.endswith(_VIDEO) for file in files)
        has_originals = bool(files) and bool(await self._bot.engine.originals.kept(job.id))
        may_post = not (job.is_private and (await self._bot.engine.policies.of(job.workflow_id)).policy.private_only)
        view = end_view(job, inputs, has_pictures=has_pictures, has_originals=has_originals, may_post=may_post)
        return Ending(outcome_embed(job, inputs, file_notes(job, files)), view)

    async def _read_inputs(self) -> tuple[InputSpec, ...]:
        job = self._job
        if self._inputs is None:
            try:
                self._inputs = await self._bot.engine.catalog.inputs(job.workflow_id or 0, job.version or 0)
            except KeyError:
                self._inputs = ()
        return self._inputs

    async def _draw(self, job: Job, moment: Moment) -> None:
        """Show how the job is doing; a private card says also how the rest gets to its member, once that is known."""
        spot, handover = self._spot, self._handover
        try:
            await self._frames.draw(spot, spot.holding(job), moment, handover.said(moment) if handover else "")
        finally:
            if handover and spot.webhook() is None:
                handover.begin()

    async def _put(
        self, ending: Ending, files: Sequence[ResultFile]
    ) -> tuple[Undeliverable | None, Sequence[ResultFile], tuple[Place, ...] | None]:
        """Show the end on the card and below it.

        Return why not all of it is there, which files are not, and the messages that hold those that are: none where a
        private card holds them all, None where the card took nothing.
        """
        if files and self._refused:
            return self._refused, files, None
        spot = self._spot
        head, rest = files[:FILES_PER_MESSAGE], files[FILES_PER_MESSAGE:]
        self._turns.spend()
        try:
            await spot.edit(embed=ending.embed, files=head, view=ending.view)
        except Undeliverable as error:
            refused = await spot.doubted(error)
            self._refused = refused if files else None
            return refused, files, None
        places = () if spot.is_private else (spot.place,)
        try:
            further = await spot.post(rest) if rest else ()
        except Undeliverable as error:
            return error, spot.unsent(rest), places
        return None, (), (spot.place, *further) if further else places

    def _handed_over(self) -> Handover | None:
        return Handover(self._bot, self._spot, self._redraw) if self._spot.is_private else None

    def _redraw(self) -> None:
        """Draw what was shown last once more: where it is drawn is another place now, or there is more to say."""
        if self._is_over or self._newest is None:
            return
        if self._relay is None or self._relay.is_over:
            self._relay = self._new_relay(None)
        self._relay.redraw(*self._newest)

    def _new_relay(self, shown: Moment | None) -> Relay:
        return Relay(self._job.id, self._draw, self._turns.wait, self._pace, shown, frame_pace=self._frames.pace)

    async def _leave(
        self, before: Spot, relay: Relay | None, handover: Handover | None, earlier: asyncio.Task[None] | None
    ) -> None:
        """End what was under way on the message before, and say there where the job goes on."""
        if earlier:
            await asyncio.wait({earlier})
        if handover:
            await handover.close()
        if relay:
            await relay.end()
        job = self._job
        if before.place == self._spot.place:
            return
        embed = discord.Embed(title=_words.title(job.title), description=moved_note(job), color=_words.GREY)
        try:
            await before.edit(files=(), embed=embed, view=None)
        except (Undeliverable, TooLarge, Unavailable) as error:
            log.info("job %s: the message before does not say where it goes on: %s", job.id, error)
        except Exception:
            log.exception("job %s: the message before could not say where it goes on", job.id)

    def _bring_down_limit(self, files: Sequence[ResultFile]) -> None:
        """Have files made again that fit a direct message, where the server allowed larger ones."""
        if any(len(file.data) > DIRECT_LIMIT for file in files):
            self.file_limit = min(self.file_limit, DIRECT_LIMIT)
            raise TooLarge("over the limit of direct messages")

    async def _say_where(
        self, job: Job, embed: discord.Embed, *, has_files: bool, keeps: Mapping[str, Sequence[ResultFile]]
    ) -> None:
        """Say on the card that the rest went by direct message, if that much is allowed."""
        note = elsewhere_note(job, has_files=has_files)
        told = embed.copy()
        told.description = f"{embed.description or ''}\n{note}".strip()
        # Where no embeds are allowed either, plain words may be.
        ways: list[dict[str, Any]] = [{"embed": told}, {"content": note, "embed": None}]
        for changes in ways:
            try:
                await self._spot.edit(view=None, **keeps, **changes)
            except (Undeliverable, TooLarge, Unavailable) as error:
                # It was told where it matters.
                log.info("job %s: its card does not say where it was told: %s", job.id, error)
            else:
                return
