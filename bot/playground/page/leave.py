"""Leave a real InvokeAI as it was: what a demo put there is cancelled and deleted, and what a killed one left too."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_state_path
from pydantic import ValidationError

from bot.config import BackendSettings, Limits, Settings, mistakes
from bot.db import DatabaseError, look_at
from bot.doctor import counted, explain
from bot.engine import Engine, open_engine
from bot.jobs import Job, new_id
from bot.playground.page.glance import glance
from bot.steps.finish import QUIET_SECONDS
from bot.sweep import sweep
from bot.terminal import NoCard
from workflows.client import InvokeClient, open_http
from workflows.errors import AuthError, BackendError, UserError

#: A queue of its own: the demo's jobs neither show in anybody's queue tab nor meet a bot's.
QUEUE_ID = "familiar-demo"
_ASK_SECONDS = 10.0
_CONNECT_SECONDS = 3.0
#: For how long what is cancelled may take to go: as long as a server is waited for that others keep busy, and more.
_PATIENCE_SECONDS = QUIET_SECONDS + 15.0
#: For how long the bot of a demo that was killed may take to end.
_LAST_BREATH_SECONDS = 20.0
_LOOK_SECONDS = 0.1
#: Source: what README asks for.
_SINCE = (6, 14)
#: As InvokeAI writes versions: 6.14.2, 6.14.0rc1.
_VERSION = re.compile(r"(\d+)\.(\d+)")
#: The lock of a database is its bot's, and that may be killed and started again while its demo goes on.
_DEMO = ".demo"
_SUFFIXES = ("", "-wal", "-shm", ".lock")


@dataclass(frozen=True)
class Left:
    """How a cleaning ended: how many jobs there were to clear away, and what could not be deleted yet."""

    jobs: int = 0
    things: int = 0
    #: Why nothing could be done.
    problem: str = ""

    def __add__(self, other: Left) -> Left:
        return Left(self.jobs + other.jobs, self.things + other.things, self.problem or other.problem)

    @property
    def is_clean(self) -> bool:
        return not self.things and not self.problem


def real_backend(url: str) -> BackendSettings:
    """Return the settings of a real server. Raises UserError where that is no address."""
    try:
        backend = BackendSettings(url=url, queue_id=QUEUE_ID)
    except ValidationError as error:
        raise UserError(f"--url {url}: {mistakes(error)[0].removeprefix('url: ')}") from error
    # Named by its address, as in `familiar run`.
    return backend.model_copy(update={"name": backend.url})


async def ask(backend: BackendSettings) -> str:
    """Return the version of a server that a demo may use. Raises UserError, with one line on what is wrong."""
    try:
        async with asyncio.timeout(_ASK_SECONDS), open_http(backend.url) as http:
            client = InvokeClient(http, backend.queue_id)
            version = await client.version()
            require_version(backend.url, version)
            await client.queue_state()
            return version
    except AuthError as error:
        raise UserError(
            f"{backend.url}: wants a login, and the demo has none. Try it with `familiar serve`."
        ) from error
    except (BackendError, TimeoutError) as error:
        raise UserError(explain(backend, error)) from error


def require_version(url: str, version: str) -> None:
    """Raise UserError for a server that is older than what Familiar is made for."""
    found = _VERSION.match(version)
    if found and (int(found[1]), int(found[2])) < _SINCE:
        raise UserError(
            f"{url}: is InvokeAI {version}, and Familiar needs {_SINCE[0]}.{_SINCE[1]} or newer. Update it."
        )


@contextlib.contextmanager
def database(backend: BackendSettings) -> Generator[Path]:
    """Reserve the place of one demo's database: in the user's state folder, known by the server's address.

    Raises UserError where none can be.
    """
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        words = f"{folder}: the demo's ledger cannot be kept there: {error.strerror}"
        raise UserError(words) from error
    path = folder / f"{_mark(backend)}-{new_id()}.sqlite"
    with _reserved(path):
        yield path


async def clean_earlier(backend: BackendSettings) -> Left:
    """Clear away what demos left on this server that were killed; what another one uses now is let alone."""
    total = Left()
    for path in await asyncio.to_thread(lambda: sorted(_folder().glob(f"{_mark(backend)}-*.sqlite"))):
        with contextlib.suppress(Timeout), _reserved(path):
            total += await clean(backend, path)
    return total


@contextlib.contextmanager
def _reserved(path: Path) -> Generator[None]:
    """Keep others from clearing a database away, for the length of the block. Raises Timeout where another does."""
    reservation = Path(f"{path}{_DEMO}")
    lock = FileLock(reservation, timeout=0)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()
        if not path.exists():
            reservation.unlink(missing_ok=True)


async def clean(backend: BackendSettings, database: Path) -> Left:
    """Cancel and delete what the jobs of a database left on a server, and the database once nothing is left.

    The caller has it reserved.
    """
    if not await asyncio.to_thread(database.exists):
        return Left()
    if not await _let_go(database):
        return Left(problem="The bot of an earlier demo still runs.")
    seen = await asyncio.to_thread(glance, database)
    if seen and not seen.jobs:
        # Nothing was ever run.
        await asyncio.to_thread(_remove, database)
        return Left()
    try:
        left = await _clean(backend, database)
    except DatabaseError:
        return Left()
    except BackendError as error:
        return Left(problem=explain(backend, error))
    if left.is_clean:
        await asyncio.to_thread(_remove, database)
    return left


async def _clean(backend: BackendSettings, database: Path) -> Left:
    settings = Settings(backend=(backend,), limits=Limits(retry_minutes=_PATIENCE_SECONDS / 60))
    async with open_engine(settings, database) as engine, engine.runner.running():
        server = engine.pool.first
        await server.refresh()
        # Without events it goes too, a little later.
        await server.events.wait_connected(_CONNECT_SECONDS)
        jobs = await engine.store.open_jobs()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await _end(engine, jobs)
                await sweep(server, engine.store)
        # What could not be finished in that time is in the ledger, or will be found by its mark.
        things = await engine.store.count_left() or len(await engine.store.open_ids())
        return Left(len(jobs), things)


async def _end(engine: Engine, jobs: list[Job]) -> None:
    for job in jobs:
        await engine.store.request_cancel(job.id)

    async def nowhere(job: Job) -> NoCard:
        return NoCard()

    await engine.resumer.resume(nowhere)
    await engine.runner.drained()


def told(left: Left, url: str) -> Iterator[str]:
    """Yield what to say of it."""
    if left.jobs:
        yield f"Cancelled or cleared {counted(left.jobs, 'unfinished job')}."
    if left.problem:
        yield f"{left.problem} What may be left there goes with the next `familiar demo --url {url}`."
    elif left.things:
        verb = "is" if left.things == 1 else "are"
        yield (
            f"{counted(left.things, 'thing')} {verb} still on {url}; "
            f"the next `familiar demo --url {url}` deletes what is left."
        )
    else:
        yield f"Nothing of the demo is left on {url}."


def _folder() -> Path:
    return user_state_path("familiar") / "demo"


async def _let_go(database: Path) -> bool:
    """Wait until no bot uses a database: that of a demo that was killed hears of it, and ends by itself."""
    try:
        async with asyncio.timeout(_LAST_BREATH_SECONDS):
            while (await asyncio.to_thread(look_at, database)).in_use:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        return False
    except DatabaseError:
        # Whoever opens it will say so.
        return True
    return True


def _mark(backend: BackendSettings) -> str:
    return hashlib.sha256(backend.url.encode()).hexdigest()[:12]


def _remove(database: Path) -> None:
    for suffix in _SUFFIXES:
        Path(f"{database}{suffix}").unlink(missing_ok=True)
