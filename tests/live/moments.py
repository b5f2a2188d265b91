"""The moments of a job's life at which something can be killed or cancelled, and the house where they are held."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.atelier import PATIENCE, Atelier, furnished
from tests.live.doorway import Doorway, Held
from tests.live.server import InvokeServer

QUEUE = "/api/v1/queue/familiar"


@dataclass(frozen=True)
class Moment:
    """One effect of one state, by the call that it is; held before it is done, or after, with the answer on its way."""

    state: str
    route: str
    done: bool = False
    kind: str = ""
    at_discord: bool = False

    @property
    def after(self) -> "Moment":
        return Moment(self.state, self.route, True, self.kind, self.at_discord)


UPLOAD = Moment("new", "POST /api/v1/images/upload")
ENQUEUE = Moment("ready", f"POST {QUEUE}/enqueue_batch")
_FULL = "GET /api/v1/images/i/[^/]+/full"
#: Results are fetched while their run is still followed, and else afterwards.
FETCH, FETCH_LATE = Moment("queued", _FULL), Moment("finished", _FULL)
#: Only the end of a job edits its card with files.
DELIVER = Moment("finished", "PATCH .*/messages/.*", kind="multipart/", at_discord=True)
DELETE_IMAGES = Moment("settled", "POST /api/v1/images/delete")
DELETE_ITEM = Moment("settled", f"DELETE {QUEUE}/(d|i)/.*")


@dataclass
class House:
    """An atelier with a door before its InvokeAI, and one before its Discord."""

    atelier: Atelier
    backend: Doorway
    discord: Doorway

    def hold(self, moment: Moment) -> Held:
        """Stop the next call of this moment."""
        door = self.discord if moment.at_discord else self.backend
        return door.hold(moment.route, done=moment.done, kind=moment.kind)

    async def comes(self, held: Held, moment: Moment) -> None:
        """Wait until some job is at this moment."""
        await held.reached(PATIENCE)
        assert moment.state in self.atelier.states(), moment.route

    @property
    def enqueued(self) -> list[int]:
        """The ids of all queue items that InvokeAI ever made for the bot, whether or not its answer was heard."""
        answers = [answer for answer in self.backend.answers if answer.call == ENQUEUE.route]
        return [item for answer in answers if answer.status == 200 for item in json.loads(answer.body)["item_ids"]]


@contextlib.asynccontextmanager
async def housed(
    folder: Path, server: InvokeServer, secrets: Mapping[str, str] | None = None, **backend: object
) -> AsyncIterator[House]:
    """Open an atelier without a bot, behind its two doors."""
    async with (
        Doorway(server.url) as door,
        furnished(folder, door.url, secrets, pace=0.5, **backend) as atelier,
        Doorway(atelier.discord.url) as discord,
    ):
        config = atelier.config.read_text("utf-8")
        # Frames are files on a card too, and would pass for its end.
        config = f"{config}\n[cards]\npreviews = false\n"
        atelier.config.write_text(config.replace(f'"{atelier.discord.url}', f'"{discord.url}'), "utf-8")
        yield House(atelier, door, discord)


@contextlib.asynccontextmanager
async def neighbour(server: InvokeServer, runs: int = 2) -> AsyncIterator[None]:
    """Somebody else's runs on the same InvokeAI, which must all end well."""

    async def ask(method: str, path: str, **options: Any) -> Any:
        return await asyncio.to_thread(server.request, method, f"/api/v1/{path}", **options)

    async def ended(item_id: int) -> Any:
        while True:
            item = await ask("GET", f"queue/default/i/{item_id}")
            if item["status"] not in {"pending", "in_progress"}:
                return item
            await asyncio.sleep(0.2)

    node = {"id": "page", "type": "blank_image", "width": 64, "height": 64, "use_cache": False}
    batch = {"graph": {"id": "neighbour", "nodes": {"page": node}, "edges": []}, "runs": runs}
    ids = (await ask("POST", "queue/default/enqueue_batch", json={"batch": batch}))["item_ids"]
    try:
        yield
        async with asyncio.timeout(PATIENCE):
            items = [await ended(one) for one in ids]
        assert [item["status"] for item in items] == ["completed"] * runs, "a neighbour's run was stopped"
        made = [one["image"]["image_name"] for item in items for one in item["session"]["results"].values()]
        assert len(made) == runs
        await ask("POST", "images/delete", json={"image_names": made})
    finally:
        for one in ids:
            await ask("DELETE", f"queue/default/i/{one}")
