"""See what becomes of a folder of workflows that other people published, on a real server.

    uv run python -m tests.live.corpus FOLDER --url http://127.0.0.1:9090 [--run]

Each file is checked. What can be published is compiled, with the models and files that it requires filled in, and
enqueued; what cannot is shown to be refused by the server too, or said to be refused by us alone. Models that are not
installed are invented, which only a run would notice. With --run, what needs nothing but installed models is run to
its end by the engine of `familiar run`. Everything that is put on the server is deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.config import BackendSettings, Settings
from bot.files import read_document, workflow_files
from bot.reports import Capabilities, ask_backend, plain
from bot.terminal import Interrupts, Request, run
from tests.live.runs import picture
from tests.live.trials import Trials, trials
from tests.workflows.wild import plausible
from workflows import document, match
from workflows.check import Report, check
from workflows.document import Document
from workflows.edits import Edits
from workflows.errors import DocumentError, UserError
from workflows.expand import expand
from workflows.graph import compile_batch
from workflows.models import ModelRecord
from workflows.schema import ModelFilter
from workflows.values import InputSpec, Kind, by_place, parse_all

QUEUE = "familiar-corpus"
CLIP = Path(__file__).parents[1] / "fixtures" / "clip.mp4"
MARK = "familiar-corpus"
RUN_SECONDS = 300

ACCEPTED = "accepted"
REFUSED = "refused by us"
STRICTER = "refused by us alone"
UNREADABLE = "no workflow"
#: There must be none of these.
SERVER_REFUSED = "REFUSED BY THE SERVER"
WRONGLY_REFUSED = "REFUSED WITHOUT NEED"


@dataclass
class Fate:
    """What became of one file."""

    path: Path
    what: str
    why: str = ""
    #: What had to be invented, or set by an admin, for it to be accepted.
    with_help: list[str] = field(default_factory=list[str])
    inputs: int = 0
    #: What was put where the file has nothing that works, and no input for it.
    filled: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    #: Whether installed models are all that it needs.
    can_run: bool = False
    ran: str = ""


@dataclass(frozen=True)
class Files:
    """What stands for every image and video that somebody would attach, by its name on the server."""

    image: str
    video: str


async def fate(path: Path, capabilities: Capabilities, server: Trials, files: Files) -> Fate:
    """Check one file, and ask the server whether it is right."""
    try:
        read = document.read(read_document(path))
    except DocumentError as error:
        return Fate(path, UNREADABLE, plain(str(error)))
    installed = capabilities.models or ()
    report, edits, models = _helped(read, capabilities)
    if report.problems:
        return await _refused(path, read, report, capabilities, server)
    given = _given(report.inputs, models, files)
    help_given = [f"invented {model.name}" for model in models[len(installed) :]]
    help_given += [f"exposed {node_id}.{name}" for node_id, name in edits.exposed]
    try:
        values = by_place(report.inputs, given)
        generated = await expand(server.client, read, values)
        batch = compile_batch(read, capabilities.schemas, values, models, generated=generated)
    except UserError as error:
        return Fate(path, REFUSED, f"at a run: {plain(str(error))}", help_given)
    problem = await server.enqueue(batch.body(str(uuid.uuid4()), MARK))
    found = Fate(path, SERVER_REFUSED if problem else ACCEPTED, problem, help_given, len(report.inputs))
    found.filled = {place: values[place] for place in edits.exposed if place in values}
    found.can_run = len(models) == len(installed)
    return found


def _helped(read: Document, capabilities: Capabilities) -> tuple[Report, Edits, list[ModelRecord]]:
    """Check a document as an admin would leave it: what it lacks is exposed, and models that fit are invented."""
    models, edits = list(capabilities.models or ()), Edits()
    report = check(read, capabilities.schemas, models, edits)
    places = (*(missing.place for missing in report.missing_model_fields), *report.needs)
    for place in dict.fromkeys(places):
        edits = edits.expose(place)
    for spec in check(read, capabilities.schemas, models, edits).inputs:
        if spec.kind in {Kind.MODEL, Kind.LORAS} and not match.fitting(spec.models, models):
            models.append(_invented(spec.models, len(models)))
    return check(read, capabilities.schemas, models, edits), edits, models


def _invented(wanted: ModelFilter, number: int) -> ModelRecord:
    def first(allowed: Sequence[str], otherwise: str) -> str:
        return allowed[0] if allowed else otherwise

    kind, base = first(wanted.types, "main"), first(wanted.bases, "any")
    return ModelRecord(
        key=f"invented-{number}",
        hash=f"blake3:{number}",
        name=f"a {base} {kind}",
        base=base,
        type=kind,
        format=first(wanted.formats, ""),
        variant=first(wanted.variants, "") or None,
    )


def _given(inputs: Iterable[InputSpec], models: Sequence[ModelRecord], files: Files) -> dict[str, Any]:
    """Return a value for each input: what is required and empty is filled in."""
    inputs = list(inputs)
    typed = {
        spec.name: plausible(spec, models) for spec in inputs if spec.is_asked and spec.required and not spec.is_file
    }
    given = parse_all(inputs, typed, models, lambda low, high: low)
    for spec in inputs:
        if spec.is_file and spec.is_asked:
            one = {"video_name": files.video} if spec.kind in {Kind.VIDEO, Kind.VIDEOS} else {"image_name": files.image}
            given[spec.name] = [one] if spec.is_collection_of_files else one
    return given


async def _refused(path: Path, read: Document, report: Report, capabilities: Capabilities, server: Trials) -> Fate:
    """Ask the server about the reasons for which we refuse a file."""
    why = plain(" ".join(report.problems))
    nodes: dict[str, Any] = {}
    if report.missing_nodes:
        nodes = {n.id: {"id": n.id, "type": n.type} for n in read.nodes.values() if n.type in report.missing_nodes}
    elif report.unfit:
        # As the editor would send them, values that do not fit included.
        nodes = {
            node.id: {"id": node.id, "type": node.type}
            | {name: held.value for name, held in node.inputs.items() if _is_own(report, capabilities, node.id, name)}
            for node in report.document.nodes.values()
            if node.type in capabilities.schemas.nodes
        }
    if not nodes:
        return Fate(path, STRICTER, why)
    graph = {"id": str(uuid.uuid4()), "nodes": nodes, "edges": []}
    destination = str(uuid.uuid4())
    batch = {"batch_id": destination, "destination": destination, "origin": MARK, "graph": graph, "runs": 1}
    answer = await server.enqueue({"prepend": False, "batch": batch})
    return Fate(path, REFUSED if answer else WRONGLY_REFUSED, f"{why} [server: {answer[:80]}]")


def _is_own(report: Report, capabilities: Capabilities, node_id: str, name: str) -> bool:
    """Whether a field's own value would be sent: it is known, fed by no edge, and not empty."""
    node = report.document.nodes[node_id]
    known = capabilities.schemas.field(node.type, name)
    held = node.inputs[name].value
    return (
        known is not None
        and not known.connection_only
        and known.type not in {"BoardField"}
        and not report.document.fed(node_id, name)
        and held is not document.MISSING
        and held is not None
    )


def _filled(data: bytes, values: Mapping[tuple[str, str], Any]) -> bytes:
    """Return a document with values put into it, as somebody would who opens it in the editor first."""
    raw = json.loads(data)
    for node in raw["nodes"]:
        for (node_id, name), value in values.items():
            if node["id"] == node_id:
                node["data"]["inputs"].setdefault(name, {"name": name, "label": ""})["value"] = value
    return json.dumps(raw).encode()


async def finished(found: Fate, capabilities: Capabilities, url: str) -> str:
    """Run a file to its end as `familiar run` does; return what came of it."""
    data = _filled(read_document(found.path), found.filled)
    report = check(document.read(data), capabilities.schemas, capabilities.models)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = folder / "image.png"
        image.write_bytes(picture((256, 256)))
        asked = [spec for spec in report.inputs if spec.is_asked and spec.required]
        values = {spec.name: str(plausible(spec, capabilities.models or ())) for spec in asked if not spec.is_file}
        images = [(s.name, CLIP if s.kind in {Kind.VIDEO, Kind.VIDEOS} else image) for s in asked if s.is_file]
        file = folder / "workflow.json"
        file.write_bytes(data)
        request = Request(file, values, images, folder / "out")
        settings = Settings(backend=(BackendSettings(url=url, name=url, queue_id=QUEUE),))
        try:
            async with asyncio.timeout(RUN_SECONDS):
                result = await run(request, settings, None, Interrupts())
        except (UserError, TimeoutError) as error:
            return f"FAILED: {plain(str(error)) or 'took too long'}"
    if not result.ok:
        return f"FAILED: {result.problem}"
    seconds = result.job.duration.total_seconds() if result.job.duration else 0
    return f"{len(result.paths)} files in {seconds:.0f} s, {result.left} left"


async def fates(folder: Path, url: str, *, run_them: bool = False) -> list[Fate]:
    """Return what becomes of every file of a folder."""
    capabilities = await ask_backend(BackendSettings(url=url))
    async with trials(url, QUEUE) as server:
        client = server.client
        files = Files(
            (await client.upload(picture((256, 256)), MARK)).image_name,
            (await client.upload_video(CLIP.read_bytes(), "clip.mp4", MARK)).video_name,
        )
        try:
            found = [await fate(path, capabilities, server, files) for path in workflow_files([folder])]
            for one in found:
                if run_them and one.can_run:
                    one.ran = await finished(one, capabilities, url)
        finally:
            await client.delete_image(files.image)
            await client.delete_video(files.video)
    return found


def wrong(found: Iterable[Fate]) -> list[Fate]:
    """Return the files with which something went wrong."""
    return [f for f in found if f.what in {SERVER_REFUSED, WRONGLY_REFUSED} or f.ran.startswith("FAILED")]


def print_fates(console: Console, found: Sequence[Fate]) -> None:
    table = Table("file", "what", "inputs", "why, or with what help", "run")
    for one in found:
        words = one.why or ", ".join(one.with_help)
        table.add_row(one.path.name[:48], one.what, str(one.inputs or ""), words[:160], one.ran)
    console.print(table)
    for what, count in Counter(one.what for one in found).most_common():
        console.print(f"{count:4} {what}")
    console.print(f"{sum(bool(one.ran) for one in found):4} run, {len(wrong(found))} went wrong")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:9090")
    parser.add_argument("--run", action="store_true", help="run to its end what needs nothing but installed models")
    given = parser.parse_args()
    found = asyncio.run(fates(given.folder, given.url, run_them=given.run))
    print_fates(Console(), found)
    sys.exit(1 if wrong(found) else 0)


if __name__ == "__main__":
    main()
