"""The two calls of Pillow whose types name numpy, which Familiar does without."""

from collections.abc import Callable
from typing import Any

from PIL import Image


def curve(picture: Any, value: Callable[[int], float]) -> Image.Image:
    """Every byte of a picture through a function."""
    return picture.point([int(value(byte)) for byte in range(256)] * len(picture.getbands()))


def resized(picture: Any, size: tuple[int, int], sampling: Image.Resampling = Image.Resampling.BICUBIC) -> Image.Image:
    return picture.resize(size, sampling)
