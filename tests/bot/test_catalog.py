"""Published workflows: one name, one workflow; versions outlive it; drafts outlive the process."""

import asyncio
import dataclasses
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import db
from bot.catalog import Catalog, Named, NameTaken, Published, TooMany
from bot.drafts import DRAFTS_PER_GUILD, Draft, DraftStore
from bot.jobs import Job, JobStore, State, now
from bot.sent import SentCommands, digest
from tests.bot.world import document
from workflows.errors import DocumentError
from workflows.schema import ModelFilter
from workflows.values import InputSpec, Kind

INPUTS = (
    InputSpec("model", "Model", "", Kind.MODEL, "n", "model", default={"key": "k"}, models=ModelFilter(("sd-1",))),
    InputSpec("kind", "Kind", "Größe", Kind.CHOICE, "n", "k", choices=(("a", "A"), ("b", "B")), default="b"),
    InputSpec("radius", "Radius", "", Kind.NUMBER, "n", "r", minimum=0.5, above=0, multiple_of=0.5, default=8.0),
    InputSpec("seed", "Seed", "", Kind.INTEGER, "n", "s", required=True, is_seed=True, max_items=1),
)


@pytest.fixture
def drafts(catalog: Catalog) -> DraftStore:
    return DraftStore(catalog._db)


@pytest.fixture
async def catalog(tmp_path: Path) -> AsyncIterator[Catalog]:
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        yield Catalog(connection)


def draft(slug: str = "blur", *, guild_id: int = 2**60, draft_id: str = "", raw: bytes | None = None) -> Draft:
    raw = document("blur") if raw is None else raw
    return Draft(draft_id or slug, guild_id, 7, slug, "Blur", "Makes it soft", raw, INPUTS)


async def test_what_is_published_is_listed_as_it_was(catalog: Catalog) -> None:
    published = await catalog.publish(draft())
    assert published == Published(published.workflow_id, 1, 2**60, "blur", "Blur", "Makes it soft", INPUTS)
    assert await catalog.of_guild(2**60) == [published]
    assert await catalog.of_guild(1) == []
    assert await catalog.guilds() == [2**60]


async def test_a_version_is_the_document_and_its_inputs(catalog: Catalog) -> None:
    published = await catalog.publish(draft())
    recipe = await catalog.version(published.workflow_id, 1)
    assert [node.type for node in recipe.document.nodes.values()] == ["img_blur"]
    assert recipe.inputs == INPUTS


async def test_a_version_that_does_not_exist(catalog: Catalog) -> None:
    published = await catalog.publish(draft())
    for workflow_id, number in ((published.workflow_id, 2), (99, 1)):
        with pytest.raises(KeyError):
            await catalog.version(workflow_id, number)


async def test_a_document_that_can_no_longer_be_read(catalog: Catalog) -> None:
    published = await catalog.publish(draft(raw=b"{}"))
    with pytest.raises(DocumentError):
        await catalog.version(published.workflow_id, 1)


async def test_the_list_is_in_the_order_of_names(catalog: Catalog) -> None:
    for slug in ("c", "a", "b"):
        await catalog.publish(draft(slug))
    assert [published.slug for published in await catalog.of_guild(2**60)] == ["a", "b", "c"]


async def test_a_name_is_taken_once_on_a_server(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    with pytest.raises(NameTaken, match="`/blur` was just taken"):
        await catalog.publish(draft(draft_id="second"))
    other = await catalog.publish(draft(guild_id=5))
    assert [await catalog.of_guild(guild_id) for guild_id in (2**60, 5)] == [[first], [other]]
    assert other.workflow_id != first.workflow_id


async def test_of_two_admins_who_race_one_wins_and_the_other_keeps_the_draft(
    catalog: Catalog, drafts: DraftStore
) -> None:
    for draft_id in ("one", "two"):
        await drafts.save(draft(draft_id=draft_id))
    results = await asyncio.gather(
        *(catalog.publish(draft(draft_id=draft_id)) for draft_id in ("one", "two")), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["NameTaken", "Published"]
    assert len(await catalog.of_guild(2**60)) == 1
    left = [await drafts.get(draft_id) for draft_id in ("one", "two")]
    assert [kept is None for kept in left] == [isinstance(result, Published) for result in results]
    (winner,) = [result for result in results if isinstance(result, Published)]
    assert (await catalog.version(winner.workflow_id, 1)).inputs == INPUTS


async def test_many_at_once_get_ids_of_their_own(catalog: Catalog) -> None:
    published = await asyncio.gather(*(catalog.publish(draft(f"w{number}")) for number in range(20)))
    assert len({one.workflow_id for one in published}) == 20
    assert len(await catalog.of_guild(2**60)) == 20


async def test_a_removed_name_is_free_again_and_its_jobs_go_on(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    assert await catalog.remove(2**60, "blur")
    assert not await catalog.remove(2**60, "blur")
    assert not await catalog.remove(5, "blur")
    assert await catalog.of_guild(2**60) == []
    assert await catalog.guilds() == [2**60]
    assert (await catalog.version(first.workflow_id, 1)).inputs == INPUTS
    second = await catalog.publish(draft())
    assert second.workflow_id != first.workflow_id
    assert await catalog.of_guild(2**60) == [second]


async def test_a_draft_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "drafts.sqlite"
    async with db.connect(path) as connection:
        await DraftStore(connection).save(draft())
    async with db.connect(path) as connection:
        catalog, drafts = Catalog(connection), DraftStore(connection)
        assert await drafts.get("blur") == draft()
        assert await drafts.get("other") is None
        await catalog.publish(draft())
        assert await drafts.get("blur") is None


async def test_a_draft_can_be_dropped(drafts: DraftStore) -> None:
    await drafts.save(draft())
    for _ in range(2):
        await drafts.drop("blur")
        assert await drafts.get("blur") is None


async def test_inputs_of_every_kind_come_back_as_they_were(catalog: Catalog) -> None:
    inputs = tuple(dataclasses.replace(INPUTS[0], name=kind.value, kind=kind, default=None) for kind in Kind)
    published = await catalog.publish(dataclasses.replace(draft(), inputs=inputs))
    assert (await catalog.version(published.workflow_id, 1)).inputs == inputs


async def test_digests_tell_what_was_sent(catalog: Catalog) -> None:
    sent = SentCommands(catalog._db)
    assert await sent.digest("global") is None
    await sent.save("global", digest(b"one"), ["b", "a"])
    await sent.save("5", digest(b"two"))
    assert await sent.digest("global") == digest(b"one") != digest(b"two")
    await sent.save("global", digest(b"three"), ["a"])
    assert [await sent.digest(scope) for scope in ("global", "5")] == [digest(b"three"), digest(b"two")]
    assert await sent.names("global") == {"a"}


async def test_lists_are_made_without_the_documents(catalog: Catalog) -> None:
    """They are read at every letter that somebody types, and a document may be 5 MiB."""
    published = await catalog.publish(draft())
    read: set[str] = set()

    def note(action: int, table: str | None, column: str | None, *_: object) -> int:
        read.update({f"{table}.{column}"} if action == sqlite3.SQLITE_READ else ())
        return sqlite3.SQLITE_OK

    await catalog._db.set_authorizer(note)
    assert await catalog.of_guild(2**60) == [published]
    assert await catalog.find(2**60, "blur") == published
    assert await catalog.names(2**60) == [Named("blur", "Makes it soft")]
    await catalog._db.set_authorizer(None)
    assert "versions.inputs" in read
    assert "versions.document" not in read


async def test_one_workflow_is_found_by_its_name(catalog: Catalog) -> None:
    published = await catalog.publish(draft())
    await catalog.publish(draft("other"))
    assert await catalog.find(2**60, "blur") == published
    assert await catalog.find(5, "blur") is None
    await catalog.remove(2**60, "blur")
    assert await catalog.find(2**60, "blur") is None
    assert await catalog.names(2**60) == [Named("other", "Makes it soft")]


async def test_a_server_has_only_so_many_whoever_races_for_the_last_place(catalog: Catalog, drafts: DraftStore) -> None:
    for slug in ("a", "b"):
        await catalog.publish(draft(slug, guild_id=5), most=1 + (slug == "b"))
    await catalog.publish(draft("x"))
    for slug in ("y", "z"):
        await drafts.save(draft(slug))
    results = await asyncio.gather(*(catalog.publish(draft(s), most=2) for s in ("y", "z")), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Published", "TooMany"]
    assert len(await catalog.names(2**60)) == 2
    lost = "y" if isinstance(results[0], TooMany) else "z"
    assert await drafts.get(lost)
    assert await catalog._rows("SELECT * FROM versions WHERE workflow_id NOT IN (SELECT id FROM workflows)") == []
    await catalog.remove(2**60, "x")
    await catalog.publish(draft(lost), most=2)


async def test_drafts_of_another_day_go(drafts: DraftStore, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    for hours, name in ((30, "old"), (20, "of today"), (0, "new")):
        monkeypatch.setattr("bot.drafts.now", lambda hours=hours: moment - timedelta(hours=hours))
        await drafts.save(draft(draft_id=name, guild_id=hours))
    assert [bool(await drafts.get(name)) for name in ("old", "of today", "new")] == [False, True, True]


async def test_a_server_keeps_only_its_newest_drafts(drafts: DraftStore) -> None:
    await drafts.save(draft(draft_id="elsewhere", guild_id=5))
    names = [f"d{number}" for number in range(DRAFTS_PER_GUILD + 3)]
    for name in names:
        await drafts.save(draft(draft_id=name))
    assert [name for name in names if await drafts.get(name)] == names[3:]
    assert await drafts.get("elsewhere")


async def test_versions_that_nobody_needs_are_dropped_and_their_numbers_stay_theirs(catalog: Catalog) -> None:
    kept, ran, gone = [await catalog.publish(draft(slug)) for slug in ("kept", "ran", "gone")]
    job = Job(id="j", user_id=1, title="", created_at=now(), state=State.CLOSED, workflow_id=ran.workflow_id, version=1)
    await JobStore(catalog._db).create(job)
    await JobStore(catalog._db).create(dataclasses.replace(job, id="k", workflow_id=None, version=None))
    for published in (ran, gone):
        await catalog.remove(2**60, published.slug)
    assert await catalog.drop_unused() == 1
    assert await catalog.drop_unused() == 0
    for published in (kept, ran):
        await catalog.version(published.workflow_id, 1)
    with pytest.raises(KeyError):
        await catalog.version(gone.workflow_id, 1)
    assert (await catalog.publish(draft("gone"))).workflow_id > gone.workflow_id
