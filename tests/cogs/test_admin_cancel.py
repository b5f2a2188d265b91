"""/admin cancel: one job, all of a member, all of the server after a second question; never another server's."""

import copy

import pytest

from bot.playground.discord import Message
from tests.cogs.atelier import Atelier, blank, buttons, custom_id, in_module_loop, job_id, text, workflow
from tests.cogs.test_admin import held


async def cancelled(room: Atelier, *cards: Message) -> bool:
    for card in cards:
        await room.over(card)
    return all("Cancelled" in text(card) for card in cards)


@in_module_loop
@pytest.mark.parametrize(
    "options",
    [{}, {"job": "abc", "everything": True}, {"everything": False}],
    ids=str,
)
async def test_it_must_be_said_what_to_cancel(options: dict[str, object], room: Atelier) -> None:
    told = await room.ask(room.place.admin, "admin cancel", options)
    assert told.startswith("Please say what to cancel: one **job**")


@in_module_loop
async def test_where_there_is_nothing_to_cancel_it_says_so(room: Atelier) -> None:
    place = room.place
    for options in ({"member": place.member}, {"everything": True}):
        assert await room.ask(place.admin, "admin cancel", options) == "There is nothing to cancel."
    told = await room.ask(place.admin, "admin cancel", {"job": "`x`" * 30})
    assert told.startswith("There is no unfinished job `xxx") and told.endswith("` on this server.")


@in_module_loop
async def test_another_servers_job_is_not_known(room: Atelier) -> None:
    elsewhere = copy.copy(room)
    elsewhere.place = room.open_place("Elsewhere")
    async with held(elsewhere, 1) as cards:
        theirs = job_id(cards[0])
        told = await room.ask(room.place.admin, "admin cancel", {"job": theirs})
        assert told == f"There is no unfinished job `{theirs}` on this server."
        assert await room.ask(room.place.admin, "admin cancel", {"everything": True}) == "There is nothing to cancel."
    assert "Cancelled" not in text(cards[0])


@in_module_loop
async def test_one_job_is_cancelled_by_its_suggestion(room: Atelier) -> None:
    admin = room.place.admin
    async with held(room, 2) as cards:
        theirs = await room.run("blank", who=room.place.other)

        async def suggested(typed: str) -> list[str]:
            return [one["name"] for one in await admin.autocomplete(room.channel, "admin cancel", "job", typed)]

        assert await suggested("bO") == [f"Blank [x](y) · Bo · {job_id(card)}" for card in cards]
        assert await suggested(job_id(theirs)) == [f"Blank [x](y) · Cy · {job_id(theirs)}"]
        assert await suggested("nothing like it") == []
        (choice,) = await admin.autocomplete(room.channel, "admin cancel", "job", "cy")
        told = await room.ask(admin, "admin cancel", {"job": choice["value"]})
        assert told == "🛑 1 job is being cancelled."
        assert await cancelled(room, theirs)
        again = await room.ask(admin, "admin cancel", {"job": f"job {job_id(theirs)}"})
        assert again == f"There is no unfinished job `{job_id(theirs)}` on this server."
    assert not any("Cancelled" in text(card) for card in cards)


@in_module_loop
async def test_all_jobs_of_a_member_are_cancelled(room: Atelier) -> None:
    place = room.place
    async with held(room, 3) as cards:
        other = await room.run("blank", who=place.other)
        told = await room.ask(place.admin, "admin cancel", {"member": place.member})
        assert told == f"🛑 3 jobs of <@{place.member.user.id}> are being cancelled."
        assert await cancelled(room, *cards)
        await room.invoke.resume()
        assert not await cancelled(room, other)


@in_module_loop
@pytest.mark.parametrize("choice", ["Keep them", "Cancel all"])
async def test_all_of_the_server_is_asked_once_more(choice: str, room: Atelier) -> None:
    place = room.place
    async with held(room, 3) as cards:
        asked = await room.answer(await place.admin.slash(room.channel, "admin cancel", {"everything": True}))
        assert asked.ephemeral
        assert text(asked) == "Cancel all 3 unfinished jobs of this server, whoever asked for them?"
        assert buttons(asked) == ["Cancel all", "Keep them"]
        await room.changed(asked, await place.admin.press(asked, choice))
        assert not buttons(asked)
        if choice == "Cancel all":
            assert asked.content == "🛑 3 jobs are being cancelled."
            assert await cancelled(room, *cards)
        else:
            assert asked.content == "Nothing was cancelled."
    assert all(("Cancelled" in text(card)) is (choice == "Cancel all") for card in cards)


async def test_the_second_question_outlives_a_restart_and_is_for_admins_only(atelier: Atelier) -> None:
    place = atelier.place
    await atelier.publish(workflow(blank(), name="Blank"), name="blank")
    await atelier.ask(place.admin, "admin pause")
    card = await atelier.run("blank")
    asked = await atelier.answer(await place.admin.slash(atelier.channel, "admin cancel", {"everything": True}))
    assert text(asked) == "This server has one unfinished job. Cancel it?"
    await atelier.restart()
    # Only the admin sees it; but who was one a moment ago may press it still.
    refused = await atelier.press_raw(place.member, card, custom_id(asked, "Cancel all"))
    assert await atelier.told(refused) == "You need the permission **Manage Server** for that."
    await atelier.changed(asked, await place.admin.press(asked, "Cancel all"))
    assert asked.content == "🛑 1 job is being cancelled."
    assert await cancelled(atelier, card)
    late = await atelier.press_raw(place.admin, asked, "familiar:cancelall:yes")
    await atelier.changed(asked, late)
    assert asked.content == "There is nothing to cancel."
