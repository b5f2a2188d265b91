"""Workflows that are not bundled, as InvokeAI's editor would export them: more to see than to use."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

#: Of each node: its type, the version of its type, and the values that stand in it.
_NODES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "model": ("main_model_loader", "1.0.4", {"model": {"name": "tiny-sd15", "base": "sd-1", "type": "main"}}),
    "wanted": ("compel", "1.2.1", {"prompt": "a harbour at dusk"}),
    "unwanted": ("compel", "1.2.1", {"prompt": ""}),
    "noise": ("noise", "1.1.0", {"seed": 1, "width": 640, "height": 448}),
    "denoise": ("denoise_latents", "1.6.0", {"steps": 20, "cfg_scale": 7.5, "scheduler": "euler"}),
    "paint": ("l2i", "1.3.2", {}),
}
#: What the author called the nodes that members hear of.
_LABELS = {"denoise": "Denoising", "paint": "Painting"}
_EDGES = (
    ("model.clip", "wanted.clip"),
    ("model.clip", "unwanted.clip"),
    ("wanted.conditioning", "denoise.positive_conditioning"),
    ("unwanted.conditioning", "denoise.negative_conditioning"),
    ("noise.noise", "denoise.noise"),
    ("model.unet", "denoise.unet"),
    ("denoise.latents", "paint.latents"),
    ("model.vae", "paint.vae"),
)
#: What members are asked for, and what each is called.
_ASKED = {
    ("wanted", "prompt"): "Prompt",
    ("denoise", "steps"): "Steps",
    ("noise", "seed"): "Seed",
}


def painter() -> bytes:
    """Return a workflow that denoises from words alone."""
    places = [{"nodeId": node, "fieldName": field} for node, field in _ASKED]
    elements: dict[str, Any] = {
        f"field-{number}": {
            "id": f"field-{number}",
            "type": "node-field",
            "parentId": "root",
            "data": {"fieldIdentifier": place, "showDescription": False},
        }
        for number, place in enumerate(places)
    }
    root = {"id": "root", "type": "container", "data": {"layout": "column", "children": list(elements)}}
    document = {
        "name": "Painter",
        "description": "Paints what you describe.",
        "meta": {"category": "user", "version": "4.0.0"},
        "nodes": [_node(node_id, *what) for node_id, what in _NODES.items()],
        "edges": [_edge(source, target) for source, target in _EDGES],
        "exposedFields": [],
        "form": {"elements": {"root": root, **elements}, "rootElementId": "root"},
    }
    return json.dumps(document).encode()


def wheel(pictures: int) -> bytes:
    """Return the bundled hue sheet with so many pictures."""
    document: dict[str, Any] = json.loads((resources.files("workflows") / "bundled" / "hue_sheet.json").read_bytes())
    document["name"] = "Colour wheel"
    for node in document["nodes"]:
        if node["data"].get("type") == "range_of_size":
            node["data"]["inputs"]["size"]["value"] = pictures
            node["data"]["inputs"]["step"]["value"] = 360 // pictures
    for element in document["form"]["elements"].values():
        if element["data"].get("fieldIdentifier", {}).get("fieldName") == "size":
            element["data"]["settings"]["max"] = pictures
    return json.dumps(document).encode()


def _node(node_id: str, kind: str, version: str, values: dict[str, Any]) -> dict[str, Any]:
    inputs = {
        name: {"name": name, "label": _ASKED.get((node_id, name), ""), "value": value} for name, value in values.items()
    }
    data = {"id": node_id, "type": kind, "version": version, "label": _LABELS.get(node_id, ""), "inputs": inputs}
    return {"id": node_id, "type": "invocation", "data": {**data, "isIntermediate": node_id != "paint"}}


def _edge(source: str, target: str) -> dict[str, str]:
    ends = [*source.split("."), *target.split(".")]
    return {"type": "default", **dict(zip(("source", "sourceHandle", "target", "targetHandle"), ends, strict=True))}
