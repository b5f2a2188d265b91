"""Who may run a published workflow, where, how often and with what, as the admins of its server said. Pure.

Who and where go as on Discord's Integrations page. Who: what is said of the member themselves decides; else what is
said of their roles, of which one that is allowed beats all that are denied; else what is said of @everyone, a role with
the server's id. Where: what is said of the thread, else of its channel, else of the category. Of whom or where nothing
is said is let in, unless somebody else is allowed by name: then only those are.
Who may manage the server stands above who and where alone, for they could let themselves in; all else holds for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from workflows.errors import InputError
from workflows.spec import NUMERIC, InputSpec, Kind
from workflows.texts import Text, say

#: How many of each Discord's menus hold.
MOST_NAMED = 25
LONGEST_COOLDOWN = 7 * 24 * 3600
TEXTS = frozenset({Kind.STRING, Kind.STRINGS})

Kinds = Literal["roles", "channels", "members"]


class Named(BaseModel):
    """Roles, channels or members that are let in or kept out by their ids."""

    model_config = ConfigDict(frozen=True)

    allowed: tuple[int, ...] = ()
    denied: tuple[int, ...] = ()


class Bound(BaseModel):
    """What the members of a role may give to one input: a number in between, or a text of so many characters."""

    model_config = ConfigDict(frozen=True)

    role_id: int
    #: An input may be called otherwise one day, or stand at another node: one of both still tells which it is.
    place: tuple[str, str]
    name: str
    minimum: float | None = None
    maximum: float | None = None
    longest: int | None = Field(default=None, ge=1)

    @property
    def is_empty(self) -> bool:
        return self.minimum is None and self.maximum is None and self.longest is None

    def is_of(self, spec: InputSpec | Bound) -> bool:
        return self.place == spec.place or self.name == spec.name


class Caps(BaseModel):
    """How often one member may run one workflow; None: as often as they like."""

    model_config = ConfigDict(frozen=True)

    running: int | None = Field(default=None, ge=1)
    waiting: int | None = Field(default=None, ge=1)
    cooldown: int | None = Field(default=None, ge=1, le=LONGEST_COOLDOWN)
    daily: int | None = Field(default=None, ge=1)


class Policy(BaseModel):
    """What holds for one published workflow; this one as it is lets everybody do everything."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    roles: Named = Named()
    channels: Named = Named()
    members: Named = Named()
    caps: Caps = Caps()
    bounds: tuple[Bound, ...] = ()
    spoiler: bool = False
    age_restricted_only: bool = False
    private_only: bool = False

    def evolve(self, **changes: Any) -> Policy:
        return self.model_copy(update=changes)

    def naming(self, kind: Kinds, ids: Sequence[int], *, allowed: bool) -> Policy:
        """Return the policy with these allowed, or denied, in place of those before; nothing is both."""
        before: Named = getattr(self, kind)
        ids = tuple(dict.fromkeys(ids))
        others = tuple(one for one in (before.denied if allowed else before.allowed) if one not in ids)
        named = Named(allowed=ids, denied=others) if allowed else Named(allowed=others, denied=ids)
        return self.evolve(**{kind: named})

    def bounding(self, bound: Bound) -> Policy:
        """Return the policy with this bound in place of the role's own on that input; an empty one takes it back."""
        others = tuple(one for one in self.bounds if one.role_id != bound.role_id or not one.is_of(bound))
        return self.evolve(bounds=others if bound.is_empty else (*others, bound))


@dataclass(frozen=True)
class Ruling:
    """What a policy asks of a run that it lets through."""

    private_only: bool = False
    spoiler: bool = False


class Refusal(StrEnum):
    """Why a policy does not let somebody run a workflow."""

    WHO = "who"
    WHERE = "where"
    AGE = "age"
    #: On the workflow's own server it may be otherwise, where roles and channels are known.
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Standing:
    """Who asks, and where they are."""

    user_id: int
    #: The workflow's own server; None where they are anywhere else, as in a direct message.
    guild_id: int | None = None
    #: Without @everyone.
    role_ids: tuple[int, ...] = ()
    #: The thread if it is one, the channel, and the category: what is nearest first.
    places: tuple[int, ...] = ()
    is_age_restricted: bool = False
    #: May manage the server.
    is_manager: bool = False

    @property
    def every_role(self) -> tuple[int, ...]:
        return self.role_ids if self.guild_id is None else (*self.role_ids, self.guild_id)


def refusal(policy: Policy, standing: Standing) -> Refusal | None:
    """Tell why somebody may not run a workflow where they are, or None where they may."""
    if not standing.is_manager and (why := _who(policy, standing) or _where(policy.channels, standing)):
        return why
    if policy.age_restricted_only and not standing.is_age_restricted:
        return Refusal.AGE
    return None


def _who(policy: Policy, standing: Standing) -> Refusal | None:
    own = _said(policy.members, standing.user_id)
    if own is not None:
        return None if own else Refusal.WHO
    if standing.guild_id is None and policy.roles != Named():
        return Refusal.ELSEWHERE
    of_roles = [said for role_id in standing.role_ids if (said := _said(policy.roles, role_id)) is not None]
    everyone = None if standing.guild_id is None else _said(policy.roles, standing.guild_id)
    if of_roles:
        may = any(of_roles)
    elif everyone is not None:
        may = everyone
    else:
        may = not (policy.roles.allowed or policy.members.allowed)
    return None if may else Refusal.WHO


def _where(channels: Named, standing: Standing) -> Refusal | None:
    said = [verdict for place in standing.places if (verdict := _said(channels, place)) is not None]
    may = said[0] if said else not channels.allowed
    if may:
        return None
    return Refusal.WHERE if standing.guild_id is not None else Refusal.ELSEWHERE


def _said(named: Named, one: int) -> bool | None:
    if one in named.denied:
        return False
    return True if one in named.allowed else None


# Values


@dataclass(frozen=True)
class Limit:
    """What somebody may give to one input: of each value the most generous that is said for a role of theirs."""

    minimum: float | None = None
    maximum: float | None = None
    longest: int | None = None


def limit_of(policy: Policy, standing: Standing, spec: InputSpec) -> Limit:
    """Return what somebody may give to an input; who manages the server is bound by what is said of their roles."""
    own = [bound for bound in policy.bounds if bound.role_id in standing.every_role and bound.is_of(spec)]
    if standing.guild_id is None:
        # Which roles they have is not known here: the strictest that anybody has is not too much.
        own = [bound for bound in policy.bounds if bound.is_of(spec)]
        return Limit(_most(b.minimum for b in own), _least(b.maximum for b in own), _least(b.longest for b in own))
    return Limit(_least(b.minimum for b in own), _most(b.maximum for b in own), _most(b.longest for b in own))


def require_bounds(policy: Policy, standing: Standing, inputs: Sequence[InputSpec], given: Mapping[str, Any]) -> None:
    """Raise InputError, which names the input and the bound, where a value is not for this member."""
    for spec in inputs:
        value = given.get(spec.name)
        if value is None or not is_bounded(spec):
            continue
        limit = limit_of(policy, standing, spec)
        for one in _each(value):
            if problem := _beyond(limit, one):
                raise InputError(spec.name, problem)


def narrowed(policy: Policy, standing: Standing, inputs: Sequence[InputSpec]) -> tuple[InputSpec, ...]:
    """Return the inputs with the member's own bounds for theirs, where those are closer."""
    return tuple(_narrowed(spec, limit_of(policy, standing, spec)) if is_bounded(spec) else spec for spec in inputs)


def _narrowed(spec: InputSpec, limit: Limit) -> InputSpec:
    return replace(
        spec,
        minimum=_most((spec.minimum, limit.minimum)),
        maximum=_least((spec.maximum, limit.maximum)),
        max_length=spec.max_length if limit.longest is None else min(spec.max_length, limit.longest),
    )


def is_bounded(spec: InputSpec) -> bool:
    """Tell whether a policy can bound an input; a seed is as good as any other."""
    return spec.is_asked and spec.kind in NUMERIC | TEXTS and not spec.is_seed


def texts_of(inputs: Sequence[InputSpec], given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return all texts that a member gave, by the names of their inputs; what everybody gets is the admin's own."""
    found: list[tuple[str, str]] = []
    for spec in inputs:
        value = given.get(spec.name)
        if spec.kind in TEXTS and spec.is_asked and value is not None and value != spec.default:
            found += [(spec.name, one) for one in _each(value) if isinstance(one, str)]
    return found


def _beyond(limit: Limit, value: Any) -> Text | None:
    if isinstance(value, str):
        longest = limit.longest
        return say("policy-too-long", most=str(longest)) if longest is not None and len(value) > longest else None
    if limit.minimum is not None and value < limit.minimum:
        return say("policy-too-low", least=f"{limit.minimum:.15g}")
    if limit.maximum is not None and value > limit.maximum:
        return say("policy-too-high", most=f"{limit.maximum:.15g}")
    return None


def _each(value: Any) -> Iterable[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _most(values: Iterable[float | None]) -> Any:
    return max((value for value in values if value is not None), default=None)


def _least(values: Iterable[float | None]) -> Any:
    return min((value for value in values if value is not None), default=None)
