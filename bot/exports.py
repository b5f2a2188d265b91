"""What is exported of a published workflow beside its document: its name, its description and its edits.

Pure. The document itself goes out as it came in, so what Familiar knows of it is a second, small file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from slugify import slugify

from bot.catalog import Published
from bot.options import MAX_DESCRIPTION, MAX_NAME, shorten
from workflows._json import mapping
from workflows.edits import Edits
from workflows.errors import DocumentError

FORMAT = 1
#: Far more than the edits of the largest workflow.
MOST_BYTES = 1024 * 1024
SUFFIX = ".familiar.json"


@dataclass(frozen=True)
class Companion:
    """What goes along with a document. `name` is the command's; all of it may come from anybody's file."""

    familiar: Literal[1] = FORMAT
    name: str = ""
    description: str = ""
    edits: Edits = field(default_factory=Edits)


_AS_COMPANION = TypeAdapter(Companion)
_FOREIGN = f"That file holds no edits. It is the one called …{SUFFIX} that `/workflow export` gives."


def companion(published: Published, edits: Edits) -> bytes:
    """Return the file that goes along with a published workflow's document."""
    made = Companion(FORMAT, published.slug, published.description, edits)
    return _AS_COMPANION.dump_json(made, indent=2, exclude_none=True) + b"\n"


def read_companion(data: bytes) -> Companion:
    """Read a file that `companion` made. Raises DocumentError, with one sentence for the person who uploaded it."""
    require_size(len(data))
    raw = _parse(data)
    version = raw.get("familiar")
    if isinstance(version, int) and version > FORMAT:
        raise DocumentError("Those edits were exported by a newer Familiar than this one.")
    if version is None:
        raise DocumentError(_FOREIGN)
    try:
        read = _AS_COMPANION.validate_python(raw)
    except ValidationError as error:
        raise DocumentError(_FOREIGN) from error
    return Companion(FORMAT, read.name[:MAX_NAME], shorten(read.description, MAX_DESCRIPTION), read.edits)


def require_size(size: int) -> None:
    """Raise DocumentError for a file of so many bytes that it need not be fetched to be refused."""
    if size > MOST_BYTES:
        raise DocumentError(_FOREIGN)


def file_stem(slug: str) -> str:
    """Return a command's name as a file's: Discord drops from those what is not ASCII."""
    return slugify(slug) or "workflow"


def _parse(data: bytes) -> dict[str, Any]:
    try:
        raw: object = json.loads(data.decode("utf-8-sig"))
        # What is read without complaint may still break where it is stored: NaN, half a surrogate pair.
        json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise DocumentError(_FOREIGN) from error
    return dict(mapping(raw))
