"""The pictures that go in, and what can be told of those that come out."""

import io
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageStat

#: What a PNG is made of; everything else in it would be words.
PIXEL_CHUNKS = {"IHDR", "PLTE", "tRNS", "IDAT", "IEND"}
SQUARE = 8
RED, BLUE = (200, 40, 40), (40, 60, 200)


def board(size: tuple[int, int] = (96, 64), dark: tuple[int, int, int] = RED) -> Image.Image:
    """A chessboard: sharp edges everywhere, two plain colours, the first square dark."""
    image = Image.new("RGB", size, (240, 236, 220))
    for left in range(0, size[0], SQUARE):
        for top in range(0, size[1], SQUARE):
            if (left + top) // SQUARE % 2 == 0:
                image.paste(dark, (left, top, left + SQUARE, top + SQUARE))
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.copy()


def chunks(png: bytes) -> set[str]:
    """The kinds of chunks in a PNG, read without any library that might overlook one."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, position = set[str](), 8
    while position < len(png):
        length = int.from_bytes(png[position : position + 4], "big")
        found.add(png[position + 4 : position + 8].decode("ascii"))
        position += 12 + length
    return found


def roughness(image: Image.Image) -> float:
    """How much neighbouring pixels differ, in the mean: sharp pictures have more of it."""
    grey = image.convert("L")
    return _mean(ImageChops.difference(grey, ImageChops.offset(grey, 1, 0)))


def spread(image: Image.Image) -> float:
    """How far light and dark are apart."""
    return ImageStat.Stat(image.convert("L")).stddev[0]


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures of one size, from 0 for the same to 255."""
    assert one.size == other.size
    return _mean(ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L"))


def pixel(image: Image.Image, place: tuple[int, int]) -> tuple[int, ...]:
    found = image.convert("RGB").getpixel(place)
    assert isinstance(found, tuple)
    return tuple(int(channel) for channel in found)


def is_near(one: Sequence[int], other: Sequence[int], tolerance: int = 6) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def _mean(grey: Image.Image) -> float:
    return ImageStat.Stat(grey).mean[0]
