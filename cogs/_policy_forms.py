"""The policy's two forms: how often a member may run the workflow, and the bounds of one input. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import discord

from bot.options import shorten
from bot.policy import TEXTS, Bound, Caps, Policy
from cogs._form_hints import takes
from cogs._panel_forms import Ask, modal, values_in
from cogs._panel_state import key
from cogs._policy_bounds import own_bound
from cogs._policy_keys import Keys
from cogs._policy_words import count_in, duration, seconds_in
from workflows.errors import UserError
from workflows.texts import Voice, say
from workflows.values import InputSpec

__all__ = ["bound_form", "bound_of", "caps_form", "caps_of", "values_in"]

#: What may be typed: more than anybody runs, and than any text is long.
_MOST_RUNS, _MOST_AT_ONCE, _LONGEST = 10_000, 25, 6000


def caps_form(voice: Voice, policy: Policy, keys: Keys) -> discord.ui.Modal:
    """Build the form for running, waiting, cooldown and daily runs."""
    caps = policy.caps
    asks = [
        Ask("running", voice("policy-form-running"), voice("policy-form-running-hint"), _held(caps.running), 3),
        Ask("waiting", voice("policy-form-waiting"), voice("policy-form-waiting-hint"), _held(caps.waiting), 3),
        Ask("cooldown", voice("policy-form-cooldown"), voice("policy-form-cooldown-hint"), _time(caps.cooldown), 20),
        Ask("daily", voice("policy-form-daily"), voice("policy-form-daily-hint"), _held(caps.daily), 6),
    ]
    return modal(voice("policy-form-caps"), f"{keys.custom_id('capsform')}:caps", asks, {})


def caps_of(voice: Voice, values: Mapping[str, Any]) -> Caps:
    """Return what the form was sent with. Raises UserError, which names the field."""

    def count(name: str, label: str, most: int) -> int | None:
        return count_in(label, str(values.get(name) or ""), most)

    return Caps(
        running=count("running", voice("policy-form-running"), _MOST_AT_ONCE),
        waiting=count("waiting", voice("policy-form-waiting"), _MOST_AT_ONCE),
        cooldown=seconds_in(str(values.get("cooldown") or "")),
        daily=count("daily", voice("policy-form-daily"), _MOST_RUNS),
    )


def bound_form(voice: Voice, policy: Policy, keys: Keys, spec: InputSpec) -> discord.ui.Modal:
    """Build the form for the bounds of one input."""
    bound = own_bound(policy, keys.role_id, spec)
    hint = shorten(voice("policy-form-takes", takes=takes(spec, voice)), 100)
    if spec.kind in TEXTS:
        asks = [Ask("longest", voice("policy-form-longest"), hint, _held(bound and bound.longest), 5)]
    else:
        asks = [
            Ask("minimum", voice("policy-form-lowest"), hint, _number(bound and bound.minimum), 30),
            Ask("maximum", voice("policy-form-highest"), hint, _number(bound and bound.maximum), 30),
        ]
    title = voice("policy-form-bound", name=spec.name)
    return modal(title, f"{keys.custom_id('boundform')}:{key(*spec.place)}", asks, {})


def bound_of(voice: Voice, spec: InputSpec, role_id: int, values: Mapping[str, Any]) -> Bound:
    """Return what the form was sent with; an empty one takes the bound back. Raises UserError."""
    given = {name: str(value or "") for name, value in values.items()}
    if spec.kind in TEXTS:
        longest = count_in(voice("policy-form-longest"), given.get("longest", ""), _LONGEST)
        return Bound(role_id=role_id, place=spec.place, name=spec.name, longest=longest)
    low = _meant(voice("policy-form-lowest"), given.get("minimum", ""))
    high = _meant(voice("policy-form-highest"), given.get("maximum", ""))
    if low is not None and high is not None and low > high:
        raise UserError(say("policy-bad-bounds"))
    return Bound(role_id=role_id, place=spec.place, name=spec.name, minimum=low, maximum=high)


def _meant(label: str, typed: str) -> float | None:
    text = typed.strip()
    if not text:
        return None
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UserError(say("policy-bad-number", what=label))
    return number


def _held(value: int | None) -> str:
    return "" if value is None else str(value)


def _time(value: int | None) -> str:
    return "" if value is None else duration(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"
