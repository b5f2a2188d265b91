"""One job from the terminal: the same steps, the same cleanup, a progress bar for a card, a folder for a channel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot import arguments
from bot.cards import Away, Cancelling, Delivery, Moment, Restarted, Running, Told, Undeliverable, Uploading, Waiting
from bot.config import Settings
from bot.db import DatabaseError
from bot.doctor import counted, explain
from bot.drafts import Draft
from bot.engine import Engine, open_engine
from bot.files import read_document
from bot.jobs import Attachment, Job, Outcome, new_id, now
from bot.media import ResultFile
from bot.options import shorten, show
from bot.reports import plain
from workflows import document
from workflows.check import check
from workflows.errors import BackendError, DocumentError, InputError, Unavailable, UserError
from workflows.values import InputSpec

_CONNECT_SECONDS = 10.0
_SLOTS = 16
#: In characters; programs get values whole.
_LONGEST_VALUE = 100


@dataclass(frozen=True)
class Request:
    """What `familiar run` was asked for."""

    file: Path
    values: Mapping[str, str]
    #: In the order of the command line, where one name may stand several times.
    images: Sequence[tuple[str, Path]]
    out: Path


class Interrupts:
    """What Ctrl-C means: first cancel, then leave at once."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.left = asyncio.Event()

    def interrupt(self) -> None:
        (self.left if self.cancelled.is_set() else self.cancelled).set()


class TerminalCard:
    """Implements bot.cards.Card: progress as a bar, results as files."""

    file_limit = request_limit = 2**31

    def __init__(self, out: Path, stem: str, progress: Progress | None) -> None:
        self.paths: list[Path] = []
        #: Why the results could not be saved.
        self.problem = ""
        self._out = out
        self._stem = stem
        self._progress = progress
        self._task: TaskID | None = progress.add_task("starting", total=1.0) if progress else None

    def show(self, job: Job, moment: Moment) -> None:
        if self._progress and self._task is not None:
            done = moment.overall if isinstance(moment, Running) else 0.0
            self._progress.update(self._task, description=_words(moment), completed=done)

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        if self._progress and self._task is not None:
            self._progress.update(self._task, description=str(job.outcome), completed=1.0)
        try:
            self.paths = await asyncio.to_thread(self._write, files)
        except OSError as error:
            self.problem = f"{self._out}: the results cannot be saved there: {error.strerror}"
            raise Undeliverable(self.problem) from error
        return Delivery(Told.CARD)

    def move(self, job: Job) -> None:
        pass

    async def close(self) -> None:
        pass

    def _write(self, files: Sequence[ResultFile]) -> list[Path]:
        self._out.mkdir(parents=True, exist_ok=True)
        paths = [self._out / f"{self._stem}-{file.filename}" for file in files]
        for path, file in zip(paths, files, strict=True):
            path.write_bytes(file.data)
        return paths


class NoCard:
    """Implements bot.cards.Card for a job that nobody waits for any more: it says nothing, and keeps no results."""

    file_limit = request_limit = 2**31

    def show(self, job: Job, moment: Moment) -> None:
        pass

    async def deliver(self, job: Job, files: Sequence[ResultFile]) -> Delivery:
        return Delivery(Told.CARD)

    def move(self, job: Job) -> None:
        pass

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class Result:
    """How a run from the terminal ended. `left` counts what could not be deleted on the backend yet."""

    job: Job
    paths: list[Path]
    inputs: tuple[InputSpec, ...]
    left: int
    #: What went wrong, if anything did.
    problem: str
    #: How many jobs that an earlier run left were cleaned up.
    cleaned: int = 0

    @property
    def ok(self) -> bool:
        return self.job.outcome is Outcome.COMPLETED and not self.problem


async def run(request: Request, settings: Settings, progress: Progress | None, interrupts: Interrupts) -> Result:
    """Run one workflow to its end, or until it is interrupted. Raises UserError where it cannot begin."""
    await asyncio.to_thread(make_folder, request.out)
    async with _engine(settings) as engine, engine.runner.running():
        await _connect(engine)
        earlier = await _take_up_earlier(engine)
        job, inputs = await _prepare(request, engine)
        job = await engine.runner.submit(job)
        card = TerminalCard(request.out, request.file.stem, progress)
        driving = engine.runner.start(job, card)
        cancelling = asyncio.create_task(_cancel_when(interrupts.cancelled, engine, job), name="cancel")
        leaving = asyncio.create_task(interrupts.left.wait(), name="leave")
        await asyncio.wait({driving, leaving}, return_when=asyncio.FIRST_COMPLETED)
        cancelling.cancel()
        leaving.cancel()
        if not driving.done():
            raise UserError(f"left at once. What job {job.id} left on InvokeAI is deleted by the next run.")
        closed = await driving
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CONNECT_SECONDS):
                await engine.runner.drained()
        problem = plain(closed.problem or card.problem)
        still_open = {job.id for job in await engine.store.open_jobs()}
        left = await engine.store.count_left()
        return Result(closed, card.paths, inputs, left, problem, cleaned=len(earlier - still_open))


def make_folder(out: Path) -> None:
    """Make sure that results can be saved before anything runs. Raises UserError."""
    if out.is_file():
        raise UserError(f"--out {out}: is a file. Name a folder; it is made if it is not there.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise UserError(f"--out {out}: nothing can be saved there: {error.strerror}") from error


async def _connect(engine: Engine) -> None:
    settings, backend = engine.settings.backend[0], engine.pool.first
    try:
        await backend.refresh()
    except BackendError as error:
        hint = " Name another with --url." if isinstance(error, Unavailable) else ""
        raise UserError(f"{explain(settings, error)}{hint}") from error
    if not await backend.events.wait_connected(_CONNECT_SECONDS):
        raise UserError(f"{backend.url}: REST answers, but no events come. Does a proxy block its websockets?")


@contextlib.asynccontextmanager
async def _engine(settings: Settings) -> AsyncGenerator[Engine]:
    """Open an engine on a database that no other run uses at the moment: each has its own ledger, kept over crashes."""
    folder = user_state_path("familiar") / "runs"
    async with contextlib.AsyncExitStack() as stack:
        for slot in range(_SLOTS):
            try:
                engine = await stack.enter_async_context(open_engine(settings, folder / f"{slot}.sqlite"))
            except DatabaseError:
                if slot == _SLOTS - 1:
                    raise
            else:
                yield engine
                return


async def _take_up_earlier(engine: Engine) -> set[str]:
    """Cancel what an earlier run, killed in the middle, left on the backend; return which jobs these are.

    Nobody waits for their results; of a job that was over already they are dropped too.
    """
    backends = {backend.name for backend in engine.pool}
    earlier = [job for job in await engine.store.open_jobs() if job.backend in backends]
    for job in earlier:
        await engine.store.request_cancel(job.id)

    async def nowhere(job: Job) -> NoCard:
        return NoCard()

    await engine.resumer.resume(nowhere, backends)
    return {job.id for job in earlier}


async def _prepare(request: Request, engine: Engine) -> tuple[Job, tuple[InputSpec, ...]]:
    backend = engine.pool.first
    try:
        data = await asyncio.to_thread(read_document, request.file)
        schemas = await backend.schemas()
        read = await asyncio.to_thread(document.read, data)
        paid = engine.settings.limits.paid_providers
        report = await asyncio.to_thread(check, read, schemas, backend.models, allow_paid=paid)
        report.require()
    except DocumentError as error:
        raise UserError(f"{request.file}: {' '.join(str(error).splitlines())}") from error
    if report.lacks:
        raise UserError(f"{request.file}: {'. '.join(report.lacks)}. Expose it in InvokeAI's editor.")
    arguments.check_names(request.values, (name for name, _ in request.images), report.inputs)
    given = arguments.given_values(report.inputs, request.values, backend.models)
    title = read.name or request.file.stem
    draft = Draft(new_id(), 0, 0, new_id(), title, read.description, data, report.inputs)
    published = await engine.catalog.publish(draft)
    job = Job(
        id=new_id(),
        user_id=0,
        title=title,
        created_at=now(),
        workflow_id=published.workflow_id,
        version=published.version,
        given=given,
        attachments=tuple(_attachments(request, report.inputs)),
    )
    return job, report.inputs


def _attachments(request: Request, inputs: Sequence[InputSpec]) -> list[Attachment]:
    found: list[Attachment] = []
    for spec in inputs:
        if not spec.is_file:
            continue
        for name, path in arguments.placed(spec, request.images):
            if not path.is_file():
                raise InputError(name, f"there is no file {path}.")
            found.append(Attachment(name, path.name, path.resolve().as_uri(), path.stat().st_size))
    return found


async def _cancel_when(asked: asyncio.Event, engine: Engine, job: Job) -> None:
    await asked.wait()
    await engine.runner.cancel(job.id)


def print_result(result: Result, *, as_json: bool) -> None:
    """Print where the results are, or what went wrong; as JSON for programs."""
    if result.cleaned:
        words = f"cleaned up after {counted(result.cleaned, 'job')} of an earlier run"
        Console(stderr=True, highlight=False).print(words, soft_wrap=True)
    job = result.job
    took = round(job.duration.total_seconds(), 2) if job.duration else None
    if as_json:
        problem = result.problem or None
        found = {"job": job.id, "outcome": job.outcome, "problem": problem, "seconds": took, "values": job.given}
        found |= {"files": [str(path) for path in result.paths], "left_on_backend": result.left}
        sys.stdout.write(json.dumps(found) + "\n")
        return
    for path in result.paths:
        _print(str(path))
    shown = {s.name: shorten(show(s, job.given[s.name]), _LONGEST_VALUE) for s in result.inputs if s.name in job.given}
    values = ", ".join(f"{name} {value or 'empty'}" for name, value in shown.items())
    _print(f"{job.outcome} in {took} s, job {job.id}{': ' + values if values else ''}", "dim")
    if result.problem:
        _print(result.problem, "red")
    if result.left:
        _print(f"{counted(result.left, 'thing')} could not be deleted on InvokeAI yet; the next run does.", "yellow")


def _print(line: str, style: str = "") -> None:
    """Print a line as it is: what is long is for the terminal to wrap, or for a program to read whole."""
    Console(highlight=False).print(line, style=style, markup=False, emoji=False, soft_wrap=True)


def progress_bar(console: Console) -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True)


def _trouble(moment: Away) -> str:
    told = {"'s queue is full": moment.is_full, "'s queue is paused": moment.is_paused}
    told |= {" answers with an error": moment.is_broken, " does not answer": True}
    return next(words for words, applies in told.items() if applies)


def _words(moment: Moment) -> str:
    match moment:
        case Waiting(is_paused=True):
            return "held back by an admin"
        case Waiting(position):
            return f"waiting, {position} in line" if position else "starting"
        case Uploading(number, total):
            return f"uploading {number} of {total}"
        case Running(node=0):
            return "about to start"
        case Running():
            percentage = f" {moment.fraction:.0%}" if moment.fraction is not None else ""
            of = f" of {moment.nodes}" if moment.nodes else ""
            return f"node {moment.node}{of} {moment.title}{percentage}".rstrip()
        case Away():
            return f"InvokeAI{_trouble(moment)}, trying again"
        case Restarted():
            what = "moved to another InvokeAI" if moment.has_moved else "InvokeAI restarted"
            return f"{what}, running once more"
        case Cancelling():
            return "cancelling"
