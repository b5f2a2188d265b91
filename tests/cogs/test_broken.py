"""An upgrade of InvokeAI that takes something away: admins are told, lists are marked, members hear a friendly word."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bot.bot import Familiar
from bot.config import BackendSettings, DatabaseSettings, Settings
from bot.drafts import Draft
from bot.engine import open_engine
from bot.jobs import new_id
from bot.playground.discord import LocalMember
from bot.playground.invokeai import LocalInvokeAI
from bot.playground.invokeai.nodes import NODES
from cogs._broken import notes
from tests.cogs.atelier import PATIENCE, PHOTO, Atelier, bundled, text
from workflows.check import check
from workflows.document import read


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.fitness._CALM_SECONDS", 0.02)
    monkeypatch.setattr("cogs._broken._PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("bot.fitness._TELL_AGAIN_SECONDS", 0.05)


def letters(who: LocalMember) -> list[str]:
    return [text(message) for message in who.dm.messages]


async def letter(atelier: Atelier, who: LocalMember, number: int = 1) -> str:
    """Wait for a direct message, and return it."""
    await atelier.discord.until(lambda: len(letters(who)) >= number, PATIENCE)
    assert len(letters(who)) == number
    return letters(who)[-1]


def told(atelier: Atelier) -> int:
    """How many broken workflows are done with."""
    with sqlite3.connect(atelier.database) as connection:
        (count,) = connection.execute("SELECT count(*) FROM broken_workflows WHERE told_at IS NOT NULL").fetchone()
    connection.close()
    return count


async def upgrade(atelier: Atelier, version: str, **how: Any) -> str:
    """Upgrade InvokeAI, and have the bot look at it before it would by itself; return the report that does so."""
    await atelier.invoke.upgrade(version, **how)
    return await atelier.ask(atelier.place.admin, "workflow show", {"name": "blur"})


async def until_told(atelier: Atelier, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while told(atelier) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def listed(atelier: Atelier) -> str:
    return await atelier.ask(atelier.place.admin, "workflow list")


async def test_a_lost_letter_is_written_again_and_shows_once_and_who_takes_none_sees_the_list(
    atelier: Atelier, caplog: pytest.LogCaptureFixture
) -> None:
    admin, elsewhere = atelier.place.admin, atelier.open_place("Elsewhere")
    for place in (atelier.place, elsewhere):
        await atelier.publish(bundled("blur"), place=place)
    elsewhere.admin.close_direct_messages()
    atelier.discord.faults.cut_next(f"POST /channels/{admin.dm.id}/messages")
    atelier.discord.faults.lose_answer_next(f"POST /channels/{admin.dm.id}/messages")
    await upgrade(atelier, "6.15.0", without={"img_blur"})
    await until_told(atelier, 2)
    assert "cannot run any more" in await letter(atelier, admin)
    assert letters(elsewhere.admin) == []
    assert [refusal.code for refusal in atelier.refusals()] == [50007]
    assert caplog.text.count(f"user {admin.user.id} could not be told of broken workflows") == 2
    assert caplog.text.count(f"user {elsewhere.admin.user.id} could not be told of broken workflows") == 1
    assert "⚠️ cannot run at the moment: This InvokeAI lacks the node `img_blur`. It comes from" in await listed(atelier)


async def test_an_upgrade_is_told_marked_and_over_when_what_was_missing_is_back(atelier: Atelier) -> None:
    admin, elsewhere = atelier.place.admin, atelier.open_place("Elsewhere")
    for name in ("blur", "hue", "enhance"):
        await atelier.publish(bundled(name))
    await atelier.publish(bundled("blur"), place=elsewhere)
    assert "⚠️" not in await listed(atelier)
    await upgrade(atelier, "6.15.0", without={"img_blur", "img_hue_adjust"})
    said = await letter(atelier, admin)
    assert said.startswith("2 workflows cannot run any more\nOn **Atelier**, with InvokeAI 6.15.0:\n")
    assert "⚠️ `/blur`: This InvokeAI lacks the node `img_blur`. It comes from another version of InvokeAI." in said
    assert "⚠️ `/hue`: " in said
    assert "`/workflow update`" in said
    assert "enhance" not in said
    # Each hears of their own, and members of nothing.
    assert "A workflow cannot run any more\nOn **Elsewhere**" in await letter(atelier, elsewhere.admin)
    assert letters(atelier.place.member) == letters(elsewhere.member) == []
    assert (await listed(atelier)).count("⚠️ cannot run at the moment") == 2
    shown = await atelier.ask(admin, "workflow show", {"name": "blur"})
    assert "It cannot run at the moment: This InvokeAI lacks the node `img_blur`" in shown
    refused = await atelier.run("blur", {"picture": PHOTO})
    assert refused.ephemeral
    assert text(refused).startswith("This workflow cannot run at the moment: the InvokeAI behind it lacks something")
    assert not atelier.invoke.images
    await until_told(atelier, 3)
    await atelier.restart()
    assert (await listed(atelier)).count("⚠️") == 2
    await upgrade(atelier, "6.15.1", nodes=NODES)
    said = await letter(atelier, admin, 2)
    assert said == "2 workflows can run again\n✅ `/blur`, `/hue` on **Atelier** can run again."
    assert "⚠️" not in await listed(atelier)
    card = await atelier.over(await atelier.run("hue", {"picture": PHOTO}))
    assert card.attachments


async def test_who_manages_nothing_any_more_hears_nothing_and_the_owner_does(atelier: Atelier) -> None:
    guild, admin = atelier.place.guild, atelier.place.admin
    owner = guild.add_member("Owner")
    guild.owner_id = owner.id
    await atelier.restart()
    await atelier.publish(bundled("blur"))
    admin.roles.pop()
    # Neither says that the owner cannot be told later.
    messages = f"POST /channels/{owner.dm.id}/messages"
    atelier.discord.faults.fail_next(messages, 400, body={"code": 40003, "message": "Too fast"})
    atelier.discord.faults.fail_next(messages, 401)
    await atelier.invoke.upgrade("6.15.0", without={"img_blur"})
    await atelier.ask(owner, "workflow show", {"name": "blur"})
    assert "A workflow cannot run any more" in await letter(atelier, owner)
    await until_told(atelier, 1)
    assert letters(admin) == []
    assert atelier.discord.faults.pending == []
    atelier.refusals()


async def test_the_report_names_the_backends_that_cannot_run_a_workflow(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(LocalInvokeAI()) for _ in "ab"]
        await servers[1].upgrade("6.13.0", without={"img_blur"})
        backends = tuple(BackendSettings(name=n, url=s.url) for n, s in zip("ab", servers, strict=True))
        settings = Settings(backend=backends, database=DatabaseSettings(path=tmp_path / "familiar.sqlite"))
        engine = await stack.enter_async_context(open_engine(settings))
        for backend in engine.pool:
            await backend.refresh()
        raw = bundled("blur")
        report = check(read(raw), await engine.pool.first.schemas(), engine.pool.first.models)
        published = await engine.catalog.publish(Draft(new_id(), 1, 1, "blur", "Blur", "", raw, report.inputs))
        (note,) = await notes(Familiar(engine), published)
        assert note.startswith("It cannot run on the backend b: This InvokeAI lacks the node `img_blur`.")
