"""InputSpecs become a typed app_commands.Command.

discord.py reads a command's options from its callback's signature, so a callback is given the signature that the
workflow asks for. Parameters are called p0, p1, ...; the options' own names may be in any script.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import discord
from discord import app_commands

from bot.catalog import Published
from bot.options import MAX_CHOICES, Extra, Option, arrange, command_description, shorten
from cogs._entering import Wishes
from cogs._own_jobs import suggest_own
from workflows import compounds, scalars
from workflows.errors import UserError
from workflows.models import ModelRecord
from workflows.spec import LARGEST, InputSpec, Kind

#: What a command does when it is used: the raw values by option name, and what is wished beside.
OnRun = Callable[[discord.Interaction[Any], Published, Mapping[str, Any], Wishes], Awaitable[None]]
#: What is installed, for suggestions.
Models = Callable[[], "list[ModelRecord]"]

#: What the library raises where it, or Discord, would not take a command.
NOT_A_COMMAND = (app_commands.AppCommandError, UserError, ValueError, TypeError)
MAX_COMMANDS = 100

_LONGEST_VALUE = 100


def build_command(published: Published, on_run: OnRun, models: Models) -> app_commands.Command[Any, ..., None]:
    """Build the slash command of a published workflow. Raises UserError where it does not fit Discord's limits."""
    arrangement = arrange(published.slug, published.description, published.inputs)
    names = {f"p{number}": option for number, option in enumerate(arrangement.options)}
    extras = {f"e{number}": extra for number, extra in enumerate(arrangement.extras)}
    asked: dict[str, Option | Extra] = {**names, **extras}

    async def callback(interaction: discord.Interaction[Any], **given: Any) -> None:
        raw = {names[p].name: value for p, value in given.items() if p in names and value is not None}
        wishes = {extras[p].value: value for p, value in given.items() if p in extras and value is not None}
        await on_run(interaction, published, raw, Wishes(**wishes))

    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)
    parameters = [*(_parameter(p, o) for p, o in names.items()), *(_extra(p, e) for p, e in extras.items())]
    callback.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]
    described = app_commands.describe(**{p: one.description for p, one in asked.items()})(callback)
    renamed = app_commands.rename(**{p: _name(one) for p, one in asked.items()})(described)
    listed = {p: _choices(option) for p, option in names.items() if option.choices}
    if listed:
        renamed = app_commands.choices(**listed)(renamed)
    suggested = {p: _suggester(option, models) for p, option in names.items() if option.is_suggested}
    suggested |= {p: suggest_own for p, extra in extras.items() if extra is Extra.FROM_JOB}
    if suggested:
        renamed = app_commands.autocomplete(**suggested)(renamed)
    description = command_description(published.name, published.description, arrangement)
    return app_commands.Command(name=published.slug, description=description, callback=renamed)


def _parameter(name: str, option: Option) -> inspect.Parameter:
    default = inspect.Parameter.empty if option.required else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_annotation(option))


def _extra(name: str, extra: Extra) -> inspect.Parameter:
    annotation = bool if extra is Extra.PRIVATE else str
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _name(asked: Option | Extra) -> str:
    return asked.value if isinstance(asked, Extra) else asked.name


def _annotation(option: Option) -> Any:
    low, high = option.minimum, option.maximum
    match option.spec.kind:
        case Kind.STRING:
            return app_commands.Range[str, None, option.spec.max_length]
        case _ if option.is_typed:
            return str
        case Kind.INTEGER:
            return app_commands.Range[int, _whole(low, -LARGEST), _whole(high, LARGEST)]
        case Kind.NUMBER if low is not None or high is not None:
            return app_commands.Range[float, _real(low), _real(high)]
        case Kind.NUMBER:
            return float
        case Kind.BOOLEAN:
            return bool
        case _:
            return discord.Attachment


def _whole(bound: float | None, otherwise: int) -> int:
    return otherwise if bound is None else int(bound)


def _real(bound: float | None) -> float | None:
    return None if bound is None else float(bound)


def _choices(option: Option) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=shorten(label, 100) or value, value=value) for value, label in option.choices]


def _suggester(option: Option, models: Models) -> Callable[..., Coroutine[Any, Any, list[app_commands.Choice[str]]]]:
    async def suggest(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        return [
            # A value that Discord does not take is picked by its label, which parses to the same.
            app_commands.Choice(name=shorten(label, 100), value=value if 0 < len(value) <= 100 else label[:100])
            for value, label in suggestions(option, models(), current)
        ]

    return suggest


def suggestions(option: Option, models: list[ModelRecord], typed: str) -> list[tuple[str, str]]:
    """Return up to 25 (value, label) pairs for what was typed so far: those that begin with it first."""
    spec = option.spec
    if spec.kind is Kind.LORAS:
        return _next_loras(spec, models, typed)
    pairs = list(spec.choices) if spec.kind is Kind.CHOICE else _installed(scalars.offered(spec, models))
    return _matching(pairs, typed)[:MAX_CHOICES]


def _matching(pairs: list[tuple[str, str]], typed: str) -> list[tuple[str, str]]:
    wanted = typed.casefold().strip()
    found = [pair for pair in pairs if wanted in pair[1].casefold()]
    return sorted(found, key=lambda pair: not pair[1].casefold().startswith(wanted))


def _installed(models: list[ModelRecord]) -> list[tuple[str, str]]:
    """Return (key, name) pairs; where several have one name, what they are for tells them apart."""
    alike = Counter(model.name.casefold() for model in models)
    return [
        (model.key, model.name if alike[model.name.casefold()] == 1 else f"{model.name} ({model.base}, {model.type})")
        for model in models
    ]


def _next_loras(spec: InputSpec, models: list[ModelRecord], typed: str) -> list[tuple[str, str]]:
    """Complete the last name that is typed, and keep what stands before it."""
    installed = scalars.offered(spec, models)
    begin = compounds.last_name(typed, installed)
    before, last = typed[:begin].strip(), typed[begin:]
    free = [model for model in installed if model.name.casefold() not in before.casefold()]
    kept = f"{before} " if before else ""
    found = [f"{kept}{name}" for _, name in _matching([(m.key, m.name) for m in free], last)]
    # A name with its weight is done; and a value too long for Discord cannot be picked.
    done = [typed.strip()] if last.strip() and not found else []
    return [(text, text) for text in (*done, *found) if len(text) <= _LONGEST_VALUE][:MAX_CHOICES]
