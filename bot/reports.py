"""The registration report in the terminal: for people as tables, for programs as JSON lines."""

from __future__ import annotations

import contextlib
import json
import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.config import BackendSettings
from bot.doctor import explain
from bot.files import read_document
from bot.options import Arrangement, Option, arrange, command_name, describe
from workflows import document, match
from workflows._json import mapping
from workflows.check import Report, check
from workflows.client import InvokeClient, open_http
from workflows.errors import BackendError, NotFound, Rejected, UserError
from workflows.models import STYLE_PRESET, ModelRecord
from workflows.schema import Schemas
from workflows.values import InputSpec

log = logging.getLogger(__name__)

#: How advice on a file ends where files are uploaded.
_UPLOAD = ", then upload that file"


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
        openapi = json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path}: is not JSON. Save http://YOUR-INVOKEAI/openapi.json there.") from error
    schemas = Schemas.from_openapi(mapping(openapi))
    if not schemas.nodes:
        raise UserError(f"{path}: holds no InvokeAI nodes. Save http://YOUR-INVOKEAI/openapi.json there.")
    return Capabilities(schemas, None)


async def ask_backend(settings: BackendSettings) -> Capabilities:
    """Read what a running InvokeAI can do. Raises UserError, which says what to do."""
    async with open_http(settings.url) as http:
        client = InvokeClient(http, settings.queue_id, settings.credentials)
        try:
            schemas, models = await client.schemas(), await client.models()
            # An older server has none; whatever it has beside them is worth a report.
            with contextlib.suppress(NotFound, Rejected):
                models += [
                    ModelRecord(key=preset.id, hash="", name=preset.name, base="any", type=STYLE_PRESET)
                    for preset in await client.style_presets()
                ]
        except BackendError as error:
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
    read = document.read(read_document(path))
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
    title = _text(f"{'✓' if file.ok else '✗'} {file.path}", "bold")
    style = "green" if file.ok else "red"
    if file.report is None:
        console.print(Panel(_text(plain(file.error)), title=title, title_align="left", border_style=style))
        return
    parts: list[Any] = [_text(f"/{file.name}", "bold"), _text(file.report.document.description, "dim")]
    parts.append(_table(file.arrangement.options if file.arrangement else ()))
    outputs = ", ".join(output.title for output in file.report.outputs) or "nothing"
    parts.append(_text(f"posts {outputs}"))
    left_out = file.arrangement.left_out if file.arrangement else ()
    for sign, color, entries in (
        ("✗", "red", file.problems),
        ("!", "yellow", file.report.warnings),
        ("-", "dim", file.report.ignored),
        ("-", "dim", [f"{spec.label or spec.name}: the command has no room for it" for spec in left_out]),
    ):
        parts += [_text(f"{sign} {plain(entry)}", color) for entry in entries]
    console.print(Panel(Group(*parts), title=title, title_align="left", border_style=style))


def _table(options: Sequence[Option]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    specs = {option.spec.name: option.spec for option in options}
    for name, names in _names(options).items():
        words, label = describe(specs[name]), specs[name].label
        table.add_row(_text(", ".join(names), "cyan"), _text(words), _text(label, "dim"))
    return table


def plain(text: str) -> str:
    """Return a message without what only Discord draws, what only there can be done, and what steers a terminal."""
    return _printable(text.replace(_UPLOAD, "").replace("**", "").replace("`", ""))


def _text(text: str, style: str = "") -> Text:
    return Text(_printable(text), style=style)


def _printable(text: str) -> str:
    """Return a text without the characters that steer a terminal, and without halves of characters."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
