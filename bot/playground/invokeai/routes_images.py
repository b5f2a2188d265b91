"""`/api/v1/images/...`"""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from bot.playground.invokeai.images import (
    Images,
    MissingImageError,
    StoredImage,
    UnreadableError,
    UnstorableError,
    thumbnail,
)
from bot.playground.invokeai.kinds import ImageCategory, ResourceOrigin, SQLiteDirection
from bot.playground.invokeai.run import Bench
from bot.playground.invokeai.web import Refusal, answer, body, missing, own, parts, query, user_of

BASE = "/api/v1/images"


class UploadQuery(BaseModel):
    image_category: ImageCategory
    is_intermediate: bool
    board_id: str | None = None
    session_id: str | None = None
    crop_visible: bool = False


class ListQuery(BaseModel):
    image_origin: ResourceOrigin | None = None
    categories: list[ImageCategory] | None = None
    is_intermediate: bool | None = None
    board_id: str | None = None
    offset: int = 0
    limit: int = 10
    order_dir: SQLiteDirection = SQLiteDirection("DESC")
    search_term: str | None = None


class BoardQuery(BaseModel):
    board_name: str


class DeleteBoardQuery(BaseModel):
    include_images: bool = False


class ResizeTo(BaseModel):
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class Names(BaseModel):
    image_names: Annotated[list[str], Field(max_length=1000)]


@dataclass
class ImageRoutes:
    """The images over HTTP."""

    images: Images
    bench: Bench
    boards: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

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
            web.post("/api/v1/boards/", self.make_board),
            web.get("/api/v1/boards/{board_id}/image_names", self.board_names),
            web.delete("/api/v1/boards/{board_id}", self.delete_board),
        ]

    async def upload(self, request: web.Request) -> web.Response:
        wanted = query(request, UploadQuery)
        found = await parts(request)
        data = found.data
        if data is None:
            raise Refusal(422, [missing("file")])
        if wanted.board_id is not None and wanted.board_id not in self.boards:
            raise Refusal(404, "Board not found")
        if not found.kind.startswith("image"):
            raise Refusal(415, "Not an image")
        known = wanted.model_dump(mode="json", exclude={"crop_visible"})
        known["resize_to"] = _size(found.texts.get("resize_to"))
        try:
            self.bench.need_room()
            record = await asyncio.to_thread(
                self.images.upload, data, found.texts.get("metadata"), user_id=user_of(request).user_id, **known
            )
        except UnreadableError as error:
            raise Refusal(415, "Failed to read image") from error
        except (UnstorableError, OSError) as error:
            raise Refusal(500, "Failed to create image") from error
        return answer(record.dto, 201, {"Location": record.dto["image_url"]})

    async def list(self, request: web.Request) -> web.Response:
        wanted = query(request, ListQuery)
        found = [one for one in self.images.newest_first() if _wanted(one, wanted) and _owns(request, one)]
        if wanted.order_dir == "ASC":
            found.reverse()
        page = found[wanted.offset : wanted.offset + wanted.limit]
        items = [one.dto for one in page]
        return answer({"limit": wanted.limit, "offset": wanted.offset, "total": len(found), "items": items})

    async def delete_many(self, request: web.Request) -> web.Response:
        wanted = dict.fromkeys((await body(request, Names)).image_names)
        found = [name for name in wanted if name in self.images.records and _owns(request, self.images.get(name))]
        for name in found:
            self._delete(name)
        boards = ["none"] if found else []
        return answer({"affected_boards": boards, "deleted_images": found, "failed_images": []})

    async def delete(self, request: web.Request) -> web.Response:
        if own(request) and request.match_info["name"] not in self.images.records:
            # What is gone is nobody's, so that it is not the asker's either.
            raise Refusal(403, "Not authorized to modify this image")
        name = self._record(request, "Image not found").image_name
        self._delete(name)
        return answer({"affected_boards": ["none"], "deleted_images": [name], "failed_images": []})

    async def dto(self, request: web.Request) -> web.Response:
        return answer(self._record(request).dto)

    async def full(self, request: web.Request) -> web.Response:
        record = self._record(request)
        png = await asyncio.to_thread(lambda: record.png)
        headers = {
            "Content-Disposition": f'inline; filename="{record.image_name}"',
            "Cache-Control": "max-age=31536000",
        }
        return web.Response(body=png, content_type="image/png", headers=headers)

    async def thumbnail(self, request: web.Request) -> web.Response:
        record = self._record(request)
        small = await asyncio.to_thread(lambda: thumbnail(record.png))
        return web.Response(body=small, content_type="image/webp", headers={"Cache-Control": "max-age=31536000"})

    async def metadata(self, request: web.Request) -> web.Response:
        text = self._record(request).metadata
        return answer(None if text is None else json.loads(text))

    async def workflow(self, request: web.Request) -> web.Response:
        record = self._record(request)
        return answer({"workflow": record.workflow, "graph": record.graph})

    async def make_board(self, request: web.Request) -> web.Response:
        board_id, name = str(uuid.uuid4()), query(request, BoardQuery).board_name
        self.boards[board_id] = {"board_id": board_id, "board_name": name, "user_id": user_of(request).user_id}
        return answer(self.boards[board_id], 201)

    async def board_names(self, request: web.Request) -> web.Response:
        board_id = self._board(request)
        wanted = query(request, ListQuery).model_copy(update={"board_id": None})
        found = [one for one in self.images.records.values() if one.board_id == board_id and _wanted(one, wanted)]
        return answer([one.image_name for one in found if board_id or _owns(request, one)])

    async def delete_board(self, request: web.Request) -> web.Response:
        board_id = self._board(request)
        names = [one.image_name for one in self.images.records.values() if one.board_id == board_id]
        include = query(request, DeleteBoardQuery).include_images
        for name in names:
            if include:
                self._delete(name)
            else:
                self.images.get(name).board_id = None
        self.boards.pop(board_id or "", None)
        return answer({"board_id": board_id, "deleted_images": names if include else []})

    def _board(self, request: web.Request) -> str | None:
        board_id = request.match_info["board_id"]
        board = self.boards.get(board_id)
        if board is None and board_id != "none":
            raise Refusal(404, "Board not found")
        if board and (user := own(request)) and board["user_id"] != user.user_id:
            raise Refusal(403, "Not authorized to access this board")
        return board_id if board else None

    def _record(self, request: web.Request, absent: str = "Not Found") -> StoredImage:
        try:
            record = self.images.get(request.match_info["name"])
        except MissingImageError as error:
            raise Refusal(404, absent) from error
        if not _owns(request, record):
            raise Refusal(403, "Not authorized to access this image")
        return record

    def _delete(self, name: str) -> None:
        self.images.delete(name)
        self.bench.forget(name)


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    try:
        size = ResizeTo.model_validate_json(text)
    except ValidationError as error:
        raise Refusal(400, "Invalid resize_to format or size") from error
    return size.width, size.height


def _owns(request: web.Request, record: StoredImage) -> bool:
    user = own(request)
    return user is None or record.user_id == user.user_id


def _wanted(record: StoredImage, wanted: ListQuery) -> bool:
    return (
        wanted.is_intermediate in (None, record.is_intermediate)
        and wanted.image_origin in (None, record.image_origin)
        and (wanted.categories is None or record.image_category in wanted.categories)
        and wanted.board_id in (None, "none", record.board_id)
        and (wanted.search_term or "").lower() in (record.metadata or "").lower()
    )
