"""Which jobs a list shows, in which order, and how many there are."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import db
from bot.jobs import Job, JobStore, Outcome, Place, State, now
from bot.listing import Show, Wanted

BEGAN = now()
_CLOSED = {"state": State.CLOSED}
#: By id, oldest first.
JOBS = {
    "old-open": {},
    "done": {**_CLOSED, "outcome": Outcome.COMPLETED},
    "failed": {**_CLOSED, "outcome": Outcome.FAILED, "workflow_id": 8, "title": "Eight"},
    "lost": {**_CLOSED, "outcome": Outcome.LOST},
    "elsewhere": {**_CLOSED, "outcome": Outcome.COMPLETED, "guild_id": 2},
    "direct": {**_CLOSED, "outcome": Outcome.CANCELLED, "guild_id": None, "workflow_id": None},
    "others": {"user_id": 2},
    "open": {"state": State.QUEUED, "title": "Seven again"},
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with db.connect(tmp_path / "jobs.sqlite") as connection:
        # Which versions they ran does not matter here.
        await connection.execute("PRAGMA foreign_keys = OFF")
        found = JobStore(connection)
        for number, (job_id, changes) in enumerate(JOBS.items()):
            base = {"user_id": 1, "guild_id": 1, "workflow_id": 7, "title": "Seven"}
            await found.create(Job(id=job_id, created_at=BEGAN + timedelta(minutes=number), **{**base, **changes}))
        yield found


LISTS = {
    "all of a member": (Wanted(1), ["open", "old-open", "direct", "elsewhere", "lost", "failed", "done"]),
    "on one server": (Wanted(1, 1), ["open", "old-open", "lost", "failed", "done"]),
    "not over": (Wanted(1, 1, Show.OPEN), ["open", "old-open"]),
    "done": (Wanted(1, None, Show.DONE), ["elsewhere", "done"]),
    "failed": (Wanted(1, None, Show.FAILED), ["direct", "lost", "failed"]),
    "of one workflow": (Wanted(1, workflow_id=8), ["failed"]),
    "of a server's line": (Wanted(guild_id=1, show=Show.OPEN), ["open", "others", "old-open"]),
    "of nobody": (Wanted(3), []),
    "everything": (Wanted(), ["open", "others", "old-open", "direct", "elsewhere", "lost", "failed", "done"]),
}


@pytest.mark.parametrize(("wanted", "ids"), LISTS.values(), ids=LISTS.keys())
async def test_what_a_list_shows(store: JobStore, wanted: Wanted, ids: list[str]) -> None:
    assert [job.id for job in await store.listed(wanted, 100)] == ids
    assert [job.id for job in await store.listed(wanted, 2, 1)] == ids[1:3]
    assert await store.count(wanted) == len(ids)


async def test_the_workflows_of_a_list_bear_the_names_of_their_last_runs(store: JobStore) -> None:
    assert await store.workflows(Wanted(1)) == {7: "Seven again", 8: "Eight"}
    assert list(await store.workflows(Wanted(1))) == [7, 8]
    assert await store.workflows(Wanted(3)) == {}


async def test_a_move_leaves_alone_where_the_results_are(store: JobStore) -> None:
    job = await store.get("open")
    assert job
    await store.place_results("open", [Place(1, 2)])
    await store.move(job.evolve(channel_id=5, message_id=6, shown_guild_id=0, is_private=True))
    moved = await store.get("open")
    assert moved
    assert (moved.channel_id, moved.message_id, moved.shown_guild_id, moved.is_private) == (5, 6, 0, True)
    assert moved.posted == (Place(1, 2),)
