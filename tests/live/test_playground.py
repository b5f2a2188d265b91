"""The playground before a real InvokeAI that others use too: what is ours is seen and goes; theirs is let alone."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.playground.page.demo import DemoOptions, open_demo
from bot.playground.page.leave import QUEUE_ID
from tests.live.atelier import is_under_way, percentages, results, text
from tests.live.conftest import Leftovers
from tests.live.pictures import board, roughness
from tests.live.playing import ENDLESS, PNG, bundled, denoises, ended, publish, repaint, runs_in, slow, start, watched
from tests.live.server import InvokeServer
from tests.playground.demo_world import close_terminal, open_terminal
from workflows.errors import UserError

pytestmark = pytest.mark.usefixtures("tiny_sd15")


def files(folder: Path, kind: str = "*") -> list[str]:
    return [path.name for path in folder.glob(kind)]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "familiar" / "demo"


@pytest.fixture
def theirs(invokeai: InvokeServer) -> Iterator[set[str]]:
    """Somebody else's pictures: one uploaded, and two that runs made, one of them in a queue of the same name."""
    graph = {"id": "theirs", "nodes": {"page": NODE}, "edges": []}
    queues = {queue_id: enqueue(invokeai, queue_id, graph) for queue_id in ("default", QUEUE_ID)}
    runs = [wait_for(invokeai, queue_id, item) for queue_id, item in queues.items()]
    params = {"image_category": "user", "is_intermediate": False}
    upload = invokeai.request("POST", "/api/v1/images/upload", params=params, files={"file": PNG})
    names = {upload["image_name"], *(name for run in runs for name in made(run))}
    assert len(names) == 3
    yield names
    invokeai.request("DELETE", f"/api/v1/images/i/{upload['image_name']}")
    for run in runs:
        remove(invokeai, run)


@pytest.fixture
async def url(theirs: set[str], leftovers: Leftovers) -> AsyncIterator[str]:
    """The server's address; at the end it holds what it held before, and in our queue only what is theirs."""
    before = ours(leftovers.server)
    yield leftovers.server.url
    assert ours(leftovers.server) == before


def outcome(said: list[str]) -> list[str]:
    """What was told after the first line; on a busy machine that something lasts goes without saying."""
    return [line for line in said[1:] if not line.startswith("Clearing up at ")]


def ours(server: InvokeServer) -> list[int]:
    return server.request("GET", f"/api/v1/queue/{QUEUE_ID}/item_ids")["item_ids"]


NODE = {"id": "page", "type": "blank_image", "width": 64, "height": 64, "use_cache": False}


def enqueue(server: InvokeServer, queue_id: str, graph: dict[str, Any]) -> int:
    batch = {"graph": graph, "runs": 1, "origin": "somebody"}
    (item,) = server.request("POST", f"/api/v1/queue/{queue_id}/enqueue_batch", json={"batch": batch})["item_ids"]
    return item


def wait_for(server: InvokeServer, queue_id: str, item: int) -> dict[str, Any]:
    while True:
        found = server.request("GET", f"/api/v1/queue/{queue_id}/i/{item}")
        if found["status"] not in {"pending", "in_progress"}:
            assert found["status"] == "completed"
            return found


def made(item: dict[str, Any]) -> list[str]:
    return [one["image"]["image_name"] for one in item["session"]["results"].values() if "image" in one]


def enqueue_the_same(server: InvokeServer, steps: int) -> int:
    """Have somebody else denoise what our job does."""
    items = server.request("GET", f"/api/v1/queue/{QUEUE_ID}/list_all")
    (graph,) = [item["session"]["graph"] for item in items if item["origin"].startswith("familiar-")]
    for node in graph["nodes"].values():
        if "steps" in node:
            node["steps"] = steps
    return enqueue(server, QUEUE_ID, graph)


def remove(server: InvokeServer, item: dict[str, Any]) -> None:
    """Delete a run of theirs, and what it made."""
    server.request("POST", "/api/v1/images/delete", json={"image_names": made(item)})
    server.request("DELETE", f"/api/v1/queue/{item['queue_id']}/i/{item['item_id']}")


async def test_what_is_ours_is_seen_while_it_is_there_and_nothing_of_theirs(url: str, theirs: set[str]) -> None:
    said: list[str] = []
    async with open_demo(DemoOptions(port=0, url=url, tell=said.append)) as demo, watched(demo) as onlooker:
        await publish(demo, bundled("blur.json"))
        await publish(demo, repaint())
        cards = [await start(demo, "blur", {"picture": PNG, "radius": 12.5})]
        await ended(demo, cards[0])
        cards.append(await start(demo, "repaint", {"start_from": PNG, "keep": 0, "steps": 120}))
        await ended(demo, cards[1], 60)
        assert len([one for one in percentages(cards[1]) if 0 < one < 100]) >= 1
        assert roughness(results(cards[0])[0]) < roughness(board((256, 256))) / 3
        assert [one.size for one in results(cards[1])] == [(512, 512)]
        await onlooker.cleared(2)
        # A blur is over between two looks; whoever runs for longer is seen.
        assert ("Repaint", "in_progress") in onlooker.items
        # At least the picture that was given to the slow one, and what it made of it on its way.
        assert len(onlooker.images) >= 2
        assert onlooker.images.isdisjoint(theirs)
        assert set(onlooker.drawn.values()) == {(256, 256)}
        assert onlooker.said[-1] == "InvokeAI 6.14.2; only what is ours is shown"
        assert all([await demo.panel.thumbnail(name) is None for name in onlooker.images | theirs])
        assert demo.discord.refused == []
    assert said[0] == f"Using InvokeAI 6.14.2 at {url}, in a queue of the demo's own."
    assert outcome(said) == [f"Nothing of the demo is left on {url}."]


@pytest.mark.parametrize("bot_is_dead", [False, True])
async def test_the_end_in_mid_denoise_leaves_nothing(bot_is_dead: bool, url: str, state: Path) -> None:
    said: list[str] = []
    async with open_demo(DemoOptions(port=0, url=url, tell=said.append)) as demo:
        await publish(demo, repaint())
        cards = [await start(demo, "repaint", ENDLESS) for _ in range(2)]
        await denoises(demo, *cards)
        if bot_is_dead:
            await demo.bot.kill()
        assert all(is_under_way(card) for card in cards)
    assert outcome(said) == ["Cancelled or cleared 2 unfinished jobs.", f"Nothing of the demo is left on {url}."]
    assert files(state) == []


async def test_the_end_in_mid_denoise_while_others_wait(url: str, invokeai: InvokeServer) -> None:
    """Their run begins when ours is cancelled, may keep us waiting, and ends well."""
    said: list[str] = []
    async with open_demo(DemoOptions(port=0, url=url, tell=said.append)) as demo:
        await publish(demo, slow())
        await denoises(demo, await start(demo, "long-exposure", {"steps": 900}))
        item = await asyncio.to_thread(enqueue_the_same, invokeai, 450)
    found = await asyncio.to_thread(wait_for, invokeai, QUEUE_ID, item)
    await asyncio.to_thread(remove, invokeai, found)
    assert outcome(said) == ["Cancelled or cleared 1 unfinished job.", f"Nothing of the demo is left on {url}."]


async def test_what_a_killed_demo_left_goes_with_the_next(url: str, state: Path, tmp_path: Path) -> None:
    first = await open_terminal(tmp_path, "--url", url, "--port", "0", "--no-open")
    try:
        shown = await first.shows("Ctrl-C ends it")
        (page,) = re.findall(r"^    (http://127\.0\.0\.1:\d+/)", shown, re.MULTILINE)
        await runs_in(page)
        first.process.kill()
        await first.process.wait()
    finally:
        close_terminal(first)
    assert files(state, "*.sqlite")
    said: list[str] = []
    async with open_demo(DemoOptions(port=0, url=url, tell=said.append)):
        assert outcome(said) == [
            "An earlier demo was cut off there:",
            "Cancelled or cleared 1 unfinished job.",
            f"Nothing of the demo is left on {url}.",
        ]
        assert len(files(state, "*.sqlite")) == 1
    assert files(state) == []


async def test_invokeai_is_killed_and_started_in_mid_run(url: str, restartable_invokeai: InvokeServer) -> None:
    said: list[str] = []
    async with open_demo(DemoOptions(port=0, url=url, tell=said.append)) as demo, watched(demo) as onlooker:
        await publish(demo, repaint())
        card = await start(demo, "repaint", {"start_from": PNG, "keep": 0, "steps": 120})
        await denoises(demo, card)
        await asyncio.to_thread(restartable_invokeai.restart, kill=True)
        await ended(demo, card, 60)
        assert [one.size for one in results(card)] == [(512, 512)]
        assert "InvokeAI restarted in the middle of it." in "\n".join(text(edit) for edit in card.edits)
        await onlooker.cleared(1)
        assert any(one.startswith("does not answer (") for one in onlooker.said)
        assert onlooker.said[-1] == "InvokeAI 6.14.2; only what is ours is shown"
    assert said[-1] == f"Nothing of the demo is left on {url}."


async def test_a_server_that_wants_a_login_is_told_in_one_line(multiuser_invokeai: InvokeServer, state: Path) -> None:
    with pytest.raises(UserError) as told:
        async with open_demo(DemoOptions(port=0, url=multiuser_invokeai.url)):
            pytest.fail("it began")
    words = "wants a login, and the demo has none. Try it with `familiar serve`."
    assert str(told.value) == f"{multiuser_invokeai.url}: {words}"
    assert files(state) == []
