"""Which backend can run which published workflow, and who is told when none can any more.

A backend is asked nothing here: a version's document is held against the node types and models that it told of.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from weakref import WeakValueDictionary

import aiosqlite

from bot.backend import Backend
from bot.broken import Broken, BrokenWorkflows, Row
from bot.catalog import Catalog, Recipe
from bot.pool import Pool
from workflows.check import check
from workflows.errors import BackendError, DocumentError, InputError, UserError
from workflows.models import ModelRecord
from workflows.rebase import rebased
from workflows.schema import Schemas
from workflows.texts import say

log = logging.getLogger(__name__)

#: An upgrade comes in several steps, as does the installation of models: all is looked at when they are done.
_CALM_SECONDS = 10.0
#: For how long a run that was refused counts against a backend that should have taken it.
_REFUSED_SECONDS = 600.0
#: When those who could not be told are told again.
_TELL_AGAIN_SECONDS = 600.0
#: After each check the loop has at least as long for others as the check took.
_LONGEST_PAUSE = 0.5


#: Tells admins the news; returns the ids of the workflows of which they need not be told that again.
Tell = Callable[[Sequence[Broken]], Awaitable[Set[int]]]


@dataclass(frozen=True)
class _Verdict:
    """Why a backend cannot run a version, empty where it can; good until then, or until the backend is another."""

    problems: str
    until: float = math.inf


class Fitness:
    """What is known of the backends in view of the published workflows. What is not known yet counts as fit."""

    def __init__(
        self,
        pool: Pool,
        catalog: Catalog,
        connection: aiosqlite.Connection,
        *,
        allow_paid: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._catalog = catalog
        self._broken = BrokenWorkflows(connection)
        self._allow_paid = allow_paid
        self._clock = clock
        self._tell: Tell | None = None
        self._listeners: list[Callable[[], None]] = []
        self._verdicts: dict[tuple[int, int, str], _Verdict] = {}
        #: How often each backend was another when its verdicts were given.
        self._looks: dict[str, int] = {}
        self._judging = WeakValueDictionary[tuple[int, int], asyncio.Lock]()
        self._wake = asyncio.Event()
        self._has_untold = False
        pool.on_change(self._look)
        self._look()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have something called when a backend may have become fit for what waits."""
        self._listeners.append(listener)

    def tell_by(self, tell: Tell | None) -> None:
        """Have admins told by this from now on, also of what nobody could be told of before."""
        self._tell = tell
        self.recheck_soon()

    def recheck_soon(self) -> None:
        """Have what is published looked at again: something was published, or switched on."""
        self._wake.set()

    # What is known

    def fits(self, workflow_id: int | None, version: int | None, backend: str) -> bool:
        """Tell whether a backend can run a version; yes where that is not known."""
        return not self.problems(workflow_id, version, backend)

    def problems(self, workflow_id: int | None, version: int | None, backend: str) -> str:
        """Return why a backend cannot run a version, empty where it can or where that is not known."""
        verdict = self._verdicts.get((workflow_id or 0, version or 0, backend))
        return verdict.problems if verdict and self._clock() < verdict.until else ""

    def require(self, workflow_id: int | None, version: int | None) -> None:
        """Raise UserError, for members, where it is known that no backend can run a version."""
        if self._nowhere(workflow_id or 0, version or 0):
            raise UserError(say("problems-cannot-run"))

    async def learn(self, workflow_id: int, version: int) -> None:
        """Find out which backends can run a version, where there is a choice."""
        if len([*self._pool]) > 1 and await self._judge(workflow_id, version):
            self._tell_listeners()

    def unfit(self, workflow_id: int, version: int, backend: str, why: str) -> None:
        """Note that a backend refused a run for what it lacks: for a while, for it should have been known before."""
        log.warning("workflow %s, version %s: refused by %s: %s", workflow_id, version, backend, why)
        verdict = _Verdict(why or "It was refused.", self._clock() + _REFUSED_SECONDS)
        self._verdicts[workflow_id, version, backend] = verdict

    async def broken(self, guild_id: int) -> Mapping[str, str]:
        """Return why a server's workflows cannot run, by their names: those that no backend can."""
        return await self._broken.of_guild(guild_id)

    def _nowhere(self, workflow_id: int, version: int) -> str:
        """Return why no backend can run a version; empty where one can, or where one is still to be looked at.

        One that does not answer counts as it last was: that it is away is another matter.
        """
        found = {backend.name: self.problems(workflow_id, version, backend.name) for backend in self._lasting()}
        if not found or not all(found.values()):
            return ""
        texts = list(dict.fromkeys(found.values()))
        return texts[0] if len(texts) == 1 else "\n".join(f"{name}: {text}" for name, text in found.items())

    def _lasting(self) -> list[Backend]:
        return [backend for backend in self._pool if not backend.is_draining]

    # Finding out

    def _look(self) -> None:
        """Forget what was known of a backend that is another since then, or that is gone."""
        looks = {backend.name: backend.looks for backend in self._pool}
        others = {name for name in looks.keys() | self._looks.keys() if looks.get(name) != self._looks.get(name)}
        if not others:
            return
        self._looks = looks
        self._verdicts = {known: verdict for known, verdict in self._verdicts.items() if known[2] not in others}
        self._wake.set()
        self._tell_listeners()

    def _tell_listeners(self) -> None:
        for listener in self._listeners:
            listener()

    async def _judge(self, workflow_id: int, version: int) -> bool:
        """Hold a version against every backend of which that is not known yet; return whether there was one."""
        async with self._judging.setdefault((workflow_id, version), asyncio.Lock()):
            asked = [b for b in self._pool if b.is_up and b.looks and not self._knows(workflow_id, version, b.name)]
            if not asked:
                return False
            try:
                recipe = await self._catalog.version(workflow_id, version)
            except (KeyError, DocumentError) as error:
                log.warning("workflow %s, version %s cannot be read: %r", workflow_id, version, error)
                return False
            for backend in asked:
                try:
                    await self._hold_against(backend, recipe, (workflow_id, version))
                except BackendError as error:
                    log.info("backend %s could not be judged: %s", backend.name, error)
                except Exception:
                    log.exception("workflow %s, version %s could not be checked", workflow_id, version)
            return True

    def _knows(self, workflow_id: int, version: int, backend: str) -> bool:
        verdict = self._verdicts.get((workflow_id, version, backend))
        return verdict is not None and self._clock() < verdict.until

    async def _hold_against(self, backend: Backend, recipe: Recipe, key: tuple[int, int]) -> None:
        schemas = await backend.schemas()
        looks, models = backend.looks, backend.models
        problems = await asyncio.to_thread(lacks, recipe, schemas, models, self._allow_paid)
        # Of what it was in the meantime nothing follows.
        if backend.looks == looks:
            self._verdicts[*key, backend.name] = _Verdict("\n".join(problems))

    # What broke

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """Check the published workflows anew whenever a backend is another than before, for as long as this is open."""
        task = asyncio.create_task(self._watch(), name="fitness")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TELL_AGAIN_SECONDS if self._has_untold else None):
                    await self._wake.wait()
            while self._wake.is_set():
                self._wake.clear()
                await asyncio.sleep(_CALM_SECONDS)
            try:
                await self.recheck()
            except Exception:
                log.exception("the published workflows could not be checked")

    async def recheck(self) -> None:
        """Note which published workflows broke and which can run again, and tell their admins, once."""
        await self._broken.drop_outdated()
        rows = await self._broken.rows()
        for workflow_id, version in await self._broken.published():
            began = self._clock()
            if await self._judge(workflow_id, version):
                await asyncio.sleep(min(self._clock() - began, _LONGEST_PAUSE))
            await self._note(workflow_id, version, rows.get(workflow_id))
        self._tell_listeners()
        if not self._wake.is_set():
            await self._tell_news()

    async def _note(self, workflow_id: int, version: int, row: Row | None) -> None:
        problems = self._nowhere(workflow_id, version)
        if problems and (row is None or (version, problems) != (row.version, row.problems)):
            log.warning("workflow %s, version %s cannot run any more: %s", workflow_id, version, problems)
            await self._broken.add(workflow_id, version, problems)
        elif row and row.problems and self._runs_somewhere(workflow_id, version):
            log.info("workflow %s, version %s can run again", workflow_id, version)
            await self._broken.mend(workflow_id)

    def _runs_somewhere(self, workflow_id: int, version: int) -> bool:
        names = [backend.name for backend in self._lasting() if self._knows(workflow_id, version, backend.name)]
        return any(self.fits(workflow_id, version, name) for name in names)

    async def _tell_news(self) -> None:
        news = await self._broken.news()
        # Without anybody who could tell it, it waits for `tell_by`.
        told = await self._tell(news) if news and self._tell else frozenset[int]()
        for one in news:
            if one.workflow_id in told:
                await self._broken.told(one)
        self._has_untold = self._tell is not None and len(told) < len(news)


def lacks(recipe: Recipe, schemas: Schemas, models: Sequence[ModelRecord], allow_paid: bool) -> list[str]:
    """Return why runs of a published version could not go well on a backend: a sentence each."""
    report = check(recipe.document, schemas, models, recipe.edits, allow_paid)
    found = [*report.problems, *(f"{lack}." for lack in report.lacks)]
    for spec in recipe.inputs:
        # Asked for, it is the member's choice; fixed for everybody, no run can do without it.
        if spec.hidden and spec.is_installed and not spec.connected and spec.default is not None:
            try:
                rebased([spec], {spec.name: spec.default}, models)
            except InputError as error:
                found.append(f"`{spec.name}`, the same for everyone: {error.problem}")
    return list(dict.fromkeys(found))
