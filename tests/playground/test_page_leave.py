"""A real InvokeAI is left as it was, whatever ended the demo; here a local one stands in for it."""

import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.playground.invokeai import LocalInvokeAI
from bot.playground.page import leave
from bot.playground.page.demo import DemoOptions, open_demo
from tests.bot.world import picture
from tests.playground.demo_world import close_terminal, open_terminal, publish, run, until
from workflows.errors import UserError


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "familiar" / "demo"


@pytest.fixture
async def server() -> AsyncIterator[LocalInvokeAI]:
    """Somebody's server, with a picture of theirs on it."""
    async with LocalInvokeAI(node_seconds=0.4) as server:
        async with httpx.AsyncClient(trust_env=False) as http:
            params = {"image_category": "user", "is_intermediate": "false"}
            files = {"file": ("theirs.png", picture(), "image/png")}
            await http.post(f"{server.url}/api/v1/images/upload", params=params, files=files)
        yield server


async def runs(server: LocalInvokeAI) -> None:
    await until(lambda: any(item.status == "in_progress" for item in server.items.values()))


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.exists() else []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1: does not answer"),
        ("localhost:9090", "--url localhost:9090: must begin with http:// or https://"),
        ("", "--url : must begin with http:// or https://"),
    ],
)
async def test_a_server_that_cannot_be_used_is_told_in_one_line(url: str, told: str, state: Path) -> None:
    with pytest.raises(UserError) as error:
        async with open_demo(DemoOptions(port=0, url=url)):
            pytest.fail("it began")
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)
    assert files(state) == []


JSON, HTML = "application/json", "text/html"
PAGE = "<html>\r\n<head><title>Bad Gateway</title></head>\r\n" + "<center>nginx</center>\r\n" * 50
NO_INVOKEAI = "answers, but not as InvokeAI 6 does ("


@pytest.mark.parametrize(
    ("status", "kind", "body", "told"),
    [
        (200, JSON, '{"version": "5.15.0"}', "is InvokeAI 5.15.0, and Familiar needs 6.14 or newer. Update it."),
        (200, JSON, '{"version": "6.9.0rc2"}', "is InvokeAI 6.9.0rc2, and Familiar needs 6.14 or newer. Update it."),
        (200, JSON, '{"version": "6.14.2"}', NO_INVOKEAI),
        (200, JSON, "[]", NO_INVOKEAI),
        (200, JSON, "{", "does not answer ("),
        (200, HTML, PAGE, NO_INVOKEAI),
        (404, HTML, PAGE, NO_INVOKEAI),
        (500, HTML, PAGE, "does not answer ("),
        (502, HTML, PAGE, "does not answer ("),
        (401, JSON, "{}", "wants a login, and the demo has none. Try it with `familiar serve`."),
        (302, HTML, "", NO_INVOKEAI),
    ],
)
async def test_a_web_server_of_another_kind_is_told_in_one_line(
    status: int, kind: str, body: str, told: str, state: Path
) -> None:
    async with answering(status, kind, body) as url:
        with pytest.raises(UserError) as error:
            async with open_demo(DemoOptions(port=0, url=url)):
                pytest.fail("it began")
    assert str(error.value).startswith(f"{url}: {told}")
    assert "\n" not in str(error.value)
    assert "<" not in str(error.value)
    assert str(error.value).endswith((".", "?"))
    assert len(str(error.value)) < 400
    assert files(state) == []


@contextlib.asynccontextmanager
async def answering(status: int, kind: str, body: str) -> AsyncIterator[str]:
    """A web server that has this answer to everything."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, content_type=kind, text=body)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_where_no_ledger_can_be_kept_nothing_is_begun(server: LocalInvokeAI, state: Path) -> None:
    state.parent.parent.write_text("a file in the way")
    with pytest.raises(UserError, match="the demo's ledger cannot be kept there: Not a directory") as error:
        async with open_demo(DemoOptions(port=0, url=server.url)):
            pytest.fail("it began")
    assert "\n" not in str(error.value)


async def test_a_server_that_wants_a_login_is_told_in_one_line() -> None:
    async with LocalInvokeAI(users={"member@example.com": "Secret-words-1"}) as server:
        with pytest.raises(UserError, match="wants a login, and the demo has none") as error:
            await leave.ask(leave.real_backend(server.url))
    assert "\n" not in str(error.value)


async def test_what_is_under_way_at_the_end_is_cancelled_and_deleted(server: LocalInvokeAI, state: Path) -> None:
    said: list[str] = []
    theirs = list(server.images)
    async with open_demo(DemoOptions(port=0, url=server.url, tell=said.append)) as demo:
        assert demo.invoke is None
        offers = {offer["name"]: offer for offer in demo.mischief.offers()}
        assert offers["kill_bot"]["available"]
        assert "real InvokeAI" in offers["kill_invoke"]["why"]
        await publish(demo)
        await run(demo)
        await runs(server)
        assert {item.queue_id for item in server.items.values()} == {leave.QUEUE_ID}
        assert len(server.images) == 2
        assert len(files(state)) >= 1
    assert (list(server.images), list(server.items)) == (theirs, [])
    assert files(state) == []
    assert said == [
        f"Using InvokeAI 6.14.2 at {server.url}, in a queue of the demo's own.",
        "Cancelled or cleared 1 unfinished job.",
        f"Nothing of the demo is left on {server.url}.",
    ]


async def test_another_demo_on_the_same_server_is_let_alone(server: LocalInvokeAI, state: Path) -> None:
    """Also before its first job, and while its bot is dead: that may be started again."""
    backend = leave.real_backend(server.url)
    async with open_demo(DemoOptions(port=0, url=server.url)) as demo:
        assert await leave.clean_earlier(backend) == leave.Left()
        assert demo.database.exists()
        await publish(demo)
        await run(demo)
        await runs(server)
        await demo.bot.kill()
        assert await leave.clean_earlier(backend) == leave.Left()
        assert len(server.items) == 1
    assert (list(server.items), files(state)) == ([], [])


@pytest.mark.slow
async def test_what_cannot_be_deleted_now_is_told_and_goes_next_time(server: LocalInvokeAI, state: Path) -> None:
    backend = leave.real_backend(server.url)
    said: list[str] = []
    theirs = list(server.images)
    async with open_demo(DemoOptions(port=0, url=server.url, tell=said.append)) as demo:
        await publish(demo)
        await run(demo)
        await runs(server)
        await server.crash()
    assert "does not answer" in said[-1]
    assert said[-1].endswith(f"What may be left there goes with the next `familiar demo --url {server.url}`.")
    await server.start()
    assert len(server.images) == 2
    elsewhere = await leave.clean_earlier(leave.real_backend("http://127.0.0.1:1"))
    assert (elsewhere, len(server.images)) == (leave.Left(), 2)
    assert await leave.clean_earlier(backend) == leave.Left(jobs=1)
    assert (list(server.images), list(server.items), files(state)) == (theirs, [], [])


@pytest.mark.slow
async def test_what_a_killed_demo_left_goes_with_the_next(server: LocalInvokeAI, state: Path, tmp_path: Path) -> None:
    theirs = list(server.images)
    async with open_demo(DemoOptions(port=0, url=server.url)) as demo:
        await publish(demo)
        await run(demo)
        await runs(server)
        await demo.bot.kill()
        kept = {name: (state / name).read_bytes() for name in files(state)}
        held, items = dict(server.images), dict(server.items)
    # As if it had been killed there, too.
    for name, data in kept.items():
        (state / name).write_bytes(data)
    server.images.update(held)
    server.items.update(items)
    opened = await open_terminal(tmp_path, "--url", server.url, "--port", "0", "--no-open")
    try:
        await opened.shows("An earlier demo was cut off there:")
        await opened.shows("Ctrl-C ends it")
        assert (list(server.images), list(server.items)) == (theirs, [])
        opened.process.send_signal(signal.SIGTERM)
        assert await opened.end() == 0
    finally:
        close_terminal(opened)
    assert (opened.left, files(state)) == ([], [])
