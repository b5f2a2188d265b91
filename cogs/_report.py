"""What an admin sees before publishing: the command as it will be, what comes out, what is missing or ignored."""

from __future__ import annotations

import discord

from bot.options import Arrangement, describe, shorten
from cogs import _words
from workflows.check import Report


def report_embed(
    slug: str,
    description: str,
    report: Report,
    arrangement: Arrangement,
    problems: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> discord.Embed:
    """Draw the report; what does not fit a message is cut with a word, never refused by Discord.

    `problems` and `notes` are those of the command, which the report of the document knows nothing of.
    """
    problems = (*report.problems, *problems)
    lines = [f"# `/{slug}`", _words.literal(description) or "-# no description"]
    # First, for what comes last may be cut.
    lines += [*_section("❌", "Cannot be published", problems), ""]
    if arrangement.options:
        seen: set[str] = set()
        for option in arrangement.options:
            if option.spec.name not in seen:
                seen.add(option.spec.name)
                lines.append(f"`{option.name}` {_words.literal(describe(option.spec))}")
    else:
        lines.append("It asks for nothing: it has no exposed fields.")
    lines += ["", f"**Posts** {_outputs(report)}"]
    lines += _section("⚠️", "Worth a look", (*notes, *report.warnings))
    left_out = [f"`{spec.name}` found no room and keeps its default" for spec in arrangement.left_out]
    lines += _section("➖", "Ignored", (*left_out, *report.ignored))
    color = _words.RED if problems else _words.BLUE
    return discord.Embed(title=_words.title(report.document.name or slug), description=_words.cut(lines), color=color)


def _outputs(report: Report) -> str:
    named = [
        f"the images of {_words.literal(o.title)}" if o.collection else _words.literal(o.title) for o in report.outputs
    ]
    return ", ".join(named[:8]) + (f" and {len(named) - 8} more" if len(named) > 8 else "") if named else "nothing"


def _section(sign: str, title: str, entries: tuple[str, ...]) -> list[str]:
    if not entries:
        return []
    shown = [f"{sign} {shorten(entry, 300)}" for entry in entries[:10]]
    more = [f"-# and {len(entries) - 10} more"] if len(entries) > 10 else []
    return ["", f"**{title}**", *shown, *more]
