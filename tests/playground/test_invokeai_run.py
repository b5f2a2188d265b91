"""One run of a graph: its events in order, and what the item tells afterwards."""

import io
from typing import Any

import pytest
from PIL import Image

from bot.playground.invokeai import LocalInvokeAI
from tests.playground.invokeai_user import InvokeUser, batch, names_in

BLANK: dict[str, Any] = {
    "id": "blank",
    "type": "blank_image",
    "width": 16,
    "height": 16,
    "use_cache": False,
    "is_intermediate": True,
}


def hues(count: int) -> dict[str, Any]:
    """A blank picture in several hues, gathered again."""
    return batch(
        BLANK,
        {"id": "range", "type": "range_of_size", "size": count, "step": 60},
        {"id": "each", "type": "iterate"},
        {"id": "hue", "type": "img_hue_adjust", "use_cache": False},
        {"id": "all", "type": "collect"},
        {"id": "sheet", "type": "image_collection", "use_cache": False},
        edges=[
            ("range.collection", "each.collection"),
            ("each.item", "hue.hue"),
            ("blank.image", "hue.image"),
            ("hue.image", "all.item"),
            ("all.collection", "sheet.collection"),
        ],
    )


async def test_events_of_a_run_come_in_order(invoke_user: InvokeUser):
    wanted = batch(
        BLANK,
        {"id": "blur", "type": "img_blur", "use_cache": False},
        edges=[("blank.image", "blur.image")],
        destination="there",
        origin="here",
    )
    result = await invoke_user.enqueue(wanted)
    await invoke_user.hear("queue_item_status_changed", status="completed")
    told = [
        (name, data.get("status") or data.get("invocation_source_id") or data["batch_id"])
        for name, data in invoke_user.events
    ]
    assert told == [
        ("batch_enqueued", wanted["batch_id"]),
        ("queue_item_status_changed", "in_progress"),
        ("invocation_started", "blank"),
        ("invocation_progress", "blank"),
        ("invocation_complete", "blank"),
        ("invocation_started", "blur"),
        ("invocation_progress", "blur"),
        ("invocation_complete", "blur"),
        ("queue_item_status_changed", "completed"),
    ]
    named = {"item_id": result["item_ids"][0], "batch_id": wanted["batch_id"], "origin": "here", "destination": "there"}
    assert all(named.items() <= data.items() for _, data in invoke_user.events[1:])


async def test_payloads_have_the_fields_that_clients_read(invoke_user: InvokeUser):
    item = await invoke_user.run(batch(BLANK))
    await invoke_user.hear("queue_item_status_changed", status="completed")
    shapes = {name: set(data) for name, data in invoke_user.events}
    common = {"timestamp", "queue_id", "item_id", "batch_id", "origin", "destination", "user_id", "session_id"}
    of_node = common | {"invocation", "invocation_source_id"}
    assert shapes == {
        "batch_enqueued": {
            *("timestamp", "queue_id", "batch_id", "enqueued", "requested", "priority", "origin", "user_id")
        },
        "queue_item_status_changed": common
        | {"status", "status_sequence", "error_type", "error_message", "error_traceback", "batch_status"}
        | {"created_at", "updated_at", "started_at", "completed_at", "queue_status"},
        "invocation_started": of_node,
        "invocation_progress": of_node | {"message", "percentage", "image", "device"},
        "invocation_complete": of_node | {"result"},
    }
    done = await invoke_user.hear("invocation_complete")
    assert done["result"] == {
        "output_meta": None,
        "image": {"image_name": names_in(item["session"]["results"])[0]},
        "width": 16,
        "height": 16,
        "type": "image_output",
    }
    assert done["invocation"]["type"] == "blank_image"
    assert done["invocation"]["id"] in item["session"]["results"]


async def test_when_the_last_event_is_there_the_item_shows_its_results(invoke_user: InvokeUser):
    await invoke_user.enqueue(batch(BLANK))
    done = await invoke_user.hear("queue_item_status_changed", status="completed")
    item = await invoke_user.item(done["item_id"])
    assert item["status"] == "completed"
    assert len(item["session"]["results"]) == 1


async def test_a_list_spreads_over_copies_and_is_gathered_in_order(invoke_user: InvokeUser):
    session = (await invoke_user.run(hues(3)))["session"]
    of_source = {source: list(copies) for source, copies in session["source_prepared_mapping"].items()}
    assert {source: len(copies) for source, copies in of_source.items()} == {
        "blank": 1,
        "range": 1,
        "all": 1,
        "sheet": 1,
        "each": 3,
        "hue": 3,
    }
    paths = session["prepared_iteration_paths"]
    in_order = sorted(of_source["hue"], key=lambda copy: paths[copy])
    assert [paths[copy] for copy in in_order] == [[0], [1], [2]]
    gathered = session["results"][of_source["sheet"][0]]["collection"]
    assert gathered == [session["results"][copy]["image"] for copy in in_order]
    assert session["executed_history"] == ["blank", "range", "each", "hue", "all", "sheet"]
    assert set(session["executed"]) == {*of_source, *session["prepared_source_mapping"]}
    assert session["errors"] == {}


async def test_two_lists_multiply_unless_they_meet_in_one_iterator(invoke_user: InvokeUser):
    def numbers(name: str, size: int) -> dict[str, Any]:
        return {"id": name, "type": "range_of_size", "size": size, "step": 10}

    wanted = batch(
        numbers("tens", 2),
        numbers("more", 3),
        {"id": "x", "type": "iterate"},
        {"id": "y", "type": "iterate"},
        {"id": "sum", "type": "add"},
        {"id": "twice", "type": "mul", "b": 2},
        {"id": "both", "type": "add"},
        edges=[
            ("tens.collection", "x.collection"),
            ("more.collection", "y.collection"),
            ("x.item", "sum.a"),
            ("y.item", "sum.b"),
            ("x.item", "twice.a"),
            ("twice.value", "both.a"),
            ("x.item", "both.b"),
        ],
    )
    session = (await invoke_user.run(wanted))["session"]

    def values(source: str) -> list[int]:
        return sorted(session["results"][copy]["value"] for copy in session["source_prepared_mapping"][source])

    assert values("sum") == [0, 10, 10, 20, 20, 30]
    assert values("both") == [0, 30]


async def test_an_empty_list_leaves_an_empty_collection(invoke_user: InvokeUser):
    wanted = batch(
        {"id": "none", "type": "image_collection", "images": []},
        {"id": "each", "type": "iterate"},
        {"id": "blur", "type": "img_blur"},
        {"id": "all", "type": "collect"},
        edges=[("none.collection", "each.collection"), ("each.item", "blur.image"), ("blur.image", "all.item")],
    )
    item = await invoke_user.run(wanted)
    assert item["status"] == "completed"
    outputs = [one for one in item["session"]["results"].values() if one["type"] == "collect_output"]
    assert outputs == [{"collection": [], "type": "collect_output"}]


FAILURES: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "div", "a": 1, "b": 0}, "ZeroDivisionError", "division by zero"),
    ({"type": "img_blur", "image": {"image_name": "no.png"}}, "ImageRecordNotFoundException", "Image record not found"),
    ({"type": "img_blur"}, "MissingInputException", "Node img_blur missing value or connection for field image"),
    (
        {"type": "denoise_latents"},
        "RequiredConnectionException",
        "Node denoise_latents missing connections for field positive_conditioning",
    ),
    (
        {"type": "main_model_loader", "model": {"key": "no", "hash": "", "name": "", "base": "sd-1", "type": "main"}},
        "Exception",
        "Unknown model no",
    ),
    ({"type": "blank_image", "width": -1}, "ValueError", "Width and height must be >= 0"),
]


@pytest.mark.parametrize(("node", "kind", "message"), FAILURES, ids=[kind for _, kind, _ in FAILURES])
async def test_a_failing_node_fails_the_item(invoke_user: InvokeUser, node: dict[str, Any], kind: str, message: str):
    item = await invoke_user.run(batch({"id": "bad", **node}))
    assert (item["status"], item["error_type"], item["error_message"]) == ("failed", kind, message)
    assert item["error_traceback"].startswith("Traceback")
    assert "/site-packages/invokeai/app/" in item["error_traceback"]
    assert list(item["session"]["errors"].values()) == [f"{kind}: {message}"]


async def test_the_status_comes_before_the_error(invoke_user: InvokeUser):
    item = await invoke_user.run(batch(BLANK, {"id": "bad", "type": "img_chan"}, edges=[("blank.image", "bad.image")]))
    error = await invoke_user.hear("invocation_error")
    names = [(name, data.get("status")) for name, data in invoke_user.events]
    assert names.index(("queue_item_status_changed", "failed")) < names.index(("invocation_error", None))
    assert error["error_message"] == item["error_message"] == 'The image has no channel "A"'
    assert len(item["session"]["results"]) == 1


async def test_what_comes_over_an_edge_must_fit_too(invoke_user: InvokeUser):
    wanted = batch(
        {"id": "less", "type": "integer", "value": -5},
        BLANK,
        {"id": "resize", "type": "img_resize"},
        edges=[("less.value", "resize.width"), ("blank.image", "resize.image")],
    )
    item = await invoke_user.run(wanted)
    assert item["error_type"] == "NodeInputError"
    assert item["error_message"].endswith("has invalid incoming input for width")


async def test_the_cache_gives_the_same_image_to_different_items(invoke_user: InvokeUser):
    node = {"id": "blank", "type": "blank_image", "width": 8, "height": 8, "color": {"r": 1, "g": 2, "b": 3, "a": 255}}
    first, second = [await invoke_user.run(batch({**node, "id": name})) for name in ("one", "two")]
    third = await invoke_user.run(batch({**node, "use_cache": False}))
    names = [names_in(item["session"]["results"])[0] for item in (first, second, third)]
    assert names[0] == names[1] != names[2]
    await invoke_user.http.delete(f"/api/v1/images/i/{names[0]}")
    fourth = await invoke_user.run(batch(node))
    assert names_in(fourth["session"]["results"])[0] not in names


async def test_a_result_carries_its_graph_and_workflow(invoke_user: InvokeUser, workflow: dict[str, Any]):
    item = await invoke_user.run(batch(BLANK, workflow=workflow))
    name = names_in(item["session"]["results"])[0]
    file = await invoke_user.http.get(f"/api/v1/images/i/{name}/full")
    texts = Image.open(io.BytesIO(file.content)).info
    assert set(texts) == {"invokeai_graph", "invokeai_workflow"}
    stored = (await invoke_user.http.get(f"/api/v1/images/i/{name}/workflow")).json()
    assert set(stored) == {"workflow", "graph"}
    dto = (await invoke_user.http.get(f"/api/v1/images/i/{name}")).json()
    assert dto["session_id"] == item["session"]["id"]
    assert dto["node_id"] in item["session"]["results"]
    assert dto["is_intermediate"] is True
    assert dto["has_workflow"] is True


def denoising(model: dict[str, Any], steps: int, seed: int = 1, prompt: str = "a house") -> dict[str, Any]:
    return batch(
        {"id": "model", "type": "main_model_loader", "model": model, "use_cache": False},
        {"id": "yes", "type": "compel", "prompt": prompt, "use_cache": False},
        {"id": "no", "type": "compel", "use_cache": False},
        {"id": "noise", "type": "noise", "width": 64, "height": 64, "seed": seed, "use_cache": False},
        {"id": "denoise", "type": "denoise_latents", "steps": steps, "use_cache": False},
        {"id": "image", "type": "l2i", "use_cache": False},
        edges=[
            ("model.unet", "denoise.unet"),
            ("model.clip", "yes.clip"),
            ("model.clip", "no.clip"),
            ("yes.conditioning", "denoise.positive_conditioning"),
            ("no.conditioning", "denoise.negative_conditioning"),
            ("noise.noise", "denoise.noise"),
            ("denoise.latents", "image.latents"),
            ("model.vae", "image.vae"),
        ],
    )


async def test_denoising_tells_its_progress(invoke_user: InvokeUser):
    item = await invoke_user.run(denoising(await invoke_user.model(), 4))
    assert item["status"] == "completed", item.get("error_message")
    await invoke_user.hear("queue_item_status_changed", status="completed")
    progress = [data for name, data in invoke_user.events if name == "invocation_progress"]
    steps = [data for data in progress if data["message"] == "Denoising"]
    assert [data["percentage"] for data in steps] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert {(data["image"]["width"], data["image"]["height"]) for data in steps} == {(64, 64)}
    assert all(data["image"]["dataURL"].startswith("data:image/jpeg;base64,") for data in steps)
    assert [data["message"] for data in progress if data not in steps] == [
        *("Loading model tiny-sd15 (text_encoder)", "Loading model tiny-sd15 (tokenizer)", "Building conditioning"),
        *("Loading model tiny-sd15 (text_encoder)", "Loading model tiny-sd15 (tokenizer)", "Building conditioning"),
        *("Loading model tiny-sd15 (unet)", "Loading model tiny-sd15 (scheduler)"),
        *("Loading model tiny-sd15 (vae)", "Running VAE decoder", "Saving image"),
    ]


async def test_cancelled_while_it_denoises(invoke_user: InvokeUser):
    item_id = (await invoke_user.enqueue(denoising(await invoke_user.model(), 400)))["item_ids"][0]
    await invoke_user.hear("invocation_progress", message="Denoising")
    told = await invoke_user.cancel(item_id)
    assert (told["status"], told["error_type"], told["session"]["results"]) == ("canceled", None, {})
    await invoke_user.hear("queue_item_status_changed", status="canceled")
    session = (await invoke_user.saved(item_id))["session"]
    assert set(session["executed_history"]) == {"model", "yes", "no", "noise"}
    again = await invoke_user.cancel(item_id)
    assert again["status"] == "canceled"


async def test_a_run_that_is_made_to_take_its_time_tells_how_far_it_is_and_can_be_cancelled() -> None:
    wanted = batch(BLANK, {"id": "blur", "type": "img_blur"}, edges=[("blank.image", "blur.image")])
    async with LocalInvokeAI() as server, InvokeUser(server.url) as user:
        server.take_time(1.0)
        await user.listen()
        await user.enqueue(wanted)
        await user.hear("queue_item_status_changed", status="completed")
        told = [data["percentage"] for _, data in user.events if (data.get("percentage") or 0) > 0]
        assert told == [0.5, 1.0, 0.5, 1.0]
        await user.enqueue({**wanted, "batch_id": "second", "destination": "there"})
        await user.hear("invocation_started", batch_id="second")
        await user.http.put(f"{user.base}/cancel_by_destination", params={"destination": "there"})
        await user.hear("queue_item_status_changed", status="canceled")
