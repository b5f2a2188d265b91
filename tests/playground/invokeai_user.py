"""A user of an InvokeAI server, real or local: raw HTTP, raw Socket.IO, and what it left behind is removed."""

import asyncio
import io
import uuid
from typing import Any

import httpx
import socketio
from PIL import Image

FINISHED = ("completed", "failed", "canceled")


def edge(source: str, destination: str) -> dict[str, Any]:
    ends = [dict(zip(("node_id", "field"), one.split("."), strict=True)) for one in (source, destination)]
    return {"source": ends[0], "destination": ends[1]}


def batch(*nodes: dict[str, Any], edges: list[tuple[str, str]] | None = None, **more: Any) -> dict[str, Any]:
    graph = {
        "id": str(uuid.uuid4()),
        "nodes": {node["id"]: node for node in nodes},
        "edges": [edge(*ends) for ends in edges or []],
    }
    return {"batch_id": str(uuid.uuid4()), "graph": graph, "runs": 1, **more}


def picture(mode: str = "RGB", size: tuple[int, int] = (24, 16), kind: str = "PNG", **how: Any) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, kind, **how)
    return stream.getvalue()


def names_in(value: Any) -> list[str]:
    """Every image that a result names, each once."""
    if isinstance(value, dict):
        found = [value["image_name"]] if "image_name" in value else []
        return list(dict.fromkeys(found + [name for one in value.values() for name in names_in(one)]))
    if isinstance(value, list):
        return list(dict.fromkeys(name for one in value for name in names_in(one)))
    return []


class InvokeUser:
    """Has a queue id of its own, so that others on the same server are not disturbed."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {token}"} if token else {})}
        self.url = url
        self.token = token
        self.http = httpx.AsyncClient(base_url=url, timeout=60, headers=headers)
        self.socket = socketio.AsyncClient(reconnection=False)
        self.queue = f"test-{uuid.uuid4()}"
        self.base = f"/api/v1/queue/{self.queue}"
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.images: list[str] = []
        self._heard = asyncio.Event()
        self.socket.on("*", self._hear)

    async def __aenter__(self) -> "InvokeUser":
        return self

    async def __aexit__(self, *_: object) -> None:
        items = (await self.http.post(f"{self.base}/items_by_ids", json={"item_ids": await self.item_ids()})).json()
        for item in items:
            if item["status"] not in FINISHED:
                await self.cancel(item["item_id"])
        names = names_in([item["session"]["results"] for item in items])
        names += names_in([data.get("result") for _, data in self.events]) + self.images
        await self.http.post("/api/v1/images/delete", json={"image_names": list(dict.fromkeys(names))})
        for item_id in await self.item_ids():
            await self.http.delete(f"{self.base}/i/{item_id}")
        await self.socket.disconnect()
        await self.http.aclose()

    async def listen(self) -> None:
        auth = {"token": self.token} if self.token else None
        await self.socket.connect(self.url, socketio_path="/ws/socket.io", transports=["websocket"], auth=auth)

    async def _hear(self, name: str, data: dict[str, Any]) -> None:
        if data.get("queue_id") == self.queue or name.startswith("model_load"):
            self.events.append((name, data))
            self._heard.set()

    async def hear(self, name: str, **known: Any) -> dict[str, Any]:
        """The first event of this name with these values, waited for."""
        async with asyncio.timeout(30):
            while True:
                for event, data in self.events:
                    if event == name and known.items() <= data.items():
                        return data
                self._heard.clear()
                await self._heard.wait()

    async def upload(self, body: bytes, *, kind: str = "image/png", form: Any = None, **query: Any) -> httpx.Response:
        params = {"image_category": "user", "is_intermediate": False, **query}
        files = {"file": ("a.png", body, kind)}
        response = await self.http.post("/api/v1/images/upload", params=params, files=files, data=form)
        if response.status_code == 201:
            self.images.append(response.json()["image_name"])
        return response

    async def enqueue(self, wanted: dict[str, Any], *, prepend: bool = False) -> dict[str, Any]:
        response = await self.http.post(f"{self.base}/enqueue_batch", json={"prepend": prepend, "batch": wanted})
        assert response.status_code == 200, response.text
        return response.json()

    async def refused(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        response = await self.http.post(f"{self.base}/enqueue_batch", json={"batch": wanted})
        assert response.status_code == 422, response.text
        return response.json()["detail"]

    async def run(self, wanted: dict[str, Any]) -> dict[str, Any]:
        return await self.finished((await self.enqueue(wanted))["item_ids"][0])

    async def finished(self, item_id: int) -> dict[str, Any]:
        async with asyncio.timeout(50):
            while True:
                item = await self.item(item_id)
                if item["status"] in FINISHED:
                    return item
                await asyncio.sleep(0.02)

    async def saved(self, item_id: int) -> dict[str, Any]:
        """The item once its node in flight has ended, after which its results are there."""
        async with asyncio.timeout(30):
            item = await self.item(item_id)
            while not item["session"]["results"]:
                await asyncio.sleep(0.02)
                item = await self.item(item_id)
            return item

    async def item(self, item_id: int) -> dict[str, Any]:
        response = await self.http.get(f"{self.base}/i/{item_id}")
        assert response.status_code == 200, response.text
        return response.json()

    async def cancel(self, item_id: int) -> dict[str, Any]:
        return (await self.http.put(f"{self.base}/i/{item_id}/cancel")).json()

    async def item_ids(self) -> list[int]:
        return (await self.http.get(f"{self.base}/item_ids", params={"order_dir": "ASC"})).json()["item_ids"]

    async def model(self, name: str = "tiny-sd15") -> dict[str, Any]:
        params = {"name": name, "base": "sd-1", "type": "main"}
        record = (await self.http.get("/api/v2/models/get_by_attrs", params=params)).json()
        return {key: record[key] for key in ("key", "hash", "name", "base", "type")}
