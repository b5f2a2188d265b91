"""Run a shape as `familiar run` does, and see whether it made what it should."""

import asyncio
import io
import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bot.config import BackendSettings, Limits, Settings
from bot.terminal import Interrupts, Request, Result, run
from tests.live.shapes import Place, Shape, Size

SECONDS = 60
QUEUE = "familiar-shapes"


def picture(size: Size) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "teal").save(stream, "PNG")
    return stream.getvalue()


async def ran(shape: Shape, url: str, folder: Path, place: Place) -> Result:
    """Run a shape to its end, on a queue of its own; what it reads and makes lies in `folder`."""
    file = folder / "shape.json"
    file.write_text(json.dumps(shape.document(place)), "utf-8")
    images: list[tuple[str, Path]] = []
    for number, (name, size) in enumerate(shape.images):
        images.append((name, folder / f"{number}.png"))
        images[-1][1].write_bytes(picture(size))
    request = Request(file, shape.values, images, folder / "out")
    settings = Settings(backend=(BackendSettings(url=url, name=url, queue_id=QUEUE),), limits=Limits())
    async with asyncio.timeout(SECONDS):
        return await run(request, settings, None, Interrupts())


def check(shape: Shape, result: Result) -> None:
    """Assert what the shape says must come of it, and that nothing of it is left."""
    assert result.ok, result.problem
    assert tuple((spec.name, spec.kind.value) for spec in result.inputs) == shape.inputs
    assert _sizes(result.paths) == shape.sizes
    assert result.left == 0
    if shape.corner:
        with Image.open(result.paths[0]) as image:
            assert image.convert("RGB").getpixel((0, 0)) == shape.corner


def _sizes(paths: Sequence[Path]) -> tuple[Size, ...]:
    found: list[Size] = []
    for path in paths:
        with Image.open(path) as image:
            found.append(image.size)
    return tuple(found)
