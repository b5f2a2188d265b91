"""The request that `familiar compile` prints: the local InvokeAI takes it as it is."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.compiled import Asked, Compiled, compile_request
from bot.config import Settings
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.schema import openapi
from bot.reports import Capabilities, ask_backend
from tests.bot.world import BUNDLED, FIXTURES
from tests.live.shapes import SHAPES, Place
from workflows.errors import UserError
from workflows.schema import Schemas

BLUR = BUNDLED / "blur.json"
PAINT = FIXTURES / "text_to_image.json"


@pytest.fixture(scope="module")
def offline() -> Capabilities:
    return Capabilities(Schemas.from_openapi(openapi()), None)


def settings(url: str = "http://127.0.0.1:9090", **limits: Any) -> Settings:
    return Settings.model_validate({"backend": [{"url": url, "queue_id": "mine"}], "limits": limits})


async def compiled(asked: Asked, server: LocalInvokeAI) -> Compiled:
    found = settings(server.url)
    return await compile_request(asked, found, await ask_backend(found.backend[0]))


@pytest.mark.parametrize(
    "asked",
    [
        Asked(BLUR, {"radius": "3"}, [("picture", "some.png")]),
        Asked(FIXTURES / "many_images.json", {}, [("photos", "a.png"), ("photos", "b.png")]),
        Asked(PAINT, {}, []),
        Asked(FIXTURES / "batch.json", {}, [("negatives", "some.png")]),
    ],
    ids=lambda asked: asked.file.stem,
)
async def test_the_server_takes_it_as_it_is(asked: Asked, server: LocalInvokeAI) -> None:
    await server.pause()
    found = await compiled(asked, server)
    assert found.address == f"{server.url}/api/v1/queue/mine/enqueue_batch"
    async with httpx.AsyncClient() as http:
        answer = await http.post(found.address, content=json.dumps(found.body))
    assert answer.status_code == 200, answer.text
    assert {item.batch_id for item in server.items.values()} == {found.body["batch"]["batch_id"]}


async def test_values_stand_where_they_belong(offline: Capabilities) -> None:
    asked = Asked(BLUR, {"radius": "3"}, [("picture", "some.png")])
    found = await compile_request(asked, settings(), offline)
    (node,) = found.body["batch"]["graph"]["nodes"].values()
    assert (node["radius"], node["image"]) == (3.0, {"image_name": "some.png"})
    assert found.body["batch"]["origin"] == "familiar"
    again = await compile_request(asked, settings(), offline)
    assert again.body["batch"]["batch_id"] != found.body["batch"]["batch_id"]


async def test_a_file_of_this_machine_is_to_be_uploaded_first(offline: Capabilities, tmp_path: Path) -> None:
    (path := tmp_path / "my fox.png").touch()
    found = await compile_request(Asked(BLUR, {}, [("picture", str(path))]), settings(), offline)
    (note,) = (note for note in found.notes if "must be on the server first" in note)
    assert f"curl -F 'file=@{path}' 'http://127.0.0.1:9090/api/v1/images/upload?" in note


@pytest.mark.parametrize("names_models", [True, False])
async def test_models_are_only_told_of_where_there_are_some(names_models: bool, offline: Capabilities) -> None:
    asked = Asked(PAINT, {}, []) if names_models else Asked(BLUR, {}, [("picture", "some.png")])
    found = await compile_request(asked, settings(), offline)
    assert any("keys differ" in note for note in found.notes) == names_models


async def test_what_a_server_must_work_out(offline: Capabilities, server: LocalInvokeAI, tmp_path: Path) -> None:
    shape = next(shape for shape in SHAPES if shape.name == "dynamic prompts")
    (path := tmp_path / "prompts.json").write_text(json.dumps(shape.document(Place())), "utf-8")
    with pytest.raises(UserError, match=r"Only a running InvokeAI knows what .* generates\. Give --url"):
        await compile_request(Asked(path, {}, []), settings(), offline)
    found = await compiled(Asked(path, {}, []), server)
    assert found.body["batch"]["data"][0][0]["items"] == ["a red fox", "a blue fox"]
    assert "It makes 2 runs of one graph" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (Asked(BLUR, {}, []), "picture**: is needed. Give it as --image picture="),
        (Asked(BLUR, {"radius": "99"}, [("picture", "x")]), "radius**: must be from 0 to 64"),
        (Asked(BLUR, {"picture": "x"}, []), "picture is an image: give it as --image picture="),
        (Asked(BLUR, {"size": "3"}, []), "There is no input size. There are: kind, radius."),
        (Asked(PAINT, {"model": "mine"}, []), "--set model: only a running InvokeAI knows what it has. Give --url"),
        (Asked(Path("none.json"), {}, []), "none.json: cannot be read: No such file"),
    ],
)
async def test_a_slip_is_told(asked: Asked, complaint: str, offline: Capabilities) -> None:
    with pytest.raises(UserError) as error:
        await compile_request(asked, settings(), offline)
    assert complaint in str(error.value)


async def test_a_server_that_is_gone_meanwhile_is_told(offline: Capabilities, tmp_path: Path) -> None:
    shape = next(shape for shape in SHAPES if shape.name == "dynamic prompts")
    (path := tmp_path / "prompts.json").write_text(json.dumps(shape.document(Place())), "utf-8")
    with pytest.raises(UserError, match="Is InvokeAI running"):
        await compile_request(Asked(path, {}, []), settings("http://127.0.0.1:1"), Capabilities(offline.schemas, []))


DUSK = {"key": "k", "hash": "h", "name": "Dusk", "base": "sd-1", "type": "main"}


async def test_a_model_that_no_server_is_asked_for_is_given_whole(offline: Capabilities) -> None:
    found = await compile_request(Asked(PAINT, {"model": json.dumps(DUSK)}, []), settings(), offline)
    nodes = found.body["batch"]["graph"]["nodes"].values()
    assert [node["model"] for node in nodes if "model" in node] == [DUSK]


@pytest.mark.parametrize(
    "literal",
    ['{"key": "k"}', "{broken", json.dumps({**DUSK, "base": "flux"}), json.dumps({**DUSK, "hash": 5})],
)
async def test_half_a_model_is_told(literal: str, offline: Capabilities) -> None:
    with pytest.raises(UserError, match="--set model: a model that fits here is written"):
        await compile_request(Asked(PAINT, {"model": literal}, []), settings(), offline)


async def test_what_a_batch_varies_is_asked_of_the_server_first(server: LocalInvokeAI, offline: Capabilities) -> None:
    asked = Asked(FIXTURES / "batch.json", {}, [("negatives", "some.png")])
    found = await compiled(asked, server)
    assert server.requests["POST", "/api/v1/queue/{queue_id}/enqueue_batch"] == 1
    assert not server.items
    assert not [note for note in found.notes if "does not check" in note]
    unasked = await compile_request(asked, settings(), offline)
    assert [note for note in unasked.notes if "does not check what a batch varies" in note]
