"""How a job's results get onto its card: fetched, freed of what the backend wrote into them, and made to fit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC

from bot import media, problems, sheets
from bot.cards import FILES_PER_MESSAGE, Card, Delivery, Told, TooLarge, Undeliverable
from bot.jobs import Job, Outcome
from bot.pool import Backend
from bot.prompts import prompt_of
from bot.steps.tools import Tools
from workflows.errors import NotFound, Oversized
from workflows.texts import Voice, say

log = logging.getLogger(__name__)

#: After a refusal, results may have so much of what was refused, and so often: to an eighth of it in the end.
_SMALLER, _TRIES = 0.7, 7
#: Bytes of a message's pictures that wait for their turn while the others are looked at; the rest comes once more.
_MOST_HELD = 64 * 2**20
#: Of what those hear who cannot see a picture. Source: Discord's documented limit is 1024.
_DESCRIPTION = 900


async def deliver(tools: Tools, job: Job, card: Card) -> tuple[Job, Delivery]:
    """Deliver, with files that get smaller until they are taken, and in words alone where none are; tell where."""
    if not job.results:
        return job, await card.deliver(job, [])
    problem = problems.TOO_LARGE
    results = await _Results.of(tools, job)
    limits = _Limits(card.file_limit, card.request_limit)
    for _ in range(_TRIES):
        files, left_out = await _files(results, limits)
        if not files:
            problem = left_out or problems.VANISHED
            break
        noted = await _with_originals(tools, job)
        try:
            return noted, await card.deliver(noted, files)
        except TooLarge:
            limits = limits.after(files, card)
        except Undeliverable as error:
            if error.why is not Told.FORBIDDEN:
                raise
            log.warning("job %s: the card takes no files: %s", job.id, error)
            problem = problems.NO_FILES
            break
    job = job.evolve(outcome=Outcome.FAILED, problem=problem)
    return job, await card.deliver(job, [])


@dataclass(frozen=True)
class _Limits:
    """How many bytes one file may have, and all files of one message."""

    file: int
    request: int

    def after(self, files: Sequence[media.ResultFile], card: Card) -> _Limits:
        """Return what to try after a refusal: what the card knows by now, or a good deal less than was refused."""
        if card.file_limit < self.file or card.request_limit < self.request:
            return _Limits(min(card.file_limit, self.file), min(card.request_limit, self.request))
        largest = max(len(file.data) for file in files)
        heaviest = max(
            sum(len(file.data) for file in files[start : start + FILES_PER_MESSAGE])
            for start in range(0, len(files), FILES_PER_MESSAGE)
        )
        return _Limits(int(min(largest, self.file) * _SMALLER), int(min(heaviest, self.request) * _SMALLER))


@dataclass(frozen=True)
class _Results:
    """What a job posts, of all that it made: in which order, by which names, and what is said of each."""

    tools: Tools
    job: Job
    #: By result, in order; of more than one job may post, the first ones.
    numbers: Mapping[str, int]
    videos: Set[str]
    prompt: str

    @classmethod
    async def of(cls, tools: Tools, job: Job) -> _Results:
        names = job.results[: tools.limits.results_per_job]
        try:
            inputs = await tools.catalog.inputs(job.workflow_id or 0, job.version or 0)
        except KeyError:
            inputs = ()
        prompt = prompt_of(inputs, job.given) or job.title
        numbers = {name: number for number, name in enumerate(names, 1)}
        return cls(tools, job, numbers, await tools.videos(job), prompt[:_DESCRIPTION])

    @property
    def has_sheet(self) -> bool:
        return len(self.numbers.keys() - self.videos) > FILES_PER_MESSAGE

    def messages(self) -> list[list[str]]:
        """Return the results message by message; the contact sheet has the first place of the first one.

        The sheet stands there with nine pictures, not alone: of ten, Discord shows the first one as wide as the message
        and the others as a grid below it, and no message more is needed.
        """
        names, first = list(self.numbers), FILES_PER_MESSAGE - self.has_sheet
        rest = range(first, len(names), FILES_PER_MESSAGE)
        return [names[:first], *(names[start : start + FILES_PER_MESSAGE] for start in rest)]

    def stem(self, name: str) -> str:
        return f"{self.job.id}-{self.numbers[name]}" if len(self.numbers) > 1 else self.job.id

    def described(self, name: str, file: media.ResultFile) -> media.ResultFile:
        """Say what those hear who cannot see a result: what was asked for, and the how manieth it is."""
        text, count, number = self.prompt, str(len(self.numbers)), str(self.numbers[name])
        if len(self.numbers) > 1:
            text = Voice(self.job.language)("files-alt-of", prompt=self.prompt, number=number, count=count)
        return replace(file, description=text, is_spoiler=self.job.is_spoiler)


async def _files(results: _Results, limits: _Limits) -> tuple[list[media.ResultFile], str]:
    """Fetch the results and make them fit.

    Return also why some are not among them, if so: a video that is too large stays out.
    """
    files: dict[str, media.ResultFile] = {}
    reasons: list[str] = []
    room = 0
    for names in results.messages():
        message = _Message(limits.file, limits.request, len(names))
        if results.has_sheet and not files:
            message.count += 1
            room = message.take(message.share)
        await _fill(results, message, names)
        files |= {name: results.described(name, message.files[name]) for name in names if name in message.files}
        reasons += message.reasons
    posted = _noted(list(files.values()), results, reasons)
    if sheet := await _sheet(results, files, room):
        posted.insert(0, sheet)
    return posted, "\n".join(dict.fromkeys(reasons))


@dataclass
class _Message:
    """The files of one message, and how many bytes each and all of them may have."""

    file_limit: int
    room: int
    #: How many are still to come.
    count: int
    files: dict[str, media.ResultFile] = field(default_factory=dict[str, media.ResultFile])
    reasons: list[str] = field(default_factory=list[str])

    @property
    def share(self) -> int:
        """What the next picture may have, so that each that is still to come may have as much."""
        return max(min(self.file_limit, self.room // max(self.count, 1)), 0)

    def take(self, size: int) -> int:
        """Give so many bytes to one file."""
        self.room -= size
        self.count -= 1
        return size

    def add(self, name: str, file: media.ResultFile) -> None:
        self.files[name] = file
        self.take(len(file.data))


async def _fill(results: _Results, message: _Message, names: Sequence[str]) -> None:
    """Put the results of one message into it.

    The small ones first: what they do not need of their share is for the large ones. Pictures can be made to fit, and
    videos have what those leave.
    """
    held: dict[str, bytes] = {}
    sizes: dict[str, int] = {}
    for name in names:
        if name in results.videos:
            continue
        if (data := await _fetched(results, name)) is None:
            message.take(0)
            continue
        sizes[name] = len(data)
        if sum(map(len, held.values())) + len(data) <= _MOST_HELD:
            held[name] = data
    for name in sorted(sizes, key=lambda name: sizes[name]):
        data = held.pop(name) if name in held else await _fetched(results, name)
        if data is None:
            message.take(0)
        else:
            message.add(name, await _picture(results, name, data, message.share))
    for name in names:
        if name in results.videos:
            try:
                await _fetch_video(results.tools.backend(results.job), message, name, results.stem(name))
            except NotFound:
                _tell_vanished(results.job, name)


async def _fetched(results: _Results, name: str) -> bytes | None:
    """Return a picture as it was fetched early, or else as the backend has it; None where it is gone."""
    if early := results.tools.fetched.get(results.job.id, {}).get(name):
        return early.data
    try:
        return await results.tools.backend(results.job).client.download(name)
    except NotFound:
        _tell_vanished(results.job, name)
        return None


def _tell_vanished(job: Job, name: str) -> None:
    log.warning("job %s: result %s was deleted by somebody else", job.id, name)


async def _picture(results: _Results, name: str, data: bytes, most: int) -> media.ResultFile:
    """Return an image of so many bytes at most, and keep what that costs; one that is fine is not looked at again."""
    tools, job, stem = results.tools, results.job, results.stem(name)
    if name in tools.fetched.get(job.id, {}) and len(data) <= most:
        return media.ResultFile(f"{stem}.png", data)
    async with tools.pictures:
        file = await asyncio.to_thread(media.fit, data, stem, most)
        if not file.is_whole:
            # Before the card says where it can be had.
            whole = await asyncio.to_thread(media.stripped, data)
            await tools.originals.keep(job.id, results.numbers[name], f"{stem}.png", whole)
    return file


async def _fetch_video(backend: Backend, message: _Message, name: str, stem: str) -> None:
    limit = max(min(message.file_limit, message.room), 0)
    try:
        data = await backend.client.download_video(name, limit)
    except Oversized as error:
        message.reasons.append(problems.too_large_video(error.size, limit))
    else:
        message.add(name, media.ResultFile(f"{stem}.mp4", data))


async def _sheet(results: _Results, files: Mapping[str, media.ResultFile], room: int) -> media.ResultFile | None:
    """Return the contact sheet of all pictures that are posted; None where they are few.

    Whatever may be wrong with it: the results themselves arrive without it.
    """
    shown = [(results.numbers[name], file.data) for name, file in files.items() if name not in results.videos]
    if not results.has_sheet or len(shown) < FILES_PER_MESSAGE:
        return None
    job = results.job
    try:
        async with results.tools.pictures:
            file = await asyncio.to_thread(sheets.sheet, shown, f"{job.id}-sheet", room)
    except Exception:
        log.exception("job %s: its contact sheet cannot be drawn", job.id)
        return None
    text = Voice(job.language)("files-alt-sheet", count=str(len(shown)), prompt=results.prompt)
    return replace(file, note="", description=text, is_spoiler=job.is_spoiler)


async def _with_originals(tools: Tools, job: Job) -> Job:
    """Return a job that tells of what is kept in full quality for its member."""
    if not (kept := await tools.originals.kept(job.id)):
        return job
    until = min(original.kept_until for original in kept).astimezone(UTC)
    # Discord shows it in the reader's own time; with its day, as it may be tomorrow, or in a week.
    return job.evolve(notes=(*job.notes, say("files-kept", until=f"<t:{int(until.timestamp())}:f>")))


def _noted(files: list[media.ResultFile], results: _Results, reasons: Sequence[str]) -> list[media.ResultFile]:
    """Say under the last file what is not there."""
    shown, made = len(results.numbers), len(results.job.results)
    notes: list[str] = [say("files-last-of", shown=str(shown), made=str(made))] if shown < made else []
    notes += dict.fromkeys(reasons)
    if not files or not notes:
        return files
    last = files[-1]
    note = last.note
    for further in notes:
        note = say("files-and", first=note, second=further) if note else further
    return [*files[:-1], replace(last, note=note)]
