"""The registration report in the terminal: for people as tables, for programs as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.config import BackendSettings
from bot.doctor import explain
from bot.options import Arrangement, Option, arrange, command_name, describe
from workflows import document
from workflows._json import mapping
from workflows.check import Report, check
from workflows.client import InvokeClient, open_http
from workflows.errors import BackendError, DocumentError, UserError
from workflows.models import ModelRecord
from workflows.schema import Schemas
from workflows.values import InputSpec

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
        return command_name(title or self.path.stem) or "workflow"


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
        except BackendError as error:
            raise UserError(
                f"{explain(settings, error)} Name another with --url; with --schema FILE no server is needed."
            ) from error
        return Capabilities(schemas, models)


def workflow_files(paths: Sequence[Path]) -> list[Path]:
    """Return what is to be examined: of a folder, the *.json in it; one without any stays, to be complained of."""
    return [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else []) or [path]]


def examine(path: Path, capabilities: Capabilities) -> FileReport:
    """Report on one file; whatever is wrong with it is in the report, never an exception."""
    if path.is_dir():
        return FileReport(path, error="is a folder without any *.json in it.")
    try:
        data = path.read_bytes()
    except OSError as error:
        return FileReport(path, error=f"cannot be read: {error.strerror}")
    try:
        read = document.read(data)
    except DocumentError as error:
        return FileReport(path, error=str(error))
    report = check(read, capabilities.schemas, capabilities.models)
    try:
        return FileReport(path, report=report, arrangement=arrange(read.name, read.description, report.inputs))
    except UserError as error:
        return FileReport(path, error=str(error), report=report)


def as_json(file: FileReport) -> dict[str, Any]:
    """Return the report for a program."""
    report = file.report
    found: dict[str, Any] = {
        "file": str(file.path),
        "ok": file.ok,
        "name": file.name,
        "error": plain(file.error) or None,
    }
    found["problems"] = list(file.problems)
    if report is None:
        return found
    offered = _names(file.arrangement.options if file.arrangement else ())
    return found | {
        "version": report.document.version,
        "inputs": [_input(spec, offered) for spec in report.inputs],
        "outputs": [{"node_id": o.node_id, "type": o.type, "collection": o.collection} for o in report.outputs],
        "missing_nodes": list(report.missing_nodes),
        "missing_models": list(report.missing_models),
        "refused": [plain(entry) for entry in report.refused],
        "ignored": [plain(entry) for entry in report.ignored],
        "warnings": [plain(entry) for entry in report.warnings],
    }


def _names(options: Sequence[Option]) -> dict[str, list[str]]:
    """Return the names by which each input is asked for: an image collection has several."""
    names: dict[str, list[str]] = {}
    for option in options:
        names.setdefault(option.spec.name, []).append(option.name)
    return names


def _input(spec: InputSpec, offered: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "node_id": spec.node_id,
        "field": spec.field_name,
        "kind": spec.kind.value,
        "option": spec.name if spec.name in offered else None,
        "options": offered.get(spec.name, []),
        "label": spec.label,
        "required": spec.required,
        "default": spec.default,
        "min": spec.minimum if spec.minimum is not None else spec.above,
        "max": spec.maximum if spec.maximum is not None else spec.below,
        "choices": [value for value, _ in spec.choices],
    }


def print_report(console: Console, file: FileReport) -> None:
    """Print the report for people."""
    # As it was given: several may have the same name. No markup: a name may hold brackets.
    title = Text(f"{'✓' if file.ok else '✗'} {file.path}", style="bold")
    style = "green" if file.ok else "red"
    if file.report is None:
        console.print(Panel(Text(plain(file.error)), title=title, title_align="left", border_style=style))
        return
    parts: list[Any] = [Text(f"/{file.name}", style="bold"), Text(file.report.document.description, style="dim")]
    parts.append(_table(file.arrangement.options if file.arrangement else ()))
    outputs = ", ".join(output.title for output in file.report.outputs) or "nothing"
    parts.append(Text(f"posts {outputs}"))
    for sign, color, entries in (
        ("✗", "red", file.problems),
        ("!", "yellow", file.report.warnings),
        ("-", "dim", file.report.ignored),
    ):
        parts += [Text(f"{sign} {plain(entry)}", style=color) for entry in entries]
    console.print(Panel(Group(*parts), title=title, title_align="left", border_style=style))


def _table(options: Sequence[Option]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    specs = {option.spec.name: option.spec for option in options}
    for name, names in _names(options).items():
        words, label = describe(specs[name]), specs[name].label
        table.add_row(Text(", ".join(names), style="cyan"), Text(words), Text(label, style="dim"))
    return table


def plain(text: str) -> str:
    """Return a message without what only Discord draws, and what only there can be done."""
    return text.replace(_UPLOAD, "").replace("**", "").replace("`", "")
