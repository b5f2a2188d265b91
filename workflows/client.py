"""InvokeAI's REST interface, as far as Familiar needs it: one short method per call.

Source of the ways round the server's traps (numbers to be checked, what deleting answers): runs against InvokeAI
6.14.2.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import httpx

from workflows._json import mapping, sequence
from workflows.connection import Connection, Credentials, decode, open_http, part, read
from workflows.errors import AuthError, NotFound, QueueFull
from workflows.models import (
    EnqueueAnswer,
    ImageRecord,
    ModelRecord,
    Page,
    Prompts,
    QueueItem,
    QueueState,
    SavedWorkflow,
    StylePreset,
    VideoRecord,
)
from workflows.schema import Schemas

__all__ = ["Credentials", "InvokeClient", "open_http"]

PAGE = 1000
_JPEG = b"\xff\xd8"
#: Saved workflows are listed while somebody types, and the server reads each of them whole.
MAX_SAVED = 200
T = TypeVar("T", ImageRecord, VideoRecord)

#: The editor's names for halves of a board, as the server's categories.
_CATEGORIES = {"images": ("general",), "assets": ("control", "mask", "user", "other")}


class InvokeClient(Connection):
    """Talk to one InvokeAI about one queue.

    Every method raises a BackendError: Unavailable where the same call may work later, Rejected where it will not.
    """

    def __init__(self, http: httpx.AsyncClient, queue_id: str, credentials: Credentials | None = None) -> None:
        super().__init__(http, credentials)
        self.queue_id = queue_id

    async def version(self) -> str:
        """Return the server's version, which it tells without a login."""
        answer = await self._json("GET", "/api/v1/app/version")
        return str(mapping(answer).get("version", ""))

    async def schemas(self) -> Schemas:
        """Return the server's node types (about 1.8 MB of JSON, read in a thread)."""
        response = await self._request("GET", "/openapi.json")
        return await asyncio.to_thread(lambda: Schemas.from_openapi(mapping(decode(response))))

    async def models(self) -> list[ModelRecord]:
        """Return all installed models."""
        answer = await self._json("GET", "/api/v2/models/")
        return read(list[ModelRecord], mapping(answer).get("models"))

    async def queue_state(self) -> QueueState:
        return read(QueueState, await self._json("GET", self._queue("/status")))

    # Images

    async def upload(self, image: bytes, mark: str) -> ImageRecord:
        """Upload a PNG or JPEG. `mark` is kept with it, so that an upload nobody remembers can be found again."""
        kind = "jpeg" if image.startswith(_JPEG) else "png"
        answer = await self._json(
            "POST",
            "/api/v1/images/upload",
            params={"image_category": "user", "is_intermediate": "false", "session_id": mark},
            files={"file": (f"image.{kind}", image, f"image/{kind}")},
            data={"metadata": json.dumps({"familiar": mark})},
        )
        return read(ImageRecord, answer)

    async def image(self, name: str) -> ImageRecord:
        """Return what the server knows of an image. Raises NotFound; AuthError for another user's."""
        return read(ImageRecord, await self._json("GET", f"/api/v1/images/i/{part(name)}"))

    async def download(self, name: str) -> bytes:
        """Return an image's bytes: a PNG that holds its whole graph in text chunks."""
        response = await self._request("GET", f"/api/v1/images/i/{part(name)}/full", kind="image/")
        return response.content

    async def delete_image(self, name: str) -> None:
        """Delete an image; one that is gone already counts as deleted."""
        await self._delete_media(f"/api/v1/images/i/{part(name)}")

    async def delete_images(self, names: Sequence[str]) -> None:
        """Delete images together, which costs half of one by one; what is gone already counts as deleted.

        Either all are gone or an error is raised, and the same call may be made again.
        """
        for name in names:
            part(name)
        left = list(dict.fromkeys(names))
        while left:
            some, left = left[:PAGE], left[PAGE:]
            answer = await self._json("POST", "/api/v1/images/delete", json={"image_names": some})
            gone = set(sequence(mapping(answer).get("deleted_images")))
            # It says nothing of what it did not find, of what is another user's, nor why it failed.
            for name in some:
                if name not in gone and await self._is_there(name):
                    await self.delete_image(name)

    async def _is_there(self, image_name: str) -> bool:
        try:
            await self.image(image_name)
        except NotFound:
            return False
        return True

    async def uploads_marked(self, prefix: str) -> list[ImageRecord]:
        """Return the uploaded images whose mark begins with `prefix`."""
        return await self._marked(ImageRecord, "images", prefix)

    async def images_of_sessions(self, session_ids: set[str]) -> list[ImageRecord]:
        """Return the intermediate images that the runs of these sessions made."""
        return await self._of_sessions(ImageRecord, "images", session_ids)

    async def board_images(self, board_id: str, category: str) -> list[str]:
        """Return the names of a board's finished images, or of its "assets". Raises NotFound where it is gone."""
        params = {"categories": _CATEGORIES.get(category, _CATEGORIES["images"]), "is_intermediate": "false"}
        answer = await self._json("GET", f"/api/v1/boards/{part(board_id)}/image_names", params=params)
        return read(list[str], answer)

    # Videos

    async def upload_video(self, data: bytes, filename: str, mark: str) -> VideoRecord:
        """Upload an MP4, the only kind that the server keeps; `mark` stays with it as with an image."""
        answer = await self._json(
            "POST",
            "/api/v1/videos/upload",
            params={"video_category": "user", "is_intermediate": "false", "session_id": mark},
            files={"file": (filename, data, "video/mp4")},
            data={"metadata": json.dumps({"familiar": mark})},
        )
        return read(VideoRecord, answer)

    async def video(self, name: str) -> VideoRecord:
        """Return what the server knows of a video. Raises NotFound; AuthError for another user's."""
        return read(VideoRecord, await self._json("GET", f"/api/v1/videos/i/{part(name)}"))

    async def download_video(self, name: str, most: int) -> bytes:
        """Return a video's bytes: an MP4 that, other than an image, holds nothing of its graph.

        Raises Oversized for one of more than `most` bytes, and fetches no more of it: a video has no limit there.
        """
        response = await self._request("GET", f"/api/v1/videos/i/{part(name)}/full", kind="video/", most=most)
        return response.content

    async def delete_video(self, name: str) -> None:
        """Delete a video; one that is gone already counts as deleted."""
        await self._delete_media(f"/api/v1/videos/i/{part(name)}")

    async def videos_marked(self, prefix: str) -> list[VideoRecord]:
        """Return the uploaded videos whose mark begins with `prefix`."""
        return await self._marked(VideoRecord, "videos", prefix)

    async def videos_of_sessions(self, session_ids: set[str]) -> list[VideoRecord]:
        """Return the intermediate videos that the runs of these sessions made."""
        return await self._of_sessions(VideoRecord, "videos", session_ids)

    # What images and videos have in common

    async def _marked(self, kind: type[T], what: str, prefix: str) -> list[T]:
        found = await self._listed(kind, what, is_intermediate="false", search_term=prefix)
        return [one for one in found if (one.session_id or "").startswith(prefix)]

    async def _of_sessions(self, kind: type[T], what: str, session_ids: set[str]) -> list[T]:
        found = await self._listed(kind, what, is_intermediate="true")
        return [one for one in found if one.session_id in session_ids]

    async def _listed(self, kind: type[T], what: str, **params: str) -> list[T]:
        found: list[T] = []
        while True:
            query = {**params, "limit": str(PAGE), "offset": str(len(found))}
            page = read(Page[kind], await self._json("GET", f"/api/v1/{what}/", params=query))
            found += page.items
            if not page.items or len(found) >= page.total:
                return found

    async def _delete_media(self, path: str) -> None:
        try:
            await self._gone("DELETE", path)
        except AuthError:
            # In multi-user mode what is gone is nobody's, so that the deletion is refused; only reading tells it apart.
            try:
                await self._request("GET", path)
            except NotFound:
                return
            raise

    # The library

    async def style_presets(self) -> list[StylePreset]:
        """Return the style presets that the bot's account may use."""
        return read(list[StylePreset], await self._json("GET", "/api/v1/style_presets/"))

    async def library(self, query: str = "") -> list[SavedWorkflow]:
        """Return the saved workflows whose name, description or tags hold `query`, by name, up to `MAX_SAVED`."""
        params: dict[str, Any] = {"categories": ("user", "default"), "per_page": MAX_SAVED}
        if query:
            params["query"] = query
        answer = await self._json("GET", "/api/v1/workflows/", params=params)
        return read(list[SavedWorkflow], mapping(answer).get("items"))

    async def library_workflow(self, workflow_id: str) -> dict[str, Any]:
        """Return the document of a saved workflow, as the editor would export it. Raises NotFound."""
        answer = await self._json("GET", f"/api/v1/workflows/i/{part(workflow_id)}")
        return read(dict[str, Any], mapping(answer).get("workflow"))

    async def dynamic_prompts(
        self, prompt: str, max_prompts: int, *, combinatorial: bool = True, seed: int | None = None
    ) -> Prompts:
        """Expand a prompt's alternatives, in order or, with a seed or without, by chance: up to 10,000."""
        body = {"prompt": prompt, "max_prompts": max_prompts, "combinatorial": combinatorial, "seed": seed}
        return read(Prompts, await self._json("POST", "/api/v1/utilities/dynamicprompts", json=body))

    # Queue

    async def enqueue(self, body: Mapping[str, Any]) -> EnqueueAnswer:
        """Enqueue a batch. Not idempotent. Raises QueueFull where the server took less than was asked."""
        answer = read(EnqueueAnswer, await self._json("POST", self._queue("/enqueue_batch"), json=body))
        if answer.enqueued < answer.requested or not answer.item_ids:
            if answer.item_ids:
                await self.delete_batch(mapping(body.get("batch"))["destination"])
            raise QueueFull(f"enqueued {answer.enqueued} of {answer.requested}")
        return answer

    async def rehearse(self, nodes: Mapping[str, Any]) -> None:
        """Have nodes checked as those of a graph are, without a run: a batch of no items enqueues nothing.

        Raises Rejected, whose problems name the node and the field.
        """
        # A batch without `data` would run; what it varies here is any field, as it takes no value.
        data: list[list[dict[str, Any]]] = [[{"node_path": next(iter(nodes)), "field_name": "id", "items": []}]]
        batch: dict[str, Any] = {"graph": {"id": "rehearsal", "nodes": nodes, "edges": []}, "runs": 1, "data": data}
        read(EnqueueAnswer, await self._json("POST", self._queue("/enqueue_batch"), json={"batch": batch}))

    async def item(self, item_id: int) -> QueueItem:
        return read(QueueItem, await self._json("GET", self._queue(f"/i/{item_id}")))

    async def items(self, destination: str) -> list[QueueItem]:
        """Return the queue items of one destination, oldest first."""
        answer = await self._json("GET", self._queue("/list_all"), params={"destination": destination})
        return sorted(read(list[QueueItem], answer), key=lambda item: item.item_id)

    async def summaries(self) -> list[QueueItem]:
        """Return all items of this queue id without their sessions."""
        answer = mapping(await self._json("GET", self._queue("/item_ids"), params={"order_dir": "ASC"}))
        ids = sequence(answer.get("item_ids"))
        found: list[QueueItem] = []
        for start in range(0, len(ids), PAGE):
            body = {"item_ids": ids[start : start + PAGE]}
            found += read(list[QueueItem], await self._json("POST", self._queue("/item_summaries_by_ids"), json=body))
        return found

    async def cancel(self, destination: str) -> None:
        """Cancel what waits and what runs of one destination; what is finished stays so."""
        await self._request("PUT", self._queue("/cancel_by_destination"), params={"destination": destination})

    async def delete_item(self, item_id: int) -> None:
        """Delete a queue item; one that is gone already counts as deleted."""
        await self._gone("DELETE", self._queue(f"/i/{item_id}"))

    async def delete_batch(self, destination: str) -> None:
        """Delete all items of one destination, also those that the server itself can no longer read."""
        await self._request("DELETE", self._queue(f"/d/{part(destination)}"))

    def _queue(self, path: str) -> str:
        return f"/api/v1/queue/{part(self.queue_id)}{path}"
