"""The order of turns: round the users, weighted, and within a user by age."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.turns import ROUND, Heads, Kind, Load, Member, Offers, Place, Rules, Ticket, order

CASES = {
    "nobody": ("", {}, {}, ""),
    "one user by age": ("a1 a2 a3", {}, {}, "a1 a2 a3"),
    "round robin": ("a1 a2 a3 b1 b2 c1", {}, {}, "a1 b1 c1 a2 b2 a3"),
    "the order of coming counts between equals": ("b1 a1 b2 a2", {}, {}, "b1 a1 b2 a2"),
    "who runs something comes later": ("a1 b1", {"a": 1}, {}, "b1 a1"),
    "who runs much comes much later": ("a1 b1 b2 b3", {"a": 2}, {}, "b1 b2 a1 b3"),
    "who has had fewer turns comes first": ("a1 b1 c1", {}, {"a": 3, "b": 1, "c": 2}, "b1 c1 a1"),
    "one who asks for much does not keep the next out": ("a1 a2 a3 a4 a5 b1", {}, {}, "a1 b1 a2 a3 a4 a5"),
    "a user of weight 2 has two turns where others have one": ("A1 A2 A3 A4 b1 b2", {}, {}, "A1 b1 A2 A3 b2 A4"),
    "also when it came later": ("b1 b2 A1 A2 A3 A4", {}, {}, "b1 A1 A2 b2 A3 A4"),
    "and may run two where others run one": ("b1 A1", {"A": 1, "b": 1}, {}, "A1 b1"),
    "but not three": ("b1 A1", {"A": 2, "b": 1}, {}, "b1 A1"),
}
KIND = Kind(None, None, None, None, None)


def places(*job_ids: str) -> list[Place]:
    """Return places of the users that the first letters name."""
    return [Place(Ticket(job_id, ord(job_id[0])), KIND, nothing, number) for number, job_id in enumerate(job_ids)]


def nothing() -> None:
    pass


def members(waiting: Sequence[Place], passed: Mapping[str, int]) -> dict[int, Member]:
    """A capital letter is a user of weight 2."""
    found = {place.ticket.user_id: Member() for place in waiting}
    for user_id, member in found.items():
        member.weigh(2.0 if chr(user_id).isupper() else 1.0)
        member.passed = passed.get(chr(user_id), 0) * ROUND
    return found


@pytest.mark.parametrize(("waiting", "running", "passed", "wanted"), CASES.values(), ids=CASES.keys())
def test_the_order_of_turns(waiting: str, running: dict[str, int], passed: dict[str, int], wanted: str) -> None:
    line = places(*waiting.split())
    before = list(line)
    turns = order(line, members(line, passed), {ord(name): count for name, count in running.items()})
    assert [place.ticket.job_id for place in turns] == wanted.split()
    assert line == before


def test_between_equals_who_had_no_turn_yet_comes_first() -> None:
    line = places("a1", "b1")
    both = members(line, {})
    both[ord("a")].was_served = True
    assert [place.ticket.job_id for place in order(line, both, {})] == ["b1", "a1"]


CROWDS = st.lists(st.sampled_from("abcABC"), max_size=60)


@given(CROWDS, st.dictionaries(st.sampled_from("abcABC"), st.integers(0, 4)))
def test_each_waits_once_and_by_age(crowd: list[str], running: dict[str, int]) -> None:
    line = places(*(f"{user}{number}" for number, user in enumerate(crowd)))
    turns = order(line, members(line, {}), {ord(user): count for user, count in running.items()})
    assert sorted(place.number for place in turns) == list(range(len(crowd)))
    for user in set(crowd):
        numbers = [place.number for place in turns if place.ticket.user_id == ord(user)]
        assert numbers == sorted(numbers)


@given(CROWDS)
def test_who_goes_on_waiting_has_as_many_turns_as_its_weight_says(crowd: list[str]) -> None:
    line = places(*(f"{user}{number}" for number, user in enumerate(crowd)))
    left, had = Counter(crowd), Counter[str]()
    for place in order(line, members(line, {}), {}):
        user = chr(place.ticket.user_id)
        had[user] += 1
        left[user] -= 1
        rounds = [had[other] / (2 if other.isupper() else 1) for other in left if left[other]]
        assert max(rounds, default=0) - min(rounds, default=0) <= 1


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=5))
def test_no_weight_starves_anybody(weights: list[float]) -> None:
    """Whatever the weights, nobody has a second turn before everybody has had one."""
    line = places(*(f"{chr(97 + user)}{number}" for user in range(len(weights)) for number in range(9)))
    found = members(line, {})
    for user, weight in enumerate(weights):
        found[97 + user].weigh(weight)
    first = order(line, found, {})[: len(weights)]
    assert {place.ticket.user_id for place in first} == set(found)


def test_the_heads_are_not_held_for_ever() -> None:
    heads = Heads()
    for turn in range(1000):
        heads.put(1, (turn, 0, False, 0))
        heads.put(2, (5, 0, False, 1))
    assert len(heads._heap) < 100
    assert heads.first() == ((5, 0, False, 1), 2)
    heads.drop(2)
    assert heads.first() == ((999, 0, False, 0), 1)
    heads.drop(1)
    heads.drop(1)
    assert heads.first() is None


def test_a_user_has_no_queues_of_what_is_gone() -> None:
    member, (young, old) = Member(), places("a1", "a2")[::-1]
    for place in (young, old):
        place.is_ready = True
        member.queue(place)
    assert member.first(KIND) is old
    old.is_ready = False
    assert member.first(KIND) is young
    young.is_ready = False
    assert (member.first(KIND), member.first(KIND), member.kinds()) == (None, None, [])


def test_each_kind_is_asked_for_once() -> None:
    asked: list[str] = []
    offers = Offers(
        lambda ticket: asked.append(ticket.job_id) or ["gone", f"for {ticket.job_id}"], among="for 1 for 2 for 3 for 4"
    )
    same = [Ticket("1", 1, workflow_id=1, version=1), Ticket("2", 2, workflow_id=1, version=1)]
    others = [Ticket("3", 1, workflow_id=1, version=2), Ticket("4", 1, workflow_id=1, version=1, backend="x")]
    assert [offers(ticket) for ticket in same + others] == [["for 1"], ["for 1"], ["for 3"], ["for 4"]]
    assert asked == ["1", "3", "4"]


ROOM = {
    "no cap": (Rules(), None, True),
    "a user at its cap": (Rules(), 2, False),
    "a user below its cap": (Rules(), 3, True),
    "a guild at its cap": (Rules(running_per_guild=2), None, False),
    "a guild below its cap": (Rules(running_per_guild=3), None, True),
    "a workflow at its cap": (Rules(running_per_workflow=2), None, False),
    "a workflow below its cap": (Rules(running_per_workflow=3), None, True),
}


@pytest.mark.parametrize(("rules", "cap", "wanted"), ROOM.values(), ids=ROOM.keys())
def test_who_has_room(rules: Rules, cap: int | None, wanted: bool) -> None:
    load, ticket = Load(rules), Ticket("a1", 1, guild_id=2, workflow_id=3)
    place = Place(ticket, Kind(2, 3, None, None, cap), nothing, 0)
    assert load.has_room(place)
    for _ in range(2):
        load.count(ticket, 1)
    assert load.has_room(place) is wanted
    for _ in range(2):
        load.count(ticket, -1)
    assert load.has_room(place)
    assert not load.users


def test_what_has_no_guild_and_no_workflow_is_under_no_cap_of_theirs() -> None:
    load, ticket = Load(Rules(running_per_guild=1, running_per_workflow=1)), Ticket("a1", 1)
    load.count(ticket, 5)
    assert load.has_room(Place(ticket, KIND, nothing, 0))
