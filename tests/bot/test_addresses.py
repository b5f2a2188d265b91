"""Addresses that members type: what is not the operator's to allow is never asked, however it is written or reached.

The servers here are real ones on this machine; names lead to them by the tests' own look-up, and by nothing else.
"""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot.addresses import Web, is_listed, is_public, look_up
from workflows.errors import InputError

LIMIT = 2**20
HOSTS = ("pictures.example", "*.example.org")


@dataclass
class Internet:
    """Names, where they lead, and one server that all good ones lead to."""

    port: int = 0
    asked: list[str] = field(default_factory=list[str])
    looked_up: list[str] = field(default_factory=list[str])
    #: Where names lead that are not simply here; one answer for each time that it is asked, the last one again.
    names: dict[str, list[list[str]]] = field(default_factory=dict[str, list[list[str]]])

    async def find(self, host: str, port: int) -> Sequence[tuple[str, int]]:
        self.looked_up.append(host)
        answers = self.names.get(host, [["127.0.0.1"]])
        return [(address, self.port) for address in (answers.pop(0) if len(answers) > 1 else answers[0])]

    def web(self, *, seconds: float = 5, hosts: Sequence[str] = HOSTS) -> Web:
        """What fetches from here: this machine stands for the internet, and all else that is not public is refused."""
        permits = lambda address: address == "127.0.0.1" or is_public(address)  # noqa: E731
        return Web(hosts, seconds, LIMIT, find=self.find, permits=permits)


@pytest.fixture
async def internet() -> AsyncIterator[Internet]:
    here = Internet()

    async def serve(request: web.Request) -> web.StreamResponse:
        here.asked.append(f"{request.host}{request.path_qs}")
        match request.path.split("/")[1:]:
            case ["to", _]:
                return web.Response(status=302, headers={"Location": request.query["url"]})
            case ["status", status]:
                return web.Response(status=int(status), body=b"words")
            case ["size", size]:
                return web.Response(body=b"x" * int(size))
            case ["packed"]:
                return web.Response(body=gzip.compress(bytes(50 * LIMIT)), headers={"Content-Encoding": "gzip"})
            case _:
                return await SERVED[request.path](request)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.port = runner.addresses[0][1]
    yield here
    await runner.cleanup()


async def stream(request: web.Request) -> web.StreamResponse:
    """Much more than is fine, without saying how much."""
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


async def silent(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.Response()


async def drops(request: web.Request) -> web.StreamResponse:
    """A byte at a time, for ever: no single wait is long."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.01)


async def round_and_round(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": "/round"})


SERVED = {"/round": round_and_round, "/stream": stream, "/cut": cut, "/silent": silent, "/drops": drops}


async def test_what_is_allowed_comes_whole(internet: Internet) -> None:
    fetched = await internet.web().fetch("picture", f"http://pictures.example/size/{LIMIT}")
    assert fetched == b"x" * LIMIT
    assert internet.asked == [f"pictures.example/size/{LIMIT}"]


REFUSED = {
    "not listed": ("http://elsewhere.example/size/1", "none of pictures.example, "),
    "a listed name's neighbour": ("http://notpictures.example/size/1", "none of"),
    "the name itself where those below are": ("http://example.org/size/1", "none of"),
    "another port": ("http://pictures.example:8080/size/1", "only the usual ports"),
    "a login": ("http://me:secret@pictures.example/size/1", "it holds a login"),
    "a name for a login": ("http://me@pictures.example/size/1", "it holds a login"),
    "a listed host as a login": ("http://pictures.example@127.0.0.1/size/1", "it holds a login"),
    "another scheme": ("ftp://pictures.example/a.png", "begin with https"),
    "a file": ("file:///etc/passwd", "begin with https"),
    "data": ("data:image/png;base64,AAAA", "begin with https"),
    "no host": ("http:/size/1", "begin with https"),
    "a backslash": ("http://pictures.example\\@127.0.0.1/", "I may not fetch"),
    "a number": ("http://127.0.0.1/size/1", "none of"),
    "an odd number": ("http://2130706433/size/1", "none of"),
    "not an address": ("pictures.example/size/1", "begin with https"),
    "a port that is none": ("http://pictures.example:99999/", "begin with https"),
}


@pytest.mark.parametrize(("address", "words"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_not_allowed_is_not_even_looked_up(address: str, words: str, internet: Internet) -> None:
    with pytest.raises(InputError) as refused:
        await internet.web().fetch("picture", address)
    assert str(refused.value).startswith("**picture**: I may not fetch that address: ")
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)
    assert (internet.asked, internet.looked_up) == ([], [])


@pytest.mark.parametrize("address", [address for address, _ in REFUSED.values() if "//" in address])
async def test_nor_is_it_after_a_redirect(address: str, internet: Internet) -> None:
    with pytest.raises(InputError, match=r"I may not fetch that address|cannot be reached"):
        await internet.web().fetch("picture", f"http://pictures.example/to/it?url={address.replace('@', '%40')}")
    assert len(internet.asked) == 1
    assert set(internet.looked_up) == {"pictures.example"}


INSIDE = {
    "loopback": "127.0.0.2",
    "private": "10.1.2.3",
    "link-local, where clouds tell secrets": "169.254.169.254",
    "shared": "100.64.0.1",
    "nowhere": "0.0.0.0",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "IPv6 loopback": "::1",
    "IPv6 private": "fd00::1",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local of a card": "fe80::1%eth0",
    "IPv6 site-local": "fec0::1",
    "IPv4 in IPv6": "::ffff:10.0.0.1",
    "IPv4 at the end of IPv6": "::a00:1",
    "IPv4 translated": "64:ff9b::a00:1",
    "IPv4 translated within a network": "64:ff9b:1::a00:1",
    "6to4": "2002:a00:1::1",
    "documentation": "192.0.2.1",
    "no address": "localhost",
}


@pytest.mark.parametrize("address", INSIDE.values(), ids=INSIDE.keys())
async def test_a_name_that_leads_inside_is_not_followed(address: str, internet: Internet) -> None:
    """Also where another of its addresses is fine: which one would be taken nobody knows."""
    internet.names["pictures.example"] = [["127.0.0.1", address]]
    with pytest.raises(InputError, match=r"`pictures.example` is not on the internet"):
        await internet.web().fetch("picture", "http://pictures.example/size/1")
    assert internet.asked == []
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_what_is_on_the_internet(address: str) -> None:
    assert is_public(address)


async def test_an_inside_number_is_refused_though_it_is_listed(internet: Internet) -> None:
    listed = ["10.0.0.1", "::1", "127.1", "0177.0.0.1", "2130706433", "::ffff:7f00:1", "fe80::1%1"]
    for host in (*listed, "10.0.0.1.", "１０.0.0.1", "10。0.0.1"):
        written = f"[{host}]".replace("%", "%25") if ":" in host else host
        with pytest.raises(InputError, match="is not on the internet"):
            await internet.web(hosts=listed).fetch("picture", f"http://{written}/size/1")
    # Of these the resolver is asked, and what it finds is inside.
    internet.names |= {"0x7f000001": [["127.0.0.2"]], "0x7f.1": [["127.0.0.2"]]}
    for host in ("0x7f000001", "0x7f.1"):
        with pytest.raises(InputError, match="is not on the internet"):
            await internet.web(hosts=[host]).fetch("picture", f"http://{host}/size/1")
    assert internet.asked == []


async def test_a_name_that_changes_its_mind_gains_nothing(internet: Internet) -> None:
    """Looked up once for each request: what was checked is what is connected to."""
    internet.names["pictures.example"] = [["127.0.0.1"], ["10.0.0.1"]]
    assert await internet.web().fetch("picture", "http://pictures.example/size/3") == b"xxx"
    assert internet.looked_up == ["pictures.example"]
    with pytest.raises(InputError, match="not on the internet"):
        await internet.web().fetch("picture", "http://pictures.example/size/3")


async def test_redirects_are_followed_each_checked_and_a_few_only(internet: Internet) -> None:
    target = "http://b.example.org/size/5"
    assert await internet.web().fetch("picture", f"http://pictures.example/to/it?url={target}") == b"xxxxx"
    assert internet.looked_up == ["pictures.example", "b.example.org"]
    internet.names["c.example.org"] = [["192.168.0.1"]]
    with pytest.raises(InputError, match=r"`c.example.org` is not on the internet"):
        await internet.web().fetch("picture", "http://pictures.example/to/it?url=http://c.example.org/size/1")
    internet.asked.clear()
    with pytest.raises(InputError, match="it leads on and on"):
        await internet.web().fetch("picture", "http://pictures.example/round")
    assert len(internet.asked) == 5


ODD = {
    "gone": ("status/404", "`pictures.example` answers 404"),
    "broken": ("status/500", "answers 500"),
    "too large, and says so": (f"size/{LIMIT + 1}", "too large; up to 1 MiB"),
    "too large, and says nothing": ("stream", "too large; up to 1 MiB"),
    "packed": ("packed", "sends the file packed"),
    "cut short": ("cut", "cannot be reached"),
}


@pytest.mark.parametrize(("path", "words"), ODD.values(), ids=ODD.keys())
async def test_what_does_not_come_is_told(path: str, words: str, internet: Internet) -> None:
    with pytest.raises(InputError) as refused:
        await internet.web().fetch("picture", f"http://pictures.example/{path}")
    assert words in str(refused.value)


@pytest.mark.parametrize("path", ["silent", "drops"])
async def test_what_takes_too_long_is_given_up(path: str, internet: Internet) -> None:
    with pytest.raises(InputError, match="takes too long"):
        await internet.web(seconds=0.2).fetch("picture", f"http://pictures.example/{path}")


async def test_a_name_that_nobody_knows(internet: Internet) -> None:
    async def find(host: str, port: int) -> Sequence[tuple[str, int]]:
        raise OSError("no such name")

    with pytest.raises(InputError, match=r"`pictures.example` cannot be reached"):
        await Web(HOSTS, 5, LIMIT, find=find).fetch("picture", "http://pictures.example/size/1")


async def test_without_the_tests_look_up_this_machine_is_inside(internet: Internet) -> None:
    assert ("127.0.0.1", 80) in await look_up("localhost", 80)
    with pytest.raises(InputError, match=r"`localhost` is not on the internet"):
        await Web(["localhost"], 5, LIMIT).fetch("picture", "http://localhost/size/1")


@pytest.mark.parametrize(
    ("host", "listed"),
    [
        ("pictures.example", True),
        ("PICTURES.example.", True),
        ("a.example.org", True),
        ("a.b.example.org", True),
        ("example.org", False),
        ("aexample.org", False),
        ("example.org.evil", False),
        ("", False),
    ],
)
def test_which_hosts_are_listed(host: str, listed: bool) -> None:
    assert is_listed(host, HOSTS) is listed


@pytest.mark.parametrize("listed", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "*.bücher.example"])
async def test_a_name_in_its_own_letters_is_the_one_in_ascii(listed: str, internet: Internet) -> None:
    below = "a." if listed.startswith("*") else ""
    for host in (f"{below}bücher.example", f"{below}xn--bcher-kva.example", f"{below}bücher.example."):
        assert await internet.web(hosts=[listed]).fetch("picture", f"http://{host}/size/2") == b"xx"
    with pytest.raises(InputError, match="none of"):
        await internet.web(hosts=[listed]).fetch("picture", f"http://{below}bucher.example/size/2")
