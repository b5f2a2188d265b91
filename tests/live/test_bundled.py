"""Every document that this project ships or tests with is one that a real InvokeAI accepts as it is."""

import json
from pathlib import Path
from typing import Any

import pytest

import workflows
from tests.live.server import InvokeServer

BUNDLED = sorted((Path(workflows.__file__).parent / "bundled").glob("*.json"))
FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "workflows").glob("*.json"))

each_document = pytest.mark.parametrize(
    "path", [*BUNDLED, *FIXTURES], ids=lambda path: f"{path.parent.name}-{path.stem}"
)


@pytest.fixture(scope="session")
def node_schemas(invokeai: InvokeServer) -> dict[str, dict[str, Any]]:
    schemas = invokeai.request("GET", "/openapi.json")["components"]["schemas"].values()
    nodes = (schema for schema in schemas if schema.get("class") == "invocation")
    return {node["properties"]["type"]["default"]: node for node in nodes}


def test_there_are_documents() -> None:
    assert len(BUNDLED) >= 8
    assert len(FIXTURES) >= 10


@each_document
def test_the_library_takes_it_and_gives_it_back(path: Path, invokeai: InvokeServer) -> None:
    document = json.loads(path.read_text("utf-8"))
    saved = invokeai.request("POST", "/api/v1/workflows/", json={"workflow": document})
    invokeai.request("DELETE", f"/api/v1/workflows/i/{saved['workflow_id']}")
    assert {key: saved["workflow"].get(key) for key in document} == document


@each_document
def test_its_nodes_are_those_of_this_version(path: Path, node_schemas: dict[str, dict[str, Any]]) -> None:
    for node in json.loads(path.read_text("utf-8"))["nodes"]:
        if node["type"] == "invocation":
            schema = node_schemas[node["data"]["type"]]
            assert node["data"]["version"] == schema["version"]
            assert set(node["data"]["inputs"]) == _inputs(schema)


def _inputs(schema: dict[str, Any]) -> set[str]:
    fields = schema["properties"].items()
    return {name for name, field in fields if field.get("field_kind") in {"input", "internal"}}
