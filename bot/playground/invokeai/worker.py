"""The one worker: takes the next item of all queues, runs its nodes in a thread, and tells of it."""

import asyncio
import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pydantic import ValidationError

from bot.playground.invokeai.items import BrokenRowError, QueueItem
from bot.playground.invokeai.nodes.base import Cancelled
from bot.playground.invokeai.queue import Queue
from bot.playground.invokeai.run import SERVER_FILES, Bench, NodeInputError, NodeRun
from bot.playground.invokeai.session import Prepared, Session

log = logging.getLogger(__name__)


@dataclass
class Worker:
    """Runs items. The thread is its own, so that a long node holds up nobody else."""

    queue: Queue
    bench: Bench
    paused: bool = False
    busy: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _task: "asyncio.Task[None] | None" = None
    _thread: ThreadPoolExecutor | None = None

    def start(self) -> None:
        self.bench.stopping.clear()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="local InvokeAI worker")
        self._task = asyncio.create_task(self._run_all(), name="local InvokeAI worker")

    async def stop(self) -> None:
        """Drop whatever runs, at once."""
        self.bench.stopping.set()
        for item in self.queue.items.values():
            if item.status == "in_progress":
                item.cancelled.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.shutdown)
        self.busy = False
        self.bench.clear()

    async def _run_all(self) -> None:
        while True:
            item = None if self.paused else self.queue.next()
            if item is None:
                self.wake.clear()
                await self.wake.wait()
                continue
            try:
                session = item.session()
            except BrokenRowError:
                log.warning("the queue stops at item %d: its row cannot be read", item.item_id)
                self.wake.clear()
                await self.wake.wait()
                continue
            await self._run(item, session)

    async def _run(self, item: QueueItem, session: Session) -> None:
        self.busy = True
        await self._begin(item)
        for copy in session.walk():
            if item.cancelled.is_set() or not await self._run_node(item, session, copy):
                break
        item.saved = session.wire()
        self.queue.set_status(item, "completed")
        self.busy = False

    async def _begin(self, item: QueueItem) -> None:
        """Hold everything up for a while, as the real server's collection of garbage does before each item."""
        gate = self.bench.events.faults.gate
        if not self.bench.stall_seconds:
            self.queue.set_status(item, "in_progress")
            return
        gate.shut()
        try:
            self.queue.set_status(item, "in_progress")
            await asyncio.sleep(self.bench.stall_seconds)
        finally:
            gate.open()

    async def _run_node(self, item: QueueItem, session: Session, copy: Prepared) -> bool:
        """Whether the session may go on."""
        try:
            await self.bench.events.faults.gate.passed()
            _fill(session, copy)
            assert self._thread is not None
            run = NodeRun(self.bench, item, copy)
            result = await asyncio.get_running_loop().run_in_executor(self._thread, run.run)
            session.results[copy.node.id] = result
            run.tell("invocation_complete", result=result.wire())
        except Cancelled:
            return False
        except Exception as error:  # noqa: BLE001 - whatever a node raises is the item's failure, as on a real server
            self._fail(item, session, copy, error)
            return False
        return True

    def _fail(self, item: QueueItem, session: Session, copy: Prepared, error: Exception) -> None:
        kind, message = type(error).__name__, str(error)
        trace = "".join(traceback.format_exception(error))
        trace = trace.replace(__file__, f"{SERVER_FILES}/services/session_processor/session_processor_default.py")
        session.errors[copy.node.id] = f"{kind}: {message}"
        item.saved = session.wire()
        self.queue.set_status(item, "failed", (kind, message, trace))
        told = {"error_type": kind, "error_message": message, "error_traceback": trace}
        NodeRun(self.bench, item, copy).tell("invocation_error", **told)


def _fill(session: Session, copy: Prepared) -> None:
    try:
        session.fill(copy)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise NodeInputError(f"Node {copy.node.id} has invalid incoming input for {where}") from error
