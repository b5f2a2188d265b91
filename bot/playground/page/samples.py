"""The bundled pictures and workflows, one click away from being attached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePath

from bot.playground.page.ports import Json
from workflows._json import mapping


class Samples:
    """Reads what is bundled once, and gives it by file name, with whatever workflows there are besides."""

    def __init__(self, workflows: Mapping[str, bytes] | None = None) -> None:
        self._further = dict(workflows or {})

    @cached_property
    def pictures(self) -> dict[str, Traversable]:
        return _files("samples", ".webp")

    @cached_property
    def workflows(self) -> dict[str, bytes]:
        found = {name: file.read_bytes() for name, file in _files("", ".json").items()}
        return dict(sorted({**found, **self._further}.items()))

    def listed(self) -> Json:
        """Return what the page offers, with titles and where to fetch it."""
        pictures = {name: PurePath(name).stem.replace("_", " ").capitalize() for name in self.pictures}
        workflows = {name: str(mapping(json.loads(data)).get("name") or name) for name, data in self.workflows.items()}
        return {"pictures": _offered(pictures), "workflows": _offered(workflows)}

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a sample; None where there is none of that name."""
        file = self.pictures.get(name)
        return self.workflows.get(name) if file is None else file.read_bytes()


def _files(folder: str, suffix: str) -> dict[str, Traversable]:
    bundled = resources.files("workflows") / "bundled"
    place = bundled / folder if folder else bundled
    found = {file.name: file for file in place.iterdir() if file.name.endswith(suffix)}
    return dict(sorted(found.items()))


def _offered(titles: dict[str, str]) -> list[Json]:
    return [{"name": name, "title": title, "url": f"/samples/{name}"} for name, title in titles.items()]
