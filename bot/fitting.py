"""Pictures as WebP, as good as a limit leaves them. Pure, and slow: call it in a thread.

To pack a large picture costs seconds, so what a try would come to is first seen on a sample of its pixels.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

from PIL import Image

from workflows.texts import say

#: WebP cannot hold a side longer than this.
_WEBP_SIDE = 16383
#: Of lossy WebP: below the lowest, fewer pixels look better; above the highest, it only gets larger.
_LOWEST, _FIRST, _HIGHEST = 50, 90, 99
#: Where there are fewer pixels, they look good; and better still where that leaves much of the room.
_SMALLER, _ROOM = 85, 0.85
_SMALLEST_SIDE = 64
#: Lossless, but for the names: the second one packs graphics better by a fifth, and takes three times as long.
_QUICK: Mapping[str, object] = {"lossless": True, "exact": True, "quality": 20, "method": 2}
_THOROUGH: Mapping[str, object] = {"lossless": True, "exact": True, "quality": 60, "method": 4}
_BETTER = 1.25
#: A sample is so many tiles each way, of so small a part of a side, in blocks as WebP has them; of fewer pixels, none.
_TILES, _PART, _BLOCK, _MANY_PIXELS = 8, 48, 16, 2_000_000
#: How far a sample may be wrong about the whole, as was seen: by a tenth.
_DOUBT = 1.15


@dataclass(frozen=True)
class Fitted:
    """A picture as WebP: what of it was given up, and whether each pixel is as it was."""

    data: bytes
    note: str
    is_whole: bool = False


def fitted(image: Image.Image, limit: int) -> Fitted:
    """Return a picture, RGB or RGBA, in `limit` bytes: the same pixels, or else lossy, or else fewer of them."""
    if max(image.size) <= _WEBP_SIDE:
        if data := _lossless(image, limit):
            return Fitted(data, say("files-lossless"), is_whole=True)
        if found := _lossy(image, limit):
            return Fitted(found[1], say("files-lossy", quality=str(found[0])))
    return _smaller(image, limit)


def guessed(image: Image.Image, kind: str, **how: object) -> float:
    """Return about how many bytes a picture has when it is saved so; of a small one nothing, as it is soon tried."""
    sample = _sample(image)
    return len(saved(sample, kind, **how)) / _share(sample, image) if sample else 0.0


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    """Return a picture as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def highest(encode: Callable[[int], bytes], limit: float, lowest: int = _LOWEST) -> tuple[int, bytes] | None:
    """Return the highest quality at which an encoder keeps to a limit, and what it made; None where none is that low.

    The next try is guessed from the sizes on both sides, whose logarithms lie about on a line; every third one is the
    middle, for where they do not.
    """
    sizes: dict[int, float] = {}
    found: tuple[int, bytes] | None = None
    low, high, quality = lowest, _HIGHEST, max(_FIRST, lowest)
    while low <= high:
        data = encode(quality)
        sizes[quality] = math.log(max(len(data), 1))
        if len(data) <= limit:
            found, low = (quality, data), quality + 1
        else:
            high = quality - 1
        quality = _guess(sizes, low, high, math.log(max(limit, 1)))
    return found


def _guess(sizes: Mapping[int, float], low: int, high: int, wanted: float) -> int:
    """Return which quality from `low` to `high` to try next: first whether any is too large, or too small."""
    below, above = low - 1, high + 1
    if above not in sizes:
        return high
    if below not in sizes:
        return low
    if len(sizes) % 3 == 0 or sizes[above] <= sizes[below]:
        return (low + high) // 2
    share = (wanted - sizes[below]) / (sizes[above] - sizes[below])
    return min(max(below + math.floor(share * (above - below)), low), high)


def _lossless(image: Image.Image, limit: int) -> bytes | None:
    if guessed(image, "WEBP", **_QUICK) > limit * _BETTER * _DOUBT:
        return None
    data = saved(image, "WEBP", **_QUICK)
    if limit < len(data) <= limit * _BETTER:
        data = saved(image, "WEBP", **_THOROUGH)
    return data if len(data) <= limit else None


def _lossy(image: Image.Image, limit: int, lowest: int = _LOWEST) -> tuple[int, bytes] | None:
    """Return a picture at the highest quality that fits, as far as a sample tells: each try tells how wrong it is."""
    sample = _sample(image)
    if sample is None:
        return highest(partial(_webp, image), limit, lowest)
    of_sample = cache(partial(_webp, sample))
    room, tried = limit * _share(sample, image), set[int]()
    found: tuple[int, bytes] | None = None
    while True:
        likely = highest(of_sample, room, lowest)
        quality = likely[0] if likely else lowest
        if quality in tried or (likely is None and len(of_sample(lowest)) > room * _DOUBT):
            return found
        tried.add(quality)
        data = _webp(image, quality)
        if len(data) <= limit and (found is None or quality > found[0]):
            found = quality, data
        room = limit * len(of_sample(quality)) / len(data)


def _smaller(image: Image.Image, limit: int) -> Fitted:
    """Return a picture with as many of its pixels as fit, at a quality that looks good."""
    width, height = image.size
    likely = guessed(image, "WEBP", quality=_SMALLER)
    factor = min(1.0, _WEBP_SIDE / max(image.size), math.sqrt(limit / likely) if likely else 1.0)
    while True:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        small = image.resize(size, Image.Resampling.LANCZOS)
        data = _webp(small, _SMALLER)
        if len(data) <= limit or max(size) <= _SMALLEST_SIDE:
            break
        # The bytes go about as the pixels do; what is left above that is taken off at the next try.
        factor *= min(0.95, math.sqrt(limit / len(data)) * 0.97)
    if len(data) < limit * _ROOM and (better := _lossy(small, limit, _SMALLER + 1)):
        data = better[1]
    sizes = {"width": str(size[0]), "height": str(size[1]), "from_width": str(width), "from_height": str(height)}
    return Fitted(data, say("files-smaller", **sizes))


def _sample(image: Image.Image) -> Image.Image | None:
    """Return tiles from all over a large picture, put together; None of one that is soon packed, or hard to cut."""
    width, height = image.size
    wide, high = (max(side // _PART // _BLOCK, 1) * _BLOCK for side in image.size)
    if width * height < _MANY_PIXELS or min(width, height) < _TILES * _BLOCK or image.mode in {"P", "1"}:
        return None
    sample = Image.new(image.mode, (_TILES * wide, _TILES * high))
    for row in range(_TILES):
        for column in range(_TILES):
            left, top = (width - wide) * column // (_TILES - 1), (height - high) * row // (_TILES - 1)
            sample.paste(image.crop((left, top, left + wide, top + high)), (column * wide, row * high))
    return sample


def _share(sample: Image.Image, image: Image.Image) -> float:
    return sample.width * sample.height / (image.width * image.height)


def _webp(image: Image.Image, quality: int) -> bytes:
    return saved(image, "WEBP", quality=quality)
