"""The models and style presets that are said to be there. No model is; the nodes make do without."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

STYLES = [
    "anime",
    "aquarelle",
    "blueprint",
    "bokeh",
    "charcoal",
    "chibi",
    "cinematic",
    "claymation",
    "comic",
    "cubism",
    "etching",
    "fresco",
    "glitch",
    "gouache",
    "halftone",
    "ink",
    "isometric",
    "ladybug",
    "linocut",
    "lowpoly",
    "mosaic",
    "neon",
    "noir",
    "oil",
    "origami",
    "papercut",
    "pastel",
    "pencil",
    "pixel",
    "poster",
    "retro",
    "sepia",
    "sketch",
    "stained-glass",
    "sticker",
    "ukiyo-e",
    "vapor",
    "watercolour",
    "woodcut",
    "zine",
]


def _record(name: str, base: str, type_: str, **more: Any) -> dict[str, Any]:
    digest = hashlib.sha256(f"{name}/{base}/{type_}".encode()).hexdigest()
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, digest))
    return {
        "key": key,
        "hash": f"blake3:{digest}",
        "path": key,
        "file_size": 7637304,
        "name": name,
        "description": None,
        "source": f"models/{name}",
        "source_type": "path",
        "source_api_response": None,
        "source_url": None,
        "cover_image": None,
        "type": type_,
        "trigger_phrases": None,
        "default_settings": None,
        "format": "diffusers",
        "base": base,
        **more,
    }


def _main(name: str, base: str, size: int) -> dict[str, Any]:
    unset = ("vae", "vae_precision", "scheduler", "steps", "cfg_scale", "cfg_rescale_multiplier", "guidance")
    settings = {**dict.fromkeys(unset), "width": size, "height": size, "cpu_only": None, "fp8_storage": None}
    kind = {"repo_variant": "", "prediction_type": "epsilon", "variant": "normal"}
    return _record(name, base, "main", default_settings=settings, **kind)


def _preset(name: str, positive: str, negative: str = "") -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"preset/{name}")),
        "name": name,
        "preset_data": {"positive_prompt": positive, "negative_prompt": negative},
        "type": "default",
        "is_public": False,
        "user_id": "system",
        "image": None,
    }


def presets() -> list[dict[str, Any]]:
    return [
        _preset("Anime", "{prompt}, drawn with bold lines", "photo"),
        _preset("Photography (General)", "{prompt}, a photo on film", "painting, blurry"),
        _preset("Sketch", "a quick pencil drawing of {prompt}", "{prompt} in colour"),
    ]


def installed() -> list[dict[str, Any]]:
    return [
        _main("tiny-sd15", "sd-1", 512),
        _main("tiny-inpaint", "sd-1", 512) | {"variant": "inpaint"},
        _main("tiny-sdxl", "sdxl", 1024),
        _main("tiny-flux", "flux", 1024) | {"variant": "schnell", "format": "checkpoint"},
        _record("tiny-vae", "sd-1", "vae"),
        _record("tiny-sdxl-vae", "sdxl", "vae"),
        _record("tiny-canny", "sd-1", "controlnet"),
        _record("tiny-upscaler", "any", "spandrel_image_to_image", format="checkpoint"),
        *(_record(f"{style} style", "sd-1", "lora", format="lycoris") for style in STYLES),
        _record("xl detail", "sdxl", "lora", format="lycoris"),
    ]


@dataclass
class Models:
    """The list, and the ways to look into it."""

    records: list[dict[str, Any]] = field(default_factory=installed)
    presets: list[dict[str, Any]] = field(default_factory=presets)

    def install_anew(self) -> None:
        """Every model under a new key: a key is one server's own, and only the hash stays the same."""
        for record in self.records:
            record["key"] = record["path"] = str(uuid.uuid4())

    def seed_presets(self) -> None:
        """What a real server does at each start: its own presets are written anew, under new ids."""
        for preset in self.presets:
            if preset["type"] == "default":
                preset["id"] = str(uuid.uuid4())

    def by(self, **known: str) -> dict[str, Any] | None:
        found = [one for one in self.records if all(one[name] == value for name, value in known.items())]
        return found[0] if found else None

    def matching(self, bases: list[str], **known: str | None) -> list[dict[str, Any]]:
        found = [one for one in self.records if not bases or one["base"] in bases]
        for name, value in known.items():
            found = [one for one in found if value is None or one[name] == value]
        return sorted(found, key=lambda one: str(one["name"]).lower())
