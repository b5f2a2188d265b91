"""The gate: who is over a cap is told what it is and when there is room, and everyone else gets in with their caps."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import aiosqlite
import pytest

from bot import db
from bot.config import Limits
from bot.gate import Gate
from bot.jobs import Cap, DuplicateInteraction, Job, JobStore, Outcome, State, new_id, now
from bot.line import Standing
from bot.moderation import Moderation
from bot.policies import Policies
from bot.policy import Caps, Policy
from bot.roles import RoleCap, RoleCaps
from bot.usage import Usage
from workflows.errors import UserError
from workflows.texts import Voice

MINUTE = 60.0
HOUR = timedelta(hours=1)


@dataclass
class Door:
    """Where jobs go in: the rows alone, and what the line would say of each."""

    store: JobStore
    starts_in: dict[str, float] = field(default_factory=dict)
    most: Mapping[Cap, int] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    #: What comes in between.
    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def submit(self, job: Job, most: Mapping[Cap, int]) -> Job:
        self.most = most
        if self.meanwhile:
            await self.meanwhile()
        await self.store.create(job, most)
        return job

    async def cancel(self, job_id: str) -> bool:
        self.cancelled.append(job_id)
        return True

    def standing(self, job: Job) -> Standing:
        return Standing(1, self.starts_in.get(job.id))


@dataclass
class House:
    connection: aiosqlite.Connection

    def __post_init__(self) -> None:
        self.door = Door(JobStore(self.connection))
        self.roles = RoleCaps(self.connection)
        self.usage = Usage(self.connection)
        self.policies = Policies(self.connection)
        self.moderation = Moderation(self.connection)

    async def enter(self, job: Job, *role_ids: int, **limits: object) -> Job:
        return await self.gate(**limits).enter(job, role_ids)

    def gate(self, **limits: object) -> Gate:
        rulers = {"policies": self.policies, "moderation": self.moderation}
        return Gate(Limits.model_validate(limits), self.roles, self.usage, self.door, **rulers)

    async def refused(self, job: Job, *role_ids: int, **limits: object) -> str:
        with pytest.raises(UserError) as refusal:
            await self.enter(job, *role_ids, **limits)
        assert await self.door.store.get(job.id) is None
        return str(refusal.value)

    async def has(self, ago: timedelta = timedelta(), seconds: float = 0, **changes: object) -> Job:
        """Have a member's job in the rows already."""
        job = plain().evolve(created_at=now() - ago, backend_seconds=seconds, **changes)
        await self.door.store.create(job)
        return job

    async def takes(self, workflow_id: int, seconds: float) -> None:
        """Have a workflow completed once, in so many seconds, by somebody else."""
        job = plain(user_id=99, workflow_id=workflow_id, outcome=Outcome.COMPLETED, backend_seconds=seconds)
        self.usage.note(job)


def plain(**changes: object) -> Job:
    job = Job(id=new_id(), user_id=1, title="a job", created_at=now(), guild_id=7, workflow_id=1)
    return job.evolve(**changes)


def told(text: str) -> datetime:
    """The moment that a refusal tells."""
    found = re.search(r"<t:(\d+):R>", text)
    assert found, text
    return datetime.fromtimestamp(int(found[1]), now().tzinfo)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with db.connect(":memory:") as connection:
        for number in (1, 2):
            columns = "id, guild_id, slug, version, created_by, created_at"
            await connection.execute(f"INSERT INTO workflows ({columns}) VALUES ({number}, 7, 's{number}', 1, 1, '')")
        yield House(connection)


# Over a cap


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (
            {"waiting_per_user": 2},
            "You have 2 jobs under way, which is as many as you may have. You can also cancel one.",
        ),
        (
            {"waiting_per_user": 1},
            "You have one job under way, which is as many as you may have. You can also cancel it.",
        ),
        (
            {"waiting_per_guild": 2},
            "This server has 2 jobs under way, which is as many as it may have. Please try again in a while.",
        ),
        (
            {"waiting_per_workflow": 2},
            "This workflow has 2 jobs under way, which is as many as it may have. Please try again in a while.",
        ),
    ],
)
async def test_over_a_cap_where_no_time_is_known(limits: dict[str, int], expected: str, house: House) -> None:
    for _ in range(next(iter(limits.values()))):
        await house.has()
    assert await house.refused(plain(), **limits) == expected


async def test_each_cap_counts_its_own(house: House) -> None:
    await house.has()
    limits = {"waiting_per_user": 1, "waiting_per_guild": 1, "waiting_per_workflow": 1}
    assert "This server" in await house.refused(plain(user_id=2, workflow_id=2), **limits)
    assert "This workflow" in await house.refused(plain(user_id=2, guild_id=8), **limits)
    assert "You have one" in await house.refused(plain(guild_id=8, workflow_id=2), **limits)
    await house.enter(plain(user_id=2, guild_id=8, workflow_id=2), **limits)


@pytest.mark.parametrize("cap", ["user", "guild", "workflow"])
async def test_over_a_cap_it_is_told_when_the_first_is_done(cap: str, house: House) -> None:
    await house.takes(1, 600)
    await house.has(state=State.QUEUED, enqueued_at=now() - timedelta(seconds=100))
    await house.has(state=State.QUEUED, enqueued_at=now() - timedelta(seconds=200))
    await house.has(state=State.READY)
    text = await house.refused(plain(), **{f"waiting_per_{cap}": 3})
    assert abs(told(text) - now() - timedelta(seconds=400)) < timedelta(seconds=30)
    assert "The first of them should be done <t:" in text or "Please try again then." in text


async def test_the_first_to_be_done_may_be_one_that_waits(house: House) -> None:
    await house.takes(1, 3600)
    await house.takes(2, 60)
    await house.has(state=State.QUEUED, enqueued_at=now())
    waiting = await house.has(state=State.READY, workflow_id=2)
    house.door.starts_in[waiting.id] = 300
    text = await house.refused(plain(), waiting_per_user=2)
    assert abs(told(text) - now() - timedelta(seconds=360)) < timedelta(seconds=30)


async def test_what_should_have_been_done_just_now_is_due(house: House) -> None:
    await house.takes(1, 60)
    await house.has(state=State.QUEUED, enqueued_at=now() - timedelta(seconds=90))
    text = await house.refused(plain(), waiting_per_user=1)
    assert text == (
        "You have one job under way, which is as many as you may have. It should be done any moment now. "
        "You can also cancel it."
    )


async def test_of_what_is_far_overdue_nobody_knows_the_end(house: House) -> None:
    await house.takes(1, 100)
    await house.has(state=State.QUEUED, enqueued_at=now() - timedelta(seconds=201))
    text = await house.refused(plain(), waiting_per_user=1)
    assert text == "You have one job under way, which is as many as you may have. You can also cancel it."


async def test_what_never_ran_is_expected_to_take_what_is_usual(house: House) -> None:
    await house.takes(1, 600)
    await house.has(state=State.QUEUED, enqueued_at=now(), workflow_id=2)
    text = await house.refused(plain(), waiting_per_user=1)
    assert abs(told(text) - now() - timedelta(seconds=600)) < timedelta(seconds=30)


# The same interaction twice


async def test_a_second_delivery_is_no_refusal(house: House) -> None:
    job = await house.enter(plain(interaction_id=5), waiting_per_user=1)
    with pytest.raises(DuplicateInteraction):
        await house.enter(plain(interaction_id=5), waiting_per_user=9)
    # The first one is what fills the cap, or the allowance.
    with pytest.raises(DuplicateInteraction):
        await house.enter(plain(interaction_id=5), waiting_per_user=1)
    await house.door.store.save(job.evolve(backend_seconds=MINUTE))
    with pytest.raises(DuplicateInteraction):
        await house.enter(plain(interaction_id=5), daily_minutes_per_user=1)
    assert "You have one job" in await house.refused(plain(interaction_id=6), waiting_per_user=1)


# The daily allowance


async def test_who_has_used_their_time_is_told_when_there_is_room(house: House) -> None:
    over = {"state": State.CLOSED, "outcome": Outcome.COMPLETED}
    await house.has(23 * HOUR, 2 * MINUTE, **over)
    await house.has(20 * HOUR, 9 * MINUTE, **{**over, "guild_id": 8, "outcome": Outcome.FAILED})
    await house.has(HOUR, 4.5 * MINUTE, **over)
    text = await house.refused(plain(), daily_minutes_per_user=10)
    assert text.startswith("You have used 15.5 of the 10 minutes of InvokeAI's time that you have in 24 hours. ")
    # Without the first there are 13.5 minutes still, and without the second 4.5.
    assert abs(told(text) - now() - 4 * HOUR) < timedelta(seconds=30)
    text = await house.refused(plain(), daily_minutes_per_user=14)
    assert abs(told(text) - now() - HOUR) < timedelta(seconds=30)
    await house.enter(plain(), daily_minutes_per_user=15.6)


async def test_at_the_cap_there_is_no_room(house: House) -> None:
    await house.has(2 * HOUR, 10 * MINUTE, outcome=Outcome.COMPLETED)
    text = await house.refused(plain(), daily_minutes_per_user=10)
    assert "You have used 10 of the 10 minutes" in text
    assert abs(told(text) - now() - 22 * HOUR) < timedelta(seconds=30)


async def test_there_is_no_room_before_what_is_left_is_under_the_cap(house: House) -> None:
    await house.has(10 * HOUR, 5 * MINUTE, outcome=Outcome.COMPLETED)
    await house.has(2 * HOUR, 10 * MINUTE, outcome=Outcome.COMPLETED)
    text = await house.refused(plain(), daily_minutes_per_user=10)
    assert abs(told(text) - now() - 22 * HOUR) < timedelta(seconds=30)


async def test_what_is_a_day_old_or_anothers_does_not_count(house: House) -> None:
    await house.has(24 * HOUR, 10 * MINUTE, outcome=Outcome.COMPLETED)
    await house.has(HOUR, 10 * MINUTE, user_id=2, outcome=Outcome.COMPLETED)
    await house.enter(plain(), daily_minutes_per_user=1)


async def test_jobs_under_way_count_as_what_they_usually_take(house: House) -> None:
    await house.takes(1, 3 * MINUTE)
    await house.has(5 * HOUR, 4 * MINUTE, outcome=Outcome.COMPLETED)
    await house.has(2 * HOUR, MINUTE, state=State.QUEUED)
    await house.has(HOUR, workflow_id=2)
    text = await house.refused(plain(), daily_minutes_per_user=10)
    assert "You have used 5 of the 10 minutes" in text
    assert "and your jobs under way will take about 6 more" in text
    assert abs(told(text) - now() - 19 * HOUR) < timedelta(seconds=30)
    await house.enter(plain(), daily_minutes_per_user=11.5)


async def test_jobs_of_which_nothing_is_known_count_nothing_yet(house: House) -> None:
    await house.has(HOUR)
    await house.enter(plain(), daily_minutes_per_user=0.5)


async def test_a_fraction_of_a_minute_is_told(house: House) -> None:
    await house.has(HOUR, 30, outcome=Outcome.COMPLETED)
    assert "You have used 0.5 of the 0.5 minutes" in await house.refused(plain(), daily_minutes_per_user=0.5)


# By role


async def test_a_job_goes_in_with_its_members_caps(house: House) -> None:
    plainly = await house.enter(plain())
    assert (plainly.weight, plainly.running_cap, house.door.most) == (1, None, {Cap.USER: 5})
    strictly = await house.enter(plain(), running_per_user=2, waiting_per_guild=9, waiting_per_workflow=8)
    assert (strictly.weight, strictly.running_cap) == (1, 2)
    assert house.door.most == {Cap.USER: 5, Cap.GUILD: 9, Cap.WORKFLOW: 8}
    await house.roles.change(7, RoleCap(20, weight=2, running=3, waiting=7))
    await house.roles.change(7, RoleCap(21, waiting=6))
    job = await house.enter(plain(), 20, 21, 22, running_per_user=2)
    assert (job.weight, job.running_cap, house.door.most) == (2, 3, {Cap.USER: 7})
    assert await house.door.store.get(job.id) == job
    elsewhere = await house.enter(plain(guild_id=8), 20, 21, running_per_user=2)
    assert (elsewhere.weight, elsewhere.running_cap, house.door.most) == (1, 2, {Cap.USER: 5})


async def test_outside_servers_there_are_no_roles_and_no_servers_cap(house: House) -> None:
    await house.enter(plain(guild_id=None, workflow_id=None), 7, waiting_per_guild=1, waiting_per_workflow=1)
    assert house.door.most == {Cap.USER: 5}


async def test_a_role_may_have_more_time_or_less(house: House) -> None:
    await house.has(HOUR, 10 * MINUTE, outcome=Outcome.COMPLETED)
    await house.roles.change(7, RoleCap(20, daily_seconds=20 * MINUTE))
    await house.roles.change(7, RoleCap(21, daily_seconds=5 * MINUTE))
    assert "10 of the 10 minutes" in await house.refused(plain(), daily_minutes_per_user=10)
    assert "10 of the 5 minutes" in await house.refused(plain(), 21)
    await house.enter(plain(), 20, 21, daily_minutes_per_user=10)


# By the workflow's policy


def own(text: str) -> str:
    return re.sub(r"<t:\d+:R>", "<t>", text)


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        (
            Caps(waiting=1),
            "You have one job of this workflow under way, which is as many as you may have of it. "
            "You can also cancel it.",
        ),
        (
            Caps(waiting=2),
            "You have 2 jobs of this workflow under way, which is as many as you may have of it. "
            "You can also cancel one.",
        ),
        (
            Caps(daily=1),
            "You have run this workflow in the last 24 hours, and may do so once in that time. "
            "You can run it again <t>.",
        ),
        (
            Caps(daily=2),
            "You have run this workflow 2 times in the last 24 hours, which is as often as you may. "
            "You can run it again <t>.",
        ),
        (
            Caps(cooldown=3600),
            "This workflow takes a break between two runs of yours. You can run it again <t>.",
        ),
    ],
)
async def test_over_a_cap_of_the_workflows_own(caps: Caps, expected: str, house: House) -> None:
    await house.policies.save(1, Policy(caps=caps))
    numbers = itertools.count(10)
    for _ in range(caps.waiting or caps.daily or 1):
        await house.enter(plain(interaction_id=next(numbers)))
    assert own(await house.refused(plain(interaction_id=1))) == expected
    # Others, and other workflows, are not held to it.
    await house.enter(plain(user_id=2, interaction_id=2))
    await house.enter(plain(workflow_id=2, interaction_id=3))


async def test_own_caps_tell_when_there_is_room(house: House) -> None:
    await house.takes(1, 600)
    await house.policies.save(1, Policy(caps=Caps(waiting=1, daily=3, cooldown=3 * 3600)))
    under_way = await house.has(2 * HOUR, state=State.QUEUED, enqueued_at=now())
    text = await house.refused(plain(interaction_id=1))
    assert "It should be done" in text and abs(told(text) - now() - timedelta(seconds=600)) < timedelta(seconds=30)
    await house.door.store.save(under_way.evolve(outcome=Outcome.COMPLETED))
    assert abs(told(await house.refused(plain(interaction_id=1))) - now() - HOUR) < timedelta(seconds=30)
    for hours in (23, 20):
        await house.has(hours * HOUR, outcome=Outcome.CANCELLED)
    assert abs(told(await house.refused(plain(interaction_id=1))) - now() - HOUR) < timedelta(seconds=30)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.LOST])
async def test_what_came_to_nothing_is_no_run(outcome: Outcome, house: House) -> None:
    await house.policies.save(1, Policy(caps=Caps(waiting=1, daily=1, cooldown=60)))
    await house.has(timedelta(seconds=1), outcome=outcome)
    await house.enter(plain(interaction_id=1))


async def test_what_was_long_ago_is_no_run(house: House) -> None:
    await house.policies.save(1, Policy(caps=Caps(daily=1, cooldown=3 * 24 * 3600)))
    await house.has(74 * HOUR, outcome=Outcome.COMPLETED)
    await house.enter(plain(interaction_id=1))


async def test_a_cooldown_longer_than_a_day_is_held(house: House) -> None:
    await house.policies.save(1, Policy(caps=Caps(cooldown=3 * 24 * 3600)))
    await house.has(70 * HOUR, outcome=Outcome.COMPLETED)
    assert abs(told(await house.refused(plain(interaction_id=1))) - now() - 2 * HOUR) < timedelta(seconds=30)


async def test_jobs_of_one_command_are_one_run_to_the_cooldown_alone(house: House) -> None:
    await house.policies.save(1, Policy(caps=Caps(cooldown=60, daily=3)))
    await house.enter(plain(interaction_id=1))
    for _ in range(2):
        await house.enter(plain())
    assert "3 times" in await house.refused(plain())


async def test_of_two_thumbs_at_once_one_gets_in(house: House) -> None:
    await house.policies.save(1, Policy(caps=Caps(waiting=1)))
    gate = house.gate()
    jobs = [plain(interaction_id=number) for number in range(1, 6)]
    done = await asyncio.gather(*(gate.enter(job, ()) for job in jobs), return_exceptions=True)
    assert sum(isinstance(one, Job) for one in done) == 1
    assert sum(isinstance(one, UserError) for one in done) == 4


async def test_a_second_delivery_is_no_run_of_its_own(house: House) -> None:
    await house.policies.save(1, Policy(caps=Caps(daily=1)))
    await house.enter(plain(interaction_id=5))
    with pytest.raises(DuplicateInteraction):
        await house.enter(plain(interaction_id=5))


async def test_a_job_goes_in_with_its_workflows_running_cap(house: House) -> None:
    await house.policies.save(1, Policy(caps=Caps(running=2)))
    job = await house.enter(plain())
    assert (job.running_cap, job.own_running_cap) == (None, 2)
    assert await house.door.store.get(job.id) == job
    assert (await house.enter(plain(workflow_id=2))).own_running_cap is None


async def test_who_is_blocked_gets_nothing_in(house: House) -> None:
    await house.moderation.block(7, 1, 9, "spam")
    assert "spam" in await house.refused(plain())
    await house.enter(plain(user_id=2))
    await house.enter(plain(guild_id=8))
    assert house.door.cancelled == []


async def test_who_is_blocked_while_a_job_goes_in_has_it_cancelled(house: House) -> None:
    house.door.meanwhile = lambda: house.moderation.block(7, 1, 9, "spam")
    job = await house.enter(plain())
    assert house.door.cancelled == [job.id]


async def test_a_refusal_is_told_in_another_language(house: House) -> None:
    await house.takes(1, 60)
    await house.has(state=State.QUEUED, enqueued_at=now() - timedelta(seconds=90))
    with pytest.raises(UserError) as refused:
        await house.enter(plain(), waiting_per_user=1)
    assert Voice("de").tell(refused.value.args[0]) == (
        "Du hast einen Auftrag offen, und mehr darfst du nicht haben. Er sollte jeden Moment fertig sein. "
        "Du kannst ihn auch abbrechen."
    )
