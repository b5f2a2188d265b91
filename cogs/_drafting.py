"""From a document, wherever it comes from, to a draft with its panel."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import discord

from bot import media
from bot.bot import Familiar
from bot.catalog import Published
from bot.drafts import Draft
from bot.jobs import new_id
from bot.options import shorten
from cogs._naming import free_slug
from cogs._panel import panel
from cogs._panel_state import Look, face_of, look, looking, settled
from cogs._report import report_embed
from workflows import batches, document
from workflows.edits import Edits

Interaction = discord.Interaction[Any]

_INSTALL = "Install what is missing in InvokeAI, then try again: nothing that is there could take its place."


async def propose(  # noqa: PLR0913  what a document comes with is as much as that
    interaction: Interaction,
    data: bytes,
    *,
    stem: str,
    name: str | None = None,
    proposed: str = "",
    description: str | None = None,
    edits: Edits = Edits(),  # noqa: B008
    replaces: Published | None = None,
) -> None:
    """Answer an interaction, which is deferred already, with the report of a document and the panel to publish it.

    `data` is a workflow's JSON or a PNG that InvokeAI made, `stem` what it is called where it does not tell a name.
    A `name` that is not to be had is refused; a `proposed` one gives way to one that is.
    With `replaces` it becomes the next version of that workflow. What no change could make fit to be published gets
    the report alone. Raises UserError, BackendError.
    """
    bot: Familiar = interaction.client
    data = await asyncio.to_thread(media.document_in, data)
    read = await asyncio.to_thread(document.read, data)
    slug, note = await free_slug(bot, interaction.guild_id or 0, name, proposed or read.name or stem, replaces)
    draft = Draft(
        id=new_id(),
        guild_id=interaction.guild_id or 0,
        user_id=interaction.user.id,
        slug=slug,
        name=shorten(read.name, 100) or slug,
        description=shorten(description or read.description or read.name or slug, 100),
        document=data,
        inputs=(),
        edits=edits,
    )
    if replaces:
        draft = _next_of(replaces, draft, read.name)
    # Whoever uploads it again has often just installed what was missing.
    seen = await look(bot, draft, fresh=True)
    dropped = seen.refused(edits)
    if dropped:
        draft = draft.evolve(edits=_kept(edits, seen))
        seen = await look(bot, draft)
    draft = looking(draft, notes=tuple(text for text in (note, *dropped) if text))
    await _answer(interaction, bot, await settled(bot, draft, seen), seen)


def _next_of(published: Published, draft: Draft, title: str) -> Draft:
    """Return a draft as the next version of a workflow, which keeps what its admins say of it."""
    return draft.evolve(
        name=shorten(title, 100) or published.name,
        description=published.description or draft.description,
        workflow_id=published.workflow_id,
        base_version=published.version,
        has_command=published.has_command,
    )


async def _answer(interaction: Interaction, bot: Familiar, draft: Draft, seen: Look) -> None:
    if not can_be_mended(seen):
        # Models of a workflow that cannot run here anyway would be installed in vain.
        is_near = bool(seen.report.missing_model_fields) and not _is_out_of_reach(seen)
        face = replace(face_of(draft), ways_out=(_INSTALL,) if is_near else ())
        await interaction.followup.send(embed=report_embed(face, seen.report), ephemeral=True)
        return
    await bot.engine.drafts.save(draft)
    shown = await panel(bot, draft, seen)
    await interaction.followup.send(embeds=shown.embeds, view=shown.view, ephemeral=True)


def can_be_mended(seen: Look) -> bool:
    """Tell whether a document can be published, or could be after changes that the panel offers."""
    return not _is_out_of_reach(seen) and all(found.alternatives for found in seen.report.missing_model_fields)


def _is_out_of_reach(seen: Look) -> bool:
    report = seen.report
    if report.missing_nodes or report.refused or not report.outputs:
        return True
    # A batch with nothing in it can still be asked for.
    given = {*report.needs, *(spec.place for spec in report.inputs if spec.is_asked)}
    return bool(report.unworkable) and any(batches.problems(report.document, seen.schemas, given))


def _kept(edits: Edits, seen: Look) -> Edits:
    """Return the edits without those of fields and nodes that are gone; what only does not fit may fit again."""
    nodes = seen.document.nodes
    places = {spec.place for spec in seen.report.inputs}
    return replace(
        edits,
        inputs=tuple(edit for edit in edits.inputs if edit.place in places),
        exposed=tuple(place for place in edits.exposed if place in places),
        order=tuple(place for place in edits.order if place in places),
        outputs=tuple(node_id for node_id in edits.outputs if node_id in nodes),
    )
