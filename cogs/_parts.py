"""From what a member gave to what shall run: values are read, files looked at, choices in braces made jobs of."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.bot import Familiar
from bot.catalog import Published
from bot.fetch import require_size
from bot.jobs import Attachment
from bot.options import shorten
from bot.permutations import TooMany, combinations
from cogs._entering import JobParts
from cogs._policy import own_defaults
from workflows.errors import InputError, UserError
from workflows.spec import Kind
from workflows.texts import say
from workflows.values import InputSpec, parse_all

Interaction = discord.Interaction[Any]

#: Larger numbers say no more.
_COUNTED = 1_000_000


class FileMissing(InputError):
    """A file that is needed was not given."""


async def read_parts(
    interaction: Interaction, published: Published, given: Mapping[str, Any], attachments: tuple[Attachment, ...]
) -> list[JobParts]:
    """Return a job's parts for each combination of choices in braces. Raises UserError, which names the input."""
    bot: Familiar = interaction.client
    engine, inputs = bot.engine, published.inputs
    asks_for_a_model = any(spec.is_installed and spec.is_asked for spec in inputs)
    models = await engine.pool.known_models() if asks_for_a_model else ()
    defaults = await own_defaults(interaction, published, models)
    wanted = defaults | {name: value for name, value in given.items() if value is not None}
    return [
        JobParts(
            published.workflow_id,
            published.version,
            published.name,
            inputs,
            parse_all(inputs, wanted | texts, models, random.SystemRandom().randint),
            attachments,
        )
        for texts in _combinations(inputs, wanted, engine.settings.limits.jobs_per_command)
    ]


def _combinations(inputs: Sequence[InputSpec], wanted: Mapping[str, Any], most: int) -> list[dict[str, str]]:
    names = [spec.name for spec in inputs if spec.kind is Kind.STRING and spec.is_asked]
    texts = {name: text for name in names if isinstance(text := wanted.get(name), str)}
    try:
        return combinations(texts, most)
    except TooMany as error:
        count = f"{error.count:,}" if error.count < _COUNTED else f"{_COUNTED:,}+"
        raise UserError(say("run-too-many", count=count, most=most)) from error


def require_enabled(published: Published) -> None:
    """Raise UserError where an admin switched a workflow off."""
    if not published.enabled:
        raise UserError(say("run-off", name=published.slug))


def how_to_run(published: Published) -> str:
    """Return the command that runs a workflow, as it is typed."""
    return f"`/{published.slug}`" if published.has_command else "`/run`"


def files_apart(inputs: Sequence[InputSpec], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given for inputs that take no files."""
    return {spec.name: raw[spec.name] for spec in inputs if not spec.is_file and raw.get(spec.name) is not None}


def file_attachments(
    inputs: Sequence[InputSpec], raw: Mapping[str, Any], limit: int, *, are_all: bool = True
) -> tuple[Attachment, ...]:
    """Return the attachments for image and video inputs, in the inputs' order. Raises InputError, naming the input.

    `are_all`: none that is needed may be missing, or FileMissing is raised. Each has a filename, a URL, a size in
    bytes, and a content type, which is only what its sender said.
    """
    found: list[Attachment] = []
    for spec in inputs:
        if not (spec.is_file and spec.is_asked):
            continue
        wanted = "video" if spec.is_video else "picture"
        given = [(name, raw[name]) for name in spec.names if raw.get(name) is not None]
        if spec.required and not given and are_all:
            raise FileMissing(spec.name, say("run-attach-video") if spec.is_video else say("run-attach-picture"))
        if given and len(given) < spec.min_items:
            raise InputError(spec.name, say("run-attach-more", least=spec.min_items, count=len(given), what=wanted))
        for name, attachment in given:
            if _is_other(wanted, attachment.content_type or ""):
                raise InputError(name, say("run-not-a", what=wanted, file=shorten(attachment.filename, 60)))
            require_size(name, attachment.size, limit)
            source = getattr(attachment, "source", "")
            found.append(Attachment(name, attachment.filename, attachment.url, attachment.size, source))
    return tuple(found)


def _is_other(wanted: str, content_type: str) -> bool:
    """Tell whether a file says of itself that it is of the other kind; what it is, is seen when it is fetched."""
    return content_type.startswith("image/" if wanted == "video" else "video/")
