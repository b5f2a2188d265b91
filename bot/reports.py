"""The registration report in the terminal: for people as tables, for programs as JSON lines."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.config import BackendSettings
from bot.doctor import explain
from bot.files import oddity, read_workflow
from bot.options import Arrangement, Option, arrange, command_name, describe
from workflows import match
from workflows._json import mapping
from workflows.check import Report, check
from workflows.client import InvokeClient, open_http
from workflows.errors import BackendError, DocumentError, NotFound, Rejected, UserError
from workflows.models import STYLE_PRESET, ModelRecord
from workflows.schema import Schemas
from workflows.values import InputSpec

log = logging.getLogger(__name__)

#: How advice on a file ends where files are uploaded.
_UPLOAD = ", then upload that file"
#: How long a backend may take for all that is asked of it, in seconds.
_PATIENCE = 15.0
#: What a panel draws beside its title, in columns.
_TITLE_FRAME = 6
#: With fewer columns beside the names, words stand below them.
_ROOM_FOR_WORDS = 40
_HOW_TO_SAVE = "Save http://YOUR-INVOKEAI/openapi.json there."


@dataclass(frozen=True)
class Capabilities:
    """What a backend can run; without `models`, every model that a document names is believed to be there."""

    schemas: Schemas
    models: Sequence[ModelRecord] | None


@dataclass(frozen=True)
class FileReport:
    """The report on one file; `error` stands alone where it cannot be read at all."""

    path: Path
    error: str = ""
    report: Report | None = None
    arrangement: Arrangement | None = None
    #: The installed models, where a backend was asked.
    models: Sequence[ModelRecord] = ()

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it cannot be published: a sentence each, as a terminal shows it."""
        found = (*(self.report.problems if self.report else ()), *([self.error] if self.error else []))
        return tuple(plain(problem) for problem in found)

    @property
    def name(self) -> str:
        """The command's name, as it will be proposed."""
        title = self.report.document.name if self.report else ""
        return command_name(title) or command_name(self.path.stem) or "workflow"


def load_schemas(path: Path) -> Capabilities:
    """Read a saved openapi.json. Raises UserError."""
    try:
        if odd := oddity(path):
            raise UserError(f"{path}: {odd}")
        openapi = json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is not JSON. {_HOW_TO_SAVE}") from error
    schemas = Schemas.from_openapi(mapping(openapi))
    if not schemas.nodes:
        raise UserError(f"{path}: holds no InvokeAI nodes. {_HOW_TO_SAVE}")
    return Capabilities(schemas, None)


async def ask_backend(settings: BackendSettings) -> Capabilities:
    """Read what a running InvokeAI can do. Raises UserError, which says what to do."""
    try:
        async with asyncio.timeout(_PATIENCE), open_http(settings.url) as http:
            client = InvokeClient(http, settings.queue_id, settings.credentials)
            schemas, models = await client.schemas(), await client.models()
            # An older server has none; whatever it has beside them is worth a report.
            with contextlib.suppress(NotFound, Rejected):
                models += [
                    ModelRecord(key=preset.id, hash="", name=preset.name, base="any", type=STYLE_PRESET)
                    for preset in await client.style_presets()
                ]
    except (BackendError, TimeoutError) as error:
        raise UserError(
            f"{explain(settings, error)} Name another with --url; with --schema FILE no server is needed."
        ) from error
    return Capabilities(schemas, models)


def examine(path: Path, capabilities: Capabilities, *, allow_paid: bool = False) -> FileReport:
    """Report on one file; whatever is wrong with it is in the report, never an exception."""
    try:
        return _examined(path, capabilities, allow_paid)
    except UserError as error:
        return FileReport(path, error=str(error))
    except Exception as error:  # one file must not keep all others from being told of
        log.debug("%s", path, exc_info=True)
        return FileReport(path, error=f"makes Familiar stumble ({type(error).__name__}): a fault of ours, not of it.")


def _examined(path: Path, capabilities: Capabilities, allow_paid: bool) -> FileReport:
    if path.is_dir():
        raise DocumentError("is a folder without any *.json or *.png in it.")
    read = read_workflow(path)
    report = check(read, capabilities.schemas, capabilities.models, allow_paid=allow_paid)
    found = FileReport(path, report=report, models=capabilities.models or ())
    try:
        return replace(found, arrangement=arrange(read.name, read.description, report.inputs))
    except UserError as error:
        return replace(found, error=str(error))


def as_json(file: FileReport) -> dict[str, Any]:
    """Return the report for a program: all keys are there, also for a file that cannot be read."""
    report = file.report
    return {
        "file": str(file.path),
        "ok": file.ok,
        "name": file.name,
        "error": plain(file.error) or None,
        "problems": list(file.problems),
        "version": report.document.version if report else None,
        "inputs": _inputs(file),
        "outputs": [
            {"node_id": output.node_id, "type": output.type, "collection": output.collection}
            for output in (report.outputs if report else ())
        ],
        "missing_nodes": list(report.missing_nodes) if report else [],
        "missing_models": list(report.missing_models) if report else [],
        "refused": [plain(entry) for entry in report.refused] if report else [],
        "ignored": [plain(entry) for entry in report.ignored] if report else [],
        "warnings": [plain(entry) for entry in report.warnings] if report else [],
    }


def _inputs(file: FileReport) -> list[dict[str, Any]]:
    offered = _names(file.arrangement.options if file.arrangement else ())
    inputs = file.report.inputs if file.report else ()
    return [_input(spec, offered.get(spec.name, []), file.models) for spec in inputs]


def _input(spec: InputSpec, options: list[str], models: Sequence[ModelRecord]) -> dict[str, Any]:
    return {
        "node_id": spec.node_id,
        "field": spec.field_name,
        "kind": spec.kind.value,
        "option": options[0] if options else None,
        "options": options,
        "label": spec.label,
        "required": spec.required,
        "default": spec.default,
        "min": spec.minimum if spec.minimum is not None else spec.above,
        "max": spec.maximum if spec.maximum is not None else spec.below,
        "choices": _choices(spec, models),
        "source": spec.source,
    }


def _choices(spec: InputSpec, models: Sequence[ModelRecord]) -> list[str]:
    if spec.choices or not spec.is_installed:
        return [value for value, _ in spec.choices]
    return list(dict.fromkeys(model.name for model in match.fitting(spec.models, models)))


def _names(options: Sequence[Option]) -> dict[str, list[str]]:
    """Return the names by which each input is asked for: an image collection has several."""
    names: dict[str, list[str]] = {}
    for option in options:
        names.setdefault(option.spec.name, []).append(option.name)
    return names


def print_report(console: Console, file: FileReport) -> None:
    """Print the report for people."""
    # As it was given: several may have the same name. No markup: a name may hold brackets.
    parts: list[Text | Table] = []
    title = _text(f"{'✓' if file.ok else '✗'} {file.path}", "bold")
    if title.cell_len > console.width - _TITLE_FRAME:
        parts.append(_text(str(file.path), "bold"))
        title = _text("✓" if file.ok else "✗", "bold")
    parts += _body(file, file.report, console.width) if file.report else [_text(plain(file.error))]
    style = "green" if file.ok else "red"
    console.print(Panel(Group(*parts), title=title, title_align="left", border_style=style))


def _body(file: FileReport, report: Report, width: int) -> Iterator[Text | Table]:
    yield _text(f"/{file.name}", "bold")
    yield _text(report.document.description, "dim")
    yield _table(file.arrangement.options if file.arrangement else (), width)
    yield _text(f"posts {', '.join(output.title for output in report.outputs) or 'nothing'}")
    left_out = file.arrangement.left_out if file.arrangement else ()
    for sign, color, entries in (
        ("✗", "red", file.problems),
        ("!", "yellow", report.warnings),
        ("-", "dim", report.ignored),
        ("-", "dim", [f"{spec.label or spec.name}: the command has no room for it" for spec in left_out]),
    ):
        for entry in entries:
            yield _text(f"{sign} {plain(entry)}", color)


def _table(options: Sequence[Option], width: int) -> Table:
    specs = {option.spec.name: option.spec for option in options}
    names = {name: ", ".join(its) for name, its in _names(options).items()}
    # What is to be typed stays whole: several names may take several lines, one may not.
    longest = max((len(word) for its in names.values() for word in its.split()), default=0)
    typed = max(longest, min(width // 3, max(map(len, names.values()), default=0)))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    is_narrow = width - typed < _ROOM_FOR_WORDS
    for column_width in (None,) if is_narrow else (typed, None, None):
        table.add_column(width=column_width, overflow="fold")
    for name, its in names.items():
        cells = (_text(its, "cyan"), _text(describe(specs[name])), _text(specs[name].label, "dim"))
        if is_narrow:
            table.add_row(Text("\n", overflow="fold").join(cell for cell in cells if cell))
        else:
            table.add_row(*cells)
    return table


def plain(text: str) -> str:
    """Return a message without what only Discord draws, what only there can be done, and what steers a terminal."""
    return _printable(text.replace(_UPLOAD, "").replace("**", "").replace("`", ""))


def _text(text: str, style: str = "") -> Text:
    return Text(_printable(text), style=style, overflow="fold")


def _printable(text: str) -> str:
    """Return a text without the characters that steer a terminal, and without halves of characters."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
