"""Each trap of the format, met on a real InvokeAI."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import Leftovers
from tests.live.runs import QUEUE, check, picture, ran
from tests.live.server import InvokeServer
from tests.live.shapes import SHAPES, Place, Shape, Size
from tests.live.trials import trials

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
PRESET = "familiar tests"

each_shape = pytest.mark.parametrize("shape", SHAPES, ids=[shape.name.replace(" ", "-") for shape in SHAPES])


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def place(invokeai: InvokeServer) -> Iterator[Place]:
    """A board with two pictures, and a style preset."""
    board = invokeai.request("POST", "/api/v1/boards/", params={"board_name": PRESET})["board_id"]
    names = [upload(invokeai, size, board) for size in ((16, 16), (24, 24))]
    template = {"name": PRESET, "type": "user", "positive_prompt": "{prompt}, in oil", "negative_prompt": ""}
    preset = invokeai.request("POST", "/api/v1/style_presets/", data={"data": json.dumps(template)})
    yield Place(board, preset["id"])
    invokeai.request("DELETE", f"/api/v1/style_presets/i/{preset['id']}")
    for name in names:
        invokeai.request("DELETE", f"/api/v1/images/i/{name}")
    invokeai.request("DELETE", f"/api/v1/boards/{board}")


def upload(server: InvokeServer, size: Size, board: str) -> str:
    params = {"image_category": "user", "is_intermediate": "false", "board_id": board}
    files = {"file": ("image.png", picture(size), "image/png")}
    return server.request("POST", "/api/v1/images/upload", params=params, files=files)["image_name"]


@each_shape
async def test_it_runs_on_a_real_server(
    shape: Shape, place: Place, invokeai: InvokeServer, leftovers: Leftovers, tmp_path: Path
) -> None:
    leftovers.queue_ids = {QUEUE}
    check(shape, await ran(shape, invokeai.url, tmp_path, place))


@pytest.mark.parametrize("name", ["connectors in a chain", "batches multiplied", "dynamic prompts", "one or the other"])
async def test_what_compile_prints_is_taken_as_it_is(
    name: str, invokeai: InvokeServer, leftovers: Leftovers, tmp_path: Path
) -> None:
    """Printed by one program, posted by another."""
    leftovers.queue_ids = {"familiar"}
    shape = next(shape for shape in SHAPES if shape.name == name)
    (tmp_path / "shape.json").write_text(json.dumps(shape.document()), "utf-8")
    command = [sys.executable, "-m", "bot", "compile", "shape.json", "--url", invokeai.url]
    told = await asyncio.to_thread(
        subprocess.run, command, check=True, capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT
    )
    assert told.stderr.startswith(f"POST {invokeai.url}/api/v1/queue/familiar/enqueue_batch\n")
    async with trials(invokeai.url, "familiar") as server:
        assert await server.enqueue(json.loads(told.stdout)) == ""
