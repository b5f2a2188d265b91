"""A policy: who may run a workflow, where, and with what, as tables of cases."""

from typing import Any

import pytest

from bot.policy import (
    Bound,
    Caps,
    Named,
    Policy,
    Refusal,
    Standing,
    is_bounded,
    limit_of,
    refusal,
    require_bounds,
    texts_of,
)
from workflows.errors import InputError
from workflows.spec import InputSpec, Kind

GUILD, ME, OTHER, RED, BLUE, GREEN = 100, 1, 2, 20, 21, 22
THREAD, CHANNEL, CATEGORY, ELSEWHERE = 30, 31, 32, 33
#: A member with the roles red and blue, in a thread.
MEMBER = Standing(ME, GUILD, (RED, BLUE), (THREAD, CHANNEL, CATEGORY))
MANAGER = Standing(ME, GUILD, (RED, BLUE), (THREAD, CHANNEL, CATEGORY), is_manager=True)
#: The same person in a direct message, or on another server: nothing is known but who they are.
AWAY = Standing(ME)


def roles(allowed: tuple[int, ...] = (), denied: tuple[int, ...] = ()) -> dict[str, Named]:
    return {"roles": Named(allowed=allowed, denied=denied)}


def members(allowed: tuple[int, ...] = (), denied: tuple[int, ...] = ()) -> dict[str, Named]:
    return {"members": Named(allowed=allowed, denied=denied)}


def channels(allowed: tuple[int, ...] = (), denied: tuple[int, ...] = ()) -> dict[str, Named]:
    return {"channels": Named(allowed=allowed, denied=denied)}


WHO, WHERE, AGE, AWAY_FROM = Refusal.WHO, Refusal.WHERE, Refusal.AGE, Refusal.ELSEWHERE


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, None),
        # The member first, then their roles, of which one that is allowed is enough, then everyone.
        (members(denied=(ME,)) | roles(allowed=(RED,)), WHO),
        (members(allowed=(ME,)) | roles(denied=(RED, GUILD)), None),
        (members(allowed=(OTHER,)), WHO),
        (members(denied=(OTHER,)), None),
        (members(allowed=(OTHER,)) | roles(allowed=(RED,)), None),
        (members(allowed=(OTHER,)) | roles(denied=(GREEN,)), WHO),
        (roles(allowed=(RED,)), None),
        (roles(allowed=(GREEN,)), WHO),
        (roles(allowed=(GUILD,)), None),
        (roles(denied=(RED,)), WHO),
        (roles(denied=(GREEN,)), None),
        (roles(denied=(GUILD,)), WHO),
        (roles(allowed=(RED,), denied=(BLUE,)), None),
        (roles(allowed=(RED,), denied=(GUILD,)), None),
        (roles(allowed=(GUILD,), denied=(RED,)), WHO),
        (roles(allowed=(GREEN,), denied=(BLUE,)), WHO),
        # The thread first, then its channel, then the category.
        (channels(allowed=(CHANNEL,)), None),
        (channels(allowed=(THREAD,)), None),
        (channels(allowed=(CATEGORY,)), None),
        (channels(allowed=(ELSEWHERE,)), WHERE),
        (channels(denied=(ELSEWHERE,)), None),
        (channels(denied=(CHANNEL,)), WHERE),
        (channels(denied=(CATEGORY,)), WHERE),
        (channels(allowed=(CHANNEL,), denied=(CATEGORY,)), None),
        (channels(allowed=(CATEGORY,), denied=(CHANNEL,)), WHERE),
        (channels(allowed=(THREAD,), denied=(CHANNEL,)), None),
        (channels(allowed=(ELSEWHERE,), denied=(GREEN,)), WHERE),
        # Both have to say yes.
        (members(allowed=(ME,)) | channels(denied=(CHANNEL,)), WHERE),
        (roles(denied=(RED,)) | channels(allowed=(CHANNEL,)), WHO),
        ({"age_restricted_only": True}, AGE),
        ({"private_only": True, "spoiler": True}, None),
    ],
)
def test_who_may_run_it_where(said: dict[str, Any], expected: Refusal | None):
    assert refusal(Policy(**said), MEMBER) is expected
    # Who may manage the server stands above who and where; not above what the results are.
    assert refusal(Policy(**said), MANAGER) is (AGE if expected is AGE else None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, None),
        (members(allowed=(ME,)) | roles(denied=(RED,)), None),
        (members(denied=(ME,)), WHO),
        (members(allowed=(OTHER,)), WHO),
        (roles(allowed=(RED,)), AWAY_FROM),
        (roles(denied=(GREEN,)), AWAY_FROM),
        (channels(allowed=(CHANNEL,)), AWAY_FROM),
        (channels(denied=(CHANNEL,)), None),
        ({"age_restricted_only": True}, AGE),
    ],
)
def test_away_from_the_server(said: dict[str, Any], expected: Refusal | None):
    assert refusal(Policy(**said), AWAY) is expected


def test_an_age_restricted_channel_is_one():
    here = Standing(ME, GUILD, (), (CHANNEL,), is_age_restricted=True)
    assert refusal(Policy(age_restricted_only=True), here) is None


# Changing it


def test_nothing_is_both_allowed_and_denied():
    policy = Policy().naming("roles", [RED, BLUE, RED], allowed=True)
    assert policy.roles == Named(allowed=(RED, BLUE))
    policy = policy.naming("roles", [BLUE, GREEN], allowed=False)
    assert policy.roles == Named(allowed=(RED,), denied=(BLUE, GREEN))
    assert policy.naming("roles", [], allowed=False).roles == Named(allowed=(RED,))
    assert policy.members == policy.channels == Named()


def bound(role_id: int, name: str = "steps", **limits: Any) -> Bound:
    return Bound(role_id=role_id, place=("n", name), name=name, **limits)


def test_a_bound_takes_the_place_of_the_roles_own():
    policy = Policy().bounding(bound(RED, maximum=5)).bounding(bound(BLUE, maximum=6)).bounding(bound(RED, minimum=1))
    assert policy.bounds == (bound(BLUE, maximum=6), bound(RED, minimum=1))
    assert policy.bounding(bound(RED)).bounds == (bound(BLUE, maximum=6),)
    # An input that stands at another node since, or is called otherwise, is still the same.
    moved = bound(RED, maximum=5).model_copy(update={"place": ("m", "value")})
    renamed = bound(RED, maximum=5).model_copy(update={"name": "count"})
    for now in (moved, renamed):
        assert policy.bounding(now).bounds == (bound(BLUE, maximum=6), now)
        assert policy.bounding(now).bounding(bound(RED)).bounds == (bound(BLUE, maximum=6),)


def test_it_is_the_same_after_it_was_kept():
    policy = Policy(
        roles=Named(allowed=(RED,)),
        channels=Named(denied=(CHANNEL,)),
        members=Named(allowed=(2**63,)),
        caps=Caps(running=1, waiting=2, cooldown=30, daily=4),
        bounds=(bound(RED, minimum=0.5, maximum=3), bound(BLUE, "prompt", longest=10)),
        spoiler=True,
        age_restricted_only=True,
        private_only=True,
    )
    assert Policy.model_validate_json(policy.model_dump_json(exclude_defaults=True)) == policy
    assert Policy.model_validate_json('{"of_a_newer_familiar": 1}') == Policy()


# Values


def spec(name: str = "steps", kind: Kind = Kind.INTEGER, **more: Any) -> InputSpec:
    return InputSpec(name, name, "", kind, "n", name, **more)


@pytest.mark.parametrize(
    ("bounds", "value", "problem"),
    [
        ([], 10**6, None),
        ([bound(GREEN, maximum=5)], 50, None),
        ([bound(RED, maximum=5)], 5, None),
        ([bound(RED, maximum=5)], 6, "may be at most 5"),
        ([bound(RED, minimum=2)], 1, "must be at least 2"),
        ([bound(RED, maximum=0.25)], 0.3, "may be at most 0.25"),
        # @everyone is a role too, and of several the most generous counts.
        ([bound(GUILD, maximum=5)], 6, "may be at most 5"),
        ([bound(GUILD, maximum=5), bound(RED, maximum=9)], 9, None),
        ([bound(GUILD, maximum=9), bound(RED, maximum=5)], 9, None),
        ([bound(BLUE, maximum=7), bound(RED, maximum=5)], 8, "may be at most 7"),
        ([bound(BLUE, minimum=3), bound(RED, minimum=1)], 2, None),
        ([bound(BLUE, minimum=3), bound(RED, maximum=5)], 2, "must be at least 3"),
        # Lists: each of the values.
        ([bound(RED, maximum=5)], [1, 2, 9], "may be at most 5"),
        ([bound(RED, maximum=5)], [], None),
        ([bound(RED, "other", maximum=5)], 9, None),
        ([Bound(role_id=RED, place=("n", "steps"), name="its old name", maximum=5)], 9, "may be at most 5"),
        ([Bound(role_id=RED, place=("m", "value"), name="steps", maximum=5)], 9, "may be at most 5"),
    ],
)
def test_bounds_by_role(bounds: list[Bound], value: Any, problem: str | None):
    policy = Policy(bounds=tuple(bounds))
    inputs = (spec(kind=Kind.INTEGERS if isinstance(value, list) else Kind.NUMBER),)
    if problem is None:
        require_bounds(policy, MEMBER, inputs, {"steps": value})
        return
    for standing in (MEMBER, MANAGER):
        with pytest.raises(InputError, match=rf"\*\*steps\*\*: {problem} for you on this server"):
            require_bounds(policy, standing, inputs, {"steps": value})


@pytest.mark.parametrize(("value", "fits"), [("a" * 5, True), ("a" * 6, False), (["a" * 5, "a" * 6], False)])
def test_a_text_may_be_so_long(value: Any, fits: bool):
    policy = Policy(bounds=(bound(RED, "prompt", longest=5),))
    inputs = (spec("prompt", Kind.STRINGS if isinstance(value, list) else Kind.STRING),)
    if fits:
        require_bounds(policy, MEMBER, inputs, {"prompt": value})
        return
    with pytest.raises(InputError, match="may be at most 5 characters long"):
        require_bounds(policy, MEMBER, inputs, {"prompt": value})


def test_away_from_the_server_the_strictest_holds():
    policy = Policy(bounds=(bound(GUILD, maximum=5), bound(RED, maximum=9, minimum=2)))
    limit = limit_of(policy, AWAY, spec())
    assert (limit.minimum, limit.maximum) == (2, 5)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (spec(), True),
        (spec(kind=Kind.STRING), True),
        (spec(kind=Kind.NUMBERS), True),
        (spec(kind=Kind.CHOICE), False),
        (spec(kind=Kind.IMAGE), False),
        (spec(is_seed=True), False),
        (spec(hidden=True), False),
        (spec(connected=True), False),
    ],
)
def test_what_can_be_bounded(one: InputSpec, expected: bool):
    assert is_bounded(one) is expected
    require_bounds(Policy(bounds=(bound(RED, maximum=0, longest=1),)), MEMBER, (one,), {})
    if not expected:
        require_bounds(Policy(bounds=(bound(RED, maximum=0, longest=1),)), MEMBER, (one,), {"steps": 7})


def test_the_texts_that_a_member_gave():
    inputs = (
        spec("prompt", Kind.STRING, default="a harbour"),
        spec("style", Kind.STRING, default="oil"),
        spec("lines", Kind.STRINGS),
        spec("fixed", Kind.STRING, hidden=True),
        spec("steps"),
        spec("missing", Kind.STRING),
    )
    given = {"prompt": "a tower", "style": "oil", "lines": ["one", "two"], "fixed": "x", "steps": 5}
    assert texts_of(inputs, given) == [("prompt", "a tower"), ("lines", "one"), ("lines", "two")]
