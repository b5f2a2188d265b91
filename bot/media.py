"""Pictures and videos, pure: bytes in, bytes out. Every function here but `require_video` is slow; call it in a thread.

Source of the chunks of a PNG: its specification, RFC 2083; of their keywords: files that InvokeAI 3 to 6 saved; of the
segments of a JPEG: ITU-T T.81, annex B.
"""

from __future__ import annotations

import io
import re
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from workflows.document import MAX_BYTES
from workflows.errors import DocumentError, InputError

_PNG = b"\x89PNG\r\n\x1a\n"
#: What the pixels of a PNG are made of. Everything else may hold words.
_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_WORKFLOW, _GRAPH, _METADATA = b"invokeai_workflow", b"invokeai_graph", b"invokeai_metadata"
_JPEG = b"\xff\xd8"
#: Within the pixels of a JPEG, 0xFF is followed by nothing of these.
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_SCAN, _END = 0xDA, 0xD9
#: What a JPEG is decoded by: its size, tables and pixels, and the two segments that tell what its colours are.
_TABLES = frozenset({*range(0xC0, 0xD0), _SCAN, 0xDB, 0xDD})
_COLOURS = {0xE0: b"JFIF\0", 0xEE: b"Adobe"}
#: EXIF's orientations that are not upright.
_TURNED = range(2, 9)
_OTHERWISE = "Please attach a PNG, JPEG or WebP."
#: WebP cannot hold a side longer than this.
_WEBP_SIDE = 16383


@dataclass(frozen=True)
class ResultFile:
    """One file for a card, free of everything that the backend wrote into it."""

    filename: str
    data: bytes
    note: str = ""
    #: What those hear who cannot see it; and whether it is covered until somebody clicks on it.
    description: str = ""
    is_spoiler: bool = False


def prepare(name: str, data: bytes, megapixels: int) -> bytes:
    """Return an attached picture as an upright PNG or JPEG that InvokeAI reads, and which says nothing but its pixels.

    The bytes decide, not the file's name: what cannot be decoded whole is refused here, because the server would store
    half of it or answer with an error of its own. EXIF orientation is lost on upload, so it is applied before. Pixels
    that need no change are not packed anew: of a photo that takes a second. Raises InputError for input `name`.
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
                image.load()
                if as_it_is := _as_it_is(image, data):
                    return as_it_is
                upright = _eight_bits(ImageOps.exif_transpose(image))
                has_alpha = upright.has_transparency_data
                return _png(upright.convert("RGBA" if has_alpha else "RGB"))
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(name, f"that file is not a picture that can be read. {_OTHERWISE}") from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        raise InputError(name, f"that picture is damaged or cut short. {_OTHERWISE}") from None


def _as_it_is(image: Image.Image, data: bytes) -> bytes | None:
    """Return the file of a picture that was decoded, without its words; None where its pixels have to be others."""
    is_plain = image.mode in {"RGB", "RGBA"} and "transparency" not in image.info
    if not is_plain or image.getexif().get(ExifTags.Base.Orientation) in _TURNED:
        return None
    if image.format == "PNG":
        return None if getattr(image, "is_animated", False) else _only_pixels(data)
    # An MPO is a JPEG with more pictures after its end.
    return _only_scans(data) if image.format in {"JPEG", "MPO"} else None


def fit(png: bytes, stem: str, limit: int) -> ResultFile:
    """Return a result free of metadata, in the best form that is not larger than `limit` bytes.

    InvokeAI writes the whole graph, and the workflow, into the text chunks of every PNG that it makes.
    """
    pixels = _only_pixels(png)
    # The backend made it: that it is large is no attack.
    with (
        warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
        Image.open(io.BytesIO(pixels or png)) as image,
    ):
        # Whole, so that what is posted is sound.
        image.load()
        if pixels and len(pixels) <= limit:
            return ResultFile(f"{stem}.png", pixels)
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


def require_video(name: str, data: bytes) -> None:
    """Raise InputError for input `name` where a file cannot be a video: by its first bytes, an MP4, MOV or WebM.

    Nothing here decodes one. Which of them it takes is the backend's to say: InvokeAI 6.14 takes MP4 with H.264.
    """
    if data[4:8] != b"ftyp" and not data.startswith(b"\x1a\x45\xdf\xa3"):
        raise InputError(name, "that file is not a video that can be read. Please attach an MP4.")


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
    if not data.startswith(_PNG):
        return data
    try:
        texts = dict(found for kind, chunk in _chunks(data) if (found := _text(kind, chunk)))
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


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a PNG, up to its end, as (type, data). Raises ValueError for what is damaged, or no PNG."""
    if not png.startswith(_PNG):
        raise ValueError("not a PNG")
    view, place, kind = memoryview(png), len(_PNG), b""
    while kind != b"IEND":
        size = int.from_bytes(view[place : place + 4])
        body, check = view[place + 4 : place + 8 + size], view[place + 8 + size : place + 12 + size]
        if len(check) != 4 or zlib.crc32(body) != int.from_bytes(check):
            raise ValueError("a chunk is damaged or missing")
        kind, place = bytes(body[:4]), place + 12 + size
        yield kind, bytes(body[4:])


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


def _only_pixels(png: bytes) -> bytes | None:
    """Return a PNG without any chunk that its pixels do not need; None for what is damaged, or no PNG."""
    try:
        kept = [(kind, data) for kind, data in _chunks(png) if kind in _PIXELS]
    except ValueError:
        return None
    return _PNG + b"".join(_chunk(kind, data) for kind, data in kept)


def _only_scans(jpeg: bytes) -> bytes | None:
    """Return a JPEG without any segment that its pixels do not need; None for what is damaged."""
    kept, place = [_JPEG], len(_JPEG)
    while marker := _MARKER.match(jpeg, place):
        kind, start = marker[1][0], marker.end()
        if kind == _END:
            return b"".join([*kept, marker[0]])
        place = max(start + 2, start + int.from_bytes(jpeg[start : start + 2]))
        name = jpeg[start + 2 : start + 7]
        if kind == _SCAN:
            following = _MARKER.search(jpeg, place)
            place = following.start() if following else len(jpeg)
        if kind in _TABLES or name == _COLOURS.get(kind):
            kept.append(jpeg[marker.start() : place])
    return None


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


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
