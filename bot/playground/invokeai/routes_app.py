"""The rest of the API: version, login, models, saved workflows, prompts."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from bot.playground.invokeai import clock
from bot.playground.invokeai.auth import SYSTEM, User, Users
from bot.playground.invokeai.documents import WithDocument
from bot.playground.invokeai.kinds import BaseModelType, ModelType
from bot.playground.invokeai.models import Models
from bot.playground.invokeai.prompts import TemplateError, expanded
from bot.playground.invokeai.release import Release
from bot.playground.invokeai.web import Refusal, answer, body, own, query, user_of


class Login(BaseModel):
    email: str
    password: str
    remember_me: bool = False


class ModelFilter(BaseModel):
    base_models: list[BaseModelType] = []
    model_type: ModelType | None = None
    model_name: str | None = None
    model_format: str | None = None


class ByHash(BaseModel):
    hash: str


class ByAttributes(BaseModel):
    name: str
    type: ModelType
    base: BaseModelType


class Prompts(BaseModel):
    prompt: str
    max_prompts: int = Field(default=1000, ge=1, le=10000)
    combinatorial: bool = True
    seed: int | None = None


class Page(BaseModel):
    page: int = 0
    per_page: int | None = None
    categories: list[str] = []
    query: str | None = None


@dataclass
class AppRoutes:
    """Small things over HTTP."""

    models: Models
    users: Users | None
    release: Release = field(default_factory=Release)
    workflows: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def table(self) -> list[web.RouteDef]:
        return [
            web.get("/openapi.json", self.schema),
            web.get("/api/v1/app/version", self.version),
            web.get("/api/v1/auth/status", self.auth_status),
            web.post("/api/v1/auth/login", self.login),
            web.get("/api/v1/auth/me", self.me),
            web.get("/api/v2/models/", self.list_models),
            web.get("/api/v2/models/get_by_hash", self.model_by_hash),
            web.get("/api/v2/models/get_by_attrs", self.model_by_attributes),
            web.get("/api/v2/models/i/{key}", self.model),
            web.get("/api/v1/workflows/", self.list_workflows),
            web.post("/api/v1/workflows/", self.save_workflow),
            web.get("/api/v1/workflows/i/{workflow_id}", self.workflow),
            web.delete("/api/v1/workflows/i/{workflow_id}", self.delete_workflow),
            web.post("/api/v1/utilities/dynamicprompts", self.prompts),
            web.get("/api/v1/style_presets/", self.style_presets),
        ]

    async def schema(self, request: web.Request) -> web.Response:
        return answer(self.release.openapi)

    async def version(self, request: web.Request) -> web.Response:
        return answer({"version": self.release.version})

    async def auth_status(self, request: web.Request) -> web.Response:
        return answer(
            {
                "setup_required": False,
                "multiuser_enabled": self.users is not None,
                "strict_password_checking": False,
                "admin_email": self.users.admin_email if self.users else None,
            }
        )

    async def login(self, request: web.Request) -> web.Response:
        wanted = await body(request, Login)
        if self.users is None:
            raise Refusal(403, "Multiuser mode is disabled. Authentication is not required in single-user mode.")
        user = self.users.check(wanted.email, wanted.password)
        if user is None:
            raise Refusal(401, "Incorrect email or password")
        token = self.users.issue(user, remember=wanted.remember_me)
        expires = self.users.lifetime_remembered if wanted.remember_me else self.users.lifetime
        return answer({"token": token, "user": _shown(user), "expires_in": int(expires)})

    async def me(self, request: web.Request) -> web.Response:
        if self.users is None:
            raise Refusal(401, "Missing authentication credentials")
        return answer(_shown(user_of(request)))

    async def list_models(self, request: web.Request) -> web.Response:
        wanted = query(request, ModelFilter)
        known = {"type": wanted.model_type, "name": wanted.model_name, "format": wanted.model_format}
        return answer({"models": self.models.matching(list(wanted.base_models), **known)})

    async def model_by_hash(self, request: web.Request) -> web.Response:
        return _model(self.models.by(hash=query(request, ByHash).hash), "No model found with this hash")

    async def model_by_attributes(self, request: web.Request) -> web.Response:
        wanted = query(request, ByAttributes)
        return _model(self.models.by(**wanted.model_dump()), "No model found with these attributes")

    async def model(self, request: web.Request) -> web.Response:
        return _model(self.models.by(key=request.match_info["key"]), "model not found")

    async def list_workflows(self, request: web.Request) -> web.Response:
        wanted = query(request, Page)
        found = [one for one in self.workflows.values() if own(request) in (None, SYSTEM) or _owns(request, one)]
        found = [one for one in found if _says(one, wanted.query or "") and _in(one, wanted.categories)]
        found.sort(key=lambda one: one["name"])
        size = wanted.per_page or len(found) or 1
        page = found[wanted.page * size : (wanted.page + 1) * size]
        items = [{**{k: v for k, v in one.items() if k != "workflow"}, **_described(one)} for one in page]
        pages = -(-len(found) // size)
        return answer(
            {"page": wanted.page, "pages": pages, "per_page": wanted.per_page or 0, "total": len(found), "items": items}
        )

    async def save_workflow(self, request: web.Request) -> web.Response:
        document = (await body(request, WithDocument)).workflow
        workflow_id, now = str(uuid.uuid4()), clock.now()
        record = {
            "workflow_id": workflow_id,
            "name": document.name,
            "created_at": now,
            "updated_at": now,
            "opened_at": None,
            "user_id": user_of(request).user_id,
            "is_public": False,
            "workflow": {**document.wire(), "id": workflow_id},
        }
        self.workflows[workflow_id] = record
        return answer(record)

    async def workflow(self, request: web.Request) -> web.Response:
        return answer({**self._saved(request), "thumbnail_url": None})

    async def delete_workflow(self, request: web.Request) -> web.Response:
        del self.workflows[self._saved(request)["workflow_id"]]
        return answer(None)

    async def prompts(self, request: web.Request) -> web.Response:
        wanted = await body(request, Prompts)
        try:
            found = expanded(wanted.prompt, wanted.max_prompts, combinatorial=wanted.combinatorial, seed=wanted.seed)
        except TemplateError as error:
            return answer({"prompts": [wanted.prompt], "error": str(error)})
        return answer({"prompts": found, "error": None})

    async def style_presets(self, request: web.Request) -> web.Response:
        return answer(self.models.presets)

    def _saved(self, request: web.Request) -> dict[str, Any]:
        record = self.workflows.get(request.match_info["workflow_id"])
        if record is None:
            raise Refusal(404, "Workflow not found")
        if not _owns(request, record):
            raise Refusal(403, "Not authorized to access this workflow")
        return record


def _shown(user: User) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "email": user.email,
        "display_name": user.display_name,
        "is_admin": user.is_admin,
        "is_active": True,
    }


def _model(record: dict[str, Any] | None, absent: str) -> web.Response:
    if record is None:
        raise Refusal(404, absent)
    return answer(record)


def _owns(request: web.Request, record: dict[str, Any]) -> bool:
    user = own(request)
    return user is None or record["user_id"] == user.user_id


def _says(record: dict[str, Any], words: str) -> bool:
    document = record["workflow"]
    return any(words.lower() in document[name].lower() for name in ("name", "description", "tags"))


def _in(record: dict[str, Any], categories: list[str]) -> bool:
    return not categories or record["workflow"]["meta"]["category"] in categories


def _described(record: dict[str, Any]) -> dict[str, Any]:
    document = record["workflow"]
    return {
        "description": document["description"],
        "category": document["meta"]["category"],
        "tags": document["tags"],
        "thumbnail_url": None,
    }
