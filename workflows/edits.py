"""What an admin changed about a document's inputs and outputs: kept apart from the document, so that a new version of
it can take the same changes.

Pure. `derive` applies them; nothing here looks at a backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workflows import scalars
from workflows.errors import InputError
from workflows.models import ModelRecord
from workflows.spec import NUMERIC, InputSpec, Kind
from workflows.values import parse
from workflows.words import bounds, listed, shorten, show, type_of

#: (node id, field name): what stays the same when a document is exported anew.
Place = tuple[str, str]


@dataclass(frozen=True)
class InputEdit:
    """The changes to one input; None leaves what the document and the schema say.

    `default` is in the form that the field takes. A hidden input is never asked for: everybody gets its default.
    Bounds and choices only narrow what the field takes.
    """

    node_id: str
    field_name: str
    name: str | None = None
    description: str | None = None
    hidden: bool | None = None
    required: bool | None = None
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    #: The values that are still offered, of a choice or (by key) of a model.
    choices: tuple[str, ...] | None = None

    @property
    def place(self) -> Place:
        return self.node_id, self.field_name


@dataclass(frozen=True)
class Edits:
    """All changes to one document."""

    inputs: tuple[InputEdit, ...] = ()
    #: Fields that the document does not expose, and the admin does.
    exposed: tuple[Place, ...] = ()
    #: The inputs that come first, in this order; all others follow in the document's.
    order: tuple[Place, ...] = ()
    #: The nodes whose results are posted; empty: those that the document marks.
    outputs: tuple[str, ...] = ()

    def of(self, place: Place) -> InputEdit:
        """Return the changes to one input; an empty one where there are none."""
        return next((edit for edit in self.inputs if edit.place == place), InputEdit(*place))

    def change(self, place: Place, **changes: Any) -> Edits:
        """Return the edits with one input changed further."""
        changed = replace(self.of(place), **changes)
        others = tuple(edit for edit in self.inputs if edit.place != place)
        return replace(self, inputs=(*others, changed) if changed != InputEdit(*place) else others)

    def expose(self, place: Place) -> Edits:
        return self if place in self.exposed else replace(self, exposed=(*self.exposed, place))

    def by_place(self) -> Mapping[Place, InputEdit]:
        return {edit.place: edit for edit in self.inputs}

    def ordered(self, specs: Sequence[InputSpec]) -> list[InputSpec]:
        """Return the inputs in the admin's order."""
        rank = {place: number for number, place in enumerate(self.order)}
        return sorted(specs, key=lambda spec: rank.get(spec.place, len(rank)))


@dataclass(frozen=True)
class Applied:
    """An input as edited, and what could not be done: a part of a sentence each, to be read behind its name."""

    spec: InputSpec
    dropped: tuple[str, ...] = ()


def apply(
    spec: InputSpec, edit: InputEdit, models: Sequence[ModelRecord] | None = None, *, needed: bool = False
) -> Applied:
    """Apply the changes to one input, but for its name. What no longer fits the field is dropped, and told.

    `needed` tells whether the field itself must have a value. Without `models`, every model is believed to be there.
    """
    if edit == InputEdit(*edit.place):
        return Applied(spec)
    if spec.connected or spec.kind in {Kind.FIXED, Kind.BOARD}:
        asks = "is fed by another node" if spec.connected else "cannot be asked for"
        return Applied(spec, (f"{asks} now, so its changes do not count",))
    dropped: list[str] = []
    edited = replace(spec, description=edit.description.strip() or spec.description) if edit.description else spec
    for step in (_narrowed, _chosen, _defaulted, _demanded, _hidden):
        try:
            edited = step(edited, edit, models, needed)
        except _Unfit as error:
            dropped.append(str(error))
    return Applied(edited, tuple(dropped))


class _Unfit(Exception):
    """A change that no longer fits its field."""


_Models = Sequence[ModelRecord] | None
_Step = Callable[[InputSpec, InputEdit, _Models, bool], InputSpec]


def _narrowed(spec: InputSpec, edit: InputEdit, models: _Models, needed: bool) -> InputSpec:
    if edit.minimum is None and edit.maximum is None:
        return spec
    if spec.kind not in NUMERIC:
        raise _Unfit("is no number any more, so its bounds do not count")
    low = max((low for low in (spec.minimum, edit.minimum) if low is not None), default=None)
    high = min((high for high in (spec.maximum, edit.maximum) if high is not None), default=None)
    narrow = replace(spec, minimum=low, maximum=high)
    if not leaves_something(narrow):
        raise _Unfit("has bounds that leave nothing to give, so they do not count")
    return _refitted(narrow, needed)


def leaves_something(spec: InputSpec) -> bool:
    """Tell whether any number lies within an input's bounds."""
    step = spec.multiple_of or (1 if spec.kind in {Kind.INTEGER, Kind.INTEGERS} else 0)
    low, high = spec.minimum, spec.maximum
    # Edits come from files too, where "NaN" is a bound and 1 with four hundred zeros is endless.
    if not all(math.isfinite(bound) for bound in (low, high) if bound is not None):
        return False
    if high is not None and spec.above is not None and high <= spec.above:
        return False
    if low is not None and spec.below is not None and low >= spec.below:
        return False
    if low is None or high is None:
        return True
    # A fraction's multiples are never exactly where they should be.
    first = -(-low // step) * step if step else low
    return low <= high and first <= high + abs(high) / 1e9


def _refitted(spec: InputSpec, needed: bool) -> InputSpec:
    """Bring the default into narrower bounds; a list's goes if it does not fit."""
    default = spec.default
    if default is None:
        return spec
    if isinstance(default, int | float):
        low, high = spec.minimum, spec.maximum
        default = high if high is not None and default > high else default
        default = low if low is not None and default < low else default
    try:
        return replace(spec, default=parse(spec, default))
    except InputError:
        return replace(spec, default=None, required=needed or not spec.is_seed)


def _chosen(spec: InputSpec, edit: InputEdit, models: _Models, needed: bool) -> InputSpec:
    if edit.choices is None:
        return spec
    if spec.kind is Kind.CHOICE:
        known = spec.choices
    elif spec.is_installed:
        known = tuple((m.key, m.name) for m in scalars.offered(spec, models or ()))
        known = known if models is not None else tuple((key, key) for key in edit.choices)
    else:
        raise _Unfit("offers no choices any more, so they are not narrowed")
    left = tuple(choice for choice in known if choice[0] in edit.choices)
    if not left:
        raise _Unfit("has none of the choices any more that were left for it, so all are offered")
    narrow = replace(spec, choices=left)
    if spec.default is None or (models is None and spec.is_installed) or _fits(narrow, spec.default, models or ()):
        return narrow
    return replace(narrow, default=None, required=True)


def _fits(spec: InputSpec, value: Any, models: Sequence[ModelRecord]) -> bool:
    try:
        parse(spec, value, models)
    except InputError:
        return False
    return True


def _defaulted(spec: InputSpec, edit: InputEdit, models: _Models, needed: bool) -> InputSpec:
    if edit.default is None:
        return spec
    if spec.is_file:
        raise _Unfit("is a file, which has no default")
    if spec.is_installed and models is None:
        return replace(spec, default=edit.default, required=False)
    try:
        return replace(spec, default=parse(spec, edit.default, models or ()), required=False)
    except InputError as error:
        raise _Unfit(f"has a default that does not count any more: {error.problem.rstrip('.')}") from error


def _demanded(spec: InputSpec, edit: InputEdit, models: _Models, needed: bool) -> InputSpec:
    if edit.required is None:
        return spec
    if not edit.required and needed and spec.default is None and not spec.is_seed:
        raise _Unfit("has no value of its own, so it stays required")
    return replace(spec, required=edit.required)


def _hidden(spec: InputSpec, edit: InputEdit, models: _Models, needed: bool) -> InputSpec:
    if not edit.hidden:
        return spec
    if spec.is_seed and edit.default is None:
        # The one that happened to stand in the file would make the same picture every time.
        return replace(spec, hidden=True, required=False, default=None)
    if spec.default is None and (needed or spec.required):
        raise _Unfit("needs a value, so it is hidden only once it has a default")
    return replace(spec, hidden=True, required=False)


# What became different


def changed_inputs(old: Sequence[InputSpec], new: Sequence[InputSpec]) -> list[str]:
    """Return what a member will find different, a short line each: what is new, what is gone, what changed."""
    before = {spec.place: spec for spec in old if spec.is_asked}
    after = {spec.place: spec for spec in new if spec.is_asked}
    lines = [f"`{spec.name}` is new: {_kind(spec)}" for place, spec in after.items() if place not in before]
    lines += [f"`{spec.name}` is gone" for place, spec in before.items() if place not in after]
    for place, spec in after.items():
        if place in before:
            lines += [f"`{spec.name}`{line}" for line in _differences(before[place], spec)]
    return lines


def _kind(spec: InputSpec) -> str:
    return type_of(spec.kind) + (", required" if spec.required else "")


def _differences(old: InputSpec, new: InputSpec) -> Iterator[str]:
    if old.name != new.name:
        yield f" was called `{old.name}`"
    if old.kind is not new.kind:
        word = type_of(new.kind)
        yield f" is now {word if word.endswith('s') or word.startswith('yes') else f'{_article(word)} {word}'}"
        return
    if old.required != new.required:
        yield " is required now" if new.required else " may be left empty now"
    if old.default != new.default and not new.is_seed:
        yield f": default {_shown(old)} -> {_shown(new)}"
    if bounds(old) != bounds(new):
        yield f": {bounds(old).strip(', ') or 'any number'} -> {bounds(new).strip(', ') or 'any number'}"
    yield from _other_choices(old, new)
    if old.max_items != new.max_items:
        yield f": up to {old.max_items:,} -> {new.max_items:,}"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _shown(spec: InputSpec) -> str:
    return "none" if spec.default is None else shorten(show(spec, spec.default), 40) or "empty"


def _other_choices(old: InputSpec, new: InputSpec) -> Iterator[str]:
    gone = [label for choice, label in old.choices if choice not in dict(new.choices)]
    more = [label for choice, label in new.choices if choice not in dict(old.choices)]
    for words, labels in (("no longer offers", gone), ("now offers", more)):
        # Of a model, no choices means every one.
        if labels and (new.choices and old.choices):
            yield f" {words} {listed(labels)}"
    if new.is_installed and bool(old.choices) != bool(new.choices):
        yield f" now offers {listed([label for _, label in new.choices])} only" if new.choices else " now offers all"
