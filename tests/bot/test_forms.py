"""What a member filled in lives for a day; what they gave last is theirs."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import db
from bot.forms import Form, FormStore
from bot.jobs import Attachment, now

PICTURES = (Attachment("photo", "katze.png", "https://cdn.example/katze.png?ex=1", 9), Attachment("mask", "m.png", "u"))


@pytest.fixture
async def forms(tmp_path: Path) -> AsyncIterator[FormStore]:
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        yield FormStore(connection)


def form(form_id: str = "f") -> Form:
    return Form(form_id, 2**60, 7, 1, 3, {"prompt": "“a cat”", "steps": 4, "soft": True, "x": None}, PICTURES, True)


async def test_a_form_outlives_the_process(tmp_path: Path) -> None:
    async with db.connect(tmp_path / "forms.sqlite") as connection:
        await FormStore(connection).save(form())
        await FormStore(connection).save(Form("elsewhere", None, 8, 2, 1))
        await FormStore(connection).save(Form("public", None, 8, 2, 1, is_private=False))
    async with db.connect(tmp_path / "forms.sqlite") as connection:
        forms = FormStore(connection)
        assert await forms.get("f") == form()
        assert await forms.get("elsewhere") == Form("elsewhere", None, 8, 2, 1)
        assert await forms.get("public") == Form("public", None, 8, 2, 1, is_private=False)
        assert await forms.get("another") is None


async def test_a_form_is_filled_in_bit_by_bit(forms: FormStore) -> None:
    await forms.save(form())
    further = form().evolve(given={"prompt": "a dog"}, attachments=PICTURES[:1], version=4)
    await forms.save(further)
    assert await forms.get("f") == further
    for _ in range(2):
        await forms.drop("f")
        assert await forms.get("f") is None


async def test_a_form_lives_for_a_day(forms: FormStore, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    for hours, name in ((25, "old"), (23, "of today"), (0, "new")):
        monkeypatch.setattr("bot.forms.now", lambda hours=hours: moment - timedelta(hours=hours))
        await forms.save(form(name))
    assert [bool(await forms.get(name)) for name in ("old", "of today", "new")] == [False, True, True]
    # Filling it in further does not make its attachments live longer.
    await forms.save(form("of today"))
    monkeypatch.setattr("bot.forms.now", lambda: moment + timedelta(hours=2))
    assert [bool(await forms.get(name)) for name in ("old", "of today", "new")] == [False, False, True]


async def test_what_a_member_gave_last_is_remembered_for_them_and_that_workflow(forms: FormStore) -> None:
    assert await forms.remembered(7, 1) == {}
    await forms.remember(7, 1, {"prompt": "first", "steps": 4})
    await forms.remember(7, 1, {"prompt": "last"})
    await forms.remember(8, 1, {"prompt": "another's"})
    await forms.remember(7, 2, {"prompt": "elsewhere"})
    assert await forms.remembered(7, 1) == {"prompt": "last"}


async def test_what_was_given_to_a_removed_workflow_is_forgotten(tmp_path: Path) -> None:
    async with db.connect(tmp_path / "familiar.sqlite") as connection:
        forms = FormStore(connection)
        for workflow_id, removed in ((1, None), (2, now().isoformat())):
            query = "INSERT INTO workflows (id, guild_id, slug, version, created_by, created_at, removed_at)"
            await db.write(connection, f"{query} VALUES (?, 1, 'w', 1, 1, '', ?)", (workflow_id, removed))
            await forms.remember(7, workflow_id, {"prompt": "a cat"})
        assert await forms.forget_removed() == 1
        assert await forms.remembered(7, 1) == {"prompt": "a cat"}
        assert await forms.remembered(7, 2) == {}
