"""What an admin sees before publishing: the command as it will be, what comes out, what is missing or ignored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import discord

from bot.options import MAX_CHARACTERS, MAX_OPTIONS, Arrangement, arrange, describe, shorten, show
from cogs import _words
from workflows.check import Report
from workflows.errors import UserError
from workflows.values import InputSpec
from workflows.words import listed

#: From here on it is told how many characters a command has.
_NEAR_CHARACTERS = 6000


@dataclass(frozen=True)
class Face:
    """What a workflow shows to Discord, of which the report of its document knows nothing.

    `arrangement` is None where it has no command, or where what it requires does not fit one.
    """

    slug: str
    description: str
    inputs: tuple[InputSpec, ...]
    has_command: bool = True
    arrangement: Arrangement | None = None
    problems: tuple[str, ...] = ()
    #: What could be done about the problems.
    ways_out: tuple[str, ...] = ()
    #: What members will find different from the version that they have.
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()

    def telling(self, *notes: str) -> Face:
        return replace(self, notes=(*self.notes, *(note for note in notes if note)))

    def ending(self, *words: str) -> Face:
        return replace(self, footer=(*words, *self.footer))


def face(slug: str, description: str, inputs: Sequence[InputSpec], *, has_command: bool = True) -> Face:
    """Arrange a workflow's inputs as its command, and say where that is not possible, or nearly not."""
    bare = Face(slug, description, tuple(inputs), has_command)
    if not has_command:
        return bare
    try:
        arrangement = arrange(slug, description, inputs)
    except UserError as error:
        return replace(bare, problems=(str(error),))
    return replace(bare, arrangement=arrangement, footer=_room(slug, description, arrangement))


def _room(slug: str, description: str, arrangement: Arrangement) -> tuple[str, ...]:
    """Say how much of what a command may hold is used."""
    used = len(slug) + len(shorten(description, 100)) + sum(option.characters for option in arrangement.options)
    told = [f"{len(arrangement.options)} of {MAX_OPTIONS} options"]
    if used >= _NEAR_CHARACTERS:
        told.append(f"{used:,} of {MAX_CHARACTERS:,} characters")
    return tuple(told)


def report_embed(face: Face, report: Report, heading: str = "Cannot be published") -> discord.Embed:
    """Draw the report; what does not fit a message is cut with a word, never refused by Discord."""
    problems = tuple(dict.fromkeys((*report.problems, *report.lacks, *face.problems)))
    title = f"# `/{face.slug}`" if face.has_command else f"# `/run` {_words.literal(face.slug)}"
    lines = [title, _words.literal(shorten(face.description, 100)) or "-# no description"]
    # First, for what comes last may be cut.
    lines += [*_section("❌", heading, problems), *(f"👉 {way}" for way in face.ways_out)]
    lines += [*_section("🔁", "What members will notice", face.changes), ""]
    lines += _inputs(face)
    lines += _section("🔒", "The same for everyone", [_fixed(spec) for spec in face.inputs if spec.hidden])
    lines += ["", f"**Posts** {_outputs(report)}"]
    lines += _section("⚠️", "Worth a look", (*face.notes, *(one for one in report.warnings if one not in report.lacks)))
    left_out = face.arrangement.left_out if face.arrangement else ()
    lines += _section("➡️", "Only in /run", _moved([f"`{spec.name}`" for spec in left_out]))
    lines += _section("➖", "Ignored", report.ignored)
    color = _words.RED if problems else _words.BLUE
    title = _words.title(report.document.name or face.slug)
    embed = discord.Embed(title=title, description=_words.cut(lines), color=color)
    return embed.set_footer(text=" · ".join(face.footer)[:2000]) if face.footer else embed


def _inputs(face: Face) -> list[str]:
    """List what is asked for, in the order in which it will be asked."""
    if face.arrangement:
        asked = list({option.spec.name: option.spec for option in face.arrangement.options}.values())
    else:
        asked = [spec for spec in face.inputs if spec.is_asked]
    lines = [f"`{spec.name}` {_words.literal(describe(spec))}" for spec in asked]
    return lines or ["It asks for nothing: it has no exposed fields."]


def _moved(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    what, them = ("This finds", "it") if len(names) == 1 else ("These find", "them")
    return [f"{what} no room in the command, so `/run` asks for {them}: {listed(names)}"]


def _fixed(spec: InputSpec) -> str:
    value = _words.literal(shorten(show(spec, spec.default), 60)) if spec.default is not None else ""
    if spec.is_drawn:
        return f"`{spec.name}` is drawn for every run"
    return f"`{spec.name}` is {value}" if value else f"`{spec.name}` is always left out"


def _outputs(report: Report) -> str:
    named = [
        f"the images of {_words.literal(o.title)}" if o.collection else _words.literal(o.title) for o in report.outputs
    ]
    return ", ".join(named[:8]) + (f" and {len(named) - 8} more" if len(named) > 8 else "") if named else "nothing"


def _section(sign: str, title: str, entries: Sequence[str]) -> list[str]:
    if not entries:
        return []
    shown = [f"{sign} {_words.unlinked(shorten(entry, 300))}" for entry in entries[:10]]
    more = [f"-# and {len(entries) - 10} more"] if len(entries) > 10 else []
    return ["", f"**{title}**", *shown, *more]
