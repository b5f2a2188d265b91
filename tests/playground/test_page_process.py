"""The bot as a child: it is there when it is said to be, gone when it is said to be, and never left alone."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.playground.page.bot_process import BotProcess
from tests.playground.demo_world import PROJECT, SECONDS, survivors, until

TOKEN = "MTA.secret.words"
NOWHERE = 'api_url = "http://127.0.0.1:1/api/v10"'


def process(folder: Path, text: str = f"[discord]\n{NOWHERE}\n") -> BotProcess:
    (folder / "config.toml").write_text(text, "utf-8")
    return BotProcess(folder / "config.toml", TOKEN, folder / "bot.log")


async def says(bot: BotProcess, words: str) -> None:
    await until(lambda: any(words in line for line in bot.log_tail()))


def is_there(pid: int | None) -> bool:
    assert pid
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_what_does_not_run_can_be_killed_and_stopped_all_the_same(tmp_path: Path) -> None:
    bot = process(tmp_path)
    await bot.kill()
    await bot.stop()
    bot.kill_now()
    await bot.ended()
    assert (bot.running, bot.pid, bot.ended_by_itself, bot.log_tail()) == (False, None, False, [])


async def test_one_that_ends_by_itself_is_noticed_and_its_last_words_are_kept(tmp_path: Path) -> None:
    bot = process(tmp_path, "[limits]\nimages = 3\n")
    changes: list[bool] = []
    bot.on_change = lambda: changes.append(bot.running)
    await bot.start()
    await bot.ended()
    assert (bot.running, bot.ended_by_itself, changes) == (False, True, [True, False])
    assert "limits.images: there is no such setting" in bot.log_tail()[-1]


async def test_it_is_killed_started_again_and_stopped(tmp_path: Path) -> None:
    bot = process(tmp_path)
    await bot.start()
    first = bot.pid
    assert is_there(first)
    await bot.start()
    assert bot.pid == first, "it was started twice"
    await bot.kill()
    assert (bot.running, bot.ended_by_itself, is_there(first)) == (False, False, False)
    await bot.start()
    second = bot.pid
    await says(bot, "trying again")
    await bot.stop()
    assert (bot.running, bot.ended_by_itself, is_there(second)) == (False, False, False)
    assert bot.log_tail()[-1].endswith("INFO bot.service: stopping; 0 jobs wait for the next start")


async def test_two_who_end_it_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    bot = process(tmp_path)
    await bot.start()
    await asyncio.gather(bot.kill(), bot.stop(), bot.kill())
    await asyncio.gather(bot.start(), bot.start(), bot.kill())
    await bot.kill()
    assert not bot.running
    assert not survivors(tmp_path)


def test_the_log_is_told_from_its_end_without_the_token_and_without_colours(tmp_path: Path) -> None:
    bot = process(tmp_path)
    lines = [f"line {number} {'x' * 90}" for number in range(1000)]
    (tmp_path / "bot.log").write_text("\n".join([*lines, f"\x1b[31mthe token {TOKEN}\x1b[0m"]), "utf-8")
    assert bot.log_tail(2) == [lines[-1], "the token …"]
    assert len(bot.log_tail(10_000)) < len(lines)
    assert bot.log_tail(10_000)[0] in lines, "half a line was told"


_PARENT = """
import asyncio, json, sys
from pathlib import Path
from bot.playground.page.bot_process import BotProcess

async def main():
    folder = Path(sys.argv[1])
    bot = BotProcess(folder / "config.toml", "MTA.secret.words", folder / "bot.log")
    await bot.start()
    while not any("trying again" in line for line in bot.log_tail()):
        await asyncio.sleep(0.02)
    print(json.dumps(bot.pid), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_it_ends_with_whoever_started_it_even_if_that_is_killed(tmp_path: Path) -> None:
    process(tmp_path)
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PARENT, str(tmp_path)),
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout
    async with asyncio.timeout(SECONDS):
        pid = json.loads(await parent.stdout.readline())
    assert is_there(pid)
    parent.send_signal(signal.SIGKILL)
    await parent.communicate()
    await until(lambda: not survivors(tmp_path))
    assert "stopping; 0 jobs wait for the next start" in (tmp_path / "bot.log").read_text("utf-8")
