"""How long workflows take, and what a member has used: measured, and known again after a restart."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import aiosqlite
import pytest

from bot import db
from bot.jobs import Cap, Job, JobStore, Outcome, State, new_id
from bot.usage import Busy, By, Spent, Tally, Usage, every_day, total

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@dataclass
class Books:
    connection: aiosqlite.Connection
    store: JobStore

    async def usage(self) -> Usage:
        """What a new process reads."""
        usage = Usage(self.connection)
        await usage.load()
        return usage

    async def add(self, at: float = 0, seconds: float = 0, **changes: object) -> Job:
        """Save a job that began so many seconds after the start."""
        job = Job(id=new_id(), user_id=1, title="a job", created_at=START + timedelta(seconds=at))
        job = job.evolve(backend_seconds=seconds, **changes)
        await self.store.create(job)
        return job

    async def completed(self, at: float, seconds: float, workflow_id: int | None = 1, **changes: object) -> Job:
        over = {"outcome": Outcome.COMPLETED, "state": State.CLOSED, "finished_at": START + timedelta(seconds=at)}
        return await self.add(at, seconds, **{**over, "workflow_id": workflow_id, **changes})


@pytest.fixture
async def books() -> AsyncIterator[Books]:
    async with db.connect(":memory:") as connection:
        for number in (1, 2, 3):
            columns = "id, guild_id, slug, version, created_by, created_at"
            await connection.execute(f"INSERT INTO workflows ({columns}) VALUES ({number}, 1, 's{number}', 1, 1, '')")
        yield Books(connection, JobStore(connection))


# How long a workflow takes


async def test_what_never_completed_is_not_known(books: Books) -> None:
    usage = await books.usage()
    assert usage.expected(1) is usage.expected(None) is usage.typical() is usage.guess(1) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": Outcome.FAILED},
        {"outcome": Outcome.CANCELLED},
        {"outcome": Outcome.LOST},
        {"outcome": None},
        {"workflow_id": None},
        # It ended before this was measured.
        {"backend_seconds": 0.0},
    ],
    ids=str,
)
async def test_what_tells_nothing_is_left_out(changes: dict[str, object], books: Books) -> None:
    usage = await books.usage()
    job = (await books.completed(0, 5)).evolve(**changes)
    await books.store.save(job)
    usage.note(job)
    for read in (usage, await books.usage()):
        assert read.expected(1) is read.typical() is None


async def test_the_median_of_a_workflows_runs_is_expected_over_all_versions(books: Books) -> None:
    usage = await books.usage()
    for number, seconds in enumerate((3, 100, 4)):
        usage.note(await books.completed(number, seconds, version=number))
    usage.note(await books.completed(9, 50, 2))
    for read in (usage, await books.usage()):
        assert [read.expected(workflow_id) for workflow_id in (1, 2, 3, None)] == [4, 50, None, None]
        assert read.typical() == 27
        assert [read.guess(workflow_id) for workflow_id in (1, 2, 3, None)] == [4, 50, 27, 27]


async def test_only_the_last_twenty_count(books: Books) -> None:
    usage = await books.usage()
    for number in range(21):
        # Saved in another order than they ended in.
        usage.note(await books.completed(number, 1000))
    for number in range(20):
        usage.note(await books.completed(200 - number, 10))
    for read in (usage, await books.usage()):
        assert read.expected(1) == 10


async def test_after_a_restart_the_oldest_run_goes_first(books: Books) -> None:
    for number in range(20):
        # The newest ones were saved first.
        await books.completed(100 - number, 100 if number < 10 else 1)
    usage = await books.usage()
    assert usage.expected(1) == usage.typical() == 50.5
    usage.note(await books.completed(200, 100))
    assert usage.expected(1) == 100


async def test_a_job_that_is_noted_twice_counts_once(books: Books) -> None:
    usage = await books.usage()
    long = await books.completed(0, 90)
    for _ in range(3):
        usage.note(long)
    usage.note(await books.completed(1, 10))
    usage.note(await books.completed(2, 20))
    assert usage.expected(1) == usage.typical() == 20
    read = await books.usage()
    read.note(long)
    assert read.expected(1) == read.typical() == 20


async def test_what_is_usual_follows_the_last_hundred_of_all(books: Books) -> None:
    usage = await books.usage()
    for number in range(300):
        usage.note(
            Job(id=f"{number}", user_id=1, title="", created_at=START).evolve(
                workflow_id=number % 150, outcome=Outcome.COMPLETED, backend_seconds=float(number)
            )
        )
    assert usage.typical() == 249.5


# What a member has used


async def test_what_a_member_has_used_is_counted_over_all_servers(books: Books) -> None:
    await books.add(-1, 7, outcome=Outcome.COMPLETED, workflow_id=1)
    await books.add(30, 2.5, outcome=Outcome.FAILED, guild_id=8, workflow_id=2)
    await books.add(10, 40, outcome=Outcome.COMPLETED, guild_id=7, workflow_id=1)
    await books.add(20, 0, outcome=Outcome.CANCELLED)
    await books.add(40, 0, workflow_id=3)
    await books.add(50, 1.5, workflow_id=3, state=State.QUEUED)
    await books.add(15, 900, user_id=2, outcome=Outcome.COMPLETED)
    at = [START + timedelta(seconds=seconds) for seconds in (10, 30, 40, 50)]
    assert await (await books.usage()).of_user(1, START) == [
        Spent(at[0], 40, 1, True),
        Spent(at[1], 2.5, 2, True),
        Spent(at[2], 0, 3, False),
        Spent(at[3], 1.5, 3, False),
    ]


# What is under way


async def test_what_runs_comes_first_and_then_the_oldest(books: Books) -> None:
    usage = await books.usage()
    mine = {"guild_id": 7, "workflow_id": 1}
    young = await books.add(30, **mine)
    ready = await books.add(20, state=State.READY, **mine)
    await books.add(5, state=State.FINISHED, outcome=Outcome.COMPLETED, **mine)
    runs = await books.add(25, state=State.QUEUED, **mine)
    other = await books.add(1, user_id=2, guild_id=8, workflow_id=2)
    assert await usage.under_way(Cap.USER, 1, 10) == [runs, ready, young]
    assert await usage.under_way(Cap.USER, 1, 2) == [runs, ready]
    assert await usage.under_way(Cap.GUILD, 7, 10) == [runs, ready, young]
    assert await usage.under_way(Cap.WORKFLOW, 2, 10) == [other]
    assert await usage.under_way(Cap.WORKFLOW, 3, 10) == []


async def test_unfinished_jobs_are_counted_by_backend(books: Books) -> None:
    usage = await books.usage()
    assert await usage.busy() == {}
    for backend, state, guild_id in (
        ("main", State.QUEUED, 7),
        ("main", State.QUEUED, 8),
        ("main", State.NEW, 7),
        ("attic", State.READY, 7),
        ("attic", State.READY, None),
        (None, State.NEW, 7),
    ):
        await books.add(backend=backend, state=state, guild_id=guild_id)
    await books.add(backend="main", state=State.SETTLED, outcome=Outcome.FAILED, guild_id=7)
    assert await usage.busy() == {"": Busy(0, 1), "attic": Busy(0, 2), "main": Busy(2, 1)}
    assert await usage.busy(7) == {"": Busy(0, 1), "attic": Busy(0, 1), "main": Busy(1, 1)}


async def test_an_interaction_is_known_by_its_job(books: Books) -> None:
    usage = await books.usage()
    await books.add(interaction_id=5)
    await books.add()
    assert [await usage.knows(interaction_id) for interaction_id in (5, 6, None)] == [True, False, False]


# What a server used


async def used(books: Books) -> None:
    """Two members, two workflows, two days; and another server's."""
    day = 24 * 3600.0
    mine = {"guild_id": 7}
    await books.completed(0, 10, 1, user_id=1, **mine)
    await books.add(60, 5, outcome=Outcome.FAILED, workflow_id=1, user_id=1, **mine)
    await books.add(day, 40, outcome=Outcome.CANCELLED, workflow_id=2, user_id=2, **mine)
    await books.add(day, 0, outcome=Outcome.LOST, workflow_id=None, user_id=2, **mine)
    await books.add(day, 0, workflow_id=2, user_id=2, **mine)
    await books.add(-1, 900, outcome=Outcome.COMPLETED, workflow_id=1, user_id=1, **mine)
    await books.add(day, 900, outcome=Outcome.COMPLETED, workflow_id=1, user_id=1, guild_id=8)


async def test_where_nothing_ran_there_is_nothing_to_tell(books: Books) -> None:
    usage = await books.usage()
    assert [await usage.tallies(7, START, by) for by in By] == [[], [], []]
    assert await usage.unfinished(7) == await usage.troubles(7, 5) == []


async def test_a_servers_usage_is_summed_up_by_member_workflow_and_day(books: Books) -> None:
    await used(books)
    usage = await books.usage()
    assert await usage.tallies(7, START, By.MEMBER) == [
        Tally("2", 3, 40, cancelled=1, lost=1),
        Tally("1", 2, 15, completed=1, failed=1),
    ]
    assert await usage.tallies(7, START, By.WORKFLOW) == [
        Tally("/s2", 2, 40, cancelled=1),
        Tally("/s1", 2, 15, completed=1, failed=1),
        # A workflow that is not in the catalog has the title that its job had.
        Tally("a job", 1, 0, lost=1),
    ]
    assert await usage.tallies(7, START, By.DAY) == [
        Tally("2026-03-04", 2, 15, completed=1, failed=1),
        Tally("2026-03-05", 3, 40, cancelled=1, lost=1),
    ]
    whole = total(await usage.tallies(7, START, By.DAY))
    assert whole == Tally("", 5, 55, 1, 1, 1, 1)
    assert whole.under_way == 1


def test_days_without_jobs_are_days_too() -> None:
    known = [Tally("2026-02-27", 3), Tally("2026-03-01", 1)]
    days = every_day(known, date(2026, 2, 26), date(2026, 3, 2))
    assert [day.key for day in days] == ["2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    assert [day.jobs for day in days] == [0, 3, 0, 1, 0]


async def test_unfinished_jobs_are_found_by_server_and_member(books: Books) -> None:
    usage = await books.usage()
    first = await books.add(1, guild_id=7, state=State.QUEUED)
    second = await books.add(2, guild_id=7, user_id=2)
    await books.add(3, guild_id=7, outcome=Outcome.FAILED, state=State.SETTLED)
    await books.add(4, guild_id=8)
    assert await usage.unfinished(7) == [first.id, second.id]
    assert await usage.unfinished(7, 2) == [second.id]
    assert await usage.unfinished(7, 3) == []


async def test_the_last_troubles_come_first(books: Books) -> None:
    usage = await books.usage()
    ended = [
        await books.completed(at, 0, guild_id=guild_id, outcome=outcome, problem="it broke")
        for at, guild_id, outcome in (
            (10, 7, Outcome.FAILED),
            (30, 7, Outcome.LOST),
            (20, 7, Outcome.FAILED),
            (40, 7, Outcome.CANCELLED),
            (50, 7, Outcome.COMPLETED),
            (60, 8, Outcome.FAILED),
        )
    ]
    assert await usage.troubles(7, 2) == [ended[1], ended[2]]
    assert await usage.troubles(7, 9) == [ended[1], ended[2], ended[0]]
