"""Turns are handed out to where they can be used, each once, and no cap is passed."""

from collections import Counter

import pytest

from bot.line import Line, Rules
from tests.bot.lines import World, ticket


def test_unknown_jobs_are_fine() -> None:
    world = World(1).join("a1", "b1")
    for call in (world.line.leave, world.line.ready):
        call("z1")
    assert (world.line.turn("z1"), world.line.length, world.line.running()) == (None, 1, 1)


def test_every_call_may_be_made_twice() -> None:
    world = World(1).join("a1", "b1", "c1", "d1?")
    once = dict(world.line.standings())
    world.moved.clear()
    for job_id in ("a1", "b1", "c1", "d1?"):
        world.line.join(ticket(job_id), world.woken(job_id))
    for job_id in ("a1", "b1", "c1"):
        world.line.ready(job_id)
    for _ in range(2):
        world.line.resume(ticket("a1"), "x")
        world.line.hand_out()
    assert (world.line.standings(), world.turns("a1", "b1", "c1"), world.moved) == (once, {"a1": "x"}, {})
    for _ in range(2):
        world.line.leave("a1")
        world.line.leave("c1")
    assert (world.turns("b1"), world.line.length, world.line.running(), world.moved) == ({"b1": "x"}, 1, 1, {"b1": 1})


def test_only_so_many_turns_are_out() -> None:
    world = World(2).join("a1", "a2", "b1", "c1")
    assert list(world.turns("a1", "a2", "b1", "c1")) == ["a1", "a2"]
    assert (world.line.length, world.line.running(), world.line.running("x"), world.line.running("y")) == (2, 2, 2, 0)
    world.line.leave("a1")
    assert list(world.turns("a1", "a2", "b1", "c1")) == ["a2", "b1"]


def test_who_leaves_the_line_gets_no_turn() -> None:
    world = World(1).join("a1", "b1", "c1", "b2")
    world.line.leave("b1")
    assert world.positions("c1", "b2") == [1, 2]
    world.line.leave("a1")
    assert (world.turns("b1", "b2", "c1"), world.moved["b1"]) == ({"c1": "x"}, 0)


def test_who_joins_again_stands_behind() -> None:
    world = World(1).join("a1", "b1", "c1")
    world.line.leave("b1")
    world.join("b1")
    world.line.leave("a1")
    assert list(world.turns("b1", "c1")) == ["c1"]


def test_a_place_that_is_not_ready_gets_no_turn_and_keeps_its_age() -> None:
    world = World(1).join("a1?", "b1", "c1")
    assert list(world.turns("a1?", "b1", "c1")) == ["b1"]
    world.line.ready("a1?")
    world.line.leave("b1")
    assert list(world.turns("a1?", "c1")) == ["a1?"]


def test_within_a_user_who_came_first_goes_first_whichever_was_ready_first() -> None:
    world = World(0).join("a1?", "a2", "a3?")
    world.line.ready("a1?")
    assert list(world.opened(1).turns("a1?", "a2", "a3?")) == ["a1?"]


def test_a_free_turn_waits_for_who_gets_ready() -> None:
    world = World(1).join("a1?", "b1?")
    assert (world.turns("a1?", "b1?"), world.moved) == ({}, {})
    world.line.ready("b1?")
    assert (world.turns("a1?", "b1?"), world.moved) == ({"b1?": "x"}, {"b1?": 1})


def test_only_who_gets_a_turn_is_woken() -> None:
    world = World(1).join("a1", "b1", "b2", "c1")
    world.moved.clear()
    world.line.leave("b2")
    world.join("d1")
    assert not world.moved
    world.line.leave("a1")
    assert world.moved == {"b1": 1}


def test_who_is_woken_may_leave_at_once() -> None:
    world = World(1)
    world.line.join(ticket("a1"), lambda: world.line.leave("a1"))
    world.join("b1?")
    world.line.ready("a1")
    assert (world.line.turn("a1"), world.line.running(), world.line.length) == (None, 0, 1)


def test_two_backends_share_the_turns() -> None:
    world = World({"x": 2, "y": 2}).join("a1", "b1", "c1", "d1", "e1")
    assert world.turns("a1", "b1", "c1", "d1", "e1") == {"a1": "x", "b1": "y", "c1": "x", "d1": "y"}
    world.line.leave("d1")
    assert world.turns("e1") == {"e1": "y"}


def test_many_turns_at_once_are_shared_too() -> None:
    """What the first was offered is no longer the best for the second."""
    world = World({"x": 0, "y": 0}).join("a1", "b1", "c1", "d1")
    world.slots = {"x": 2, "y": 2}
    world.line.hand_out()
    assert Counter(world.turns("a1", "b1", "c1", "d1").values()) == {"x": 2, "y": 2}
    assert world.turns("a1", "b1") == {"a1": "x", "b1": "y"}


def test_many_turns_at_once_go_to_jobs_of_all_kinds() -> None:
    world = World(0)
    for number in range(4):
        world.join(f"a{number}", f"b{number}", workflow_id=number)
    assert list(world.opened(5).turns("a0", "a1", "a2", "b0", "b1", "b2")) == ["a0", "a1", "a2", "b0", "b1"]


def test_the_first_that_is_offered_and_free_is_taken() -> None:
    line = Line(lambda ticket: ["z", "full", "y", "x"], lambda: {"x": 1, "y": 1, "full": 0})
    for job_id in ("a1", "b1"):
        line.join(ticket(job_id), lambda: None)
        line.ready(job_id)
    assert (line.turn("a1"), line.turn("b1")) == ("y", "x")


def test_who_can_go_nowhere_keeps_nobody_back() -> None:
    world = World({"x": 1, "y": 1}).join("a1@x", "b1@x", "b2@y", "c1@gone", "c2")
    assert world.turns("a1@x", "b1@x", "b2@y", "c1@gone", "c2") == {"a1@x": "x", "b2@y": "y"}
    assert world.positions("b1@x", "c2", "c1@gone") == [2, 1, 3]
    world.line.leave("b2@y")
    assert world.turns("b1@x", "c1@gone", "c2") == {"c2": "y"}
    world.line.leave("a1@x")
    assert world.turns("b1@x", "c1@gone") == {"b1@x": "x"}
    assert world.line.length == 1


def test_a_backend_that_is_set_aside_gets_nothing_and_takes_its_turns_up_again() -> None:
    world = World({"x": 1, "y": 1})
    world.up.discard("y")
    world.join("a1@y", "b1@y", "c1")
    assert world.turns("a1@y", "b1@y", "c1") == {"c1": "x"}
    world.up.add("y")
    assert not world.line.turn("a1@y")
    world.line.hand_out()
    assert world.turns("a1@y", "b1@y") == {"a1@y": "y"}


def test_slots_may_shrink_below_what_runs() -> None:
    world = World(3).join("a1", "b1", "c1", "d1", "e1")
    world.slots["x"] = 1
    world.line.hand_out()
    assert world.line.running("x") == 3
    for job_id in ("a1", "b1"):
        world.line.leave(job_id)
        assert not world.turns("d1", "e1")
    world.line.leave("c1")
    assert world.turns("d1", "e1") == {"d1": "x"}
    world.slots.clear()
    world.line.leave("d1")
    assert (world.turns("e1"), world.positions("e1")) == ({}, [1])


def test_a_resumed_job_has_its_turn_whatever_the_slots_say() -> None:
    world = World(1).join("a1", "b1", "c1")
    world.line.resume(ticket("z1"), "gone")
    world.line.resume(ticket("b1"), "x")
    assert world.turns("a1", "b1", "z1", "c1") == {"a1": "x", "b1": "x", "z1": "gone"}
    assert (world.line.length, world.line.running("x"), world.line.running("gone"), world.moved["b1"]) == (1, 2, 1, 0)
    for job_id in ("z1", "a1"):
        world.line.leave(job_id)
        assert not world.line.turn("c1")
    world.line.leave("b1")
    assert world.line.turn("c1") == "x"


def test_a_job_that_is_resumed_elsewhere_hands_its_slot_on() -> None:
    world = World({"x": 1, "y": 1})
    world.join("a1@x", "b1@x")
    world.line.resume(ticket("a1@x"), "y")
    assert world.turns("a1@x", "b1@x") == {"a1@x": "y", "b1@x": "x"}
    assert (world.line.running("x"), world.line.running("y")) == (1, 1)


CAPS = {
    "a user's": (Rules(running_per_user=1), {}, ["a1", "b1"]),
    "a user's own": (Rules(running_per_user=1), {"running_cap": 2}, ["a1", "a2", "b1"]),
    "a user's own, the lower one": (Rules(running_per_user=3), {"running_cap": 1}, ["a1", "b1"]),
    "a user's for one workflow": (Rules(running_per_user=3), {"own_running_cap": 1}, ["a1", "b1"]),
    "a user's for one workflow, the higher one": (Rules(running_per_user=1), {"own_running_cap": 3}, ["a1", "b1"]),
    "a guild's": (Rules(running_per_guild=2), {"guild_id": 7}, ["a1", "a2"]),
    "a guild's, outside of any": (Rules(running_per_guild=2), {}, ["a1", "a2", "a3", "b1"]),
    "a workflow's": (Rules(running_per_workflow=3), {"workflow_id": 7}, ["a1", "a2", "a3"]),
}


@pytest.mark.parametrize(("rules", "more", "wanted"), CAPS.values(), ids=CAPS.keys())
def test_caps(rules: Rules, more: dict[str, int], wanted: list[str]) -> None:
    world = World(4, rules).join("a1", "a2", "a3", "b1", **more)
    assert list(world.turns("a1", "a2", "a3", "b1")) == wanted
    # A slot that is free is none for who may not have it.
    assert 0 not in world.positions(*{"a1", "a2", "a3", "b1"} - {*wanted})
    world.line.leave("a1")
    assert (world.line.turn("a2"), world.line.running()) == ("x", min(len(wanted), 3))


def test_a_users_cap_for_one_workflow_leaves_the_others_alone() -> None:
    world = World(4).join("a1", "a2", "b1", workflow_id=1, own_running_cap=1)
    world.join("a3", "a4", workflow_id=2)
    assert list(world.turns("a1", "a2", "a3", "a4", "b1")) == ["a1", "a3", "a4", "b1"]
    world.line.leave("a3")
    assert not world.line.turn("a2")
    world.line.leave("a1")
    assert world.line.turn("a2") == "x"


def test_a_user_at_its_cap_keeps_nobody_back() -> None:
    """A heavy user's next turn would come first, if there were no cap."""
    world = World(0, Rules(running_per_user=1))
    world.line.resume(ticket("A1"), "elsewhere")
    assert list(world.join("A2", "b1").opened(2).turns("A2", "b1")) == ["b1"]
    world.line.leave("A1")
    assert world.line.turn("A2")


def test_who_was_passed_over_keeps_its_age() -> None:
    world = World(2, Rules(running_per_guild=1))
    world.join("a1", "b1", guild_id=1)
    world.join("c1", "d1", guild_id=2)
    assert list(world.turns("a1", "b1", "c1", "d1")) == ["a1", "c1"]
    world.join("e1", guild_id=3)
    assert world.positions("b1", "d1", "e1") == [1, 2, 3]
    world.line.leave("a1")
    assert list(world.turns("b1", "c1", "d1", "e1")) == ["b1", "c1"]


def test_a_turn_that_comes_to_nothing_costs_no_place() -> None:
    """Its backend went away before it was used."""
    world = World(1).join("a1", "b1", "c1", "a2", "b2")
    world.slots["x"] = 0
    world.line.give_back("a1")
    world.join("a1")
    assert world.turns("a1", "b1", "c1") == {}
    for job_id in ("a1", "b1", "c1", "a2", "b2"):
        world.opened(1)
        assert list(world.turns("a1", "b1", "c1", "a2", "b2")) == [job_id]
        world.line.leave(job_id)


def test_only_turns_are_given_back() -> None:
    world = World(1).join("a1", "b1")
    for job_id in ("b1", "z1"):
        world.line.give_back(job_id)
    assert (world.turns("a1", "b1"), world.positions("b1")) == ({"a1": "x"}, [1])


# Servers whose jobs wait


def test_a_paused_server_gets_no_turns_and_keeps_nobody_back() -> None:
    world = World(1)
    paused = {7}
    world.line.is_paused = lambda guild_id: guild_id in paused
    world.join("a1", "b1", guild_id=7).join("c1", "d1", guild_id=8)
    assert world.turns("a1", "b1", "c1", "d1") == {"c1": "x"}
    # Those who can go nowhere stand behind those who can, and nobody knows when it is their turn.
    assert world.positions("d1", "a1", "b1") == [1, 2, 3]
    assert world.line.standing("a1").starts_in is None
    world.line.leave("c1")
    world.line.leave("d1")
    assert world.turns("a1", "b1") == {}
    paused.clear()
    world.line.hand_out()
    assert world.turns("a1", "b1") == {"a1": "x"}


def test_what_runs_when_its_server_is_paused_keeps_its_turn() -> None:
    world = World(1).join("a1", guild_id=7)
    world.line.is_paused = lambda guild_id: guild_id == 7
    world.line.hand_out()
    world.line.resume(ticket("b1", guild_id=7), "x")
    assert world.turns("a1", "b1") == {"a1": "x", "b1": "x"}


def test_a_members_jobs_elsewhere_go_on() -> None:
    world = World(2)
    world.line.is_paused = lambda guild_id: guild_id == 7
    world.join("a1", guild_id=7).join("a2", guild_id=8).join("a3")
    assert world.turns("a1", "a2", "a3") == {"a2": "x", "a3": "x"}


def test_who_waited_through_a_pause_does_not_take_all_turns_afterwards() -> None:
    world = World(1)
    paused = {7}
    world.line.is_paused = lambda guild_id: guild_id in paused
    world.join(*(f"a{number}" for number in range(9)), guild_id=7)
    world.join(*(f"b{number}" for number in range(12)), guild_id=8)
    world.served(4)
    paused.clear()
    served = world.served(8)
    assert served.count("a") <= 5 and served.count("b") >= 3
