"""Many pictures on one, each under its title. Pure but for the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_GAP = 24
_TITLE = 40
_TITLE_SIZE = 22
#: Of the PNG: few pictures need more, and it is a third of the size.
_COLORS = 256


@dataclass(frozen=True)
class Side:
    """One half of a sheet: its pictures by title, and the colours around them."""

    pictures: Mapping[str, Path]
    paper: str
    ink: str


def light(pictures: Mapping[str, Path]) -> Side:
    """Return the half of the light pictures."""
    return Side(pictures, "#f2f3f5", "#313338")


def dark(pictures: Mapping[str, Path]) -> Side:
    """Return the half of the dark pictures."""
    return Side(pictures, "#1e1f22", "#dbdee1")


def sheet(sides: Sequence[Side], out: Path, *, columns: int = 2, width: int = 520) -> Path:
    """Draw the sides beside each other, each in so many columns of pictures that wide, into a PNG."""
    drawn = [_side(side, columns, width) for side in sides]
    height = max(one.height for one in drawn)
    whole = Image.new("RGB", (sum(one.width for one in drawn), height))
    left = 0
    for side, one in zip(sides, drawn, strict=True):
        whole.paste(side.paper, (left, 0, left + one.width, height))
        whole.paste(one, (left, 0))
        left += one.width
    save_small(whole, out)
    return out


def save_small(picture: Image.Image, out: Path, colors: int = _COLORS) -> None:
    """Write a picture as a PNG with a palette of its own."""
    method = Image.Quantize.MEDIANCUT
    # Made better thrice: a sky is in bands otherwise.
    picture.convert("RGB").quantize(colors, method, kmeans=3).save(out, "PNG", optimize=True)


def _side(side: Side, columns: int, width: int) -> Image.Image:
    placed, height = _placed({title: _fitted(path, width) for title, path in side.pictures.items()}, columns)
    whole = Image.new("RGB", (columns * (width + _GAP) + _GAP, height), side.paper)
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(_TITLE_SIZE)
    for title, picture, column, top in placed:
        left = _GAP + column * (width + _GAP)
        pen.text((left, top + 6), title, fill=side.ink, font=font)
        whole.paste(picture, (left, top + _TITLE))
    return whole


def _placed(pictures: Mapping[str, Image.Image], columns: int) -> tuple[list[tuple[str, Image.Image, int, int]], int]:
    """Give each picture its place in the column that is the shortest so far; return also how high it all is."""
    ends = [_GAP] * columns
    placed: list[tuple[str, Image.Image, int, int]] = []
    for title, picture in pictures.items():
        column = ends.index(min(ends))
        placed.append((title, picture, column, ends[column]))
        ends[column] += _TITLE + picture.height + _GAP
    return placed, max(ends)


def _fitted(path: Path, width: int) -> Image.Image:
    with Image.open(path) as picture:
        fitted = picture.convert("RGB")
    fitted.thumbnail((width, fitted.height), Image.Resampling.LANCZOS)
    return fitted
