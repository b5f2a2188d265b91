"""The OpenAPI document: every node and output as the editor, and a client, learns of it."""

from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.playground.invokeai.nodes import NODES
from bot.playground.invokeai.nodes.base import Node, Output

REF = "#/components/schemas/{model}"


def openapi(nodes: tuple[type[Node], ...] = NODES) -> dict[str, Any]:
    outputs = list(dict.fromkeys(node.spec.gives for node in nodes))
    models: list[type[BaseModel]] = [*nodes, *outputs]
    _, document = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    schemas = cast("dict[str, dict[str, Any]]", document["$defs"])
    for node in nodes:
        _complete_node(node, schemas[node.__name__])
    for output in outputs:
        _complete_output(output, schemas[output.__name__])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Invoke - Community Edition",
            "description": "A local stand-in that runs a few nodes with Pillow",
            "version": "1.0.0",
        },
        "paths": {},
        "components": {"schemas": schemas},
    }


def _complete_node(node: type[Node], schema: dict[str, Any]) -> None:
    spec = node.spec
    schema["properties"]["id"].pop("default", None)
    required = [name for name in schema.get("required", []) if name != "id"]
    schema["required"] = [*required, "type", "id"]
    schema["class"] = "invocation"
    schema["title"] = spec.title
    schema["version"] = spec.version
    schema["classification"] = spec.classification
    schema["node_pack"] = "invokeai"
    if spec.category is not None:
        schema["category"] = spec.category
        schema["tags"] = list(spec.tags)
    schema["output"] = {"$ref": REF.format(model=spec.gives.__name__)}


def _complete_output(output: type[Output], schema: dict[str, Any]) -> None:
    schema["properties"].pop("output_meta", None)
    named = [name for name in output.model_fields if name not in ("output_meta", "type")]
    schema["required"] = ["output_meta", *named, "type", "type"]
    schema["class"] = "output"
