"""/admin pause, resume, block, unblock: nothing begins, nobody is let in, and the cards say why."""

import pytest

from bot.playground.discord import LocalMember
from tests.cogs.atelier import Atelier, blank, in_module_loop, text, workflow
from tests.cogs.test_admin import held, part, plain

HELD = "An admin holds this server's jobs back at the moment."


async def blocked_choices(room: Atelier, typed: str = "") -> list[str]:
    found = await room.place.admin.autocomplete(room.channel, "admin unblock", "member", typed)
    return [one["name"] for one in found]


# Pause


@in_module_loop
async def test_what_is_not_paused_cannot_be_resumed(room: Atelier) -> None:
    assert await room.ask(room.place.admin, "admin resume") == "This server's jobs are not paused."


@in_module_loop
async def test_a_paused_servers_jobs_wait_and_then_go_on(room: Atelier) -> None:
    admin = room.place.admin
    await room.publish(workflow(blank(), name="Blank"), name="blank")
    told = await room.ask(admin, "admin pause", {"reason": "*Party* tonight"})
    assert told.endswith("nothing else gets a turn until `/admin resume`.")
    card = await room.run("blank")
    await room.shows(card, HELD)
    # Another server's go on.
    elsewhere = room.open_place("Elsewhere")
    await room.publish(workflow(blank(), name="Blank"), name="blank", place=elsewhere)
    await room.over(await room.answer(await elsewhere.member.slash(elsewhere.channel, "blank")))
    assert "Cancel" in text(card) or card.components
    assert "already" in await room.ask(admin, "admin pause", {"reason": "*Party* tonight"})
    status = plain(await room.ask(admin, "admin status"))
    assert f"⏸️ Paused by <@{admin.user.id}> <t:" in status
    assert r"\*Party\* tonight" in status
    assert await room.ask(admin, "admin resume") == "▶️ This server's jobs get turns again. 1 job waits."
    await room.over(card)
    assert "Paused" not in await room.ask(admin, "admin status")


@in_module_loop
async def test_what_runs_when_it_is_paused_ends(room: Atelier) -> None:
    async with held(room, 3) as cards:
        assert "1 job waits." in await room.ask(room.place.admin, "admin pause")
        await room.shows(cards[2], HELD)
        await room.invoke.resume()
        for card in cards[:2]:
            await room.over(card)
        assert await part(room, "Line") == ["1 job waits; from this server: 1"]
        await room.ask(room.place.admin, "admin resume")


async def test_a_pause_outlives_a_restart(atelier: Atelier) -> None:
    await atelier.publish(workflow(blank(), name="Blank"), name="blank")
    await atelier.ask(atelier.place.admin, "admin pause")
    card = await atelier.run("blank")
    await atelier.shows(card, HELD)
    await atelier.restart()
    assert "Paused by" in await atelier.ask(atelier.place.admin, "admin status")
    late = await atelier.run("blank")
    await atelier.shows(late, HELD)
    await atelier.ask(atelier.place.admin, "admin resume")
    await atelier.over(card)
    await atelier.over(late)
    await atelier.tidy()


# Block


@in_module_loop
async def test_some_cannot_be_blocked(room: Atelier) -> None:
    place = room.place
    other = place.guild.add_member("Eve", manage_guild=True)

    async def told(member: LocalMember) -> str:
        return await room.ask(place.admin, "admin block", {"member": member})

    assert await told(place.admin) == "You cannot block yourself."
    assert await told(other) == f"<@{other.user.id}> has **Manage Server**, and whoever has that cannot be blocked."
    assert await room.ask(place.admin, "admin blocked") == "Blocked here\nNobody is blocked here."


@in_module_loop
@pytest.mark.parametrize("typed", ["", "x", "9" * 30, "<@5>", "5"])
async def test_who_is_not_blocked_cannot_be_unblocked(typed: str, room: Atelier) -> None:
    told = await room.ask(room.place.admin, "admin unblock", {"member": typed or " "})
    assert told == "That member is not blocked here. `/admin blocked` tells who is."


@in_module_loop
async def test_who_is_blocked_can_run_nothing_and_is_told_why(room: Atelier) -> None:
    place, admin = room.place, room.place.admin
    await room.publish(workflow(blank(), name="Blank"), name="blank")
    who = f"<@{place.member.user.id}>"
    blocked = await room.ask(admin, "admin block", {"member": place.member, "reason": "Too many *cats*"})
    assert blocked == f"🚫 {who} may run nothing here any more."
    refused = await room.run("blank")
    assert refused.ephemeral
    assert "They say: Too many *cats*" in text(refused)
    # Others may.
    await room.over(await room.run("blank", who=place.other))
    assert "1 member is blocked here" in await room.ask(admin, "admin status")
    listed = plain(await room.ask(admin, "admin blocked"))
    assert f"{who} · <t:" in listed
    assert r"-# Too many \*cats\*" in listed
    assert await blocked_choices(room) == [f"Bo ({place.member.user.id})"]
    assert await blocked_choices(room, "cy") == []
    again = await room.ask(admin, "admin block", {"member": place.member})
    assert again == f"🚫 {who} was blocked already. The reason is a new one now."
    freed = await room.ask(admin, "admin unblock", {"member": str(place.member.user.id)})
    assert freed == f"✅ {who} may run things here again."
    await room.over(await room.run("blank"))
    assert await blocked_choices(room) == []


@in_module_loop
@pytest.mark.parametrize("cancel", [True, False])
async def test_the_jobs_of_who_is_blocked_are_cancelled_unless_they_may_end(cancel: bool, room: Atelier) -> None:
    admin, member = room.place.admin, room.place.member
    async with held(room, 3) as cards:
        theirs = await room.run("blank", who=room.place.other)
        told = await room.ask(admin, "admin block", {"member": member, "cancel": cancel})
        assert told.endswith("3 jobs of theirs are cancelled." if cancel else "may run nothing here any more.")
        if cancel:
            for card in cards:
                await room.over(card)
                assert "Cancelled" in text(card)
        await room.invoke.resume()
        await room.over(theirs)
        assert "Cancelled" not in text(theirs)
    assert all(("Cancelled" in text(card)) is cancel for card in cards)


@in_module_loop
async def test_who_left_is_suggested_by_their_id(room: Atelier) -> None:
    place = room.place
    gone = place.guild.add_member("Gone")
    await room.ask(place.admin, "admin block", {"member": gone})
    place.guild.remove_member(gone)
    assert await blocked_choices(room) == [f"? ({gone.user.id})"]
    assert await blocked_choices(room, "?")
    # Discord is asked for who left once, and not at each letter that is typed.
    assert len(room.refusals()) == 1
    freed = await room.ask(place.admin, "admin unblock", {"member": f"<@{gone.user.id}>"})
    assert freed == f"✅ <@{gone.user.id}> may run things here again."
