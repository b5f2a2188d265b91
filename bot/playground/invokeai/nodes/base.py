"""What every node is: a pydantic model whose schema is what the server publishes, and a `run`."""

import threading
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from bot.playground.invokeai.fields import BoardField, ImageField, MetadataField, VideoField, internal
from bot.playground.invokeai.mp4 import Film


class Cancelled(Exception):
    """The item was cancelled while one of its nodes ran."""


class Context(Protocol):
    """What a running node may ask of the server."""

    cancelled: threading.Event
    step_seconds: float

    def load(self, image: ImageField | None) -> Image.Image: ...

    def save(self, picture: Image.Image) -> tuple[ImageField, int, int]: ...

    def size(self, image: ImageField) -> tuple[int, int]: ...

    def load_video(self, video: VideoField | None) -> tuple[bytes, Film]: ...

    def save_video(self, data: bytes, film: Film) -> VideoField: ...

    def style_preset(self, preset_id: str) -> dict[str, Any]: ...

    def progress(self, message: str, percentage: float | None = None, preview: Image.Image | None = None) -> None: ...

    def load_model(self, key: str, part: str) -> None: ...

    def model(self, key: str) -> dict[str, Any]: ...

    def keep(self, prefix: str, value: Any) -> str: ...

    def kept(self, name: str) -> Any: ...


class Output(BaseModel):
    """What a node gives."""

    output_meta: dict[str, Any] | None = Field(default=None, json_schema_extra={"field_kind": "internal"})

    def wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


@dataclass(frozen=True)
class Spec:
    """What the editor shows of a node beside its fields."""

    title: str
    version: str
    category: str | None
    tags: tuple[str, ...]
    gives: type[Output]
    classification: str = "stable"


class Node(BaseModel):
    """One step of a graph."""

    # Numbers pass as texts, as they do over an edge on a real server.
    model_config = ConfigDict(protected_namespaces=(), coerce_numbers_to_str=True)

    spec: ClassVar[Spec]

    id: str = Field(
        default="",
        description="The id of this node; unique in its graph.",
        json_schema_extra={"field_kind": "node_attribute"},
    )
    is_intermediate: bool = Field(
        default=False,
        description="Whether its images are only on the way to others.",
        json_schema_extra={
            "field_kind": "node_attribute",
            "input": "direct",
            "orig_required": True,
            "ui_type": "IsIntermediate",
            "ui_hidden": False,
        },
    )
    use_cache: bool = Field(
        default=True,
        description="Whether an earlier equal result may be used again.",
        json_schema_extra={"field_kind": "node_attribute"},
    )

    def run(self, context: Context) -> Output:
        raise NotImplementedError

    def wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class ImageNode(Node):
    """A node that saves a picture."""

    board: BoardField | None = internal("Where to put the image", "direct")
    metadata: MetadataField | None = internal("What to write into the image", "connection")


def uncached() -> Any:
    """`use_cache` of a node that answers anew each time."""
    return Field(
        default=False,
        description="Whether an earlier equal result may be used again.",
        json_schema_extra={"field_kind": "node_attribute"},
    )


def kind(name: str) -> Any:
    """The `type` by which a node or an output is known on the wire."""
    return Field(default=name, title="type", json_schema_extra={"field_kind": "node_attribute"})


def type_of(model: type[Node]) -> str:
    return str(model.model_fields["type"].default)
