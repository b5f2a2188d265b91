"""Tell, before anybody runs it, what a document would be on this backend: a report for the person who registers it.

Pure: a document, the backend's schemas and its models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflows import batches, findings
from workflows.document import Document, Node
from workflows.edits import Edits, Place
from workflows.errors import DocumentError
from workflows.findings import REFUSED, MissingModel, Survey
from workflows.inputs import derive
from workflows.models import ModelRecord
from workflows.results import Output, outputs
from workflows.schema import Schemas
from workflows.spec import InputSpec
from workflows.update import update

__all__ = ["REFUSED", "MissingModel", "Report", "check"]


@dataclass(frozen=True)
class Report:
    """What a document becomes. It can be published if `problems` is empty.

    `document` is the document as this backend's editor would hold it once loaded, not as it was uploaded.
    """

    document: Document
    inputs: tuple[InputSpec, ...]
    outputs: tuple[Output, ...]
    missing_nodes: tuple[str, ...]
    missing_models: tuple[str, ...]
    refused: tuple[str, ...]
    #: Batches that could not be enqueued as they stand.
    unworkable: tuple[str, ...]
    ignored: tuple[str, ...]
    warnings: tuple[str, ...]
    #: What the server would refuse to enqueue: a sentence each.
    unfit: tuple[str, ...] = ()
    #: Values that no run can do without, and that nobody gives: an admin can ask for them. They are warned of too.
    lacks: tuple[str, ...] = ()
    #: Where the missing models stand, and what could take their place.
    missing_model_fields: tuple[MissingModel, ...] = ()
    #: Fields that nobody is asked for, and that have no value, or one that is only on its author's server.
    needs: tuple[Place, ...] = ()
    #: A node of each missing type.
    lacking: tuple[Node, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it cannot be published: a sentence each."""
        return tuple(self._problems())

    @property
    def can_run(self) -> bool:
        """Whether a run can go well: it can be published, and somebody gives everything that it needs."""
        return self.ok and not self.lacks

    @property
    def ok(self) -> bool:
        return not self.problems

    def _problems(self) -> Iterator[str]:
        if self.lacking:
            yield findings.told_missing(self.lacking)
        if self.refused:
            yield f"Not allowed on a shared server: {'; '.join(self.refused)}."
        if self.missing_model_fields:
            yield findings.told_models(self.missing_model_fields)
        yield from self.unworkable
        yield from self.unfit
        if not self.outputs and not self.missing_nodes:
            yield "There is nothing to run: none of its nodes makes an image or a video."

    def require(self) -> None:
        """Raise DocumentError, with every problem, unless the document can be published."""
        if self.problems:
            raise DocumentError("\n".join(self.problems))


def check(
    document: Document,
    schemas: Schemas,
    models: Sequence[ModelRecord] | None,
    edits: Edits = Edits(),  # noqa: B008  frozen
    allow_paid: bool = False,
) -> Report:
    """Check a document against one backend; without `models`, what it names is believed to be there.

    `edits` are what an admin changed already. `allow_paid` lets nodes through that spend money at a provider.
    """
    loaded = update(document, schemas)
    survey = Survey(loaded, schemas, models, tuple(derive(loaded, schemas, models, edits)))
    lacking = tuple(findings.missing_nodes(loaded, schemas))
    lost = tuple(findings.missing_models(survey))
    empty, baked = tuple(findings.empty(survey)), tuple(findings.baked(survey))
    fillable = [held for held in empty if not held.field.connection_only]
    lacks = tuple(f"{held.where} has no value, and nobody is asked for it: every run would fail" for held in fillable)
    loose = [held for held in empty if held.field.connection_only]
    fillable += [*findings.unfilled(survey), *(held for held, _ in baked)]
    return Report(
        document=loaded,
        inputs=tuple(survey.inputs),
        outputs=tuple(outputs(loaded, schemas, edits.outputs)),
        missing_nodes=tuple(node.type for node in lacking),
        missing_models=tuple(dict.fromkeys(model.name for model in lost)),
        refused=tuple(dict.fromkeys(findings.refused(loaded.nodes.values(), allow_paid))),
        unworkable=tuple(dict.fromkeys(batches.problems(loaded, schemas, survey.asked))),
        ignored=tuple(findings.ignored(document, survey)),
        warnings=(
            *findings.outdated(survey),
            *lacks,
            *(f"{held.where} is not connected: every run would fail" for held in loose),
            *(f"{held.where} holds {name}, which must be on this InvokeAI, or the run fails" for held, name in baked),
            *findings.lost_edges(document, survey),
            *(
                f"{held.where} is always {held.value}: expose it, and it is drawn anew"
                for held in findings.seeds(survey)
            ),
        ),
        unfit=tuple(findings.unfit(survey)),
        lacks=lacks,
        missing_model_fields=lost,
        needs=tuple(dict.fromkeys(held.place for held in fillable)),
        lacking=lacking,
    )
