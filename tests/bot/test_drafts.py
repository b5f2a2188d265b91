"""What an admin looks at outlives the process, and lives for a day."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import db
from bot.catalog import Catalog
from bot.drafts import DRAFTS_PER_GUILD, Draft, DraftStore
from bot.jobs import now
from workflows.edits import Edits, InputEdit
from workflows.values import InputSpec, Kind

INPUTS = (InputSpec("radius", "Radius", "", Kind.NUMBER, "n", "r", default=8.0),)
EDITS = Edits(
    inputs=(
        InputEdit("n", "r", name="weite", hidden=False, default=2.5, minimum=0.5, maximum=9),
        InputEdit("m", "model", default={"key": "k"}, choices=("k", "l")),
    ),
    exposed=(("n", "r"),),
    order=(("m", "model"), ("n", "r")),
    outputs=("out",),
)


@pytest.fixture
async def drafts(tmp_path: Path) -> AsyncIterator[DraftStore]:
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        yield DraftStore(connection)


def draft(draft_id: str = "blur", guild_id: int = 2**60) -> Draft:
    return Draft(draft_id, guild_id, 7, "blur", "Blur", "Makes it soft", '{"ß": 1}'.encode(), INPUTS)


async def test_a_draft_that_does_not_exist(drafts: DraftStore) -> None:
    assert await drafts.get("other") is None
    await drafts.drop("other")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"edits": EDITS, "workflow_id": 3, "base_version": 2, "has_command": False},
        {"view": {"page": 2, "open": ["n", "r"], "größe": None}},
        {"document": b'\xef\xbb\xbf{"nodes": []}\r\n'},
    ],
)
async def test_a_draft_outlives_the_process(changes: dict[str, object], tmp_path: Path) -> None:
    saved = dataclasses.replace(draft(), **changes)
    async with db.connect(tmp_path / "drafts.sqlite") as connection:
        await DraftStore(connection).save(saved)
    async with db.connect(tmp_path / "drafts.sqlite") as connection:
        assert await DraftStore(connection).get("blur") == saved


async def test_a_draft_is_saved_again_as_it_is_edited(drafts: DraftStore) -> None:
    await drafts.save(draft())
    edited = draft().evolve(slug="soft", edits=EDITS, inputs=(), view={"page": 1})
    await drafts.save(edited)
    assert await drafts.get("blur") == edited


async def test_publishing_takes_the_draft_away(drafts: DraftStore) -> None:
    await drafts.save(draft())
    await Catalog(drafts._db).publish(draft())
    assert await drafts.get("blur") is None


async def test_a_draft_can_be_dropped(drafts: DraftStore) -> None:
    await drafts.save(draft())
    for _ in range(2):
        await drafts.drop("blur")
        assert await drafts.get("blur") is None


async def test_a_draft_lives_for_a_day(drafts: DraftStore, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    for hours, name in ((25, "old"), (23, "of today"), (0, "new")):
        monkeypatch.setattr("bot.drafts.now", lambda hours=hours: moment - timedelta(hours=hours))
        await drafts.save(draft(name, guild_id=hours))
    assert [bool(await drafts.get(name)) for name in ("old", "of today", "new")] == [False, True, True]
    # Nobody saved anything since, so nothing was swept; it is gone all the same.
    monkeypatch.setattr("bot.drafts.now", lambda: moment + timedelta(hours=2))
    assert [bool(await drafts.get(name)) for name in ("old", "of today", "new")] == [False, False, True]


async def test_a_server_keeps_only_its_newest_drafts(drafts: DraftStore) -> None:
    await drafts.save(draft("elsewhere", guild_id=5))
    names = [f"d{number}" for number in range(DRAFTS_PER_GUILD + 3)]
    for name in names:
        await drafts.save(draft(name))
    assert [name for name in names if await drafts.get(name)] == names[3:]
    assert await drafts.get("elsewhere")
