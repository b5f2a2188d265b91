"""/workflow policy and words: who may run what, where, how often, and what nobody may write."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.audit import Action, Entry
from bot.bot import Familiar
from bot.options import MAX_CHOICES, shorten
from bot.word_rules import LONGEST_PATTERN, LONGEST_WORD, MOST_RULES, WordRule, require_rule
from cogs import _find, _policy_panel, _words
from cogs._here import is_manager
from cogs._voice import voice_of
from workflows.errors import UserError
from workflows.texts import Voice, say

Interaction = discord.Interaction[Any]


class Policies(commands.Cog):
    """What `/workflow` has on who may do what."""

    bot: Familiar

    @app_commands.command()
    @app_commands.describe(name="The workflow's name, as /workflow list shows it")
    @app_commands.autocomplete(name=_find.names(lambda named: True))
    async def policy(self, interaction: Interaction, name: str) -> None:
        """Decide who may run a workflow, where, how often, and with what"""
        published = await _find.published_here(interaction, name)
        held = await self.bot.engine.policies.of(published.workflow_id)
        shown = _policy_panel.face(voice_of(interaction), interaction.guild, published, held.policy)
        await interaction.response.send_message(embeds=shown.embeds, view=shown.view, ephemeral=True)

    @commands.Cog.listener("on_interaction")
    async def _on_policy_form(self, interaction: Interaction) -> None:
        """Take in the panel's forms; the library forgets those that were open when the bot restarted."""
        await _policy_panel.on_form(interaction)

    @app_commands.command()
    @app_commands.describe(
        add="A word, or several in a row, that nobody may write",
        pattern="A regular expression that no text may fit",
        remove="A rule to take away",
    )
    async def words(
        self,
        interaction: Interaction,
        add: app_commands.Range[str, 1, LONGEST_WORD] | None = None,
        pattern: app_commands.Range[str, 1, LONGEST_PATTERN] | None = None,
        remove: app_commands.Range[str, 1, 200] | None = None,
    ) -> None:
        """See what members may not write into text inputs, add to it, or take from it"""
        if sum(given is not None for given in (add, pattern, remove)) > 1:
            raise UserError(say("policy-words-one"))
        # A pattern is tried for a while before it is taken.
        await interaction.response.defer(ephemeral=True, thinking=True)
        note = ""
        if text := (add or pattern or "").strip():
            note = await self._add(interaction, text, is_pattern=add is None)
        elif remove is not None:
            note = await self._remove(interaction, remove)
        rules = await self.bot.engine.policies.words(interaction.guild_id)
        embed, file = _listed(voice_of(interaction), rules)
        files = [file] if file else []
        await interaction.followup.send(note, embed=embed, files=files, ephemeral=True)

    async def _add(self, interaction: Interaction, text: str, *, is_pattern: bool) -> str:
        await asyncio.to_thread(require_rule, text, is_pattern=is_pattern)
        guild_id, user_id = interaction.guild_id or 0, interaction.user.id
        await self.bot.engine.policies.add_words(guild_id, text, user_id, is_pattern=is_pattern)
        what = "pattern added" if is_pattern else "added"
        await self.bot.engine.audit.note(Entry(guild_id, user_id, Action.WORD_RULE, text, what))
        return voice_of(interaction)("policy-words-added", rule=_plain(text))

    async def _remove(self, interaction: Interaction, wanted: str) -> str:
        guild_id, user_id = interaction.guild_id or 0, interaction.user.id
        rules = await self.bot.engine.policies.words(guild_id)
        # What was picked comes before what was typed: a rule may itself be a number.
        picked = [rule for rule in rules if _key(rule) == wanted]
        rule = next((rule for rule in picked or rules if wanted in (_key(rule), rule.text)), None)
        if rule is None or not await self.bot.engine.policies.drop_words(guild_id, rule.id):
            raise UserError(say("policy-words-unknown"))
        what = "pattern removed" if rule.is_pattern else "removed"
        await self.bot.engine.audit.note(Entry(guild_id, user_id, Action.WORD_RULE, rule.text, what))
        return voice_of(interaction)("policy-words-removed", rule=_plain(rule.text))

    @words.autocomplete("remove")
    async def _rules(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        if not is_manager(interaction):
            return []
        wanted = current.strip().casefold()
        rules = await self.bot.engine.policies.words(interaction.guild_id)
        found = [rule for rule in rules if wanted in rule.text.casefold()]
        return [app_commands.Choice(name=shorten(r.text, 100), value=_key(r)) for r in found[:MAX_CHOICES]]


def _listed(voice: Voice, rules: list[WordRule]) -> tuple[discord.Embed, discord.File | None]:
    """Return the list, and all of it as a file where it is too long to be shown."""
    pattern = voice("policy-words-is-pattern")
    lines = [f"`{_plain(rule.text)}`" + (f" ({pattern})" if rule.is_pattern else "") for rule in rules]
    text = _words.cut(lines, voice=voice) or voice("policy-words-empty")
    embed = discord.Embed(title=voice("policy-words-title"), description=text, color=_words.BLUE)
    if rules:
        embed.set_footer(text=voice("policy-words-hint", count=str(len(rules)), most=str(MOST_RULES)))
    if text == "\n".join(lines) or not rules:
        return embed, None
    every = "\n".join(rule.text + (f"\t({pattern})" if rule.is_pattern else "") for rule in rules)
    return embed, discord.File(io.BytesIO(every.encode()), "words.txt")


def _key(rule: WordRule) -> str:
    return f"rule {rule.id}"


def _plain(text: str) -> str:
    """Return a rule as it can stand between backticks."""
    return text.replace("`", "ˋ")
