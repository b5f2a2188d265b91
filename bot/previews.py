"""What a run shows of itself while it denoises, made fit for a card. Pure, and slow: call it in a thread."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image, UnidentifiedImageError

from workflows.events import Preview

#: As wide as Discord draws an embed's picture; the pixels that come are an eighth of the result's.
LONG_SIDE = 512
_QUALITY = 80
#: Backends send previews as JPEG or WebP; no other reader of pictures has to look at what a stranger's node made.
_FORMATS = ("JPEG", "WEBP", "PNG")
_MOST_PIXELS = 4_000_000


def picture(preview: Preview) -> bytes | None:
    """Return a preview as a WebP whose long side is LONG_SIDE; None where it is no picture."""
    try:
        data = base64.b64decode(preview.data_url.partition(";base64,")[2], validate=True)
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            # Transparency would show whatever colour Discord has behind it.
            pixels = image.convert("RGB")
        return _webp(pixels.resize(_size(pixels.width, pixels.height), Image.Resampling.LANCZOS))
    except (
        *(binascii.Error, UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning),
        *(OSError, ValueError, SyntaxError, EOFError, MemoryError),
    ):
        return None


def _size(width: int, height: int) -> tuple[int, int]:
    scale = LONG_SIDE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _webp(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=_QUALITY)
    return stream.getvalue()
