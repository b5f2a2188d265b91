"""What only a real server with logins can show of the client."""

import uuid

import pytest

from tests.bot.world import CLIP, picture
from tests.live.server import InvokeServer
from tests.workflows.builders import document, edge, node
from workflows.client import Credentials, InvokeClient, open_http
from workflows.errors import AuthError, DocumentError, NotFound
from workflows.expand import expand

pytestmark = pytest.mark.live


@pytest.fixture
async def clients(multiuser_invokeai: InvokeServer):
    """An administrator and a member."""
    accounts = [multiuser_invokeai.accounts[name] for name in ("admin", "member")]
    async with open_http(multiuser_invokeai.url) as http:
        queue = f"test-{uuid.uuid4()}"
        yield [InvokeClient(http, queue, Credentials(one.email, one.password)) for one in accounts]


async def test_what_is_gone_counts_as_deleted_for_members_too(clients: list[InvokeClient]):
    """The server refuses members the deletion of what is nobody's, as what is gone is."""
    admin, member = clients
    video = (await member.upload_video(CLIP.read_bytes(), "clip.mp4", "mark")).video_name
    image = (await member.upload(picture(), "mark")).image_name
    for _ in range(2):
        await member.delete_video(video)
        await member.delete_image(image)
    await admin.delete_video(video)
    await admin.delete_image(image)


async def test_what_is_another_users_stays(clients: list[InvokeClient]):
    admin, member = clients
    video = (await admin.upload_video(CLIP.read_bytes(), "clip.mp4", "mark")).video_name
    image = (await admin.upload(picture(), "mark")).image_name
    try:
        with pytest.raises(AuthError):
            await member.delete_video(video)
        with pytest.raises(AuthError):
            await member.delete_image(image)
        assert await admin.video(video)
        assert await admin.image(image)
    finally:
        await admin.delete_video(video)
        await admin.delete_image(image)
    with pytest.raises(NotFound):
        await member.video(video)


async def test_a_members_bot_has_style_presets_and_the_library(clients: list[InvokeClient]):
    _, member = clients
    assert await member.style_presets()
    found = await member.library("sd1.5")
    assert found
    assert (await member.library_workflow(found[0].id))["nodes"]


async def test_a_board_that_is_not_shared_is_told(clients: list[InvokeClient], multiuser_invokeai: InvokeServer):
    _, member = clients
    token = multiuser_invokeai.login("admin")
    params = {"board_name": "mine"}
    board = multiuser_invokeai.request("POST", "/api/v1/boards/", token=token, params=params)["board_id"]
    rule = {"type": "image_generator_images_from_board", "board_id": board}
    nodes = [node("g", "image_generator", {"generator": rule}), node("a", "image_batch"), node("blur", "img_blur")]
    found = document(*nodes, edges=[edge("g.images", "a.images"), edge("a.image", "blur.image")])
    try:
        with pytest.raises(DocumentError, match="gone, or not shared"):
            await expand(member, found, {})
    finally:
        multiuser_invokeai.request("DELETE", f"/api/v1/boards/{board}", token=token)
