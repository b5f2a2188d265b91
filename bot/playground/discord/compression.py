"""Transport compression of the gateway: one stream per connection, flushed after each message."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any

Compress = Callable[[str], bytes]


def zlib_stream() -> Compress:
    stream = zlib.compressobj()

    def compress(text: str) -> bytes:
        return stream.compress(text.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)

    return compress


def zstd_stream() -> Compress | None:
    """None where Python has no zstd; a client asks for it only if it has one itself."""
    try:
        standard: Any = importlib.import_module("compression.zstd")
    except ImportError:
        return _zstandard_stream()
    stream: Any = standard.ZstdCompressor()
    return lambda text: stream.compress(text.encode(), mode=standard.ZstdCompressor.FLUSH_BLOCK)


def _zstandard_stream() -> Compress | None:
    try:
        library: Any = importlib.import_module("zstandard")
    except ImportError:
        return None
    stream: Any = library.ZstdCompressor().compressobj()
    return lambda text: stream.compress(text.encode()) + stream.flush(library.COMPRESSOBJ_FLUSH_BLOCK)


def compressor(name: str | None) -> Compress | None:
    """The stream a client asked for by `compress=` in the gateway's URL; None means plain text."""
    if name == "zlib-stream":
        return zlib_stream()
    if name == "zstd-stream":
        return zstd_stream()
    return None
