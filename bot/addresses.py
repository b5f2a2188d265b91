"""Files from addresses on the web that the operator allows, and from nowhere inside: checked at each step of the way.

The name is looked up once for each request, every address that it has must be a public one, and the connection goes to
one of those: a name that changes its mind meanwhile gains nothing. aiohttp asks its resolver for exactly that.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from workflows.errors import InputError
from workflows.texts import say

#: The addresses of a name, each with the port to connect to.
LookUp = Callable[[str, int], Awaitable[Sequence[tuple[str, int]]]]

_MOST_HOPS = 4
_PORTS = frozenset({80, 443})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AT_A_TIME = 64 * 1024
_HEADERS = {"Accept": "image/*,video/mp4;q=0.8,*/*;q=0.1", "Accept-Encoding": "identity", "User-Agent": "Familiar"}
#: IPv6 addresses that stand for one of IPv4: what a network translates, and what each machine does.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::ffff:0:0/96"))


class _Inside(Exception):
    """A name leads to an address that is not on the internet."""


async def look_up(host: str, port: int) -> list[tuple[str, int]]:
    """Return all addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(sockaddr[0]), port) for *_, sockaddr in found]


def is_public(address: str) -> bool:
    """Tell whether an address is one of the internet, whatever way it is written."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if any(found in network for network in _TRANSLATED):
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        if found.sixtofour or found.teredo:
            return False
        if found.is_site_local:
            return False
    special = found.is_private or found.is_reserved or found.is_multicast or found.is_link_local or found.is_loopback
    return found.is_global and not special


def is_listed(host: str, hosts: Sequence[str]) -> bool:
    """Tell whether a host is among those that the operator allows; "*.example.org" stands for all below it."""
    host, known = _encoded(host), [(listed.startswith("*."), _encoded(listed.removeprefix("*."))) for listed in hosts]
    return any(host.endswith(f".{listed}") if is_below else host == listed for is_below, listed in known)


def _encoded(host: str) -> str:
    """Return a host in the one way that it is looked up in: a name may be written in its own letters, or in ASCII."""
    host = host.lower().rstrip(".")
    try:
        return URL.build(scheme="http", host=host).raw_host or host
    except ValueError:
        return host


class Web:
    """Fetches files from the web, as far as the operator allows it."""

    def __init__(
        self,
        hosts: Sequence[str],
        seconds: float,
        limit: int,
        *,
        find: LookUp = look_up,
        permits: Callable[[str], bool] = is_public,
    ) -> None:
        """Take what finds a name's addresses, and which of them are fine: tests bring their own internet."""
        self.hosts = tuple(hosts)
        self._seconds = seconds
        self._limit = limit
        self._resolver = _Resolver(find, permits)

    def require(self, name: str, address: str) -> URL:
        """Return an address that may be fetched for input `name`. Raises InputError, which says why not."""
        try:
            url = URL(address)
            host, port = url.host or "", url.port
        except ValueError:
            raise InputError(name, _refused("files-web-scheme")) from None
        if url.scheme not in {"http", "https"} or not host:
            raise InputError(name, _refused("files-web-scheme"))
        if url.raw_user is not None or url.raw_password is not None:
            raise InputError(name, _refused("files-web-login"))
        if not is_listed(host, self.hosts):
            key = "files-web-host" if self.hosts else "files-web-no-hosts"
            raise InputError(name, _refused(key, host=_plain(host), hosts=", ".join(self.hosts)))
        if port not in _PORTS:
            raise InputError(name, _refused("files-web-port"))
        if _is_number(host) and not self._resolver.permits(host):
            raise InputError(name, _refused("files-web-inside", host=_plain(host)))
        return url

    async def fetch(self, name: str, address: str) -> bytes:
        """Return the bytes behind an address. Raises InputError for input `name`."""
        url = self.require(name, address)
        try:
            async with asyncio.timeout(self._seconds), self._session() as session:
                for _ in range(_MOST_HOPS + 1):
                    async with session.get(url, allow_redirects=False, headers=_HEADERS) as response:
                        if response.status not in _REDIRECTS:
                            return await self._read(name, response)
                        url = self.require(name, str(url.join(URL(response.headers.get("Location", "")))))
        except _Inside:
            raise InputError(name, _refused("files-web-inside", host=_plain(url.host or ""))) from None
        except TimeoutError:
            raise InputError(name, say("files-web-late")) from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise InputError(name, say("files-web-unreachable", host=_plain(url.host or ""))) from None
        raise InputError(name, _refused("files-web-redirects"))

    @contextlib.asynccontextmanager
    async def _session(self) -> AsyncGenerator[aiohttp.ClientSession]:
        connector = aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, force_close=True)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=jar, auto_decompress=False, trust_env=False
        ) as session:
            yield session

    async def _read(self, name: str, response: aiohttp.ClientResponse) -> bytes:
        host = _plain(response.url.host or "")
        if response.status != 200:
            raise InputError(name, say("files-web-answer", host=host, status=str(response.status)))
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            # A few kilobytes of these may be gigabytes; it was asked for as it is.
            raise InputError(name, say("files-web-packed", host=host))
        require_size(name, response.content_length or 0, self._limit)
        data = bytearray()
        async for chunk in response.content.iter_chunked(_AT_A_TIME):
            data += chunk
            require_size(name, len(data), self._limit)
        return bytes(data)


class _Resolver(AbstractResolver):
    """Finds a name's addresses, and lets none through if any of them is not fine."""

    def __init__(self, find: LookUp, permits: Callable[[str], bool]) -> None:
        self._find = find
        self.permits = permits

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = list(dict.fromkeys(await self._find(host, port)))
        if not all(self.permits(address) for address, _ in found):
            raise _Inside
        return [_result(host, address, its_port) for address, its_port in found]

    async def close(self) -> None:
        pass


def require_size(name: str, size: int, limit: int) -> None:
    """Raise InputError for input `name` if a file has more bytes than may be given."""
    if size > limit:
        raise InputError(name, say("files-too-large", most=str(limit // 2**20)))


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def _is_number(host: str) -> bool:
    """Tell whether aiohttp takes a host for an address, and so asks no resolver: "127.1" is as good to it."""
    return ":" in host or host.replace(".", "").isdigit()


def _refused(key: str, **given: str) -> str:
    return say("files-web-refused", why=say(key, **given))


def _plain(host: str) -> str:
    """Return a host as it is told of: in a code span, where nothing of it draws."""
    return f"`{host.replace('`', '')[:100]}`"
