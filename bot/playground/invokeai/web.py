"""What every route shares: JSON answers, refusals, and bodies that are checked the way the real server checks them."""

import json
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import BodyPartReader, web
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.playground.invokeai.auth import User

Model = TypeVar("Model", bound=BaseModel)

USER = web.RequestKey("user", User)

PAGE = "<!DOCTYPE html>\n<html lang='en'><head><title>Invoke</title></head><body><div id='root'></div></body></html>"


class Refusal(Exception):
    """An answer with a status of its own and a `detail`."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(data, status=status, headers=headers)


def user_of(request: web.Request) -> User:
    return request[USER]


def own(request: web.Request) -> User | None:
    """Whose things the request is about: everybody's for an administrator."""
    user = user_of(request)
    return None if user.is_admin else user


def only_admins(request: web.Request) -> None:
    if not user_of(request).is_admin:
        raise Refusal(403, "Admin privileges required")


async def body(request: web.Request, model: type[Model]) -> Model:
    data = await _json(request)
    fields = model.model_fields
    if not isinstance(data, dict):
        absent = [name for name in fields if data is not None or fields[name].is_required()]
        raise Refusal(422, [missing(name) for name in absent])
    return checked(model, data, ("body",))


def missing(name: str) -> dict[str, Any]:
    return {"type": "missing", "loc": ["body", name], "msg": "Field required", "input": None}


@dataclass
class Parts:
    """What came in a form: at most one file, and texts."""

    kind: str = ""
    filename: str = ""
    data: bytes | None = None
    texts: dict[str, str] = field(default_factory=dict[str, str])


async def parts(request: web.Request) -> Parts:
    found = Parts()
    if not request.content_type.startswith("multipart/"):
        return found
    reader = await request.multipart()
    async for part in reader:
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "file":
            found.kind, found.filename = part.headers.get("Content-Type", ""), part.filename or ""
            found.data = bytes(await part.read())
        elif part.name:
            found.texts[part.name] = await part.text()
    return found


async def plain_body(request: web.Request, kind: Any) -> Any:
    return checked(kind, await _json(request), ("body",))


def query(request: web.Request, model: type[Model]) -> Model:
    names = model.model_fields
    given = {
        name: request.query.getall(name) if "list" in str(names[name].annotation) else request.query[name]
        for name in names
        if name in request.query
    }
    return checked(model, given, ("query",))


def item_id(request: web.Request) -> int:
    return checked(int, request.match_info["item_id"], ("path", "item_id"))


def checked(kind: Any, data: Any, where: tuple[str, ...]) -> Any:
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        raise Refusal(422, [_detail(one, where) for one in error.errors(include_url=False)]) from error


def _detail(error: Any, where: tuple[str, ...]) -> dict[str, Any]:
    detail: dict[str, Any] = {**error, "loc": [*where, *error["loc"]]}
    if "error" in detail.get("ctx", {}):
        detail["ctx"] = dict(detail["ctx"], error={})
    return json.loads(json.dumps(detail, default=str))


async def _json(request: web.Request) -> Any:
    text = await request.text()
    if not text:
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        wrong: dict[str, Any] = {
            "type": "json_invalid",
            "loc": ["body", error.pos],
            "msg": "JSON decode error",
            "input": {},
        }
        raise Refusal(422, [{**wrong, "ctx": {"error": error.msg}}]) from error


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in _items(value) if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in _list(value)]
    return value


def _items(value: Any) -> Any:
    return value.items()


def _list(value: Any) -> Any:
    return value
