"""What an admin changed about a document's inputs and outputs: kept apart from the document, so that a new version of
it can take the same changes.

Pure. `derive` applies them; nothing here looks at a backend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

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
