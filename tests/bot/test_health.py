"""A backend that does not answer is set aside, whatever ails it, and comes back by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from bot.backend import Backend
from bot.config import BackendSettings
from bot.health import watch
from bot.playground.invokeai import LocalInvokeAI
from tests.bot.conftest import Serve
from tests.bot.world import until
from workflows.client import InvokeClient, open_http
from workflows.events import EventStream
from workflows.models import STYLE_PRESET

VERSION = ("GET", "/api/v1/app/version")
NODE_TYPES = ("GET", "/openapi.json")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by himself: only who doubts makes it look."""
    monkeypatch.setattr("bot.health._LOOK_SECONDS", 1000)
    monkeypatch.setattr("bot.health._PAUSED_SECONDS", 0.02)
    monkeypatch.setattr("bot.health._PATIENCE", 2)
    monkeypatch.setattr("bot.health._READ_SECONDS", 2)
    monkeypatch.setattr("bot.health._SECOND_PROBE_SECONDS", 0.02)
    monkeypatch.setattr("bot.health._DOUBT_SECONDS", 0.01)
    monkeypatch.setattr("bot.health._FIRST_PAUSE", 0.02)
    monkeypatch.setattr("bot.health._LONGEST_PAUSE", 0.05)


@contextlib.asynccontextmanager
async def watched(url: str) -> AsyncIterator[Backend]:
    async with open_http(url) as http:
        client = InvokeClient(http, "test")
        async with EventStream(url, "test", client.token, client.forget_token) as events:
            backend = Backend(BackendSettings(url=url), client, events)
            task = asyncio.create_task(watch(backend))
            try:
                yield backend
            finally:
                task.cancel()
                await asyncio.wait({task})


async def looked(backend: Backend) -> None:
    await until(lambda: backend.is_known and backend.events.connected)


Break = Callable[[LocalInvokeAI], None]


def answers(status: int, path: str) -> Break:
    return lambda server: server.faults.fail_next(path, status, times=1000)


AILS: dict[str, Break] = {
    "freezes": lambda server: server.freeze(),
    "hangs": lambda server: server.faults.hang("/api/v1"),
    "is very slow": lambda server: server.faults.delay("/api/v1/app", 30),
    "answers 500": answers(500, "/api/v1/queue"),
    "is not there behind its proxy": answers(502, "/"),
    "wants a login": answers(401, "/api/v1/queue"),
    "is another server": answers(404, "/api/v1/app/version"),
}


async def well_again(server: LocalInvokeAI) -> None:
    server.thaw()
    server.faults.let_go()
    server.faults.stop_failing()
    server.faults.delay("/api/v1/app", 0)


@pytest.mark.parametrize("ailment", AILS)
async def test_whatever_ails_it_it_is_set_aside_and_comes_back(
    ailment: str, server: LocalInvokeAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.health._PATIENCE", 0.15)
    async with watched(server.url) as backend:
        await looked(backend)
        heard: list[bool] = []
        backend.changed = lambda: heard.append(backend.is_up)
        AILS[ailment](server)
        backend.doubt()
        await until(lambda: not backend.is_up)
        await well_again(server)
        assert await backend.wait_up(10)
        await looked(backend)
        assert heard[0] is False
        assert heard[-1] is True


async def test_a_refused_connection_needs_no_second_look(
    server: LocalInvokeAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.health._SECOND_PROBE_SECONDS", 1000)
    async with watched(server.url) as backend:
        await looked(backend)
        await server.crash()
        backend.doubt()
        await until(lambda: not backend.is_up)
        await server.restart()
        assert await backend.wait_up(10)
        await looked(backend)


async def test_one_slow_answer_is_no_failure(server: LocalInvokeAI) -> None:
    """A real server holds still for more than half a second at each item's start."""
    async with watched(server.url) as backend:
        await looked(backend)
        asked, heard = server.requests[VERSION], list[bool]()
        backend.changed = lambda: heard.append(backend.is_up)
        server.faults.fail_next("/api/v1/app/version", 500)
        backend.doubt()
        await until(lambda: server.requests[VERSION] == asked + 2)
        backend.doubt()
        await until(lambda: server.requests[VERSION] == asked + 3)
        assert heard == []


@pytest.mark.parametrize("ailment", ["hangs", "answers 500", "is very slow"])
async def test_one_that_never_answered_needs_no_second_look(
    ailment: str, server: LocalInvokeAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.health._PATIENCE", 0.15)
    monkeypatch.setattr("bot.health._SECOND_PROBE_SECONDS", 1000)
    AILS[ailment](server)
    async with watched(server.url) as backend:
        assert backend.is_up, "somebody would have to wait for the first look"
        await until(lambda: not backend.is_up)
        await well_again(server)
        assert await backend.wait_up(10)
        await looked(backend)
        assert backend.models


async def test_a_backend_of_which_nothing_can_be_read_gets_nothing(server: LocalInvokeAI) -> None:
    """It answers, but its models are not to be had, so no job could be made for it."""
    server.faults.fail_next("/api/v2/models", 500, times=3)
    async with watched(server.url) as backend:
        await until(lambda: not backend.is_up)
        assert await backend.wait_up(10)
        await looked(backend)
        assert backend.models


async def test_what_is_known_holds_while_something_cannot_be_read(
    server: LocalInvokeAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.health._LOOK_SECONDS", 0.01)
    async with watched(server.url) as backend:
        await looked(backend)
        heard: list[bool] = []
        backend.changed = lambda: heard.append(backend.is_up)
        server.faults.fail_next("/api/v2/models", 500, times=3)
        server.models.records.clear()
        await until(lambda: all(model.type == STYLE_PRESET for model in backend.models))
        assert heard == [True]


async def test_models_are_read_again_and_node_types_only_where_they_may_be_others(
    server: LocalInvokeAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.health._LOOK_SECONDS", 0.01)
    async with watched(server.url) as backend:
        await looked(backend)
        looks = backend.looks
        asked = server.requests[VERSION]
        await until(lambda: server.requests[VERSION] > asked + 10)
        assert backend.looks == looks
        # Once before the event connection stood, once after it.
        assert server.requests[NODE_TYPES] <= 2
        server.models.records.pop()
        await until(lambda: backend.looks == looks + 1)


async def test_a_restarted_backend_tells_what_it_can_do_now(server: LocalInvokeAI) -> None:
    async with watched(server.url) as backend:
        await looked(backend)
        assert "img_blur" in (await backend.schemas()).nodes
        looks = backend.looks
        seen: list[tuple[bool, int]] = []
        backend.changed = lambda: seen.append((backend.is_up, backend.looks - looks))
        await server.crash()
        backend.doubt()
        await until(lambda: not backend.is_up)
        await server.upgrade("6.15.0", without={"img_blur"})
        assert await backend.wait_up(10)
        await looked(backend)
        assert "img_blur" not in (await backend.schemas()).nodes
        assert backend.version == "6.15.0"
        # Nothing is given to it before it is known what it can do.
        assert seen[:3] == [(False, 0), (False, 1), (True, 1)]


async def test_a_paused_queue_is_looked_at_more_often(server: LocalInvokeAI) -> None:
    async with watched(server.url) as backend:
        await looked(backend)
        await server.pause()
        backend.doubt()
        await until(lambda: backend.is_paused)
        assert backend.is_up
        await server.resume()
        await until(lambda: not backend.is_paused)


async def test_doubts_are_looked_into_once_in_a_while(server: LocalInvokeAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand jobs may meet the same trouble, of which a probe sees nothing."""
    monkeypatch.setattr("bot.health._DOUBT_SECONDS", 1000)
    async with watched(server.url) as backend:
        await looked(backend)
        asked = server.requests[VERSION]
        backend.doubt()
        await until(lambda: server.requests[VERSION] == asked + 1)
        for _ in range(50):
            backend.doubt()
            await asyncio.sleep(0.002)
        assert server.requests[VERSION] == asked + 1


async def test_the_event_stream_is_a_sign_of_life(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is away for long is probed seldom, but noticed at once."""
    server = await serve()
    async with watched(server.url) as backend:
        await looked(backend)
        monkeypatch.setattr("bot.health._FIRST_PAUSE", 1000)
        await server.crash()
        backend.doubt()
        await until(lambda: not backend.is_up)
        await server.restart()
        assert await backend.wait_up(10)
        await looked(backend)


async def test_what_nobody_thought_of_does_not_end_the_watch(
    server: LocalInvokeAI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with watched(server.url) as backend:
        await looked(backend)
        with monkeypatch.context() as patch:

            async def broken() -> None:
                raise ZeroDivisionError

            patch.setattr(backend, "probe", broken)
            backend.doubt()
            await until(lambda: "could not be looked at" in caplog.text)
        await server.crash()
        backend.doubt()
        await until(lambda: not backend.is_up)
