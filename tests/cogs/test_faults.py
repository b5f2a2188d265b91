"""When Discord itself is in trouble: the job still runs once, and ends on its card as well as can be."""

import asyncio
from collections.abc import Callable

import pytest

from tests.cogs.atelier import ENQUEUE, PHOTO, Atelier, blank, fixture, history, in_module_loop, numbers, text, workflow

CARD = "PATCH /webhooks"
POSTS = "POST /channels/{channel_id}/messages"


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
    assert [len(message.attachments) for message in room.channel.messages] == [10, 10, 3]
    assert room.channel.messages[0] is card
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
    assert len((await room.ask(room.place.member, "jobs")).splitlines()) == 2


@in_module_loop
async def test_a_card_whose_answer_was_lost_is_still_the_card(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    room.discord.faults.lose_answer_next("POST /interactions")
    card = await room.over(await room.run("fog-glass", {"photo": PHOTO}))
    await room.tidy()
    assert len(card.attachments) == 1
    assert len(room.channel.messages) == 1
    assert room.invoke.requests[ENQUEUE] == 1


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
