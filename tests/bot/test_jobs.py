"""The rows of jobs and of the ledger: nothing is lost on the way, nothing happens twice."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import db
from bot.jobs import (
    Attachment,
    Cap,
    CapReached,
    DuplicateInteraction,
    Job,
    JobStore,
    Outcome,
    Place,
    State,
    UsedModel,
    new_id,
    now,
)
from bot.ledger import Asset, AssetKind
from workflows.texts import Text, say

WHEN = datetime(2026, 3, 4, 5, 6, 7, 891000, tzinfo=UTC)

FULL = Job(
    id="aaaaaaaaaa",
    user_id=2**62,
    title="Türe “öffnen” 🐈",
    created_at=WHEN,
    state=State.QUEUED,
    outcome=Outcome.FAILED,
    problem="**x**: no",
    workflow_id=1,
    version=3,
    given={"seed": 2**32, "prompt": "ein 'Zitat'\n", "on": True, "strength": 0.1, "model": {"key": "k"}, "none": None},
    attachments=(Attachment("image", "a b.png", "https://cdn/x?y=1", 12, "1/2/3"), Attachment("mask", "m.png", "")),
    backend="main",
    item_ids=(4, 5),
    results=("a.png", "b.png"),
    attempt=2,
    guild_id=2**63 - 1,
    channel_id=11,
    message_id=12,
    shown_guild_id=9,
    application_id=13,
    interaction_id=14,
    interaction_token="token",
    weight=2.5,
    running_cap=3,
    own_running_cap=2,
    restarts=1,
    backend_seconds=1.25,
    delivery="direct",
    language="de",
    is_private=True,
    is_spoiler=True,
    notes=("Of an animated picture the first frame was taken.", say("shared-no-workflow")),
    models=(UsedModel("Tiny", "sd-1", "main", "blake3:00"),),
    backend_version="6.9.0",
    posted=(Place(11, 12), Place(11, 13)),
    enqueued_at=WHEN + timedelta(seconds=1),
    finished_at=WHEN + timedelta(seconds=2),
    delivered_at=WHEN + timedelta(seconds=3),
    closed_at=WHEN + timedelta(seconds=4),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        columns = "id, guild_id, slug, version, created_by, created_at"
        await connection.execute(f"INSERT INTO workflows ({columns}) VALUES (1, 1, 'slug', 1, 1, '')")
        yield JobStore(connection)


def plain(**changes: object) -> Job:
    return Job(id=new_id(), user_id=1, title="a job", created_at=now()).evolve(**changes)


async def test_a_full_job_comes_back_as_it_was(store: JobStore) -> None:
    await store.create(FULL)
    found = await store.get(FULL.id)
    assert found == FULL
    assert found
    assert [isinstance(note, Text) for note in found.notes] == [False, True]


async def test_an_empty_job_comes_back_as_it_was(store: JobStore) -> None:
    job = plain()
    await store.create(job)
    assert await store.get(job.id) == job
    assert await store.get("nobody") is None


def test_the_full_job_is_full() -> None:
    """So that a new field is not forgotten in the tests above; the wish to cancel has its own."""
    blank = plain()
    same = {f.name for f in dataclasses.fields(Job) if getattr(FULL, f.name) == getattr(blank, f.name)}
    assert same == {"cancel_requested"}


#: Where a job is shown, to whom and how: people change it while the runner drives the job.
PLACED = ("channel_id", "message_id", "shown_guild_id", "interaction_token", "is_private", "is_spoiler", "posted")
DRIVEN = [f.name for f in dataclasses.fields(Job) if f.name not in {"id", "cancel_requested", *PLACED}]


@pytest.mark.parametrize("name", DRIVEN)
async def test_every_column_is_saved(name: str, store: JobStore) -> None:
    job = plain()
    await store.create(job)
    changed = job.evolve(**{name: getattr(FULL, name)})
    assert await store.save(changed) is changed
    assert await store.get(job.id) == changed
    # Whoever says where it is shown does not take back how far it is.
    await store.place(job)
    assert await store.get(job.id) == changed


@pytest.mark.parametrize("name", PLACED)
async def test_where_a_job_is_shown_is_written_apart(name: str, store: JobStore) -> None:
    job = plain()
    await store.create(job)
    changed = job.evolve(**{name: getattr(FULL, name)})
    # What the runner drives is as old as its last step.
    await store.save(changed)
    assert await store.get(job.id) == job
    assert await store.place(changed) is changed
    await store.save(job)
    assert await store.get(job.id) == changed


@pytest.mark.parametrize("is_private", [False, True])
async def test_a_token_goes_with_its_job_but_where_nothing_else_reaches_its_messages(
    is_private: bool, store: JobStore
) -> None:
    job = plain(interaction_token="token", is_private=is_private)
    await store.create(job)
    for state in State:
        await store.save(job.evolve(state=state))
        saved = await store.get(job.id)
        assert saved
        assert saved.interaction_token == ("token" if is_private or state is not State.CLOSED else None)


async def test_the_messages_with_its_results_are_written_apart(store: JobStore) -> None:
    job = plain(channel_id=1, message_id=2)
    await store.create(job)
    for places in (FULL.posted, ()):
        await store.place_results(job.id, places)
        assert await store.get(job.id) == job.evolve(posted=places)


async def test_an_interaction_has_one_job(store: JobStore) -> None:
    await store.create(plain(interaction_id=7))
    with pytest.raises(DuplicateInteraction):
        await store.create(plain(interaction_id=7))
    await store.create(plain())
    await store.create(plain())
    assert len(await store.open_jobs()) == 3


async def test_a_job_id_that_is_taken_is_no_duplicate_interaction(store: JobStore) -> None:
    job = plain()
    await store.create(job)
    with pytest.raises(Exception, match=r"jobs\.id"):
        await store.create(job)


def test_ids_are_short_and_differ() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(job_id) == 10 and not set(job_id) & set("01ilo-") for job_id in ids)


def test_each_attempt_has_a_batch_of_its_own() -> None:
    job = plain(id="aaaaaaaaaa")
    assert [job.batch_id, job.evolve(attempt=2).batch_id] == ["aaaaaaaaaa", "aaaaaaaaaa-2"]


def test_the_duration_is_known_at_the_end() -> None:
    assert plain().duration is None
    assert FULL.duration == timedelta(seconds=2)


# Cancelling


@pytest.mark.parametrize(
    ("state", "outcome", "may"),
    [
        (State.NEW, None, True),
        (State.READY, None, True),
        (State.QUEUED, None, True),
        *((State.FINISHED, outcome, False) for outcome in Outcome),
        (State.SETTLED, Outcome.COMPLETED, False),
        (State.CLOSED, Outcome.CANCELLED, False),
    ],
)
async def test_a_job_can_be_cancelled_until_it_is_over(
    state: State, outcome: Outcome | None, may: bool, store: JobStore
) -> None:
    job = plain(state=state, outcome=outcome)
    await store.create(job)
    assert await store.request_cancel(job.id) is may
    assert await store.request_cancel(job.id) is may
    saved = await store.get(job.id)
    assert saved and saved.cancel_requested is may


async def test_saving_does_not_undo_the_wish_to_cancel(store: JobStore) -> None:
    job = plain()
    await store.create(job)
    await store.request_cancel(job.id)
    await store.save(job.evolve(state=State.READY))
    saved = await store.get(job.id)
    assert saved and (saved.state, saved.cancel_requested) == (State.READY, True)


async def test_an_unknown_job_cannot_be_cancelled(store: JobStore) -> None:
    assert not await store.request_cancel("nobody")


# Lists


async def test_open_jobs_come_oldest_first(store: JobStore) -> None:
    jobs = [plain(created_at=WHEN + timedelta(seconds=second), state=state) for second, state in enumerate(State)]
    for job in reversed(jobs):
        await store.create(job)
    assert await store.open_jobs() == [job for job in jobs if job.state is not State.CLOSED]


async def test_a_members_jobs_come_newest_first_and_only_so_many(store: JobStore) -> None:
    over = [plain(created_at=WHEN + timedelta(seconds=n), outcome=Outcome.COMPLETED, guild_id=5) for n in range(5)]
    running = [plain(created_at=WHEN, guild_id=5) for _ in range(3)]
    others = [plain(guild_id=6), plain(guild_id=None), plain(guild_id=5, user_id=2)]
    for job in [*over, *running, *others]:
        await store.create(job)
    assert await store.of_user(1, 5, 2) == (running[::-1], [over[4], over[3]])
    assert await store.of_user(1, None, 2) == ([others[1]], [])
    assert await store.of_user(3, 5, 2) == ([], [])


async def test_what_is_not_over_counts_as_waiting(store: JobStore) -> None:
    for changes in ({}, {"state": State.QUEUED}, {"outcome": Outcome.LOST}, {"user_id": 2}):
        await store.create(plain(**changes))
    for user_id, under_way in ((1, 2), (2, 1), (3, 0)):
        with pytest.raises(CapReached):
            await store.create(plain(user_id=user_id), {Cap.USER: under_way})
        await store.create(plain(user_id=user_id), {Cap.USER: under_way + 1})


async def test_a_quick_thumb_does_not_slip_past_the_cap(store: JobStore) -> None:
    tries = (store.create(plain(), {Cap.USER: 5}) for _ in range(20))
    refused = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, CapReached) for answer in refused) == 15


# The ledger


async def test_the_ledger_keeps_what_it_knows(store: JobStore) -> None:
    job = plain()
    await store.create(job)
    upload = Asset(job.id, "main", AssetKind.UPLOAD, "u.png", slot=0)
    item = Asset(job.id, "main", AssetKind.ITEM, "7")
    for _ in range(2):
        await store.note([upload, item])
    assert await store.assets(job.id) == [upload, item]
    await store.note([dataclasses.replace(item, session_id="s"), dataclasses.replace(upload, slot=None)])
    assert await store.assets(job.id) == [upload, dataclasses.replace(item, session_id="s")]
    await store.note([item])
    assert (await store.assets(job.id))[1].session_id == "s"
    await store.note([])


async def test_deleting_is_recorded_once_and_stays(store: JobStore) -> None:
    job = plain()
    await store.create(job)
    asset = Asset(job.id, "main", AssetKind.OUTPUT, "o.png")
    await store.note([asset, Asset(job.id, "other", AssetKind.OUTPUT, "p.png")])
    assert await store.count_left() == 2
    await store.mark_deleted([asset])
    first = (await store.assets(job.id))[0].deleted_at
    assert first
    await store.mark_deleted([asset])
    await store.note([asset])
    assert (await store.assets(job.id))[0].deleted_at == first
    assert await store.count_left() == 1
    assert (await store.known_refs("main"), await store.known_refs("other")) == (set(), {"p.png"})
    assert len(await store.assets()) == 2


async def test_sessions_of_stopped_runs_are_remembered_for_a_while(store: JobStore) -> None:
    cases = {
        "cancelled": (Outcome.CANCELLED, WHEN, 1),
        "failed": (Outcome.FAILED, WHEN, 1),
        "long ago": (Outcome.FAILED, WHEN - timedelta(days=8), 1),
        "completed": (Outcome.COMPLETED, WHEN, 1),
        "completed at the second try": (Outcome.COMPLETED, WHEN, 2),
        "still open": (Outcome.FAILED, None, 1),
    }
    for name, (outcome, closed_at, attempt) in cases.items():
        job = plain(outcome=outcome, closed_at=closed_at, attempt=attempt)
        await store.create(job)
        await store.note([Asset(job.id, "main", AssetKind.ITEM, name, session_id=name)])
    found = await store.closed_sessions("main", WHEN - timedelta(days=7))
    assert set(found) == {"cancelled", "failed", "completed at the second try"}
    assert await store.closed_sessions("other", WHEN - timedelta(days=7)) == set()


async def test_the_ledger_stands_a_crowd(tmp_path: Path):
    """Cursors that are only dropped make SQLite answer "bad parameter or other API misuse", now and then."""
    async with db.connect(tmp_path / "crowd.sqlite") as connection:
        await connection.execute("PRAGMA synchronous = OFF")
        store = JobStore(connection)
        jobs = [Job(id=new_id(), user_id=1, title="note", created_at=now()) for _ in range(20)]
        for job in jobs:
            await store.create(job)

        async def note(job: Job) -> None:
            for number in range(100):
                await store.note([Asset(job.id, "main", AssetKind.OUTPUT, str(number))])
                await store.save(job)

        await asyncio.gather(*map(note, jobs))
        assert await store.count_left() == 20 * 100


@pytest.mark.parametrize("cap", Cap)
async def test_whose_cap_it_is_is_told(cap: Cap, store: JobStore) -> None:
    job = plain(guild_id=5, workflow_id=1)
    most = {one: 10 for one in Cap} | {cap: 1}
    await store.create(job, most)
    with pytest.raises(CapReached) as reached:
        await store.create(plain(guild_id=5, workflow_id=1), most)
    assert (reached.value.cap, reached.value.most) == (cap, 1)
    elsewhere = {"user_id": 2, "guild_id": 6, "workflow_id": None}
    await store.create(plain(**{"guild_id": 5, "workflow_id": 1, cap.value: elsewhere[cap.value]}), most)


@pytest.mark.parametrize("outcome", Outcome)
def test_where_files_come_from_is_kept_for_another_run(outcome: Outcome) -> None:
    job = plain(attachments=(Attachment("image", "a.png", "https://cdn/x", 12, "1/2/3"),))
    assert job.ended(outcome).attachments == job.attachments


def test_a_job_that_moves_begins_with_its_files() -> None:
    job = plain(backend="a", state=State.QUEUED, item_ids=(1,))
    moved = job.moved("b", anew=True)
    assert (moved.backend, moved.state, moved.attempt, moved.item_ids) == ("b", State.READY, 2, ())
    assert moved.batch_ids == [job.id, f"{job.id}-2"]
    with_files = job.evolve(attachments=(Attachment("image", "a.png", "https://cdn/x", 12),))
    assert with_files.moved("b", anew=False).state is State.NEW
    assert with_files.moved("b", anew=False).attempt == 1


async def test_what_is_left_is_told_by_backend(store: JobStore) -> None:
    job = plain(backend="a")
    await store.create(job)
    items = [Asset(job.id, name, AssetKind.ITEM, "7") for name in ("a", "b", "b2")]
    await store.note(items)
    assert await store.left() == {"a": 1, "b": 1, "b2": 1}
    await store.mark_deleted(items[1:2])
    assert await store.left() == {"a": 1, "b2": 1}
    assert [await store.in_use(name) for name in ("a", "b", "b2")] == [True, False, True]
    await store.mark_deleted(items)
    await store.save(job.evolve(state=State.CLOSED))
    assert [await store.in_use(name) for name in ("a", "b2")] == [False, False]
