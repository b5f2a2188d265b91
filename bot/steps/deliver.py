"""How a job's results get onto its card: fetched, freed of what the backend wrote into them, and made to fit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from bot import media, problems
from bot.cards import FILES_PER_MESSAGE, Card, Delivery, Told, TooLarge, Undeliverable
from bot.jobs import Job, Outcome
from bot.pool import Backend
from bot.steps.tools import Tools
from workflows.errors import NotFound, Oversized

log = logging.getLogger(__name__)


async def deliver(tools: Tools, job: Job, card: Card) -> tuple[Job, Delivery]:
    """Deliver, with files that get smaller until they are taken, and in words alone where none are; tell where."""
    fetched = tools.fetched.get(job.id, {})
    if not job.results:
        return job, await card.deliver(job, [])
    problem = problems.TOO_LARGE
    videos = await tools.videos(job)
    for smaller in (1, 2, 4, 8):
        files, left_out = await _files(tools, job, card, videos, smaller, fetched)
        if not files:
            problem = left_out or problems.VANISHED
            break
        try:
            return job, await card.deliver(job, files)
        except TooLarge:
            continue
        except Undeliverable as error:
            if error.why is not Told.FORBIDDEN:
                raise
            log.warning("job %s: the card takes no files: %s", job.id, error)
            problem = problems.NO_FILES
            break
    job = job.evolve(outcome=Outcome.FAILED, problem=problem)
    return job, await card.deliver(job, [])


async def _files(
    tools: Tools, job: Job, card: Card, videos: Set[str], smaller: int, fetched: Mapping[str, media.ResultFile]
) -> tuple[list[media.ResultFile], str]:
    """Fetch the results and make them fit; of more than one job may post, the first ones.

    Return also why some are not among them, if so: a video that is too large stays out.
    """
    names = job.results[: tools.limits.results_per_job]
    files: list[media.ResultFile] = []
    reasons: list[str] = []
    for start in range(0, len(names), FILES_PER_MESSAGE):
        some = names[start : start + FILES_PER_MESSAGE]
        stems = {
            name: f"{job.id}-{number}" if len(names) > 1 else job.id for number, name in enumerate(some, start + 1)
        }
        message = _Message(card.file_limit // smaller, card.request_limit // smaller, len(stems))
        # Pictures can be made to fit their share of the message; videos have what those leave.
        for name in sorted(stems, key=videos.__contains__):
            try:
                if name in videos:
                    await _fetch_video(tools.backend(job), message, name, stems[name])
                else:
                    message.add(name, await _picture(tools, job, name, stems[name], message.share, fetched.get(name)))
            except NotFound:
                log.warning("job %s: result %s was deleted by somebody else", job.id, name)
        files += [message.files[name] for name in stems if name in message.files]
        reasons += message.reasons
    return _noted(files, job, len(names), reasons), "\n".join(dict.fromkeys(reasons))


@dataclass
class _Message:
    """The files of one message, and how many bytes each and all of them may have."""

    file_limit: int
    room: int
    count: int
    files: dict[str, media.ResultFile] = field(default_factory=dict[str, media.ResultFile])
    reasons: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.share = min(self.file_limit, self.room // self.count)

    def add(self, name: str, file: media.ResultFile) -> None:
        self.files[name] = file
        self.room -= len(file.data)


async def _picture(
    tools: Tools, job: Job, name: str, stem: str, most: int, fetched: media.ResultFile | None
) -> media.ResultFile:
    """Return an image of so many bytes at most; one that is fetched and fits already is not looked at again."""
    if fetched and len(fetched.data) <= most:
        return replace(fetched, filename=f"{stem}.png")
    data = fetched.data if fetched else await tools.backend(job).client.download(name)
    async with tools.pictures:
        return await asyncio.to_thread(media.fit, data, stem, most)


async def _fetch_video(backend: Backend, message: _Message, name: str, stem: str) -> None:
    limit = max(min(message.file_limit, message.room), 0)
    try:
        data = await backend.client.download_video(name, limit)
    except Oversized as error:
        message.reasons.append(problems.too_large_video(error.size, limit))
    else:
        message.add(name, media.ResultFile(f"{stem}.mp4", data))


def _noted(files: list[media.ResultFile], job: Job, most: int, reasons: list[str]) -> list[media.ResultFile]:
    """Say under the last file what is not there."""
    notes = [f"the last of {most}; the workflow made {len(job.results)}"] if most < len(job.results) else []
    notes += dict.fromkeys(reasons)
    if not files or not notes:
        return files
    last = files[-1]
    return [*files[:-1], replace(last, note="; ".join([*filter(None, [last.note]), *notes]))]
