"""The gateway of the local Discord, spoken to by hand."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import discord
import pytest
from PIL import Image

from bot.playground.discord import LocalDiscord
from bot.playground.discord.cdn import Cdn, picture_size, sanitize
from bot.playground.discord.gateway import RESUMABLE
from bot.playground.discord.world import World
from tests.playground.discord_bot import TestBot, point_at, running
from tests.playground.discord_place import Place, furnished

GUILDS, MESSAGES = 1, 1 << 9


class Peer:
    """A client that shows each packet."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._inflate = zlib.decompressobj()

    async def get(self) -> dict[str, Any]:
        message = await self.socket.receive(timeout=2)
        if message.type is aiohttp.WSMsgType.BINARY:
            return json.loads(self._inflate.decompress(message.data))
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return json.loads(message.data)

    async def put(self, op: int, data: Any = None) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def closed(self) -> int | None:
        while (await self.socket.receive(timeout=2)).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
            pass
        return self.socket.close_code

    async def identify(self, server: LocalDiscord, intents: int = GUILDS | MESSAGES, **more: Any) -> dict[str, Any]:
        await self.put(2, {"token": server.token, "intents": intents, "properties": {}, **more})
        return await self.get()


@pytest.fixture
async def dial(place: Place) -> AsyncIterator[Callable[..., Awaitable[Peer]]]:
    async with aiohttp.ClientSession() as session:

        async def dialled(query: str = "?v=10&encoding=json") -> Peer:
            peer = Peer(await session.ws_connect(place.server.gateway_url + query))
            assert (await peer.get())["op"] == 10
            return peer

        yield dialled


@pytest.mark.parametrize("query", ["?v=10&encoding=json", "?v=10&encoding=json&compress=zlib-stream"])
async def test_identify_and_ready(place: Place, dial: Any, query: str) -> None:
    peer = await dial(query)
    await peer.put(1, None)
    assert (await peer.get())["op"] == 11
    ready = await peer.identify(place.server)
    assert (ready["t"], ready["s"], ready["d"]["v"]) == ("READY", 1, 10)
    assert ready["d"]["guilds"] == [{"id": str(place.guild.id), "unavailable": True}]
    assert ready["d"]["application"] == {"id": str(place.server.application_id), "flags": 0}
    created = (await peer.get())["d"]
    assert [c["name"] for c in created["channels"]] == ["general"]
    assert {m["user"]["username"] for m in created["members"]} >= {"ada", "bo", "familiar"}


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "wrong", "intents": 0}, 4004),
        (2, {"intents": -1}, 4013),
        (2, {"intents": 1 << 15}, 4014),
        (2, {"intents": 0, "shard": [2, 2]}, 4010),
        (3, {}, 4003),
        (6, {"token": "wrong"}, 4004),
        ("x", {}, 4003),
    ],
)
async def test_close_codes(place: Place, dial: Any, op: Any, data: dict[str, Any], code: int) -> None:
    peer = await dial()
    await peer.put(op, {"token": place.server.token, **data})
    assert await peer.closed() == code


async def test_close_codes_of_nonsense(place: Place, dial: Any) -> None:
    peer = await dial()
    await peer.socket.send_str("{")
    assert await peer.closed() == 4002
    peer = await dial()
    await peer.identify(place.server)
    await peer.put(77)
    assert await peer.closed() == 4001
    peer = await dial()
    await peer.identify(place.server)
    await peer.put(2, {"token": place.server.token})
    assert await peer.closed() == 4005
    peer = await dial()
    for _ in range(121):
        await peer.put(1)
    assert await peer.closed() == 4008


async def test_resume_replays_what_was_missed(place: Place, dial: Any) -> None:
    peer = await dial()
    ready = await peer.identify(place.server)
    created = await peer.get()
    await peer.socket.close(code=4000)
    await place.server.until(lambda: not place.server.gateway.online)
    await place.post({"content": "missed"})
    again = await dial()
    session = {"token": place.server.token, "session_id": ready["d"]["session_id"], "seq": created["s"]}
    await again.put(6, session)
    assert [(await again.get())["t"] for _ in range(2)] == ["MESSAGE_CREATE", "RESUMED"]


async def test_what_cannot_be_resumed(place: Place, dial: Any) -> None:
    peer = await dial()
    ready = await peer.identify(place.server)
    session = {"token": place.server.token, "session_id": ready["d"]["session_id"]}
    await peer.socket.close(code=1000)
    await place.server.until(lambda: not place.server.gateway.sessions)
    again = await dial()
    await again.put(6, {**session, "seq": 1})
    assert await again.get() == {"op": 9, "d": False, "s": None, "t": None}
    assert (await again.identify(place.server))["t"] == "READY"


async def test_of_many_sessions_that_wait_to_be_resumed_the_last_ones_stay(place: Place, dial: Any) -> None:
    for _ in range(RESUMABLE + 3):
        peer = await dial()
        ready = await peer.identify(place.server)
        await peer.socket.close(code=4000)
        await place.server.until(lambda: not place.server.gateway.online)
    again = await dial()
    assert (await again.identify(place.server))["t"] == "READY"
    sessions = place.server.gateway.sessions
    assert len(sessions) == RESUMABLE + 1 and ready["d"]["session_id"] in sessions


async def test_events_follow_the_intents(place: Place, dial: Any) -> None:
    peer = await dial()
    assert (await peer.identify(place.server, intents=0))["t"] == "READY"
    await place.post({"content": "unheard"})
    place.guild.add_channel("unseen")
    place.server.desk.open(2, place.member, place.channel, {"id": "1", "name": "x", "type": 1})
    assert (await peer.get())["t"] == "INTERACTION_CREATE"


async def test_shards_share_the_servers(place: Place, dial: Any) -> None:
    mine = (place.guild.id >> 22) % 2
    for shard in (0, 1):
        ready = await (await dial()).identify(place.server, shard=[shard, 2])
        assert len(ready["d"]["guilds"]) == (1 if shard == mine else 0)


async def test_members_are_listed_for_those_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    intents = discord.Intents(guilds=True, members=True)
    async with furnished(privileged_intents=intents.value & 2) as place:
        point_at(place.server, monkeypatch)
        async with running(place.server, TestBot(intents=intents)) as bot:
            assert {m.display_name for m in bot.guilds[0].members} >= {"Ada", "Bo"}
            place.guild.add_member("Cy")
            await place.server.until(lambda: len(bot.guilds[0].members) == 5)


async def test_servers_and_channels_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async with furnished(rate_limits=False) as place:
        point_at(place.server, monkeypatch)
        async with running(place.server) as bot:
            other = place.server.add_guild("Salon", locale="fr")
            channel = other.add_channel("accueil")
            await place.server.until(lambda: any(g.text_channels for g in bot.guilds if g.name == "Salon"))
            channel.delete()
            await place.server.until(lambda: not any(g.text_channels for g in bot.guilds if g.name == "Salon"))
            place.server.remove_guild(other)
            await place.server.until(lambda: len(bot.guilds) == 1)


async def test_stopping_twice_and_starting_on_a_chosen_port() -> None:
    server = LocalDiscord()
    await server.start()
    port = server.port
    await server.stop()
    await server.stop()
    async with LocalDiscord(port) as other:
        assert other.port == port and other.api_url == f"http://127.0.0.1:{port}/api/v10"
        async with aiohttp.ClientSession() as session, session.get(other.api_url + "/gateway/bot") as answer:
            assert answer.status == 401


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("my pic.png", "my_pic.png"),
        ("é.png", "unknown.png"),
        ("a/b\\c.png", "bc.png"),
        ("..", "unknown"),
        ("画像", "unknown"),
    ],
)
def test_sanitized_names(given: str, kept: str) -> None:
    assert sanitize(given) == kept


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "WEBP"])
@pytest.mark.parametrize("more", [{}, {"lossless": True}, {"exif": b"Exif\0\0x"}])
def test_picture_sizes(kind: str, more: dict[str, Any]) -> None:
    file = io.BytesIO()
    Image.new("RGB", (321, 45), "red").save(file, kind, **({} if kind == "GIF" else more))
    assert picture_size(file.getvalue()) == (321, 45)
    assert picture_size(b"not a picture at all") is None


def test_of_what_was_given_to_the_bot_the_newest_stays() -> None:
    cdn = Cdn(World(), most_given=100)
    first, second, last = (cdn.store_given("a.png", bytes(size)) for size in (60, 40, 20))
    assert first.removed and not first.data
    assert [item.size for item in (second, last) if not item.removed] == [40, 20]
    alone = cdn.store_given("b.png", bytes(500))
    assert alone.size == 500 and second.removed and last.removed
    on_a_message = cdn.store("c.png", bytes(500), 1)
    assert cdn.store_given("d.png", b"1").size == 1
    assert alone.removed and on_a_message.size == 500
