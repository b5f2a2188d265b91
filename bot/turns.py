"""Whose turn is next: round the users that wait, weighted, and within a user by age."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

#: One turn of a user of weight 1, in whole numbers: so that many of them never add up to something a little different.
ROUND = 720_720
_LEAST_WEIGHT = 0.01

#: What sorts places: the least is next.
Key = tuple[int, int, bool, int]


@dataclass(frozen=True)
class Ticket:
    """What the line knows of a job; the weight and the cap are its user's."""

    job_id: str
    user_id: int
    guild_id: int | None = None
    workflow_id: int | None = None
    version: int | None = None
    weight: float = 1.0
    running_cap: int | None = None
    #: How many of its workflow's jobs its user may have running at a time.
    own_running_cap: int | None = None
    #: Where its files are.
    backend: str | None = None
    #: Backends that turned out to lack a model that it asks for.
    lacking: frozenset[str] = frozenset()


class Kind(NamedTuple):
    """What places have in common that may go to the same backends, under the same caps."""

    guild_id: int | None
    workflow_id: int | None
    version: int | None
    backend: str | None
    running_cap: int | None
    lacking: frozenset[str] = frozenset()
    own_running_cap: int | None = None


@dataclass
class Place:
    """One job's place in the line. It gets no turn before it is `ready`: its pictures are still on their way up."""

    ticket: Ticket
    kind: Kind
    moved: Callable[[], None]
    #: Grows with each that joins.
    number: int
    is_ready: bool = False


@dataclass
class Turn:
    """One job's turn. Its work begins once the backend is through with those before it."""

    ticket: Ticket
    backend: str
    began: float | None = None
    #: The place that it was.
    number: int | None = None


@dataclass(frozen=True)
class Rules:
    """How many turns one user, guild or workflow may have at a time; None: as many as there are."""

    running_per_user: int | None = None
    running_per_guild: int | None = None
    running_per_workflow: int | None = None


@dataclass
class Member:
    """One user's share in the turns."""

    #: What one turn costs: the heavier the user, the less.
    stride: int = ROUND
    #: How far its turns have brought it; who is behind comes first.
    passed: int = 0
    waiting: int = 0
    #: Whether it has had a turn: it stands behind who comes at the same round.
    was_served: bool = False
    #: Its places that are ready, by kind and age.
    _queues: dict[Kind, list[tuple[int, Place]]] = field(default_factory=dict[Kind, list[tuple[int, Place]]])

    def weigh(self, weight: float) -> bool:
        """Take the weight of the user's newest job; return whether it is another one now."""
        before, self.stride = self.stride, round(ROUND / max(weight, _LEAST_WEIGHT))
        return self.stride != before

    def key(self, number: int, running: int, ahead: int = 0) -> Key:
        """Return what sorts the place of this number, behind so many others of its user and what the user runs.

        Who runs less for its weight comes first, then who has had fewer turns for it, then who has had none, then age.
        """
        share = (running + ahead) * self.stride // ROUND
        return share, self.passed + ahead * self.stride, self.was_served or ahead > 0, number

    def queue(self, place: Place) -> None:
        heapq.heappush(self._queues.setdefault(place.kind, []), (place.number, place))

    def kinds(self) -> list[Kind]:
        return list(self._queues)

    def first(self, kind: Kind) -> Place | None:
        """Return the oldest place of this kind that is ready."""
        queue = self._queues.get(kind, [])
        while queue:
            if queue[0][1].is_ready:
                return queue[0][1]
            # It was given up, or became a turn.
            heapq.heappop(queue)
        self._queues.pop(kind, None)
        return None


@dataclass
class Load:
    """How many turns each has, and whether it may have one more."""

    rules: Rules
    users: Counter[int] = field(default_factory=Counter[int])
    guilds: Counter[int | None] = field(default_factory=Counter[int | None])
    workflows: Counter[int | None] = field(default_factory=Counter[int | None])
    #: The turns of each user for one workflow.
    own: Counter[tuple[int, int | None]] = field(default_factory=Counter[tuple[int, int | None]])

    def count(self, ticket: Ticket, turns: int) -> None:
        self.users[ticket.user_id] += turns
        if not self.users[ticket.user_id]:
            # There are more users than may be remembered for ever.
            del self.users[ticket.user_id]
        self.guilds[ticket.guild_id] += turns
        self.workflows[ticket.workflow_id] += turns
        pair = (ticket.user_id, ticket.workflow_id)
        self.own[pair] += turns
        if not self.own[pair]:
            del self.own[pair]

    def has_room(self, place: Place) -> bool:
        return self.has_room_for_user(place.ticket.user_id, place.kind) and self.has_room_for_kind(place.kind)

    def has_room_for_user(self, user_id: int, kind: Kind) -> bool:
        own = self.own[user_id, kind.workflow_id]
        return _is_below(self.users[user_id], kind.running_cap) and _is_below(own, kind.own_running_cap)

    def has_room_for_kind(self, kind: Kind) -> bool:
        guild = None if kind.guild_id is None else self.rules.running_per_guild
        workflow = None if kind.workflow_id is None else self.rules.running_per_workflow
        return _is_below(self.guilds[kind.guild_id], guild) and _is_below(self.workflows[kind.workflow_id], workflow)

    def copy(self) -> Load:
        return Load(self.rules, self.users.copy(), self.guilds.copy(), self.workflows.copy(), self.own.copy())


def _is_below(turns: int, cap: int | None) -> bool:
    return cap is None or turns < cap


class Heads:
    """The first place of each user among those of one kind, the next turn first."""

    def __init__(self) -> None:
        self._keys: dict[int, Key] = {}
        # Old keys stay in the heap until they come up: to look for them would cost more than to pass them over.
        self._heap: list[tuple[Key, int]] = []

    def put(self, user_id: int, key: Key) -> None:
        if self._keys.get(user_id) == key:
            return
        self._keys[user_id] = key
        heapq.heappush(self._heap, (key, user_id))
        if len(self._heap) > 2 * len(self._keys) + 32:
            self._heap = [(key, user_id) for user_id, key in self._keys.items()]
            heapq.heapify(self._heap)

    def drop(self, user_id: int) -> None:
        self._keys.pop(user_id, None)

    def first(self) -> tuple[Key, int] | None:
        while self._heap:
            key, user_id = self._heap[0]
            if self._keys.get(user_id) == key:
                return self._heap[0]
            heapq.heappop(self._heap)
        return None


class Offers:
    """Where, among some backends, the places of a kind may go; each kind is asked for once."""

    def __init__(self, ask: Callable[[Ticket], Sequence[str]], among: Container[str]) -> None:
        self._ask = ask
        self._among = among
        self._known: dict[tuple[object, ...], Sequence[str]] = {}

    def __call__(self, ticket: Ticket) -> Sequence[str]:
        key = (ticket.workflow_id, ticket.version, ticket.backend, ticket.lacking)
        if key not in self._known:
            self._known[key] = [name for name in self._ask(ticket) if name in self._among]
        return self._known[key]


def order(waiting: Iterable[Place], members: Mapping[int, Member], running: Mapping[int, int]) -> list[Place]:
    """Return the waiting places, given by age, in the order of their turns; `running` counts each user's at present."""
    ahead: Counter[int] = Counter()
    turns: list[tuple[Key, Place]] = []
    for place in waiting:
        user_id = place.ticket.user_id
        key = members[user_id].key(place.number, running.get(user_id, 0), ahead[user_id])
        turns.append((key, place))
        ahead[user_id] += 1
    turns.sort(key=itemgetter(0))
    return [place for _, place in turns]
