"""The work of the benchmark with invokeai-py-client, as its documentation shows it; see `_pyclient`.

Run by the Python that has that package, so that nothing of Familiar is imported here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from invokeai_py_client import InvokeAIClient  # pyright: ignore[reportMissingImports]
from invokeai_py_client.workflow import WorkflowDefinition  # pyright: ignore[reportMissingImports]

SECONDS = 60.0
#: Of many at once, each may take so long for every one of them: four times what they take.
SECONDS_EACH = 2.0

clock = time.perf_counter


class Work:
    """Runs of one workflow on one server."""

    def __init__(self, url: str, queue_id: str, workflow: Path, picture: Path) -> None:
        self.url = url
        self.queue_id = queue_id
        self.definition = WorkflowDefinition.from_file(workflow)
        self.picture = picture.read_bytes()
        self.client = InvokeAIClient.from_url(url)

    def run_sync(self) -> dict[str, Any]:
        began = clock()
        board = self.client.board_repo.get_uncategorized_handle()
        uploaded = board.upload_image_data(self.picture, "image.png").image_name
        handle = self.handle(self.client, uploaded)
        handle.submit_sync(queue_id=self.queue_id)
        item = handle.wait_for_completion_sync(queue_id=self.queue_id, timeout=SECONDS)
        board.download_image(made(item))
        results = clock() - began
        board.delete_image(uploaded)
        board.delete_image(made(item))
        self.client.queue_repo.get_queue(self.queue_id).prune()
        return {"results": results, "clean": clock() - began, "span": span(item)}

    async def run_async(self) -> dict[str, Any]:
        began = clock()
        item, results = await self.one(self.client, SECONDS)
        await asyncio.to_thread(self.client.queue_repo.get_queue(self.queue_id).prune)
        return {"results": results - began, "clean": clock() - began, "span": span(item)}

    async def crowd(self, count: int, *, own_clients: bool) -> dict[str, Any]:
        """Run many at once: on one client, or, as its waits for several jobs undo each other, on one each."""
        clients = [InvokeAIClient.from_url(self.url) if own_clients else self.client for _ in range(count)]
        began = clock()
        all_runs = (self.one(client, SECONDS_EACH * count) for client in clients)
        ended = await asyncio.gather(*all_runs, return_exceptions=True)
        finished = [one[1] - began for one in ended if not isinstance(one, BaseException)]
        items = self.items()
        queue = self.client.queue_repo.get_queue(self.queue_id)
        await asyncio.to_thread(queue.prune)
        clean = clock() - began
        self.tidy(items)
        if own_clients:
            for client in clients:
                await client.disconnect_socketio()
        spans = [span(item) for item in items if item.get("completed_at")]
        figures = {"asked": count, "finished": len(finished), "results": max(finished, default=0.0), "clean": clean}
        return {**figures, "spans": spans}

    async def one(self, client: Any, seconds: float) -> tuple[dict[str, Any], float]:
        """Run one, and return its item and when its result was there. What has no async form runs in a thread."""
        board = client.board_repo.get_uncategorized_handle()
        uploaded = (await asyncio.to_thread(board.upload_image_data, self.picture, "image.png")).image_name
        handle = self.handle(client, uploaded)
        await handle.submit(queue_id=self.queue_id)
        item = await handle.wait_for_completion(queue_id=self.queue_id, timeout=seconds)
        await asyncio.to_thread(board.download_image, made(item))
        results = clock()
        await asyncio.to_thread(board.delete_image, uploaded)
        await asyncio.to_thread(board.delete_image, made(item))
        return item, results

    def handle(self, client: Any, uploaded: str) -> Any:
        # Validating refuses every document of InvokeAI 6.14, whose version is 4.0.0.
        handle = client.workflow_repo.create_workflow(self.definition, validate=False)
        for given in handle.list_inputs():
            if given.field_name == "image":
                handle.get_input_value(given.input_index).value = uploaded
        return handle

    def items(self) -> list[dict[str, Any]]:
        answer = self.client.session.get(f"{self.client.base_url}/queue/{self.queue_id}/list_all")
        return answer.json()

    def tidy(self, items: list[dict[str, Any]]) -> None:
        """Delete what runs that were given up left behind: nobody's figures."""
        for item in items:
            for node in item["session"]["graph"]["nodes"].values():
                for name in [node["image"]["image_name"], made(item)]:
                    self.client.board_repo.get_uncategorized_handle().delete_image(name)

    async def answer(self, wanted: dict[str, Any]) -> dict[str, Any]:
        ways: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
            "sync": lambda: asyncio.to_thread(self.run_sync),
            "async": self.run_async,
            "crowd": lambda: self.crowd(wanted["count"], own_clients=wanted["own_clients"]),
        }
        return await ways[wanted["way"]]()


def made(item: dict[str, Any]) -> str:
    """Return the image that the workflow's one node made. The package finds only what a few node types make."""
    (result,) = item["session"]["results"].values()
    return result["image"]["image_name"]


def span(item: dict[str, Any]) -> list[str]:
    return [item["started_at"], item["completed_at"]]


async def main() -> None:
    url, queue_id, workflow, picture = sys.argv[1:]
    answers = sys.stdout
    # The package prints.
    sys.stdout = sys.stderr
    work = Work(url, queue_id, Path(workflow), Path(picture))
    while line := await asyncio.to_thread(sys.stdin.readline):
        answers.write(json.dumps(await work.answer(json.loads(line))) + "\n")
        answers.flush()
    await work.client.disconnect_socketio()


if __name__ == "__main__":
    asyncio.run(main())
