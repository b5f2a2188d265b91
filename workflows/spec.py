"""One input as a member meets it: what it is called, what it takes, and what it is if left empty."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workflows.schema import ModelFilter

#: How many files of a collection can be given one by one.
MAX_FILES = 5
#: How many values a typed list may have.
MAX_ITEMS = 1000
NAME_LENGTH = 32
TEXT_LENGTH = 6000
#: A member never types a larger number than every program between here and the server can carry exactly.
LARGEST = 2**53


class Kind(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRING = "string"
    CHOICE = "choice"
    MODEL = "model"
    COLOR = "color"
    IMAGE = "image"
    IMAGES = "images"
    VIDEO = "video"
    VIDEOS = "videos"
    #: Lists, typed with commas between (text: with | or line breaks between).
    INTEGERS = "integers"
    NUMBERS = "numbers"
    STRINGS = "strings"
    #: Four whole numbers: x_min, y_min, x_max, y_max.
    BOX = "box"
    #: Models with weights, typed as `name:0.75, other:0.5`.
    LORAS = "loras"
    STYLE_PRESET = "style_preset"
    #: Results go to Discord, so a board is never asked for.
    BOARD = "board"
    #: Not to be asked for: it keeps the value that the document holds.
    FIXED = "fixed"


FILES = frozenset({Kind.IMAGE, Kind.IMAGES, Kind.VIDEO, Kind.VIDEOS})
NUMERIC = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.INTEGERS, Kind.NUMBERS})
#: What is picked among the things that a backend has installed.
INSTALLED = frozenset({Kind.MODEL, Kind.LORAS, Kind.STYLE_PRESET})


@dataclass(frozen=True)
class InputSpec:
    """One exposed field, as a member meets it. `name` is unique in its workflow and fit to be typed.

    `default` is in the form that the field takes, None where there is none. `above` and `below` are bounds that the
    value must not touch. Bounds, steps and lengths of a list are those of each of its values.
    """

    name: str
    label: str
    description: str
    kind: Kind
    node_id: str
    field_name: str
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    multiple_of: float | None = None
    max_length: int = TEXT_LENGTH
    #: (value, label) pairs. Of a model: (key, name) of those that an admin left; none means all that fit.
    choices: tuple[tuple[str, str], ...] = ()
    models: ModelFilter = field(default_factory=ModelFilter)
    #: The field takes its choices as whole numbers, not as text.
    whole_choices: bool = False
    min_items: int = 0
    max_items: int = 1
    is_seed: bool = False
    #: Long text: a form shows it in several lines.
    textarea: bool = False
    #: What exposed it: "form", "exposedFields", or "edit" for the admin.
    source: str = ""
    #: An edge feeds it, so it is neither asked for nor sent.
    connected: bool = False
    #: An admin fixed it: it is never asked for, and everybody gets its default.
    hidden: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether a member can give it a value."""
        return not (self.hidden or self.connected or self.kind in {Kind.FIXED, Kind.BOARD})

    @property
    def is_drawn(self) -> bool:
        """Whether it is drawn for each run with nobody asked: a hidden seed that has no value of its own."""
        return self.hidden and self.is_seed and self.default is None and not self.connected

    @property
    def is_file(self) -> bool:
        """Whether it is given as an attachment."""
        return self.kind in FILES

    @property
    def is_video(self) -> bool:
        """Whether it takes videos; what else is given as an attachment are images."""
        return self.kind in {Kind.VIDEO, Kind.VIDEOS}

    @property
    def is_collection_of_files(self) -> bool:
        return self.kind in {Kind.IMAGES, Kind.VIDEOS}

    @property
    def is_installed(self) -> bool:
        """Whether it is picked among what the backend has installed."""
        return self.kind in INSTALLED

    @property
    def place(self) -> tuple[str, str]:
        return self.node_id, self.field_name

    @property
    def names(self) -> tuple[str, ...]:
        """The names it is asked by: a collection of files has several, `image`, `image_2`, ..."""
        count = self.max_items if self.is_collection_of_files else 1
        return (self.name, *(numbered(self.name, i) for i in range(2, count + 1)))

    @property
    def largest(self) -> int:
        """The largest number that can be given, whatever its sign: more only where the bounds leave nothing else."""
        beyond = (self.minimum or 0) > LARGEST or (self.maximum or 0) < -LARGEST
        return 2**63 - 1 if beyond else LARGEST


def numbered(base: str, number: int, room: int = NAME_LENGTH) -> str:
    suffix = f"_{number}"
    return base[: room - len(suffix)] + suffix
