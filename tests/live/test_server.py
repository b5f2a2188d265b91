"""The fixtures keep their word: what the other live tests stand on."""

from pathlib import Path

import httpx

import workflows
from tests.live.server import InvokeServer

PICTURE = Path(workflows.__file__).parent / "bundled" / "samples" / "dusk.webp"


def test_the_tiny_model_is_known_as_sd15(tiny_sd15: dict[str, object]) -> None:
    assert (tiny_sd15["base"], tiny_sd15["type"], tiny_sd15["format"]) == ("sd-1", "main", "diffusers")


def test_a_member_is_no_admin(multiuser_invokeai: InvokeServer) -> None:
    server = multiuser_invokeai
    users = f"{server.url}/api/v1/auth/users"
    answers = [
        httpx.get(users, headers={"Authorization": f"Bearer {server.login(name)}"}).status_code
        for name in ("admin", "member")
    ]
    assert answers == [200, 403]


def test_a_snapshot_sees_an_upload_and_its_deletion(restartable_invokeai: InvokeServer) -> None:
    server = restartable_invokeai
    before = server.snapshot({"default"})
    query = {"image_category": "user", "is_intermediate": True}
    picture = {"file": (PICTURE.name, PICTURE.read_bytes(), "image/webp")}
    name = server.request("POST", "/api/v1/images/upload", params=query, files=picture)["image_name"]
    uploaded = server.snapshot({"default"})
    assert {kind for kind in before if uploaded[kind] != before[kind]} == {"intermediate images", "files"}
    server.request("DELETE", f"/api/v1/images/i/{name}")
    assert server.snapshot({"default"}) == before
