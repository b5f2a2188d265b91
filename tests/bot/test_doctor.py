"""The doctor: each thing that can be wrong is one line that says what to do."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import db
from bot.config import BackendSettings
from bot.doctor import Finding, counted, examine, explain
from bot.drained import DrainedBackends
from bot.jobs import Job, JobStore, State, now
from bot.ledger import Asset, AssetKind
from bot.playground.discord import LocalDiscord, Permissions
from bot.playground.invokeai import LocalInvokeAI
from workflows.errors import BackendError, Unavailable

ACCOUNT: dict[str, Any] = {"username": "member@example.com", "password_env": "INVOKEAI_PASSWORD"}
USERS = {"member@example.com": "Secret-words-1"}


@pytest.fixture
async def discord() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord() as discord:
        yield discord


def config(folder: Path, url: str, discord: LocalDiscord | None = None, **backend: Any) -> Path:
    path = folder / "config.toml"
    api = f'[discord]\napi_url = "{discord.api_url}"\n' if discord else '[discord]\napi_url = "http://127.0.0.1:1"\n'
    lines = [f"{name} = {json.dumps(value)}" for name, value in backend.items()]
    path.write_text(f'{api}[[backend]]\nurl = "{url}"\n' + "\n".join(lines) + "\n", "utf-8")
    return path


async def found(path: Path, *, quick: bool = False, **environment: str) -> dict[str, Finding]:
    return {finding.subject: finding async for finding in examine(path, environment, quick=quick)}


def wrong(findings: dict[str, Finding]) -> dict[str, str]:
    assert all("\n" not in finding.text for finding in findings.values())
    return {subject: finding.text for subject, finding in findings.items() if not finding.ok}


async def test_all_is_well(server: LocalInvokeAI, discord: LocalDiscord, tmp_path: Path) -> None:
    discord.add_guild("Atelier")
    findings = await found(config(tmp_path, server.url, discord), DISCORD_TOKEN=discord.token)
    assert wrong(findings) == {}
    assert list(findings) == ["config", "database", "backend main", "token", "server Atelier"]
    assert "InvokeAI 6.14.2, " in findings["backend main"].text
    assert "events come" in findings["backend main"].text
    assert findings["token"].text == "belongs to familiar"
    assert not server.images
    assert not server.items
    assert not (tmp_path / "familiar.sqlite").exists(), "a look changed something"


async def test_settings_that_are_wrong_are_all_there_is_to_say(tmp_path: Path) -> None:
    findings = await found(tmp_path / "none.toml")
    assert list(findings) == ["config"]
    assert "Copy config.toml there, or name yours with --config." in wrong(findings)["config"]


async def test_settings_without_a_backend_say_which_address_is_asked(tmp_path: Path) -> None:
    path = config(tmp_path, "http://127.0.0.1:1")
    findings = await found(path, quick=True)
    assert findings["config"].text == str(path)
    path.write_text("", "utf-8")
    findings = await found(path, quick=True)
    assert findings["config"].text == f"{path}; no [[backend]] in it, so http://127.0.0.1:9090 is asked"


async def test_every_mistake_in_the_settings_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[discrod]\n[limits]\nretry_minutes = 0\n", "utf-8")
    findings = [finding async for finding in examine(path, {}, quick=True)]
    assert [(finding.ok, finding.subject) for finding in findings] == [(False, "config")] * 2


@pytest.mark.parametrize(("number", "words"), [(0, "0 models"), (1, "1 model"), (2, "2 models")])
def test_one_is_not_many(number: int, words: str) -> None:
    assert counted(number, "model") == words


async def test_a_dead_backend(tmp_path: Path) -> None:
    text = wrong(await found(config(tmp_path, "http://127.0.0.1:1")))["backend main"]
    assert text.startswith("http://127.0.0.1:1: does not answer (")
    assert text.endswith("Is InvokeAI running, and the url right?")


async def test_something_else_at_that_address(discord: LocalDiscord, tmp_path: Path) -> None:
    text = wrong(await found(config(tmp_path, discord.url)))["backend main"]
    assert "Is the url right" in text


async def test_a_paused_queue(server: LocalInvokeAI, tmp_path: Path) -> None:
    await server.pause()
    text = wrong(await found(config(tmp_path, server.url)))["backend main"]
    assert text.endswith("its queue is paused. Resume it in InvokeAI's queue tab.")


@pytest.mark.parametrize(
    ("backend", "password", "advice"),
    [
        ({}, "", "Set username and password_env for this backend in the settings."),
        (ACCOUNT, "Wrong-words-1", "Check username and password for this backend in the settings."),
        ({**ACCOUNT, "username": "nobody@example.com"}, "Secret-words-1", "Check username and password"),
    ],
    ids=["none", "wrong password", "unknown account"],
)
async def test_a_login_that_does_not_work(backend: dict[str, Any], password: str, advice: str, tmp_path: Path) -> None:
    async with LocalInvokeAI(users=USERS) as server:
        text = wrong(await found(config(tmp_path, server.url, **backend), INVOKEAI_PASSWORD=password))["backend main"]
    assert "wants a login" in text
    assert advice in text
    assert "words-1" not in text, "a password"


async def test_a_login_that_works(tmp_path: Path) -> None:
    async with LocalInvokeAI(users=USERS) as server:
        path = config(tmp_path, server.url, **ACCOUNT)
        findings = await found(path, INVOKEAI_PASSWORD="Secret-words-1")
    assert findings["backend main"].ok


async def test_a_proxy_that_lets_no_events_through(
    server: LocalInvokeAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doctor._SECONDS", 1.0)
    monkeypatch.setattr("workflows.events.PATH", "/elsewhere")
    text = wrong(await found(config(tmp_path, server.url)))["backend main"]
    assert text.endswith("REST answers, but no events come. Does a proxy block its websockets?")


async def test_a_backend_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor._SECONDS", 0.2)
    async with LocalInvokeAI() as server:
        server.faults.delay("/api/v1/app/version", 1)
        text = wrong(await found(config(tmp_path, server.url)))["backend main"]
    assert "does not answer (nothing came in " in text


async def test_no_token(server: LocalInvokeAI, tmp_path: Path) -> None:
    problems = wrong(await found(config(tmp_path, server.url)))
    assert problems == {"token": "DISCORD_TOKEN is not set. Copy the token from the Developer Portal, tab Bot."}


async def test_a_token_that_discord_does_not_know(server: LocalInvokeAI, discord: LocalDiscord, tmp_path: Path) -> None:
    problems = wrong(await found(config(tmp_path, server.url, discord), DISCORD_TOKEN="MTA.secret.words"))
    assert problems == {"token": "Discord does not know it. Reset it in the Developer Portal, tab Bot."}


async def test_discord_is_out_of_reach(server: LocalInvokeAI, tmp_path: Path) -> None:
    problems = wrong(await found(config(tmp_path, server.url), DISCORD_TOKEN="MTA.secret.words"))
    assert list(problems) == ["discord"]
    assert problems["discord"].endswith("Is this machine online, and api_url right?")


async def test_discord_has_a_bad_day(server: LocalInvokeAI, discord: LocalDiscord, tmp_path: Path) -> None:
    discord.faults.fail_next("/users/@me", 503)
    problems = wrong(await found(config(tmp_path, server.url, discord), DISCORD_TOKEN=discord.token))
    assert list(problems) == ["discord"]


async def test_the_bot_is_in_no_server(server: LocalInvokeAI, discord: LocalDiscord, tmp_path: Path) -> None:
    problems = wrong(await found(config(tmp_path, server.url, discord), DISCORD_TOKEN=discord.token))
    assert problems == {"servers": "the bot is in no server yet. Open the invite link from the README."}


async def test_a_permission_is_missing_in_one_server(
    server: LocalInvokeAI, discord: LocalDiscord, tmp_path: Path
) -> None:
    discord.add_guild("Atelier")
    other = discord.add_guild("Attic")
    other.bot_permissions = Permissions.VIEW_CHANNEL | Permissions.EMBED_LINKS
    other.members_role.permissions = 0
    problems = wrong(await found(config(tmp_path, server.url, discord), DISCORD_TOKEN=discord.token))
    assert list(problems) == ["server Attic"]
    lacking = "Send Messages, Attach Files, Read Message History"
    assert problems["server Attic"].startswith(f"lacks {lacking}. Give them to the bot's role")


async def test_quick_looks_only_at_what_runs_here(tmp_path: Path) -> None:
    """A container whose InvokeAI sleeps is healthy: a restart of the bot would not wake it."""
    path = config(tmp_path, "http://127.0.0.1:1")
    problems = wrong(await found(path, quick=True))
    assert list(problems) == ["database"]
    assert problems["database"].endswith("no Familiar is running on it. Start it with `familiar serve`.")
    async with db.connect(tmp_path / "familiar.sqlite"):
        findings = await found(path, quick=True)
    assert wrong(findings) == {}
    assert list(findings) == ["config", "database"]
    assert "a Familiar is running on it; 0 open jobs, 0 things to delete" in findings["database"].text


async def test_a_database_that_is_none(server: LocalInvokeAI, tmp_path: Path) -> None:
    (tmp_path / "familiar.sqlite").write_bytes(b"just words, " * 100)
    problems = wrong(await found(config(tmp_path, server.url)))
    assert "familiar.sqlite: cannot be read: file is not a database" in problems["database"]


async def test_a_folder_that_is_not_there(server: LocalInvokeAI, tmp_path: Path) -> None:
    path = config(tmp_path, server.url)
    (tmp_path / "taken").write_text("")
    path.write_text(path.read_text("utf-8") + '[database]\npath = "taken/familiar.sqlite"\n', "utf-8")
    assert "cannot be written" in wrong(await found(path))["database"]


async def test_every_backend_is_looked_at(server: LocalInvokeAI, tmp_path: Path) -> None:
    path = config(tmp_path, server.url)
    path.write_text(path.read_text("utf-8") + '[[backend]]\nname = "attic"\nurl = "http://127.0.0.1:1"\n', "utf-8")
    findings = await found(path)
    assert (findings["backend main"].ok, findings["backend attic"].ok) == (True, False)


async def test_what_is_still_to_be_deleted_is_told_by_backend(server: LocalInvokeAI, tmp_path: Path) -> None:
    path = config(tmp_path, server.url)
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        jobs = JobStore(connection)
        await jobs.create(Job(id="j", user_id=1, title="Blur", created_at=now(), state=State.SETTLED))
        places = [("main", "1"), ("old", "1"), ("old", "2"), ("old", "3"), ("older", "1")]
        await jobs.note(Asset("j", backend, AssetKind.ITEM, ref) for backend, ref in places)
    findings = await found(path)
    assert findings["database"].text.endswith("1 open job, 5 things to delete")
    assert findings["left on main"] == Finding(
        True, "left on main", "1 thing to delete, which a running Familiar does by itself"
    )
    left = {subject: text for subject, text in wrong(findings).items() if "settings" in text}
    assert left == {
        "backend old": "is no longer in the settings, and 3 things are left there: put it back until they are deleted.",
        "backend older": "is no longer in the settings, and 1 thing is left there: put it back until it is deleted.",
    }
    # A container is not made healthier by a restart there.
    assert "backend old" not in await found(path, quick=True)


async def test_a_backend_out_of_service_is_told(server: LocalInvokeAI, tmp_path: Path) -> None:
    path = config(tmp_path, server.url)
    assert "service" not in (await found(path))["backend main"].text
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        await DrainedBackends(connection).add("main", 5)
    finding = (await found(path))["backend main"]
    assert finding.ok
    assert finding.text.endswith(
        "events come; an admin took it out of service, so it gets no jobs until it is given back"
    )


@pytest.mark.parametrize("kind", [BackendError, Unavailable])
def test_a_page_of_html_is_told_in_one_line(kind: type[BackendError]) -> None:
    page = "<html>\r\n<head><title>Bad Gateway</title></head>\r\n" + "<center>nginx</center>\r\n" * 50
    said = explain(BackendSettings(), kind(page))
    assert "Bad Gateway" in said
    assert "<" not in said
    assert "\n" not in said
    assert len(said) <= 302
