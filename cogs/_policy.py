"""What a workflow's policy says at each entrance: commands, forms, buttons and context menus ask here before they run.

Discord knows nothing of it, so nothing of it may rest on what Discord offers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.bot import Familiar
from bot.catalog import Named, Published
from bot.defaults import fitting
from bot.policy import Refusal, Ruling, Standing, narrowed, refusal, require_bounds, texts_of
from bot.word_rules import Breach, find_breach
from workflows.errors import InputError, UserError
from workflows.models import ModelRecord
from workflows.texts import say
from workflows.values import InputSpec

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

__all__ = ["Ruling", "own_defaults", "require_may_run", "require_values", "role_ids", "runnable", "standing_of"]


async def require_may_run(interaction: Interaction, workflow_id: int) -> Ruling:
    """Return what the policy asks of a run. Raises UserError where whoever asks may not run the workflow here."""
    bot: Familiar = interaction.client
    held = await bot.engine.policies.of(workflow_id)
    if held.guild_id is not None:
        await bot.engine.moderation.require_unblocked(held.guild_id, interaction.user.id)
    standing = standing_of(interaction, held.guild_id)
    match refusal(held.policy, standing):
        case None:
            return Ruling(held.policy.private_only, held.policy.spoiler)
        case Refusal.WHO:
            raise UserError(say("policy-not-you"))
        case Refusal.WHERE:
            raise UserError(say("policy-not-here"))
        case Refusal.AGE:
            raise UserError(say("policy-age"))
        case Refusal.ELSEWHERE:
            raise UserError(say("policy-elsewhere"))


async def require_values(
    interaction: Interaction, workflow_id: int, inputs: Sequence[InputSpec], *runs: Mapping[str, Any]
) -> None:
    """Raise InputError where a value is beyond the member's bounds, or a text breaks the server's word rules.

    Of several runs, the texts share the time that there is for one: Discord waits for an answer to all of them.
    """
    bot: Familiar = interaction.client
    held = await bot.engine.policies.of(workflow_id)
    standing = standing_of(interaction, held.guild_id)
    for given in runs:
        require_bounds(held.policy, standing, inputs, given)
    texts = list(dict.fromkeys(text for given in runs for text in texts_of(inputs, given)))
    rules = await bot.engine.policies.words(held.guild_id) if texts else []
    if rules and (breach := await asyncio.to_thread(find_breach, rules, texts)):
        raise _refused(interaction, breach)


async def own_defaults(
    interaction: Interaction, published: Published, models: Sequence[ModelRecord] | None
) -> dict[str, Any]:
    """Return a member's defaults as far as the inputs, and the member's bounds, still take them."""
    bot: Familiar = interaction.client
    defaults = await bot.engine.preferences.defaults(interaction.user.id, published.workflow_id)
    if not defaults:
        return {}
    held = await bot.engine.policies.of(published.workflow_id)
    bounded = narrowed(held.policy, standing_of(interaction, held.guild_id), published.inputs)
    return fitting(bounded, defaults, models)


async def runnable(interaction: Interaction, names: Sequence[Named]) -> list[Named]:
    """Return those of a server's workflows that its policies let whoever asks run here."""
    bot: Familiar = interaction.client
    guild_id = interaction.guild_id or 0
    if await bot.engine.moderation.is_blocked(guild_id, interaction.user.id):
        return []
    policies = await bot.engine.policies.of_guild(guild_id)
    if not policies:
        return list(names)
    standing = standing_of(interaction, guild_id)
    return [
        named for named in names if (policy := policies.get(named.slug)) is None or refusal(policy, standing) is None
    ]


def standing_of(interaction: Interaction, guild_id: int | None) -> Standing:
    """Return who asks, and where, as the server of a workflow sees it."""
    if guild_id is None or interaction.guild_id != guild_id:
        return Standing(interaction.user.id)
    channel = interaction.channel
    # What the server's own list says of a channel is all that is to be known; what comes along need not be.
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    known = interaction.guild.get_channel(parent_id or 0) if interaction.guild else None
    parent: Any = known or (None if isinstance(channel, discord.Thread) else channel)
    places = (interaction.channel_id, parent_id, getattr(parent, "category_id", None))
    return Standing(
        interaction.user.id,
        guild_id,
        role_ids(interaction),
        tuple(dict.fromkeys(place for place in places if place)),
        is_age_restricted=bool(getattr(parent, "nsfw", False)),
        is_manager=interaction.permissions.manage_guild,
    )


def role_ids(interaction: Interaction) -> tuple[int, ...]:
    """Return the roles of whoever asks, without @everyone.

    `Member.roles` leaves out what the library has not seen of the server, and no role must be missed.
    """
    user = interaction.user
    return tuple(user._roles) if isinstance(user, discord.Member) else ()  # noqa: SLF001  see above


def _refused(interaction: Interaction, breach: Breach) -> InputError:
    """Return what a member is told, and tell the log which rule it was: who knows the list gets round it."""
    who = f"server {interaction.guild_id}: the input {breach.name} of user {interaction.user.id}"
    if breach.rule is None:
        log.warning("%s could not be looked at in time; one of the patterns of /workflow words is too slow", who)
        return InputError(breach.name, say("policy-words-unchecked"))
    log.warning("%s breaks the word rule %s “%s”", who, breach.rule.id, breach.rule.text)
    if interaction.permissions.manage_guild:
        return InputError(breach.name, say("policy-words-rule", rule=breach.rule.text.replace("`", "ˋ")))
    return InputError(breach.name, say("policy-words-broken"))
