import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest

from tests.workflows.builders import document, edge, node
from tests.workflows.conftest import Tidy
from workflows.client import InvokeClient, open_http
from workflows.document import Document
from workflows.errors import DocumentError, Rejected, Unavailable
from workflows.expand import expand, rehearse
from workflows.generators import MAX_ITEMS
from workflows.graph import Batch, compile_batch
from workflows.models import ItemStatus, QueueItem
from workflows.schema import Schemas


def prompts(template: str, kind: str = "combinatorial", **held: Any) -> Document:
    """A document whose texts are what a template stands for."""
    rule = {"type": f"string_generator_dynamic_prompts_{kind}", "input": template, **held}
    nodes = [
        node("g", "string_generator", {"generator": rule}, label="Words"),
        node("a", "string_batch"),
        node("text", "string"),
        node("blank", "blank_image", {"width": 16, "height": 16}),
    ]
    return document(*nodes, edges=[edge("g.strings", "a.strings"), edge("a.value", "text.value")])


def album(board_id: str, category: str = "images") -> Document:
    """A document that blurs every image of a board."""
    rule = {"type": "image_generator_images_from_board", "board_id": board_id, "category": category}
    nodes = [
        node("g", "image_generator", {"generator": rule}, label="Album"),
        node("a", "image_batch"),
        node("blur", "img_blur"),
    ]
    return document(*nodes, edges=[edge("g.images", "a.images"), edge("a.image", "blur.image")])


@pytest.mark.parametrize("kind", ["combinatorial", "random"])
async def test_a_wrong_template_is_told_with_the_node_that_holds_it(kind: str, client: Tidy):
    with pytest.raises(DocumentError) as caught:
        await expand(client, prompts("a {red|blue", kind), {})
    assert str(caught.value) == (
        "InvokeAI cannot read the prompt template of “Words”. Alternatives are written {like|this}."
    )


async def test_a_board_that_is_gone_or_empty_is_told(client: Tidy, board: Any):
    with pytest.raises(DocumentError, match="The board that “Album” takes its images from is gone"):
        await expand(client, album("gone"), {})
    with pytest.raises(DocumentError, match="not shared"):
        await expand(client, album("../boards"), {})
    board_id, _ = await board("general")
    with pytest.raises(DocumentError, match="The board that “Album” takes its images from is empty"):
        await expand(client, album(board_id, "assets"), {})


async def test_too_many_prompts_are_told_and_not_cut(client: Tidy, schemas: Schemas):
    found = prompts("{1|2|3|4|5|6|7|8|9|0}" * 4, maxPrompts=5000)
    generated = await expand(client, found, {})
    assert len(generated["g"]) == MAX_ITEMS + 1
    with pytest.raises(DocumentError, match="“Words” makes more than 1,000 items"):
        compile_batch(found, schemas, {}, generated=generated)


async def test_who_does_not_answer_is_asked_again_later(connect: Any):
    with pytest.raises(Unavailable):
        await expand(await connect("http://127.0.0.1:9"), prompts("{a|b}"), {})


async def test_a_workflow_without_such_generators_asks_nothing(connect: Any):
    nobody = await connect("http://127.0.0.1:9")
    assert await expand(nobody, document(node("blank", "blank_image")), {}) == {}


@pytest.mark.parametrize(
    ("found", "items"),
    [
        (prompts("a {red|blue} cat"), ["a red cat", "a blue cat"]),
        (prompts("a {red|blue} cat", maxPrompts=1), ["a red cat"]),
        (prompts("cat", "random", count=3), ["cat"] * 3),
    ],
)
async def test_a_template_becomes_items(found: Document, items: list[str], client: Tidy):
    assert await expand(client, found, {}) == {"g": items}


async def ended(client: Tidy, batch_id: str) -> list[QueueItem]:
    async with asyncio.timeout(50):
        while True:
            items = await client.items(batch_id)
            if all(item.status.is_final for item in items):
                return items
            await asyncio.sleep(0.02)


async def run(client: Tidy, found: Document, schemas: Schemas) -> list[Any]:
    """What each of a document's runs gave, by node type."""
    batch = compile_batch(found, schemas, {}, generated=await expand(client, found, {}))
    batch_id = f"test-{uuid.uuid4()}"
    await client.enqueue(batch.body(batch_id, "familiar tests"))
    items = await ended(client, batch_id)
    assert {item.status for item in items} == {ItemStatus.COMPLETED}
    return [list(item.session.results.values()) for item in items]


async def test_every_prompt_and_every_image_runs(client: Tidy, schemas: Schemas, board: Any):
    texts = await run(client, prompts("a {red|blue} cat"), schemas)
    assert [one["value"] for results in texts for one in results if "value" in one] == ["a red cat", "a blue cat"]
    board_id, names = await board("general", "general")
    pictures = await run(client, album(board_id), schemas)
    made = {one["image"]["image_name"] for results in pictures for one in results}
    assert len(made) == 2
    assert not made & set(names)
    assert sorted(await client.board_images(board_id, "images")) == sorted(names)


# What is checked before anything runs


def ranged(starts: list[Any], stops: list[Any], **more: Any) -> Batch:
    """A batch of a node whose schema does not tell all: a range has to end after its start."""
    group = [("start", starts), ("stop", stops)]
    data = [{"node_path": "odd", "field_name": name, "items": items} for name, items in group]
    return Batch({"id": "g", "nodes": {"odd": {"id": "odd", "type": "range", **more}}, "edges": []}, [data])


async def test_what_would_stop_the_servers_queue_never_reaches_it(client: Tidy):
    with pytest.raises(DocumentError, match=r"A batch holds a value that \*\*stop\*\* does not take \(.*greater than"):
        await rehearse(client, ranged([1, 5], [2, 5]))
    with pytest.raises(DocumentError, match=r"\*\*start\*\* does not take"):
        await rehearse(client, ranged(["many"], [5]))
    assert await client.summaries() == []


@pytest.mark.parametrize(
    ("kind", "varied", "more", "told"),
    [
        ("integer_math", "operation", {"a": 1, "b": 0}, r"\*\*b\*\* does not take \(Cannot divide by zero\)"),
        (
            "ip_adapter",
            "begin_step_percent",
            {"end_step_percent": 0.1},
            r"\*\*ip_adapter\*\* does not take \(Begin step",
        ),
    ],
)
async def test_what_is_judged_beside_other_fields_is_told_too(
    client: Tidy, kind: str, varied: str, more: dict[str, Any], told: str
):
    if kind not in (await client.schemas()).nodes:
        pytest.skip("only the real server has this node")
    items = {"operation": "DIV", "begin_step_percent": 0.9}[varied]
    nodes = {"odd": {"id": "odd", "type": kind, **more}}
    batch = Batch({"nodes": nodes}, [[{"node_path": "odd", "field_name": varied, "items": [items]}]])
    with pytest.raises(DocumentError, match=told):
        await rehearse(client, batch)


async def test_what_fits_is_checked_and_not_run(client: Tidy):
    await rehearse(client, ranged([1, 5], [2, 6]))
    assert await client.summaries() == []


async def test_what_is_refused_for_another_reason_stays_so(client: Tidy):
    with pytest.raises(Rejected, match="422"):
        await rehearse(client, ranged([1], [2], type="no such node"))


@pytest.mark.parametrize("kind", ["collect", "iterate"])
async def test_what_is_checked_by_its_edges_alone_is_not_asked_about(kind: str, connect: Any):
    nodes = {"all": {"id": "all", "type": kind}}
    batch = Batch({"nodes": nodes}, [[{"node_path": "all", "field_name": "item", "items": [1]}]])
    await rehearse(await connect("http://127.0.0.1:9"), batch)


async def test_without_batches_nothing_is_asked(connect: Any):
    await rehearse(await connect("http://127.0.0.1:9"), Batch({"nodes": {}}, []))


async def test_each_set_of_values_is_checked_once():
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["batch"]["graph"]["nodes"])
        return httpx.Response(200, json={"enqueued": 0, "requested": 0, "item_ids": []})

    def datum(node_id: str, name: str, *items: int) -> list[dict[str, Any]]:
        return [{"node_path": node_id, "field_name": name, "items": list(items)}]

    nodes = {name: {"id": name, "type": "add"} for name in ("one", "two")}
    data = [datum("one", "a", 1, 2), datum("one", "b", 3, 4), datum("two", "a", 5, 5)]
    async with open_http("http://invoke", transport=httpx.MockTransport(answer)) as http:
        await rehearse(InvokeClient(http, "q"), Batch({"nodes": nodes}, data))
    (copies,) = asked
    values = sorted((node["a"], node.get("b", 0)) for node in copies.values())
    assert values == [(1, 3), (1, 4), (2, 3), (2, 4), (5, 0)]
    assert all(node["id"] == key for key, node in copies.items())
