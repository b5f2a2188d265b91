"""Several backends: the one that answers and has the shortest line takes the job."""

from pathlib import Path

import pytest

from bot.config import BackendSettings
from bot.pool import Pool, open_pool
from tests.bot.conftest import Serve
from tests.bot.world import until
from workflows.client import open_http
from workflows.errors import Unavailable


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
        await until(lambda: not pool.first.models)
        server.faults.fail_next("/api/v2/models", 500, times=2)
        asked = server.requests["GET", "/api/v2/models/"]
        await until(lambda: server.requests["GET", "/api/v2/models/"] > asked + 3)
        # The node types are large, and the same for as long as the version is.
        assert server.requests["GET", "/openapi.json"] <= 2
