"""The button Details: all that is known of a job, in private, with the proof that nothing of it was left behind."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.bot import Familiar
from bot.jobs import Attachment, Job
from bot.ledger import Asset, AssetKind
from bot.options import shorten, show
from cogs._cancel import moderates
from cogs._offers import seeds
from cogs._outcome import took
from cogs._voice import voice_of
from cogs._words import BLUE, GREY, as_many_as_fit, literal, title, unlinked
from workflows.errors import UserError
from workflows.texts import Voice, say
from workflows.values import InputSpec

Interaction = discord.Interaction[Any]
Inputs = tuple[InputSpec, ...]

#: Of the 6000 characters that the embeds of a message may have together.
_FACTS, _MODELS, _VALUES, _PROOF = 1600, 900, 1700, 1000
_LONGEST_PROBLEM = 800
#: Of a value, in words; `literal` cuts it there. The file has it whole.
_LONGEST_VALUE = 300
_HASH = 12


async def tell_details(interaction: Interaction, job_id: str) -> None:
    """Answer privately with all that is known of a job. Raises UserError for those whom it does not concern."""
    bot: Familiar = interaction.client
    job = await bot.engine.store.get(job_id)
    is_own = job is not None and job.user_id == interaction.user.id
    # Own jobs are also asked about in direct messages; of other servers nobody else is told anything.
    if job is None or (not is_own and (job.guild_id != interaction.guild_id or job.is_private)):
        raise UserError(say("shared-not-known"))
    if not is_own and not moderates(interaction, job):
        raise UserError(say("details-not-yours"))
    assets = await bot.engine.store.assets(job.id)
    try:
        inputs = await bot.engine.catalog.inputs(job.workflow_id or 0, job.version or 0)
    except KeyError:
        inputs = None
    embeds = detail_embeds(voice_of(interaction), job, inputs, assets, is_own=is_own)
    data = await asyncio.to_thread(record, job, inputs or (), assets)
    file = discord.File(io.BytesIO(data), filename=f"job-{job.id}.json")
    await interaction.response.send_message(embeds=embeds, file=file, ephemeral=True)


# In words


def detail_embeds(
    voice: Voice, job: Job, inputs: Inputs | None, assets: Sequence[Asset], *, is_own: bool = True
) -> list[discord.Embed]:
    """Say what a job was asked for, how it went and what became of what it left; `inputs` None: they are gone."""
    facts = discord.Embed(title=title(job.title), description=_fitted(voice, _facts(voice, job, is_own), _FACTS))
    facts.color = discord.Colour(BLUE)
    if job.models:
        names = [_model(model.name, model.base, model.hash) for model in job.models]
        facts.add_field(name=voice("details-models"), value=_fitted(voice, names, _MODELS), inline=False)
    facts.set_footer(text=f"job {job.id}")
    asked = discord.Embed(title=voice("details-values"), color=GREY)
    asked.description = _fitted(voice, _values(voice, job, inputs), _VALUES)
    proof = discord.Embed(title=voice("details-proof"), color=GREY)
    proof.description = _fitted(voice, proof_lines(voice, job, assets), _PROOF)
    return [facts, asked, proof]


def _facts(voice: Voice, job: Job, is_own: bool) -> list[str]:
    lines = [voice("details-version", version=str(job.version)) if job.version else ""]
    lines.append("" if is_own else voice("details-asked-by", user=f"<@{job.user_id}>"))
    lines.append(f"❌ {unlinked(shorten(voice.tell(job.problem), _LONGEST_PROBLEM))}" if job.problem else "")
    if job.backend:
        lines.append(
            voice("details-backend", backend=literal(job.backend), version=literal(job.backend_version or "?"))
        )
    lines.append(voice("details-asked", at=discord.utils.format_dt(job.created_at, "f")))
    if job.enqueued_at:
        lines.append(voice("details-waited", took=took(voice, _positive(job.enqueued_at - job.created_at))))
    if job.backend_seconds:
        lines.append(voice("details-worked", took=took(voice, timedelta(seconds=job.backend_seconds))))
    if job.attempt > 1:
        lines.append(voice("details-attempts", count=job.attempt))
    if job.delivered_at:
        lines.append(voice("details-delivered", at=_at(job, job.delivered_at)))
    elif job.finished_at:
        lines.append(voice("details-ended", at=_at(job, job.finished_at)))
    return [line for line in lines if line]


def _values(voice: Voice, job: Job, inputs: Inputs | None) -> list[str]:
    """Return the values and files as the workflow asks for them; behind them those that it does not know any more."""
    drawn = {spec.name for spec in seeds(inputs or ())}
    values = {name: value for name, value in job.given.items() if value not in (None, "")}
    files = list(job.attachments)
    lines = ["-# " + voice("details-version-gone")] if inputs is None else []
    for spec in inputs or ():
        if spec.name in values:
            lines.append(_value(voice, spec.name, show(spec, values.pop(spec.name)), "🎲 " * (spec.name in drawn)))
        lines += [_file(file) for file in files if file.name in spec.names]
        files = [file for file in files if file.name not in spec.names]
    lines += [_value(voice, name, str(value)) for name, value in values.items()]
    return [*lines, *map(_file, files)] or [voice("details-no-values")]


def _value(voice: Voice, name: str, text: str, mark: str = "") -> str:
    cut = f" {voice('details-cut', count=len(text))}" if len(text) > _LONGEST_VALUE else ""
    return f"{mark}**{literal(name)}** {literal(text)}{cut}"


def _file(file: Attachment) -> str:
    return f"📎 **{literal(file.name)}** {literal(file.filename)}"


def proof_lines(voice: Voice, job: Job, assets: Sequence[Asset]) -> list[str]:
    """Say what a job put and made on backends, kind by kind, and when each was confirmed to be gone."""
    lines: list[str] = []
    for kind in AssetKind:
        some = [asset for asset in assets if asset.kind is kind]
        gone = [asset.deleted_at for asset in some if asset.deleted_at]
        if not some:
            continue
        what = voice("details-kind", kind=kind.name.lower(), count=len(some))
        if len(gone) == len(some):
            lines.append(voice("details-deleted", what=what, at=_at(job, max(gone))))
        else:
            lines.append(voice("details-left", what=what, count=len(some) - len(gone)))
    if not lines:
        return [voice("details-nothing")]
    is_clean = all(asset.deleted_at for asset in assets)
    if is_clean and job.closed_at:
        lines.append(voice("details-clean", at=_at(job, job.closed_at)))
    return lines


def _model(name: str, base: str, digest: str) -> str:
    # "blake3:52be..." is the algorithm and what it found.
    kind, _, found = digest.rpartition(":")
    short = f"{kind}:{found[:_HASH]}" if kind else found[:_HASH]
    return f"{literal(name)} · {literal(base)} · `{short}`" if short else f"{literal(name)} · {literal(base)}"


def _fitted(voice: Voice, lines: Sequence[str], length: int) -> str:
    kept = as_many_as_fit(lines, length)
    left = len(lines) - len(kept)
    return "\n".join([*kept, *([f"-# {voice('details-more', count=left)}"] if left else [])])


def _at(job: Job, moment: datetime) -> str:
    """Say when something happened; the day, once it is another one than that on which the job was asked for."""
    return discord.utils.format_dt(moment, "t" if moment.date() == job.created_at.date() else "f")


def _positive(duration: timedelta) -> timedelta:
    return max(duration, timedelta())


# As a file


def record(job: Job, inputs: Sequence[InputSpec], assets: Sequence[Asset]) -> bytes:
    """Return a job as JSON: values, models, times and proof; nothing by which anything could be reached."""
    names = {spec.name for spec in seeds(inputs)}
    whole: dict[str, Any] = {
        "job": job.id,
        "workflow": {"name": job.title, "version": job.version},
        "outcome": job.outcome,
        "values": job.given,
        "files": [{"input": file.name, "filename": file.filename} for file in job.attachments],
        "seeds": {name: value for name, value in job.given.items() if name in names},
        "models": [asdict(model) for model in job.models],
        "backend": {"name": job.backend, "invokeai": job.backend_version},
        "times": {
            "asked": _iso(job.created_at),
            "enqueued": _iso(job.enqueued_at),
            "finished": _iso(job.finished_at),
            "delivered": _iso(job.delivered_at),
            "closed": _iso(job.closed_at),
            "backend_seconds": round(job.backend_seconds, 3),
            "attempts": job.attempt,
        },
        "left_behind": [{"kind": asset.kind, "name": asset.ref, "deleted": _iso(asset.deleted_at)} for asset in assets],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2).encode()


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
