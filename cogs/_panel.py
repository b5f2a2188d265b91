"""The panel: one private message with the report, what is looked at, and the components to change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.bot import Familiar
from bot.catalog import Published
from bot.drafts import Draft
from bot.options import describe, shorten
from cogs import _sync, _words
from cogs._panel_changes import is_changed, neighbour
from cogs._panel_state import Look, Step, by_key, face_of, sight
from cogs._panel_steps import MENUS, TITLES, Menu, inputs_menu, more_menu
from cogs._publish import DraftButton, view_of
from cogs._report import report_embed
from workflows.edits import changed_inputs
from workflows.values import InputSpec, Kind

Item = discord.ui.Item[Any]


@dataclass(frozen=True)
class Shown:
    """What the message holds."""

    embeds: list[discord.Embed]
    view: discord.ui.View


async def panel(bot: Familiar, draft: Draft, seen: Look) -> Shown:
    """Draw the panel of a draft."""
    face = face_of(draft).telling(await _sync.limits_note(bot, draft.guild_id))
    number, changes = await _next_version(bot, draft)
    face = replace(face, ways_out=tuple(_ways_out(draft, seen)), changes=changes)
    embeds = [report_embed(face, seen.report)]
    step = sight(draft).step
    if step is Step.INPUTS:
        spec = by_key(sight(draft).chosen, draft.inputs)
        if spec:
            embeds.append(_details(draft, seen, spec))
        return Shown(embeds, view_of(_rows(draft, seen, spec, number)))
    menu = MENUS[step](draft, seen)
    text = TITLES[step] if menu.entries else f"{TITLES[step]}\n\nThere is none."
    embeds.append(discord.Embed(description=text, color=_words.BLUE))
    rows: list[list[Item]] = [[_menu(draft, "pick", menu)]] if menu.entries else []
    return Shown(embeds, view_of([*rows, [_button(draft, "back", "Back")]]))


def _ways_out(draft: Draft, seen: Look) -> Iterator[str]:
    now = sight(draft)
    if seen.report.missing_model_fields:
        yield "Choose others with **More …** → **Replace missing models**, or install them and **Check again** there."
    if seen.report.needs:
        yield "Nobody gives all that it needs: **More …** → **Ask for what is missing**."
    if seen.report.unfit:
        yield "A value that is not taken is given anew with **More …** → **Ask for another field**."
    if now.no_command and not now.unfit and draft.has_command:
        yield "**Publish for /run only** works: everything is then asked in a form."


async def _next_version(bot: Familiar, draft: Draft) -> tuple[int | None, tuple[str, ...]]:
    """Return the number of the version that it would be, and what members would find different, if there is one now."""
    current = await bot.engine.catalog.current(draft.workflow_id) if draft.workflow_id else None
    if current is None:
        return None, ()
    versions = await bot.engine.catalog.versions(current.workflow_id)
    changes = [*_other_face(current, draft), *changed_inputs(current.inputs, draft.inputs)]
    same = f"It asks for the same as version {current.version}, which members have now."
    return versions[0].number + 1, tuple(changes) or (same,)


def _other_face(current: Published, draft: Draft) -> Iterator[str]:
    """Yield what becomes different about the command itself."""
    if draft.slug != current.slug:
        yield f"It is called `{draft.slug}`, and no longer `{current.slug}`"
    if current.has_command and not draft.has_command:
        yield "It has no command of its own any more: members find it in `/run`"
    if draft.has_command and not current.has_command:
        yield "It becomes a command of its own"


def _rows(draft: Draft, seen: Look, spec: InputSpec | None, number: int | None) -> Iterator[list[Item]]:
    now = sight(draft)
    if draft.inputs:
        yield [_menu(draft, "input", inputs_menu(draft))]
    if spec:
        yield list(_input_buttons(draft, spec))
    yield [_menu(draft, "more", more_menu(draft, seen))]
    label = f"Publish version {number}" if number else "Publish"
    blocked = now.unfit or (now.no_command and draft.has_command)
    last: list[Item] = [DraftButton("publish", draft.id, label, disabled=blocked)]
    if now.no_command and draft.has_command and not now.unfit:
        last.append(DraftButton("run", draft.id, "Publish for /run only"))
    yield [*last, _button(draft, "name", "Name …"), DraftButton("drop", draft.id)]


def _input_buttons(draft: Draft, spec: InputSpec) -> Iterator[Item]:
    is_open = spec.is_asked
    can_change = is_open or spec.hidden
    yield _button(draft, "edit", "Edit …", style=discord.ButtonStyle.primary, disabled=not can_change)
    yield _button(draft, "hide", "Ask for it" if spec.hidden else "Hide", disabled=not can_change)
    yield _button(draft, "require", "Make optional" if spec.required else "Make required", disabled=not is_open)
    yield _button(draft, "up", "Up", disabled=neighbour(draft, spec, -1) is None)
    yield _button(draft, "down", "Down", disabled=neighbour(draft, spec, 1) is None)


def _details(draft: Draft, seen: Look, spec: InputSpec) -> discord.Embed:
    """Say what there is to know of the input that is looked at."""
    lines = [_words.literal(shorten(spec.description, 200)) or "-# no description"]
    lines.append(f"**Takes** {_words.literal(describe(spec))}")
    if len(spec.choices) > 6:
        lines.append(f"**Choices** {_words.literal(shorten(', '.join(label for _, label in spec.choices), 250))}")
    lines.append(f"**Field** “{_shown(seen.field_title(spec.place))}” of {_shown(seen.node_title(spec.node_id))}")
    lines.append(_state(draft, spec))
    if sight(draft).typed and sight(draft).typed_for == sight(draft).chosen:
        lines.append("⚠️ What you typed last was not taken. **Edit …** has it still.")
    title = _words.title(f"Input: {spec.name}")
    return discord.Embed(title=title, description=_words.cut([line for line in lines if line], 1500), color=_words.BLUE)


def _state(draft: Draft, spec: InputSpec) -> str:
    if spec.connected:
        return "➖ Another node feeds it, so nobody is asked."
    if spec.kind is Kind.BOARD:
        return "➖ Results go to Discord, so nobody is asked for a board."
    if spec.kind is Kind.FIXED:
        return "➖ Discord has no way to ask for it: it keeps the value from the file."
    if spec.is_drawn:
        return "🔒 Nobody is asked: a seed is drawn for every run."
    if spec.hidden and spec.is_seed:
        return "🔒 Nobody is asked: the same seed makes the same picture every time."
    if spec.hidden:
        return "🔒 Nobody is asked: everybody gets the same."
    if spec.source == "edit":
        return "✏️ Asked for by you; the workflow itself does not show it."
    return "✏️ Changed by you." if is_changed(draft, spec) else ""


def _shown(title: str) -> str:
    return _words.literal(shorten(title, 80))


def _button(
    draft: Draft,
    action: str,
    label: str,
    *,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    disabled: bool = False,
) -> Item:
    custom_id = _custom_id(draft, action)
    return discord.ui.Button(label=label, style=style, custom_id=custom_id, disabled=disabled)


def _menu(draft: Draft, action: str, menu: Menu) -> Item:
    shown = menu.page(sight(draft).page if action != "more" else 0)
    options = [
        discord.SelectOption(
            label=shorten(entry.label, 100),
            value=entry.value,
            description=shorten(entry.description, 100) or None,
            emoji=entry.emoji or None,
            default=entry.chosen,
        )
        for entry in shown
    ]
    low, most = (0, len(options)) if menu.many else (1, 1)
    return discord.ui.Select(
        custom_id=_custom_id(draft, action),
        placeholder=menu.placeholder,
        options=options,
        min_values=low,
        max_values=most,
    )


def _custom_id(draft: Draft, action: str) -> str:
    return f"familiar:panel:{action}:{draft.id}:{sight(draft).turn}"
