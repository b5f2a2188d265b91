"""The registration report in the terminal: for people as tables, for programs as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.config import BackendSettings
from bot.doctor import explain
from bot.options import Arrangement, arrange, command_name, describe
from workflows import document
from workflows._json import mapping
from workflows.check import Report, check
from workflows.client import InvokeClient, open_http
from workflows.errors import BackendError, DocumentError, UserError
from workflows.models import ModelRecord
from workflows.schema import Schemas
from workflows.values import InputSpec, Kind


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
        return not self.error and self.report is not None and self.report.ok

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
            raise UserError(f"{explain(settings, error)} With --schema FILE no server is needed.") from error
        return Capabilities(schemas, models)


def examine(path: Path, capabilities: Capabilities) -> FileReport:
    """Report on one file; whatever is wrong with it is in the report, never an exception."""
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
    found: dict[str, Any] = {"file": str(file.path), "ok": file.ok, "name": file.name, "error": file.error or None}
    if report is None:
        return found
    offered = {option.spec.name for option in file.arrangement.options} if file.arrangement else set[str]()
    return found | {
        "version": report.document.version,
        "inputs": [_input(spec, offered) for spec in report.inputs],
        "outputs": [{"node_id": o.node_id, "type": o.type, "collection": o.collection} for o in report.outputs],
        "missing_nodes": list(report.missing_nodes),
        "missing_models": list(report.missing_models),
        "refused": list(report.refused),
        "ignored": list(report.ignored),
        "warnings": list(report.warnings),
    }


def _input(spec: InputSpec, offered: set[str]) -> dict[str, Any]:
    return {
        "node_id": spec.node_id,
        "field": spec.field_name,
        "kind": spec.kind.value,
        "option": spec.name if spec.name in offered else None,
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
    problems = (*file.report.problems, *([file.error] if file.error else []))
    for sign, color, entries in (
        ("✗", "red", problems),
        ("!", "yellow", file.report.warnings),
        ("-", "dim", file.report.ignored),
    ):
        parts += [Text(f"{sign} {plain(entry)}", style=color) for entry in entries]
    console.print(Panel(Group(*parts), title=title, title_align="left", border_style=style))


def _table(options: Sequence[Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    seen: set[str] = set()
    for option in options:
        if option.spec.name not in seen:
            seen.add(option.spec.name)
            name = option.name if option.spec.kind is not Kind.IMAGES else f"{option.name} …"
            table.add_row(Text(name, style="cyan"), Text(describe(option.spec)), Text(option.spec.label, style="dim"))
    return table


def plain(text: str) -> str:
    """Return a message without the marks that only Discord draws."""
    return text.replace("**", "").replace("`", "")
