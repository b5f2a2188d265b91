"""Pictures, pure: bytes in, bytes out. Every function here is slow; call it in a thread."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from workflows.errors import InputError

_OTHERWISE = "Please attach a PNG, JPEG or WebP."
#: WebP cannot hold a side longer than this.
_WEBP_SIDE = 16383


@dataclass(frozen=True)
class ResultFile:
    """One file for a card, free of everything that the backend wrote into it."""

    filename: str
    data: bytes
    note: str = ""


def prepare(name: str, data: bytes, megapixels: int) -> bytes:
    """Return an attached picture as an upright PNG, in a mode that InvokeAI reads. Raises InputError for input `name`.

    The bytes decide, not the file's name: what cannot be decoded whole is refused here, because the server would store
    half of it or answer with an error of its own. EXIF orientation is lost on upload, so it is applied before.
    """
    try:
        with warnings.catch_warnings():
            # Our own limit is below the size that Pillow warns of, and is told to the user.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > megapixels * 1_000_000:
                    size = f"{image.width} x {image.height}"
                    raise InputError(name, f"that picture has {size} pixels; up to {megapixels} million are fine.")
                image.seek(0)
                upright = _eight_bits(ImageOps.exif_transpose(image))
                has_alpha = upright.has_transparency_data
                return _png(upright.convert("RGBA" if has_alpha else "RGB"))
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(name, f"that file is not a picture that can be read. {_OTHERWISE}") from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        raise InputError(name, f"that picture is damaged or cut short. {_OTHERWISE}") from None


def fit(png: bytes, stem: str, limit: int) -> ResultFile:
    """Return a result free of metadata, in the best form that is not larger than `limit` bytes.

    InvokeAI writes the whole graph, and the workflow, into the text chunks of every PNG that it makes.
    """
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        # A palette's transparency lies among the texts that go.
        is_palette_with_alpha = image.mode == "P" and image.has_transparency_data
        clean = image.convert("RGBA") if is_palette_with_alpha else image.copy()
    clean.info.clear()
    data = _png(clean)
    if len(data) <= limit:
        return ResultFile(f"{stem}.png", data)
    if max(clean.size) > _WEBP_SIDE:
        clean.thumbnail((_WEBP_SIDE, _WEBP_SIDE))
    for note, options in (
        ("lossless WebP: the PNG is over the server's limit", {"lossless": True, "quality": 60}),
        *((f"WebP at quality {q}: the PNG is over the server's limit", {"quality": q}) for q in (95, 90, 80, 60, 40)),
    ):
        data = _save(clean, "WEBP", **options)
        if len(data) <= limit:
            return ResultFile(f"{stem}.webp", data, note)
    for side in (1024, 512, 256, 128):
        clean.thumbnail((side, side))
        data = _save(clean, "WEBP", quality=60)
        if len(data) <= limit:
            break
    return ResultFile(f"{stem}.webp", data, "made smaller: it is over the server's limit")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture of 16 bits, such as a depth map, in 8, where Pillow's own conversion would make it white."""
    if not image.mode.startswith("I"):
        return image
    # The upper byte of each sample is the shade.
    samples = image.convert("I").convert("I;16").tobytes()
    return Image.frombytes("L", image.size, samples[1::2])


def _png(image: Image.Image) -> bytes:
    # Level 1 is four times as fast as the default for a few per cent more bytes.
    return _save(image, "PNG", compress_level=1)


def _save(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
