"""Take up what an earlier process left, and sweep the backends: at the start, and then every hour."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncGenerator, Container, Sequence, Set

from bot.jobs import Job, JobStore, State
from bot.pool import Backend, Pool
from bot.runner import OpenCard, Runner
from bot.sweep import sweep
from workflows.errors import BackendError

log = logging.getLogger(__name__)

_SWEEP_SECONDS = 3600.0
_START_SWEEP_SECONDS = 20.0
#: How long a backend may take to tell which batches it has; without that, each of its jobs asks for its own.
_FIRST_ANSWER_SECONDS = 5.0
_JOBS_AT_ONCE = 100
#: How many cards are looked for at a time.
_CARDS_AT_ONCE = 20
#: After how long what could not be taken up is tried again.
_AGAIN_SECONDS = 2.0


class Resumer:
    """Takes jobs up, and deletes what none of them names."""

    def __init__(self, pool: Pool, store: JobStore, runner: Runner) -> None:
        self._pool = pool
        self._store = store
        self._runner = runner
        self._cards = asyncio.Semaphore(_CARDS_AT_ONCE)

    async def resume(self, open_card: OpenCard, backends: Container[str] | None = None) -> int:
        """Take up every job that an earlier process left, after clearing what it left behind; return how many.

        With `backends`, only the jobs on these: a run from the terminal cannot reach the others.
        """
        resting = [
            job
            for job in await self._open_jobs()
            if not self._runner.is_driven(job.id) and (backends is None or (job.backend or "") in backends)
        ]
        await self._expect(resting)
        # What stands on a backend and is in no ledger can only be told from an upload in flight while nobody uploads.
        uploading = [job for job in resting if job.state is State.NEW]
        await self._take_up([job for job in resting if job.state is not State.NEW], open_card)
        names = {backend.name for backend in self._pool}
        by_backend = {name: [job for job in uploading if job.backend == name] for name in names}
        elsewhere = [job for job in uploading if job.backend not in names]
        await asyncio.gather(
            self._take_up(elsewhere, open_card),
            *(self._sweep_and_take_up(name, jobs, open_card) for name, jobs in by_backend.items()),
        )
        return len(resting)

    @contextlib.asynccontextmanager
    async def sweeping(self) -> AsyncGenerator[None]:
        """Sweep every hour, for the length of the block."""
        sweeper = asyncio.create_task(self._sweep_hourly(), name="sweep")
        try:
            yield
        finally:
            sweeper.cancel()
            await asyncio.wait({sweeper})

    async def _expect(self, resting: Sequence[Job]) -> None:
        """Find out in one question a backend which of the waiting jobs it surely has no batch of."""
        waiting = [job for job in resting if job.state in {State.NEW, State.READY}]
        if waiting:
            # They may be others when the last one has answered.
            backends = list(self._pool)
            found = await asyncio.gather(*(self._batches(backend) for backend in backends))
            known = {backend.name: batches for backend, batches in zip(backends, found, strict=True)}
            for job in waiting:
                if (batches := known.get(job.backend or "")) is not None and job.batch_id not in batches:
                    self._runner.expect(job)

    async def _batches(self, backend: Backend) -> Set[str] | None:
        try:
            async with asyncio.timeout(_FIRST_ANSWER_SECONDS):
                return {item.destination or "" for item in await backend.client.summaries()}
        except (BackendError, TimeoutError) as error:
            log.info("backend %s does not tell its batches: %r", backend.name, error)
            return None

    async def _open_jobs(self) -> list[Job]:
        while True:
            try:
                return await self._store.open_jobs()
            except sqlite3.Error:
                log.exception("the unfinished jobs cannot be read")
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _sweep_and_take_up(self, name: str, jobs: Sequence[Job], open_card: OpenCard) -> None:
        with contextlib.suppress(KeyError):
            await self._sweep(self._pool.get(name), {job.id for job in jobs}, _START_SWEEP_SECONDS)
        await self._take_up(jobs, open_card)

    async def _take_up(self, jobs: Sequence[Job], open_card: OpenCard) -> None:
        """Take jobs up, those again and again of which it fails."""
        while jobs:
            left: list[Job] = []
            for start in range(0, len(jobs), _JOBS_AT_ONCE):
                some = jobs[start : start + _JOBS_AT_ONCE]
                taken = await asyncio.gather(*(self._take_up_one(job, open_card) for job in some))
                left += [job for job, is_taken in zip(some, taken, strict=True) if not is_taken]
                # Whoever asks for something meanwhile shall not wait for thousands of jobs.
                await asyncio.sleep(0)
            jobs = left
            if left:
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _take_up_one(self, job: Job, open_card: OpenCard) -> bool:
        try:
            async with self._cards:
                card = await open_card(job)
            if job.message_id is None:
                # Looking for the card may have found where it stands, or that there is none and it shall not run.
                job = await self._store.get(job.id) or job
        except Exception:
            # One job that cannot be shown must not keep the others from being taken up.
            log.exception("job %s cannot be taken up", job.id)
            return False
        self._runner.start(job, card)
        return True

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
