"""`/api/v1/videos/...`"""

import asyncio
import io
import json
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from PIL import Image
from pydantic import BaseModel, Field

from bot.playground.invokeai import mp4
from bot.playground.invokeai.kinds import ImageCategory, ResourceOrigin, SQLiteDirection
from bot.playground.invokeai.run import Bench
from bot.playground.invokeai.videos import MissingVideoError, StoredVideo, Videos
from bot.playground.invokeai.web import Refusal, answer, body, own, parts, query, user_of

BASE = "/api/v1/videos"


class UploadQuery(BaseModel):
    video_category: ImageCategory
    is_intermediate: bool
    board_id: str | None = None
    session_id: str | None = None


class ListQuery(BaseModel):
    video_origin: ResourceOrigin | None = None
    categories: list[ImageCategory] | None = None
    is_intermediate: bool | None = None
    offset: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=0, le=1000)] = 10
    order_dir: SQLiteDirection = SQLiteDirection("DESC")
    search_term: str | None = None


class Names(BaseModel):
    video_names: Annotated[list[str], Field(max_length=1000)]


@dataclass
class VideoRoutes:
    """The videos over HTTP."""

    videos: Videos
    bench: Bench

    def table(self) -> list[web.RouteDef]:
        return [
            web.post(f"{BASE}/upload", self.upload),
            web.get(f"{BASE}/", self.list),
            web.post(f"{BASE}/delete", self.delete_many),
            web.get(f"{BASE}/i/{{name}}", self.dto),
            web.delete(f"{BASE}/i/{{name}}", self.delete),
            web.get(f"{BASE}/i/{{name}}/full", self.full),
            web.get(f"{BASE}/i/{{name}}/thumbnail", self.thumbnail),
            web.get(f"{BASE}/i/{{name}}/metadata", self.metadata),
            web.get(f"{BASE}/i/{{name}}/workflow", self.workflow),
        ]

    async def upload(self, request: web.Request) -> web.Response:
        wanted = query(request, UploadQuery)
        if wanted.board_id is not None:
            raise Refusal(404, "Board not found")
        found = await parts(request)
        if found.data is None:
            raise Refusal(422, "Expected a multipart/form-data video upload")
        if not found.kind.startswith("video/mp4") and not found.filename.lower().endswith(".mp4"):
            raise Refusal(415, "Not a supported video file")
        metadata = found.texts.get("metadata")
        if metadata is not None and not _is_dict(metadata):
            raise Refusal(422, "Metadata must be a JSON object")
        if not mp4.is_mp4(found.data):
            raise Refusal(415, "Not an MP4 video file")
        try:
            film = mp4.read(found.data)
        except mp4.NotMp4Error as error:
            raise Refusal(415, "Failed to read video") from error
        record = self.videos.add(
            found.data,
            film,
            video_origin="external",
            metadata=metadata,
            user_id=user_of(request).user_id,
            **wanted.model_dump(mode="json", exclude={"board_id"}),
        )
        return answer(record.dto, 201, {"Location": record.dto["video_url"]})

    async def list(self, request: web.Request) -> web.Response:
        wanted = query(request, ListQuery)
        found = [one for one in self.videos.newest_first() if _wanted(one, wanted) and _owns(request, one)]
        if wanted.order_dir == "ASC":
            found.reverse()
        page = found[wanted.offset : wanted.offset + wanted.limit]
        items = [one.dto for one in page]
        return answer({"limit": wanted.limit, "offset": wanted.offset, "total": len(found), "items": items})

    async def delete_many(self, request: web.Request) -> web.Response:
        deleted, failed = list[str](), list[str]()
        for name in dict.fromkeys((await body(request, Names)).video_names):
            if name in self.videos.records and _owns(request, self.videos.get(name)):
                self._delete(name)
                deleted.append(name)
            elif user_of(request).is_admin:
                failed.append(name)
        boards = ["none"] if deleted else []
        return answer({"affected_boards": boards, "deleted_videos": deleted, "failed_videos": failed})

    async def delete(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if own(request) and name not in self.videos.records:
            # What is gone is nobody's, so that it is not the asker's either.
            raise Refusal(403, "Not authorized to modify this video")
        self._delete(self._record(request, "Video not found").video_name)
        return answer({"affected_boards": ["none"], "deleted_videos": [name], "failed_videos": []})

    async def dto(self, request: web.Request) -> web.Response:
        return answer(self._record(request).dto)

    async def full(self, request: web.Request) -> web.Response:
        record = self._record(request)
        data = await asyncio.to_thread(lambda: record.bytes)
        headers = {
            "Content-Disposition": f'inline; filename="{record.video_name}"',
            "Cache-Control": "max-age=31536000",
            "Accept-Ranges": "bytes",
        }
        return web.Response(body=data, content_type="video/mp4", headers=headers)

    async def thumbnail(self, request: web.Request) -> web.Response:
        film = self._record(request).film
        stream = io.BytesIO()
        Image.new("RGB", (film.width, film.height), "grey").save(stream, "WEBP")
        headers = {"Cache-Control": "max-age=31536000"}
        return web.Response(body=stream.getvalue(), content_type="image/webp", headers=headers)

    async def metadata(self, request: web.Request) -> web.Response:
        text = self._record(request).metadata
        return answer(None if text is None else json.loads(text))

    async def workflow(self, request: web.Request) -> web.Response:
        record = self._record(request)
        return answer({"workflow": record.workflow, "graph": record.graph})

    def _record(self, request: web.Request, absent: str = "Not Found") -> StoredVideo:
        try:
            record = self.videos.get(request.match_info["name"])
        except MissingVideoError as error:
            raise Refusal(404, absent) from error
        if not _owns(request, record):
            raise Refusal(403, "Not authorized to access this video")
        return record

    def _delete(self, name: str) -> None:
        self.videos.delete(name)
        self.bench.forget(name)


def _is_dict(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _owns(request: web.Request, record: StoredVideo) -> bool:
    user = own(request)
    return user is None or record.user_id == user.user_id


def _wanted(record: StoredVideo, wanted: ListQuery) -> bool:
    return (
        wanted.is_intermediate in (None, record.is_intermediate)
        and wanted.video_origin in (None, record.video_origin)
        and (wanted.categories is None or record.video_category in wanted.categories)
        and (wanted.search_term or "").lower() in (record.metadata or "").lower()
    )
