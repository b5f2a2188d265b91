"""The configuration file is read again while the bot runs; a mistake in it changes nothing."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot.pool import Pool, open_pool
from bot.reload import Reload
from tests.bot.world import until
from workflows.client import open_http

ONE = '[[backend]]\nname = "one"\nurl = "http://127.0.0.1:1"\n'
TWO = ONE + '[[backend]]\nname = "two"\nurl = "http://127.0.0.1:2"\n'
LOGIN = ONE + 'username = "x"\npassword_env = "WORDS"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(ONE, "utf-8")
    return path


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with open_pool([], open_http) as pool:
        yield pool


def written(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_text(text, "utf-8")


def names(pool: Pool) -> list[str]:
    return [backend.name for backend in pool if not backend.is_leaving]


@pytest.mark.parametrize(
    ("text", "environment", "complaint"),
    [
        ("[[backend]\n", {}, "config.toml: is not valid TOML"),
        (TWO.replace('"two"', '"one"'), {}, "two backends have the same name"),
        (ONE + "max_in_flight = 0\n[limits]\nretry_minutes = 0\n", {}, "max_in_flight"),
        (LOGIN, {}, "backend one.password_env: WORDS is not set."),
        (None, {}, "there is no such file"),
        ("[limits]\nretry_minutes = 1\n", {}, "it names no [[backend]]"),
    ],
    ids=["no TOML", "one name twice", "several mistakes", "no password", "no file", "no backend"],
)
async def test_a_mistake_is_one_line_and_changes_nothing(
    text: str | None,
    environment: Mapping[str, str],
    complaint: str,
    path: Path,
    pool: Pool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    reload = Reload(path, environment)
    await reload.read(pool)
    before = [(backend, backend.settings, backend.client) for backend in pool]
    caplog.clear()
    written(path, text)
    await reload.read(pool)
    assert [(backend, backend.settings, backend.client) for backend in pool] == before
    (line,) = [record.getMessage() for record in caplog.records if record.name == "bot.reload"]
    assert line.startswith("nothing was changed: ")
    assert complaint in line
    assert "\n" not in line


async def test_what_changed_is_told(path: Path, pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot.reload")
    reload = Reload(path, {"WORDS": "words"})
    for text, told in [
        (TWO, "added one, added two"),
        (TWO, "no other backends"),
        (TWO.replace(":2", ":3"), "changed two"),
        (LOGIN, "changed one, removed two"),
    ]:
        written(path, text)
        await reload.read(pool)
        assert caplog.messages[-1] == f"{path} was read again: {told}"
    assert (names(pool), pool.first.settings.credentials is not None) == (["one"], True)


async def test_it_is_read_whenever_it_is_asked_for(path: Path, pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    """As a signal asks for it; also after a mistake, and after what nobody thought of."""
    reload = Reload(path, {})
    async with reload.following(pool):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload.ask)
        try:
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: names(pool) == ["one"])
            written(path, "x")
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: "nothing was changed" in caplog.text)
            written(path, TWO)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(pool, "apply", None)
                os.kill(os.getpid(), signal.SIGHUP)
                await until(lambda: "could not be read again" in caplog.text)
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: names(pool) == ["one", "two"])
        finally:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "reload"]
