"""Each trick does what it says, and nothing is ever lost or left."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.playground.discord import ClientRefusal, LocalDiscord
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.page.bot_process import BotProcess
from bot.playground.page.demo import Demo, DemoOptions, open_demo
from bot.playground.page.mischief import Mischief
from tests.bot.world import ENQUEUE
from tests.playground.demo_world import SECONDS, cleared, publish, run


@pytest.fixture
async def invoke() -> AsyncIterator[LocalInvokeAI]:
    async with LocalInvokeAI() as invoke:
        yield invoke


@pytest.fixture
async def box(invoke: LocalInvokeAI, tmp_path: Path) -> AsyncIterator[Mischief]:
    discord = LocalDiscord()
    mischief = Mischief(discord, BotProcess(tmp_path / "c.toml", discord.token, tmp_path / "bot.log"), invoke)
    yield mischief
    mischief.close()


def names(box: Mischief) -> list[str]:
    return [offer["name"] for offer in box.offers()]


def why(box: Mischief, name: str) -> str:
    return next(offer["why"] for offer in box.offers() if offer["name"] == name)


async def test_what_is_not_offered_is_refused(box: Mischief) -> None:
    with pytest.raises(ClientRefusal, match="That has changed meanwhile"):
        await box.do("start_invoke")
    with pytest.raises(ClientRefusal, match="That has changed meanwhile"):
        await box.do("rm -rf")


async def test_what_cannot_be_done_tells_why(box: Mischief) -> None:
    """The bot does not run here."""
    with pytest.raises(ClientRefusal, match="The bot does not run"):
        await box.do("drop_gateway")


async def test_a_real_server_is_spared(tmp_path: Path) -> None:
    discord = LocalDiscord()
    box = Mischief(discord, BotProcess(tmp_path / "c.toml", discord.token, tmp_path / "bot.log"), None)
    available = [offer["name"] for offer in box.offers() if offer["available"]]
    assert available == ["start_bot", "refuse_discord", "expire_tokens"]
    with pytest.raises(ClientRefusal, match="This is a real InvokeAI"):
        await box.do("kill_invoke")


async def test_each_offer_is_a_short_sentence(box: Mischief) -> None:
    for offer in box.offers():
        assert offer["hint"].endswith(".")
        assert len(offer["hint"]) < 100
        assert offer["available"] is (not offer["why"])
    assert len(set(names(box))) == len(names(box))


PAIRS = [
    ("kill_invoke", "start_invoke", "gone; what it held is still on its disk"),
    ("pause_queue", "resume_queue", "its queue is paused"),
    ("fill_queue", "empty_queue", "says that its queue is full"),
    ("full_disk", "free_disk", "its disk is full"),
]


@pytest.mark.parametrize(("do", "undo", "trouble"), PAIRS, ids=[pair[0] for pair in PAIRS])
async def test_what_can_be_undone_is_offered_the_other_way_round(
    do: str, undo: str, trouble: str, box: Mischief
) -> None:
    assert undo not in names(box)
    assert (await box.do(do)).endswith(".")
    assert do not in names(box)
    assert box.troubles() == [trouble]
    assert (await box.do(undo)).endswith(".")
    assert undo not in names(box)
    assert do in names(box)
    assert box.troubles() == []


async def test_a_freeze_ends_with_the_demo_and_with_a_crash(box: Mischief, invoke: LocalInvokeAI) -> None:
    await box.do("freeze_invoke")
    assert box.troubles() == ["holds still"]
    assert why(box, "freeze_invoke")
    await box.do("kill_invoke")
    await box.do("start_invoke")
    assert box.troubles() == []
    await box.do("freeze_invoke")
    box.close()
    assert box.troubles() == []
    await invoke.faults.gate.passed()


async def test_logins_expire_only_where_there_are_any(tmp_path: Path, box: Mischief) -> None:
    assert "expire_logins" not in names(box)
    async with LocalInvokeAI(users={"member@example.com": "Secret-words-1"}) as invoke:
        discord = LocalDiscord()
        other = Mischief(discord, BotProcess(tmp_path / "c.toml", discord.token, tmp_path / "bot.log"), invoke)
        assert await other.do("expire_logins") == "Every login of InvokeAI has expired."


# With the real bot, in the middle of a job


async def once(demo: Demo, trick: str) -> None:
    await demo.mischief.do(trick)


async def and_back(demo: Demo, trick: str, back: str) -> None:
    await demo.mischief.do(trick)
    await demo.mischief.do(back)


async def fill_and_empty(demo: Demo) -> None:
    """Let another job come to a full queue."""
    invoke = demo.invoke
    assert invoke
    await demo.mischief.do("fill_queue")
    asked = invoke.requests[ENQUEUE]
    await run(demo)
    await demo.discord.until(lambda: invoke.requests[ENQUEUE] > asked, SECONDS)
    await demo.mischief.do("empty_queue")


TRICKS: dict[str, Callable[[Demo], Awaitable[None]]] = {
    "drop_socket": lambda demo: once(demo, "drop_socket"),
    "drop_gateway": lambda demo: once(demo, "drop_gateway"),
    "expire_tokens": lambda demo: once(demo, "expire_tokens"),
    "kill_invoke": lambda demo: and_back(demo, "kill_invoke", "start_invoke"),
    "forget_invoke": lambda demo: once(demo, "forget_invoke"),
    "kill_bot": lambda demo: and_back(demo, "kill_bot", "start_bot"),
    "stop_bot": lambda demo: and_back(demo, "stop_bot", "start_bot"),
    "pause_queue": lambda demo: and_back(demo, "pause_queue", "resume_queue"),
    "fill_queue": fill_and_empty,
    "freeze_invoke": lambda demo: once(demo, "freeze_invoke"),
    "refuse_discord": lambda demo: once(demo, "refuse_discord"),
}


#: What a job ends with where it was not let end well: told on its card, which offers to run it again.
LOST = {"forget_invoke": "lost"}


async def trouble_and_see(demo: Demo) -> None:
    """Do each trick in the middle of a job; every job ends, and nothing is left of it."""
    assert demo.invoke
    await publish(demo)
    for name, trick in TRICKS.items():
        card = await run(demo)
        await demo.discord.until(lambda: demo.invoke and demo.invoke.items, SECONDS)
        await trick(demo)
        jobs = len(demo.channels["pictures"].messages)
        seen = await cleared(demo, jobs)
        outcome = LOST.get(name, "completed")
        assert seen.jobs[0]["outcome"] == outcome, name
        assert len(card.attachments) == (outcome == "completed"), name
        assert "familiar:cancel:" not in str(card.components), name
        assert "familiar:again:" in str(card.components), name
        assert (list(demo.invoke.images), list(demo.invoke.items)) == ([], []), name
        await demo.discord.online()


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_no_trick_loses_a_job_or_leaves_a_thing() -> None:
    async with open_demo(DemoOptions(port=0, node_seconds=0.5)) as demo:
        await trouble_and_see(demo)


@pytest.mark.slow
async def test_a_full_disk_fails_what_runs_and_holds_up_what_is_new() -> None:
    async with open_demo(DemoOptions(port=0, node_seconds=0.2)) as demo:
        await publish(demo)
        await run(demo)
        await demo.discord.until(lambda: demo.invoke and demo.invoke.items, SECONDS)
        await demo.mischief.do("full_disk")
        seen = await cleared(demo, 1)
        assert [job["outcome"] for job in seen.jobs] == ["failed"]
        await run(demo)
        await demo.mischief.do("free_disk")
        seen = await cleared(demo, 2)
        assert [job["outcome"] for job in seen.jobs] == ["completed", "failed"]
