import asyncio
import gc
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.playground.invokeai import LocalInvokeAI
from tests.workflows.builders import picture
from tests.workflows.conftest import Tidy
from workflows.client import InvokeClient, open_http
from workflows.errors import AuthError, BackendError, Forbidden, NotFound, QueueFull, Rejected, Unavailable
from workflows.models import ItemStatus, QueueItem

Call = Callable[[InvokeClient], Awaitable[object]]

BODY: dict[str, Any] = {"prepend": False, "batch": {"batch_id": "x", "destination": "x", "graph": {}, "runs": 1}}

CALLS: dict[str, Call] = {
    "version": lambda client: client.version(),
    "schemas": lambda client: client.schemas(),
    "models": lambda client: client.models(),
    "queue_state": lambda client: client.queue_state(),
    "upload": lambda client: client.upload(b"", "mark"),
    "image": lambda client: client.image("a.png"),
    "download": lambda client: client.download("a.png"),
    "delete_image": lambda client: client.delete_image("a.png"),
    "delete_images": lambda client: client.delete_images(["a.png"]),
    "uploads_marked": lambda client: client.uploads_marked("mark"),
    "images_of_sessions": lambda client: client.images_of_sessions({"x"}),
    "board_images": lambda client: client.board_images("none", "images"),
    "upload_video": lambda client: client.upload_video(b"", "a.mp4", "mark"),
    "video": lambda client: client.video("a.mp4"),
    "download_video": lambda client: client.download_video("a.mp4", 2**20),
    "delete_video": lambda client: client.delete_video("a.mp4"),
    "videos_marked": lambda client: client.videos_marked("mark"),
    "videos_of_sessions": lambda client: client.videos_of_sessions({"x"}),
    "style_presets": lambda client: client.style_presets(),
    "library": lambda client: client.library("x"),
    "library_workflow": lambda client: client.library_workflow("x"),
    "dynamic_prompts": lambda client: client.dynamic_prompts("{a|b}", 5),
    "enqueue": lambda client: client.enqueue(BODY),
    "rehearse": lambda client: client.rehearse({"a": {"id": "a", "type": "blank_image"}}),
    "item": lambda client: client.item(1),
    "items": lambda client: client.items("x"),
    "summaries": lambda client: client.summaries(),
    "cancel": lambda client: client.cancel("x"),
    "delete_item": lambda client: client.delete_item(1),
    "delete_batch": lambda client: client.delete_batch("x"),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


async def ended(client: InvokeClient, destination: str) -> QueueItem:
    """The one item of a batch, once it is through."""
    async with asyncio.timeout(50):
        while True:
            (item,) = await client.items(destination)
            if item.status.is_final:
                return item
            await asyncio.sleep(0.02)


# When something is wrong


def test_every_public_call_is_in_the_table():
    public = {name for name in vars(InvokeClient) if not name.startswith("_")}
    assert public - {"token", "forget_token"} == set(CALLS)


@every_call
async def test_nobody_answers(call: Call, connect: Any):
    with pytest.raises(Unavailable):
        await call(await connect("http://127.0.0.1:9"))


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
async def test_not_now_may_work_later(status: int, local_invokeai: LocalInvokeAI, connect: Any):
    client = await connect(local_invokeai.url)
    local_invokeai.faults.fail_next("/api/v1/queue", status)
    with pytest.raises(Unavailable, match=str(status)):
        await client.queue_state()
    assert await client.queue_state()


@pytest.mark.parametrize(
    ("status", "error"), [(400, Rejected), (401, AuthError), (403, Forbidden), (404, NotFound), (413, Rejected)]
)
async def test_no_is_no(status: int, error: type[BackendError], local_invokeai: LocalInvokeAI, connect: Any):
    local_invokeai.faults.fail_next("/api/v1/queue", status)
    with pytest.raises(error) as caught:
        await (await connect(local_invokeai.url)).queue_state()
    assert type(caught.value) is error


async def test_too_slow_is_unavailable(local_invokeai: LocalInvokeAI, connect: Any):
    local_invokeai.faults.delay("/api/v1/queue", 1)
    with pytest.raises(Unavailable, match="Timeout"):
        await (await connect(local_invokeai.url, timeout=0.05)).queue_state()


async def test_a_cut_connection_is_unavailable_and_the_deed_may_be_done(
    local_invokeai: LocalInvokeAI, connect: Any, body: Any
):
    client = await connect(local_invokeai.url)
    batch_id, wanted = body()
    local_invokeai.faults.lose_answer_next("POST /api/v1/queue")
    with pytest.raises(Unavailable):
        await client.enqueue(wanted)
    assert [item.batch_id for item in await client.items(batch_id)] == [batch_id]


async def test_a_web_page_is_no_answer(invoke_url: str, connect: Any):
    client = await connect(f"{invoke_url}/elsewhere")
    for name, call in CALLS.items():
        # A GET of an unknown path is answered 200 with the web app's page, other methods 404 or 405.
        with pytest.raises((Rejected, NotFound), match=r"not an InvokeAI 6 server\?|405|/elsewhere/") as caught:
            await call(client)
        assert type(caught.value) in {Rejected, NotFound}, name


ANSWERS: dict[str, Any] = {
    "no JSON": b"{",
    "cut UTF-8": b'"\xc3',
    "empty": b"",
    "null": None,
    "a list": [None],
    "a word": "ok",
    "odd members": {"models": [{"key": 5}], "items": 5, "total": [], "item_ids": {}, "queue": None, "token": 5},
    "an unknown status": {"item_id": 1, "status": "dreaming"},
    "an odd time": {"item_id": 1, "status": "completed", "started_at": "yesterday"},
}


@every_call
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_of_another_shape_is_a_backend_error(call: Call, answer: Any):
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    headers = {"content-type": "application/json"}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=content, headers=headers))
    async with open_http("http://invoke", transport=transport) as http:
        try:
            await call(InvokeClient(http, "test"))
        except BackendError as error:
            assert "yesterday" not in str(error)


async def test_an_answer_that_does_not_look_like_invokeai_is_told_by_its_members():
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"queue": {"pending": "secret"}}))
    async with open_http("http://invoke", transport=transport) as http:
        with pytest.raises(Rejected, match=r"queue\.pending, processor") as caught:
            await InvokeClient(http, "test").queue_state()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("detail", "problems"),
    [
        ("Too large", (("", "Too large"),)),
        ([{"loc": ["body", "batch"], "msg": "no", "input": "secret"}], (("body.batch", "no"),)),
        ([{"msg": "no"}, 5, {"loc": 5}], (("", "no"), ("", ""), ("", ""))),
        (None, ()),
    ],
)
async def test_problems_are_read_without_the_echoed_input(detail: Any, problems: Any):
    transport = httpx.MockTransport(lambda request: httpx.Response(422, json={"detail": detail}))
    async with open_http("http://invoke", transport=transport) as http:
        with pytest.raises(Rejected) as caught:
            await InvokeClient(http, "test").enqueue(BODY)
    assert caught.value.problems == problems
    assert "secret" not in str(caught.value)


# Images


async def test_an_image_goes_up_comes_down_and_goes_away(client: Tidy):
    image = picture()
    record = await client.upload(image, "mark-a-1")
    assert (record.width, record.height, record.is_intermediate, record.session_id) == (8, 8, False, "mark-a-1")
    with Image.open(io.BytesIO(await client.download(record.image_name))) as found:
        assert found.convert("RGB").tobytes() == Image.new("RGB", (8, 8), "teal").tobytes()
    for _ in range(2):
        await client.delete_image(record.image_name)
    with pytest.raises(NotFound):
        await client.download(record.image_name)


async def test_images_go_together_however_many(client: Tidy, monkeypatch: Any):
    monkeypatch.setattr("workflows.client.PAGE", 2)
    names = [(await client.upload(picture(), "mark")).image_name for _ in range(5)]
    await client.delete_images([])
    await client.delete_images(names[:1])
    for _ in range(2):
        await client.delete_images([*names, "gone.png", *names])
    for name in names:
        with pytest.raises(NotFound):
            await client.image(name)


async def test_images_that_the_server_does_not_name_are_looked_for(local_invokeai: LocalInvokeAI, connect: Any):
    client = await connect(local_invokeai.url)
    names = [(await client.upload(picture(), "mark")).image_name for _ in range(2)]
    await client.delete_image(names[0])
    local_invokeai.faults.fail_next("GET /api/v1/images/i", 503)
    with pytest.raises(Unavailable):
        await client.delete_images(names)
    with pytest.raises(NotFound):
        await client.image(names[1])
    await client.delete_images(names)


async def test_a_jpeg_goes_up_as_what_it_is(client: Tidy):
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(stream, "JPEG")
    record = await client.upload(stream.getvalue(), "mark")
    with Image.open(io.BytesIO(await client.download(record.image_name))) as found:
        assert (found.format, found.size) == ("PNG", (8, 8))


async def test_an_upload_is_found_by_the_beginning_of_its_mark(client: Tidy, queue_id: str):
    marks = [f"{queue_id}-a-1", f"{queue_id}-a-2", f"{queue_id}-b-1"]
    records = [await client.upload(picture(), mark) for mark in marks]
    found = await client.uploads_marked(f"{queue_id}-a")
    assert {image.image_name for image in found} == {image.image_name for image in records[:2]}
    assert all(image.created_at and image.created_at.tzinfo for image in found)
    assert await client.uploads_marked(f"{queue_id}-c") == []


async def test_no_answer_stays_until_the_garbage_collector_comes_by(client: Tidy):
    """In the library an answer and its stream hold each other, and with them the picture that came or went."""

    def answers() -> int:
        return sum(type(one) is httpx.Response for one in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = answers()
        record = await client.upload(picture(), "mark")
        await client.download(record.image_name)
        assert answers() == before
    finally:
        gc.enable()


async def test_what_is_no_image_is_refused(client: Tidy):
    with pytest.raises(Rejected):
        await client.upload(b"no image", "mark")


async def test_long_lists_are_read_page_by_page(local_invokeai: LocalInvokeAI, connect: Any, monkeypatch: Any):
    monkeypatch.setattr("workflows.client.PAGE", 2)
    client = await connect(local_invokeai.url)
    for number in range(5):
        await client.upload(picture(), f"mark-{number}")
    assert len(await client.uploads_marked("mark-")) == 5


ODD_NAMES = ["../../../v2/models/i/KEY", "..", ".", "a/b", "a\\b", "a%2Fb", "%2e%2e", "a?b", "a#b", "a b", "a\n", ""]


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_sent(name: str):
    """Names of images come from documents too; one of them once deleted a model."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={})

    async with open_http("http://invoke", transport=httpx.MockTransport(answer)) as http:
        client = InvokeClient(http, "q")
        videos = (client.delete_video, client.video, client.library_workflow)
        for call in (*videos, client.delete_image, client.image, client.download, client.delete_batch):
            with pytest.raises(Rejected, match="not a name"):
                await call(name)
        with pytest.raises(Rejected, match="not a name"):
            await client.board_images(name, "images")
        with pytest.raises(Rejected, match="not a name"):
            await client.delete_images(["a.png", name])
        with pytest.raises(Rejected, match="not a name"):
            await client.download_video(name, 9)
        with pytest.raises(Rejected, match="not a name"):
            await InvokeClient(http, name).queue_state()
    assert asked == []


async def test_names_stand_quoted_on_the_wire():
    lines: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        writer.write(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    host, port = server.sockets[0].getsockname()
    async with server, open_http(f"http://{host}:{port}") as http:
        for name in ("a-1_b.png", "...", "größe.png"):
            await InvokeClient(http, "q").delete_image(name)
    assert [line.split()[1] for line in lines] == [
        b"/api/v1/images/i/a-1_b.png",
        b"/api/v1/images/i/...",
        b"/api/v1/images/i/gr%C3%B6%C3%9Fe.png",
    ]


# Queue


async def test_a_batch_runs_and_goes_away(client: Tidy, body: Any):
    batch_id, wanted = body()
    answer = await client.enqueue(wanted)
    item = await ended(client, batch_id)
    assert (item.item_id, item.batch_id, item.destination) == (answer.item_ids[0], batch_id, batch_id)
    assert (item.status, item.error_type) == (ItemStatus.COMPLETED, None)
    assert item.completed_at
    assert (await client.item(item.item_id)).session.results.keys() == item.session.results.keys()
    assert item.item_id in [one.item_id for one in await client.summaries()]
    made = {result["image"]["image_name"] for result in item.session.results.values()}
    assert {image.image_name for image in await client.images_of_sessions({item.session_id})} == made
    for name in made:
        await client.delete_image(name)
    for _ in range(2):
        await client.delete_item(item.item_id)
    assert await client.items(batch_id) == []
    with pytest.raises(NotFound):
        await client.item(item.item_id)
    await client.delete_batch(batch_id)


async def test_items_come_oldest_first_though_they_are_answered_newest_first(client: Tidy, body: Any):
    batch_id, wanted = body()
    wanted["batch"]["runs"] = 3
    answer = await client.enqueue(wanted)
    assert [item.item_id for item in await client.items(batch_id)] == sorted(answer.item_ids)
    await client.cancel(batch_id)


async def test_a_value_that_does_not_fit_is_rejected_without_its_echo(client: Tidy, body: Any):
    _, wanted = body()
    wanted["batch"]["graph"]["nodes"]["blank"]["width"] = "a secret prompt"
    with pytest.raises(Rejected) as caught:
        await client.enqueue(wanted)
    assert any(where.endswith("blank_image.width") and text for where, text in caught.value.problems)
    assert "secret" not in f"{caught.value} {caught.value.problems}"


async def test_an_unknown_node_is_rejected(client: Tidy, body: Any):
    _, wanted = body()
    nodes = wanted["batch"]["graph"]["nodes"]
    nodes["odd"] = {"id": "odd", "type": "no such node"}
    with pytest.raises(Rejected) as caught:
        await client.enqueue(wanted)
    assert caught.value.problems


async def test_cancelled_is_cancelled_and_unknown_is_no_error(client: Tidy, body: Any):
    batch_id, wanted = body()
    wanted["batch"]["runs"] = 4
    await client.enqueue(wanted)
    await client.cancel(batch_id)
    assert ItemStatus.CANCELED in {item.status for item in await client.items(batch_id)}
    await client.cancel("nobody's")
    assert await client.items("nobody's") == []


async def test_a_full_queue_is_told_and_what_it_took_is_taken_back(
    local_invokeai: LocalInvokeAI, connect: Any, body: Any
):
    client = await connect(local_invokeai.url)
    batch_id, wanted = body()
    local_invokeai.faults.full_queue = True
    with pytest.raises(QueueFull, match="enqueued 0 of 1"):
        await client.enqueue(wanted)
    assert await client.items(batch_id) == []
    local_invokeai.faults.full_queue = False
    assert (await client.enqueue(wanted)).enqueued == 1


async def test_half_a_batch_is_taken_back():
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        return httpx.Response(200, json={"enqueued": 1, "requested": 2, "item_ids": [7]})

    async with open_http("http://invoke", transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(QueueFull, match="enqueued 1 of 2"):
            await InvokeClient(http, "q").enqueue(BODY)
    assert asked == ["POST /api/v1/queue/q/enqueue_batch", "DELETE /api/v1/queue/q/d/x"]


async def test_the_queue_tells_its_state(client: Tidy, body: Any):
    state = await client.queue_state()
    assert state.processor.is_started
    assert state.queue.pending >= 0


async def test_models_are_read(client: Tidy):
    for record in await client.models():
        assert set(record.identifier()) == {"key", "hash", "name", "base", "type"}
        assert record.identifier()["key"] == record.key


async def test_a_version_is_told(client: Tidy):
    assert (await client.version()).startswith("6.")


# The connection


async def test_no_answer_is_asked_for_compressed_and_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["accept-encoding"])
        return httpx.Response(200, json={"version": "6"})

    async with open_http("http://invoke", transport=httpx.MockTransport(answer)) as http:
        assert await InvokeClient(http, "q").version() == "6"
        assert not http.trust_env
    assert seen == ["identity"]
