"""What a soak looks for it also finds; and a short one, with the bot itself, finds nothing."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from benchmarks._soak_bot import Sample
from benchmarks._soak_checks import Finding, check
from benchmarks._soak_crowd import Crowd
from benchmarks._soak_faults import WEIGHTS
from benchmarks._soak_plan import Happened, happen, plan
from benchmarks._soak_town import Town, open_town
from benchmarks.soak import Soak
from bot import db
from bot.cards import Told
from bot.jobs import Job, JobStore, Outcome, State, new_id, now
from bot.playground.discord.rest import Upload
from tests.playground.invokeai_user import batch
from tests.playground.test_invokeai_run import BLANK


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path, users=4) as town:
        town.bot.log.touch()
        yield town


def wrongs(town: Town, journal: Sequence[Happened] = ()) -> dict[str, Finding]:
    findings = check(town, Crowd(town, 1, 60), journal)
    return {finding.what: finding for finding in findings if finding.ok is False}


async def closed(town: Town, outcome: Outcome = Outcome.COMPLETED, says: str = "", files: int = 1) -> Job:
    """A job that is over, with its card."""
    channel, person = town.places[0].channels[0], town.places[0].people[0]
    job = Job(id=new_id(), user_id=person.id, title="Blur", created_at=now(), channel_id=channel.id)
    shown = {"content": f"{says} job {job.id}"}
    uploads = [Upload(number, "one.png", b"") for number in range(files)]
    card = town.discord.messages.create(channel, town.discord.bot, shown, uploads)
    job = job.evolve(
        message_id=card.id, state=State.CLOSED, outcome=outcome, delivery=Told.CARD.value, finished_at=now()
    )
    async with db.connect(town.stage.database) as connection:
        await JobStore(connection).create(job)
    return job


def test_the_same_seed_plans_the_same() -> None:
    planned = plan(7, 600, 5)
    assert planned == plan(7, 600, 5)
    assert planned != plan(8, 600, 5)
    assert 60 < len(planned) < 200
    assert all(0 < one.at < 600 for one in planned)
    assert {one.name for one in plan(7, 60_000, 5)} == {fault.__name__ for fault in WEIGHTS}


async def test_nothing_is_wrong_where_nothing_happened(town: Town) -> None:
    await closed(town)
    await closed(town, Outcome.CANCELLED, "🛑 Cancelled.", files=0)
    await closed(town, Outcome.FAILED, "❌ No.", files=0)
    assert wrongs(town) == {}


async def test_what_is_left_and_what_is_gone_is_found(town: Town) -> None:
    one, other = town.invokes
    async with httpx.AsyncClient(base_url=one.url) as http:
        await http.post("/api/v1/queue/familiar/enqueue_batch", json={"batch": batch(BLANK)})
    other.images.pop(next(iter(town.foreign[1].images)))
    other.items.pop(next(iter(town.foreign[1].items)))
    found = wrongs(town)
    assert set(found) == {"left on the backends", "somebody else's, touched"}
    assert len(found["somebody else's, touched"].evidence) == 2


async def test_a_batch_that_was_enqueued_twice_is_found(town: Town) -> None:
    job, lost = await closed(town), await closed(town)
    async with httpx.AsyncClient(base_url=town.invokes[0].url) as http:
        for job_id in (job.id, lost.id):
            wanted = {**batch(BLANK), "batch_id": job_id}
            await http.post("/api/v1/queue/familiar/enqueue_batch", json={"batch": wanted})
        town.archive(0)
        await town.invokes[0].restart(forget=True)
        await town.plant(0)
        wanted = {**batch(BLANK), "batch_id": lost.id}
        await http.post("/api/v1/queue/familiar/enqueue_batch", json={"batch": wanted})
        await http.delete("/api/v1/queue/familiar/d/none")
    assert "enqueued twice" not in wrongs(town), "what went with its database may come again"
    async with httpx.AsyncClient(base_url=town.invokes[1].url) as http:
        for job_id in (job.id, job.id):
            wanted = {**batch(BLANK), "batch_id": job_id}
            await http.post("/api/v1/queue/familiar/enqueue_batch", json={"batch": wanted})
    assert [line[:10] for line in wrongs(town)["enqueued twice"].evidence] == [job.id]


async def test_cards_that_lie_and_second_messages_are_found(town: Town) -> None:
    lies = {
        (await closed(town, Outcome.COMPLETED, files=0)).id,
        (await closed(town, Outcome.CANCELLED, "Waiting …", files=0)).id,
        (await closed(town, Outcome.FAILED, "Step 3 of 4", files=0)).id,
    }
    job = await closed(town)
    town.discord.messages.create(town.places[0].channels[1], town.discord.bot, {"content": f"job {job.id}"}, [])
    found = wrongs(town)
    assert {line[:10] for line in found["cards that do not tell the truth"].evidence} == lies
    assert [line[:10] for line in found["told twice"].evidence] == [job.id]


async def test_errors_and_growth_are_found(town: Town) -> None:
    told = f"2026-01-01 10:00:00 INFO bot.bot: {town.discord.token}\n"
    town.bot.log.write_text(f"{told}2026-01-01 10:00:00 ERROR bot.bot: interaction 5\nSegmentation fault\n")
    town.bot.samples += [Sample(at, 10, int(1e8 * (1 + at / 100))) for at in range(100)]
    found = wrongs(town)
    assert set(found) == {"errors logged", "tokens logged", "memory by quarter, MB"}
    assert len(found["errors logged"].evidence) == 2


async def test_every_fault_ends_by_itself_and_is_noted(town: Town) -> None:
    """Save those that need the bot, and those that take their time."""
    journal: list[Happened] = []
    told: list[str] = []
    for planned in plan(3, 60_000, 5)[:400]:
        if planned.name in (
            "fail_backend",
            "fail_discord",
            "cut_discord",
            "delete_card",
            "drop_gateway",
            "expire_token",
        ):
            await happen(town, planned, journal, told.append)
    assert len(told) == len(journal) > 50
    assert all(one.told and one.until is not None for one in journal)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_short_soak_finds_nothing(tmp_path: Path) -> None:
    soak = Soak(tmp_path, seed=5, seconds=20, console=Console(quiet=True))
    findings = await soak.run(users=8, jobs_per_minute=40, fault_every=3, settle=120)
    assert [finding for finding in findings if finding.ok is False] == []
