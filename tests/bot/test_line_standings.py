"""Who waits is told where it stands and when it starts, as far as anybody can know."""

from collections.abc import Sequence

import pytest

from bot.line import Standing, Ticket
from tests.bot.lines import World, ticket


def test_positions() -> None:
    world = World(2).join("a1", "a2", "a3", "a4", "b1", "c1")
    assert world.positions("a1", "a2", "b1", "c1", "a3", "a4") == [0, 0, 1, 2, 3, 4]
    assert set(world.line.standings()) == {"b1", "c1", "a3", "a4"}
    world.line.leave("a1")
    world.line.leave("a2")
    assert world.positions("b1", "c1", "a3", "a4") == [0, 0, 1, 2]


def test_who_is_not_ready_has_a_position_too() -> None:
    world = World(1).join("a1", "b1?", "c1")
    assert world.positions("b1?", "c1") == [1, 2]
    world.line.leave("a1")
    assert world.positions("b1?", "c1") == [1, 0]
    assert World(1).join("b1?").positions("b1?") == [0]


def test_a_stranger_would_be_last() -> None:
    assert World(1).join("a1", "b1").line.standing("z1") == Standing(2, None)
    assert World(1).line.standing("z1") == Standing(0, None)


def test_the_order_is_worked_out_once_for_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """With thousands who wait, a line that sorts for each of them stands still for seconds."""
    world = World(2).join(*(f"{user}{number}" for number in range(20) for user in "abcdefghij"))
    world.asked.clear()
    found = [world.line.standing(job_id) for job_id in world.line.standings()]
    assert (len(found), max(standing.position for standing in found), len(world.asked)) == (198, 198, 1)
    for change in (
        lambda: world.line.leave("a0"),
        lambda: world.line.leave("c7"),
        lambda: world.join("z1"),
        lambda: world.line.resume(ticket("d7"), "x"),
        world.line.hand_out,
    ):
        before = world.line.standings()
        assert world.line.standings() is before
        change()
        assert world.line.standings() is not before


class Slow(World):
    """To ask where a job may go takes ten milliseconds."""

    def offers(self, ticket: Ticket) -> Sequence[str]:
        self.now += 0.01
        return super().offers(ticket)


def test_a_long_line_is_not_worked_out_for_each_who_joins() -> None:
    """After a restart thousands join at once, and each of them asks where it stands."""
    world = Slow(1).join(*(f"{user}{number}" for number in range(20) for user in "abcdefghij"))
    world.line.standings()
    world.asked.clear()
    assert [world.join(f"z{number}").line.standing(f"z{number}").position for number in range(3)] == [11, 22, 33]
    assert not world.asked
    world.now += 0.5
    assert world.positions("z0", "z1", "z2") == [10, 21, 32]
    assert len(world.asked) == 1


def test_what_nobody_can_know_is_not_told() -> None:
    world = World(1).join("a1", "b1", workflow_id=1)
    assert world.line.standings() == {"b1": Standing(1, None)}
    assert world.line.standing("a1") == Standing(0, 0.0)


def test_when_a_job_starts() -> None:
    """Two turns are out, but a backend works on one job at a time."""
    world = World(2, w1=10.0).join("a1", "b1", "c1", "d1", workflow_id=1)
    assert world.line.standings() == {"c1": Standing(1, 20.0), "d1": Standing(2, 30.0)}
    world.now += 4
    assert world.line.standings() == {"c1": Standing(1, 16.0), "d1": Standing(2, 26.0)}
    # Longer than ever: it is about to end, and b1 has not begun.
    world.now += 400
    assert world.line.standing("c1").starts_in == 11.0
    world.line.leave("a1")
    assert (world.line.turn("c1"), world.line.standing("d1").starts_in) == ("x", 20.0)
    world.now += 3
    assert world.line.standing("d1").starts_in == 17.0


def test_a_job_that_ends_before_the_one_in_front_of_it_changes_nothing_there() -> None:
    world = World(2, w1=10.0).join("a1", "b1", "c1?", workflow_id=1)
    world.now += 4
    world.line.leave("b1")
    assert world.line.standing("c1?") == Standing(0, 6.0)


def test_a_resumed_job_runs_from_then_on() -> None:
    world = World(1, w1=10.0)
    world.line.resume(ticket("a1", workflow_id=1), "x")
    world.now += 2
    world.join("b1", workflow_id=1)
    assert world.line.standing("b1") == Standing(1, 8.0)


def test_of_what_never_ran_the_usual_is_expected() -> None:
    world = World(1, w1=10.0, w2=30.0, w3=80.0)
    world.join("a1", workflow_id=9).join("b1", workflow_id=1).join("c1", workflow_id=2).join("d1", workflow_id=3)
    assert [standing.starts_in for standing in world.line.standings().values()] == [30.0, 40.0, 70.0]


def test_the_backend_that_is_idle_first_counts() -> None:
    world = World({"x": 1, "y": 1}, w1=10.0, w2=60.0)
    world.join("a1", workflow_id=2).join("b1", "c1", workflow_id=1).join("d1@x", workflow_id=1)
    assert world.turns("a1", "b1") == {"a1": "x", "b1": "y"}
    assert world.line.standings() == {"c1": Standing(1, 10.0), "d1@x": Standing(2, 60.0)}


def test_where_nothing_answers_nothing_starts() -> None:
    world = World({"x": 1, "y": 0}, w1=10.0).join("a1", "b1@y", "c1", workflow_id=1)
    assert world.line.standings() == {"c1": Standing(1, 10.0), "b1@y": Standing(2, None)}
    world.slots["x"] = 0
    world.line.hand_out()
    assert world.line.standings() == {"b1@y": Standing(1, None), "c1": Standing(2, None)}


def test_what_changes_by_itself_is_seen_a_second_later() -> None:
    world = World(1, w1=10.0).join("a1", "b1", workflow_id=1)
    assert world.line.standing("b1").starts_in == 10.0
    world.seconds[1] = 20.0
    world.now += 1
    assert world.line.standing("b1").starts_in == 19.0
