"""Workflow files on this machine: found in folders, and read whatever they turn out to be."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from bot.media import document_in
from workflows.document import MAX_BYTES, require_size
from workflows.errors import DocumentError

_SUFFIXES = frozenset({".json", ".png"})
#: A picture may be far larger than the workflow in it.
_MAX_PICTURE_BYTES = 100 * 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"


def workflow_files(paths: Sequence[Path]) -> list[Path]:
    """Return what is to be examined: of a folder, its *.json and *.png; one without any stays, to be complained of."""
    return [file for path in paths for file in _inside(path) or [path]]


def _inside(path: Path) -> list[Path]:
    try:
        return sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES)
    except (OSError, ValueError):
        return []


def read_document(path: Path) -> bytes:
    """Return the workflow in a file: the file itself, or what InvokeAI wrote into a PNG.

    Raises DocumentError, as a sentence that follows the file's name. Only ordinary files are opened: a pipe might never
    end, and a device might never begin.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DocumentError("is a folder without any *.json or *.png in it.")
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError("is no ordinary file.")
        with path.open("rb") as file:
            head = file.read(len(_PNG))
            most = _MAX_PICTURE_BYTES if head == _PNG else MAX_BYTES
            if status.st_size > most:
                require_size(status.st_size)
            data = head + file.read(most)
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}") from error
    return document_in(data)
