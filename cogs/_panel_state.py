"""What the panel under a draft shows at the moment, and the draft as the first backend sees it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from bot.bot import Familiar
from bot.catalog import Published, TooMany
from bot.drafts import Draft
from cogs import _sync
from cogs._command import MAX_COMMANDS
from cogs._report import Face, face
from workflows import document
from workflows.check import Report, check
from workflows.document import Document
from workflows.edits import Edits, Place
from workflows.errors import UserError
from workflows.inputs import derive, problems_of
from workflows.models import ModelRecord
from workflows.schema import Schemas
from workflows.values import InputSpec

#: How a press changes a draft, once it is known how the draft looks.
Act = Callable[[Draft, "Look"], Draft]


class Step(StrEnum):
    """What the panel asks at the moment; INPUTS is where it begins, and where each of the others leads back to."""

    INPUTS = ""
    NODE = "node"
    FIELD = "field"
    OUTPUTS = "outputs"
    MISSING = "missing"
    MODEL = "model"


@dataclass(frozen=True)
class Sight:
    """Where an admin stands in the panel; it is kept in the draft's row, so that a restart does not matter."""

    step: Step = Step.INPUTS
    page: int = 0
    #: The key of the input that is looked at, and of the node or field that the present step is about.
    chosen: str = ""
    about: str = ""
    #: What was found when the draft was made, and is said as long as it is looked at.
    notes: tuple[str, ...] = ()
    #: What was typed into a form that was not taken, by the form's field: nobody types it twice.
    typed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    typed_for: str = ""
    #: What keeps it from being published: the workflow itself, or only that it makes no command, of which the server
    #: may have enough.
    unfit: bool = False
    no_command: bool = False
    full: bool = False
    #: A client shows a menu's last choice until its id changes.
    turn: int = 0


def sight(draft: Draft) -> Sight:
    known = {one.name for one in fields(Sight)}
    held = {name: value for name, value in draft.view.items() if name in known}
    return Sight(**held | {"step": Step(held.get("step", "")), "notes": tuple(held.get("notes", ()))})


def looking(draft: Draft, **changes: Any) -> Draft:
    """Return the draft with the panel showing something else."""
    return draft.evolve(view=asdict(replace(sight(draft), **changes)))


def home(draft: Draft, **changes: Any) -> Draft:
    """Return the draft with the panel back at its inputs."""
    return looking(draft, **{"step": Step.INPUTS, "about": "", "page": 0} | changes)


def key(*parts: str) -> str:
    """Return a short name of a place or a node: their own have no end, and an id of Discord has a hundred letters."""
    return hashlib.blake2s("\0".join(parts).encode(), digest_size=8).hexdigest()


def by_key(wanted: str, inputs: Sequence[InputSpec]) -> InputSpec | None:
    return next((spec for spec in inputs if key(*spec.place) == wanted), None)


def chosen(draft: Draft) -> InputSpec:
    """Return the input that is looked at. Raises UserError where there is none."""
    spec = by_key(sight(draft).chosen, draft.inputs)
    if spec is None:
        raise UserError("Please choose an input from the list first.")
    return spec


@dataclass(frozen=True)
class Look:
    """A draft as the first backend sees it; `document` is as that backend's editor would hold it."""

    document: Document
    schemas: Schemas
    models: Sequence[ModelRecord]
    report: Report

    def node_title(self, node_id: str) -> str:
        node = self.document.nodes.get(node_id)
        if node is None:
            return "a node that is gone"
        schema = self.schemas.nodes.get(node.type)
        return node.label or (schema.title if schema else node.type)

    def field_title(self, place: Place) -> str:
        node = self.document.nodes.get(place[0])
        schema = self.schemas.field(node.type, place[1]) if node else None
        return (schema.title if schema else "") or place[1]

    def plain(self, place: Place, edits: Edits) -> InputSpec | None:
        """Return an input as it is without its own changes."""
        others = replace(edits, inputs=tuple(edit for edit in edits.inputs if edit.place != place))
        specs = derive(self.document, self.schemas, self.models, others)
        return next((spec for spec in specs if spec.place == place), None)

    def refused(self, edits: Edits) -> tuple[str, ...]:
        """Return the changes that the document does not take, a sentence each."""
        return problems_of(edits, self.document, self.schemas, self.models)


async def look(bot: Familiar, draft: Draft, *, fresh: bool = False) -> Look:
    """Check a draft against the first backend, as it is known, or as it is now. Raises DocumentError, BackendError."""
    backend = bot.engine.pool.first
    schemas = await (backend.fresh_schemas() if fresh else backend.schemas())
    models = list(backend.models)
    allow_paid = bot.engine.settings.limits.paid_providers

    def examine() -> Look:
        read = document.read(draft.document)
        report = check(read, schemas, models, draft.edits, allow_paid)
        return Look(report.document, schemas, models, report)

    return await asyncio.to_thread(examine)


def face_of(draft: Draft) -> Face:
    """Return the draft as Discord would show it, with what Discord would say against it."""
    shown = face(draft.slug, draft.description, draft.inputs, has_command=draft.has_command)
    shown = shown.telling(*sight(draft).notes)
    if not draft.has_command or shown.problems:
        return shown
    if sight(draft).full:
        return replace(shown, problems=(str(TooMany(MAX_COMMANDS)),))
    inputs = shown.inputs
    why = _sync.why_no_command(Published(0, 1, draft.guild_id, draft.slug, draft.name, draft.description, inputs))
    return replace(shown, problems=(why,) if why else ())


async def settled(bot: Familiar, draft: Draft, seen: Look) -> Draft:
    """Return the draft with its inputs as they are now, and with what keeps it from being published."""
    names = await bot.engine.catalog.names(draft.guild_id)
    current = await bot.engine.catalog.current(draft.workflow_id) if draft.workflow_id else None
    commands = sum(named.has_command for named in names) - bool(current and current.has_command)
    now = looking(
        draft.evolve(inputs=seen.report.inputs),
        unfit=not seen.report.can_run,
        full=commands >= MAX_COMMANDS,
        turn=(sight(draft).turn + 1) % 1000,
    )
    return looking(now, no_command=bool(face_of(now.evolve(has_command=True)).problems))
