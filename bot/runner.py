"""Drive jobs through their steps: each in a task of its own, saved after every step, resumed after a restart.

Unavailable means the same step again, after a pause, until a deadline; cleanup has none. Any other error moves the job
forward, to the delivery of the error and then to cleanup. A stop lets what is in flight end, and then only stops the
tasks: the rows stay, and the next process goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from types import MappingProxyType

from bot import problems
from bot.board import Board
from bot.cards import Away, Card, Restarted, Unheard
from bot.jobs import Cap, Job, JobStore, State
from bot.line import Line, Standing
from bot.pool import Pool
from bot.signals import Signal
from bot.steps import Steps
from workflows.errors import AuthError, BackendError, Broken, QueueFull, Unavailable, Unfetched, UserError

log = logging.getLogger(__name__)

OpenCard = Callable[[Job], Awaitable[Card]]

_LONGEST_PAUSE = 60.0
#: A step that worked for so long before it failed begins a new run of failures.
_STEADY_SECONDS = 300.0


class Runner:
    """Drives all jobs of this process."""

    def __init__(
        self, pool: Pool, line: Line, board: Board, store: JobStore, steps: Steps, retry_seconds: float
    ) -> None:
        #: While it is, nothing new begins: the process is about to end.
        self.stopping = False
        self._pool = pool
        self._line = line
        self._board = board
        self._store = store
        self._steps = steps
        self._retry_seconds = retry_seconds
        self._tasks: dict[str, asyncio.Task[Job]] = {}
        self._signals: dict[str, Signal] = {}
        self._cards: dict[str, Card] = {}
        #: Jobs whose cancel came before they were taken up: while a start still looks for their cards.
        self._cancelled_early: set[str] = set()

    async def submit(self, job: Job, most: Mapping[Cap, int] = MappingProxyType({})) -> Job:
        """Save a new job and give it a backend and its place in the line; `start` sets it going.

        Raises DuplicateInteraction if its interaction has a job already, CapReached if there are `most` under way, and
        UserError while the bot is being stopped.
        """
        if self.stopping:
            raise UserError(problems.RESTARTING)
        job = job.evolve(backend=self._pool.choose(job.workflow_id, job.version).name)
        await self._store.create(job, most)
        log.info("job %s: %s for user %s", job.id, job.title, job.user_id)
        self._steps.expect(job)
        signal = self._signals[job.id] = Signal()
        self._line.join(self._steps.ticket(job), signal.wake)
        return job

    def start(self, job: Job, card: Card, *, changed: bool = False) -> asyncio.Task[Job]:
        """Drive a job from where it stands, in a task; the task's result is the closed job.

        With `changed`, the job is saved first, for as long as that takes.
        """
        signal = self._signals.setdefault(job.id, Signal())
        if job.cancel_requested or job.id in self._cancelled_early:
            signal.cancel()
        self._cancelled_early.discard(job.id)
        task = asyncio.create_task(self._drive(job, card, signal, changed), name=f"job {job.id}")
        self._tasks[job.id], self._cards[job.id] = task, card
        task.add_done_callback(lambda done: self._forget(job, done))
        return task

    def is_driven(self, job_id: str) -> bool:
        """Tell whether a job was taken up in this process already."""
        return job_id in self._signals

    def card(self, job_id: str) -> Card | None:
        """Return where a job is shown that is being driven."""
        return self._cards.get(job_id)

    def expect(self, job: Job) -> None:
        """Tell that surely no batch of a job is on a backend yet."""
        self._steps.expect(job)

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
        else:
            self._cancelled_early.add(job_id)
        return True

    def standing(self, job: Job) -> Standing:
        """Return a job's place in the line, 0 for about to start, and when that is."""
        return self._line.standing(job.id)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Keep the waiting informed, and stop all tasks at the end; what they drove stays in the database."""
        board = asyncio.create_task(self._board.run(), name="board")
        try:
            yield
        finally:
            tasks: list[asyncio.Task[None] | asyncio.Task[Job]] = [board, *self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def hand_over(self, seconds: float) -> None:
        """Begin nothing new, let what is in flight end, for so long at most, and stop driving; the rows stay."""
        self.stopping = True
        resting = [
            asyncio.create_task(self._stop_at_rest(task, self._signals[job_id]), name=f"stop {job_id}")
            for job_id, task in self._tasks.items()
        ]
        if resting:
            _, late = await asyncio.wait(resting, timeout=seconds)
            for waiting in late:
                waiting.cancel()
            await asyncio.wait(resting)

    async def _stop_at_rest(self, task: asyncio.Task[Job], signal: Signal) -> None:
        rested = asyncio.create_task(signal.rested())
        try:
            await asyncio.wait({rested, task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            rested.cancel()
        task.cancel()
        await asyncio.wait({task})

    async def _drive(self, job: Job, card: Card, signal: Signal, changed: bool) -> Job:
        try:
            if changed:
                await self._save(job, signal, is_placed=True)
            while job.state is not State.CLOSED:
                if self.stopping:
                    with signal.at_rest():
                        await asyncio.Event().wait()
                following = await self._step(job, card, signal)
                if following is not job:
                    job = following
                    await self._save(job, signal)
        finally:
            await card.close()
        return job

    async def _step(self, job: Job, card: Card, signal: Signal) -> Job:
        """Take one step, again and again while something does not answer, and return the next Job."""
        try:
            return await self._retried(job, card, signal)
        except UserError as error:
            log.info("job %s: %s", job.id, str(error).replace("**", ""))
            return self._steps.forward(job, error.text)
        except BackendError as error:
            log.error("job %s in state %s: %r", job.id, job.state, error)  # noqa: TRY400  the cause is in the text
            return await self._steps.given_up(job, problems.given_up(error))
        except Exception:
            log.exception("job %s in state %s", job.id, job.state)
            return self._steps.forward(job, problems.OUR_SIDE)

    async def _retried(self, job: Job, card: Card, signal: Signal) -> Job:
        clock = asyncio.get_running_loop().time
        failing_since, failures = 0.0, 0
        while True:
            began = clock()
            try:
                return await self._steps.of[job.state](job, card, signal)
            except Exception as error:
                if not failures or clock() - began > _STEADY_SECONDS:
                    failing_since, failures = clock(), 0
                if not self._worth_another_try(job, error, clock() - failing_since):
                    raise
                failures += 1
                # Thousands may wait for one backend's return, each to delete what it left there.
                level = logging.WARNING if failures == 1 or not failures % 10 else logging.DEBUG
                log.log(level, "job %s in state %s, try %s: %r", job.id, job.state, failures, error)
                if isinstance(error, BackendError) and not isinstance(error, Unheard | Unfetched):
                    self._doubt(job, card, error)
                    if signal.cancelled and job.state in {State.READY, State.QUEUED}:
                        return await self._steps.given_up(job)
                    if moved := await self._steps.elsewhere(job):
                        card.show(moved, Restarted(has_moved=True))
                        return moved
                await self._pause(failures, signal)

    def _worth_another_try(self, job: Job, error: Exception, failing: float) -> bool:
        """Cleanup, a full disk and a Discord that is away last as long as they last; a backend has a deadline."""
        if job.state is State.SETTLED or isinstance(error, sqlite3.Error | Unheard):
            return True
        return isinstance(error, Unavailable | AuthError) and failing < self._retry_seconds

    def _doubt(self, job: Job, card: Card, error: BackendError) -> None:
        """Say on the card that the backend does not do what it should, and have that looked into."""
        is_full = isinstance(error.__cause__, QueueFull)
        if job.state is not State.SETTLED:
            card.show(job, Away(is_full=is_full, is_broken=isinstance(error, Broken)))
        with contextlib.suppress(KeyError):
            if not is_full:
                self._pool.get(job.backend or "").doubt()

    async def _save(self, job: Job, signal: Signal, *, is_placed: bool = False) -> None:
        failures = 0
        while True:
            try:
                await self._store.save(job)
                if is_placed:
                    await self._store.place(job)
            except sqlite3.Error as error:
                failures += 1
                log.error("job %s cannot be saved: %s", job.id, error)  # noqa: TRY400  one line a try is enough
                with signal.at_rest():
                    await asyncio.sleep(_pause_seconds(failures))
            else:
                return

    async def _pause(self, failures: int, signal: Signal) -> None:
        """Wait before the next try; a cancel ends the wait."""
        was_cancelled = signal.cancelled
        signal.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_pause_seconds(failures)):
                while signal.cancelled == was_cancelled:
                    await signal.wait()
                    signal.clear()

    def _forget(self, job: Job, done: asyncio.Task[Job]) -> None:
        self._tasks.pop(job.id, None)
        self._cards.pop(job.id, None)
        self._signals.pop(job.id, None)
        if done.cancelled() or not (error := done.exception()):
            return
        log.error("job %s is driven no more; the next start takes it up", job.id, exc_info=error)
        self._line.leave(job.id)


def _pause_seconds(failures: int) -> float:
    return min(_LONGEST_PAUSE, 0.25 * 2 ** min(failures, 10)) * random.uniform(0.5, 1)  # noqa: S311  no secret
