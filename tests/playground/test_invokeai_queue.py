"""The queue: batches, order, cancelling, deleting."""

import asyncio
from typing import Any

import pytest

from bot.playground.invokeai import LocalInvokeAI
from tests.bot.world import until
from tests.playground.invokeai_user import InvokeUser, batch, edge

NUMBER: dict[str, Any] = {"id": "n", "type": "integer", "value": 1, "use_cache": False}


def data(*groups: dict[str, list[Any]]) -> list[list[dict[str, Any]]]:
    return [
        [
            {"node_path": path.split(".")[0], "field_name": path.split(".")[1], "items": items}
            for path, items in one.items()
        ]
        for one in groups
    ]


SUM: dict[str, Any] = {"id": "n", "type": "add", "use_cache": False}


@pytest.mark.parametrize(
    ("groups", "runs", "expected"),
    [
        ([{"n.a": [1, 2]}, {"n.b": [10, 20]}], 1, [(1, 10), (1, 20), (2, 10), (2, 20)]),
        ([{"n.a": [1, 2], "n.b": [10, 20]}], 1, [(1, 10), (2, 20)]),
        ([{"n.a": [1]}], 2, [(1,), (1,)]),
        ([{"n.a": []}], 1, []),
    ],
    ids=["product", "zip", "runs", "nothing"],
)
async def test_a_batch_becomes_one_item_for_each_combination(
    invoke_user: InvokeUser, groups: list[dict[str, list[Any]]], runs: int, expected: list[tuple[int, ...]]
):
    result = await invoke_user.enqueue(batch(SUM, data=data(*groups), runs=runs))
    assert (result["enqueued"], result["requested"]) == (len(expected), len(expected))
    ids = result["item_ids"]
    assert ids == sorted(ids, reverse=True)
    items = [await invoke_user.finished(one) for one in reversed(ids)]
    assert [tuple(value["value"] for value in item["field_values"]) for item in items] == expected
    sums = [next(iter(item["session"]["results"].values()))["value"] for item in items]
    assert [sum(one) for one in expected] == sums


async def test_the_item_repeats_what_the_client_chose(invoke_user: InvokeUser):
    wanted = batch(NUMBER, origin="here", destination="there/with spaces")
    item = await invoke_user.run(wanted)
    assert (item["batch_id"], item["origin"], item["destination"]) == (wanted["batch_id"], "here", "there/with spaces")
    assert item["queue_id"] == invoke_user.queue
    assert item["status_sequence"] == 2
    assert "error_type" not in item, "the single item omits nulls"
    listed = (await invoke_user.http.get(f"{invoke_user.base}/list_all")).json()
    assert [one["item_id"] for one in listed] == [item["item_id"]]
    assert listed[0]["error_type"] is None, "lists keep nulls"


async def test_the_same_batch_id_again_enqueues_again(invoke_user: InvokeUser):
    wanted = batch(NUMBER)
    first, second = [await invoke_user.enqueue(wanted) for _ in range(2)]
    assert second["item_ids"][1:] == first["item_ids"]
    assert len(second["item_ids"]) == 2


async def test_lists_counts_and_summaries(invoke_user: InvokeUser):
    ours, theirs = batch(NUMBER, destination="ours"), batch(NUMBER, destination="theirs")
    first, second = (await invoke_user.run(ours))["item_id"], (await invoke_user.run(theirs))["item_id"]
    base = invoke_user.base

    async def get(path: str, **params: Any) -> Any:
        return (await invoke_user.http.get(f"{base}/{path}", params=params)).json()

    assert await get("item_ids") == {"item_ids": [second, first], "total_count": 2}
    assert [one["item_id"] for one in await get("list_all")] == [first, second]
    assert [one["item_id"] for one in await get("list_all", destination="ours")] == [first]
    counts = {"pending": 0, "in_progress": 0, "waiting": 0, "completed": 1, "failed": 0, "canceled": 0, "total": 1}
    queue = {"queue_id": invoke_user.queue}
    assert await get("counts_by_destination", destination="ours") == {**queue, "destination": "ours", **counts}
    assert await get(f"b/{ours['batch_id']}/status") == {
        **queue,
        **counts,
        "batch_id": ours["batch_id"],
        "origin": None,
        "destination": "ours",
    }
    assert (await get("status"))["queue"]["completed"] == 2
    assert await get("current") is None
    assert await get("next") is None
    wanted = {"item_ids": [second, 999999, first]}
    summaries = (await invoke_user.http.post(f"{base}/item_summaries_by_ids", json=wanted)).json()
    assert [one["item_id"] for one in summaries] == [second, first]
    assert "priority" not in summaries[0]
    items = (await invoke_user.http.post(f"{base}/items_by_ids", json=wanted)).json()
    assert [one["session"]["id"] for one in items] == [one["session_id"] for one in items]


async def test_deleting_an_item(invoke_user: InvokeUser):
    item_id = (await invoke_user.run(batch(NUMBER)))["item_id"]
    answers = [await invoke_user.http.delete(f"{invoke_user.base}/i/{item_id}") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 404]
    assert (await invoke_user.http.get(f"{invoke_user.base}/i/{item_id}")).status_code == 404


async def test_deleting_a_destination_names_finished_items_too(invoke_user: InvokeUser):
    item_id = (await invoke_user.run(batch(NUMBER, destination="there")))["item_id"]
    answers = [(await invoke_user.http.delete(f"{invoke_user.base}/d/there")).json() for _ in range(2)]
    assert answers == [{"deleted": 1}, {"deleted": 0}]
    told = await invoke_user.hear("queue_items_canceled")
    assert told["canceled_item_ids"] == [item_id]
    assert told["canceled_item_ids_by_user"] == {"system": [item_id]}


async def test_an_item_of_another_queue_id_is_not_found(invoke_user: InvokeUser):
    item_id = (await invoke_user.run(batch(NUMBER)))["item_id"]
    other = f"/api/v1/queue/other-{invoke_user.queue}/i/{item_id}"
    assert (await invoke_user.http.delete(other)).status_code == 404
    assert (await invoke_user.http.put(f"{other}/cancel")).status_code == 404
    assert (await invoke_user.http.get(other)).status_code == 500


async def test_retrying_makes_new_items(invoke_user: InvokeUser):
    item = await invoke_user.run(batch({"id": "bad", "type": "div"}, destination="there"))
    answer = await invoke_user.http.put(f"{invoke_user.base}/retry_items_by_id", json=[item["item_id"]])
    assert answer.json() == {"queue_id": invoke_user.queue, "retried_item_ids": [item["item_id"]]}
    told = await invoke_user.hear("queue_items_retried")
    assert told["retried_item_ids"] == [item["item_id"]]
    new = [one for one in await invoke_user.item_ids() if one != item["item_id"]]
    again = await invoke_user.finished(new[0])
    assert again["retried_from_item_id"] == item["item_id"]
    assert (again["batch_id"], again["destination"]) == (item["batch_id"], "there")


REFUSALS: list[tuple[str, dict[str, Any], str, list[Any]]] = [
    ("unknown type", batch({"id": "a", "type": "no"}), "union_tag_invalid", ["graph", "nodes", "a"]),
    ("text", batch({"id": "a", "type": "img_blur", "radius": "x"}), "float_parsing", ["a", "img_blur", "radius"]),
    ("low", batch({"id": "a", "type": "img_blur", "radius": -1}), "greater_than_equal", ["a", "img_blur", "radius"]),
    ("half", batch({"id": "a", "type": "blank_image", "width": 64.5}), "int_from_float", ["blank_image", "width"]),
    ("null", batch({"id": "a", "type": "blank_image", "width": None}), "int_type", ["blank_image", "width"]),
    ("choice", batch({"id": "a", "type": "img_blur", "blur_type": "x"}), "literal_error", ["img_blur", "blur_type"]),
    ("step", batch({"id": "a", "type": "noise", "width": 65}), "multiple_of", ["a", "noise", "width"]),
    (
        "part",
        batch({"id": "a", "type": "color", "color": {"r": 1, "g": 1, "b": 1}}),
        "missing",
        ["color", "color", "a"],
    ),
    ("board", batch({"id": "a", "type": "blank_image", "board": "auto"}), "model_type", ["blank_image", "board"]),
    ("edge", batch(NUMBER, edges=[("no.value", "n.value")]), "value_error", ["batch", "graph"]),
    ("field", batch(NUMBER, SUM | {"id": "s"}, edges=[("n.no", "s.a")]), "value_error", ["batch", "graph"]),
    (
        "types",
        batch(NUMBER, {"id": "b", "type": "img_blur"}, edges=[("n.value", "b.image")]),
        "value_error",
        ["batch", "graph"],
    ),
    ("circle", batch(SUM, SUM | {"id": "s"}, edges=[("n.value", "s.a"), ("s.value", "n.a")]), "value_error", ["graph"]),
    ("no list", batch({"id": "a", "type": "iterate"}), "value_error", ["batch", "graph"]),
    ("lengths", batch(SUM, data=data({"n.a": [1], "n.b": [1, 2]})), "value_error", ["batch", "data"]),
    ("target", batch(SUM, data=data({"n.no": [1]})), "value_error", ["body", "batch"]),
    ("document", batch(NUMBER, workflow={"name": "x"}), "missing", ["batch", "workflow", "author"]),
]


@pytest.mark.parametrize(("wanted", "kind", "place"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS])
async def test_a_bad_batch_is_refused_at_once(
    invoke_user: InvokeUser, wanted: dict[str, Any], kind: str, place: list[Any]
):
    detail = (await invoke_user.refused(wanted))[0]
    assert detail["type"] == kind
    assert detail["loc"][0] == "body"
    assert detail["loc"][-len(place) :] == place


async def test_a_node_that_only_the_editor_knows_is_a_bare_500(invoke_user: InvokeUser):
    wanted = batch({"id": "a", "type": "integer_batch", "integers": [1]})
    # The server closes the connection after such an answer, and does not say so.
    once = {"Connection": "close"}
    answer = await invoke_user.http.post(f"{invoke_user.base}/enqueue_batch", json={"batch": wanted}, headers=once)
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert answer.headers["content-type"].startswith("text/plain")


async def paused(server: LocalInvokeAI, user: InvokeUser, *destinations: str) -> list[int]:
    """Pending items, one for each destination."""
    await server.pause()
    return [(await user.enqueue(batch(NUMBER, destination=one)))["item_ids"][0] for one in destinations]


async def test_one_pending_item_cancelled_has_its_own_event(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    item_id = (await paused(local_invokeai, local_user, "a"))[0]
    await local_user.cancel(item_id)
    told = await local_user.hear("queue_item_status_changed")
    assert (told["item_id"], told["status"], told["started_at"]) == (item_id, "canceled", None)


@pytest.mark.parametrize("way", ["batch", "destination", "delete"])
async def test_many_pending_items_cancelled_have_one_event(
    local_invokeai: LocalInvokeAI, local_user: InvokeUser, way: str
):
    ids = await paused(local_invokeai, local_user, "a", "a", "b")
    http, base = local_user.http, local_user.base
    if way == "batch":
        batches = [local_invokeai.items[one].batch_id for one in ids[:2]]
        answer = await http.put(f"{base}/cancel_by_batch_ids", json={"batch_ids": batches})
    elif way == "destination":
        answer = await http.put(f"{base}/cancel_by_destination", params={"destination": "a"})
    else:
        answer = await http.delete(f"{base}/d/a")
    assert list(answer.json().values()) == [2]
    told = await local_user.hear("queue_items_canceled")
    assert told["canceled_item_ids"] == ids[:2]
    assert not any(name == "queue_item_status_changed" for name, _ in local_user.events)
    assert local_invokeai.items[ids[2]].status == "pending"


async def test_prepended_items_go_first(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    last = (await paused(local_invokeai, local_user, "a"))[0]
    first = (await local_user.enqueue(batch(NUMBER), prepend=True))["item_ids"][0]
    assert (await local_user.http.get(f"{local_user.base}/next")).json()["item_id"] == first
    await local_invokeai.resume()
    await local_user.finished(last)

    def started() -> list[int]:
        return [data["item_id"] for name, data in local_user.events if data.get("status") == "in_progress"]

    # Events come on a connection of their own, and may be later than the answer.
    await until(lambda: len(started()) == 2)
    assert started() == [first, last]


async def test_pausing_over_http(local_user: InvokeUser):
    answer = await local_user.http.put(f"{local_user.base}/processor/pause")
    assert answer.json()["is_started"] is False
    item_id = (await local_user.enqueue(batch(NUMBER)))["item_ids"][0]
    await asyncio.sleep(0.02)
    assert (await local_user.item(item_id))["status"] == "pending"
    await local_user.http.put(f"{local_user.base}/processor/resume")
    assert (await local_user.finished(item_id))["status"] == "completed"


BREAKING: list[tuple[dict[str, Any], str, Any]] = [
    (SUM, "n.a", "text"),
    (SUM, "n.a", 64.5),
    ({"id": "n", "type": "img_blur"}, "n.radius", -1.0),
    ({"id": "n", "type": "img_blur"}, "n.blur_type", "no"),
    ({"id": "n", "type": "noise"}, "n.width", 65),
]


@pytest.mark.parametrize(("node", "path", "value"), BREAKING)
async def test_a_wrong_value_in_a_batch_stops_the_queue(
    local_invokeai: LocalInvokeAI, local_user: InvokeUser, node: dict[str, Any], path: str, value: Any
):
    wanted = batch(node, data=data({path: [value]}), destination="broken")
    broken = (await local_user.enqueue(wanted))["item_ids"][0]
    behind = (await local_user.enqueue(batch(NUMBER)))["item_ids"][0]
    await asyncio.sleep(0.05)
    assert local_invokeai.items[behind].status == "pending"
    http, item = local_user.http, f"{local_user.base}/i/{broken}"
    answers = [
        await http.get(item),
        await http.put(f"{item}/cancel"),
        await http.delete(item),
        await http.get(f"{local_user.base}/list_all"),
        await http.get(f"{local_user.base}/next"),
    ]
    assert [one.status_code for one in answers] == [500] * 5
    assert (await http.get(f"{local_user.base}/current")).json() is None
    assert (await http.delete(f"{local_user.base}/d/broken")).json() == {"deleted": 1}
    assert (await local_user.finished(behind))["status"] == "completed"


@pytest.mark.parametrize(
    ("node", "path", "value"),
    [
        (SUM, "n.a", 64.0),
        ({"id": "n", "type": "boolean"}, "n.value", True),
        ({"id": "n", "type": "string"}, "n.value", 5),
    ],
)
async def test_what_can_be_converted_does_no_harm(invoke_user: InvokeUser, node: dict[str, Any], path: str, value: Any):
    result = await invoke_user.enqueue(batch(node, data=data({path: [value]})))
    assert (await invoke_user.finished(result["item_ids"][0]))["status"] == "completed"


def test_edges_are_written_as_the_server_reads_them():
    assert edge("a.x", "b.y") == {
        "source": {"node_id": "a", "field": "x"},
        "destination": {"node_id": "b", "field": "y"},
    }
