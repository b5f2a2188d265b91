"""What an MP4 says of itself in its boxes. Nothing is decoded: there is no FFmpeg here."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_INSIDE = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_CODECS = {b"avc1", b"avc3"}


class NotMp4Error(Exception):
    """The file is of another kind, or cut."""


@dataclass(frozen=True)
class Film:
    """Size in pixels, length in seconds, and how many frames there are."""

    width: int
    height: int
    duration: float
    frames: int

    @property
    def fps(self) -> float:
        return round(self.frames / self.duration, 3)


def is_mp4(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] != b"qt  "


def read(data: bytes) -> Film:
    """Read the first H.264 track. Raises NotMp4Error where there is none, or the file is not whole."""
    try:
        boxes = list(_boxes(data, 0, len(data)))
    except (struct.error, IndexError) as error:
        raise NotMp4Error("the boxes are cut") from error
    found = {name: data[start:end] for name, start, end in reversed(boxes)}
    try:
        length, frames = found[b"mdhd"], struct.unpack(">I", found[b"stsz"][8:12])[0]
        width, height = (side >> 16 for side in struct.unpack(">II", found[b"tkhd"][-8:]))
        scale, duration = struct.unpack(">IQ", length[20:32]) if length[0] else struct.unpack(">II", length[12:20])
        if found[b"stsd"][12:16] not in _CODECS or b"mdat" not in found:
            raise NotMp4Error("no H.264 in it")
    except (KeyError, IndexError, struct.error) as error:
        raise NotMp4Error("boxes are missing") from error
    if not (width and height and scale and duration and frames):
        raise NotMp4Error("it shows nothing")
    return Film(width, height, duration / scale, frames)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        size, name = struct.unpack(">I4s", data[start : start + 8])
        if size < 8 or start + size > end:
            raise IndexError(name)
        yield name, start + 8, start + size
        if name in _INSIDE:
            yield from _boxes(data, start + 8, start + size)
        start += size
