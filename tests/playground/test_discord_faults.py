"""What a real discord.py bot does when the local Discord misbehaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import pytest

from bot.playground.discord import LocalDiscord, NoAnswer
from tests.playground.discord_bot import TestBot, point_at
from tests.playground.discord_place import LivePlace, Place
from tests.playground.test_discord_interactions import opened, respond


async def test_an_interaction_that_comes_twice(live: LivePlace) -> None:
    live.server.faults.duplicate_next_interaction = True
    await live.slash("buttons")
    await live.server.until(lambda: live.server.refused)
    assert live.server.refused[0].code == 40060 and len(live.channel.messages) == 1
    await live.server.until(lambda: live.bot.errors)


async def test_an_interaction_that_never_comes(live: LivePlace) -> None:
    live.server.faults.lose_next_interaction = True
    with pytest.raises(NoAnswer):
        await (await live.member.slash(live.channel, "buttons")).answered(0.05)
    await live.slash("buttons")


async def test_an_answer_that_is_lost(live: LivePlace) -> None:
    live.server.faults.lose_answer_next("/callback")
    use = await live.slash("buttons")
    assert use.response and use.response.content == "press"
    await live.server.until(lambda: live.bot.errors)
    error: Any = live.bot.errors[0]
    assert isinstance(error.original, aiohttp.ServerDisconnectedError)


async def test_a_connection_that_is_cut_before_anything_is_done(live: LivePlace) -> None:
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel)
    live.server.faults.cut_next("POST /channels")
    assert live.server.faults.pending == ["POST /channels"]
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await channel.send("once")
    assert not live.channel.messages
    assert not live.server.faults.pending
    await channel.send("twice")
    assert [m.content for m in live.channel.messages] == ["twice"]


async def test_a_nonce_keeps_a_retry_from_doubling(live: LivePlace) -> None:
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel)
    live.server.faults.lose_answer_next("POST /channels")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await channel.send("once", nonce="job-1")
    message = await channel.send("once", nonce="job-1")
    assert [m.id for m in live.channel.messages] == [message.id]
    live.server.advance(600)
    await channel.send("once", nonce="job-1")
    assert len(live.channel.messages) == 2


async def test_tokens_die_after_a_quarter_of_an_hour(live: LivePlace) -> None:
    use = await live.slash("slow")
    live.server.advance(15 * 60)
    live.bot.gate.set()
    await live.server.until(lambda: live.server.refused)
    assert (live.server.refused[0].status, live.server.refused[0].code) == (401, 50027)
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel) and use.original
    await channel.get_partial_message(use.original.id).edit(content="late")
    assert use.response and use.response.content == "late"
    await live.server.until(lambda: live.bot.errors)


async def test_by_its_token_a_card_in_a_deleted_channel_is_unknown(live: LivePlace) -> None:
    use = await live.slash("buttons")
    assert use.original
    live.channel.delete()
    hook = f"/webhooks/{live.server.application_id}/{use.token}"
    edited = await live.http.patch(f"{hook}/messages/{use.original.id}", json={"content": "late"})
    assert (edited.status_code, edited.json()["code"]) == (404, 10008)
    followed = await live.http.post(hook, json={"content": "late"})
    assert (followed.status_code, followed.json()["code"]) == (404, 10003)


async def test_planned_failures(live: LivePlace) -> None:
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel)
    live.server.faults.fail_next("POST /channels", 429, headers={"Retry-After": "0.05"})
    await channel.send("patience")
    live.server.faults.fail_next("POST /channels/{channel_id}/messages", 403, body={"code": 50001})
    with pytest.raises(discord.Forbidden) as refused:
        await channel.send("never")
    assert refused.value.code == 50001 and [m.content for m in live.channel.messages] == ["patience"]
    assert [r.status for r in live.server.requests if r.route == "/channels/{channel_id}/messages"] == [429, 200, 403]
    live.server.faults.delay("POST /channels", 0.1)
    before = len(live.channel.messages)
    await channel.send("slow")
    assert len(live.channel.messages) == before + 1


@pytest.mark.parametrize("how", [lambda s: s.faults.drop_gateway(), lambda s: s.gateway.ask_to_reconnect()])
async def test_resuming_brings_what_was_missed(live: LivePlace, how: Callable[[LocalDiscord], None]) -> None:
    how(live.server)
    await live.server.until(lambda: not live.server.gateway.online)
    use = await live.member.slash(live.channel, "buttons")
    await use.answered(5)
    await live.server.until(lambda: live.server.gateway.online)
    assert live.bot.resumes == 1 and live.server.gateway.identifies == 1


async def test_a_lost_session_identifies_again(live: LivePlace) -> None:
    live.server.faults.drop_gateway(resumable=False)
    await live.server.until(lambda: live.server.gateway.identifies == 2)
    await live.slash("buttons")


async def test_the_server_comes_back_on_its_port(live: LivePlace) -> None:
    await live.slash("buttons")
    await live.server.stop()
    port = live.server.port
    await live.server.start()
    assert live.server.port == port and len(live.channel.messages) == 1
    await live.server.until(lambda: live.server.gateway.online, 10)
    await live.slash("buttons")


async def test_a_bad_token(monkeypatch: pytest.MonkeyPatch) -> None:
    async with LocalDiscord() as server:
        point_at(server, monkeypatch)
        async with TestBot() as bot:
            with pytest.raises(discord.LoginFailure):
                await bot.start("wrong")


async def test_privileged_intents_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async with LocalDiscord() as server:
        point_at(server, monkeypatch)
        async with TestBot(intents=discord.Intents.all()) as bot:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await bot.start(server.token)


async def test_everything_is_refused_for_a_while(place: Place) -> None:
    use = await opened(place)
    place.server.faults.refuse_for(60)
    for answer in (await place.post({"content": "x"}), await respond(place, use, 4, {"content": "x"})):
        body = answer.json()
        assert (answer.status_code, body["message"], body["global"]) == (429, "You are being rate limited.", True)
        assert 0 < body["retry_after"] <= int(answer.headers["Retry-After"]) <= 60
        assert answer.headers["X-RateLimit-Global"] == "true"
        assert answer.headers["X-RateLimit-Scope"] == "global"
        assert "Via" in answer.headers
    place.server.faults.refuse_for(60, 503)
    assert (await place.post({"content": "x"})).status_code == 503
    place.server.faults.refuse_for(0)
    assert (await place.post({"content": "x"})).status_code == 200
    assert [m.content for m in place.channel.messages] == ["x"]


async def test_a_real_bot_waits_until_it_is_let_in_again(live: LivePlace) -> None:
    channel = live.bot.get_channel(live.channel.id)
    assert isinstance(channel, discord.TextChannel)
    live.server.faults.refuse_for(0.2)
    await channel.send("in the end")
    assert [m.content for m in live.channel.messages] == ["in the end"]
    assert {refusal.status for refusal in live.server.refused} == {429}
