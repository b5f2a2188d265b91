"""What picture files are made of, and how all but the pixels is left out. Pure: bytes in, bytes out.

Source of the chunks of a PNG: its specification, RFC 2083; of the segments of a JPEG: ITU-T T.81, annex B.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
#: What the pixels of a PNG are made of. Everything else may hold words.
_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_JPEG = b"\xff\xd8"
#: Within the pixels of a JPEG, 0xFF is followed by nothing of these.
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_SCAN, _END = 0xDA, 0xD9
#: What a JPEG is decoded by: its size, tables and pixels, and the two segments that tell what its colours are.
_TABLES = frozenset({*range(0xC0, 0xD0), _SCAN, 0xDB, 0xDD})
_COLOURS = {0xE0: b"JFIF\0", 0xEE: b"Adobe"}
#: The brands of ISO base media files that hold a still picture. Source: ISO/IEC 23008-12, and AV1 Image File Format.
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a PNG, up to its end, as (type, data). Raises ValueError for what is damaged, or no PNG."""
    if not png.startswith(PNG):
        raise ValueError("not a PNG")
    view, place, kind = memoryview(png), len(PNG), b""
    while kind != b"IEND":
        size = int.from_bytes(view[place : place + 4])
        body, check = view[place + 4 : place + 8 + size], view[place + 8 + size : place + 12 + size]
        if len(check) != 4 or zlib.crc32(body) != int.from_bytes(check):
            raise ValueError("a chunk is damaged or missing")
        kind, place = bytes(body[:4]), place + 12 + size
        yield kind, bytes(body[4:])


def only_pixels(png: bytes) -> bytes | None:
    """Return a PNG without any chunk that its pixels do not need; None for what is damaged, or no PNG."""
    try:
        kept = [(kind, data) for kind, data in chunks(png) if kind in _PIXELS]
    except ValueError:
        return None
    return PNG + b"".join(_chunk(kind, data) for kind, data in kept)


def only_scans(jpeg: bytes) -> bytes | None:
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


def what_it_is(data: bytes) -> str:
    """Return what a file is that is no picture with pixels, or one that only few programs read, by its first bytes."""
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[place : place + 4] for place in range(16, int.from_bytes(data[:4]), 4))}
        return "avif" if brands & _AVIF else "heic" if brands & _HEIC else "video"
    if data.startswith(b"\x1a\x45\xdf\xa3") or (data.startswith(b"RIFF") and data[8:12] == b"AVI "):
        return "video"
    head = data[:1024].lstrip(b"\xef\xbb\xbf").lstrip().lower()
    if b"%pdf-" in head:
        return "pdf"
    if head.startswith((b"<!doctype html", b"<html")):
        return "page"
    return "svg" if head.startswith(b"<") and b"<svg" in head else ""
