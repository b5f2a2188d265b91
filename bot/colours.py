"""Pictures of any mode as RGB or RGBA with eight bits each. Pure, and slow: call it in a thread."""

from __future__ import annotations

import io
from typing import Any, cast

from PIL import Image, ImageCms

#: Its types are partly unknown (Pillow 13).
_CMS = cast("Any", ImageCms)


def plain(image: Image.Image) -> Image.Image:
    """Return a picture as RGB, or as RGBA where anything of it may be transparent."""
    if image.mode == "CMYK" and (printed := _printed(image)):
        return printed
    if image.mode == "LAB":
        return _converted(image, _CMS.createProfile("LAB"))
    shades = eight_bits(image)
    return shades.convert("RGBA" if shades.has_transparency_data else "RGB")


def eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture of 16 bits, such as a depth map, or of fractions, in 8, where Pillow's own would be white."""
    if image.mode == "F":
        return _scaled(image)
    if not image.mode.startswith("I"):
        return image
    # The upper byte of each sample is the shade.
    samples = image.convert("I").convert("I;16").tobytes()
    return Image.frombytes("L", image.size, samples[1::2])


def _scaled(image: Image.Image) -> Image.Image:
    """Return fractions as shades: from 0 to 1, to 255, or else as wide as they are."""
    _, highest = image.getextrema()
    assert isinstance(highest, float | int)
    most = 1.0 if highest <= 1 else max(float(highest), 255.0)
    return image.point(lambda value: value * (255 / most)).convert("L")


def _printed(image: Image.Image) -> Image.Image | None:
    """Return a picture in a printer's colours by the profile that it brings; None where that cannot be used."""
    try:
        return _converted(image, _CMS.getOpenProfile(io.BytesIO(image.info["icc_profile"])))
    except (KeyError, OSError, ValueError, ImageCms.PyCMSError):
        return None


def _converted(image: Image.Image, profile: object) -> Image.Image:
    return _CMS.profileToProfile(image, profile, _CMS.createProfile("sRGB"), outputMode="RGB")
