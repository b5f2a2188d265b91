"""What members and admins chose: the defaults without a row, and no change undoes another."""

import asyncio
from collections.abc import AsyncIterator

import aiosqlite
import pytest

from bot import db
from bot.preferences import GuildChoices, Preferences, PreferenceStore


@pytest.fixture
async def connection() -> AsyncIterator[aiosqlite.Connection]:
    async with db.connect(":memory:") as opened:
        yield opened


@pytest.fixture
def store(connection: aiosqlite.Connection) -> PreferenceStore:
    return PreferenceStore(connection)


async def test_without_a_row_everybody_has_the_defaults(store: PreferenceStore) -> None:
    assert await store.of_user(1) == Preferences()
    assert await store.of_guild(7) == await store.of_guild(None) == GuildChoices()
    assert await store.defaults(1, 2) == {}


async def test_choices_of_members_and_servers_are_kept_apart(store: PreferenceStore) -> None:
    await store.save_user(1, Preferences(private=True))
    await store.change_guild(1, previews=False)
    assert (await store.of_user(1), await store.of_user(2)) == (Preferences(private=True), Preferences())
    assert (await store.of_guild(1)).previews is False
    assert await store.of_guild(2) == GuildChoices()


async def test_a_change_leaves_the_other_choices_alone(store: PreferenceStore) -> None:
    changed = await store.change_guild(7, language="de", spoiler_channels=(1, 2), audit_channel=5)
    assert changed == GuildChoices(language="de", spoiler_channels=(1, 2), audit_channel=5)
    # None is the default again.
    changed = await store.change_guild(7, previews=False, audit_channel=None, lost_audit_channel=5)
    assert changed == GuildChoices(language="de", spoiler_channels=(1, 2), previews=False, lost_audit_channel=5)
    assert await store.change_guild(7, spoiler_channels=(), language=None) == GuildChoices(
        previews=False, lost_audit_channel=5
    )


async def test_of_two_changes_at_a_time_none_is_lost(store: PreferenceStore) -> None:
    await asyncio.gather(
        store.change_guild(7, previews=False),
        store.change_guild(7, names_in_queue=True),
        store.change_guild(7, language="de"),
    )
    assert await store.of_guild(7) == GuildChoices(previews=False, names_in_queue=True, language="de")


@pytest.mark.parametrize("stored", ['{"previews": false, "of_a_newer_familiar": 1}', '{"previews": false}'])
async def test_choices_of_another_version_are_read(
    stored: str, store: PreferenceStore, connection: aiosqlite.Connection
) -> None:
    await connection.execute("INSERT INTO guild_choices (guild_id, choices) VALUES (7, ?)", (stored,))
    assert await store.of_guild(7) == GuildChoices(previews=False)


async def test_defaults_are_kept_by_workflow_and_empty_ones_forgotten(
    store: PreferenceStore, connection: aiosqlite.Connection
) -> None:
    columns = "id, guild_id, slug, version, created_by, created_at"
    for number, guild_id in ((1, 7), (2, 7), (3, 8)):
        await connection.execute(
            f"INSERT INTO workflows ({columns}) VALUES ({number}, {guild_id}, 's{number}', 1, 1, '')"
        )
        await store.save_defaults(5, number, {"steps": number, "prompt": "é"})
    assert await store.defaults(5, 2) == {"steps": 2, "prompt": "é"}
    assert await store.workflows_with_defaults(5, 7) == [1, 2]
    assert await store.workflows_with_defaults(5, None) == [1, 2, 3]
    await store.save_defaults(5, 2, {})
    assert await store.workflows_with_defaults(5, 7) == [1]
