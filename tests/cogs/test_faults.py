"""When Discord itself is in trouble: the job still runs once, and ends on its card as well as can be."""

import asyncio
import types
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.playground.discord import LocalChannel, LocalMember, Message, Permissions
from tests.cogs.atelier import (
    ENQUEUE,
    PHOTO,
    Atelier,
    blank,
    buttons,
    fixture,
    history,
    in_module_loop,
    numbers,
    text,
    workflow,
)

CARD = "PATCH /webhooks"
POSTS = "POST /channels/{channel_id}/messages"


@pytest.fixture(autouse=True)
def _quick_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own pauses between its tries in the same places, but short ones."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))

    quick = types.SimpleNamespace(**{**vars(asyncio), "sleep": sleep})
    for module in ("discord.http", "discord.webhook.async_"):
        monkeypatch.setattr(f"{module}.asyncio", quick)


async def started(atelier: Atelier):
    """A job that runs on an InvokeAI which holds still."""
    await atelier.publish(fixture("blur"))
    await atelier.invoke.pause()
    card = await atelier.run("fog-glass", {"photo": PHOTO})
    return await atelier.shows(card, "🎨")


async def assert_it_ends_well(atelier: Atelier, card) -> None:
    await atelier.invoke.resume()
    await atelier.over(card)
    await atelier.tidy()
    assert [file.size for file in card.attachments if file.size] != []
    assert len(atelier.channel.messages) == 1
    assert atelier.invoke.requests[ENQUEUE] == 1


TROUBLES: dict[str, Callable[[Atelier], None]] = {
    "a 503": lambda a: a.discord.faults.fail_next(CARD, 503),
    "a rate limit": lambda a: a.discord.faults.fail_next(CARD, 429, 2, headers={"Retry-After": "0.1"}),
    "an answer that is lost": lambda a: a.discord.faults.lose_answer_next(CARD, 2),
    "a token that is not taken": lambda a: a.discord.faults.fail_next(CARD, 401, body={"code": 50027}),
    "a webhook that is unknown": lambda a: a.discord.faults.fail_next(CARD, 404, body={"code": 10015}),
}


@in_module_loop
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
async def test_the_results_come_through_all_the_same(room: Atelier, trouble: Callable[[Atelier], None]) -> None:
    card = await started(room)
    trouble(room)
    await assert_it_ends_well(room, card)
    room.refusals()


@in_module_loop
async def test_by_the_channel_a_503_is_tried_again(room: Atelier) -> None:
    card = await started(room)
    room.discord.advance(16 * 60)
    room.discord.faults.fail_next("PATCH /channels", 503, 2)
    room.discord.faults.lose_answer_next("PATCH /channels")
    await assert_it_ends_well(room, card)
    assert {refusal.status for refusal in room.refusals()} == {401, 503}


@in_module_loop
async def test_after_fifteen_minutes_edits_go_by_the_channel(room: Atelier) -> None:
    card = await started(room)
    room.discord.advance(15 * 60 + 1)
    before = room.calls("PATCH", "/webhooks")
    await assert_it_ends_well(room, card)
    assert room.calls("PATCH", "/channels") >= 1
    # The token is tried once, and not again.
    assert room.calls("PATCH", "/webhooks") == before + 1
    assert [refusal.code for refusal in room.refusals()] == [50027]


@in_module_loop
async def test_further_messages_are_posted_once_although_the_answer_was_lost(room: Atelier) -> None:
    await room.publish(numbers(23))
    room.discord.faults.lose_answer_next(POSTS)
    room.discord.faults.fail_next(POSTS, 503)
    card = await room.over(await room.run("many"))
    await room.tidy()
    # A sheet of them all comes first.
    assert [len(message.attachments) for message in room.channel.messages] == [10, 10, 4]
    assert room.channel.messages[0] is card
    room.refusals()


@in_module_loop
async def test_where_the_history_may_not_be_read_the_nonce_keeps_further_messages_single(room: Atelier) -> None:
    await room.publish(numbers(12))
    room.discord.faults.fail_next(f"GET /channels/{room.channel.id}/messages", 403, 2, body={"code": 50001})
    room.discord.faults.lose_answer_next(f"POST /channels/{room.channel.id}/messages")
    await room.over(await room.run("many"))
    await room.tidy()
    assert [len(message.attachments) for message in room.channel.messages] == [10, 3]
    room.refusals()


@in_module_loop
async def test_a_card_that_was_deleted_ends_the_edits_and_not_the_cleanup(room: Atelier) -> None:
    card = await started(room)
    room.discord.messages.delete(card)
    await room.invoke.resume()
    await room.tidy()
    assert not room.channel.messages
    assert {refusal.code for refusal in room.refusals()} == {10008}
    assert "✅" in await room.ask(room.place.member, "jobs")


@in_module_loop
@pytest.mark.parametrize("after", [0, 16 * 60], ids=["by token", "by channel"])
async def test_a_channel_that_was_deleted_does_not_keep_the_job_from_its_end(room: Atelier, after: int) -> None:
    await started(room)
    spare = room.place.guild.add_channel("spare")
    room.discord.advance(after)
    room.channel.delete()
    await room.invoke.resume()
    await room.tidy()
    assert {refusal.code for refusal in room.refusals()} <= {10003, 10008, 50027, 0}
    shown = await room.answer(await room.place.member.slash(spare, "jobs"))
    assert "✅" in text(shown)


@in_module_loop
async def test_an_interaction_that_is_delivered_twice_makes_one_job(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    room.discord.faults.duplicate_next_interaction = True
    card = await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    await room.tidy()
    assert len(card.attachments) == 1
    assert len(room.channel.messages) == 1
    assert room.invoke.requests[ENQUEUE] == 1
    assert len((await room.ask(room.place.member, "jobs")).splitlines()) == 3


@in_module_loop
async def test_a_card_whose_answer_was_lost_is_still_the_card(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    room.discord.faults.lose_answer_next("POST /interactions")
    card = await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    await room.tidy()
    assert len(card.attachments) == 1
    assert len(room.channel.messages) == 1
    assert room.invoke.requests[ENQUEUE] == 1


LOST_PRESSES: dict[str, Callable[[Atelier], None]] = {
    "after it was done": lambda a: a.discord.faults.lose_answer_next("POST /interactions"),
    "before it was done": lambda a: a.discord.faults.cut_next("POST /interactions"),
    "too late": lambda a: a.discord.faults.fail_next("POST /interactions", 404, body={"code": 10062}),
}


@pytest.mark.parametrize("trouble", LOST_PRESSES.values(), ids=LOST_PRESSES)
@in_module_loop
async def test_a_cancel_whose_answer_did_not_get_through_is_honoured(
    room: Atelier, trouble: Callable[[Atelier], None], caplog: pytest.LogCaptureFixture
) -> None:
    """And the log tells of no error of ours."""
    card = await started(room)
    trouble(room)
    await room.place.member.press(card, "Cancel")
    await room.over(card)
    assert "🛑 Cancelled." in text(card)
    await room.invoke.resume()
    await room.tidy()
    room.refusals()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@in_module_loop
async def test_a_card_that_could_not_be_posted_runs_nothing(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    room.discord.faults.fail_next("POST /interactions", 404, body={"code": 10062})
    await room.place.member.slash(room.channel, "fog-glass", {"photo": PHOTO})
    await room.discord.until(lambda: room.discord.refused)
    await room.tidy()
    assert not room.channel.messages
    assert not room.invoke.requests[ENQUEUE]
    assert "🛑" in await room.ask(room.place.member, "jobs")
    room.refusals()


@in_module_loop
async def test_a_gateway_that_drops_loses_nothing(room: Atelier) -> None:
    card = await started(room)
    puts = room.calls("PUT")
    room.discord.faults.drop_gateway()
    await room.discord.until(lambda: not room.discord.gateway.online)
    # Sent while nobody listened, and delivered when the session is resumed.
    await room.place.member.press(card, "Cancel")
    await room.discord.online(15)
    await room.over(card)
    assert "🛑 Cancelled." in text(card)
    await room.invoke.resume()
    await room.tidy()
    assert room.calls("PUT") == puts


@in_module_loop
async def test_progress_never_fails_a_job(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    await room.invoke.pause()
    room.discord.faults.fail_next(CARD, 400, body={"code": 50035})
    card = await room.run("blank")
    await room.discord.until(lambda: room.discord.refused)
    await asyncio.sleep(0.05)
    await room.invoke.resume()
    await room.over(card)
    await room.tidy()
    assert len(card.attachments) == 1
    room.refusals()


@pytest.mark.slow
@pytest.mark.parametrize("atelier", [{"rate_limits": True, "step_seconds": 0.01}], indirect=True, ids=["rate limits"])
async def test_with_rate_limits_and_without_a_gateway_the_last_state_is_shown(atelier: Atelier) -> None:
    slow = await atelier.publish(fixture("slow"))
    people = [atelier.place.guild.add_member(f"P{i}") for i in range(3)]
    cards = [await atelier.run(slow["name"], {"steps": 20}, who=who) for who in people]
    puts = atelier.calls("PUT")
    # The library takes five seconds for a new session; results need none.
    atelier.discord.faults.drop_gateway(resumable=False)
    for card in cards:
        await atelier.over(card)
        assert len(card.attachments) == 1
        assert len(history(card)) <= 6
    await atelier.tidy()
    await atelier.discord.online(15)
    await atelier.over(await atelier.run(slow["name"], {"steps": 1}))
    assert atelier.calls("PUT") == puts
    # At the pace of the tests, thirty times that of the settings, the library counts a bucket wrong now and then.
    assert {refusal.status for refusal in atelier.refusals()} <= {429}


# Every route that a job uses, and everything that can happen to it


@dataclass
class Seat:
    """A member with a channel of their own, and what stands there."""

    who: LocalMember
    channel: LocalChannel
    card: Message
    token: str

    @property
    def told(self) -> list[Message]:
        return self.who.dm.messages


async def seated(
    atelier: Atelier, names: list[str], command: str, trouble: Callable[[str], None] | None = None, **options: object
) -> list[Seat]:
    """Have a job asked for by a member for each name; `trouble` comes before."""
    seats: list[Seat] = []
    for name in names:
        who, channel = atelier.place.guild.add_member(name), atelier.place.guild.add_channel(name.replace(" ", "-"))
        if trouble:
            trouble(name)
        use = await (await who.slash(channel, command, options)).answered()
        assert use.original
        seats.append(Seat(who, channel, use.original, use.token))
    return seats


def happen(atelier: Atelier, kind: str, route: str, times: int = 1) -> None:
    faults = atelier.discord.faults
    match kind:
        case "cut before":
            faults.cut_next(route, times)
        case "cut after":
            faults.lose_answer_next(route, times)
        case "429":
            faults.fail_next(route, 429, times, headers={"Retry-After": "0.05"})
        case _:
            faults.fail_next(route, int(kind), times)


KINDS = ["429", "500", "502", "503", "cut before", "cut after"]
#: What is asked, whether the token has expired, and whether the bot may see the channel; and how many times it happens:
#: what befalls progress first shall befall the results as well.
ROUTES = {
    "the card, by token": ("PATCH /webhooks/{app}/{token}", False, True, 2),
    "the card, by channel": ("PATCH /channels/{channel}/messages", True, True, 2),
    "what is there already": ("GET /channels/{channel}/messages", False, True, 1),
    "further messages": ("POST /channels/{channel}/messages", False, True, 1),
    "a direct channel": ("POST /users/@me/channels", True, False, 1),
    "a direct message": ("POST /channels/{direct}/messages", True, False, 1),
    "a direct channel's history": ("GET /channels/{direct}/messages", True, False, 1),
}


@in_module_loop
@pytest.mark.parametrize(("route", "expired", "visible", "times"), ROUTES.values(), ids=ROUTES.keys())
async def test_whatever_happens_to_a_call_each_job_ends_once(
    room: Atelier, route: str, expired: bool, visible: bool, times: int
) -> None:
    await room.publish(numbers(11))
    await room.invoke.pause()
    seats, planned = await seated(room, KINDS, "many"), []
    if expired:
        room.discord.advance(16 * 60)
    for kind, seat in zip(KINDS, seats, strict=True):
        if not visible:
            seat.channel.overwrite(room.place.guild.bot, deny=Permissions.VIEW_CHANNEL)
        ids = {"app": room.discord.application_id, "token": seat.token}
        planned.append(route.format(channel=seat.channel.id, direct=seat.who.dm.id, **ids))
        happen(room, kind, planned[-1], times)
    await room.invoke.resume()
    await room.tidy()
    for seat in seats:
        messages = seat.channel.messages if visible else seat.told
        assert [len(message.attachments) for message in messages] == [10, 2]
        assert seat.told == ([] if visible else messages)
        assert "❌" not in text(messages[0])
        assert ("Cancel" in buttons(seat.card)) is not visible
    assert room.invoke.batches == len(seats)
    assert times > 1 or not set(planned) & set(room.discord.faults.pending)
    room.refusals()


@in_module_loop
async def test_whatever_happens_to_the_first_answer_there_is_one_card_or_no_job(room: Atelier) -> None:
    await room.publish(workflow(blank(), name="Blank"))
    route = "POST /interactions"
    kinds = [kind for kind in KINDS if kind != "cut before"]
    seats = await seated(room, kinds, "blank", lambda kind: happen(room, kind, route))
    happen(room, "cut before", route)
    unanswered = room.place.guild.add_member("Unanswered")
    nowhere = await unanswered.slash(room.channel, "blank")
    await room.discord.until(lambda: any(refusal.status == 404 for refusal in room.discord.refused))
    await room.tidy()
    for seat in seats:
        assert [len(message.attachments) for message in seat.channel.messages] == [1]
    assert nowhere.original is None
    assert route not in room.discord.faults.pending
    assert not room.channel.messages
    assert room.invoke.batches == len(seats)
    assert "🛑" in await room.ask(unanswered, "jobs")
    room.refusals()


# What is taken away, in each state


def deny(permission: Permissions) -> Callable[[Atelier, Seat], None]:
    return lambda atelier, seat: seat.channel.overwrite(atelier.place.guild.bot, deny=permission)


#: What happens, and then: how many files the card has, and how many the direct message.
TAKEN = {
    "nothing": (lambda atelier, seat: None, 1, None),
    "view": (deny(Permissions.VIEW_CHANNEL), 0, 1),
    # Who may not write may still change what they wrote.
    "send": (deny(Permissions.SEND_MESSAGES), 1, None),
    "attach": (deny(Permissions.ATTACH_FILES), 0, 1),
    "card": (lambda atelier, seat: atelier.discord.messages.delete(seat.card), 0, None),
    "channel": (lambda atelier, seat: seat.channel.delete(), 0, 1),
    "direct messages": (lambda atelier, seat: seat.who.close_direct_messages(), 1, None),
}


#: How many run at once, and what the cards show when it happens.
STATES = {"uploading": (8, "📤"), "waiting": (1, "in line"), "running": (8, "🎨"), "cancelling": (8, "🎨")}


@pytest.mark.parametrize(
    ("atelier", "state"),
    [({"max_in_flight": slots}, state) for state, (slots, _) in STATES.items()],
    indirect=["atelier"],
    ids=STATES,
)
async def test_whatever_is_taken_away_in_any_state_is_made_up_for(atelier: Atelier, state: str) -> None:
    await atelier.publish(fixture("blur"))
    await atelier.invoke.pause()
    atelier.invoke.faults.delay("POST /api/v1/images/upload", 0.5 if state == "uploading" else 0)
    seats = await seated(atelier, list(TAKEN), "fog-glass", photo=PHOTO)
    # Whose picture is up first has the turn.
    shown, others = STATES[state][1], int(state == "waiting")
    await atelier.discord.until(lambda: sum(shown in text(seat.card) for seat in seats) == len(seats) - others, 10)
    atelier.discord.advance(16 * 60)
    for (take_away, *_), seat in zip(TAKEN.values(), seats, strict=True):
        if state == "cancelling":
            await seat.who.press(seat.card, "Cancel")
        take_away(atelier, seat)
    await atelier.invoke.resume()
    await atelier.tidy()
    for (_, on_card, direct), seat in zip(TAKEN.values(), seats, strict=True):
        files = 0 if state == "cancelling" else 1
        # Words alone may stand where files may not.
        told = [] if direct is None or (state == "cancelling" and seat is seats[3]) else [direct * files]
        assert len(seat.card.attachments) == on_card * files
        assert [len(message.attachments) for message in seat.told] == told
    atelier.refusals()


async def test_results_need_no_gateway(atelier: Atelier) -> None:
    card = await started(atelier)
    atelier.discord.faults.drop_gateway(resumable=False)
    await assert_it_ends_well(atelier, card)
    assert not atelier.discord.gateway.online
