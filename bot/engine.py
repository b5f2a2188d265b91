"""Everything but the face: database, backends and runner, opened together and closed in reverse.

Built here for `serve`, which gives it Discord, and for `run`, which gives it a terminal.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiosqlite
import httpx

from bot import db
from bot.addresses import Web
from bot.audit import Audit
from bot.board import Board
from bot.catalog import Catalog
from bot.config import Limits, Settings
from bot.drafts import DraftStore
from bot.drained import DrainedBackends
from bot.fetch import DISCORD_HOSTS, Fetcher
from bot.fitness import Fitness
from bot.forms import FormStore
from bot.gate import Gate
from bot.jobs import JobStore
from bot.line import Line, Rules
from bot.moderation import Moderation
from bot.originals import Originals
from bot.policies import Policies
from bot.pool import Pool, open_pool
from bot.preferences import PreferenceStore
from bot.resume import Resumer
from bot.roles import RoleCaps
from bot.runner import Runner
from bot.sent import SentCommands
from bot.steps import Steps
from bot.steps.tools import Tools
from bot.usage import Usage
from workflows.client import open_http


@dataclass(frozen=True)
class Engine:
    settings: Settings
    store: JobStore
    catalog: Catalog
    drafts: DraftStore
    forms: FormStore
    sent: SentCommands
    roles: RoleCaps
    usage: Usage
    pool: Pool
    fitness: Fitness
    line: Line
    runner: Runner
    resumer: Resumer
    gate: Gate
    preferences: PreferenceStore
    audit: Audit
    moderation: Moderation
    policies: Policies
    originals: Originals
    fetcher: Fetcher


@contextlib.asynccontextmanager
async def open_engine(settings: Settings, database: Path | None = None) -> AsyncGenerator[Engine]:
    """Open the database and the backends. Raises DatabaseError.

    The caller holds `runner.running()` open inside whatever the cards need, so that they outlive the jobs.
    """
    limits = settings.limits
    async with contextlib.AsyncExitStack() as stack:
        connection = await stack.enter_async_context(db.connect(database or settings.database.path))
        store, catalog, usage = JobStore(connection), Catalog(connection), Usage(connection)
        await usage.load()
        pool = await stack.enter_async_context(open_pool(settings.backend, open_http, DrainedBackends(connection)))
        fitness = Fitness(pool, catalog, connection, allow_paid=limits.paid_providers)
        await stack.enter_async_context(fitness.watching())
        line = _line(pool, store, fitness, usage, limits)
        board = Board(line, pool, limits.retry_minutes * 60)
        moderation = Moderation(connection)
        await _heed(moderation, line, board)
        attachments = await stack.enter_async_context(httpx.AsyncClient(timeout=60, trust_env=False))
        fetcher = _fetcher(settings, attachments)
        originals = _originals(settings, connection, database or settings.database.path)
        await stack.enter_async_context(originals.sweeping())
        instance = await store.instance()
        steps = Steps(Tools(pool, line, board, store, catalog, fitness, usage, fetcher, limits, instance, originals))
        runner = Runner(pool, line, board, store, steps, limits.retry_minutes * 60)
        resumer = Resumer(pool, store, runner)
        await stack.enter_async_context(resumer.sweeping())
        drafts, forms, sent = DraftStore(connection), FormStore(connection), SentCommands(connection)
        roles, policies = RoleCaps(connection), Policies(connection)
        gate = Gate(limits, roles, usage, runner, policies=policies, moderation=moderation)
        yield Engine(
            *(settings, store, catalog, drafts, forms, sent, roles, usage, pool, fitness, line, runner, resumer, gate),
            preferences=PreferenceStore(connection),
            audit=Audit(connection),
            moderation=moderation,
            policies=policies,
            originals=originals,
            fetcher=fetcher,
        )


async def _heed(moderation: Moderation, line: Line, board: Board) -> None:
    """Have line and board heed what admins hold back, as an earlier process left it, and at once what they change."""
    await moderation.load()
    line.is_paused = moderation.is_paused
    moderation.on_change(line.hand_out)
    moderation.on_change(board.tell)


def _fetcher(settings: Settings, attachments: httpx.AsyncClient) -> Fetcher:
    """Return what fetches files, from Discord, wherever the configuration says that is, and where else it allows."""
    limit, own = settings.limits.attachment_bytes, set(DISCORD_HOSTS)
    if settings.discord.api_url:
        own.add(urlsplit(settings.discord.api_url).hostname or "")
    web = Web(settings.inputs.hosts, settings.inputs.fetch_seconds, limit)
    return Fetcher(attachments, limit, web, own)


def _originals(settings: Settings, connection: aiosqlite.Connection, database: Path) -> Originals:
    """Return what keeps results in full quality, beside the database."""
    cards = settings.cards
    return Originals(connection, database.parent / "originals", cards.originals_hours, cards.originals_mb * 2**20)


def _line(pool: Pool, store: JobStore, fitness: Fitness, usage: Usage, limits: Limits) -> Line:
    """Return the one line before all backends, and tell those what they need to know of it."""
    rules = Rules(limits.running_per_user, limits.running_per_guild, limits.running_per_workflow)
    line = Line(pool.offers, pool.slots, rules, usage.guess)
    pool.fits, pool.load, pool.in_use = fitness.fits, line.running, store.in_use
    pool.on_change(line.hand_out)
    fitness.on_change(line.hand_out)
    return line
