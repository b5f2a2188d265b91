"""Several backends: the one that answers and has the shortest line takes the job."""

from pathlib import Path

import httpx
import pytest

from bot.config import BackendSettings
from bot.playground.invokeai import LocalInvokeAI
from bot.pool import Backend, Pool, open_pool
from tests.bot.conftest import Serve
from tests.bot.world import until
from workflows.client import InvokeClient, open_http
from workflows.errors import Unavailable
from workflows.events import EventStream
from workflows.models import STYLE_PRESET


async def connected(pool: Pool) -> None:
    for backend in pool:
        assert await backend.events.wait_connected(5)


async def test_the_shortest_line_takes_the_job(serve: Serve) -> None:
    settings = [BackendSettings(name=name, url=(await serve()).url) for name in ("a", "b")]
    async with open_pool(settings, open_http) as pool:
        await connected(pool)
        assert [backend.name for backend in pool] == ["a", "b"]
        assert pool.choose().name == pool.first.name == "a"
        pool.get("a").line.join("one", 1, lambda: None)
        assert pool.choose().name == "b"


async def test_who_does_not_answer_gets_no_jobs(serve: Serve) -> None:
    server = await serve()
    settings = [BackendSettings(name="a", url="http://127.0.0.1:1"), BackendSettings(name="b", url=server.url)]
    async with open_pool(settings, open_http) as pool:
        await until(lambda: pool.get("b").events.connected)
        pool.get("b").line.join("one", 1, lambda: None)
        assert pool.choose().name == "b"
        with pytest.raises(Unavailable):
            await pool.get("a").schemas()
        with pytest.raises(KeyError):
            pool.get("c")


async def test_what_a_backend_can_do_is_read_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.pool._REFRESH_SECONDS", 0.01)
    server = await serve()
    async with open_pool([BackendSettings(url=server.url)], open_http) as pool:
        await connected(pool)
        assert "img_blur" in (await pool.first.schemas()).nodes
        await until(lambda: bool(pool.first.models))
        server.models.records.clear()
        server.models.presets.clear()
        await until(lambda: not pool.first.models)
        server.faults.fail_next("/api/v2/models", 500, times=2)
        asked = server.requests["GET", "/api/v2/models/"]
        await until(lambda: server.requests["GET", "/api/v2/models/"] > asked + 3)
        # The node types are large, and the same for as long as the version is.
        assert server.requests["GET", "/openapi.json"] <= 2


def times_read(server: LocalInvokeAI) -> int:
    return server.requests["GET", "/openapi.json"]


async def test_a_restarted_backend_is_asked_for_its_node_types(serve: Serve) -> None:
    """It may have new node packs, at the same version."""
    server = await serve()
    async with open_pool([BackendSettings(url=server.url)], open_http) as pool:
        await connected(pool)
        await pool.first.refresh()
        read = times_read(server)
        await pool.first.refresh()
        assert times_read(server) == read
        await server.crash()
        await server.start()
        await until(lambda: pool.first.events.connections == 2)
        await pool.first.refresh()
        assert times_read(server) == read + 1


async def test_a_fresh_look_reads_everything_and_falls_back_to_what_is_known(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.pool._FRESH_LOOK_SECONDS", 0.3)
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


def unopened(url: str, http: httpx.AsyncClient) -> Backend:
    client = InvokeClient(http, "test")
    return Backend(BackendSettings(url=url), client, EventStream(url, "test", client.token))


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


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
async def test_a_backend_without_style_presets_does_the_rest(status: int, serve: Serve) -> None:
    server = await serve()
    async with open_http(server.url) as http:
        backend = unopened(server.url, http)
        server.faults.fail_next("/api/v1/style_presets", status)
        assert (await backend.known_models())[0].type != STYLE_PRESET
        assert backend.models


async def test_models_are_known_before_the_first_look_is_over(serve: Serve) -> None:
    server = await serve()
    async with open_http(server.url) as http:
        backend = unopened(server.url, http)
        assert not backend.models
        assert await backend.known_models()


async def test_nobody_waits_long_for_models_that_do_not_come(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.pool._FIRST_LOOK_SECONDS", 0.05)
    server = await serve()
    server.faults.delay("/api/v1/app/version", 5)
    async with open_http(server.url) as http:
        with pytest.raises(Unavailable, match="in time"):
            await unopened(server.url, http).known_models()
