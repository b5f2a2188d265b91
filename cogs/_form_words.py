"""What a form shows: each input with its value, what is needed, what does not fit. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from cogs import _words
from cogs._form import Sheet
from workflows.errors import InputError
from workflows.texts import Voice
from workflows.values import InputSpec
from workflows.words import shorten

#: Of an embed's 6000 characters, and of a field's 1024.
_VALUES, _FIELD = 3400, 950
#: As many names as a field holds in any case.
_NAMED = 12


def form_embed(sheet: Sheet, voice: Voice, note: str = "", refused: Sequence[InputError] = ()) -> discord.Embed:
    """Draw a form: each input with its value, then what is needed, then what does not fit."""
    description = sheet.published.description.strip()
    lines = [f"-# {_words.literal(description)}"] if description else []
    lines += [note] if note else []
    lines += _value_lines(sheet, voice) or [voice("run-form-nothing")]
    color = _words.BLUE if sheet.is_ready else _words.GREY
    text = _words.cut(lines, _VALUES, voice)
    embed = discord.Embed(title=_words.title(sheet.published.name), description=text, color=color)
    if sheet.lacking:
        embed.add_field(name=voice("run-form-needed"), value=_names(sheet.lacking, voice), inline=False)
    every = (*sheet.problems, *refused)
    if wrong := [f"**{_words.literal(e.name)}**: {_words.literal(voice.tell(e.problem))}" for e in every]:
        embed.add_field(name=voice("run-form-wrong"), value=_words.cut(wrong, _FIELD, voice), inline=False)
    return embed.set_footer(text=voice("run-form-open"))


def _names(specs: Sequence[InputSpec], voice: Voice) -> str:
    named = ", ".join(f"**{_words.literal(spec.name)}**" for spec in specs[:_NAMED])
    return voice("run-form-more", names=named, count=len(specs) - _NAMED) if len(specs) > _NAMED else named


def _value_lines(sheet: Sheet, voice: Voice) -> list[str]:
    many = len(sheet.groups) > 1
    width = 100 if len(sheet.inputs) <= 25 else 50
    lines: list[str] = []
    for number, spec in enumerate(sheet.inputs, 1):
        mark = "❗ " if spec in sheet.lacking else "⚠️ " if sheet.problem(spec) else ""
        required = f" {voice('run-form-required')}" if spec.required else ""
        value = _words.literal(shorten(voice.tell(sheet.shown(spec)), width))
        place = f"`{number:>{len(str(len(sheet.inputs)))}}` " if many else ""
        lines.append(f"{place}{mark}**{_words.literal(spec.name)}**{required} {value}")
    return lines
