"""The name of a command: free on its server, and one that Discord takes."""

from __future__ import annotations

from bot.bot import Familiar
from bot.catalog import Published
from bot.options import command_name, free_name, shorten
from workflows.errors import UserError


async def free_slug(
    bot: Familiar, guild_id: int, wanted: str | None, otherwise: str, replaces: Published | None = None
) -> tuple[str, str]:
    """Return the command's name, and what is to be said of it where it is not the workflow's own.

    Raises UserError, with a free one proposed, where a given one cannot be had.
    """
    if replaces and wanted is None:
        return replaces.slug, ""
    names = await bot.engine.catalog.names(guild_id)
    here = {named.slug for named in names} - {replaces.slug if replaces else ""}
    taken = here | {command.name for command in bot.tree.get_commands()}
    slug = command_name(wanted or otherwise) or "workflow"
    free = free_name(slug, taken)
    update = f" To change `/{slug}` itself, use `/workflow update`." if slug in here else ""
    if wanted is None:
        return free, f"`/{slug}` exists; this becomes `/{free}`.{update}" if free != slug else ""
    if slug != wanted:
        raise UserError(f"`{shorten(wanted, 40)}` cannot be a command's name. `{free}` could: no spaces, lower case.")
    if free != slug:
        raise UserError(f"`/{slug}` is taken here. `{free}` is free.{update}")
    return slug, ""
