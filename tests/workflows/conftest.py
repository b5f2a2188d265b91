"""Fixtures of the tests of `workflows/`: the schemas of the local InvokeAI, and clients that clean up."""

import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bot.playground.invokeai.schema import openapi
from tests.playground.invokeai_place import invoke_url, local_invokeai
from tests.workflows.builders import document, edge, node, picture
from workflows.client import InvokeClient, open_http
from workflows.graph import compile_batch
from workflows.results import MediaKind, made_in
from workflows.schema import Schemas

__all__ = ["invoke_url", "local_invokeai"]

Body = Callable[..., tuple[str, dict[str, Any]]]


@pytest.fixture(scope="session")
def schemas() -> Schemas:
    return Schemas.from_openapi(openapi())


@pytest.fixture(scope="session")
def queue_id() -> str:
    return os.environ.get("INVOKEAI_QUEUE") or f"familiar-test-{uuid.uuid4()}"


@pytest.fixture
def body(schemas: Schemas) -> Body:
    """Makes the body of a small batch: a grey picture, blurred. Returns its id and the body."""

    def make(**size: Any) -> tuple[str, dict[str, Any]]:
        picture = node("blank", "blank_image", {"width": 16, "height": 16, **size})
        blur = node("blur", "img_blur", {"radius": 1.0})
        wanted = document(picture, blur, edges=[edge("blank.image", "blur.image")])
        batch_id = f"test-{uuid.uuid4()}"
        return batch_id, compile_batch(wanted, schemas, {}).body(batch_id, "familiar tests")

    return make


class Tidy(InvokeClient):
    """A client that takes away what a test made with it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.made: set[str] = set()
        self.videos: set[str] = set()
        self.batches: set[str] = set()

    async def upload(self, image: bytes, mark: str) -> Any:
        record = await super().upload(image, mark)
        self.made.add(record.image_name)
        return record

    async def upload_video(self, data: bytes, filename: str, mark: str) -> Any:
        record = await super().upload_video(data, filename, mark)
        self.videos.add(record.video_name)
        return record

    async def enqueue(self, body: Any) -> Any:
        self.batches.add(body["batch"]["destination"])
        return await super().enqueue(body)

    async def clean(self) -> None:
        for destination in self.batches:
            for item in await self.items(destination):
                for made in made_in(item.session.results):
                    (self.videos if made.kind is MediaKind.VIDEO else self.made).add(made.name)
            await self.delete_batch(destination)
        for name in self.made:
            await self.delete_image(name)
        for name in self.videos:
            await self.delete_video(name)


@pytest.fixture
async def client(invoke_url: str, queue_id: str) -> AsyncIterator[Tidy]:
    """A client of the local InvokeAI, and of a real one in live runs."""
    async with open_http(invoke_url) as http:
        found = Tidy(http, queue_id)
        yield found
        await found.clean()


@pytest.fixture
async def board(invoke_url: str) -> AsyncIterator[Callable[..., Any]]:
    """Makes a board: `board("general", "user")` gives its id and the names of new images of these categories on it."""
    async with open_http(invoke_url) as http, AsyncExitStack() as stack:

        async def make(*categories: str) -> tuple[str, list[str]]:
            made = await http.post("/api/v1/boards/", params={"board_name": "familiar test"})
            board_id = made.json()["board_id"]
            stack.push_async_callback(http.delete, f"/api/v1/boards/{board_id}", params={"include_images": "true"})
            names: list[str] = []
            for category in categories:
                params = {"image_category": category, "is_intermediate": "false", "board_id": board_id}
                files = {"file": ("a.png", picture(), "image/png")}
                answer = await http.post("/api/v1/images/upload", params=params, files=files)
                names.append(answer.json()["image_name"])
            return board_id, names

        yield make


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Any]]:
    """Opens clients of any URL: `connect(url, credentials=None, timeout=None)`."""
    async with AsyncExitStack() as stack:

        async def open_client(url: str, credentials: Any = None, timeout: float | None = None) -> InvokeClient:
            http = await stack.enter_async_context(open_http(url))
            if timeout is not None:
                http.timeout = timeout
            return InvokeClient(http, "test", credentials)

        yield open_client
