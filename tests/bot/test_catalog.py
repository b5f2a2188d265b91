"""Published workflows: one name, one workflow, numbered versions that outlive it."""

import asyncio
import dataclasses
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import db
from bot.catalog import Catalog, Named, NameTaken, Overtaken, Published, TooMany
from bot.drafts import Draft, DraftStore
from bot.jobs import Job, JobStore, State, new_id, now
from tests.bot.world import document
from workflows.edits import Edits, InputEdit
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


async def test_inputs_of_every_kind_come_back_as_they_were(catalog: Catalog) -> None:
    inputs = tuple(dataclasses.replace(INPUTS[0], name=kind.value, kind=kind, default=None) for kind in Kind)
    published = await catalog.publish(dataclasses.replace(draft(), inputs=inputs))
    assert (await catalog.version(published.workflow_id, 1)).inputs == inputs


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


def job(published: Published, version: int = 1) -> Job:
    return Job(id=new_id(), user_id=1, title="", created_at=now(), workflow_id=published.workflow_id, version=version)


def further(published: Published, **changes: Any) -> Draft:
    """The next version of a workflow, as an admin drafts it."""
    base = {"workflow_id": published.workflow_id, "base_version": published.version, "id": new_id()}
    made = draft(published.slug, guild_id=published.guild_id).evolve(**base, inputs=INPUTS[:1])
    return made.evolve(**changes)


async def numbers(catalog: Catalog, published: Published) -> list[int]:
    return [version.number for version in await catalog.versions(published.workflow_id)]


async def test_a_new_version_takes_the_place_of_the_old_and_jobs_keep_theirs(
    catalog: Catalog, drafts: DraftStore
) -> None:
    first = await catalog.publish(draft())
    edits = Edits(inputs=(InputEdit("n", "r", name="weite", default=2.5),), outputs=("n",))
    await drafts.save(further(first, id="next"))
    second = await catalog.add_version(further(first, id="next", name="Blurrier", slug="soft", edits=edits))
    assert second == Published(
        first.workflow_id, 2, 2**60, "soft", "Blurrier", "Makes it soft", INPUTS[:1], enabled=True, has_command=True
    )
    assert await catalog.of_guild(2**60) == [second] == [await catalog.current(first.workflow_id)]
    assert await catalog.find(2**60, "blur") is None
    assert await drafts.get("next") is None
    old, new = [await catalog.version(first.workflow_id, number) for number in (1, 2)]
    assert (old.inputs, old.edits) == (INPUTS, Edits())
    assert (new.inputs, new.edits) == (INPUTS[:1], edits)
    assert await catalog.edits(first.workflow_id, 2) == edits
    assert await catalog.inputs(first.workflow_id, 1) == INPUTS


async def test_a_version_that_was_made_from_an_overtaken_one_is_refused(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    results = await asyncio.gather(
        *(catalog.add_version(further(first, name=name)) for name in ("one", "two")), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Overtaken", "Published"]
    with pytest.raises(Overtaken, match="Somebody else changed `/blur` in the meantime"):
        await catalog.add_version(further(first))
    # What was refused is not in the history.
    assert len(await numbers(catalog, first)) == 2


async def test_a_version_of_a_workflow_that_is_gone(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    await catalog.remove(2**60, "blur")
    assert await catalog.current(first.workflow_id) is None
    with pytest.raises(KeyError):
        await catalog.add_version(further(first))
    assert await numbers(catalog, first) == [1]
    assert not await catalog.set_enabled(first.workflow_id, False)
    assert not await catalog.roll_back(first.workflow_id, 1)


async def test_a_version_cannot_take_another_workflows_name(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    other = await catalog.publish(draft("other"))
    with pytest.raises(NameTaken, match="`/other` is another workflow's here"):
        await catalog.add_version(further(first, slug="other"))
    assert await catalog.of_guild(2**60) == [first, other]
    assert await numbers(catalog, first) == [1]


@pytest.mark.parametrize(("was", "becomes", "fits"), [(True, True, True), (False, False, True), (False, True, False)])
async def test_a_form_becomes_a_command_only_where_there_is_room(
    was: bool, becomes: bool, fits: bool, catalog: Catalog
) -> None:
    first = await catalog.publish(draft().evolve(has_command=was), most=2)
    for slug in ("a", "b")[: 1 if was else 2]:
        await catalog.publish(draft(slug), most=2)
    wanted = further(first, has_command=becomes)
    if fits:
        assert (await catalog.add_version(wanted, most=2)).has_command is becomes
        return
    with pytest.raises(TooMany, match="This server has 2 commands"):
        await catalog.add_version(wanted, most=2)
    assert await catalog.current(first.workflow_id) == first
    await catalog.remove(2**60, "a")
    assert (await catalog.add_version(wanted, most=2)).has_command


async def test_forms_do_not_count_as_commands(catalog: Catalog) -> None:
    await catalog.publish(draft("a"), most=1)
    for slug in ("b", "c"):
        assert not (await catalog.publish(draft(slug).evolve(has_command=False), most=1)).is_command
    assert await catalog.names(2**60) == [
        Named(slug, "Makes it soft", has_command=slug == "a") for slug in ("a", "b", "c")
    ]


async def test_a_version_that_discord_did_not_take_is_taken_back(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    await catalog.set_enabled(first.workflow_id, False)
    before = await catalog.current(first.workflow_id)
    second = await catalog.add_version(further(first, slug="soft", has_command=False))
    await catalog.take_back(second, before)
    assert await catalog.current(first.workflow_id) == before != first
    assert await numbers(catalog, first) == [1]


async def test_what_a_job_runs_is_not_taken_from_it(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    second = await catalog.add_version(further(first))
    await JobStore(catalog._db).create(job(second, 2))
    await catalog.take_back(second, first)
    assert await catalog.current(first.workflow_id) == first
    assert (await catalog.version(first.workflow_id, 2)).inputs == INPUTS[:1]
    assert (await catalog.add_version(further(first))).version == 3


async def test_taking_back_undoes_nobody_elses_version(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    second = await catalog.add_version(further(first))
    third = await catalog.add_version(further(second))
    await catalog.take_back(second, first)
    assert await catalog.current(first.workflow_id) == third
    # And where the name was taken in between, the workflow keeps the one it has.
    fourth = await catalog.add_version(further(third, slug="soft"))
    other = await catalog.publish(draft())
    await catalog.take_back(fourth, third)
    kept = dataclasses.replace(third, slug="soft")
    assert await catalog.of_guild(2**60) == [other, kept]
    # What was only renamed has no other version to go back to.
    await catalog.take_back(kept, third)
    assert await catalog.current(kept.workflow_id) == kept


async def test_a_first_version_is_taken_back_whole(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    for _ in range(2):
        await catalog.take_back(first, None)
        assert await catalog.of_guild(2**60) == []
    await catalog.publish(draft())


async def test_rolling_back_and_forth(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    second = await catalog.add_version(further(first))
    for number in (3, 0, -1):
        assert not await catalog.roll_back(first.workflow_id, number)
    assert not await catalog.roll_back(99, 1)
    for back in (first, second, first):
        assert await catalog.roll_back(first.workflow_id, back.version)
        assert await catalog.current(first.workflow_id) == back
    # Only from the version that was looked at.
    assert not await catalog.roll_back(first.workflow_id, 2, since=2)
    assert await catalog.roll_back(first.workflow_id, 2, since=1)
    # The next one is numbered after all there are, whichever is current.
    await catalog.roll_back(first.workflow_id, 1)
    assert (await catalog.add_version(further(first))).version == 3


async def test_the_history_is_told_newest_first(catalog: Catalog) -> None:
    assert await catalog.versions(1) == []
    first = await catalog.publish(draft())
    await catalog.add_version(further(first, name="Blurrier", user_id=8))
    await catalog.roll_back(first.workflow_id, 1)
    newest, oldest = await catalog.versions(first.workflow_id)
    assert (newest.number, newest.name, newest.created_by, newest.is_current) == (2, "Blurrier", 8, False)
    assert (oldest.number, oldest.name, oldest.created_by, oldest.is_current) == (1, "Blur", 7, True)
    assert oldest.created_at <= newest.created_at <= now()


async def test_switched_off_and_on(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    assert [await catalog.set_enabled(first.workflow_id, False) for _ in range(2)] == [True, False]
    assert await catalog.of_guild(2**60) == [dataclasses.replace(first, enabled=False)]
    assert await catalog.names(2**60) == [Named("blur", "Makes it soft", enabled=False)]
    assert not (await catalog.of_guild(2**60))[0].is_command
    # It keeps its name, and its versions.
    with pytest.raises(NameTaken):
        await catalog.publish(draft())
    assert [await catalog.set_enabled(first.workflow_id, True) for _ in range(2)] == [True, False]
    assert await catalog.of_guild(2**60) == [first]


@pytest.mark.parametrize("raw", [b'\xef\xbb\xbf{"a":  1}\r\n', '{"ß": "🎨\u2028"}'.encode(), document("blur")])
async def test_a_document_comes_back_byte_for_byte(raw: bytes, catalog: Catalog) -> None:
    first = await catalog.publish(draft(raw=raw))
    assert await catalog.source(first.workflow_id, 1) == raw
    for look in (catalog.source, catalog.inputs, catalog.edits):
        with pytest.raises(KeyError):
            await look(first.workflow_id, 2)


async def test_an_older_version_of_a_workflow_is_kept_while_it_is_published(catalog: Catalog) -> None:
    first = await catalog.publish(draft())
    await catalog.add_version(further(first))
    assert await catalog.drop_unused() == 0
    await JobStore(catalog._db).create(job(first, 1))
    await catalog.remove(2**60, "blur")
    assert await catalog.drop_unused() == 1
    assert await numbers(catalog, first) == [1]
