"""The page's web server: who is answered, what is served, and how."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from importlib import resources
from io import BytesIO

import aiohttp
import pytest
from yarl import URL

from bot.playground.page.safety import HEADERS, SANDBOX
from bot.playground.page.server import Page, PortTakenError
from bot.playground.page.uploads import MOST_BYTES, MOST_FILES, Uploads
from tests.playground.discord_bot import PNG
from tests.playground.discord_place import Place
from tests.playground.page_client import window

STATIC = sorted(f.name for f in (resources.files("bot.playground.page") / "static").iterdir())


class Pictures:
    """A panel whose backend holds one picture."""

    async def look(self) -> dict[str, object]:
        return {}

    async def thumbnail(self, name: str) -> bytes | None:
        return PNG if name == "a.png" else None


@pytest.fixture
async def page(place: Place) -> AsyncIterator[Page]:
    async with Page(place.server, panel=Pictures()) as opened:
        yield opened


@pytest.fixture
async def http(page: Page) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(page.url) as session:
        yield session


FOREIGN = {
    "a name that points here": ({"Host": "evil.example"}, 421),
    "such a name with our port": ({"Host": "evil.example:8700"}, 421),
    "no name": ({"Host": ""}, 421),
    "half an address": ({"Host": "[::1"}, 421),
    "another site": ({"Origin": "https://evil.example"}, 403),
    "a file": ({"Origin": "null"}, 403),
    "another port of this machine": ({"Origin": "http://127.0.0.1:1"}, 403),
    "another scheme": ({"Host": "127.0.0.1:1", "Origin": "ftp://127.0.0.1:1"}, 403),
}


@pytest.mark.parametrize("case", FOREIGN)
async def test_strangers_are_not_answered(http: aiohttp.ClientSession, case: str) -> None:
    headers, status = FOREIGN[case]
    for method, path in (("GET", "/"), ("GET", "/socket"), ("POST", "/uploads"), ("GET", "/samples/dusk.webp")):
        async with http.request(method, path, headers=headers) as answer:
            assert answer.status == status, path


@pytest.mark.parametrize("host", ["localhost:8700", "LOCALHOST", "127.0.0.1", "192.168.1.7:80", "[::1]:8700"])
async def test_addresses_of_this_machine_are_answered(http: aiohttp.ClientSession, host: str) -> None:
    async with http.get("/", headers={"Host": host, "Origin": f"http://{host}"}) as answer:
        assert answer.status == 200


async def test_a_name_that_was_asked_for_is_answered(place: Place) -> None:
    named = Page(place.server, host="localhost")
    async with named, aiohttp.ClientSession() as http, http.get(named.url) as answer:
        assert (answer.status, named.url) == (200, f"http://localhost:{named.port}/")


@pytest.mark.parametrize("path", ["/", "/static/base.css", "/static/none.js", "/samples/dusk.webp", "/nowhere"])
async def test_every_answer_carries_the_headers(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("name", STATIC)
async def test_the_pages_files_are_served(http: aiohttp.ClientSession, name: str) -> None:
    kinds = {"js": "text/javascript", "css": "text/css", "html": "text/html", "svg": "image/svg+xml"}
    async with http.get(f"/static/{name}") as answer:
        assert answer.status == 200
        assert answer.content_type == kinds.get(name.rpartition(".")[2], answer.content_type)


@pytest.mark.parametrize(
    "name",
    ["none.js", "..%2Fserver.py", "..%5Cserver.py", "%00.js", ".js", "x", "%2Fetc%2Fx.js", "a" * 300 + ".js"],
)
async def test_no_other_files_are_served(http: aiohttp.ClientSession, name: str) -> None:
    async with http.get(URL(f"/static/{name}", encoded=True)) as answer:
        assert answer.status == 404


async def test_the_samples_are_served(http: aiohttp.ClientSession, page: Page) -> None:
    async with window(page) as opened:
        samples = (await opened.sit())["samples"]
    assert {s["title"] for s in samples["pictures"]} >= {"Dusk", "Harbour"}
    assert {"name": "hue_sheet.json", "title": "Hue sheet", "url": "/samples/hue_sheet.json"} in samples["workflows"]
    for sample in samples["pictures"] + samples["workflows"]:
        async with http.get(sample["url"]) as answer:
            data = await answer.read()
            assert answer.status == 200
            assert data[8:12] == b"WEBP" if sample["name"].endswith(".webp") else "nodes" in json.loads(data)
    async with http.get("/samples/..%2Fblur.json") as answer:
        assert answer.status == 404


SHOWN = {
    "a.png": (PNG, False),
    "a.webm": (b"video", False),
    "a.html": (b"<script>alert(1)</script>", True),
    "a.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", True),
    "a.xhtml": (b"<html/>", True),
    "a.txt": (b"text", True),
    "a": (b"<b>", True),
}


@pytest.mark.parametrize("name", SHOWN)
async def test_what_people_attach_runs_nothing(place: Place, http: aiohttp.ClientSession, name: str) -> None:
    data, downloaded = SHOWN[name]
    (stored,) = (await place.member.say(place.channel, "", [(name, data)])).files
    path = place.server.sign(stored.id).removeprefix(place.server.url)
    async with http.get(path) as answer:
        assert (answer.status, await answer.read()) == (200, data)
        assert answer.headers["Content-Security-Policy"] == SANDBOX and "sandbox" in SANDBOX
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert (answer.headers.get("Content-Disposition") == "attachment") is downloaded
    async with http.get(path.partition("?")[0]) as answer:
        assert answer.status == 404
    stored.removed = True
    async with http.get(path) as answer:
        assert answer.status == 404


PARTS = {
    "bytes=2-4": (206, b"234", "bytes 2-4/10"),
    "bytes=7-": (206, b"789", "bytes 7-9/10"),
    "bytes=-2": (206, b"89", "bytes 8-9/10"),
    "bytes=0-99": (206, b"0123456789", "bytes 0-9/10"),
    "bytes=10-": (416, None, "bytes */10"),
    "bytes=1-2,4-5": (200, b"0123456789", None),
    "pages=1-2": (200, b"0123456789", None),
}


@pytest.mark.parametrize("wanted", PARTS)
async def test_videos_are_played_from_their_middle(place: Place, http: aiohttp.ClientSession, wanted: str) -> None:
    status, body, place_of_it = PARTS[wanted]
    (stored,) = (await place.member.say(place.channel, "", [("a.mp4", b"0123456789")])).files
    path = place.server.sign(stored.id).removeprefix(place.server.url)
    async with http.get(path, headers={"Range": wanted}) as answer:
        assert (answer.status, answer.headers.get("Content-Range")) == (status, place_of_it)
        assert body is None or await answer.read() == body


async def test_thumbnails_go_with_their_pictures(http: aiohttp.ClientSession) -> None:
    async with http.get("/held/a.png") as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", PNG)
    async with http.get("/held/b.png") as answer:
        assert answer.status == 404


async def test_without_a_panel_there_are_no_thumbnails(place: Place) -> None:
    async with Page(place.server) as page, aiohttp.ClientSession(page.url) as http, http.get("/held/a.png") as answer:
        assert answer.status == 404


NAMES = {
    "my%20file.png": "my file.png",
    "%F0%9F%90%88.png": "🐈.png",
    "%FF%C3": "\ufffd\ufffd",
    "": "unknown",
    "%": "%",
}


@pytest.mark.parametrize("sent", NAMES)
async def test_uploads_keep_their_names(http: aiohttp.ClientSession, sent: str) -> None:
    async with http.post("/uploads", data=PNG, headers={"X-Filename": sent}) as answer:
        said = await answer.json()
        assert (answer.status, said["filename"], said["size"]) == (200, NAMES[sent], len(PNG))


async def test_an_upload_that_is_cut_off_is_no_error(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    async with Page(place.server) as page, aiohttp.ClientSession() as http:
        _, cut = await asyncio.open_connection("127.0.0.1", page.port)
        cut.write(f"POST /uploads HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nContent-Length: 9\r\n\r\nhalf".encode())
        # Whoever is answered later was read later.
        async with http.get(page.url) as answer:
            assert answer.status == 200
        cut.transport.abort()
        async with http.get(page.url) as answer:
            assert answer.status == 200
    assert not caplog.records


async def test_what_is_too_large_is_refused_in_the_clients_words(place: Place, http: aiohttp.ClientSession) -> None:
    place.server.world.max_user_upload = 1000
    for size, status in ((1000, 200), (1001, 400), (3_000_000, 400)):
        async with http.post("/uploads", data=BytesIO(bytes(size)), headers={"X-Filename": "big.bin"}) as answer:
            assert answer.status == status
            if status == 400:
                assert "too powerful" in (await answer.json())["refused"]


def test_uploads_are_bounded_by_number_and_bytes() -> None:
    held = Uploads(lambda _name, _data: None)
    first, *_, last = [held.keep("a", b"x") for _ in range(MOST_FILES)]
    assert held.get(first) == ("a", b"x")
    held.keep("b", b"y")
    assert len(held) == MOST_FILES
    # The first was used since, so the second went.
    assert held.get(first) and held.get(last)
    big = held.keep("c", bytes(MOST_BYTES))
    assert len(held) == 1 and held.get(big) and held.get(first) is None


async def test_a_taken_port_is_told_in_one_line(place: Place, page: Page) -> None:
    with pytest.raises(PortTakenError, match=rf"^Port {page.port} is taken.*--port 0[^\n]*$"):
        await Page(place.server, port=page.port).start()


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("127.0.0.1", 70000), ("no such host", 0), ("a..b", 0)])
async def test_where_it_cannot_listen_it_says_so(place: Place, host: str, port: int) -> None:
    with pytest.raises(PortTakenError, match=r"^[^\n]+\.$"):
        await Page(place.server, host=host, port=port).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1"])
async def test_the_address_is_one_that_a_browser_can_open(place: Place, host: str) -> None:
    async with Page(place.server, host=host) as page, aiohttp.ClientSession() as http, http.get(page.url) as answer:
        assert answer.status == 200


async def test_it_stops_with_windows_open_and_starts_again(place: Place) -> None:
    page = Page(place.server)
    await page.start()
    port = page.port
    async with window(page, deaf=True) as opened:
        await opened.socket.send_json({"do": "sit"})
        stopping = asyncio.create_task(page.stop())
        while (await opened.socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert opened.socket.close_code == 1001
        await stopping
    await page.stop()
    await page.start()
    assert page.port == port
    await page.stop()
