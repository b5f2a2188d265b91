"""The schema that the local server publishes is the real one's, field by field."""

from typing import Any

import httpx
import pytest

from bot.playground.invokeai.nodes import NODES
from bot.playground.invokeai.schema import openapi
from tests.live.server import InvokeServer

OURS = openapi()["components"]["schemas"]
NAMES = sorted({node.__name__ for node in NODES} | {node.spec.gives.__name__ for node in NODES})


def meaning(schema: Any) -> Any:
    """A schema without its descriptions, which are our own words."""
    if isinstance(schema, dict):
        return {key: meaning(value) for key, value in schema.items() if key != "description" or isinstance(value, dict)}
    return [meaning(one) for one in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def theirs(invokeai: InvokeServer) -> dict[str, Any]:
    return httpx.get(f"{invokeai.url}/openapi.json", timeout=60).json()["components"]["schemas"]


@pytest.mark.live
@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_the_real_one(theirs: dict[str, Any], name: str):
    ours, real = meaning(OURS[name]), meaning(theirs[name])
    assert ours.pop("properties") == real.pop("properties")
    assert sorted(ours.pop("required")) == sorted(real.pop("required"))
    assert ours == real


@pytest.mark.parametrize("name", [node.__name__ for node in NODES])
def test_every_node_and_field_is_described(name: str):
    schema = OURS[name]
    assert schema["class"] == "invocation"
    assert schema["description"]
    assert schema["output"]["$ref"].rpartition("/")[2] in OURS
    for field, described in schema["properties"].items():
        assert described["field_kind"] in ("input", "internal", "node_attribute")
        assert field == "type" or described.get("description") or name == "DenoiseLatentsInvocation", field


async def test_it_is_served_without_a_login(invoke_url: str):
    async with httpx.AsyncClient(base_url=invoke_url, timeout=60) as http:
        document = (await http.get("/openapi.json")).json()
    blur = document["components"]["schemas"]["ImageBlurInvocation"]
    assert blur["properties"]["type"]["default"] == "img_blur"
    assert blur["properties"]["radius"]["minimum"] == 0
