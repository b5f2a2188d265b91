"""Pictures and videos, pure: bytes in, bytes out. Every function here but `require_video` is slow; call it in a thread.

Source of the keywords of a PNG's chunks: files that InvokeAI 3 to 6 saved.
"""

from __future__ import annotations

import io
import warnings
import zlib
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from bot.colours import eight_bits, plain
from bot.containers import PNG, chunks, only_pixels, only_scans, what_it_is
from bot.fitting import fitted, guessed, saved
from workflows.document import MAX_BYTES
from workflows.errors import DocumentError, InputError
from workflows.texts import say

_WORKFLOW, _GRAPH, _METADATA = b"invokeai_workflow", b"invokeai_graph", b"invokeai_metadata"
#: What is looked for in an attached file: of all that Pillow reads, what no program is started for.
_FORMATS = (*("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "DIB", "TIFF", "JPEG2000", "PPM", "TGA", "QOI", "ICO"),)
_ANIMATIONS = frozenset({"PNG", "GIF", "WEBP", "AVIF"})
#: EXIF's orientations that are not upright.
_TURNED = range(2, 9)
#: So many times the limit, and PNG is not tried with more effort, which packs no better than that; nor if that is seen.
_PACKED, _PACKED_MORE = 1.5, 1.1


@dataclass(frozen=True)
class ResultFile:
    """One file for a card, free of everything that the backend wrote into it."""

    filename: str
    data: bytes
    note: str = ""
    #: What those hear who cannot see it; and whether it is covered until somebody clicks on it.
    description: str = ""
    is_spoiler: bool = False
    #: Whether each pixel of it is as it was made.
    is_whole: bool = True


@dataclass(frozen=True)
class Prepared:
    """A picture as it goes to InvokeAI, and what its member is told of that."""

    data: bytes
    note: str = ""


def prepare(name: str, data: bytes, megapixels: int) -> Prepared:
    """Return an attached picture as an upright PNG or JPEG that InvokeAI reads, and which says nothing but its pixels.

    The bytes decide, not the file's name: what cannot be decoded whole is refused here, because the server would store
    half of it or answer with an error of its own. EXIF orientation is lost on upload, so it is applied before. Pixels
    that need no change are not packed anew: of a photo that takes a second. Raises InputError for input `name`.
    """
    try:
        with warnings.catch_warnings():
            # Our own limit is below the size that Pillow warns of, and is told to the user.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                _require_pixels(name, image, megapixels)
                note = _note_on_frames(name, image)
                image.seek(0)
                image.load()
                as_it_is = _as_it_is(image, data)
                return Prepared(as_it_is or _png(plain(ImageOps.exif_transpose(image))), note)
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(name, _told_apart(data)) from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        raise InputError(name, say("files-damaged")) from None


def _require_pixels(name: str, image: Image.Image, megapixels: int) -> None:
    if image.width * image.height <= megapixels * 1_000_000:
        return
    size = {"width": str(image.width), "height": str(image.height), "most": str(megapixels)}
    raise InputError(name, say("files-too-many-pixels", **size))


def _note_on_frames(name: str, image: Image.Image) -> str:
    """Say that only the first frame, or page, is used; a photo's further pictures, of its depth, are none of these."""
    # Counting them all takes minutes, of a file with very many.
    if not getattr(image, "is_animated", False):
        return ""
    if image.format in _ANIMATIONS:
        return say("files-first-frame", name=name)
    return say("files-first-page", name=name) if image.format == "TIFF" else ""


def _told_apart(data: bytes) -> str:
    """Say of what is no readable picture what it is, and what to attach instead."""
    match what_it_is(data):
        case "heic":
            return say("files-heic")
        case "avif":
            return say("files-avif")
        case "svg":
            return say("files-svg")
        case "pdf":
            return say("files-pdf")
        case "video":
            return say("files-video")
        case "page":
            return say("files-page")
        case _:
            return say("files-no-picture")


def _as_it_is(image: Image.Image, data: bytes) -> bytes | None:
    """Return the file of a picture that was decoded, without its words; None where its pixels have to be others."""
    is_plain = image.mode in {"RGB", "RGBA"} and "transparency" not in image.info
    if not is_plain or image.getexif().get(ExifTags.Base.Orientation) in _TURNED:
        return None
    if image.format == "PNG":
        return None if getattr(image, "is_animated", False) else only_pixels(data)
    # An MPO is a JPEG with more pictures after its end.
    return only_scans(data) if image.format in {"JPEG", "MPO"} else None


def fit(png: bytes, stem: str, limit: int) -> ResultFile:
    """Return a result free of metadata, in the best form that is not larger than `limit` bytes.

    As a PNG, or else the same pixels as WebP, or else lossy at the highest quality that fits, or else with fewer
    pixels. InvokeAI writes the whole graph, and the workflow, into the text chunks of every PNG that it makes.
    """
    pixels = only_pixels(png)
    image = _opened(pixels or png)
    if pixels and len(pixels) <= limit:
        return ResultFile(f"{stem}.png", pixels)
    clean = _clean(image)
    packed = pixels or _png(clean)
    if limit < len(packed) <= limit * _PACKED and guessed(clean, "PNG", compress_level=6) <= limit * _PACKED_MORE:
        packed = _png(clean, 6)
    if len(packed) <= limit:
        return ResultFile(f"{stem}.png", packed)
    shades = clean if clean.mode in {"RGB", "RGBA"} else plain(clean)
    has_all_bits = eight_bits(clean) is clean
    # Each of these is as large as what is still to come.
    del image, clean, pixels, packed
    webp = fitted(shades, limit)
    return ResultFile(f"{stem}.webp", webp.data, webp.note, is_whole=webp.is_whole and has_all_bits)


def _opened(png: bytes) -> Image.Image:
    """Return a result decoded whole, so that what is posted is sound."""
    # The backend made it: that it is large is no attack.
    with (
        warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
        Image.open(io.BytesIO(png)) as image,
    ):
        image.load()
    return image


def _clean(image: Image.Image) -> Image.Image:
    """Return a picture without a word; of a palette, or a single clear colour, transparency lies among those."""
    is_clear = image.has_transparency_data and image.mode not in {"RGBA", "LA", "PA"}
    clean = image.convert("RGBA") if is_clear else image.copy()
    clean.info.clear()
    return clean


def stripped(png: bytes) -> bytes:
    """Return a result in full quality, free of metadata. Raises OSError for what is no picture."""
    if pixels := only_pixels(png):
        return pixels
    return _png(_clean(_opened(png)))


def require_video(name: str, data: bytes) -> None:
    """Raise InputError for input `name` where a file cannot be a video: by its first bytes, an MP4, MOV or WebM.

    Nothing here decodes one. Which of them it takes is the backend's to say: InvokeAI 6.14 takes MP4 with H.264.
    """
    if data[4:8] != b"ftyp" and not data.startswith(b"\x1a\x45\xdf\xa3"):
        raise InputError(name, say("files-no-video"))


def document_in(data: bytes) -> bytes:
    """Return the workflow that InvokeAI wrote into a PNG, as UTF-8; anything but a picture comes back as it is.

    Raises DocumentError for a picture that holds none. A text of more bytes than a document may have is cut, and still
    has too many: whoever reads it refuses it.
    """
    if data.startswith(b"\xff\xd8\xff") or (data.startswith(b"RIFF") and data[8:12] == b"WEBP"):
        raise DocumentError(
            "That picture is a JPEG or WebP, and lost its workflow when it was converted. "
            "Upload the original PNG, downloaded from InvokeAI."
        )
    if not data.startswith(PNG):
        return data
    try:
        texts = dict(found for kind, chunk in chunks(data) if (found := _text(kind, chunk)))
    except (ValueError, IndexError, zlib.error):
        raise DocumentError(
            "That picture is damaged or cut short. Download it from InvokeAI again, and upload that."
        ) from None
    if texts.get(_WORKFLOW, b"").strip() not in {b"", b"null"}:
        return texts[_WORKFLOW]
    if _GRAPH in texts or _METADATA in texts:
        raise DocumentError(
            "That picture holds no workflow: it was made outside InvokeAI's workflow editor. "
            "Open a workflow in the editor, and upload a picture that it made, or the workflow's JSON."
        )
    raise DocumentError(
        "That picture holds no workflow. Upload a PNG as InvokeAI's workflow editor made it, or the workflow's JSON. "
        "Programs that edit, shrink or send pictures throw it away."
    )


def _text(kind: bytes, chunk: bytes) -> tuple[bytes, bytes] | None:
    """Return the keyword and the text, as UTF-8, of one of InvokeAI's text chunks; None for any other chunk.

    No more is inflated than a document may have: a chunk of a few kilobytes can hold gigabytes.
    """
    keyword, _, rest = chunk.partition(b"\0")
    if keyword not in {_WORKFLOW, _GRAPH, _METADATA}:
        return None
    if kind == b"tEXt":
        return keyword, rest[: MAX_BYTES + 1].decode("latin-1").encode()
    if kind == b"zTXt":
        return keyword, _inflated(rest[1:]).decode("latin-1").encode()
    if kind != b"iTXt":
        return None
    is_compressed, (_language, _translated, text) = rest[0] == 1, rest[2:].split(b"\0", 2)
    return keyword, _inflated(text) if is_compressed else text[: MAX_BYTES + 1]


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, MAX_BYTES + 1)
    if len(text) <= MAX_BYTES and not inflater.eof:
        raise ValueError("a text is cut short")
    return text


def _png(image: Image.Image, level: int = 1) -> bytes:
    # Level 1 is four times as fast as the default for a few per cent more bytes.
    return saved(image, "PNG", compress_level=level)
