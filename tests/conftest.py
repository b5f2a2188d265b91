"""A real InvokeAI for every test that is marked live: the one at INVOKEAI_URL, or one that is installed and started."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.install import Installation, installed, tiny_model
from tests.live.server import InvokeServer, ServerProcess, running

LIVE = Path(__file__).parent / "live"
TEST_SECONDS = 120


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the live folder; a live test's time starts when the server is up, which may take an installation."""
    for item in items:
        if item.path.is_relative_to(LIVE):
            item.add_marker(pytest.mark.live)
        if item.get_closest_marker("live") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TEST_SECONDS, func_only=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    if report.failed:
        for server in getattr(item, "funcargs", {}).values():
            if isinstance(server, InvokeServer) and server.process:
                title = f"InvokeAI log, the end of {server.process.log}"
                report.sections.append((title, server.process.log_tail()))
    return report


@pytest.fixture(scope="session")
def installation() -> Installation:
    return installed()


@pytest.fixture(scope="session")
def invokeai(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InvokeServer]:
    """A server without logins, with the tiny model unless it was lent and lacks it."""
    if lent := os.environ.get("INVOKEAI_URL"):
        yield InvokeServer(lent.rstrip("/"))
        return
    place: Installation = request.getfixturevalue("installation")
    model = tiny_model(place)
    with running(ServerProcess(place, tmp_path_factory.mktemp("invokeai") / "root")) as server:
        server.install_model(model)
        yield server
