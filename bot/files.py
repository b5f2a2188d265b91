"""Workflow files on this machine: found in folders, and read whatever they turn out to be."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from bot.media import document_in
from workflows import document
from workflows.document import MAX_BYTES, Document, require_size
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
        return sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and not file.is_dir())
    except (OSError, ValueError):
        return []


def oddity(path: Path) -> str:
    """Return why a path is not to be opened, as a sentence that follows its name; nothing for an ordinary file.

    Raises OSError where there is nothing. A pipe might never end, and a device might never begin.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        return "is a folder; name one file."
    return "" if stat.S_ISREG(mode) else "is no ordinary file."


def read_workflow(path: Path) -> Document:
    """Read the workflow in a file. Raises DocumentError, which tells a picture's workflow from a file."""
    data = _content(path)
    try:
        return document.read(document_in(data))
    except DocumentError as error:
        if not data.startswith(_PNG):
            raise
        raise DocumentError(str(error).replace("That file", "That picture's workflow", 1)) from error


def read_document(path: Path) -> bytes:
    """Return the workflow in a file: the file itself, or what InvokeAI wrote into a PNG.

    Raises DocumentError, as a sentence that follows the file's name. Only ordinary files are opened.
    """
    return document_in(_content(path))


def _content(path: Path) -> bytes:
    try:
        if odd := oddity(path):
            raise DocumentError(odd)
        with path.open("rb") as file:
            head = file.read(len(_PNG))
            most = _MAX_PICTURE_BYTES if head == _PNG else MAX_BYTES
            size = path.stat().st_size
            if size > most:
                require_size(size)
            data = head + file.read(most)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise DocumentError("is a link to something that is not there.") from error
        raise DocumentError(f"cannot be read: {error.strerror}") from error
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}") from error
    if not data and path.suffix.lower() == ".png":
        raise DocumentError("That picture is empty. Download it from InvokeAI again.")
    return data
