"""The buttons that publish a draft or drop it, and those that remove a workflow. They outlive a restart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import discord

from bot.audit import Action
from bot.bot import Familiar, answering
from bot.catalog import NameTaken, Published, TooMany
from bot.drafts import Draft
from cogs import _audit, _sync
from cogs._command import MAX_COMMANDS
from cogs._history import how_to_run
from workflows.errors import UserError
from workflows.texts import say

Interaction = discord.Interaction[Any]

_GONE = "That draft is gone: it was published or dropped already, or is older than a day."
_BLOCKED = "It cannot be published as it is. The report says what to do first."


async def the_draft(bot: Familiar, interaction: Interaction, draft_id: str) -> Draft:
    """Return a draft of this server. Raises UserError where there is none any more."""
    draft = await bot.engine.drafts.get(draft_id)
    if draft is None or draft.guild_id != interaction.guild_id:
        raise UserError(_GONE)
    return draft


class _AdminButton:
    """What the buttons below share: who may press them, and that the answer takes the message's place."""

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            require_manager(interaction)
            await interaction.response.defer()
            text = await self.act(interaction, interaction.client)
            await interaction.edit_original_response(content=text, embeds=[], view=None)

    async def act(self, interaction: Interaction, bot: Familiar) -> str:
        """Do what the button says, and return what to tell."""
        raise NotImplementedError


class DraftButton(
    _AdminButton,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"familiar:draft:(?P<choice>publish|run|drop):(?P<id>[a-z0-9]+)",
):
    """Publishes a draft, as a command or for /run only, or throws it away."""

    def __init__(self, choice: str, draft_id: str, label: str = "Cancel", *, disabled: bool = False) -> None:
        style = discord.ButtonStyle.secondary if choice == "drop" else discord.ButtonStyle.success
        custom_id = f"familiar:draft:{choice}:{draft_id}"
        button = discord.ui.Button[Any](label=label, style=style, custom_id=custom_id, disabled=disabled)
        super().__init__(button)
        self.choice, self.draft_id = choice, draft_id

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> DraftButton:
        return cls(match["choice"], match["id"])

    async def act(self, interaction: Interaction, bot: Familiar) -> str:
        # A change that is still at work comes first, and a second press finds nothing any more.
        async with bot.drafting(self.draft_id):
            draft = await the_draft(bot, interaction, self.draft_id)
            if self.choice == "drop":
                await bot.engine.drafts.drop(draft.id)
                return "Nothing was published."
            if self.choice == "run":
                draft = draft.evolve(has_command=False)
            _require_fit(draft)
            before = await bot.engine.catalog.current(draft.workflow_id) if draft.workflow_id else None
            published = await _published(bot, draft)

        async def take_back() -> None:
            # Nothing is left half done: the file stays a draft, the list is as it was.
            await bot.engine.catalog.take_back(published, before)
            await bot.engine.drafts.save(draft)

        await _sync.tell(bot, draft.guild_id, published.slug, take_back)
        action = Action.UPDATED if before else Action.PUBLISHED
        await _audit.note(interaction, action, f"/{published.slug}", f"v{published.version}")
        return await _told(bot, published, before)


def _require_fit(draft: Draft) -> None:
    """Raise UserError for a draft whose report tells of a problem; the button is disabled, but presses can be late."""
    if draft.view.get("unfit") or (draft.has_command and draft.view.get("no_command") and not draft.view.get("full")):
        raise UserError(_BLOCKED)


async def _published(bot: Familiar, draft: Draft) -> Published:
    """Store a draft as a workflow, or as the next version of one. Raises UserError, and then nothing has changed."""
    try:
        if draft.has_command:
            await _sync.require_creates(bot, draft.guild_id, [draft.slug])
        if draft.workflow_id is None:
            return await bot.engine.catalog.publish(draft, MAX_COMMANDS)
        return await bot.engine.catalog.add_version(draft, MAX_COMMANDS)
    except NameTaken:
        raise UserError(f"`/{draft.slug}` was just taken. Please choose another one with **Name …**.") from None
    except TooMany as error:
        raise UserError(f"{error} Or choose **Only in /run** under **More …**, and publish it without one.") from error
    except KeyError:
        raise UserError(f"`/{draft.slug}` was removed in the meantime. `/workflow add` publishes it anew.") from None


async def _told(bot: Familiar, published: Published, before: Published | None) -> str:
    """Say what is there now, and how it is used."""
    how = await how_to_run(bot, published)
    if not published.enabled:
        return f"✅ Version {published.version} of `{published.slug}` is published. `/workflow enable` switches it on."
    if before is None:
        return f"✅ {how} is ready for everyone here."
    return f"✅ Version {published.version} of {how} is ready for everyone here. Jobs that run now keep the one before."


class RemoveButton(
    _AdminButton,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"familiar:remove:(?P<choice>yes|no):(?P<slug>[^:]+)",
):
    """Removes a workflow, or leaves it."""

    def __init__(self, choice: str, slug: str) -> None:
        remove = choice == "yes"
        style = discord.ButtonStyle.danger if remove else discord.ButtonStyle.secondary
        custom_id = f"familiar:remove:{choice}:{slug}"
        super().__init__(discord.ui.Button(label="Remove" if remove else "Keep", style=style, custom_id=custom_id))
        self.remove, self.slug = remove, slug

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> RemoveButton:
        return cls(match["choice"], match["slug"])

    async def act(self, interaction: Interaction, bot: Familiar) -> str:
        guild_id = interaction.guild_id
        if not self.remove or guild_id is None:
            return f"`/{self.slug}` stays."
        if not await bot.engine.catalog.remove(guild_id, self.slug):
            return f"`/{self.slug}` was removed already."
        await _audit.note(interaction, Action.REMOVED, f"/{self.slug}")
        if why := await _sync.tell_gone(bot, guild_id):
            return f"`/{self.slug}` is removed, but Discord still lists it ({why}). {_sync.LATER}"
        return f"🗑️ `/{self.slug}` is removed. Jobs that run now still finish."


def require_manager(interaction: Interaction) -> None:
    """Raise UserError unless the one who pressed may manage the server; what Discord hides is checked again here."""
    if not interaction.permissions.manage_guild:
        raise UserError(say("problems-manage-server"))


def view_of(rows: Iterable[Sequence[discord.ui.Item[Any]]]) -> discord.ui.View:
    """Return a view of these rows; the library need not remember it, for its items are known by their ids."""
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for item in row:
            item.row = number
            view.add_item(item)
    view.stop()
    return view
