"""The request that would run a workflow: `familiar compile` prints it for whoever talks to InvokeAI alone."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from bot import arguments
from bot.config import BackendSettings, Settings
from bot.doctor import explain
from bot.files import read_workflow
from bot.jobs import new_id
from bot.reports import Capabilities, plain
from workflows import batches
from workflows._json import mapping
from workflows.check import check
from workflows.client import InvokeClient, open_http
from workflows.document import Document
from workflows.errors import BackendError, DocumentError, Rejected, UserError
from workflows.expand import expand, rehearse
from workflows.graph import Batch, compile_batch
from workflows.literals import MODEL_KEYS
from workflows.schema import Schemas
from workflows.values import InputSpec, Kind, by_place, parse

_ORIGIN = "familiar"
_UNMATCHED = (
    "Models stand in it as the file names them; their keys differ from server to server. "
    "With --url in place of --schema they are matched with the installed ones."
)
_UNCHECKED = (
    "InvokeAI does not check what a batch varies, and a wrong item stops its queue. With --url in place of --schema "
    "it is asked first."
)
_LITERAL = '{"key": …, "hash": …, "name": …, "base": …, "type": …}'
_USE_URL = "Give --url in place of --schema."
Values = Mapping[tuple[str, str], Any]


@dataclass(frozen=True)
class Asked:
    """What `familiar compile` was asked for. A file is the name that the server gave it, or a path on this machine."""

    file: Path
    values: Mapping[str, str]
    #: In the order of the command line, where one name may stand several times.
    images: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Compiled:
    """The body, where to POST it, and what is to be known or done before."""

    body: Mapping[str, Any]
    address: str
    notes: tuple[str, ...]


async def compile_request(asked: Asked, settings: Settings, capabilities: Capabilities) -> Compiled:
    """Compile a workflow as a job of it would be. Raises UserError, which names the input or the node.

    Where the capabilities were read off a running backend, the backend is asked for what only it can work out.
    """
    backend = settings.backend[0]
    is_online = capabilities.models is not None
    read, inputs, lacks = _read(asked, settings, capabilities)
    values = _values(asked, inputs, capabilities)
    compiling = partial(compile_batch, read, capabilities.schemas, values, capabilities.models or ())
    if is_online:
        batch = await _checked(backend, read, values, compiling)
    else:
        _require_no_generated(read, values)
        batch = compiling()
    queue = f"{backend.url}/api/v1/queue/{backend.queue_id}"
    notes = [f"{lack}." for lack in lacks] + [*_missing_uploads(asked, inputs, backend)]
    if not is_online and _names_models(read, capabilities.schemas):
        notes.append(_UNMATCHED)
    if batch.data and not is_online:
        notes.append(_UNCHECKED)
    if batch.size > 1:
        notes.append(f"It makes {batch.size} runs of one graph, and is answered with as many item_ids.")
    notes.append(
        f"Then GET {queue}/i/ITEM_ID until its status is completed; session.results names the images, which no gallery "
        f"shows. Each is at {backend.url}/api/v1/images/i/NAME/full."
    )
    return Compiled(batch.body(new_id(), _ORIGIN), f"{queue}/enqueue_batch", tuple(notes))


def print_compiled(compiled: Compiled) -> None:
    """Print the body on standard output, and on standard error what to do with it."""
    console = Console(stderr=True, highlight=False)
    for line in (f"POST {compiled.address}", *compiled.notes):
        console.print(plain(line), markup=False, emoji=False, soft_wrap=True)
    sys.stdout.write(json.dumps(compiled.body, indent=2) + "\n")


def _read(
    asked: Asked, settings: Settings, capabilities: Capabilities
) -> tuple[Document, Sequence[InputSpec], Sequence[str]]:
    """Return the document as this backend has it, its inputs, and what a run of it would lack."""
    paid = settings.limits.paid_providers
    try:
        read = read_workflow(asked.file)
        report = check(read, capabilities.schemas, capabilities.models, allow_paid=paid)
        report.require()
    except DocumentError as error:
        raise UserError(f"{asked.file}: {' '.join(str(error).splitlines())}") from error
    return report.document, report.inputs, report.lacks


def _values(asked: Asked, inputs: Sequence[InputSpec], capabilities: Capabilities) -> Values:
    arguments.check_names(asked.values, (name for name, _ in asked.images), inputs)
    literals = {
        spec.name: _literal(spec, asked.values[spec.name]) for spec in inputs if _is_literal(spec, asked.values)
    }
    typed = {name: value for name, value in asked.values.items() if name not in literals}
    if capabilities.models is None:
        for spec in inputs:
            if spec.is_installed and spec.name in typed:
                way = (
                    f" Or give all that it is known by: --set {spec.name}='{_LITERAL}'."
                    if spec.kind is Kind.MODEL
                    else ""
                )
                raise UserError(f"--set {spec.name}: only a running InvokeAI knows what it has. {_USE_URL}{way}")
    inputs = [replace(s, default=literals[s.name], required=False) if s.name in literals else s for s in inputs]
    given = arguments.given_values(inputs, typed, capabilities.models or ())
    for spec in inputs:
        if spec.is_file and spec.is_asked and (files := arguments.placed(spec, asked.images)):
            names = [name for _, name in files]
            given[spec.name] = parse(spec, names if spec.is_collection_of_files else names[0])
    return by_place(inputs, given)


def _is_literal(spec: InputSpec, values: Mapping[str, str]) -> bool:
    return spec.kind is Kind.MODEL and values.get(spec.name, "").lstrip().startswith("{")


def _literal(spec: InputSpec, text: str) -> dict[str, str]:
    """Return a model as the request holds it: for a server that is not asked, or has it not yet."""
    try:
        held = mapping(json.loads(text))
    except ValueError:
        held = {}
    wanted = spec.models
    fits = held.get("type") in (wanted.types or [held.get("type")]) and held.get("base") in (
        wanted.bases or [held.get("base")]
    )
    if not fits or not all(isinstance(held.get(key), str) for key in MODEL_KEYS):
        raise UserError(f"--set {spec.name}: a model that fits here is written {_LITERAL}, all five as texts.")
    return {key: held[key] for key in MODEL_KEYS}


async def _checked(backend: BackendSettings, read: Document, values: Values, compiling: Callable[..., Batch]) -> Batch:
    """Compile with what only the server can work out, and have it check what the batch varies."""
    async with open_http(backend.url) as http:
        client = InvokeClient(http, backend.queue_id, backend.credentials)
        try:
            batch = compiling(generated=await expand(client, read, values))
            await rehearse(client, batch)
        except Rejected as error:
            told = "; ".join(f"{location}: {message}" for location, message in error.problems) or str(error)
            raise UserError(f"InvokeAI would refuse it: {told}") from error
        except BackendError as error:
            raise UserError(explain(backend, error)) from error
    return batch


def _require_no_generated(read: Document, values: Values) -> None:
    for request in batches.requests(read, values):
        raise UserError(f"Only a running InvokeAI knows what “{request.name}” generates. {_USE_URL}")


def _missing_uploads(asked: Asked, inputs: Sequence[InputSpec], backend: BackendSettings) -> Iterator[str]:
    """Yield what is still to be uploaded: whatever is no name on the server, but a file here."""
    videos = {name for spec in inputs if spec.is_video for name in spec.names}
    for name, file in asked.images:
        if Path(file).is_file():
            what = "video" if name in videos else "image"
            query = f"{what}_category=user&is_intermediate=false"
            yield (
                f"{name}: {file} must be on the server first: "
                f"curl -F {shlex.quote(f'file=@{file}')} '{backend.url}/api/v1/{what}s/upload?{query}'. "
                f"Its answer's {what}_name belongs where the body has {file}; or say it by --image {name}=NAME."
            )


def _names_models(read: Document, schemas: Schemas) -> bool:
    fields = (schemas.field(node.type, name) for node in read.nodes.values() for name in node.inputs)
    return any(field and field.type in {"ModelIdentifierField", "LoRAField"} for field in fields)
