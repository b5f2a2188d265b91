"""The rest of a server, and what only the local one offers: users, faults, crashes."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from socketio.exceptions import ConnectionError as SocketRefused

from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.server import HOST
from tests.playground.invokeai_user import InvokeUser, batch, names_in, picture
from tests.playground.test_invokeai_run import BLANK, denoising

ADMIN, ONE, OTHER = ({"email": f"{name}@house.test", "password": f"{name}-word"} for name in ("admin", "one", "other"))
USERS = {one["email"]: one["password"] for one in (ADMIN, ONE, OTHER)}


async def test_unknown_paths_answer_with_the_web_app(invoke_user: InvokeUser):
    answer = await invoke_user.http.get("/api/v1/no/such/thing")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/html")
    refused = await invoke_user.http.post("/api/v1/no/such/thing")
    assert (refused.status_code, refused.json()) == (405, {"detail": "Method Not Allowed"})


async def test_version_and_login_state(invoke_user: InvokeUser):
    assert (await invoke_user.http.get("/api/v1/app/version")).json() == {"version": "6.14.2"}
    status = (await invoke_user.http.get("/api/v1/auth/status")).json()
    assert status["multiuser_enabled"] is False
    login = await invoke_user.http.post("/api/v1/auth/login", json=ONE)
    assert login.status_code == 403


async def test_models_can_be_found_by_what_a_workflow_says_of_them(invoke_user: InvokeUser):
    models = (await invoke_user.http.get("/api/v2/models/", params={"model_type": "main"})).json()["models"]
    ours = next(one for one in models if one["name"] == "tiny-sd15")
    found = await invoke_user.http.get("/api/v2/models/get_by_hash", params={"hash": ours["hash"]})
    assert found.json()["key"] == ours["key"]
    assert (await invoke_user.http.get(f"/api/v2/models/i/{ours['key']}")).json() == found.json()
    unknown = await invoke_user.http.get("/api/v2/models/get_by_hash", params={"hash": "no"})
    assert unknown.status_code == 404
    assert (await invoke_user.http.get("/api/v2/models/", params={"base_models": "no"})).status_code == 422


async def test_there_are_more_loras_than_discord_suggests(local_user: InvokeUser):
    params = {"model_type": "lora", "base_models": "sd-1"}
    assert len((await local_user.http.get("/api/v2/models/", params=params)).json()["models"]) > 25


async def test_workflows_are_kept_and_deleted(invoke_user: InvokeUser, workflow: dict[str, Any]):
    saved = (await invoke_user.http.post("/api/v1/workflows/", json={"workflow": workflow})).json()
    path = f"/api/v1/workflows/i/{saved['workflow_id']}"
    assert (await invoke_user.http.get(path)).json()["workflow"]["name"] == "a document"
    assert (await invoke_user.http.delete(path)).status_code == 200
    assert (await invoke_user.http.get(path)).status_code == 404
    bad = await invoke_user.http.post("/api/v1/workflows/", json={"workflow": {"name": "x"}})
    assert bad.status_code == 422


async def test_prompts_with_choices(invoke_user: InvokeUser):
    body = {"prompt": "a {red|blue} cat", "max_prompts": 10}
    answer = await invoke_user.http.post("/api/v1/utilities/dynamicprompts", json=body)
    assert answer.json() == {"prompts": ["a red cat", "a blue cat"], "error": None}


async def token(server: LocalInvokeAI, who: dict[str, str]) -> str:
    async with httpx.AsyncClient(base_url=server.url) as http:
        return (await http.post("/api/v1/auth/login", json=who)).json()["token"]


async def test_users_see_only_their_own():
    async with (
        LocalInvokeAI(users=USERS) as server,
        InvokeUser(server.url, await token(server, ONE)) as one,
        InvokeUser(server.url, await token(server, OTHER)) as other,
    ):
        await one.listen()
        await other.listen()
        other.queue = one.queue
        await other.socket.emit("subscribe_queue", {"queue_id": one.queue})
        await asyncio.sleep(0.05)
        item = await one.run(batch(BLANK))
        name = names_in(item["session"]["results"])[0]
        assert (await other.http.get(f"/api/v1/images/i/{name}")).status_code == 403
        assert (await other.http.get(f"{one.base}/i/{item['item_id']}")).json()["user_id"] == "redacted"
        assert (await other.http.put(f"{one.base}/i/{item['item_id']}/cancel")).status_code == 403
        deleted = await other.http.post("/api/v1/images/delete", json={"image_names": [name]})
        assert deleted.json()["deleted_images"] == []
        assert (await other.http.put(f"{one.base}/processor/pause")).status_code == 403
        await other.hear("queue_item_status_changed", status="completed")
        assert {event for event, _ in other.events} == {"batch_enqueued", "queue_item_status_changed"}
        assert {data["batch_id"] for _, data in other.events} == {"redacted"}
        foreign = await other.run(batch({"id": "b", "type": "img_blur", "image": {"image_name": name}}))
        assert foreign["error_type"] == "PermissionError"


async def test_tokens_are_needed_refreshed_and_expire():
    async with LocalInvokeAI(users=USERS) as server, httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/openapi.json")).status_code == 200
        assert (await http.get("/api/v1/images/")).status_code == 401
        assert (await http.post("/api/v1/auth/login", json={**ONE, "password": "no"})).status_code == 401
        with pytest.raises(SocketRefused):
            await InvokeUser(server.url).listen()
        http.headers["Authorization"] = f"Bearer {await token(server, ONE)}"
        assert "x-refreshed-token" not in (await http.get("/api/v1/images/")).headers
        refreshed = await http.post("/api/v1/images/delete", json={"image_names": []})
        http.headers["Authorization"] = f"Bearer {refreshed.headers['x-refreshed-token']}"
        assert (await http.get("/api/v1/images/")).status_code == 200
        assert server.users is not None
        server.users.lifetime = 0
        http.headers["Authorization"] = f"Bearer {await token(server, ONE)}"
        assert (await http.get("/api/v1/images/")).status_code == 401


async def test_faults(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    faults = local_invokeai.faults
    faults.fail_next("/api/v1/images/upload", 503, times=2)
    assert [(await local_user.upload(picture())).status_code for _ in range(3)] == [503, 503, 201]
    faults.full_queue = True
    result = await local_user.enqueue(batch(BLANK))
    assert (result["enqueued"], result["requested"], result["item_ids"]) == (0, 1, [])
    faults.full_queue = False
    faults.delay("GET /api/v1/app/version", 0.05)
    before = time.monotonic()
    await local_user.http.get("/api/v1/app/version")
    assert time.monotonic() - before >= 0.05
    faults.lose_answer_next("POST /api/v1/images/upload")
    images = len(local_invokeai.images)
    with pytest.raises(httpx.RemoteProtocolError):
        await local_user.upload(picture())
    assert len(local_invokeai.images) == images + 1
    assert local_invokeai.requests["POST", "/api/v1/images/upload"] == 4
    local_invokeai.images.clear()


async def test_events_can_fall_silent_or_come_twice(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    local_invokeai.faults.silent_events = True
    await local_user.run(batch(BLANK))
    await asyncio.sleep(0.02)
    assert local_user.events == []
    local_invokeai.faults.silent_events = False
    local_invokeai.faults.duplicate_events = True
    await local_user.enqueue(batch(BLANK))
    await local_user.hear("queue_item_status_changed", status="completed")
    await asyncio.sleep(0.02)
    assert len([name for name, _ in local_user.events if name == "batch_enqueued"]) == 2


async def test_dropped_sockets(local_invokeai: LocalInvokeAI, local_user: InvokeUser):
    gone = asyncio.Event()
    local_user.socket.on("disconnect", lambda *_: gone.set())
    await local_invokeai.drop_sockets()
    async with asyncio.timeout(5):
        await gone.wait()
    await local_user.run(batch(BLANK))
    assert local_user.events == []
    await local_user.listen()
    await local_user.enqueue(batch(BLANK))
    await local_user.hear("queue_item_status_changed", status="completed")


async def test_a_crash_cancels_what_ran_and_goes_on_with_what_waited(
    local_invokeai: LocalInvokeAI, local_user: InvokeUser
):
    url = local_invokeai.url
    wanted = denoising(await local_user.model(), 4000)
    wanted["graph"]["nodes"]["blank"] = BLANK
    running = (await local_user.enqueue(wanted))["item_ids"][0]
    waiting = (await local_user.enqueue(batch(BLANK)))["item_ids"][0]
    await local_user.hear("invocation_progress", message="Denoising")
    await local_invokeai.crash()
    with pytest.raises(httpx.ConnectError):
        await local_user.http.get("/api/v1/app/version")
    assert local_invokeai.items[running].status == "in_progress"
    await local_invokeai.restart()
    assert local_invokeai.url == url
    item = await local_user.item(running)
    assert (item["status"], item["session"]["results"], item.get("error_type")) == ("canceled", {}, None)
    assert len(local_invokeai.images) >= 1, "the images of the run that was cut off stay"
    assert (await local_user.finished(waiting))["status"] == "completed"
    assert not any(data.get("status") == "canceled" for _, data in local_user.events)
    local_invokeai.images.clear()


async def test_a_node_in_flight_ends_after_the_cancel():
    async with LocalInvokeAI(node_seconds=0.2) as server, InvokeUser(server.url) as user:
        await user.listen()
        item_id = (await user.enqueue(batch(BLANK)))["item_ids"][0]
        await user.hear("invocation_started")
        assert (await user.cancel(item_id))["session"]["results"] == {}
        await user.hear("queue_item_status_changed", status="canceled")
        assert not any(name == "invocation_complete" for name, _ in user.events)
        item = await user.saved(item_id)
        assert item["status"] == "canceled"
        assert names_in(item["session"]["results"]) == list(server.images)
        await user.hear("invocation_complete")


async def test_images_may_live_on_the_disk(tmp_path: Path):
    async with LocalInvokeAI(data_dir=tmp_path) as server, InvokeUser(server.url) as user:
        name = (await user.upload(picture())).json()["image_name"]
        assert server.images[name].png == (tmp_path / name).read_bytes()
        await user.http.delete(f"/api/v1/images/i/{name}")
        assert not (tmp_path / name).exists()


async def test_it_starts_and_stops_at_once():
    before = time.monotonic()
    async with LocalInvokeAI(), LocalInvokeAI():
        pass
    assert time.monotonic() - before < 2


@pytest.mark.parametrize("turns", range(6))
async def test_a_restart_that_nobody_waits_for_any_more_is_not_left_half_done(turns: int):
    async with LocalInvokeAI() as server:
        for end in (server.restart, server.crash):
            ending = asyncio.create_task(end())
            for _ in range(turns):
                await asyncio.sleep(0)
            ending.cancel()
            await asyncio.wait({ending})
            if not server.is_running:
                await server.start()
            _, line = await asyncio.open_connection(HOST, server.port)
            line.close()
