"""The panel's other page: what the members of one role may give to each input. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from bot.catalog import Published
from bot.options import MAX_MENU, shorten
from bot.policy import Bound, Policy, is_bounded
from cogs import _words
from cogs._form_hints import takes
from cogs._panel_state import by_key, key
from cogs._policy_keys import Keys
from cogs._policy_words import bound_text, bounds_text, role_mention
from workflows.errors import UserError
from workflows.texts import Voice, say
from workflows.values import InputSpec

Item = discord.ui.Item[Any]


def bounds_embed(voice: Voice, published: Published, policy: Policy, keys: Keys) -> discord.Embed:
    """Say which bounds there are, and how they count."""
    told = bounds_text(voice, published.guild_id, policy).strip() or voice("policy-bounds-none")
    ask = voice("policy-bounds-of", role=role_mention(keys.role_id, published.guild_id))
    text = f"{told}\n\n{ask if bounded(published) else voice('policy-bounds-nothing')}"
    embed = discord.Embed(title=voice("policy-bounds-title", slug=published.slug), description=text, color=_words.BLUE)
    return embed.set_footer(text=voice("policy-bounds-hint"))


def rows(
    voice: Voice, guild: discord.Guild | None, published: Published, policy: Policy, keys: Keys
) -> list[Sequence[Item]]:
    role = discord.SelectDefaultValue(id=keys.role_id, type=discord.SelectDefaultValueType.role)
    is_there = guild is None or guild.get_role(keys.role_id)
    found: list[Sequence[Item]] = [
        [
            discord.ui.RoleSelect(
                custom_id=keys.custom_id("role"),
                placeholder=voice("policy-bounds-role"),
                default_values=[role] if is_there else [],
            )
        ]
    ]
    specs = bounded(published)
    last = max(len(specs) - 1, 0) // MAX_MENU
    page = min(keys.page, last)
    if specs:
        found.append([_inputs(voice, specs[page * MAX_MENU : (page + 1) * MAX_MENU], policy, keys)])
    return [*found, _buttons(voice, published, policy, keys, page, last)]


def bounded(published: Published) -> list[InputSpec]:
    return [spec for spec in published.inputs if is_bounded(spec)]


def input_of(published: Published, wanted: str) -> InputSpec:
    """Return an input by its key. Raises UserError where the workflow was changed in the meantime."""
    spec = by_key(wanted, bounded(published))
    if spec is None:
        raise UserError(say("policy-no-input"))
    return spec


def own_bound(policy: Policy, role_id: int, spec: InputSpec) -> Bound | None:
    return next((bound for bound in policy.bounds if bound.role_id == role_id and bound.is_of(spec)), None)


def _inputs(voice: Voice, specs: Sequence[InputSpec], policy: Policy, keys: Keys) -> Item:
    options: list[discord.SelectOption] = []
    for spec in specs:
        bound = own_bound(policy, keys.role_id, spec)
        told = bound_text(voice, bound) if bound else takes(spec, voice)
        options.append(
            discord.SelectOption(
                label=shorten(spec.name, 100),
                value=key(*spec.place),
                description=shorten(told, 100) or None,
                emoji="📏" if bound else None,
            )
        )
    return discord.ui.Select(
        custom_id=keys.custom_id("input"), placeholder=voice("policy-bounds-input"), options=options
    )


def _buttons(voice: Voice, published: Published, policy: Policy, keys: Keys, page: int, last: int) -> list[Item]:
    items: list[Item] = [keys.button("back", voice("policy-back-button"))]
    if last:
        items.append(keys.button("before", "◀", disabled=page == 0))
        items.append(keys.button("after", "▶", disabled=page == last))
    at_everyone = keys.role_id == published.guild_id
    items.append(keys.button("everyone", voice("policy-everyone-button"), disabled=at_everyone))
    has_some = any(bound.role_id == keys.role_id for bound in policy.bounds)
    red = discord.ButtonStyle.danger
    items.append(keys.button("unbound", voice("policy-unbound-button"), style=red, disabled=not has_some))
    return items
