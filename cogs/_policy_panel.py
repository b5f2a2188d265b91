"""The policy's panel: a private message whose buttons and menus hold keys alone; the stored policy is the state."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import discord

from bot.audit import Action, Entry
from bot.bot import Familiar, answering
from bot.catalog import Published
from bot.policy import MOST_NAMED, Kinds, Policy
from cogs import _policy_bounds, _policy_forms
from cogs._policy_keys import Keys
from cogs._policy_words import changes, policy_embed
from cogs._publish import require_manager, view_of
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]
Item = discord.ui.Item[Any]
Change = Callable[[Policy, Published], Policy]

_TOGGLES = ("spoiler", "age_restricted_only", "private_only")
_CHANNELS = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.media,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.category,
]


@dataclass(frozen=True)
class Shown:
    """What the message holds."""

    embeds: list[discord.Embed]
    view: discord.ui.View


# What it shows


def face(
    voice: Voice, guild: discord.Guild | None, published: Published, policy: Policy, keys: Keys | None = None
) -> Shown:
    """Draw the panel."""
    keys = keys or Keys(published.workflow_id)
    if keys.role_id:
        embed = _policy_bounds.bounds_embed(voice, published, policy, keys)
        return Shown([embed], view_of(_policy_bounds.rows(voice, guild, published, policy, keys)))
    embed = policy_embed(voice, published.slug, published.guild_id, policy, allowing=keys.allowing)
    rows: list[Sequence[Item]] = [[menu] for menu in _menus(voice, guild, policy, keys)]
    return Shown([embed], view_of([*rows, _forms(voice, keys), _toggles(voice, policy, keys)]))


def _menus(voice: Voice, guild: discord.Guild | None, policy: Policy, keys: Keys) -> list[Item]:
    side = "allowed" if keys.allowing else "denied"
    hints = {
        "roles": voice("policy-roles-allowed" if keys.allowing else "policy-roles-denied"),
        "channels": voice("policy-channels-allowed" if keys.allowing else "policy-channels-denied"),
        "members": voice("policy-members-allowed" if keys.allowing else "policy-members-denied"),
    }
    held: dict[str, Any] = {
        kind: {
            "custom_id": keys.custom_id(kind),
            "placeholder": hint,
            "min_values": 0,
            "max_values": MOST_NAMED,
            "default_values": _defaults(guild, cast("Kinds", kind), getattr(getattr(policy, kind), side)),
        }
        for kind, hint in hints.items()
    }
    return [
        discord.ui.RoleSelect(**held["roles"]),
        discord.ui.ChannelSelect(**held["channels"], channel_types=_CHANNELS),
        discord.ui.UserSelect(**held["members"]),
    ]


def _defaults(guild: discord.Guild | None, kind: Kinds, ids: Sequence[int]) -> list[discord.SelectDefaultValue]:
    """Return what a menu begins with; roles and channels that were deleted cannot be shown."""
    types = {
        "roles": discord.SelectDefaultValueType.role,
        "channels": discord.SelectDefaultValueType.channel,
        "members": discord.SelectDefaultValueType.user,
    }
    if guild and kind == "roles":
        ids = [one for one in ids if guild.get_role(one)]
    elif guild and kind == "channels":
        ids = [one for one in ids if guild.get_channel(one)]
    return [discord.SelectDefaultValue(id=one, type=types[kind]) for one in ids[:MOST_NAMED]]


def _forms(voice: Voice, keys: Keys) -> list[Item]:
    label = voice("policy-choose-denied" if keys.allowing else "policy-choose-allowed")
    return [
        keys.button("side", label),
        keys.button("caps", voice("policy-caps-button")),
        keys.button("bounds", voice("policy-bounds-button")),
    ]


def _toggles(voice: Voice, policy: Policy, keys: Keys) -> list[Item]:
    labels = {
        "spoiler": voice("policy-spoiler-button"),
        "age_restricted_only": voice("policy-age-button"),
        "private_only": voice("policy-private-button"),
    }
    items: list[Item] = []
    for name in _TOGGLES:
        is_on = bool(getattr(policy, name))
        style = discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary
        items.append(keys.button(name, f"{'✓ ' if is_on else ''}{labels[name]}", style=style))
    empty = policy == Policy()
    clear = keys.button("clear", voice("policy-clear-button"), style=discord.ButtonStyle.danger, disabled=empty)
    return [*items, clear]


# What pressing it does


class PolicyItem(discord.ui.DynamicItem[discord.ui.Item[Any]], template=Keys.TEMPLATE):
    """A button or a menu of the panel."""

    def __init__(self, item: discord.ui.Item[Any], act: str, keys: Keys) -> None:
        super().__init__(item)
        self.act, self.keys = act, keys

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> PolicyItem:
        return cls(item, match["act"], Keys.read(match))

    async def callback(self, interaction: Interaction) -> None:
        async with answering(interaction):
            require_manager(interaction)
            values = [str(value) for value in (interaction.data or {}).get("values", ())]
            if self.act in {"caps", "input"}:
                await _ask(interaction, self.keys, values)
            elif turned := self.keys.turned(self.act, values, interaction.guild_id or 0):
                await _look(interaction, turned)
            else:
                await change(interaction, self.keys, _chosen(self.act, self.keys, values))


def _chosen(act: str, keys: Keys, values: Sequence[str]) -> Change:
    def by(policy: Policy, _: Published) -> Policy:
        if act in _TOGGLES:
            return policy.evolve(**{act: not getattr(policy, act)})
        if act == "clear":
            return Policy()
        if act == "unbound":
            return policy.evolve(bounds=tuple(one for one in policy.bounds if one.role_id != keys.role_id))
        return policy.naming(cast("Kinds", act), [int(value) for value in values], allowed=keys.allowing)

    return by


async def _ask(interaction: Interaction, keys: Keys, values: Sequence[str]) -> None:
    """Open a form: the caps, or the bounds of the input that was chosen."""
    voice = voice_of(interaction)
    published, policy = await _held(interaction, keys)
    if not values:
        await interaction.response.send_modal(_policy_forms.caps_form(voice, policy, keys))
        return
    spec = _policy_bounds.input_of(published, values[0])
    await interaction.response.send_modal(_policy_forms.bound_form(voice, policy, keys, spec))


async def _look(interaction: Interaction, keys: Keys) -> None:
    published, policy = await _held(interaction, keys)
    await _draw(interaction, published, policy, keys)


async def change(interaction: Interaction, keys: Keys, by: Change) -> None:
    """Change a policy, show its panel anew, and write it down. Raises UserError, and then nothing has changed."""
    bot: Familiar = interaction.client
    # Of two admins at a time, one would undo the other.
    async with bot.drafting(f"policy {keys.workflow_id}"):
        published, before = await _held(interaction, keys)
        after = _without_gone(by(before, published), interaction.guild)
        await bot.engine.policies.save(keys.workflow_id, after)
        try:
            # Before the next one has its turn, or the older panel could arrive last.
            await _draw(interaction, published, after, keys)
        finally:
            if what := changes(published.guild_id, before, after):
                entry = Entry(published.guild_id, interaction.user.id, Action.POLICY, f"/{published.slug}", what)
                await bot.engine.audit.note(entry)


def _without_gone(policy: Policy, guild: discord.Guild | None) -> Policy:
    """Return a policy without the bounds of roles that were deleted: no menu offers those any more, to clear them."""
    if guild is None or guild.get_role(guild.id) is None:
        # Without its own role its others are not known either, and would all seem to be gone.
        return policy
    return policy.evolve(bounds=tuple(one for one in policy.bounds if guild.get_role(one.role_id)))


async def _held(interaction: Interaction, keys: Keys) -> tuple[Published, Policy]:
    """Return the workflow as it is now, and its policy. Raises UserError where it is not this server's any more."""
    bot: Familiar = interaction.client
    published = await bot.engine.catalog.current(keys.workflow_id)
    if published is None or published.guild_id != interaction.guild_id:
        raise UserError(say("shared-no-workflow"))
    return published, (await bot.engine.policies.of(keys.workflow_id)).policy


async def _draw(interaction: Interaction, published: Published, policy: Policy, keys: Keys) -> None:
    shown = face(voice_of(interaction), interaction.guild, published, policy, keys)
    await interaction.response.edit_message(embeds=shown.embeds, view=shown.view)


async def on_form(interaction: Interaction) -> None:
    """Take in a form of the panel, however long ago it was opened; all other interactions are passed over."""
    custom_id = str((interaction.data or {}).get("custom_id", ""))
    match = Keys.FORM.fullmatch(custom_id)
    if interaction.type is not discord.InteractionType.modal_submit or not match:
        return
    async with answering(interaction):
        require_manager(interaction)
        keys, about, values = Keys.read(match), match["about"], _policy_forms.values_in(interaction)

        def by(policy: Policy, published: Published) -> Policy:
            voice = voice_of(interaction)
            if match["act"] == "capsform":
                return policy.evolve(caps=_policy_forms.caps_of(voice, values))
            spec = _policy_bounds.input_of(published, about)
            return policy.bounding(_policy_forms.bound_of(voice, spec, keys.role_id, values))

        await change(interaction, keys, by)
