"""What the waiting are told: what is news, who is told first, and when there is no hope left."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.board import Board, is_news
from bot.cards import Away, Waiting
from bot.line import Line, Ticket
from tests.bot.world import World

AT = datetime(2026, 1, 1, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("told", "moment", "news"),
    [
        (Waiting(3), Waiting(3), False),
        (Waiting(3), Waiting(2), True),
        (Waiting(2), Waiting(3), True),
        (Waiting(6), Waiting(5), True),
        (Waiting(30), Waiting(29), False),
        (Waiting(30), Waiting(24), True),
        (Waiting(400), Waiting(390), False),
        (Waiting(3), Waiting(3, later(60)), True),
        (Waiting(3, later(60)), Waiting(3), False),
        (Waiting(3, later(60)), Waiting(3, later(75)), False),
        (Waiting(3, later(60)), Waiting(3, later(90)), True),
        (Waiting(3, later(60)), Waiting(3, later(30)), True),
        (Waiting(30, later(1000)), Waiting(30, later(1200)), False),
        (Waiting(30, later(1000)), Waiting(30, later(1500)), True),
        (Waiting(3), Away(), True),
        (Away(), Away(), False),
        (Away(), Waiting(3), True),
        (Waiting(3), Waiting(3, is_paused=True), True),
        (Waiting(3, is_paused=True), Waiting(3), True),
        (Waiting(9, is_paused=True), Waiting(2, is_paused=True), False),
    ],
)
def test_what_is_news(
    told: Waiting | Away, moment: Waiting | Away, news: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.board._NEWS", timedelta(seconds=20))
    assert is_news(told, moment, AT) is news


def queued(line: Line, *job_ids: str) -> None:
    for number, job_id in enumerate(job_ids):
        line.join(Ticket(job_id, number), lambda: None)
        line.ready(job_id)


async def test_only_so_many_are_told_at_once_and_the_next_ones_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.board._MOST_AT_ONCE", 3)
    async with world.connected() as engine:
        line = Line(engine.pool.offers, lambda: {"main": 1})
        board, woken = Board(line, engine.pool, 60), list[int]()
        queued(line, *(str(number) for number in range(8)))
        for number in range(1, 8):
            moment = board.waiting(Ticket(str(number), number), lambda number=number: woken.append(number))
            assert moment == Waiting(number)
        board.tell()
        assert woken == []
        line.leave("0")
        board.tell()
        assert woken == [2, 3, 4]
        board.forget("2")
        woken.clear()
        board.tell()
        assert woken == [3, 4, 5]


async def test_there_is_no_hope_once_nobody_could_take_it_for_too_long(world: World) -> None:
    async with world.connected() as engine:
        line, woken = Line(engine.pool.offers, engine.pool.slots), list[str]()
        board, ticket = Board(line, engine.pool, 60), Ticket("a", 1)
        line.join(ticket, lambda: None)
        assert board.waiting(ticket, lambda: woken.append("a")) == Waiting(0)
        board.tell()
        assert (woken, board.is_hopeless("a")) == ([], False)
        engine.pool.first.set_aside("a test")
        board.tell()
        assert (woken, board.is_hopeless("a")) == (["a"], False)
        assert board.waiting(ticket, lambda: None) == Away()
        board._patience = timedelta()
        assert board.is_hopeless("a")
        board.tell()
        assert woken == ["a", "a"]
        engine.pool.first.set_up()
        board.tell()
        assert not board.is_hopeless("a")
        assert not board.is_hopeless("nobody")


async def test_one_that_fits_nowhere_waits_for_the_backend_that_it_fits(world: World) -> None:
    """Another one answers, and could never take it: that gives no hope."""
    async with world.connected() as engine:
        engine.pool.fits = lambda *_: False
        line = Line(engine.pool.offers, engine.pool.slots)
        board, ticket = Board(line, engine.pool, 0), Ticket("a", 1)
        line.join(ticket, lambda: None)
        assert board.waiting(ticket, lambda: None) == Away()
        assert board.is_hopeless("a")


async def test_what_waits_for_a_backend_that_is_drained_keeps_its_hope(world: World) -> None:
    """Whoever took it out of service gives it back."""
    async with world.connected() as engine:
        line = Line(engine.pool.offers, engine.pool.slots)
        board, ticket = Board(line, engine.pool, 0), Ticket("a", 1)
        line.join(ticket, lambda: None)
        await engine.pool.drain("main")
        assert board.waiting(ticket, lambda: None) == Away(is_drained=True)
        board.tell()
        assert not board.is_hopeless("a")


async def test_who_is_held_back_by_an_admin_is_told_so_and_keeps_its_hope(world: World) -> None:
    """Also while no backend answers: it is not for them that it waits."""
    async with world.connected() as engine:
        line, woken, paused = Line(engine.pool.offers, lambda: {"main": 0}), list[str](), {7}
        line.is_paused = lambda guild_id: guild_id in paused
        board, ticket = Board(line, engine.pool, 0), Ticket("a", 1, 7)
        line.join(ticket, lambda: None)
        engine.pool.first.set_aside("it is away")
        assert board.waiting(ticket, lambda: woken.append("a")) == Waiting(1, is_paused=True)
        board.tell()
        assert (woken, board.is_hopeless("a")) == ([], False)
        paused.clear()
        board.tell()
        assert woken
        assert board.waiting(ticket, lambda: None) == Away()
        engine.pool.first.set_up()
