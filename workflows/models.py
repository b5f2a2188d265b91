"""What we read off InvokeAI's wire, and nothing that we do not read.

Source: InvokeAI 6.14.2's OpenAPI, and answers of a running server.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _utc(value: object) -> object:
    """Read the server's timestamps, which are UTC without saying so."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


UtcTime = Annotated[datetime, BeforeValidator(_utc)]


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class ModelRecord(Wire):
    """One installed model. `key` is this server's own; `hash` is the same everywhere."""

    key: str
    hash: str
    name: str
    base: str
    type: str
    format: str = ""
    variant: str | None = None

    def identifier(self) -> dict[str, str]:
        """Return the value that a model field takes; the server refuses it with any of the five missing."""
        return {"key": self.key, "hash": self.hash, "name": self.name, "base": self.base, "type": self.type}


class ItemStatus(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    #: The parent of a called workflow, while that runs.
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        return self in {ItemStatus.COMPLETED, ItemStatus.FAILED, ItemStatus.CANCELED}


class Session(Wire):
    """What one run made. The keys of `results` are prepared copies of the graph's nodes."""

    id: str = ""
    results: dict[str, dict[str, Any]] = Field(default_factory=dict)
    errors: dict[str, str] = Field(default_factory=dict)
    prepared_source_mapping: dict[str, str] = Field(default_factory=dict)
    prepared_iteration_paths: dict[str, list[int]] = Field(default_factory=dict)


class QueueItem(Wire):
    item_id: int
    status: ItemStatus
    batch_id: str = ""
    origin: str | None = None
    destination: str | None = None
    session_id: str = ""
    started_at: UtcTime | None = None
    completed_at: UtcTime | None = None
    error_type: str | None = None
    error_message: str | None = None
    session: Session = Field(default_factory=Session)


class EnqueueAnswer(Wire):
    """`enqueued` may be less than `requested`: a full queue is answered 200. `item_ids` come newest first."""

    enqueued: int
    requested: int
    item_ids: list[int]


class ImageRecord(Wire):
    image_name: str
    session_id: str | None = None
    is_intermediate: bool = False
    created_at: UtcTime | None = None
    width: int = 0
    height: int = 0


class VideoRecord(Wire):
    """One video. `duration` is in seconds; `fps` is null where the file does not tell it."""

    video_name: str
    session_id: str | None = None
    is_intermediate: bool = False
    created_at: UtcTime | None = None
    width: int = 0
    height: int = 0
    duration: float = 0
    fps: float | None = None


Record = TypeVar("Record", ImageRecord, VideoRecord)


class Page(Wire, Generic[Record]):
    """One page of a listing; `total` counts what all pages hold."""

    total: int
    items: list[Record]


#: The `type` of a model record that stands for a style preset, so that both can be offered and matched in one way.
STYLE_PRESET = "style_preset"


class StylePreset(Wire):
    """A pair of prompt templates that the server keeps under a name."""

    id: str
    name: str


class SavedWorkflow(Wire):
    """A workflow in the server's library; `category` is "user" or "default", which came with InvokeAI."""

    id: str = Field(validation_alias="workflow_id")
    name: str
    description: str = ""
    category: str = "user"


class Prompts(Wire):
    """What a template became. With an `error`, `prompts` holds the template itself."""

    prompts: list[str]
    error: str | None = None


class LoginAnswer(Wire):
    token: str


class QueueCounts(Wire):
    pending: int = 0
    in_progress: int = 0
    waiting: int = 0
    total: int = 0


class ProcessorState(Wire):
    is_started: bool = True
    is_processing: bool = False


class QueueState(Wire):
    queue: QueueCounts
    processor: ProcessorState
