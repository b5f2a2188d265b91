"""Turns go round the users that wait, and nobody waits for ever."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.line import Rules, Ticket
from bot.turns import ROUND
from tests.bot.lines import World, ticket


def test_who_was_kept_back_for_long_does_not_make_up_for_all_of_it() -> None:
    world = World(1, Rules(running_per_guild=1))
    world.line.resume(ticket("z1", guild_id=1), "elsewhere")
    world.join(*(f"a{number}" for number in range(30)), guild_id=1)
    world.join(*(f"b{number}" for number in range(50)))
    assert world.line.turn("b0")
    for number in range(20):
        world.line.leave(f"b{number}")
    world.line.leave("z1")
    world.line.leave("b20")
    assert world.served(12) == "aaababababab"


def test_the_line_goes_forward_only() -> None:
    """Also when somebody heavy, who was kept back, catches up: who comes next is no longer where that one is."""
    world = World(1, Rules(running_per_guild=1))
    world.line.resume(ticket("z1", guild_id=1), "elsewhere")
    world.join(*(f"a{number}" for number in range(9)), guild_id=1, weight=9.0)
    world.join(*(f"b{number}" for number in range(9)))
    for number in range(5):
        world.line.leave(f"b{number}")
    world.line.leave("z1")
    passed = world.line._passed
    assert "aaaa" in world.served(5)
    assert world.line._passed >= passed


def test_a_user_of_weight_2_has_two_turns_where_others_have_one() -> None:
    world = World(0).join(*(f"{user}{number}" for number in range(20) for user in "aBc")).opened(1)
    assert Counter(world.served(20)) == {"a": 5, "B": 10, "c": 5}


def test_the_weight_of_a_users_newest_job_counts() -> None:
    world = World(0).join("b1", "a1")
    for user in "ab":
        world.line.resume(ticket(f"{user}0"), "elsewhere")
    world.join("a2?", weight=2.0)
    assert list(world.opened(1).turns("a1", "b1")) == ["a1"]


def test_a_newcomer_waits_for_one_turn_of_the_others_at_most() -> None:
    world = World(1).join(*(f"{user}{number}" for number in range(100) for user in "ab"))
    assert world.served(20).count("a") == 10
    world.join("c1")
    assert "c" in world.served(3)


def test_newcomers_do_not_keep_a_second_turn_out_for_ever() -> None:
    """Each of them asks for one job, and more come than there are turns."""
    world = World(1).join("a1", "a2", "a3")
    turns = ""
    for number in range(40):
        world.join(chr(0x100 + 2 * number), chr(0x101 + 2 * number))
        turns += world.served(1)
    assert turns.count("a") >= 2


def test_who_asks_for_one_job_after_the_other_is_no_newcomer_each_time() -> None:
    world = World(0).join(*(f"{user}{number}" for number in range(20) for user in "acde")).opened(1)
    turns = ""
    for number in range(50):
        if not any(job_id.startswith("b") for job_id in (*world.line._waiting, *world.line._turns)):
            world.join(f"b{number}")
        turns += world.served(1)
    assert 8 <= turns.count("b") <= 11


def test_who_asks_for_one_job_after_the_other_cannot_shake_its_weight_off() -> None:
    world = World(0).join(*(f"a{number}" for number in range(50))).opened(1)
    turns = ""
    for number in range(40):
        if not any(job_id.startswith("b") for job_id in (*world.line._waiting, *world.line._turns)):
            world.join(f"b{number}", weight=0.25)
        turns += world.served(1)
    assert 6 <= turns.count("b") <= 10


def test_who_is_gone_is_forgotten() -> None:
    world = World(1)
    for number in range(500):
        world.join(chr(0x100 + number))
        world.join(chr(0x100 + number) + "2")
    world.served(1000)
    for number in range(5):
        world.join(f"a{number}")
        world.served(1)
    assert (len(world.line._members), len(world.line._turns), world.line._waiting) == (0, 0, {})
    assert world.line._passed < 1000 * ROUND


def test_who_left_before_its_turn_is_forgotten() -> None:
    world = World(0).join(*(chr(0x100 + number) for number in range(50)))
    for job_id in list(world.line._waiting):
        world.line.leave(job_id)
    assert not world.line._members


BACKENDS = ("x", "y", "z")
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["join", "ready", "leave", "leave"]), st.integers(0, 15)),
        st.tuples(st.just("resume"), st.integers(0, 15)),
        st.tuples(st.just("slots"), st.tuples(st.sampled_from(BACKENDS), st.integers(0, 3))),
        st.tuples(st.just("aside"), st.sampled_from(BACKENDS)),
    ),
    max_size=80,
)
RULES = st.builds(Rules, *[st.none() | st.integers(1, 3)] * 3)


class Model:
    """Says of any state whether it is one that the line may be in."""

    def __init__(self, rules: Rules) -> None:
        self.world = World({"x": 1, "y": 2}, rules)
        self.rules = rules
        self.waiting: dict[str, bool] = {}
        self.out: dict[str, str] = {}

    def ticket(self, number: int) -> Ticket:
        backend = (None, None, "x", "y")[number % 4]
        return Ticket(f"{number}", number % 5, number % 2, number % 3, weight=(1, 3, 0.5)[number % 3], backend=backend)

    def do(self, action: str, what: Any) -> None:
        line, job_id = self.world.line, f"{what}"
        if action == "join":
            line.join(self.ticket(what), self.world.woken(job_id))
            if job_id not in self.out:
                self.waiting.setdefault(job_id, False)
        elif action == "ready":
            line.ready(job_id)
            self.waiting.update({job_id: True} if job_id in self.waiting else {})
        elif action == "leave":
            line.leave(job_id)
            self.waiting.pop(job_id, None)
            self.out.pop(job_id, None)
        elif action == "resume":
            line.resume(self.ticket(what), "y")
            self.waiting.pop(job_id, None)
            self.out[job_id] = "y"
        else:
            self.outside(action, what)
            line.hand_out()

    def outside(self, action: str, what: Any) -> None:
        if action == "slots":
            self.world.slots[what[0]] = what[1]
        else:
            self.world.up ^= {what}

    def check(self) -> None:
        line = self.world.line
        for job_id in [job_id for job_id in self.waiting if line.turn(job_id)]:
            assert self.waiting.pop(job_id), "it was not ready"
            self.out[job_id] = line.turn(job_id) or ""
        assert {job_id: line.turn(job_id) for job_id in self.out} == self.out
        assert (line.length, line.running()) == (len(self.waiting), len(self.out))
        assert {name: line.running(name) for name in BACKENDS} == {
            name: list(self.out.values()).count(name) for name in BACKENDS
        }
        assert not [job_id for job_id, ready in self.waiting.items() if ready and self.could_go(job_id)]
        self.check_positions()

    def could_go(self, job_id: str) -> bool:
        tickets = [self.ticket(int(other)) for other in self.out]
        mine = self.ticket(int(job_id))
        caps = (
            (self.rules.running_per_user, sum(other.user_id == mine.user_id for other in tickets)),
            (self.rules.running_per_guild, sum(other.guild_id == mine.guild_id for other in tickets)),
            (self.rules.running_per_workflow, sum(other.workflow_id == mine.workflow_id for other in tickets)),
        )
        if any(cap is not None and count >= cap for cap, count in caps):
            return False
        return any(self.world.line.running(name) < self.world.slots[name] for name in self.world.offers(mine))

    def check_positions(self) -> None:
        standings = self.world.line.standings()
        assert set(standings) == set(self.waiting)
        numbers = sorted(standing.position for standing in standings.values() if standing.position)
        assert numbers == list(range(1, len(numbers) + 1))
        # At a free slot stands only who is not ready to take it.
        assert not [job_id for job_id in self.waiting if not standings[job_id].position and self.waiting[job_id]]


@given(RULES, ACTIONS)
@settings(max_examples=150, deadline=None)
def test_turns_are_never_too_many_and_never_idle(rules: Rules, actions: list[tuple[str, Any]]) -> None:
    model = Model(rules)
    for action, what in actions:
        passed = model.world.line._passed
        model.do(action, what)
        model.check()
        assert model.world.line._passed >= passed


@given(
    st.lists(st.sampled_from("abcdE"), min_size=2, max_size=40), st.integers(1, 3), st.randoms(use_true_random=False)
)
@settings(max_examples=100, deadline=None)
def test_nobody_starves(crowd: list[str], slots: int, random: Any) -> None:
    """Whoever goes on asking, and whichever job ends next: nobody has three turns while somebody waits for one."""
    world = World(slots).join(*(f"{user}{number}" for number, user in enumerate(crowd)))
    world.join("z-mine")
    had: Counter[str] = Counter()
    for step in range(200):
        if world.line.turn("z-mine"):
            break
        ended = random.choice(list(world.line._turns))
        world.join(f"{ended[0]}-{step}")
        running = set(world.line._turns)
        world.line.leave(ended)
        had.update(job_id[0] for job_id in set(world.line._turns) - running)
    assert world.line.turn("z-mine")
    assert all(count <= (3 if user.isupper() else 2) for user, count in had.items() if user != "z")


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_equals_who_go_on_waiting_have_equally_many_turns(crowd: list[str]) -> None:
    world = World(0).join(*(f"{user}{number}" for number, user in enumerate(crowd))).opened(1)
    had: Counter[str] = Counter()
    left = Counter(crowd)
    while world.line.running():
        user = world.served(1)
        had[user] += 1
        left[user] -= 1
        counts = [had[other] for other in left if left[other]]
        assert max(counts, default=0) - min(counts, default=0) <= 1
