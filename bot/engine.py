"""Everything but the face: database, backends and runner, opened together and closed in reverse.

Built here for `serve`, which gives it Discord, and for `run`, which gives it a terminal.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot import db
from bot.catalog import Catalog
from bot.config import Settings
from bot.drafts import DraftStore
from bot.fetch import Fetcher
from bot.forms import FormStore
from bot.jobs import JobStore
from bot.pool import Pool, open_pool
from bot.runner import Runner
from bot.sent import SentCommands
from bot.steps import Steps
from bot.steps.tools import Tools
from workflows.client import open_http


@dataclass(frozen=True)
class Engine:
    settings: Settings
    store: JobStore
    catalog: Catalog
    drafts: DraftStore
    forms: FormStore
    sent: SentCommands
    pool: Pool
    runner: Runner


@contextlib.asynccontextmanager
async def open_engine(settings: Settings, database: Path | None = None) -> AsyncGenerator[Engine]:
    """Open the database and the backends. Raises DatabaseError.

    The caller holds `runner.running()` open inside whatever the cards need, so that they outlive the jobs.
    """
    limits = settings.limits
    async with contextlib.AsyncExitStack() as stack:
        connection = await stack.enter_async_context(db.connect(database or settings.database.path))
        store, catalog = JobStore(connection), Catalog(connection)
        pool = await stack.enter_async_context(open_pool(settings.backend, open_http))
        attachments = await stack.enter_async_context(httpx.AsyncClient(timeout=60, trust_env=False))
        fetcher = Fetcher(attachments, limits.attachment_bytes)
        steps = Steps(Tools(pool, store, catalog, fetcher, limits, await store.instance()))
        runner = Runner(pool, store, steps, limits.retry_minutes * 60)
        drafts, forms, sent = DraftStore(connection), FormStore(connection), SentCommands(connection)
        yield Engine(settings, store, catalog, drafts, forms, sent, pool, runner)
