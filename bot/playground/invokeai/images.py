"""The images that the server keeps."""

import base64
import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError
from pydantic import ValidationError

from bot.playground.invokeai import clock
from bot.playground.invokeai.documents import WorkflowDocument
from bot.playground.invokeai.graph import Graph
from bot.playground.invokeai.nodes.pixels import resized

THUMBNAIL = (256, 256)
STORABLE = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})


class UnreadableError(Exception):
    """What was uploaded is not a picture."""


class UnstorableError(Exception):
    """What was uploaded is a picture that cannot be kept."""


class MissingImageError(Exception):
    """No image has this name."""


@dataclass
class StoredImage:
    """One image and what is known of it."""

    image_name: str
    width: int
    height: int
    image_origin: str
    image_category: str
    is_intermediate: bool
    session_id: str | None = None
    node_id: str | None = None
    user_id: str = "system"
    board_id: str | None = None
    metadata: str | None = None
    workflow: str | None = None
    graph: str | None = None
    created_at: str = field(default_factory=clock.now)
    path: Path | None = None
    data: bytes = field(default=b"", repr=False)

    @property
    def png(self) -> bytes:
        return self.path.read_bytes() if self.path else self.data

    @property
    def dto(self) -> dict[str, Any]:
        base = f"api/v1/images/i/{self.image_name}"
        return {
            "image_name": self.image_name,
            "image_url": f"{base}/full",
            "thumbnail_url": f"{base}/thumbnail",
            "image_origin": self.image_origin,
            "image_category": self.image_category,
            "width": self.width,
            "height": self.height,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "deleted_at": None,
            "is_intermediate": self.is_intermediate,
            "session_id": self.session_id,
            "node_id": self.node_id,
            "starred": False,
            "has_workflow": self.workflow is not None or self.graph is not None,
            "image_subfolder": "",
            "board_id": self.board_id,
        }


class Images:
    """All images by their names, the oldest first. Safe to use from the thread that runs the nodes."""

    def __init__(self, data_dir: Path | None = None) -> None:
        self.records: dict[str, StoredImage] = {}
        self._data_dir = data_dir

    def get(self, name: str) -> StoredImage:
        record = self.records.get(name)
        if record is None:
            raise MissingImageError(name)
        return record

    def open(self, name: str) -> Image.Image:
        picture = Image.open(io.BytesIO(self.get(name).png))
        picture.load()
        return picture

    def add(self, picture: Image.Image, **known: Any) -> StoredImage:
        """Keep a picture. What it was made from goes into the file as text, as it does on a real server."""
        if picture.mode not in STORABLE:
            raise UnstorableError(picture.mode)
        texts = PngImagePlugin.PngInfo()
        for name in ("metadata", "workflow", "graph"):
            if known.get(name) is not None:
                texts.add_text(f"invokeai_{name}", known[name])
        picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
        stream = io.BytesIO()
        picture.save(stream, "PNG", pnginfo=texts, compress_level=1)
        record = StoredImage(f"{uuid.uuid4()}.png", picture.width, picture.height, **known)
        self._keep(record, stream.getvalue())
        self.records[record.image_name] = record
        return record

    def upload(
        self, body: bytes, metadata: str | None, *, resize_to: tuple[int, int] | None, **known: Any
    ) -> StoredImage:
        picture = _opened(body)
        try:
            picture.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise UnstorableError(str(error)) from error
        texts = _embedded(picture)
        if metadata is not None:
            texts["metadata"] = metadata if _is_dict(metadata) else None
        if resize_to is not None:
            picture = resized(picture.convert("RGBA"), resize_to)
        return self.add(picture, image_origin="external", **texts, **known)

    def delete(self, name: str) -> StoredImage:
        record = self.get(name)
        del self.records[name]
        if record.path:
            record.path.unlink(missing_ok=True)
        return record

    def newest_first(self) -> Iterator[StoredImage]:
        return reversed(list(self.records.values()))

    def _keep(self, record: StoredImage, png: bytes) -> None:
        if self._data_dir is None:
            record.data = png
            return
        self._data_dir.mkdir(parents=True, exist_ok=True)
        record.path = self._data_dir / record.image_name
        record.path.write_bytes(png)


def thumbnail(png: bytes) -> bytes:
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    picture.thumbnail(THUMBNAIL)
    stream = io.BytesIO()
    picture.save(stream, "WEBP")
    return stream.getvalue()


def preview(picture: Image.Image, scale: int) -> dict[str, Any]:
    """A picture for a progress event: its final size, and the small pixels that there are so far."""
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "JPEG")
    data = base64.b64encode(stream.getvalue()).decode()
    return {
        "width": picture.width * scale,
        "height": picture.height * scale,
        "dataURL": f"data:image/jpeg;base64,{data}",
    }


def _opened(body: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(body))
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError) as error:
        raise UnreadableError(str(error)) from error


def _embedded(picture: Image.Image) -> dict[str, str | None]:
    """What another InvokeAI wrote into the file, where it still makes sense."""
    found: dict[str, str | None] = {"metadata": None, "workflow": None, "graph": None}
    metadata = picture.info.get("invokeai_metadata")
    if isinstance(metadata, str) and _is_dict(metadata):
        found["metadata"] = metadata
    models: dict[str, type[WorkflowDocument | Graph]] = {"workflow": WorkflowDocument, "graph": Graph}
    for name, model in models.items():
        text = picture.info.get(f"invokeai_{name}")
        if isinstance(text, str):
            try:
                model.model_validate_json(text)
            except ValidationError:
                continue
            found[name] = text
    return found


def _is_dict(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
