"""What a soak happens in: two local InvokeAIs, a local Discord with people, and the bot as a process to be killed."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

import workflows
from benchmarks._soak_bot import BotProcess
from benchmarks._stage import Place, Stage
from bot import db
from bot.catalog import Catalog
from bot.drafts import Draft
from bot.jobs import new_id
from bot.playground.discord import LocalChannel, LocalDiscord
from bot.playground.invokeai import LocalInvokeAI
from workflows import document
from workflows.check import check
from workflows.client import InvokeClient, open_http

BUNDLED = Path(workflows.__file__).parent / "bundled"
BLUR, HUES, SLOW, FAILING = "blur", "hue-sheet", "slow", "failing"


@dataclass
class Foreign:
    """What somebody else has on a backend."""

    images: dict[str, bytes] = field(default_factory=dict[str, bytes])
    items: set[int] = field(default_factory=set[int])
    sessions: set[str] = field(default_factory=set[str])


class Town:
    """Everything that a soak needs, and what only it knows."""

    def __init__(self, stage: Stage, config: Path) -> None:
        self.began = time.monotonic()
        self.stage = stage
        self.discord = stage.discord
        self.invokes = stage.invokes
        self.bot = BotProcess(config, stage.discord.token, self.began)
        self.locks = [asyncio.Lock() for _ in stage.invokes]
        self.foreign = [Foreign() for _ in stage.invokes]
        #: Every channel there ever was.
        self.channels: list[LocalChannel] = [channel for place in stage.places for channel in place.channels]
        #: How often each batch was taken by databases that are gone, and which of them by one of these more than once.
        self.forgotten: Counter[str] = Counter()
        self.doubled: set[str] = set()

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    @property
    def places(self) -> list[Place]:
        return self.stage.places

    @property
    def taken(self) -> Counter[str]:
        """How often each batch was taken by the databases of now, save where nobody waited for it any more."""
        return sum((invoke.taken - invoke.taken_late for invoke in self.invokes), Counter[str]())

    def archive(self, number: int) -> None:
        """Note what a backend took so far: its next database knows nothing of it."""
        heard = self.invokes[number].taken - self.invokes[number].taken_late
        self.forgotten += heard
        self.doubled |= {batch_id for batch_id, count in heard.items() if count > 1}

    async def plant(self, number: int) -> None:
        """Put things on a backend that are not ours: pictures, and runs in the editor's queue and in the bot's."""
        invoke, own = self.invokes[number], Foreign()
        self.foreign[number] = own
        async with httpx.AsyncClient(base_url=invoke.url, timeout=30) as http:
            for session in ("", "somebody-elses"):
                query = {"image_category": "user", "is_intermediate": "false", "session_id": session}
                files = {"file": ("theirs.png", _square(), "image/png")}
                name = (await _post(http, "/api/v1/images/upload", params=query, files=files))["image_name"]
                own.images[name] = invoke.images[name].png
            for queue in ("default", "familiar"):
                node = {"id": "theirs", "type": "blank_image", "width": 16, "height": 16, "use_cache": False}
                batch = {"graph": {"nodes": {"theirs": node}, "edges": []}, "destination": "gallery"}
                answer = await _post(http, f"/api/v1/queue/{queue}/enqueue_batch", json={"batch": batch})
                own.items |= set(answer["item_ids"])
        own.sessions = {invoke.items[one].session_id for one in own.items}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20):
                while any(invoke.items[one].status in ("pending", "in_progress") for one in own.items):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        own.images |= {name: image.png for name, image in invoke.images.items() if image.session_id in own.sessions}

    def left_behind(self) -> dict[str, list[str]]:
        """What stands on the backends and is not somebody else's."""
        found: dict[str, list[str]] = {}
        for name, invoke, foreign in zip(self.stage.names, self.invokes, self.foreign, strict=True):
            images = [i for i in invoke.images.values() if i.image_name not in foreign.images]
            images = [i for i in images if i.session_id not in foreign.sessions]
            found[f"images on {name}"] = [f"{i.image_name} {i.session_id} {i.image_origin}" for i in images]
            items = [i for i in invoke.items.values() if i.item_id not in foreign.items]
            found[f"items on {name}"] = [f"{i.item_id} {i.batch_id} {i.status}" for i in items]
            found[f"videos on {name}"] = list(invoke.videos)
        return {where: what for where, what in found.items() if what}

    def touched(self) -> list[str]:
        """What is somebody else's, and is not as they left it."""
        gone: list[str] = []
        for name, invoke, foreign in zip(self.stage.names, self.invokes, self.foreign, strict=True):
            for image, data in foreign.images.items():
                if image not in invoke.images or invoke.images[image].png != data:
                    gone.append(f"image {image} on {name}")
            gone += [f"item {item} on {name}" for item in foreign.items if item not in invoke.items]
        return gone

    def is_online(self) -> bool:
        return self.bot.is_running and self.stage.discord.gateway.online


async def _post(http: httpx.AsyncClient, path: str, **what: Any) -> Any:
    """Ask until it is done: other faults do not stop meanwhile."""
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = await http.post(path, **what)
            if answer.is_success and answer.json().get("enqueued") != 0:
                return answer.json()
        await asyncio.sleep(0.2)


def _square() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(stream, "PNG")
    return stream.getvalue()


@contextlib.asynccontextmanager
async def open_town(folder: Path, users: int) -> AsyncIterator[Town]:
    """Build the town, with everything published and the bot not started yet."""
    async with contextlib.AsyncExitStack() as stack:
        made = [LocalInvokeAI(step_seconds=0.02, node_seconds=0.02, stall_seconds=0.1) for _ in range(2)]
        invokes = [await stack.enter_async_context(invoke) for invoke in made]
        discord = await stack.enter_async_context(LocalDiscord(rate_limits=True))
        stage = Stage(folder, invokes, discord)
        stage.furnish(2, 6, users)
        config = stage.configure(move_minutes=0.25, progress_seconds=1.0, waiting_per_user=5, stop_seconds=5)
        town = Town(stage, config)
        await _publish(town)
        for number in range(len(invokes)):
            await town.plant(number)
        try:
            yield town
        finally:
            await town.bot.end(signal.SIGKILL)


async def _publish(town: Town) -> None:
    invoke = town.invokes[0]
    async with open_http(invoke.url) as http, db.connect(town.stage.database) as connection:
        client = InvokeClient(http, "familiar", None)
        schemas, models = await client.schemas(), await client.models()
        catalog = Catalog(connection)
        model = next(one for one in invoke.models.records if one["name"] == "tiny-sd15")
        for slug, data in _documents(model).items():
            report = check(document.read(data), schemas, models)
            for place in town.places:
                draft = Draft(new_id(), place.guild.id, 0, slug, slug.title(), "For the soak", data, report.inputs)
                await catalog.publish(draft)


def _documents(model: dict[str, Any]) -> dict[str, bytes]:
    """The workflows by their commands."""
    named = {name: model[name] for name in ("key", "hash", "name", "base", "type")}
    slow = [
        _node("model", "main_model_loader", model=named),
        _node("yes", "compel", prompt="a lighthouse"),
        _node("no", "compel", prompt=""),
        _node("noise", "noise", seed=1, width=64, height=64),
        _node("denoise", "denoise_latents", steps=40, cfg_scale=4.5, scheduler="euler"),
        _node("picture", "l2i"),
    ]
    wires = ["model.clip yes.clip", "model.clip no.clip", "yes.conditioning denoise.positive_conditioning"]
    wires += ["no.conditioning denoise.negative_conditioning", "model.unet denoise.unet", "noise.noise denoise.noise"]
    wires += ["denoise.latents picture.latents", "model.vae picture.vae"]
    failing = [_node("ratio", "div", a=8, b=0), _node("picture", "blank_image", height=16)]
    return {
        BLUR: (BUNDLED / "blur.json").read_bytes(),
        HUES: (BUNDLED / "hue_sheet.json").read_bytes(),
        SLOW: _document(slow, wires, ["denoise.steps"]),
        FAILING: _document(failing, ["ratio.value picture.width"], ["ratio.b"]),
    }


def _document(nodes: list[dict[str, Any]], wires: list[str], asked: list[str]) -> bytes:
    edges = []
    for wire in wires:
        (source, source_handle), (target, target_handle) = (end.split(".") for end in wire.split())
        ends = {"source": source, "sourceHandle": source_handle, "target": target, "targetHandle": target_handle}
        edges.append({"id": wire, "type": "default", **ends})
    fields = {f"field-{place}": dict(zip(("nodeId", "fieldName"), place.split("."), strict=True)) for place in asked}
    elements: dict[str, Any] = {
        name: {"id": name, "type": "node-field", "parentId": "root", "data": {"fieldIdentifier": identifier}}
        for name, identifier in fields.items()
    }
    elements["root"] = {"id": "root", "type": "container", "data": {"layout": "column", "children": list(fields)}}
    texts = dict.fromkeys(("name", "author", "description", "version", "contact", "tags", "notes"), "")
    form = {"elements": elements, "rootElementId": "root"}
    meta = {"category": "user", "version": "4.0.0"}
    whole = {**texts, "meta": meta, "nodes": nodes, "edges": edges, "exposedFields": [], "form": form}
    return json.dumps(whole).encode()


def _node(node_id: str, kind: str, **values: Any) -> dict[str, Any]:
    inputs = {name: {"name": name, "label": "", "description": "", "value": value} for name, value in values.items()}
    data = {"id": node_id, "type": kind, "version": "", "label": "", "isIntermediate": False, "inputs": inputs}
    return {"id": node_id, "type": "invocation", "data": data}
