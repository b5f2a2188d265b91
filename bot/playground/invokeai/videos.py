"""The videos that the server keeps."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.playground.invokeai import clock, mp4


class MissingVideoError(Exception):
    """No video has this name."""


@dataclass
class StoredVideo:
    """One video and what is known of it."""

    video_name: str
    film: mp4.Film
    video_origin: str
    video_category: str
    is_intermediate: bool
    session_id: str | None = None
    node_id: str | None = None
    user_id: str = "system"
    metadata: str | None = None
    workflow: str | None = None
    graph: str | None = None
    created_at: str = field(default_factory=clock.now)
    path: Path | None = None
    data: bytes = field(default=b"", repr=False)

    @property
    def bytes(self) -> bytes:
        return self.path.read_bytes() if self.path else self.data

    @property
    def dto(self) -> dict[str, Any]:
        base = f"api/v1/videos/i/{self.video_name}"
        return {
            "video_name": self.video_name,
            "video_url": f"{base}/full",
            "thumbnail_url": f"{base}/thumbnail",
            "video_origin": self.video_origin,
            "video_category": self.video_category,
            "width": self.film.width,
            "height": self.film.height,
            "duration": self.film.duration,
            "fps": self.film.fps,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "deleted_at": None,
            "is_intermediate": self.is_intermediate,
            "session_id": self.session_id,
            "node_id": self.node_id,
            "starred": False,
            "has_workflow": self.workflow is not None or self.graph is not None,
            "video_subfolder": "",
            "board_id": None,
        }


class Videos:
    """All videos by their names, the oldest first. Other than images, they hold nothing of what made them."""

    def __init__(self, data_dir: Path | None = None) -> None:
        self.records: dict[str, StoredVideo] = {}
        self._data_dir = data_dir

    def get(self, name: str) -> StoredVideo:
        record = self.records.get(name)
        if record is None:
            raise MissingVideoError(name)
        return record

    def add(self, data: bytes, film: mp4.Film, **known: Any) -> StoredVideo:
        record = StoredVideo(f"{uuid.uuid4()}.mp4", film, **known)
        if self._data_dir is None:
            record.data = data
        else:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            record.path = self._data_dir / record.video_name
            record.path.write_bytes(data)
        self.records[record.video_name] = record
        return record

    def delete(self, name: str) -> StoredVideo:
        record = self.get(name)
        del self.records[name]
        if record.path:
            record.path.unlink(missing_ok=True)
        return record

    def newest_first(self) -> Iterator[StoredVideo]:
        return reversed(list(self.records.values()))
