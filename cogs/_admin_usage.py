"""/admin usage: what a server's jobs came to, as lines, as a picture and as a table. Prompts are in none of them."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot import chart
from bot.bot import Familiar
from bot.ledger import now
from bot.usage import By, Tally, every_day, total
from cogs import _words
from cogs._admin_names import Names
from cogs._admin_words import cut, person, spent, unit_of
from cogs._voice import voice_of
from workflows.texts import Voice

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

_SHOWN = 10
_LINES = 3000
#: Of so many members the table tells what they are called; each name costs a question.
_NAMED = 40
_NAMES_SECONDS = 8.0
_ALT = 1024
_CHART, _TABLE = "usage.png", "usage.csv"
_HEADER = ("jobs", "backend_seconds", "completed", "failed", "cancelled", "lost", "under_way")


class Using(commands.Cog):
    """The subcommand of /admin that sums up; the cog takes it in."""

    bot: Familiar
    names: Names
    #: The library that draws keeps state of its own.
    drawing: asyncio.Lock

    @app_commands.command()
    @app_commands.describe(
        days="How many days back, today included; 30 if you say nothing",
        by="What it is summed up by; members if you say nothing",
    )
    async def usage(
        self,
        interaction: Interaction,
        days: app_commands.Range[int, 1, 365] = 30,
        by: Literal["member", "workflow", "day"] = "member",
    ) -> None:
        """See how many jobs this server ran, and how much of InvokeAI's time they took"""
        await interaction.response.defer(ephemeral=True, thinking=True)
        voice, today = voice_of(interaction), now().date()
        first = today - timedelta(days=days - 1)
        since = now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
        tallies = await self.bot.engine.usage.tallies(interaction.guild_id or 0, since, By(by))
        when = voice("admin-usage-days", days=days)
        if not tallies:
            text = f"{when}: {voice('admin-usage-none')}"
            await interaction.followup.send(embed=_embed(text, by, voice), ephemeral=True)
            return
        names = await self._names(interaction.guild, tallies) if by == By.MEMBER else {}
        text = _text(tallies, By(by), when, voice)
        title, bars = _bars(tallies, By(by), names, (first, today), voice)
        picture = await self._drawn(title, bars, is_upright=by == By.DAY)
        table = await asyncio.to_thread(_table, tallies, By(by), names, (first, today))
        files = [discord.File(io.BytesIO(table), _TABLE)]
        if picture:
            alt = _alt(title, tallies, names, voice)
            files.insert(0, discord.File(io.BytesIO(picture), _CHART, description=alt))
        # Beside it, not in it: in an embed, pictures have no alternative text.
        embed = _embed(text, by, voice)
        embed.set_footer(text=voice("admin-usage-legend"))
        await interaction.followup.send(embed=embed, files=files, ephemeral=True)

    async def _drawn(self, title: str, bars: Sequence[chart.Bar], *, is_upright: bool) -> bytes | None:
        """Return the chart; None where it cannot be drawn, for the lines and the table say all of it."""
        async with self.drawing:
            try:
                return await asyncio.to_thread(chart.draw, title, bars, upright=is_upright)
            except Exception:
                log.exception("the chart of /admin usage could not be drawn")
                return None

    async def _names(self, guild: discord.Guild | None, tallies: Sequence[Tally]) -> dict[str, str]:
        if guild is None:
            return {}
        found = await self.names.of(guild, [int(tally.key) for tally in tallies[:_NAMED]], _NAMES_SECONDS)
        return {str(user_id): name for user_id, name in found.items()}


def _embed(text: str, by: str, voice: Voice) -> discord.Embed:
    return discord.Embed(title=voice("admin-usage-title", by=by), description=text, color=_words.BLUE)


def _text(tallies: Sequence[Tally], by: By, when: str, voice: Voice) -> str:
    """Return the sum, and a line for each of the first: of the days, the newest."""
    whole = total(tallies)
    time, jobs = spent(voice, whole.seconds), voice("admin-jobs", count=whole.jobs)
    said = voice("admin-usage-total", when=when, jobs=jobs, time=time, outcomes=_outcomes(whole))
    first = (tallies[::-1] if by is By.DAY else tallies)[:_SHOWN]
    lines = [_line(number, tally, by, voice) for number, tally in enumerate(first, 1)]
    if len(tallies) > len(first):
        lines.append(voice("admin-more-lines", count=len(tallies) - len(first)))
    return f"{said}\n\n{cut(voice, lines, _LINES)}"


def _line(number: int, tally: Tally, by: By, voice: Voice) -> str:
    match by:
        case By.MEMBER:
            name = f"{number}\\. {person(tally.key)}"
        case By.WORKFLOW:
            name = f"{number}\\. {_words.literal(tally.key)}"
        case By.DAY:
            name = f"**{tally.key}**"
    jobs, time = voice("admin-jobs", count=tally.jobs), spent(voice, tally.seconds)
    return voice("admin-usage-line", name=name, jobs=jobs, time=time, outcomes=_outcomes(tally))


def _outcomes(tally: Tally) -> str:
    """Return how jobs ended, by signs; what none did is left out."""
    counts = {
        "✅": tally.completed,
        "❌": tally.failed,
        "🛑": tally.cancelled,
        "❔": tally.lost,
        "⏳": tally.under_way,
    }
    return " ".join(f"{sign} {count}" for sign, count in counts.items() if count)


def _bars(
    tallies: Sequence[Tally], by: By, names: Mapping[str, str], span: tuple[date, date], voice: Voice
) -> tuple[str, list[chart.Bar]]:
    """Return the chart's title and its bars: every day of the time, or the first of the others."""
    shown = every_day(tallies, *span) if by is By.DAY else tallies[:_SHOWN]
    unit, size = unit_of(max(tally.seconds for tally in shown))
    bars = [
        chart.Bar(
            tally.key[5:] if by is By.DAY else names.get(tally.key, tally.key),
            tally.seconds / size,
            voice(
                "admin-usage-note",
                jobs=voice("admin-jobs", count=tally.jobs),
                time=spent(voice, tally.seconds),
            ),
        )
        for tally in shown
    ]
    return voice("admin-usage-chart", by=by.value, unit=unit), bars


def _alt(title: str, tallies: Sequence[Tally], names: Mapping[str, str], voice: Voice) -> str:
    top = max(tallies, key=lambda tally: tally.seconds)
    name = names.get(top.key, top.key)
    most = voice("admin-usage-alt-most", name=name, time=spent(voice, top.seconds))
    return voice("admin-usage-alt", title=title, most=most)[:_ALT]


def _table(tallies: Sequence[Tally], by: By, names: Mapping[str, str], span: tuple[date, date]) -> bytes:
    """Return a row for each; its first cells say of whom, of what or of when."""
    # A mention is text, where a spreadsheet would round the id, and Discord draws it when it is pasted.
    first = ("member", "mention") if by is By.MEMBER else (by.value,)
    rows: list[tuple[object, ...]] = []
    for tally in every_day(tallies, *span) if by is By.DAY else tallies:
        about = (names.get(tally.key, ""), f"<@{tally.key}>") if by is By.MEMBER else (tally.key,)
        counts = (tally.completed, tally.failed, tally.cancelled, tally.lost, tally.under_way)
        rows.append((*about, tally.jobs, round(tally.seconds, 3), *counts))
    return chart.table((*first, *_HEADER), rows)
