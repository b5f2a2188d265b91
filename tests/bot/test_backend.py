"""One backend: what it can do is read, remembered, and read again; and whether it is there is known to all who ask."""

import asyncio

import httpx
import pytest

from bot.backend import Backend
from bot.config import BackendSettings
from bot.playground.invokeai import LocalInvokeAI
from tests.bot.conftest import Serve
from workflows.client import InvokeClient, open_http
from workflows.errors import Unavailable
from workflows.events import EventStream
from workflows.models import STYLE_PRESET


def unopened(url: str, http: httpx.AsyncClient) -> Backend:
    """A backend that nobody watches."""
    client = InvokeClient(http, "test")
    return Backend(BackendSettings(url=url), client, EventStream(url, "test", client.token))


def times_read(server: LocalInvokeAI) -> int:
    return server.requests["GET", "/openapi.json"]


async def test_nobody_waits_long_for_models_that_do_not_come(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.backend._FIRST_LOOK_SECONDS", 0.05)
    server = await serve()
    server.faults.delay("/api/v1/app/version", 5)
    async with open_http(server.url) as http:
        with pytest.raises(Unavailable, match="in time"):
            await unopened(server.url, http).known_models()


async def test_a_fresh_look_reads_everything_and_falls_back_to_what_is_known(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.backend._FRESH_LOOK_SECONDS", 0.3)
    server = await serve()
    async with open_http(server.url) as http:
        backend = unopened(server.url, http)
        known = await backend.schemas()
        read = times_read(server)
        assert await backend.fresh_schemas() is not known
        assert times_read(server) == read + 1
        known = await backend.schemas()
        server.faults.fail_next("/api/v1/app/version", 503)
        assert await backend.fresh_schemas() is known
        server.faults.delay("/api/v1/app/version", 2)
        assert await backend.fresh_schemas() is known
        with pytest.raises(Unavailable):
            await unopened(server.url, http).fresh_schemas()


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
async def test_a_backend_without_style_presets_does_the_rest(status: int, serve: Serve) -> None:
    server = await serve()
    async with open_http(server.url) as http:
        backend = unopened(server.url, http)
        server.faults.fail_next("/api/v1/style_presets", status)
        assert (await backend.known_models())[0].type != STYLE_PRESET
        assert backend.models


async def test_style_presets_come_with_the_models(serve: Serve) -> None:
    server = await serve()
    async with open_http(server.url) as http:
        backend = unopened(server.url, http)
        await backend.refresh()
        presets = [model for model in backend.models if model.type == STYLE_PRESET]
        assert {(one.key, one.name) for one in presets} == {(one["id"], one["name"]) for one in server.models.presets}
        assert {(one.base, one.hash, one.format) for one in presets} == {("any", "", "")}
        server.faults.fail_next("/api/v1/style_presets", 500)
        server.models.records.clear()
        await backend.refresh()
        assert [*backend.models] == presets


async def test_models_are_known_before_the_first_look_is_over(serve: Serve) -> None:
    server = await serve()
    async with open_http(server.url) as http:
        backend = unopened(server.url, http)
        assert not backend.models
        assert await backend.known_models()


async def test_looks_are_counted_only_where_something_is_new(serve: Serve) -> None:
    server = await serve()
    async with open_http(server.url) as http:
        backend = unopened(server.url, http)
        heard: list[int] = []
        backend.changed = lambda: heard.append(backend.looks)
        for _ in range(2):
            await backend.refresh()
        await backend.refresh(everything=True)
        assert heard == [1]
        server.models.records.pop()
        await backend.refresh()
        server.models.presets.pop()
        await backend.refresh()
        assert heard == [1, 2, 3]
        await server.upgrade("6.15.0", without={"img_blur"})
        await backend.refresh()
        await backend.refresh()
        assert "img_blur" not in (await backend.schemas()).nodes
        assert (backend.version, backend.looks, heard[-1]) == ("6.15.0", len(heard), len(heard))


async def test_a_look_at_the_queue_tells_whether_it_is_paused(serve: Serve) -> None:
    server = await serve(paused=True)
    async with open_http(server.url) as http:
        backend = unopened(server.url, http)
        heard: list[bool] = []
        backend.changed = lambda: heard.append(backend.is_paused)
        assert not (await backend.look_at_queue()).processor.is_started
        await backend.look_at_queue()
        await server.resume()
        await backend.probe()
        assert heard == [True, False]


async def test_what_is_known_of_one_address_is_not_taken_for_another(serve: Serve) -> None:
    """Also where the other one is still being looked at while the address changes."""
    here, there = await serve(), await serve(paused=True)
    there.models.records.clear()
    async with open_http(here.url) as old, open_http(there.url) as new:
        backend = unopened(here.url, old)
        await backend.probe()
        await backend.refresh()
        backend.warmed({"hash"})
        looks = backend.looks
        here.faults.delay("/api/v1/style_presets", 0.05)
        looking = asyncio.create_task(backend.refresh())
        await asyncio.sleep(0.02)
        client = InvokeClient(new, "test")
        settings = BackendSettings(url=there.url, queue_id="test")
        backend.set_aside("gone")
        backend.move(settings, client, EventStream(there.url, "test", client.token))
        with pytest.raises(Unavailable, match="another address"):
            await looking
        assert (backend.is_up, backend.models, backend.warm, backend.url) == (True, [], frozenset(), there.url)
        assert backend.looks > looks
        assert {model.type for model in await backend.known_models()} == {STYLE_PRESET}


@pytest.mark.parametrize(
    ("given", "warm"), [([{"a", "b"}], {"a", "b"}), ([{"a"}, {"b"}], {"b"}), ([{"a"}, set()], {"a"}), ([], set())]
)
def test_the_models_given_last_are_warm(given: list[set[str]], warm: set[str]) -> None:
    backend = unopened("http://127.0.0.1:1", httpx.AsyncClient())
    for hashes in given:
        backend.warmed(hashes)
    assert backend.warm == warm
    backend.set_aside("restarted")
    assert backend.warm == frozenset()


async def test_whoever_waits_for_a_backend_hears_when_it_is_up() -> None:
    async with open_http("http://127.0.0.1:1") as http:
        backend = unopened("http://127.0.0.1:1", http)
        assert await backend.wait_up(0)
        backend.set_aside("gone")
        assert not await backend.wait_up(0.01)
        waiting = asyncio.create_task(backend.wait_up(5))
        await asyncio.sleep(0)
        backend.set_up()
        assert await waiting
