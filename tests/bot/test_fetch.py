"""Attachments come from elsewhere: they may be large, gone, cut short, or not come at all."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from bot.addresses import Web
from bot.fetch import DISCORD_HOSTS, Fetcher
from bot.jobs import Attachment
from workflows.errors import InputError, Unavailable

LIMIT = 2 * 2**20


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with httpx.AsyncClient(trust_env=False, timeout=0.3) as http:
        yield Fetcher(http, LIMIT, Web((), 1, LIMIT), {"127.0.0.1"})


@pytest.fixture
async def cdn() -> AsyncIterator[str]:
    """Somewhere that pictures lie: the path says how it goes."""

    async def status(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), body=b"words")

    async def data(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * int(request.match_info["size"]))

    async def stream(request: web.Request) -> web.StreamResponse:
        """As much as one likes, without saying how much."""
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x" * 2**16)
        return response

    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x" * 10)
        assert request.transport
        request.transport.abort()
        return response

    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(1)
        return web.Response()

    app = web.Application()
    routes = {"status/{status}": status, "data/{size}": data, "stream": stream, "cut": cut, "silent": silent}
    app.add_routes([web.get(f"/{path}", handler) for path, handler in routes.items()])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def attached(url: str, size: int = 0) -> Attachment:
    return Attachment("picture", "a.png", url, size)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_what_is_gone_is_the_members_to_give_again(status: int, cdn: str, fetcher: Fetcher) -> None:
    with pytest.raises(InputError, match=r"\*\*picture\*\*: that file is no longer there"):
        await fetcher.fetch(attached(f"{cdn}/status/{status}"))


@pytest.mark.parametrize(
    "path", ["status/500", "status/503", "status/429", "status/302", "status/204", "cut", "silent"]
)
async def test_what_may_work_later_is_tried_later(path: str, cdn: str, fetcher: Fetcher) -> None:
    with pytest.raises(Unavailable, match="attachment"):
        await fetcher.fetch(attached(f"{cdn}/{path}"))


async def test_nobody_there(fetcher: Fetcher) -> None:
    with pytest.raises(Unavailable):
        await fetcher.fetch(attached("http://127.0.0.1:1/a.png"))


async def test_up_to_the_limit_it_comes_whole(cdn: str, fetcher: Fetcher) -> None:
    assert await fetcher.fetch(attached(f"{cdn}/data/{LIMIT}")) == b"x" * LIMIT
    assert await fetcher.fetch(attached(f"{cdn}/data/0")) == b""


@pytest.mark.parametrize("path", [f"data/{LIMIT + 1}", "stream"])
async def test_over_the_limit_it_is_refused_whatever_was_said_before(path: str, cdn: str, fetcher: Fetcher) -> None:
    with pytest.raises(InputError, match=r"\*\*picture\*\*: that file is too large; up to 2 MiB"):
        await fetcher.fetch(attached(f"{cdn}/{path}", size=1))


async def test_what_says_that_it_is_too_large_is_not_fetched(fetcher: Fetcher) -> None:
    with pytest.raises(InputError, match="too large"):
        await fetcher.fetch(attached("http://127.0.0.1:1/a.png", size=LIMIT + 1))


async def test_a_file_of_this_machine(tmp_path: Path, fetcher: Fetcher) -> None:
    path = tmp_path / "Bild mit ü & 100%.png"
    path.write_bytes(b"bytes")
    assert await fetcher.fetch(attached(path.as_uri())) == b"bytes"


async def test_a_file_that_is_too_large(tmp_path: Path, fetcher: Fetcher) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(bytes(LIMIT + 1))
    with pytest.raises(InputError, match="too large"):
        await fetcher.fetch(attached(path.as_uri()))


@pytest.mark.parametrize("name", ["nothing.png", "."])
async def test_a_file_that_cannot_be_read(name: str, tmp_path: Path, fetcher: Fetcher) -> None:
    with pytest.raises(InputError, match=r"\*\*picture\*\*: .* cannot be read"):
        await fetcher.fetch(attached((tmp_path / name).as_uri()))


@pytest.mark.parametrize("url", ["http://127.0.0.2/a.png", "https://example.org/a.png", "gopher://127.0.0.2", "a.png"])
async def test_from_nowhere_but_where_discord_keeps_files(url: str, fetcher: Fetcher) -> None:
    with pytest.raises(InputError, match=r"\*\*picture\*\*: that file is not on Discord"):
        await fetcher.fetch(attached(url))
    assert {"cdn.discordapp.com", "media.discordapp.net"} == DISCORD_HOSTS


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1/a.png"])
async def test_what_comes_from_the_web_goes_by_the_webs_rules(url: str, fetcher: Fetcher) -> None:
    with pytest.raises(InputError, match="I may not fetch that address"):
        await fetcher.fetch(Attachment("picture", "a.png", url, source="web"))
