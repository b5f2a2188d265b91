"""What the server keeps beside images: videos, boards, style presets, saved workflows, and what it makes of prompts."""

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.playground.invokeai import LocalInvokeAI
from tests.workflows.builders import document, edge, node, picture
from tests.workflows.conftest import Tidy
from tests.workflows.test_client import ended
from workflows.client import Credentials, InvokeClient, open_http
from workflows.errors import AuthError, NotFound, Oversized, Rejected
from workflows.graph import compile_batch
from workflows.models import ItemStatus
from workflows.schema import Schemas

CLIP = (Path(__file__).parents[1] / "fixtures" / "clip.mp4").read_bytes()


@pytest.fixture
async def save(invoke_url: str) -> AsyncIterator[Callable[..., Any]]:
    """Puts a workflow into the server's library: `save(name, description)` gives its id."""
    async with open_http(invoke_url) as http:
        saved: list[str] = []

        async def make(name: str, description: str = "", category: str = "user") -> str:
            texts = dict.fromkeys(("author", "version", "contact", "tags", "notes"), "")
            meta = {"version": "3.0.0", "category": category}
            workflow = {"name": name, "description": description, **texts, "exposedFields": [], "meta": meta}
            answer = await http.post(
                "/api/v1/workflows/", json={"workflow": {**workflow, "nodes": [{"id": "n"}], "edges": []}}
            )
            saved.append(answer.json()["workflow_id"])
            return saved[-1]

        yield make
        for workflow_id in saved:
            await http.delete(f"/api/v1/workflows/i/{workflow_id}")


# Videos


async def test_a_video_goes_up_comes_down_and_goes_away(client: Tidy):
    record = await client.upload_video(CLIP, "clip.mp4", "mark-a-1")
    assert (record.width, record.height, record.duration, record.fps) == (64, 64, 1.0, 8.0)
    assert (record.is_intermediate, record.session_id) == (False, "mark-a-1")
    assert record.video_name.endswith(".mp4")
    assert await client.video(record.video_name) == record
    assert await client.download_video(record.video_name, len(CLIP)) == CLIP
    with pytest.raises(Oversized) as caught:
        await client.download_video(record.video_name, len(CLIP) - 1)
    assert caught.value.size == len(CLIP)
    for _ in range(2):
        await client.delete_video(record.video_name)
    with pytest.raises(NotFound):
        await client.video(record.video_name)
    with pytest.raises(NotFound):
        await client.download_video(record.video_name, 0)


async def test_no_more_of_a_video_is_fetched_than_can_be_used():
    sent: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            sent.append(1000)
            yield bytes(1000)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "video/mp4"}, content=endless())

    async with open_http("http://invoke", transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(Oversized) as caught:
            await InvokeClient(http, "q").download_video("a.mp4", 2500)
    assert caught.value.size == sum(sent) == 3000


@pytest.mark.parametrize("data", [b"", b"no video", CLIP[:900], CLIP[:40] + bytes(500), CLIP.replace(b"avc1", b"mp4v")])
async def test_what_is_no_video_is_refused(data: bytes, client: Tidy):
    with pytest.raises(Rejected, match="415"):
        await client.upload_video(data, "clip.mp4", "mark")


async def test_an_uploaded_video_is_found_by_the_beginning_of_its_mark(client: Tidy, queue_id: str):
    marks = [f"{queue_id}-a-1", f"{queue_id}-a-2", f"{queue_id}-b-1"]
    names = [(await client.upload_video(CLIP, "clip.mp4", mark)).video_name for mark in marks]
    found = await client.videos_marked(f"{queue_id}-a")
    assert {video.video_name for video in found} == set(names[:2])
    assert all(video.created_at and video.created_at.tzinfo for video in found)
    assert await client.videos_marked(f"{queue_id}-c") == []
    assert await client.uploads_marked(f"{queue_id}-a") == []


async def run(client: Tidy, schemas: Schemas, *nodes: dict[str, Any], edges: Any = ()) -> Any:
    batch_id = f"test-{uuid.uuid4()}"
    body = compile_batch(document(*nodes, edges=list(edges)), schemas, {}).body(batch_id, "familiar tests")
    await client.enqueue(body)
    return await ended(client, batch_id)


async def test_a_run_makes_videos_and_frames_of_them(client: Tidy, schemas: Schemas):
    upload = await client.upload_video(CLIP, "clip.mp4", "mark")
    given = {"video_name": upload.video_name}
    item = await run(
        client,
        schemas,
        node("same", "video", {"video": given}),
        node("joined", "video_concat", {"videos": [given, given]}),
        node("part", "extract_video_range", {"start_frame": 1, "end_frame": 4}),
        node("frame", "video_frame_extract"),
        edges=[edge("same.video", "part.video"), edge("part.video", "frame.video")],
    )
    assert item.status is ItemStatus.COMPLETED, item.error_message
    results = {item.session.prepared_source_mapping[key]: result for key, result in item.session.results.items()}
    assert results["same"]["video"] == given
    told = ("num_frames", "duration", "width", "height")
    assert [results["joined"][key] for key in told] == [16, 2.0, 64, 64]
    assert [results["part"][key] for key in (*told, "start_frame", "end_frame")] == [4, 0.5, 64, 64, 1, 4]
    assert results["frame"]["width"] == 64
    made = {results[name]["video"]["video_name"] for name in ("joined", "part")}
    assert {video.video_name for video in await client.videos_of_sessions({item.session_id})} == made
    frame = results["frame"]["image"]["image_name"]
    assert [image.image_name for image in await client.images_of_sessions({item.session_id})] == [frame]


async def test_a_video_that_is_gone_fails_the_run(client: Tidy, schemas: Schemas):
    item = await run(client, schemas, node("same", "video", {"video": {"video_name": "gone.mp4"}}))
    assert (item.status, item.error_type) == (ItemStatus.FAILED, "VideoRecordNotFoundException")


async def test_what_is_gone_counts_as_deleted_for_members_too(connect: Any):
    """In multi-user mode the server refuses members the deletion of what is nobody's, as what is gone is."""
    users = {"admin@example.com": "secret", "ada@example.com": "secret", "eve@example.com": "secret"}
    async with LocalInvokeAI(users=users) as server:
        ada, eve = [await connect(server.url, Credentials(f"{name}@example.com", "secret")) for name in ("ada", "eve")]
        video = await ada.upload_video(CLIP, "clip.mp4", "mark")
        image = (await ada.upload(picture(), "mark")).image_name
        with pytest.raises(AuthError):
            await eve.delete_video(video.video_name)
        with pytest.raises(AuthError):
            await eve.delete_images(["gone.png", image])
        for client in (ada, ada, eve):
            await client.delete_video(video.video_name)
            await client.delete_image("gone.png")
        for client in (ada, ada, eve):
            await client.delete_images([image, "gone.png"])


# Boards


async def test_a_boards_images_and_assets_are_told_apart(client: Tidy, board: Any):
    board_id, (first, asset, second) = await board("general", "user", "general")
    assert sorted(await client.board_images(board_id, "images")) == sorted([first, second])
    assert await client.board_images(board_id, "assets") == [asset]
    empty, _ = await board()
    assert await client.board_images(empty, "images") == []


async def test_a_board_that_is_gone_is_not_found(client: Tidy):
    with pytest.raises(NotFound):
        await client.board_images("gone", "images")


# Style presets


async def test_style_presets_are_told_and_used(client: Tidy, schemas: Schemas):
    preset = next(one for one in await client.style_presets() if one.name == "Anime")
    held = {"style_preset": {"style_preset_id": preset.id}, "positive_prompt": "a cat"}
    item = await run(client, schemas, node("words", "prompt_template", held))
    (result,) = item.session.results.values()
    assert result["positive_prompt"] != "a cat"
    assert "a cat" in result["positive_prompt"]


# The library


async def test_saved_workflows_are_found_and_read(client: Tidy, save: Any):
    word = uuid.uuid4().hex
    named = await save(f"{word} by name")
    described = await save("another", f"says {word} in its description")
    found = await client.library(word.upper())
    assert [(one.id, one.name, one.category) for one in found] == [
        (named, f"{word} by name", "user"),
        (described, "another", "user"),
    ] or [one.id for one in found] == [described, named]
    assert {one.description for one in found} == {"", f"says {word} in its description"}
    assert {named, described} <= {one.id for one in await client.library()}
    assert await client.library("nothing that anybody saved") == []
    read = await client.library_workflow(named)
    assert (read["name"], read["nodes"]) == (f"{word} by name", [{"id": "n"}])


async def test_a_saved_workflow_that_is_gone_is_not_found(client: Tidy):
    with pytest.raises(NotFound):
        await client.library_workflow("gone")


# Prompts


@pytest.mark.parametrize(
    ("template", "most", "prompts"),
    [
        ("a {red|blue} {cat|dog}", 9, ["a red cat", "a red dog", "a blue cat", "a blue dog"]),
        ("a {red|blue} {cat|dog}", 3, ["a red cat", "a red dog", "a blue cat"]),
        ("{a|{b|c}} d", 9, ["a d", "b d", "c d"]),
        ("{a|a}", 9, ["a"]),
        ("{|b} d", 9, [" d", "b d"]),
        ("just", 9, ["just"]),
        ("", 9, [""]),
        ("a}b", 9, ["a}b"]),
    ],
)
async def test_a_template_becomes_its_prompts(template: str, most: int, prompts: list[str], client: Tidy):
    assert (await client.dynamic_prompts(template, most)).prompts == prompts


async def test_prompts_by_chance_follow_their_seed(client: Tidy):
    template = "{1|2|3|4|5|6|7|8} {1|2|3|4|5|6|7|8}"
    first, again = [await client.dynamic_prompts(template, 4, combinatorial=False, seed=5) for _ in range(2)]
    assert first.prompts == again.prompts
    assert len(first.prompts) == 4
    other = await client.dynamic_prompts(template, 4, combinatorial=False, seed=6)
    assert other.prompts != first.prompts
    assert (await client.dynamic_prompts("a cat", 3, combinatorial=False)).prompts == ["a cat"] * 3


@pytest.mark.parametrize("combinatorial", [True, False])
async def test_a_wrong_template_is_told(combinatorial: bool, client: Tidy):
    answer = await client.dynamic_prompts("a {red|blue", 3, combinatorial=combinatorial)
    assert answer.error


@pytest.mark.parametrize("most", [0, 10_001])
async def test_so_many_prompts_are_refused(most: int, client: Tidy):
    with pytest.raises(Rejected):
        await client.dynamic_prompts("x", most)


async def test_no_more_of_the_library_is_asked_for_than_can_be_shown():
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json={"items": []})

    async with open_http("http://invoke", transport=httpx.MockTransport(answer)) as http:
        await InvokeClient(http, "q").library("a cat")
    assert [url.query for url in asked] == [b"categories=user&categories=default&per_page=200&query=a+cat"]
