"""Fixtures of the bot's tests: a local InvokeAI, and a world around it in which nobody waits long."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.nodes import NODES
from bot.playground.invokeai.schema import openapi
from tests.bot.world import World

Serve = Callable[..., Awaitable[LocalInvokeAI]]


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture(scope="session")
def node_types() -> dict[str, Any]:
    return openapi()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, node_types: dict[str, Any]) -> None:
    """The same pauses in the same places, but short ones; and what is slow to build is built once."""
    monkeypatch.setattr(
        "bot.playground.invokeai.release.openapi", lambda nodes: node_types if nodes == NODES else openapi(nodes)
    )
    monkeypatch.setattr("bot.runner._LONGEST_PAUSE", 0.03)
    monkeypatch.setattr("bot.board._LOOK_SECONDS", 0.02)
    monkeypatch.setattr("bot.resume._AGAIN_SECONDS", 0.02)
    monkeypatch.setattr("bot.board._NEWS", timedelta(seconds=0.5))
    monkeypatch.setattr("bot.health._SECOND_PROBE_SECONDS", 0.02)
    monkeypatch.setattr("bot.health._DOUBT_SECONDS", 0.02)
    monkeypatch.setattr("bot.health._FIRST_PAUSE", 0.02)
    monkeypatch.setattr("bot.health._LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("workflows.events._FIRST_DELAY", 0.01)
    monkeypatch.setattr("workflows.events._LONGEST_DELAY", 0.05)
    monkeypatch.setattr("workflows.events._PATIENCE", 1)
    # Reading all certificates takes longer than a whole job here, and nothing here speaks TLS.
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda **_: tls)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a local InvokeAI with settings of one's own."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(*, paused: bool = False, **settings: Any) -> LocalInvokeAI:
            server = await stack.enter_async_context(LocalInvokeAI(**{"step_seconds": 0.002, **settings}))
            if paused:
                await server.pause()
            return server

        yield start


@pytest.fixture
async def server(serve: Serve) -> LocalInvokeAI:
    return await serve()


@pytest.fixture
def world(server: LocalInvokeAI, tmp_path: Path) -> World:
    return World(server, tmp_path)


@pytest.fixture
async def slow_world(serve: Serve, tmp_path: Path) -> World:
    """A world whose backend takes a while for each node."""
    return World(await serve(node_seconds=0.06), tmp_path)


@pytest.fixture
async def resting_world(serve: Serve, tmp_path: Path) -> World:
    """A world whose backend takes jobs, but does not run them."""
    return World(await serve(paused=True), tmp_path)
