"""Pictures of a run under way: whatever a node sends, a card gets a picture or none."""

import base64
import io
import random

import pytest
from PIL import Image

from bot import previews
from bot.previews import LONG_SIDE
from workflows.events import Preview


def preview(size: tuple[int, int], kind: str = "JPEG", mode: str = "RGB", header: str = "") -> Preview:
    stream = io.BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else 0).save(stream, kind)
    data = base64.b64encode(stream.getvalue()).decode()
    return Preview(f"{header or f'data:image/{kind.lower()};base64,'}{data}", size[0] * 8, size[1] * 8)


def encoded(data: bytes, kind: str = "jpeg") -> Preview:
    return Preview(f"data:image/{kind};base64,{base64.b64encode(data).decode()}", 64, 64)


BROKEN = {
    "nothing": Preview("", 64, 64),
    "no data": Preview("data:image/jpeg;base64,", 64, 64),
    "no base64": Preview("data:image/jpeg;base64,<svg>", 64, 64),
    "not said to be base64": preview((8, 8), header="data:image/jpeg,"),
    "no picture": encoded(random.Random(1).randbytes(500)),
    "half a picture": encoded(base64.b64decode(preview((64, 64)).data_url.partition(",")[2])[:-40]),
    "another format": preview((8, 8), "GIF"),
    "far too many pixels": preview((3000, 3000), "PNG"),
    "more than a library dares to open": preview((20_000, 10_000), "PNG", mode="1"),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_picture_gives_none(sent: Preview) -> None:
    assert previews.picture(sent) is None


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ((32, 32), (512, 512)),
        ((64, 48), (512, 384)),
        ((48, 64), (384, 512)),
        ((1, 1), (512, 512)),
        ((1, 900), (1, 512)),
        ((1024, 512), (512, 256)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_preview_is_brought_to_the_size_that_discord_draws(
    kind: str, size: tuple[int, int], drawn: tuple[int, int]
) -> None:
    data = previews.picture(preview(size, kind))
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert (image.format, image.mode, image.size) == ("WEBP", "RGB", drawn)
        assert max(image.size) == LONG_SIDE


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "1"])
def test_a_preview_of_any_kind_of_pixels_is_opaque(mode: str) -> None:
    data = previews.picture(preview((16, 16), "PNG", mode))
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGB"
