"""Files that were attached in the composer and are not sent yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe

MOST_FILES = 100
MOST_BYTES = 256 * 1024 * 1024

Given = tuple[str, bytes]


@dataclass(eq=False, repr=False)
class Uploads:
    """Holds the newest files, in so many bytes at most; `check` raises where a client would not send one.

    A file stays after its use: what was refused is sent again with the same attachments.
    """

    check: Callable[[str, bytes], None]
    _held: dict[str, Given] = field(default_factory=dict[str, Given])
    _bytes: int = 0

    def keep(self, name: str, data: bytes) -> str:
        """Keep a file and return its id; the ones longest unused go where the room ends."""
        self.check(name, data)
        upload = token_urlsafe(9)
        self._held[upload] = (name, data)
        self._bytes += len(data)
        while len(self._held) > 1 and (len(self._held) > MOST_FILES or self._bytes > MOST_BYTES):
            self._drop(next(iter(self._held)))
        return upload

    def get(self, upload: str) -> Given | None:
        """Return the name and the bytes; None where it is no longer held."""
        given = self._held.pop(upload, None)
        if given is not None:
            # Used just now, so it goes last.
            self._held[upload] = given
        return given

    def clear(self) -> None:
        self._held.clear()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    def _drop(self, upload: str) -> None:
        _, data = self._held.pop(upload)
        self._bytes -= len(data)
