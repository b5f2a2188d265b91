"""One row of the queue."""

import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bot.playground.invokeai import clock
from bot.playground.invokeai.auth import User
from bot.playground.invokeai.release import Release
from bot.playground.invokeai.session import Session

STATUSES = ("pending", "in_progress", "waiting", "completed", "failed", "canceled")
FINISHED = frozenset({"completed", "failed", "canceled"})

STATUS_FIELDS = [
    "queue_id",
    "item_id",
    "batch_id",
    "origin",
    "destination",
    "status",
    "status_sequence",
    "error_type",
    "error_message",
    "error_traceback",
    "created_at",
    "updated_at",
    "started_at",
    "completed_at",
]


class BrokenRowError(Exception):
    """A row whose graph cannot be read, for a value of the wrong type that a batch put in, or an upgrade."""


@dataclass
class QueueItem:
    """One row of the queue."""

    item_id: int
    queue_id: str
    user: User
    batch_id: str
    origin: str | None
    destination: str | None
    priority: int
    field_values: list[dict[str, Any]]
    graph: dict[str, Any]
    workflow: dict[str, Any] | None
    #: What reads it: after an upgrade another than what took it.
    release: Release = field(default_factory=Release, repr=False)
    session_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "pending"
    status_sequence: int = 0
    error_type: str | None = None
    error_message: str | None = None
    error_traceback: str | None = None
    created_at: str = field(default_factory=clock.now)
    updated_at: str = field(default_factory=clock.now)
    started_at: str | None = None
    completed_at: str | None = None
    retried_from_item_id: int | None = None
    device: str | None = None
    saved: dict[str, Any] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event, repr=False)

    def session(self) -> Session:
        """A fresh session of this row's graph, as the server reads it from its database."""
        try:
            return Session(self.session_id, self.release.graph.model_validate(self.graph))
        except ValidationError as error:
            raise BrokenRowError(str(error)) from error

    def move(self, status: str, error: tuple[str, str, str] | None = None) -> None:
        self.status = status
        self.status_sequence += 1
        self.error_type, self.error_message, self.error_traceback = error or (None, None, None)
        self.updated_at = clock.now()
        if status == "in_progress":
            self.started_at, self.device = self.updated_at, "cpu"
        if status in FINISHED:
            self.completed_at = self.updated_at

    def summary(self) -> dict[str, Any]:
        names = [
            "item_id",
            "created_at",
            "status",
            "device",
            "started_at",
            "completed_at",
            "origin",
            "destination",
            "batch_id",
        ]
        return {
            **{name: getattr(self, name) for name in names},
            "user_id": self.user.user_id,
            "user_display_name": self.user.display_name,
            "user_email": self.user.email,
            "field_values": self.field_values,
            "parent_item_id": None,
        }

    def wire(self) -> dict[str, Any]:
        names = [
            "item_id",
            "status",
            "status_sequence",
            "priority",
            "batch_id",
            "origin",
            "destination",
            "session_id",
            "error_type",
            "error_message",
            "error_traceback",
            "created_at",
            "updated_at",
            "started_at",
            "completed_at",
            "queue_id",
        ]
        return {
            **{name: getattr(self, name) for name in names},
            "user_id": self.user.user_id,
            "user_display_name": self.user.display_name,
            "user_email": self.user.email,
            "field_values": self.field_values,
            "retried_from_item_id": self.retried_from_item_id,
            "device": self.device,
            "workflow_call_id": None,
            "parent_item_id": None,
            "parent_session_id": None,
            "root_item_id": None,
            "workflow_call_depth": None,
            "session": self.saved or self.session().wire(),
            "workflow": self.workflow,
        }
