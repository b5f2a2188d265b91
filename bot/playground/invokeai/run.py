"""One node while it runs: what it may load, save and say."""

import errno
import json
import os
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from bot.playground.invokeai import images as pictures
from bot.playground.invokeai.events import Event, Events
from bot.playground.invokeai.fields import ImageField, VideoField
from bot.playground.invokeai.images import Images, MissingImageError, UnstorableError
from bot.playground.invokeai.items import QueueItem
from bot.playground.invokeai.models import Models
from bot.playground.invokeai.mp4 import Film
from bot.playground.invokeai.nodes.base import Cancelled, ImageNode, Node, Output, type_of
from bot.playground.invokeai.nodes.diffusion import PIXELS_PER_LATENT
from bot.playground.invokeai.session import Prepared, cache_key
from bot.playground.invokeai.videos import MissingVideoError, StoredVideo, Videos

SERVER_FILES = "/opt/invokeai/.venv/lib/python3.11/site-packages/invokeai/app"
TICK_SECONDS = 0.25


class ImageRecordNotFoundException(Exception):
    """The image is not there."""


class VideoRecordNotFoundException(Exception):
    """The video is not there."""


class StylePresetNotFoundError(Exception):
    """The style preset is not there."""


class ImageFileSaveException(Exception):
    """The image is of a kind that no PNG holds, or the disk is full."""


class VideoFileSaveException(Exception):
    """The video could not be written."""


class MissingInputException(Exception):
    """A required input has no value."""


class RequiredConnectionException(Exception):
    """A required input is not connected."""


class NodeInputError(ValueError):
    """What came over an edge does not fit."""


@dataclass
class Bench:
    """What all nodes share."""

    images: Images
    videos: Videos
    events: Events
    models: Models
    step_seconds: float
    node_seconds: float
    #: How long the server holds still when an item begins.
    stall_seconds: float = 0.0
    #: About how long a run takes, spread over the nodes of its graph; each of them tells how far it is.
    run_seconds: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)
    cache: dict[str, Output] = field(default_factory=dict[str, Output])
    tensors: dict[str, Any] = field(default_factory=dict[str, Any])

    def need_room(self) -> None:
        """Stop here when the disk is full."""
        if self.events.faults.full_disk:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f"{SERVER_FILES}/../outputs")

    def forget(self, image_name: str) -> None:
        """A deleted image takes the results that named it out of the cache."""
        self.cache = {key: output for key, output in self.cache.items() if image_name not in str(output.wire())}

    def clear(self) -> None:
        self.cache.clear()
        self.tensors.clear()


@dataclass
class NodeRun:
    """One node while it runs: what it may load, save and say."""

    bench: Bench
    item: QueueItem
    copy: Prepared

    def __post_init__(self) -> None:
        self.cancelled = self.item.cancelled
        self.step_seconds = self.bench.step_seconds

    @property
    def node(self) -> Node:
        return self.copy.node

    def run(self) -> Output:
        self.tell("invocation_started")
        if self.bench.stopping.wait(self.bench.node_seconds):
            raise Cancelled
        if self.bench.run_seconds:
            self._take_time(self.bench.run_seconds / len(self.item.graph["nodes"]))
        _complete(self.node)
        if not self.node.use_cache:
            return self.node.run(self)
        key = cache_key(self.node)
        output = self.bench.cache.get(key)
        if output is None:
            output = self.bench.cache[key] = self.node.run(self)
        return output

    def _take_time(self, seconds: float) -> None:
        """Do what a node does that has much to do: nothing for so long, and tell how far it is."""
        ticks = max(1, round(seconds / TICK_SECONDS))
        for tick in range(1, ticks + 1):
            if self.cancelled.wait(seconds / ticks):
                raise Cancelled
            self.progress("Working", tick / ticks)

    def load(self, image: ImageField | None) -> Image.Image:
        assert image is not None
        self._may_use(image)
        return self.bench.images.open(image.image_name)

    def size(self, image: ImageField) -> tuple[int, int]:
        record = self._may_use(image)
        return record.width, record.height

    def save(self, picture: Image.Image) -> tuple[ImageField, int, int]:
        self.progress("Saving image")
        if self.bench.stopping.is_set():
            raise Cancelled
        try:
            self.bench.need_room()
            record = self.bench.images.add(
                picture, image_origin="internal", image_category="general", **self._provenance()
            )
        except (UnstorableError, OSError) as error:
            raise ImageFileSaveException("Image file not saved") from error
        return ImageField(image_name=record.image_name), record.width, record.height

    def load_video(self, video: VideoField | None) -> tuple[bytes, Film]:
        assert video is not None
        try:
            record = self.bench.videos.get(video.video_name)
        except MissingVideoError as error:
            raise VideoRecordNotFoundException("Video record not found") from error
        self._may_see(record)
        return record.bytes, record.film

    def save_video(self, data: bytes, film: Film) -> VideoField:
        self.progress("Saving video")
        if self.bench.stopping.is_set():
            raise Cancelled
        try:
            self.bench.need_room()
            record = self.bench.videos.add(
                data, film, video_origin="internal", video_category="general", **self._provenance()
            )
        except OSError as error:
            raise VideoFileSaveException("Video file not saved") from error
        return VideoField(video_name=record.video_name)

    def style_preset(self, preset_id: str) -> dict[str, Any]:
        for preset in self.bench.models.presets:
            if preset["id"] == preset_id:
                return preset["preset_data"]
        raise StylePresetNotFoundError("Style preset not found")

    def progress(self, message: str, percentage: float | None = None, preview: Image.Image | None = None) -> None:
        image = pictures.preview(preview, PIXELS_PER_LATENT) if preview else None
        self.tell("invocation_progress", message=message, percentage=percentage, image=image, device=None)

    def model(self, key: str) -> dict[str, Any]:
        record = self.bench.models.by(key=key)
        if record is None:
            raise Exception(f"Unknown model {key}")  # noqa: TRY002 - the real server has no better type
        return record

    def load_model(self, key: str, part: str) -> None:
        record = self.model(key)
        self.progress(f"Loading model {record['name']} ({part})")
        for name in ("model_load_started", "model_load_complete"):
            payload = {"config": record, "submodel_type": part, "user_id": self.item.user.user_id}
            self.bench.events.publish(Event(name, payload, self.item.user.user_id))

    def keep(self, prefix: str, value: Any) -> str:
        name = f"{prefix}_{uuid.uuid4()}"
        self.bench.tensors[name] = value
        return name

    def kept(self, name: str) -> Any:
        if name not in self.bench.tensors:
            raise FileNotFoundError(f"{SERVER_FILES}/../outputs/tensors/{name}")
        return self.bench.tensors[name]

    def tell(self, event: str, **more: Any) -> None:
        item = self.item
        if self.bench.stopping.is_set():
            return
        payload = {
            "queue_id": item.queue_id,
            "item_id": item.item_id,
            "batch_id": item.batch_id,
            "origin": item.origin,
            "destination": item.destination,
            "user_id": item.user.user_id,
            "session_id": item.session_id,
            "invocation": self.node.wire(),
            "invocation_source_id": self.copy.source_id,
            **more,
        }
        self.bench.events.publish(Event(event, payload, item.user.user_id, admins=event != "invocation_progress"))

    def _provenance(self) -> dict[str, Any]:
        node = self.node if isinstance(self.node, ImageNode) else None
        return {
            "is_intermediate": self.node.is_intermediate,
            "session_id": self.item.session_id,
            "node_id": self.node.id,
            "user_id": self.item.user.user_id,
            "metadata": node.metadata.model_dump_json() if node and node.metadata else None,
            "workflow": json.dumps(self.item.workflow) if self.item.workflow else None,
            "graph": json.dumps(self.item.graph),
        }

    def _may_see(self, record: StoredVideo) -> None:
        if not self.item.user.is_admin and record.user_id != self.item.user.user_id:
            raise PermissionError("Queue user is not authorized to access this video")

    def _may_use(self, image: ImageField) -> pictures.StoredImage:
        try:
            record = self.bench.images.get(image.image_name)
        except MissingImageError as error:
            raise ImageRecordNotFoundException("Image record not found") from error
        if not self.item.user.is_admin and record.user_id != self.item.user.user_id:
            raise PermissionError(f"Not authorized to access image {image.image_name}")
        return record


def _complete(node: Node) -> None:
    """What the schema calls required, although a graph may leave it out."""
    for name, described in type(node).model_fields.items():
        extra: Any = described.json_schema_extra
        if not extra.get("orig_required") or getattr(node, name) is not None:
            continue
        kind = type_of(type(node))
        if extra.get("input") == "connection":
            raise RequiredConnectionException(f"Node {kind} missing connections for field {name}")
        raise MissingInputException(f"Node {kind} missing value or connection for field {name}")
