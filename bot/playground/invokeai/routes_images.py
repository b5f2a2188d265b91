"""`/api/v1/images/...`"""

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated

from aiohttp import BodyPartReader, web
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
from bot.playground.invokeai.web import Refusal, answer, body, missing, own, query, user_of

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
        kind, data, texts = await _parts(request)
        if data is None:
            raise Refusal(422, [missing("file")])
        if wanted.board_id is not None:
            raise Refusal(404, "Board not found")
        if not kind.startswith("image"):
            raise Refusal(415, "Not an image")
        known = wanted.model_dump(mode="json", exclude={"board_id", "crop_visible"})
        known["resize_to"] = _size(texts.get("resize_to"))
        try:
            record = await asyncio.to_thread(
                self.images.upload, data, texts.get("metadata"), user_id=user_of(request).user_id, **known
            )
        except UnreadableError as error:
            raise Refusal(415, "Failed to read image") from error
        except UnstorableError as error:
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


async def _parts(request: web.Request) -> tuple[str, bytes | None, dict[str, str]]:
    if not request.content_type.startswith("multipart/"):
        return "", None, {}
    kind, data, texts = "", None, dict[str, str]()
    reader = await request.multipart()
    async for part in reader:
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "file":
            kind, data = part.headers.get("Content-Type", ""), bytes(await part.read())
        elif part.name:
            texts[part.name] = await part.text()
    return kind, data, texts


def _owns(request: web.Request, record: StoredImage) -> bool:
    user = own(request)
    return user is None or record.user_id == user.user_id


def _wanted(record: StoredImage, wanted: ListQuery) -> bool:
    return (
        wanted.is_intermediate in (None, record.is_intermediate)
        and wanted.image_origin in (None, record.image_origin)
        and (wanted.categories is None or record.image_category in wanted.categories)
        and wanted.board_id in (None, "none", record.board_id)
    )
