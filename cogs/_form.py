"""A form beside the workflow that it fills in: what each input holds, what is needed, what does not fit. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.catalog import Published
from bot.forms import Form
from bot.jobs import Attachment
from bot.options import MAX_MENU
from workflows import match
from workflows.errors import InputError
from workflows.models import ModelRecord
from workflows.scalars import offered, short
from workflows.texts import say
from workflows.values import InputSpec, Kind, parse
from workflows.words import show

#: Discord's modals hold five fields.
PER_MODAL = 5
#: What is picked from a list, where it is short enough; else it is typed.
PICKED = frozenset({Kind.CHOICE, Kind.MODEL, Kind.STYLE_PRESET})
#: Of many names, so many are told.
_TOLD = 6


@dataclass(frozen=True)
class File:
    """A file of a form, as a slash command would deliver it; its kind was looked at when it was attached."""

    filename: str
    url: str
    size: int
    content_type: str | None = None
    #: Where a fresh URL can be had, as bot.jobs.Attachment has it.
    source: str = ""


@dataclass(frozen=True)
class Sheet:
    """A form, and the version of the workflow that it is for.

    `models` is None where InvokeAI does not tell what is installed: then every name is believed until the run.
    """

    form: Form
    published: Published
    models: Sequence[ModelRecord] | None = ()

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        """The inputs that a member can give a value, in the published order."""
        return tuple(spec for spec in self.published.inputs if spec.is_asked)

    @property
    def groups(self) -> list[tuple[InputSpec, ...]]:
        """The inputs as modals ask for them."""
        return [self.inputs[at : at + PER_MODAL] for at in range(0, len(self.inputs), PER_MODAL)]

    def files(self, spec: InputSpec) -> list[Attachment]:
        return [attachment for attachment in self.form.attachments if attachment.name in spec.names]

    def has_value(self, spec: InputSpec) -> bool:
        """Tell whether the member gave a value, right or wrong."""
        return bool(self.files(spec)) if spec.is_file else spec.name in self.form.given

    def value(self, spec: InputSpec) -> Any:
        """Return the value that counts, None where there is none. Raises InputError where it does not fit."""
        if spec.name not in self.form.given:
            return spec.default
        return parse(spec, self.form.given[spec.name], self.models or ())

    def problem(self, spec: InputSpec) -> str | None:
        """Return what is wrong with what the member gave, to be read behind the input's name."""
        if spec.is_file or not self.has_value(spec) or (spec.is_installed and self.models is None):
            return None
        try:
            self.value(spec)
        except InputError as error:
            return self._explained(spec, error)
        return None

    @property
    def problems(self) -> list[InputError]:
        found = ((spec, self.problem(spec)) for spec in self.inputs)
        return [InputError(spec.name, problem) for spec, problem in found if problem]

    @property
    def lacking(self) -> list[InputSpec]:
        """The inputs that must have a value and have none yet."""
        return [spec for spec in self.inputs if spec.required and not self.has_value(spec)]

    @property
    def is_ready(self) -> bool:
        return not (self.lacking or self.problems)

    def needs_care(self, spec: InputSpec) -> bool:
        return bool(self.problem(spec)) or (spec.required and not self.has_value(spec))

    @property
    def given(self) -> dict[str, Any]:
        """What was typed or picked for inputs that are there."""
        names = {spec.name for spec in self.inputs if not spec.is_file}
        return {name: value for name, value in self.form.given.items() if name in names}

    @property
    def raw(self) -> dict[str, Any]:
        """All that was given, as a slash command would deliver it."""
        return self.given | {
            file.name: File(file.filename, file.url, file.size, None, file.source)
            for spec in self.inputs
            for file in self.files(spec)
        }

    def fitting(self) -> Sheet:
        """Return the sheet without what does not fit its input, or has none."""
        names = {spec.name: spec for spec in self.inputs}
        kept = {name: value for name, value in self.given.items() if self.problem(names[name]) is None}
        files = [file for spec in self.inputs if spec.is_file for file in self.files(spec)]
        return replace(self, form=self.form.evolve(given=kept, attachments=tuple(files)))

    # In words

    def shown(self, spec: InputSpec) -> str:
        """Return what an input holds at the moment, for people."""
        if spec.is_file:
            return ", ".join(file.filename for file in self.files(spec)) or say("run-form-none-attached")
        if not self.has_value(spec) and (spec.required or spec.is_seed or spec.default is None):
            is_drawn = spec.is_seed and not spec.required
            return say("run-form-random") if is_drawn else say("run-form-not-set")
        return self.text(spec) or say("run-form-empty")

    def text(self, spec: InputSpec) -> str:
        """Return what an input holds at the moment, as it could be typed; empty where it has no value."""
        given = self.form.given.get(spec.name)
        if isinstance(given, str) and spec.kind not in PICKED:
            return given
        try:
            value = self.value(spec)
        except InputError:
            return str(given)
        if value is None or (given is None and spec.is_seed):
            return ""
        if spec.kind is Kind.STYLE_PRESET:
            found = match.find_preset(value, offered(spec, self.models or ()))
            return found.name if found else show(spec, value)
        return show(spec, value)

    def offers(self, spec: InputSpec) -> list[tuple[str, str]]:
        """Return the (value, label) pairs that an input can be picked from; empty where it is typed."""
        if spec.kind is Kind.CHOICE:
            return list(dict(spec.choices).items())
        if spec.kind not in PICKED:
            return []
        models = offered(spec, self.models or ())
        named = [model.name.casefold() for model in models]
        return [(m.key, m.name if named.count(m.name.casefold()) == 1 else f"{m.name} ({m.base})") for m in models]

    def picked(self, spec: InputSpec) -> str | None:
        """Return which of the offers is the present value; None where none is."""
        try:
            value = self.value(spec)
        except InputError:
            return None
        if spec.kind is Kind.CHOICE or value is None:
            return None if value is None else str(value)
        find = match.find_preset if spec.kind is Kind.STYLE_PRESET else match.find
        found = find(value, offered(spec, self.models or ()))
        return found.key if found else None

    def kept(self, spec: InputSpec, value: str) -> str:
        """Return one of the offers as it is kept: what is installed by its name, which is the same on every server."""
        label = dict(self.offers(spec)).get(value, value)
        found = match.find(label, offered(spec, self.models or ())) if spec.is_installed else None
        return label if found and found.key == value else value

    def _explained(self, spec: InputSpec, error: InputError) -> str:
        """Return an error in words for a field that is typed: what is near, or what there is."""
        if spec.kind is Kind.LORAS and "no installed model" in error.problem:
            names = [model.name for model in offered(spec, self.models or ())]
            return say("run-form-there-are", problem=error.problem, names=some_of(names)) if names else error.problem
        labels = [label for _, label in self.offers(spec)]
        if not labels:
            return error.problem
        if len(labels) <= MAX_MENU:
            return say("run-form-choice-gone")
        typed = str(self.form.given[spec.name])
        if found := near(typed, labels):
            return say("run-form-near", typed=short(typed), alike=either(found))
        return say("run-form-none-such", typed=short(typed), names=some_of(labels))


def near(typed: str, labels: Sequence[str]) -> list[str]:
    """Return up to three of the labels that somebody may have meant: those that hold it, then those that are alike."""
    wanted = typed.casefold().strip()
    by_fold = {label.casefold(): label for label in labels}
    holding = [fold for fold in by_fold if wanted and wanted in fold]
    alike = difflib.get_close_matches(wanted, by_fold, n=3, cutoff=0.6)
    return [by_fold[fold] for fold in dict.fromkeys((*holding, *alike))][:3]


def either(names: Sequence[str]) -> str:
    """Say some names as one would: "a", "a or b", "a, b or c"."""
    return say("form-either", names=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else "".join(names)


def some_of(names: Sequence[str]) -> str:
    """Say the first of some names, and how many more there are."""
    shown = ", ".join(names[:_TOLD])
    return say("form-some", names=shown, more=len(names) - _TOLD) if len(names) > _TOLD else shown
