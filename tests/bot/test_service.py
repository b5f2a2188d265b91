"""The bot's way in and out: a Discord that is out of reach is waited for, and the log says what happens."""

import asyncio
import logging
from pathlib import Path

import aiohttp
import discord
import pytest
from pydantic import SecretStr

from bot import service
from bot.config import BackendSettings, ConfigError, DatabaseSettings, DiscordSettings, Settings
from bot.playground.discord import LocalDiscord
from bot.service import open_service

ME = "/users/@me"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(service, "_FIRST_PAUSE", 0.05)
    caplog.set_level(logging.INFO)


def settings(discord: LocalDiscord, folder: Path) -> Settings:
    return Settings(
        discord=DiscordSettings(api_url=discord.api_url, gateway_url=discord.gateway_url),
        database=DatabaseSettings(path=folder / "familiar.sqlite"),
        backend=(BackendSettings(url="http://127.0.0.1:1"),),
        token=SecretStr(discord.token),
    )


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "bot.service"]


async def test_a_discord_that_is_down_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with LocalDiscord(rate_limits=False) as local:
        local.add_guild("Atelier")
        await local.stop()

        async def back() -> None:
            while not told(caplog):  # noqa: ASYNC110  a log has no event
                await asyncio.sleep(0.01)
            local.faults.fail_next(ME, 503)
            await local.start()

        coming = asyncio.create_task(back())
        async with asyncio.timeout(10), open_service(settings(local, tmp_path)):
            await coming
            await local.online()
            while not any(line.startswith("ready") for line in told(caplog)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    lines = told(caplog)
    assert lines[0].startswith("Discord cannot be reached (Cannot connect to host 127.0.0.1:")
    assert "Discord cannot be reached (it answers 503); trying again in 0 s" in lines
    assert lines[-2:] == [
        "ready as familiar#0000 in 1 server, with 0 workflows",
        "stopping; 0 jobs wait for the next start",
    ]
    assert not any(record.exc_info for record in caplog.records)


async def test_waiting_for_discord_can_be_stopped_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service, "_FIRST_PAUSE", 60)
    async with LocalDiscord() as local:
        await local.stop()
        entering = asyncio.create_task(open_service(settings(local, tmp_path)).__aenter__())
        while not told(caplog):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        entering.cancel()
        async with asyncio.timeout(2):
            with pytest.raises(asyncio.CancelledError):
                await entering
    assert told(caplog)[-1] == "stopping; 0 jobs wait for the next start"


@pytest.mark.parametrize(("status", "complaint"), [(401, "does not know this token"), (404, "Is api_url under")])
async def test_what_no_patience_mends_ends_with_one_line(status: int, complaint: str, tmp_path: Path) -> None:
    async with LocalDiscord() as local:
        local.faults.fail_next(ME, status)
        with pytest.raises(ConfigError, match=complaint) as error:
            async with open_service(settings(local, tmp_path)):
                pass
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (aiohttp.ClientConnectionError("no route\nto host"), "Attempting a reconnect in 1.50s (no route to host)"),
        (TimeoutError(), "Attempting a reconnect in 1.50s (TimeoutError)"),
        (ConnectionResetError(104, "reset by peer"), "Attempting a reconnect in 1.50s ([Errno 104] reset by peer)"),
        (
            discord.GatewayNotFound(),
            "Attempting a reconnect in 1.50s (The gateway to connect to discord was not found.)",
        ),
    ],
)
def test_a_lost_connection_is_one_warning(error: Exception, line: str, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("discord.client")
    logger.addFilter(service._shorten)
    logger.error("Attempting a reconnect in %.2fs", 1.5, exc_info=error)
    logger.error("Ignoring exception in %s", "on_ready", exc_info=ValueError("a mistake of ours"))
    lost, ours = caplog.records
    assert (lost.levelname, lost.getMessage(), lost.exc_info) == ("WARNING", line, None)
    assert (ours.levelname, bool(ours.exc_info)) == ("ERROR", True)
