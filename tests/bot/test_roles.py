"""What a member may have by their roles: of each value the most generous, kept by server and role."""

from collections.abc import AsyncIterator

import pytest

from bot import db
from bot.config import Limits
from bot.roles import Caps, RoleCap, RoleCaps, combined

STRICT = Limits(waiting_per_user=5, running_per_user=2, daily_minutes_per_user=30)
PLAIN = Caps(running=2, waiting=5, weight=1, daily_seconds=1800)


@pytest.mark.parametrize(
    ("limits", "rows", "expected"),
    [
        (Limits(), [], Caps(None, 5, 1, None)),
        (STRICT, [], PLAIN),
        (STRICT, [RoleCap(1)], PLAIN),
        (STRICT, [RoleCap(1, weight=2)], Caps(2, 5, 2, 1800)),
        # A role may have less than everyone, and more.
        (STRICT, [RoleCap(1, 0.5, 1, 2, 60)], Caps(1, 2, 0.5, 60)),
        (STRICT, [RoleCap(1, 4, 9, 25, 7200)], Caps(9, 25, 4, 7200)),
        (Limits(), [RoleCap(1, running=1, daily_seconds=60)], Caps(1, 5, 1, 60)),
        # Of several roles each value is the most generous one, whichever role has it.
        (STRICT, [RoleCap(1, 2, 1, 9, 60), RoleCap(2, 0.5, 3, 2, 7200)], Caps(3, 9, 2, 7200)),
        (STRICT, [RoleCap(2, 0.5, 3, 2, 7200), RoleCap(1, 2, 1, 9, 60)], Caps(3, 9, 2, 7200)),
        # A role that does not speak of a value does not lift what another one says of it.
        (STRICT, [RoleCap(1, weight=3), RoleCap(2, running=1, waiting=1, daily_seconds=6)], Caps(1, 1, 3, 6)),
        (Limits(), [RoleCap(1, weight=3), RoleCap(2, running=1, daily_seconds=6)], Caps(1, 5, 3, 6)),
    ],
)
def test_caps_are_combined(limits: Limits, rows: list[RoleCap], expected: Caps) -> None:
    assert combined(limits, rows) == expected


@pytest.fixture
async def roles() -> AsyncIterator[RoleCaps]:
    async with db.connect(":memory:") as connection:
        yield RoleCaps(connection)


async def test_where_nothing_was_set_there_is_nothing(roles: RoleCaps) -> None:
    assert await roles.of(7, [1, 2]) == await roles.of(7, []) == await roles.of(None, [1]) == []
    assert await roles.of_guild(7) == []
    assert await roles.forget(7, [1]) == await roles.forget(7, []) == 0


async def test_a_change_leaves_the_other_values_as_they_were(roles: RoleCaps) -> None:
    assert await roles.change(7, RoleCap(1, weight=2.5)) == RoleCap(1, weight=2.5)
    assert await roles.change(7, RoleCap(1, running=3, waiting=9)) == RoleCap(1, 2.5, 3, 9)
    assert await roles.change(7, RoleCap(1, 0.25, daily_seconds=90.5)) == RoleCap(1, 0.25, 3, 9, 90.5)
    assert await roles.of(7, [1]) == [RoleCap(1, 0.25, 3, 9, 90.5)]


async def test_caps_are_one_servers_and_one_roles(roles: RoleCaps) -> None:
    large = 2**63 - 1
    await roles.change(7, RoleCap(large, 3))
    await roles.change(7, RoleCap(1, 2))
    await roles.change(8, RoleCap(1, 4))
    assert await roles.of(7, [1, 5, large]) == await roles.of_guild(7) == [RoleCap(1, 2), RoleCap(large, 3)]
    assert await roles.of(7, {large}) == [RoleCap(large, 3)]
    assert await roles.of(8, [1, large]) == [RoleCap(1, 4)]
    assert await roles.of(None, [1, large]) == []


async def test_what_is_forgotten_is_as_for_everyone_again(roles: RoleCaps) -> None:
    for guild_id, role_id in ((7, 1), (7, 2), (7, 3), (8, 1)):
        await roles.change(guild_id, RoleCap(role_id, 2, 2, 2, 2))
    assert await roles.forget(7, [1, 3, 99]) == 2
    assert await roles.of_guild(7) == [RoleCap(2, 2, 2, 2, 2)]
    assert await roles.of_guild(8) == [RoleCap(1, 2, 2, 2, 2)]
    assert await roles.change(7, RoleCap(1, running=1)) == RoleCap(1, running=1)
