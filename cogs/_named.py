"""Pictures that are named in place of being attached: a result of one's own, or an address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import discord

from bot.bot import Familiar
from bot.jobs import Attachment, Job, Outcome
from cogs._entering import Wishes
from cogs._form import File
from cogs._links import attachment_from
from cogs._sources import Source, places_of, result_files
from workflows.errors import InputError
from workflows.texts import say
from workflows.values import InputSpec

Interaction = discord.Interaction[Any]

FROM_JOB, FROM_URL = "from_job", "from_url"


async def named_pictures(
    interaction: Interaction, inputs: Sequence[InputSpec], raw: Mapping[str, Any], wishes: Wishes
) -> dict[str, File]:
    """Return files for the first pictures that were not attached. Raises InputError, naming the option."""
    free = free_pictures(inputs, raw)
    found: dict[str, File] = {}
    for option, typed in ((FROM_JOB, wishes.from_job), (FROM_URL, wishes.from_url)):
        if not typed:
            continue
        if len(found) == len(free):
            raise InputError(option, say("run-all-attached"))
        get = _result if option == FROM_JOB else attachment_from
        picture = await get(interaction, option, typed)
        found[free[len(found)]] = File(picture.filename, picture.url, picture.size, None, picture.source)
    return found


def free_pictures(inputs: Sequence[InputSpec], raw: Mapping[str, Any]) -> list[str]:
    """Return the names under which pictures may still be given: of inputs that have none first."""
    asked = [spec for spec in inputs if spec.is_file and spec.is_asked and not spec.is_video]
    empty = [spec.name for spec in asked if all(raw.get(name) is None for name in spec.names)]
    further = [name for spec in asked for name in spec.names if raw.get(name) is None and name not in empty]
    return [*empty, *further]


async def _result(interaction: Interaction, option: str, typed: str) -> Attachment:
    """Return a picture that a job of one's own made: the first, or the one of the number behind `#`."""
    bot: Familiar = interaction.client
    job_id, _, number = typed.strip().strip("`").removeprefix("job ").lower().partition("#")
    job = await bot.engine.store.get(job_id.strip())
    if job is None or job.user_id != interaction.user.id or job.guild_id != interaction.guild_id:
        raise InputError(option, say("run-no-such-job"))
    if job.outcome is not Outcome.COMPLETED:
        raise InputError(option, say("run-made-nothing"))
    wanted = int(number) if number.isdecimal() and len(number) < 4 else 1
    pictures = [picture async for picture in _pictures(bot, option, job)]
    if not pictures:
        raise InputError(option, say("run-results-gone"))
    if not 1 <= wanted <= len(pictures):
        raise InputError(option, say("run-no-such-picture", count=len(pictures)))
    return pictures[wanted - 1]


async def _pictures(bot: Familiar, name: str, job: Job) -> AsyncIterator[Attachment]:
    for place in places_of(job):
        for file in await result_files(bot, job.evolve(posted=(place,))):
            if (file.content_type or "").startswith("image/"):
                source = Source(place.channel_id, place.message_id, file.id)
                yield Attachment(name, file.filename, file.url, file.size, str(source))
