"""What the local InvokeAI can be made to do wrong, so that others can rely on its being wrong in just that way."""

import asyncio
import dataclasses
import math
import random
from typing import Any, Literal

import httpx
import pytest
from socketio.exceptions import ConnectionError as SocketRefused

from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.fields import required
from bot.playground.invokeai.nodes.base import kind
from bot.playground.invokeai.nodes.filters import ImageBlurInvocation
from bot.playground.invokeai.nodes.pictures import BlankImageInvocation
from tests.playground.invokeai_user import InvokeUser, batch, picture
from tests.playground.test_invokeai_run import BLANK, denoising

ONE = {"email": "one@house.test", "password": "one-word"}


class SquareImage(BlankImageInvocation):
    """A blank image as another version might want it."""

    spec = dataclasses.replace(BlankImageInvocation.spec, version="2.0.0")
    side: int | None = required("How long each side is", ge=1, le=4096)
    type: Literal["blank_image"] = kind("blank_image")


async def test_a_hang_ends_late_and_does_what_it_was_asked(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    local_invokeai.faults.hang(f"POST {local_user.base}/enqueue_batch")
    asking = local_user.http.post(f"{local_user.base}/enqueue_batch", json={"batch": batch(BLANK)}, timeout=0.05)
    with pytest.raises(httpx.ReadTimeout):
        await asking
    assert (await local_user.http.get("/api/v1/app/version")).status_code == 200, "nothing else hangs"
    assert local_invokeai.batches == 0
    local_invokeai.faults.let_go()
    await local_user.hear("queue_item_status_changed", status="completed")
    assert local_invokeai.batches == 1
    assert local_invokeai.taken_late == local_invokeai.taken


async def test_an_upload_that_hung_is_kept_although_nobody_hears_of_it(
    local_invokeai: LocalInvokeAI, local_user: InvokeUser
):
    local_invokeai.faults.hang("POST /api/v1/images/upload")
    local_user.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.TimeoutException):
        await local_user.upload(picture())
    assert local_invokeai.images == {}
    local_invokeai.faults.let_go()
    local_user.http.timeout = httpx.Timeout(5)
    await local_user.upload(picture())
    assert len(local_invokeai.images) == 2
    local_invokeai.images.clear()


async def test_a_hang_ends_with_a_restart(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    local_invokeai.faults.hang()
    with pytest.raises(httpx.ReadTimeout):
        await local_user.http.get("/api/v1/app/version", timeout=0.05)
    await local_invokeai.restart()
    assert (await local_user.http.get("/api/v1/app/version")).status_code == 200


async def test_a_freeze_holds_everything(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    item_id = (await local_user.enqueue(denoising(await local_user.model(), 40)))["item_ids"][0]
    await local_user.hear("invocation_progress", message="Denoising")
    local_invokeai.freeze()
    with pytest.raises(httpx.ReadTimeout):
        await local_user.http.get("/openapi.json", timeout=0.05)
    other = InvokeUser(local_invokeai.url)
    connecting = asyncio.create_task(other.listen())
    await asyncio.sleep(0.25)
    heard = len(local_user.events)
    await asyncio.sleep(0.05)
    assert (len(local_user.events), connecting.done()) == (heard, False)
    local_invokeai.thaw()
    await local_user.hear("queue_item_status_changed", status="completed", item_id=item_id)
    await connecting
    await other.socket.disconnect()
    await other.http.aclose()


async def test_every_item_begins_with_a_stall():
    async with LocalInvokeAI(stall_seconds=0.3) as server, InvokeUser(server.url) as user:
        await user.listen()
        await user.enqueue(batch(BLANK))
        with pytest.raises(httpx.ReadTimeout):
            await user.http.get("/api/v1/app/version", timeout=0.1)
        assert [name for name, _ in user.events if name == "queue_item_status_changed"] == []
        await user.hear("queue_item_status_changed", status="completed")
        (item,) = server.items.values()
        assert item.started_at
        assert item.completed_at
        assert item.completed_at > item.started_at


async def test_an_error_500_is_plain_text_and_ends_the_connection(
    local_invokeai: LocalInvokeAI, local_user: InvokeUser
):
    local_invokeai.faults.fail_next("/api/v1/app", 500, times=2)
    answer = await local_user.http.get("/api/v1/app/version")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    local_invokeai.faults.stop_failing()
    await asyncio.sleep(0.05)
    assert (await local_user.http.get("/api/v1/app/version")).status_code == 200


async def test_it_refuses_connections_until_it_is_started_again(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    wanted = denoising(await local_user.model(), 4000)
    running = (await local_user.enqueue(wanted))["item_ids"][0]
    await local_user.hear("invocation_progress", message="Denoising")
    await local_invokeai.crash()
    with pytest.raises(httpx.ConnectError):
        await local_user.http.get("/api/v1/app/version")
    assert local_invokeai.items[running].status == "in_progress"
    await local_invokeai.start()
    assert (await local_user.item(running))["status"] == "canceled"


async def test_a_lost_database_begins_anew(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    await local_user.run(batch(BLANK))
    (old_id,) = local_invokeai.items
    model = await local_user.model()
    await local_user.upload(picture())
    await local_user.http.post("/api/v1/boards/", params={"board_name": "mine"})
    await local_invokeai.restart(forget=True)
    assert (await local_user.http.get(f"{local_user.base}/i/{old_id}")).status_code == 404
    assert (local_invokeai.images, local_invokeai.videos, local_invokeai.workflows) == ({}, {}, {})
    again = (await local_user.enqueue(batch(BLANK)))["item_ids"]
    assert again == [1]
    other = await local_user.model()
    assert other["hash"] == model["hash"]
    assert other["key"] != model["key"]
    await local_user.finished(1)
    local_invokeai.images.clear()


async def test_its_own_presets_have_other_ids_after_each_start(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    before = (await local_user.http.get("/api/v1/style_presets/")).json()
    await local_invokeai.restart()
    after = (await local_user.http.get("/api/v1/style_presets/")).json()
    assert [one["name"] for one in after] == [one["name"] for one in before]
    assert not {one["id"] for one in after} & {one["id"] for one in before}


async def test_a_full_queue_takes_what_fits():
    async with LocalInvokeAI(max_queue_size=2) as server, InvokeUser(server.url) as user:
        await server.pause()
        partly = await user.enqueue({**batch(BLANK), "runs": 3})
        assert (partly["enqueued"], partly["requested"], len(partly["item_ids"])) == (2, 3, 2)
        full = await user.enqueue(batch(BLANK))
        assert (full["enqueued"], full["item_ids"]) == (0, [])
        user.queue, user.base = "other", "/api/v1/queue/other"
        assert (await user.enqueue(batch(BLANK)))["enqueued"] == 1, "each queue id has its own room"


async def test_somebody_pauses_it(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    async def is_started() -> bool:
        return (await local_user.http.get(f"{local_user.base}/status")).json()["processor"]["is_started"]

    assert await is_started()
    await local_invokeai.pause()
    item_id = (await local_user.enqueue(batch(BLANK)))["item_ids"][0]
    assert not await is_started()
    assert (await local_user.item(item_id))["status"] == "pending"
    await local_invokeai.resume()
    assert (await local_user.finished(item_id))["status"] == "completed"


async def schemas(user: InvokeUser) -> dict[str, Any]:
    return (await user.http.get("/openapi.json")).json()["components"]["schemas"]


async def test_an_upgrade_takes_node_types_away(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    await local_invokeai.upgrade("6.15.0", without={"img_blur"})
    assert (await local_user.http.get("/api/v1/app/version")).json() == {"version": "6.15.0"}
    assert ImageBlurInvocation.__name__ not in await schemas(local_user)
    (problem,) = await local_user.refused(batch({"id": "b", "type": "img_blur"}))
    assert (problem["type"], problem["loc"][-2:]) == ("union_tag_invalid", ["nodes", "b"])
    assert "blank_image" in problem["msg"]
    assert (await local_user.run(batch(BLANK)))["status"] == "completed"


async def test_an_upgrade_changes_a_node(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    await local_invokeai.upgrade("6.15.0", nodes=[SquareImage])
    schema = (await schemas(local_user))["SquareImage"]
    assert (schema["version"], schema["properties"]["side"]["orig_required"]) == ("2.0.0", True)
    assert BlankImageInvocation.__name__ not in await schemas(local_user)
    (problem,) = await local_user.refused(batch({**BLANK, "side": 0}))
    assert (problem["type"], problem["loc"][-1]) == ("greater_than_equal", "side")
    assert (await local_user.run(batch({**BLANK, "side": 8})))["status"] == "completed"
    assert (await local_user.run(batch(BLANK)))["error_type"] == "MissingInputException"


async def test_an_upgrade_changes_the_models(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    kept = [one for one in local_invokeai.models.records if one["type"] == "lora"]
    await local_invokeai.upgrade("6.15.0", models=kept)
    listed = (await local_user.http.get("/api/v2/models/")).json()["models"]
    assert {one["type"] for one in listed} == {"lora"}


async def test_what_waited_for_a_node_that_is_gone_stops_the_queue(
    local_invokeai: LocalInvokeAI, local_user: InvokeUser
):
    """As a row does that cannot be read for another reason."""
    await local_invokeai.pause()
    stuck = (await local_user.enqueue(batch(BLANK)))["item_ids"][0]
    await local_invokeai.upgrade("6.15.0", without={"blank_image"})
    await local_invokeai.resume()
    assert (await local_user.http.get(f"{local_user.base}/i/{stuck}")).status_code == 500
    assert (await local_user.http.get(f"{local_user.base}/list_all")).status_code == 500
    assert local_invokeai.items[stuck].status == "pending"
    await local_user.http.put(f"{local_user.base}/cancel_by_batch_ids", json={"batch_ids": ["no"]})
    assert (await local_user.http.delete(f"{local_user.base}/d/none")).json() == {"deleted": 0}
    local_invokeai.items.clear()


async def login(server: LocalInvokeAI) -> str:
    async with httpx.AsyncClient(base_url=server.url) as http:
        return (await http.post("/api/v1/auth/login", json=ONE)).json()["token"]


async def test_tokens_expire_when_told_to():
    async with (
        LocalInvokeAI(users={ONE["email"]: ONE["password"]}) as server,
        InvokeUser(server.url, await login(server)) as user,
    ):
        await user.listen()
        server.expire_tokens()
        refused = await user.http.get("/api/v1/images/")
        assert (refused.status_code, refused.json()["detail"]) == (401, "Invalid or expired authentication token")
        assert user.socket.connected, "a connection that stands was checked when it was made"
        with pytest.raises(SocketRefused):
            await InvokeUser(server.url, user.token).listen()
        user.http.headers["Authorization"] = f"Bearer {await login(server)}"
        assert (await user.http.get("/api/v1/images/")).status_code == 200


async def test_sockets_stay_out_until_they_are_let_in(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    gone = asyncio.Event()
    local_user.socket.on("disconnect", lambda *_: gone.set())
    await local_invokeai.drop_sockets(math.inf)
    async with asyncio.timeout(5):
        await gone.wait()
    refused = await local_user.http.get("/ws/socket.io/", params={"EIO": 4, "transport": "websocket"})
    assert refused.status_code == 503
    assert (await local_user.run(batch(BLANK)))["status"] == "completed", "REST stays up"
    local_invokeai.let_sockets_in()
    await local_user.listen()
    assert local_user.events == [], "nothing is sent again"


async def told(server: LocalInvokeAI, user: InvokeUser, dice: random.Random | None, **odds: float) -> list[str]:
    """The names of a run's events, in the order in which they came."""
    server.faults.scramble(dice, **odds)
    user.events.clear()
    await user.run(batch(BLANK))
    await asyncio.sleep(2 * odds.get("seconds", 0.0) + 0.05)
    return [f"{name} {data.get('status', '')}".strip() for name, data in user.events]


async def test_events_go_astray_by_seeded_dice(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    async def run(seed: int | None = None, **odds: float) -> list[str]:
        return await told(local_invokeai, local_user, None if seed is None else random.Random(seed), **odds)

    orderly = await run()
    assert len(orderly) == 6
    none: dict[str, float] = {"twice": 0, "late": 0, "lost": 0}
    assert await run(1, **none) == orderly
    assert await run(1, **{**none, "lost": 1}) == []
    assert await run(1, **{**none, "twice": 1}) == [name for name in orderly for _ in range(2)]
    shuffled = await run(3, **{**none, "late": 0.7, "seconds": 0.1})
    assert sorted(shuffled) == sorted(orderly)
    assert shuffled != orderly
    assert await run() == orderly


async def test_late_events_die_with_their_server(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    local_invokeai.faults.scramble(random.Random(1), late=1, lost=0, seconds=60)
    await local_user.run(batch(BLANK))
    await local_invokeai.restart()
    assert local_user.events == []


async def test_a_full_disk_fails_what_makes_images(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    local_invokeai.faults.full_disk = True
    item = await local_user.run(batch(BLANK))
    told = (item["status"], item["error_type"], item["error_message"])
    assert told == ("failed", "ImageFileSaveException", "Image file not saved")
    assert "OSError: [Errno 28] No space left on device" in item["error_traceback"]
    refused = await local_user.upload(picture())
    assert (refused.status_code, refused.json()) == (500, {"detail": "Failed to create image"})
    assert local_invokeai.images == {}
    local_invokeai.faults.full_disk = False
    assert (await local_user.run(batch(BLANK)))["status"] == "completed"


async def test_how_often_a_batch_was_taken_is_counted(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    wanted = batch(BLANK)
    await local_user.enqueue(wanted)
    await local_user.enqueue(wanted)
    local_invokeai.faults.full_queue = True
    await local_user.enqueue(wanted)
    local_invokeai.faults.full_queue = False
    assert local_invokeai.taken == {wanted["batch_id"]: 2}
    assert local_invokeai.taken_late == {}
    await local_invokeai.restart()
    assert local_invokeai.taken == {wanted["batch_id"]: 2}
    await local_invokeai.restart(forget=True)
    assert local_invokeai.taken == {}
