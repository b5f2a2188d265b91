"""Published workflows: one name, one workflow; versions outlive it; drafts outlive the process."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import db
from bot.catalog import Catalog, Draft, NameTaken, Published, digest
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
    read, inputs = await catalog.version(published.workflow_id, 1)
    assert [node.type for node in read.nodes.values()] == ["img_blur"]
    assert inputs == INPUTS


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


async def test_of_two_admins_who_race_one_wins_and_the_other_keeps_the_draft(catalog: Catalog) -> None:
    for draft_id in ("one", "two"):
        await catalog.save_draft(draft(draft_id=draft_id))
    results = await asyncio.gather(
        *(catalog.publish(draft(draft_id=draft_id)) for draft_id in ("one", "two")), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["NameTaken", "Published"]
    assert len(await catalog.of_guild(2**60)) == 1
    left = [await catalog.draft(draft_id) for draft_id in ("one", "two")]
    assert [kept is None for kept in left] == [isinstance(result, Published) for result in results]
    (winner,) = [result for result in results if isinstance(result, Published)]
    assert (await catalog.version(winner.workflow_id, 1))[1] == INPUTS


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
    assert (await catalog.version(first.workflow_id, 1))[1] == INPUTS
    second = await catalog.publish(draft())
    assert second.workflow_id != first.workflow_id
    assert await catalog.of_guild(2**60) == [second]


async def test_a_draft_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "drafts.sqlite"
    async with db.connect(path) as connection:
        await Catalog(connection).save_draft(draft())
    async with db.connect(path) as connection:
        catalog = Catalog(connection)
        assert await catalog.draft("blur") == draft()
        assert await catalog.draft("other") is None
        await catalog.publish(draft())
        assert await catalog.draft("blur") is None


async def test_a_draft_can_be_dropped(catalog: Catalog) -> None:
    await catalog.save_draft(draft())
    for _ in range(2):
        await catalog.drop_draft("blur")
        assert await catalog.draft("blur") is None


async def test_inputs_of_every_kind_come_back_as_they_were(catalog: Catalog) -> None:
    inputs = tuple(dataclasses.replace(INPUTS[0], name=kind.value, kind=kind, default=None) for kind in Kind)
    published = await catalog.publish(dataclasses.replace(draft(), inputs=inputs))
    assert (await catalog.version(published.workflow_id, 1))[1] == inputs


async def test_digests_tell_what_was_sent(catalog: Catalog) -> None:
    assert await catalog.sent_digest("global") is None
    await catalog.save_digest("global", digest(b"one"))
    await catalog.save_digest("5", digest(b"two"))
    assert await catalog.sent_digest("global") == digest(b"one") != digest(b"two")
    await catalog.save_digest("global", digest(b"three"))
    assert [await catalog.sent_digest(scope) for scope in ("global", "5")] == [digest(b"three"), digest(b"two")]
