"""Fixtures of the Discord face's tests."""

import copy
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.bot import redirect
from tests.cogs.atelier import Atelier, furnished


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pauses in the same places, but short ones."""
    monkeypatch.setattr("bot.runner._LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("bot.board._LOOK_SECONDS", 0.02)
    monkeypatch.setattr("workflows.events._FIRST_DELAY", 0.01)
    monkeypatch.setattr("workflows.events._LONGEST_DELAY", 0.05)


@pytest.fixture(autouse=True)
def complaints(caplog: pytest.LogCaptureFixture) -> "list[str]":
    """What a test expects to be logged as an error, as a part of the line; anything else fails it."""
    return []


@pytest.fixture(autouse=True)
def _nothing_went_wrong(caplog: pytest.LogCaptureFixture, complaints: "list[str]"):
    yield
    logged = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not [line for line in logged if not any(part in line for part in complaints)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Atelier]:
    async with furnished(tmp_path_factory.mktemp("atelier")) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def room(shared: Atelier) -> AsyncIterator[Atelier]:
    """A new server in an atelier that a module's tables share, which saves each of their rows a start.

    Tests that use it are marked `in_module_loop`.
    """
    # Another test's bot has pointed the library elsewhere.
    redirect(shared.settings.discord)
    shared.invoke.count_anew()
    found = copy.copy(shared)
    found.place = shared.open_place("Room")
    yield found
    await found.invoke.resume()
    await found.tidy()
    found.check_manners()


@pytest.fixture
async def atelier(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Atelier]:
    """An atelier with the bot at work; parametrize it indirectly for other options."""
    async with furnished(tmp_path, **getattr(request, "param", {})) as found:
        yield found
