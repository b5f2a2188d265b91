"""The nodes that are there so that every kind of input can be published and used."""

import contextlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.playground.invokeai_user import InvokeUser, batch, picture

CLIP = (Path(__file__).parents[1] / "fixtures" / "clip.mp4").read_bytes()

FRESH: dict[str, Any] = {"use_cache": False, "is_intermediate": True}
BLANK = {"id": "blank", "type": "blank_image", "width": 16, "height": 16, "color": dict.fromkeys("rgba", 255), **FRESH}


def node(node_id: str, kind: str, **values: Any) -> dict[str, Any]:
    return {"id": node_id, "type": kind, **values, **FRESH}


def results_of(item: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What each node gave, each of its copies in the order in which they ran."""
    found: dict[str, list[dict[str, Any]]] = {}
    session = item["session"]
    for key, result in session["results"].items():
        found.setdefault(session["prepared_source_mapping"][key], []).append(result)
    return found


async def ran(user: InvokeUser, *nodes: dict[str, Any], edges: list[tuple[str, str]] | None = None) -> Any:
    item = await user.run(batch(*nodes, edges=edges))
    assert item["status"] == "completed", item.get("error_message")
    return results_of(item)


@pytest.mark.parametrize(
    ("kind", "collection"),
    [
        ("integer_collection", [16, 24]),
        ("float_collection", [1.5, 2.0]),
        ("string_collection", ["a", "b"]),
        ("boolean_collection", [True, False]),
    ],
)
async def test_a_list_is_handed_on(kind: str, collection: list[Any], invoke_user: InvokeUser):
    results = await ran(
        invoke_user,
        node("list", kind, collection=collection),
        node("each", "iterate"),
        edges=[("list.collection", "each.collection")],
    )
    assert results["list"][0]["collection"] == collection
    assert [one["item"] for one in results["each"]] == collection


async def test_numbers_of_a_list_make_a_picture_each(invoke_user: InvokeUser):
    results = await ran(
        invoke_user,
        node("list", "integer_collection", collection=[16, 24]),
        node("each", "iterate"),
        node("blank", "blank_image", height=8),
        edges=[("list.collection", "each.collection"), ("each.item", "blank.width")],
    )
    assert [one["width"] for one in results["blank"]] == [16, 24]


@pytest.mark.parametrize(
    ("box", "size"),
    [({"x_min": 2, "y_min": 4, "x_max": 10, "y_max": 8}, (8, 4)), (None, (16, 16))],
)
async def test_an_image_is_cut_to_a_box(box: Any, size: tuple[int, int], invoke_user: InvokeUser):
    cut = node("cut", "crop_image_to_bounding_box", **({"bounding_box": box} if box else {}))
    results = await ran(invoke_user, BLANK, cut, edges=[("blank.image", "cut.image")])
    assert (results["cut"][0]["width"], results["cut"][0]["height"]) == size


async def test_a_box_is_made_and_found(invoke_user: InvokeUser):
    results = await ran(
        invoke_user,
        BLANK,
        node("box", "bounding_box", x_min=2, y_min=4, x_max=10, y_max=8),
        node("cut", "crop_image_to_bounding_box"),
        node("around", "get_image_mask_bounding_box", margin=0),
        edges=[("blank.image", "cut.image"), ("box.bounding_box", "cut.bounding_box"), ("cut.image", "around.mask")],
    )
    assert results["cut"][0]["width"] == 8
    found = results["around"][0]["bounding_box"]
    assert (found["x_min"], found["y_min"], found["x_max"], found["y_max"]) == (0, 0, 7, 3)


async def test_a_box_that_ends_before_it_starts_is_refused(invoke_user: InvokeUser):
    box = {"x_min": 10, "y_min": 4, "x_max": 2, "y_max": 8}
    (problem,) = await invoke_user.refused(batch(node("cut", "crop_image_to_bounding_box", bounding_box=box)))
    assert problem["loc"][-1] == "bounding_box"
    assert "x_min" in problem["msg"]


async def test_a_mask_is_applied(invoke_user: InvokeUser):
    mask = (await invoke_user.upload(picture("L", (16, 16)))).json()["image_name"]
    results = await ran(
        invoke_user,
        BLANK,
        node("masked", "apply_mask_to_image", mask={"image_name": mask}),
        edges=[("blank.image", "masked.image")],
    )
    assert results["masked"][0]["width"] == 16


async def test_a_template_puts_prompts_into_its_words(invoke_user: InvokeUser):
    presets = (await invoke_user.http.get("/api/v1/style_presets/")).json()
    preset = next(one for one in presets if "{prompt}" in one["preset_data"]["positive_prompt"])
    held = {"style_preset": {"style_preset_id": preset["id"]}, "positive_prompt": "a cat", "negative_prompt": "a dog"}
    (result,) = (await ran(invoke_user, node("words", "prompt_template", **held)))["words"]
    for name, prompt in (("positive_prompt", "a cat"), ("negative_prompt", "a dog")):
        assert result[name] == preset["preset_data"][name].replace("{prompt}", prompt)


async def test_a_style_preset_that_is_gone_fails_the_run(invoke_user: InvokeUser):
    gone = {"style_preset": {"style_preset_id": "gone"}}
    item = await invoke_user.run(batch(node("words", "prompt_template", **gone)))
    assert (item["status"], item["error_type"]) == ("failed", "StylePresetNotFoundError")


async def test_a_prompt_is_opened_while_the_graph_runs(invoke_user: InvokeUser):
    held = {"prompt": "a {red|blue} cat", "max_prompts": 5, "combinatorial": True}
    results = await ran(invoke_user, node("words", "dynamic_prompt", **held))
    assert results["words"][0]["collection"] == ["a red cat", "a blue cat"]


@pytest.mark.parametrize(("condition", "value"), [(True, 5), (False, "no")])
async def test_one_of_two_things_is_chosen(condition: bool, value: Any, invoke_user: InvokeUser):
    chosen = node("one", "if", condition=condition, true_input=5, false_input="no")
    assert (await ran(invoke_user, chosen))["one"][0]["value"] == value


async def test_a_scheduler_and_a_model_are_named(invoke_user: InvokeUser):
    model = await invoke_user.model()
    results = await ran(
        invoke_user, node("how", "scheduler", scheduler="lcm"), node("which", "model_identifier", model=model)
    )
    assert results["how"][0]["scheduler"] == "lcm"
    assert results["which"][0]["model"]["key"] == model["key"]


# LoRAs: the real server that tests run against has none


async def lora(user: InvokeUser, name: str = "anime style") -> dict[str, Any]:
    params = {"name": name, "base": "sd-1", "type": "lora"}
    record = (await user.http.get("/api/v2/models/get_by_attrs", params=params)).json()
    return {key: record[key] for key in ("key", "hash", "name", "base", "type")}


async def test_loras_of_a_list_are_put_on_a_model_each_once(local_user: InvokeUser):
    first, second = await lora(local_user), await lora(local_user, "ink style")
    given = [{"lora": first, "weight": 0.5}, {"lora": second, "weight": 1.0}, {"lora": first, "weight": 0.9}]
    results = await ran(
        local_user,
        node("main", "main_model_loader", model=await local_user.model()),
        node("all", "lora_collection_loader", loras=given),
        edges=[("main.unet", "all.unet"), ("main.clip", "all.clip")],
    )
    (result,) = results["all"]
    for part in ("unet", "clip"):
        put = [(one["lora"]["name"], one["weight"]) for one in result[part]["loras"]]
        assert put == [("anime style", 0.5), ("ink style", 1.0)]


async def test_a_lora_is_selected_and_put_on_a_model(local_user: InvokeUser):
    results = await ran(
        local_user,
        node("main", "main_model_loader", model=await local_user.model()),
        node("one", "lora_selector", lora=await lora(local_user), weight=0.25),
        node("all", "lora_collection_loader"),
        edges=[("main.unet", "all.unet"), ("one.lora", "all.loras")],
    )
    assert [one["weight"] for one in results["all"][0]["unet"]["loras"]] == [0.25]
    assert "clip" not in results["all"][0]


async def test_unknown_models_fail_the_run(local_user: InvokeUser):
    gone = {**await lora(local_user), "key": "gone"}
    item = await local_user.run(batch(node("all", "lora_collection_loader", loras={"lora": gone, "weight": 1})))
    assert item["status"] == "failed"


async def test_videos_are_listed_and_deleted_together(invoke_url: str):
    async with httpx.AsyncClient(base_url=invoke_url, timeout=60) as http:
        params = {"video_category": "user", "is_intermediate": "false"}
        files = {"file": ("clip.mp4", CLIP, "video/mp4")}
        name = (await http.post("/api/v1/videos/upload", params=params, files=files)).json()["video_name"]
        thumbnail = await http.get(f"/api/v1/videos/i/{name}/thumbnail")
        assert thumbnail.headers["content-type"] == "image/webp"
        assert (await http.get(f"/api/v1/videos/i/{name}/metadata")).json() is None
        workflow = (await http.get(f"/api/v1/videos/i/{name}/workflow")).json()
        assert workflow == {"workflow": None, "graph": None}
        listed = (await http.get("/api/v1/videos/", params={"limit": 1000, "order_dir": "ASC"})).json()
        assert name in [one["video_name"] for one in listed["items"]]
        answer = (await http.post("/api/v1/videos/delete", json={"video_names": [name, "gone.mp4"]})).json()
        # Other than images, those that are gone are told to have failed.
        assert (answer["deleted_videos"], answer["failed_videos"]) == ([name], ["gone.mp4"])


@pytest.mark.parametrize(
    ("params", "files", "data", "status"),
    [
        ({}, True, {}, 422),
        ({"video_category": "user", "is_intermediate": "false", "board_id": "gone"}, True, {}, 404),
        ({"video_category": "user", "is_intermediate": "false"}, False, {"x": "1"}, 422),
        ({"video_category": "user", "is_intermediate": "false"}, True, {"metadata": "[1]"}, 422),
    ],
)
async def test_an_upload_that_is_none_is_refused(params: Any, files: bool, data: Any, status: int, invoke_url: str):
    sent = {"file": ("clip.mp4", CLIP, "video/mp4")} if files else None
    assert await refused_with(invoke_url, params=params, files=sent, data=data) == status


async def refused_with(url: str, **sent: Any) -> int:
    """The status of an upload's refusal. Where it comes before the file was read, the line may close over it."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        for _ in range(20):
            with contextlib.suppress(httpx.ReadError, httpx.WriteError):
                return (await http.post("/api/v1/videos/upload", **sent)).status_code
    raise AssertionError("no answer came through")
