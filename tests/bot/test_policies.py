"""The policies and the word rules in the database."""

from collections.abc import AsyncIterator

import pytest

from bot import db
from bot.policies import Held, Policies
from bot.policy import Named, Policy
from bot.word_rules import MOST_RULES
from workflows.errors import UserError

COLUMNS = "id, guild_id, slug, version, created_by, created_at, removed_at"
POLICY = Policy(roles=Named(allowed=(20,)), spoiler=True)


@pytest.fixture
async def policies() -> AsyncIterator[Policies]:
    """Of server 7 "blur" and "hue", and "blur" as it was removed before; of server 8 "blur"."""
    rows = [(1, 7, "blur", None), (2, 7, "hue", None), (3, 7, "blur", "2026-01-01"), (4, 8, "blur", None)]
    async with db.connect(":memory:") as connection:
        for number, guild_id, slug, removed_at in rows:
            query = f"INSERT INTO workflows ({COLUMNS}) VALUES (?, ?, ?, 1, 1, '', ?)"
            await db.write(connection, query, (number, guild_id, slug, removed_at))
        yield Policies(connection)


async def test_a_workflow_has_its_own_policy(policies: Policies):
    assert await policies.of(1) == Held(7, Policy())
    assert await policies.of(99) == await policies.of(None) == Held(None, Policy())
    await policies.save(1, POLICY)
    assert await policies.of(1) == Held(7, POLICY)
    assert await policies.of(2) == Held(7, Policy())
    await policies.save(1, Policy(private_only=True))
    assert (await policies.of(1)).policy == Policy(private_only=True)


async def test_a_server_has_its_policies_by_name(policies: Policies):
    assert await policies.of_guild(7) == {}
    for workflow_id in (2, 3, 4):
        await policies.save(workflow_id, POLICY)
    # What was removed and is there again under the same name is another workflow.
    assert await policies.of_guild(7) == {"hue": POLICY}
    await policies.save(2, Policy())
    assert await policies.of_guild(7) == {}


async def test_word_rules_are_of_one_server(policies: Policies):
    await policies.add_words(7, "cat", 1, is_pattern=False)
    await policies.add_words(7, "cat", 1, is_pattern=True)
    await policies.add_words(8, "cat", 1, is_pattern=False)
    with pytest.raises(UserError, match="there already"):
        await policies.add_words(7, "cat", 2, is_pattern=False)
    first, second = await policies.words(7)
    assert (first.text, first.is_pattern, first.created_by, second.is_pattern) == ("cat", False, 1, True)
    assert not await policies.drop_words(8, first.id)
    assert await policies.drop_words(7, first.id)
    assert not await policies.drop_words(7, first.id)
    assert await policies.words(7) == [second]
    assert await policies.words(None) == []


async def test_there_is_room_for_so_many_rules(policies: Policies):
    for number in range(MOST_RULES):
        await policies.add_words(7, f"word{number}", 1, is_pattern=False)
    with pytest.raises(UserError, match="as many as it may have"):
        await policies.add_words(7, "one more", 1, is_pattern=False)
    await policies.add_words(8, "one more", 1, is_pattern=False)
    assert len(await policies.words(7)) == MOST_RULES
