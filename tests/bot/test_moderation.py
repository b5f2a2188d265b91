"""Who may run nothing on a server, and whose jobs wait: refused, held back, known again after a restart."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import pytest

from bot import db
from bot.cards import Waiting
from bot.jobs import Job, Outcome, State, new_id, now
from bot.moderation import Moderation
from tests.bot.world import World, until
from workflows.errors import UserError
from workflows.texts import Voice


@pytest.fixture
async def connection() -> AsyncIterator[aiosqlite.Connection]:
    async with db.connect(":memory:") as opened:
        yield opened


def job(user_id: int, guild_id: int | None) -> Job:
    return Job(id=new_id(), user_id=user_id, guild_id=guild_id, title="a job", created_at=now())


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("", "An admin of this server keeps you from running things here. Please talk to them"),
        ("Too *many* `cats`", "keeps you from running things here. They say: Too *many* `cats`"),
    ],
)
async def test_who_is_blocked_is_told_why(reason: str, told: str, connection: aiosqlite.Connection) -> None:
    moderation = Moderation(connection)
    assert await moderation.block(7, 1, 9, reason)
    with pytest.raises(UserError) as refused:
        await moderation.require(job(1, 7))
    assert told in str(refused.value)
    assert "gesperrt" in Voice("de").tell(refused.value.args[0])


async def test_a_block_is_of_one_member_on_one_server(connection: aiosqlite.Connection) -> None:
    moderation = Moderation(connection)
    await moderation.block(7, 1, 9)
    for user_id, guild_id in ((2, 7), (1, 8), (1, None)):
        await moderation.require(job(user_id, guild_id))
        assert not await moderation.is_blocked(guild_id, user_id)
    assert await moderation.is_blocked(7, 1)
    assert not await moderation.unblock(8, 1)
    assert await moderation.unblock(7, 1)
    assert not await moderation.unblock(7, 1)
    await moderation.require(job(1, 7))


async def test_who_is_blocked_again_has_the_new_reason(connection: aiosqlite.Connection) -> None:
    moderation = Moderation(connection)
    assert await moderation.block(7, 1, 9, "first")
    assert not await moderation.block(7, 1, 8, "second")
    await moderation.block(7, 2, 9)
    assert [(block.user_id, block.reason, block.blocked_by) for block in await moderation.blocked(7)] == [
        (2, "", 9),
        (1, "second", 8),
    ]
    assert await moderation.blocked(8) == []


async def test_a_pause_is_told_and_known_after_a_restart(tmp_path: Path) -> None:
    async with db.connect(tmp_path / "x.sqlite") as connection:
        moderation, changes = Moderation(connection), list[bool]()
        await moderation.load()
        moderation.on_change(lambda: changes.append(moderation.is_paused(7)))
        assert not await moderation.resume(7)
        assert await moderation.pause(7, 9, "a party")
        assert not await moderation.pause(7, 9, "a long party")
        assert changes == [False, True, True]
    async with db.connect(tmp_path / "x.sqlite") as connection:
        moderation = Moderation(connection)
        await moderation.load()
        assert [moderation.is_paused(guild_id) for guild_id in (7, 8, None)] == [True, False, False]
        pause = moderation.pause_of(7)
        assert pause and (pause.reason, pause.paused_by) == ("a long party", 9)
        assert moderation.pause_of(None) is None
        assert await moderation.resume(7)
        await moderation.load()
        assert not moderation.is_paused(7)


async def test_jobs_of_a_paused_server_wait_through_a_restart_and_go_on_at_once(world: World) -> None:
    async with world.connected() as engine:
        await engine.moderation.pause(7, 9)
        held, card, _ = await world.start(engine, "blur", {"guild_id": 7})
        # Another server's jobs pass.
        other, _, done = await world.start(engine, "blur", {"guild_id": 8}, user_id=2)
        await done
        await until(lambda: any(isinstance(m, Waiting) and m.is_paused for m in card.moments))
        ended = await engine.store.get(other.id)
        assert ended and ended.outcome is Outcome.COMPLETED
    async with world.connected() as engine:
        waiting = await engine.store.get(held.id)
        assert waiting and waiting.state is State.READY
        assert engine.moderation.is_paused(7)
        await engine.resumer.resume(world.wall.open)
        assert engine.line.turn(held.id) is None
        await engine.moderation.resume(7)
        await engine.runner.drained()
        ended = await engine.store.get(held.id)
        assert ended and ended.outcome is Outcome.COMPLETED
        await world.assert_clean(engine)
