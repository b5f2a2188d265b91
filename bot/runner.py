"""Drive jobs through their steps: each in a task of its own, saved after every step, resumed after a restart.

Unavailable means the same step again, after a pause, until a deadline; cleanup has none. Any other error moves the job
forward, to the delivery of the error and then to cleanup. Shutdown only stops the tasks: the rows stay, and the next
process goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Container, Mapping, Set
from types import MappingProxyType

from bot import problems
from bot.cards import Away, Card
from bot.jobs import Cap, Job, JobStore, State
from bot.pool import Backend, Pool
from bot.signals import Signal
from bot.steps import Steps
from bot.sweep import sweep
from workflows.errors import AuthError, BackendError, QueueFull, Unavailable, UserError

log = logging.getLogger(__name__)

OpenCard = Callable[[Job], Awaitable[Card]]

_LONGEST_PAUSE = 60.0
_SWEEP_SECONDS = 3600.0
_START_SWEEP_SECONDS = 20.0
#: A step that worked for so long before it failed begins a new run of failures; longer than any call may hang.
_STEADY_SECONDS = 300.0


class Runner:
    """Drives all jobs of this process."""

    def __init__(self, pool: Pool, store: JobStore, steps: Steps, retry_seconds: float) -> None:
        self._pool = pool
        self._store = store
        self._steps = steps
        self._retry_seconds = retry_seconds
        self._tasks: dict[str, asyncio.Task[Job]] = {}
        self._signals: dict[str, Signal] = {}

    async def submit(self, job: Job, most: Mapping[Cap, int] = MappingProxyType({})) -> Job:
        """Save a new job and give it its backend and its place in the line; `start` sets it going.

        Raises DuplicateInteraction if its interaction has a job already, CapReached if there are `most` under way.
        """
        backend = self._pool.choose()
        job = job.evolve(backend=backend.name)
        await self._store.create(job, most)
        log.info("job %s: %s for user %s on %s", job.id, job.title, job.user_id, backend.name)
        self._steps.expect(job)
        signal = self._signals[job.id] = Signal()
        backend.line.join(job.id, job.user_id, signal.wake)
        return job

    def start(self, job: Job, card: Card, *, changed: bool = False) -> asyncio.Task[Job]:
        """Drive a job from where it stands, in a task; the task's result is the closed job.

        With `changed`, the job is saved first, for as long as that takes.
        """
        signal = self._signals.setdefault(job.id, Signal())
        if job.cancel_requested:
            signal.cancel()
        task = asyncio.create_task(self._drive(job, card, signal, changed), name=f"job {job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(lambda done: self._forget(job, done))
        return task

    async def resume(self, open_card: OpenCard, backends: Container[str] | None = None) -> int:
        """Take up every job that an earlier process left, after clearing what it left behind; return how many.

        With `backends`, only the jobs on these: a run from the terminal cannot reach the others.
        """
        resting = [
            job
            for job in await self._store.open_jobs()
            if job.id not in self._signals and (backends is None or (job.backend or "") in backends)
        ]
        for backend in self._pool:
            await self._sweep(backend, {job.id for job in resting}, _START_SWEEP_SECONDS)
        for job in resting:
            try:
                card = await open_card(job)
            except Exception:
                # One job that cannot be shown must not keep the others from being taken up.
                log.exception("job %s cannot be taken up", job.id)
                continue
            # Looking for the card may have found where it stands, or that there is none and the job shall not run.
            self.start(await self._store.get(job.id) or job, card)
        return len(resting)

    async def drained(self) -> None:
        """Wait until no job is being driven."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def cancel(self, job_id: str) -> bool:
        """Cancel a job in whatever state it is; return False where it is over already.

        The effect in flight ends first: an upload that lands after the cleanup would stay for ever.
        """
        if not await self._store.request_cancel(job_id):
            return False
        if signal := self._signals.get(job_id):
            signal.cancel()
        return True

    def position(self, job: Job) -> int:
        """Return a job's place in its backend's line, 0 for about to start."""
        with contextlib.suppress(KeyError):
            return self._pool.get(job.backend or "").line.position(job.id)
        # Its backend is not in the configuration any more.
        return 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Sweep every hour, and stop all tasks at the end; what they drove stays in the database."""
        sweeper = asyncio.create_task(self._sweep_hourly(), name="sweep")
        try:
            yield
        finally:
            tasks: list[asyncio.Task[None] | asyncio.Task[Job]] = [sweeper, *self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _drive(self, job: Job, card: Card, signal: Signal, changed: bool) -> Job:
        try:
            if changed:
                await self._save(job)
            while job.state is not State.CLOSED:
                following = await self._step(job, card, signal)
                if following is not job:
                    job = following
                    await self._save(job)
        finally:
            await card.close()
        return job

    async def _step(self, job: Job, card: Card, signal: Signal) -> Job:
        """Take one step, again and again while something does not answer, and return the next Job."""
        try:
            return await self._retried(job, card, signal)
        except UserError as error:
            log.info("job %s: %s", job.id, str(error).replace("**", ""))
            return self._steps.forward(job, str(error))
        except BackendError as error:
            log.error("job %s in state %s: %r", job.id, job.state, error)  # noqa: TRY400  the cause is in the text
            problem = problems.UNREACHABLE if isinstance(error, Unavailable) else problems.OUR_SIDE
            return self._steps.forward(job, problem)
        except Exception:
            log.exception("job %s in state %s", job.id, job.state)
            return self._steps.forward(job, problems.OUR_SIDE)

    async def _retried(self, job: Job, card: Card, signal: Signal) -> Job:
        clock = asyncio.get_running_loop().time
        failing_since, failures = clock(), 0
        while True:
            began = clock()
            try:
                return await self._steps.of[job.state](job, card, signal)
            except Exception as error:
                if clock() - began > _STEADY_SECONDS:
                    failing_since, failures = clock(), 0
                if not self._worth_another_try(job, error, clock() - failing_since):
                    raise
                failures += 1
                log.warning("job %s in state %s, try %s: %r", job.id, job.state, failures, error)
                if isinstance(error, BackendError) and job.state is not State.SETTLED:
                    card.show(job, Away(is_full=isinstance(error.__cause__, QueueFull)))
                await self._pause(failures, signal)

    def _worth_another_try(self, job: Job, error: Exception, failing: float) -> bool:
        """Cleanup goes on for as long as it takes, and so does a full disk; a backend that is away has a deadline."""
        if job.state is State.SETTLED or isinstance(error, sqlite3.DatabaseError):
            return True
        return isinstance(error, Unavailable | AuthError) and failing < self._retry_seconds

    async def _save(self, job: Job) -> None:
        failures = 0
        while True:
            try:
                await self._store.save(job)
            except sqlite3.DatabaseError as error:
                failures += 1
                log.error("job %s cannot be saved: %s", job.id, error)  # noqa: TRY400  one line a try is enough
                await self._pause(failures, Signal())
            else:
                return

    async def _pause(self, failures: int, signal: Signal) -> None:
        """Wait before the next try; a cancel ends the wait."""
        seconds = min(_LONGEST_PAUSE, 0.25 * 2 ** min(failures, 10)) * random.uniform(0.5, 1)  # noqa: S311  no secret
        was_cancelled = signal.cancelled
        signal.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while signal.cancelled == was_cancelled:
                    await signal.wait()
                    signal.clear()

    async def _sweep_hourly(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            for backend in self._pool:
                await self._sweep(backend)

    async def _sweep(self, backend: Backend, resting: Set[str] = frozenset(), seconds: float | None = None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await sweep(backend, self._store, resting)
        except (BackendError, TimeoutError) as error:
            log.warning("sweep of %s put off: %r", backend.name, error)
        except Exception:
            log.exception("sweep of %s", backend.name)

    def _forget(self, job: Job, done: asyncio.Task[Job]) -> None:
        self._tasks.pop(job.id, None)
        self._signals.pop(job.id, None)
        if done.cancelled() or not (error := done.exception()):
            return
        log.error("job %s is driven no more; the next start takes it up", job.id, exc_info=error)
        with contextlib.suppress(KeyError):
            self._pool.get(job.backend or "").line.leave(job.id)
