"""A mistake in the configuration is one line that names the file and the key; a secret is never shown."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config import BackendSettings, ConfigError, Settings, load
from workflows.client import Credentials

ENVIRONMENT = {"DISCORD_TOKEN": " token-from-the-environment\n", "INVOKE_PASSWORD": "pass-word"}

MISTAKES = {
    "no TOML": ("[discord", "is not valid TOML"),
    "nested deeply": (f"x = {'[' * 3000}{']' * 3000}", "is not valid TOML: it is nested too deeply"),
    "a long number": (f"x = {'1' * 5000}", "is not valid TOML"),
    "unknown section": ("[discrod]\n", "discrod: there is no such setting. Did you mean discord?"),
    "unknown key": ("[limits]\nmax_jobs = 3", "limits.max_jobs: there is no such setting. Is it misspelt?"),
    "a slip": (
        "[[backend]]\nmax_inflight = 3",
        "backend[1].max_inflight: there is no such setting. Did you mean max_in_flight?",
    ),
    "port out of range": ("[[backend]]\nurl = 'http://127.0.0.1:99199'", "backend[1].url: has no port that could be"),
    "port of letters": ("[[backend]]\nurl = 'http://127.0.0.1:91x0'", "backend[1].url: has no port that could be"),
    "no host": ("[[backend]]\nurl = 'http://'", "backend[1].url: names no host"),
    "half an address": ("[[backend]]\nurl = 'http://[::1'", "backend[1].url: is not an address"),
    "a path": ("[[backend]]\nurl = 'http://x/invoke/'", "backend[1].url: give the address without a path"),
    "a query": ("[[backend]]\nurl = 'http://x?y=1'", "backend[1].url: give the address alone"),
    "unknown key of a backend": ("[[backend]]\nurI = 'x'", "backend[1].urI: there is no such setting"),
    "one bracket": ("[backend]\nurl = 'http://x'", "backend: write [[backend]]"),
    "no backend": ("backend = []", "backend: "),
    "wrong scheme": ("[[backend]]\nurl = '127.0.0.1:9090'", "backend[1].url: must begin with http:// or https://"),
    "second backend": (
        "[[backend]]\n[[backend]]\nname = 'b'\nmax_in_flight = 0",
        "backend[2].max_in_flight: ",
    ),
    "same name": ("[[backend]]\n[[backend]]\n", "two backends have the same name"),
    "empty name": ("[[backend]]\nname = ''", "backend[1].name: "),
    "queue id": ("[[backend]]\nqueue_id = 'a b'", "backend[1].queue_id: "),
    "wrong type": ("[limits]\nwaiting_per_user = 'many'", "limits.waiting_per_user: "),
    "a wish": ("[limits]\npaid_providers = 'perhaps'", "limits.paid_providers: "),
    "out of bounds": ("[limits]\nretry_minutes = 0", "limits.retry_minutes: "),
    "api url": ("[discord]\napi_url = 'ftp://x'", "discord.api_url: must begin with http:// or https://"),
    "gateway url": ("[discord]\ngateway_url = 'http://x'", "discord.gateway_url: must begin with ws:// or wss://"),
    "token": ("token = 'abc'", "token: secrets do not belong in this file; set DISCORD_TOKEN"),
    "token in its section": ("[discord]\ntoken = 'abc'", "secrets do not belong in this file"),
    "password in the file": (
        "[[backend]]\nusername = 'me'\npassword_env = 'INVOKE_PASSWORD'\npassword = 'hush'",
        "password: ",
    ),
    "username alone": ("[[backend]]\nusername = 'me'", "backend main: username and password_env go together"),
    "password_env alone": ("[[backend]]\npassword_env = 'X'", "backend main: username and password_env go together"),
    "password not set": (
        "[[backend]]\nusername = 'me'\npassword_env = 'NOT_SET'",
        "backend main.password_env: NOT_SET is not set.",
    ),
    "a section that is no table": ("discord = 3", "discord: "),
    "a backend that is no table": ("backend = [3]", "backend[1]: "),
    "a path that is no text": ("[database]\npath = 3", "database.path: "),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.mark.parametrize(("text", "problem"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_that_says_where(text: str, problem: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(file, ENVIRONMENT)
    message = str(error.value)
    assert message.startswith(f"{file}: ")
    assert problem in message
    assert "\n" not in message
    assert not any(secret in message for secret in ("hush", "pass-word", "token-from"))


def test_several_mistakes_are_told_at_once_a_line_each(file: Path) -> None:
    file.write_text(
        "token = 'abc'\n[discrod]\n[limits]\nretry_minutes = 0\n"
        "[[backend]]\nurl = 'here'\npassword = 'hush'\n[[backend]]\nname = 'b'\nmax_inflight = 3"
    )
    with pytest.raises(ConfigError) as error:
        load(file, {})
    lines = str(error.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    assert sorted(line.removeprefix(f"{file}: ").split(":")[0] for line in lines) == [
        *("backend.password", "backend[1].url", "backend[2].max_inflight", "discrod", "limits.retry_minutes", "token"),
    ]
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("given", ["abc.def", ' "abc.def"\n', "'abc.def'", "Bot abc.def", '"bot  abc.def"'])
def test_a_token_is_taken_as_people_paste_it(given: str, file: Path) -> None:
    file.write_text("")
    assert load(file, {"DISCORD_TOKEN": given}).token.get_secret_value() == "abc.def"


def test_a_discord_elsewhere_may_have_a_path(file: Path) -> None:
    file.write_text("[discord]\napi_url = 'http://127.0.0.1:8080/api/v10'\ngateway_url = 'ws://127.0.0.1:8080/gateway'")
    assert load(file, {}).discord.api_url == "http://127.0.0.1:8080/api/v10"


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: there is no such file"):
        load(file, {})


@pytest.mark.parametrize(("make", "problem"), [(Path.mkdir, "is a folder"), (os.mkfifo, "is no ordinary file.")])
def test_what_is_no_file_is_not_opened(make: Callable[[Path], None], problem: str, file: Path) -> None:
    make(file)
    with pytest.raises(ConfigError, match=problem):
        load(file, {})


def test_a_file_that_is_no_text(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(file, {})


def test_an_empty_file_is_enough(file: Path) -> None:
    file.write_text("")
    settings = load(file, {})
    assert settings.backend == (BackendSettings(),)
    assert settings.token.get_secret_value() == ""
    assert settings.backend[0].credentials is None


def test_secrets_come_from_the_environment_and_are_never_shown(file: Path) -> None:
    file.write_text("[[backend]]\nusername = 'me'\npassword_env = 'INVOKE_PASSWORD'")
    settings = load(file, ENVIRONMENT)
    assert settings.token.get_secret_value() == "token-from-the-environment"
    assert settings.backend[0].credentials == Credentials("me", "pass-word")
    shown = [repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())]
    assert not any("token-from" in text or "pass-word" in text for text in shown)


def test_a_relative_database_lies_beside_the_file(
    file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    file.write_text("[database]\npath = 'data/familiar.sqlite'")
    assert load(file, {}).database.path == file.parent / "data" / "familiar.sqlite"
    file.write_text("[database]\npath = '/var/lib/familiar.sqlite'")
    assert load(file, {}).database.path == Path("/var/lib/familiar.sqlite")
    file.write_text("")
    assert load(file, {}).database.path == file.parent / "familiar.sqlite"


def test_what_is_written_is_what_counts(file: Path) -> None:
    file.write_text(
        "[[backend]]\nname = 'a'\nurl = 'https://gpu.example/'\nmax_in_flight = 4\n[[backend]]\nname = 'b'\n"
        "[limits]\nattachment_mb = 2\n[discord]\napi_url = 'http://localhost:1/api'\ngateway_url = 'ws://localhost:1'"
    )
    settings = load(file, {})
    assert [(backend.name, backend.url, backend.max_in_flight) for backend in settings.backend] == [
        ("a", "https://gpu.example", 4),
        ("b", "http://127.0.0.1:9090", 2),
    ]
    assert settings.limits.attachment_bytes == 2 * 1024 * 1024
    assert settings.discord.gateway_url == "ws://localhost:1"


def test_money_is_spent_only_where_the_file_says_so(file: Path) -> None:
    file.write_text("")
    assert not load(file, {}).limits.paid_providers
    file.write_text("[limits]\npaid_providers = true")
    assert load(file, {}).limits.paid_providers


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().limits.attachment_mb = 3
