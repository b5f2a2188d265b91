"""A contact sheet: many pictures at a glance, numbered as they follow. Pure, and slow: call it in a thread."""

from __future__ import annotations

import io
import math
import statistics
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from bot.media import ResultFile, fit

#: What Discord shows of the largest picture of a message is about so wide; what a phone opens, not much wider.
_WIDTH = 1600
_GAP = 12
#: A cell's longer side, in its shorter ones.
_LONGEST = 2.0
#: Discord shows the first of ten wide, and cuts off what is higher.
_WIDER = 1.6
#: Neither Discord's dark ground nor its light one, and quiet under what is transparent.
_GROUND, _CELL = (43, 45, 49), (64, 66, 73)
_INK, _TAG = (255, 255, 255), (20, 20, 24)


def sheet(pictures: Sequence[tuple[int, bytes]], stem: str, limit: int) -> ResultFile:
    """Return one picture of all these, each with its number, in a file of `limit` bytes at most."""
    aspect = _aspect([data for _, data in pictures])
    columns = math.ceil(math.sqrt(len(pictures) * _WIDER / aspect))
    rows = math.ceil(len(pictures) / columns)
    width = (_WIDTH - _GAP) // columns - _GAP
    height = round(width / aspect)
    drawn = Image.new("RGB", (_GAP + columns * (width + _GAP), _GAP + rows * (height + _GAP)), _GROUND)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(min(max(16, min(width, height) // 9), 48))
    for place, (number, data) in enumerate(pictures):
        row, column = divmod(place, columns)
        left, top = _GAP + column * (width + _GAP), _GAP + row * (height + _GAP)
        pen.rectangle((left, top, left + width - 1, top + height - 1), fill=_CELL)
        small = _thumbnail(data, (width, height))
        where = left + (width - small.width) // 2, top + (height - small.height) // 2
        drawn.paste(small, where, small)
        _tag(pen, (left, top), str(number), font)
    stream = io.BytesIO()
    drawn.save(stream, "PNG", compress_level=1)
    return fit(stream.getvalue(), stem, limit)


def _aspect(pictures: Sequence[bytes]) -> float:
    """Return how much wider than high a cell is: as most pictures are, but for what is very long."""
    found: list[float] = []
    for data in pictures:
        with Image.open(io.BytesIO(data)) as image:
            found.append(image.width / image.height)
    return min(max(statistics.median(found), 1 / _LONGEST), _LONGEST)


def _thumbnail(data: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", size)
        small = image.convert("RGBA") if image.mode != "RGBA" else image.copy()
    small.thumbnail(size, Image.Resampling.LANCZOS)
    return small


def _tag(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont
) -> None:
    """Write a number into a cell's upper left corner, on a ground of its own: it is read on any picture."""
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    pad = max(4, round((bottom - top) / 3))
    x, y = corner
    pen.rectangle((x, y, x + right - left + 2 * pad, y + bottom - top + 2 * pad), fill=_TAG)
    pen.text((x + pad - left, y + pad - top), text, font=font, fill=_INK)
