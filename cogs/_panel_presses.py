"""The panel's buttons and menus. Their ids hold the draft's; all else is read anew at each press."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import discord

from bot.bot import Familiar, answering
from bot.drafts import Draft
from cogs import _panel_forms as forms
from cogs._naming import free_slug
from cogs._panel import panel
from cogs._panel_state import Act, Look, by_key, chosen, look, looking, settled
from cogs._panel_steps import choose
from cogs._publish import require_manager, the_draft
from workflows.errors import FamiliarError, Unavailable, UserError

Interaction = discord.Interaction[Any]

#: Buttons that are answered with a form.
_FORMS = ("edit", "name")
_MENUS = ("input", "more", "pick")
#: A form cannot come later than three seconds after the press.
_FORM_SECONDS = 2.0


class PanelItem(
    discord.ui.DynamicItem[discord.ui.Item[Any]],
    template=r"familiar:panel:(?P<action>[a-z]+):(?P<id>[a-z0-9]+):(?P<turn>[0-9]+)",
):
    """A button or a menu of the panel."""

    def __init__(self, item: discord.ui.Item[Any], action: str, draft_id: str) -> None:
        super().__init__(item)
        self.action, self.draft_id = action, draft_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> PanelItem:
        return cls(item, match["action"], match["id"])

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            require_manager(interaction)
            if self.action in _FORMS:
                await _open_form(interaction, self.draft_id, self.action)
                return
            await interaction.response.defer()
            values = [str(value) for value in (interaction.data or {}).get("values", ())]
            await change(interaction, self.draft_id, self._act(values), fresh=values == ["again"])

    def _act(self, values: list[str]) -> Act:
        if self.action in _MENUS:
            return lambda draft, seen: choose(draft, seen, self.action, values)
        # A button does what an entry of the menu does.
        return lambda draft, seen: choose(draft, seen, "more", [self.action])


async def _open_form(interaction: Interaction, draft_id: str, action: str) -> None:
    bot: Familiar = interaction.client
    draft = await the_draft(bot, interaction, draft_id)
    if action == "name":
        await interaction.response.send_modal(forms.command_form(draft))
        return
    spec = chosen(draft)
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            seen = await look(bot, draft)
    except TimeoutError:
        raise Unavailable("the first backend was not looked at in time") from None
    await interaction.response.send_modal(forms.input_form(draft, spec, seen))


async def change(interaction: Interaction, draft_id: str, act: Act, *, fresh: bool = False) -> None:
    """Change a draft and show its panel anew; `fresh` looks at the backend again first.

    Raises UserError, BackendError, and then the draft is as it was.
    """
    bot: Familiar = interaction.client
    async with bot.drafting(draft_id):
        draft = await the_draft(bot, interaction, draft_id)
        before = await look(bot, draft, fresh=fresh)
        changed = act(draft, before)
        after = before
        if changed.edits != draft.edits:
            _require_taken(before, draft, changed)
            after = await look(bot, changed)
        changed = await bot.engine.drafts.save(await settled(bot, changed, after))
        shown = await panel(bot, changed, after)
        # Before the next one has its turn, or the older panel could arrive last.
        await interaction.edit_original_response(embeds=shown.embeds, view=shown.view)


def _require_taken(seen: Look, before: Draft, after: Draft) -> None:
    """Raise UserError where a change is not possible; what was not possible before is in the report already."""
    known = seen.refused(before.edits)
    new = [problem for problem in seen.refused(after.edits) if problem not in known]
    if new:
        raise UserError(" ".join(new))


# Forms

_SUBMITTED = re.compile(r"familiar:panel:(?P<form>input|command):(?P<id>[a-z0-9]+):(?P<about>[a-z0-9]+)")


async def on_form(interaction: Interaction) -> None:
    """Take in a form of the panel, however long ago it was opened; all other interactions are passed over."""
    custom_id = str((interaction.data or {}).get("custom_id", ""))
    match = _SUBMITTED.fullmatch(custom_id)
    if interaction.type is not discord.InteractionType.modal_submit or not match:
        return
    async with answering(interaction):
        require_manager(interaction)
        await interaction.response.defer()
        values = forms.values_in(interaction)
        about = match["about"] if match["form"] == "input" else "command"
        try:
            if match["form"] == "input":
                await change(interaction, match["id"], _edit_input(about, values))
            else:
                await _change_command(interaction, match["id"], values)
        except FamiliarError as error:
            kept = await _keep_typed(interaction, match["id"], about, values)
            if not (kept and isinstance(error, UserError)):
                raise
            again = "Edit …" if about != "command" else "Name …"
            raise UserError(f"{error} Nothing was changed; **{again}** still has what you typed.") from error


def _edit_input(about: str, values: Mapping[str, Any]) -> Act:
    def act(draft: Draft, seen: Look) -> Draft:
        spec = by_key(about, draft.inputs)
        if spec is None:
            raise UserError("That input is not there any more.")
        return forms.edited_input(draft, spec, seen, values)

    return act


async def _change_command(interaction: Interaction, draft_id: str, values: Mapping[str, Any]) -> None:
    bot: Familiar = interaction.client
    draft = await the_draft(bot, interaction, draft_id)
    slug, description = (str(ask.answer(values)).strip() for ask in forms.command_asks(draft))
    if slug and slug != draft.slug:
        replaces = await bot.engine.catalog.current(draft.workflow_id) if draft.workflow_id else None
        slug, _ = await free_slug(bot, draft.guild_id, slug, slug, replaces)

    def act(draft: Draft, seen: Look) -> Draft:
        named = draft.evolve(slug=slug or draft.slug, description=description or draft.description)
        return looking(named, typed={}, typed_for="")

    await change(interaction, draft_id, act)


async def _keep_typed(interaction: Interaction, draft_id: str, about: str, values: Mapping[str, Any]) -> bool:
    """Keep what was typed, for whoever opens the form again; return whether there is a draft to keep it."""
    bot: Familiar = interaction.client
    async with bot.drafting(draft_id):
        draft = await bot.engine.drafts.get(draft_id)
        if draft is None or draft.guild_id != interaction.guild_id:
            return False
        await bot.engine.drafts.save(forms.kept_as_typed(draft, about, values))
        return True
